//! The HTTP side of Vitascope: one file per endpoint, the OpenAPI document, sockets, media delivery, the embedded web app,
//! and the start and stop of a whole server.
//!
//! What happens to a source is in `pipeline`, SQL in `store`, rules of access in `domain`; every handler asks
//! `domain::authorize`. Start from [`Server`].

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod accounts;
mod app;
pub mod config;
mod delivery;
mod extract;
mod listen;
mod origin;
mod problem;
mod random;
mod router;
mod routes;
mod server;
mod sweep;
mod uploads;
mod views;
mod web;
mod ws;

pub use config::Config;
pub use router::openapi;
pub use server::Server;
