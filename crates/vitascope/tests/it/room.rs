use crate::VITASCOPE;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::clips::{H264_AAC, moving};
use testkit::{Client, Options, Server, UploadOptions};

#[tokio::test]
async fn an_account_takes_no_more_room_than_its_quota_and_gets_it_back() {
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_QUOTA_BYTES", "10000"));
    let ada = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    let first = ada.init(6000, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let usage = ada.json("/api/me/usage").await;
    assert_eq!((&usage["used_bytes"], &usage["reserved_bytes"]), (&json!(6000), &json!(6000)));
    assert_eq!(usage["limit_bytes"], 10_000);

    // What was announced counts, so two uploads cannot both have the last room; together they try.
    let body = json!({"file_name": "b.mp4", "size": 3000});
    let (one, other) = tokio::join!(ada.post("/api/videos/init", &body), ada.post("/api/videos/init", &body));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::PAYLOAD_TOO_LARGE]);
    let refused = if one.status() == StatusCode::CREATED { other } else { one };
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "quota_exceeded");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("3.0 kB") && detail.contains("10.0 kB") && detail.contains("1.0 kB left"),
        "{detail}"
    );

    bob.init(9000, &UploadOptions::default()).await;
    ada.request(reqwest::Method::DELETE, &format!("/api/videos/{first}")).send().await.unwrap();
    ada.init(7000, &UploadOptions::default()).await;
    assert_eq!(ada.json("/api/me/usage").await["used_bytes"], 10_000);

    // A recording announces nothing; its parts ask.
    let recording =
        bob.post("/api/videos/init", &json!({"file_name": "r.webm", "origin": "recording"})).await;
    let id = recording.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let parts = bob.post(&format!("/api/videos/{id}/parts"), &json!({"numbers": [1]})).await;
    assert_eq!(parts.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let reports = bob.post(&format!("/api/videos/{id}/parts"), &json!({"numbers": []})).await;
    assert_eq!(reports.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_source_that_need_not_be_kept_goes_and_its_video_still_plays() {
    let options = Options::default().env("VITASCOPE_KEEP_SOURCE", "until_ready");
    let mut server = Server::start(VITASCOPE, options);
    let ada = Client::register(&server.base, "ada").await;
    let uploading = ada.init(500, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    ada.put_part(&uploading, 1, &[1; 500]).await;
    let expires = ada.json("/api/me/uploads").await["items"][0]["expires_at"].clone();
    assert!(
        expires.as_str().is_some_and(|at| at.starts_with("20")),
        "the owner is told until when: {expires}"
    );
    let visibility = UploadOptions { visibility: "public", ..UploadOptions::default() };
    let id = ada.upload(&moving("320x180", 25, 2, H264_AAC), &visibility).await;
    ada.wait_for_state(&id, "ready").await;
    let source = server.data().join("objects/sources").join(&id);
    assert!(source.exists());
    let before = ada.json("/api/me/usage").await;

    // The sweeper runs at the start, and every ten minutes.
    server.stop();
    server.launch();
    let anonymous = Client::anonymous(&server.base);
    testkit::eventually("the source to go", std::time::Duration::from_secs(10), async || {
        (!source.exists()).then_some(())
    })
    .await;
    let video = anonymous.video(&id).await;
    let (_, lists) = anonymous.playlists(&video).await;
    for (url, _) in lists {
        assert_eq!(testkit::decode_warnings(&format!("{}{url}", server.base)), "");
    }
    assert!(
        server.data().join("objects/sources").join(&uploading).exists(),
        "an open upload keeps its parts"
    );
    assert!(before["source_bytes"].as_i64().unwrap() > 500);
}
