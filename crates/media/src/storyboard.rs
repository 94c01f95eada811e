//! The storyboard: small pictures of moments all over the video, tiled on sheets, for scrubbing.
//!
//! Only keyframes are decoded, which costs a tenth of decoding everything. Which moments the tiles show is what FFmpeg
//! itself says of the frames it selected, through a pipe of its own.

mod jpeg;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::child::{Job, Program, Tools};
use crate::encode::args::Args;
use crate::encode::{filters, seconds};
use crate::error::MediaError;
use crate::probe::{Probe, Size, VideoStream};
use crate::sandbox::Limits;

/// Tiles beside each other and below each other on a sheet.
pub const GRID: u32 = 5;

/// Sheets of tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storyboard {
    /// Of one tile; a sheet is [`GRID`] times as wide and as high.
    pub tile: Size,
    /// When each tile's span begins, in microseconds, ascending from 0.
    pub starts: Vec<i64>,
    /// The sheets as JPEG, in order; each but the last one is full.
    pub sheets: Vec<Bytes>,
}

/// Whether keyframes are so far apart that the moments between them must be decoded for a storyboard.
#[must_use]
pub fn needs_every_frame(probe: &Probe) -> bool {
    probe.video.as_ref().is_some_and(|video| video.packets.max_keyframe_gap_us > RARE_US)
}

/// Makes the storyboard. `None` for a source without a picture, too short to scrub in, or without frames that can be decoded.
pub async fn storyboard(tools: &Tools, probe: &Probe, path: &Path) -> Result<Option<Storyboard>, MediaError> {
    let Some(video) = &probe.video else { return Ok(None) };
    if probe.duration_us < SHORTEST_US {
        return Ok(None);
    }
    let tile = tile_of(video.display);
    let mut running = tools.spawn(job(probe, video, path, tile)).await?;
    let mut outputs = std::mem::take(&mut running.outputs).into_iter();
    let (sheets, times) =
        tokio::join!(read(outputs.next(), MOST_SHEET_BYTES), read(outputs.next(), MOST_TIME_BYTES));
    let (sheets, times) = (sheets?, times?);
    if let Err(failed) = running.wait().await {
        return Err(failed.into());
    }
    Ok(assembled(tile, jpeg::split(&sheets.into()), &String::from_utf8_lossy(&times)))
}

