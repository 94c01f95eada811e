use crate::{VITASCOPE, server};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use testkit::clips::{H264_AAC, moving};
use testkit::{Client, Options, Server, UploadOptions};

const SITE: &str = "https://video.example";
const TITLE: &str = "</script><b>\"Ada's\" & סרטון";

async fn with_video(visibility: &'static str) -> (Server, Client, String) {
    let server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_PUBLIC_URL", SITE));
    let link =
        server.printed.iter().find_map(|line| line.split("/register?setup=").nth(1)).unwrap().to_owned();
    let admin = json!({"email": "a@example.org", "username": "first", "password": "correct horse", "setup_token": link});
    Client::anonymous(&server.base).post("/api/auth/register", &admin).await;
    let ada = Client::register(&server.base, "ada").await;
    let options = UploadOptions { visibility, ..UploadOptions::default() };
    let id = ada.upload(&moving("320x180", 25, 2, H264_AAC), &options).await;
    let change = json!({"title": TITLE});
    ada.request(Method::PATCH, &format!("/api/videos/{id}")).json(&change).send().await.unwrap();
    ada.wait_for_state(&id, "ready").await;
    (server, ada, id)
}

fn attribute<'a>(html: &'a str, tag: &str) -> &'a str {
    let rest = html.split_once(tag).unwrap_or_else(|| panic!("{tag} is missing in {html}")).1;
    rest.split_once("content=\"").unwrap().1.split('"').next().unwrap()
}

#[tokio::test]
async fn a_public_watch_page_tells_previews_and_search_engines_what_it_is() {
    let (server, ada, id) = with_video("public").await;
    let anonymous = Client::anonymous(&server.base);
    let response = anonymous.get(&format!("/w/{id}")).await;
    let etag = response.headers()[header::ETAG].clone();
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
    assert!(
        response.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'")
    );
    let html = response.text().await.unwrap();
    let escaped = "&lt;/script&gt;&lt;b&gt;&quot;Ada&#39;s&quot; &amp; סרטון";
    assert!(html.contains(&format!("<title>{escaped} · Vitascope</title>")), "{html}");
    assert!(!html.contains("</script><b>"));
    assert_eq!(attribute(&html, "og:title"), escaped);
    assert_eq!(attribute(&html, "og:type"), "video.other");
    assert_eq!(attribute(&html, "\"og:video\""), format!("{SITE}/embed/{id}"));
    assert_eq!((attribute(&html, "og:video:width"), attribute(&html, "og:video:height")), ("320", "180"));
    assert_eq!((attribute(&html, "og:image:width"), attribute(&html, "og:image:height")), ("320", "180"));
    assert_eq!(attribute(&html, "video:duration"), "2");
    assert_eq!(attribute(&html, "twitter:card"), "player");
    assert!(html.contains(&format!("<link rel=\"canonical\" href=\"{SITE}/w/{id}\">")));
    let block = html.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let object: Value = serde_json::from_str(block).unwrap();
    assert_eq!((&object["name"], &object["duration"]), (&json!(TITLE), &json!("PT2S")));
    // What it names is there for everybody.
    for url in [&object["contentUrl"], &object["thumbnailUrl"][0]] {
        let path = url.as_str().unwrap().strip_prefix(SITE).unwrap();
        assert_eq!(anonymous.get(path).await.status(), StatusCode::OK, "{path}");
    }

    let again = |client: Client, etag: header::HeaderValue, path: String| async move {
        client.request(Method::GET, &path).header(header::IF_NONE_MATCH, etag).send().await.unwrap().status()
    };
    let path = format!("/w/{id}");
    assert_eq!(again(anonymous.clone(), etag.clone(), path.clone()).await, StatusCode::NOT_MODIFIED);
    let change = json!({"title": "Another"});
    ada.request(Method::PATCH, &format!("/api/videos/{id}")).json(&change).send().await.unwrap();
    assert_eq!(again(anonymous, etag, path).await, StatusCode::OK, "a new title is a new page");
}

