use crate::{server, server_with_one_rung};
use serde_json::Value;
use std::time::Duration;
use testkit::clips::{H264_AAC, VP9_OPUS, make, moving};
use testkit::{Client, UploadOptions, copies, decode_warnings, eventually, extinf_sum};

async fn processed(clip: &[u8]) -> (testkit::Server, Client, Value) {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    (server, ada, video)
}

/// What must hold for every playlist of a video that is ready.
async fn check_playlists(server: &testkit::Server, ada: &Client, video: &Value, frame_seconds: f64) {
    let duration = video["duration_seconds"].as_f64().unwrap();
    let (master, lists) = ada.playlists(video).await;
    assert!(master.contains("#EXT-X-INDEPENDENT-SEGMENTS"), "{master}");
    assert!(!lists.is_empty());
    for (url, text) in &lists {
        assert!(text.contains("#EXT-X-PLAYLIST-TYPE:EVENT") && text.contains("#EXT-X-ENDLIST"), "{text}");
        assert!(text.contains("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"), "{text}");
        let target: f64 =
            text.split("TARGETDURATION:").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let (sum, longest) = extinf_sum(text);
        assert!(longest.round() <= target, "{url}: EXTINF {longest} over TARGETDURATION {target}");
        assert!((sum - duration).abs() <= frame_seconds, "{url}: EXTINF sum {sum}, duration {duration}");
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
    let master_url = format!("{}{}", server.base, video["playback"]["hls_url"].as_str().unwrap());
    assert_eq!(decode_warnings(&master_url), "");
}

fn rungs(video: &Value) -> Vec<(String, bool, i64)> {
    let rungs = video["rungs"].as_array().unwrap();
    rungs
        .iter()
        .map(|r| {
            (
                r["name"].as_str().unwrap().to_owned(),
                r["copied"].as_bool().unwrap(),
                r["height"].as_i64().unwrap_or(0),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_copy_that_is_made_twice_has_the_same_bytes() {
    let server = server_with_one_rung();
    let ada = Client::register(&server.base, "ada").await;
    for format in ["matroska", "mpegts", "flv", "mp4"] {
        let codec: Vec<_> = H264_AAC[..H264_AAC.len() - 1].iter().copied().chain([format]).collect();
        let clip = moving("320x180", 25, 5, &codec);
        let mut objects = Vec::new();
        for _ in 0..2 {
            let id = ada.upload(&clip, &UploadOptions::default()).await;
            let video = ada.wait_for_state(&id, "ready").await;
            objects.push(copies(&ada, &video).await);
        }
        // An init segment and three more of the picture, and where it is AAC of the sound.
        assert!(objects[0].len() >= 4, "{format}: {objects:?}");
        assert_eq!(objects[0], objects[1], "{format}");
    }
}

#[tokio::test]
async fn h264_and_aac_are_copied_and_lower_rungs_are_encoded() {
    let (server, ada, video) = processed(&moving("1280x720", 25, 12, H264_AAC)).await;
    let expected = [("720p", true, 720), ("480p", false, 480), ("360p", false, 360), ("240p", false, 240)];
    let rungs = rungs(&video);
    for (name, copied, height) in expected {
        assert!(rungs.contains(&(name.to_owned(), copied, height)), "{name}: {rungs:?}");
    }
    assert!(rungs.contains(&("audio".to_owned(), true, 0)), "the AAC is copied: {rungs:?}");
    assert_eq!(rungs.len(), 5, "{rungs:?}");
    assert!(video["plan"].to_string().contains("copied"), "{}", video["plan"]);
    check_playlists(&server, &ada, &video, 0.04).await;
    let poster = ada.get(video["playback"]["poster_url"].as_str().unwrap()).await;
    assert_eq!(poster.headers()["content-type"], "image/jpeg");
    assert!(poster.bytes().await.unwrap().starts_with(&[0xff, 0xd8]));
}

#[tokio::test]
async fn vp9_and_opus_are_encoded_quick_rung_first() {
    let (server, ada, video) = processed(&moving("640x480", 30, 10, VP9_OPUS)).await;
    let rungs = rungs(&video);
    assert!(rungs.iter().all(|(_, copied, _)| !copied), "{rungs:?}");
    let heights: Vec<_> = rungs.iter().map(|rung| rung.2).filter(|height| *height > 0).collect();
    assert_eq!(heights, [240, 480, 360], "in the order in which they were made");
    check_playlists(&server, &ada, &video, 0.034).await;
}

#[tokio::test]
async fn a_silent_video_has_no_audio_group() {
    let picture = "testsrc2=size=320x180:rate=25:duration=5";
    let clip = make(&[
        "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", "-f", "mp4",
    ]);
    let (server, ada, video) = processed(&clip).await;
    let (master, _) = ada.playlists(&video).await;
    assert!(!master.contains("AUDIO"), "{master}");
    check_playlists(&server, &ada, &video, 0.04).await;
}

#[tokio::test]
async fn sound_alone_plays_too() {
    let clip =
        make(&["-f", "lavfi", "-i", "sine=frequency=440:duration=6", "-c:a", "libmp3lame", "-f", "mp3"]);
    let (server, ada, video) = processed(&clip).await;
    assert_eq!(rungs(&video).len(), 1);
    check_playlists(&server, &ada, &video, 0.05).await;
}

#[tokio::test]
async fn a_video_plays_before_its_encode_ends_and_its_playlists_only_grow() {
    let clip = moving("1280x720", 30, 60, VP9_OPUS);
    let server = server_with_one_rung();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_until_playable(&id).await;
    assert_eq!(video["state"], "processing");
    let duration = video["duration_seconds"].as_f64().unwrap();
    assert!((duration - 60.0).abs() < 0.1, "the whole duration is known from the start: {duration}");
    let (_, before) = ada.playlists(&video).await;
    assert!(before.iter().any(|(_, text)| !text.contains("#EXT-X-ENDLIST")), "everything was there at once");
    let video = ada.wait_for_state(&id, "ready").await;
    for (url, text) in &before {
        let after = ada.text(url).await;
        assert!(after.starts_with(text.as_str()), "{url} did not only grow");
    }
    check_playlists(&server, &ada, &video, 0.034).await;
}

#[tokio::test]
async fn a_clip_in_several_parts_is_put_together() {
    let clip = moving("640x360", 25, 10, H264_AAC);
    let part = (clip.len() / 5).to_string();
    let server = testkit::Server::start(
        crate::VITASCOPE,
        testkit::Options::default().env("VITASCOPE_PART_SIZE", &part),
    );
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    check_playlists(&server, &ada, &video, 0.04).await;
    let scratch = server.data().join("scratch");
    eventually("the scratch folder is empty", Duration::from_secs(5), async || {
        std::fs::read_dir(&scratch).ok()?.next().is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deleted_video_stops_its_encode_and_leaves_no_bytes() {
    let clip = moving("1280x720", 30, 60, VP9_OPUS);
    let server = server_with_one_rung();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    ada.wait_until_playable(&id).await;
    ada.request(reqwest::Method::DELETE, &format!("/api/videos/{id}")).send().await.unwrap();
    eventually("no ffmpeg is left", Duration::from_secs(10), async || {
        testkit::children_of(server.pid()).is_empty().then_some(())
    })
    .await;
    let folder = server.data().join("objects/videos").join(&id);
    eventually("no object is left", Duration::from_secs(10), async || (!folder.exists()).then_some(())).await;
}
