//! The command line of one stage: FFmpeg decodes once and writes each track as fragmented MP4 to a pipe of its own.
//!
//! Timestamps out of a pipe are our timeline plus [`OUTPUT_OFFSET_US`]: `tfdt` is unsigned, and priming and edit lists
//! reach below 0. The packager subtracts it and drops sound before 0. Composition times are signed, so the first
//! decoding time is the first presentation time.
//!
//! **Resuming.** `resume_from` is a border: encoded pictures begin with exactly the frame at it, with the same init
//! bytes as the first run's (same FFmpeg, same settings). Copied tracks and the sound always run from the start; the packager
//! passes over what exists.

pub(crate) mod args;
mod arriving;
pub(crate) mod encoders;
pub(crate) mod filters;
mod memory;
mod publisher;

use std::path::Path;
use std::time::Duration;

use crate::borders::Borders;
use crate::child::{Job, Program};
use crate::error::MediaError;
use crate::plan::{Rung, Track};
use crate::probe::Probe;
use crate::sandbox::Limits;

pub use arriving::arriving;
pub use encoders::usable;
pub use publisher::{Publisher, SOUND_CONFIGURATION, SOUND_RATE, publisher};

/// What is added to every timestamp that comes out of a pipe, in microseconds.
pub const OUTPUT_OFFSET_US: i64 = 10_000_000;

/// Keyframes that one run can be told of: Linux takes 128 KiB for one argument.
pub const MOST_KEYFRAMES: usize = 8_000;

/// One run of FFmpeg over a source.
#[derive(Clone, Debug)]
pub struct Stage<'a> {
    /// The source's description.
    pub probe: &'a Probe,
    /// Its borders.
    pub borders: &'a Borders,
    /// The source as one complete file. A seekable pipe does not exist.
    pub path: &'a Path,
    /// The tracks to write, in the order of the pipes: those of one stage of the plan, or what is left of them.
    pub rungs: Vec<&'a Rung>,
    /// The segment border at which encoded pictures begin; 0 for the start.
    pub resume_from: i64,
    /// The border before which encoded pictures end; `None` for the end of the source. See [`ranges`].
    pub until: Option<i64>,
    /// How many threads FFmpeg may use.
    pub threads: Threads,
}

/// Threads of one run. Always given to FFmpeg, so that the memory limit can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads {
    /// Of the decoder; > 0.
    pub decode: u32,
    /// Of each encoder; > 0.
    pub encode: u32,
}

impl Threads {
    /// For a machine of `cores`: as many as FFmpeg and x264 take by themselves. With one for each core a core rests while frames
    /// wait for each other: a first rung took a fifth longer on two.
    pub fn for_cores(cores: usize) -> Self {
        let cores = u32::try_from(cores).unwrap_or(1).clamp(1, 16);
        let spare = u32::from(cores > 1);
        Self { decode: (cores + spare).min(9), encode: cores + cores / 2 }
    }
}

/// The job of a stage. Its outputs are the tracks of [`Stage::rungs`], in that order; each is fragmented MP4 with a timescale
/// of its own.
pub fn stage(stage: &Stage<'_>) -> Result<Job, MediaError> {
    if stage.rungs.is_empty() {
        return Err(MediaError::Stage("a stage without tracks"));
    }
    let pixels = stage.probe.video.as_ref().map_or(0, |video| video.coded.pixels());
    let encoders = stage.rungs.iter().filter(|rung| matches!(rung.track, Track::EncodedVideo(_))).count();
    let encoders = u32::try_from(encoders).unwrap_or(u32::MAX);
    let threads =
        stage.threads.decode.saturating_add(stage.threads.encode.saturating_mul(encoders)).saturating_add(2);
    let seconds = u64::try_from(stage.probe.duration_us / 1_000_000).unwrap_or(0);
    // Far beyond what a slow machine takes, and an end all the same.
    let cpu_seconds = seconds.saturating_mul(240).saturating_add(1800);
    Ok(Job::new(Program::Ffmpeg, args::build(stage, args::Source::File)?)
        .read(stage.path)
        .devices(encoders::devices(stage.rungs.iter().filter_map(|rung| match &rung.track {
            Track::EncodedVideo(video) => Some(video.step.encoder),
            _ => None,
        })))
        .outputs(stage.rungs.len())
        .limits(Limits { cpu_seconds, ..Limits::for_threads(threads, pixels) })
        .deadline(Duration::from_secs(cpu_seconds)))
}

/// How many bytes a stage will hold at once, guessed from above: for admission, the jail's limit is another.
pub fn memory(stage: &Stage<'_>) -> u64 {
    memory::resident(stage)
}

/// Splits what is to be encoded from `from` on into runs whose keyframe lists fit a command line: `(resume_from, until)`.
/// One run for anything up to four hours.
pub fn ranges(borders: &Borders, from: i64) -> Vec<(i64, Option<i64>)> {
    if borders.as_source {
        return vec![(from, None)];
    }
    let mut out = Vec::new();
    let mut start = from;
    loop {
        let first = borders.keyframes.partition_point(|us| *us < start);
        let limit = borders.keyframes.get(first.saturating_add(MOST_KEYFRAMES));
        // The last segment border that the list still reaches.
        let end = limit.and_then(|limit| {
            let after = borders.segments.partition_point(|us| us <= limit);
            after.checked_sub(1).and_then(|at| borders.segments.get(at)).copied().filter(|end| *end > start)
        });
        out.push((start, end));
        match end {
            Some(end) => start = end,
            None => return out,
        }
    }
}

/// Microseconds as FFmpeg reads them.
pub(crate) fn seconds(us: i64) -> String {
    let (sign, us) = (if us < 0 { "-" } else { "" }, us.unsigned_abs());
    format!("{sign}{}.{:06}", us / 1_000_000, us % 1_000_000)
}

#[cfg(test)]
#[path = "encode/encode_test.rs"]
mod tests;
