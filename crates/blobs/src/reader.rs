use crate::{Error, LocalFolder, ObjectKey, local::blocking};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::{Errno, ReadWriteFlags};
use std::fs::File;
use std::io::IoSliceMut;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// An object that is open for reading. Reads come in two kinds: those that the page cache answers on the spot, and those
/// that may wait for the disk.
#[derive(Debug, Clone)]
pub struct ObjectReader {
    file: Arc<File>,
    size: u64,
}

impl LocalFolder {
    /// Opens an object if the kernel knows the way to it without asking the disk. Never blocks; `None` says nothing about
    /// whether the object exists.
    #[must_use]
    pub fn open_cached(&self, key: &ObjectKey) -> Option<ObjectReader> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file =
            rustix::fs::openat2(CWD, self.path(key), flags, Mode::empty(), ResolveFlags::CACHED).ok()?;
        ObjectReader::of(File::from(file)).ok()
    }

    /// Opens an object.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the file system says.
    pub async fn open_object(&self, key: &ObjectKey) -> Result<ObjectReader, Error> {
        let path = self.path(key);
        blocking(move || ObjectReader::of(File::open(path)?)).await
    }
}

impl ObjectReader {
    fn of(file: File) -> Result<Self, Error> {
        let size = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), size })
    }

    /// The object's size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads from `offset` what the page cache has; gives the count of bytes, which is 0 when the disk must be asked. Never blocks.
    #[must_use]
    pub fn read_cached(&self, offset: u64, into: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(rest @ [_, ..]) = into.get_mut(filled..) {
            let at = offset.saturating_add(filled as u64);
            match rustix::io::preadv2(&self.file, &mut [IoSliceMut::new(rest)], at, ReadWriteFlags::NOWAIT) {
                Ok(count @ 1..) => filled += count,
                Err(Errno::INTR) => {}
                // Not in memory, the end, or a file system that does not know the flag.
                Ok(_) | Err(_) => break,
            }
        }
        filled
    }

    /// Reads from `offset` until `into` is full from `filled` on; gives it back.
    ///
    /// # Errors
    /// [`Error::Range`] when the object ends before, or what the file system says.
    pub async fn read_rest(&self, offset: u64, mut into: Vec<u8>, filled: usize) -> Result<Vec<u8>, Error> {
        let file = Arc::clone(&self.file);
        blocking(move || {
            let rest = into.get_mut(filled..).ok_or(Error::Range)?;
            match file.read_exact_at(rest, offset.saturating_add(filled as u64)) {
                Ok(()) => Ok(into),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Error::Range),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durability;
    use bytes::Bytes;

    #[tokio::test]
    async fn both_kinds_of_reading_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFolder::open(folder.path(), 0).unwrap();
        let key = ObjectKey::parse("a/b").unwrap();
        store.put(&key, Bytes::from_static(b"0123456789"), Durability::Cached).await.unwrap();
        let reader = store.open_object(&key).await.unwrap();
        assert_eq!(reader.size(), 10);
        let mut bytes = vec![0; 4];
        // Whether the page cache answers is the kernel's choice; together both kinds read everything.
        let filled = reader.read_cached(3, &mut bytes);
        assert_eq!(reader.read_rest(3, bytes, filled).await.unwrap(), b"3456");
        assert_eq!(reader.read_rest(6, vec![0; 4], 0).await.unwrap(), b"6789");
        assert!(matches!(reader.read_rest(7, vec![0; 4], 0).await, Err(Error::Range)));
        assert!(matches!(store.open_object(&ObjectKey::parse("a/c").unwrap()).await, Err(Error::NotFound)));
        assert!(store.open_cached(&ObjectKey::parse("a/c").unwrap()).is_none());
    }
}
