pub(crate) mod begin;
pub(crate) mod connections;
pub(crate) mod end;
pub(crate) mod key;
pub(crate) mod list;
pub(crate) mod token;

use crate::app::App;
use crate::extract::video_for;
use crate::origin::Origin;
use crate::problem::{Problem, Result};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use domain::{Action, Principal, Secret, State, VideoAccess, VideoId};
use std::net::SocketAddr;

/// A stream key of 128 random bits.
fn stream_key() -> Secret {
    Secret::from(BASE64URL_NOPAD.encode(&crate::random::bytes::<16>()))
}

/// Where encoders send to: the host of this site, or our own address where the request names none.
fn rtmp_url(port: SocketAddr, reached: Option<&Origin>) -> String {
    let host = reached.map_or_else(|| port.ip().to_string(), |origin| origin.host().to_owned());
    match port.port() {
        1935 => format!("rtmp://{host}/live"),
        port => format!("rtmp://{host}:{port}/live"),
    }
}

/// Where browsers and other programs send to, without what lets them.
fn ws_url(reached: Option<&Origin>) -> String {
    let path = "/ws/ingest";
    reached.map_or_else(|| path.to_owned(), |origin| origin.with(path).replacen("http", "ws", 1))
}

/// Whether a broadcast can be sent to this server in any way.
pub(crate) fn takes_broadcasts(app: &App) -> bool {
    app.rtmp.is_some() || app.live.takes_browsers()
}

/// The broadcast of `principal`, unless it has ended.
async fn open_broadcast(app: &App, id: &VideoId, principal: &Principal) -> Result<VideoAccess> {
    let (listed, access) = video_for(app, id, principal, Action::Upload).await?;
    match listed.video.state {
        State::Waiting | State::Live | State::Interrupted => Ok(access),
        _ => Err(ended()),
    }
}

fn ended() -> Problem {
    Problem::new(StatusCode::CONFLICT, "not_live", "This broadcast has ended.")
}
