//! The JSON shapes that the API answers with, and how they are made from rows.

mod playback;

use crate::app::App;
use crate::problem::Result;
use crate::recall::Look;
use domain::{
    Action, LinkId, Micros, Object, Origin, Principal, Role, State, VideoAccess, Visibility, authorize,
};
use store::Cursor;
use store::media::{Rung, RungExtent};
use store::videos::{ListedVideo, Video};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

pub(crate) use playback::{
    DOWNLOAD, MANIFEST, MASTER, ORIGINAL, STORYBOARD, dash_url, hls_url, original_base,
};
use playback::{PlaybackView, caption_view, media_base, playback};

/// An account as others see it.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct UserView {
    pub(crate) id: String,
    pub(crate) username: String,
    #[schema(schema_with = roles)]
    pub(crate) role: Role,
}

/// A channel in short.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct ChannelView {
    pub(crate) id: String,
    pub(crate) handle: String,
    pub(crate) name: String,
}

/// Why a video failed.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// Stable, for programs.
    code: String,
    /// In words for a person, with a next step.
    message: String,
}

/// One encoded version of a video.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct RungView {
    name: String,
    /// `video` or `audio`.
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    /// BCP 47, of a sound whose source says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// For a person, of a sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Peak bit/s as announced.
    bandwidth: i64,
    /// Measured bit/s, once complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    average_bandwidth: Option<i64>,
    /// Whether the source's own bits are used.
    copied: bool,
    /// 0 to 1.
    progress: f64,
}

/// How often something was done with a video.
#[derive(Debug, Default, serde::Serialize, ToSchema)]
pub(crate) struct CountsView {
    views: i64,
    likes: i64,
    dislikes: i64,
    comments: i64,
}

/// A video.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct VideoView {
    pub(crate) id: String,
    title: String,
    description: String,
    #[schema(schema_with = visibilities)]
    visibility: Visibility,
    #[schema(schema_with = origins)]
    origin: Origin,
    #[schema(schema_with = states)]
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureView>,
    /// Whether it is a recording that has not ended. Who may not watch it before that sees it without anything to play.
    being_recorded: bool,
    /// Whether others may watch it before it has ended (a recording, owner only).
    #[serde(skip_serializing_if = "Option::is_none")]
    show_while_recording: Option<bool>,
    /// Whether others may take it away as a file (owner only).
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_download: Option<bool>,
    /// Which edit is shown; 0 for the whole video. A player that was given another one must begin anew.
    edit: i64,
    /// Whether a player can start; true before `state` is `ready`.
    playable: bool,
    /// 0 to 1, of everything planned.
    progress: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    /// What became of the source and why (one video, owner only).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    plan: Option<serde_json::Value>,
    rungs: Vec<RungView>,
    playback: PlaybackView,
    channel: ChannelView,
    counts: CountsView,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<String>,
    /// RFC 3339.
    created_at: String,
    /// The page where people watch it.
    url: String,
    /// The uploaded file's name (owner only).
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    /// The source's bytes (owner only).
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
}

/// A page of videos.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct VideoPage {
    items: Vec<VideoView>,
    /// Give it as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Whose eyes a video is shown to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Eyes<'a> {
    /// Whoever may watch it.
    Viewer,
    /// Whoever holds a share link: their media ends with it.
    Holder {
        link: &'a LinkId,
        /// Whether they may take the file away.
        download: bool,
    },
    /// Its owner, who also sees what it was made from.
    Owner,
}

impl<'a> Eyes<'a> {
    /// The eyes of who asks.
    pub(crate) fn of(principal: &'a Principal, access: &VideoAccess) -> Self {
        match principal {
            Principal::Account { id, .. } if *id == access.owner => Self::Owner,
            Principal::LinkHolder { link, video, .. } if *video == access.id => Self::Holder {
                link,
                download: authorize(principal, Action::Download, Object::Video(access)).is_ok(),
            },
            _ => Self::Viewer,
        }
    }
}

/// A video with its rungs.
pub(crate) fn video(app: &App, look: &Look, eyes: Eyes<'_>) -> VideoView {
    let listed = &look.listed;
    if is_hidden(&listed.video, eyes) {
        return view_of(app, listed, Vec::new(), eyes);
    }
    let rungs = look.rungs.iter().map(|rung| rung_view(rung, &look.extents, listed.video.duration)).collect();
    let mut view = view_of(app, listed, rungs, eyes);
    if look.has_storyboard {
        view.playback.storyboard_url =
            view.playback.hls_url.strip_suffix(MASTER).map(|base| format!("{base}{STORYBOARD}"));
    }
    let base = media_base(app, &listed.video, eyes).0;
    view.playback.captions = look.captions.iter().map(|track| caption_view(&base, track)).collect();
    if eyes == Eyes::Owner {
        view.plan = listed.video.plan.as_deref().and_then(|json| serde_json::from_str(json).ok());
    }
    view
}

