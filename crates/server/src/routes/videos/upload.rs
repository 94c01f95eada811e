use crate::app::AppState;
use crate::extract::{Asker, VideoPath, video_for};
use crate::problem::{Problem, Result};
use axum::Json;
use axum::extract::{Query, State};
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
    /// Give it as `after` to read on; absent when these were the last ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// How much of the list is wanted.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// Only parts with a greater number.
    after: Option<i64>,
    /// At most this many, 1–10000; 10000 when absent.
    limit: Option<i64>,
}

/// Which parts of an upload are durable, in order.
#[utoipa::path(get, path = "/api/videos/{id}/upload", tag = "upload", params(("id" = String, Path), UploadQuery),
    responses((status = 200, body = UploadStatus), (status = 404, body = Problem)))]
pub(crate) async fn upload(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    Query(query): Query<UploadQuery>,
) -> Result<Json<UploadStatus>> {
    let (listed, _) = video_for(&app, &id, &principal, Action::Upload).await?;
    let limit = query.limit.unwrap_or(MOST_LISTED).clamp(1, MOST_LISTED);
    let mut parts = app.store.parts_after(&id, query.after.unwrap_or(0), limit.saturating_add(1)).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = parts.len() > wanted;
    parts.truncate(wanted);
    let next = parts.last().filter(|_| more).map(|part| part.number);
    let received = parts
        .into_iter()
        .map(|part| ReceivedPart { number: part.number, size: part.size, etag: part.etag })
        .collect();
    Ok(Json(UploadStatus { part_size: listed.video.part_size, received, next }))
}

const MOST_LISTED: i64 = 10_000;
