//! Poster and storyboard of a broadcast that has ended: it has no source, its own picture takes the place.

use crate::publish::Publisher;
use crate::storyboard::RungFile;
use crate::{Error, Follow, PICTURE_LANE, Run, enqueue};
use domain::{AccountId, JobId, Micros, VideoId};
use store::Tx;

pub(crate) const KIND: &str = "broadcast_pictures";

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    if let Some(rung) = RungFile::smallest(run, |_| true).await? {
        let publisher = Publisher::of_pictures(run);
        match media::poster::poster(run.tools, &rung.probe, rung.file.path()).await {
            Ok(Some(jpeg)) => publisher.poster(jpeg).await?,
            Ok(None) => {}
            // A video without a poster is still a video.
            Err(error) => tracing::warn!(%error, video = %run.job.video_id, "no poster could be made"),
        }
        match media::storyboard::storyboard(run.tools, &rung.probe, rung.file.path()).await {
            Ok(Some(storyboard)) => publisher.storyboard(storyboard).await?,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, video = %run.job.video_id, "no storyboard could be made"),
        }
    }
    run.finish(&[], &[]).await
}

/// Enqueues what makes the pictures of a broadcast that has ended.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_broadcast_pictures(
    tx: &mut Tx,
    job: JobId,
    video: &VideoId,
    account: &AccountId,
    now: Micros,
) -> Result<(), store::Error> {
    let follow = Follow { id: job, kind: KIND, lane: PICTURE_LANE, priority: 50 };
    enqueue(tx, &follow, video, account, now).await
}
