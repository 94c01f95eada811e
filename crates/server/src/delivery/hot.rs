//! Segments on their way out. Those that several people watch are kept in memory within a budget of bytes and read once
//! however many ask at the same moment; the rest passes in chunks. Whoever reads slowly holds a chunk or a share of the
//! budget, never more.

use crate::problem::Problem;
use crate::wire::{LEAST, Pages};
use axum::body::Body;
use blobs::{LocalFolder, ObjectKey, ObjectReader};
use bytes::Bytes;
use cmaf::edit::Moved;
use futures_util::{StreamExt as _, stream};
use moka::future::Cache;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Reads of the disk at once. More wait in turn, so that media cannot take every thread that the rest of the server needs.
const READS: usize = 16;
/// How long a read may wait for its turn before the client is told to come back.
const QUEUE_LIMIT: Duration = Duration::from_secs(10);
/// What nobody asked for in this time is forgotten.
const IDLE: Duration = Duration::from_secs(600);
/// Objects above this size, in bytes, pass in chunks.
const LARGEST_KEPT: u64 = 8 << 20;
/// Objects of such a size, in bytes, are held by the kernel too, which then sends them without a copy. Above it the copy is the
/// faster way: 1 MB left at 0.8 of the rate that it had with one, 200 KB at 1.2.
const IN_PAGES: std::ops::RangeInclusive<u64> = LEAST as u64..=512 << 10;
/// Chunks of a stream, in bytes, and how many of them there are; when all are held, small ones must do.
const CHUNK: usize = 128 << 10;
const CHUNKS: usize = 256;
const SMALL_CHUNK: usize = 32 << 10;

/// The way from the object store to a response.
#[derive(Debug)]
pub(crate) struct Hot {
    blobs: LocalFolder,
    kept: Cache<String, Bytes>,
    /// Nothing is sent from there where TLS has to see every byte.
    pages: Option<Arc<Pages>>,
    /// KiB that may be in memory: kept, or already forgotten but still being sent.
    budget: Arc<Semaphore>,
    budget_bytes: u64,
    disk: Disk,
}

/// An object that can be sent.
pub(crate) enum Media {
    Memory(Bytes),
    File(ObjectReader, Disk),
}

/// Why an object could not be kept.
#[derive(Debug)]
enum NotKept {
    /// It is too large for what is left of the budget.
    Stream(ObjectReader),
    Failed(blobs::Error),
    Busy,
}

impl Hot {
    /// A cache of at most `budget` bytes, whose objects can be sent from `pages`.
    pub(crate) fn new(blobs: LocalFolder, budget: u64, pages: Option<Arc<Pages>>) -> Self {
        let kib = usize::try_from(budget >> 10).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        // What is forgotten may still be on its way to slow readers; the rest of the budget is for that.
        let capacity = budget / 4 * 3;
        let in_pages = pages.is_some();
        Self {
            blobs,
            kept: Cache::builder()
                .max_capacity(capacity)
                .weigher(move |key: &String, bytes: &Bytes| {
                    let memory = memory(bytes.len() as u64, in_pages);
                    u32::try_from(memory.saturating_add(key.len() as u64)).unwrap_or(u32::MAX)
                })
                .time_to_idle(IDLE)
                .build(),
            pages,
            budget: Arc::new(Semaphore::new(kib)),
            budget_bytes: budget,
            disk: Disk::default(),
        }
    }

    /// Finds an object.
    ///
    /// # Errors
    /// Not found; or too many are reading from the disk.
    pub(crate) async fn get(&self, key: &ObjectKey) -> Result<Media, Problem> {
        if let Some(bytes) = self.kept.get(key.as_str()).await {
            return Ok(Media::Memory(bytes));
        }
        if self.budget_bytes == 0 {
            let reader = self.disk.open(&self.blobs, key).await.map_err(|error| problem(&error))?;
            return Ok(Media::File(reader, self.disk.clone()));
        }
        match self.kept.try_get_with(key.as_str().to_owned(), self.read(key)).await {
            Ok(bytes) => Ok(Media::Memory(bytes)),
            Err(error) => match error.as_ref() {
                NotKept::Stream(reader) => Ok(Media::File(reader.clone(), self.disk.clone())),
                failed => Err(problem(failed)),
            },
        }
    }

