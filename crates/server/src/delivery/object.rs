use super::Right;
use super::range::{Asked, parse};
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use blobs::ObjectKey;
use domain::VideoId;

/// What a cache may do with restricted media before it must ask again.
const RESTRICTED_SECONDS: u64 = 300;

/// Serves an immutable object of a video: a segment, an init segment, a poster or captions.
pub(super) async fn serve(
    app: &App,
    video: &VideoId,
    path: &str,
    right: Right,
    headers: &HeaderMap,
) -> Result<Response> {
    let content_type = content_type(path).ok_or_else(Problem::not_found)?;
    let key = ObjectKey::parse(format!("videos/{video}/{path}")).map_err(|_| Problem::not_found())?;
    let asked = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // The name carries a hash of the bytes, so it is the entity tag too.
    let etag = format!("\"{}\"", path.rsplit('/').next().unwrap_or(path));
    let mut response = if asked(header::IF_NONE_MATCH).is_some_and(|known| known.contains(&etag)) {
        app.blobs.size(&key).await?;
        empty(StatusCode::NOT_MODIFIED)
    } else {
        bytes(app, &key, asked(header::RANGE)).await?
    };
    let cache = match right {
        Right::Open => "public, max-age=31536000, immutable".to_owned(),
        Right::Grant(until) => {
            format!("private, max-age={}", until.since(app.now()).as_secs().min(RESTRICTED_SECONDS))
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(headers, header::ETAG, &etag);
    insert(headers, header::CACHE_CONTROL, &cache);
    Ok(response)
}

async fn bytes(app: &App, key: &ObjectKey, range: Option<&str>) -> Result<Response> {
    let media = app.hot.get(key).await?;
    let size = media.size();
    let (status, range) = match parse(range, size) {
        Asked::Whole => (StatusCode::OK, 0..size),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Unsatisfiable => {
            let mut response = empty(StatusCode::RANGE_NOT_SATISFIABLE);
            insert(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    let mut response = Response::new(media.body(range.clone()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end.saturating_sub(range.start)));
    if status == StatusCode::PARTIAL_CONTENT {
        let content_range = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
        insert(headers, header::CONTENT_RANGE, &content_range);
    }
    Ok(response)
}

fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "m4s" => Some("video/iso.segment"),
        "mp4" => Some("video/mp4"),
        "jpg" => Some("image/jpeg"),
        "vtt" => Some("text/vtt; charset=utf-8"),
        _ => None,
    }
}

pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

pub(super) fn insert(headers: &mut HeaderMap, name: header::HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
