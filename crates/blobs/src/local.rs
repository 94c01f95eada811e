use crate::{Error, ObjectKey};
use bytes::Bytes;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

mod upkeep;
pub use upkeep::Found;

/// How often a folder is emptied again before its removal fails.
const STRAGGLERS: u32 = 16;

/// What must have happened before a put answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Bytes and folder entry have reached the disk: safe from power loss.
    Synced,
    /// The operating system has the bytes: safe from the death of this process. For what can be made again.
    Cached,
}

/// An object store in a local folder.
#[derive(Debug, Clone)]
pub struct LocalFolder(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    objects: PathBuf,
    aside: PathBuf,
    next_aside: AtomicU64,
    min_free: u64,
    /// Held while an object appears, and while one that looks abandoned is looked at and removed.
    appearing: Mutex<()>,
}

/// What a [`PartWriter`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of the bytes, hex.
    pub hash: String,
}

/// Objects that are gone, and whose room is being given back to the disk.
#[derive(Debug)]
pub struct Gone(Option<tokio::task::JoinHandle<Result<(), Error>>>);

impl Gone {
    /// Waits until the disk has the room.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn given_back(self) -> Result<(), Error> {
        let Some(removing) = self.0 else { return Ok(()) };
        removing.await.unwrap_or_else(|_| Err(abandoned()))
    }
}

fn abandoned() -> Error {
    Error::Io(std::io::Error::other("a disk operation was abandoned"))
}