#[tokio::test]
async fn a_private_video_leaves_no_trace_in_any_page() {
    let (server, ada, id) = with_video("private").await;
    // The owner asks as well: what a page says must not depend on who asks, for caches share it.
    for client in [Client::anonymous(&server.base), ada] {
        for page in ["w", "embed"] {
            let private = client.get(&format!("/{page}/{id}")).await;
            let missing = client.get(&format!("/{page}/AAAAAAAAAAA")).await;
            assert_eq!((private.status(), missing.status()), (StatusCode::OK, StatusCode::OK));
            assert_eq!(private.headers()[header::ETAG], missing.headers()[header::ETAG]);
            let html = private.text().await.unwrap();
            assert!(html.contains("noindex") && !html.contains("og:") && !html.contains("Ada"), "{html}");
            assert_eq!(client.get(&format!("/{page}/not-an-id")).await.status(), StatusCode::NOT_FOUND);
        }
        let url = format!("/api/oembed?url={SITE}/w/{id}");
        assert_eq!(client.get(&url).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_unlisted_video_is_previewed_but_not_indexed_and_may_stand_in_frames() {
    let (server, _ada, id) = with_video("unlisted").await;
    let anonymous = Client::anonymous(&server.base);
    let html = anonymous.text(&format!("/w/{id}")).await;
    assert!(html.contains("<meta name=\"robots\" content=\"noindex\">") && html.contains("og:title"));
    assert!(!html.contains("/media/0") && !html.contains("/media/1"), "no grant: {html}");
    let embed = anonymous.get(&format!("/embed/{id}")).await;
    let policy = embed.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("frame-ancestors *") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!embed.headers().contains_key("set-cookie"));
    assert!(
        embed.text().await.unwrap().contains(&format!("<link rel=\"canonical\" href=\"{SITE}/w/{id}\">"))
    );
    for page in ["/", "/my", "/embed.html", &format!("/w/{id}")] {
        let policy =
            anonymous.get(page).await.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("frame-ancestors 'none'"), "{page}: {policy}");
    }
}

#[tokio::test]
async fn oembed_answers_for_our_pages_only() {
    let (server, _ada, id) = with_video("public").await;
    let anonymous = Client::anonymous(&server.base);
    let link = anonymous.text(&format!("/w/{id}")).await;
    let href = link.split("application/json+oembed").next().unwrap().rsplit("href=\"").next().unwrap();
    let path = href.split('"').next().unwrap().replace("&amp;", "&");
    let card = anonymous.json(path.strip_prefix(SITE).unwrap()).await;
    assert_eq!(
        (&card["type"], &card["version"], &card["title"]),
        (&json!("video"), &json!("1.0"), &json!(TITLE))
    );
    assert_eq!(
        (&card["width"], &card["height"], &card["thumbnail_width"]),
        (&json!(1280), &json!(720), &json!(320))
    );
    let html = card["html"].as_str().unwrap();
    assert!(
        html.starts_with(&format!("<iframe src=\"{SITE}/embed/{id}\"")) && !html.contains("</script>"),
        "{html}"
    );

    let small =
        anonymous.json(&format!("/api/oembed?url={SITE}/embed/{id}?t%3D1m&maxwidth=320&format=json")).await;
    assert_eq!((&small["width"], &small["height"]), (&json!(320), &json!(180)));
    assert!(small["html"].as_str().unwrap().contains("?start=1m\""), "{small}");
    for (query, status) in [
        (format!("url={SITE}/w/{id}&format=xml"), 501),
        (format!("url={SITE}/w/{id}&maxwidth=0"), 422),
        (format!("url={SITE}/w/{id}&maxheight=-3"), 422),
        (String::new(), 422),
        (format!("url=https://evil.example/w/{id}"), 404),
        (format!("url={SITE}/my"), 404),
        (format!("url={SITE}/w/AAAAAAAAAAA"), 404),
    ] {
        let response = anonymous.get(&format!("/api/oembed?{query}")).await;
        assert_eq!(response.status(), status, "{query}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{query}");
    }
}

#[tokio::test]
async fn a_forged_host_gets_no_urls() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let options = UploadOptions { visibility: "public", ..UploadOptions::default() };
    let id = ada.upload(&moving("320x180", 25, 1, H264_AAC), &options).await;
    ada.wait_for_state(&id, "ready").await;
    let page = |host: &'static str| {
        let request = ada.request(Method::GET, &format!("/w/{id}")).header(header::HOST, host);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    assert!(page("box.local:8080").await.contains(&format!("content=\"http://box.local:8080/embed/{id}\"")));
    for host in ["a\"b", "a/b", "user@host", "a b"] {
        let html = page(host).await;
        assert!(!html.contains("og:") && html.contains("<title>"), "{host}: {html}");
    }
}
