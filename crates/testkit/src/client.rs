use crate::eventually;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next JSON message, within ten seconds.
    pub async fn next(&mut self) -> Value {
        match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected JSON, got {other:?}"),
        }
    }

    /// The code with which the server closes the socket.
    pub async fn close_code(&mut self) -> u16 {
        match self.message().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("expected a close frame, got {other:?}"),
        }
    }

    /// Sends a JSON message.
    pub async fn send(&mut self, message: &Value) {
        self.0.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// Sends bytes.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::Binary(bytes.into())).await.unwrap();
    }

    async fn message(&mut self) -> Message {
        tokio::time::timeout(Duration::from_secs(10), self.0.next())
            .await
            .expect("a message within 10 s")
            .unwrap()
            .unwrap()
    }
}

/// A person (or nobody) who talks to the server.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// The access token, once signed in.
    pub token: Option<String>,
    /// The refresh cookie, `name=value`.
    pub cookie: Option<String>,
    /// The pass of a share link, which goes before the token.
    pub pass: Option<String>,
}

/// How a file is uploaded.
#[derive(Debug, Clone)]
pub struct UploadOptions {
    /// The file's name.
    pub file_name: String,
    /// Who sees it.
    pub visibility: &'static str,
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self { file_name: "clip.mp4".to_owned(), visibility: "public" }
    }
}

impl Client {
    /// Nobody, at a server's address.
    pub fn anonymous(base: &str) -> Self {
        Self::trusting(base, rustls::RootCertStore::empty())
    }

