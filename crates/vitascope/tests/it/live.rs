//! Broadcasts as an encoder and a viewer see them: FFmpeg sends by RTMP, an HTTP client reads the playlists.

use crate::VITASCOPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{Client, Options, Server, eventually};

fn live_server(grace: &str) -> Server {
    let options = Options::default().env("VITASCOPE_RTMP", "127.0.0.1:0");
    Server::start(VITASCOPE, options.env("VITASCOPE_LIVE_GRACE_SECONDS", grace))
}

/// A broadcast that waits: its id and the address with its key.
async fn broadcast(owner: &Client, wishes: Value) -> (String, String) {
    let made = owner.post("/api/live", &wishes).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), format!("{}/{}", text("rtmp_url"), text("stream_key")))
}

/// An encoder in another process, which ends with this value.
struct Encoder(Child);

impl Encoder {
    /// Sends `seconds` of a picture with a keyframe every 30 frames and a tone, in real time.
    fn start(address: &str, seconds: u32, more: &[&str]) -> Self {
        Self::send(address, &format!("testsrc2=s=320x180:r=30:d={seconds},realtime"), seconds, more)
    }

    /// The same, until it is stopped, behind `past` seconds that are sent as fast as they can be made. What it sends is in `copy` too.
    fn with_past(address: &str, past: u32, copy: &Path) -> Self {
        let source = "testsrc2=s=320x180:r=30";
        let picture = format!("{source}:d={past}[a];{source},realtime[b];[a][b]concat");
        let tee = format!("[f=flv]{address}|[f=flv]{}", copy.display());
        let more = ["-map", "0", "-map", "1", "-flags", "+global_header", "-f", "tee", &tee];
        Self::run(&picture, "sine=f=440:r=48000", &more)
    }

    fn send(address: &str, picture: &str, seconds: u32, more: &[&str]) -> Self {
        let tone = format!("sine=f=440:r=48000:d={seconds}");
        Self::run(picture, &tone, &[more, &["-f", "flv", address]].concat())
    }

    fn run(picture: &str, tone: &str, more: &[&str]) -> Self {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-loglevel", "error", "-nostdin"]);
        command.args(["-f", "lavfi", "-i", picture]);
        command.args(["-f", "lavfi", "-i", tone]);
        command.args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "30",
            "-c:a",
            "aac",
            "-ac",
            "2",
        ]);
        Self(command.args(more).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Lets it send what it has, and end.
    fn stop(&mut self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        self.0.wait().unwrap();
    }

    fn cut(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let _over = self.0.kill();
        let _reaped = self.0.wait();
    }
}

async fn playable(client: &Client, id: &str) -> Value {
    eventually("the broadcast can be watched", Duration::from_secs(60), async || {
        let video = client.json(&format!("/api/videos/{id}")).await;
        (video["playable"] == true).then_some(video)
    })
    .await
}

/// Values of a tag's attribute, in order.
fn attributes(list: &str, tag: &str, name: &str) -> Vec<String> {
    let lines = list.lines().filter_map(|line| line.strip_prefix(tag));
    lines
        .filter_map(|line| {
            let from = line.split_once(&format!("{name}="))?.1;
            Some(from.trim_start_matches('"').split(['"', ',']).next()?.to_owned())
        })
        .collect()
}

