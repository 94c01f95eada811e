//! A picture under an edit: whole segments are used again; of those that a border cuts through, the group of pictures at the border
//! is encoded anew from the rung itself, exact to the frame.

use super::base::{BaseRung, HELD_US, micros};
use super::parts::{Encoded, Part, parts};
use super::{List, Making, NewRung, ticks};
use crate::Error;
use crate::arriving::scratch::Scratch;
use crate::budget::Class;
use cmaf::edit::{in_order, lifted, write};
use cmaf::{Event, Fragment, FragmentReader, InitSegment, Limits, Msn, Sample, h264};
use domain::edit::Span;
use media::child::Running;
use media::encode::Threads;
use media::splice::{Pictures, memory, pictures};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What becomes of a segment that a span touches.
#[derive(Debug)]
enum Item {
    /// It is used again.
    Again { index: usize, shift: i64 },
    /// Some of its frames, from the one that is shown at `first`; from `held` on, when it stood still as the span began.
    Anew { index: usize, shift: i64, first: i64, parts: Vec<Part>, held: Option<i64> },
}

impl Item {
    /// The frames that are encoded for it: the segment, and each run.
    fn encoded(&self) -> impl Iterator<Item = (usize, &Encoded)> {
        let (index, parts) = match self {
            Self::Anew { index, parts, .. } => (*index, parts.as_slice()),
            Self::Again { index, .. } => (*index, &[][..]),
        };
        parts.iter().filter_map(move |part| match part {
            Part::Encoded(run) => Some((index, run)),
            Part::Copied(_) => None,
        })
    }
}

pub(super) async fn cut(making: &Making<'_>, rung: &BaseRung<'_>) -> Result<NewRung, Error> {
    let init = rung.init().await?;
    let mut items = Vec::new();
    for (span, shift) in making.shifts(init.track.timescale) {
        items.extend(of_span(rung, &init, span, shift).await?);
    }
    let end = ticks(making.keep.duration_us(), init.track.timescale);
    let mut list = List::new();
    let row = &rung.content.rung;
    let anew: Vec<_> = items.iter().flat_map(Item::encoded).collect();
    let mut encoder =
        if anew.is_empty() { None } else { Some(Encoder::start(making, rung, &init, &anew).await?) };
    for (position, item) in items.iter().enumerate() {
        match item {
            Item::Again { index, shift } => list.again(rung.segment(*index)?, *shift)?,
            Item::Anew { index, shift, parts, held, .. } => {
                let mut samples = Vec::new();
                for part in parts {
                    match part {
                        Part::Encoded(run) => {
                            let encoder = encoder.as_mut().ok_or(Error::NoInit)?;
                            samples.extend(encoder.next(&run.shown, *shift).await?);
                        }
                        Part::Copied(range) => {
                            let all = rung.samples(&init, *index).await?;
                            let these = all.get(range.clone()).unwrap_or_default();
                            samples.extend(these.iter().map(|sample| moved(sample, *shift)));
                        }
                    }
                }
                if let Some(held) = held {
                    hold(&mut samples, held.saturating_add(*shift))?;
                }
                let next = items.get(position.saturating_add(1));
                let next = next.map(|item| begins(rung, item)).transpose()?.unwrap_or(end);
                let last = samples.iter().map(Sample::presentation_time).max().unwrap_or(0);
                let samples = in_order(samples, next.max(last.saturating_add(1)))?;
                let made = write(Msn(list.next_msn()?), &init.track, &samples)?;
                list.made(making, row, made).await?;
            }
        }
    }
    let init = match encoder {
        Some(encoder) => h264::joined(&init, &encoder.finish().await?)?,
        None => init,
    };
    if list.segments.is_empty() {
        return Err(Error::Edit("no picture would be left".to_owned()));
    }
    list.finish(making, row, init).await
}

/// When an item is decoded first in the result, in ticks.
fn begins(rung: &BaseRung<'_>, item: &Item) -> Result<i64, Error> {
    Ok(match item {
        Item::Again { index, shift } => rung.segment(*index)?.start.saturating_add(*shift),
        Item::Anew { first, shift, held, .. } => held.unwrap_or(*first).saturating_add(*shift),
    })
}

fn moved(sample: &Sample, by: i64) -> Sample {
    Sample { decode_time: sample.decode_time.saturating_add(by), ..sample.clone() }
}

