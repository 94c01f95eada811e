//! Small pictures for scrubbing, after the video plays and before its further rungs.

use crate::publish::Publisher;
use crate::{Error, Run};

pub(crate) const KIND: &str = "storyboard";

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let prepared = run.prepared().await?;
    match media::storyboard::storyboard(run.tools, &prepared.probe, &prepared.path).await {
        Ok(Some(storyboard)) => Publisher::new(run, &prepared).storyboard(storyboard).await?,
        Ok(None) => {}
        // A video without a storyboard is still a video.
        Err(error) => tracing::warn!(%error, video = %run.job.video_id, "no storyboard could be made"),
    }
    run.finish(&[], &[]).await
}
