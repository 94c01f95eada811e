//! One progressive MP4 ("faststart") over the segments of a picture and a sound, without a copy of their media: a header
//! that is computed, followed by the contents of the segments' `mdat` boxes as they are.
//!
//! 1. [`MovieTrack::new`] takes an init segment, [`MovieTrack::add`] the head of each segment in order.
//! 2. [`Movie::new`] lays the tracks out: which bytes of which segment stand where in the file.
//!
//! **Times.** The segments' composition offsets are signed, which old readers of plain MP4 do not know. Here they are
//! moved up until none is negative, and the edit list (§8.6.6) takes the same amount off again; a track that begins
//! later than the movie gets an empty edit in front. So picture and sound stand to each other as they do in the segments.

pub(crate) mod header;

use bytes::Bytes;

use crate::boxes::{FourCc, Mp4Box, boxes};
use crate::fragment::FragmentPlan;
use crate::init::{TrackDefaults, parse_moov};
use crate::{InitSegment, Limits, MediaTime, ReadError, Track};

/// Samples that all tracks of a movie may have together: a day of 60 pictures a second and its sound. Up to 24 bytes of
/// memory each.
pub const MOST_SAMPLES: usize = 10_000_000;

/// The sample tables of one track, gathered segment by segment.
#[derive(Debug, Clone)]
pub struct MovieTrack {
    track: Track,
    defaults: TrackDefaults,
    boxes: InitBoxes,
    /// Decode time of the first sample.
    first: i64,
    /// Decode time after the last sample so far.
    end: i64,
    /// (samples, duration).
    durations: Vec<(u32, u32)>,
    /// (samples, composition offset).
    offsets: Vec<(u32, i32)>,
    lowest_offset: i32,
    /// Earliest and latest presentation time, in ticks.
    shown: Option<(i64, i64)>,
    sizes: Vec<u32>,
    /// Numbers of sync samples, from 1.
    syncs: Vec<u32>,
    chunks: Vec<Chunk>,
}

/// What is taken over from the init segment.
#[derive(Debug, Clone)]
struct InitBoxes {
    /// `stsd`, whole.
    descriptions: Bytes,
    /// `hdlr`, whole.
    handler: Bytes,
    /// The last 44 bytes of `tkhd`: matrix, width and height.
    shape: [u8; 44],
    /// `mdhd`: packed ISO 639-2/T.
    language: u16,
}

/// The media of one segment.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// Decode time of its first sample.
    start: i64,
    samples: u32,
    skip: u64,
    length: u64,
}

impl MovieTrack {
    /// A track without samples.
    ///
    /// # Errors
    /// When the init segment is not one this crate takes.
    pub fn new(init: &InitSegment) -> Result<Self, ReadError> {
        let moov = boxes(&init.bytes).find_kind(b"moov")?;
        let moov =
            moov.ok_or(ReadError::MissingBox { kind: FourCc(*b"moov"), parent: crate::boxes::FILE })?;
        let (track, defaults) = parse_moov(&moov)?;
        Ok(Self {
            boxes: InitBoxes::of(&moov)?,
            track,
            defaults,
            first: 0,
            end: 0,
            durations: Vec::new(),
            offsets: Vec::new(),
            lowest_offset: 0,
            shown: None,
            sizes: Vec::new(),
            syncs: Vec::new(),
            chunks: Vec::new(),
        })
    }

    /// Adds the next segment, of which `head` holds at least the whole `moof` and `size` is the length in bytes.
    ///
    /// # Errors
    /// When the head is no `moof` of this track, the segment goes back in time, or the track has too many samples.
    pub fn add(&mut self, head: &[u8], size: u64) -> Result<(), ReadError> {
        let moof = boxes(head).next().transpose()?.filter(|first| first.kind == b"moof");
        let moof =
            moof.ok_or(ReadError::MissingBox { kind: FourCc(*b"moof"), parent: crate::boxes::FILE })?;
        let limits = Limits { max_samples: SEGMENT_SAMPLES, ..Limits::default() };
        let plan = FragmentPlan::parse(&moof, 0, self.track.id, &self.defaults, &limits)?;
        let bad = |reason| ReadError::Malformed { in_box: FourCc(*b"trun"), reason };
        let mut chunk: Option<Chunk> = None;
        for (sample, at, length) in plan.samples() {
            let chunk =
                chunk.get_or_insert(Chunk { start: sample.decode_time, samples: 0, skip: at, length: 0 });
            if chunk.skip.checked_add(chunk.length) != Some(at) {
                return Err(bad("samples that do not follow one another"));
            }
            chunk.samples = chunk.samples.saturating_add(1);
            chunk.length = chunk.length.saturating_add(u64::from(length));
            self.go_to(sample.decode_time)?;
            self.end =
                self.end.checked_add(i64::from(sample.duration)).ok_or_else(|| bad("times out of range"))?;
            count(&mut self.durations, sample.duration);
            count(&mut self.offsets, sample.composition_offset);
            self.lowest_offset = self.lowest_offset.min(sample.composition_offset);
            let from = sample.presentation_time();
            let to = from.saturating_add(i64::from(sample.duration));
            let (earliest, latest) = self.shown.unwrap_or((from, to));
            self.shown = Some((earliest.min(from), latest.max(to)));
            self.sizes.push(length);
            let number = u32::try_from(self.sizes.len()).map_err(|_| TOO_LONG)?;
            if sample.is_sync() {
                self.syncs.push(number);
            }
        }
        let chunk = chunk.ok_or(bad("a segment without samples"))?;
        if chunk.skip.checked_add(chunk.length).is_none_or(|end| end > size) {
            return Err(bad("a sample outside its segment"));
        }
        if self.sizes.len() > MOST_SAMPLES {
            return Err(TOO_LONG);
        }
        self.chunks.push(chunk);
        Ok(())
    }

