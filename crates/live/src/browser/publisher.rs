//! A connection of a browser and the take behind it.

use super::take::Take;
use super::{MOST_NAME, Refusal, engine};
use crate::broadcast::Broadcast;
use crate::registry::Live;
use bytes::Bytes;
use domain::{SessionId, State, VideoId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::timeout;

/// How long what has arrived may take through FFmpeg when nothing more comes.
const REST: Duration = Duration::from_secs(5);

/// How a browser begins.
#[derive(Debug, Clone)]
pub struct Hello {
    /// Names its recording; another name is another recording.
    pub take: String,
    /// The first chunk that it can still send.
    pub resume_from: u64,
}

/// A connection that publishes. Whoever drops it says [`Publisher::leave`] first.
#[derive(Debug)]
pub struct Publisher {
    live: Live,
    broadcast: Arc<Broadcast>,
    take: Arc<Take>,
    id: SessionId,
    told: watch::Receiver<Option<Refusal>>,
    bytes: AtomicU64,
}

impl Live {
    /// Takes a browser as the publisher of this broadcast, in the place of whoever was it. `address` is told to the owner.
    ///
    /// # Errors
    /// Why it is sent away.
    pub async fn publish(
        &self,
        row: &store::live::Broadcast,
        hello: Hello,
        address: &str,
    ) -> Result<Publisher, Refusal> {
        if hello.take.is_empty() || hello.take.len() > MOST_NAME {
            return Err(Refusal::Malformed("the take has no name, or a long one"));
        }
        let parts = self.parts();
        let quota = parts.config.quota_bytes;
        if quota > 0 && parts.store.usage(&row.account_id).await?.total().unsigned_abs() >= quota {
            return Err(Refusal::Full);
        }
        let before = self.take(&row.video_id);
        let same = before.as_ref().filter(|take| take.name == hello.take).cloned();
        let take = match same {
            Some(take) => take,
            None if hello.resume_from > 0 => return Err(Refusal::Missing(0)),
            None => self.new_take(row, hello.take, before).await?,
        };
        if hello.resume_from > take.next() {
            return Err(Refusal::Missing(take.next()));
        }
        let id = session()?;
        let told = take.connect(&id);
        let now = parts.clock.now();
        parts.store.begin_ingest(&id, &row.video_id, ("websocket", address), now).await?;
        tracing::info!(video = %row.video_id, address, "a browser publishes");
        let broadcast = self.join(row);
        if take.has_begun() && parts.store.set_live_state(&row.video_id, State::Live).await? {
            broadcast.video_changed();
        }
        Ok(Publisher { live: self.clone(), broadcast, take, id, told, bytes: AtomicU64::new(0) })
    }

    /// Whether a browser can broadcast: without FFmpeg it cannot.
    #[must_use]
    pub fn takes_browsers(&self) -> bool {
        self.engine().is_there()
    }

    async fn new_take(
        &self,
        row: &store::live::Broadcast,
        name: String,
        before: Option<Arc<Take>>,
    ) -> Result<Arc<Take>, Refusal> {
        if !self.takes_browsers() {
            let why = "This server has no FFmpeg, and takes broadcasts from encoders only.";
            return Err(Refusal::Unsupported(why.to_owned()));
        }
        if before.is_some() {
            // What it has sent is not lost to the one that follows.
            self.settle(&row.video_id).await;
        }
        let place = self.engine().place().ok_or(Refusal::TooMany)?;
        let (take, pieces) = Take::new(name, session()?);
        let broadcast = self.join(row);
        broadcast.attach(&take.session, take.end.clone())?;
        self.takes().insert(row.video_id.clone(), Arc::clone(&take));
        let (live, state, running) = (self.clone(), row.state, Arc::clone(&take));
        tokio::spawn(async move { run(&live, broadcast, &running, pieces, (state, place)).await });
        Ok(take)
    }

    fn take(&self, video: &VideoId) -> Option<Arc<Take>> {
        self.takes().get(video).cloned()
    }

    /// Waits until what a browser has sent so far is in its broadcast; nothing more of it is taken.
    pub(crate) async fn settle(&self, video: &VideoId) {
        let Some(take) = self.take(video) else { return };
        take.close();
        if timeout(REST, take.finished()).await.is_err() {
            tracing::warn!(%video, "the end of what a browser sent is lost");
        }
    }

    /// The same for all of them.
    pub(crate) async fn settle_all(&self) {
        let videos: Vec<_> = self.takes().keys().cloned().collect();
        let all: Vec<_> = videos
            .into_iter()
            .map(|video| {
                let live = self.clone();
                tokio::spawn(async move { live.settle(&video).await })
            })
            .collect();
        for one in all {
            let _settled = one.await;
        }
    }

    /// Sends a publisher away; `false` when it is not there.
    #[must_use]
    pub fn disconnect(&self, video: &VideoId, session: &str) -> bool {
        self.take(video).is_some_and(|take| take.dismiss(session))
            || self.find(video).is_some_and(|broadcast| broadcast.disconnect(session))
    }
}

impl Publisher {
    /// The first chunk that is wanted.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.take.next()
    }

    /// Takes a chunk as soon as there is room for it; answers the last one that has arrived, with all before it.
    ///
    /// # Errors
    /// Why the connection cannot go on.
    pub async fn push(&self, (number, bytes): (u64, Bytes)) -> Result<u64, Refusal> {
        let length = bytes.len() as u64;
        let arrived = self.take.push(&self.id, (number, bytes), self.live.parts().clock.now()).await?;
        self.bytes.fetch_add(length, Ordering::Relaxed);
        Ok(arrived)
    }

    /// Waits until it is sent away.
    pub async fn over(&self) -> Refusal {
        let mut told = self.told.clone();
        match told.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or(Refusal::Ended),
            // The take has let go of it without a word: another one is there.
            Err(_) => Refusal::Replaced,
        }
    }

    /// The connection is over. Its take waits for another one.
    pub async fn leave(self, reason: &str) {
        let parts = self.live.parts();
        if self.take.leave(&self.id)
            && self.take.has_begun()
            && !self.broadcast.is_over()
            && let Ok(true) = parts.store.set_live_state(&self.broadcast.video, State::Interrupted).await
        {
            self.broadcast.video_changed();
        }
        let bytes = i64::try_from(self.bytes.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        if let Err(error) = parts.store.end_ingest(&self.id, bytes, reason, parts.clock.now()).await {
            tracing::error!(%error, "the end of a connection cannot be noted");
        }
    }
}

