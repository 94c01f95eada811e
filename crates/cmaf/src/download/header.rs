//! `ftyp`, `moov` and the front of `mdat`, written.

use bytes::BufMut;

use super::{MovieTrack, Part, TOO_LONG};
use crate::{ReadError, Timescale, TrackKind};

/// Ticks of the movie's own clock, in which `mvhd`, `tkhd` and edits count: whole for most frame rates.
const MOVIE_SCALE: u32 = 90_000;

/// Writes everything in front of the media and moves the parts behind it.
pub(super) fn write(tracks: &[MovieTrack], parts: &mut [Part], payload: u64) -> Result<Vec<u8>, ReadError> {
    let mdat = if payload > u64::from(u32::MAX - 8) { 16_u64 } else { 8 };
    // The length does not depend on the offsets, only on their width.
    let mut wide = payload > u64::from(u32::MAX);
    let mut front = ftyp()?;
    let ftyp_length = front.len() as u64;
    let nowhere: Vec<Vec<u64>> = tracks.iter().map(|track| vec![0; track.chunks.len()]).collect();
    let mut length = moov(tracks, &nowhere, wide)?.len() as u64;
    if !wide && ftyp_length + length + mdat + payload > u64::from(u32::MAX) {
        wide = true;
        length = moov(tracks, &nowhere, wide)?.len() as u64;
    }
    let media_at = ftyp_length + length + mdat;
    let mut offsets = nowhere;
    for part in parts {
        part.at = part.at.checked_add(media_at).ok_or(TOO_LONG)?;
        let slot = offsets.get_mut(part.track).and_then(|offsets| offsets.get_mut(part.segment));
        *slot.ok_or(TOO_LONG)? = part.at;
    }
    front.extend(moov(tracks, &offsets, wide)?);
    if mdat == 16 {
        front.put_u32(1);
        front.put_slice(b"mdat");
        front.put_u64(payload.checked_add(16).ok_or(TOO_LONG)?);
    } else {
        front.put_u32(u32::try_from(payload + 8).map_err(|_| TOO_LONG)?);
        front.put_slice(b"mdat");
    }
    Ok(front)
}

/// Writes a box whose content `write` appends.
pub(crate) fn boxed(
    out: &mut Vec<u8>,
    kind: [u8; 4],
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<(), ReadError> {
    tried(out, kind, |out| {
        write(out);
        Ok(())
    })
}

/// Like [`boxed`], for content that may not fit.
fn tried(
    out: &mut Vec<u8>,
    kind: [u8; 4],
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let at = out.len();
    out.put_u32(0);
    out.put_slice(&kind);
    write(out)?;
    let size = u32::try_from(out.len() - at).map_err(|_| TOO_LONG)?;
    if let Some(place) = out.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        *place = size.to_be_bytes();
    }
    Ok(())
}

fn ftyp() -> Result<Vec<u8>, ReadError> {
    let mut out = Vec::new();
    boxed(&mut out, *b"ftyp", |out| {
        out.put_slice(b"isom");
        out.put_u32(0x200);
        out.put_slice(b"isomiso2avc1mp41");
    })?;
    Ok(out)
}

/// Three times of a track on the movie's clock, and where its media begins on its own.
struct Placed {
    /// The empty edit in front.
    empty: u64,
    /// What is shown.
    length: u64,
    /// Media time of the first thing shown.
    media_time: u64,
    /// Added to every composition offset, so that none is negative.
    lift: u32,
}

impl Placed {
    fn of(track: &MovieTrack) -> Self {
        let (earliest, latest) = track.shown.unwrap_or((track.first, track.end));
        let lift = track.lowest_offset.min(0).unsigned_abs();
        // What would be shown before the movie begins is not shown.
        let from = earliest.max(0);
        let scale = movie_scale();
        let moved = |ticks: i64| u64::try_from(track.time(ticks).rescale(scale).ticks()).unwrap_or(0);
        let media = from.saturating_sub(track.first).saturating_add(i64::from(lift));
        Self {
            empty: moved(from),
            length: moved(latest).saturating_sub(moved(from)),
            media_time: u64::try_from(media).unwrap_or(0),
            lift,
        }
    }

    fn end(&self) -> u64 {
        self.empty.saturating_add(self.length)
    }
}

fn movie_scale() -> Timescale {
    Timescale::new(MOVIE_SCALE).unwrap_or(Timescale::MICROS)
}

fn moov(tracks: &[MovieTrack], offsets: &[Vec<u64>], wide: bool) -> Result<Vec<u8>, ReadError> {
    let placed: Vec<Placed> = tracks.iter().map(Placed::of).collect();
    let length = placed.iter().map(Placed::end).max().unwrap_or(0);
    let mut out = Vec::new();
    tried(&mut out, *b"moov", |out| {
        boxed(out, *b"mvhd", |out| {
            versioned(out, length, 0, |out| out.put_u32(MOVIE_SCALE));
            out.put_u32(0x0001_0000);
            out.put_u16(0x0100);
            out.put_bytes(0, 10);
            for value in IDENTITY {
                out.put_u32(value);
            }
            out.put_bytes(0, 24);
            out.put_u32(u32::try_from(tracks.len()).unwrap_or(u32::MAX).saturating_add(1));
        })?;
        for (number, ((track, placed), offsets)) in (1_u32..).zip(tracks.iter().zip(&placed).zip(offsets)) {
            tried(out, *b"trak", |out| trak(out, track, placed, number, offsets, wide))?;
        }
        Ok(())
    })?;
    Ok(out)
}

