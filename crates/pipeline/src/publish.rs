//! Publishing: object first, row second, under the fence. What a lost lease left behind is removed or swept.

use crate::prepared::Prepared;
use crate::{Error, Follow, PICTURE_LANE, Run, Services, enqueue, new_job_id, poster, storyboard};
use blobs::{Durability, ObjectKey};
use bus::Event;
use bytes::Bytes;
use cmaf::names::{ContentHash, Epoch, RungName, init_key, segment_key};
use cmaf::{InitSegment, Segment};
use domain::{AccountId, VideoId};
use jobs::Attempt;
use media::captions::Captions;
use store::media::InitFacts;
use store::tracks::Caption;

/// Publishes the tracks of one attempt at one video.
#[derive(Debug)]
pub(crate) struct Publisher<'a> {
    services: &'a Services,
    video: VideoId,
    owner: AccountId,
    attempt: &'a Attempt,
    /// The video is playable when this many rungs have a segment.
    first_stage: i64,
    duration_us: i64,
    /// Whether a poster follows when it plays.
    makes_poster: bool,
    makes_storyboard: bool,
}

impl<'a> Publisher<'a> {
    /// Publishes for one attempt.
    pub(crate) fn new(run: &Run<'a>, prepared: &Prepared) -> Self {
        Self {
            services: run.services,
            video: run.job.video_id.clone(),
            owner: run.job.account_id.clone(),
            attempt: run.attempt,
            first_stage: i64::try_from(prepared.plan.stage(1).count()).unwrap_or(i64::MAX),
            duration_us: prepared.probe.duration_us.max(1),
            // A picture's frame may be one that is still to come.
            makes_poster: !prepared.arriving,
            makes_storyboard: storyboard::after(prepared).is_none(),
        }
    }

    /// Publishes pictures of a video that was never encoded.
    pub(crate) fn of_pictures(run: &Run<'a>) -> Self {
        Self {
            services: run.services,
            video: run.job.video_id.clone(),
            owner: run.job.account_id.clone(),
            attempt: run.attempt,
            first_stage: 0,
            duration_us: 1,
            makes_poster: false,
            makes_storyboard: false,
        }
    }

    /// Publishes a rung's init segment.
    pub(crate) async fn init(&self, rung: &RungName, epoch: Epoch, init: InitSegment) -> Result<(), Error> {
        let key = self.key(&init_key(rung, epoch, ContentHash::of(&init.bytes)))?;
        self.put(&key, init.bytes).await?;
        let facts = InitFacts {
            codec: &init.track.codec,
            timescale: i64::from(init.track.timescale.get()),
            key: key.as_str(),
        };
        let mut tx = self.services.store.fenced(&self.attempt.fence).await?;
        let fits = tx.set_init(&self.video, rung.as_str(), &facts).await?;
        tx.commit().await?;
        if fits { Ok(()) } else { Err(Error::InitChanged(rung.clone())) }
    }

