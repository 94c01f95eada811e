use crate::app::AppState;
use crate::problem::Result;
use crate::routes::live::takes_broadcasts;
use axum::Json;
use axum::extract::State;
use utoipa::ToSchema;

/// What a client must know before it signs in.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct InstanceView {
    name: String,
    version: &'static str,
    setup: Setup,
    max_upload_bytes: u64,
    part_size: u64,
    /// Whether browsers see a secure context (https, or loopback): without one they give no camera, microphone or clipboard.
    secure: bool,
    /// Whether broadcasts can be sent to it.
    live: bool,
    /// Whether encoders can send them, by RTMP.
    live_encoders: bool,
    /// Whether browsers can.
    live_browsers: bool,
}

/// Whether the instance has its first account.
#[derive(Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Setup {
    /// There are accounts.
    Done,
    /// The first to register becomes admin.
    Open,
    /// The set-up link that the server printed is needed.
    LinkRequired,
}

/// What this instance is and whether it is set up.
#[utoipa::path(get, path = "/api/instance", tag = "instance", responses((status = 200, body = InstanceView)))]
pub(crate) async fn instance(State(app): State<AppState>) -> Result<Json<InstanceView>> {
    let setup = match (app.store.account_count().await?, &app.setup_token) {
        (1.., _) => Setup::Done,
        (_, None) => Setup::Open,
        (_, Some(_)) => Setup::LinkRequired,
    };
    Ok(Json(InstanceView {
        name: app.config.name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        setup,
        max_upload_bytes: app.config.max_upload_bytes,
        part_size: app.config.part_size,
        secure: app.config.is_secure_context(),
        live: takes_broadcasts(&app),
        live_encoders: app.rtmp.is_some(),
        live_browsers: app.live.takes_browsers(),
    }))
}
