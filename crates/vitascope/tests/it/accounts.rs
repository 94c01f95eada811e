use crate::{VITASCOPE, server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Client, Options, Server};

async fn refresh(client: &Client, cookie: &str) -> reqwest::Response {
    client.request(Method::POST, "/api/auth/refresh").header("cookie", cookie).send().await.unwrap()
}

#[tokio::test]
async fn the_first_account_on_loopback_is_admin_and_everyone_gets_a_channel() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    let (ada, bob) = (ada.json("/api/me").await, bob.json("/api/me").await);
    assert_eq!((&ada["role"], &bob["role"]), (&json!("admin"), &json!("user")));
    assert_eq!((&ada["channel"]["handle"], &bob["channel"]["handle"]), (&json!("ada"), &json!("bob")));
}

#[tokio::test]
async fn what_is_taken_or_wrong_is_told_per_field() {
    let server = server();
    Client::register(&server.base, "ada").await;
    let anonymous = Client::anonymous(&server.base);
    let tell = async |body: Value| {
        let response = anonymous.post("/api/auth/register", &body).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["field"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let body = |email: &str, name: &str, password: &str| json!({"email": email, "username": name, "password": password});
    assert_eq!(tell(body("x", "a b", "short")).await, ["email", "username", "password"]);
    assert_eq!(tell(body("ada@example.org", "other", "correct horse")).await, ["email"]);
    assert_eq!(tell(body("new@example.org", "ADA", "correct horse")).await, ["username"]);
}

#[tokio::test]
async fn login_takes_user_name_or_address_and_nothing_else() {
    let server = server();
    Client::register(&server.base, "ada").await;
    let anonymous = Client::anonymous(&server.base);
    let login = async |login: &str, password: &str| {
        anonymous.post("/api/auth/login", &json!({"login": login, "password": password})).await.status()
    };
    assert_eq!(login("ada", "correct horse").await, StatusCode::OK);
    assert_eq!(login("Ada@Example.org", "correct horse").await, StatusCode::OK);
    assert_eq!(login("ada", "wrong horse").await, StatusCode::UNAUTHORIZED);
    assert_eq!(login("nobody", "correct horse").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refresh_token_rotates_and_logout_ends_everything() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let first = ada.cookie.clone().unwrap();
    assert!(first.starts_with("__Host-"), "{first}");
    let mut renewed = Client::anonymous(&server.base);
    let response = refresh(&renewed, &first).await;
    assert_eq!(response.status(), StatusCode::OK);
    renewed.sign_in_with(response).await;
    assert_ne!(renewed.cookie.as_deref(), Some(first.as_str()));
    assert_eq!(renewed.json("/api/me").await["username"], "ada");

    let logout = renewed.request(Method::POST, "/api/auth/logout").send().await.unwrap();
    assert_eq!(logout.status(), StatusCode::NO_CONTENT);
    for ended in [&renewed, &ada] {
        assert_eq!(ended.get("/api/me").await.status(), StatusCode::UNAUTHORIZED);
    }
    let cookie = renewed.cookie.clone().unwrap();
    assert_eq!(refresh(&renewed, &cookie).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_per_address() {
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_ATTEMPTS_PER_MINUTE", "12"));
    let anonymous = Client::anonymous(&server.base);
    let mut answers = Vec::new();
    for _ in 0..8 {
        let response = anonymous.post("/api/auth/login", &json!({"login": "ada", "password": "guess"})).await;
        answers.push((response.status().as_u16(), response.headers().contains_key("retry-after")));
    }
    assert_eq!(answers[..6], [(401, false); 6]);
    assert_eq!(answers[6..], [(429, true); 2]);
}

#[tokio::test]
async fn a_server_that_others_can_reach_needs_its_set_up_link_first() {
    let server =
        Server::start(VITASCOPE, Options::default().env("VITASCOPE_PUBLIC_URL", "https://video.example"));
    let link =
        server.printed.iter().find_map(|line| line.split("/register?setup=").nth(1)).map(str::to_owned);
    let Some(token) = link else { panic!("no set-up link was printed: {:?}", server.printed) };
    let anonymous = Client::anonymous(&server.base);
    assert_eq!(anonymous.json("/api/instance").await["setup"], "link_required");
    let mut body = json!({"email": "a@example.org", "username": "ada", "password": "correct horse"});
    assert_eq!(anonymous.post("/api/auth/register", &body).await.status(), StatusCode::FORBIDDEN);
    body["setup_token"] = json!("wrong");
    assert_eq!(anonymous.post("/api/auth/register", &body).await.status(), StatusCode::FORBIDDEN);
    body["setup_token"] = json!(token);
    let response = anonymous.post("/api/auth/register", &body).await;
    assert_eq!(response.json::<Value>().await.unwrap()["user"]["role"], "admin");
    Client::register(&server.base, "bob").await;
}