fn uris(list: &str) -> Vec<String> {
    list.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Seconds of all segments of a list.
fn seconds(list: &str) -> f64 {
    let durations = list.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
    durations.map(|text| text.trim_end_matches(',').parse::<f64>().unwrap()).sum()
}

/// What FFmpeg decodes of an address: frames of its picture, and whether it complained.
pub(crate) fn decoded(url: &str) -> (usize, String) {
    let out = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            "v:0",
            "-show_entries",
            "stream=nb_read_frames",
        ])
        .args(["-of", "csv=p=0", url])
        .output()
        .unwrap();
    // Of a playlist it tells the number once for its program and once for its stream.
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    let frames = told.split(|char: char| !char.is_ascii_digit()).find_map(|word| word.parse().ok());
    (frames.unwrap_or(0), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[tokio::test]
async fn what_an_encoder_sends_is_watched_live_and_is_a_video_at_its_end() {
    let server = live_server("60");
    let ada = Client::register(&server.base, "ada").await;
    let (id, address) = broadcast(&ada, json!({"title": "On", "visibility": "public", "save": true})).await;
    let waiting = ada.json(&format!("/api/videos/{id}")).await;
    assert_eq!((waiting["state"].as_str(), waiting["origin"].as_str()), (Some("waiting"), Some("live")));
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("sent.flv");
    let mut encoder = Encoder::with_past(&address, 30, &copy);
    let video = playable(&ada, &id).await;
    assert_eq!(video["state"], "live");
    let nobody = Client::anonymous(&server.base);
    let on = nobody.json("/api/live").await;
    assert_eq!(on["items"][0]["id"], id.as_str());

    // A check of a stranger's eyes: every rule was looked at, delta updates too.
    let master_url = video["playback"]["hls_url"].as_str().unwrap().to_owned();
    let master = nobody.text(&master_url).await;
    assert!(master.contains("RESOLUTION=320x180") && master.contains("mp4a.40.2"), "{master}");
    let base = master_url.rsplit_once('/').unwrap().0.to_owned();
    eventually("a list that is long enough to leave something out", Duration::from_secs(60), async || {
        let list = nobody.text(&format!("{base}/audio/index.m3u8")).await;
        (uris(&list).len() > 14).then_some(())
    })
    .await;
    let told = checked(&format!("{}{master_url}", server.base));
    // There is one rule that plain HTTP cannot be asked about.
    let unseen: Vec<_> = told.lines().filter(|line| line.starts_with("unseen")).collect();
    assert!(unseen.len() == 1 && unseen[0].contains("http2"), "{told}");
    let connections = ada.json(&format!("/api/live/{id}/sessions")).await;
    assert_eq!(connections["items"][0]["address"], "127.0.0.1");
    assert!(connections["items"][0].get("ended_at").is_none());

    encoder.stop();
    // What its socket still held is read by then.
    ada.wait_for_state(&id, "interrupted").await;
    let ended = ada.post(&format!("/api/live/{id}/end"), &json!({})).await;
    assert_eq!(ended.status(), StatusCode::OK);
    let ended: Value = ended.json().await.unwrap();
    assert_eq!(ended["state"], "ready");
    let length = ended["duration_seconds"].as_f64().unwrap();
    let sent = decoded(&copy.display().to_string()).0;
    let whole = sent as f64 / 30.0;
    assert!(sent > 900 && (length - whole).abs() < 0.3, "{length} {whole}");
    for rung in ["source", "audio"] {
        let list = nobody.text(&format!("{base}/{rung}/index.m3u8")).await;
        assert!(list.ends_with("#EXT-X-ENDLIST\n") && list.contains("#EXT-X-MEDIA-SEQUENCE:0\n"), "{list}");
        assert!((seconds(&list) - whole).abs() < 0.3, "{list}");
    }
    let (frames, complaints) = decoded(&format!("{}{master_url}", server.base));
    assert_eq!((frames, complaints.as_str()), (sent, ""), "every frame from the first one on");
    let file = format!("{}{}", server.base, ended["playback"]["download_url"].as_str().unwrap());
    assert_eq!(decoded(&file).0, sent, "one MP4 of all of it");
    assert_eq!(nobody.json("/api/live").await["items"].as_array().unwrap().len(), 0);
    let again = ada.post(&format!("/api/live/{id}/end"), &json!({})).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);

    eventually("its pictures are made", Duration::from_secs(60), async || {
        let playback = ada.json(&format!("/api/videos/{id}")).await["playback"].clone();
        (playback["poster_url"].is_string() && playback["storyboard_url"].is_string()).then_some(())
    })
    .await;

    // It is a video like any other: it can be cut in the middle of a GOP.
    let edit = format!("/api/videos/{id}/edit");
    let keep = json!({"version": 0, "keep": [{"start_us": 2_500_000, "end_us": 6_500_000}]});
    let cut = ada.request(Method::PUT, &edit).json(&keep).send().await.unwrap();
    assert_eq!(cut.status(), StatusCode::ACCEPTED);
    eventually("the cut is shown", Duration::from_secs(60), async || {
        (ada.json(&edit).await["shown"] == 1).then_some(())
    })
    .await;
    assert_eq!(decoded(&format!("{}{master_url}", server.base)), (120, String::new()));
}

