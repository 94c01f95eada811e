//! Every route in one list, and the layers around them.

use crate::app::AppState;
use crate::figures::{Asked, Requests};
use crate::problem::Problem;
use crate::routes::{audit, auth, docs, health, instance, live, me, oembed, part, sessions, videos};
use crate::web::Framed;
use crate::{delivery, limits, web, ws, ws_ingest, ws_video};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;
use std::time::Duration;
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
        .routes(routes!(live::token::ingest_token))
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
    let door = Door {
        requests: Arc::default(),
        policy: web::content_security_policy(Framed::Never),
        https: app.config.has_own_tls(),
        app: Arc::clone(&app),
    };
    let in_frames = middleware::from_fn_with_state(web::content_security_policy(Framed::Anywhere), policy);
    let (calls, document) = api().split_for_parts();
    let docs = docs::page(&document);
    let document = Arc::new(document);
    let calls = calls
        .route("/api/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/api/docs", get(move || async move { docs.clone() }))
        .route("/api/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], docs::STYLE) }))
        .route("/ws/uploads/", get(ws::uploads))
        .route("/ws/uploads", get(ws::uploads))
        .route("/ws/videos/{id}", get(ws_video::video))
        .route("/ws/ingest", get(ws_ingest::ingest))
        .route("/ws", get(ws_ingest::ingest))
        .route("/w/{id}", get(web::watch))
        .route("/embed/{id}", get(web::embed).layer(in_frames))
        .fallback(web::page)
        .method_not_allowed_fallback(method_not_allowed);
    let calls = behind(calls, door.clone())
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id =
                request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
            // Neither the query (signatures) nor the path of restricted media (grants) is logged.
            let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
            tracing::info_span!("request", method = %request.method(), route, id)
        }))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid));
    // Segments are asked for by the thousand; neither a number nor a span each is worth what it costs.
    let media = Router::new()
        .route("/media/videos/{video}/{*path}", get(delivery::open))
        .route("/media/{grant}/videos/{video}/{*path}", get(delivery::granted))
        .method_not_allowed_fallback(method_not_allowed);
    calls.merge(behind(media, door)).with_state(app)
}

/// Routes behind what holds for every answer.
fn behind(routes: Router<AppState>, door: Door) -> Router<AppState> {
    routes
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(ONE_PACKET).and(is_text)),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(door, enter))
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

/// What every request passes.
#[derive(Clone)]
struct Door {
    app: AppState,
    requests: Arc<Requests>,
    policy: HeaderValue,
    /// This process speaks https, so browsers may insist on it; behind a proxy that is the proxy's word to give.
    https: bool,
}

/// Counts a request, for its address and for the figures, and adds the headers that every answer has; what a handler has set
/// stays.
async fn enter(State(door): State<Door>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let mut response = match limits::limit(&door.app, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    if door.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(door.policy);
    door.requests.count(&asked, response.status());
    response
}

/// Gives answers a content security policy of their own.
async fn policy(State(policy): State<HeaderValue>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
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
