//! One picture for lists and before playing.

use crate::publish::Publisher;
use crate::{Error, Run, encode};

pub(crate) const KIND: &str = "poster";
const NO_STAGE: u8 = 0;

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let prepared = run.prepared().await?;
    match media::poster::poster(run.tools, &prepared.probe, &prepared.path).await {
        Ok(Some(jpeg)) => Publisher::new(run, &prepared).poster(jpeg).await?,
        Ok(None) => {}
        // A video without a poster is still a video.
        Err(error) => tracing::warn!(%error, video = %run.job.video_id, "no poster could be made"),
    }
    encode::finish(run, &prepared, NO_STAGE, &[]).await
}
