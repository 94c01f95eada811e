//! The ladder: one table of the configuration.

use serde::{Deserialize, Serialize};

use crate::probe::Size;

/// Encoded rungs by the shorter side of the picture, the sound, and what bounds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LadderConfig {
    /// The steps, from small to large.
    pub steps: Vec<Step>,
    /// The sound track.
    pub audio: AudioSettings,
    /// Frames per second at most. Default 60.
    pub max_frame_rate: u32,
    /// Shorter side of the quick first rung. Default 240.
    pub quick_short_side: u32,
    /// Shorter side of the second rung. Default 360.
    pub second_short_side: u32,
}

impl LadderConfig {
    /// The settings for a picture whose shorter side is `short_side`: the largest step that is not larger, or the
    /// smallest step.
    pub fn step(&self, short_side: u32) -> Option<&Step> {
        let fitting = self.steps.iter().filter(|step| step.short_side <= short_side);
        fitting
            .max_by_key(|step| step.short_side)
            .or_else(|| self.steps.iter().min_by_key(|step| step.short_side))
    }
}

impl Default for LadderConfig {
    fn default() -> Self {
        let step = |short_side, maxrate, level| Step {
            short_side,
            encoder: Encoder::Libx264,
            preset: "veryfast".to_owned(),
            crf: 23,
            maxrate,
            bufsize: maxrate * 2,
            profile: "high".to_owned(),
            level,
        };
        Self {
            steps: vec![
                step(240, 600_000, 30),
                step(360, 1_000_000, 31),
                step(480, 1_800_000, 31),
                step(720, 4_000_000, 40),
                step(1080, 8_000_000, 42),
                step(1440, 14_000_000, 51),
                step(2160, 28_000_000, 52),
            ],
            audio: AudioSettings::default(),
            max_frame_rate: 60,
            quick_short_side: 240,
            second_short_side: 360,
        }
    }
}

/// How a picture of one size is encoded. Everything that reaches CODECS and BANDWIDTH is pinned here, so both are known
/// before the first byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Shorter side in pixels.
    pub short_side: u32,
    /// FFmpeg's encoder.
    pub encoder: Encoder,
    /// Its preset.
    pub preset: String,
    /// Constant quality, 0..=51; lower is better.
    pub crf: u8,
    /// Highest rate in bit/s, over [`Step::bufsize`].
    pub maxrate: u64,
    /// Rate-control buffer in bits.
    pub bufsize: u64,
    /// H.264 profile: `baseline`, `main` or `high`.
    pub profile: String,
    /// H.264 level times ten: 31 is 3.1.
    pub level: u8,
}

impl Step {
    /// The step with the lowest level that holds `size` at `frame_rate`, if its own does not (Rec. ITU-T H.264 table A-1).
    pub(super) fn levelled(&self, size: Size, frame_rate: f64) -> Self {
        let macroblocks = u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16));
        let fits = |&&(_, frame, second): &&(u8, u64, u64)| {
            macroblocks <= frame && macroblocks as f64 * frame_rate <= second as f64
        };
        let needed = LEVELS.iter().find(fits).map_or(HIGHEST_LEVEL, |(level, ..)| *level);
        Self { level: self.level.max(needed), ..self.clone() }
    }

    /// RFC 6381 §3.3: profile, constraint flags and level as x264 writes them.
    pub fn codecs(&self) -> String {
        let profile = match self.profile.as_str() {
            "baseline" => "42c0",
            "main" => "4d40",
            _ => "6400",
        };
        format!("avc1.{profile}{:02x}", self.level)
    }
}

/// Video encoders whose command line we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoder {
    /// x264 on the processor.
    Libx264,
}

impl Encoder {
    /// The name for `-c:v`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Libx264 => "libx264",
        }
    }
}

/// The sound track: AAC-LC, the one that every client plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudioSettings {
    /// Bit/s. Default 128 000.
    pub bit_rate: u64,
    /// Samples per second. Default 48 000.
    pub sample_rate: u32,
    /// Channels. Default 2.
    pub channels: u32,
}

impl Default for AudioSettings {
    fn default() -> Self {
        Self { bit_rate: 128_000, sample_rate: 48_000, channels: 2 }
    }
}

/// Level, macroblocks of a frame, macroblocks per second.
const LEVELS: &[(u8, u64, u64)] = &[
    (30, 1620, 40_500),
    (31, 3600, 108_000),
    (32, 5120, 216_000),
    (40, 8192, 245_760),
    (42, 8704, 522_240),
    (50, 22_080, 589_824),
    (51, 36_864, 983_040),
    (52, 36_864, 2_073_600),
    (60, 139_264, 4_177_920),
    (61, 139_264, 8_355_840),
];
const HIGHEST_LEVEL: u8 = 62;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_holds_its_picture() {
        let ladder = LadderConfig::default();
        for (width, height, rate, expected) in [
            (426, 240, 30.0, "avc1.64001e"),
            (640, 360, 30.0, "avc1.64001f"),
            (640, 360, 60.0, "avc1.64001f"),
            (1280, 720, 60.0, "avc1.640028"),
            (1920, 1080, 60.0, "avc1.64002a"),
            (2560, 1440, 60.0, "avc1.640033"),
            (3840, 2160, 60.0, "avc1.640034"),
            (8192, 240, 30.0, "avc1.640028"),
        ] {
            let size = Size { width, height };
            let step = ladder.step(size.short_side()).unwrap().levelled(size, rate);
            assert_eq!(step.codecs(), expected, "{width}×{height} at {rate}");
        }
    }

    #[test]
    fn a_configuration_may_name_a_part() {
        let ladder: LadderConfig = serde_json::from_str(r#"{"max_frame_rate": 30}"#).unwrap();
        assert_eq!((ladder.max_frame_rate, ladder.steps.len()), (30, 7));
        assert!(serde_json::from_str::<LadderConfig>(r#"{"max_framerate": 30}"#).is_err());
    }
}
