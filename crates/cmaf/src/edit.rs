//! What an edit does to segments: most are used again with other times, the few at its borders are written anew.
//!
//! - [`moved`] tells which eight bytes of a segment change when it is moved in time.
//! - [`times`] and [`samples`] read a segment, [`write`] writes one, [`in_order`] gives re-encoded pictures their decode times.
//! - [`lifted`] makes what libavformat reads at its true times (docs/decisions/0010-composition-offsets.md).
//! - [`sound`] plans which packets of a sound are used again and what is encoded between them.

pub mod sound;

use bytes::Bytes;

use crate::boxes::{BoxHeader, FourCc, boxes};
use crate::fragment::FragmentPlan;
use crate::init::parse_moov;
use crate::{
    Event, FragmentReader, InitSegment, Limits, Msn, ReadError, Sample, Segment, SegmentError, Track,
};

/// Bytes at the front of a segment that [`moved`] needs at most.
pub const HEAD: usize = 256;

/// The bytes of a segment that say when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Where they stand.
    pub at: usize,
    /// What stands there then: the decode time of the first sample (`tfdt`, §8.8.12).
    pub time: [u8; 8],
}

/// What changes in a segment of ours, of which `head` is the front, when it is moved by `ticks`.
///
/// # Errors
/// When it is not of the form that this crate writes, or would begin before zero.
pub fn moved(head: &[u8], ticks: i64) -> Result<Moved, ReadError> {
    let missing = ReadError::MissingBox { kind: FourCc(*b"tfdt"), parent: FourCc(*b"traf") };
    let mut at = 0_usize;
    // `moof` and `traf` are entered, everything before `tfdt` is stepped over.
    for _ in 0..16 {
        let rest = head.get(at..).unwrap_or_default();
        let header = BoxHeader::parse(rest)?.ok_or(ReadError::Truncated("a segment"))?;
        let size = header.size.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| missing.clone())?;
        match &header.kind.0 {
            b"moof" | b"traf" => at = at.saturating_add(header.header_len),
            b"tfdt" => {
                let mut fields =
                    crate::boxes::Fields::new(header.kind, rest.get(header.header_len..).unwrap_or_default());
                if fields.version_and_flags()?.0 != 1 {
                    return Err(fields.malformed("a decode time of 32 bits"));
                }
                let time = i64::try_from(fields.u64()?).ok().and_then(|time| time.checked_add(ticks));
                let time = time.and_then(|time| u64::try_from(time).ok());
                let time = time.ok_or_else(|| fields.malformed("a decode time out of range"))?;
                return Ok(Moved {
                    at: at.saturating_add(header.header_len).saturating_add(4),
                    time: time.to_be_bytes(),
                });
            }
            b"mdat" => return Err(missing),
            _ => at = at.saturating_add(size),
        }
    }
    Err(missing)
}

/// When one sample of a segment is decoded and shown, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// When it is decoded.
    pub decode: i64,
    /// When it is shown.
    pub shown: i64,
    /// How long after it the next one is decoded.
    pub duration: u32,
}

/// The times of a segment's samples in decode order; `head` holds at least its whole `moof`.
///
/// # Errors
/// When it is no segment of this track.
pub fn times(init: &InitSegment, head: &[u8]) -> Result<Vec<Time>, ReadError> {
    let missing = |kind| ReadError::MissingBox { kind: FourCc(kind), parent: crate::boxes::FILE };
    let moov = boxes(&init.bytes).find_kind(b"moov")?.ok_or(missing(*b"moov"))?;
    let (track, defaults) = parse_moov(&moov)?;
    let moof = boxes(head).next().transpose()?.filter(|first| first.kind == b"moof");
    let plan = FragmentPlan::parse(&moof.ok_or(missing(*b"moof"))?, 0, track.id, &defaults, &limits())?;
    Ok(plan
        .samples()
        .map(|(sample, ..)| Time {
            decode: sample.decode_time,
            shown: sample.presentation_time(),
            duration: sample.duration,
        })
        .collect())
}

/// The samples of a whole segment.
///
/// # Errors
/// When it is no segment of this track.
pub fn samples(init: &InitSegment, segment: &[u8]) -> Result<Vec<Sample>, ReadError> {
    let mut reader = FragmentReader::new(limits());
    reader.push(&init.bytes);
    reader.push(segment);
    let mut samples = Vec::new();
    while let Some(event) = reader.poll()? {
        if let Event::Fragment(fragment) = event {
            samples.extend(fragment.samples);
        }
    }
    reader.finish()?;
    Ok(samples)
}

/// As many samples as a [`SegmenterConfig`](crate::SegmenterConfig) lets a segment have.
fn limits() -> Limits {
    Limits { max_samples: 1 << 18, max_header_bytes: 16 << 20, ..Limits::default() }
}

/// Writes a segment of samples that follow one another.
///
/// # Errors
/// When there are none, one begins before zero, or they are too many.
pub fn write(msn: Msn, track: &Track, samples: &[Sample]) -> Result<Segment, SegmentError> {
    Segment::write(msn, 0, track.id, track.timescale, samples)
}

