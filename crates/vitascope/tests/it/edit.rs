//! Edits: exact to the frame, in step, and nothing of what was cut is to be had.

mod marks;
mod viewer;

use crate::VITASCOPE;
use marks::{Frames, Sound, expected, keep, spans};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;
use testkit::{Client, Options, Server, UploadOptions, clips, eventually};
use viewer::{everything, rungs};

const RATE: u32 = 30;
const SECONDS: u32 = 20;
const DURATION_US: i64 = SECONDS as i64 * 1_000_000;

/// A copied rung and an encoded one.
fn options() -> Options {
    Options::default().env(
        "VITASCOPE_LADDER__STEPS",
        "[{short_side=144,maxrate=400000,level=30},{short_side=270,maxrate=900000,level=30}]",
    )
}

/// Every frame says its number, the sound its time, and a caption the second.
fn clip() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let subtitles = folder.path().join("s.srt");
    let cue = |n: u32| format!("{}\n00:00:{n:02},100 --> 00:00:{n:02},900\nsecond {n}.\n\n", n + 1);
    std::fs::write(&subtitles, (0..SECONDS).map(cue).collect::<String>()).unwrap();
    let picture = format!("testsrc2=size=480x270:rate={RATE}:duration={SECONDS},{}", Frames::filter());
    let sound = format!("aevalsrc='0.4*sin(2*PI*(200*t+100*t*t))':s=48000:d={SECONDS}");
    clips::make(&[
        "-f",
        "lavfi",
        "-i",
        &picture,
        "-f",
        "lavfi",
        "-i",
        &sound,
        "-i",
        subtitles.to_str().unwrap(),
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-tune",
        "zerolatency",
        "-bf",
        "2",
        "-b:v",
        "1M",
        "-maxrate",
        "1500k",
        "-bufsize",
        "1500k",
        "-g",
        "60",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-c:s",
        "mov_text",
        "-f",
        "mp4",
    ])
}

async fn put(client: &Client, id: &str, body: &Value) -> reqwest::Response {
    client.request(Method::PUT, &format!("/api/videos/{id}/edit")).json(body).send().await.unwrap()
}

/// Saves an edit and waits until viewers have it with all its pictures; answers how long they waited for its playlists.
async fn save(client: &Client, id: &str, keep: &[(i64, i64)]) -> Duration {
    let version = client.json(&format!("/api/videos/{id}/edit")).await["version"].clone();
    let began = std::time::Instant::now();
    let response = put(client, id, &json!({"version": version, "keep": spans(keep)})).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let shown = shown(client, id).await;
    assert_eq!(shown["version"].as_i64(), version.as_i64().map(|version| version + 1));
    began.elapsed()
}

/// Waits until the newest version is shown.
async fn shown(client: &Client, id: &str) -> Value {
    eventually("the edit is shown", Duration::from_secs(60), async || {
        let edit = client.json(&format!("/api/videos/{id}/edit")).await;
        assert_ne!(edit["state"], "failed", "{edit:#}");
        (edit["state"] == "done").then_some(edit)
    })
    .await
}

async fn storyboard(client: &Client, id: &str) -> Value {
    eventually("the storyboard", Duration::from_secs(60), async || {
        let video = client.video(id).await;
        (!video["playback"]["storyboard_url"].is_null()).then_some(video)
    })
    .await
}

/// The result is what was kept: every frame of every rung once, at its time; the download too, and its sound in step.
async fn check(client: &Client, id: &str, kept: &[(i64, i64)]) {
    let video = client.video(id).await;
    let wanted = expected(kept);
    let length: i64 = kept.iter().map(|(from, to)| to - from).sum();
    let duration = video["duration_seconds"].as_f64().unwrap();
    assert!((duration - length as f64 / 1e6).abs() < 0.07, "{duration} s of {length} µs");
    let mut pictures = 0;
    for (name, file) in rungs(client, &video).await {
        if name.starts_with("audio") {
            continue;
        }
        pictures += 1;
        let frames = Frames::of(&file);
        assert_eq!(frames.numbers, wanted, "{name}");
        let first = frames.times[0];
        for (at, time) in frames.times.iter().enumerate() {
            let should = at as f64 / f64::from(RATE);
            assert!((time - first - should).abs() < 0.002, "{name}: frame {at} at {time} s, not {should}");
        }
    }
    assert!(pictures >= 2, "a copied rung and an encoded one");
    let download = client.get(video["playback"]["download_url"].as_str().unwrap()).await;
    let download = download.bytes().await.unwrap();
    assert_eq!(Frames::of(&download).numbers, wanted);
    let sound = Sound::of(&download);
    let mut at = 0.0;
    // Borders are at frames now.
    let edit = client.json(&format!("/api/videos/{id}/edit")).await;
    for span in edit["keep"].as_array().unwrap() {
        let seconds = |name: &str| span[name].as_i64().unwrap() as f64 / 1e6;
        let (from, to) = (seconds("start_us"), seconds("end_us"));
        for inside in [0.12, to - from - 0.12] {
            let heard = sound.moment(at + inside);
            let off = heard - (from + inside);
            assert!(off.abs() < 0.015, "at {} s is heard {heard} s, {off} s out of step", at + inside);
        }
        at += to - from;
    }
}

