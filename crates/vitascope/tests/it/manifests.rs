use crate::server;
use reqwest::StatusCode;
use serde_json::Value;
use testkit::clips::{H264_AAC, moving};
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
