//! Limits on requests, who may read the figures, cookies, and a log that holds no secret.

use crate::VITASCOPE;
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use std::process::Command;
use testkit::clips::{H264_AAC, moving};
use testkit::tls::Authority;
use testkit::{Client, Options, Server, UploadOptions, eventually};

/// A server behind a trusted proxy on this machine, whose clients come from elsewhere.
fn behind_a_proxy(limits: &str) -> Server {
    let options = Options::default()
        .env("VITASCOPE_TRUSTED_PROXIES", "[\"127.0.0.1\"]")
        .env("VITASCOPE_RATE_LIMITS", limits);
    Server::start(VITASCOPE, options)
}

async fn from(client: &Client, address: &str, method: Method, path: &str) -> Response {
    client.request(method, path).header("x-forwarded-for", address).send().await.unwrap()
}

#[tokio::test]
async fn an_address_that_asks_too_often_waits_and_others_do_not() {
    let server = behind_a_proxy("{read=3,oembed=2}");
    let anonymous = Client::anonymous(&server.base);
    let ask = async |address: &str, path: &str| {
        let response = from(&anonymous, address, Method::GET, path).await;
        let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), wait)
    };
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.1", "/api/videos").await, (200, None));
    }
    let (status, wait) = ask("203.0.113.1", "/api/videos").await;
    assert_eq!(status, 429);
    assert!((1..=20).contains(&wait.unwrap().parse::<u32>().unwrap()));
    // What a client writes itself before the proxy's own word is not believed.
    assert_eq!(ask("198.51.100.9, 203.0.113.1", "/api/videos").await.0, 429);
    assert_eq!(ask("203.0.113.2", "/api/videos").await.0, 200);
    // Kinds are counted apart, and one IPv6 network together.
    assert_eq!(ask("203.0.113.1", "/api/oembed").await.0, 422);
    for (address, expected) in [("2001:db8::1", 422), ("2001:db8::2", 422), ("2001:db8::3", 429)] {
        assert_eq!(ask(address, "/api/oembed").await.0, expected, "{address}");
    }
    assert_eq!(ask("203.0.113.1", "/healthz").await.0, 200, "health is never refused");
}

