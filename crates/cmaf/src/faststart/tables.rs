//! The sample tables of one track (§8.6, §8.7), read and changed in place.

use std::ops::Range;

use super::{Refusal, place, required};
use crate::boxes::{Fields, Mp4Box};

/// Where the tables of one track lie within its `moov`, as byte ranges of their entries.
#[derive(Debug, Clone)]
pub(super) struct TrackTables {
    /// A picture or a sound: what is played.
    played: bool,
    timescale: u64,
    chunks: Range<usize>,
    /// Chunk offsets of 64 bits (`co64`).
    wide: bool,
    /// `stsc`: first chunk, samples per chunk, description.
    runs: Range<usize>,
    /// `stts`: count, duration.
    times: Range<usize>,
    sizes: Sizes,
}

#[derive(Debug, Clone)]
enum Sizes {
    /// One entry of four bytes each.
    Each(Range<usize>),
    /// All the same.
    Fixed { size: u32, count: u32 },
}

impl TrackTables {
    /// Reads a `trak` of the `moov` that begins at address `base`.
    pub(super) fn read(trak: &Mp4Box<'_>, base: usize) -> Result<Self, Refusal> {
        let mdia = required(trak, b"mdia")?;
        let mut mdhd = required(&mdia, b"mdhd")?.fields();
        let (version, _) = mdhd.version_and_flags()?;
        mdhd.skip(if version == 1 { 16 } else { 8 })?;
        let timescale = u64::from(mdhd.u32()?.max(1));
        let mut hdlr = required(&mdia, b"hdlr")?.fields();
        hdlr.skip(8)?;
        let played = matches!(&hdlr.array::<4>()?, b"vide" | b"soun");
        let minf = required(&mdia, b"minf")?;
        own_file(&minf)?;
        let stbl = required(&minf, b"stbl")?;
        let (chunks, wide) = match stbl.child(b"co64")? {
            Some(co64) => (entries(&co64, 8, base)?, true),
            None => (entries(&required(&stbl, b"stco")?, 4, base)?, false),
        };
        Ok(Self {
            played,
            timescale,
            chunks,
            wide,
            runs: entries(&required(&stbl, b"stsc")?, 12, base)?,
            times: entries(&required(&stbl, b"stts")?, 8, base)?,
            sizes: sizes(&stbl, base)?,
        })
    }

    pub(super) fn samples(&self) -> u64 {
        match &self.sizes {
            Sizes::Each(entries) => (entries.len() / 4) as u64,
            // Read chunk by chunk, so a large count costs nothing.
            Sizes::Fixed { .. } => 0,
        }
    }

    pub(super) fn varying_samples(&self) -> u64 {
        self.samples()
    }

    pub(super) fn fixed_size(&self) -> Option<u32> {
        match self.sizes {
            Sizes::Fixed { size, .. } => Some(size),
            Sizes::Each(_) => None,
        }
    }

    pub(super) fn chunk_offsets<'a>(&'a self, moov: &'a [u8]) -> impl Iterator<Item = u64> + 'a {
        moov.get(self.chunks.clone())
            .unwrap_or_default()
            .chunks_exact(self.chunk_width())
            .map(|entry| entry.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Replaces every chunk offset in `moov`.
    pub(super) fn move_chunks(
        &self,
        moov: &mut [u8],
        to: impl Fn(u64) -> Option<u64>,
    ) -> Result<(), Refusal> {
        let width = self.chunk_width();
        for entry in moov.get_mut(self.chunks.clone()).unwrap_or_default().chunks_exact_mut(width) {
            let offset = entry.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            let moved = to(offset).ok_or(Refusal::Outside)?;
            put(entry, moved)?;
        }
        Ok(())
    }

    /// Makes every sample one byte long in `changed`, one after the other from `place` on, and notes the real sizes. Samples
    /// of one size keep it. Gives the place behind the last one.
    pub(super) fn shrink(
        &self,
        moov: &[u8],
        changed: &mut [u8],
        place: u64,
        real: &mut Vec<u32>,
    ) -> Result<u64, Refusal> {
        let (each, count) = match &self.sizes {
            Sizes::Each(entries) => {
                real.extend(numbers(moov, entries, 4).map(|entry| u32_at(entry, 0)));
                for entry in changed.get_mut(entries.clone()).unwrap_or_default().chunks_exact_mut(4) {
                    put(entry, 1)?;
                }
                (1, (entries.len() / 4) as u64)
            }
            Sizes::Fixed { size, count } => {
                let (size, count) = (u64::from(*size), u64::from(*count));
                if size.saturating_mul(count) > MOST_FIXED_BYTES {
                    return Err(Refusal::Table("a large track with samples of one size"));
                }
                (size, count)
            }
        };
        let width = self.chunk_width();
        let mut runs = Runs::new(moov, &self.runs);
        let mut done: u64 = 0;
        for entry in changed.get_mut(self.chunks.clone()).unwrap_or_default().chunks_exact_mut(width) {
            put(entry, place.saturating_add(done.saturating_mul(each)))?;
            done = done.saturating_add(runs.next_chunk()).min(count);
        }
        Ok(place.saturating_add(count.saturating_mul(each)))
    }

    fn chunk_width(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// The samples in order: decoding time in microseconds, and offset in the file.
    fn walk<'a>(&'a self, moov: &'a [u8]) -> Option<Walk<'a>> {
        let Sizes::Each(sizes) = &self.sizes else { return None };
        self.played.then(|| Walk {
            timescale: self.timescale,
            chunks: Box::new(self.chunk_offsets(moov)),
            runs: Runs::new(moov, &self.runs),
            sizes: Box::new(numbers(moov, sizes, 4).map(|entry| u32_at(entry, 0))),
            times: Box::new(numbers(moov, &self.times, 8).map(|entry| (u32_at(entry, 0), u32_at(entry, 4)))),
            offset: 0,
            left_in_chunk: 0,
            ticks: 0,
            delta: (0, 0),
        })
    }
}

/// The most bytes that lie between a sample and one that is decoded before it and stored behind it.
pub(super) fn lag(tracks: &[TrackTables], moov: &[u8]) -> u64 {
    let mut walks: Vec<_> =
        tracks.iter().filter_map(|track| track.walk(moov)).map(Iterator::peekable).collect();
    let (mut highest, mut lag) = (0u64, 0u64);
    loop {
        let soonest = walks
            .iter_mut()
            .enumerate()
            .filter_map(|(number, walk)| walk.peek().map(|(us, _)| (*us, number)))
            .min();
        let Some((_, number)) = soonest else { return lag };
        let Some((_, offset)) = walks.get_mut(number).and_then(Iterator::next) else { return lag };
        lag = lag.max(highest.saturating_sub(offset));
        highest = highest.max(offset);
    }
}

struct Walk<'a> {
    timescale: u64,
    chunks: Box<dyn Iterator<Item = u64> + 'a>,
    runs: Runs<'a>,
    sizes: Box<dyn Iterator<Item = u32> + 'a>,
    times: Box<dyn Iterator<Item = (u32, u32)> + 'a>,
    offset: u64,
    left_in_chunk: u64,
    ticks: u64,
    /// Samples left with this duration.
    delta: (u32, u32),
}

impl Iterator for Walk<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        while self.left_in_chunk == 0 {
            self.offset = self.chunks.next()?;
            self.left_in_chunk = self.runs.next_chunk();
        }
        let size = self.sizes.next()?;
        while self.delta.0 == 0 {
            // Without a time the rest counts as one moment.
            self.delta = self.times.next().unwrap_or((u32::MAX, 0));
        }
        let us = u128::from(self.ticks) * 1_000_000 / u128::from(self.timescale);
        let sample = (u64::try_from(us).unwrap_or(u64::MAX), self.offset);
        self.left_in_chunk -= 1;
        self.offset = self.offset.saturating_add(u64::from(size));
        self.delta.0 -= 1;
        self.ticks = self.ticks.saturating_add(u64::from(self.delta.1));
        Some(sample)
    }
}

