//! One video of the storm: what was acknowledged of it, what was asked without an answer, and what a client does to it next.

use super::Dice;
use crate::Client;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Whether something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    No,
    /// It was asked for, and the server died before it answered.
    Perhaps,
    Yes,
}

/// A video.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// Which clip it is.
    pub(crate) clip: usize,
    pub(crate) part_size: usize,
    /// ETags of acknowledged parts, by number.
    pub(crate) parts: BTreeMap<u64, String>,
    pub(crate) completed: Done,
    pub(crate) deleted: Done,
    /// The acknowledged title first, then those that were asked for without an answer.
    pub(crate) titles: Vec<String>,
    /// Likewise.
    pub(crate) visibilities: Vec<String>,
    pub(crate) was_ready: bool,
    /// Where its newest edit ends, in microseconds, 0 for the whole video; likewise.
    pub(crate) cuts: Vec<i64>,
}

/// The server is gone.
pub(crate) struct Gone;

/// What one client holds: no other client touches its videos.
pub(crate) type Hand = Vec<Entry>;

/// Does things to its videos until the server dies; gives them back with the number of acknowledgements.
pub(crate) async fn work(
    ada: Client,
    mut hand: Hand,
    mut dice: Dice,
    clips: Arc<Vec<Vec<u8>>>,
) -> (Hand, u64) {
    let mut acknowledged = 0;
    while step(&ada, &mut hand, &mut dice, &clips, &mut acknowledged).await.is_ok() {
        // People are not faster either, and FFmpeg needs the cores.
        tokio::time::sleep(Duration::from_millis(dice.roll(40))).await;
    }
    (hand, acknowledged)
}

async fn step(
    ada: &Client,
    hand: &mut Hand,
    dice: &mut Dice,
    clips: &[Vec<u8>],
    acknowledged: &mut u64,
) -> Result<(), Gone> {
    let alive: Vec<usize> = (0..hand.len()).filter(|at| hand[*at].deleted == Done::No).collect();
    if alive.len() < 2 || (alive.len() < 4 && dice.roll(20) == 0) {
        hand.push(init(ada, dice, clips).await?);
        return Ok(());
    }
    let entry = &mut hand[alive[dice.roll(alive.len() as u64) as usize]];
    let clip = &clips[entry.clip];
    match (entry.completed, dice.roll(20)) {
        (_, 0) => entry.delete(ada).await?,
        (_, 1..4) => entry.rename(ada, dice).await?,
        (Done::Yes, 4..8) if entry.was_ready => entry.cut(ada, dice).await?,
        (Done::No, _) if entry.parts.len() < clip.len().div_ceil(entry.part_size) => {
            entry.put(ada, dice, clip).await?;
        }
        (Done::No | Done::Perhaps, _) => entry.complete(ada).await?,
        (Done::Yes, _) => {
            let (status, video) = ask(ada, Method::GET, &entry.path(), None).await?;
            assert_eq!(status, StatusCode::OK, "{video:#}");
            return Ok(());
        }
    }
    *acknowledged += 1;
    Ok(())
}

async fn init(ada: &Client, dice: &mut Dice, clips: &[Vec<u8>]) -> Result<Entry, Gone> {
    let clip = dice.roll(clips.len() as u64) as usize;
    let title = format!("t{}", dice.roll(1_000_000));
    let body =
        json!({"title": title, "file_name": "a.mp4", "size": clips[clip].len(), "visibility": "public"});
    let (status, opened) = ask(ada, Method::POST, "/api/videos/init", Some(body)).await?;
    assert_eq!(status, StatusCode::CREATED, "{opened:#}");
    Ok(Entry {
        id: opened["id"].as_str().unwrap().to_owned(),
        clip,
        part_size: usize::try_from(opened["part_size"].as_u64().unwrap()).unwrap(),
        parts: BTreeMap::new(),
        completed: Done::No,
        deleted: Done::No,
        titles: vec![title],
        visibilities: vec!["public".to_owned()],
        was_ready: false,
        cuts: vec![0],
    })
}

