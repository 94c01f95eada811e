//! What a file holds: its tracks, and where its packets lie in time. No decoding.
//!
//! Two jailed ffprobe run side by side: one describes the streams, the other lists every packet, which is digested line
//! by line into [`VideoPackets`] and [`AudioPackets`] (about 100 bytes a second, however many frames there are). H.264 whose
//! container says nothing of changed parameters is asked for these once more.
//!
//! **The timeline.** Packet times are the demuxer's own, which is what FFmpeg encodes with `-copyts`. Where a file does not
//! begin near 0 (a transport stream starts at 1.4 s, a cut from a recording at hours), the first time is
//! [`Probe::origin_us`], every time in [`Probe`] has it subtracted, and the encoder is given it as `-itsoffset`. Times
//! within [`ORIGIN_SLACK_US`] of 0 stay as they are: a few milliseconds before 0 are an encoder's priming, a few after it
//! a real offset between picture and sound.

mod arriving;
mod assemble;
mod language;
mod limits;
mod packets;
mod parameters;
mod run;
mod streams;

use serde::{Deserialize, Serialize};

use crate::sniff::Container;

pub use arriving::{Head, probe_head, probe_indexed};
pub use language::own_name;
pub use limits::{SourceConfig, SourceLimits};
pub use packets::{ANCHOR_US, AudioPackets, Keyframe, VideoPackets};
pub use run::probe;
pub use streams::{Description, describe};

/// Sounds of a source that are kept.
pub const MOST_SOUNDS: usize = 8;

/// How far from 0 a file may begin without being moved, in microseconds.
pub const ORIGIN_SLACK_US: i64 = 100_000;

/// A source as read by ffprobe. All times are microseconds on the timeline described above.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The container that was sniffed.
    pub container: Container,
    /// What was subtracted from every time of the file.
    pub origin_us: i64,
    /// Where the longest track ends; > 0.
    pub duration_us: i64,
    /// Size of the file in bytes.
    pub size: u64,
    /// The picture that is played.
    pub video: Option<VideoStream>,
    /// The sound that is played unless somebody chooses another.
    pub audio: Option<AudioStream>,
    /// Further sounds, in the order of the file; at most [`MOST_SOUNDS`] with the first.
    pub further_audio: Vec<AudioStream>,
    /// Subtitles, in the order of the file.
    pub subtitles: Vec<SubtitleStream>,
    /// The picture on the sleeve, if there is one.
    pub cover: Option<Cover>,
    /// Tracks of any kind, including those that are not played.
    pub streams: usize,
}

impl Probe {
    /// Every sound that is kept, the default one first.
    pub fn sounds(&self) -> impl Iterator<Item = &AudioStream> {
        self.audio.iter().chain(&self.further_audio)
    }

    /// Mean bit rate of the whole file in bit/s.
    pub fn bit_rate(&self) -> u64 {
        rate(self.size, self.duration_us)
    }
}

/// A fraction as FFmpeg writes it. The denominator is > 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

impl Ratio {
    /// The fraction as a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Size {
    /// The shorter side: what names a rung (`1080p`, also upright).
    pub fn short_side(self) -> u32 {
        self.width.min(self.height)
    }

    /// Pixels.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// The picture track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoStream {
    /// Its number in the file, as in `-map 0:{index}`.
    pub index: u32,
    /// FFmpeg's name of the codec.
    pub codec: String,
    /// FFmpeg's name of the profile (`High`, `Constrained Baseline`).
    pub profile: Option<String>,
    /// Level as the codec counts it (H.264: 41 for 4.1).
    pub level: Option<u32>,
    /// FFmpeg's name of the pixel format.
    pub pixel_format: Option<String>,
    /// Bits per component, from the pixel format.
    pub bit_depth: u32,
    /// As coded, after cropping.
    pub coded: Size,
    /// As shown: rotated, square pixels.
    pub display: Size,
    /// Shape of a pixel; 1/1 when the file does not say.
    pub sample_aspect: Ratio,
    /// Clockwise turns to be shown upright, in degrees 0..360.
    pub rotation: u32,
    /// Whether the display matrix mirrors; then `rotation` is only a part of it.
    pub mirrored: bool,
    /// Frames per second on average over the packets; 0/1 when there is one frame.
    pub average_frame_rate: Ratio,
    /// FFmpeg's guess at the least rate that holds all timestamps.
    pub real_frame_rate: Option<Ratio>,
    /// Seconds per tick.
    pub time_base: Ratio,
    /// Transfer characteristics by FFmpeg's name (`smpte2084` is PQ, `arib-std-b67` HLG).
    pub color_transfer: Option<String>,
    /// Colour primaries by FFmpeg's name.
    pub color_primaries: Option<String>,
    /// Matrix by FFmpeg's name.
    pub color_space: Option<String>,
    /// `progressive`, `tt`, `bb`, `tb`, `bt`.
    pub field_order: Option<String>,
    /// Mean bit rate in bit/s, from the packets.
    pub bit_rate: u64,
    /// Its packets.
    pub packets: VideoPackets,
}

impl VideoStream {
    /// PQ or HLG.
    pub fn is_hdr(&self) -> bool {
        matches!(self.color_transfer.as_deref(), Some("smpte2084" | "arib-std-b67"))
    }

    /// Some of it may be transparent.
    pub fn has_alpha(&self) -> bool {
        const FORMATS: [&str; 7] = ["yuva", "gbrap", "rgba", "argb", "bgra", "abgr", "ya"];
        let format = self.pixel_format.as_deref().unwrap_or_default();
        FORMATS.iter().any(|start| format.starts_with(start))
    }

    /// Stored as fields.
    pub fn is_interlaced(&self) -> bool {
        matches!(self.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt"))
    }
}

/// The sound track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioStream {
    /// Its number in the file, as in `-map 0:{index}`.
    pub index: u32,
    /// FFmpeg's name of the codec.
    pub codec: String,
    /// FFmpeg's name of the profile (`LC`, `HE-AAC`).
    pub profile: Option<String>,
    /// Channels; > 0.
    pub channels: u32,
    /// Samples per second; > 0.
    pub sample_rate: u32,
    /// BCP 47, when the file says it.
    pub language: Option<String>,
    /// For a person, when the file says it.
    pub title: Option<String>,
    /// Mean bit rate in bit/s, from the packets.
    pub bit_rate: u64,
    /// Its packets.
    pub packets: AudioPackets,
}

/// A track of subtitles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleStream {
    /// Its number in the file, as in `-map 0:{index}`.
    pub index: u32,
    /// FFmpeg's name of the codec.
    pub codec: String,
    /// BCP 47, when the file says it.
    pub language: Option<String>,
    /// For a person, when the file says it.
    pub title: Option<String>,
}

impl SubtitleStream {
    /// Whether it is text; the others are pictures of text.
    pub fn is_text(&self) -> bool {
        const TEXT: [&str; 7] = ["subrip", "srt", "mov_text", "ass", "ssa", "webvtt", "text"];
        TEXT.contains(&self.codec.as_str())
    }
}

/// A picture that belongs to a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// Its number in the file, as in `-map 0:{index}`.
    pub index: u32,
    /// Its size.
    pub size: Size,
}

/// Bit/s of `bytes` in `us` microseconds; 0 for no time.
pub(crate) fn rate(bytes: u64, us: i64) -> u64 {
    let us = u128::from(us.max(0).unsigned_abs());
    let bits = u128::from(bytes) * 8 * 1_000_000;
    bits.checked_div(us).and_then(|rate| u64::try_from(rate).ok()).unwrap_or(0)
}
