//! The real binary, asked over HTTP as a client would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod allow_download;
mod arriving;
mod bad_files;
mod crash;
mod delivery;
mod earlier;
mod edit;
mod hardening;
mod hostile;
mod house;
mod http2;
mod inspect;
mod kinds;
mod ladder;
mod links;
mod live;
mod live_browser;
mod manifests;
mod pages;
mod pipeline;
mod recording;
mod room;
mod tls;
mod upload;
mod vault;
mod watch_socket;

use testkit::{Options, Server};

const VITASCOPE: &str = env!("CARGO_BIN_EXE_vitascope");

fn server() -> Server {
    Server::start(VITASCOPE, Options::default())
}

/// Makes one low rung and no more, for tests that are about something else than the ladder.
fn server_with_one_rung() -> Server {
    let steps = "[{short_side=240,maxrate=600000,level=30}]";
    Server::start(VITASCOPE, Options::default().env("VITASCOPE_LADDER__STEPS", steps))
}
