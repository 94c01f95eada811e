use super::hot::Media;
use super::range::{Asked, parse};
use super::{Right, edit_of};
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use blobs::ObjectKey;
use bytes::Bytes;
use cmaf::edit::{HEAD, Moved, moved};
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
    let (key, shift) = find(app, video, path).await?;
    let asked = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // The name carries a hash of the bytes, so it is the entity tag too.
    let etag = format!("\"{}\"", path.rsplit('/').next().unwrap_or(path));
    let response = if asked(header::IF_NONE_MATCH).is_some_and(|known| known.contains(&etag)) {
        app.blobs.size(&key).await?;
        empty(StatusCode::NOT_MODIFIED)
    } else {
        bytes(app, &key, shift, asked(header::RANGE)).await?
    };
    Ok(labelled(app, response, content_type, &etag, right))
}

/// Serves an object that is not in the store yet.
pub(super) fn from_memory(
    app: &App,
    bytes: Bytes,
    path: &str,
    right: Right,
    headers: &HeaderMap,
) -> Result<Response> {
    let content_type = content_type(path).ok_or_else(Problem::not_found)?;
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let etag = format!("\"{}\"", path.rsplit('/').next().unwrap_or(path));
    Ok(labelled(app, sent(Media::Memory(bytes), None, range), content_type, &etag, right))
}

/// Says what an object is and how long it may be kept.
fn labelled(
    app: &App,
    mut response: Response,
    content_type: &'static str,
    etag: &str,
    right: Right,
) -> Response {
    let cache = match right {
        Right::Open => "public, max-age=31536000, immutable".to_owned(),
        Right::Grant(until) => {
            format!("private, max-age={}", until.since(app.now()).as_secs().min(RESTRICTED_SECONDS))
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(headers, header::ETAG, etag);
    insert(headers, header::CACHE_CONTROL, &cache);
    response
}

/// The object behind a name, and by how many ticks it is moved. A segment of an edit is mostly one of the whole video, at another time.
async fn find(app: &App, video: &VideoId, path: &str) -> Result<(ObjectKey, i64)> {
    let as_named = || ObjectKey::parse(format!("videos/{video}/{path}")).map_err(|_| Problem::not_found());
    if edit_of(path) == 0 {
        return Ok((as_named()?, 0));
    }
    let mut parts = path.rsplit('/');
    let (Some(file), Some(rung)) = (parts.next(), parts.next()) else { return Ok((as_named()?, 0)) };
    let Some(name) = file.strip_suffix(".m4s") else { return Ok((as_named()?, 0)) };
    let mut numbers = name.splitn(3, '-');
    let (Some("0"), Some(msn), Some(hash)) = (numbers.next(), numbers.next(), numbers.next()) else {
        return Err(Problem::not_found());
    };
    let msn = msn.parse().map_err(|_| Problem::not_found())?;
    let segment = app.store.segment(video, rung, msn).await?.ok_or_else(Problem::not_found)?;
    // The name says what the bytes are: a cache may have kept it from an edit before.
    if !segment.key.ends_with(&format!("-{hash}.m4s")) {
        return Err(Problem::not_found());
    }
    Ok((ObjectKey::parse(segment.key).map_err(|_| Problem::not_found())?, segment.shift))
}

async fn bytes(app: &App, key: &ObjectKey, shift: i64, range: Option<&str>) -> Result<Response> {
    let media = app.hot.get(key).await?;
    let change = match shift {
        0 => None,
        shift => Some(changed(&media.head(HEAD).await?, shift)?),
    };
    Ok(sent(media, change, range))
}

fn sent(media: Media, change: Option<Moved>, range: Option<&str>) -> Response {
    let size = media.size();
    let (status, range) = match parse(range, size) {
        Asked::Whole => (StatusCode::OK, 0..size),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Unsatisfiable => {
            let mut response = empty(StatusCode::RANGE_NOT_SATISFIABLE);
            insert(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    let mut response = Response::new(match change {
        None => media.body(range.clone()),
        Some(change) => media.moved_body(range.clone(), change),
    });
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end.saturating_sub(range.start)));
    if status == StatusCode::PARTIAL_CONTENT {
        let content_range = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
        insert(headers, header::CONTENT_RANGE, &content_range);
    }
    response
}

/// What changes in a segment of ours that is moved.
fn changed(head: &[u8], shift: i64) -> Result<Moved> {
    moved(head, shift).map_err(|error| Problem::hidden(anyhow::anyhow!("a segment cannot be moved: {error}")))
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
