//! An MP4 file whose index (`moov`) is known while the rest still arrives: where its samples lie, how it is played from a
//! pipe although the index stands at its end, and a small twin of it that has the same packets.
//!
//! - [`Index::read`] checks a `moov`: what could not be played from a pipe is refused, and then the whole file is waited
//!   for. The index of a fragmented file says nothing about its samples; such a file is piped as it is.
//! - [`Index::view`] is the file with the index in front ("fast start"): a few new bytes, then ranges of the file in order.
//! - [`Index::twin`] is a file of one byte a sample. A demuxer gives the same packets from it, with the same times and
//!   flags, without reading gigabytes that are not there yet; [`Twin::size_at`] gives each packet its real size.
//!
//! Everything in a `moov` is hostile: tables are read in place, and nothing is allocated that they only claim.

mod tables;

use std::ops::Range;

use bytes::Bytes;

use self::tables::TrackTables;
use crate::ReadError;
use crate::boxes::{BoxHeader, FourCc, Mp4Box, boxes};

/// Largest index that is read, in bytes. An hour with sound takes about 3 MB.
pub const MOST_INDEX_BYTES: u64 = 32 << 20;

/// Why a file is not played while it arrives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The index contradicts itself.
    #[error(transparent)]
    Malformed(#[from] ReadError),
    /// The index is compressed (`cmov`).
    #[error("the index is compressed")]
    Compressed,
    /// Samples lie in another file (§8.7.2).
    #[error("samples lie in another file")]
    External,
    /// A chunk begins outside the file or inside its index.
    #[error("a chunk lies outside the file's media")]
    Outside,
    /// Pictures and sound of one moment lie too far apart to be read in one pass.
    #[error("pictures and sound lie {0} bytes apart")]
    Interleave(u64),
    /// More tracks or samples than are looked at.
    #[error("more tracks or samples than are looked at")]
    TooMany,
    /// A table that this reader does not know, or samples without one.
    #[error("sample table: {0}")]
    Table(&'static str),
}

/// What a `moov` says.
#[derive(Debug, Clone)]
pub enum Moov {
    /// The samples come in fragments behind it (§8.8).
    Fragmented,
    /// Every sample is listed.
    Indexed(Index),
}

/// A file's index and where it stands.
#[derive(Debug, Clone)]
pub struct Index {
    /// The whole `moov` box.
    moov: Bytes,
    /// The `ftyp` box, or nothing where the file has none.
    ftyp: Bytes,
    /// Where `moov` begins in the file.
    at: u64,
    file_size: u64,
    tracks: Vec<TrackTables>,
}

/// A file from front to back, made of new bytes and of ranges of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// New bytes.
    Bytes(Bytes),
    /// Bytes of the original file.
    Source(Range<u64>),
}

/// A small file with the same packets: `head`, then zeros up to `size`.
#[derive(Debug, Clone)]
pub struct Twin {
    /// The first bytes.
    pub head: Vec<u8>,
    /// Bytes of the whole file.
    pub size: u64,
    first_sample: u64,
    sizes: Vec<u32>,
}

impl Twin {
    /// The real size of the packet at byte `position` of the twin, which is `size` bytes there.
    #[must_use]
    pub fn size_at(&self, position: u64, size: u32) -> u32 {
        let index = position.checked_sub(self.first_sample).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.sizes.get(index)).copied().unwrap_or(size)
    }
}

impl Index {
    /// Reads `moov`, the whole box, that stands at byte `at` of a file of `file_size` bytes; `ftyp` is the file's first box
    /// if it is one.
    ///
    /// # Errors
    /// [`Refusal`]: the file must be complete before it is played.
    pub fn read(moov: Bytes, ftyp: Bytes, at: u64, file_size: u64) -> Result<Moov, Refusal> {
        let mut tracks = Vec::new();
        let whole = boxes(&moov).next().ok_or(Refusal::Table("no moov"))??;
        if whole.kind != b"moov" || whole.size != moov.len() {
            return Err(Refusal::Table("no moov"));
        }
        let base = moov.as_ptr() as usize;
        for child in whole.children() {
            let child = child?;
            match &child.kind.0 {
                b"mvex" => return Ok(Moov::Fragmented),
                b"cmov" => return Err(Refusal::Compressed),
                b"trak" if tracks.len() >= MOST_TRACKS => return Err(Refusal::TooMany),
                b"trak" => tracks.push(TrackTables::read(&child, base)?),
                _ => {}
            }
        }
        let index = Self { moov, ftyp, at, file_size, tracks };
        index.check()?;
        Ok(Moov::Indexed(index))
    }