    /// Publishes segments of a rung; they can be seen when this returns. `target` is the target duration in seconds that the
    /// playlists need for them at least, where that was announced too early.
    pub(crate) async fn segments(
        &self,
        rung: &RungName,
        epoch: Epoch,
        segments: Vec<Segment>,
        target: Option<u32>,
    ) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(segments.len());
        let mut end = 0;
        for segment in segments {
            let key = self.key(&segment_key(rung, epoch, segment.msn, ContentHash::of(&segment.bytes)))?;
            end = end.max(segment.end().as_micros());
            rows.push(store::media::Segment {
                epoch: i64::from(epoch.0),
                msn: i64::from(segment.msn.0),
                start: segment.start.ticks(),
                duration: segment.duration.ticks(),
                size: i64::try_from(segment.bytes.len()).unwrap_or(i64::MAX),
                key: key.as_str().to_owned(),
                shift: 0,
            });
            self.put(&key, segment.bytes).await?;
        }
        let mut tx = self.services.store.fenced(&self.attempt.fence).await?;
        for row in &rows {
            tx.insert_segment(&self.video, rung.as_str(), row).await?;
        }
        if let Some(seconds) = target {
            tx.raise_target_duration(&self.video, i64::from(seconds)).await?;
        }
        tx.note_added(&self.attempt.fence).await?;
        let now = self.services.clock.now();
        let playable_now = tx.update_playable(&self.video, self.first_stage, now).await?;
        if playable_now && self.makes_poster {
            // The pictures that move come before the one that does not.
            let poster = Follow { id: new_job_id()?, kind: poster::KIND, lane: PICTURE_LANE, priority: 50 };
            enqueue(&mut tx, &poster, &self.video, &self.owner, now).await?;
            if self.makes_storyboard {
                enqueue(&mut tx, &storyboard::follow()?, &self.video, &self.owner, now).await?;
            }
        }
        tx.commit().await?;
        self.attempt.set_progress(end.saturating_mul(1000) / self.duration_us);
        metrics::counter!("vitascope_segments_total").increment(rows.len() as u64);
        if playable_now {
            tracing::info!(video = %self.video, "playable");
            self.services.bus.publish(Event::JobsWaiting);
        }
        self.changed();
        Ok(())
    }

    /// Publishes the poster.
    pub(crate) async fn poster(&self, jpeg: Bytes) -> Result<(), Error> {
        let key = self.key(&format!("poster-{}.jpg", ContentHash::of(&jpeg)))?;
        self.put(&key, jpeg).await?;
        let mut tx = self.services.store.fenced(&self.attempt.fence).await?;
        tx.set_poster(&self.video, key.as_str()).await?;
        tx.commit().await?;
        self.changed();
        Ok(())
    }

    /// Publishes the storyboard.
    pub(crate) async fn storyboard(&self, made: media::storyboard::Storyboard) -> Result<(), Error> {
        let folder = format!("videos/{}", self.video);
        // It can be made again, so it need not reach the disk before it is shown.
        let row = put_storyboard(self.services, &folder, Durability::Cached, made).await?;
        let mut tx = self.services.store.fenced(&self.attempt.fence).await?;
        tx.set_storyboard(&self.video, &row).await?;
        tx.commit().await?;
        self.changed();
        Ok(())
    }

    /// Publishes captions.
    pub(crate) async fn captions(&self, tracks: Vec<Captions>) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(tracks.len());
        for (position, track) in (0..).zip(tracks) {
            let bytes = Bytes::from(track.text);
            let key = self.key(&format!("captions/{}-{}.vtt", track.lang, ContentHash::of(&bytes)))?;
            self.put(&key, bytes).await?;
            rows.push(Caption {
                lang: track.lang,
                label: track.label,
                position,
                key: key.as_str().to_owned(),
            });
        }
        let mut tx = self.services.store.fenced(&self.attempt.fence).await?;
        for row in &rows {
            tx.put_caption(&self.video, row).await?;
        }
        tx.commit().await?;
        self.changed();
        Ok(())
    }

    /// Tells whoever looks at the video.
    fn changed(&self) {
        self.services.changed(&self.video, &self.owner);
    }

    /// A segment can be made again from the source, so it need not reach the disk before it is shown.
    async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), Error> {
        Ok(self.services.blobs.put(key, bytes, Durability::Cached).await?)
    }

    fn key(&self, name: &str) -> Result<ObjectKey, Error> {
        Ok(ObjectKey::parse(format!("videos/{}/{name}", self.video))?)
    }
}

/// Puts a storyboard's sheets into a folder of the store; what its row says.
pub(crate) async fn put_storyboard(
    services: &Services,
    folder: &str,
    durability: Durability,
    made: media::storyboard::Storyboard,
) -> Result<store::tracks::Storyboard, Error> {
    let mut sheets = Vec::with_capacity(made.sheets.len());
    for (number, jpeg) in made.sheets.into_iter().enumerate() {
        let key = ObjectKey::parse(format!("{folder}/storyboard-{number}-{}.jpg", ContentHash::of(&jpeg)))?;
        services.blobs.put(&key, jpeg, durability).await?;
        sheets.push(key.as_str().to_owned());
    }
    Ok(store::tracks::Storyboard {
        tile_width: made.tile.width,
        tile_height: made.tile.height,
        columns: media::storyboard::GRID,
        rows: media::storyboard::GRID,
        starts: made.starts,
        sheets,
    })
}
