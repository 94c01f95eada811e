//! Whether a stream is Low-Latency HLS as players need it: RFC 8216bis and Apple's rules for low latency, asked of anybody's server.
//!
//! - [`Playlist`] reads media playlists as a client does, and takes nothing for granted.
//! - [`look`] are the rules about one list, [`follows`] those about a list and the one before it.
//! - [`check`] is the dialogue with a server: which lists are asked for, and what each answer has to be.
//! - [`Report`] is what came of it, rule by rule.
//!
//! Pure: whoever calls brings the [`Http`].

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod attributes;
mod check;
#[cfg(test)]
mod check_test;
mod delta;
mod http;
mod media;
mod playlist;
mod report;
mod rules;

pub use check::{USUAL_UPDATES, check};
pub use http::{Answer, Http};
pub use playlist::{Control, Hint, Part, Playlist, RenditionReport, Segment, streams};
pub use report::{Outcome, Report, Rule};
pub use rules::{follows, look};
