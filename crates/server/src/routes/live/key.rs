use super::{ended, open_broadcast, rtmp_url, stream_key};
use crate::accounts::hash_of;
use crate::app::AppState;
use crate::extract::{Asker, VideoPath};
use crate::origin::Reached;
use crate::problem::{Problem, Result};
use axum::Json;
use axum::extract::State;
use domain::Secret;
use utoipa::ToSchema;

/// A stream key.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct StreamKeyView {
    /// For the encoder, told this once.
    #[schema(value_type = String)]
    stream_key: Secret,
    /// The encoder's server address.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmp_url: Option<String>,
}

/// Gives my broadcast another stream key; the old one stops working. Who publishes already goes on.
#[utoipa::path(post, path = "/api/live/{id}/key", tag = "live", params(("id" = String, Path)), responses(
    (status = 200, body = StreamKeyView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn new_key(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    Reached(reached): Reached,
) -> Result<Json<StreamKeyView>> {
    open_broadcast(&app, &id, &principal).await?;
    let key = stream_key();
    if !app.store.rotate_stream_key(&id, &hash_of(key.expose())).await? {
        return Err(ended());
    }
    let rtmp_url = app.rtmp.map(|port| rtmp_url(port, reached.as_ref()));
    Ok(Json(StreamKeyView { stream_key: key, rtmp_url }))
}
