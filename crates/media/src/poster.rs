//! The poster: one JPEG from the keyframes a tenth into the video. Of a sound alone it is the picture that comes with it,
//! or else its waveform.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncReadExt;

use crate::child::{Job, Program, Tools};
use crate::encode::args::Args;
use crate::encode::{filters, seconds};
use crate::error::MediaError;
use crate::probe::{AudioStream, Cover, Probe, Size, VideoStream};
use crate::sandbox::Limits;

/// Longer and shorter side of a poster at most, in pixels.
pub const POSTER_BOX: (u32, u32) = (1280, 720);

/// Makes the poster. `None` for a source of which nothing can be decoded.
pub async fn poster(tools: &Tools, probe: &Probe, path: &Path) -> Result<Option<Bytes>, MediaError> {
    for job in jobs(probe, path) {
        let mut running = tools.spawn(job).await?;
        let mut jpeg = Vec::new();
        if let Some(output) = running.outputs.pop() {
            output.take(MOST_BYTES).read_to_end(&mut jpeg).await?;
        }
        let ended = running.wait().await;
        if jpeg.starts_with(b"\xff\xd8\xff") && jpeg.ends_with(b"\xff\xd9") {
            return Ok(Some(jpeg.into()));
        }
        if let Err(failed) = ended
            && failed.in_the_jail()
        {
            return Err(failed.into());
        }
    }
    Ok(None)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// The keyframes from a tenth on.
    Keyframes,
    /// A frame every half second from a tenth on, all of them decoded.
    Frames,
    /// The very first picture.
    Start,
}

/// What is tried, one after the other.
fn jobs(probe: &Probe, path: &Path) -> Vec<Job> {
    if let Some(video) = &probe.video {
        // Keyframes are cheap, but where they are rare only the first one is near, often black.
        let first = if video.packets.max_keyframe_gap_us > RARE_US { From::Frames } else { From::Keyframes };
        let job = |from| job(path, video.coded.pixels(), args(probe, video, path, from));
        // The second try takes whatever picture there is.
        return vec![job(first), job(From::Start)];
    }
    let cover = probe.cover.map(|cover| job(path, cover.size.pixels(), cover_args(probe, cover, path)));
    let waveform = probe.audio.as_ref().map(|audio| job(path, 0, waveform_args(probe, audio, path)));
    cover.into_iter().chain(waveform).collect()
}

fn job(path: &Path, pixels: u64, args: Vec<OsString>) -> Job {
    // One thread in every place: a poster is never urgent. The room is for eight pictures of the source and their scaler.
    let limits = Limits { cpu_seconds: 300, ..Limits::for_threads(4, pixels) };
    Job::new(Program::Ffmpeg, args).read(path).outputs(1).limits(limits).deadline(Duration::from_secs(120))
}

fn args(probe: &Probe, video: &VideoStream, path: &Path, from: From) -> Vec<OsString> {
    let mut args = start();
    let at = seconds(probe.duration_us / 10 + probe.origin_us);
    match from {
        From::Keyframes => {
            args.add(["-skip_frame", "nokey", "-seek_timestamp", "1", "-ss", &at, "-noaccurate_seek"]);
        }
        From::Frames => args.add(["-seek_timestamp", "1", "-ss", &at]),
        From::Start => {}
    }
    args.add_input(probe, path);
    args.add(["-map", &format!("0:{}", video.index), "-vf", &filter(video, from)]);
    finish(args)
}

/// The picture that comes with a sound.
fn cover_args(probe: &Probe, cover: Cover, path: &Path) -> Vec<OsString> {
    let mut args = start();
    args.add_input(probe, path);
    let Size { width, height } = fitted(cover.size);
    let filter = format!("scale={width}:{height},setsar=1,format=yuvj420p");
    args.add(["-map", &format!("0:{}", cover.index), "-vf", &filter]);
    finish(args)
}

/// A sound as it looks: its waveform on a plain ground, which is ours and not the source's.
fn waveform_args(probe: &Probe, audio: &AudioStream, path: &Path) -> Vec<OsString> {
    let mut args = start();
    args.add(["-f", "lavfi", "-i", "color=c=#202028:s=1280x720"]);
    args.add_input(probe, path);
    let graph = format!(
        "[1:{}]aformat=channel_layouts=mono,showwavespic=s=1200x360:colors=#8ab4f8:scale=sqrt[w];\
         [0:v][w]overlay=40:180:format=auto,format=yuvj420p[v]",
        audio.index
    );
    args.add(["-filter_complex_threads", "1", "-filter_complex", &graph, "-map", "[v]"]);
    finish(args)
}

fn start() -> Args {
    let mut args = Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-threads", "1"]);
    args
}

/// One JPEG into the pipe.
fn finish(mut args: Args) -> Vec<OsString> {
    args.add([
        "-frames:v",
        "1",
        "-c:v",
        "mjpeg",
        "-q:v",
        "3",
        "-map_metadata",
        "-1",
        "-f",
        "image2pipe",
        &Job::pipe(0),
    ]);
    args.0
}

fn filter(video: &VideoStream, from: From) -> String {
    let size = fitted(video.display);
    let Size { width, height } = size;
    let mut chain = Vec::new();
    if from == From::Frames {
        chain.push("select='isnan(prev_selected_t)+gte(t-prev_selected_t,0.5)'".to_owned());
    }
    chain.push(format!("scale={width}:{height},setsar=1"));
    if video.has_alpha() {
        chain.push(filters::ON_BLACK.to_owned());
    }
    if video.is_hdr() {
        chain.push(filters::tone_map(video, size));
    }
    if from != From::Start {
        // The most typical of eight: no black frame, no blend.
        chain.push("thumbnail=8".to_owned());
    }
    chain.push("format=yuvj420p".to_owned());
    chain.join(",")
}

/// Fits [`POSTER_BOX`], upright for an upright picture, never enlarged.
pub(crate) fn fitted(size: Size) -> Size {
    let (long, short) = POSTER_BOX;
    let (most_width, most_height) = if size.height > size.width { (short, long) } else { (long, short) };
    let (width, height) = (u64::from(size.width.max(1)), u64::from(size.height.max(1)));
    let (most_width, most_height) = (u64::from(most_width).min(width), u64::from(most_height).min(height));
    // Whichever side is the tighter one gives the scale.
    let (w, h) = if most_width * height <= most_height * width {
        (most_width, height * most_width / width)
    } else {
        (width * most_height / height, most_height)
    };
    let even = |side: u64| u32::try_from(side & !1).unwrap_or(2).max(2);
    Size { width: even(w), height: even(h) }
}

/// Keyframes further apart than this are too few to choose from.
const RARE_US: i64 = 2_500_000;

/// A poster is about 100 kB.
const MOST_BYTES: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_fits_its_box() {
        let size = |width, height| Size { width, height };
        for (source, expected) in [
            (size(3840, 2160), size(1280, 720)),
            (size(1080, 1920), size(720, 1280)),
            (size(1000, 1000), size(720, 720)),
            (size(3840, 1600), size(1280, 532)),
            (size(321, 241), size(320, 240)),
            (size(8192, 2), size(1280, 2)),
        ] {
            assert_eq!(fitted(source), expected, "{source:?}");
        }
    }
}