    async fn read(&self, key: &ObjectKey) -> Result<Bytes, NotKept> {
        let reader = self.disk.open(&self.blobs, key).await?;
        let size = reader.size();
        if size > LARGEST_KEPT.min(self.budget_bytes / 8) {
            return Err(NotKept::Stream(reader));
        }
        let in_pages = self.pages.as_ref().filter(|_| IN_PAGES.contains(&size));
        let Some(share) = self.share(memory(size, in_pages.is_some())).await else {
            return Err(NotKept::Stream(reader));
        };
        let bytes = vec![0; usize::try_from(size).map_err(|_| NotKept::Busy)?];
        let bytes = self.disk.read(&reader, 0, bytes).await?;
        Ok(match in_pages {
            Some(pages) => pages.hold(bytes, share),
            None => Bytes::from_owner(Kept { bytes, _share: share }),
        })
    }

    /// Takes a part of the budget, which comes back when the last reader is done.
    async fn share(&self, size: u64) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(size >> 10).ok()?.saturating_add(1);
        if let Ok(share) = Arc::clone(&self.budget).try_acquire_many_owned(kib) {
            return Some(share);
        }
        self.kept.run_pending_tasks().await;
        Arc::clone(&self.budget).try_acquire_many_owned(kib).ok()
    }
}

/// What an object of `size` bytes takes.
fn memory(size: u64, in_pages: bool) -> u64 {
    if in_pages && IN_PAGES.contains(&size) { size.saturating_mul(2) } else { size }
}

impl Media {
    /// Size of the whole object in bytes.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(reader, _) => reader.size(),
        }
    }

    /// Up to `most` bytes from its front.
    pub(crate) async fn head(&self, most: usize) -> Result<Bytes, Problem> {
        match self {
            Self::Memory(bytes) => Ok(bytes.slice(..most.min(bytes.len()))),
            Self::File(reader, disk) => {
                let length = usize::try_from(reader.size()).unwrap_or(usize::MAX).min(most);
                let bytes = disk.read(reader, 0, vec![0; length]).await;
                bytes.map(Bytes::from).map_err(|error| problem(&error))
            }
        }
    }

    /// These bytes of it, which must lie inside, after it was moved in time.
    pub(crate) fn moved_body(self, range: Range<u64>, moved: Moved) -> Body {
        let (first, size) = (range.start, self.size());
        let at = moved.at as u64;
        let after = at.saturating_add(8);
        // Up to the time itself, the time, and the rest as it is.
        let until = |place: u64| place.clamp(range.start, range.end).min(size);
        let (front, back) = (range.start..until(at), until(after)..range.end);
        let place = |at: u64| usize::try_from(until(at).saturating_sub(moved.at as u64)).unwrap_or(0).min(8);
        let time = moved.time.get(place(first)..place(after)).unwrap_or_default();
        let time = Bytes::copy_from_slice(if first >= after { &[] } else { time });
        let same = match &self {
            Self::Memory(bytes) => Self::Memory(bytes.clone()),
            Self::File(reader, disk) => Self::File(reader.clone(), disk.clone()),
        };
        let time = stream::once(std::future::ready(Ok::<_, axum::Error>(time)));
        let chain = same.body(front).into_data_stream().chain(time).chain(self.body(back).into_data_stream());
        Body::from_stream(chain)
    }

    /// These bytes of it, which must lie inside.
    pub(crate) fn body(self, range: Range<u64>) -> Body {
        match self {
            Self::Memory(bytes) => {
                let index = |at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Body::from(bytes.slice(index(range.start)..index(range.end)))
            }
            Self::File(reader, disk) => Body::from_stream(stream::try_unfold(range, move |left| {
                let (reader, disk) = (reader.clone(), disk.clone());
                async move {
                    if left.is_empty() {
                        return Ok(None);
                    }
                    let bytes = disk.chunk(&reader, &left).await?;
                    let next = left.start.saturating_add(bytes.len() as u64);
                    Ok::<_, std::io::Error>(Some((bytes, next..left.end)))
                }
            })),
        }
    }
}

