//! Picture and sound together.

use std::collections::VecDeque;

use bytes::Bytes;

use super::picture::{Picture, Step};
use super::sound::{Sound, silence};
use super::{LONG_TARGET_DURATION, LiveError, TARGET_DURATION};
use crate::names::Msn;
use crate::{InitSegment, MediaTime, Segment, TrackKind};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// What is seen.
    Picture,
    /// What is heard.
    Sound,
}

/// What is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A part of the open segment.
    Part {
        /// Of which stream.
        stream: Stream,
        /// The segment it belongs to.
        msn: Msn,
        /// Its number in the segment, from 0.
        part: u32,
        /// EXT-X-PART:DURATION.
        duration: MediaTime,
        /// Whether it holds a keyframe.
        independent: bool,
        /// EXT-X-PROGRAM-DATE-TIME of its segment, microseconds since 1970.
        program_date_time: i64,
        /// `moof` + `mdat`.
        bytes: Bytes,
    },
    /// A segment, after all its parts.
    Segment {
        /// Of which stream.
        stream: Stream,
        /// The same samples as its parts have, as one `moof` + `mdat`.
        segment: Segment,
        /// EXT-X-PROGRAM-DATE-TIME, microseconds since 1970.
        program_date_time: i64,
    },
}

/// Where a broadcast goes on: all zero for a new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resume {
    /// The first segment to come, of both streams.
    pub msn: Msn,
    /// Where the picture ends so far, in ticks.
    pub picture_end: i64,
    /// Where the sound ends so far, in ticks.
    pub sound_end: i64,
    /// Whether there was a segment longer than [`LONGEST_SEGMENT`](super::LONGEST_SEGMENT).
    pub long: bool,
}

/// Makes parts and segments of frames and packets.
///
/// **Times.** The first keyframe of a run (a connection, or what follows a jump in its times) is shown where the run before it
/// ended, so that the timeline has no holes and no player has to be told of a discontinuity. Within a run all times are
/// the encoder's.
///
/// **Segments.** A segment ends at the first keyframe after two seconds, and the sound's where the picture's does, so both have
/// the same MSN for the same time. Sound that lacks is silence.
#[derive(Debug)]
pub struct Packager {
    picture: Picture,
    sound: Option<Sound>,
    out: VecDeque<Output>,
}

impl Packager {
    /// A packager for these tracks.
    ///
    /// # Errors
    /// When the sound has more channels than silence can be written for.
    pub fn new(picture: &InitSegment, sound: Option<&InitSegment>, from: Resume) -> Result<Self, LiveError> {
        let sound = sound.map(|init| {
            let TrackKind::Audio { channels, .. } = init.track.kind else {
                return Err(LiveError::Refused("its sound is a picture"));
            };
            let silence = silence(channels)
                .ok_or(LiveError::Refused("its sound has more than three channels; send stereo"))?;
            Ok(Sound::new(&init.track, from.msn, from.sound_end, silence))
        });
        let mut picture = Picture::new(&picture.track, from.msn, from.picture_end);
        picture.long = from.long;
        Ok(Self { picture, sound: sound.transpose()?, out: VecDeque::new() })
    }

    /// Takes a frame: decode time and composition offset as the encoder tells them, in milliseconds, and the time of its
    /// arrival in microseconds since 1970. Everything before the first keyframe of a run is left out.
    ///
    /// # Errors
    /// When what comes cannot be a broadcast; the run is to be ended then.
    pub fn picture(
        &mut self,
        (decode_ms, offset_ms, key): (i64, i64, bool),
        data: Bytes,
        now: i64,
    ) -> Result<(), LiveError> {
        if self.picture.follows(decode_ms) == Step::Broken {
            self.end_run()?;
        }
        if self.picture.run.is_none() {
            if !key {
                return Ok(());
            }
            let run = self.picture.begin(decode_ms, offset_ms, now);
            if let Some(sound) = &mut self.sound {
                sound.begin(
                    MediaTime::new(run.base, self.picture.open.scale).rescale(sound.open.scale).ticks(),
                    now,
                );
            }
        }
        let border = self.picture.push((decode_ms, offset_ms, key), data, &mut self.out)?;
        let (scale, decided) = (self.picture.open.scale, self.picture.decided());
        let wall = self.picture.open.program_date_time;
        if let Some(sound) = &mut self.sound {
            let on_sound = |ticks| MediaTime::new(ticks, scale).rescale(sound.open.scale).ticks();
            let (border, decided) = (border.map(on_sound), on_sound(decided));
            if let Some(border) = border {
                sound.border(border, wall);
            }
            sound.release(decided, &mut self.out)?;
        }
        Ok(())
    }

    /// Takes a packet of sound with the encoder's time in milliseconds. Without a picture's run there is nothing to hear.
    ///
    /// # Errors
    /// When it waits for its picture too long; the run is to be ended then.
    pub fn sound(&mut self, at_ms: i64, data: Bytes) -> Result<(), LiveError> {
        let (Some(sound), Some(run)) = (&mut self.sound, &self.picture.run) else { return Ok(()) };
        let base = MediaTime::new(run.base, self.picture.open.scale).rescale(sound.open.scale).ticks();
        let since = at_ms.saturating_sub(run.origin_ms()).saturating_mul(1000);
        sound.push(base.saturating_add(sound.open.ticks(since)), data)?;
        let decided =
            MediaTime::new(self.picture.decided(), self.picture.open.scale).rescale(sound.open.scale);
        sound.release(decided.ticks(), &mut self.out)
    }

    /// Ends the run: what has come so far becomes complete, and the next keyframe begins another.
    ///
    /// # Errors
    /// When the last samples cannot be written.
    pub fn end_run(&mut self) -> Result<(), LiveError> {
        self.picture.end_run(&mut self.out)?;
        if let Some(sound) = &mut self.sound {
            let end = MediaTime::new(self.picture.open.end, self.picture.open.scale);
            sound.end_run(end.rescale(sound.open.scale).ticks(), &mut self.out)?;
        }
        Ok(())
    }

    /// EXT-X-TARGETDURATION in seconds. It grows once, when keyframes turn out to be rarer than segments are usually long: that
    /// is known before such a segment is complete.
    #[must_use]
    pub fn target_duration(&self) -> u32 {
        if self.picture.long { LONG_TARGET_DURATION } else { TARGET_DURATION }
    }

    /// What is complete, in order, once.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }
}