/// What `vitascope llhls-check` says of a stream.
fn checked(url: &str) -> String {
    let out = Command::new(VITASCOPE).args(["llhls-check", "--updates", "6", url]).output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{told}\n{}", String::from_utf8_lossy(&out.stderr));
    told
}

#[tokio::test]
async fn an_encoder_that_was_cut_off_goes_on_with_the_same_video() {
    let server = live_server("60");
    let ada = Client::register(&server.base, "ada").await;
    let (id, address) = broadcast(&ada, json!({"title": "Cut", "visibility": "public", "save": true})).await;
    let mut encoder = Encoder::start(&address, 60, &[]);
    let video = playable(&ada, &id).await;
    let index = video["playback"]["hls_url"].as_str().unwrap().replace("master", "source/index");
    encoder.cut();
    ada.wait_for_state(&id, "interrupted").await;
    let before = ada.text(&index).await;
    let mut encoder = Encoder::start(&address, 4, &[]);
    ada.wait_for_state(&id, "live").await;
    encoder.0.wait().unwrap();
    ada.wait_for_state(&id, "interrupted").await;
    let after = ada.text(&index).await;
    assert!(seconds(&after) - seconds(&before) > 3.8, "{before}\n{after}");
    assert!(uris(&after).starts_with(&uris(&before)), "what was there stays");
    let ended: Value = ada.post(&format!("/api/live/{id}/end"), &json!({})).await.json().await.unwrap();
    assert!((ended["duration_seconds"].as_f64().unwrap() - seconds(&after)).abs() < 0.1);
    assert_eq!(decoded(&format!("{}{}", server.base, ended["playback"]["hls_url"].as_str().unwrap())).1, "");
    let connections = ada.json(&format!("/api/live/{id}/sessions")).await;
    assert_eq!(connections["items"].as_array().unwrap().len(), 2);
    assert!(connections["items"][1]["reason"].as_str().unwrap().contains("lost"));
}

#[tokio::test]
async fn a_server_that_died_goes_on_where_it_was() {
    let mut server = live_server("60");
    let ada = Client::register(&server.base, "ada").await;
    let (id, address) =
        broadcast(&ada, json!({"title": "Crash", "visibility": "public", "save": true})).await;
    let key = address.rsplit('/').next().unwrap().to_owned();
    let _encoder = Encoder::start(&address, 60, &[]);
    playable(&ada, &id).await;
    server.crash_and_restart();
    let ada = ada.at(&server.base);
    assert_eq!(ada.json(&format!("/api/videos/{id}")).await["state"], "interrupted");
    let line = server.printed.iter().find(|line| line.contains("rtmp://")).unwrap();
    let mut encoder = Encoder::start(&format!("{}/{key}", line.rsplit(' ').next().unwrap()), 4, &[]);
    ada.wait_for_state(&id, "live").await;
    encoder.0.wait().unwrap();
    let ended: Value = ada.post(&format!("/api/live/{id}/end"), &json!({})).await.json().await.unwrap();
    assert!(ended["duration_seconds"].as_f64().unwrap() > 4.8, "{ended:#}");
    assert_eq!(decoded(&format!("{}{}", server.base, ended["playback"]["hls_url"].as_str().unwrap())).1, "");
}

