//! The engine that cuts one track's fragments into segments at known borders.

use crate::names::Msn;
use crate::{Fragment, MediaTime, Sample, Segment, SegmentError, Timescale, Track, TrackKind};

/// How a [`Segmenter`] cuts. All times are microseconds on the timeline that begins at zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmenterConfig {
    /// Presentation times at which segments begin, strictly ascending, at least one. The first one opens the first
    /// segment whatever its first sample's time. When an interrupted rung goes on, the borders from there on.
    pub borders: Vec<i64>,
    /// Number of the first segment. Default 0.
    pub first_msn: Msn,
    /// What FFmpeg was told to add to all times (`-output_ts_offset`), taken off again. Default 10 s.
    pub output_offset: i64,
    /// Packets of sound that are shown before this are dropped: encoder priming has negative times. Frames of a
    /// picture are never dropped, others depend on them. Default 0.
    pub drop_sound_before: i64,
    /// How much before its border a keyframe may lie and still open the segment, since borders are rounded and
    /// containers round, too. Keep it under half a frame. Sound has no tolerance: any packet can start a segment, so
    /// the first at or after the border does. Default 1 ms.
    pub tolerance: i64,
    /// Most coded bytes in one segment; they are held in memory, once more while the segment is written.
    /// Default 256 MiB.
    pub max_segment_bytes: u32,
    /// Most samples in one segment, about 60 bytes of memory each. Default 2^18.
    pub max_segment_samples: u32,
}

impl SegmenterConfig {
    /// The defaults with these borders.
    pub fn new(borders: Vec<i64>) -> Self {
        Self {
            borders,
            first_msn: Msn(0),
            output_offset: 10_000_000,
            drop_sound_before: 0,
            tolerance: 1_000,
            max_segment_bytes: 256 << 20,
            max_segment_samples: 1 << 18,
        }
    }
}

/// Cuts the fragments of one track into [`Segment`]s.
///
/// **Where it cuts.** Video: at the first sync sample whose presentation time is at or after the next border less the
/// tolerance. Sound: at the first sample at or after the next border. When a sample passes several borders at once
/// it makes one cut, and the segment belongs to the last of them.
///
/// **Numbers.** MSNs run without holes per rung, as HLS wants it. Rungs with keyframes at every border therefore have
/// the same MSN for the same time. A rung that lacks some (a copied one with longer GOPs, a sound with a hole) has
/// longer segments and from there on smaller numbers; [`Segment::border`] tells the time in all cases.
///
/// **Last samples.** A muxer guesses a fragment's last duration when it does not know the next packet: FFmpeg at the
/// end of a stream, other versions and flags anywhere, and the guess is wrong for variable frame rates. Every duration here is the distance to the next sample, so the last sample waits for the next fragment, and a
/// segment comes out when the fragment *after* it begins. [`finish`](Self::finish) gives the very last one.
///
/// After an error the segmenter is of no more use; what it gave before stays right.
#[derive(Debug)]
pub struct Segmenter {
    track_id: u32,
    timescale: Timescale,
    rule: Rule,
    /// Ticks that are taken off every time.
    offset: i64,
    limits: (u64, u64),
    borders: std::iter::Peekable<std::vec::IntoIter<i64>>,
    next_msn: Msn,
    /// The border that opened the segment being gathered.
    border: i64,
    /// The segment being gathered, without `held`.
    samples: Vec<Sample>,
    sample_bytes: u64,
    /// The newest sample, whose duration is not sure yet.
    held: Option<Sample>,
}

/// What may open a segment, and what is left out.
#[derive(Debug, Clone, Copy)]
enum Rule {
    Video { tolerance: i64 },
    Audio { drop_before: i64 },
}

impl Segmenter {
    /// A segmenter for one track of one rung.
    ///
    /// # Errors
    /// [`SegmentError::Borders`] when there are none or they do not ascend.
    pub fn new(track: &Track, config: SegmenterConfig) -> Result<Self, SegmentError> {
        let first = config.borders.first().copied().ok_or(SegmentError::Borders)?;
        if !config.borders.is_sorted_by(|a, b| a < b) {
            return Err(SegmentError::Borders);
        }
        let rule = match track.kind {
            TrackKind::Video { .. } => Rule::Video { tolerance: config.tolerance },
            TrackKind::Audio { .. } => Rule::Audio { drop_before: config.drop_sound_before },
        };
        let mut borders = config.borders.into_iter().peekable();
        borders.next();
        Ok(Self {
            track_id: track.id,
            timescale: track.timescale,
            rule,
            offset: MediaTime::from_micros(config.output_offset).rescale(track.timescale).ticks(),
            limits: (u64::from(config.max_segment_bytes), u64::from(config.max_segment_samples)),
            borders,
            next_msn: config.first_msn,
            border: first,
            samples: Vec::new(),
            sample_bytes: 0,
            held: None,
        })
    }

