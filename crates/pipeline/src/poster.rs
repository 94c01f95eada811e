//! One picture for lists and before playing.

use crate::publish::Publisher;
use crate::{Error, Run};

pub(crate) const KIND: &str = "poster";

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let prepared = run.prepared().await?;
    match media::poster::poster(run.tools, &prepared.probe, &prepared.path).await {
        Ok(Some(jpeg)) => Publisher::new(run, &prepared).poster(jpeg).await?,
        Ok(None) => {}
        // A video without a poster is still a video.
        Err(error) => tracing::warn!(%error, video = %run.job.video_id, "no poster could be made"),
    }
    run.finish(&[], &[]).await
}
