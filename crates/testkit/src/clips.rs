//! Clips made with the installed FFmpeg, so that the repository holds no large files.

use std::path::Path;
use std::process::Command;

/// H.264 High with B-frames and AAC in MP4: what can be copied.
pub const H264_AAC: &[&str] = &[
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-b:v",
    "2M",
    "-maxrate",
    "3M",
    "-bufsize",
    "3M",
    "-bf",
    "2",
    "-g",
    "50",
    "-pix_fmt",
    "yuv420p",
    "-c:a",
    "aac",
    "-f",
    "mp4",
];
/// VP9 and Opus in WebM: what must be encoded.
pub const VP9_OPUS: &[&str] = &[
    "-c:v",
    "libvpx-vp9",
    "-deadline",
    "realtime",
    "-cpu-used",
    "8",
    "-row-mt",
    "1",
    "-b:v",
    "1M",
    "-g",
    "100",
    "-c:a",
    "libopus",
    "-f",
    "webm",
];

/// What a browser's recorder makes of H.264: no duration, no index, a keyframe and a cluster a second.
pub const TAKE_H264: &[&str] = &[
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-profile:v",
    "baseline",
    "-b:v",
    "2M",
    "-g",
    "30",
    "-pix_fmt",
    "yuv420p",
    "-c:a",
    "libopus",
    "-b:a",
    "64k",
    "-cluster_size_limit",
    "5000000",
    "-cluster_time_limit",
    "1000",
    "-live",
    "1",
    "-f",
    "matroska",
];
/// The same of VP8.
pub const TAKE_VP8: &[&str] = &[
    "-c:v",
    "libvpx",
    "-deadline",
    "realtime",
    "-cpu-used",
    "16",
    "-b:v",
    "1M",
    "-g",
    "30",
    "-c:a",
    "libopus",
    "-b:a",
    "64k",
    "-cluster_size_limit",
    "5000000",
    "-cluster_time_limit",
    "1000",
    "-live",
    "1",
    "-f",
    "webm",
];

/// A moving test picture with a tone, `seconds` long.
pub fn moving(size: &str, rate: u32, seconds: u32, codec: &[&str]) -> Vec<u8> {
    let picture = format!("testsrc2=size={size}:rate={rate}:duration={seconds}");
    let sound = format!("sine=frequency=440:sample_rate=48000:duration={seconds}");
    let mut arguments = vec!["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound];
    arguments.extend(codec);
    make(&arguments)
}

/// Runs FFmpeg with `arguments` and gives the file it wrote.
pub fn make(arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    ffmpeg(arguments, &path);
    std::fs::read(path).unwrap()
}

/// Hands a file to FFmpeg once more: options before it, options after it.
pub fn again(file: &[u8], before: &[&str], after: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::write(&from, file).unwrap();
    ffmpeg(&[before, &["-i", from.to_str().unwrap()], after].concat(), &to);
    std::fs::read(to).unwrap()
}

fn ffmpeg(arguments: &[&str], path: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments)
        .arg(path)
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
