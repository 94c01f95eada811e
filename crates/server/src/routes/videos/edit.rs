use crate::app::{App, AppState};
use crate::extract::{Asker, Body, VideoPath, video_for};
use crate::problem::{Problem, Result};
use crate::views::{MASTER, STORYBOARD, original_base, rfc3339};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bus::Event;
use domain::edit::{Keep, Span};
use domain::{Action, VideoId};
use store::edits::Edit;
use store::videos::Video;
use utoipa::ToSchema;

/// A span of the whole video, in microseconds; a frame is in it when it is shown at or after the start and before the end.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize, ToSchema)]
pub(crate) struct SpanView {
    start_us: i64,
    end_us: i64,
}

/// A version of the edit.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct EditVersion {
    /// From 1.
    version: i64,
    /// What it keeps; once it is done, exact to the frame.
    keep: Vec<SpanView>,
    /// The frame of the poster, in microseconds of the whole video.
    #[serde(skip_serializing_if = "Option::is_none")]
    poster_at_us: Option<i64>,
    /// `pending`, `done`, `failed` or `superseded`.
    state: String,
    /// RFC 3339.
    created_at: String,
}

/// Where the whole video plays, for its owner alone.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct OriginalView {
    hls_url: String,
    storyboard_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// How a video is edited.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct EditView {
    /// The newest version, 0 when there is none; give it back with the next one.
    version: i64,
    /// The version that viewers get; 0 for the whole video.
    shown: i64,
    /// `none`, or the state of the newest version: `pending`, `done`, `failed`.
    state: String,
    /// Of the whole video, in microseconds.
    duration_us: i64,
    /// Frames in 1,000 seconds, of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_rate: Option<i64>,
    /// What the newest version keeps.
    keep: Vec<SpanView>,
    /// The frame of the poster, in microseconds of the whole video.
    #[serde(skip_serializing_if = "Option::is_none")]
    poster_at_us: Option<i64>,
    /// Newest first, at most 100.
    versions: Vec<EditVersion>,
    original: OriginalView,
}

/// The next version.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct NewEdit {
    /// The newest version that you have seen, 0 when there was none.
    version: i64,
    /// What viewers are to get: in order, apart, within the video. The whole video brings everything back.
    keep: Vec<SpanView>,
    /// The frame of the poster, in microseconds of the whole video; must be kept. Absent: a frame of our choice.
    poster_at_us: Option<i64>,
}

/// How a video is edited, and its earlier versions.
#[utoipa::path(get, path = "/api/videos/{id}/edit", tag = "videos", params(("id" = String, Path)),
    responses((status = 200, body = EditView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn get_edit(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<EditView>> {
    let (listed, _) = video_for(&app, &id, &principal, Action::Cut).await?;
    Ok(Json(view(&app, &listed.video).await?))
}

/// Edits a video: viewers get what is kept some seconds later, and nothing of the rest any more. The whole video is kept for its
/// owner.
#[utoipa::path(put, path = "/api/videos/{id}/edit", tag = "videos", params(("id" = String, Path)), request_body = NewEdit,
    responses((status = 202, body = EditView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn put_edit(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    body: Result<Body<NewEdit>>,
) -> Result<(StatusCode, Json<EditView>)> {
    let (listed, access) = video_for(&app, &id, &principal, Action::Cut).await?;
    if listed.video.state != domain::State::Ready {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not_editable",
            "This video can be edited when it is completely processed. Try again then.",
        ));
    }
    let Body(wanted) = body?;
    let duration = whole_duration(&app, &listed.video).await?;
    let keep = checked(&wanted, duration)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let added = tx.add_edit(&id, wanted.version, keep.spans(), wanted.poster_at_us, now).await?;
    if added.is_none() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "edit_conflict",
            "This video was edited elsewhere meanwhile. Load its edit again, and save yours on top of it.",
        ));
    }
    let job = pipeline::edit_job_id().map_err(|error| Problem::hidden(error.into()))?;
    pipeline::enqueue_edit(&mut tx, job, &id, &access.owner, now).await?;
    tx.commit().await?;
    app.bus.publish(Event::JobsWaiting);
    app.video_changed(&id, &access);
    Ok((StatusCode::ACCEPTED, Json(view_of(&app, &id).await?)))
}

fn checked(wanted: &NewEdit, duration: i64) -> Result<Keep> {
    let spans: Vec<_> =
        wanted.keep.iter().map(|span| Span { start_us: span.start_us, end_us: span.end_us }).collect();
    let keep = Keep::parse(&spans, duration).map_err(|error| Problem::field("keep", error.to_string()))?;
    if wanted.poster_at_us.is_some_and(|at| keep.to_edited(at).is_none()) {
        return Err(Problem::field(
            "poster_at_us",
            "The poster's frame is cut out; choose one that is kept.",
        ));
    }
    Ok(keep)
}

async fn whole_duration(app: &App, video: &Video) -> Result<i64> {
    let whole = if video.edit == 0 { None } else { app.store.original_duration(&video.id).await? };
    Ok(whole.or(video.duration).unwrap_or(0))
}

async fn view_of(app: &App, id: &VideoId) -> Result<EditView> {
    let listed = app.store.video(id).await?.ok_or_else(Problem::not_found)?;
    view(app, &listed.video).await
}

async fn view(app: &App, video: &Video) -> Result<EditView> {
    let duration_us = whole_duration(app, video).await?;
    let mut versions = Vec::new();
    for edit in app.store.edits(&video.id).await? {
        versions.push(version_view(&edit)?);
    }
    // A job that died of too many crashes told nobody.
    let working = app.store.has_open_job(&format!("edit/{}", video.id)).await?;
    if let Some(newest) = versions.first_mut().filter(|newest| newest.state == "pending" && !working) {
        // Unless it ended since the versions were read.
        let now = app.store.edits(&video.id).await?.into_iter().next();
        newest.state =
            now.map(|edit| edit.state).filter(|state| state != "pending").unwrap_or("failed".to_owned());
    }
    let rungs = app.store.rungs(&video.id).await?;
    let frame_rate =
        rungs.iter().filter(|rung| rung.kind == "video").filter_map(|rung| rung.frame_rate).max();
    let (base, expires_at) = original_base(app, video, duration_us);
    let newest = versions.first();
    let whole = || vec![SpanView { start_us: 0, end_us: duration_us }];
    Ok(EditView {
        version: newest.map_or(0, |newest| newest.version),
        shown: video.edit,
        state: newest.map_or("none", |newest| newest.state.as_str()).to_owned(),
        duration_us,
        frame_rate,
        keep: newest.map_or_else(whole, |newest| newest.keep.clone()),
        poster_at_us: newest.and_then(|newest| newest.poster_at_us),
        versions,
        original: OriginalView {
            hls_url: format!("{base}/{MASTER}"),
            storyboard_url: format!("{base}/{STORYBOARD}"),
            expires_at,
        },
    })
}

fn version_view(edit: &Edit) -> Result<EditVersion> {
    let spans = edit.spans()?.into_iter();
    Ok(EditVersion {
        version: edit.version,
        keep: spans.map(|span| SpanView { start_us: span.start_us, end_us: span.end_us }).collect(),
        poster_at_us: edit.poster_at,
        state: edit.state.clone(),
        created_at: rfc3339(edit.created_at),
    })
}
