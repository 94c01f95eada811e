//! Makes a data folder of a backup.

use crate::folder::{DATABASE, SECRET};
use crate::manifest::{Manifest, hash_of, sync_folder};
use crate::record::{Record, record_key};
use crate::references::of_record;
use crate::{DataFolder, Error};
use blobs::LocalFolder;
use std::fs;
use std::path::Path;

/// Restores the backup `from` to the empty or missing folder `data`. Objects become links where both share a file system,
/// unless `copy` asks for bytes of their own.
///
/// # Errors
/// In words for an operator: `from` is no complete backup, `data` is not empty, the disk is full.
pub async fn restore(from: &Path, data: &Path, copy: bool) -> Result<Manifest, Error> {
    let Some(manifest) = Manifest::read(from)? else {
        return Err(Error::Folder(format!(
            "{} is no complete backup: it has no backup.json. `vitascope backup --to` makes one",
            from.display()
        )));
    };
    if hash_of(&from.join(&manifest.database))? != manifest.database_hash {
        return Err(Error::Folder(format!(
            "{} in {} is damaged; take an older backup, or make a catalogue from the objects with `vitascope rebuild`",
            manifest.database,
            from.display()
        )));
    }
    refuse_unless_empty(data)?;
    let backup = DataFolder::look_into(from).await?;
    let target = LocalFolder::open(data, 0)?;
    bring_all(&backup, &target, copy).await?;
    let secret = from.join(SECRET);
    if secret.is_file() {
        fs::copy(&secret, data.join(SECRET)).map_err(Error::io(data))?;
    }
    target.sync().await?;
    // The catalogue comes last: without it the folder is not taken for an instance.
    let aside = data.join("vitascope.db.new");
    fs::copy(&backup.database, &aside).map_err(Error::io(&aside))?;
    fs::File::open(&aside).and_then(|file| file.sync_all()).map_err(Error::io(&aside))?;
    fs::rename(&aside, data.join(DATABASE)).map_err(Error::io(data))?;
    sync_folder(data)?;
    Ok(manifest)
}

async fn bring_all(backup: &DataFolder, target: &LocalFolder, copy: bool) -> Result<(), Error> {
    const AT_ONCE: i64 = 500;
    let mut last = None;
    loop {
        let ids = backup.store.video_ids(last.as_ref(), AT_ONCE).await?;
        for id in &ids {
            let Some(record) = Record::of(&backup.store, id).await? else { continue };
            for reference in of_record(&record)? {
                match backup.blobs.bring(&reference.key, target, copy).await {
                    // It was missing when the backup was made, which said so; `verify` says it again.
                    Err(blobs::Error::NotFound) => {}
                    other => other.map(drop)?,
                }
            }
            // Replaced by the server with every edit, so the backup's own file must not be the same one.
            match backup.blobs.bring(&record_key(id)?, target, true).await {
                Err(blobs::Error::NotFound) => {}
                other => other.map(drop)?,
            }
        }
        match ids.into_iter().next_back() {
            Some(id) => last = Some(id),
            None => return Ok(()),
        }
    }
}

fn refuse_unless_empty(data: &Path) -> Result<(), Error> {
    fs::create_dir_all(data).map_err(Error::io(data))?;
    if fs::read_dir(data).map_err(Error::io(data))?.next().is_some() {
        return Err(Error::Folder(format!(
            "{} is not empty; name a new folder with --data, so that nothing is overwritten",
            data.display()
        )));
    }
    Ok(())
}
