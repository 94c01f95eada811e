//! Which objects the catalogue says a video has, and what their bytes must be.

use crate::Error;
use crate::record::Record;
use blobs::ObjectKey;
use domain::VideoId;
use std::collections::HashSet;
use store::Store;

/// An object that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) key: ObjectKey,
    /// Bytes, where the catalogue says.
    pub(crate) size: Option<u64>,
    /// How the BLAKE3 of the bytes begins, in hex.
    pub(crate) hash: String,
}

/// Everything that the rows of a video refer to; nothing for a video that is gone. `video.json` is not among it.
pub(crate) async fn references(store: &Store, video: &VideoId) -> Result<Vec<Reference>, Error> {
    match Record::of(store, video).await? {
        Some(record) => of_record(&record),
        None => Ok(Vec::new()),
    }
}

/// Everything that a record refers to.
pub(crate) fn of_record(record: &Record) -> Result<Vec<Reference>, Error> {
    let id = &record.id;
    let mut found = Vec::new();
    for part in &record.source.parts {
        found.push(Reference {
            key: pipeline::part_key(id, part.number)?,
            size: u64::try_from(part.size).ok(),
            hash: part.etag.clone(),
        });
    }
    let original = record.original.as_ref();
    // Most segments of an edit are those of the whole video.
    for rung in record.rungs.iter().chain(original.iter().flat_map(|original| &original.rungs)) {
        if let Some(name) = &rung.init {
            found.push(named(id, name, None)?);
        }
        for segment in &rung.segments {
            found.push(named(id, &segment.file, u64::try_from(segment.size).ok())?);
        }
    }
    let posters = record.poster.iter().chain(original.and_then(|original| original.poster.as_ref()));
    let boards = record.storyboard.iter().chain(original.and_then(|original| original.storyboard.as_ref()));
    let captions = record.captions.iter().chain(original.iter().flat_map(|original| &original.captions));
    let captions = captions.map(|caption| &caption.file);
    for name in posters.chain(boards.flat_map(|board| &board.sheets)).chain(captions) {
        found.push(named(id, name, None)?);
    }
    let mut seen = HashSet::new();
    found.retain(|reference| seen.insert(reference.key.clone()));
    Ok(found)
}

fn named(video: &VideoId, name: &str, size: Option<u64>) -> Result<Reference, Error> {
    let hash = hash_in(name).unwrap_or_default().to_owned();
    Ok(Reference { key: crate::record::absolute(video, name)?, size, hash })
}

/// The hash that a name carries: `…-{24 hex digits}.ext`.
fn hash_in(name: &str) -> Option<&str> {
    const DIGITS: usize = 24;
    let stem = name.rsplit_once('.')?.0;
    let hash = stem.rsplit_once('-').map_or(stem, |(_, hash)| hash);
    let is_hash = hash.len() == DIGITS && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_found_in_every_kind_of_name() {
        let hash = "0123456789abcdef01234567";
        for name in [
            "720p/0-12-H.m4s",
            "720p/init-0-H.mp4",
            "poster-H.jpg",
            "storyboard-3-H.jpg",
            "captions/en-GB-H.vtt",
        ] {
            assert_eq!(hash_in(&name.replace('H', hash)), Some(hash), "{name}");
        }
        for name in ["video.json", "720p/0-12-0123.m4s", "poster-0123456789ABCDEF01234567.jpg"] {
            assert_eq!(hash_in(name), None, "{name}");
        }
    }
}
