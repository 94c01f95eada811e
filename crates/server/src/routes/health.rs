use crate::app::AppState;
use crate::config::Metrics;
use crate::extract::{Asker, is_local};
use crate::problem::{Problem, Result};
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use domain::{Action, Object, authorize};

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "instance", responses((status = 200, body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and the disk has room: requests can be served.
#[utoipa::path(get, path = "/readyz", tag = "instance", responses((status = 200, body = String), (status = 503, body = Problem)))]
pub(crate) async fn readyz(State(app): State<AppState>) -> Result<&'static str> {
    let unready = |detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail);
    app.store.ping().await.map_err(|error| unready(format!("The database does not answer: {error}")))?;
    match app.blobs.has_room(0) {
        Ok(true) => Ok("ready\n"),
        Ok(false) => Err(unready("The disk is full.".to_owned())),
        Err(error) => Err(unready(format!("The object store does not answer: {error}"))),
    }
}

/// Figures for Prometheus, for whom the setting `metrics` names: this machine, admins or everybody.
#[utoipa::path(get, path = "/metrics", tag = "instance",
    responses((status = 200, body = String), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn metrics(
    State(app): State<AppState>,
    headers: HeaderMap,
    extensions: Extensions,
    asker: Result<Asker>,
) -> Result<String> {
    match app.config.metrics {
        Metrics::Open => {}
        Metrics::Loopback if is_local(&app, &headers, &extensions) => {}
        Metrics::Loopback => return Err(Problem::not_found()),
        Metrics::Admin => authorize(&asker?.0, Action::Administer, Object::Instance)?,
    }
    for (lane, state, count) in app.store.job_counts().await? {
        metrics::gauge!("vitascope_jobs", "lane" => lane, "state" => state).set(count as f64);
    }
    if let Ok(free) = app.blobs.free() {
        metrics::gauge!("vitascope_disk_free_bytes").set(free as f64);
        metrics::gauge!("vitascope_disk_reserve_bytes").set(app.config.min_free_bytes as f64);
    }
    Ok(app.metrics.render())
}
