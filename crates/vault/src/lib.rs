//! Keeps what people entrusted to the instance: the store describes itself, can be verified, backed up, restored, and made
//! into a catalogue again when the database is lost.
//!
//! - [`Describer`] writes `videos/{video}/video.json` whenever a video's rows have changed.
//! - [`verify`] compares catalogue and objects, reading every byte.
//! - [`backup`] and [`restore`] copy both, [`rebuild`] makes a catalogue from the objects alone.
//! - [`sweep`] removes what nothing refers to any more.
//!
//! How bytes are stored is in `blobs`, how rows are in `store`. Nothing here knows HTTP or FFmpeg.

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod backup;
mod describe;
mod folder;
mod manifest;
mod rebuild;
mod record;
mod references;
mod restore;
mod sweep;
mod verify;

pub use backup::{BackedUp, backup};
pub use describe::Describer;
pub use folder::DataFolder;
pub use manifest::Manifest;
pub use rebuild::{Rebuilt, rebuild};
pub use record::{Record, record_key};
pub use restore::restore;
pub use sweep::{Swept, sweep};
pub use verify::{Problem, Report, Unknown, verify};

#[cfg(test)]
mod sweep_test;

/// What can go wrong with the vault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be used for this; the text says why and what to do.
    #[error("{0}")]
    Folder(String),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The object store failed.
    #[error(transparent)]
    Blobs(#[from] blobs::Error),
    /// A stored name that cannot be an object key.
    #[error(transparent)]
    Key(#[from] blobs::InvalidKey),
    /// A description that is not one.
    #[error("video.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A file failed.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
}

impl Error {
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let name = path.display().to_string();
        move |error| Self::Io(name, error)
    }
}
