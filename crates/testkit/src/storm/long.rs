//! One long encode, killed again and again.

use super::{verify, video_of};
use crate::clips::{VP9_OPUS, moving};
use crate::{Client, Options, Server, UploadOptions, children_of, decode_warnings, eventually, kill};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What became of the encode.
#[derive(Debug)]
pub struct Long {
    /// From the upload to `ready`.
    pub seconds: f64,
    /// Encoded rungs, each with every frame of the source.
    pub rungs: usize,
    /// Frames of each.
    pub frames: u64,
}

const FRAME_RATE: u32 = 30;
const SECONDS: u32 = 120;

/// Uploads something that takes long to encode, and kills server and FFmpeg in turn, `times` times, each time when the encode
/// has got further. Panics unless the store is clean after every kill and the video becomes ready with every frame.
pub async fn long_encode(program: &Path, times: u32) -> Long {
    let clip = moving("640x360", FRAME_RATE, SECONDS, VP9_OPUS);
    let began = Instant::now();
    let mut server = Server::start(program, Options::default());
    let mut ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let mut seen = 0;
    for round in 0..times {
        seen = further(&ada, &id, seen).await;
        assert_eq!(
            ada.video(&id).await["state"],
            "processing",
            "it ended after {round} kills: too short a clip"
        );
        if round % 2 == 0 {
            server.crash_and_restart();
            ada = ada.at(&server.base);
        } else {
            children_of(server.pid()).into_iter().filter(|pid| video_of(*pid).is_some()).for_each(|pid| {
                kill(pid);
            });
        }
        sound(program, &server, round + 1);
    }
    let video = ada.wait_for_state(&id, "ready").await;
    let seconds = began.elapsed().as_secs_f64();
    sound(program, &server, times);
    let url = |path: &str| format!("{}{path}", server.base);
    assert_eq!(decode_warnings(&url(video["playback"]["hls_url"].as_str().unwrap())), "");
    let frames = u64::from(FRAME_RATE * SECONDS);
    let mut rungs = 0;
    for (path, _) in ada.playlists(&video).await.1.iter().filter(|(path, _)| !path.contains("audio")) {
        assert_eq!(frames_of(&url(path)), frames, "{path}");
        rungs += 1;
    }
    assert!(rungs > 0, "{video:#}");
    Long { seconds, rungs, frames }
}

/// Waits until more segments of the picture than `seen` are there; gives how many.
async fn further(ada: &Client, id: &str, seen: usize) -> usize {
    let video = ada.wait_until_playable(id).await;
    eventually("a further segment", Duration::from_secs(120), async || {
        let (_, lists) = ada.playlists(&video).await;
        let pictures = lists.iter().filter(|(url, _)| !url.contains("audio"));
        let now: usize =
            pictures.map(|(_, text)| text.lines().filter(|line| line.ends_with(".m4s")).count()).sum();
        (now > seen).then_some(now)
    })
    .await
}

fn sound(program: &Path, server: &Server, kills: u32) {
    let report = verify(program, server);
    assert_eq!(report["ok"], true, "after {kills} kills: {report:#}");
}

/// The frames of the only picture at `url`.
fn frames_of(url: &str) -> u64 {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-count_packets"])
        .args(["-show_entries", "stream=nb_read_packets", "-of", "default=nokey=1:noprint_wrappers=1", url])
        .output()
        .expect("ffprobe is installed");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // A stream of an HLS playlist is told twice, alone and as part of its program.
    said.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or_else(|| panic!("{url}: {said}"))
}