#[tokio::test]
async fn a_server_that_is_stopped_keeps_everything_it_got() {
    let mut server = live_server("1");
    let ada = Client::register(&server.base, "ada").await;
    let (id, address) = broadcast(&ada, json!({"title": "Stop", "visibility": "public", "save": true})).await;
    let _encoder = Encoder::start(&address, 60, &[]);
    let video = playable(&ada, &id).await;
    let index = video["playback"]["hls_url"].as_str().unwrap().replace("master", "source/index");
    let parts = attributes(&ada.text(&index).await, "#EXT-X-PART:", "DURATION");
    let seen: f64 = parts.iter().map(|duration| duration.parse::<f64>().unwrap()).sum();
    // Somebody waits for a part that will not come.
    let (waiting, ahead) = (ada.clone(), format!("{index}?_HLS_msn=2&_HLS_part=0"));
    let waits = tokio::spawn(async move { waiting.get(&ahead).await.status() });
    let began = Instant::now();
    assert_eq!(server.stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "nobody is waited for: {:?}", began.elapsed());
    waits.abort();
    let base = server.restart_with(Options::default().env("VITASCOPE_LIVE_GRACE_SECONDS", "1"));
    let ended = ada.at(&base).wait_for_state(&id, "ready").await;
    assert!(ended["duration_seconds"].as_f64().unwrap() >= seen - 0.05, "{seen}: {ended:#}");
}

#[tokio::test]
async fn a_publisher_who_does_not_return_ends_it_and_what_is_not_saved_is_gone() {
    let server = live_server("1");
    let ada = Client::register(&server.base, "ada").await;
    let (id, address) =
        broadcast(&ada, json!({"title": "Gone", "visibility": "public", "save": false})).await;
    let mut encoder = Encoder::start(&address, 60, &[]);
    playable(&ada, &id).await;
    encoder.cut();
    eventually("the video is gone", Duration::from_secs(20), async || {
        (ada.get(&format!("/api/videos/{id}")).await.status() == StatusCode::NOT_FOUND).then_some(())
    })
    .await;
    assert!(!server.data().join("videos").join(&id).exists(), "and its objects");
}

#[tokio::test]
async fn who_must_not_publish_is_sent_away() {
    let server = live_server("60");
    let ada = Client::register(&server.base, "ada").await;
    let (id, address) = broadcast(&ada, json!({"title": "Keys", "save": true})).await;
    let rotated = ada.post(&format!("/api/live/{id}/key"), &json!({})).await;
    assert_eq!(rotated.status(), StatusCode::OK);
    // The old key, HEVC-like gaps between keyframes, bytes of no protocol: each is told in time, and the server lives.
    let mut wrong = Encoder::start(&address, 30, &[]);
    assert!(!wrong.0.wait().unwrap().success());
    let rotated: Value = rotated.json().await.unwrap();
    let address =
        format!("{}/{}", rotated["rtmp_url"].as_str().unwrap(), rotated["stream_key"].as_str().unwrap());
    let rare = ["-g", "900", "-sc_threshold", "0"];
    let mut sparse = Encoder::send(&address, "testsrc2=s=320x180:r=30:d=30", 30, &rare);
    assert!(!sparse.0.wait().unwrap().success());
    let reason = eventually("the reason is told", Duration::from_secs(10), async || {
        let connections = ada.json(&format!("/api/live/{id}/sessions")).await;
        connections["items"][0]["reason"].as_str().map(str::to_owned)
    })
    .await;
    assert!(reason.contains("keyframe interval"), "{reason}");
    let port = address.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    let mut stranger = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stranger.write_all(&[b'G'; 4096]).unwrap();
    assert_eq!(ada.get("/healthz").await.status(), StatusCode::OK);
    let deleted = ada.request(Method::DELETE, &format!("/api/videos/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_server_without_an_address_for_encoders_takes_browsers() {
    let server = crate::server();
    let ada = Client::register(&server.base, "ada").await;
    let made = ada.post("/api/live", &json!({"title": "T", "save": true})).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    assert!(made.get("rtmp_url").is_none() && made["ws_url"].is_string(), "only browsers can: {made:#}");
}
