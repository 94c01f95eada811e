//! Removes, now and then, what nobody can use any more: ended tokens, abandoned uploads, sources that need not be kept,
//! and objects that no row names. Every round is bounded; what is left over waits for the next.

use crate::app::{App, AppState};
use crate::config::DAY;
use blobs::ObjectKey;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vault::Swept;

const EVERY: Duration = Duration::from_secs(600);
/// What an attempt has put and its row does not say yet is younger.
const LEFTOVER: Duration = Duration::from_secs(3600);
/// How long a share link that has ended stays in its owner's list.
const ENDED_LINK: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long security events are kept.
const AUDIT_LIFE: Duration = Duration::from_secs(180 * 24 * 3600);

/// Sweeps until `stop`.
pub(crate) async fn sweep(app: AppState, stop: CancellationToken) {
    let mut from = None;
    loop {
        tell("tokens", app.store.sweep_tokens(app.now()).await);
        tell("share links", app.store.sweep_links(app.now().minus(ENDED_LINK)).await);
        tell("abandoned uploads", abandoned_uploads(&app).await);
        tell("sources of ready videos", unneeded_sources(&app).await);
        tell("the audit log", app.store.sweep_audit(app.now().minus(AUDIT_LIFE)).await);
        match vault::sweep(&app.store, &app.blobs, from.as_ref(), LEFTOVER, app.now()).await {
            Ok(swept) => {
                tell_swept(&swept);
                from = swept.next;
            }
            failed => tell("objects that nothing refers to", failed),
        }
        tell_space(&app);
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

fn tell_swept(swept: &Swept) {
    if swept.leftovers > 0 {
        tracing::info!(objects = swept.leftovers, "removed what interrupted attempts left behind");
    }
    if swept.unknown > 0 {
        tracing::error!(
            videos = swept.unknown,
            "the object store holds videos that the catalogue does not know: was an old database put back? Nothing of them is \
             removed. `vitascope verify` names them; `vitascope rebuild` makes a catalogue with them"
        );
    }
}

fn tell_space(app: &App) {
    if let Ok(false) = app.blobs.has_room(0) {
        tracing::warn!(
            reserve_mib = app.config.min_free_bytes >> 20,
            "the disk is full up to its reserve: uploads are refused and encodes wait until there is space"
        );
    }
}

#[cfg(test)]
mod sweep_test;