    /// Takes the next fragment and gives the segments that are complete by it, mostly none or one.
    ///
    /// # Errors
    /// When decode times go back or too far forward, before zero, or a segment grows over its limits.
    pub fn push(&mut self, fragment: Fragment) -> Result<Vec<Segment>, SegmentError> {
        let mut complete = Vec::new();
        for mut sample in fragment.samples {
            sample.decode_time = sample.decode_time.checked_sub(self.offset).ok_or(SegmentError::Overflow)?;
            if let Some(held) = self.held.take() {
                let duration = distance(held.decode_time, sample.decode_time)?;
                complete.extend(self.accept(Sample { duration, ..held })?);
            }
            self.held = Some(sample);
        }
        Ok(complete)
    }

    /// Ends the stream and gives what is left: the last segment, rarely one more before it.
    ///
    /// `end`, in microseconds, is where the last sample ends, when the caller knows better than the muxer: the
    /// border at which another range of the same rung goes on, or the source's duration. It replaces the guessed
    /// duration of the last sample, down to one tick; it makes the last segment as long as it says.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn finish(mut self, end: Option<i64>) -> Result<Vec<Segment>, SegmentError> {
        let mut complete = Vec::new();
        if let Some(held) = self.held.take() {
            let duration = match end {
                None => held.duration,
                Some(end) => {
                    let end = MediaTime::from_micros(end).rescale(self.timescale).ticks();
                    distance(held.decode_time, end.max(held.decode_time.saturating_add(1)))?
                }
            };
            complete.extend(self.accept(Sample { duration, ..held })?);
        }
        if !self.samples.is_empty() {
            complete.push(self.close()?);
        }
        Ok(complete)
    }

    /// Adds a sample whose duration is known, and gives the segment that it ends.
    fn accept(&mut self, sample: Sample) -> Result<Option<Segment>, SegmentError> {
        let shown = MediaTime::new(sample.presentation_time(), self.timescale);
        if let Rule::Audio { drop_before } = self.rule
            && !shown.reached(i128::from(drop_before))
        {
            return Ok(None);
        }
        let complete = match self.pass_borders(&sample, shown) {
            None => None,
            Some(border) => {
                let complete = (!self.samples.is_empty()).then(|| self.close()).transpose()?;
                self.border = border;
                complete
            }
        };
        self.sample_bytes = self.sample_bytes.saturating_add(sample.data.len() as u64);
        self.samples.push(sample);
        let (bytes, samples) = (self.sample_bytes, self.samples.len() as u64);
        if bytes > self.limits.0 || samples > self.limits.1 {
            return Err(SegmentError::SegmentTooLarge { bytes, samples });
        }
        Ok(complete)
    }

    /// The last of the borders that this sample passes, if it may and does pass any.
    fn pass_borders(&mut self, sample: &Sample, shown: MediaTime) -> Option<i64> {
        let tolerance = match self.rule {
            Rule::Video { .. } if !sample.is_sync() => return None,
            Rule::Video { tolerance } => tolerance,
            Rule::Audio { .. } => 0,
        };
        let mut passed = None;
        while let Some(border) =
            self.borders.next_if(|&border| shown.reached(i128::from(border) - i128::from(tolerance)))
        {
            passed = Some(border);
        }
        passed
    }

    fn close(&mut self) -> Result<Segment, SegmentError> {
        let samples = std::mem::take(&mut self.samples);
        self.sample_bytes = 0;
        let msn = self.next_msn;
        self.next_msn = msn.next().ok_or(SegmentError::Overflow)?;
        Segment::write(msn, self.border, self.track_id, self.timescale, &samples)
    }
}

/// The duration of a sample at `previous` when the next one is at `next`.
fn distance(previous: i64, next: i64) -> Result<u32, SegmentError> {
    if next < previous {
        return Err(SegmentError::Backwards { previous, got: next });
    }
    let ticks = next.checked_sub(previous).and_then(|ticks| u32::try_from(ticks).ok());
    ticks.ok_or(SegmentError::Jump { previous, got: next })
}
