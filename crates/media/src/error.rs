//! Why a source was not taken, in words for the person who sent it.

use crate::child::Failed;
use crate::sniff::Refused;

/// Whose fault an error is: it decides whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file's. The same file will fail again.
    Source,
    /// Ours or the machine's. A later attempt may succeed.
    Ours,
}

/// What went wrong with a source. `Display` is a sentence for a person, with what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The first bytes are no film and no sound.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The container is right, but ffprobe cannot read what is inside.
    #[error(
        "This file is damaged or incomplete: it cannot be read. Export or copy it again and upload the new file."
    )]
    Unreadable {
        /// What ffprobe said, for the log.
        detail: String,
    },
    /// Neither picture nor sound.
    #[error("This file holds neither a picture nor a sound that can be played. Choose another file.")]
    NoTracks,
    /// There are tracks, and not one packet in them.
    #[error(
        "This file has the outline of a video but no pictures or sound in it. It was probably cut off: upload it again."
    )]
    NoPackets,
    /// The file ends before its own header says.
    #[error("This file is incomplete: it ends after {} of {}. Copy it again from where it came from, and upload that.", Clock(*.has_us), Clock(*.whole_us))]
    Truncated {
        /// Microseconds that are there.
        has_us: i64,
        /// Microseconds that the header promises.
        whole_us: i64,
    },
    /// A codec for which this FFmpeg has no decoder, or a protected stream.
    #[error(
        "The {track} of this file uses a format that cannot be decoded here ({codec}). Export it as MP4 (H.264 and AAC) and upload that."
    )]
    Codec {
        /// `picture` or `sound`.
        track: &'static str,
        /// FFmpeg's name of the codec.
        codec: String,
    },
    /// Longer than allowed.
    #[error("This video is {} long; at most {} is allowed. Cut it into parts.", Clock(*.us), Clock(*.max_us))]
    TooLong {
        /// Its duration.
        us: i64,
        /// The limit.
        max_us: i64,
    },
    /// Larger pictures than allowed.
    #[error(
        "The picture is {width} × {height} pixels; at most {max_side} on a side and {max_megapixels} million in all are allowed. Export it smaller."
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Longest side allowed.
        max_side: u32,
        /// Pixels allowed, in millions.
        max_megapixels: u32,
    },
    /// More pixels a second than allowed.
    #[error(
        "A second of this video holds {megapixels} million pixels; at most {max} million are allowed. Export it smaller, or with fewer frames a second."
    )]
    TooFast {
        /// Pixels of a second, in millions.
        megapixels: u64,
        /// The limit.
        max: u64,
    },
    /// More tracks than allowed.
    #[error(
        "This file has {count} tracks; at most {max} are allowed. Export it with one picture and one sound track."
    )]
    TooManyStreams {
        /// Its tracks.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// More frames than anybody films.
    #[error("This file has more frames than can be handled. Cut it into parts.")]
    TooManyPackets,
    /// A child failed for a reason that is not known to be the file's.
    #[error("The video could not be processed. It will be tried again.")]
    Child(#[from] Failed),
    /// A child could not be started or talked to.
    #[error("The video could not be processed because of a fault on this server. It will be tried again.")]
    Io(#[from] std::io::Error),
    /// A stage was asked for that the plan does not hold, or that no command line can carry.
    #[error(
        "The video could not be processed because of a fault on this server. Tell the administrator: {0}."
    )]
    Stage(&'static str),
}

impl MediaError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refused) => refused.code(),
            Self::Unreadable { .. } => "unreadable",
            Self::NoTracks => "no_tracks",
            Self::NoPackets => "no_packets",
            Self::Truncated { .. } => "truncated",
            Self::Codec { .. } => "codec_unsupported",
            Self::TooLong { .. } => "too_long",
            Self::TooLarge { .. } => "picture_too_large",
            Self::TooFast { .. } => "too_many_pixels",
            Self::TooManyStreams { .. } => "too_many_tracks",
            Self::TooManyPackets => "too_many_frames",
            Self::Child(_) => "processing_failed",
            Self::Io(_) | Self::Stage(_) => "server_fault",
        }
    }

    /// Whether another attempt can end otherwise.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Child(_) | Self::Io(_) | Self::Stage(_) => Fault::Ours,
            _ => Fault::Source,
        }
    }

    /// What the log should have beside the sentence.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Unreadable { detail } => Some(detail.clone()),
            Self::Child(failed) => Some(failed.to_string()),
            Self::Io(error) => Some(error.to_string()),
            _ => None,
        }
    }
}

/// Microseconds as a person reads them.
struct Clock(i64);

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0 / 1_000_000;
        match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, minutes, seconds) => write!(f, "{minutes}:{seconds:02}"),
            (hours, minutes, seconds) => write!(f, "{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        let error = MediaError::TooLong { us: 90_000_000_000, max_us: 43_200_000_000 };
        assert_eq!(
            error.to_string(),
            "This video is 25:00:00 long; at most 12:00:00 is allowed. Cut it into parts."
        );
        assert_eq!((error.code(), error.fault()), ("too_long", Fault::Source));
    }
}
