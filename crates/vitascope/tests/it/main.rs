//! The real binary, asked over HTTP as a client would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod arriving;
mod bad_files;
mod crash;
mod delivery;
mod house;
mod pipeline;
mod upload;

use testkit::{Options, Server};

const VITASCOPE: &str = env!("CARGO_BIN_EXE_vitascope");

fn server() -> Server {
    Server::start(VITASCOPE, Options::default())
}
