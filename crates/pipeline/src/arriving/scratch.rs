//! Small files for ffprobe, which must seek: each lives as long as it is looked at.

use super::parts::Parts;
use crate::{Error, Services, source};
use cmaf::faststart::{Index, Twin};
use domain::VideoId;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

/// A file that goes with this value.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    /// Whether there is no use in a longer one.
    long: bool,
    /// A part itself, which stays.
    borrowed: bool,
}

impl Scratch {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_long(&self) -> bool {
        self.long
    }

    /// The scratch name of something made of a video; there is no such file yet.
    pub(crate) fn new(services: &Services, video: &VideoId, what: &str) -> Self {
        let path = services.scratch.join(format!("{video}.{what}"));
        Self { path, long: false, borrowed: false }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.borrowed {
            // What is left is removed by the next start.
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}

/// The file as it will be, with holes: its first bytes and its index are in their places.
pub(super) async fn sparse(
    services: &Services,
    video: &VideoId,
    parts: &mut Parts<'_>,
    index: &Index,
    size: u64,
) -> Result<Scratch, Error> {
    let scratch = Scratch::new(services, video, "sparse");
    let mut file = File::create(&scratch.path).await.map_err(Error::Pipe)?;
    file.set_len(size).await.map_err(Error::Pipe)?;
    let (_, front) = parts.front(FRONT);
    for range in [0..front.min(FRONT).min(size), index.start()..index.end()] {
        let mut at = range.start;
        while at < range.end {
            let until = at.saturating_add(PIECE).min(range.end);
            let Ok(bytes) = parts.read(at..until).await? else { break };
            file.seek(SeekFrom::Start(at)).await.map_err(Error::Pipe)?;
            file.write_all(&bytes).await.map_err(Error::Pipe)?;
            at = until;
        }
    }
    file.flush().await.map_err(Error::Pipe)?;
    Ok(scratch)
}

/// The small file with the same packets.
pub(super) async fn twin(services: &Services, video: &VideoId, twin: &Twin) -> Result<Scratch, Error> {
    let scratch = Scratch::new(services, video, "twin");
    let mut file = File::create(&scratch.path).await.map_err(Error::Pipe)?;
    file.write_all(&twin.head).await.map_err(Error::Pipe)?;
    file.flush().await.map_err(Error::Pipe)?;
    file.set_len(twin.size).await.map_err(Error::Pipe)?;
    Ok(scratch)
}

/// The first parts as one file.
pub(super) async fn head(services: &Services, video: &VideoId, parts: &Parts<'_>) -> Result<Scratch, Error> {
    let (last, bytes) = parts.front(MOST_HEAD);
    let long = bytes >= MOST_HEAD;
    if last == 1 {
        let path = services.blobs.path(&source::part_key(video, 1)?);
        return Ok(Scratch { path, long, borrowed: true });
    }
    let mut scratch = Scratch::new(services, video, "head");
    scratch.long = long;
    let keys = (1..=last).map(|number| source::part_key(video, number)).collect::<Result<Vec<_>, _>>()?;
    services.blobs.join(keys, scratch.path.clone()).await?;
    Ok(scratch)
}

/// Bytes at the front that ffprobe may look at.
const FRONT: u64 = 8 << 20;
/// Bytes after which a stream whose tracks are not all here is not looked at again.
const MOST_HEAD: u64 = 16 << 20;
const PIECE: u64 = 1 << 20;
