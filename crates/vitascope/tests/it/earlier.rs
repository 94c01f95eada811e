//! Data folders that earlier versions left, taken over by this one (docs/decisions/0020).

use crate::VITASCOPE;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{Client, Options, Server, decode_warnings};

/// What `earlier/{schema}.db` and `earlier/objects` were made of.
const VIDEO: &str = "ohpSlxqcVXo";
const PASSWORD: &str = "correct horse battery";

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/earlier")
}

#[tokio::test]
async fn the_first_schema_that_played_is_upgraded_and_plays() {
    upgraded("0003").await;
}

#[tokio::test]
async fn the_last_schema_before_the_first_release_is_upgraded_and_plays() {
    upgraded("0013").await;
}

async fn upgraded(schema: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    copy(&kept().join("objects"), &data.join("objects"));
    std::fs::copy(kept().join(schema).with_extension("db"), data.join("vitascope.db")).unwrap();

    let mut server = Server::on(VITASCOPE, Options::default(), &data);
    let mut ada = Client::anonymous(&server.base);
    let video = ada.video(VIDEO).await;
    assert_eq!((&video["state"], &video["title"]), (&json!("ready"), &json!("A talk")));
    assert_eq!(video["channel"]["handle"], "ada");
    assert_eq!(video["rungs"].as_array().unwrap().len(), 2, "{video:#}");
    let playback = &video["playback"];
    let (_, lists) = ada.playlists(&video).await;
    // FFmpeg's reader knows no captions.
    let (captions, tracks): (Vec<_>, Vec<_>) = lists.iter().partition(|(url, _)| url.contains("captions"));
    assert_eq!((tracks.len(), captions.len()), (2, usize::from(schema != "0003")));
    for (url, _) in tracks {
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
    for caption in playback["captions"].as_array().unwrap() {
        assert!(ada.text(caption["url"].as_str().unwrap()).await.contains("Hello"));
    }
    for url in ["poster_url", "download_url", "dash_url"] {
        assert_eq!(ada.get(playback[url].as_str().unwrap()).await.status(), 200, "{url}");
    }

    // Accounts come along, with their passwords.
    let login = ada.post("/api/auth/login", &json!({"login": "ada", "password": PASSWORD})).await;
    let user = ada.sign_in_with(login).await;
    assert_eq!(user["user"]["role"], "admin");
    let mine = ada.json("/api/me/videos").await;
    let broken = mine["items"].as_array().unwrap().iter().find(|video| video["title"] == "Broken").unwrap();
    assert_eq!(broken["state"], "failed");

    assert_eq!(server.stop(), Some(0));
    let output = Command::new(VITASCOPE).args(["verify", "--json", "--data"]).arg(&data).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success() && report["ok"] == true, "{report:#}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
