use crate::app::AppState;
use crate::audit::Audit;
use crate::extract::{Asker, From, VideoPath, video_for};
use crate::problem::{Problem, Result};
use axum::extract::State;
use axum::http::StatusCode;
use domain::Action;

/// Deletes a video and everything of it, also in the middle of its upload or encode.
#[utoipa::path(delete, path = "/api/videos/{id}", tag = "videos", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn delete(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    From(client): From,
) -> Result<StatusCode> {
    let (_, access) = video_for(&app, &id, &principal, Action::Delete).await?;
    let mut tx = app.store.begin().await?;
    tx.delete_video(&id).await?;
    let audit = Audit {
        event: "video_deleted",
        account: Some(&access.owner),
        actor: principal.account(),
        address: Some(client.address),
        detail: id.as_str(),
    };
    audit.write(&app, &mut tx).await?;
    tx.commit().await?;
    app.video_deleted(&id, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}
