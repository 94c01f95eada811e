use crate::app::AppState;
use crate::extract::{Asker, VideoPath, look_for};
use crate::problem::{Problem, Result};
use crate::views::{self, Eyes, VideoView};
use axum::Json;
use axum::extract::State;

/// A video: what it is, how far it has got, and where to play it.
#[utoipa::path(get, path = "/api/videos/{id}", tag = "videos", params(("id" = String, Path)),
    responses((status = 200, body = VideoView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<VideoView>> {
    let (look, access) = look_for(&app, &id, &principal).await?;
    Ok(Json(views::video(&app, &look, Eyes::of(&principal, &access))))
}
