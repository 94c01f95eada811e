//! A video that its owner does not let others take away as a file. Who asks the API is in `access`; here is what its addresses open.

use crate::server;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Client, UploadOptions, clips};

fn file_of(video: &Value) -> Option<&str> {
    video["playback"]["download_url"].as_str()
}

#[tokio::test]
async fn a_file_that_is_not_for_others_is_its_owners_and_of_links_that_say_so() {
    let server = server();
    let owner = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    let anonymous = Client::anonymous(&server.base);
    let clip = clips::make(&["-f", "lavfi", "-i", "sine=d=0.5", "-c:a", "aac", "-f", "mp4"]);
    let fetch = async |url: &str| anonymous.get(url).await.status();
    for visibility in ["public", "private"] {
        let options = UploadOptions { visibility, ..UploadOptions::default() };
        let id = owner.upload(&clip, &options).await;
        let open = owner.wait_for_state(&id, "ready").await;
        assert_eq!(open["allow_download"], true);
        let open = file_of(&open).unwrap().to_owned();
        assert_eq!(fetch(&open).await, StatusCode::OK);

        let kept = owner.change(&id, &json!({"allow_download": false})).await;
        assert_eq!(kept["allow_download"], false);
        assert_eq!(fetch(&open).await, StatusCode::NOT_FOUND, "{visibility}: what was given out before");
        let own = file_of(&kept).unwrap();
        assert_eq!(fetch(own).await, StatusCode::OK, "{visibility}: the owner's own");
        let playlist = own.replace("/download", "/master.m3u8");
        assert_eq!(fetch(&playlist).await, StatusCode::NOT_FOUND, "{visibility}: it opens the file alone");
        for (wishes, expected) in [(json!({}), false), (json!({"allow_download": true}), true)] {
            let (_, token) = owner.share(&id, &wishes).await;
            let seen = anonymous.holding(&id, &token).await.video(&id).await;
            assert_eq!(file_of(&seen).is_some(), expected, "{visibility} {wishes}");
            if let Some(url) = file_of(&seen) {
                assert_eq!(fetch(url).await, StatusCode::OK, "{visibility}: by a link that allows it");
            }
            let plays = seen["playback"]["hls_url"].as_str().unwrap();
            assert_eq!(fetch(plays).await, StatusCode::OK);
            let beside = plays.replace("/master.m3u8", "/download");
            assert_eq!(fetch(&beside).await == StatusCode::OK, visibility == "private" && expected);
        }
        if visibility == "public" {
            let seen = bob.video(&id).await;
            assert_eq!((file_of(&seen), &seen["allow_download"]), (None, &Value::Null), "{seen:#}");
            assert!(seen["playback"]["dash_url"].is_string(), "it plays as before");
        }
        owner.change(&id, &json!({"allow_download": true})).await;
        assert_eq!(fetch(&open).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn who_keeps_the_place_clean_does_not_decide_about_files() {
    let server = server();
    let admin = Client::register(&server.base, "the_admin").await;
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(10, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let ask = async |change: Value| {
        admin
            .request(Method::PATCH, &format!("/api/videos/{id}"))
            .json(&change)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(ask(json!({"title": "Tidied"})).await, StatusCode::OK);
    assert_eq!(ask(json!({"allow_download": false})).await, StatusCode::FORBIDDEN);
    assert_eq!(ada.video(&id).await["allow_download"], true);
}