#[tokio::test]
async fn an_account_that_asks_too_often_waits_wherever_it_asks_from() {
    let server = behind_a_proxy("{create=2}");
    let ada = Client::register(&server.base, "ada").await;
    let mut statuses = Vec::new();
    for last in 1..=4 {
        let request = ada.request(Method::POST, "/api/videos/init");
        let request = request.header("x-forwarded-for", format!("203.0.113.{last}"));
        let body = json!({"title": "T", "file_name": "t.mp4", "content_type": "video/mp4", "size": 10});
        statuses.push(request.json(&body).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [201, 201, 429, 429]);
}

#[tokio::test]
async fn the_figures_are_for_this_machine_unless_the_settings_say_otherwise() {
    let server = behind_a_proxy("{}");
    let anonymous = Client::anonymous(&server.base);
    assert_eq!(anonymous.get("/metrics").await.status(), StatusCode::OK);
    assert_eq!(
        from(&anonymous, "203.0.113.1", Method::GET, "/metrics").await.status(),
        StatusCode::NOT_FOUND
    );
    // A proxy that nobody named may speak for anyone.
    let server = crate::server();
    let anonymous = Client::anonymous(&server.base);
    assert_eq!(
        from(&anonymous, "203.0.113.1", Method::GET, "/metrics").await.status(),
        StatusCode::NOT_FOUND
    );
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_METRICS", "admin"));
    let ada = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    for (client, expected) in [(&Client::anonymous(&server.base), 401), (&bob, 403), (&ada, 200)] {
        assert_eq!(client.get("/metrics").await.status().as_u16(), expected);
    }
}

#[test]
fn a_public_url_that_is_none_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(VITASCOPE)
        .args(["serve", "--listen", "127.0.0.1:0", "--public-url", "video.example", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("https://NAME"));
}

#[tokio::test]
async fn the_refresh_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let cookie_of = async |options: Options| {
        let server = Server::start(VITASCOPE, options);
        let body = json!({"login": "nobody", "password": "wrong"});
        let anonymous = Client::anonymous(&server.base);
        let _refused = anonymous.post("/api/auth/login", &body).await;
        let response = from(&anonymous, "", Method::POST, "/api/auth/logout").await;
        response.headers()["set-cookie"].to_str().unwrap().to_owned()
    };
    let local = cookie_of(Options::default()).await;
    let public = cookie_of(Options::default().env("VITASCOPE_PUBLIC_URL", "https://video.example")).await;
    for cookie in [local, public] {
        for part in ["__Host-", "; Path=/;", " HttpOnly;", " Secure;", " SameSite=Lax"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
    }
    // Browsers would throw away a Secure cookie from there; the log warns.
    let plain = cookie_of(Options::default().env("VITASCOPE_PUBLIC_URL", "http://video.example")).await;
    assert!(!plain.contains("Secure") && !plain.contains("__Host-") && plain.contains("HttpOnly"), "{plain}");
}

/// Signs in, uploads, plays a private video and talks on a socket; gives every secret that was on the way.
async fn a_day_at(client: Client) -> Vec<(&'static str, String)> {
    let mut ada = client.registered("ada").await;
    let wrong = json!({"login": "ada", "password": "a wrong guess of a password"});
    assert_eq!(ada.post("/api/auth/login", &wrong).await.status(), StatusCode::UNAUTHORIZED);
    let (first_token, first_cookie) = (ada.token.clone().unwrap(), ada.cookie.clone().unwrap());
    let renewed =
        ada.request(Method::POST, "/api/auth/refresh").header("cookie", &first_cookie).send().await.unwrap();
    ada.sign_in_with(renewed).await;
    let clip = moving("160x90", 10, 1, H264_AAC);
    let private = UploadOptions { visibility: "private", ..UploadOptions::default() };
    let opened = ada.init(clip.len() as u64, &private).await;
    let id = opened["id"].as_str().unwrap();
    let url = ada.part_url(id, 1).await;
    assert!(ada.put(&url, &clip).await.status().is_success());
    assert_eq!(
        ada.put(&url.replace("signature=", "signature=x"), &clip).await.status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(ada.complete(id).await.status(), StatusCode::ACCEPTED);
    let video = ada.wait_for_state(id, "ready").await;
    let hls = video["playback"]["hls_url"].as_str().unwrap();
    let (_, lists) = ada.playlists(&video).await;
    let segment = lists[0].1.lines().find(|line| line.ends_with(".m4s")).unwrap().to_owned();
    let folder = lists[0].0.rsplit_once('/').unwrap().0;
    assert!(ada.get(&format!("{folder}/{segment}")).await.status().is_success());
    let grant = hls.strip_prefix("/media/").unwrap().split('/').next().unwrap().to_owned();
    assert_eq!(ada.get(&hls.replace(&grant, &grant.to_lowercase())).await.status(), StatusCode::NOT_FOUND);
    let value = |cookie: &str| cookie.split_once('=').unwrap().1.to_owned();
    vec![
        ("password", "correct horse".to_owned()),
        ("wrong password", "a wrong guess".to_owned()),
        ("access token", first_token),
        ("renewed access token", ada.token.clone().unwrap()),
        ("refresh cookie", value(&first_cookie)),
        ("renewed cookie", value(ada.cookie.as_deref().unwrap())),
        ("grant", grant.split_once('.').unwrap().1.to_owned()),
        ("part signature", url.split("signature=").nth(1).unwrap().to_owned()),
    ]
}

#[tokio::test]
async fn the_log_holds_no_secret_even_when_everything_is_logged() {
    let everything = || Options::default().env("VITASCOPE_LOG", "trace");
    let mut server = Server::start(VITASCOPE, everything());
    let mut secrets = a_day_at(Client::anonymous(&server.base)).await;
    let ada = Client::anonymous(&server.base);
    let body = json!({"login": "ada", "password": "correct horse"});
    let mut ada_again = ada.clone();
    let signed_in = ada.post("/api/auth/login", &body).await;
    ada_again.sign_in_with(signed_in).await;
    let mut socket = ada_again.uploads_socket().await;
    assert_eq!(socket.next().await["type"], "ready");
    secrets.push(("socket's token", ada_again.token.clone().unwrap()));
    let key = std::fs::read(server.data().join("secret.key")).unwrap();
    secrets.push(("master secret", format!("{:?}", &key[..8]).trim_matches(['[', ']']).to_owned()));
    server.stop();
    // The pipe is read by a thread of its own.
    let log = eventually("the end of the log", std::time::Duration::from_secs(5), async || {
        Some(server.log()).filter(|log| log.contains("stopping:"))
    })
    .await;
    assert!(log.contains("DEBUG") && log.contains("/api/auth/login"), "everything is logged");
    let shown: Vec<_> = secrets.iter().filter(|(_, text)| log.contains(text.as_str())).collect();
    assert!(shown.is_empty(), "in the log: {shown:?}\n{}", around(&log, &shown));
}

/// A line of the log for each secret that is in it.
fn around(log: &str, shown: &[&(&str, String)]) -> String {
    let lines =
        shown.iter().filter_map(|(name, text)| Some((name, log.lines().find(|line| line.contains(text))?)));
    lines.map(|(name, line)| format!("{name}: {}\n", line.chars().take(600).collect::<String>())).collect()
}

#[tokio::test]
async fn the_log_holds_no_secret_over_http_2_either() {
    let authority = Authority::default();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = authority.issue_into(folder.path());
    let options = Options::default()
        .env("VITASCOPE_LOG", "trace")
        .env("VITASCOPE_TLS_CERT", cert.to_str().unwrap())
        .env("VITASCOPE_TLS_KEY", key.to_str().unwrap());
    let server = Server::start(VITASCOPE, options);
    let secrets = a_day_at(Client::trusting(&server.base, authority.roots())).await;
    let log = server.log();
    assert!(log.contains("DEBUG"));
    let shown: Vec<_> = secrets.iter().filter(|(_, text)| log.contains(text.as_str())).collect();
    assert!(shown.is_empty(), "in the log: {shown:?}\n{}", around(&log, &shown));
}