/// From the first chunk of a take to its end.
async fn run(
    live: &Live,
    broadcast: Arc<Broadcast>,
    take: &Arc<Take>,
    pieces: mpsc::Receiver<super::take::Piece>,
    (before, _place): (State, OwnedSemaphorePermit),
) {
    let grace = live.parts().config.grace;
    let mut abandoned = false;
    let outcome = {
        let mut engine = std::pin::pin!(engine::run(live.engine(), &broadcast, take, pieces));
        loop {
            tokio::select! {
                () = take.end.cancelled() => {
                    break Err(if broadcast.is_over() { Refusal::Ended } else { Refusal::Replaced });
                }
                outcome = &mut engine => break outcome,
                () = take.abandoned(grace), if !abandoned => {
                    abandoned = true;
                    take.close();
                }
            }
        }
    };
    if let Err(why) = &outcome {
        tracing::info!(video = %broadcast.video, %why, "a recording of a browser is over");
    }
    live.takes().retain(|_, other| !Arc::ptr_eq(other, take));
    if broadcast.detach(&take.session) {
        let begun = take.has_begun() || before != State::Waiting;
        let state = if begun { State::Interrupted } else { State::Waiting };
        if let Err(error) = live.parts().store.set_live_state(&broadcast.video, state).await {
            tracing::error!(%error, "an interruption cannot be noted");
        }
        broadcast.video_changed();
        if begun && abandoned {
            end(live, &broadcast.video).await;
        } else if begun {
            live.end_unless_continued(Arc::clone(&broadcast));
        }
    }
    take.finish(outcome.err().unwrap_or(Refusal::Ended));
}

async fn end(live: &Live, video: &VideoId) {
    if let Err(error) = live.end(video).await {
        tracing::error!(%video, %error, "a broadcast cannot be ended");
    }
}

fn session() -> Result<SessionId, Refusal> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Internal)?;
    Ok(SessionId::from_random(bytes))
}
