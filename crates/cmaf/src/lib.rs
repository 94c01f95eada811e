//! CMAF, HLS and DASH as pure functions: fragmented MP4 in, segments, names and playlists out.
//!
//! This crate does no IO, knows no clock and no runtime. It is handed bytes and answers with values, so every rule of
//! it runs in a unit test. Reading FFmpeg's pipes, storing objects and knowing what a video is happens in `pipeline`;
//! choosing the segment borders and FFmpeg's arguments happens in `media`; serving happens in `server`.
//!
//! The way through it, one track at a time:
//!
//! 1. [`FragmentReader`] takes the bytes of one FFmpeg pipe and gives one [`InitSegment`] and then [`Fragment`]s.
//! 2. [`Segmenter`] takes those fragments and a list of borders and gives [`Segment`]s, each one `moof` + `mdat`.
//! 3. [`names`] gives the store's keys, which carry a hash of the bytes.
//! 4. [`playlist`] renders media and multivariant playlists from snapshots, [`dash`] a manifest of the same segments.
//! 5. [`download`] puts a header in front of them that makes one MP4 file of them.
//! 6. [`edit`] moves segments in time and writes those anew that an edit cuts through.
//! 7. [`live`] packages broadcasts: parts and segments out of single frames.
//!
//! Beside it, [`faststart`] reads the index of a source that still arrives, and [`h264`] tells whether a copied picture
//! changes its parameters on the way.
//!
//! ```no_run
//! use cmaf::{Event, FragmentReader, Limits, Segmenter, SegmenterConfig};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let pipe: Vec<Vec<u8>> = vec![];
//! let mut reader = FragmentReader::new(Limits::default());
//! let mut segmenter = None;
//! for chunk in pipe {
//!     reader.push(&chunk);
//!     while let Some(event) = reader.poll()? {
//!         match event {
//!             Event::Init(init) => {
//!                 segmenter = Some(Segmenter::new(&init.track, SegmenterConfig::new(vec![0, 2_000_000]))?);
//!             }
//!             Event::Fragment(fragment) => {
//!                 for segment in segmenter.as_mut().map_or(Ok(vec![]), |s| s.push(fragment))? {
//!                     println!("{} {} bytes", segment.msn, segment.bytes.len());
//!                 }
//!             }
//!         }
//!     }
//! }
//! reader.finish()?;
//! let last = segmenter.map_or(Ok(vec![]), |s| s.finish(Some(4_000_000)))?;
//! # Ok(()) }
//! ```
//!
//! Everything read here is treated as hostile: no panics, no unchecked arithmetic, every buffer and list has a limit.
//! Section numbers without a name are those of ISO/IEC 14496-12.

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod bits;
pub mod boxes;
mod codec;
pub mod dash;
pub mod download;
pub mod edit;
mod error;
pub mod faststart;
mod fragment;
pub mod h264;
mod init;
pub mod live;
pub mod names;
pub mod playlist;
mod reader;
mod segment;
mod segmenter;
mod time;

pub use error::{ReadError, SegmentError};
pub use fragment::{Fragment, Sample, SampleFlags};
pub use init::{InitSegment, Track, TrackKind};
pub use names::{ContentHash, Epoch, Msn, RungName};
pub use reader::{Event, FragmentReader, Limits};
pub use segment::Segment;
pub use segmenter::{Segmenter, SegmenterConfig};
pub use time::{MediaTime, Timescale};
