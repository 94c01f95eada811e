//! Broadcasts: access units as an encoder sends them in, parts and segments out, the moment they are complete.
//!
//! - [`video_init`] and [`sound_init`] write init segments from what the encoder says of itself.
//! - [`Packager`] is the state machine: it is handed frames and packets with their times and answers with parts and segments.
//!
//! A part and the segment around it hold the same samples. The segment is written once more, as one `moof` and `mdat`, so that a
//! broadcast that has ended is a video like any other (docs/decisions/0023-live.md).

mod init;
mod open;
mod packager;
#[cfg(test)]
mod packager_test;
mod picture;
mod sound;

pub use init::{sound_init, video_init};
pub use packager::{Output, Packager, Resume, Stream};

use crate::{ReadError, SegmentError};

/// EXT-X-PART-INF:PART-TARGET in microseconds: whole frames of a third of a second fit at all usual rates.
pub const PART_TARGET: i64 = 360_000;
/// EXT-X-TARGETDURATION in seconds, and the one of encoders whose keyframes are rarer.
pub const TARGET_DURATION: u32 = 4;
const LONG_TARGET_DURATION: u32 = 10;
/// Parts but the last of a segment are at least this long (RFC 8216bis §4.4.4.9: 85 % of the target), in microseconds.
const SHORTEST_PART: i64 = 306_000;
/// A segment closes at the first keyframe after this, in microseconds; the first one of a broadcast sooner, so that it can
/// be watched soon.
const SHORTEST_SEGMENT: i64 = 2_000_000;
const SHORTEST_FIRST_SEGMENT: i64 = 900_000;
/// Times that encoders round to milliseconds may be this much short, in microseconds.
const ROUNDING: i64 = 40_000;
/// No segment is longer, in microseconds, while keyframes allow that: EXTINF, rounded, is at most [`TARGET_DURATION`].
pub const LONGEST_SEGMENT: i64 = 4_400_000;
/// No segment is longer than this: the 8.3 s that encoders choose by themselves fit.
const LONGEST_GOP: i64 = 10_400_000;
/// A picture that comes so much later or earlier than the one before it, in milliseconds, begins another run of times.
const JUMP_FORWARD: i64 = 1_000;
const JUMP_BACK: i64 = 100;
/// Sound whose times differ by more than this, in milliseconds, from what its packets add up to is put where its times say.
const SOUND_DRIFT: i64 = 60;
/// Most bytes that wait in one segment, or as sound for its picture.
const MOST_BYTES: usize = 64 << 20;
/// Most packets of sound that wait for their picture: half a minute.
const MOST_WAITING: usize = 1_500;

/// Why a broadcast cannot go on with what its encoder sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// A segment would be longer than players were told.
    #[error(
        "the keyframes are more than 10 seconds apart; set the keyframe interval of the encoder to 1 or 2 seconds"
    )]
    KeyframeGap,
    /// More bytes in a segment than this server holds.
    #[error("the bit rate is too high for a live broadcast")]
    TooMuch,
    /// Sound comes, and its picture does not.
    #[error("the picture has stopped while the sound went on")]
    PictureStopped,
    /// Configuration or samples that cannot be written.
    #[error("the stream is not one this server takes: {0}")]
    Refused(&'static str),
    /// A configuration that does not parse.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Samples that do not form a segment.
    #[error(transparent)]
    Segment(#[from] SegmentError),
}