/// Shows the first frame from `at` on.
fn hold(samples: &mut [Sample], at: i64) -> Result<(), Error> {
    let first = samples.iter_mut().min_by_key(|sample| sample.presentation_time()).ok_or(Error::NoInit)?;
    let offset = at.checked_sub(first.decode_time).and_then(|offset| i32::try_from(offset).ok());
    first.composition_offset = offset.ok_or(cmaf::SegmentError::Overflow)?;
    Ok(())
}

/// The frame that stood still when a span began, when the first one in it comes only later: (its segment, its time).
async fn held(
    rung: &BaseRung<'_>,
    init: &InitSegment,
    span: Span,
    near: usize,
) -> Result<Option<(usize, i64)>, Error> {
    let mut last: Option<(usize, i64)> = None;
    for index in near.saturating_sub(1)..rung.segments().len().min(near.saturating_add(2)) {
        for time in rung.times(init, index).await?.iter() {
            let us = micros(time.shown, init);
            if span.start_us <= us && us <= span.start_us.saturating_add(HELD_US) {
                return Ok(None);
            }
            if us < span.start_us && last.is_none_or(|(_, last)| last < time.shown) {
                last = Some((index, time.shown));
            }
        }
    }
    Ok(last)
}

/// What a span keeps. Only segments near its borders are looked into.
async fn of_span(
    rung: &BaseRung<'_>,
    init: &InitSegment,
    span: Span,
    shift: i64,
) -> Result<Vec<Item>, Error> {
    let count = rung.segments().len();
    let (first, last) = (rung.index_at(init, span.start_us), rung.index_at(init, span.end_us));
    let held = held(rung, init, span, first).await?;
    let mut items = Vec::new();
    for index in first.saturating_sub(1)..count.min(last.saturating_add(2)) {
        if index > first.saturating_add(1) && index.saturating_add(1) < last {
            items.push(Item::Again { index, shift });
            continue;
        }
        let times = rung.times(init, index).await?;
        let inside = |us: i64| span.start_us <= us && us < span.end_us;
        let mut shown: Vec<i64> =
            times.iter().map(|time| time.shown).filter(|shown| inside(micros(*shown, init))).collect();
        let still = held.filter(|(segment, _)| *segment == index).map(|(_, shown)| shown);
        shown.extend(still);
        shown.sort_unstable();
        let Some(begins) = shown.first().copied() else { continue };
        let anew = |parts, held| Item::Anew { index, shift, first: begins, parts, held };
        let samples = || rung.samples(init, index);
        if still.is_some() {
            let all = Encoded { shown, samples: 0..times.len() };
            items.push(anew(vec![Part::Encoded(all)], Some(ticks(span.start_us, init.track.timescale))));
            continue;
        }
        let lasts = match index.checked_add(1).filter(|next| *next < count) {
            Some(next) => {
                let next = rung.times(init, next).await?;
                let begins = next.iter().map(|time| time.shown).min().unwrap_or(0);
                micros(begins, init) <= span.end_us
            }
            None => true,
        };
        items.push(if shown.len() == times.len() && lasts {
            Item::Again { index, shift }
        } else {
            anew(parts(&samples().await?, shown), None)
        });
    }
    Ok(items)
}