impl LocalFolder {
    /// Opens the store under `root`, making its folders, and forgets half-written objects of an earlier process.
    /// Writes are refused as [`Error::Full`] when fewer than `min_free` bytes would be left on the disk.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(root: &Path, min_free: u64) -> Result<Self, Error> {
        let (objects, aside) = (root.join("objects"), root.join("aside"));
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir_all(&objects)?;
        fs::create_dir_all(&aside)?;
        Ok(Self::new(objects, aside, min_free))
    }

    /// Looks into a store that another process may be using: leaves its half-written objects alone. For reading, and for
    /// a backup's folder.
    ///
    /// # Errors
    /// When there is no store under `root`.
    pub fn look_into(root: &Path) -> Result<Self, Error> {
        let objects = root.join("objects");
        if fs::metadata(&objects)?.is_dir() {
            Ok(Self::new(objects, root.join("aside"), 0))
        } else {
            Err(Error::NotFound)
        }
    }

    fn new(objects: PathBuf, aside: PathBuf, min_free: u64) -> Self {
        let (next_aside, appearing) = (AtomicU64::new(0), Mutex::default());
        Self(Arc::new(Folder { objects, aside, next_aside, min_free, appearing }))
    }

    /// Where an object's file is: for children that need a path. The file must not be changed.
    #[must_use]
    pub fn path(&self, key: &ObjectKey) -> PathBuf {
        self.0.objects.join(key.as_str())
    }

    /// Whether `bytes` more fit on the disk.
    ///
    /// # Errors
    /// When the file system does not tell.
    pub fn has_room(&self, bytes: u64) -> Result<bool, Error> {
        Ok(self.free()?.saturating_sub(self.0.min_free) > bytes)
    }

    /// Bytes that are free on the disk, the reserve among them.
    ///
    /// # Errors
    /// When the file system does not tell.
    pub fn free(&self) -> Result<u64, Error> {
        let disk = rustix::fs::statvfs(&self.0.objects).map_err(std::io::Error::from)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Puts an object. Putting the same bytes again is fine.
    ///
    /// # Errors
    /// [`Error::Full`], or what the file system says.
    pub async fn put(&self, key: &ObjectKey, bytes: Bytes, durability: Durability) -> Result<(), Error> {
        let (store, key) = (self.clone(), key.clone());
        blocking(move || {
            let mut writer = store.writer()?;
            writer.write(&bytes)?;
            writer.publish(&store, &store.path(&key), durability)
        })
        .await
    }

    /// Begins an object that arrives piece by piece.
    ///
    /// # Errors
    /// [`Error::Full`], or what the file system says.
    pub async fn begin(&self) -> Result<PartWriter, Error> {
        let store = self.clone();
        blocking(move || store.writer()).await
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the file system says.
    pub async fn read(&self, key: &ObjectKey) -> Result<Bytes, Error> {
        let path = self.path(key);
        blocking(move || Ok(Bytes::from(fs::read(path)?))).await
    }

    /// An object's size in bytes.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the file system says.
    pub async fn size(&self, key: &ObjectKey) -> Result<u64, Error> {
        let path = self.path(key);
        blocking(move || Ok(fs::metadata(path)?.len())).await
    }

    /// Reads a range of an object.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Range`], or what the file system says.
    pub async fn read_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<Bytes, Error> {
        let path = self.path(key);
        blocking(move || {
            let mut file = File::open(path)?;
            let length = range.end.checked_sub(range.start).ok_or(Error::Range)?;
            if range.end > file.metadata()?.len() {
                return Err(Error::Range);
            }
            let mut bytes = vec![0; usize::try_from(length).map_err(|_| Error::Range)?];
            file.seek(SeekFrom::Start(range.start))?;
            file.read_exact(&mut bytes)?;
            Ok(Bytes::from(bytes))
        })
        .await
    }

    /// Removes an object; a missing one is fine.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        let path = self.path(key);
        blocking(move || absent_is_fine(fs::remove_file(path))).await
    }

    /// Takes away every object whose key begins with `prefix/`: all of them at one moment, whatever appears meanwhile. To give
    /// their room back takes the disk seconds for gigabytes, half a minute when it is busy; only who wants to waits for it, by
    /// [`Gone::given_back`]. What a crash leaves of them is removed at the next start.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn delete_all(&self, prefix: &ObjectKey) -> Result<Gone, Error> {
        let (path, store) = (self.path(prefix), self.clone());
        let aside = blocking(move || {
            if !path.exists() {
                return Ok(None);
            }
            // A folder in which a job still writes is never empty when it comes to its own removal.
            fs::create_dir_all(&store.0.aside)?;
            let number = store.0.next_aside.fetch_add(1, Ordering::Relaxed);
            let aside = store.0.aside.join(format!("gone-{number}"));
            absent_is_fine(fs::rename(path, &aside))?;
            Ok(Some(aside))
        })
        .await?;
        Ok(Gone(aside.map(|aside| tokio::task::spawn_blocking(move || empty(&aside)))))
    }

    /// Joins objects into the file `into`, outside the store, sharing blocks where the file system can.
    ///
    /// # Errors
    /// [`Error::NotFound`] when a part is missing, [`Error::Full`], or what the file system says.
    pub async fn join(&self, keys: Vec<ObjectKey>, into: PathBuf) -> Result<(), Error> {
        let store = self.clone();
        blocking(move || {
            let mut joined = File::create(into)?;
            for key in keys {
                // On Linux this is copy_file_range: no bytes pass through this process.
                std::io::copy(&mut File::open(store.path(&key))?, &mut joined)?;
            }
            Ok(())
        })
        .await
    }

    /// The names directly under `prefix` ("sources", "videos"), for sweeping.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn names(&self, prefix: &'static str) -> Result<Vec<String>, Error> {
        let path = self.0.objects.join(prefix);
        blocking(move || match fs::read_dir(path) {
            Ok(entries) => {
                Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// Gives the file a second name; `false` when that name is taken, whose file then counts as wanted again.
    fn link_new(&self, aside: &Path, path: &Path) -> Result<bool, Error> {
        let _turn = self.appearing();
        match fs::hard_link(aside, path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                File::open(path)?.set_modified(SystemTime::now())?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn appearing(&self) -> MutexGuard<'_, ()> {
        self.0.appearing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> Result<PartWriter, Error> {
        if !self.has_room(0)? {
            return Err(Error::Full);
        }
        let number = self.0.next_aside.fetch_add(1, Ordering::Relaxed);
        let path = self.0.aside.join(number.to_string());
        let file = File::create_new(&path)?;
        Ok(PartWriter { file, path, size: 0, hasher: blake3::Hasher::new(), published: false })
    }
}

/// An object on its way in. Dropping it without publishing removes what was written.
#[derive(Debug)]
pub struct PartWriter {
    file: File,
    path: PathBuf,
    size: u64,
    hasher: blake3::Hasher,
    published: bool,
}

impl PartWriter {
    /// Adds bytes; blocks, so call it where blocking is allowed.
    ///
    /// # Errors
    /// [`Error::Full`], or what the file system says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// What has been written so far.
    #[must_use]
    pub fn written(&self) -> Written {
        Written { size: self.size, hash: self.hasher.finalize().to_hex().to_string() }
    }

    /// Makes the object appear under `key`, synced, unless other bytes are there already.
    ///
    /// # Errors
    /// [`Error::Exists`] when other bytes have the key; [`Error::Full`], or what the file system says.
    pub async fn publish_new(self, store: &LocalFolder, key: &ObjectKey) -> Result<Written, Error> {
        let (path, store) = (store.path(key), store.clone());
        blocking(move || {
            let written = self.written();
            self.file.sync_all()?;
            make_parent(&path)?;
            if !store.link_new(&self.path, &path)? && hash_of(&path)? != written.hash {
                return Err(Error::Exists);
            }
            sync_parent(&path)?;
            Ok(written) // dropping the writer removes the name aside; the object keeps its own
        })
        .await
    }

    fn publish(mut self, store: &LocalFolder, path: &Path, durability: Durability) -> Result<(), Error> {
        if durability == Durability::Synced {
            self.file.sync_all()?;
        }
        make_parent(path)?;
        {
            let _turn = store.appearing();
            fs::rename(&self.path, path)?;
        }
        self.published = true;
        if durability == Durability::Synced {
            sync_parent(path)?;
        }
        Ok(())
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        if !self.published {
            let _already_gone = fs::remove_file(&self.path);
        }
    }
}

fn make_parent(path: &Path) -> Result<(), Error> {
    let Some(parent) = path.parent() else { return Ok(()) };
    if !parent.exists() {
        fs::create_dir_all(parent)?;
        // The new folder's own entry must survive a power cut too.
        sync_parent(parent)?;
    }
    Ok(())
}

fn sync_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(parent) => Ok(File::open(parent)?.sync_all()?),
        None => Ok(()),
    }
}

fn hash_of(path: &Path) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn absent_is_fine(result: std::io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removes a folder with all that is in it.
fn empty(aside: &Path) -> Result<(), Error> {
    // Who had found the folder under its old name may still put something into it, once.
    let mut removed = fs::remove_dir_all(aside);
    for _ in 0..STRAGGLERS {
        match removed {
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                removed = fs::remove_dir_all(aside);
            }
            _ => break,
        }
    }
    absent_is_fine(removed)
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(abandoned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, LocalFolder) {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFolder::open(folder.path(), 0).unwrap();
        (folder, store)
    }

    fn key(text: &str) -> ObjectKey {
        ObjectKey::parse(text).unwrap()
    }

    async fn put_part(store: &LocalFolder, bytes: &[u8]) -> Result<Written, Error> {
        let mut writer = store.begin().await.unwrap();
        writer.write(bytes).unwrap();
        writer.publish_new(store, &key("sources/v/1")).await
    }

    #[tokio::test]
    async fn a_part_is_never_overwritten_by_other_bytes() {
        let (_folder, store) = store();
        let first = put_part(&store, b"one").await.unwrap();
        assert_eq!(put_part(&store, b"one").await.unwrap(), first);
        assert!(matches!(put_part(&store, b"two").await, Err(Error::Exists)));
        assert_eq!(&store.read(&key("sources/v/1")).await.unwrap()[..], b"one");
    }

    #[tokio::test]
    async fn an_abandoned_object_leaves_nothing() {
        let (folder, store) = store();
        let mut writer = store.begin().await.unwrap();
        writer.write(b"half").unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(folder.path().join("aside")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn ranges_are_read_exactly_or_refused() {
        let (_folder, store) = store();
        store.put(&key("a/b"), Bytes::from_static(b"0123456789"), Durability::Cached).await.unwrap();
        assert_eq!(&store.read_range(&key("a/b"), 2..5).await.unwrap()[..], b"234");
        for bad in [Range { start: 5, end: 11 }, Range { start: 6, end: 5 }] {
            assert!(matches!(store.read_range(&key("a/b"), bad).await, Err(Error::Range)));
        }
        assert!(matches!(store.read_range(&key("a/c"), 0..1).await, Err(Error::NotFound)));
    }

    #[tokio::test]
    async fn parts_join_in_order() {
        let (folder, store) = store();
        for (name, bytes) in [("p/1", "ab"), ("p/2", "cd"), ("p/3", "e")] {
            store.put(&key(name), Bytes::from(bytes), Durability::Cached).await.unwrap();
        }
        let into = folder.path().join("joined");
        store.join(vec![key("p/1"), key("p/2"), key("p/3")], into.clone()).await.unwrap();
        assert_eq!(fs::read(into).unwrap(), b"abcde");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn what_appears_meanwhile_does_not_keep_a_folder_from_being_removed() {
        let (folder, store) = store();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let writers = [0, 1].map(|writer| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut number = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let name = key(&format!("videos/v/{writer}/{}", number % 50));
                    // Its folder may go while it is written.
                    let _gone = store.put(&name, Bytes::from_static(b"x"), Durability::Cached).await;
                }
            })
        });
        for _ in 0..500 {
            store.delete_all(&key("videos/v")).await.unwrap().given_back().await.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.unwrap();
        }
        store.delete_all(&key("videos/v")).await.unwrap().given_back().await.unwrap();
        assert!(!folder.path().join("objects/videos/v").exists());
        assert_eq!(fs::read_dir(folder.path().join("aside")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_disk_below_its_reserve_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFolder::open(folder.path(), u64::MAX).unwrap();
        assert!(matches!(store.begin().await, Err(Error::Full)));
    }
}
