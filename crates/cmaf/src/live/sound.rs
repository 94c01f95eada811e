//! The sound: it ends its segments where the picture does, and has no holes.

use std::collections::VecDeque;

use bytes::Bytes;

use super::init::AAC_FRAME;
use super::open::Open;
use super::packager::{Output, Stream};
use super::{LiveError, MOST_BYTES, MOST_WAITING, PART_TARGET, SOUND_DRIFT};
use crate::names::Msn;
use crate::{Sample, SampleFlags, Track};

/// A picture that is so much ahead, in microseconds, waits for its sound no longer.
const PATIENCE: i64 = 1_000_000;

#[derive(Debug)]
pub(super) struct Sound {
    pub(super) open: Open,
    /// Packets that come after what is known of the picture.
    waiting: VecDeque<Sample>,
    waiting_bytes: usize,
    /// Where the next packet goes, in ticks.
    next: i64,
    /// Where the picture's next segments begin, in our ticks, and when that was.
    borders: VecDeque<(i64, i64)>,
    silence: Bytes,
}

impl Sound {
    pub(super) fn new(track: &Track, msn: Msn, end: i64, silence: Bytes) -> Self {
        Self {
            open: Open::new(Stream::Sound, track, msn, end),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            next: end,
            borders: VecDeque::new(),
            silence,
        }
    }

    pub(super) fn begin(&mut self, base: i64, wall: i64) {
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.borders.clear();
        // What lacks since the run before is filled as any hole is.
        self.next = self.open.end;
        self.open.program_date_time = wall.saturating_add(self.micros(self.open.end.saturating_sub(base)));
    }

    fn micros(&self, ticks: i64) -> i64 {
        crate::MediaTime::new(ticks, self.open.scale).as_micros()
    }

    /// Takes a packet whose own time is `at`, in our ticks.
    pub(super) fn push(&mut self, at: i64, data: Bytes) -> Result<(), LiveError> {
        let drift = self.open.ticks(SOUND_DRIFT * 1000);
        if at < self.next.saturating_sub(drift) {
            return Ok(());
        }
        if at > self.next.saturating_add(drift) {
            // Longer holes are filled when the picture has passed them.
            let most = self.open.ticks(PATIENCE);
            if at.saturating_sub(self.next) > most {
                return Ok(());
            }
            self.fill_to(at)?;
        }
        self.wait(data)
    }

    fn wait(&mut self, data: Bytes) -> Result<(), LiveError> {
        self.waiting_bytes = self.waiting_bytes.saturating_add(data.len());
        if self.waiting_bytes > MOST_BYTES || self.waiting.len() >= MOST_WAITING {
            return Err(LiveError::PictureStopped);
        }
        self.waiting.push_back(Sample {
            decode_time: self.next,
            duration: AAC_FRAME,
            composition_offset: 0,
            flags: SampleFlags::SYNC,
            data,
        });
        self.next = self.next.saturating_add(i64::from(AAC_FRAME));
        Ok(())
    }

    /// Silence up to the packet that contains `until`.
    fn fill_to(&mut self, until: i64) -> Result<(), LiveError> {
        while self.next.saturating_add(i64::from(AAC_FRAME / 2)) < until {
            self.wait(self.silence.clone())?;
        }
        Ok(())
    }

    pub(super) fn border(&mut self, at: i64, wall: i64) {
        self.borders.push_back((at, wall));
    }

    /// Lets go of everything before `until`, which the picture has passed.
    pub(super) fn release(&mut self, until: i64, out: &mut VecDeque<Output>) -> Result<(), LiveError> {
        let overdue = until.saturating_sub(self.open.ticks(PATIENCE));
        self.fill_to(overdue)?;
        while let Some(sample) = self.waiting.pop_front_if(|sample| sample.decode_time < until) {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(sample.data.len());
            if let Some((_, wall)) = self.borders.pop_front_if(|(at, _)| *at <= sample.decode_time) {
                self.open.close(out)?;
                self.open.program_date_time = wall;
            }
            let full = self.open.part_ticks.saturating_add(i64::from(AAC_FRAME));
            if full > self.open.ticks(PART_TARGET) {
                self.open.cut(out)?;
            }
            self.open.push(sample)?;
        }
        Ok(())
    }

    /// Ends the run where the picture's ended.
    pub(super) fn end_run(&mut self, end: i64, out: &mut VecDeque<Output>) -> Result<(), LiveError> {
        self.fill_to(end)?;
        self.release(end, out)?;
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.next = self.open.end;
        self.open.close(out)
    }
}

/// A packet of AAC-LC in which nothing is heard; `None` for more channels than that is known for.
pub(super) fn silence(channels: u16) -> Option<Bytes> {
    Some(Bytes::from_static(match channels {
        1 => &[0x00, 0xc8, 0x00, 0x80, 0x23, 0x80],
        2 => &[0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80],
        3 => &[0x00, 0xc8, 0x00, 0x80, 0x20, 0x84, 0x01, 0x26, 0x40, 0x08, 0x64, 0x00, 0x8e],
        _ => return None,
    }))
}
