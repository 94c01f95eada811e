//! Ends takes whose recorder has gone: a tab that was closed, a machine that lost its power, a line that does not come back.

use crate::app::{App, AppState};
use crate::random;
use bus::Event;
use domain::{JobId, VideoId};
use std::time::Duration;
use store::uploads::SourcePart;
use tokio_util::sync::CancellationToken;

/// Looks for such takes until `stop`.
pub(crate) async fn watch(app: AppState, stop: CancellationToken) {
    let after = Duration::from_secs(app.config.abandoned_take_seconds);
    if after.is_zero() {
        return stop.cancelled().await;
    }
    let every = (after / 10).clamp(Duration::from_millis(500), Duration::from_secs(30));
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(every) => {} }
        if let Err(error) = end_abandoned(&app, after).await {
            tracing::warn!(%error, "could not look for abandoned recordings");
        }
    }
}

/// Ends every take of which nothing was heard for `after`.
async fn end_abandoned(app: &App, after: Duration) -> anyhow::Result<()> {
    let before = app.now().minus(after);
    for video in app.store.abandoned_takes(before).await? {
        end(app, &video, after).await?;
    }
    Ok(())
}

/// Completes a take with the parts from its first one on without a hole, unless its recorder came back.
async fn end(app: &App, video: &VideoId, after: Duration) -> anyhow::Result<()> {
    let Some(listed) = app.store.video(video).await? else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    if !tx.is_abandoned_take(video, app.now().minus(after)).await? {
        return Ok(());
    }
    let parts = tx.parts(video).await?;
    let (front, behind) = parts.split_at(unbroken(&parts));
    let (count, size) = (i64::try_from(front.len())?, front.iter().map(|part| part.size).sum());
    tx.forget_parts_behind(video, count).await?;
    if count == 0 || !tx.complete_upload(video, count, size).await? {
        return Ok(());
    }
    let job = JobId::from_random(random::bytes());
    pipeline::enqueue_first(&mut tx, job, video, &listed.video.account_id, app.now()).await?;
    tx.commit().await?;
    tracing::info!(%video, parts = count, lost = behind.len(), "ended a recording of which nothing was heard any more");
    app.bus.publish(Event::JobsWaiting);
    app.video_changed(video, &listed.video.access());
    for part in behind {
        app.blobs.delete(&pipeline::part_key(video, part.number)?).await?;
    }
    Ok(())
}

/// How many parts there are before the first one that is missing.
fn unbroken(parts: &[SourcePart]) -> usize {
    (1..).zip(parts).take_while(|(number, part)| *number == part.number).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_take_is_unbroken_up_to_the_first_missing_part() {
        let parts = |numbers: &[i64]| -> Vec<SourcePart> {
            numbers
                .iter()
                .map(|number| SourcePart { number: *number, size: 1, etag: String::new() })
                .collect()
        };
        for (numbers, expected) in [(&[][..], 0), (&[2], 0), (&[1, 2, 3], 3), (&[1, 2, 4, 5], 2)] {
            assert_eq!(unbroken(&parts(numbers)), expected, "{numbers:?}");
        }
    }
}
