//! What pages ask for again and again, kept until anything is written.
//!
//! A look is true as long as nothing was written since it began, which [`Store::writes`] tells for this process; another
//! process's writes are seen after [`LIFE`]. So nothing has to be told apart, and nothing can be forgotten.

use domain::{LinkId, Micros, VideoAccess, VideoId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::links::Link;
use store::media::{Rung, RungExtent};
use store::tracks::Caption;
use store::videos::ListedVideo;
use store::{Cursor, Result, Store};

/// How long a look may hide what another process wrote.
const LIFE: Duration = Duration::from_secs(1);
/// Entries of each kind; the next one empties the kind.
const MAX_KEPT: usize = 1_000;

/// A video with what its page shows.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) listed: ListedVideo,
    pub(crate) rungs: Vec<Rung>,
    pub(crate) extents: Vec<RungExtent>,
    pub(crate) captions: Vec<Caption>,
    pub(crate) has_storyboard: bool,
}

/// Which page of a list.
type PageKey = (Option<(i64, String)>, i64);

/// What was read since the last write.
#[derive(Debug, Default)]
struct Kept {
    /// The count of writes during which all of it was read.
    writes: u64,
    since: Option<Instant>,
    looks: HashMap<VideoId, Arc<Look>>,
    accesses: HashMap<VideoId, Arc<VideoAccess>>,
    links: HashMap<LinkId, Arc<Link>>,
    pages: HashMap<PageKey, Arc<Vec<ListedVideo>>>,
}

/// The store's answers to what pages ask for most.
#[derive(Debug)]
pub(crate) struct Recall {
    store: Store,
    kept: Mutex<Kept>,
}

impl Recall {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, kept: Mutex::default() }
    }

    /// A video as it is; `None` when there is none.
    pub(crate) async fn video(&self, id: &VideoId) -> Result<Option<Arc<Look>>> {
        let writes = self.store.writes();
        if let Some(look) = self.kept_since(writes).looks.get(id) {
            return Ok(Some(Arc::clone(look)));
        }
        let Some(listed) = self.store.video(id).await? else { return Ok(None) };
        let look = Arc::new(Look {
            listed,
            rungs: self.store.rungs(id).await?,
            extents: self.store.extents(id).await?,
            captions: self.store.captions(id).await?,
            has_storyboard: self.store.storyboard(id).await?.is_some(),
        });
        let mut kept = self.kept_since(writes);
        if kept.writes == writes {
            keep(&mut kept.looks, id.clone(), Arc::clone(&look));
        }
        Ok(Some(look))
    }

    /// The facts on which access to a video depends; `None` when there is no such video. Every request for media asks, so it
    /// reads less than [`Recall::video`].
    pub(crate) async fn access(&self, id: &VideoId) -> Result<Option<Arc<VideoAccess>>> {
        let writes = self.store.writes();
        if let Some(access) = self.kept_since(writes).accesses.get(id) {
            return Ok(Some(Arc::clone(access)));
        }
        let Some(found) = self.store.video(id).await? else { return Ok(None) };
        let access = Arc::new(found.video.access());
        self.keep_access(writes, id, Arc::clone(&access));
        Ok(Some(access))
    }

    /// Keeps what was read when there had been `writes` writes, unless there was one since.
    fn keep_access(&self, writes: u64, id: &VideoId, access: Arc<VideoAccess>) {
        let mut kept = self.kept_since(writes);
        if kept.writes == writes {
            keep(&mut kept.accesses, id.clone(), access);
        }
    }

    /// A share link, alive or not; `None` once it is revoked.
    pub(crate) async fn link(&self, id: &LinkId) -> Result<Option<Arc<Link>>> {
        let writes = self.store.writes();
        if let Some(link) = self.kept_since(writes).links.get(id) {
            return Ok(Some(Arc::clone(link)));
        }
        let Some(link) = self.store.link(id).await?.map(Arc::new) else { return Ok(None) };
        let mut kept = self.kept_since(writes);
        if kept.writes == writes {
            keep(&mut kept.links, id.clone(), Arc::clone(&link));
        }
        Ok(Some(link))
    }

    /// A page of the newest public videos, without uploads that died before `alive`.
    pub(crate) async fn recent(
        &self,
        after: Option<&Cursor>,
        alive: Micros,
        limit: i64,
    ) -> Result<Arc<Vec<ListedVideo>>> {
        let key = (after.map(|cursor| (cursor.at, cursor.id.clone())), limit);
        let writes = self.store.writes();
        if let Some(page) = self.kept_since(writes).pages.get(&key) {
            return Ok(Arc::clone(page));
        }
        let page = Arc::new(self.store.recent_videos(after, alive, limit).await?);
        let mut kept = self.kept_since(writes);
        if kept.writes == writes {
            keep(&mut kept.pages, key, Arc::clone(&page));
        }
        Ok(page)
    }

    /// What is kept, without what was read before the last of `writes` writes or too long ago.
    fn kept_since(&self, writes: u64) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = kept.since.is_none_or(|since| since.elapsed() > LIFE);
        // A caller that began before a write must not bring back the time before it.
        if writes > kept.writes || stale {
            *kept = Kept { writes: writes.max(kept.writes), since: Some(Instant::now()), ..Kept::default() };
        }
        kept
    }
}

fn keep<K: std::hash::Hash + Eq, V>(kept: &mut HashMap<K, V>, key: K, value: V) {
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.insert(key, value);
}

#[cfg(test)]
mod recall_test;
