//! The ladder: one table of the configuration.

use serde::{Deserialize, Serialize};

use crate::probe::Size;

/// Encoded rungs by the shorter side of the picture, the sound, and what bounds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LadderConfig {
    /// The steps, in any order.
    pub steps: Vec<StepConfig>,
    /// FFmpeg's encoder, of steps that name none. Default `libx264`.
    pub encoder: Encoder,
    /// Its preset, of steps that name none, in x264's words. Default `veryfast`.
    pub preset: String,
    /// Constant quality of steps that name none, 0..=51; lower is better. Default 23.
    pub crf: u8,
    /// H.264 profile of steps that name none: `baseline`, `main` or `high`. Default `high`.
    pub profile: String,
    /// The sound track.
    pub audio: AudioSettings,
    /// Frames per second at most. Default 60.
    pub max_frame_rate: u32,
    /// Shorter side of the quick first rung. Default 240.
    pub quick_short_side: u32,
    /// Rungs up to this shorter side are made together, in one decode of the source. Default 720.
    pub together_short_side: u32,
    /// Of sources up to this many seconds, rungs up to a shorter side of 1080 are made in that one decode, too. Default 90.
    pub short_seconds: u32,
}

impl LadderConfig {
    /// The settings for a picture whose shorter side is `short_side`: the largest step that is not larger, or the
    /// smallest step.
    pub fn step(&self, short_side: u32) -> Option<Step> {
        let fitting = self.steps.iter().filter(|step| step.short_side <= short_side);
        let step = fitting
            .max_by_key(|step| step.short_side)
            .or_else(|| self.steps.iter().min_by_key(|step| step.short_side))?;
        Some(Step {
            short_side: step.short_side,
            encoder: step.encoder.unwrap_or(self.encoder),
            preset: step.preset.clone().unwrap_or_else(|| self.preset.clone()),
            crf: step.crf.unwrap_or(self.crf),
            maxrate: step.maxrate,
            bufsize: step.bufsize.unwrap_or(step.maxrate.saturating_mul(2)),
            profile: step.profile.clone().unwrap_or_else(|| self.profile.clone()),
            level: step.level,
        })
    }

    /// Every encoder that a step names.
    pub fn encoders(&self) -> Vec<Encoder> {
        let mut all: Vec<Encoder> =
            self.steps.iter().map(|step| step.encoder.unwrap_or(self.encoder)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The same table with `libx264` in the place of `missing`.
    #[must_use]
    pub fn without(mut self, missing: Encoder) -> Self {
        let steps = self.steps.iter_mut().map(|step| &mut step.encoder);
        for encoder in steps.flatten().chain([&mut self.encoder]) {
            if *encoder == missing {
                *encoder = Encoder::Libx264;
            }
        }
        self
    }

    /// What is wrong with the table, in words for whoever wrote it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.steps.is_empty() {
            return Err("ladder.steps is empty: name at least one step".to_owned());
        }
        if self.max_frame_rate == 0 {
            return Err("ladder.max_frame_rate is 0".to_owned());
        }
        let mut seen = Vec::new();
        for config in &self.steps {
            let side = config.short_side;
            let Some(step) = self.step(side) else { continue };
            let wrong = if !(16..=8192).contains(&side) || side % 2 != 0 {
                "short_side must be even and from 16 to 8192"
            } else if seen.contains(&side) {
                "there are two steps of this short_side"
            } else if step.crf > 51 {
                "crf must be from 0 to 51"
            } else if !matches!(step.profile.as_str(), "baseline" | "main" | "high") {
                "profile must be baseline, main or high"
            } else if !LEVELS.iter().any(|(level, ..)| *level == step.level) {
                "level must be a level of H.264 times ten, from 30 to 61"
            } else if !(10_000..=1_000_000_000).contains(&step.maxrate) || step.bufsize < 10_000 {
                "maxrate and bufsize must be from 10000 to 1000000000"
            } else if !step.preset.chars().all(|c| c.is_ascii_alphanumeric()) || step.preset.is_empty() {
                "preset must be one word"
            } else {
                seen.push(side);
                continue;
            };
            return Err(format!("ladder.steps, {side}: {wrong}"));
        }
        Ok(())
    }
}

