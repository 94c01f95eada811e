use crate::app::AppState;
use crate::extract::{Asker, VideoPath, video_for};
use crate::problem::{Problem, Result};
use crate::views::{Eyes, hls_url};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::Action;

/// Leads to the multivariant playlist, for players that are given one URL.
#[utoipa::path(get, path = "/api/videos/{id}/playlist.m3u8", tag = "videos", params(("id" = String, Path)),
    responses((status = 307, description = "To the multivariant playlist"), (status = 404, body = Problem)))]
pub(crate) async fn playlist(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<impl IntoResponse> {
    let (listed, access) = video_for(&app, &id, &principal, Action::Play).await?;
    let headers = [
        (header::LOCATION, hls_url(&app, &listed.video, Eyes::of(&principal, &access))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers))
}
