//! Takes of a recorder: what can be watched while they are made, and what is left of those that go wrong.

use crate::VITASCOPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::clips::{TAKE_H264, TAKE_VP8, moving};
use testkit::take::{Take, chunks, record};
use testkit::{Client, Options, Server, UploadOptions, decode_warnings, eventually, extinf_sum};

/// Recorded by Chromium; from its fifth second on the picture has another size.
const RESIZED: &[u8] = include_bytes!("../../../testkit/fixtures/chromium-resized.mkv");

fn server(more: &[(&str, &str)]) -> Server {
    let steps = "[{short_side=240,maxrate=600000,level=30}]";
    let options = Options::default().env("VITASCOPE_LADDER__STEPS", steps);
    Server::start(VITASCOPE, more.iter().fold(options, |options, (name, value)| options.env(name, value)))
}

async fn code(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let problem: Value = response.json().await.unwrap();
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

async fn reaches(take: &Take, seconds: f64) {
    eventually(&format!("{seconds} s can be watched"), Duration::from_secs(60), async || {
        (take.frontier().await >= seconds).then_some(())
    })
    .await;
}

/// The segments of each playlist.
async fn segments(take: &Take, video: &Value) -> Vec<(String, Vec<String>)> {
    let names = |text: &str| text.lines().filter(|line| line.ends_with(".m4s")).map(str::to_owned).collect();
    take.client.playlists(video).await.1.iter().map(|(url, text)| (url.clone(), names(text))).collect()
}

/// Every playlist has ended, is `seconds` long, and decodes; what was there `before` still is.
async fn is_whole(server: &Server, take: &Take, seconds: f64, before: &[(String, Vec<String>)]) -> Value {
    let video = take.client.wait_for_state(&take.id, "ready").await;
    let now = segments(take, &video).await;
    for (url, names) in before {
        let (_, now) = now.iter().find(|(other, _)| other == url).expect("a playlist that was there");
        assert!(!names.is_empty() && now[..names.len()] == names[..], "{url}: what was published stays");
    }
    for (url, text) in take.client.playlists(&video).await.1 {
        let (sum, longest) = extinf_sum(&text);
        let target = text.lines().find_map(|line| line.strip_prefix("#EXT-X-TARGETDURATION:")).unwrap();
        assert!(text.contains("#EXT-X-ENDLIST"), "{url}");
        assert!((sum - seconds).abs() < 0.15, "{url}: {sum} of {seconds}");
        assert!(longest.round() <= target.parse().unwrap(), "{url}: {longest} over {target}");
        // Frames closer together than the rate that FFmpeg guesses are no fault of theirs.
        let warnings = decode_warnings(&format!("{}{url}", server.base));
        let warnings: Vec<_> = warnings.lines().filter(|line| !line.starts_with("[null @")).collect();
        assert!(warnings.is_empty(), "{url}: {warnings:#?}");
    }
    assert!((video["duration_seconds"].as_f64().unwrap() - seconds).abs() < 0.15, "{video:#}");
    video
}

fn picture(video: &Value) -> &Value {
    let rungs = video["rungs"].as_array().unwrap();
    rungs.iter().find(|rung| rung["kind"] == "video").expect("a picture")
}

#[tokio::test]
async fn a_take_is_watched_while_it_is_made_and_whole_when_it_ends() {
    let clips = [(TAKE_H264, true), (TAKE_VP8, false)]
        .map(|(codec, copied)| (moving("640x360", 30, 13, codec), copied));
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    for (clip, copied) in clips {
        let mut take = Take::open(&ada, json!({})).await;
        for part in chunks(&clip) {
            take.put(part).await;
        }
        reaches(&take, 8.0).await;
        let early = ada.video(&take.id).await;
        assert_eq!((&early["state"], &early["being_recorded"]), (&"uploading".into(), &true.into()));
        assert_eq!(picture(&early)["copied"], copied, "{early:#}");
        let before = segments(&take, &early).await;
        let (after, whole) = take.complete_and_wait().await;
        assert!((whole["duration_seconds"].as_f64().unwrap() - 13.0).abs() < 0.15, "{whole:#}");
        // The bench says how soon; here the processors may be shared with everything.
        assert!(after < Duration::from_secs(5), "{after:?}");
        is_whole(&server, &take, 13.0, &before).await;
    }
}

#[tokio::test]
async fn a_recorder_at_its_own_pace_is_followed_closely() {
    let clip = moving("640x360", 30, 14, TAKE_H264);
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    let measured = record(&server, &ada, &clip, None).await;
    assert!(measured.behind.is_some_and(|(_, most)| most < 8.0), "{measured:?}");
    assert!(measured.whole < Duration::from_secs(5), "{measured:?}");
}

#[tokio::test]
async fn a_fragmented_mp4_is_copied_while_it_arrives() {
    let codec: Vec<&str> = TAKE_H264[..TAKE_H264.len() - 2]
        .iter()
        .copied()
        .chain(["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"])
        .collect();
    let clip = moving("640x360", 30, 9, &codec);
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    let mut take = Take::open(&ada, json!({})).await;
    // Sizes that mean nothing: parts are not fragments.
    for part in clip.chunks(50_001) {
        take.put(part).await;
    }
    reaches(&take, 5.0).await;
    let early = ada.video(&take.id).await;
    assert_eq!(picture(&early)["copied"], true, "{early:#}");
    take.complete().await;
    is_whole(&server, &take, 9.0, &segments(&take, &early).await).await;
}

#[tokio::test]
async fn a_picture_that_stands_still_makes_long_segments() {
    // A frame every five seconds, as of a screen on which nothing happens.
    let picture_of = "testsrc2=size=640x360:rate=1/5:duration=30";
    let sound = "sine=frequency=440:sample_rate=48000:duration=30";
    let clip = testkit::clips::make(
        &[&["-f", "lavfi", "-i", picture_of, "-f", "lavfi", "-i", sound], TAKE_H264, &["-g", "1"]].concat(),
    );
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    let mut take = Take::open(&ada, json!({})).await;
    for part in clip.chunks(clip.len().div_ceil(15)) {
        take.put(part).await;
    }
    // A frame is as long as the next one says, and that one ends a fragment by the one after it.
    reaches(&take, 14.0).await;
    take.complete().await;
    is_whole(&server, &take, 30.0, &[]).await;
}

#[tokio::test]
async fn a_picture_that_changes_its_size_is_encoded_and_goes_on() {
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    let mut take = Take::open(&ada, json!({})).await;
    // Chromium's first part may be a single byte.
    let (first, rest) = RESIZED.split_at(1);
    take.put(first).await;
    let parts: Vec<&[u8]> = rest.chunks(rest.len().div_ceil(8)).collect();
    for part in &parts[..4] {
        take.put(part).await;
    }
    reaches(&take, 2.0).await;
    let early = ada.video(&take.id).await;
    assert_eq!(picture(&early)["copied"], true, "{early:#}");
    for part in &parts[4..] {
        take.put(part).await;
    }
    eventually("it goes on, encoded", Duration::from_secs(60), async || {
        let video = ada.video(&take.id).await;
        (video["playable"] == true && picture(&video)["copied"] == false).then_some(())
    })
    .await;
    assert_eq!(ada.video(&take.id).await["state"], "uploading");
    take.complete().await;
    let video = is_whole(&server, &take, 8.0, &[]).await;
    assert!(video["rungs"].as_array().unwrap().iter().all(|rung| rung["copied"] == false), "{video:#}");
}

#[tokio::test]
async fn a_sound_that_ends_before_the_picture_is_followed_by_silence() {
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    // An unplugged microphone: nothing that was published may go.
    let inputs = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=9"];
    let sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=5.5"];
    for (codec, copied) in [(TAKE_H264, true), (TAKE_VP8, false)] {
        let clip = testkit::clips::make(&[&inputs, &sound, codec].concat());
        let mut take = Take::open(&ada, json!({})).await;
        for part in chunks(&clip) {
            take.put(part).await;
        }
        reaches(&take, 4.0).await;
        let early = ada.video(&take.id).await;
        let before = segments(&take, &early).await;
        assert_eq!((picture(&early)["copied"].as_bool(), before.len()), (Some(copied), 2), "{early:#}");
        take.complete().await;
        is_whole(&server, &take, 9.0, &before).await;
    }
}

#[tokio::test]
async fn a_take_survives_kill_9_of_the_server() {
    let clip = moving("640x360", 30, 12, TAKE_H264);
    let mut server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    let mut take = Take::open(&ada, json!({})).await;
    let parts = chunks(&clip);
    for part in &parts[..7] {
        take.put(part).await;
    }
    reaches(&take, 4.0).await;
    let before = segments(&take, &ada.video(&take.id).await).await;
    server.crash_and_restart();
    take.client = ada.at(&server.base);
    for part in &parts[7..] {
        take.put(part).await;
    }
    take.complete().await;
    is_whole(&server, &take, 12.0, &before).await;
}

#[tokio::test]
async fn a_take_that_is_shown_afterwards_is_played_by_its_owner_alone() {
    let clip = moving("640x360", 30, 6, TAKE_H264);
    let server = server(&[]);
    let ada = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    let mut take = Take::open(&ada, json!({"show_while_recording": false})).await;
    for part in chunks(&clip) {
        take.put(part).await;
    }
    reaches(&take, 4.0).await;
    let own = ada.video(&take.id).await;
    assert_eq!(own["show_while_recording"], false);
    let seen = bob.video(&take.id).await;
    assert_eq!((&seen["being_recorded"], &seen["playable"]), (&true.into(), &false.into()));
    assert_eq!((&seen["rungs"], &seen["show_while_recording"]), (&json!([]), &Value::Null), "{seen:#}");
    let open = seen["playback"]["hls_url"].as_str().unwrap();
    assert_ne!(open, own["playback"]["hls_url"], "the owner has a grant");
    for path in [open, &open.replace("master", "360p/index")] {
        assert_eq!(bob.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let playlist = bob.get(&format!("/api/videos/{}/playlist.m3u8", take.id)).await;
    assert_eq!(code(playlist).await, (409, "being_recorded".to_owned()));
    let listed = bob.json("/api/videos").await;
    assert_eq!(listed["items"], json!([]), "{listed:#}");
    let change = ada.request(Method::PATCH, &format!("/api/videos/{}", take.id));
    let change = change.json(&json!({"show_while_recording": true})).send().await.unwrap();
    assert_eq!(change.status(), StatusCode::OK);
    assert_eq!(bob.get(open).await.status(), StatusCode::OK);
    assert_eq!(bob.video(&take.id).await["playable"], true);
}

#[tokio::test]
async fn an_abandoned_take_is_ended_by_the_server() {
    let clip = moving("640x360", 30, 8, TAKE_H264);
    let server = server(&[("VITASCOPE_ABANDONED_TAKE_SECONDS", "3")]);
    let ada = Client::register(&server.base, "ada").await;
    let parts = chunks(&clip);
    let mut paused = Take::open(&ada, json!({})).await;
    paused.put(parts[0]).await;
    let mut take = Take::open(&ada, json!({"visibility": "private"})).await;
    for part in &parts[..5] {
        take.put(part).await;
    }
    let late = ada.part_url(&take.id, 6).await;
    // Behind a hole.
    assert_eq!(ada.put_part(&take.id, 8, parts[7]).await.status(), StatusCode::OK);
    eventually("the server ends it", Duration::from_secs(20), async || {
        let asked = ada.post(&format!("/api/videos/{}/parts", paused.id), &json!({"numbers": []})).await;
        assert_eq!(asked.status(), StatusCode::OK, "who asks is still there");
        (ada.video(&take.id).await["state"] != "uploading").then_some(())
    })
    .await;
    assert_eq!(ada.video(&paused.id).await["state"], "uploading");
    assert_eq!(code(ada.put(&late, parts[5]).await).await, (409, "take_ended".to_owned()));
    let path = format!("/api/videos/{}/complete", take.id);
    assert_eq!(code(ada.post(&path, &json!({"count": 8})).await).await, (409, "take_ended".to_owned()));
    assert_eq!(ada.post(&path, &json!({"count": 5})).await.status(), StatusCode::ACCEPTED);
    is_whole(&server, &take, 5.0, &[]).await;
}

#[tokio::test]
async fn what_a_recorder_may_do_wrong_is_told_and_keeps_what_is_there() {
    let clip = moving("640x360", 30, 4, TAKE_H264);
    let parts = chunks(&clip);
    let server = server(&[("VITASCOPE_QUOTA_BYTES", "20000000")]);
    let ada = Client::register(&server.base, "ada").await;

    let empty = Take::open(&ada, json!({})).await;
    let path = format!("/api/videos/{}/complete", empty.id);
    assert_eq!(code(ada.post(&path, &json!({"count": 0})).await).await, (409, "empty_take".to_owned()));
    let failed = ada.video(&empty.id).await;
    assert_eq!((&failed["state"], &failed["error"]["code"]), (&"failed".into(), &"empty_take".into()));

    let mut take = Take::open(&ada, json!({})).await;
    // Out of order, twice, and by two tabs that count alike.
    for number in [2, 1, 3, 2] {
        let put = ada.put_part(&take.id, number, parts[usize::try_from(number).unwrap() - 1]).await;
        assert_eq!(put.status(), StatusCode::OK);
    }
    let other = ada.put_part(&take.id, 3, b"the other tab's").await;
    assert_eq!(code(other).await, (409, "part_differs".to_owned()));
    take.put_rest(&parts, 3).await;
    let received = ada.json(&format!("/api/videos/{}/upload?limit=3", take.id)).await;
    assert_eq!((received["received"].as_array().unwrap().len(), &received["next"]), (3, &3.into()));
    let received = ada.json(&format!("/api/videos/{}/upload?after=3", take.id)).await;
    assert_eq!(
        (received["received"].as_array().unwrap().len(), &received["next"]),
        (parts.len() - 3, &Value::Null)
    );

    // The quota is reached in the middle: what is here is kept, and completes.
    let used = ada.json("/api/me/usage").await["used_bytes"].as_u64().unwrap();
    ada.init(17_000_000 - used, &UploadOptions::default()).await;
    let asked = ada.post(&format!("/api/videos/{}/parts", take.id), &json!({"numbers": [99]})).await;
    assert_eq!(code(asked).await, (413, "quota_exceeded".to_owned()));
    take.complete().await;
    is_whole(&server, &take, 4.0, &[]).await;
}
