//! Where a video's media is found.

use super::{Eyes, is_hidden, rfc3339};
use crate::app::App;
use crate::delivery::playlists::below_video;
use domain::{State, Visibility, grant};
use std::time::Duration;
use store::tracks::Caption;
use store::videos::Video;
use utoipa::ToSchema;

/// A captions track.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct CaptionView {
    /// BCP 47; `und` when the source does not say.
    lang: String,
    /// For a person.
    label: String,
    /// A WebVTT file.
    url: String,
}

/// Where a player finds a video's media. Restricted URLs carry a grant and end at `expires_at`.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct PlaybackView {
    pub(super) hls_url: String,
    /// Once every rung is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    dash_url: Option<String>,
    /// The best rung as one MP4 file, once every rung is complete; absent for who may not take it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    download_url: Option<String>,
    poster_url: Option<String>,
    /// WebVTT whose cues name tiles of pictures (one video).
    pub(super) storyboard_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    pub(super) captions: Vec<CaptionView>,
}

pub(super) fn caption_view(base: &str, track: &Caption) -> CaptionView {
    CaptionView {
        url: format!("{base}/{}", below_video(&track.key)),
        lang: track.lang.clone(),
        label: track.label.clone(),
    }
}

/// Where a video's media is, and until when: with a grant when not everybody may watch it.
pub(super) fn media_base(app: &App, video: &Video, eyes: Eyes<'_>) -> (String, Option<String>) {
    let restricted = video.visibility == Visibility::Private || video.access().hidden;
    let grant = (restricted && !is_hidden(video, eyes)).then(|| {
        let duration =
            Duration::from_micros(video.duration.and_then(|us| u64::try_from(us).ok()).unwrap_or(0));
        let link = match eyes {
            Eyes::Holder { link, .. } => Some(link),
            Eyes::Viewer | Eyes::Owner => None,
        };
        grant::issue(&app.grants, &video.id, video.access_generation, link, duration, app.now())
    });
    let base = match &grant {
        Some(grant) => format!("/media/{grant}/videos/{}", video.id),
        None => format!("/media/videos/{}", video.id),
    };
    (base, grant.as_deref().and_then(grant::expires_at).map(rfc3339))
}

pub(super) fn playback(app: &App, video: &Video, eyes: Eyes<'_>) -> PlaybackView {
    let (base, expires_at) = media_base(app, video, eyes);
    let whole = video.state == State::Ready;
    let downloads = !matches!(eyes, Eyes::Holder { download: false, .. });
    PlaybackView {
        hls_url: format!("{base}/{MASTER}"),
        dash_url: whole.then(|| format!("{base}/{MANIFEST}")),
        download_url: (whole && downloads).then(|| format!("{base}/{DOWNLOAD}")),
        poster_url: video.poster.as_deref().map(|key| format!("{base}/{}", below_video(key))),
        storyboard_url: None,
        expires_at,
        captions: Vec::new(),
    }
}

/// The multivariant playlist's URL for who may play the video.
pub(crate) fn hls_url(app: &App, video: &Video, eyes: Eyes<'_>) -> String {
    playback(app, video, eyes).hls_url
}

/// The DASH manifest's URL for who may play the video; `None` before every rung is complete.
pub(crate) fn dash_url(app: &App, video: &Video, eyes: Eyes<'_>) -> Option<String> {
    playback(app, video, eyes).dash_url
}

/// Where the whole video is, for the owner of an edited one, and until when.
pub(crate) fn original_base(app: &App, video: &Video, duration_us: i64) -> (String, Option<String>) {
    let duration = Duration::from_micros(u64::try_from(duration_us).unwrap_or(0));
    let grant =
        grant::issue(&app.original_grants, &video.id, video.access_generation, None, duration, app.now());
    (format!("/media/{grant}/videos/{}/{ORIGINAL}", video.id), grant::expires_at(&grant).map(rfc3339))
}

/// The folder of the whole video.
pub(crate) const ORIGINAL: &str = "original";
/// The multivariant playlist's name.
pub(crate) const MASTER: &str = "master.m3u8";
/// The DASH manifest's name.
pub(crate) const MANIFEST: &str = "manifest.mpd";
/// The name of the one file; what it is saved as is another matter.
pub(crate) const DOWNLOAD: &str = "download";
/// The storyboard's name.
pub(crate) const STORYBOARD: &str = "storyboard.vtt";
