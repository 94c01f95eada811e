//! The arguments of each video encoder. What they have in common: constant quality under a cap, a pinned profile and level,
//! and keyframes exactly where they are asked for.

use super::args::Args;
use super::filters::UPLOAD;
use crate::child::{Job, Program, Tools};
use crate::plan::{EncodedVideo, Encoder, LadderConfig, Step};
use crate::probe::Size;
use std::time::Duration;

/// The graphics card that VA-API and Quick Sync encode on.
pub(crate) const RENDER_NODE: &str = "/dev/dri/renderD128";

/// The devices that encoders need. What does not exist is passed over by the jail.
pub(super) fn devices(encoders: impl IntoIterator<Item = Encoder>) -> Vec<&'static str> {
    let mut all: Vec<&str> = encoders
        .into_iter()
        .flat_map(|encoder| match encoder {
            Encoder::Libx264 => &[][..],
            Encoder::H264Vaapi | Encoder::H264Qsv => &[RENDER_NODE][..],
            Encoder::H264Nvenc => &["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"][..],
        })
        .copied()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Lets every encoder of the table encode a few pictures in the jail, and replaces those that cannot by x264; answers
/// what each of them said.
pub async fn usable(tools: &Tools, ladder: LadderConfig) -> (LadderConfig, Vec<(Encoder, String)>) {
    let mut missing = Vec::new();
    for encoder in ladder.encoders().into_iter().filter(|encoder| *encoder != Encoder::Libx264) {
        let Some(step) = ladder.step(SAMPLE.height) else { continue };
        if let Err(reason) = try_one(tools, &Step { encoder, ..step }).await {
            missing.push((encoder, reason));
        }
    }
    let ladder = missing.iter().fold(ladder, |ladder, (encoder, _)| ladder.without(*encoder));
    (ladder, missing)
}

async fn try_one(tools: &Tools, step: &Step) -> Result<(), String> {
    let running = tools.spawn(sample(step)).await.map_err(|error| error.to_string())?;
    running.wait().await.map(drop).map_err(|failed| failed.to_string())
}

/// Half a second of a test picture through one encoder.
fn sample(step: &Step) -> Job {
    let encoder = step.encoder;
    let mut args = Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "error"]);
    device(&mut args, [encoder]);
    let Size { width, height } = SAMPLE;
    args.add(["-f", "lavfi", "-i", &format!("testsrc2=size={width}x{height}:rate=25:duration=0.5")]);
    let upload = if encoder == Encoder::H264Vaapi { UPLOAD } else { "" };
    args.add(["-vf", &format!("format=yuv420p{upload}")]);
    let settings =
        EncodedVideo { size: SAMPLE, frame_rate_cap: None, quick: false, step: step.levelled(SAMPLE, 25.0) };
    video(&mut args, &settings, 1, "");
    args.add(["-f", "null", "-"]);
    Job::new(Program::Ffmpeg, args.0).devices(devices([encoder])).deadline(Duration::from_secs(20))
}

const SAMPLE: Size = Size { width: 640, height: 360 };

/// What the command line says of the device, before the inputs.
pub(super) fn device(args: &mut Args, encoders: impl IntoIterator<Item = Encoder>) {
    if encoders.into_iter().any(|encoder| encoder == Encoder::H264Vaapi) {
        args.add(["-vaapi_device", RENDER_NODE]);
    }
}

/// One encoded picture.
pub(super) fn video(args: &mut Args, settings: &EncodedVideo, threads: u32, keys: &str) {
    let step = &settings.step;
    args.add(["-c:v", step.encoder.name()]);
    quality(args, step);
    args.add(["-maxrate", &step.maxrate.to_string(), "-bufsize", &step.bufsize.to_string()]);
    args.add(["-profile:v", profile(step), "-level:v", &level(step)]);
    if settings.quick {
        // The first fragment waits for the look-ahead.
        args.add(look_ahead(step.encoder));
    }
    if step.encoder == Encoder::Libx264 {
        args.add(["-threads", &threads.to_string(), "-sc_threshold", "0", "-keyint_min", "1"]);
    }
    args.add(["-g", "9999"]);
    if !keys.is_empty() {
        args.add(["-force_key_frames", keys]);
    }
    // Every frame at its own time: otherwise MP4 means a constant rate, and times are rounded to it.
    args.add(["-fps_mode", "passthrough", "-enc_time_base", "-1"]);
}

/// Constant quality: the same number means about the same in all of them.
fn quality(args: &mut Args, step: &Step) {
    let quality = step.crf.to_string();
    match step.encoder {
        Encoder::Libx264 => args.add(["-preset", &step.preset, "-crf", &quality]),
        Encoder::H264Nvenc => {
            // A forced keyframe is an IDR picture only when asked for; without look-ahead nothing else is one.
            args.add(["-preset", nvenc_preset(&step.preset), "-rc", "vbr", "-cq", &quality, "-b:v", "0"]);
            args.add(["-forced-idr", "1", "-no-scenecut", "1"]);
        }
        Encoder::H264Vaapi => {
            let mean = (step.maxrate / 10 * 6).to_string();
            args.add(["-rc_mode", "QVBR", "-global_quality", &quality, "-b:v", &mean]);
        }
        Encoder::H264Qsv => {
            args.add(["-preset", qsv_preset(&step.preset), "-global_quality", &quality]);
            args.add(["-look_ahead", "0", "-forced_idr", "1", "-adaptive_i", "0"]);
        }
    }
}

fn look_ahead(encoder: Encoder) -> &'static [&'static str] {
    match encoder {
        Encoder::Libx264 => &["-rc-lookahead", "10"],
        // These hold back no more than their B-frames.
        Encoder::H264Nvenc | Encoder::H264Vaapi | Encoder::H264Qsv => &[],
    }
}

fn profile(step: &Step) -> &str {
    match (step.encoder, step.profile.as_str()) {
        // The hardware has no baseline but the constrained one.
        (Encoder::H264Vaapi, "baseline") => "constrained_baseline",
        (_, profile) => profile,
    }
}

/// `3.1`, or 31 where the encoder takes the number of the bit stream.
fn level(step: &Step) -> String {
    match step.encoder {
        Encoder::Libx264 | Encoder::H264Nvenc => format!("{}.{}", step.level / 10, step.level % 10),
        Encoder::H264Vaapi | Encoder::H264Qsv => step.level.to_string(),
    }
}

/// x264's words for speed in NVENC's, fastest to slowest.
fn nvenc_preset(preset: &str) -> &str {
    match preset {
        "ultrafast" | "superfast" => "p1",
        "veryfast" => "p2",
        "faster" => "p3",
        "fast" => "p4",
        "medium" => "p5",
        "slow" => "p6",
        "slower" | "veryslow" | "placebo" => "p7",
        own => own,
    }
}

/// Quick Sync knows x264's words but for the ends.
fn qsv_preset(preset: &str) -> &str {
    match preset {
        "ultrafast" | "superfast" => "veryfast",
        "placebo" => "veryslow",
        other => other,
    }
}
