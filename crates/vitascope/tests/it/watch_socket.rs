//! `/ws/videos/{id}`: who is told what of a video that changes.

use crate::server;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Client, Server, Socket, UploadOptions};

async fn two_people(visibility: &'static str) -> (Server, Client, Client, String) {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    let options = UploadOptions { visibility, ..UploadOptions::default() };
    let id = ada.init(1000, &options).await["id"].as_str().unwrap().to_owned();
    (server, ada, bob, id)
}

async fn change(owner: &Client, id: &str, change: Value) {
    let path = format!("/api/videos/{id}");
    let answer = owner.request(Method::PATCH, &path).json(&change).send().await.unwrap();
    assert!(answer.status().is_success());
}

async fn until_title(news: &mut Socket, title: &str) -> Value {
    loop {
        let message = news.next().await;
        if message["video"]["title"] == title {
            return message["video"].clone();
        }
    }
}

#[tokio::test]
async fn everybody_is_told_of_a_change_and_sees_it_with_their_own_eyes() {
    let (server, ada, bob, id) = two_people("unlisted").await;
    let mut hers = ada.video_socket(&id).await;
    let mut his = bob.video_socket(&id).await;
    let mut nobodys = Client::anonymous(&server.base).video_socket(&id).await;
    for socket in [&mut hers, &mut his, &mut nobodys] {
        assert_eq!(
            socket.next().await["video"]["id"],
            id.as_str(),
            "the first message comes without a change"
        );
    }
    for title in ["one", "two", "three"] {
        change(&ada, &id, json!({ "title": title })).await;
    }
    assert_eq!(until_title(&mut hers, "three").await["file_name"], "clip.mp4");
    for socket in [&mut his, &mut nobodys] {
        let seen = until_title(socket, "three").await;
        assert!(seen.get("file_name").is_none() && seen.get("plan").is_none(), "{seen:#}");
    }
}

#[tokio::test]
async fn what_became_private_or_is_gone_closes_like_what_never_was() {
    let (server, ada, bob, id) = two_people("public").await;
    let mut hers = ada.video_socket(&id).await;
    let mut his = bob.video_socket(&id).await;
    assert_eq!(
        (his.next().await["type"].clone(), hers.next().await["type"].clone()),
        (json!("video"), json!("video"))
    );
    change(&ada, &id, json!({"visibility": "private"})).await;
    assert_eq!(his.close_code().await, 4404);
    assert_eq!(hers.next().await["video"]["visibility"], "private", "its owner goes on");
    assert_eq!(bob.video_socket(&id).await.close_code().await, 4404);
    assert_eq!(Client::anonymous(&server.base).video_socket(&id).await.close_code().await, 4404);
    ada.request(Method::DELETE, &format!("/api/videos/{id}")).send().await.unwrap();
    assert_eq!(hers.close_code().await, 4404);
    assert_eq!(bob.video_socket("nonsense").await.close_code().await, 4404);
    let mut stranger = Client::anonymous(&server.base);
    stranger.token = Some("wrong".into());
    assert_eq!(stranger.video_socket(&id).await.close_code().await, 4401);
}