/// Nothing that is served shows a frame that was cut, or says a second that was cut.
async fn sweep(client: &Client, id: &str, kept: &[(i64, i64)]) {
    let video = storyboard(client, id).await;
    let allowed: BTreeSet<u32> = expected(kept).into_iter().collect();
    let all = everything(client, &video).await;
    let is_init = |url: &str| url.rsplit('/').next().unwrap().starts_with("init-");
    let (mut frames, mut cues, mut tiles) = (0, 0, 0);
    for (url, bytes) in &all {
        let name = url.rsplit('/').next().unwrap();
        let shown = if name.ends_with(".m4s") && !url.contains("/audio") {
            let folder = url.rsplit_once('/').unwrap().0;
            let init = all.iter().find(|(other, _)| is_init(other) && other.starts_with(folder)).unwrap();
            Frames::of(&[&init.1[..], bytes].concat()).numbers
        } else if name == "download" || name.starts_with("poster-") {
            Frames::of(bytes).numbers
        } else if name.starts_with("storyboard-") {
            let found = Frames::tiles(bytes);
            tiles += found.len();
            found
        } else {
            Vec::new()
        };
        frames += shown.len();
        let cut: Vec<_> = shown.iter().filter(|number| !allowed.contains(number)).collect();
        assert!(cut.is_empty(), "{url} shows {cut:?}");
        if name.ends_with(".vtt") && name != "storyboard.vtt" {
            for line in String::from_utf8_lossy(bytes).lines().filter(|line| line.starts_with("second")) {
                let second: i64 = line.trim_start_matches("second ").trim_end_matches('.').parse().unwrap();
                let (from, to) = (second * 1_000_000 + 100_000, second * 1_000_000 + 900_000);
                let left: i64 = kept.iter().map(|(a, b)| (to.min(*b) - from.max(*a)).max(0)).sum();
                // Borders moved by up to a frame.
                assert!(left * 2 >= to - from - 140_000, "{url} says {line:?}");
                cues += 1;
            }
        }
    }
    assert!(
        frames > 3 * allowed.len() && cues > 0 && tiles > 2,
        "{frames} frames, {cues} cues, {tiles} tiles"
    );
}

