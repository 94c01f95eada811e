//! Playlists and parts of broadcasts that are on, out of memory.

use super::Right;
use super::object::{self, insert};
use super::playlists::answer;
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use cmaf::live::TARGET_DURATION;
use cmaf::playlist::MultivariantPlaylist;
use domain::VideoId;
use live::reload::Ask;
use live::{Answer, Broadcast};

/// What names one list for ever: six target durations, in seconds (live playlists are asked for by number).
const NUMBERED_SECONDS: u32 = 6 * TARGET_DURATION;
/// What changes with every part: a cache asks once a second for all of its viewers.
const CURRENT_SECONDS: u32 = 1;

/// A rung's playlist; `None` when the whole video's is to be given.
pub(super) async fn playlist(
    app: &App,
    video: &VideoId,
    rung: &str,
    query: Option<&str>,
    (right, headers): (Right, &HeaderMap),
) -> Option<Result<Response>> {
    let broadcast = app.live.find(video)?;
    let Some(ask) = Ask::parse(query.unwrap_or_default()) else { return Some(Err(refused())) };
    // Who follows it is told its end in the list that they know; everybody else gets the video that it has become.
    if broadcast.is_over() && ask.wanted.is_none() {
        return None;
    }
    Some(match broadcast.playlist(rung, ask).await {
        Answer::Playlist(text, numbered) => {
            let text = String::from_utf8_lossy(&text);
            let seconds = if numbered { NUMBERED_SECONDS } else { CURRENT_SECONDS };
            Ok(cached(answer(&text, headers), right, seconds))
        }
        Answer::Never => Err(refused()),
        Answer::Late => Err(late()),
        Answer::Unknown => return None,
    })
}

/// Says how long a list holds: shared caches may keep what everybody may see.
pub(super) fn cached(mut response: Response, right: Right, seconds: u32) -> Response {
    let whose = if right == Right::Open { "public" } else { "private" };
    insert(response.headers_mut(), header::CACHE_CONTROL, &format!("{whose}, max-age={seconds}"));
    response
}

/// A part, or a segment that is still in memory.
pub(super) async fn object(
    app: &App,
    video: &VideoId,
    path: &str,
    right: Right,
    headers: &HeaderMap,
) -> Option<Result<Response>> {
    let broadcast = app.live.find(video)?;
    let (rung, file) = path.rsplit_once('/')?;
    let bytes = broadcast.object(rung, file).await?;
    Some(object::from_memory(app, bytes, path, right, headers))
}

/// What the segments say of their bit rates, in place of what was announced before there were any.
pub(super) fn measured(broadcast: &Broadcast, list: &mut MultivariantPlaylist) {
    let of = |uri: &str| uri.split('/').next().and_then(|rung| broadcast.peak(rung));
    let sound: u64 = list.audio.iter().filter_map(|sound| of(&sound.uri)).sum();
    for variant in &mut list.variants {
        if let Some(peak) = of(&variant.uri) {
            variant.bandwidth = peak.saturating_add(sound);
        }
    }
}

fn refused() -> Problem {
    Problem::bad_request("This playlist cannot be asked for so far ahead.")
}

fn late() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "interrupted",
        "Nothing has come from the encoder. Ask again.",
    )
}