impl Entry {
    pub(crate) fn path(&self) -> String {
        format!("/api/videos/{}", self.id)
    }

    /// Puts a part, mostly one that is missing.
    async fn put(&mut self, ada: &Client, dice: &mut Dice, clip: &[u8]) -> Result<(), Gone> {
        let count = clip.len().div_ceil(self.part_size) as u64;
        let missing: Vec<u64> = (1..=count).filter(|number| !self.parts.contains_key(number)).collect();
        let number = if dice.roll(8) == 0 {
            1 + dice.roll(count)
        } else {
            missing[dice.roll(missing.len() as u64) as usize]
        };
        let path = format!("{}/parts", self.path());
        let (status, answer) = ask(ada, Method::POST, &path, Some(json!({"numbers": [number]}))).await?;
        assert_eq!(status, StatusCode::OK, "{answer:#}");
        let url = answer["parts"][0]["url"].as_str().unwrap();
        let bytes = clip.chunks(self.part_size).nth(usize::try_from(number).unwrap() - 1).unwrap();
        let response = ada.try_put(url, bytes).await.ok_or(Gone)?;
        let status = response.status();
        let etag =
            response.headers().get("etag").map(|etag| etag.to_str().unwrap().trim_matches('"').to_owned());
        assert_eq!(status, StatusCode::OK, "part {number} of {}: {:?}", self.id, response.text().await);
        self.parts.insert(number, etag.unwrap());
        Ok(())
    }

    async fn complete(&mut self, ada: &Client) -> Result<(), Gone> {
        self.completed = Done::Perhaps;
        let (status, video) =
            ask(ada, Method::POST, &format!("{}/complete", self.path()), Some(json!({}))).await?;
        assert_eq!(status, StatusCode::ACCEPTED, "{video:#}");
        self.completed = Done::Yes;
        Ok(())
    }

    async fn rename(&mut self, ada: &Client, dice: &mut Dice) -> Result<(), Gone> {
        let title = format!("t{}", dice.roll(1_000_000));
        let visibility = ["public", "unlisted", "private"][dice.roll(3) as usize].to_owned();
        self.titles.push(title.clone());
        self.visibilities.push(visibility.clone());
        let change = json!({"title": title, "visibility": visibility});
        let (status, video) = ask(ada, Method::PATCH, &self.path(), Some(change)).await?;
        assert_eq!(status, StatusCode::OK, "{video:#}");
        self.titles = vec![title];
        self.visibilities = vec![visibility];
        Ok(())
    }

    /// Keeps the video up to some frame.
    async fn cut(&mut self, ada: &Client, dice: &mut Dice) -> Result<(), Gone> {
        let path = format!("{}/edit", self.path());
        let (status, edit) = ask(ada, Method::GET, &path, None).await?;
        assert_eq!(status, StatusCode::OK, "{edit:#}");
        let end = 600_000 + dice.roll(1_200_000) as i64;
        self.cuts.push(end);
        let body = json!({"version": edit["version"], "keep": [{"start_us": 0, "end_us": end}]});
        let (status, edit) = ask(ada, Method::PUT, &path, Some(body)).await?;
        assert_eq!(status, StatusCode::ACCEPTED, "{edit:#}");
        self.cuts = vec![end];
        Ok(())
    }

    async fn delete(&mut self, ada: &Client) -> Result<(), Gone> {
        self.deleted = Done::Perhaps;
        let (status, answer) = ask(ada, Method::DELETE, &self.path(), None).await?;
        assert_eq!(status, StatusCode::NO_CONTENT, "{answer:#}");
        self.deleted = Done::Yes;
        Ok(())
    }
}

/// Asks a server that may be dying.
pub(crate) async fn ask(
    ada: &Client,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Result<(StatusCode, Value), Gone> {
    let mut request = ada.request(method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.map_err(|_| Gone)?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(|_| Gone)?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}
