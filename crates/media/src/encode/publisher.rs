//! The command line of what a browser broadcasts: one run of FFmpeg, fed as it comes, that writes picture and sound frame by frame.

use std::time::Duration;

use super::{Threads, args, encoders};
use crate::child::{Job, Program};
use crate::error::MediaError;
use crate::plan::{EncodedVideo, Encoder, LadderConfig};
use crate::probe::{Probe, Size};
use crate::sandbox::Limits;

/// What is made of a publisher's stream.
#[derive(Clone, Debug)]
pub struct Publisher<'a> {
    /// Its first bytes.
    pub probe: &'a Probe,
    /// The picture goes on as it is; otherwise it is H.264 with a keyframe a second.
    pub copied: bool,
    /// Rates and encoders.
    pub ladder: &'a LadderConfig,
    /// How many threads FFmpeg may use.
    pub threads: Threads,
}

/// The job of a publisher who is fed to [`crate::child::Running::input`]. Output 0 is the picture, output 1 the sound, where there is one, as
/// AAC-LC: each is fragmented MP4 with one frame in a fragment. The times are those of the stream and [`super::OUTPUT_OFFSET_US`].
///
/// # Errors
/// When there is no picture, or the ladder has no step.
pub fn publisher(publisher: &Publisher<'_>) -> Result<Job, MediaError> {
    let Publisher { probe, copied, ladder, threads } = publisher;
    let video = probe.video.as_ref().ok_or(MediaError::Stage("a broadcast without a picture"))?;
    let mut args = args::Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-copyts"]);
    let settings = if *copied { None } else { Some(settings(video.display, ladder)?) };
    encoders::device(&mut args, settings.iter().map(|settings| settings.step.encoder));
    // Decoders that share frames between threads hold one back for each.
    args.add(["-flags", "low_delay", "-threads", "1"]);
    args.add_pipe(probe, true);
    args.add(["-map", &format!("0:{}", video.index)]);
    match &settings {
        None => args.add(["-c:v", "copy"]),
        Some(settings) => encode(&mut args, settings, threads.encode),
    }
    args.add(["-video_track_timescale", "90000"]);
    frames(&mut args);
    args.add([&Job::pipe(0)]);
    if let Some(audio) = &probe.audio {
        let ladder = &ladder.audio;
        args.add([
            "-map",
            &format!("0:{}", audio.index),
            "-c:a",
            "aac",
            "-b:a",
            &ladder.bit_rate.to_string(),
        ]);
        args.add(["-ac", "2", "-ar", &SOUND_RATE.to_string(), "-af", "aresample=async=1000"]);
        frames(&mut args);
        args.add([&Job::pipe(1)]);
    }
    let all = threads.decode.saturating_add(threads.encode).saturating_add(4);
    let limits =
        Limits { cpu_seconds: LASTS.as_secs(), nice: 0, ..Limits::for_threads(all, video.coded.pixels()) };
    Ok(Job::new(Program::Ffmpeg, args.0)
        .devices(encoders::devices(settings.iter().map(|settings| settings.step.encoder)))
        .outputs(if probe.audio.is_some() { 2 } else { 1 })
        .fed()
        .limits(limits)
        .deadline(LASTS))
}

/// Samples a second of the sound.
pub const SOUND_RATE: u32 = 48_000;
/// `AudioSpecificConfig` of the sound: AAC-LC, [`SOUND_RATE`], two channels.
pub const SOUND_CONFIGURATION: [u8; 2] = [0x11, 0x90];
/// No broadcast is longer.
const LASTS: Duration = Duration::from_secs(7 * 24 * 3600);
/// Shorter side of an encoded picture at most: what one machine encodes while it does other things.
const MOST_LINES: u32 = 1080;
/// Frames a second that the level allows for.
const FRAME_RATE: f64 = 60.0;

fn settings(display: Size, ladder: &LadderConfig) -> Result<EncodedVideo, MediaError> {
    let size = even(display);
    let step = ladder.step(size.short_side()).ok_or(MediaError::Stage("a ladder without steps"))?;
    let mut step = step.levelled(size, FRAME_RATE);
    // Who watches live has no second of stock.
    step.bufsize = step.maxrate;
    Ok(EncodedVideo { size, frame_rate_cap: None, quick: false, step })
}

/// The size in even numbers, made smaller where it is above [`MOST_LINES`].
fn even(size: Size) -> Size {
    let short = u64::from(size.short_side().max(1));
    let wanted = short.min(u64::from(MOST_LINES));
    let scaled = |side: u32| {
        let side = (u64::from(side) * wanted).div_ceil(short) / 2 * 2;
        u32::try_from(side).unwrap_or(MOST_LINES).max(2)
    };
    Size { width: scaled(size.width), height: scaled(size.height) }
}

fn encode(args: &mut args::Args, settings: &EncodedVideo, threads: u32) {
    let Size { width, height } = settings.size;
    let upload = if settings.step.encoder == Encoder::H264Vaapi { super::filters::UPLOAD } else { "" };
    // A phone that is turned, or another tab: the picture changes its shape, the broadcast does not.
    args.add([
        "-vf",
        &format!(
            "scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1,setsar=1,format=yuv420p{upload}"
        ),
    ]);
    encoders::video(args, settings, threads, EVERY_SECOND);
    args.add(["-bf", "0"]);
    if settings.step.encoder == Encoder::Libx264 {
        args.add(["-tune", "zerolatency"]);
    }
}

/// A keyframe at the first frame, and at the first one a second (less the jitter of a camera) after each.
const EVERY_SECOND: &str = "expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+0.985))";

/// Each frame in a fragment of its own, on its way at once.
fn frames(args: &mut args::Args) {
    args.add(args::fragments("empty_moov", "+frag_every_frame"));
    args.add(["-flush_packets", "1", "-muxdelay", "0"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_even_and_not_above_what_is_encoded_live() {
        let size = |width, height| Size { width, height };
        assert_eq!(even(size(641, 361)), size(640, 360));
        assert_eq!(even(size(3840, 2160)), size(1920, 1080));
        assert_eq!(even(size(2160, 3840)), size(1080, 1920));
        assert_eq!(even(size(1, 1)), size(2, 2));
    }
}
