//! Subtitles of the source become captions, once the video plays.

use crate::publish::Publisher;
use crate::{Error, Run};

pub(crate) const KIND: &str = "captions";

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let prepared = run.prepared().await?;
    match media::captions::captions(run.tools, &prepared.probe, &prepared.path).await {
        Ok(tracks) => Publisher::new(run, &prepared).captions(tracks).await?,
        // A video without captions is still a video.
        Err(error) => tracing::warn!(%error, video = %run.job.video_id, "the subtitles could not be read"),
    }
    run.finish(&[], &[]).await
}