/// Bytes with their share of the budget.
struct Kept {
    bytes: Vec<u8>,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reading from the disk: at once where the page cache has the bytes, in turn where it has not, into chunks that are used again.
#[derive(Debug, Clone)]
pub(crate) struct Disk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    turns: Semaphore,
    chunks: Arc<Semaphore>,
    free: Mutex<Vec<Vec<u8>>>,
}

impl Default for Disk {
    fn default() -> Self {
        Self(Arc::new(Inner {
            turns: Semaphore::new(READS),
            chunks: Arc::new(Semaphore::new(CHUNKS)),
            free: Mutex::default(),
        }))
    }
}

impl Disk {
    async fn open(&self, blobs: &LocalFolder, key: &ObjectKey) -> Result<ObjectReader, NotKept> {
        if let Some(reader) = blobs.open_cached(key) {
            return Ok(reader);
        }
        let _turn = self.turn().await?;
        Ok(blobs.open_object(key).await?)
    }

    /// Fills `bytes` from `offset`.
    async fn read(&self, reader: &ObjectReader, offset: u64, mut bytes: Vec<u8>) -> Result<Vec<u8>, NotKept> {
        let filled = reader.read_cached(offset, &mut bytes);
        if filled == bytes.len() {
            return Ok(bytes);
        }
        let _turn = self.turn().await?;
        Ok(reader.read_rest(offset, bytes, filled).await?)
    }

    /// The next chunk of `left`.
    async fn chunk(&self, reader: &ObjectReader, left: &Range<u64>) -> std::io::Result<Bytes> {
        let length = usize::try_from(left.end.saturating_sub(left.start)).unwrap_or(usize::MAX);
        let slot = Arc::clone(&self.0.chunks).try_acquire_owned().ok().filter(|_| length > SMALL_CHUNK);
        let mut bytes = if slot.is_some() { self.free_chunk() } else { Vec::new() };
        bytes.resize(length.min(if slot.is_some() { CHUNK } else { SMALL_CHUNK }), 0);
        let bytes = self.read(reader, left.start, bytes).await.map_err(|error| {
            tracing::warn!(?error, "a response ends early");
            std::io::Error::other("the object cannot be read")
        })?;
        Ok(match slot {
            Some(slot) => Bytes::from_owner(Chunk { bytes, disk: self.clone(), _slot: slot }),
            None => Bytes::from(bytes),
        })
    }

    fn free_chunk(&self) -> Vec<u8> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, NotKept> {
        match tokio::time::timeout(QUEUE_LIMIT, self.0.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(NotKept::Busy),
        }
    }
}

