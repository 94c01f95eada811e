//! A segment, and how it is written: one `moof` and one `mdat`.

use bytes::{BufMut, Bytes};

use crate::fragment::{tfhd_flag, trun_flag};
use crate::names::Msn;
use crate::{MediaTime, Sample, SegmentError, Timescale};

/// One media segment of one rung. All times are on the timeline that begins at zero (the muxer's offset is taken off).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its running number in this rung: the n-th segment of a rung has MSN n, whatever the borders were.
    pub msn: Msn,
    /// The border that opened it, in microseconds, as it stands in the border list. The same in all rungs.
    pub border: i64,
    /// Decode time of its first sample (`tfdt`).
    pub start: MediaTime,
    /// Smallest presentation time in it.
    pub earliest_presentation: MediaTime,
    /// Sum of its samples' durations: the EXTINF. Starts and durations join exactly: `start + duration` is the
    /// next segment's `start`.
    pub duration: MediaTime,
    /// Whether it starts with a sync sample.
    pub independent: bool,
    /// Samples shown before the first one (presentation time smaller than the first sample's). More than 0 on a video
    /// segment is the sign of an open GOP: switching or seeking into it is not clean.
    pub leading_frames: u32,
    /// Samples in it, ≥ 1.
    pub sample_count: u32,
    /// `moof` + `mdat`.
    pub bytes: Bytes,
}

impl Segment {
    /// Decode time after its last sample, saturating.
    ///
    /// Store `end().as_micros() - start.as_micros()` when microseconds are wanted: such durations add up without
    /// drift, roundings of single durations do not.
    pub fn end(&self) -> MediaTime {
        MediaTime::new(self.start.ticks().saturating_add(self.duration.ticks()), self.start.scale())
    }

    /// Writes `samples`, which must not be empty and whose times begin at zero. The coded bytes are copied once.
    pub(crate) fn write(
        msn: Msn,
        border: i64,
        track_id: u32,
        timescale: Timescale,
        samples: &[Sample],
    ) -> Result<Self, SegmentError> {
        let first = samples.first().ok_or(SegmentError::Overflow)?;
        let first_shown = first.presentation_time();
        let earliest = samples.iter().map(Sample::presentation_time).min().unwrap_or(first_shown);
        let leading = samples.iter().filter(|sample| sample.presentation_time() < first_shown).count();
        let duration =
            samples.iter().fold(0_i64, |sum, sample| sum.saturating_add(i64::from(sample.duration)));
        Ok(Self {
            msn,
            border,
            start: MediaTime::new(first.decode_time, timescale),
            earliest_presentation: MediaTime::new(earliest, timescale),
            duration: MediaTime::new(duration, timescale),
            independent: first.is_sync(),
            leading_frames: u32::try_from(leading).map_err(|_| SegmentError::Overflow)?,
            sample_count: u32::try_from(samples.len()).map_err(|_| SegmentError::Overflow)?,
            bytes: Layout::of(samples)?.write(msn, track_id, samples)?,
        })
    }
}

/// Which columns the sample table needs. A value that all samples share stands once in `tfhd`; for a second of sound
/// that is half a kilobyte less.
struct Layout {
    count: u32,
    duration: Option<u32>,
    flags: Option<u32>,
    offsets: bool,
    moof: u32,
    mdat: u32,
}

const HEADER: u32 = 8;
const MFHD: u32 = 16;
const TFDT: u32 = 20;

impl Layout {
    fn of(samples: &[Sample]) -> Result<Self, SegmentError> {
        let count = u32::try_from(samples.len()).map_err(|_| SegmentError::Overflow)?;
        let duration = shared(samples, |sample| sample.duration);
        let flags = shared(samples, |sample| sample.flags.0);
        let offsets = samples.iter().any(|sample| sample.composition_offset != 0);
        let mut layout = Self { count, duration, flags, offsets, moof: 0, mdat: 0 };

        let content = samples.iter().try_fold(0_u32, |sum, sample| {
            u32::try_from(sample.data.len()).ok().and_then(|size| sum.checked_add(size))
        });
        let sizes = || {
            let moof = (layout.traf()?).checked_add(HEADER + MFHD)?;
            // The data offset is signed.
            i32::try_from(moof.checked_add(HEADER)?).ok()?;
            Some((moof, content?.checked_add(HEADER)?))
        };
        let (moof, mdat) = sizes().ok_or(SegmentError::Overflow)?;
        layout.moof = moof;
        layout.mdat = mdat;
        Ok(layout)
    }

