//! The object store: immutable objects under keys, in a local folder.
//!
//! An object appears whole or not at all (written aside, then renamed) and is never changed. What is acknowledged to a
//! client is put [`Durability::Synced`]: bytes and folder entry have reached the disk. Which objects exist and who may read
//! them is not known here (`store`, `server`).

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod key;
mod local;
mod reader;

pub use key::{InvalidKey, ObjectKey};
pub use local::{Durability, Found, Gone, LocalFolder, PartWriter, Written};
pub use reader::ObjectReader;

/// What can go wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object.
    #[error("no such object")]
    NotFound,
    /// An object with other bytes has this key already.
    #[error("another object has this key")]
    Exists,
    /// The disk is full, or would be.
    #[error("the disk is full")]
    Full,
    /// The range lies outside the object.
    #[error("the range lies outside the object")]
    Range,
    /// The file system refused or failed.
    #[error("object store: {0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}