    /// Makes the last sample last until `start`, where the next one begins: a sound may have holes.
    fn go_to(&mut self, start: i64) -> Result<(), ReadError> {
        let Some(last) = self.durations.last_mut() else {
            (self.first, self.end) = (start, start);
            return Ok(());
        };
        let gap = start.checked_sub(self.end).and_then(|gap| u32::try_from(gap).ok());
        let gap =
            gap.ok_or(ReadError::Unsupported("a segment that begins before the end of the one in front"))?;
        if gap > 0 {
            let duration =
                last.1.checked_add(gap).ok_or(ReadError::Unsupported("a hole of more than 2^32 ticks"))?;
            last.0 = last.0.saturating_sub(1);
            if last.0 == 0 {
                self.durations.pop();
            }
            count(&mut self.durations, duration);
            self.end = start;
        }
        Ok(())
    }

    fn time(&self, ticks: i64) -> MediaTime {
        MediaTime::new(ticks, self.track.timescale)
    }
}

/// As many as a [`SegmenterConfig`](crate::SegmenterConfig) lets a segment have.
const SEGMENT_SAMPLES: u32 = 1 << 18;

const TOO_LONG: ReadError = ReadError::Unsupported("more samples than one file is made of");

/// Adds one to a run of equal values.
fn count<T: PartialEq>(runs: &mut Vec<(u32, T)>, value: T) {
    match runs.last_mut() {
        Some((samples, last)) if *last == value && *samples < u32::MAX => *samples += 1,
        _ => runs.push((1, value)),
    }
}

impl InitBoxes {
    fn of(moov: &Mp4Box<'_>) -> Result<Self, ReadError> {
        let trak = moov.required(b"trak")?;
        let tkhd = trak.required(b"tkhd")?;
        let short = |reason| ReadError::Malformed { in_box: FourCc(*b"tkhd"), reason };
        let shape = tkhd.payload.last_chunk::<44>().ok_or(short("ends too early"))?;
        let mdia = trak.required(b"mdia")?;
        let mut mdhd = mdia.required(b"mdhd")?.fields();
        let (version, _) = mdhd.version_and_flags()?;
        mdhd.skip(if version == 1 { 28 } else { 16 })?;
        let language = mdhd.u16()?;
        let stsd = mdia.required(b"minf")?.required(b"stbl")?.required(b"stsd")?;
        Ok(Self {
            descriptions: whole(&stsd)?,
            handler: whole(&mdia.required(b"hdlr")?)?,
            shape: *shape,
            language,
        })
    }
}

/// A box with its header, which is always the short one here.
fn whole(found: &Mp4Box<'_>) -> Result<Bytes, ReadError> {
    let mut out = Vec::new();
    header::boxed(&mut out, found.kind.0, |out| out.extend_from_slice(found.payload))?;
    Ok(out.into())
}

/// A whole file: [`header`](Self::header), then the parts.
#[derive(Debug, Clone)]
pub struct Movie {
    /// `ftyp`, `moov` and the header of `mdat`.
    pub header: Bytes,
    /// What follows it, without holes.
    pub parts: Vec<Part>,
    /// Bytes of the whole file.
    pub size: u64,
}

/// Bytes of one segment that are a part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Where it stands in the file.
    pub at: u64,
    /// Number of the track as it was given to [`Movie::new`].
    pub track: usize,
    /// Number of the segment as it was added to the track.
    pub segment: usize,
    /// Bytes at the front of the segment that are not taken.
    pub skip: u64,
    /// Bytes that are.
    pub length: u64,
}

impl Movie {
    /// Lays out tracks, the picture first. Segments stand in the order of their times.
    ///
    /// # Errors
    /// When there is nothing in them, or too much.
    pub fn new(tracks: &[MovieTrack]) -> Result<Self, ReadError> {
        let samples = tracks.iter().fold(0_usize, |sum, track| sum.saturating_add(track.sizes.len()));
        if samples > MOST_SAMPLES {
            return Err(TOO_LONG);
        }
        if tracks.is_empty() || tracks.iter().any(|track| track.chunks.is_empty()) {
            return Err(ReadError::Unsupported("a track without samples"));
        }
        let mut order: Vec<(MediaTime, usize, usize)> = Vec::new();
        for (number, track) in tracks.iter().enumerate() {
            order.extend(
                track.chunks.iter().enumerate().map(|(at, chunk)| (track.time(chunk.start), number, at)),
            );
        }
        order.sort();
        let mut parts = Vec::with_capacity(order.len());
        let mut payload = 0_u64;
        for (_, track, segment) in order {
            let Some(chunk) = tracks.get(track).and_then(|track| track.chunks.get(segment)) else { continue };
            parts.push(Part { at: payload, track, segment, skip: chunk.skip, length: chunk.length });
            payload = payload.checked_add(chunk.length).ok_or(TOO_LONG)?;
        }
        let header = header::write(tracks, &mut parts, payload)?;
        let size = payload.checked_add(header.len() as u64).ok_or(TOO_LONG)?;
        Ok(Self { header: header.into(), parts, size })
    }

    /// The parts of which bytes from `start` on are needed, in order.
    pub fn parts_from(&self, start: u64) -> &[Part] {
        let first = self.parts.partition_point(|part| part.at.saturating_add(part.length) <= start);
        self.parts.get(first..).unwrap_or_default()
    }

    /// What is held in memory, in bytes, about.
    pub fn weight(&self) -> usize {
        self.parts.len().saturating_mul(size_of::<Part>()).saturating_add(self.header.len())
    }
}
