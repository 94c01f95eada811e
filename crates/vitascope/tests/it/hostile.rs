//! Hostile files through the front door: each ends with a reason, nobody is reached, and the server lives on.

use crate::server_with_one_rung;
use serde_json::Value;
use std::net::TcpListener;
use std::time::Duration;
use testkit::clips::{H264_AAC, moving};
use testkit::hostile::{Lures, tricks};
use testkit::{Client, UploadOptions, eventually};

/// The tricks that keep a decoder busy, or look like a film for the longest time.
const WORST: [&str; 16] = [
    "hls to an address",
    "playlist in a box",
    "playlist in packets",
    "dref by alias",
    "cover bomb",
    "4 G samples of one byte",
    "50 M samples in a fragment",
    "a million pictures in a second",
    "a png of 16,384 pixels a side",
    "5,000 tracks in matroska",
    "frames that inflate",
    "a last frame after a billion seconds",
    "a picture that grows",
    "60,000 frames of a byte",
    "a packet that never ends",
    "a programme of 8,000 streams",
];

#[tokio::test]
async fn hostile_uploads_end_with_a_reason_and_the_server_lives_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let lures = Lures { film: "/etc/passwd".into(), port: listener.local_addr().unwrap().port() };
    let server = server_with_one_rung();
    let ada = Client::register(&server.base, "ada").await;
    let mut ids = Vec::new();
    for trick in tricks(&lures).into_iter().filter(|trick| WORST.contains(&trick.name)) {
        ids.push((trick.name, ada.upload(&trick.bytes, &UploadOptions::default()).await));
    }
    assert_eq!(ids.len(), WORST.len());
    for (name, id) in &ids {
        let ended = eventually(name, Duration::from_secs(120), async || {
            let video = ada.video(id).await;
            matches!(video["state"].as_str(), Some("ready" | "failed")).then_some(video)
        })
        .await;
        if ended["state"] == "failed" {
            assert!(told(&ended["error"]), "{name}: {}", ended["error"]);
        }
    }
    // Other work goes on, in the same process.
    let id = ada.upload(&moving("320x180", 25, 3, H264_AAC), &UploadOptions::default()).await;
    ada.wait_for_state(&id, "ready").await;
    assert!(listener.accept().is_err(), "something connected");
    assert!(testkit::is_running(server.pid()) && !server.log().contains("panicked"));
}

/// Words for a person: no path, no program, no code.
fn told(error: &Value) -> bool {
    let message = error["message"].as_str().unwrap_or_default();
    message.len() > 20
        && message.ends_with('.')
        && !["/tmp", "ffmpeg", "Error"].iter().any(|word| message.contains(word))
}
