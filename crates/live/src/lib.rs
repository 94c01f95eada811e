//! Broadcasts: a publisher's frames in, Low-Latency HLS out, and at the end a video like any other.
//!
//! - `rtmp` speaks to publishers: a state machine without sockets; `listener` is the ring of sockets and deadlines around it.
//! - [`Broadcast`] outlives its connections. It packages what the newest of them sends (`cmaf::live`), keeps the newest parts in
//!   memory (`window`) and answers viewers, who wait for what is still to come ([`reload`]).
//! - [`Publisher`] is a connection of a browser that sends what it records (`browser`).
//! - `recorder` stores closed segments off that way: a slow disk delays no viewer.
//!
//! Who may publish or watch is decided elsewhere (`server`).

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod announce;
mod broadcast;
mod browser;
mod ending;
mod ingest;
mod listener;
mod recorder;
mod registry;
pub mod reload;
mod rtmp;
mod viewing;
mod window;

pub use broadcast::Broadcast;
pub use browser::{Engine, Hello, MOST_CHUNK, Publisher, Refusal, chunk};
pub use listener::listen;
pub use registry::{Live, LiveConfig, Parts};
pub use rtmp::hear;
pub use viewing::Answer;
pub use window::LIVE_PREFIX;

/// Why a publisher is sent away, or a broadcast cannot be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is sent is not the broadcast that was begun.
    #[error(
        "the settings of the encoder have changed since this broadcast began; use those of before, or begin a new broadcast"
    )]
    OtherSettings,
    /// The broadcast has ended, or its video is gone.
    #[error("this broadcast has ended")]
    Ended,
    /// Another connection publishes now.
    #[error("another connection publishes with this key now")]
    Replaced,
    /// Storing does not keep up.
    #[error("the disk of the server is too slow or full")]
    Disk,
    /// Frames that cannot be a broadcast.
    #[error(transparent)]
    Stream(#[from] cmaf::live::LiveError),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The object store failed.
    #[error(transparent)]
    Blobs(#[from] blobs::Error),
}
