//! FFmpeg and ffprobe as jailed children: what a file is, what it holds, what to make of it, and the command lines
//! that do so.
//!
//! **Does:** name the container of the first bytes in Rust and refuse what is not a film or a sound ([`sniff`]); read
//! streams and packets with ffprobe ([`probe::probe`]); decide on segment borders ([`borders`]) and on what is copied and what is
//! encoded ([`plan`]); write the FFmpeg command line of each stage ([`encode`]), of the poster ([`poster`])
//! and of the storyboard ([`storyboard`]); encode what lies at the borders of an edit ([`splice`]); read subtitles as WebVTT ([`captions`]); make a transport stream's clock run on
//! ([`transport`]); start children in the jail ([`child`], [`sandbox`]).
//!
//! **Does not:** cut segments, write playlists or know a box of the fragmented MP4 that comes out of the pipes
//! (`cmaf`); keep jobs, retries or rows (`pipeline`, `jobs`, `store`); speak HTTP (`server`). FFmpeg's own HLS, DASH
//! and segment muxers are never used.
//!
//! **One timeline.** Every time in this crate is microseconds as `i64` on the source's timeline minus
//! [`probe::Probe::origin_us`]: what the encoder writes is the same number plus [`encode::OUTPUT_OFFSET_US`].
//!
//! Start from [`child::Tools`], [`probe::Probe`], [`plan::plan`] and [`encode::stage`].

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking"))]

pub mod borders;
pub mod captions;
pub mod child;
pub mod encode;
mod error;
#[cfg(test)]
mod fixture;
pub mod jpeg;
pub mod plan;
pub mod poster;
pub mod probe;
pub mod sandbox;
pub mod sniff;
pub mod splice;
pub mod storyboard;
pub mod transport;

pub use error::{Fault, MediaError};
