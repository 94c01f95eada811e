//! The segment that is being gathered, and the part at its end.

use std::collections::VecDeque;

use super::packager::{Output, Stream};
use super::{LiveError, MOST_BYTES};
use crate::names::Msn;
use crate::{MediaTime, Sample, Segment, SegmentError, Timescale, Track};

/// The open segment of one stream.
#[derive(Debug)]
pub(super) struct Open {
    stream: Stream,
    track_id: u32,
    pub(super) scale: Timescale,
    pub(super) msn: Msn,
    part: u32,
    /// Numbers of `mfhd` ascend from part to part.
    sequence: u32,
    samples: Vec<Sample>,
    bytes: usize,
    /// Where the open part begins in `samples`.
    from: usize,
    /// Ticks in the open part.
    pub(super) part_ticks: i64,
    /// Whether the open part holds a keyframe.
    pub(super) part_has_key: bool,
    /// Microseconds since 1970 at which its first frame is shown live.
    pub(super) program_date_time: i64,
    /// Decode time after the last sample ever pushed, in ticks.
    pub(super) end: i64,
}

impl Open {
    pub(super) fn new(stream: Stream, track: &Track, msn: Msn, end: i64) -> Self {
        Self {
            stream,
            track_id: track.id,
            scale: track.timescale,
            msn,
            part: 0,
            sequence: 0,
            samples: Vec::new(),
            bytes: 0,
            from: 0,
            part_ticks: 0,
            part_has_key: false,
            program_date_time: 0,
            end,
        }
    }

    /// Decode time of its first sample; where it will begin while it has none.
    pub(super) fn start(&self) -> i64 {
        self.samples.first().map_or(self.end, |sample| sample.decode_time)
    }

    pub(super) fn ticks(&self, micros: i64) -> i64 {
        MediaTime::from_micros(micros).rescale(self.scale).ticks()
    }

    pub(super) fn push(&mut self, sample: Sample) -> Result<(), LiveError> {
        self.bytes = self.bytes.saturating_add(sample.data.len());
        if self.bytes > MOST_BYTES {
            return Err(LiveError::TooMuch);
        }
        self.end =
            sample.decode_time.checked_add(i64::from(sample.duration)).ok_or(SegmentError::Overflow)?;
        self.part_ticks = self.part_ticks.saturating_add(i64::from(sample.duration));
        self.part_has_key |= sample.is_sync();
        self.samples.push(sample);
        Ok(())
    }

    /// Ends the part, if there is anything in it.
    pub(super) fn cut(&mut self, out: &mut VecDeque<Output>) -> Result<(), LiveError> {
        let samples = self.samples.get(self.from..).unwrap_or_default();
        if samples.is_empty() {
            return Ok(());
        }
        let written = Segment::write(Msn(self.sequence), 0, self.track_id, self.scale, samples)?;
        out.push_back(Output::Part {
            stream: self.stream,
            msn: self.msn,
            part: self.part,
            duration: written.duration,
            independent: self.part_has_key,
            program_date_time: self.program_date_time,
            bytes: written.bytes,
        });
        self.part = self.part.saturating_add(1);
        self.sequence = self.sequence.wrapping_add(1) & (u32::MAX >> 1);
        self.from = self.samples.len();
        self.part_ticks = 0;
        self.part_has_key = false;
        Ok(())
    }

    /// Ends the segment, if there is anything in it.
    pub(super) fn close(&mut self, out: &mut VecDeque<Output>) -> Result<(), LiveError> {
        if self.samples.is_empty() {
            return Ok(());
        }
        self.cut(out)?;
        let samples = std::mem::take(&mut self.samples);
        let border = MediaTime::new(self.start_of(&samples), self.scale).as_micros();
        let segment = Segment::write(self.msn, border, self.track_id, self.scale, &samples)?;
        let program_date_time = self.program_date_time;
        out.push_back(Output::Segment { stream: self.stream, segment, program_date_time });
        self.msn = self.msn.next().ok_or(SegmentError::Overflow)?;
        self.program_date_time =
            program_date_time.saturating_add(MediaTime::new(self.end, self.scale).as_micros() - border);
        (self.part, self.from, self.bytes) = (0, 0, 0);
        Ok(())
    }

    fn start_of(&self, samples: &[Sample]) -> i64 {
        samples.first().map_or(self.end, |sample| sample.decode_time)
    }
}
