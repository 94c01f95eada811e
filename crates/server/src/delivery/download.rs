//! The best rung with its sound as one MP4 file, which is nowhere: a header made from the segments' sample tables and kept in
//! memory for a while, and behind it the segments' media, read when it is asked for.

use super::object::{empty, insert};
use super::playlists::{has_segments, is_bridged};
use super::range::{Asked, parse};
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use blobs::{LocalFolder, ObjectKey};
use bytes::Bytes;
use cmaf::boxes::BoxHeader;
use cmaf::download::{Movie, MovieTrack};
use cmaf::edit::{moved, with};
use cmaf::{InitSegment, ReadError};
use domain::{State, VideoId};
use futures_util::stream;
use moka::sync::Cache;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use store::media::Rung;
use tokio::sync::Mutex;

/// Files that were asked for lately, by video and rungs.
#[derive(Debug)]
pub(crate) struct Downloads {
    made: Cache<String, Arc<File>>,
    /// One at a time is made: a long one takes memory.
    making: Mutex<()>,
}

/// One file.
#[derive(Debug)]
struct File {
    movie: Movie,
    /// Object keys of the segments, by track.
    keys: Vec<Vec<ObjectKey>>,
    etag: String,
}

impl Default for Downloads {
    fn default() -> Self {
        let weight = |_: &String, file: &Arc<File>| u32::try_from(file.weight()).unwrap_or(u32::MAX);
        let made = Cache::builder()
            .max_capacity(MOST_BYTES)
            .weigher(weight)
            .time_to_idle(Duration::from_secs(600))
            .build();
        Self { made, making: Mutex::default() }
    }
}

/// Memory for headers. One of an hour takes about 3 MB.
const MOST_BYTES: u64 = 256 << 20;

/// Serves the file, or the range of it that is asked for.
pub(crate) async fn serve(app: &App, video: &VideoId, headers: &HeaderMap) -> Result<Response> {
    let listed = app.store.video(video).await?.ok_or_else(Problem::not_found)?;
    if listed.video.state != State::Ready {
        return Err(Problem::not_ready());
    }
    let rungs = best(app, video).await?;
    let file = file(app, video, &rungs).await?;
    let asked = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // A range of what the asker has is only good while the file is the same.
    let same = asked(header::IF_RANGE).is_none_or(|known| known == file.etag);
    let mut response = if asked(header::IF_NONE_MATCH).is_some_and(|known| known.contains(&file.etag)) {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        answer(app.blobs.clone(), &file, asked(header::RANGE).filter(|_| same))
    };
    let has_picture = rungs.iter().any(|rung| rung.kind == "video");
    let (kind, extension) = if has_picture { ("video/mp4", "mp4") } else { ("audio/mp4", "m4a") };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(headers, header::ETAG, &file.etag);
    insert(headers, header::CACHE_CONTROL, "private, no-cache");
    insert(headers, header::CONTENT_DISPOSITION, &disposition(&listed.video.title, extension));
    Ok(response)
}

/// The best complete picture and the sound that is played by default.
async fn best(app: &App, video: &VideoId) -> Result<Vec<Rung>> {
    let extents = app.store.extents(video).await?;
    let all = app.store.rungs(video).await?;
    let complete: Vec<_> = all
        .iter()
        .filter(|rung| rung.complete && has_segments(rung, &extents) && !is_bridged(rung, &all))
        .collect();
    let size = |rung: &Rung| rung.width.unwrap_or(0).saturating_mul(rung.height.unwrap_or(0));
    let picture =
        complete.iter().filter(|rung| rung.kind == "video").max_by_key(|rung| (size(rung), rung.bandwidth));
    let mut sounds = complete.iter().filter(|rung| rung.kind == "audio");
    let sound = sounds.clone().find(|rung| rung.is_default).or_else(|| sounds.next());
    let best: Vec<Rung> = picture.into_iter().chain(sound).map(|rung| (*rung).clone()).collect();
    if best.is_empty() { Err(Problem::not_ready()) } else { Ok(best) }
}