/// The same samples without negative composition offsets and `later` by so many ticks: readers on libavformat, which move what
/// has negative ones, show them at exactly their times.
///
/// # Errors
/// When a time is out of range.
pub fn lifted(samples: &[Sample], lift: i32, later: i64) -> Result<Vec<Sample>, SegmentError> {
    samples
        .iter()
        .map(|sample| {
            let decode_time =
                sample.decode_time.checked_add(later).and_then(|time| time.checked_sub(i64::from(lift)));
            Ok(Sample {
                decode_time: decode_time.ok_or(SegmentError::Overflow)?,
                composition_offset: sample
                    .composition_offset
                    .checked_add(lift)
                    .ok_or(SegmentError::Overflow)?,
                ..sample.clone()
            })
        })
        .collect()
}

/// Gives pictures their decode times: those of showing them, in order, as our encoders' first segment has them. The last one lasts
/// until `end`. All times are ticks; the samples are in decode order.
///
/// # Errors
/// When two are shown at the same time, or the last one after `end`.
pub fn in_order(samples: Vec<Sample>, end: i64) -> Result<Vec<Sample>, SegmentError> {
    let mut shown: Vec<i64> = samples.iter().map(Sample::presentation_time).collect();
    shown.sort_unstable();
    let next = shown.iter().skip(1).copied().chain([end]);
    let mut times = Vec::with_capacity(shown.len());
    for (decode, next) in shown.iter().copied().zip(next) {
        let duration = next.checked_sub(decode).and_then(|ticks| u32::try_from(ticks).ok());
        let duration = duration.filter(|ticks| *ticks > 0);
        times.push((decode, duration.ok_or(SegmentError::Backwards { previous: decode, got: next })?));
    }
    samples
        .into_iter()
        .zip(times)
        .map(|(sample, (decode_time, duration))| {
            let offset = sample.presentation_time().checked_sub(decode_time);
            let composition_offset =
                offset.and_then(|offset| i32::try_from(offset).ok()).ok_or(SegmentError::Overflow)?;
            Ok(Sample { decode_time, duration, composition_offset, ..sample })
        })
        .collect()
}

/// Samples of sound one after the other from `start`, each as long as it says.
///
/// # Errors
/// When a time is out of range.
pub fn one_after_another(samples: &mut [Sample], start: i64) -> Result<i64, SegmentError> {
    let mut at = start;
    for sample in samples {
        sample.decode_time = at;
        at = at.checked_add(i64::from(sample.duration)).ok_or(SegmentError::Overflow)?;
    }
    Ok(at)
}

/// What an object of `bytes` is after it was moved.
#[must_use]
pub fn with(bytes: &Bytes, moved: &Moved) -> Bytes {
    let mut copy = bytes.to_vec();
    if let Some(place) = copy.get_mut(moved.at..moved.at.saturating_add(8)) {
        place.copy_from_slice(&moved.time);
    }
    copy.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SampleFlags, Timescale};
    use proptest::prelude::*;

    fn sample(decode_time: i64, offset: i32, size: usize) -> Sample {
        let flags = if decode_time == 0 { SampleFlags::SYNC } else { SampleFlags::NON_SYNC };
        Sample { decode_time, duration: 10, composition_offset: offset, flags, data: vec![7; size].into() }
    }

    fn segment(start: i64) -> Bytes {
        let samples: Vec<_> =
            (0..5).map(|n| sample(start + n * 10, (n as i32 - 2) * 10, 3 + n as usize)).collect();
        Segment::write(Msn(4), 0, 1, Timescale::new(1000).unwrap(), &samples).unwrap().bytes
    }

    proptest! {
        #[test]
        fn a_moved_segment_is_the_one_that_is_written_at_that_time(start in 0i64..1 << 40, by in -(1i64 << 40)..1 << 40) {
            let bytes = segment(start);
            match moved(&bytes[..HEAD.min(bytes.len())], by) {
                Ok(change) => prop_assert_eq!(with(&bytes, &change), segment(start + by)),
                Err(_) => prop_assert!(start + by < 0),
            }
        }

        #[test]
        fn foreign_bytes_are_no_segment(bytes in prop::collection::vec(any::<u8>(), 0..300), by in any::<i64>()) {
            let _ = moved(&bytes, by);
        }

        #[test]
        fn pictures_in_order_are_shown_when_they_were(gaps in prop::collection::vec(1i64..50, 1..30), seed in any::<u64>()) {
            let mut at = 0;
            let shown: Vec<i64> = gaps.iter().map(|gap| { at += gap; at }).collect();
            // Any order of decoding will do here.
            let mut order = shown.clone();
            let turns = (seed % 7) as usize % order.len();
            order.rotate_left(turns);
            let samples: Vec<_> = order.iter().map(|at| sample(*at, 0, 1)).collect();
            let placed = in_order(samples, at + 5).unwrap();
            let now: Vec<i64> = placed.iter().map(Sample::presentation_time).collect();
            prop_assert_eq!(now, order);
            prop_assert_eq!(placed.iter().map(|sample| sample.decode_time).collect::<Vec<_>>(), shown);
            prop_assert_eq!(placed.iter().map(|sample| i64::from(sample.duration)).sum::<i64>(), at + 5 - gaps[0]);
        }
    }

    #[test]
    fn two_pictures_of_one_moment_are_refused() {
        assert!(in_order(vec![sample(3, 0, 1), sample(3, 0, 1)], 9).is_err());
        assert!(in_order(vec![sample(3, 0, 1)], 3).is_err());
    }
}
