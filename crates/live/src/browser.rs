//! Publishers who send what their browser records: numbered chunks of one file (`numbering`), which is a take.
//!
//! A take outlives its connections: who comes back goes on behind the last chunk that arrived, so a lost connection loses nothing
//! ([`Publisher`]). What arrives goes through one FFmpeg in its jail (`engine`) into the broadcast, as RTMP's frames do.
//! Sockets are elsewhere (`server`).

mod engine;
mod numbering;
mod publisher;
mod take;

pub use engine::Engine;
pub use numbering::chunk;
pub use publisher::{Hello, Publisher};

use crate::Error;
use domain::VideoId;
use std::collections::HashMap;
use std::sync::Arc;

/// The recordings that browsers send, by their video.
pub(crate) type Takes = HashMap<VideoId, Arc<take::Take>>;

/// Longest chunk, in bytes.
pub const MOST_CHUNK: usize = 4 << 20;
/// Longest name of a take, in bytes.
const MOST_NAME: usize = 64;

/// Why a publisher is sent away. `Display` is a sentence for the person who broadcasts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not what was agreed on.
    #[error("This message cannot be read: {0}.")]
    Malformed(&'static str),
    /// A chunk that the server does not have is not to be had from the publisher either.
    #[error("A piece of the recording is missing (number {0}). Begin a new recording.")]
    Missing(u64),
    /// Another connection publishes.
    #[error("This broadcast was continued by another connection.")]
    Replaced,
    /// Its owner has disconnected it.
    #[error("This connection was ended by the owner of the broadcast.")]
    Disconnected,
    /// Nothing can be added to the broadcast.
    #[error("This broadcast has ended.")]
    Ended,
    /// Too many publishers at once.
    #[error("This server takes no more broadcasts from browsers at the same time. Try again later.")]
    TooMany,
    /// The account is full.
    #[error("The account has no room left.")]
    Full,
    /// Nothing of this can be broadcast.
    #[error("{0}")]
    Unsupported(String),
    /// It could be broadcast, and cannot any more.
    #[error("{0}")]
    Failed(String),
    /// The server's own fault; its log says more.
    #[error("The server failed; its log says why.")]
    Internal,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Ended => Self::Ended,
            Error::Replaced => Self::Replaced,
            Error::Store(_) | Error::Blobs(_) => {
                tracing::error!(%error, "what a browser sends cannot be taken");
                Self::Internal
            }
            other => {
                let text = other.to_string();
                let mut letters = text.chars();
                let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
                Self::Failed(format!("{first}{}.", letters.as_str()))
            }
        }
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Error::Store(error).into()
    }
}
