//! A storm: clients upload, rename, cut and delete through the API while server and FFmpeg are killed (SIGKILL) at random moments.
//! After every restart the store is verified, and nothing that was acknowledged may be missing.

mod entry;
mod ledger;
mod long;

use crate::clips::{H264_AAC, VP9_OPUS, moving};
use crate::{Client, Options, Server, children_of, decode_warnings, eventually, kill};
use entry::Entry;
use ledger::Ledger;
pub use long::{Long, long_encode};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How hard it blows.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Kills of the server; those of FFmpeg come on top.
    pub kills: u32,
    /// Makes the same choices again; what the kernel does between them differs.
    pub seed: u64,
    /// Longest time between two kills.
    pub longest: Duration,
}

/// What happened.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    /// Kills of the server.
    pub server_kills: u32,
    /// Kills of FFmpeg and ffprobe.
    pub ffmpeg_kills: u32,
    /// Parts, edits and deletions that were acknowledged.
    pub acknowledged: u64,
    /// Videos that were completed, and are ready and play, or were deleted.
    pub videos: u64,
    /// Videos that decode without a warning at the end.
    pub playing: u64,
    /// Objects at the end that nothing refers to and that the sweeper will remove.
    pub leftovers: u64,
    /// Seconds.
    pub seconds: f64,
}

/// A small random number generator (SplitMix64): the storm needs no better one, and the same seed gives the same choices.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The next number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }
}

/// Blows as `plan` says; panics at the first thing that was acknowledged and is not there.
pub async fn storm(program: &Path, plan: Plan) -> Outcome {
    let began = Instant::now();
    let clips = [moving("320x180", 25, 3, H264_AAC), moving("320x180", 25, 2, VP9_OPUS)];
    let part = clips.iter().map(Vec::len).min().unwrap() / 3;
    let options = Options::default().env("VITASCOPE_PART_SIZE", &part.to_string());
    let server = Server::start(program, options);
    let ada = Client::register(&server.base, "ada").await;
    let mut storm = Storm {
        program: program.to_owned(),
        dice: Dice(plan.seed),
        ledger: Ledger::new(clips.to_vec()),
        server,
        ada,
        victims: HashMap::new(),
        outcome: Outcome::default(),
    };
    while storm.outcome.server_kills < plan.kills {
        storm.blow(plan.longest).await;
        storm.inspect().await;
        // A video on which the server dies again and again counts as poisonous in the end, so now and then it is quiet.
        if storm.outcome.server_kills.is_multiple_of(CALM_EVERY) {
            storm.calm(1).await;
        }
    }
    storm.calm(usize::MAX).await;
    storm.inspect().await;
    storm.outcome.seconds = began.elapsed().as_secs_f64();
    storm.outcome
}

const CALM_EVERY: u32 = 6;
const CLIENTS: u64 = 3;

struct Storm {
    program: PathBuf,
    dice: Dice,
    ledger: Ledger,
    server: Server,
    ada: Client,
    /// How often an FFmpeg that worked on a video was killed.
    victims: HashMap<String, u32>,
    outcome: Outcome,
}

impl Storm {
    /// Clients work until the server is killed under them; then it is started again.
    async fn blow(&mut self, longest: Duration) {
        let mut clients = tokio::task::JoinSet::new();
        for hand in self.ledger.deal(CLIENTS as usize) {
            let (ada, dice) = (self.ada.clone(), Dice(self.dice.roll(u64::MAX)));
            let clips = self.ledger.clips.clone();
            clients.spawn(entry::work(ada, hand, dice, clips));
        }
        let rest = Duration::from_millis(self.dice.roll(longest.as_millis() as u64));
        if self.dice.roll(3) == 0 {
            tokio::time::sleep(rest / 2).await;
            self.kill_ffmpeg();
            tokio::time::sleep(rest / 2).await;
        } else {
            tokio::time::sleep(rest).await;
        }
        self.server.kill();
        self.outcome.server_kills += 1;
        while let Some(done) = clients.join_next().await {
            let (hand, acknowledged) = done.unwrap();
            self.ledger.take(hand);
            self.outcome.acknowledged += acknowledged;
        }
        self.server.launch();
        self.ada = self.ada.at(&self.server.base);
    }

    /// Kills a child of the server, unless it works on a video whose children died twice: the third time the video has failed.
    fn kill_ffmpeg(&mut self) {
        let children: Vec<_> = children_of(self.server.pid())
            .into_iter()
            .filter_map(|pid| Some((pid, video_of(pid)?)))
            .collect();
        if children.is_empty() {
            return;
        }
        let (pid, video) = &children[self.dice.roll(children.len() as u64) as usize];
        let deaths = self.victims.entry(video.clone()).or_default();
        if *deaths < 2 && kill(*pid) {
            *deaths += 1;
            self.outcome.ffmpeg_kills += 1;
        }
    }

    /// Asks the store and the API for everything that was acknowledged.
    async fn inspect(&mut self) {
        let report = verify(&self.program, &self.server);
        assert_eq!(report["ok"], true, "after {} kills: {report:#}", self.outcome.server_kills);
        self.outcome.leftovers = report["orphan_count"].as_u64().unwrap();
        let objects = self.server.data().join("objects");
        self.ledger.check(&self.ada, &objects).await;
    }

    /// Waits until every completed video is ready, and plays some.
    async fn calm(&mut self, plays: usize) {
        let mut waiting: Vec<&mut Entry> = self.ledger.completed().collect();
        for entry in &mut waiting {
            self.ada.wait_for_state(&entry.id, "ready").await;
            entry.was_ready = true;
            let path = format!("{}/edit", entry.path());
            eventually("the edit is made", Duration::from_secs(60), async || {
                let edit = self.ada.json(&path).await;
                assert_ne!(edit["state"], "failed", "{entry:?} {edit:#}");
                matches!(edit["state"].as_str(), Some("none" | "done")).then_some(())
            })
            .await;
        }
        self.outcome.playing = 0;
        for entry in waiting.iter().take(plays) {
            let video = self.ada.video(&entry.id).await;
            let url = format!("{}{}", self.server.base, video["playback"]["hls_url"].as_str().unwrap());
            assert_eq!(decode_warnings(&url), "", "{video:#}");
            self.outcome.playing += 1;
        }
        self.outcome.videos = self.ledger.ended();
    }
}

/// What `vitascope verify` says of a server's data.
fn verify(program: &Path, server: &Server) -> Value {
    let output =
        Command::new(program).args(["verify", "--json", "--data"]).arg(server.data()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("verify: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// The video that an FFmpeg or ffprobe works on, by the file it was given.
fn video_of(pid: u32) -> Option<String> {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&command).into_owned();
    let program = text.split('\0').next()?.rsplit('/').next()?;
    if !matches!(program, "ffmpeg" | "ffprobe") {
        return None;
    }
    let rest = ["/sources/", "/scratch/"].iter().find_map(|folder| text.split(folder).nth(1))?;
    Some(rest.split(['/', '\0']).next()?.to_owned())
}
