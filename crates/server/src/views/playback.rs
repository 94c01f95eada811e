//! Where a video's media is found.

use super::{Eyes, is_hidden, rfc3339};
use crate::app::App;
use crate::delivery::playlists::below_video;
use domain::mac::Signer;
use domain::{LinkId, State, Visibility, grant};
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
    if !restricted || is_hidden(video, eyes) {
        return (format!("/media/videos/{}", video.id), None);
    }
    let link = match eyes {
        Eyes::Holder { link, .. } => Some(link),
        Eyes::Viewer | Eyes::Owner => None,
    };
    granted_base(app, &app.grants, video, link, video.duration.unwrap_or(0))
}

/// Where media of `duration_us` is by a grant, and until when.
fn granted_base(
    app: &App,
    signer: &Signer,
    video: &Video,
    link: Option<&LinkId>,
    duration_us: i64,
) -> (String, Option<String>) {
    let duration = Duration::from_micros(u64::try_from(duration_us).unwrap_or(0));
    let grant = grant::issue(signer, &video.id, video.access_generation, link, duration, app.now());
    (format!("/media/{grant}/videos/{}", video.id), grant::expires_at(&grant).map(rfc3339))
}

pub(super) fn playback(app: &App, video: &Video, eyes: Eyes<'_>) -> PlaybackView {
    let (base, expires_at) = media_base(app, video, eyes);
    let whole = video.state == State::Ready;
    PlaybackView {
        hls_url: format!("{base}/{MASTER}"),
        dash_url: whole.then(|| format!("{base}/{MANIFEST}")),
        download_url: download_base(app, video, eyes, &base)
            .filter(|_| whole)
            .map(|base| format!("{base}/{DOWNLOAD}")),
        poster_url: video.poster.as_deref().map(|key| format!("{base}/{}", below_video(key))),
        storyboard_url: None,
        expires_at,
        captions: Vec::new(),
    }
}

/// Where who looks may take the file away. What is not for everybody who may watch is for its owner by a grant of another kind:
/// those for players are the same for all.
fn download_base(app: &App, video: &Video, eyes: Eyes<'_>, base: &str) -> Option<String> {
    let (signer, link) = match eyes {
        Eyes::Holder { download: false, .. } => return None,
        _ if video.allow_download => return Some(base.to_owned()),
        Eyes::Viewer => return None,
        Eyes::Holder { link, .. } => (&app.grants, Some(link)),
        Eyes::Owner => (&app.original_grants, None),
    };
    Some(granted_base(app, signer, video, link, video.duration.unwrap_or(0)).0)
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
    let (base, until) = granted_base(app, &app.original_grants, video, None, duration_us);
    (format!("{base}/{ORIGINAL}"), until)
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
