//! A folder that holds an instance: the data folder of a server, or a backup, which is laid out alike.

use crate::{Error, Manifest};
use blobs::LocalFolder;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use store::Store;

/// A data folder or a backup, opened for reading.
#[derive(Debug)]
pub struct DataFolder {
    /// The catalogue.
    pub store: Store,
    /// Its file.
    pub database: PathBuf,
    /// The objects.
    pub blobs: LocalFolder,
    /// Whether a server is running on it.
    pub in_use: bool,
}

impl DataFolder {
    /// Opens a folder for reading; a server may be running on it.
    ///
    /// # Errors
    /// In words for an operator: it is not a data folder, or of another version.
    pub async fn look_into(folder: &Path) -> Result<Self, Error> {
        let manifest = Manifest::read(folder)?;
        let name = manifest.as_ref().map_or(DATABASE, |manifest| manifest.database.as_str());
        let database = folder.join(name);
        if !database.is_file() {
            let name = folder.display();
            return Err(Error::Folder(format!(
                "{name} holds no catalogue ({DATABASE}): name the data folder of a server, or a backup, with --data"
            )));
        }
        let blobs = match LocalFolder::look_into(folder) {
            Err(blobs::Error::NotFound) => {
                return Err(Error::Folder(format!("{} holds no objects", folder.display())));
            }
            other => other?,
        };
        let store = if manifest.is_some() {
            Store::look_into_copy(&database).await?
        } else {
            Store::look_into(&database).await?
        };
        Ok(Self { store, database, blobs, in_use: in_use(folder) })
    }
}

/// The catalogue's file in a data folder.
pub(crate) const DATABASE: &str = "vitascope.db";
/// The instance's secret in a data folder.
pub(crate) const SECRET: &str = "secret.key";

fn in_use(folder: &Path) -> bool {
    // Shared, so that two who look do not take each other for a server.
    File::open(folder.join("lock"))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
