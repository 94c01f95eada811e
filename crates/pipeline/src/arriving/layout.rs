//! What a source is, as far as it is here.

use super::parts::Parts;
use super::unstreamable;
use crate::Error;
use bytes::Bytes;
use cmaf::faststart::{Index, MOST_INDEX_BYTES, Moov, top_box};
use media::MediaError;
use media::sniff::{Container, SNIFF_LEN, sniff};

/// How a source can be played while it arrives.
#[derive(Debug)]
pub(super) enum Layout {
    /// From an index that lists every sample.
    Indexed(Index),
    /// From the front, as it comes.
    Stream(Container),
}

/// Looks at the source; the number of a part that it needs for that, when that one is missing.
pub(super) async fn read(parts: &mut Parts<'_>) -> Result<Result<Layout, i64>, Error> {
    let head = match parts.read(0..SNIFF_LEN as u64).await? {
        Ok(head) => head,
        // A recording's first part may be short.
        Err(missing) if parts.size().is_some() => return Ok(Err(missing)),
        Err(missing) => match parts.read(0..parts.front(SNIFF_LEN as u64).1).await? {
            Ok(head) if !head.is_empty() => head,
            _ => return Ok(Err(missing)),
        },
    };
    let container = match sniff(&head) {
        // A recorder's first part may be a single byte.
        Err(_) if parts.size().is_none() && head.len() < SNIFF_LEN => return Ok(Err(parts.first_missing())),
        sniffed => sniffed.map_err(MediaError::from)?,
    };
    match container {
        Container::Mp4 => boxes(parts).await,
        stream @ (Container::Webm | Container::Matroska | Container::MpegTs) => {
            Ok(Ok(Layout::Stream(stream)))
        }
        other => Err(Error::Unstreamable(format!("{other:?} is read with seeks"))),
    }
}

/// Walks over an MP4's outermost boxes to its index, wherever that stands.
async fn boxes(parts: &mut Parts<'_>) -> Result<Result<Layout, i64>, Error> {
    let size = parts.size().unwrap_or(u64::MAX);
    let (mut at, mut ftyp) = (0, Bytes::new());
    for _ in 0..MOST_BOXES {
        let header = match parts.read(at..at.saturating_add(16)).await? {
            Ok(header) => header,
            Err(missing) => return Ok(Err(missing)),
        };
        let found = top_box(&header, at, size).map_err(unstreamable)?;
        let length = found.range.end - found.range.start;
        match &found.kind.0 {
            b"moov" if length > MOST_INDEX_BYTES => {
                return Err(Error::Unstreamable("its index is very large".to_owned()));
            }
            b"moov" => {
                let moov = match parts.read(found.range).await? {
                    Ok(moov) => moov,
                    Err(missing) => return Ok(Err(missing)),
                };
                return match Index::read(moov, ftyp, at, size).map_err(unstreamable)? {
                    Moov::Fragmented => Ok(Ok(Layout::Stream(Container::Mp4))),
                    Moov::Indexed(index) => Ok(Ok(Layout::Indexed(index))),
                };
            }
            b"moof" => return Err(Error::Unstreamable("fragments stand before the index".to_owned())),
            b"ftyp" if at == 0 && length <= MOST_FTYP => {
                ftyp = match parts.read(found.range.clone()).await? {
                    Ok(ftyp) => ftyp,
                    Err(missing) => return Ok(Err(missing)),
                };
            }
            _ => {}
        }
        at = found.range.end;
    }
    Err(Error::Unstreamable("its index was not found".to_owned()))
}

const MOST_BOXES: usize = 64;
const MOST_FTYP: u64 = 4096;
