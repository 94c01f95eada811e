//! A file through the whole pipeline without a server: what a player would be sent, as files in a folder.

use crate::config::Config;
use crate::delivery::manifest::mpd_of;
use crate::delivery::playlists::{CAPTIONS, MEDIA, captions_of, media_of, multivariant_of};
use crate::problem::Problem;
use crate::server::{SystemClock, lanes};
use crate::views::{MANIFEST, MASTER};
use anyhow::Context as _;
use blobs::{LocalFolder, ObjectKey};
use bus::{Bus, Event};
use domain::text::{Description, Email, FileName, Title, Username};
use domain::{AccountId, ChannelId, Clock as _, JobId, Origin, State, VideoId, Visibility};
use jobs::Worker;
use media::child::Tools;
use pipeline::{MediaBudget, Pipeline};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::accounts::NewAccount;
use store::uploads::SourcePart;
use store::videos::NewVideo;
use tokio_util::sync::CancellationToken;

/// What was made of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Made {
    /// Names and texts of the playlists and the manifest.
    pub playlists: Vec<(String, String)>,
    /// Names and sizes in bytes of everything else, in order of their names.
    pub objects: Vec<(String, u64)>,
}

/// Makes of `file` everything that a server would and puts it into `out`, which must be empty or missing. `master.m3u8` and
/// `manifest.mpd` there play with any server of files.
///
/// # Errors
/// In words for a person: the file is no video, the folder is not empty, the disk is full.
pub async fn make(config: &Config, tools: Tools, file: &Path, out: &Path) -> anyhow::Result<Made> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    anyhow::ensure!(out.read_dir()?.next().is_none(), "{} is not empty", out.display());
    let work = Work { folder: out.join(".vitascope") };
    let blobs = LocalFolder::open(&work.folder, config.min_free_bytes).context("cannot write there")?;
    let store = Store::open(&work.folder.join("vitascope.db")).await?;
    let id = upload(&store, &blobs, file).await?;
    let processed = process(config, tools, &work.folder, (&store, &blobs), &id).await;
    let made = match processed {
        Ok(()) => publish(&store, &blobs, &id, out).await,
        Err(error) => Err(error),
    };
    store.close().await;
    made
}

/// The folder of catalogue and objects, removed at the end.
struct Work {
    folder: PathBuf,
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "could not be removed");
        }
    }
}

/// Puts the file where an upload would, and says that it is complete.
async fn upload(store: &Store, blobs: &LocalFolder, file: &Path) -> anyhow::Result<VideoId> {
    let (account, channel, id) =
        (AccountId::from_random([0; 8]), ChannelId::from_random([0; 8]), VideoId::from_random([0; 8]));
    let now = SystemClock.now();
    let mut tx = store.begin().await?;
    tx.insert_account(&NewAccount {
        id: account.clone(),
        channel: channel.clone(),
        username: &Username::parse("inspect")?,
        email: &Email::parse("inspect@vitascope.invalid")?,
        password_hash: "",
        now,
    })
    .await?;
    tx.commit().await?;
    let place = blobs.path(&pipeline::part_key(&id, 1)?);
    place.parent().map(std::fs::create_dir_all).transpose()?;
    // On one file system a second name will do.
    let size = match std::fs::hard_link(file, &place) {
        Ok(()) => std::fs::metadata(&place)?.len(),
        Err(_) => std::fs::copy(file, &place).context("cannot copy the file")?,
    };
    let size = i64::try_from(size)?;
    store
        .insert_video(&NewVideo {
            id: id.clone(),
            account: &account,
            channel: &channel,
            title: &Title::parse("Inspected")?,
            description: &Description::parse("")?,
            visibility: Visibility::Private,
            origin: Origin::Upload,
            file_name: &FileName::clean("inspected"),
            content_type: "",
            size: Some(size),
            part_size: size.max(1),
            fingerprint: None,
            quota: None,
            show_while_recording: true,
            now,
        })
        .await?;
    store.insert_part(&id, &SourcePart { number: 1, size, etag: String::new() }, now).await?;
    let mut tx = store.begin().await?;
    tx.complete_upload(&id, 1, size).await?;
    pipeline::enqueue_first(&mut tx, JobId::from_random([0; 8]), &id, &account, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Does the video's jobs, until there are none.
async fn process(
    config: &Config,
    tools: Tools,
    folder: &Path,
    (store, blobs): (&Store, &LocalFolder),
    id: &VideoId,
) -> anyhow::Result<()> {
    let bus = Bus::in_process();
    let mut hints = bus.subscribe();
    let handler = Pipeline::new(pipeline::Parts {
        store: store.clone(),
        blobs: blobs.clone(),
        bus: bus.clone(),
        clock: Arc::new(SystemClock),
        tools: Some(tools),
        ladder: config.ladder.clone(),
        limits: config.source.limits(),
        budget: MediaBudget { threads: config.media_cores, memory: config.media_memory_bytes },
        arriving_idle: Duration::from_secs(config.arriving_idle_seconds),
        scratch: folder.join("scratch"),
    })?;
    let worker = Worker {
        store: store.clone(),
        bus: bus.clone(),
        clock: Arc::new(SystemClock),
        name: "inspect".to_owned(),
        handler: Arc::new(handler),
    };
    let stop = CancellationToken::new();
    let (lanes, stopped) = (lanes(config), stop.clone());
    let working = tokio::spawn(async move { worker.run(&lanes, stopped).await });
    bus.publish(Event::JobsWaiting);
    let ended = loop {
        let listed = store.video(id).await?.context("the video is gone")?;
        match listed.video.state {
            State::Ready => break Ok(()),
            State::Failed => break Err(listed.video.failure()),
            _ => {
                let _changed = tokio::time::timeout(Duration::from_secs(1), hints.next()).await;
            }
        }
    };
    stop.cancel();
    working.await?;
    ended.map_err(|failure| anyhow::Error::msg(failure.map_or_else(String::new, |failure| failure.message)))
}

/// Moves what was made into `out`, with the playlists beside it.
async fn publish(store: &Store, blobs: &LocalFolder, id: &VideoId, out: &Path) -> anyhow::Result<Made> {
    let mut playlists =
        vec![(MASTER.to_owned(), multivariant_of(store, id).await.map_err(words)?.to_string())];
    for rung in store.rungs(id).await? {
        let text = media_of(store, id, &rung.name).await.map_err(words)?.to_string();
        playlists.push((format!("{}/{MEDIA}", rung.name), text));
    }
    for track in store.captions(id).await? {
        let text = captions_of(store, id, &track.lang).await.map_err(words)?.to_string();
        playlists.push((format!("{CAPTIONS}{}/{MEDIA}", track.lang), text));
    }
    playlists.push((MANIFEST.to_owned(), mpd_of(store, id).await.map_err(words)?.to_string()));
    let prefix = format!("videos/{id}");
    let mut objects = Vec::new();
    for found in blobs.list(&ObjectKey::parse(prefix.as_str())?).await? {
        let name = found.key.as_str().strip_prefix(&prefix).unwrap_or_default().trim_start_matches('/');
        let to = out.join(name);
        to.parent().map(std::fs::create_dir_all).transpose()?;
        std::fs::rename(blobs.path(&found.key), &to)?;
        objects.push((name.to_owned(), found.size));
    }
    objects.sort();
    for (name, text) in &playlists {
        let to = out.join(name);
        to.parent().map(std::fs::create_dir_all).transpose()?;
        std::fs::write(to, text)?;
    }
    Ok(Made { playlists, objects })
}

fn words(problem: Problem) -> anyhow::Error {
    anyhow::Error::msg(problem.detail)
}
