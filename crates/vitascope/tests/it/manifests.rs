use crate::server;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use testkit::clips::{H264_AAC, again, make, moving};
use testkit::{Client, Server, UploadOptions, decode_warnings};

/// A private video of 12 s that is ready, its owner, and somebody without an account.
async fn private() -> (Server, Client, Client, Value) {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let options = UploadOptions { visibility: "private", ..UploadOptions::default() };
    let id = ada.upload(&moving("640x360", 25, 12, H264_AAC), &options).await;
    let playable = ada.wait_until_playable(&id).await;
    if playable["state"] == "processing" {
        assert!(playable["playback"].get("dash_url").is_none(), "{playable}");
    }
    let video = ada.wait_for_state(&id, "ready").await;
    let anonymous = Client::anonymous(&server.base);
    (server, ada, anonymous, video)
}

fn address(video: &Value, name: &str) -> String {
    video["playback"][name].as_str().unwrap_or_else(|| panic!("no {name}: {video}")).to_owned()
}

#[tokio::test]
async fn sound_alone_offers_every_language_in_both_manifests() {
    let tones =
        ["-f", "lavfi", "-i", "sine=f=300:d=3:r=48000", "-f", "lavfi", "-i", "sine=f=600:d=3:r=48000"];
    let words =
        "-map 0 -map 1 -c:a aac -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger -f matroska";
    let clip = make(&tones.into_iter().chain(words.split(' ')).collect::<Vec<_>>());
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    let (master, lists) = ada.playlists(&video).await;
    for line in
        ["NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES", "NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO"]
    {
        assert!(master.contains(line), "{master}");
    }
    assert!(master.contains("AUDIO=\"audio\"\naudio/index.m3u8"), "{master}");
    for name in ["/audio/", "/audio-2/"] {
        let (url, _) = lists.iter().find(|(url, _)| url.contains(name)).unwrap();
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "");
    }
    let mpd = ada.text(&address(&video, "dash_url")).await;
    for language in ["lang=\"en\"", "lang=\"de\"", "<Label>Deutsch</Label>"] {
        assert!(mpd.contains(language), "{mpd}");
    }
}

#[tokio::test]
async fn a_finished_video_has_a_dash_manifest_and_a_storyboard_behind_its_grant() {
    let (server, ada, anonymous, video) = private().await;
    let id = video["id"].as_str().unwrap();

    let mpd = address(&video, "dash_url");
    let text = anonymous.text(&mpd).await;
    for rung in video["rungs"].as_array().unwrap() {
        let name = rung["name"].as_str().unwrap();
        assert!(text.contains(&format!("<BaseURL>{name}/</BaseURL>")), "{name}: {text}");
    }
    assert!(text.contains("mediaPresentationDuration=\"PT12.0"), "{text}");
    assert!(text.contains("frameRate=\"25\""), "{text}");
    assert_eq!(decode_warnings(&format!("{}{mpd}", server.base)), "");
    let redirect = ada.get(&format!("/api/videos/{id}/manifest.mpd")).await;
    assert_eq!(redirect.status(), StatusCode::TEMPORARY_REDIRECT);
    assert!(redirect.headers()["location"].to_str().unwrap().ends_with("/manifest.mpd"));

    let storyboard = address(&video, "storyboard_url");
    let vtt = anonymous.text(&storyboard).await;
    let cues: Vec<_> = vtt.lines().filter_map(|line| line.split_once("#xywh=")).collect();
    // A keyframe every second or two: tiles are at least two seconds apart.
    assert!((4..=6).contains(&cues.len()), "{vtt}");
    assert!(vtt.contains("\n00:00:00.000 --> ") && vtt.contains(" --> 00:00:12.0"), "{vtt}");
    assert_eq!((cues[0].1, cues[1].1), ("0,0,160,90", "160,0,160,90"));
    let folder = storyboard.rsplit_once('/').unwrap().0;
    let sheet = anonymous.get(&format!("{folder}/{}", cues[0].0)).await;
    assert_eq!(sheet.headers()["content-type"], "image/jpeg");
    let sheet = sheet.bytes().await.unwrap();
    assert!(sheet.starts_with(b"\xff\xd8\xff") && sheet.ends_with(b"\xff\xd9"));

    let grant = mpd.split('/').nth(2).unwrap();
    for url in [&mpd, &storyboard] {
        let open = url.replacen(&format!("/{grant}"), "", 1);
        assert_eq!(anonymous.get(&open).await.status(), StatusCode::NOT_FOUND, "{open}");
    }
    assert_eq!(
        anonymous.get(&format!("/api/videos/{id}/manifest.mpd")).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_storyboard_of_a_source_with_one_keyframe_shows_the_moments_between() {
    const LUMA_A_SECOND: f64 = 14.0;
    let ramp = format!("nullsrc=s=320x180:r=25:d=13,geq=lum='16+{LUMA_A_SECOND}*T':cb=128:cr=128");
    let one_key =
        ["-c:v", "libx264", "-preset", "ultrafast", "-g", "9999", "-sc_threshold", "0", "-f", "mp4"];
    let clip = make(&[&["-f", "lavfi", "-i", &ramp], &one_key[..]].concat());
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    let storyboard = address(&video, "storyboard_url");
    let vtt = ada.text(&storyboard).await;
    let cues: Vec<(f64, &str)> =
        vtt.lines().collect::<Vec<_>>().windows(2).filter_map(|pair| cue(pair[0], pair[1])).collect();
    assert!((4..=7).contains(&cues.len()), "{vtt}");
    let folder = storyboard.rsplit_once('/').unwrap().0;
    let sheet = ada.get(&format!("{folder}/{}", cues[0].1)).await.bytes().await.unwrap();
    let grey = again(&sheet, &[], &["-pix_fmt", "gray", "-f", "rawvideo"]);
    for (index, (start, _)) in cues.iter().enumerate() {
        let (x, y) = (index % 5 * 160 + 80, index / 5 * 90 + 45);
        // A JPEG's luma goes from 0 to 255, a video's from 16 to 235.
        let shown = f64::from(grey[y * 800 + x]) * 219.0 / 255.0 / LUMA_A_SECOND;
        assert!((shown - start).abs() < 0.6, "tile {index} of {start} s shows {shown:.2} s");
    }
}

/// When a cue begins, in seconds, and which file it names.
fn cue<'a>(times: &str, picture: &'a str) -> Option<(f64, &'a str)> {
    let clock = times.split_once(" --> ")?.0;
    let start = clock.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?))?;
    Some((start, picture.split_once('#')?.0))
}

