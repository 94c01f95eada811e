//! Broadcasts from a browser: chunks of a recording over a WebSocket, with connections that break.

use crate::live::decoded;
use crate::server;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Client, Socket, clips};

const PICTURE: &str = "testsrc2=s=320x180:r=30:d=4";
/// What Chromium writes where it has H.264, and what every browser writes.
const RECORDINGS: [&[&str]; 2] = [
    &[
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-tune",
        "zerolatency",
        "-profile:v",
        "baseline",
        "-f",
        "matroska",
    ],
    &["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-f", "webm"],
];

/// A recording of four seconds with a keyframe each second, in chunks.
fn recording(codec: &[&str]) -> Vec<Vec<u8>> {
    let mut args = vec!["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", "sine=f=440:r=48000:d=4"];
    args.extend([
        "-pix_fmt",
        "yuv420p",
        "-g",
        "30",
        "-c:a",
        "libopus",
        "-live",
        "1",
        "-cluster_time_limit",
        "250",
    ]);
    args.extend(codec);
    let bytes = clips::make(&args);
    let chunks: Vec<Vec<u8>> = bytes.chunks(bytes.len().div_ceil(30)).map(<[u8]>::to_vec).collect();
    assert!(chunks.len() > 20);
    chunks
}

/// A broadcast that waits: its id and its key.
async fn broadcast(owner: &Client) -> (String, String) {
    let wishes = json!({"title": "Browser", "visibility": "public", "save": true});
    let made: Value = owner.post("/api/live", &wishes).await.json().await.unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    assert!(text("ws_url").ends_with("/ws/ingest"));
    (text("id"), text("stream_key"))
}

async fn token(owner: &Client, id: &str) -> String {
    let told: Value = owner.post(&format!("/api/live/{id}/token"), &json!({})).await.json().await.unwrap();
    assert!(told["expires_in"].as_u64().unwrap() > 0);
    told["token"].as_str().unwrap().to_owned()
}

async fn publish(client: &Client, query: &str, resume_from: usize) -> Socket {
    publish_take(client, query, "one", resume_from).await
}

async fn publish_take(client: &Client, query: &str, take: &str, resume_from: usize) -> Socket {
    let mut socket = client.open_socket(&format!("/ws/ingest?{query}")).await;
    let hello =
        json!({"mime": "video/x-matroska;codecs=avc1,opus", "take": take, "resume_from": resume_from});
    socket.send(&hello).await;
    socket
}

async fn send(socket: &mut Socket, chunks: &[Vec<u8>], number: usize) {
    let number_first = (number as u64).to_be_bytes();
    socket.send_bytes([&number_first[..], &chunks[number]].concat()).await;
}

#[tokio::test]
async fn a_recording_that_comes_over_broken_connections_is_whole() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    for codec in RECORDINGS {
        let chunks = recording(codec);
        let (id, key) = broadcast(&ada).await;
        let token = token(&ada, &id).await;
        let mut socket = publish(&ada, &format!("streamKey={key}&token={token}"), 0).await;
        assert_eq!(socket.next().await, json!({"ready": true, "next": 0}));
        for number in 0..12 {
            send(&mut socket, &chunks, number).await;
            assert_eq!(socket.next().await["ack"], number);
        }
        // A chunk is missing: the connection ends, what was there stays.
        send(&mut socket, &chunks, 13).await;
        assert_eq!(socket.next().await["error"], "missing_chunk");
        assert_eq!(socket.close_code().await, 4412);

        let mut half_open = publish(&ada, &format!("token={token}"), 10).await;
        assert_eq!(half_open.next().await["next"], 12);
        // This one is not heard of any more: its successor takes its place, and sends again what it knows no answer to.
        send(&mut half_open, &chunks, 12).await;
        assert_eq!(half_open.next().await["ack"], 12);
        let mut socket = publish(&ada, &format!("streamKey={key}"), 12).await;
        let next = usize::try_from(socket.next().await["next"].as_u64().unwrap()).unwrap();
        assert_eq!(half_open.next().await["error"], "replaced");
        assert_eq!(half_open.close_code().await, 4409);
        for number in next - 1..chunks.len() {
            send(&mut socket, &chunks, number).await;
            assert_eq!(socket.next().await["ack"], number.max(next - 1));
        }

        let ended: Value = ada.post(&format!("/api/live/{id}/end"), &json!({})).await.json().await.unwrap();
        assert_eq!(ended["state"], "ready", "{ended:#}");
        assert_eq!(socket.next().await["error"], "ended");
        let (frames, complaints) =
            decoded(&format!("{}{}", server.base, ended["playback"]["hls_url"].as_str().unwrap()));
        assert_eq!((frames, complaints.as_str()), (120, ""), "every frame, once: {codec:?}");
        let length = ended["duration_seconds"].as_f64().unwrap();
        assert!((length - 4.0).abs() < 0.1, "{length}");
        let master = ada.text(ended["playback"]["hls_url"].as_str().unwrap()).await;
        // Copied, it has the profile that it had.
        assert_eq!(master.contains("avc1.42c0"), codec[1] == "libx264", "{master}");
        let connections = ada.json(&format!("/api/live/{id}/sessions")).await;
        let reasons: Vec<_> = connections["items"].as_array().unwrap().iter().collect();
        assert!(
            reasons.len() == 3 && reasons.iter().all(|one| one["protocol"] == "websocket"),
            "{connections:#}"
        );
    }
}

