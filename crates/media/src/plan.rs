//! What is made of a source: which tracks are copied, which rungs are encoded, and why, in words. Pure.
//!
//! A plan is data: it is stored with the job, shown on the video, and [`crate::encode::stage`] turns each of its stages
//! into one command line. Stages are run in order:
//! 1. the copied picture, or one quick low rung; and the sound;
//! 2. all further rungs up to 720p, in one decode;
//! 3. and on: each higher rung alone, ascending.
//!
//! A number is left out by no plan: without low rungs the first high one is stage 2.

mod copy;
mod ladder;
mod rungs;

use serde::{Deserialize, Serialize};

use crate::probe::Size;

pub use copy::{BRIDGE_GAP_US, COPY_GAP_US, Verdict, copy_audio, copy_video, copy_while_arriving};
pub use ladder::{AudioSettings, Encoder, LadderConfig, Step, StepConfig};
pub use rungs::plan;

/// What is made of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Every track that will exist.
    pub rungs: Vec<Rung>,
    /// What was decided about the picture and the sound and why, one sentence each, for a person.
    pub reasons: Vec<String>,
}

impl Plan {
    /// Number of stages; they count from 1.
    pub fn stages(&self) -> u8 {
        self.rungs.iter().map(|rung| rung.stage).max().unwrap_or(0)
    }

    /// The rungs of one stage, in the order in which [`crate::encode::stage`] writes them.
    pub fn stage(&self, stage: u8) -> impl Iterator<Item = &Rung> {
        self.rungs.iter().filter(move |rung| rung.stage == stage)
    }
}

/// One track of the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// `240p`, `1080p`, …, `audio`, `audio-2`, …. Unique in the plan, but for a bridge and its successor: see [`Rung::bridge`].
    pub name: String,
    /// Counts from 1.
    pub stage: u8,
    /// What it is and how it is made.
    #[serde(flatten)]
    pub track: Track,
    /// Of a sound: which one of the source it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<Sound>,
    /// RFC 6381 string. Of a copied picture it is known with its init segment.
    pub codecs: Option<String>,
    /// Highest bit rate of a segment in bit/s. Encoded: what the settings allow. Copied: measured on the packets.
    pub bandwidth: u64,
    /// Mean bit rate in bit/s. Encoded: a guess until the segments are there.
    pub average_bandwidth: u64,
    /// Why, in words.
    pub reason: String,
}

impl Rung {
    /// Whether the track is the source's own, bit for bit.
    pub fn copied(&self) -> bool {
        matches!(self.track, Track::CopiedVideo { .. } | Track::CopiedAudio)
    }

    /// Whether it is a picture.
    pub fn is_video(&self) -> bool {
        matches!(self.track, Track::CopiedVideo { .. } | Track::EncodedVideo(_))
    }

    /// Whether it is a copied picture with long segments: it is offered alone, and leaves the manifests when the encoded
    /// rung of its height exists.
    pub fn bridge(&self) -> bool {
        matches!(self.track, Track::CopiedVideo { bridge: true, .. })
    }

    /// Size of the picture.
    pub fn size(&self) -> Option<Size> {
        match &self.track {
            Track::CopiedVideo { size, .. } => Some(*size),
            Track::EncodedVideo(video) => Some(video.size),
            Track::CopiedAudio | Track::EncodedAudio(_) => None,
        }
    }
}

/// Which sound of a source a rung is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sound {
    /// Its number in the file, as in `-map 0:{stream}`.
    pub stream: u32,
    /// BCP 47, when the file says it.
    pub language: Option<String>,
    /// For a person: the file's own words, or the name of the language.
    pub label: Option<String>,
    /// Channels that the rung has.
    pub channels: u32,
    /// Whether it is played unless somebody chooses another.
    pub default: bool,
}

/// What a rung is and how it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Track {
    /// The source's picture.
    CopiedVideo {
        /// Its size.
        size: Size,
        /// See [`Rung::bridge`].
        bridge: bool,
    },
    /// A picture of our own.
    EncodedVideo(EncodedVideo),
    /// The source's sound.
    CopiedAudio,
    /// A sound of our own.
    EncodedAudio(AudioSettings),
}

/// Pinned settings of an encoded picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncodedVideo {
    /// Even, not above the source.
    pub size: Size,
    /// Frames per second at most, where the source has more.
    pub frame_rate_cap: Option<u32>,
    /// The first to be seen: a short look-ahead.
    pub quick: bool,
    /// Encoder, rate and level: the ladder's step with the level raised to what the size needs.
    pub step: Step,
}
