//! A source as one file that a child can be given: the part itself when there is one, otherwise all parts joined in the
//! scratch folder until the video is finished.

use crate::{Error, Services};
use blobs::{InvalidKey, LocalFolder, ObjectKey};
use bytes::{Bytes, BytesMut};
use domain::VideoId;
use media::transport;
use std::path::{Path, PathBuf};
use store::videos::Video;

/// The source's first bytes, for the sniffer. A recorder's first part may be a single byte.
pub(crate) async fn head(services: &Services, video: &Video) -> Result<Bytes, Error> {
    const HEAD: u64 = 64 << 10;
    let mut head = BytesMut::new();
    for number in 1..=video.part_count.unwrap_or(1) {
        let key = part_key(&video.id, number)?;
        let missing = HEAD.saturating_sub(head.len() as u64);
        if missing == 0 {
            break;
        }
        let size = services.blobs.size(&key).await?;
        head.extend_from_slice(&services.blobs.read_range(&key, 0..size.min(missing)).await?);
    }
    Ok(head.freeze())
}

/// The source as one file.
pub(crate) async fn file(services: &Services, video: &Video) -> Result<PathBuf, Error> {
    let count = video.part_count.unwrap_or(0);
    if count == 1 {
        return Ok(services.blobs.path(&part_key(&video.id, 1)?));
    }
    let joined = services.scratch.join(video.id.as_str());
    // Two jobs of a video may want it at the same time; one of them joins.
    let _turn = services.joining.lock().await;
    if !joined.exists() {
        let parts = (1..=count).map(|number| part_key(&video.id, number)).collect::<Result<Vec<_>, _>>()?;
        // Renamed when whole, so that an interrupted join is not taken for the source.
        let aside = joined.with_extension("part");
        join(services, parts, video.size.unwrap_or(0).unsigned_abs(), &aside).await?;
        tokio::fs::rename(&aside, &joined).await.map_err(Error::Pipe)?;
    }
    Ok(joined)
}

/// Joins objects of `bytes` together in the scratch folder; a full disk is told before it is full.
pub(crate) async fn join(
    services: &Services,
    keys: Vec<ObjectKey>,
    bytes: u64,
    into: &Path,
) -> Result<(), Error> {
    expect_room(services, bytes)?;
    Ok(services.blobs.join(keys, into.to_owned()).await?)
}

/// Whether that many bytes more fit on the disk, as an error.
pub(crate) fn expect_room(services: &Services, bytes: u64) -> Result<(), Error> {
    if services.blobs.has_room(bytes)? { Ok(()) } else { Err(Error::Blobs(blobs::Error::Full)) }
}

/// A transport stream at `path` whose clock runs on: itself, or a copy in the scratch folder when the clock jumps.
pub(crate) async fn continuous(
    services: &Services,
    video: &VideoId,
    path: PathBuf,
) -> Result<PathBuf, Error> {
    let to = services.scratch.join(video.as_str()).with_extension(CONTINUOUS);
    let _turn = services.joining.lock().await;
    if to.exists() {
        return Ok(to);
    }
    let from = path.clone();
    let splices = blocking(move || transport::find_jumps(&from)).await?;
    if splices.is_empty() {
        return Ok(path);
    }
    tracing::info!(%video, jumps = splices.len(), "the clock of the source jumps; it is made to run on");
    expect_room(services, tokio::fs::metadata(&path).await.map_err(Error::Pipe)?.len())?;
    let file = to.clone();
    blocking(move || transport::write_continuous(&path, &file, splices)).await?;
    Ok(to)
}

/// Whether the clock of a piece of a transport stream jumps.
pub(crate) async fn jumps(path: &Path) -> Result<bool, Error> {
    let path = path.to_owned();
    Ok(!blocking(move || transport::find_jumps(&path)).await?.is_empty())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(std::io::Error::other).flatten().map_err(Error::Pipe)
}

/// How the scratch name of such a copy ends.
const CONTINUOUS: &str = "continuous";

/// Removes the files that were made of the source, because nothing needs them any more.
pub(crate) async fn discard(services: &Services, video: &VideoId) {
    services.prepared.forget(video);
    let joined = services.scratch.join(video.as_str());
    let others = ["part", CONTINUOUS, "continuous.part"].map(|end| joined.with_extension(end));
    for name in others.into_iter().chain([joined]) {
        match tokio::fs::remove_file(&name).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, %video, "could not remove an assembled source; the next start does");
            }
            _ => {}
        }
    }
}

/// After a lost lease: when the video was deleted meanwhile, removes what this attempt put after the deletion.
pub(crate) async fn forget_if_gone(services: &Services, video: &VideoId) {
    if !matches!(services.store.is_gone(video).await, Ok(true)) {
        return;
    }
    discard(services, video).await;
    if let Err(error) = remove_objects(&services.blobs, video).await {
        tracing::warn!(%error, %video, "could not remove objects of a deleted video; the sweeper does");
    }
}

/// The folders of the object store that have one folder per video.
pub const FOLDERS: [&str; 2] = ["sources", "videos"];

/// Removes everything the object store holds of a video: its source and what was made of it.
///
/// # Errors
/// When the object store fails.
pub async fn remove_objects(blobs: &LocalFolder, video: &VideoId) -> Result<(), blobs::Error> {
    for folder in FOLDERS {
        if let Ok(prefix) = ObjectKey::parse(format!("{folder}/{video}")) {
            blobs.delete_all(&prefix).await?;
        }
    }
    Ok(())
}

/// Where part `number` of a video's source is kept.
///
/// # Errors
/// Not for a video's identifier: it holds nothing that a key may not.
pub fn part_key(video: &VideoId, number: i64) -> Result<ObjectKey, InvalidKey> {
    ObjectKey::parse(format!("sources/{video}/{number}"))
}