    /// Nobody, who believes these authorities' certificates.
    pub fn trusting(base: &str, roots: rustls::RootCertStore) -> Self {
        let http = crate::tls::http(roots, &["h2", "http/1.1"]).redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), base: base.to_owned(), token: None, cookie: None, pass: None }
    }

    /// A new account.
    pub async fn register(base: &str, name: &str) -> Self {
        Self::anonymous(base).registered(name).await
    }

    /// The same client with a new account.
    pub async fn registered(self, name: &str) -> Self {
        let mut client = self;
        let body =
            json!({"email": format!("{name}@example.org"), "username": name, "password": "correct horse"});
        let response = client.post("/api/auth/register", &body).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        client.sign_in_with(response).await;
        client
    }

    /// The same person at another address of the same server.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Makes a share link of one of this person's videos; its name and its token.
    pub async fn share(&self, video: &str, wishes: &Value) -> (String, String) {
        let made = self.post(&format!("/api/videos/{video}/links"), wishes).await;
        assert_eq!(made.status(), StatusCode::CREATED);
        let made: Value = made.json().await.unwrap();
        (made["link"]["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
    }

    /// Whoever opens a share link without a password.
    pub async fn holding(&self, video: &str, token: &str) -> Self {
        let opened = self.post(&format!("/api/videos/{video}/links/open"), &json!({"token": token})).await;
        assert_eq!(opened.status(), StatusCode::OK);
        let opened: Value = opened.json().await.unwrap();
        self.with_pass(opened["pass"].as_str().unwrap())
    }

    /// The same client with another share link's pass.
    #[must_use]
    pub fn with_pass(&self, pass: &str) -> Self {
        Self { pass: Some(pass.to_owned()), token: None, ..self.clone() }
    }

    /// Opens `/ws/uploads/` and sends the token.
    pub async fn uploads_socket(&self) -> Socket {
        self.socket("/ws/uploads/").await
    }

    /// Opens `/ws/videos/{id}` and sends the token, if there is one.
    pub async fn video_socket(&self, id: &str) -> Socket {
        self.socket(&format!("/ws/videos/{id}")).await
    }

    async fn socket(&self, path: &str) -> Socket {
        let mut socket = self.open_socket(path).await;
        socket.send(&json!({"token": self.token, "share": self.pass})).await;
        socket
    }

    /// Opens a socket and says nothing.
    pub async fn open_socket(&self, path: &str) -> Socket {
        let url = format!("{}{path}", self.base.replacen("http", "ws", 1));
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Socket(socket)
    }

    /// Puts bytes to a signed URL of a server that may be dying.
    pub async fn try_put(&self, url: &str, bytes: &[u8]) -> Option<Response> {
        self.http.put(format!("{}{url}", self.base)).body(bytes.to_vec()).send().await.ok()
    }

    /// Takes the tokens of a sign-in's answer.
    pub async fn sign_in_with(&mut self, response: Response) -> Value {
        self.cookie = response
            .headers()
            .get("set-cookie")
            .map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
        let answer: Value = response.json().await.unwrap();
        self.token = Some(answer["access_token"].as_str().unwrap().to_owned());
        answer
    }

    /// A request with this person's token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.http.request(method, url);
        match (&self.pass, &self.token) {
            (Some(pass), _) => request.header("authorization", format!("Share {pass}")),
            (None, Some(token)) => request.bearer_auth(token),
            (None, None) => request,
        }
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Gets a path's JSON, which must be there.
    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// Gets a path's text, which must be there.
    pub async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// Opens an upload.
    pub async fn init(&self, size: u64, options: &UploadOptions) -> Value {
        let body = json!({"title": options.file_name, "file_name": options.file_name, "content_type": "video/mp4",
            "size": size, "visibility": options.visibility});
        let response = self.post("/api/videos/init", &body).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json().await.unwrap()
    }

    /// The signed URL of one part.
    pub async fn part_url(&self, video: &str, number: u64) -> String {
        let response = self.post(&format!("/api/videos/{video}/parts"), &json!({"numbers": [number]})).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json::<Value>().await.unwrap()["parts"][0]["url"].as_str().unwrap().to_owned()
    }

    /// Puts one part.
    pub async fn put_part(&self, video: &str, number: u64, bytes: &[u8]) -> Response {
        let url = self.part_url(video, number).await;
        self.put(&url, bytes).await
    }

    /// Puts bytes to a signed URL, without a token.
    pub async fn put(&self, url: &str, bytes: &[u8]) -> Response {
        self.http.put(format!("{}{url}", self.base)).body(bytes.to_vec()).send().await.unwrap()
    }

    /// Uploads a whole file up to `complete`; gives the video's id.
    pub async fn upload(&self, bytes: &[u8], options: &UploadOptions) -> String {
        let opened = self.init(bytes.len() as u64, options).await;
        let id = opened["id"].as_str().unwrap().to_owned();
        let part_size = usize::try_from(opened["part_size"].as_u64().unwrap()).unwrap();
        for (index, part) in bytes.chunks(part_size).enumerate() {
            let response = self.put_part(&id, index as u64 + 1, part).await;
            assert_eq!(response.status(), StatusCode::OK);
        }
        let response = self.complete(&id).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        id
    }

    /// Completes an upload.
    pub async fn complete(&self, video: &str) -> Response {
        self.post(&format!("/api/videos/{video}/complete"), &json!({})).await
    }

    /// A video.
    pub async fn video(&self, id: &str) -> Value {
        self.json(&format!("/api/videos/{id}")).await
    }

    /// Changes a video of this person's; how it is then.
    pub async fn change(&self, id: &str, change: &Value) -> Value {
        let answer =
            self.request(Method::PATCH, &format!("/api/videos/{id}")).json(change).send().await.unwrap();
        let (status, video) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{video:#}");
        video
    }

    /// Waits until a video has the wanted state; any other end is an error.
    pub async fn wait_for_state(&self, id: &str, state: &str) -> Value {
        eventually(&format!("video {id} {state}"), Duration::from_secs(300), async || {
            let video = self.video(id).await;
            let now = video["state"].as_str().unwrap().to_owned();
            assert!(now == state || !matches!(now.as_str(), "ready" | "failed"), "wanted {state}: {video:#}");
            (now == state).then_some(video)
        })
        .await
    }

    /// Waits until a video can be played.
    pub async fn wait_until_playable(&self, id: &str) -> Value {
        eventually(&format!("video {id} playable"), Duration::from_secs(60), async || {
            let video = self.video(id).await;
            assert_ne!(video["state"], "failed", "{video:#}");
            video["playable"].as_bool().unwrap().then_some(video)
        })
        .await
    }

    /// Follows a video's playlists; gives the multivariant text and (URL, text) of every media playlist.
    pub async fn playlists(&self, video: &Value) -> (String, Vec<(String, String)>) {
        let master_url = video["playback"]["hls_url"].as_str().unwrap();
        let folder = master_url.rsplit_once('/').unwrap().0;
        let master = self.text(master_url).await;
        let mut lists = Vec::new();
        for line in master.lines() {
            let uri = if line.starts_with("#EXT-X-MEDIA:") {
                line.split("URI=\"").nth(1).and_then(|rest| rest.split('"').next())
            } else {
                (!line.starts_with('#') && !line.is_empty()).then_some(line)
            };
            if let Some(uri) = uri {
                let url = format!("{folder}/{uri}");
                let text = self.text(&url).await;
                lists.push((url, text));
            }
        }
        (master, lists)
    }
}
