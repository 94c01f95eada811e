//! The picture: it decides where parts and segments end.

use std::collections::VecDeque;

use bytes::Bytes;

use super::open::Open;
use super::packager::{Output, Stream};
use super::{
    JUMP_BACK, JUMP_FORWARD, LONGEST_GOP, LONGEST_SEGMENT, LiveError, PART_TARGET, ROUNDING,
    SHORTEST_FIRST_SEGMENT, SHORTEST_PART, SHORTEST_SEGMENT,
};
use crate::names::Msn;
use crate::{Sample, SampleFlags, SegmentError, Track};

/// Ticks of a millisecond.
const MILLISECOND: i64 = 90;
/// What a frame lasts when nothing says so: a thirtieth of a second.
const USUAL_FRAME: u32 = 3_000;

/// How the encoder's times stand on ours, while they run on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Decode time of its first keyframe, the encoder's, in milliseconds.
    decode_ms: i64,
    /// Composition offset of its first keyframe in milliseconds.
    offset_ms: i64,
    /// Where it begins, ours, in ticks.
    pub(super) base: i64,
}

impl Run {
    /// Presentation time of its first keyframe, the encoder's, in milliseconds: what stands at `base`.
    pub(super) fn origin_ms(&self) -> i64 {
        self.decode_ms.saturating_add(self.offset_ms)
    }
}

/// What a frame has brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is in the run that was there.
    On,
    /// Its times do not follow: the run before it has ended.
    Broken,
}

#[derive(Debug)]
pub(super) struct Picture {
    pub(super) open: Open,
    pub(super) run: Option<Run>,
    /// The newest frame, whose duration the next one tells.
    held: Option<Sample>,
    last_duration: u32,
    /// Decode time of the newest keyframe, and how long the GOP before it was, in ticks.
    key_at: i64,
    gop: i64,
    /// Whether a GOP was longer than a usual segment may be.
    pub(super) long: bool,
}

impl Picture {
    pub(super) fn new(track: &Track, msn: Msn, end: i64) -> Self {
        Self {
            open: Open::new(Stream::Picture, track, msn, end),
            run: None,
            held: None,
            last_duration: USUAL_FRAME,
            key_at: end,
            gop: 1000 * MILLISECOND,
            long: false,
        }
    }

    /// Everything before this, in ticks, is decided.
    pub(super) fn decided(&self) -> i64 {
        self.held.as_ref().map_or(self.open.end, |held| held.decode_time)
    }

    /// Whether a frame's times go on from those before it.
    pub(super) fn follows(&self, decode_ms: i64) -> Step {
        let (Some(run), Some(held)) = (&self.run, &self.held) else { return Step::On };
        let at = decode_ms.saturating_sub(run.decode_ms).saturating_mul(MILLISECOND).saturating_add(run.base);
        let ahead = at.saturating_sub(held.decode_time) / MILLISECOND;
        if (-JUMP_BACK..=JUMP_FORWARD).contains(&ahead) { Step::On } else { Step::Broken }
    }

    /// Begins a run with this keyframe.
    pub(super) fn begin(&mut self, decode_ms: i64, offset_ms: i64, wall: i64) -> Run {
        let run = Run { decode_ms, offset_ms, base: self.open.end };
        self.run = Some(run);
        self.open.program_date_time = wall;
        self.key_at = run.base;
        run
    }

    /// Takes the next frame of the run; answers where a segment begins with it, if one does.
    pub(super) fn push(
        &mut self,
        (decode_ms, offset_ms, key): (i64, i64, bool),
        data: Bytes,
        out: &mut VecDeque<Output>,
    ) -> Result<Option<i64>, LiveError> {
        let Some(run) = self.run else { return Ok(None) };
        let since = decode_ms.checked_sub(run.decode_ms).and_then(|ms| ms.checked_mul(MILLISECOND));
        let mut decode_time =
            since.and_then(|ticks| run.base.checked_add(ticks)).ok_or(SegmentError::Overflow)?;
        let shown_late = offset_ms.saturating_sub(run.offset_ms).saturating_mul(MILLISECOND);
        let mut border = None;
        if let Some(held) = self.held.take() {
            // Times that stand still would be no times.
            decode_time = decode_time.max(held.decode_time.saturating_add(1));
            let duration =
                u32::try_from(decode_time - held.decode_time).map_err(|_| SegmentError::Overflow)?;
            self.last_duration = duration;
            self.open.push(Sample { duration, ..held })?;
            border = self.cut_before(decode_time, key, out)?;
        }
        if key {
            if decode_time > self.key_at {
                self.gop = decode_time - self.key_at;
            }
            self.key_at = decode_time;
        }
        self.held = Some(Sample {
            decode_time,
            duration: self.last_duration,
            composition_offset: i32::try_from(shown_late).map_err(|_| SegmentError::Overflow)?,
            flags: if key { SampleFlags::SYNC } else { SampleFlags::NON_SYNC },
            data,
        });
        Ok(border)
    }

    /// Ends parts and segments before a frame at `next`.
    fn cut_before(
        &mut self,
        next: i64,
        key: bool,
        out: &mut VecDeque<Output>,
    ) -> Result<Option<i64>, LiveError> {
        let ticks = |micros| self.open.ticks(micros);
        let length = next.saturating_sub(self.open.start());
        let first = self.open.msn == Msn(0);
        let shortest = ticks(if first { SHORTEST_FIRST_SEGMENT } else { SHORTEST_SEGMENT } - ROUNDING);
        let longest = ticks(LONGEST_SEGMENT);
        let (part_target, shortest_part) = (ticks(PART_TARGET), ticks(SHORTEST_PART));
        if key && (length >= shortest || length.saturating_add(next - self.key_at) > longest) {
            self.open.close(out)?;
            return Ok(Some(next));
        }
        if length > ticks(LONGEST_GOP) {
            return Err(LiveError::KeyframeGap);
        }
        self.long |= length > longest;
        let part = self.open.part_ticks;
        let frame = i64::from(self.last_duration);
        let full = part.saturating_add(frame) > part_target;
        let may_be_short = self.open.part_has_key;
        if full
            || (part >= shortest_part && self.is_a_third(next, frame))
            || (key && (part >= shortest_part || may_be_short))
        {
            self.open.cut(out)?;
        }
        Ok(None)
    }

    /// Whether a part that ends here divides the GOP evenly, as far as the GOP before tells: a third of a GOP of one second.
    fn is_a_third(&self, next: i64, frame: i64) -> bool {
        let target = self.open.ticks(PART_TARGET).max(1);
        let parts = (self.gop.saturating_add(target - 1) / target).max(1);
        let at = next.saturating_sub(self.key_at).saturating_sub(self.open.part_ticks);
        // The border after the one near which this part began.
        let share = (self.gop / parts).max(1);
        let border = (at.saturating_add(share / 2) / share).saturating_add(1).saturating_mul(share);
        next.saturating_sub(self.key_at).saturating_add(frame / 2) > border
    }

    /// Ends the run: what is there is complete.
    pub(super) fn end_run(&mut self, out: &mut VecDeque<Output>) -> Result<(), LiveError> {
        if let Some(held) = self.held.take() {
            self.open.push(held)?;
        }
        self.run = None;
        self.open.close(out)
    }
}
