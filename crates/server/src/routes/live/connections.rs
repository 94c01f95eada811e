use crate::app::AppState;
use crate::extract::{Asker, VideoPath, video_for};
use crate::problem::{Problem, Result};
use crate::views::rfc3339;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Action, Micros};
use store::live::Ingest;
use utoipa::ToSchema;

/// A connection of an encoder.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct IngestView {
    id: String,
    /// `rtmp` or `websocket`.
    protocol: String,
    /// Where it came from.
    address: String,
    /// RFC 3339.
    started_at: String,
    /// RFC 3339; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// Bit/s of media on average, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    bitrate: Option<i64>,
    /// Why it ended, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Connections of a broadcast.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct IngestList {
    items: Vec<IngestView>,
}

/// The connections that have fed my broadcast, the newest first, at most 100.
#[utoipa::path(get, path = "/api/live/{id}/sessions", tag = "live", params(("id" = String, Path)), responses(
    (status = 200, body = IngestList), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn connections(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<IngestList>> {
    video_for(&app, &id, &principal, Action::Upload).await?;
    let items = app.store.ingests(&id).await?.into_iter().map(view).collect();
    Ok(Json(IngestList { items }))
}

/// Disconnects an encoder from my broadcast. It may come back; to keep it out, get a new stream key first.
#[utoipa::path(delete, path = "/api/live/{id}/sessions/{sid}", tag = "live",
    params(("id" = String, Path), ("sid" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn disconnect(
    State(app): State<AppState>,
    Path((id, sid)): Path<(String, String)>,
    Asker(principal): Asker,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    video_for(&app, &id, &principal, Action::Upload).await?;
    if app.live.disconnect(&id, &sid) { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

fn view(ingest: Ingest) -> IngestView {
    let seconds = ingest.ended_at.map(|end| (end - ingest.started_at.0) as f64 / 1e6);
    let rate = |seconds: f64| (ingest.bytes as f64 * 8.0 / seconds) as i64;
    IngestView {
        id: ingest.id,
        protocol: ingest.protocol,
        address: ingest.address,
        started_at: rfc3339(ingest.started_at),
        ended_at: ingest.ended_at.map(|at| rfc3339(Micros(at))),
        bitrate: seconds.filter(|seconds| *seconds > 0.0).map(rate),
        reason: ingest.reason,
    }
}
