//! What an edit encodes: the pictures and the sound at its borders, from segments of ours.
//!
//! The input is fragmented MP4 that the caller wrote, with times of its own choosing; which frames come out is told in ticks, exact to
//! the frame. Encoded pictures carry parameter sets under a number of the caller's choice, so that they can stand beside others.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncReadExt as _;

use crate::child::{Job, Program, Tools};
use crate::encode::args::{Args, file_url};
use crate::encode::{OUTPUT_OFFSET_US, Threads, seconds};
use crate::error::MediaError;
use crate::poster::fitted;
use crate::probe::Size;
use crate::sandbox::Limits;

/// Pictures to be encoded anew.
#[derive(Clone, Debug)]
pub struct Pictures<'a> {
    /// Fragmented MP4 of one H.264 track.
    pub path: &'a Path,
    /// Ticks a second, going in and coming out.
    pub timescale: u32,
    /// First and last presentation time of each run of frames, in ticks; each begins with a keyframe and is one fragment.
    pub runs: &'a [(i64, i64)],
    /// Peak in bit/s.
    pub maxrate: u64,
    /// Number of the parameter sets.
    pub number: u8,
    /// Pixels of a picture.
    pub pixels: u64,
    /// For one FFmpeg.
    pub threads: Threads,
    /// Added to the niceness.
    pub nice: u8,
}

/// The job that encodes pictures; its one output is fragmented MP4 with the same times.
#[must_use]
pub fn pictures(what: &Pictures<'_>) -> Job {
    let mut args = start();
    args.add(["-copyts", "-threads", &what.threads.decode.to_string()]);
    input(&mut args, "mp4", what.path);
    let runs: Vec<_> = what.runs.iter().map(|(from, to)| format!("between(pts,{from},{to})")).collect();
    args.add(["-map", "0:v:0", "-vf", &format!("select='{}'", runs.join("+"))]);
    // The preset and quality of pictures that are seen for seconds: better than the ladder's, and still quick.
    args.add(["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-profile:v", "high"]);
    args.add([
        "-maxrate",
        &what.maxrate.to_string(),
        "-bufsize",
        &what.maxrate.saturating_mul(2).to_string(),
    ]);
    args.add(["-x264-params", &format!("sps-id={}", what.number)]);
    args.add(["-threads", &what.threads.encode.to_string(), "-sc_threshold", "0", "-keyint_min", "1"]);
    let keys: Vec<_> =
        what.runs.iter().map(|(from, _)| seconds(micros(*from, what.timescale) - EARLY_US)).collect();
    args.add(["-g", "9999", "-force_key_frames", &keys.join(",")]);
    args.add(["-fps_mode", "passthrough", "-enc_time_base", "-1"]);
    args.add(["-video_track_timescale", &what.timescale.to_string()]);
    fragments(&mut args, "+frag_keyframe");
    args.add([&Job::pipe(0)]);
    let threads = what.threads.decode.saturating_add(what.threads.encode).saturating_add(2);
    let limits = Limits { cpu_seconds: 1800, nice: what.nice, ..Limits::for_threads(threads, what.pixels) };
    Job::new(Program::Ffmpeg, args.0)
        .read(what.path)
        .outputs(1)
        .limits(limits)
        .deadline(Duration::from_secs(1800))
}

/// Bytes that such a job holds, guessed from above.
#[must_use]
pub fn memory(pixels: u64) -> u64 {
    // Decoder, look-ahead and references: some eighty pictures.
    pixels.saturating_mul(3).div_ceil(2).saturating_mul(80).saturating_add(48 << 20)
}

/// Decodes a sound of fragmented MP4: 32-bit floats, channels beside each other, of every packet in turn.
///
/// # Errors
/// When FFmpeg fails, or says more than `most` bytes.
pub async fn decode(tools: &Tools, path: &Path, most: u64) -> Result<Vec<f32>, MediaError> {
    let mut args = start();
    input(&mut args, "mp4", path);
    args.add(["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "f32le", &Job::pipe(0)]);
    let bytes = run(tools, sound_job(args.0, path), most).await?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect())
}

/// How a sound is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Sound {
    /// Samples a second.
    pub rate: u32,
    /// 1 or 2.
    pub channels: u16,
    /// Bit/s.
    pub bit_rate: u64,
}

