//! The HTTP side of Vitascope: one file per endpoint, the OpenAPI document, sockets, media delivery, the embedded web app,
//! and the start and stop of a whole server.
//!
//! What happens to a source is in `pipeline`, SQL in `store`, rules of access in `domain`; every handler asks
//! `domain::authorize`. Start from [`Server`].

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod accounts;
pub mod admin;
mod app;
mod audit;
pub mod config;
mod delivery;
mod extract;
mod figures;
#[cfg(test)]
mod house;
mod limits;
mod links;
mod listen;
mod machine;
pub mod offline;
mod origin;
mod patience;
mod problem;
mod random;
mod recall;
mod redirect;
mod router;
mod routes;
mod server;
mod sweep;
mod takes;
mod tls;
mod uploads;
mod views;
mod web;
mod wire;
mod ws;
mod ws_ingest;
mod ws_video;

pub use config::Config;
pub use limits::RateLimits;
pub use router::openapi;
pub use server::{Server, SystemClock, lock, new_job_id};
pub use tls::describe as describe_tls;