/// A page of `limit` videos out of the `limit + 1` that were asked for.
pub(crate) async fn page(
    app: &App,
    found: &[&ListedVideo],
    limit: usize,
    eyes: Eyes<'_>,
    order: fn(&Video) -> i64,
) -> Result<VideoPage> {
    let more = found.len() > limit;
    let found = found.get(..limit).unwrap_or(found);
    let next_cursor =
        found.last().filter(|_| more).map(|last| cursor_text(order(&last.video), last.video.id.as_str()));
    let mut items = Vec::with_capacity(found.len());
    for listed in found {
        items.push(match listed.video.state {
            // What is ready needs no second look: its rungs are on its own page.
            State::Ready => view_of(app, listed, Vec::new(), eyes),
            _ => match app.recall.video(&listed.video.id).await? {
                Some(look) => video(app, &look, eyes),
                // Deleted since the list was read.
                None => continue,
            },
        });
    }
    Ok(VideoPage { items, next_cursor })
}

fn view_of(app: &App, listed: &ListedVideo, rungs: Vec<RungView>, eyes: Eyes<'_>) -> VideoView {
    let video = &listed.video;
    let owner = eyes == Eyes::Owner;
    VideoView {
        id: video.id.to_string(),
        title: video.title.clone(),
        description: video.description.clone(),
        visibility: video.visibility,
        origin: video.origin,
        state: video.state,
        error: video.failure().map(|failure| FailureView { code: failure.code, message: failure.message }),
        being_recorded: video.is_being_recorded(),
        show_while_recording: (owner && video.origin == Origin::Recording)
            .then_some(video.show_while_recording),
        allow_download: owner.then_some(video.allow_download),
        edit: video.edit,
        playable: video.playable && !is_hidden(video, eyes),
        progress: progress(video.state, &rungs),
        duration_seconds: video.duration.map(seconds),
        width: video.width,
        height: video.height,
        plan: None,
        rungs,
        playback: playback(app, video, eyes),
        channel: ChannelView {
            id: video.channel_id.to_string(),
            handle: listed.channel_handle.clone(),
            name: listed.channel_name.clone(),
        },
        counts: CountsView::default(),
        published_at: video.published_at.map(|at| rfc3339(Micros(at))),
        created_at: rfc3339(video.created_at),
        url: format!("/w/{}", video.id),
        file_name: owner.then(|| video.file_name.clone()),
        size: video.size.filter(|_| owner),
    }
}

fn rung_view(rung: &Rung, extents: &[RungExtent], duration: Option<i64>) -> RungView {
    let done = extents.iter().find(|extent| extent.name == rung.name).map_or(0, |extent| extent.ticks);
    let whole = seconds(duration.unwrap_or(0)) * rung.timescale.unwrap_or(0) as f64;
    let progress = if rung.complete {
        1.0
    } else if whole > 0.0 {
        (done as f64 / whole).min(0.999)
    } else {
        0.0
    };
    RungView {
        name: rung.name.clone(),
        kind: rung.kind.clone(),
        width: rung.width,
        height: rung.height,
        language: rung.language.clone(),
        label: rung.label.clone(),
        bandwidth: rung.bandwidth,
        average_bandwidth: rung.average_bandwidth,
        copied: rung.copied,
        progress: rounded(progress),
    }
}

fn progress(state: State, rungs: &[RungView]) -> f64 {
    match state {
        State::Ready => 1.0,
        _ if rungs.is_empty() => 0.0,
        _ => rounded(rungs.iter().map(|rung| rung.progress).sum::<f64>() / rungs.len() as f64),
    }
}

/// Whether who looks may not play it before it has ended.
fn is_hidden(video: &Video, eyes: Eyes<'_>) -> bool {
    eyes != Eyes::Owner && video.access().hidden
}

/// A cursor as text: opaque to clients.
pub(crate) fn cursor_text(at: i64, id: &str) -> String {
    format!("{at}.{id}")
}

/// Reads a cursor that this server gave out.
pub(crate) fn parse_cursor(text: &str) -> Option<Cursor> {
    let (at, id) = text.split_once('.')?;
    Some(Cursor { at: at.parse().ok()?, id: id.to_owned() })
}

/// An instant as RFC 3339 text.
pub(crate) fn rfc3339(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|time| time.to_string()).unwrap_or_default()
}

/// The schema of a word out of a fixed list.
fn words<'a>(all: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all))
}

pub(crate) fn roles() -> ObjectBuilder {
    words(Role::ALL.iter().map(|role| role.as_str()))
}

pub(crate) fn visibilities() -> ObjectBuilder {
    words(Visibility::ALL.iter().map(|visibility| visibility.as_str()))
}

pub(crate) fn origins() -> ObjectBuilder {
    words(Origin::ALL.iter().map(|origin| origin.as_str()))
}

fn states() -> ObjectBuilder {
    words(State::ALL.iter().map(|state| state.as_str()))
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

fn rounded(fraction: f64) -> f64 {
    (fraction * 1000.0).round() / 1000.0
}