/// The file of these rungs, made if it is not at hand.
async fn file(app: &App, video: &VideoId, rungs: &[Rung]) -> Result<Arc<File>> {
    let mut name = video.to_string();
    for rung in rungs {
        // A rung that was made anew has another of one of these.
        name.push_str(&format!("/{}/{:?}/{:?}", rung.name, rung.init_key, rung.average_bandwidth));
    }
    if let Some(file) = app.downloads.made.get(&name) {
        return Ok(file);
    }
    let _turn = app.downloads.making.lock().await;
    if let Some(file) = app.downloads.made.get(&name) {
        return Ok(file);
    }
    let file = Arc::new(make(app, video, rungs).await?);
    app.downloads.made.insert(name, Arc::clone(&file));
    Ok(file)
}

async fn make(app: &App, video: &VideoId, rungs: &[Rung]) -> Result<File> {
    let (mut tracks, mut keys) = (Vec::new(), Vec::new());
    let mut hash = blake3::Hasher::new();
    for rung in rungs {
        let init = object_key(rung.init_key.as_deref().unwrap_or_default())?;
        hash.update(init.as_str().as_bytes());
        let init = InitSegment::parse(app.blobs.read(&init).await?).map_err(|error| broken(&error))?;
        let mut track = MovieTrack::new(&init).map_err(|error| broken(&error))?;
        let mut objects = Vec::new();
        for segment in app.store.segments(video, &rung.name).await? {
            let key = object_key(&segment.key)?;
            let size = u64::try_from(segment.size).unwrap_or(0);
            let mut head = moof(&app.blobs, &key, size).await?;
            if segment.shift != 0 {
                let change = moved(&head, segment.shift).map_err(|error| broken(&error))?;
                head = with(&head, &change);
                hash.update(&segment.shift.to_le_bytes());
            }
            track.add(&head, size).map_err(|error| broken(&error))?;
            hash.update(key.as_str().as_bytes());
            objects.push(key);
        }
        tracks.push(track);
        keys.push(objects);
    }
    let movie = Movie::new(&tracks).map_err(|error| broken(&error))?;
    let hash = hash.finalize().to_hex();
    Ok(File { movie, keys, etag: format!("\"{}\"", hash.get(..24).unwrap_or_default()) })
}

/// The `moof` at the front of a segment, which is small beside the rest.
async fn moof(blobs: &LocalFolder, key: &ObjectKey, size: u64) -> Result<Bytes> {
    const USUAL: u64 = 8 << 10;
    const MOST: u64 = 8 << 20;
    let head = blobs.read_range(key, 0..size.min(USUAL)).await?;
    let length =
        BoxHeader::parse(&head).map_err(|error| broken(&error))?.and_then(|header| header.size).unwrap_or(0);
    if length > size.min(MOST) {
        return Err(broken(&ReadError::Truncated("a segment")));
    }
    let whole = if length > head.len() as u64 { blobs.read_range(key, 0..length).await? } else { head };
    Ok(whole.slice(..usize::try_from(length).unwrap_or(0).min(whole.len())))
}

fn object_key(key: &str) -> Result<ObjectKey> {
    ObjectKey::parse(key.to_owned()).map_err(|_| Problem::not_found())
}

/// Our own segments do not fit together; what they are is in the log.
fn broken(error: &ReadError) -> Problem {
    tracing::error!(%error, "a download could not be made");
    Problem::new(
        StatusCode::CONFLICT,
        "no_download",
        "This video cannot be put into one file. It plays by HLS and DASH.",
    )
}

