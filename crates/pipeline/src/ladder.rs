//! Further rungs, after the first one plays.

use crate::{Error, Run, encode};

pub(crate) const KIND: &str = "ladder";
const STAGE: u8 = 2;

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let prepared = run.prepared().await?;
    encode::run(run, &prepared, STAGE).await?;
    run.finish(&encode::names(&prepared, STAGE), &[]).await
}
