//! The whole video, of which every edit is made: its rungs, and what stands in their segments.

use super::ticks;
use crate::{Error, Run};
use blobs::ObjectKey;
use bytes::Bytes;
use cmaf::boxes::BoxHeader;
use cmaf::edit::{Time, times};
use cmaf::{InitSegment, MediaTime, Sample};
use domain::edit::{Keep, Span};
use std::collections::HashMap;
use std::sync::Arc;
use store::edits::{Content, RungContent};
use store::media::Segment;
use tokio::sync::Mutex;

/// The rungs that an edit has.
pub(super) struct Base<'a> {
    rungs: Vec<BaseRung<'a>>,
}

/// One of them.
pub(super) struct BaseRung<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) content: &'a RungContent,
    /// What was read of segments' heads; as many as an edit has borders.
    known: Mutex<HashMap<usize, Arc<Vec<Time>>>>,
}

impl<'a> Base<'a> {
    /// What viewers of the whole video get: a bridge is of no use any more.
    pub(super) fn new(run: &'a Run<'a>, original: &'a Content) -> Self {
        let all = &original.rungs;
        let bridged = |content: &RungContent| {
            let rung = &content.rung;
            rung.bridge
                && all.iter().any(|other| {
                    !other.rung.bridge && other.rung.complete && other.rung.height == rung.height
                })
        };
        let usable = all.iter().filter(|content| {
            let rung = &content.rung;
            rung.complete && rung.init_key.is_some() && !content.segments.is_empty() && !bridged(content)
        });
        Self { rungs: usable.map(|content| BaseRung { run, content, known: Mutex::default() }).collect() }
    }

    pub(super) fn rungs(&self) -> &[BaseRung<'a>] {
        &self.rungs
    }

    /// The largest picture.
    pub(super) fn best(&self) -> Option<&BaseRung<'a>> {
        let size = |rung: &&BaseRung<'_>| {
            let rung = &rung.content.rung;
            (rung.width.unwrap_or(0).saturating_mul(rung.height.unwrap_or(0)), rung.bandwidth)
        };
        self.rungs.iter().filter(|rung| rung.content.rung.kind == "video").max_by_key(size)
    }

    /// The same spans with borders at frames of the largest picture: each at the first frame at or after it. Where a picture stands
    /// still for longer than [`HELD_US`], a border stays within it.
    pub(super) async fn to_frames(&self, keep: Keep, duration: i64) -> Result<Keep, Error> {
        let Some(best) = self.best() else { return Ok(keep) };
        let init = best.init().await?;
        let mut spans = Vec::with_capacity(keep.spans().len());
        for span in keep.spans() {
            let start_us = match span.start_us {
                0 => 0,
                at => best.frame_at(&init, at).await?.unwrap_or(at),
            };
            let end_us = match span.end_us {
                at if at >= duration => duration,
                at => best.frame_at(&init, at).await?.unwrap_or(duration),
            };
            spans.push(Span { start_us, end_us });
        }
        // A span of a still picture may have no frame of its own.
        Ok(Keep::parse(&spans, duration).unwrap_or(keep))
    }
}

impl BaseRung<'_> {
    pub(super) async fn init(&self) -> Result<InitSegment, Error> {
        let key = self.content.rung.init_key.as_deref().unwrap_or_default();
        Ok(InitSegment::parse(self.run.services.blobs.read(&ObjectKey::parse(key)?).await?)?)
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.content.segments
    }

    pub(super) fn segment(&self, index: usize) -> Result<&Segment, Error> {
        self.segments().get(index).ok_or_else(|| Error::Edit("a segment is missing".to_owned()))
    }

    /// The number of the segment that begins last at or before `us`, as its row says.
    pub(super) fn index_at(&self, init: &InitSegment, us: i64) -> usize {
        let at = ticks(us, init.track.timescale);
        self.segments().partition_point(|segment| segment.start <= at).saturating_sub(1)
    }

    /// When the samples of a segment are shown.
    pub(super) async fn times(&self, init: &InitSegment, index: usize) -> Result<Arc<Vec<Time>>, Error> {
        let mut known = self.known.lock().await;
        if let Some(found) = known.get(&index) {
            return Ok(Arc::clone(found));
        }
        let segment = self.segment(index)?;
        let mut found = times(init, &self.head(segment).await?)?;
        for time in &mut found {
            time.decode = time.decode.saturating_add(segment.shift);
            time.shown = time.shown.saturating_add(segment.shift);
        }
        let found = Arc::new(found);
        known.insert(index, Arc::clone(&found));
        Ok(found)
    }

    /// The samples of a segment.
    pub(super) async fn samples(&self, init: &InitSegment, index: usize) -> Result<Vec<Sample>, Error> {
        let segment = self.segment(index)?;
        let bytes = self.run.services.blobs.read(&ObjectKey::parse(segment.key.as_str())?).await?;
        let mut samples = cmaf::edit::samples(init, &bytes)?;
        for sample in &mut samples {
            sample.decode_time = sample.decode_time.saturating_add(segment.shift);
        }
        Ok(samples)
    }

    /// The time in microseconds of the first frame at or after `us`.
    async fn frame_at(&self, init: &InitSegment, us: i64) -> Result<Option<i64>, Error> {
        let near = self.index_at(init, us);
        let from = near.saturating_sub(1);
        for index in from..self.segments().len().min(near.saturating_add(3)) {
            let times = self.times(init, index).await?;
            let shown = times.iter().map(|time| micros(time.shown, init));
            if let Some(first) = shown.filter(|shown| *shown >= us).min() {
                return Ok(Some(if first.saturating_sub(us) <= HELD_US { first } else { us }));
            }
        }
        Ok(None)
    }

    /// The `moof` at the front of a segment.
    async fn head(&self, segment: &Segment) -> Result<Bytes, Error> {
        const USUAL: u64 = 16 << 10;
        const MOST: u64 = 16 << 20;
        let blobs = &self.run.services.blobs;
        let (key, size) = (ObjectKey::parse(segment.key.as_str())?, segment.size.unsigned_abs());
        let head = blobs.read_range(&key, 0..size.min(USUAL)).await?;
        let length = BoxHeader::parse(&head)?.and_then(|header| header.size).unwrap_or(0);
        if length > size.min(MOST) {
            return Err(Error::Edit("a segment is not whole".to_owned()));
        }
        if length > head.len() as u64 {
            return Ok(blobs.read_range(&key, 0..length).await?);
        }
        Ok(head.slice(..usize::try_from(length).unwrap_or(0).min(head.len())))
    }
}

/// A frame that is shown for longer stands still; twelve a second are fewer than a film has.
pub(super) const HELD_US: i64 = 80_000;

/// Ticks of a track in microseconds.
pub(super) fn micros(ticks: i64, init: &InitSegment) -> i64 {
    MediaTime::new(ticks, init.track.timescale).as_micros()
}
