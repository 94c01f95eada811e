use crate::app::AppState;
use crate::extract::{Asker, VideoPath, video_for};
use crate::problem::{Problem, Result};
use axum::Json;
use axum::extract::State;
use domain::Action;
use utoipa::ToSchema;

/// A part that is durable.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct ReceivedPart {
    number: i64,
    /// Bytes.
    size: i64,
    etag: String,
}

/// How an upload stands.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct UploadStatus {
    part_size: i64,
    received: Vec<ReceivedPart>,
}

/// Which parts of an upload are durable.
#[utoipa::path(get, path = "/api/videos/{id}/upload", tag = "upload", params(("id" = String, Path)),
    responses((status = 200, body = UploadStatus), (status = 404, body = Problem)))]
pub(crate) async fn upload(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<UploadStatus>> {
    let (listed, _) = video_for(&app, &id, &principal, Action::Upload).await?;
    let parts = app.store.parts(&id).await?;
    let received = parts
        .into_iter()
        .map(|part| ReceivedPart { number: part.number, size: part.size, etag: part.etag })
        .collect();
    Ok(Json(UploadStatus { part_size: listed.video.part_size, received }))
}
