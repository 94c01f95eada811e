//! `backup.json`: what makes a folder a complete backup. It is written last, so a backup that was cut short leaves the
//! one before it valid.

use crate::Error;
use domain::Micros;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

/// The version of the layout.
pub(crate) const FORMAT: u32 = 1;
const NAME: &str = "backup.json";

/// A complete backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the layout.
    pub format: u32,
    /// The version of Vitascope that made it.
    pub version: String,
    /// When, microseconds since 1970.
    pub created_at: Micros,
    /// The catalogue's file name.
    pub database: String,
    /// Its BLAKE3, hex.
    pub database_hash: String,
    /// Videos.
    pub videos: u64,
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that the catalogue refers to and that were missing from the instance itself, at most 1,000 of them.
    pub missing: Vec<String>,
}

impl Manifest {
    /// Reads the manifest of a backup; `None` when the folder is none.
    ///
    /// # Errors
    /// When it cannot be read, or was made by a later version.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Folder(format!("{} is damaged: {error}", path.display())))?;
        let plain_name = !manifest.database.contains('/') && manifest.database.ends_with(".db");
        if manifest.format > FORMAT || !plain_name {
            return Err(Error::Folder(format!(
                "{} was made by Vitascope {}, which this version cannot read",
                folder.display(),
                manifest.version
            )));
        }
        Ok(Some(manifest))
    }

    /// Writes it, so that it is there whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let (path, aside) = (folder.join(NAME), folder.join("backup.json.new"));
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let written = File::create(&aside).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&aside, &path)).map_err(Error::io(&path))?;
        sync_folder(folder)
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

/// The BLAKE3 of a file, hex.
pub(crate) fn hash_of(path: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    File::open(path).and_then(|file| hasher.update_reader(file).map(drop)).map_err(Error::io(path))?;
    Ok(hasher.finalize().to_hex().to_string())
}
