//! Copies an instance into another folder, while its server runs. The folder is laid out like a data folder; what is there
//! already is not copied again.

use crate::folder::{DATABASE, SECRET};
use crate::manifest::{FORMAT, Manifest, hash_of, sync_folder};
use crate::record::{Record, record_key};
use crate::references::of_record;
use crate::{DataFolder, Error};
use blobs::{Durability, LocalFolder, ObjectKey};
use bytes::Bytes;
use domain::{Micros, VideoId};
use serde::Serialize;
use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use store::Store;

/// What a backup did.
#[derive(Debug, Clone, Serialize)]
pub struct BackedUp {
    /// What the folder holds now.
    pub manifest: Manifest,
    /// Objects that were not there before.
    pub new_objects: u64,
    /// Objects that were removed, because nothing refers to them any more.
    pub removed_objects: u64,
}

/// Backs `data` up to `to`. Objects become links where both folders share a file system, unless `copy` asks for bytes of
/// their own.
///
/// # Errors
/// In words for an operator: the folder is something else, the disk is full.
pub async fn backup(data: &Path, to: &Path, copy: bool, now: Micros) -> Result<BackedUp, Error> {
    let from = DataFolder::look_into(data).await?;
    let _lock = take(to)?;
    let old = Manifest::read(to)?;
    let target = LocalFolder::open(to, 0)?;
    let mut work = Work {
        from: &from,
        target: &target,
        copy,
        new_objects: 0,
        missing: Vec::new(),
        kept: HashSet::new(),
        bytes: 0,
    };
    // Most of the bytes first: what is missing after the copy of the database is what was made meanwhile.
    work.bring_all(&from.store).await?;
    let database = format!("vitascope-{}.db", now.0);
    let manifest = work.catalogue(to, &database, now).await?;
    let removed_objects = work.remove_the_rest().await?;
    let new_objects = work.new_objects;
    if let Some(old) = old.filter(|old| old.database != database) {
        remove(&to.join(old.database))?;
    }
    Ok(BackedUp { manifest, new_objects, removed_objects })
}

struct Work<'a> {
    from: &'a DataFolder,
    target: &'a LocalFolder,
    copy: bool,
    new_objects: u64,
    /// What `from` lacks itself.
    missing: Vec<String>,
    /// What the copied catalogue refers to.
    kept: HashSet<ObjectKey>,
    bytes: u64,
}

