//! Events as hints: "this video changed", never the change itself. Whoever misses one asks the store.
//!
//! Within one process for now; the same calls will reach other nodes. Durable work is not here but in the job table.

#![warn(missing_docs)]

use domain::{AccountId, SessionId, VideoId};
use tokio::sync::broadcast;

/// Something that somebody may want to look at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A video's row, rungs or progress changed.
    VideoChanged {
        /// The video.
        video: VideoId,
        /// Its owner.
        owner: AccountId,
    },
    /// A video was deleted.
    VideoDeleted {
        /// The video.
        video: VideoId,
        /// Its owner.
        owner: AccountId,
    },
    /// A session was ended; its sockets close.
    SessionEnded {
        /// The session.
        session: SessionId,
    },
    /// Jobs were enqueued.
    JobsWaiting,
}

/// What a subscriber receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// An event.
    Event(Event),
    /// The subscriber was too slow and has missed some: look at everything again.
    Missed,
}

/// Sends events to all subscribers of this process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus(broadcast::Sender<Event>);

impl Bus {
    /// A bus that keeps up to 1,024 events for its slowest subscriber.
    #[must_use]
    pub fn in_process() -> Self {
        Self(broadcast::channel(1024).0)
    }

    /// Tells all subscribers; nobody listening is no error.
    pub fn publish(&self, event: Event) {
        let _nobody_listens = self.0.send(event);
    }

    /// Listens from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.0.subscribe())
    }
}

/// One subscriber's queue.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<Event>);

impl Subscription {
    /// The next hint; `None` when the bus is gone.
    pub async fn next(&mut self) -> Option<Hint> {
        match self.0.recv().await {
            Ok(event) => Some(Hint::Event(event)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Hint::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
