//! Removes what nothing refers to: objects of deleted videos, and leftovers of attempts that were cut short.

use crate::Error;
use crate::record::record_key;
use crate::references::references;
use blobs::{LocalFolder, ObjectKey};
use domain::{Micros, VideoId};
use std::collections::HashSet;
use std::time::Duration;
use store::Store;

/// What a sweep did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Deleted videos whose objects are gone.
    pub deleted: u64,
    /// Leftovers that were removed.
    pub leftovers: u64,
    /// Videos with objects that the catalogue has never heard of; they stay.
    pub unknown: u64,
    /// Where the next sweep goes on.
    pub next: Option<VideoId>,
}

/// Removes the objects of deleted videos, and leftovers older than `age` of the next few videos after `from`.
///
/// # Errors
/// When catalogue or object store fail.
pub async fn sweep(
    store: &Store,
    blobs: &LocalFolder,
    from: Option<&VideoId>,
    age: Duration,
    now: Micros,
) -> Result<Swept, Error> {
    const AT_ONCE: i64 = 200;
    let mut swept = Swept::default();
    for video in store.deleted_videos(AT_ONCE).await? {
        pipeline::remove_objects(blobs, &video).await?;
        store.note_swept(&video, now).await?;
        swept.deleted += 1;
    }
    store.forget_swept(now.minus(WRITERS_ARE_GONE)).await?;
    let videos = store.video_ids(from, AT_ONCE).await?;
    for video in &videos {
        swept.leftovers += sweep_video(store, blobs, video, age).await?;
    }
    if from.is_none() {
        swept.unknown = unknown(store, blobs).await?;
    }
    swept.next = videos.into_iter().next_back();
    Ok(swept)
}

/// Only of a video that nobody works on, so that an object is not taken for a leftover just before its row.
async fn sweep_video(
    store: &Store,
    blobs: &LocalFolder,
    video: &VideoId,
    age: Duration,
) -> Result<u64, Error> {
    let described = record_key(video)?;
    if store.description(video).await?.is_none() || !store.is_idle(video).await? {
        return Ok(0);
    }
    let mut found = Vec::new();
    for prefix in pipeline::FOLDERS {
        found.extend(blobs.list(&ObjectKey::parse(format!("{prefix}/{video}"))?).await?);
    }
    let known: HashSet<_> =
        references(store, video).await?.into_iter().map(|reference| reference.key).collect();
    let mut removed = 0;
    for object in found {
        if !known.contains(&object.key) && object.key != described && object.age >= age {
            removed += u64::from(blobs.delete_older(&object.key, age).await?);
        }
    }
    Ok(removed)
}

async fn unknown(store: &Store, blobs: &LocalFolder) -> Result<u64, Error> {
    let mut count = 0;
    for name in blobs.names("videos").await? {
        if let Ok(video) = name.parse::<VideoId>()
            && store.is_gone(&video).await?
            && !store.was_deleted(&video).await?
        {
            count += 1;
        }
    }
    Ok(count)
}

/// A request or a job that began before a deletion has ended after this.
const WRITERS_ARE_GONE: Duration = Duration::from_secs(3600);
