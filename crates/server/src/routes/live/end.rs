use super::{ended, open_broadcast};
use crate::app::AppState;
use crate::extract::{Asker, VideoPath, look_for};
use crate::problem::{Problem, Result};
use crate::views::{self, Eyes, VideoView};
use axum::Json;
use axum::extract::State;

/// Ends my broadcast: what came of it is a video at once, or gone where it was not to be saved.
#[utoipa::path(post, path = "/api/live/{id}/end", tag = "live", params(("id" = String, Path)), responses(
    (status = 200, body = VideoView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn end(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<VideoView>> {
    let access = open_broadcast(&app, &id, &principal).await?;
    let (before, _) = look_for(&app, &id, &principal).await?;
    let done = app.live.end(&id).await.map_err(|error| Problem::hidden(error.into()))?;
    if !done {
        return Err(ended());
    }
    // What was not to be saved is gone: it is told as it was.
    let look = app.recall.video(&id).await?.unwrap_or(before);
    Ok(Json(views::video(&app, &look, Eyes::of(&principal, &access))))
}