/// How many samples each chunk has, chunk by chunk (§8.7.4).
struct Runs<'a> {
    entries: std::iter::Peekable<std::slice::ChunksExact<'a, u8>>,
    chunk: u32,
    samples: u32,
}

impl<'a> Runs<'a> {
    fn new(moov: &'a [u8], entries: &Range<usize>) -> Self {
        Self { entries: numbers(moov, entries, 12).peekable(), chunk: 0, samples: 0 }
    }

    fn next_chunk(&mut self) -> u64 {
        self.chunk = self.chunk.saturating_add(1);
        while let Some(entry) = self.entries.next_if(|entry| u32_at(entry, 0) <= self.chunk) {
            self.samples = u32_at(entry, 4);
        }
        u64::from(self.samples)
    }
}

/// The entries of a table with a count in front. They must all be there.
fn entries(table: &Mp4Box<'_>, width: usize, base: usize) -> Result<Range<usize>, Refusal> {
    let mut fields = table.fields();
    fields.version_and_flags()?;
    counted(&mut fields, width, base)
}

fn counted(fields: &mut Fields<'_>, width: usize, base: usize) -> Result<Range<usize>, Refusal> {
    let count = usize::try_from(fields.u32()?).map_err(|_| Refusal::TooMany)?;
    let length = count.checked_mul(width).ok_or(Refusal::TooMany)?;
    Ok(place(fields.bytes(length)?, base))
}

fn sizes(stbl: &Mp4Box<'_>, base: usize) -> Result<Sizes, Refusal> {
    let stsz = stbl.child(b"stsz")?.ok_or(Refusal::Table("no stsz"))?;
    let mut fields = stsz.fields();
    fields.version_and_flags()?;
    match fields.u32()? {
        0 => Ok(Sizes::Each(counted(&mut fields, 4, base)?)),
        size => Ok(Sizes::Fixed { size, count: fields.u32()? }),
    }
}

/// Whether all samples are in this file (§8.7.2): flag 1 of every data reference.
fn own_file(minf: &Mp4Box<'_>) -> Result<(), Refusal> {
    let Some(dinf) = minf.child(b"dinf")? else { return Ok(()) };
    let Some(dref) = dinf.child(b"dref")? else { return Ok(()) };
    let mut fields = dref.fields();
    fields.version_and_flags()?;
    fields.skip(4)?;
    for entry in crate::boxes::boxes(fields.rest()) {
        let (_, flags) = entry?.fields().version_and_flags()?;
        if flags & 1 == 0 {
            return Err(Refusal::External);
        }
    }
    Ok(())
}

fn numbers<'a>(moov: &'a [u8], entries: &Range<usize>, width: usize) -> std::slice::ChunksExact<'a, u8> {
    moov.get(entries.clone()).unwrap_or_default().chunks_exact(width)
}

fn u32_at(entry: &[u8], at: usize) -> u32 {
    entry.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Writes `number` into a field of four or eight bytes.
fn put(field: &mut [u8], number: u64) -> Result<(), Refusal> {
    if field.len() == 8 {
        field.copy_from_slice(&number.to_be_bytes());
        return Ok(());
    }
    let number = u32::try_from(number).map_err(|_| Refusal::Outside)?;
    field.copy_from_slice(&number.to_be_bytes());
    Ok(())
}

/// A time code track has a handful of samples of one size; PCM has a million.
const MOST_FIXED_BYTES: u64 = 1 << 20;
