//! Looking after a store: what is in it, whether its bytes are what they were, and how they get into another one.

use super::{LocalFolder, absent_is_fine, blocking, make_parent};
use crate::{Error, ObjectKey};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// An object that was found by looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: ObjectKey,
    /// Bytes.
    pub size: u64,
    /// How long ago it appeared, or was last wanted.
    pub age: Duration,
}

impl LocalFolder {
    /// Every object below `prefix/`, in no order; nothing when there is none. Files whose names are no keys are passed over.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn list(&self, prefix: &ObjectKey) -> Result<Vec<Found>, Error> {
        let (folder, prefix) = (self.path(prefix), prefix.to_string());
        blocking(move || {
            let mut found = Vec::new();
            let now = SystemTime::now();
            walk(&folder, &prefix, DEPTH, &mut |key, entry| {
                // An object may go while we look.
                let Ok(about) = entry.metadata() else { return };
                let age =
                    about.modified().ok().and_then(|then| now.duration_since(then).ok()).unwrap_or_default();
                found.push(Found { key, size: about.len(), age });
            })?;
            Ok(found)
        })
        .await
    }

    /// Reads a whole object without keeping it: its bytes, counted, and their BLAKE3 in hex.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the file system says.
    pub async fn hash(&self, key: &ObjectKey) -> Result<(u64, String), Error> {
        let path = self.path(key);
        blocking(move || {
            let mut file = File::open(path)?;
            let mut hasher = blake3::Hasher::new();
            let mut buffer = vec![0; 256 << 10];
            let mut size = 0u64;
            loop {
                let length = file.read(&mut buffer)?;
                let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
                hasher.update(bytes);
                size = size.saturating_add(length as u64);
            }
            Ok((size, hasher.finalize().to_hex().to_string()))
        })
        .await
    }

    /// Removes an object that nobody has wanted for `age`; `false` when it is younger or gone. One that appears at the same
    /// moment under the same key stays.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn delete_older(&self, key: &ObjectKey, age: Duration) -> Result<bool, Error> {
        let (store, path) = (self.clone(), self.path(key));
        blocking(move || {
            let _turn = store.appearing();
            let about = match fs::metadata(&path) {
                Ok(about) => about,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error.into()),
            };
            let old_enough = age.is_zero() || about.modified()?.elapsed().is_ok_and(|elapsed| elapsed >= age);
            if old_enough {
                absent_is_fine(fs::remove_file(&path))?;
            }
            Ok(old_enough)
        })
        .await
    }

    /// Returns when everything that was put before has reached the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn sync(&self) -> Result<(), Error> {
        let objects = self.0.objects.clone();
        blocking(move || Ok(rustix::fs::syncfs(File::open(objects)?).map_err(std::io::Error::from)?)).await
    }

    /// Brings an object into another store, which must be synced afterwards; `false` when one of that size is there already.
    /// On one file system it becomes a second name for the same bytes, unless `copy` asks for bytes of its own.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Full`], or what the file systems say.
    pub async fn bring(&self, key: &ObjectKey, into: &Self, copy: bool) -> Result<bool, Error> {
        let (from, into, to) = (self.path(key), into.clone(), into.path(key));
        blocking(move || {
            let size = fs::metadata(&from)?.len();
            match fs::metadata(&to) {
                Ok(there) if there.len() == size => return Ok(false),
                // Cut short by a crash of an earlier copy without its sync.
                Ok(_) => fs::remove_file(&to)?,
                Err(_) => make_parent(&to)?,
            }
            if !copy {
                match fs::hard_link(&from, &to) {
                    Ok(()) => return Ok(true),
                    Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NotFound),
                    // Another file system, or one without links.
                    Err(_) => {}
                }
            }
            fs::create_dir_all(&into.0.aside)?;
            let mut writer = into.writer()?;
            std::io::copy(&mut File::open(&from)?, &mut writer.file)?;
            fs::rename(&writer.path, &to)?;
            writer.published = true;
            Ok(true)
        })
        .await
    }
}

/// Folders below a video's folder: rungs, captions.
const DEPTH: u8 = 4;