#[tokio::test]
async fn five_cuts_are_exact_and_what_was_cut_is_gone() {
    let mut server = Server::start(VITASCOPE, options());
    let owner = Client::register(&server.base, "owner").await;
    let id =
        owner.upload(&clip(), &UploadOptions { visibility: "private", ..UploadOptions::default() }).await;
    owner.wait_for_state(&id, "ready").await;
    let before = storyboard(&owner, &id).await;
    let (master, lists) = owner.playlists(&before).await;
    let old = everything(&owner, &before).await;
    let viewer = Client::anonymous(&server.base);

    let kept = keep(7);
    let waited = save(&owner, &id, &kept).await;
    println!("{} spans are shown after {waited:?}", kept.len());
    check(&owner, &id, &kept).await;
    sweep(&owner, &id, &kept).await;
    // By old addresses there is nothing, and without a grant neither.
    for (url, _) in &old {
        let bare = format!("/media/videos/{}", url.split_once("/videos/").unwrap().1);
        for url in [url, &bare] {
            assert_eq!(viewer.get(url).await.status(), StatusCode::NOT_FOUND, "{url}");
        }
    }
    // Who may watch has a grant, but not for names of the whole video; its owner has one for that.
    let now = owner.video(&id).await;
    let base = now["playback"]["hls_url"].as_str().unwrap().rsplit_once('/').unwrap().0.to_owned();
    let edit = owner.json(&format!("/api/videos/{id}/edit")).await;
    let whole = edit["original"]["hls_url"].as_str().unwrap().rsplit_once('/').unwrap().0.to_owned();
    for (url, bytes) in old
        .iter()
        .filter(|(url, _)| url.ends_with(".m4s") || url.contains("poster-") || url.contains("storyboard-"))
    {
        let name = url.split_once(&format!("/videos/{id}/")).unwrap().1;
        assert_eq!(viewer.get(&format!("{base}/{name}")).await.status(), StatusCode::NOT_FOUND, "{name}");
        let seen = viewer.get(&format!("{base}/original/{name}")).await;
        assert_eq!(seen.status(), StatusCode::NOT_FOUND, "{name}");
        assert_eq!(owner.get(&format!("{whole}/{name}")).await.bytes().await.unwrap(), bytes[..], "{name}");
    }
    for (url, text) in lists.iter().filter(|(url, _)| !url.contains("captions")) {
        let name = url.split_once(&format!("/videos/{id}/")).unwrap().1;
        assert_eq!(owner.text(&format!("{whole}/{name}")).await, *text);
    }
    assert_eq!(owner.get(&format!("{whole}/storyboard.vtt")).await.status(), StatusCode::OK);

    // A second edit is made of the whole video again, and a kill of the server does not stop it.
    let second = keep(8);
    let poster_at = second[3].0 + 400_000;
    let body = json!({"version": 1, "keep": spans(&second), "poster_at_us": poster_at});
    assert_eq!(put(&owner, &id, &body).await.status(), StatusCode::ACCEPTED);
    let begun = server.data().join(format!("objects/videos/{id}/e2"));
    eventually("the edit is being made", Duration::from_secs(20), async || begun.exists().then_some(()))
        .await;
    server.crash_and_restart();
    let owner = owner.at(&server.base);
    shown(&owner, &id).await;
    check(&owner, &id, &second).await;
    let poster = owner.video(&id).await["playback"]["poster_url"].as_str().unwrap().to_owned();
    let poster = owner.get(&poster).await.bytes().await.unwrap();
    assert_eq!(
        Frames::of(&poster).numbers,
        expected(&[(poster_at, poster_at + 33_333)]),
        "the frame that was chosen"
    );
    let first = now["playback"]["hls_url"].as_str().unwrap();
    assert_eq!(owner.get(first).await.status(), StatusCode::NOT_FOUND, "a grant of the first edit");
    sweep(&owner, &id, &second).await;
    let report: Value = serde_json::from_str(&vitascope(&server, &["verify", "--json"])).unwrap();
    assert_eq!((&report["ok"], &report["orphan_count"]), (&json!(true), &json!(0)), "{report:#}");

    // Without its database the store brings back the edit, and with it the whole.
    let record = server.data().join(format!("objects/videos/{id}/video.json"));
    eventually("the edit is described", Duration::from_secs(20), async || {
        let text = std::fs::read_to_string(&record).unwrap();
        (text.contains("\"edit\":2") && text.contains("e2/storyboard-0")).then_some(())
    })
    .await;
    assert_eq!(server.stop(), Some(0));
    for name in ["vitascope.db", "vitascope.db-wal", "vitascope.db-shm"] {
        let _gone_already = std::fs::remove_file(server.data().join(name));
    }
    vitascope(&server, &["rebuild", "--json"]);
    let password = vitascope(&server, &["admin", "reset-password", "owner"]).trim().to_owned();
    server.launch();
    let mut owner = Client::anonymous(&server.base);
    let answer = owner.post("/api/auth/login", &json!({"login": "owner", "password": password})).await;
    owner.sign_in_with(answer).await;
    check(&owner, &id, &second).await;

    // Undone, everything is as it was.
    save(&owner, &id, &[(0, DURATION_US)]).await;
    let after = owner.video(&id).await;
    let (master_after, lists_after) = owner.playlists(&after).await;
    assert_eq!(master_after, master);
    let text = |lists: &[(String, String)]| lists.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    assert_eq!(text(&lists_after), text(&lists));
    assert_eq!(after["playback"]["captions"].as_array().map(Vec::len), Some(1));
    check(&owner, &id, &[(0, DURATION_US)]).await;
}

