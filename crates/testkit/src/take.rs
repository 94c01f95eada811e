//! A recorder without a browser: puts a take as it would come out of one, and measures what comes of it.

use crate::{Client, Server, clips, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A take that is being put.
#[derive(Debug)]
pub struct Take {
    /// Who records.
    pub client: Client,
    /// The video.
    pub id: String,
    /// Parts put so far.
    pub count: u64,
}

impl Take {
    /// Opens a public take.
    pub async fn open(client: &Client, more: Value) -> Self {
        let mut body = json!({"title": "A take", "file_name": "take", "content_type": "video/x-matroska",
            "origin": "recording", "visibility": "public"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let response = client.post("/api/videos/init", &body).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let opened: Value = response.json().await.unwrap();
        Self { client: client.clone(), id: opened["id"].as_str().unwrap().to_owned(), count: 0 }
    }

    /// Puts the next part.
    pub async fn put(&mut self, bytes: &[u8]) {
        self.count += 1;
        assert_eq!(self.client.put_part(&self.id, self.count, bytes).await.status(), StatusCode::OK);
    }

    /// Puts every part of `parts` behind the first `count`.
    pub async fn put_rest(&mut self, parts: &[&[u8]], count: usize) {
        self.count = count as u64;
        for part in &parts[count..] {
            self.put(part).await;
        }
    }

    /// Says that these were all.
    pub async fn complete(&self) -> Value {
        let path = format!("/api/videos/{}/complete", self.id);
        let response = self.client.post(&path, &json!({"count": self.count})).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        response.json().await.unwrap()
    }

    /// Completes, and waits until a player can play the whole take: every playlist of the first rung has ended.
    pub async fn complete_and_wait(&self) -> (Duration, Value) {
        let began = Instant::now();
        self.complete().await;
        let whole = eventually("the whole take plays", Duration::from_secs(120), async || {
            let video = self.client.video(&self.id).await;
            assert_ne!(video["state"], "failed", "{video:#}");
            (video["playable"] == true && video["duration_seconds"].is_number()).then_some(video)
        })
        .await;
        (began.elapsed(), whole)
    }

    /// How far, in seconds, every playlist that is there reaches.
    pub async fn frontier(&self) -> f64 {
        let video = self.client.video(&self.id).await;
        if video["playable"] != true {
            return 0.0;
        }
        let lists = self.client.playlists(&video).await.1;
        lists.iter().map(|(_, text)| crate::extinf_sum(text).0).fold(f64::INFINITY, f64::min)
    }
}

/// Cuts a Matroska file into what a recorder hands out: a cluster each, the header with the first.
pub fn chunks(matroska: &[u8]) -> Vec<&[u8]> {
    const CLUSTER: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];
    let mut starts: Vec<usize> =
        matroska.windows(4).enumerate().filter(|(_, four)| **four == CLUSTER).map(|(at, _)| at).collect();
    starts.push(matroska.len());
    let mut from = 0;
    let mut out = Vec::new();
    for end in starts.into_iter().skip(1) {
        out.push(&matroska[from..end]);
        from = end;
    }
    out
}

/// What one take showed.
#[derive(Debug)]
pub struct Measured {
    /// From `complete` to playable with the whole duration.
    pub whole: Duration,
    /// From `complete` until the lowest rung has its last segment.
    pub lowest: Duration,
    /// How far behind the recorder what can be played ends: the median and the most, in seconds. Nothing when parts were not
    /// put at the pace of a recorder.
    pub behind: Option<(f64, f64)>,
    /// The duration that the video has then, in seconds.
    pub duration: f64,
    /// Seconds of the processor that the server and its children took up to there.
    pub cpu: f64,
}

/// Records `matroska`, a part a second; or, when it is said how many seconds it has, as fast as the parts go.
pub async fn record(server: &Server, client: &Client, matroska: &[u8], hurry: Option<u32>) -> Measured {
    let before = cpu_seconds(server.pid());
    let mut take = Take::open(client, json!({})).await;
    let began = Instant::now();
    let mut behind = Vec::new();
    for part in chunks(matroska) {
        if hurry.is_none() {
            // The part holds the second that ends now.
            let due = Duration::from_secs(take.count + 1);
            while began.elapsed() < due {
                if began.elapsed() > Duration::from_secs(10) {
                    behind.push(began.elapsed().as_secs_f64() - take.frontier().await);
                }
                tokio::time::sleep(due.saturating_sub(began.elapsed()).min(Duration::from_millis(250))).await;
            }
        }
        take.put(part).await;
    }
    if let Some(seconds) = hurry {
        // A recorder of that length has long been followed; only the end is measured.
        eventually("the take is followed", Duration::from_secs(600), async || {
            (take.frontier().await > f64::from(seconds) - 5.0).then_some(())
        })
        .await;
    }
    let began = Instant::now();
    let (whole, video) = take.complete_and_wait().await;
    eventually("the lowest rung is whole", Duration::from_secs(600), async || {
        let video = take.client.video(&take.id).await;
        let rungs = video["rungs"].as_array().unwrap();
        let pictures = rungs.iter().filter(|rung| rung["kind"] == "video");
        let lowest = pictures.min_by_key(|rung| rung["height"].as_i64()).unwrap();
        (lowest["progress"] == 1.0).then_some(())
    })
    .await;
    let lowest = began.elapsed();
    behind.sort_by(f64::total_cmp);
    let behind = behind.last().map(|most| (behind[behind.len() / 2], *most));
    let cpu = cpu_seconds(server.pid()) - before;
    Measured { whole, lowest, behind, duration: video["duration_seconds"].as_f64().unwrap(), cpu }
}

/// The long form: `runs` takes of each kind, of `seconds` in real time, and one of ten minutes put in a hurry.
pub async fn bench(program: &Path, runs: usize, seconds: u32, long: u32) {
    let server = Server::start(program, crate::Options::default());
    let client = Client::register(&server.base, "ada").await;
    for (kind, codec) in
        [("H.264 + Opus in Matroska", clips::TAKE_H264), ("VP8 + Opus in WebM", clips::TAKE_VP8)]
    {
        for (seconds, hurry) in [(seconds, false), (long, true)] {
            if seconds == 0 {
                continue;
            }
            let take = clips::moving("1280x720", 30, seconds, codec);
            let mut wholes = Vec::new();
            for _ in 0..runs {
                let measured = record(&server, &client, &take, hurry.then_some(seconds)).await;
                let Measured { whole, lowest, behind, duration, cpu } = measured;
                println!(
                    "{kind}, {seconds} s: whole after {:.2} s, lowest rung after {:.2} s, behind {behind:.1?} s, {duration:.2} s long, {cpu:.1} CPU s",
                    whole.as_secs_f64(),
                    lowest.as_secs_f64()
                );
                wholes.push(whole.as_secs_f64());
            }
            wholes.sort_by(f64::total_cmp);
            println!("{kind}, {seconds} s: median whole after {:.2} s", wholes[wholes.len() / 2]);
        }
    }
}

/// A take of `hours`, a part for each second, put as fast as the parts go.
pub async fn long(program: &Path, hours: u32) {
    let server = Server::start(program, crate::Options::default());
    let client = Client::register(&server.base, "ada").await;
    let seconds = hours.max(1) * 3600;
    // Small pictures and few of them: what counts is the number of parts.
    let minute = clips::moving("320x180", 5, 60, &[clips::TAKE_H264, &["-b:v", "60k", "-g", "5"]].concat());
    let loops = (seconds / 60 - 1).to_string();
    let end = clips::TAKE_H264.iter().position(|word| *word == "-cluster_size_limit").unwrap();
    let muxed = [&["-c", "copy"][..], &clips::TAKE_H264[end..]].concat();
    let file = clips::again(&minute, &["-stream_loop", &loops], &muxed);
    let parts = chunks(&file);
    println!("{} parts, {} MB", parts.len(), file.len() / 1_000_000);

    let mut take = Take::open(&client, json!({})).await;
    let mut each = Vec::with_capacity(parts.len());
    let began = Instant::now();
    for part in parts {
        let put = Instant::now();
        take.put(part).await;
        each.push(put.elapsed().as_secs_f64() * 1000.0);
    }
    println!("put within {:.1} s", began.elapsed().as_secs_f64());
    for (name, part) in [("first", &each[..1000]), ("last", &each[each.len() - 1000..])] {
        let mut sorted = part.to_vec();
        sorted.sort_by(f64::total_cmp);
        println!(
            "a part of the {name} thousand, signed and put: median {:.1} ms, p99 {:.1} ms",
            sorted[500], sorted[990]
        );
    }
    eventually("the take is followed", Duration::from_secs(3600), async || {
        (take.frontier().await > f64::from(seconds) - 5.0).then_some(())
    })
    .await;
    println!("followed to its end {:.1} s after the first part", began.elapsed().as_secs_f64());
    let (whole, video) = take.complete_and_wait().await;
    let duration = video["duration_seconds"].as_f64().unwrap();
    println!(
        "whole {:.2} s after the stop, {duration:.1} s long, {:.1} CPU s",
        whole.as_secs_f64(),
        cpu_seconds(server.pid())
    );
    assert!((duration - f64::from(seconds)).abs() < f64::from(hours) * 5.0, "{duration} s");
    client.wait_for_state(&take.id, "ready").await;
    println!("ready {:.1} s after the first part", began.elapsed().as_secs_f64());
}

/// User and system seconds of a process and of its children that have ended, and of those that run.
fn cpu_seconds(pid: u32) -> f64 {
    let ticks = |pid: u32, fields: &[usize]| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let rest = stat.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        let all: Vec<&str> = rest.split_whitespace().collect();
        fields.iter().filter_map(|at| all.get(*at)?.parse::<u64>().ok()).sum()
    };
    let own = ticks(pid, &[11, 12, 13, 14]);
    let children: u64 = crate::children_of(pid).into_iter().map(|child| ticks(child, &[11, 12])).sum();
    let second = Command::new("getconf").arg("CLK_TCK").output().unwrap();
    let second: f64 = String::from_utf8_lossy(&second.stdout).trim().parse().unwrap();
    (own + children) as f64 / second
}
