//! One movie fragment: the samples that a `moof` describes, with their bytes from the `mdat` after it.

use bytes::Bytes;

use crate::boxes::{FourCc, Mp4Box};
use crate::init::TrackDefaults;
use crate::{Limits, ReadError, Timescale};

/// The samples of one `moof` + `mdat`, in decode order. Never empty when it comes from a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// What the samples' times count in.
    pub timescale: Timescale,
    /// In decode order.
    pub samples: Vec<Sample>,
}

/// One coded frame, or one packet of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Decode time in ticks: `tfdt` plus the durations in front, as the muxer wrote it (with its offset).
    pub decode_time: i64,
    /// Ticks to the next sample. On the last sample of a fragment it is FFmpeg's guess.
    pub duration: u32,
    /// Presentation time − decode time, in ticks.
    pub composition_offset: i32,
    /// What `trun` says about dependence.
    pub flags: SampleFlags,
    /// The coded bytes, a slice of the fragment's `mdat`.
    pub data: Bytes,
}

impl Sample {
    /// Presentation time in ticks, saturating.
    pub fn presentation_time(&self) -> i64 {
        self.decode_time.saturating_add(i64::from(self.composition_offset))
    }

    /// Whether decoding can begin here.
    pub fn is_sync(&self) -> bool {
        self.flags.is_sync()
    }
}

/// The 32 sample flags of §8.8.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleFlags(pub u32);

impl SampleFlags {
    /// A frame that depends on no other: `sample_depends_on` 2.
    pub const SYNC: Self = Self(0x0200_0000);
    /// A frame that depends on others: `sample_depends_on` 1 and `sample_is_non_sync_sample`.
    pub const NON_SYNC: Self = Self(0x0101_0000);

    /// Whether decoding can begin here: `sample_is_non_sync_sample` is not set.
    pub const fn is_sync(self) -> bool {
        self.0 & 0x0001_0000 == 0
    }
}

/// A parsed `moof` that waits for its `mdat`.
#[derive(Debug, Clone)]
pub(crate) struct FragmentPlan {
    samples: Vec<PlannedSample>,
}

/// A sample whose bytes are still on their way.
#[derive(Debug, Clone)]
struct PlannedSample {
    sample: Sample,
    /// Position in the stream of its first byte.
    at: u64,
    size: u32,
}

/// What `tfhd` and `trex` say for fields that a `trun` leaves out.
struct RunDefaults {
    duration: u32,
    size: u32,
    flags: u32,
    /// Position in the stream that data offsets count from.
    base: u64,
}

/// Times stay far enough from the ends of `i64` that a fragment's durations cannot overflow it.
const LATEST_DECODE_TIME: u64 = 1 << 62;

impl FragmentPlan {
    /// `moof_at` is the position of the `moof` in the stream.
    pub(crate) fn parse(
        moof: &Mp4Box<'_>,
        moof_at: u64,
        track_id: u32,
        trex: &TrackDefaults,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        let mut plan = Self { samples: Vec::new() };
        let mut traf = None;
        for child in moof.children() {
            let child = child?;
            if child.kind == b"traf" && traf.replace(child).is_some() {
                return Err(ReadError::Unsupported("more than one track fragment in a fragment"));
            }
        }
        let Some(traf) = traf else { return Ok(plan) };
        let defaults = parse_tfhd(&traf.required(b"tfhd")?, moof_at, track_id, trex)?;
        let mut decode_time = parse_tfdt(&traf.required(b"tfdt")?)?;
        let mut at = defaults.base;
        for child in traf.children() {
            let child = child?;
            if child.kind == b"trun" {
                plan.add_run(&child, &defaults, &mut decode_time, &mut at, limits)?;
            }
        }
        Ok(plan)
    }

    /// `trun` (§8.8.8). `at` goes on from run to run where a run gives no data offset of its own.
    fn add_run(
        &mut self,
        trun: &Mp4Box<'_>,
        defaults: &RunDefaults,
        decode_time: &mut i64,
        at: &mut u64,
        limits: &Limits,
    ) -> Result<(), ReadError> {
        let mut fields = trun.fields();
        let (version, present) = fields.version_and_flags()?;
        let count = fields.u32()?;
        let total = self.samples.len() as u64 + u64::from(count);
        if total > u64::from(limits.max_samples) {
            return Err(ReadError::TooManySamples { count: total, limit: limits.max_samples });
        }
        if present & trun_flag::DATA_OFFSET != 0 {
            *at = defaults
                .base
                .checked_add_signed(i64::from(fields.i32()?))
                .ok_or_else(|| fields.malformed("data offset out of range"))?;
        }
        let mut first_flags = if present & trun_flag::FIRST_FLAGS == 0 { None } else { Some(fields.u32()?) };
        for _ in 0..count {
            let mut field = |flag, default| if present & flag == 0 { Ok(default) } else { fields.u32() };
            let duration = field(trun_flag::DURATION, defaults.duration)?;
            let size = field(trun_flag::SIZE, defaults.size)?;
            let flags = field(trun_flag::FLAGS, first_flags.take().unwrap_or(defaults.flags))?;
            let offset = field(trun_flag::COMPOSITION, 0)?;
            let composition_offset = if version == 0 {
                i32::try_from(offset).map_err(|_| fields.malformed("composition offset over 2^31"))?
            } else {
                offset.cast_signed()
            };
            let flags = SampleFlags(flags);
            let data = Bytes::new();
            let sample = Sample { decode_time: *decode_time, duration, composition_offset, flags, data };
            self.samples.push(PlannedSample { sample, at: *at, size });
            let overflow = || fields.malformed("times or sizes out of range");
            *decode_time = decode_time.checked_add(i64::from(duration)).ok_or_else(overflow)?;
            *at = at.checked_add(u64::from(size)).ok_or_else(overflow)?;
        }
        Ok(())
    }

