//! Starts the real `vitascope` binary for a test, on a port of its own in a folder of its own, and talks to it as a client.
//!
//! Not part of the product. Start from [`Server::start`] and [`Client`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

pub mod audit;
mod client;
pub mod clips;
pub mod hostile;
mod server;
pub mod storm;
pub mod take;
pub mod tls;

pub use client::{Client, Socket, UploadOptions};
pub use server::{Options, Server};

use std::time::{Duration, Instant};

/// Asks `check` until it gives something, for at most `limit`; panics with `what` when time is up.
pub async fn eventually<T>(what: &str, limit: Duration, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The running children of a process, grandchildren too.
pub fn children_of(pid: u32) -> Vec<u32> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Some((parent, state)) = parent_and_state(child) else { continue };
        if parent == pid && state != 'Z' {
            all.push(child);
            all.extend(children_of(child));
        }
    }
    all
}

/// Whether a process runs (a zombie does not).
pub fn is_running(pid: u32) -> bool {
    parent_and_state(pid).is_some_and(|(_, state)| state != 'Z')
}

fn parent_and_state(pid: u32) -> Option<(u32, char)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; what follows the last one is fixed.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}

/// What FFmpeg has to say when it decodes everything at `url`; nothing, if all is well.
pub fn decode_warnings(url: &str) -> String {
    let output = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-v", "warning", "-i", url, "-map", "0", "-f", "null", "-"])
        .output()
        .expect("ffmpeg is installed");
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

/// The names of all objects of a video's copied rungs; each holds the hash of its bytes.
pub async fn copies(client: &Client, video: &serde_json::Value) -> Vec<String> {
    let rungs = video["rungs"].as_array().unwrap();
    let copied = |url: &str| {
        let rung = url.rsplit('/').nth(1).unwrap();
        rungs.iter().any(|row| row["copied"] == true && row["name"] == rung)
    };
    let mut names = Vec::new();
    for (_, text) in client.playlists(video).await.1.iter().filter(|(url, _)| copied(url)) {
        names.extend(
            text.lines().filter(|line| line.ends_with(".m4s") || line.contains("-MAP:")).map(str::to_owned),
        );
    }
    names
}

/// The sum of a media playlist's EXTINF and the longest of them, in seconds.
pub fn extinf_sum(playlist: &str) -> (f64, f64) {
    let durations = playlist.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
    let seconds: Vec<f64> = durations.map(|text| text.trim_end_matches(',').parse().unwrap()).collect();
    (seconds.iter().sum(), seconds.iter().copied().fold(0.0, f64::max))
}

/// Kills a process; `false` when there is none.
pub(crate) fn kill(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok()
}