fn walk(
    folder: &Path,
    prefix: &str,
    depth: u8,
    each: &mut impl FnMut(ObjectKey, &fs::DirEntry),
) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (Ok(key), Ok(kind)) = (ObjectKey::parse(format!("{prefix}/{name}")), entry.file_type()) else {
            continue;
        };
        if kind.is_file() {
            each(key, &entry);
        } else if kind.is_dir() && depth > 0 {
            walk(&entry.path(), key.as_str(), depth - 1, each)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durability;
    use bytes::Bytes;

    fn key(text: &str) -> ObjectKey {
        ObjectKey::parse(text).unwrap()
    }

    async fn store_with(objects: &[(&str, &'static [u8])]) -> (tempfile::TempDir, LocalFolder) {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFolder::open(folder.path(), 0).unwrap();
        for (name, bytes) in objects {
            store.put(&key(name), Bytes::from_static(bytes), Durability::Cached).await.unwrap();
        }
        (folder, store)
    }

    #[tokio::test]
    async fn everything_below_a_prefix_is_listed_and_nothing_beside_it() {
        let (_folder, store) =
            store_with(&[("videos/a/x", b"1"), ("videos/a/r/y", b"22"), ("videos/ab/z", b"3")]).await;
        let mut found: Vec<_> = store.list(&key("videos/a")).await.unwrap();
        found.sort_by(|a, b| a.key.cmp(&b.key));
        let names: Vec<_> = found.iter().map(|object| (object.key.as_str(), object.size)).collect();
        assert_eq!(names, [("videos/a/r/y", 2), ("videos/a/x", 1)]);
        assert_eq!(store.list(&key("videos/none")).await.unwrap(), []);
    }

    #[tokio::test]
    async fn only_what_nobody_wanted_for_long_is_removed() {
        let (_folder, store) = store_with(&[("a/b", b"1")]).await;
        let hour = Duration::from_secs(3600);
        assert!(!store.delete_older(&key("a/b"), hour).await.unwrap());
        let file = File::open(store.path(&key("a/b"))).unwrap();
        file.set_modified(SystemTime::now() - 2 * hour).unwrap();
        // Put again by a client that sends its part once more: wanted from now on.
        let mut writer = store.begin().await.unwrap();
        writer.write(b"1").unwrap();
        writer.publish_new(&store, &key("a/b")).await.unwrap();
        assert!(!store.delete_older(&key("a/b"), hour).await.unwrap());
        file.set_modified(SystemTime::now() - 2 * hour).unwrap();
        assert!(store.delete_older(&key("a/b"), hour).await.unwrap());
        assert!(!store.delete_older(&key("a/b"), hour).await.unwrap(), "gone");
    }

    #[tokio::test]
    async fn an_object_is_brought_once_as_a_link_or_as_a_copy() {
        use std::os::unix::fs::MetadataExt as _;
        let (_from, store) = store_with(&[("a/b", b"one"), ("a/c", b"two")]).await;
        let (_into, other) = store_with(&[("a/c", b"t")]).await;
        assert!(store.bring(&key("a/b"), &other, false).await.unwrap());
        assert!(!store.bring(&key("a/b"), &other, false).await.unwrap());
        assert!(store.bring(&key("a/c"), &other, true).await.unwrap(), "what is cut short is brought again");
        let inode = |store: &LocalFolder, name| fs::metadata(store.path(&key(name))).unwrap().ino();
        assert_eq!(inode(&store, "a/b"), inode(&other, "a/b"));
        assert_ne!(inode(&store, "a/c"), inode(&other, "a/c"));
        assert_eq!(store.hash(&key("a/c")).await.unwrap(), other.hash(&key("a/c")).await.unwrap());
        assert!(matches!(store.bring(&key("a/x"), &other, false).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn looking_into_a_store_leaves_a_writer_of_another_process_alone() {
        let (folder, store) = store_with(&[]).await;
        let mut writer = store.begin().await.unwrap();
        writer.write(b"half").unwrap();
        LocalFolder::look_into(folder.path()).unwrap();
        writer.publish_new(&store, &key("a/b")).await.unwrap();
        assert!(matches!(LocalFolder::look_into(&folder.path().join("none")), Err(Error::NotFound)));
    }
}