impl Work<'_> {
    /// Brings every object that `store` refers to; answers how many videos it has.
    async fn bring_all(&mut self, store: &Store) -> Result<u64, Error> {
        const AT_ONCE: i64 = 500;
        self.missing.clear();
        let (mut videos, mut last) = (0, None);
        loop {
            let ids = store.video_ids(last.as_ref(), AT_ONCE).await?;
            for id in &ids {
                videos += 1;
                self.bring_video(store, id).await?;
            }
            match ids.into_iter().next_back() {
                Some(id) => last = Some(id),
                None => return Ok(videos),
            }
        }
    }

    async fn bring_video(&mut self, store: &Store, id: &VideoId) -> Result<(), Error> {
        let Some(record) = Record::of(store, id).await? else { return Ok(()) };
        for reference in of_record(&record)? {
            match self.from.blobs.bring(&reference.key, self.target, self.copy).await {
                Ok(new) => self.new_objects += u64::from(new),
                Err(blobs::Error::NotFound) if self.missing.len() < MOST_MISSING => {
                    self.missing.push(reference.key.to_string());
                }
                Err(blobs::Error::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Copies the catalogue, and what it refers to and is not there yet. What is deleted between the two is no longer there to be
    /// brought: then the copy is taken again. What is missing for good is told, and does not keep the rest from being saved.
    async fn catalogue(&mut self, to: &Path, name: &str, now: Micros) -> Result<Manifest, Error> {
        const TRIES: u32 = 4;
        let database = to.join(name);
        let mut tries = 0;
        let (copied, videos) = loop {
            remove(&database)?;
            Store::copy(&self.from.database, &database).await?;
            let copied = Store::look_into_copy(&database).await?;
            let videos = self.bring_all(&copied).await?;
            tries += 1;
            if self.missing.is_empty() || tries == TRIES {
                break (copied, videos);
            }
            copied.close().await;
        };
        self.describe(&copied).await?;
        copied.close().await;
        self.copy_secret(to)?;
        self.target.sync().await?;
        sync_folder(to)?;
        let manifest = Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: now,
            database: name.to_owned(),
            database_hash: hash_of(&database)?,
            videos,
            objects: self.kept.len() as u64,
            bytes: self.bytes,
            missing: std::mem::take(&mut self.missing),
        };
        manifest.write(to)?;
        Ok(manifest)
    }

    /// Writes each `video.json` as the copied catalogue has it, and notes what belongs to the backup.
    async fn describe(&mut self, copied: &Store) -> Result<(), Error> {
        const AT_ONCE: i64 = 500;
        let mut last = None;
        loop {
            let ids = copied.video_ids(last.as_ref(), AT_ONCE).await?;
            for id in &ids {
                let Some(record) = Record::of(copied, id).await? else { continue };
                for reference in of_record(&record)? {
                    match self.target.size(&reference.key).await {
                        Err(blobs::Error::NotFound) => continue,
                        size => self.bytes = self.bytes.saturating_add(size?),
                    }
                    self.kept.insert(reference.key);
                }
                if copied.description(id).await?.is_some() {
                    let key = record_key(id)?;
                    let bytes = Bytes::from(record.to_bytes()?);
                    if !matches!(self.target.read(&key).await, Ok(there) if there == bytes) {
                        self.target.put(&key, bytes, Durability::Cached).await?;
                    }
                    self.kept.insert(key);
                }
            }
            match ids.into_iter().next_back() {
                Some(id) => last = Some(id),
                None => return Ok(()),
            }
        }
    }

    fn copy_secret(&self, to: &Path) -> Result<(), Error> {
        let from = self.from.database.with_file_name(SECRET);
        let to = to.join(SECRET);
        if from.is_file() {
            // The copy keeps the mode: only its owner reads it.
            fs::copy(&from, &to).map_err(Error::io(&to))?;
        }
        Ok(())
    }

    /// Only after the new manifest is durable: until then the old backup must stay whole.
    async fn remove_the_rest(&self) -> Result<u64, Error> {
        let mut removed = 0;
        for folder in pipeline::FOLDERS {
            for name in self.target.names(folder).await? {
                let Ok(prefix) = ObjectKey::parse(format!("{folder}/{name}")) else { continue };
                let found = self.target.list(&prefix).await?;
                let rest: Vec<_> = found.iter().filter(|object| !self.kept.contains(&object.key)).collect();
                removed += rest.len() as u64;
                if rest.len() == found.len() {
                    self.target.delete_all(&prefix).await?.given_back().await?;
                } else {
                    for object in rest {
                        self.target.delete(&object.key).await?;
                    }
                }
            }
        }
        Ok(removed)
    }
}

/// Takes a folder for a backup: an empty one, or one that is a backup already.
fn take(to: &Path) -> Result<File, Error> {
    fs::create_dir_all(to).map_err(Error::io(to))?;
    if to.join(DATABASE).exists() {
        return Err(Error::Folder(format!(
            "{} is the data folder of a server; name another folder with --to",
            to.display()
        )));
    }
    let ours = ["lock", "objects", "aside", "backup.json", "backup.json.new", SECRET];
    for entry in fs::read_dir(to).map_err(Error::io(to))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !ours.contains(&name.as_str()) && !name.starts_with("vitascope-") {
            return Err(Error::Folder(format!(
                "{} holds other things ({name}); name an empty folder or an earlier backup with --to",
                to.display()
            )));
        }
    }
    let lock = File::create(to.join("lock")).map_err(Error::io(to))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Folder(format!("another backup to {} is running", to.display())))
        }
        Err(TryLockError::Error(error)) => Err(Error::io(to)(error)),
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    for name in [path.to_owned(), path.with_extension("db-wal"), path.with_extension("db-shm")] {
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(&name)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

const MOST_MISSING: usize = 1000;
