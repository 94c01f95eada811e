//! Marks on frames and in sounds that say what they are of.

use super::{RATE, SECONDS};
use serde_json::{Value, json};
use std::process::Command;

const BITS: u32 = 12;
const CELLS: usize = 16;

/// Spans as the API takes them.
pub(super) fn spans(keep: &[(i64, i64)]) -> Vec<Value> {
    keep.iter().map(|(from, to)| json!({"start_us": from, "end_us": to})).collect()
}

/// Five cuts at moments that are no borders of anything.
pub(super) fn keep(seed: u64) -> Vec<(i64, i64)> {
    let mut state = seed;
    let mut next = |from: i64, to: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from + i64::try_from(state >> 33).unwrap() % (to - from)
    };
    let part = i64::from(SECONDS) * 1_000_000 / 6;
    let mut at = 0;
    let mut kept = Vec::new();
    for cut in 1..=5 {
        let from = cut * part + next(-900_000, 900_000);
        kept.push((at, from));
        at = from + next(200_000, 1_200_000);
    }
    kept.push((at, i64::from(SECONDS) * 1_000_000));
    kept
}

/// The numbers of the frames in these spans.
pub(super) fn expected(kept: &[(i64, i64)]) -> Vec<u32> {
    let time = |number: u32| (i64::from(number) * 2_000_000 + i64::from(RATE)) / (2 * i64::from(RATE));
    kept.iter()
        .flat_map(|(from, to)| (0..SECONDS * RATE).filter(move |n| *from <= time(*n) && time(*n) < *to))
        .collect()
}

/// Frames by the numbers that are painted on them.
pub(super) struct Frames {
    pub(super) numbers: Vec<u32>,
    pub(super) times: Vec<f64>,
}

impl Frames {
    /// FFmpeg's filters that paint `n + 1` and its check bits into the top ninth.
    pub(super) fn filter() -> String {
        let bit = |bit: u32| format!("mod(floor((n+1)/{}),2)", 1 << bit);
        let mut filters = vec!["drawbox=x=0:y=0:w=iw:h=ih/9:color=black:t=fill".to_owned()];
        for cell in 0..16_u32 {
            let on = match cell {
                0..BITS => bit(cell),
                check => {
                    let members: Vec<_> = (0..3).map(|step| bit(check - BITS + step * 4)).collect();
                    format!("mod({},2)", members.join("+"))
                }
            };
            filters
                .push(format!("drawbox=x=iw*{cell}/16:y=0:w=iw/16:h=ih/9:color=white:t=fill:enable='{on}'"));
        }
        filters.join(",")
    }

    /// Decodes a file.
    pub(super) fn of(file: &[u8]) -> Self {
        let (bytes, log) =
            ffmpeg(file, &["-fps_mode", "passthrough", "-vf", "scale=320:180,showinfo"], "gray");
        let times = log.lines().filter(|line| line.contains("showinfo") && line.contains(" n:"));
        let times =
            times.filter_map(|line| line.split("pts_time:").nth(1)?.split_whitespace().next()?.parse().ok());
        let numbers =
            bytes.chunks(320 * 180).map(|frame| number(frame, 320, (0, 0), (320, 180)).expect("a number"));
        Self { numbers: numbers.collect(), times: times.collect() }
    }

    /// The tiles of a sheet; those that are black are none.
    pub(super) fn tiles(jpeg: &[u8]) -> Vec<u32> {
        let (bytes, _) = ffmpeg(jpeg, &["-vf", "scale=1600:900"], "gray");
        (0..25)
            .filter_map(|tile| number(&bytes, 1600, (tile % 5 * 320, tile / 5 * 180), (320, 180)))
            .collect()
    }
}

fn number(
    gray: &[u8],
    stride: usize,
    (left, top): (usize, usize),
    (width, height): (usize, usize),
) -> Option<u32> {
    let on = |cell: usize| {
        let (x, y) = (left + width * (2 * cell + 1) / (2 * CELLS), top + height / 18);
        gray[y * stride + x] > 127
    };
    let bits: Vec<bool> = (0..CELLS).map(on).collect();
    let value = (0..BITS as usize).fold(0_u32, |sum, bit| sum | u32::from(bits[bit]) << bit);
    let fits = (0..4).all(|check| {
        (0..3).filter(|step| bits[check + step * 4]).count() % 2 == usize::from(bits[12 + check])
    });
    assert!(fits || value == 0, "a frame that cannot be read");
    value.checked_sub(1)
}

/// A sound whose pitch says its time.
pub(super) struct Sound(Vec<f32>);

impl Sound {
    pub(super) fn of(file: &[u8]) -> Self {
        let (bytes, _) = ffmpeg(
            file,
            &["-map", "0:a:0", "-af", "aresample=48000:async=1:first_pts=0", "-ac", "1"],
            "f32le",
        );
        Self(bytes.as_chunks::<4>().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect())
    }

    /// Which moment of the source is heard at `seconds`.
    pub(super) fn moment(&self, seconds: f64) -> f64 {
        let half = 0.04;
        let at = |seconds: f64| (seconds * 48_000.0) as usize;
        let part = &self.0[at(seconds - half)..at(seconds + half)];
        let crossings: Vec<f64> = part
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
            .map(|(at, pair)| at as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
            .collect();
        let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
        let pitch = (crossings.len() - 1) as f64 * 48_000.0 / (last - first);
        let middle = (first + last) / 2.0 / 48_000.0 - half;
        (pitch - 200.0) / 200.0 - middle
    }
}

fn ffmpeg(file: &[u8], args: &[&str], format: &str) -> (Vec<u8>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, file).unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-nostats", "-copyts", "-i"]).arg(&path).args(args);
    match format {
        "gray" => command.args(["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]),
        other => command.args(["-f", other, "pipe:1"]),
    };
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    (output.stdout, log)
}
