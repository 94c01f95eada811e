//! Writes `video.json` after every change of a video's rows. Which videos are due stands in the catalogue (triggers note
//! it in the transaction that changes them), so a crash between a change and its description costs nothing.

use crate::Error;
use crate::record::{Record, record_key};
use blobs::{Durability, LocalFolder};
use bus::{Bus, Event, Hint};
use bytes::Bytes;
use domain::{State, VideoId};
use std::time::Duration;
use store::Store;
use tokio_util::sync::CancellationToken;

/// Keeps the descriptions of all videos up to date.
#[derive(Debug)]
pub struct Describer {
    /// The catalogue.
    pub store: Store,
    /// Where the descriptions go.
    pub blobs: LocalFolder,
    /// Says when to look.
    pub bus: Bus,
}

impl Describer {
    /// Describes what has changed until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut hints = self.bus.subscribe();
        loop {
            match self.describe_due().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "could not ask which videos are to be described"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = change(&mut hints) => {}
                () = tokio::time::sleep(IDLE) => {}
            }
            // A video that encodes changes with every segment.
            tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(GATHER) => {} }
        }
        if let Err(error) = self.describe_due().await {
            tracing::warn!(%error, "could not describe the last changes; the next start does");
        }
    }

    /// Describes some of the videos that are due; `true` when it described any.
    ///
    /// # Errors
    /// When the catalogue fails. A full disk is only logged: what could not be written stays due.
    pub async fn describe_due(&self) -> Result<bool, Error> {
        const AT_ONCE: i64 = 100;
        let mut described = false;
        for (video, revision) in self.store.undescribed(AT_ONCE).await? {
            match self.describe(&video, revision).await {
                Ok(()) => described = true,
                // One that cannot be described must not keep the others from it.
                Err(error) => tracing::warn!(%error, %video, "could not describe a video; it is tried again"),
            }
        }
        Ok(described)
    }

    async fn describe(&self, video: &VideoId, revision: i64) -> Result<(), Error> {
        let Some(record) = Record::of(&self.store, video).await? else {
            return Ok(self.store.described(video, revision).await?); // deleted meanwhile
        };
        if record.state == State::Ready && !self.was_ready(video).await {
            // Segments were left to the operating system. Who says `ready` for good says it of bytes on the disk.
            self.blobs.sync().await?;
        }
        let bytes = Bytes::from(record.to_bytes()?);
        self.blobs.put(&record_key(video)?, bytes, Durability::Synced).await?;
        if self.store.is_gone(video).await? {
            // Deleted meanwhile, perhaps with its folder gone before this file appeared.
            pipeline::remove_objects(&self.blobs, video).await?;
            return Ok(());
        }
        Ok(self.store.described(video, revision).await?)
    }

    async fn was_ready(&self, video: &VideoId) -> bool {
        matches!(Record::read(&self.blobs, video).await, Ok(Some(record)) if record.state == State::Ready)
    }
}

async fn change(hints: &mut bus::Subscription) {
    loop {
        match hints.next().await {
            Some(Hint::Event(Event::VideoChanged { .. }) | Hint::Missed) => return,
            Some(Hint::Event(_)) => {}
            None => std::future::pending().await,
        }
    }
}

const GATHER: Duration = Duration::from_millis(200);
const IDLE: Duration = Duration::from_secs(30);
