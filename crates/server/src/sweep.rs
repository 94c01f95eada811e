//! Removes, now and then, what nobody can use any more: ended tokens, abandoned uploads, sources that need not be kept,
//! and objects that no row names. Every round is bounded; what is left over waits for the next.

use crate::app::{App, AppState};
use crate::config::DAY;
use blobs::{Listed, ObjectKey};
use domain::{Micros, VideoId};
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(600);
/// An object is written before its row: younger ones may still be named.
const ORPHAN_AGE: Duration = DAY;
/// Videos whose objects one round compares with their rows.
const VIDEOS_A_ROUND: usize = 200;

/// Sweeps until `stop`.
pub(crate) async fn sweep(app: AppState, stop: CancellationToken) {
    let mut orphans = Orphans::default();
    loop {
        app.attempts.forget_the_quiet();
        tell("tokens", app.store.sweep_tokens(app.now()).await);
        tell("abandoned uploads", abandoned_uploads(&app).await);
        tell("sources of ready videos", unneeded_sources(&app).await);
        tell("objects of deleted videos", deleted_videos(&app).await);
        tell("orphaned objects", orphans.sweep(&app).await);
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
    }
}

fn tell<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) {
    if let Err(error) = result {
        tracing::warn!(%error, "could not sweep {what}");
    }
}

/// Removes uploads to which nothing has come for the configured time.
async fn abandoned_uploads(app: &App) -> anyhow::Result<()> {
    let days = app.config.abandoned_upload_days;
    if days == 0 {
        return Ok(());
    }
    let before = app.now().minus(DAY * u32::from(days));
    for video in app.store.abandoned_uploads(before).await? {
        let Some(listed) = app.store.video(&video).await? else { continue };
        if app.store.delete_abandoned(&video, before).await? {
            tracing::info!(%video, account = %listed.video.account_id, days, "removed an upload that nobody continued");
            app.video_deleted(&video, &listed.video.access()).await?;
        }
    }
    Ok(())
}

/// Removes sources that the settings do not keep.
async fn unneeded_sources(app: &App) -> anyhow::Result<()> {
    let Some(after) = app.config.keep_source.after_ready() else { return Ok(()) };
    for video in app.store.unneeded_sources(app.now().minus(after)).await? {
        if app.store.forget_source(&video).await? {
            tracing::info!(%video, "removed the source of a ready video");
            // A crash between the rows and this leaves objects without rows, which the sweep of orphans finds.
            app.blobs.delete_all(&ObjectKey::parse(format!("sources/{video}"))?).await?;
        }
    }
    Ok(())
}

/// A process that died between deleting a video's row and its objects leaves the objects.
async fn deleted_videos(app: &App) -> anyhow::Result<()> {
    for folder in pipeline::FOLDERS {
        for name in app.blobs.names(folder).await? {
            if let Ok(video) = name.parse::<VideoId>()
                && app.store.is_gone(&video).await?
            {
                tracing::info!(%video, "removing the objects of a deleted video");
                pipeline::remove_objects(&app.blobs, &video).await?;
            }
        }
    }
    Ok(())
}

/// Walks through all videos, some in each round, and removes objects that no row names.
#[derive(Debug, Default)]
struct Orphans {
    /// The last video that was looked at.
    after: String,
}

impl Orphans {
    async fn sweep(&mut self, app: &App) -> anyhow::Result<()> {
        let mut names = HashSet::new();
        for folder in pipeline::FOLDERS {
            names.extend(app.blobs.names(folder).await?);
        }
        let mut names: Vec<_> = names.into_iter().filter(|name| *name > self.after).collect();
        names.sort_unstable();
        names.truncate(VIDEOS_A_ROUND);
        for name in &names {
            if let Ok(video) = name.parse::<VideoId>() {
                self.of_video(app, &video).await?;
            }
        }
        // After the last one it begins again.
        self.after = names.pop().unwrap_or_default();
        Ok(())
    }

    async fn of_video(&self, app: &App, video: &VideoId) -> anyhow::Result<()> {
        let oldest = app.now().minus(ORPHAN_AGE);
        let mut old = Vec::new();
        for folder in pipeline::FOLDERS {
            old.extend(app.blobs.list(&ObjectKey::parse(format!("{folder}/{video}"))?).await?);
        }
        old.retain(|listed| instant(listed.modified) < oldest && is_ours(&listed.key));
        // The rows are read after the objects: what was named meanwhile is found among them.
        if old.is_empty() {
            return Ok(());
        }
        let Some(named) = app.store.named_objects(video).await? else { return Ok(()) };
        let named: HashSet<_> = named.into_iter().collect();
        for Listed { key, .. } in old.iter().filter(|listed| !named.contains(listed.key.as_str())) {
            tracing::info!(%video, %key, "removing an object that no row names");
            app.blobs.delete(key).await?;
        }
        Ok(())
    }
}

/// Only kinds of objects whose rows are known here. What another version, or a backup, keeps beside them stays.
fn is_ours(key: &ObjectKey) -> bool {
    let name = key.as_str().rsplit('/').next().unwrap_or_default();
    if key.as_str().starts_with("sources/") {
        return name.bytes().all(|b| b.is_ascii_digit());
    }
    matches!(name.rsplit_once('.'), Some((_, "m4s" | "mp4" | "jpg" | "vtt")))
}

fn instant(time: SystemTime) -> Micros {
    Micros::default().plus(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod sweep_test;
