//! Edits: exact to the frame, in step, and nothing of what was cut is to be had.

use crate::VITASCOPE;
use marks::{Frames, Sound, expected, keep, spans};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;
use testkit::{Client, Options, Server, UploadOptions, clips, eventually};

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

/// Everything that a viewer can fetch of a video: (URL, bytes).
async fn everything(client: &Client, video: &Value) -> Vec<(String, Vec<u8>)> {
    let mut open = Vec::new();
    collect(&video["playback"], &mut open);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(url) = open.pop() {
        if !seen.insert(url.clone()) {
            continue;
        }
        let response = client.get(&url).await;
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        let bytes = response.bytes().await.unwrap().to_vec();
        let folder = url.rsplit_once('/').unwrap().0;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines = || text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let quoted = || text.split("URI=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let listed: Vec<String> = match url.rsplit('.').next().unwrap() {
            "m3u8" => quoted().chain(lines()).map(str::to_owned).collect(),
            "vtt" => lines().filter_map(|line| Some(line.split_once("#xywh")?.0.to_owned())).collect(),
            "mpd" => addresses(&text),
            _ => Vec::new(),
        };
        open.extend(listed.iter().map(|uri| resolve(folder, uri)));
        found.push((url, bytes));
    }
    found
}

/// The addresses in a manifest, each under the base in front of it.
fn addresses(text: &str) -> Vec<String> {
    let (mut base, mut urls) = (String::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        let between = |from: &str, to: &str| {
            line.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found.to_owned())
        };
        if let Some(found) = between("<BaseURL>", "</BaseURL>") {
            if found.ends_with('/') { base = found } else { urls.push(found) }
        }
        for name in ["sourceURL=\"", "media=\""] {
            urls.extend(between(name, "\"").map(|found| format!("{base}{found}")));
        }
    }
    assert!(urls.len() > 4, "{text}");
    urls
}

fn resolve(folder: &str, uri: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in uri.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part)
        }
    }
    parts.join("/")
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("/media/") => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        _ => {}
    }
}

