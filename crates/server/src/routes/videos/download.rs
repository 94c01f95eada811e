use crate::app::AppState;
use crate::delivery;
use crate::extract::{Asker, VideoPath, video_for};
use crate::problem::{Problem, Result};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::Action;

/// The best rung with its sound as one MP4 file; ranges work. It is there when every rung is complete.
#[utoipa::path(get, path = "/api/videos/{id}/download", tag = "videos", params(("id" = String, Path)),
    responses((status = 200, description = "The file", content_type = "video/mp4"),
        (status = 206, description = "A range of it", content_type = "video/mp4"),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn download(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    headers: HeaderMap,
) -> Result<Response> {
    video_for(&app, &id, &principal, Action::Download).await?;
    delivery::download::serve(&app, &id, &headers).await
}
