//! What can go wrong, told apart by fault: wrong bytes, things we do not take, and limits.

use crate::boxes::FourCc;

/// Why bytes are not a stream this crate takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A box whose content contradicts its own specification.
    #[error("malformed {in_box} box: {reason}")]
    Malformed {
        /// The innermost box being read.
        in_box: FourCc,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A box that says it is longer than what holds it.
    #[error("{kind} box of {size} bytes where {available} are left")]
    Overrun {
        /// The box that claims too much.
        kind: FourCc,
        /// Its size in bytes, header included.
        size: u64,
        /// Bytes left in its parent.
        available: u64,
    },
    /// A box that must be there is not.
    #[error("no {kind} box in {parent}")]
    MissingBox {
        /// The box looked for.
        kind: FourCc,
        /// Where it was looked for.
        parent: FourCc,
    },
    /// A box in a place where it cannot be, such as `moof` before `moov`.
    #[error("unexpected {kind} box: {reason}")]
    UnexpectedBox {
        /// The box found.
        kind: FourCc,
        /// Why it cannot be here.
        reason: &'static str,
    },
    /// The stream ended inside a box or between `moof` and its `mdat`.
    #[error("the stream ended in the middle of {0}")]
    Truncated(&'static str),

    /// A codec without a known RFC 6381 name, or one whose configuration is missing.
    #[error("unsupported codec {codec}: {reason}")]
    UnsupportedCodec {
        /// The sample entry's four characters.
        codec: FourCc,
        /// What is missing or unknown.
        reason: &'static str,
    },
    /// Correct by the specification, but not something FFmpeg is asked for here.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),

    /// A box over its limit in [`Limits`](crate::Limits).
    #[error("{kind} box of {size} bytes is over the limit of {limit}")]
    BoxTooLarge {
        /// The box.
        kind: FourCc,
        /// Its size in bytes, header included.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A fragment with more samples than [`Limits::max_samples`](crate::Limits::max_samples).
    #[error("a fragment of {count} samples is over the limit of {limit}")]
    TooManySamples {
        /// Samples announced so far.
        count: u64,
        /// The limit.
        limit: u32,
    },
}

/// Why a stream of fragments cannot be cut into segments. All times are ticks of the track's timescale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The border list is empty or does not ascend. The caller's fault.
    #[error("the border list must have at least one entry and ascend strictly")]
    Borders,
    /// A sample whose decode time is before that of the sample in front of it.
    #[error("decode time went back from {previous} to {got}")]
    Backwards {
        /// Decode time of the sample in front.
        previous: i64,
        /// Decode time of this sample.
        got: i64,
    },
    /// Two samples so far apart that the distance is no 32-bit sample duration.
    #[error("decode time jumped from {previous} to {got}")]
    Jump {
        /// Decode time of the sample in front.
        previous: i64,
        /// Decode time of this sample.
        got: i64,
    },
    /// A segment would start before time zero, which `tfdt` cannot say.
    #[error("a segment would start at decode time {0}, before zero")]
    NegativeTime(i64),
    /// A segment over [`SegmenterConfig::max_segment_bytes`](crate::SegmenterConfig::max_segment_bytes) or
    /// [`SegmenterConfig::max_segment_samples`](crate::SegmenterConfig::max_segment_samples).
    #[error("a segment of {bytes} bytes and {samples} samples is over the limit")]
    SegmentTooLarge {
        /// Sample bytes gathered.
        bytes: u64,
        /// Samples gathered.
        samples: u64,
    },
    /// A time or a segment number does not fit its type.
    #[error("a time or segment number is out of range")]
    Overflow,
}
