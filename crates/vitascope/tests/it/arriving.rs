//! Playing while uploading: parts are put in a chosen order, and what plays in the middle is looked at.

use crate::VITASCOPE;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;
use testkit::clips::{H264_AAC, VP9_OPUS, again, make, moving};
use testkit::{Client, Options, Server, UploadOptions, copies, decode_warnings, eventually, extinf_sum};

const PART: usize = 256 << 10;

fn server() -> Server {
    Server::start(VITASCOPE, options())
}

fn options() -> Options {
    Options::default()
        .env("VITASCOPE_PART_SIZE", &PART.to_string())
        .env("VITASCOPE_ARRIVING_IDLE_SECONDS", "2")
}

/// An upload whose parts are put one by one.
struct Upload<'a> {
    ada: Client,
    id: String,
    clip: &'a [u8],
}

impl<'a> Upload<'a> {
    async fn open(server: &Server, clip: &'a [u8]) -> Self {
        let ada = Client::register(&server.base, "ada").await;
        let id =
            ada.init(clip.len() as u64, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
        Self { ada, id, clip }
    }

    fn count(&self) -> u64 {
        self.clip.len().div_ceil(PART) as u64
    }

    async fn put(&self, number: u64) {
        let start = usize::try_from(number - 1).unwrap() * PART;
        let bytes = &self.clip[start..self.clip.len().min(start + PART)];
        assert_eq!(self.ada.put_part(&self.id, number, bytes).await.status(), StatusCode::OK);
    }

    /// Puts the rest and completes; gives the video when it is ready.
    async fn finish(&self, from: u64) -> Value {
        for number in from..=self.count() {
            self.put(number).await;
        }
        assert_eq!(self.ada.complete(&self.id).await.status(), StatusCode::ACCEPTED);
        self.ada.wait_for_state(&self.id, "ready").await
    }

    async fn segments(&self, video: &Value) -> Vec<(String, Vec<String>)> {
        let (_, lists) = self.ada.playlists(video).await;
        let names =
            |text: &str| text.lines().filter(|line| line.ends_with(".m4s")).map(str::to_owned).collect();
        lists.iter().map(|(url, text)| (url.clone(), names(text))).collect()
    }
}

/// Puts all but the last part, with the tail first where it is wanted; the video must play by then, from what is there.
async fn plays_before_its_last_part(server: &Server, clip: &[u8], tail_first: u64) -> (Value, Value) {
    let upload = Upload::open(server, clip).await;
    let (ada, id, count) = (&upload.ada, &upload.id, upload.count());
    assert!(count >= 6, "a clip of {count} parts shows nothing");
    upload.put(1).await;
    for number in 0..tail_first {
        upload.put(count - number).await;
    }
    let held_back = if tail_first > 0 { count / 2 } else { count };
    for number in (2..=count - tail_first).filter(|number| *number != held_back) {
        upload.put(number).await;
    }
    let early = ada.wait_until_playable(id).await;
    assert_eq!(early["state"], "uploading");
    let master = format!("{}{}", server.base, early["playback"]["hls_url"].as_str().unwrap());
    let first = make_from(&["-live_start_index", "0", "-t", "1.5", "-i", &master]);
    assert_eq!(first, "", "what is there does not decode");
    let before = upload.segments(&early).await;
    upload.put(held_back).await;
    assert_eq!(ada.complete(id).await.status(), StatusCode::ACCEPTED);
    let video = ada.wait_for_state(id, "ready").await;
    let after = upload.segments(&video).await;
    for (url, names) in &before {
        let (_, now) = after.iter().find(|(other, _)| other == url).expect("a playlist that was there");
        assert!(!names.is_empty() && now[..names.len()] == names[..], "{url}: what was published stays");
    }
    let duration = video["duration_seconds"].as_f64().unwrap();
    for (url, text) in ada.playlists(&video).await.1 {
        assert!(text.contains("#EXT-X-ENDLIST"), "{url}");
        // A transport stream's picture may begin two frames after its sound.
        assert!((extinf_sum(&text).0 - duration).abs() < 0.1, "{url}: {} of {duration}", extinf_sum(&text).0);
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
    assert!(video["playback"]["poster_url"].is_string(), "{video:#}");
    (early, video)
}

/// What FFmpeg complains of when it decodes what `arguments` name, up to now.
fn make_from(arguments: &[&str]) -> String {
    let output = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error"])
        .args(arguments)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

/// The durations in each playlist of a video, by rung.
async fn cuts(ada: &Client, video: &Value) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<_> = ada
        .playlists(video)
        .await
        .1
        .iter()
        .map(|(url, text)| {
            let rung = url.rsplit('/').nth(1).unwrap().to_owned();
            (rung, text.lines().filter(|line| line.starts_with("#EXTINF")).map(str::to_owned).collect())
        })
        .collect();
    all.sort();
    all
}

/// Each rung's name and announced rate, and the measured one of a copy; that of an encode differs a little from run to run.
fn announced(video: &Value) -> Vec<Value> {
    let mut rungs = video["rungs"].as_array().unwrap().clone();
    for rung in rungs.iter_mut().filter(|rung| rung["copied"] == false) {
        rung["average_bandwidth"] = Value::Null;
    }
    rungs
}

#[tokio::test]
async fn an_mp4_plays_before_its_last_part_and_ends_like_one_that_came_whole() {
    let clip = moving("1280x720", 25, 24, H264_AAC);
    // Not encoded once more: with a rate control over several threads no two runs give the same picture.
    let faststart = again(&clip, &[], &["-c", "copy", "-movflags", "+faststart", "-f", "mp4"]);
    let server = server();
    let (early, last) = plays_before_its_last_part(&server, &clip, 2).await;
    assert!((early["duration_seconds"].as_f64().unwrap() - 24.0).abs() < 0.1, "{early:#}");
    let other = Server::start(VITASCOPE, options());
    let (_, first) = plays_before_its_last_part(&other, &faststart, 0).await;
    // The ordinary way: one part.
    let ordinary = Server::start(VITASCOPE, Options::default().env("VITASCOPE_PART_SIZE", "100000000"));
    let ada = Client::register(&ordinary.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let whole = ada.wait_for_state(&id, "ready").await;
    let expected = cuts(&ada, &whole).await;
    let at = |server: &Server| Client::anonymous(&server.base);
    assert_eq!(cuts(&at(&server), &last).await, expected);
    assert_eq!(cuts(&at(&other), &first).await, expected);
    assert_eq!(announced(&last), announced(&whole), "rates are those of the whole file");
    let objects = copies(&ada, &whole).await;
    assert!(objects.len() > 6, "{objects:?}");
    assert_eq!(
        copies(&at(&server), &last).await,
        objects,
        "a copy has the same bytes, whichever way it came"
    );
    assert_eq!(copies(&at(&other), &first).await, objects);
}

#[tokio::test]
async fn streams_play_before_their_last_part() {
    let server = server();
    let webm = moving("640x360", 30, 24, VP9_OPUS);
    let (_, video) = plays_before_its_last_part(&server, &webm, 0).await;
    assert!(video["rungs"].as_array().unwrap().len() >= 2, "{video:#}");
}

#[tokio::test]
async fn fragmented_and_transport_streams_play_before_their_last_part() {
    let fragmented: Vec<&str> =
        H264_AAC.iter().copied().chain(["-movflags", "+frag_keyframe+empty_moov"]).collect();
    let ts: Vec<&str> = H264_AAC[..H264_AAC.len() - 1].iter().copied().chain(["mpegts"]).collect();
    for codec in [fragmented, ts] {
        let clip = moving("640x360", 25, 16, &codec);
        let server = server();
        plays_before_its_last_part(&server, &clip, 0).await;
    }
}

#[tokio::test]
async fn a_dead_upload_stays_watchable_frees_its_worker_and_goes_on() {
    let clip = moving("1280x720", 25, 24, H264_AAC);
    let server = server();
    let upload = Upload::open(&server, &clip).await;
    let (half, count) = (upload.count() / 2, upload.count());
    // The index may lie across the last two.
    upload.put(count).await;
    upload.put(count - 1).await;
    for number in 1..=half {
        upload.put(number).await;
    }
    upload.ada.wait_until_playable(&upload.id).await;
    eventually("the silent upload's worker is free", Duration::from_secs(20), async || {
        testkit::children_of(server.pid()).is_empty().then_some(())
    })
    .await;
    let early = upload.ada.video(&upload.id).await;
    assert_eq!((&early["state"], &early["playable"]), (&"uploading".into(), &true.into()));
    let before = upload.segments(&early).await;
    assert_eq!(upload.ada.json("/api/me/uploads").await["items"][0]["id"], upload.id);
    for number in half + 1..count - 1 {
        upload.put(number).await;
    }
    assert_eq!(upload.ada.complete(&upload.id).await.status(), StatusCode::ACCEPTED);
    let video = upload.ada.wait_for_state(&upload.id, "ready").await;
    for (url, now) in upload.segments(&video).await {
        if let Some((_, names)) = before.iter().find(|(other, _)| *other == url) {
            assert_eq!(now[..names.len()], names[..], "{url}");
        }
    }
}

#[tokio::test]
async fn an_arriving_stream_survives_kill_9_and_keeps_its_names() {
    let clip = moving("640x360", 30, 24, VP9_OPUS);
    let mut server = server();
    let mut upload = Upload::open(&server, &clip).await;
    let half = upload.count() * 2 / 3;
    for number in 1..=half {
        upload.put(number).await;
    }
    let early = upload.ada.wait_until_playable(&upload.id).await;
    let before = upload.segments(&early).await;
    server.crash_and_restart();
    upload.ada = upload.ada.at(&server.base);
    let video = upload.finish(half + 1).await;
    for (url, now) in upload.segments(&video).await {
        if let Some((_, names)) = before.iter().find(|(other, _)| *other == url) {
            assert_eq!(now[..names.len()], names[..], "{url}");
        }
    }
    for (url, text) in upload.ada.playlists(&video).await.1 {
        assert!((extinf_sum(&text).0 - 24.0).abs() < 0.06, "{url}: {}", extinf_sum(&text).0);
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
}

#[tokio::test]
async fn deleting_an_arriving_video_stops_it_and_leaves_nothing() {
    let clip = moving("1280x720", 25, 24, H264_AAC);
    let server = server();
    let upload = Upload::open(&server, &clip).await;
    // The index may lie across the last two.
    upload.put(upload.count()).await;
    upload.put(upload.count() - 1).await;
    for number in 1..upload.count() - 2 {
        upload.put(number).await;
    }
    upload.ada.wait_until_playable(&upload.id).await;
    upload.ada.request(Method::DELETE, &format!("/api/videos/{}", upload.id)).send().await.unwrap();
    eventually("no ffmpeg and no object is left", Duration::from_secs(10), async || {
        let gone = ["videos", "sources"]
            .iter()
            .all(|f| !server.data().join("objects").join(f).join(&upload.id).exists());
        (gone && testkit::children_of(server.pid()).is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_play_early_waits_for_its_last_part() {
    // All pictures, then all sound; and an index that lies.
    let clip = moving("640x360", 25, 16, H264_AAC);
    let mut lying = clip.clone();
    let stsz = lying.windows(4).rposition(|four| four == b"stsz").unwrap();
    lying[stsz + 12..stsz + 16].fill(0xff);
    let avi = make(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=640x360:rate=25:duration=16",
        "-c:v",
        "mpeg4",
        "-b:v",
        "2M",
        "-f",
        "avi",
    ]);
    for (clip, end) in [(lying, "failed"), (avi, "ready")] {
        let server = server();
        let upload = Upload::open(&server, &clip).await;
        upload.put(upload.count()).await;
        for number in 1..upload.count() {
            if number != 2 {
                upload.put(number).await;
            }
        }
        eventually("the early way was refused", Duration::from_secs(20), async || {
            server.log().contains("waits for the whole file").then_some(())
        })
        .await;
        assert_eq!(upload.ada.video(&upload.id).await["playable"], false);
        upload.put(2).await;
        assert_eq!(upload.ada.complete(&upload.id).await.status(), StatusCode::ACCEPTED);
        upload.ada.wait_for_state(&upload.id, end).await;
    }
}
