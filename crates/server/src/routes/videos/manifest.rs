use crate::app::AppState;
use crate::extract::{Asker, VideoPath, video_for};
use crate::problem::{Problem, Result};
use crate::views::{Eyes, dash_url};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::Action;

/// Leads to the DASH manifest, for players that are given one URL. There is one when every rung is complete.
#[utoipa::path(get, path = "/api/videos/{id}/manifest.mpd", tag = "videos", params(("id" = String, Path)),
    responses((status = 307, description = "To the DASH manifest"), (status = 404, body = Problem)))]
pub(crate) async fn manifest(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<impl IntoResponse> {
    let (listed, access) = video_for(&app, &id, &principal, Action::Play).await?;
    let url = dash_url(&app, &listed.video, Eyes::of(&principal, &access)).ok_or_else(Problem::not_ready)?;
    let headers = [(header::LOCATION, url), (header::CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers))
}
