//! The broadcasts of this server.

use crate::Error;
use crate::broadcast::Broadcast;
use crate::browser::{Engine, Takes};
use blobs::LocalFolder;
use bus::Bus;
use domain::{State, VideoId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tokio_util::sync::CancellationToken;

/// Settings of broadcasts.
#[derive(Debug, Clone, Copy)]
pub struct LiveConfig {
    /// How long a publisher that was lost may take to return.
    pub grace: Duration,
    /// The most that an account may take, in bytes; 0 for no limit.
    pub quota_bytes: u64,
}

/// What broadcasts work with.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The catalogue.
    pub store: Store,
    /// Segments.
    pub blobs: LocalFolder,
    /// Hears of every change.
    pub bus: Bus,
    /// Tells the time.
    pub clock: Arc<dyn jobs::ClockDebug>,
    /// The server stops.
    pub stop: CancellationToken,
    /// Settings.
    pub config: LiveConfig,
}

/// The broadcasts of this server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    engine: Engine,
    broadcasts: Mutex<HashMap<VideoId, Arc<Broadcast>>>,
    takes: Mutex<Takes>,
}

impl Live {
    /// None yet. `engine` is for what browsers send.
    #[must_use]
    pub fn new(parts: Parts, engine: Engine) -> Self {
        Self(Arc::new(Inner { parts, engine, broadcasts: Mutex::default(), takes: Mutex::default() }))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// What browsers send now, by its video.
    pub(crate) fn takes(&self) -> MutexGuard<'_, Takes> {
        self.0.takes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    fn broadcasts(&self) -> MutexGuard<'_, HashMap<VideoId, Arc<Broadcast>>> {
        self.0.broadcasts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A broadcast that is on, or has just ended.
    #[must_use]
    pub fn find(&self, video: &VideoId) -> Option<Arc<Broadcast>> {
        self.broadcasts().get(video).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Broadcast>> {
        self.broadcasts().values().cloned().collect()
    }

    /// The broadcast of a row, as it is or anew.
    pub(crate) fn join(&self, row: &store::live::Broadcast) -> Arc<Broadcast> {
        let mut broadcasts = self.broadcasts();
        let make = || Broadcast::new(self.0.parts.clone(), row);
        Arc::clone(broadcasts.entry(row.video_id.clone()).or_insert_with(make))
    }

    /// Lets go of a broadcast: it has ended some time ago, or its video was deleted.
    pub fn forget(&self, video: &VideoId) {
        if let Some(broadcast) = self.broadcasts().remove(video) {
            broadcast.close();
            broadcast.gone.cancel();
        }
    }

    /// Takes up what was on when the server stopped: publishers have the grace time to return.
    ///
    /// # Errors
    /// When the catalogue fails.
    pub async fn recover(&self) -> Result<(), Error> {
        let parts = self.parts();
        parts.store.end_lost_ingests(parts.clock.now()).await?;
        parts.store.hide_lost_broadcasts().await?;
        for video in parts.store.keyless_broadcasts().await? {
            parts.store.end_live(&video).await?;
        }
        for row in parts.store.open_broadcasts().await? {
            parts.store.set_live_state(&row.video_id, State::Interrupted).await?;
            self.end_unless_continued(self.join(&row));
        }
        Ok(())
    }
}
