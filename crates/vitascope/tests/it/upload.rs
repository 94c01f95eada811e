use crate::{VITASCOPE, server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Client, Options, Server, UploadOptions};

const SMALL_PARTS: (&str, &str) = ("VITASCOPE_PART_SIZE", "1000");

fn small_parts() -> Server {
    Server::start(VITASCOPE, Options::default().env(SMALL_PARTS.0, SMALL_PARTS.1))
}

async fn code(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let problem: Value = response.json().await.unwrap();
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn parts_come_in_any_order_in_parallel_and_twice() {
    let server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(2500, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let (third, first, second) = tokio::join!(
        ada.put_part(&id, 3, &[3; 500]),
        ada.put_part(&id, 1, &[1; 1000]),
        ada.put_part(&id, 2, &[2; 1000])
    );
    for response in [third, first, second] {
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers().contains_key("etag"));
    }
    assert_eq!(ada.put_part(&id, 1, &[1; 1000]).await.status(), StatusCode::OK);
    assert_eq!(code(ada.put_part(&id, 1, &[9; 1000]).await).await, (409, "part_differs".into()));
    let status = ada.json(&format!("/api/videos/{id}/upload")).await;
    let sizes: Vec<_> =
        status["received"].as_array().unwrap().iter().map(|part| part["size"].as_i64().unwrap()).collect();
    assert_eq!(sizes, [1000, 1000, 500]);
}

#[tokio::test]
async fn complete_names_the_parts_that_are_missing() {
    let server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(3500, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    ada.put_part(&id, 2, &[2; 1000]).await;
    let response = ada.complete(&id).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(response.json::<Value>().await.unwrap()["missing"], json!([1, 3, 4]));
    let response = ada.post(&format!("/api/videos/{id}/complete"), &json!({"count": 3})).await;
    assert_eq!(code(response).await, (409, "wrong_count".into()));
}

#[tokio::test]
async fn a_part_of_the_wrong_size_is_refused() {
    let server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(2500, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    for (number, size) in [(1, 999), (1, 1001), (3, 1000), (3, 0)] {
        assert_eq!(
            code(ada.put_part(&id, number, &vec![0; size]).await).await,
            (400, "wrong_size".into()),
            "{number} {size}"
        );
    }
    for number in [0, 4] {
        let response = ada.post(&format!("/api/videos/{id}/parts"), &json!({"numbers": [number]})).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_part_url_is_worth_nothing_once_changed() {
    let server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(2500, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let url = ada.part_url(&id, 1).await;
    for (from, to) in [("/1?", "/2?"), ("length=1000", "length=5"), ("expires=", "expires=9")] {
        assert_eq!(
            code(ada.put(&url.replacen(from, to, 1), &[0; 5]).await).await,
            (403, "url_forged".into()),
            "{to}"
        );
    }
    let bare = url.split('?').next().unwrap();
    assert_eq!(code(ada.put(bare, &[0; 5]).await).await, (403, "url_forged".into()));
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_an_upload() {
    let server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let mallory = Client::register(&server.base, "mallory").await;
    let options = UploadOptions { visibility: "private", ..UploadOptions::default() };
    let id = ada.init(2500, &options).await["id"].as_str().unwrap().to_owned();
    for who in [&mallory, &Client::anonymous(&server.base)] {
        assert_eq!(who.get(&format!("/api/videos/{id}")).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(who.get(&format!("/api/videos/{id}/upload")).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            who.post(&format!("/api/videos/{id}/parts"), &json!({"numbers": [1]})).await.status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(who.complete(&id).await.status(), StatusCode::NOT_FOUND);
        let path = format!("/api/videos/{id}");
        assert_eq!(
            who.request(Method::PATCH, &path).json(&json!({})).send().await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(who.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn odd_names_are_cleaned_and_empty_or_huge_files_refused() {
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_MAX_UPLOAD_BYTES", "5000"));
    let ada = Client::register(&server.base, "ada").await;
    let init = async |body: Value| ada.post("/api/videos/init", &body).await;
    let odd = init(json!({"file_name": "../../a\u{0}b/\u{202e}4pm.été 👩‍👩‍👧.mp4", "size": 10})).await;
    assert_eq!(odd.status(), StatusCode::CREATED);
    let id = odd.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let video = ada.video(&id).await;
    assert_eq!((&video["title"], &video["file_name"]), (&json!("4pm.été 👩‍👩‍👧"), &json!("4pm.été 👩‍👩‍👧.mp4")));
    assert_eq!(
        code(init(json!({"file_name": "a.mp4", "size": 0})).await).await,
        (422, "invalid_fields".into())
    );
    assert_eq!(code(init(json!({"file_name": "a.mp4"})).await).await, (422, "invalid_fields".into()));
    assert_eq!(
        code(init(json!({"file_name": "a.mp4", "size": 5001})).await).await,
        (413, "too_large".into())
    );
    assert_eq!(code(init(json!({"file_name": "a.mp4", "size": -1})).await).await.0, 422);
}

#[tokio::test]
async fn a_full_disk_is_told_and_keeps_what_is_there() {
    let mut server = Server::start(VITASCOPE, Options::default().env(SMALL_PARTS.0, SMALL_PARTS.1));
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(2500, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.put_part(&id, 1, &[1; 1000]).await.status(), StatusCode::OK);
    // The same data on a disk whose reserve is larger than any disk: full from here on.
    server.stop();
    let full = server.restart_with(
        Options::default()
            .env(SMALL_PARTS.0, SMALL_PARTS.1)
            .env("VITASCOPE_MIN_FREE_BYTES", "1000000000000000000"),
    );
    let ada = ada.at(&full);
    assert_eq!(code(ada.put_part(&id, 2, &[2; 1000]).await).await, (507, "disk_full".into()));
    assert_eq!(
        code(ada.post("/api/videos/init", &json!({"file_name": "b.mp4", "size": 10})).await).await,
        (507, "disk_full".into())
    );
    assert_eq!(ada.get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(ada.json(&format!("/api/videos/{id}/upload")).await["received"].as_array().unwrap().len(), 1);
    server.stop();
    let roomy = server.restart_with(Options::default().env(SMALL_PARTS.0, SMALL_PARTS.1));
    assert_eq!(ada.at(&roomy).put_part(&id, 2, &[2; 1000]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_unfinished_upload_is_offered_again_and_deleting_it_removes_its_bytes() {
    let server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let body = json!({"title": "Holiday", "file_name": "h.mp4", "size": 2500, "fingerprint": "2500-abc"});
    let id = ada.post("/api/videos/init", &body).await.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ada.put_part(&id, 1, &[1; 1000]).await;
    let uploads = ada.json("/api/me/uploads").await;
    let upload = &uploads["items"][0];
    assert_eq!(
        (&upload["id"], &upload["fingerprint"], &upload["received_bytes"]),
        (&json!(id), &json!("2500-abc"), &json!(1000))
    );
    let folder = server.data().join("objects/sources").join(&id);
    assert!(folder.join("1").exists());
    let deleted = ada.request(Method::DELETE, &format!("/api/videos/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert!(!folder.exists());
    assert_eq!(ada.json("/api/me/uploads").await["items"], json!([]));
}

#[tokio::test]
async fn an_acknowledged_part_survives_kill_9() {
    let mut server = small_parts();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.init(20_000, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    let mut acknowledged = Vec::new();
    for number in 1..=7u8 {
        let response = ada.put_part(&id, number.into(), &[number; 1000]).await;
        acknowledged.push(response.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned());
    }
    // The eighth is in flight when the power goes.
    let (url, in_flight) = (ada.part_url(&id, 8).await, ada.clone());
    let racing = tokio::spawn(async move {
        in_flight.try_put(&url, &[8; 1000]).await.is_some_and(|answer| answer.status() == StatusCode::OK)
    });
    server.crash_and_restart();
    let eighth = racing.await.unwrap();
    let ada = ada.at(&server.base);
    let status = ada.json(&format!("/api/videos/{id}/upload")).await;
    let kept: Vec<_> = status["received"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["etag"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kept[..7], acknowledged[..]);
    assert!(kept.len() == 8 || !eighth, "an acknowledged part is gone");
    for number in 8..=20u8 {
        assert_eq!(ada.put_part(&id, number.into(), &[number; 1000]).await.status(), StatusCode::OK);
    }
    assert_eq!(ada.complete(&id).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn the_socket_tells_of_bytes_and_deletion() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let mut news = ada.uploads_socket().await;
    assert_eq!(news.next().await["type"], "ready");
    let id = ada.init(1000, &UploadOptions::default()).await["id"].as_str().unwrap().to_owned();
    ada.put_part(&id, 1, &[1; 1000]).await;
    loop {
        let message = news.next().await;
        assert_eq!((&message["type"], &message["video"]["id"]), (&json!("video"), &json!(id)));
        if message["upload"]["received_bytes"] == 1000 {
            break;
        }
    }
    ada.request(Method::DELETE, &format!("/api/videos/{id}")).send().await.unwrap();
    loop {
        let message = news.next().await;
        if message["type"] == "deleted" {
            assert_eq!(message["id"], id);
            break;
        }
    }
}

#[tokio::test]
async fn a_socket_without_a_good_token_is_closed_with_4401() {
    let server = server();
    let mut nobody = Client::anonymous(&server.base);
    nobody.token = Some("wrong".into());
    assert_eq!(nobody.uploads_socket().await.close_code().await, 4401);
}