impl Default for LadderConfig {
    fn default() -> Self {
        let step = |short_side, maxrate, level| StepConfig {
            short_side,
            maxrate,
            level,
            bufsize: None,
            encoder: None,
            preset: None,
            crf: None,
            profile: None,
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
            encoder: Encoder::Libx264,
            preset: "veryfast".to_owned(),
            crf: 23,
            profile: "high".to_owned(),
            audio: AudioSettings::default(),
            max_frame_rate: 60,
            quick_short_side: 240,
            together_short_side: 720,
            short_seconds: 90,
        }
    }
}

/// One line of the table; what it does not name is the table's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepConfig {
    /// Shorter side in pixels.
    pub short_side: u32,
    /// Highest rate in bit/s, over `bufsize`.
    pub maxrate: u64,
    /// H.264 level times ten: 31 is 3.1.
    pub level: u8,
    /// Rate-control buffer in bits. Default: two seconds of `maxrate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bufsize: Option<u64>,
    /// See [`LadderConfig::encoder`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Encoder>,
    /// See [`LadderConfig::preset`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// See [`LadderConfig::crf`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crf: Option<u8>,
    /// See [`LadderConfig::profile`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
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
    pub(crate) fn levelled(&self, size: Size, frame_rate: f64) -> Self {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoder {
    /// x264 on the processor.
    Libx264,
    /// NVIDIA's.
    H264Nvenc,
    /// Intel's and AMD's, through VA-API.
    H264Vaapi,
    /// Intel's, through oneVPL or Media SDK.
    H264Qsv,
}

impl Encoder {
    /// The name for `-c:v`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Libx264 => "libx264",
            Self::H264Nvenc => "h264_nvenc",
            Self::H264Vaapi => "h264_vaapi",
            Self::H264Qsv => "h264_qsv",
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
        let text = r#"{"encoder": "h264_nvenc", "preset": "slow", "steps": [
            {"short_side": 360, "maxrate": 900000, "level": 30},
            {"short_side": 720, "maxrate": 3000000, "level": 40, "encoder": "libx264", "crf": 20}]}"#;
        let ladder: LadderConfig = serde_json::from_str(text).unwrap();
        let (small, large) = (ladder.step(500).unwrap(), ladder.step(9000).unwrap());
        assert_eq!((small.encoder, small.crf, small.bufsize), (Encoder::H264Nvenc, 23, 1_800_000));
        assert_eq!((large.encoder, large.crf, large.preset.as_str()), (Encoder::Libx264, 20, "slow"));
        assert_eq!(ladder.encoders(), [Encoder::Libx264, Encoder::H264Nvenc]);
        assert_eq!(ladder.without(Encoder::H264Nvenc).encoders(), [Encoder::Libx264]);
    }

    #[test]
    fn a_wrong_table_is_refused_in_words() {
        type Change = fn(&mut LadderConfig);
        let table: &[(Change, &str)] = &[
            (|_| {}, ""),
            (|l| l.steps.clear(), "ladder.steps is empty: name at least one step"),
            (|l| l.max_frame_rate = 0, "ladder.max_frame_rate is 0"),
            (|l| l.crf = 52, "ladder.steps, 240: crf must be from 0 to 51"),
            (|l| l.steps[1].short_side = 240, "ladder.steps, 240: there are two steps of this short_side"),
            (
                |l| l.steps[1].short_side = 361,
                "ladder.steps, 361: short_side must be even and from 16 to 8192",
            ),
            (
                |l| l.steps[6].level = 7,
                "ladder.steps, 2160: level must be a level of H.264 times ten, from 30 to 61",
            ),
            (
                |l| l.steps[0].profile = Some("high10".to_owned()),
                "ladder.steps, 240: profile must be baseline, main or high",
            ),
            (
                |l| l.steps[0].maxrate = 1,
                "ladder.steps, 240: maxrate and bufsize must be from 10000 to 1000000000",
            ),
            (|l| l.preset = "fast -y".to_owned(), "ladder.steps, 240: preset must be one word"),
        ];
        for (change, expected) in table {
            let mut ladder = LadderConfig::default();
            change(&mut ladder);
            assert_eq!(ladder.check().err().unwrap_or_default(), *expected);
        }
    }
}
