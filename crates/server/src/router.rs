//! Every route in one list, and the layers around them.

use crate::app::AppState;
use crate::problem::Problem;
use crate::routes::{audit, auth, docs, health, instance, live, me, oembed, part, sessions, videos};
use crate::web::Framed;
use crate::{delivery, limits, web, ws, ws_video};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest JSON body in bytes.
const BODY_LIMIT: usize = 64 << 10;
/// Shorter responses, in bytes, arrive no sooner when they are compressed.
const ONE_PACKET: u64 = 1400;
const API_LIMIT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Vitascope", description = "A self-hosted video platform: record, upload, watch."),
    components(schemas(Problem)),
    tags((name = "accounts"), (name = "upload"), (name = "videos"), (name = "live"), (name = "instance"), (name = "admin"))
)]
struct Document;

/// The calls and the document that describes them: one list makes both.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(instance::instance))
        .routes(routes!(me::me))
        .routes(routes!(me::my_videos))
        .routes(routes!(me::my_uploads))
        .routes(routes!(sessions::my_sessions, sessions::revoke_other_sessions))
        .routes(routes!(sessions::revoke_session))
        .routes(routes!(audit::audit))
        .routes(routes!(me::my_usage))
        .routes(routes!(videos::list::list))
        .routes(routes!(videos::init::init))
        .routes(routes!(videos::parts::parts))
        .routes(routes!(videos::upload::upload))
        .routes(routes!(videos::complete::complete))
        .routes(routes!(videos::get::get, videos::patch::patch, videos::delete::delete))
        .routes(routes!(videos::edit::get_edit, videos::edit::put_edit))
        .routes(routes!(videos::playlist::playlist))
        .routes(routes!(videos::links::make_link, videos::links::links))
        .routes(routes!(videos::links::open_link))
        .routes(routes!(videos::links::revoke_link))
        .routes(routes!(live::begin::begin, live::list::live_now))
        .routes(routes!(live::key::new_key))
        .routes(routes!(live::end::end))
        .routes(routes!(live::connections::connections))
        .routes(routes!(live::connections::disconnect))
        .routes(routes!(oembed::oembed))
        .routes(routes!(videos::manifest::manifest))
        .routes(routes!(videos::download::download))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, API_LIMIT))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        // A part streams for as long as it moves; its handler limits its size and its silence.
        .merge(OpenApiRouter::new().routes(routes!(part::put_part)).layer(DefaultBodyLimit::disable()))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// The OpenAPI 3.1 document of this server.
#[must_use]
pub fn openapi() -> OpenApi {
    api().split_for_parts().1
}

/// The whole service.
pub(crate) fn router(app: AppState) -> Router {
    let (calls, document) = api().split_for_parts();
    let docs = docs::page(&document);
    let document = Arc::new(document);
    let https = app.config.has_own_tls();
    let promises = |framed| Promises { policy: web::content_security_policy(framed), https };
    let in_frames = middleware::from_fn_with_state(promises(Framed::Anywhere), security_headers);
    calls
        .route("/api/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/api/docs", get(move || async move { docs.clone() }))
        .route("/api/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], docs::STYLE) }))
        .route("/media/videos/{video}/{*path}", get(delivery::open))
        .route("/media/{grant}/videos/{video}/{*path}", get(delivery::granted))
        .route("/ws/uploads/", get(ws::uploads))
        .route("/ws/uploads", get(ws::uploads))
        .route("/ws/videos/{id}", get(ws_video::video))
        .route("/w/{id}", get(web::watch))
        .route("/embed/{id}", get(web::embed).layer(in_frames))
        .fallback(web::page)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(ONE_PACKET).and(is_text)),
        )
        .layer(middleware::from_fn_with_state(promises(Framed::Never), security_headers))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), limits::limit))
        .layer(middleware::from_fn(measure))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id =
                request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
            // Neither the query (signatures) nor the path of restricted media (grants) is logged.
            let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
            tracing::info_span!("request", method = %request.method(), route, id)
        }))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(app)
}

/// Whether a response gets shorter by gzip or brotli: playlists, JSON and pages, not media, and nothing that
/// carries a token (BREACH).
fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    let worth = matches!(kind, "application/json" | "application/vnd.apple.mpegurl" | "application/dash+xml")
        || kind.starts_with("text/");
    worth && !headers.contains_key(header::SET_COOKIE)
}

/// What every response says about itself.
#[derive(Clone)]
struct Promises {
    policy: HeaderValue,
    /// This process speaks https, so browsers may insist on it; behind a proxy that is the proxy's word to give.
    https: bool,
}

/// Adds the headers that every answer has; what an inner layer or a handler has set stays.
async fn security_headers(State(promises): State<Promises>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if promises.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(promises.policy);
    response
}

async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    let labels = [("method", method), ("route", route), ("status", status)];
    metrics::counter!("vitascope_http_requests_total", &labels).increment(1);
    metrics::histogram!("vitascope_http_seconds", &labels).record(began.elapsed().as_secs_f64());
    response
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not know that method.",
    )
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "The server failed. The log says why; try again.",
    )
    .into_response()
}