    /// Each sample without its bytes, where those are in the stream, and how many.
    pub(crate) fn samples(&self) -> impl Iterator<Item = (&Sample, u64, u32)> {
        self.samples.iter().map(|planned| (&planned.sample, planned.at, planned.size))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Gives every sample its slice of `payload`, the content of an `mdat` that begins at `payload_at` in the stream.
    pub(crate) fn fill(
        self,
        payload: &Bytes,
        payload_at: u64,
        timescale: Timescale,
    ) -> Result<Fragment, ReadError> {
        let slice = |planned: PlannedSample| {
            let from = usize::try_from(planned.at.checked_sub(payload_at)?).ok()?;
            let to = from.checked_add(usize::try_from(planned.size).ok()?)?;
            payload.get(from..to)?;
            Some(Sample { data: payload.slice(from..to), ..planned.sample })
        };
        let samples: Option<Vec<Sample>> = self.samples.into_iter().map(slice).collect();
        let outside = ReadError::Malformed { in_box: FourCc(*b"trun"), reason: "a sample outside its mdat" };
        Ok(Fragment { timescale, samples: samples.ok_or(outside)? })
    }
}

/// The flags that say which fields a `trun` carries.
pub(crate) mod trun_flag {
    pub(crate) const DATA_OFFSET: u32 = 0x001;
    pub(crate) const FIRST_FLAGS: u32 = 0x004;
    pub(crate) const DURATION: u32 = 0x100;
    pub(crate) const SIZE: u32 = 0x200;
    pub(crate) const FLAGS: u32 = 0x400;
    pub(crate) const COMPOSITION: u32 = 0x800;
}

/// The flags that say which fields a `tfhd` carries.
pub(crate) mod tfhd_flag {
    pub(crate) const BASE_OFFSET: u32 = 0x01;
    pub(crate) const DESCRIPTION: u32 = 0x02;
    pub(crate) const DURATION: u32 = 0x08;
    pub(crate) const SIZE: u32 = 0x10;
    pub(crate) const FLAGS: u32 = 0x20;
    pub(crate) const BASE_IS_MOOF: u32 = 0x02_0000;
}

/// `tfhd` (§8.8.7). Without a base of its own the first track fragment counts from its `moof`, as with the flag.
fn parse_tfhd(
    tfhd: &Mp4Box<'_>,
    moof_at: u64,
    track_id: u32,
    trex: &TrackDefaults,
) -> Result<RunDefaults, ReadError> {
    let mut fields = tfhd.fields();
    let (_, present) = fields.version_and_flags()?;
    if fields.u32()? != track_id {
        return Err(fields.malformed("another track than that of the init segment"));
    }
    let base = if present & tfhd_flag::BASE_OFFSET == 0 { moof_at } else { fields.u64()? };
    let mut field = |flag, default| if present & flag == 0 { Ok(default) } else { fields.u32() };
    if field(tfhd_flag::DESCRIPTION, trex.description_index)? != 1 {
        return Err(ReadError::Unsupported("a sample description other than the first"));
    }
    Ok(RunDefaults {
        duration: field(tfhd_flag::DURATION, trex.duration)?,
        size: field(tfhd_flag::SIZE, trex.size)?,
        flags: field(tfhd_flag::FLAGS, trex.flags)?,
        base,
    })
}

/// `tfdt` (§8.8.12).
fn parse_tfdt(tfdt: &Mp4Box<'_>) -> Result<i64, ReadError> {
    let mut fields = tfdt.fields();
    let (version, _) = fields.version_and_flags()?;
    let time = fields.u64_if(version == 1)?;
    // A negative time that was pressed into the unsigned field ends up here, too.
    let time =
        Some(time).filter(|&time| time <= LATEST_DECODE_TIME).and_then(|time| i64::try_from(time).ok());
    time.ok_or_else(|| fields.malformed("decode time out of range"))
}