#[tokio::test]
async fn a_picture_that_stands_still_is_seen_from_where_a_span_begins() {
    let server = Server::start(VITASCOPE, options());
    let owner = Client::register(&server.base, "owner").await;
    // As of a screen on which nothing happens from the first second to the sixth.
    let picture = format!(
        "testsrc2=size=480x270:rate={RATE}:duration=8,{},select='lt(t,1)+gte(t,6)'",
        Frames::filter()
    );
    let arguments = [
        "-f",
        "lavfi",
        "-i",
        &picture,
        "-fps_mode",
        "passthrough",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ];
    let clip = clips::make(
        &[&arguments[..], &["-bf", "2", "-g", "20", "-pix_fmt", "yuv420p", "-f", "mp4"]].concat(),
    );
    let id = owner.upload(&clip, &UploadOptions::default()).await;
    owner.wait_for_state(&id, "ready").await;
    save(&owner, &id, &[(2_000_000, 4_000_000), (5_000_000, 6_500_000)]).await;
    let video = owner.video(&id).await;
    assert_eq!(video["duration_seconds"], 3.5);
    let wanted: Vec<u32> = [29, 29].into_iter().chain(180..195).collect();
    for (name, file) in rungs(&owner, &video).await {
        let frames = Frames::of(&file);
        assert_eq!(frames.numbers, wanted, "{name}");
        let from_first: Vec<_> = frames.times.iter().map(|time| time - frames.times[0]).collect();
        assert!(
            (from_first[1] - 2.0).abs() < 0.01 && (from_first[2] - 3.0).abs() < 0.01,
            "{name}: {from_first:?}"
        );
    }
}

fn vitascope(server: &Server, args: &[&str]) -> String {
    let mut words = args.to_vec();
    let data = server.data();
    words.splice(1..1, ["--data", data.to_str().unwrap()]);
    let output = Command::new(VITASCOPE).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn lists_that_lie_are_refused_in_words() {
    let server = Server::start(VITASCOPE, options());
    let owner = Client::register(&server.base, "owner").await;
    let sound = clips::make(&["-f", "lavfi", "-i", "sine=d=6", "-c:a", "aac", "-f", "mp4"]);
    let id = owner.upload(&sound, &UploadOptions::default()).await;
    owner.wait_for_state(&id, "ready").await;
    let unfinished = owner.init(10, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let body = json!({"version": 0, "keep": spans(&[(0, 1_000_000)])});
    let problem: Value = put(&owner, &unfinished, &body).await.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&json!(409), &json!("not_editable")));
    let many: Vec<_> = (0..201).map(|n| (n * 20_000, n * 20_000 + 10_000)).collect();
    for (keep, word) in [
        (vec![], "keep something"),
        (vec![(0, 2_000_000), (1_000_000, 3_000_000)], "overlap"),
        (vec![(2_000_000, 3_000_000), (0, 1_000_000)], "in order"),
        (vec![(0, 60_000_000)], "out of the video"),
        (vec![(-5, 1_000_000)], "out of the video"),
        (vec![(3_000_000, 1_000_000)], "long"),
        (vec![(i64::MIN, i64::MAX)], "out of the video"),
        (many, "at most 200"),
    ] {
        let response = put(&owner, &id, &json!({"version": 0, "keep": spans(&keep)})).await;
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(
            (&problem["status"], &problem["errors"][0]["field"]),
            (&json!(422), &json!("keep")),
            "{problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
    let cut = json!({"version": 0, "keep": spans(&[(0, 1_000_000)]), "poster_at_us": 2_000_000});
    assert_eq!(put(&owner, &id, &cut).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for junk in [
        json!({}),
        json!({"version": 0, "keep": "all"}),
        json!({"version": 0, "keep": [{"start_us": 0.5, "end_us": 1}]}),
    ] {
        assert_eq!(put(&owner, &id, &junk).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{junk}");
    }
    // A sound alone can be cut; and who has not seen the newest version does not write over it.
    save(&owner, &id, &[(1_000_000, 2_500_000), (4_000_000, 5_000_000)]).await;
    assert_eq!(owner.video(&id).await["duration_seconds"], 2.5);
    let stale: Value = put(&owner, &id, &body).await.json().await.unwrap();
    assert_eq!((&stale["status"], &stale["code"]), (&json!(409), &json!("edit_conflict")));
}
