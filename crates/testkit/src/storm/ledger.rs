//! What the storm's clients were promised, and whether it is kept.

use super::entry::{Done, Entry, Hand, ask};
use crate::{Client, eventually};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// All videos of a storm.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) clips: Arc<Vec<Vec<u8>>>,
    entries: Vec<Entry>,
    /// Videos whose deletion was checked and that are remembered no longer.
    gone: u64,
}

impl Ledger {
    pub(crate) fn new(clips: Vec<Vec<u8>>) -> Self {
        Self { clips: Arc::new(clips), entries: Vec::new(), gone: 0 }
    }

    /// Deals the videos to so many clients.
    pub(crate) fn deal(&mut self, hands: usize) -> Vec<Hand> {
        let mut dealt = vec![Hand::new(); hands];
        for (at, entry) in self.entries.drain(..).enumerate() {
            dealt[at % hands].push(entry);
        }
        dealt
    }

    pub(crate) fn take(&mut self, hand: Hand) {
        self.entries.extend(hand);
    }

    /// Videos that must become ready.
    pub(crate) fn completed(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(|entry| entry.completed == Done::Yes && entry.deleted == Done::No)
    }

    /// Videos that were completed or deleted.
    pub(crate) fn ended(&self) -> u64 {
        self.gone + self.entries.iter().filter(|entry| entry.completed == Done::Yes).count() as u64
    }

    /// Compares with what the API and the store's folder say. What was asked without an answer is settled by what is there.
    pub(crate) async fn check(&mut self, ada: &Client, objects: &Path) {
        for entry in &mut self.entries {
            let Ok((status, video)) = ask(ada, Method::GET, &entry.path(), None).await else {
                panic!("the server does not answer")
            };
            if status == StatusCode::NOT_FOUND {
                assert_ne!(entry.deleted, Done::No, "{entry:?} is gone");
                entry.deleted = Done::Yes;
                no_objects(&entry.id, objects).await;
            } else {
                assert_eq!(status, StatusCode::OK, "{video:#}");
                assert_ne!(entry.deleted, Done::Yes, "{entry:?} was deleted and is there");
                entry.deleted = Done::No;
                check_alive(entry, &video, ada).await;
            }
        }
        let before = self.entries.len();
        self.entries.retain(|entry| entry.deleted == Done::No);
        self.gone += (before - self.entries.len()) as u64;
    }
}

async fn check_alive(entry: &mut Entry, video: &Value, ada: &Client) {
    let text = |field: &str| video[field].as_str().unwrap().to_owned();
    let (title, visibility, state) = (text("title"), text("visibility"), text("state"));
    assert!(entry.titles.contains(&title), "{title} is none of {entry:?}");
    assert!(entry.visibilities.contains(&visibility), "{visibility} is none of {entry:?}");
    (entry.titles, entry.visibilities) = (vec![title], vec![visibility]);
    match (entry.completed, state.as_str()) {
        (Done::No | Done::Perhaps, "uploading") => entry.completed = Done::No,
        (Done::Perhaps | Done::Yes, "processing" | "ready") => entry.completed = Done::Yes,
        _ => panic!("{state}: {entry:?} {video:#}"),
    }
    assert!(!entry.was_ready || state == "ready", "{entry:?} was ready and is {state}");
    entry.was_ready = state == "ready";
    if entry.was_ready {
        check_cut(entry, ada).await;
    }
    if entry.completed == Done::No {
        let Ok((_, upload)) = ask(ada, Method::GET, &format!("{}/upload", entry.path()), None).await else {
            panic!("the server does not answer")
        };
        let received = upload["received"].as_array().unwrap();
        for (number, etag) in &entry.parts {
            let kept = received.iter().any(|part| part["number"] == *number && part["etag"] == **etag);
            assert!(kept, "part {number} of {entry:?} was acknowledged: {upload:#}");
        }
    }
}

/// The newest edit is the last one that was acknowledged, or one that was asked for after it.
async fn check_cut(entry: &mut Entry, ada: &Client) {
    let edit = ada.json(&format!("{}/edit", entry.path())).await;
    assert_ne!(edit["state"], "failed", "{entry:?} {edit:#}");
    let end = match edit["version"].as_i64() {
        Some(0) => 0,
        _ => edit["keep"][0]["end_us"].as_i64().unwrap(),
    };
    // Once it is made, its end is that of a frame.
    let same = |cut: &&i64| (*cut - end).abs() <= FRAME_US;
    let cut = *entry.cuts.iter().find(same).unwrap_or_else(|| panic!("{end} is none of {entry:?}: {edit:#}"));
    entry.cuts = vec![cut];
}

/// Of a clip with 25 frames a second.
const FRAME_US: i64 = 40_000;

async fn no_objects(id: &str, objects: &Path) {
    for folder in ["sources", "videos"] {
        let folder = objects.join(folder).join(id);
        let what = format!("{} is gone", folder.display());
        eventually(&what, Duration::from_secs(20), async || (!folder.exists()).then_some(())).await;
    }
}
