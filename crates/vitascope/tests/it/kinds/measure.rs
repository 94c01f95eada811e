//! Decodes what a player would be sent and measures it.

use std::process::Command;

/// A decoded picture track.
pub(super) struct Pictures {
    pub(super) size: (usize, usize),
    /// Seconds from the first frame, and its RGB bytes.
    pub(super) frames: Vec<(f64, Vec<u8>)>,
}

impl Pictures {
    /// Decodes a media playlist.
    pub(super) fn of(url: &str, size: (usize, usize)) -> Self {
        let (rgb, log) = ffmpeg(&[
            "-v",
            "info",
            "-copyts",
            "-i",
            url,
            "-map",
            "0:v:0",
            "-vf",
            "showinfo",
            "-fps_mode",
            "passthrough",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "pipe:1",
        ]);
        let times: Vec<f64> = log
            .lines()
            .filter(|line| line.contains("showinfo") && line.contains(" n:"))
            .filter_map(|line| line.split("pts_time:").nth(1)?.split_whitespace().next()?.parse().ok())
            .collect();
        let bytes = size.0 * size.1 * 3;
        assert_eq!(rgb.len(), times.len() * bytes, "{} frames are not of {size:?}", times.len());
        let first = times.first().copied().unwrap_or(0.0);
        let frames =
            times.into_iter().map(|time| time - first).zip(rgb.chunks(bytes).map(<[u8]>::to_vec)).collect();
        Self { size, frames }
    }

    /// Mean colour around a point, given as fractions of the sides.
    pub(super) fn colour(&self, frame: usize, x: f64, y: f64) -> [f64; 3] {
        let (width, height) = self.size;
        let (_, rgb) = &self.frames[frame];
        let (left, top) = ((width as f64 * x) as usize, (height as f64 * y) as usize);
        let mut sum = [0.0; 3];
        for row in top.saturating_sub(3)..(top + 3).min(height) {
            for column in left.saturating_sub(3)..(left + 3).min(width) {
                let at = (row * width + column) * 3;
                (0..3).for_each(|part| sum[part] += f64::from(rgb[at + part]));
            }
        }
        let count = ((top + 3).min(height) - top.saturating_sub(3))
            * ((left + 3).min(width) - left.saturating_sub(3));
        sum.map(|part| part / count as f64)
    }

    /// The frame shown at `seconds`.
    pub(super) fn at(&self, seconds: f64) -> usize {
        self.frames.iter().rposition(|(time, _)| *time <= seconds + 1e-3).unwrap_or(0)
    }

    /// When the middle goes white.
    pub(super) fn flash(&self) -> Option<f64> {
        let white = |frame: &usize| self.colour(*frame, 0.5, 0.5).iter().all(|part| *part > 200.0);
        (0..self.frames.len()).find(white).map(|frame| self.frames[frame].0)
    }

    /// Frames a second, from the first to the last.
    pub(super) fn rate(&self) -> f64 {
        match self.frames.last() {
            Some((last, _)) if *last > 0.0 => (self.frames.len() - 1) as f64 / last,
            _ => 0.0,
        }
    }
}

/// A decoded sound track.
pub(super) struct Sound {
    pub(super) rate: usize,
    /// Samples of each channel, from the start of the timeline.
    pub(super) channels: Vec<Vec<f32>>,
}

impl Sound {
    /// Decodes a media playlist.
    pub(super) fn of(url: &str) -> Self {
        let (wav, log) = ffmpeg(&[
            "-v",
            "error",
            "-copyts",
            "-i",
            url,
            "-map",
            "0:a:0",
            "-af",
            "aresample=async=1:first_pts=0",
            "-c:a",
            "pcm_f32le",
            "-f",
            "wav",
            "pipe:1",
        ]);
        assert_eq!(log.trim(), "", "{url}");
        let word = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        let count = usize::from(u16::from_le_bytes(wav[22..24].try_into().unwrap()));
        let data = wav.windows(4).position(|name| name == b"data").unwrap() + 8;
        let samples: Vec<f32> =
            wav[data..].as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let channels = (0..count)
            .map(|channel| samples.iter().skip(channel).step_by(count).copied().collect())
            .collect();
        Self { rate: word(24), channels }
    }

    /// Seconds.
    pub(super) fn duration(&self) -> f64 {
        self.channels.first().map_or(0.0, |samples| samples.len() as f64 / self.rate as f64)
    }

    /// Loudness of each channel between two times, in dB of full scale (RMS); −120 at least.
    pub(super) fn loudness(&self, from: f64, to: f64) -> Vec<f64> {
        let at = |seconds: f64| (seconds * self.rate as f64) as usize;
        let of = |samples: &Vec<f32>| {
            let part = &samples[at(from).min(samples.len())..at(to).min(samples.len())];
            let power: f64 = part.iter().map(|sample| f64::from(*sample).powi(2)).sum();
            (10.0 * (power / part.len().max(1) as f64).log10()).max(-120.0)
        };
        self.channels.iter().map(of).collect()
    }

    /// When the tone begins, in any channel.
    pub(super) fn onset(&self) -> Option<f64> {
        let loud = |samples: &Vec<f32>| samples.iter().position(|sample| sample.abs() > 0.05);
        self.channels.iter().filter_map(loud).min().map(|at| at as f64 / self.rate as f64)
    }
}

/// Colour of a JPEG at a point, given as fractions of the sides.
pub(super) fn still(jpeg: &[u8], x: f64, y: f64) -> [f64; 3] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still.jpg");
    std::fs::write(&path, jpeg).unwrap();
    let (rgb, _) = ffmpeg(&[
        "-v",
        "error",
        "-i",
        path.to_str().unwrap(),
        "-vf",
        "scale=64:64",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "pipe:1",
    ]);
    Pictures { size: (64, 64), frames: vec![(0.0, rgb)] }.colour(0, x, y)
}

fn ffmpeg(args: &[&str]) -> (Vec<u8>, String) {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-nostats"])
        .args(args)
        .output()
        .expect("ffmpeg is installed");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "ffmpeg {args:?}: {log}");
    (output.stdout, log)
}