/// Every rung's segments behind its init segment, in order: (rung, bytes).
async fn rungs(client: &Client, video: &Value) -> Vec<(String, Vec<u8>)> {
    let (_, lists) = client.playlists(video).await;
    let mut files = Vec::new();
    for (url, text) in lists.iter().filter(|(url, _)| !url.contains("captions")) {
        let folder = url.rsplit_once('/').unwrap().0;
        let map = text.split("#EXT-X-MAP:URI=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let segments = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut file = Vec::new();
        for uri in std::iter::once(map).chain(segments) {
            let response = client.get(&resolve(folder, uri)).await;
            assert_eq!(response.status(), StatusCode::OK, "{uri}");
            file.extend(response.bytes().await.unwrap());
        }
        files.push((folder.rsplit('/').next().unwrap().to_owned(), file));
    }
    files
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
        } else if name == "download" {
            Frames::of(bytes).numbers
        } else if name.starts_with("poster-") {
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
    eventually("the edit is being made", Duration::from_secs(20), async || begun.exists().then_some(())).await;
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

/// What the tests know of frames and sounds.
mod marks {
    use super::{RATE, SECONDS};
    use serde_json::{Value, json};
    use std::process::Command;

    const BITS: u32 = 12;
    const CELLS: usize = 16;

    /// Spans as the API takes them.
    pub(super) fn spans(keep: &[(i64, i64)]) -> Vec<Value> {
        keep.iter().map(|(from, to)| json!({"start_us": from, "end_us": to})).collect()
    }

    /// Five cuts at moments that are no borders of anything.
    pub(super) fn keep(seed: u64) -> Vec<(i64, i64)> {
        let mut state = seed;
        let mut next = |from: i64, to: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            from + i64::try_from(state >> 33).unwrap() % (to - from)
        };
        let part = i64::from(SECONDS) * 1_000_000 / 6;
        let mut at = 0;
        let mut kept = Vec::new();
        for cut in 1..=5 {
            let from = cut * part + next(-900_000, 900_000);
            kept.push((at, from));
            at = from + next(200_000, 1_200_000);
        }
        kept.push((at, i64::from(SECONDS) * 1_000_000));
        kept
    }

    /// The numbers of the frames in these spans.
    pub(super) fn expected(kept: &[(i64, i64)]) -> Vec<u32> {
        let time = |number: u32| (i64::from(number) * 2_000_000 + i64::from(RATE)) / (2 * i64::from(RATE));
        kept.iter()
            .flat_map(|(from, to)| (0..SECONDS * RATE).filter(move |n| *from <= time(*n) && time(*n) < *to))
            .collect()
    }

    /// Frames by the numbers that are painted on them.
    pub(super) struct Frames {
        pub(super) numbers: Vec<u32>,
        pub(super) times: Vec<f64>,
    }

    impl Frames {
        /// FFmpeg's filters that paint `n + 1` and its check bits into the top ninth.
        pub(super) fn filter() -> String {
            let bit = |bit: u32| format!("mod(floor((n+1)/{}),2)", 1 << bit);
            let mut filters = vec!["drawbox=x=0:y=0:w=iw:h=ih/9:color=black:t=fill".to_owned()];
            for cell in 0..16_u32 {
                let on = match cell {
                    0..BITS => bit(cell),
                    check => {
                        let members: Vec<_> = (0..3).map(|step| bit(check - BITS + step * 4)).collect();
                        format!("mod({},2)", members.join("+"))
                    }
                };
                filters.push(format!(
                    "drawbox=x=iw*{cell}/16:y=0:w=iw/16:h=ih/9:color=white:t=fill:enable='{on}'"
                ));
            }
            filters.join(",")
        }

        /// Decodes a file.
        pub(super) fn of(file: &[u8]) -> Self {
            let (bytes, log) =
                ffmpeg(file, &["-fps_mode", "passthrough", "-vf", "scale=320:180,showinfo"], "gray");
            let times = log.lines().filter(|line| line.contains("showinfo") && line.contains(" n:"));
            let times = times
                .filter_map(|line| line.split("pts_time:").nth(1)?.split_whitespace().next()?.parse().ok());
            let numbers = bytes
                .chunks(320 * 180)
                .map(|frame| number(frame, 320, (0, 0), (320, 180)).expect("a number"));
            Self { numbers: numbers.collect(), times: times.collect() }
        }

        /// The tiles of a sheet; those that are black are none.
        pub(super) fn tiles(jpeg: &[u8]) -> Vec<u32> {
            let (bytes, _) = ffmpeg(jpeg, &["-vf", "scale=1600:900"], "gray");
            (0..25)
                .filter_map(|tile| number(&bytes, 1600, (tile % 5 * 320, tile / 5 * 180), (320, 180)))
                .collect()
        }
    }

    fn number(
        gray: &[u8],
        stride: usize,
        (left, top): (usize, usize),
        (width, height): (usize, usize),
    ) -> Option<u32> {
        let on = |cell: usize| {
            let (x, y) = (left + width * (2 * cell + 1) / (2 * CELLS), top + height / 18);
            gray[y * stride + x] > 127
        };
        let bits: Vec<bool> = (0..CELLS).map(on).collect();
        let value = (0..BITS as usize).fold(0_u32, |sum, bit| sum | u32::from(bits[bit]) << bit);
        let fits = (0..4).all(|check| {
            (0..3).filter(|step| bits[check + step * 4]).count() % 2 == usize::from(bits[12 + check])
        });
        assert!(fits || value == 0, "a frame that cannot be read");
        value.checked_sub(1)
    }

    /// A sound whose pitch says its time.
    pub(super) struct Sound(Vec<f32>);

    impl Sound {
        pub(super) fn of(file: &[u8]) -> Self {
            let (bytes, _) = ffmpeg(
                file,
                &["-map", "0:a:0", "-af", "aresample=48000:async=1:first_pts=0", "-ac", "1"],
                "f32le",
            );
            Self(bytes.as_chunks::<4>().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect())
        }

        /// Which moment of the source is heard at `seconds`.
        pub(super) fn moment(&self, seconds: f64) -> f64 {
            let half = 0.04;
            let at = |seconds: f64| (seconds * 48_000.0) as usize;
            let part = &self.0[at(seconds - half)..at(seconds + half)];
            let crossings: Vec<f64> = part
                .windows(2)
                .enumerate()
                .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
                .map(|(at, pair)| at as f64 + f64::from(pair[0] / (pair[0] - pair[1])))
                .collect();
            let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
            let pitch = (crossings.len() - 1) as f64 * 48_000.0 / (last - first);
            let middle = (first + last) / 2.0 / 48_000.0 - half;
            (pitch - 200.0) / 200.0 - middle
        }
    }

    fn ffmpeg(file: &[u8], args: &[&str], format: &str) -> (Vec<u8>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, file).unwrap();
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-nostats", "-copyts", "-i"]).arg(&path).args(args);
        match format {
            "gray" => command.args(["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]),
            other => command.args(["-f", other, "pipe:1"]),
        };
        let output = command.output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{log}");
        (output.stdout, log)
    }
}