/// A chunk that goes back to the others when it has been sent.
struct Chunk {
    bytes: Vec<u8>,
    disk: Disk,
    _slot: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.disk.0.free.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

impl From<blobs::Error> for NotKept {
    fn from(error: blobs::Error) -> Self {
        Self::Failed(error)
    }
}

fn problem(error: &NotKept) -> Problem {
    match error {
        NotKept::Failed(blobs::Error::NotFound) => Problem::not_found(),
        NotKept::Failed(error) => Problem::hidden(anyhow::anyhow!("{error}")),
        NotKept::Busy | NotKept::Stream(_) => Problem::busy(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blobs::Durability;

    const MIB: usize = 1 << 20;

    async fn store(objects: usize, size: usize) -> (tempfile::TempDir, LocalFolder) {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFolder::open(folder.path(), 0).unwrap();
        for number in 0..objects {
            let bytes = Bytes::from(vec![u8::try_from(number % 251).unwrap(); size]);
            store.put(&key(number), bytes, Durability::Cached).await.unwrap();
        }
        (folder, store)
    }

    fn key(number: usize) -> ObjectKey {
        ObjectKey::parse(format!("videos/v/{number}")).unwrap()
    }

    async fn read(media: Media, range: Range<u64>) -> Bytes {
        axum::body::to_bytes(media.body(range), 64 * MIB).await.unwrap()
    }

    #[tokio::test]
    async fn memory_and_file_give_the_same_ranges() {
        let (_folder, store) = store(2, 3 * CHUNK + 5).await;
        let mixed: Bytes = (0..3 * CHUNK + 5).map(|at| (at % 253) as u8).collect::<Vec<_>>().into();
        let odd = ObjectKey::parse("videos/v/odd").unwrap();
        store.put(&odd, mixed.clone(), Durability::Cached).await.unwrap();
        for budget in [0, 64 << 20] {
            let hot = Hot::new(store.clone(), budget, None);
            for range in [0..mixed.len(), 7..8, CHUNK - 1..3 * CHUNK + 1, 0..0] {
                let media = hot.get(&odd).await.unwrap();
                assert_eq!(matches!(media, Media::Memory(_)), budget > 0);
                assert_eq!(media.size(), mixed.len() as u64);
                assert_eq!(read(media, range.start as u64..range.end as u64).await, mixed.slice(range));
            }
        }
    }

    #[tokio::test]
    async fn what_slow_readers_hold_counts_against_the_budget() {
        let (_folder, store) = store(40, MIB).await;
        let hot = Hot::new(store, 16 << 20, Some(Arc::default()));
        let mut held = Vec::new();
        for number in 0..40 {
            held.push(hot.get(&key(number)).await.unwrap());
        }
        let in_memory = held.iter().filter(|media| matches!(media, Media::Memory(_))).count();
        assert!((8..=16).contains(&in_memory), "{in_memory} MiB of 16 are held");
        held.clear();
        hot.kept.invalidate_all();
        hot.kept.run_pending_tasks().await;
        assert!(matches!(hot.get(&key(3)).await.unwrap(), Media::Memory(_)), "the budget comes back");
    }

    #[tokio::test]
    async fn what_the_kernel_holds_too_counts_twice() {
        let (_folder, store) = store(200, 256 << 10).await;
        let hot = Hot::new(store, 16 << 20, Some(Arc::default()));
        let mut held = Vec::new();
        for number in 0..200 {
            held.push(hot.get(&key(number)).await.unwrap());
        }
        let in_memory = held.iter().filter(|media| matches!(media, Media::Memory(_))).count();
        assert!((16..=32).contains(&in_memory), "{in_memory} times 256 KiB, twice, of 16 MiB");
        held.clear();
        assert!(
            matches!(hot.get(&key(199)).await.unwrap(), Media::Memory(_)),
            "what is not wanted makes room"
        );
    }

    #[tokio::test]
    async fn chunks_are_used_again_and_small_ones_do_when_all_are_held() {
        let (_folder, store) = store(1, 4 * MIB).await;
        let disk = Disk::default();
        let reader = disk.open(&store, &key(0)).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..CHUNKS {
            held.push(disk.chunk(&reader, &(0..4 << 20)).await.unwrap());
        }
        assert_eq!(held[0].len(), CHUNK);
        assert_eq!(disk.chunk(&reader, &(0..4 << 20)).await.unwrap().len(), SMALL_CHUNK);
        held.clear();
        assert_eq!(disk.0.free.lock().unwrap().len(), CHUNKS);
        assert_eq!(disk.chunk(&reader, &(0..4 << 20)).await.unwrap().len(), CHUNK);
    }

    #[tokio::test]
    async fn a_missing_object_is_not_found_however_often_it_is_asked_for() {
        let (_folder, store) = store(1, 10).await;
        let hot = Hot::new(store, 16 << 20, Some(Arc::default()));
        for _ in 0..2 {
            assert_eq!(hot.get(&key(9)).await.err().unwrap().status, 404);
        }
    }
}
