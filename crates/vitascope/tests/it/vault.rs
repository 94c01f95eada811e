use crate::{VITASCOPE, server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use testkit::clips::{H264_AAC, VP9_OPUS, moving};
use testkit::{Client, Options, Server, UploadOptions, decode_warnings, eventually};

fn vitascope(arguments: &[&str], folders: &[&Path]) -> Output {
    let mut folders = folders.iter();
    let mut command = Command::new(VITASCOPE);
    for argument in arguments {
        if *argument == "DIR" {
            command.arg(folders.next().unwrap())
        } else {
            command.arg(argument)
        };
    }
    command.output().unwrap()
}

fn verify(data: &Path) -> (bool, Value) {
    let output = vitascope(&["verify", "--json", "--data", "DIR"], &[data]);
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    (output.status.success(), serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{complaint}")))
}

/// A server with one finished video that its owner has edited, and its address for people.
async fn with_a_video() -> (Server, Client, String) {
    let clip = moving("320x180", 25, 3, H264_AAC);
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    ada.wait_for_state(&id, "ready").await;
    ada.change(&id, &json!({"title": "Holiday", "visibility": "unlisted", "allow_download": false})).await;
    (server, ada, id)
}

async fn described(data: &Path, id: &str, wanted: &str) -> Value {
    let file = data.join("objects/videos").join(id).join("video.json");
    eventually(&format!("{wanted} in video.json"), Duration::from_secs(20), async || {
        let text = fs::read_to_string(&file).ok().filter(|text| text.contains(wanted))?;
        serde_json::from_str(&text).ok()
    })
    .await
}

async fn plays(server: &Server, person: &Client, id: &str) {
    let video = person.video(id).await;
    assert_eq!((&video["state"], &video["title"]), (&json!("ready"), &json!("Holiday")));
    let taken = Client::anonymous(&server.base).get(&format!("/api/videos/{id}/download")).await;
    assert_eq!(taken.status(), StatusCode::UNAUTHORIZED, "nobody else may take it away");
    let url = format!("{}{}", server.base, video["playback"]["hls_url"].as_str().unwrap());
    assert_eq!(decode_warnings(&url), "");
}

fn objects_of(data: &Path, id: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![data.join("objects/videos").join(id)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_restored_elsewhere_and_plays() {
    let (server, ada, id) = with_a_video().await;
    let place = tempfile::tempdir().unwrap();
    let (backup, restored) = (place.path().join("backup"), place.path().join("restored"));
    let made = vitascope(&["backup", "--json", "--data", "DIR", "--to", "DIR"], &[&server.data(), &backup]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["manifest"]["videos"], 1);
    assert!(made["new_objects"].as_u64().unwrap() > 4, "{made}");
    // The second backup brings only what is new, and drops what is gone.
    let gone = ada.upload(&moving("320x180", 25, 1, H264_AAC), &UploadOptions::default()).await;
    ada.wait_for_state(&gone, "ready").await;
    let again = ["backup", "--json", "--copy", "--data", "DIR", "--to", "DIR"];
    let second: Value =
        serde_json::from_slice(&vitascope(&again, &[&server.data(), &backup]).stdout).unwrap();
    assert!(second["new_objects"].as_u64() < made["new_objects"].as_u64(), "{second}");
    ada.request(Method::DELETE, &format!("/api/videos/{gone}")).send().await.unwrap();
    let third: Value = serde_json::from_slice(&vitascope(&again, &[&server.data(), &backup]).stdout).unwrap();
    assert_eq!((&third["new_objects"], &third["manifest"]["videos"]), (&json!(0), &json!(1)));
    assert!(!backup.join("objects/videos").join(&gone).exists(), "a deleted video stays in the backup");
    // The backup itself can be verified where it lies.
    let (clean, report) = verify(&backup);
    assert!(clean && report["orphan_count"] == 0, "{report:#}");
    drop(server);

    let refused = vitascope(&["restore", "--from", "DIR", "--data", "DIR"], &[&backup, place.path()]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not empty"));
    let done = vitascope(&["restore", "--from", "DIR", "--data", "DIR"], &[&backup, &restored]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (clean, report) = verify(&restored);
    assert!(clean && report["orphan_count"] == 0 && report["unknown"] == json!([]), "{report:#}");

    let mut server = Server::on(VITASCOPE, Options::default(), &restored);
    plays(&server, &ada.at(&server.base), &id).await;
    server.stop();
    assert!(verify(&restored).0);
}

#[tokio::test]
async fn verify_names_what_is_missing_broken_and_left_over() {
    let (server, _ada, id) = with_a_video().await;
    described(&server.data(), &id, "Holiday").await;
    let (clean, report) = verify(&server.data());
    assert!(clean, "{report:#}");
    let segments: Vec<_> = objects_of(&server.data(), &id)
        .into_iter()
        .filter(|path| path.extension().unwrap() == "m4s")
        .collect();
    fs::remove_file(&segments[0]).unwrap();
    let mut bytes = fs::read(&segments[1]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&segments[1], bytes).unwrap();
    let stray = segments[0].with_file_name("0-99-0123456789abcdef01234567.m4s");
    fs::write(&stray, b"stray").unwrap();
    let data = server.data();
    let (clean, report) = verify(&data);
    assert!(!clean);
    let name = |path: &Path| path.strip_prefix(data.join("objects")).unwrap().to_str().unwrap().to_owned();
    assert_eq!((&report["missing_count"], &report["broken_count"]), (&json!(1), &json!(1)), "{report:#}");
    assert_eq!(report["missing"][0]["key"], name(&segments[0]));
    assert_eq!(report["broken"][0]["key"], name(&segments[1]));
    assert_eq!(report["orphan_count"], 0, "what has just appeared may be on its way into the catalogue");
    let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    fs::File::open(&stray).unwrap().set_modified(hour_ago).unwrap();
    assert_eq!(verify(&data).1["orphans"], json!([name(&stray)]));
}

#[tokio::test]
async fn a_lost_catalogue_is_rebuilt_from_the_store_alone() {
    let (mut server, ada, id) = with_a_video().await;
    let half = ada.upload(&moving("320x180", 25, 2, H264_AAC), &UploadOptions::default()).await;
    ada.wait_for_state(&half, "ready").await;
    described(&server.data(), &half, "\"state\":\"ready\"").await;
    described(&server.data(), &id, "Holiday").await;
    let before = ada.video(&id).await;
    assert_eq!(server.stop(), Some(0));
    let data = server.data();
    for name in ["vitascope.db", "vitascope.db-wal", "vitascope.db-shm"] {
        let _gone_already = fs::remove_file(data.join(name));
    }
    // A segment of the second video is lost too; its source is there.
    let lost = objects_of(&data, &half).into_iter().find(|path| path.extension().unwrap() == "m4s").unwrap();
    fs::remove_file(&lost).unwrap();
    let serve = vitascope(&["serve", "--listen", "127.0.0.1:0", "--data", "DIR"], &[&data]);
    assert!(!serve.status.success(), "an empty catalogue over a full store");
    assert!(String::from_utf8_lossy(&serve.stderr).contains("vitascope rebuild"));

    let done = vitascope(&["rebuild", "--json", "--data", "DIR"], &[&data]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let done: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(done, json!({"videos": 1, "to_process": [half], "lost": [], "accounts": ["ada"]}));
    let claimed = vitascope(
        &["admin", "--data", "DIR", "reset-password", "ada", "--role", "admin", "--email", "ada@example.org"],
        &[&data],
    );
    let password = String::from_utf8_lossy(&claimed.stdout).trim().to_owned();

    server.launch();
    let mut ada = Client::anonymous(&server.base);
    let wrong = ada.post("/api/auth/login", &json!({"login": "ada", "password": ""})).await;
    assert!(wrong.status().is_client_error(), "{}", wrong.status());
    let answer = ada.post("/api/auth/login", &json!({"login": "ada", "password": password})).await;
    assert_eq!(answer.status(), StatusCode::OK, "{claimed:?}");
    assert_eq!(ada.sign_in_with(answer).await["user"]["role"], "admin");
    plays(&server, &ada, &id).await;
    let after = ada.video(&id).await;
    for field in [
        "id",
        "title",
        "description",
        "visibility",
        "origin",
        "duration_seconds",
        "width",
        "rungs",
        "plan",
        "channel",
        "created_at",
        "published_at",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    ada.wait_for_state(&half, "ready").await;
    let (clean, report) = verify(&data);
    assert!(clean, "{report:#}");
}

#[tokio::test]
async fn a_rebuilt_video_that_played_while_it_arrived_is_made_again_on_the_same_borders() {
    let clip = moving("320x180", 30, 9, VP9_OPUS);
    let mut server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_PART_SIZE", "32768"));
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(clip.len() as u64, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let parts: Vec<_> = (1..).zip(clip.chunks(32768)).collect();
    let (last, most) = parts.split_last().unwrap();
    for (number, part) in most {
        assert_eq!(ada.put_part(&id, *number, part).await.status(), StatusCode::OK);
    }
    ada.wait_until_playable(&id).await;
    assert_eq!(ada.put_part(&id, last.0, last.1).await.status(), StatusCode::OK);
    assert_eq!(ada.complete(&id).await.status(), StatusCode::ACCEPTED);
    let before = cuts(&ada, &ada.wait_for_state(&id, "ready").await).await;
    assert!(before.iter().all(|(_, cuts)| cuts.len() >= 4), "on a clock of two seconds: {before:?}");
    described(&server.data(), &id, "\"state\":\"ready\"").await;
    server.stop();
    let data = server.data();
    for name in ["vitascope.db", "vitascope.db-wal", "vitascope.db-shm"] {
        let _gone_already = fs::remove_file(data.join(name));
    }
    for path in objects_of(&data, &id).into_iter().filter(|path| path.extension().unwrap() == "m4s") {
        fs::remove_file(path).unwrap();
    }
    assert!(vitascope(&["rebuild", "--data", "DIR"], &[&data]).status.success());
    let reset = vitascope(&["admin", "--data", "DIR", "reset-password", "ada"], &[&data]);
    let password = String::from_utf8_lossy(&reset.stdout).trim().to_owned();
    server.launch();
    let mut ada = Client::anonymous(&server.base);
    let answer = ada.post("/api/auth/login", &json!({"login": "ada", "password": password})).await;
    ada.sign_in_with(answer).await;
    assert_eq!(cuts(&ada, &ada.wait_for_state(&id, "ready").await).await, before);
}

/// The whole seconds at which each rung is cut.
async fn cuts(ada: &Client, video: &Value) -> Vec<(String, Vec<i64>)> {
    let of = |text: &str| {
        let durations = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        durations.map(|text| text.trim_end_matches(',').parse::<f64>().unwrap().round() as i64).collect()
    };
    ada.playlists(video).await.1.iter().map(|(url, text)| (url.clone(), of(text))).collect()
}

#[tokio::test]
async fn encodes_wait_for_space_without_failing() {
    let clip = moving("320x180", 25, 3, H264_AAC);
    let mut server = server();
    let ada = Client::register(&server.base, "ada").await;
    let opened = ada.init(clip.len() as u64, &UploadOptions::default()).await;
    let id = opened["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.put_part(&id, 1, &clip).await.status(), StatusCode::OK);
    server.stop();
    // The same data on a disk whose reserve is larger than any disk: full from here on.
    server.restart_with(Options::default().env("VITASCOPE_MIN_FREE_BYTES", "1000000000000000000"));
    let waiting = ada.at(&server.base);
    assert_eq!(waiting.complete(&id).await.status(), StatusCode::ACCEPTED);
    eventually("the job waits for space", Duration::from_secs(30), async || {
        let figures = waiting.text("/metrics").await;
        figures.lines().any(|line| line.contains("result=\"no_space\"")).then_some(())
    })
    .await;
    assert_eq!(waiting.video(&id).await["state"], "processing");
    assert!(server.log().contains("the disk is full"), "the operator is told");
    server.stop();
    server.restart_with(Options::default());
    ada.at(&server.base).wait_for_state(&id, "ready").await;
}