    fn tfhd(&self) -> u32 {
        16 + 4 * u32::from(self.duration.is_some()) + 4 * u32::from(self.flags.is_some())
    }

    fn trun(&self) -> Option<u32> {
        let columns = 1
            + u32::from(self.duration.is_none())
            + u32::from(self.flags.is_none())
            + u32::from(self.offsets);
        self.count.checked_mul(4 * columns)?.checked_add(20)
    }

    fn traf(&self) -> Option<u32> {
        self.trun()?.checked_add(HEADER + self.tfhd() + TFDT)
    }

    fn write(&self, msn: Msn, track_id: u32, samples: &[Sample]) -> Result<Bytes, SegmentError> {
        let first = samples.first().ok_or(SegmentError::Overflow)?;
        let start =
            u64::try_from(first.decode_time).map_err(|_| SegmentError::NegativeTime(first.decode_time))?;
        // Numbers in `mfhd` begin at 1 (§8.8.5).
        let number = msn.0.checked_add(1).ok_or(SegmentError::Overflow)?;
        let (traf, trun) = self.traf().zip(self.trun()).ok_or(SegmentError::Overflow)?;

        let total = u64::from(self.moof) + u64::from(self.mdat);
        let mut out = Vec::with_capacity(usize::try_from(total).map_err(|_| SegmentError::Overflow)?);
        put_header(&mut out, self.moof, b"moof");
        put_full_header(&mut out, MFHD, b"mfhd", 0, 0);
        out.put_u32(number);
        put_header(&mut out, traf, b"traf");

        let duration = self.duration.map_or(0, |_| tfhd_flag::DURATION);
        let flags = self.flags.map_or(0, |_| tfhd_flag::FLAGS);
        put_full_header(&mut out, self.tfhd(), b"tfhd", 0, tfhd_flag::BASE_IS_MOOF | duration | flags);
        out.put_u32(track_id);
        self.duration.into_iter().chain(self.flags).for_each(|value| out.put_u32(value));

        put_full_header(&mut out, TFDT, b"tfdt", 1, 0);
        out.put_u64(start);

        // Version 1: signed composition offsets, so that no edit list is needed.
        put_full_header(&mut out, trun, b"trun", 1, self.trun_flags());
        out.put_u32(self.count);
        out.put_u32(self.moof + HEADER);
        for sample in samples {
            if self.duration.is_none() {
                out.put_u32(sample.duration);
            }
            out.put_u32(u32::try_from(sample.data.len()).map_err(|_| SegmentError::Overflow)?);
            if self.flags.is_none() {
                out.put_u32(sample.flags.0);
            }
            if self.offsets {
                out.put_i32(sample.composition_offset);
            }
        }
        debug_assert_eq!(out.len() as u64, u64::from(self.moof), "the moof is as long as it says");

        put_header(&mut out, self.mdat, b"mdat");
        samples.iter().for_each(|sample| out.put_slice(&sample.data));
        Ok(Bytes::from(out))
    }

    fn trun_flags(&self) -> u32 {
        let per_sample = |flag, wanted| if wanted { flag } else { 0 };
        trun_flag::DATA_OFFSET
            | trun_flag::SIZE
            | per_sample(trun_flag::DURATION, self.duration.is_none())
            | per_sample(trun_flag::FLAGS, self.flags.is_none())
            | per_sample(trun_flag::COMPOSITION, self.offsets)
    }
}

/// The value of a column when all samples have the same.
fn shared(samples: &[Sample], value: impl Fn(&Sample) -> u32) -> Option<u32> {
    let first = value(samples.first()?);
    samples.iter().all(|sample| value(sample) == first).then_some(first)
}

fn put_header(out: &mut Vec<u8>, size: u32, kind: &[u8; 4]) {
    out.put_u32(size);
    out.put_slice(kind);
}

fn put_full_header(out: &mut Vec<u8>, size: u32, kind: &[u8; 4], version: u8, flags: u32) {
    put_header(out, size, kind);
    out.put_u32(u32::from(version) << 24 | flags);
}