const IDENTITY: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

/// Version, flags, creation, modification, what `middle` writes, and a duration: 64-bit times where 32 do not do.
fn versioned(out: &mut Vec<u8>, duration: u64, flags: u32, middle: impl FnOnce(&mut Vec<u8>)) {
    let short = u32::try_from(duration).ok();
    out.put_u32(u32::from(short.is_none()) << 24 | flags);
    out.put_bytes(0, if short.is_some() { 8 } else { 16 });
    middle(out);
    match short {
        Some(duration) => out.put_u32(duration),
        None => out.put_u64(duration),
    }
}

fn trak(
    out: &mut Vec<u8>,
    track: &MovieTrack,
    placed: &Placed,
    number: u32,
    offsets: &[u64],
    wide: bool,
) -> Result<(), ReadError> {
    let sound = matches!(track.track.kind, TrackKind::Audio { .. });
    boxed(out, *b"tkhd", |out| {
        // Enabled, in the movie.
        versioned(out, placed.end(), 3, |out| {
            out.put_u32(number);
            out.put_u32(0);
        });
        out.put_bytes(0, 12);
        out.put_u16(if sound { 0x0100 } else { 0 });
        out.put_u16(0);
        out.put_slice(&track.boxes.shape);
    })?;
    tried(out, *b"edts", |out| boxed(out, *b"elst", |out| elst(out, placed)))?;
    tried(out, *b"mdia", |out| {
        let length = u64::try_from(track.end.saturating_sub(track.first)).unwrap_or(0);
        boxed(out, *b"mdhd", |out| {
            versioned(out, length, 0, |out| out.put_u32(track.track.timescale.get()));
            out.put_u16(track.boxes.language);
            out.put_u16(0);
        })?;
        out.put_slice(&track.boxes.handler);
        tried(out, *b"minf", |out| {
            if sound {
                boxed(out, *b"smhd", |out| out.put_bytes(0, 8))?;
            } else {
                boxed(out, *b"vmhd", |out| {
                    out.put_u32(1);
                    out.put_bytes(0, 8);
                })?;
            }
            tried(out, *b"dinf", |out| {
                tried(out, *b"dref", |out| {
                    out.put_u32(0);
                    out.put_u32(1);
                    // In this file.
                    boxed(out, *b"url ", |out| out.put_u32(1))
                })
            })?;
            tried(out, *b"stbl", |out| stbl(out, track, placed, offsets, wide))
        })
    })
}

fn elst(out: &mut Vec<u8>, placed: &Placed) {
    let fits = |value: u64| i32::try_from(value).is_ok();
    let long = !(fits(placed.empty) && fits(placed.length) && fits(placed.media_time));
    out.put_u32(u32::from(long) << 24);
    out.put_u32(1 + u32::from(placed.empty > 0));
    let mut entry = |duration: u64, media_time: i64| {
        if long {
            out.put_u64(duration);
            out.put_i64(media_time);
        } else {
            // `fits` said so.
            out.put_u32(u32::try_from(duration).unwrap_or(u32::MAX));
            out.put_i32(i32::try_from(media_time).unwrap_or(i32::MAX));
        }
        out.put_u32(0x0001_0000);
    };
    if placed.empty > 0 {
        entry(placed.empty, -1);
    }
    entry(placed.length, i64::try_from(placed.media_time).unwrap_or(i64::MAX));
}

fn stbl(
    out: &mut Vec<u8>,
    track: &MovieTrack,
    placed: &Placed,
    offsets: &[u64],
    wide: bool,
) -> Result<(), ReadError> {
    out.put_slice(&track.boxes.descriptions);
    boxed(out, *b"stts", |out| {
        table(out, &track.durations, |out, (samples, duration)| {
            out.put_u32(*samples);
            out.put_u32(*duration);
        });
    })?;
    if placed.lift > 0 || track.offsets.iter().any(|(_, offset)| *offset != 0) {
        boxed(out, *b"ctts", |out| {
            table(out, &track.offsets, |out, (samples, offset)| {
                out.put_u32(*samples);
                out.put_u32(offset.saturating_add_unsigned(placed.lift).unsigned_abs());
            });
        })?;
    }
    if track.syncs.len() < track.sizes.len() {
        boxed(out, *b"stss", |out| table(out, &track.syncs, |out, number| out.put_u32(*number)))?;
    }
    boxed(out, *b"stsc", |out| {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for (number, chunk) in (1_u32..).zip(&track.chunks) {
            if runs.last().is_none_or(|(_, samples)| *samples != chunk.samples) {
                runs.push((number, chunk.samples));
            }
        }
        table(out, &runs, |out, (first, samples)| {
            out.put_u32(*first);
            out.put_u32(*samples);
            out.put_u32(1);
        });
    })?;
    boxed(out, *b"stsz", |out| {
        out.put_u32(0);
        table(out, &track.sizes, |out, size| out.put_u32(*size));
    })?;
    boxed(out, if wide { *b"co64" } else { *b"stco" }, |out| {
        table(out, offsets, |out, offset| match u32::try_from(*offset) {
            Ok(offset) if !wide => out.put_u32(offset),
            _ => out.put_u64(*offset),
        });
    })
}

/// Version and flags 0, how many, and each of them.
fn table<T>(out: &mut Vec<u8>, rows: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.put_u32(0);
    out.put_u32(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    rows.iter().for_each(|row| write(out, row));
}