#[tokio::test]
async fn a_finished_video_is_one_mp4_file_for_whoever_may_watch_it() {
    let clip = moving("640x360", 25, 12, H264_AAC);
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let options = UploadOptions { visibility: "private", ..UploadOptions::default() };
    let id = ada.upload(&clip, &options).await;
    let video = ada.wait_for_state(&id, "ready").await;
    let anonymous = Client::anonymous(&server.base);
    let url = address(&video, "download_url");

    let response = anonymous.get(&url).await;
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "video/mp4");
    let disposition = headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    let whole = response.bytes().await.unwrap();
    assert_eq!(headers["content-length"], whole.len().to_string().as_str());

    // The picture and the sound were copied, so everything is as in the source but for the encoder's priming.
    let folder = tempfile::tempdir().unwrap();
    let (source, file) = (folder.path().join("source.mp4"), folder.path().join("file.mp4"));
    std::fs::write(&source, &clip).unwrap();
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(decode_warnings(file.to_str().unwrap()), "");
    for stream in ["v:0", "a:0"] {
        let (expected, got) = (times(&source, stream), times(&file, stream));
        let expected: Vec<_> = expected.into_iter().filter(|time| *time >= 0.0).collect();
        assert_eq!(got.len(), expected.len(), "{stream}");
        let worst =
            got.iter().zip(&expected).map(|(got, expected)| (got - expected).abs()).fold(0.0, f64::max);
        assert!(worst < 0.005, "{stream}: {worst} s off");
    }
    let moov = whole.windows(4).position(|bytes| bytes == b"moov").unwrap();
    assert!(moov < 100, "the index is in front");

    let range = async |spec: &str| {
        let response = anonymous.request(Method::GET, &url).header("range", spec).send().await.unwrap();
        (response.status(), response.bytes().await.unwrap())
    };
    let mut seed = 1_usize;
    for _ in 0..30 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let from = (seed >> 16) % whole.len();
        let to = (from + (seed >> 40) % 300_000).min(whole.len() - 1);
        let (status, bytes) = range(&format!("bytes={from}-{to}")).await;
        assert_eq!(status, StatusCode::PARTIAL_CONTENT);
        assert!(bytes == whole[from..=to], "bytes {from}-{to} differ");
    }
    assert!(range("bytes=-1000").await.1 == whole[whole.len() - 1000..]);
    assert_eq!(range(&format!("bytes={}-", whole.len())).await.0, StatusCode::RANGE_NOT_SATISFIABLE);

    let head = anonymous.request(Method::HEAD, &url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], headers["content-length"]);
    let again = anonymous.request(Method::GET, &url).header("if-none-match", &headers["etag"]);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let other =
        anonymous.request(Method::GET, &url).header("range", "bytes=0-9").header("if-range", "\"other\"");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::OK, "another file is sent whole");

    let path = format!("/api/videos/{id}/download");
    assert_eq!(anonymous.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert!(ada.get(&path).await.bytes().await.unwrap() == whole);
}

#[tokio::test]
async fn sound_alone_is_one_file_too() {
    let clip =
        make(&["-f", "lavfi", "-i", "sine=frequency=440:duration=6", "-c:a", "libmp3lame", "-f", "mp3"]);
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    assert_eq!(video["playback"]["storyboard_url"], Value::Null);
    assert_eq!(decode_warnings(&format!("{}{}", server.base, address(&video, "dash_url"))), "");
    let response = ada.get(&address(&video, "download_url")).await;
    assert_eq!(response.headers()["content-type"], "audio/mp4");
    assert!(response.headers()["content-disposition"].to_str().unwrap().contains(".m4a\""));
    assert_eq!(decode_warnings(&format!("{}{}", server.base, address(&video, "download_url"))), "");
}

/// Presentation times of a stream's packets in seconds, sorted.
fn times(file: &Path, stream: &str) -> Vec<f64> {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            stream,
            "-show_entries",
            "packet=pts_time",
            "-of",
            "csv=p=0",
        ])
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut times: Vec<f64> = text.lines().filter_map(|line| line.split(',').next()?.parse().ok()).collect();
    times.sort_by(f64::total_cmp);
    times
}