fn answer(blobs: LocalFolder, file: &Arc<File>, range: Option<&str>) -> Response {
    let size = file.movie.size;
    let (status, range) = match parse(range, size) {
        Asked::Whole => (StatusCode::OK, 0..size),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Unsatisfiable => {
            let mut response = empty(StatusCode::RANGE_NOT_SATISFIABLE);
            insert(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    let mut response = Response::new(body(blobs, Arc::clone(file), range.clone()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    insert(headers, header::CONTENT_LENGTH, &range.end.saturating_sub(range.start).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = range.end.saturating_sub(1);
        insert(headers, header::CONTENT_RANGE, &format!("bytes {}-{last}/{size}", range.start));
    }
    response
}

/// Reads on as the client does, a piece at a time.
fn body(blobs: LocalFolder, file: Arc<File>, range: Range<u64>) -> Body {
    Body::from_stream(stream::try_unfold(range, move |left| {
        let (blobs, file) = (blobs.clone(), Arc::clone(&file));
        async move {
            if left.is_empty() {
                return Ok(None);
            }
            let piece = file.piece(&blobs, left.clone()).await?;
            if piece.is_empty() {
                return Err(std::io::Error::other("a download has a hole"));
            }
            let next = left.start.saturating_add(piece.len() as u64);
            Ok::<_, std::io::Error>(Some((piece, next..left.end)))
        }
    }))
}

impl File {
    /// Bytes from the start of `range`, not all of it.
    async fn piece(&self, blobs: &LocalFolder, range: Range<u64>) -> std::io::Result<Bytes> {
        const PIECE: u64 = 1 << 20;
        let header = &self.movie.header;
        if let Ok(start) = usize::try_from(range.start)
            && start < header.len()
        {
            let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(header.len());
            return Ok(header.slice(start..end.min(start.saturating_add(1 << 20))));
        }
        let Some(part) = self.movie.parts_from(range.start).first() else { return Ok(Bytes::new()) };
        let Some(key) = self.keys.get(part.track).and_then(|keys| keys.get(part.segment)) else {
            return Ok(Bytes::new());
        };
        let inside = range.start.saturating_sub(part.at);
        let length = part.length.saturating_sub(inside).min(range.end.saturating_sub(range.start)).min(PIECE);
        let from = part.skip.saturating_add(inside);
        blobs.read_range(key, from..from.saturating_add(length)).await.map_err(std::io::Error::other)
    }

    fn weight(&self) -> usize {
        let keys: usize = self.keys.iter().flatten().map(|key| key.as_str().len().saturating_add(32)).sum();
        self.movie.weight().saturating_add(keys)
    }
}

/// `attachment` under the title, as a name that every system takes (RFC 6266, RFC 8187).
fn disposition(title: &str, extension: &str) -> String {
    let forbidden = |char: char| char.is_control() || "\"*/:<>?\\|".contains(char) || is_direction(char);
    let name: String = title.chars().map(|char| if forbidden(char) { ' ' } else { char }).collect();
    // A leading dot hides a file, a trailing one is taken off by some systems.
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut name: String = name.trim_matches(['.', ' ']).chars().take(MOST_CHARACTERS).collect();
    if name.is_empty() {
        name.push_str("video");
    }
    let plain: String =
        name.chars().map(|char| if char.is_ascii() && char != '%' { char } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{encoded}.{extension}")
}

/// Characters that turn the reading direction, and so hide what a name ends in.
fn is_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// At most 240 bytes of UTF-8, which fits a file name everywhere.
const MOST_CHARACTERS: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_safe_file_name() {
        for (title, plain, encoded) in [
            ("A film", "A film.mp4", "A%20film.mp4"),
            ("Käse 100%", "K_se 100_.mp4", "K%C3%A4se%20100%25.mp4"),
            ("../../etc/\"passwd\"", "etc passwd.mp4", "etc%20passwd.mp4"),
            ("..\u{202e}4pm.exe\r\nX: y", "4pm.exe X y.mp4", "4pm.exe%20X%20y.mp4"),
            (" . ", "video.mp4", "video.mp4"),
        ] {
            let expected = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
            assert_eq!(disposition(title, "mp4"), expected, "{title}");
        }
        let long = disposition(&"ä".repeat(300), "mp4");
        assert!(HeaderValue::from_str(&long).is_ok() && long.len() < 600, "{}", long.len());
    }
}
