//! Jobs that cannot succeed: without some there is no video, without others there is a lesser one.

use crate::{Error, Services, broadcast, captions, edit, ladder, poster, source, storyboard};
use bus::Event;
use domain::video::Failure;
use store::jobs::{Job, Outcome};

/// The source can never become a video: says so, and ends every job of it. A video that plays keeps what it has.
pub(crate) async fn refused(services: &Services, job: &Job, failure: &Failure) -> Result<(), Error> {
    if is_optional(job) {
        return do_without(services, job, &failure.code).await;
    }
    let now = services.clock.now();
    let mut tx = services.store.fenced(&job.fence()).await?;
    tx.fail_video(&job.video_id, failure).await?;
    tx.finish_job(&job.fence(), Outcome::Failed(&failure.code), now).await?;
    tx.drop_jobs(&job.video_id, now).await?;
    tx.commit().await?;
    tracing::info!(video = %job.video_id, code = failure.code, "the source was refused");
    services.changed(&job.video_id, &job.account_id);
    source::discard(services, &job.video_id).await;
    Ok(())
}

/// A job has used up its attempts.
pub(crate) async fn exhausted(services: &Services, job: &Job, error: &str) -> Result<(), Error> {
    if is_optional(job) {
        return do_without(services, job, error).await;
    }
    let failure = Failure {
        code: "processing_failed".to_owned(),
        message: "This file could not be processed, although it was tried several times. Convert it to MP4 (H.264) and upload it \
                  again; the server's log says more."
            .to_owned(),
    };
    let mut tx = services.store.begin().await?;
    tx.fail_video(&job.video_id, &failure).await?;
    tx.drop_jobs(&job.video_id, services.clock.now()).await?;
    tx.commit().await?;
    services.changed(&job.video_id, &job.account_id);
    source::discard(services, &job.video_id).await;
    Ok(())
}

/// Whether the video can do without the job: it begins only when the video plays.
fn is_optional(job: &Job) -> bool {
    matches!(
        job.kind.as_str(),
        ladder::KIND | poster::KIND | storyboard::KIND | captions::KIND | edit::KIND | broadcast::KIND
    )
}

/// Ends a job whose result is missed but not needed. Rungs that will never be whole are taken away; higher ones are still
/// tried.
async fn do_without(services: &Services, job: &Job, error: &str) -> Result<(), Error> {
    let (video, now) = (&job.video_id, services.clock.now());
    let stage = (job.kind == ladder::KIND).then(|| ladder::stage_of(job));
    let left = match stage {
        Some(stage) => ladder::left_behind(services, video, stage).await?,
        None => ladder::Left::default(),
    };
    let mut tx = services.store.begin().await?;
    if !tx.settle_job(&job.fence(), error, now).await? {
        return Ok(());
    }
    let mut keys = Vec::new();
    for rung in &left.rungs {
        keys.extend(tx.drop_rung(video, rung).await?);
    }
    if let Some(next) = left.next {
        ladder::enqueue(&mut tx, next, video, &job.account_id, now).await?;
    }
    if job.kind == edit::KIND {
        edit::give_up(&mut tx, video).await?;
    }
    let ready = tx.update_ready(video, &job.fence()).await?;
    tx.commit().await?;
    tracing::error!(%video, kind = job.kind, rungs = ?left.rungs, error, "the video does without what this job would have made");
    services.remove(&keys).await;
    services.changed(video, &job.account_id);
    if left.next.is_some() {
        services.bus.publish(Event::JobsWaiting);
    }
    if ready {
        tracing::info!(%video, "ready");
        source::discard(services, video).await;
    }
    Ok(())
}