/// Encodes floats at `path` as [`decode`] gives them into AAC: fragmented MP4 whose times are those of the samples and
/// [`OUTPUT_OFFSET_US`].
///
/// # Errors
/// When FFmpeg fails, or says more than `most` bytes.
pub async fn encode(tools: &Tools, path: &Path, sound: Sound, most: u64) -> Result<Vec<u8>, MediaError> {
    let mut args = start();
    args.add(["-ar", &sound.rate.to_string(), "-ac", &sound.channels.to_string()]);
    input(&mut args, "f32le", path);
    args.add(["-map", "0:a:0", "-c:a", "aac", "-b:a", &sound.bit_rate.to_string()]);
    args.add(["-output_ts_offset", &seconds(OUTPUT_OFFSET_US), "-frag_duration", "1000000"]);
    fragments(&mut args, "");
    args.add([&Job::pipe(0)]);
    run(tools, sound_job(args.0, path), most).await
}

/// The frame at `pts` ticks of fragmented MP4 as a JPEG that fits [`crate::poster::POSTER_BOX`]; `None` when there is none.
///
/// # Errors
/// When the jail cannot be started.
pub async fn frame(tools: &Tools, path: &Path, pts: i64, size: Size) -> Result<Option<Bytes>, MediaError> {
    const MOST: u64 = 4 << 20;
    let mut args = start();
    args.add(["-copyts", "-threads", "1"]);
    input(&mut args, "mp4", path);
    let Size { width, height } = fitted(size);
    let filter = format!("select='gte(pts,{pts})',scale={width}:{height},setsar=1,format=yuvj420p");
    args.add(["-map", "0:v:0", "-vf", &filter, "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3"]);
    args.add(["-map_metadata", "-1", "-f", "image2pipe", &Job::pipe(0)]);
    let limits = Limits { cpu_seconds: 300, ..Limits::for_threads(4, size.pixels()) };
    let job = Job::new(Program::Ffmpeg, args.0).read(path).outputs(1).limits(limits);
    let jpeg = run(tools, job.deadline(Duration::from_secs(120)), MOST).await?;
    Ok((jpeg.starts_with(b"\xff\xd8\xff") && jpeg.ends_with(b"\xff\xd9")).then(|| jpeg.into()))
}

async fn run(tools: &Tools, job: Job, most: u64) -> Result<Vec<u8>, MediaError> {
    let mut running = tools.spawn(job).await?;
    let mut bytes = Vec::new();
    if let Some(output) = running.outputs.pop() {
        output.take(most).read_to_end(&mut bytes).await?;
    }
    running.wait().await?;
    Ok(bytes)
}

fn sound_job(args: Vec<OsString>, path: &Path) -> Job {
    let limits = Limits { cpu_seconds: 600, nice: 5, ..Limits::for_threads(3, 0) };
    Job::new(Program::Ffmpeg, args).read(path).outputs(1).limits(limits).deadline(Duration::from_secs(1200))
}

fn start() -> Args {
    let mut args = Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "warning"]);
    args
}

fn input(args: &mut Args, demuxer: &str, path: &Path) {
    args.add(["-protocol_whitelist", "file,pipe", "-f", demuxer, "-i"]);
    args.0.push(file_url(path));
}

fn fragments(args: &mut Args, more: &str) {
    args.add(["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"]);
    args.add(["-avoid_negative_ts", "disabled", "-f", "mp4"]);
    args.add(["-movflags", &format!("+cmaf+empty_moov+default_base_moof+frag_discont{more}")]);
}

fn micros(ticks: i64, timescale: u32) -> i64 {
    let us = i128::from(ticks) * 1_000_000 / i128::from(timescale.max(1));
    i64::try_from(us).unwrap_or(i64::MAX)
}

/// How much before its frame a keyframe is asked for.
const EARLY_US: i64 = 500;