    /// The file as a stream: index first, then the media in the order in which it lies.
    ///
    /// # Errors
    /// [`Refusal::Outside`] when an offset does not fit its field once the index stands before it.
    pub fn view(&self) -> Result<Vec<Piece>, Refusal> {
        let front = self.ftyp.len() as u64;
        if self.at <= front {
            return Ok(vec![Piece::Source(0..self.file_size)]);
        }
        let mut moov = self.moov.to_vec();
        let shift = self.moov.len() as u64;
        for track in &self.tracks {
            track.move_chunks(&mut moov, |offset| {
                if offset < self.at { offset.checked_add(shift) } else { Some(offset) }
            })?;
        }
        let head = Bytes::from([self.ftyp.as_ref(), &moov].concat());
        let behind = self.end();
        let mut pieces = vec![Piece::Bytes(head), Piece::Source(front..self.at)];
        if behind < self.file_size {
            pieces.push(Piece::Source(behind..self.file_size));
        }
        Ok(pieces)
    }

    /// The twin. Small as it is, an index of 32 MiB makes one of 40 MiB.
    ///
    /// # Errors
    /// [`Refusal::Table`] for samples of one size that make up a large track (PCM), [`Refusal::TooMany`].
    pub fn twin(&self) -> Result<Twin, Refusal> {
        let mut moov = self.moov.to_vec();
        let samples: u64 = self.tracks.iter().map(TrackTables::varying_samples).sum();
        let first_sample = (self.ftyp.len() + moov.len() + MDAT_HEADER) as u64;
        let mut sizes = Vec::new();
        let (mut next, mut next_fixed) = (first_sample, first_sample.saturating_add(samples));
        for track in &self.tracks {
            let place = if track.fixed_size().is_some() { &mut next_fixed } else { &mut next };
            *place = track.shrink(&self.moov, &mut moov, *place, &mut sizes)?;
        }
        let size = next_fixed.max(next);
        let mut head = [self.ftyp.as_ref(), &moov].concat();
        // A 64-bit size says the same for any length (§4.2.2).
        head.extend_from_slice(b"\0\0\0\x01mdat");
        head.extend_from_slice(&(size - first_sample + MDAT_HEADER as u64).to_be_bytes());
        Ok(Twin { head, size, first_sample, sizes })
    }

    /// Where the index begins in the file.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.at
    }

    /// Where the index ends in the file.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.at.saturating_add(self.moov.len() as u64)
    }

    fn check(&self) -> Result<(), Refusal> {
        let samples: u64 = self.tracks.iter().map(TrackTables::samples).sum();
        if samples > MOST_SAMPLES {
            return Err(Refusal::TooMany);
        }
        let own = self.at..self.end();
        for track in &self.tracks {
            for offset in track.chunk_offsets(&self.moov) {
                if offset >= self.file_size || offset < self.ftyp.len() as u64 || own.contains(&offset) {
                    return Err(Refusal::Outside);
                }
            }
        }
        let lag = tables::lag(&self.tracks, &self.moov);
        let most = (self.file_size / 20).clamp(LEAST_LAG, MOST_LAG);
        if lag > most { Err(Refusal::Interleave(lag)) } else { Ok(()) }
    }
}

/// What stands at the front of some bytes of a file's outermost level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopBox {
    /// Its type.
    pub kind: FourCc,
    /// Where it lies in the file.
    pub range: Range<u64>,
}

/// Reads the header of the outermost box at byte `at` of a file of `file_size` bytes from its first bytes (16 are enough).
///
/// # Errors
/// [`Refusal::Outside`] when it is longer than the file, or there are too few bytes for a header.
pub fn top_box(bytes: &[u8], at: u64, file_size: u64) -> Result<TopBox, Refusal> {
    let header = BoxHeader::parse(bytes)?.ok_or(Refusal::Outside)?;
    let end = match header.size {
        Some(size) => at.checked_add(size).filter(|end| *end <= file_size).ok_or(Refusal::Outside)?,
        None => file_size,
    };
    Ok(TopBox { kind: header.kind, range: at..end })
}

/// Where the content of `inner` lies within the bytes that begin at address `base`. Both are parts of one slice.
fn place(inner: &[u8], base: usize) -> Range<usize> {
    let start = (inner.as_ptr() as usize).saturating_sub(base);
    start..start.saturating_add(inner.len())
}

fn required<'a>(parent: &Mp4Box<'a>, kind: &[u8; 4]) -> Result<Mp4Box<'a>, Refusal> {
    Ok(parent.required(kind)?)
}

const MOST_TRACKS: usize = 32;
/// Over all tracks; a day of sound has four million.
const MOST_SAMPLES: u64 = 8 << 20;
const MDAT_HEADER: usize = 16;
/// How far apart one moment's samples may lie: a demuxer that cannot seek holds one track back by so much.
const MOST_LAG: u64 = 8 << 20;
/// What every file may have, however small.
const LEAST_LAG: u64 = 1 << 20;

#[cfg(test)]
#[path = "faststart/faststart_test.rs"]
mod tests;