#[tokio::test]
async fn who_must_not_publish_from_a_browser_is_sent_away_with_the_reason() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let (id, key) = broadcast(&ada).await;
    let (other, other_key) = broadcast(&ada).await;
    let token_of_it = token(&ada, &id).await;
    // Neither a session nor a key for something else is one for this.
    let session = format!("token={}", ada.token.as_ref().unwrap());
    let mixed = format!("streamKey={other_key}&token={token_of_it}");
    for query in ["", "streamKey=wrong", "token=a.1.b", &session, &mixed] {
        let mut socket = publish(&ada, query, 0).await;
        assert_eq!(socket.next().await["error"], "not_let_in", "{query}");
        assert_eq!(socket.close_code().await, 4401);
    }
    // A recording of which nothing is known cannot be gone on with, and what is no recording is refused.
    let query = format!("streamKey={key}");
    assert_eq!(publish(&ada, &query, 5).await.next().await["error"], "missing_chunk");
    let mut socket = publish(&ada, &query, 0).await;
    socket.next().await;
    socket.send_bytes([&[0; 8][..], &[b'G'; 5000]].concat()).await;
    assert_eq!(socket.next().await["ack"], 0);
    assert_eq!(socket.next().await["error"], "unsupported");
    assert_eq!(socket.close_code().await, 4415);
    let mut socket = publish(&ada, &query, 0).await;
    socket.next().await;
    socket.send_bytes(vec![1; 7]).await;
    assert_eq!(socket.next().await["error"], "malformed");
    // The owner disconnects one.
    let mut socket = publish(&ada, &query, 0).await;
    socket.next().await;
    let connections = ada.json(&format!("/api/live/{id}/sessions")).await;
    let open =
        connections["items"].as_array().unwrap().iter().find(|one| one.get("ended_at").is_none()).unwrap();
    let path = format!("/api/live/{id}/sessions/{}", open["id"].as_str().unwrap());
    let gone = ada.request(reqwest::Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(socket.next().await["error"], "disconnected");
    for id in [id, other] {
        assert_eq!(ada.post(&format!("/api/live/{id}/end"), &json!({})).await.status(), StatusCode::OK);
    }
    assert_eq!(publish(&ada, &query, 0).await.next().await["error"], "not_let_in");
}

#[tokio::test]
async fn a_broadcast_goes_on_with_another_recording_when_ffmpeg_died_under_the_first() {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let chunks = recording(RECORDINGS[0]);
    let (id, key) = broadcast(&ada).await;
    let query = format!("streamKey={key}");
    let mut socket = publish(&ada, &query, 0).await;
    socket.next().await;
    for number in 0..20 {
        send(&mut socket, &chunks, number).await;
        socket.next().await;
    }
    ada.wait_for_state(&id, "live").await;
    let killed = server.kill_children_with("-flush_packets");
    assert_eq!(killed, 1, "the one FFmpeg of the broadcast");
    assert_eq!(socket.next().await["error"], "failed");
    assert_eq!(socket.close_code().await, 4422);
    ada.wait_for_state(&id, "interrupted").await;
    let mut socket = publish_take(&ada, &query, "two", 0).await;
    assert_eq!(socket.next().await["next"], 0);
    for number in 0..chunks.len() {
        send(&mut socket, &chunks, number).await;
        socket.next().await;
    }
    let ended: Value = ada.post(&format!("/api/live/{id}/end"), &json!({})).await.json().await.unwrap();
    assert_eq!(ended["state"], "ready", "{ended:#}");
    let (frames, complaints) =
        decoded(&format!("{}{}", server.base, ended["playback"]["hls_url"].as_str().unwrap()));
    assert!(frames >= 120 && complaints.is_empty(), "{frames} frames, {complaints}");
}