/// One FFmpeg that encodes every border of a rung in turn.
struct Encoder {
    running: Running,
    pipe: media::child::Output,
    reader: FragmentReader,
    init: Option<InitSegment>,
    /// What was added to the times of each border's segment, in turn.
    later: std::vec::IntoIter<i64>,
    _input: Scratch,
    _room: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Encoder {
    async fn start(
        making: &Making<'_>,
        rung: &BaseRung<'_>,
        init: &InitSegment,
        anew: &[(usize, &Encoded)],
    ) -> Result<Self, Error> {
        let (services, row) = (making.run.services, &rung.content.rung);
        let input = Scratch::new(services, &making.run.job.video_id, &format!("edit-{}", row.name));
        let later = places(rung, init, anew)?;
        write_input(rung, init, anew, &later, &input).await?;
        let runs: Vec<_> = anew
            .iter()
            .zip(&later)
            .filter_map(|((_, run), later)| {
                let (first, last) = (*run.shown.first()?, *run.shown.last()?);
                Some((first.saturating_add(*later), last.saturating_add(*later)))
            })
            .collect();
        let side = |side: Option<i64>| u64::try_from(side.unwrap_or(0)).unwrap_or(0).max(16);
        let pixels = side(row.width).saturating_mul(side(row.height));
        let class = Class::First;
        let job = pictures(&Pictures {
            path: input.path(),
            timescale: init.track.timescale.get(),
            runs: &runs,
            maxrate: u64::try_from(row.bandwidth).unwrap_or(0).max(100_000),
            number: h264::free_number(init)?,
            pixels,
            threads: Threads::for_cores(services.budget.threads),
            nice: class.nice(),
        });
        let room = services.budget.admit(class, memory(pixels)).await;
        let mut running = making.run.tools.spawn(job).await.map_err(Error::Pipe)?;
        let pipe = running.outputs.pop().ok_or(Error::NoInit)?;
        let reader = FragmentReader::new(Limits::default());
        Ok(Self { running, pipe, reader, init: None, later: later.into_iter(), _input: input, _room: room })
    }

    /// The next border's frames, which must be exactly `shown`; moved by `shift`.
    async fn next(&mut self, shown: &[i64], shift: i64) -> Result<Vec<Sample>, Error> {
        let fragment = self.fragment().await?.ok_or(cmaf::ReadError::Truncated("the pictures of an edit"))?;
        let later = self.later.next().unwrap_or(0);
        let mut found: Vec<i64> =
            fragment.samples.iter().map(|sample| sample.presentation_time().saturating_sub(later)).collect();
        found.sort_unstable();
        let begins = fragment.samples.first().is_some_and(Sample::is_sync);
        if found != shown || !begins {
            tracing::error!(?found, ?shown, begins, "an encoder gave other frames than were asked for");
            return Err(Error::Edit("the encoder gave other frames than were asked for".to_owned()));
        }
        let by = shift.saturating_sub(later);
        Ok(fragment.samples.iter().map(|sample| moved(sample, by)).collect())
    }

    async fn fragment(&mut self) -> Result<Option<Fragment>, Error> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            while let Some(event) = self.reader.poll()? {
                match event {
                    Event::Init(init) => self.init = Some(init),
                    Event::Fragment(fragment) => return Ok(Some(fragment)),
                }
            }
            let length = self.pipe.read(&mut buffer).await.map_err(Error::Pipe)?;
            let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
            self.reader.push(bytes);
        }
    }

    /// The init segment of what was encoded, when it ended well.
    async fn finish(mut self) -> Result<InitSegment, Error> {
        let more = self.fragment().await?.is_some();
        self.running.wait().await?;
        if more {
            return Err(Error::Edit("the encoder gave more frames than were asked for".to_owned()));
        }
        self.init.ok_or(Error::NoInit)
    }
}

/// What is added to the times of each segment that is cut through, so that they follow one another: two spans may need the same one.
fn places(rung: &BaseRung<'_>, init: &InitSegment, anew: &[(usize, &Encoded)]) -> Result<Vec<i64>, Error> {
    // Pictures are shown up to some frames after they are decoded.
    let apart = i64::from(init.track.timescale.get()).saturating_mul(2);
    let mut at = ticks(media::encode::OUTPUT_OFFSET_US, init.track.timescale);
    let mut later = Vec::with_capacity(anew.len());
    for (index, _) in anew {
        let segment = rung.segment(*index)?;
        later.push(at.saturating_sub(segment.start));
        at = at.saturating_add(segment.duration).saturating_add(apart);
    }
    Ok(later)
}

/// Writes the segments that are cut through as one file that libavformat reads at its true times.
async fn write_input(
    rung: &BaseRung<'_>,
    init: &InitSegment,
    anew: &[(usize, &Encoded)],
    later: &[i64],
    input: &Scratch,
) -> Result<(), Error> {
    let mut lift = 0_i64;
    for (index, _) in anew {
        for time in rung.times(init, *index).await?.iter() {
            lift = lift.max(time.decode.saturating_sub(time.shown));
        }
    }
    let lift = i32::try_from(lift).map_err(|_| Error::Edit("a picture is out of its time".to_owned()))?;
    let mut file = tokio::fs::File::create(input.path()).await.map_err(Error::Pipe)?;
    file.write_all(&init.bytes).await.map_err(Error::Pipe)?;
    for ((number, (index, run)), later) in (0..).zip(anew).zip(later) {
        let all = rung.samples(init, *index).await?;
        let samples = lifted(all.get(run.samples.clone()).unwrap_or_default(), lift, *later)?;
        let segment = write(Msn(number), &init.track, &samples)?;
        file.write_all(&segment.bytes).await.map_err(Error::Pipe)?;
    }
    file.flush().await.map_err(Error::Pipe)
}
