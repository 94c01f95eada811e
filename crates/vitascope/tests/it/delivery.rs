use crate::server;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::clips::{H264_AAC, moving};
use testkit::{Client, Server, UploadOptions};

struct Place {
    _server: Server,
    ada: Client,
    anonymous: Client,
    mallory: Client,
    id: String,
}

async fn place(visibility: &'static str) -> Place {
    let server = server();
    let admin = Client::register(&server.base, "admin_of_it").await;
    drop(admin);
    let ada = Client::register(&server.base, "ada").await;
    let mallory = Client::register(&server.base, "mallory").await;
    let options = UploadOptions { visibility, ..UploadOptions::default() };
    let id = ada.upload(&moving("320x180", 25, 5, H264_AAC), &options).await;
    ada.wait_for_state(&id, "ready").await;
    Place { anonymous: Client::anonymous(&server.base), _server: server, ada, mallory, id }
}

async fn media_urls(client: &Client, video: &Value) -> Vec<String> {
    let (_, lists) = client.playlists(video).await;
    let mut urls = vec![
        video["playback"]["hls_url"].as_str().unwrap().to_owned(),
        video["playback"]["poster_url"].as_str().unwrap().to_owned(),
    ];
    for (url, text) in lists {
        let folder = url.rsplit_once('/').unwrap().0.to_owned();
        let map = text.split("#EXT-X-MAP:URI=\"").nth(1).unwrap().split('"').next().unwrap();
        let segment = text.lines().find(|line| !line.starts_with('#')).unwrap();
        urls.extend([format!("{folder}/{map}"), format!("{folder}/{segment}"), url]);
    }
    urls
}

#[tokio::test]
async fn public_segments_are_kept_for_ever_and_ranges_work() {
    let place = place("public").await;
    let video = place.anonymous.video(&place.id).await;
    assert!(
        video.get("plan").is_none() && video.get("file_name").is_none(),
        "a stranger sees no more than needed"
    );
    for url in media_urls(&place.anonymous, &video).await {
        let response = place.anonymous.get(&url).await;
        assert_eq!(
            (response.status(), &response.headers()["access-control-allow-origin"]),
            (StatusCode::OK, &"*".parse().unwrap())
        );
        let cache = response.headers()["cache-control"].to_str().unwrap().to_owned();
        assert_eq!(cache.contains("immutable"), !url.ends_with(".m3u8"), "{url}: {cache}");
        let etag = response.headers()["etag"].clone();
        let whole = response.bytes().await.unwrap();
        let again =
            place.anonymous.request(Method::GET, &url).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{url}");
        if !url.ends_with(".m3u8") {
            let part =
                place.anonymous.request(Method::GET, &url).header("range", "bytes=3-9").send().await.unwrap();
            assert_eq!(
                (part.status(), part.headers()["content-range"].to_str().unwrap().to_owned()),
                (StatusCode::PARTIAL_CONTENT, format!("bytes 3-9/{}", whole.len()))
            );
            assert_eq!(part.bytes().await.unwrap(), whole[3..10]);
        }
    }
}

#[tokio::test]
async fn private_media_needs_a_grant_that_dies_with_the_visibility() {
    let place = place("private").await;
    for who in [&place.anonymous, &place.mallory] {
        assert_eq!(who.get(&format!("/api/videos/{}", place.id)).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            who.get(&format!("/api/videos/{}/playlist.m3u8", place.id)).await.status(),
            StatusCode::NOT_FOUND
        );
    }
    let video = place.ada.video(&place.id).await;
    assert!(video["playback"]["expires_at"].is_string());
    let granted = media_urls(&place.anonymous, &video).await;
    let grant = granted[0].split('/').nth(2).unwrap().to_owned();
    for url in &granted {
        let response = place.anonymous.get(url).await;
        assert_eq!(response.status(), StatusCode::OK, "whoever has the grant may fetch: {url}");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        assert!(!response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        let open = url.replacen(&format!("/{grant}"), "", 1);
        assert_eq!(place.anonymous.get(&open).await.status(), StatusCode::NOT_FOUND, "{open}");
        let forged = url.replacen(&grant, &format!("9{grant}"), 1);
        assert_eq!(place.anonymous.get(&forged).await.status(), StatusCode::NOT_FOUND, "{forged}");
    }
    let path = format!("/api/videos/{}", place.id);
    for visibility in ["unlisted", "private"] {
        place
            .ada
            .request(Method::PATCH, &path)
            .json(&json!({"visibility": visibility}))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(place.anonymous.get(&granted[0]).await.status(), StatusCode::NOT_FOUND, "an old generation");
}

#[tokio::test]
async fn lists_hold_what_is_public_and_the_owner_sees_all() {
    let place = place("unlisted").await;
    let listed = async |client: &Client| client.json("/api/videos").await["items"].as_array().unwrap().len();
    assert_eq!(place.anonymous.video(&place.id).await["visibility"], "unlisted");
    assert_eq!(listed(&place.anonymous).await, 0);
    assert_eq!(place.ada.json("/api/me/videos").await["items"][0]["id"], place.id);
    assert_eq!(place.mallory.json("/api/me/videos").await["items"], json!([]));
    let path = format!("/api/videos/{}", place.id);
    let change = json!({"title": "  New\ttitle ", "visibility": "public", "description": "a\r\nb"});
    assert_eq!(
        place.mallory.request(Method::PATCH, &path).json(&change).send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        place.anonymous.request(Method::DELETE, &path).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let changed: Value =
        place.ada.request(Method::PATCH, &path).json(&change).send().await.unwrap().json().await.unwrap();
    assert_eq!((&changed["title"], &changed["description"]), (&json!("New title"), &json!("a\nb")));
    assert_eq!(listed(&place.anonymous).await, 1);
    let redirect = place.anonymous.get(&format!("{path}/playlist.m3u8")).await;
    assert_eq!(
        (redirect.status(), &redirect.headers()["location"]),
        (StatusCode::TEMPORARY_REDIRECT, &changed["playback"]["hls_url"].as_str().unwrap().parse().unwrap())
    );
    assert_eq!(
        place.ada.request(Method::DELETE, &path).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        place.anonymous.get(changed["playback"]["hls_url"].as_str().unwrap()).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let place = place("public").await;
    let id = &place.id;
    for path in [
        format!("/media/videos/{id}/../../secret.key"),
        format!("/media/videos/{id}/..%2f..%2f..%2fsecret.key"),
        format!("/media/videos/{id}/video.json"),
        "/media/videos/AAAAAAAAAAA/master.m3u8".into(),
        "/media/x/videos/AAAAAAAAAAA/master.m3u8".into(),
        "/api/nothing".into(),
    ] {
        assert_eq!(place.anonymous.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn text_is_compressed_and_media_is_not() {
    let place = place("public").await;
    let video = place.anonymous.video(&place.id).await;
    let encoding = async |url: &str, wanted: &str| {
        let response =
            place.anonymous.request(Method::GET, url).header("accept-encoding", wanted).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
    };
    for wanted in ["gzip", "br"] {
        assert_eq!(encoding("/api/openapi.json", wanted).await.as_deref(), Some(wanted));
        assert_eq!(encoding("/healthz", wanted).await, None, "shorter than a packet");
        for url in media_urls(&place.anonymous, &video).await {
            if !url.ends_with(".m3u8") {
                assert_eq!(encoding(&url, wanted).await, None, "{url}");
            }
        }
    }
}
