//! Share links: passwords, ends, and what is told before they are opened. Who may do what with them is in `access`.

use crate::{VITASCOPE, server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Client, Options, Server, UploadOptions, clips};

async fn private_video(owner: &Client) -> String {
    let clip = clips::make(&["-f", "lavfi", "-i", "sine=d=0.5", "-c:a", "aac", "-f", "mp4"]);
    let options = UploadOptions { visibility: "private", ..UploadOptions::default() };
    let id = owner.upload(&clip, &options).await;
    owner.wait_for_state(&id, "ready").await;
    id
}

async fn open(client: &Client, video: &str, body: Value) -> (StatusCode, Value) {
    let answer = client.post(&format!("/api/videos/{video}/links/open"), &body).await;
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_password_stands_before_everything_of_the_video() {
    let server = server();
    let owner = Client::register(&server.base, "ada").await;
    let anonymous = Client::anonymous(&server.base);
    let id = private_video(&owner).await;
    let title = owner.video(&id).await["title"].as_str().unwrap().to_owned();
    let (link, token) = owner.share(&id, &json!({"password": "open sesame"})).await;
    let (status, refused) = open(&anonymous, &id, json!({"token": token})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("password_required")));
    let (status, wrong) = open(&anonymous, &id, json!({"token": token, "password": "open says me"})).await;
    assert_eq!((status, &wrong["code"]), (StatusCode::FORBIDDEN, &json!("wrong_password")));
    let page = anonymous.get(&format!("/w/{id}?share={token}")).await;
    assert_eq!(page.headers()["referrer-policy"], "no-referrer", "the token is no other site's business");
    let page = page.text().await.unwrap();
    for told in [refused.to_string(), wrong.to_string(), page] {
        assert!(!told.contains(&title) && !told.contains("og:") && !told.contains("poster"), "{told}");
    }
    let (status, opened) = open(&anonymous, &id, json!({"token": token, "password": "open sesame"})).await;
    assert_eq!(status, StatusCode::OK);
    let holder = anonymous.with_pass(opened["pass"].as_str().unwrap());
    let video = holder.video(&id).await;
    assert_eq!(video["title"], title.as_str());
    assert!(video["playback"]["download_url"].is_null() && video["file_name"].is_null());
    let playlist = video["playback"]["hls_url"].as_str().unwrap();
    assert_eq!(anonymous.get(playlist).await.status(), StatusCode::OK);
    let listed = owner.json(&format!("/api/videos/{id}/links")).await;
    assert_eq!(listed["items"][0]["id"], link.as_str());
    assert_eq!(listed["items"][0]["has_password"], true);
    assert!(listed["items"][0]["used_at"].is_string());
    assert!(!listed.to_string().contains(&token), "told once");

    let mut socket = holder.video_socket(&id).await;
    assert_eq!(socket.next().await["video"]["title"], title.as_str());
    let revoked =
        owner.request(Method::DELETE, &format!("/api/videos/{id}/links/{link}")).send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        anonymous.get(playlist).await.status(),
        StatusCode::NOT_FOUND,
        "at once, with what was given out"
    );
    let after = holder.get(&format!("/api/videos/{id}")).await;
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(after.json::<Value>().await.unwrap()["code"], "link_ended");
    assert_eq!(socket.close_code().await, 4404);
    let again = open(&anonymous, &id, json!({"token": token, "password": "open sesame"})).await;
    assert_eq!(again.0, StatusCode::NOT_FOUND, "as if it had never been");
    let log = server.log();
    assert!(!log.contains(&token) && !log.contains("open sesame"), "no secret is written down");
}

#[tokio::test]
async fn passwords_of_links_cannot_be_guessed_in_numbers() {
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_ATTEMPTS_PER_MINUTE", "8"));
    let owner = Client::register(&server.base, "ada").await;
    let id = owner.init(10, &UploadOptions { visibility: "private", ..UploadOptions::default() }).await;
    let id = id["id"].as_str().unwrap();
    let (_, token) = owner.share(id, &json!({"password": "open sesame"})).await;
    let (_, other) = owner.share(id, &json!({"password": "open barley"})).await;
    for _ in 0..10 {
        let right = open(&owner, id, json!({"token": token, "password": "open sesame"})).await;
        assert_eq!(right.0, StatusCode::OK, "who knows it is never sent away");
    }
    let mut statuses = Vec::new();
    for guess in 0..6 {
        let guess = json!({"token": token, "password": format!("guess {guess}")});
        statuses.push(open(&owner, id, guess).await.0.as_u16());
    }
    assert_eq!(statuses, [403, 403, 403, 403, 429, 429]);
    let right = open(&owner, id, json!({"token": other, "password": "open barley"})).await;
    assert_eq!(right.0, StatusCode::OK, "another link has tries of its own");
}

#[tokio::test]
async fn a_link_that_makes_no_sense_is_refused_with_its_field() {
    let server = server();
    let owner = Client::register(&server.base, "ada").await;
    let id = owner.init(10, &UploadOptions::default()).await;
    let path = format!("/api/videos/{}/links", id["id"].as_str().unwrap());
    for (wish, field) in [
        (json!({"password": "short"}), "password"),
        (json!({"password": "x".repeat(201)}), "password"),
        (json!({"expires_at": "2001-01-01T00:00:00Z"}), "expires_at"),
        (json!({"expires_at": "9999-01-01T00:00:00Z"}), "expires_at"),
        (json!({"expires_at": "tomorrow"}), "expires_at"),
    ] {
        let answer = owner.post(&path, &wish).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wish}");
        assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["field"], field);
    }
    for _ in 0..50 {
        assert_eq!(owner.post(&path, &json!({})).await.status(), StatusCode::CREATED);
    }
    let answer = owner.post(&path, &json!({})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "too_many_links");
}
