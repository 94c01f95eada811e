pub(crate) mod begin;
pub(crate) mod connections;
pub(crate) mod end;
pub(crate) mod key;
pub(crate) mod list;

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
