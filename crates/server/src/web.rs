//! The web app, embedded in the binary: hashed assets for ever, pages fresh, watch pages with their head filled in.

use crate::app::{App, AppState};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::{Action, Object, Principal, authorize};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use store::videos::Video;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// What a browser may load: nothing inline, nothing from elsewhere; `blob:` for the media engine's worker and previews.
/// The player's elements bring styles of their own, which the web build lists by hash.
pub(crate) fn content_security_policy() -> HeaderValue {
    let styles =
        Dist::get("csp-style-src.txt").map(|file| String::from_utf8_lossy(&file.data).trim().to_owned());
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self' {}; img-src 'self' blob: data:; media-src 'self' blob:; \
         worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        styles.unwrap_or_default()
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'"))
}

const HEAD_MARK: &str = "<!--head-->";

/// Anything that is no API, media or socket: a file of the web app, or one of its pages.
pub(crate) async fn page(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    if !matches!(*request.method(), http::Method::GET | http::Method::HEAD) || is_machine_path(path) {
        return crate::problem::Problem::not_found().into_response();
    }
    if let Some(file) = path.strip_prefix('/').filter(|name| !name.is_empty() && *name != "index.html") {
        if let Some(response) = asset(file, request.headers()) {
            return response;
        }
        if file.starts_with("assets/") {
            return StatusCode::NOT_FOUND.into_response();
        }
    }
    let known = matches!(path.trim_end_matches('/'), "" | "/login" | "/register" | "/upload" | "/my");
    let title = format!("<title>{}</title>", escape(&app.config.name));
    shell(if known { StatusCode::OK } else { StatusCode::NOT_FOUND }, &title)
}

/// A watch page; for videos that anyone may watch, with what link previews and search engines read.
pub(crate) async fn watch(
    State(app): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let name = escape(&app.config.name);
    let Ok(id) = id.parse() else { return shell(StatusCode::NOT_FOUND, &format!("<title>{name}</title>")) };
    match app.store.video(&id).await {
        Ok(Some(listed)) => {
            let visible =
                authorize(&Principal::Anonymous, Action::Watch, Object::Video(&listed.video.access()))
                    .is_ok();
            let head = if visible {
                head_of(&app, &listed.video, &headers)
            } else {
                format!("<title>{name}</title>")
            };
            shell(StatusCode::OK, &head)
        }
        // Private and missing look the same from outside; the page itself asks the API and tells its owner.
        _ => shell(StatusCode::OK, &format!("<title>{name}</title>")),
    }
}

fn head_of(app: &App, video: &Video, headers: &HeaderMap) -> String {
    let (title, name) = (escape(&video.title), escape(&app.config.name));
    let description = escape(&video.description.chars().take(200).collect::<String>());
    let base = escape(&base_url(app, headers));
    let mut head = format!(
        "<title>{title} – {name}</title>\n<meta name=\"description\" content=\"{description}\">\n\
         <meta property=\"og:type\" content=\"video.other\">\n<meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"og:description\" content=\"{description}\">\n<meta property=\"og:site_name\" content=\"{name}\">\n\
         <meta property=\"og:url\" content=\"{base}/w/{}\">\n<link rel=\"canonical\" href=\"{base}/w/{}\">\n",
        video.id, video.id
    );
    if let Some(poster) = video.poster.as_deref().and_then(|key| key.rsplit('/').next()) {
        let poster = format!("{base}/media/videos/{}/{}", video.id, escape(poster));
        head += &format!(
            "<meta property=\"og:image\" content=\"{poster}\">\n<meta name=\"twitter:card\" content=\"summary_large_image\">\n"
        );
    }
    head
}

/// How people reach this instance: as configured, or as this request did.
fn base_url(app: &App, headers: &HeaderMap) -> String {
    match &app.config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
            format!("{}://{host}", app.config.scheme())
        }
    }
}

fn shell(status: StatusCode, head: &str) -> Response {
    let Some(index) = Dist::get("index.html") else { return (status, Html(NOT_BUILT)).into_response() };
    let html = String::from_utf8_lossy(&index.data).replace(HEAD_MARK, head);
    (status, [(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response()
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

/// Makes text safe inside an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Vitascope</title>\
<p>This binary was built without the web app. The API works; see <a href=\"/api/docs\">/api/docs</a>.\
<p>To build both: <code>cargo xtask run</code>.</html>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_leave_their_attribute() {
        assert_eq!(escape("\"><script>'&"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }
}
