//! The web app, embedded in the binary: hashed assets for ever, pages fresh, watch and embed pages with their head filled in.

mod head;
mod preview;

use crate::app::{App, AppState};
use crate::origin::{Origin, Reached};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use domain::VideoId;
pub(crate) use head::escape;
pub(crate) use preview::Preview;
use preview::neutral_head;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Who may show a page in a frame (CSP `frame-ancestors`).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framed {
    /// Nobody: what signed-in people click on must not lie under another page.
    Never,
    /// Every site: the embed page, which knows no session.
    Anywhere,
}

/// What a browser may load: nothing inline, nothing from elsewhere; `blob:` for the media engine's worker and previews.
/// The player's elements bring styles of their own, which the web build lists by hash.
pub(crate) fn content_security_policy(framed: Framed) -> HeaderValue {
    let styles =
        Dist::get("csp-style-src.txt").map(|file| String::from_utf8_lossy(&file.data).trim().to_owned());
    let ancestors = match framed {
        Framed::Never => "'none'",
        Framed::Anywhere => "*",
    };
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self' {}; img-src 'self' blob: data:; media-src 'self' blob:; \
         worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors {ancestors}",
        styles.unwrap_or_default()
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'"))
}

const HEAD_MARK: &str = "<!--head-->";
/// The entry of the web app.
const APP: &str = "index.html";
/// The entry of the player for other sites.
const EMBED: &str = "embed.html";

/// Anything that is no API, media or socket: a file of the web app, or one of its pages.
pub(crate) async fn page(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    if !matches!(*request.method(), http::Method::GET | http::Method::HEAD) || is_machine_path(path) {
        return crate::problem::Problem::not_found().into_response();
    }
    if let Some(file) =
        path.strip_prefix('/').filter(|name| !name.is_empty() && !matches!(*name, APP | EMBED))
    {
        if let Some(response) = asset(file, request.headers()) {
            return response;
        }
        if file.starts_with("assets/") {
            return StatusCode::NOT_FOUND.into_response();
        }
    }
    let page = path.trim_end_matches('/');
    // Whose video is edited, the page asks.
    let editor = page.strip_prefix("/edit/").is_some_and(|id| id.parse::<domain::VideoId>().is_ok());
    let known = editor || PAGES.contains(&page);
    let title = format!("<title>{}</title>", escape(&app.config.name));
    shell(APP, if known { StatusCode::OK } else { StatusCode::NOT_FOUND }, &title, request.headers())
}

/// The pages of the app (`web/src/app/router.tsx`) that always exist.
const PAGES: [&str; 9] =
    ["", "/login", "/register", "/upload", "/record", "/live", "/live/new", "/my", "/settings/sessions"];

/// A watch page; for videos that anyone may watch, with what link previews and search engines read.
pub(crate) async fn watch(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Reached(origin): Reached,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let page = Page { entry: APP, head: Preview::watch_head };
    let mut response = page.of(&app, &id, origin.as_ref(), &headers).await;
    if uri.query().is_some_and(|query| query.contains("share=")) {
        // The address holds a share link's token.
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    response
}

/// The player alone, for a frame on another site. It knows no session: only videos that anyone may watch play in it.
pub(crate) async fn embed(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Reached(origin): Reached,
    headers: HeaderMap,
) -> Response {
    let page = Page { entry: EMBED, head: Preview::embed_head };
    page.of(&app, &id, origin.as_ref(), &headers).await
}

/// A page about one video.
struct Page {
    entry: &'static str,
    head: fn(&Preview, Option<&Origin>) -> String,
}

impl Page {
    /// The same for everybody, so its entity tag says nothing about who asks. Private and missing look the same from outside:
    /// the page itself asks the API and tells its owner.
    async fn of(&self, app: &App, id: &str, origin: Option<&Origin>, headers: &HeaderMap) -> Response {
        let Ok(id) = id.parse::<VideoId>() else {
            return shell(self.entry, StatusCode::NOT_FOUND, &neutral_head(&app.config.name), headers);
        };
        let preview = match app.store.video(&id).await {
            Ok(Some(listed)) => Preview::of(app, &listed).await,
            _ => None,
        };
        let head =
            preview.map_or_else(|| neutral_head(&app.config.name), |preview| (self.head)(&preview, origin));
        shell(self.entry, StatusCode::OK, &head, headers)
    }
}

/// An entry page with its head; what has not changed since it was fetched costs no body.
fn shell(entry: &str, status: StatusCode, head: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Dist::get(entry) else { return (status, Html(NOT_BUILT)).into_response() };
    let html = String::from_utf8_lossy(&file.data).replace(HEAD_MARK, head);
    let hash = blake3::hash(html.as_bytes()).to_hex();
    let etag = format!("\"{}\"", hash.get(..24).unwrap_or_default());
    let kept = [(header::CACHE_CONTROL, "no-cache".to_owned()), (header::ETAG, etag)];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if status == StatusCode::OK && known.is_some_and(|known| known.contains(&kept[1].1)) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (status, kept, Html(html)).into_response()
}

fn asset(name: &str, headers: &HeaderMap) -> Option<Response> {
    if name.ends_with(".br") || name.ends_with(".gz") {
        return None; // Encodings of other files, not files of their own.
    }
    let plain = Dist::get(name)?;
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(encoding, suffix)| {
        let wanted = accepted.split(',').any(|entry| entry.trim().split(';').next() == Some(encoding));
        wanted.then(|| Dist::get(&format!("{name}{suffix}"))).flatten().map(|file| (encoding, file))
    });
    let kept = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mime = mime_guess::from_path(name).first_or_octet_stream().to_string();
    let (encoding, file) = encoded.map_or((None, plain), |(encoding, file)| (Some(encoding), file));
    let etag = format!("\"{}\"", data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..12]));
    if headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(&etag) {
        return Some((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let mut response = body_of(file).into_response();
    let out = response.headers_mut();
    for (key, text) in
        [(header::CONTENT_TYPE, mime.as_str()), (header::CACHE_CONTROL, kept), (header::ETAG, &etag)]
    {
        if let Ok(value) = HeaderValue::from_str(text) {
            out.insert(key, value);
        }
    }
    out.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

fn body_of(file: EmbeddedFile) -> axum::body::Body {
    match file.data {
        Cow::Borrowed(bytes) => axum::body::Body::from(bytes::Bytes::from_static(bytes)),
        Cow::Owned(bytes) => axum::body::Body::from(bytes),
    }
}

fn is_machine_path(path: &str) -> bool {
    ["/api/", "/media/", "/ws/", "/upload/"].iter().any(|prefix| path.starts_with(prefix))
}

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Vitascope</title>\
<p>This binary was built without the web app. The API works; see <a href=\"/api/docs\">/api/docs</a>.\
<p>To build both: <code>cargo xtask run</code>.</html>";