/// What came out of the two pipes, if the one fits the other.
fn assembled(tile: Size, sheets: Vec<Bytes>, times: &str) -> Option<Storyboard> {
    let mut starts: Vec<i64> = times.lines().filter_map(time_in).collect();
    // The first tile stands for everything before it, too.
    *starts.first_mut()? = 0;
    let fits = starts.len().div_ceil((GRID * GRID) as usize) == sheets.len();
    (fits && starts.is_sorted_by(|a, b| a < b)).then_some(Storyboard { tile, starts, sheets })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What is cut off here does not fit together afterwards.
        pipe.take(most).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The time out of `frame:3    pts:90000   pts_time:5.9`, in microseconds.
fn time_in(line: &str) -> Option<i64> {
    let text = line.split_once("pts_time:")?.1.split_whitespace().next()?;
    let seconds: f64 = text.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
    Some((seconds * 1e6).round() as i64)
}

fn job(probe: &Probe, video: &VideoStream, path: &Path, tile: Size) -> Job {
    let limits = Limits::for_threads(4, video.coded.pixels());
    // Decoding every frame of a source without keyframes, or one of keyframes only, costs about a sixth of its length.
    let length = u64::try_from(probe.duration_us / 1_000_000).unwrap_or(0);
    let cpu_seconds = length.saturating_mul(4).saturating_add(300);
    Job::new(Program::Ffmpeg, args(probe, video, path, tile))
        .read(path)
        .outputs(2)
        .limits(Limits { cpu_seconds, ..limits })
        .deadline(Duration::from_secs(cpu_seconds.saturating_mul(4)))
}

fn args(probe: &Probe, video: &VideoStream, path: &Path, tile: Size) -> Vec<OsString> {
    let mut args = Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-copyts", "-threads", "1"]);
    // Where keyframes are far apart the moments between them are wanted, too; half of the frames do for that.
    let skip = if needs_every_frame(probe) { "noref" } else { "nokey" };
    args.add(["-skip_frame", skip]);
    args.add_input(probe, path);
    args.add(["-map", &format!("0:{}", video.index), "-vf", &filter(probe, video, tile)]);
    args.add(["-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "5", "-threads", "1"]);
    args.add(["-map_metadata", "-1", "-f", "image2pipe", &Job::pipe(0)]);
    args.0
}

fn filter(probe: &Probe, video: &VideoStream, tile: Size) -> String {
    let Size { width, height } = tile;
    let step = (probe.duration_us / MOST_TILES).max(SHORTEST_STEP_US);
    let slack = seconds(step - SLACK_US);
    // `print` passes over frames without metadata.
    let times = format!(
        "metadata=mode=add:key=tile:value=1,metadata=mode=print:file='{}'",
        Job::pipe(1).replace(':', "\\:")
    );
    let mut chain = vec![format!("select='isnan(prev_selected_t)+gte(t-prev_selected_t,{slack})'"), times];
    if video.is_hdr() {
        chain.push(filters::tone_map(video, tile));
    } else {
        chain.push(format!("scale={width}:{height}:flags=fast_bilinear"));
    }
    chain.push(format!("setsar=1,format=yuvj420p,tile={GRID}x{GRID}"));
    chain.join(",")
}

/// The largest size of the picture's shape that fits a tile's box, upright for an upright picture.
fn tile_of(picture: Size) -> Size {
    let (width, height) = (u64::from(picture.width.max(1)), u64::from(picture.height.max(1)));
    let (most_width, most_height) = if height > width { (SHORT, LONG) } else { (LONG, SHORT) };
    let (w, h) = if most_width * height <= most_height * width {
        (most_width, height * most_width / width)
    } else {
        (width * most_height / height, most_height)
    };
    let even = |side: u64| u32::try_from(side.next_multiple_of(2)).unwrap_or(2).max(2);
    Size { width: even(w), height: even(h) }
}

/// Sides of a tile's box in pixels.
const LONG: u64 = 160;
const SHORT: u64 = 90;

/// Nobody scrubs in less.
const SHORTEST_US: i64 = 1_000_000;

/// Tiles of a long video, about.
const MOST_TILES: i64 = 250;

/// Tiles are not closer than this, less the slack.
const SHORTEST_STEP_US: i64 = 2_000_000;

/// A keyframe a little early still counts.
const SLACK_US: i64 = 100_000;

/// Keyframes further apart than this are too few.
const RARE_US: i64 = 10_000_000;

/// A sheet is about 70 kB, and there are a dozen.
const MOST_SHEET_BYTES: u64 = 16 << 20;

/// A line of about 50 bytes and one of about 10 for each tile.
const MOST_TIME_BYTES: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_the_shape_of_the_picture() {
        for (picture, expected) in [
            ((1920, 1080), (160, 90)),
            ((1080, 1920), (90, 160)),
            ((640, 480), (120, 90)),
            ((500, 500), (90, 90)),
            ((3840, 1600), (160, 66)),
            ((8192, 2), (160, 2)),
        ] {
            let tile = tile_of(Size { width: picture.0, height: picture.1 });
            assert_eq!((tile.width, tile.height), expected, "{picture:?}");
        }
    }

    #[test]
    fn times_and_sheets_must_fit_together() {
        let tile = Size { width: 160, height: 90 };
        let sheet = Bytes::from_static(b"jpeg");
        let times = |count: i64| -> String {
            (0..count).map(|at| format!("frame:{at}  pts:1  pts_time:{}.5\ntile=1\n", at * 2)).collect()
        };
        let made = assembled(tile, vec![sheet.clone()], &times(3)).unwrap();
        assert_eq!(made.starts, [0, 2_500_000, 4_500_000]);
        assert!(assembled(tile, vec![sheet.clone()], &times(25)).is_some());
        assert!(assembled(tile, vec![sheet.clone()], &times(26)).is_none());
        assert!(assembled(tile, vec![sheet.clone()], "").is_none());
        assert!(assembled(tile, vec![sheet], "pts_time:2\npts_time:1\npts_time:inf\npts_time:1").is_none());
    }
}
