//! The parts of a source that are here, and waiting for those that are not.

use super::Ended;
use super::front::Front;
use crate::{Error, Services, source};
use bus::{Event, Hint, Subscription};
use bytes::{Bytes, BytesMut};
use domain::{State, VideoId};
use std::ops::Range;
use std::time::Duration;
use store::videos::Video;
use tokio::time::Instant;

/// What is known of a source's parts; asks the catalogue again when it needs more.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    services: &'a Services,
    video: VideoId,
    part_size: u64,
    /// Of the whole source, where the sender said it.
    size: Option<u64>,
    here: Front,
    /// How many there are, once the upload is complete.
    count: Option<i64>,
    hints: Subscription,
    news_at: Instant,
}

/// Where a byte of the source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Located {
    /// In this part, at this place, and `left` bytes from there to its end.
    Here { number: i64, within: u64, left: u64 },
    /// In this part, which is not here.
    Missing(i64),
    /// Behind the last one.
    End,
}

impl<'a> Parts<'a> {
    pub(super) async fn of(services: &'a Services, video: &Video) -> Result<Self, Error> {
        let mut parts = Self {
            services,
            video: video.id.clone(),
            part_size: u64::try_from(video.part_size).unwrap_or(1).max(1),
            size: video.size.and_then(|size| u64::try_from(size).ok()),
            here: Front::default(),
            count: video.part_count,
            hints: services.bus.subscribe(),
            news_at: Instant::now(),
        };
        parts.refresh().await?;
        Ok(parts)
    }

    /// Bytes of the whole source.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Parts that were seen.
    pub(super) fn count(&self) -> usize {
        self.here.count()
    }

    /// Whether every part of a source of known size is here: it will be complete in a moment.
    pub(super) fn all_here(&self) -> bool {
        self.size.is_some_and(|size| self.here.bytes() >= size)
    }

    /// The first part that is not here.
    pub(super) fn first_missing(&self) -> i64 {
        self.here.first_missing()
    }

    /// The parts from the first one on without a hole, and their bytes, up to about `most` bytes.
    pub(super) fn front(&self, most: u64) -> (i64, u64) {
        self.here.up_to(most)
    }

    pub(super) fn locate(&self, offset: u64) -> Located {
        let (number, start) = match self.size {
            Some(size) if offset >= size => return Located::End,
            Some(_) => (
                i64::try_from(offset / self.part_size).unwrap_or(i64::MAX - 1) + 1,
                offset / self.part_size * self.part_size,
            ),
            // A recording's parts have any size.
            None => self.here.part_at(offset),
        };
        match self.here.size_of(number) {
            Some(size) => {
                let within = offset.saturating_sub(start);
                Located::Here { number, within, left: size.saturating_sub(within) }
            }
            None if self.count.is_some_and(|count| number > count) => Located::End,
            None => Located::Missing(number),
        }
    }

    /// Up to `most` bytes at `offset`, from one part.
    pub(super) async fn piece(&self, number: i64, within: u64, most: u64) -> Result<Bytes, Error> {
        let key = source::part_key(&self.video, number)?;
        Ok(self.services.blobs.read_range(&key, within..within.saturating_add(most)).await?)
    }

    /// The bytes of `range`, or the number of the first part of it that is not here. Shorter at the end of the source.
    pub(super) async fn read(&mut self, range: Range<u64>) -> Result<Result<Bytes, i64>, Error> {
        let mut bytes = BytesMut::new();
        let mut at = range.start;
        while at < range.end {
            match self.locate(at) {
                Located::Missing(number) => return Ok(Err(number)),
                Located::End => break,
                Located::Here { number, within, left } => {
                    let piece = self.piece(number, within, left.min(range.end - at)).await?;
                    if piece.is_empty() {
                        break;
                    }
                    at = at.saturating_add(piece.len() as u64);
                    bytes.extend_from_slice(&piece);
                }
            }
        }
        Ok(Ok(bytes.freeze()))
    }

    /// Waits for part `number`; `false` when nothing at all came for as long as a worker waits.
    pub(super) async fn wait_for(&mut self, number: i64) -> Result<bool, Error> {
        loop {
            self.refresh().await?;
            if self.here.size_of(number).is_some() || self.count.is_some_and(|count| number > count) {
                return Ok(true);
            }
            if !self.news().await {
                return Ok(false);
            }
        }
    }

    /// Waits until the sender completes the upload, for as long as a worker waits.
    pub(super) async fn wait_for_the_end(&mut self) -> Result<Ended, Error> {
        loop {
            self.refresh().await?;
            if self.count.is_some() {
                return Ok(Ended::Made);
            }
            if !self.news().await {
                return Ok(Ended::Idle);
            }
        }
    }

    async fn refresh(&mut self) -> Result<(), Error> {
        // The state first: what is complete has all of its parts.
        let listed = self.services.store.video(&self.video).await?.ok_or(store::Error::LeaseLost)?;
        if listed.video.state != State::Uploading {
            self.count = listed.video.part_count;
        }
        let before = self.count();
        let mut after = self.here.first_missing() - 1;
        loop {
            let parts = self.services.store.parts_after(&self.video, after, PAGE).await?;
            let Some(last) = parts.last().map(|part| part.number) else { break };
            after = last;
            for part in parts {
                self.here.add(part.number, u64::try_from(part.size).unwrap_or(0));
            }
        }
        if self.count() != before {
            self.news_at = Instant::now();
        }
        Ok(())
    }

    /// Waits until there may be something new; `false` when there was nothing for too long.
    async fn news(&mut self) -> bool {
        let idle_at = self.news_at + self.services.arriving_idle;
        if Instant::now() >= idle_at {
            return false;
        }
        // A hint that was missed costs no more than a look.
        let look_at = idle_at.min(Instant::now() + LOOK_EVERY);
        tokio::select! {
            () = change_of(&mut self.hints, &self.video) => {}
            () = tokio::time::sleep_until(look_at) => {}
        }
        true
    }
}

async fn change_of(hints: &mut Subscription, wanted: &VideoId) {
    loop {
        match hints.next().await {
            Some(Hint::Event(Event::VideoChanged { video, .. } | Event::VideoDeleted { video, .. }))
                if video == *wanted =>
            {
                return;
            }
            Some(Hint::Missed) => return,
            Some(Hint::Event(_)) => {}
            None => std::future::pending().await,
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Parts that are asked for at once.
const PAGE: i64 = 5_000;
