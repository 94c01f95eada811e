//! An edit: a new list of segments in which most are used again, moved in time, and the few at its borders are made anew. Viewers get
//! it in one transaction, or not at all; then the access generation has moved and nothing of another version opens any more.
//!
//! It is always made of the whole video, never of another edit, and of our own rungs, so the source is not needed. Everything of
//! version `n` that is not a segment used again is below `e{n}/`: what viewers may fetch is told by the front of its name.

mod base;
mod captions;
mod frames;
mod parts;
mod picture;
mod sound;

use crate::{Error, Follow, Run, enqueue, new_job_id};
use base::{Base, BaseRung};
use blobs::{Durability, ObjectKey};
use bytes::Bytes;
use domain::edit::{Keep, Span};
use domain::{AccountId, JobId, Micros, VideoId};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use store::Tx;
use store::edits::{Content, Edit, NewContent, RungContent};
use store::jobs::Outcome;
use store::media::{Rung, Segment};

pub(crate) const KIND: &str = "edit";
/// Rungs that are cut at once.
const AT_ONCE: usize = 3;

/// Enqueues the making of a video's newest edit, in the transaction that asks for it.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_edit(
    tx: &mut Tx,
    job: JobId,
    video: &VideoId,
    account: &AccountId,
    now: Micros,
) -> Result<(), store::Error> {
    let follow = Follow { id: job, kind: KIND, lane: crate::EDIT_LANE, priority: 100 };
    enqueue(tx, &follow, video, account, now).await
}

/// Where the objects of a version are, below their video's folder.
#[must_use]
pub fn folder(version: i64) -> String {
    format!("e{version}")
}

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let (services, job) = (run.services, run.job);
    loop {
        let newest = services.store.edits(&job.video_id).await?.into_iter().next();
        if let Some(edit) = newest.filter(|edit| edit.state == "pending") {
            make(run, &edit).await?;
        }
        frames::storyboard(run).await?;
        let (fence, now) = (job.fence(), services.clock.now());
        let mut tx = services.store.fenced(&fence).await?;
        // Somebody may have saved another one meanwhile, whose job is this one.
        if tx.pending_edit(&job.video_id).await?.is_some() {
            continue;
        }
        tx.finish_job(&fence, Outcome::Done, now).await?;
        tx.commit().await?;
        services.changed(&job.video_id, &job.account_id);
        return Ok(());
    }
}

/// The newest version will not be made: what viewers have stays.
pub(crate) async fn give_up(tx: &mut Tx, video: &VideoId) -> Result<(), store::Error> {
    if let Some(edit) = tx.pending_edit(video).await? {
        tx.set_edit_state(video, edit.version, "failed").await?;
    }
    Ok(())
}

/// One version in the making.
pub(super) struct Making<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) version: i64,
    pub(super) keep: Keep,
}

/// A rung of the new list.
pub(super) struct NewRung {
    pub(super) content: RungContent,
    /// Bytes of the segments that were made for it.
    pub(super) own_bytes: i64,
}

async fn make(run: &Run<'_>, edit: &Edit) -> Result<(), Error> {
    let (services, job) = (run.services, run.job);
    let original = match services.store.original(&job.video_id).await? {
        Some(original) => original,
        None => services.store.content(&job.video_id).await?.ok_or(store::Error::LeaseLost)?,
    };
    let duration = original.duration.unwrap_or(0);
    let keep = Keep::parse(&edit.spans()?, duration).map_err(|error| Error::Edit(error.to_string()))?;
    let whole = keep.is_whole(duration);
    let base = Base::new(run, &original);
    let keep = if whole { keep } else { base.to_frames(keep, duration).await? };
    let making = Making { run, version: edit.version, keep };
    let (mut content, own_bytes) =
        if whole { (original.clone(), 0) } else { making.content(&base, &original).await? };
    if !whole || edit.poster_at.is_some() {
        let at = edit.poster_at.filter(|at| making.keep.to_edited(*at).is_some());
        let poster = frames::poster(&making, &base, at).await?;
        let folder = if whole { String::new() } else { format!("{}/", folder(edit.version)) };
        content.poster = match poster {
            Some(jpeg) => {
                let name = format!("{folder}poster-{}.jpg", cmaf::ContentHash::of(&jpeg));
                Some(making.put(&name, jpeg).await?)
            }
            None => content.poster.filter(|_| whole),
        };
    }
    show(&making, whole, &content, &original, own_bytes).await
}

/// Exchanges what viewers get.
async fn show(
    making: &Making<'_>,
    whole: bool,
    content: &Content,
    original: &Content,
    own_bytes: i64,
) -> Result<(), Error> {
    let (services, job) = (making.run.services, making.run.job);
    let before = making.run.video().await?.edit;
    let mut tx = services.store.fenced(&job.fence()).await?;
    // A newer one is on its way; this one is history before it was shown.
    if tx.pending_edit(&job.video_id).await?.is_none_or(|edit| edit.version != making.version) {
        return Ok(());
    }
    let new = NewContent {
        version: making.version,
        whole,
        keep: making.keep.spans(),
        content,
        original,
        own_bytes,
    };
    tx.show_content(&job.video_id, &new).await?;
    tx.note_added(&job.fence()).await?;
    tx.commit().await?;
    tracing::info!(video = %job.video_id, version = making.version, "an edit is shown");
    services.changed(&job.video_id, &job.account_id);
    if before != 0 && before != making.version {
        let gone = ObjectKey::parse(format!("videos/{}/{}", job.video_id, folder(before)))?;
        if let Err(error) = services.blobs.delete_all(&gone).await {
            tracing::warn!(%error, "could not remove an earlier edit; the sweeper does");
        }
    }
    Ok(())
}

impl Making<'_> {
    /// Every rung of the result.
    async fn content(&self, base: &Base<'_>, original: &Content) -> Result<(Content, i64), Error> {
        let mut rungs = Vec::new();
        let mut own_bytes = 0_i64;
        let mut cuts = Vec::new();
        for rung in base.rungs() {
            cuts.push(self.rung(rung));
        }
        // Starting an FFmpeg and looking ahead leave the processors idle for a good part.
        let mut cuts = stream::iter(cuts).buffered(AT_ONCE);
        while let Some(made) = cuts.try_next().await? {
            own_bytes = own_bytes.saturating_add(made.own_bytes);
            rungs.push(made.content);
        }
        let content = Content {
            duration: Some(self.keep.duration_us()),
            poster: None,
            storyboard: None,
            captions: captions::cut(self, &original.captions).await?,
            rungs,
        };
        Ok((content, own_bytes))
    }

    fn rung<'b>(&'b self, rung: &'b BaseRung<'_>) -> BoxFuture<'b, Result<NewRung, Error>> {
        match rung.content.rung.kind.as_str() {
            "audio" => sound::cut(self, rung).boxed(),
            _ => picture::cut(self, rung).boxed(),
        }
    }

    /// Puts an object of this video, on the disk for good: the video says `ready` already. Answers its key.
    async fn put(&self, name: &str, bytes: Bytes) -> Result<String, Error> {
        let key = ObjectKey::parse(format!("videos/{}/{name}", self.run.job.video_id))?;
        self.run.services.blobs.put(&key, bytes, Durability::Synced).await?;
        Ok(key.as_str().to_owned())
    }

    /// The spans in ticks: each with what is added to the times in it.
    fn shifts(&self, timescale: cmaf::Timescale) -> Vec<(Span, i64)> {
        self.keep
            .placed()
            .map(|(at, span)| (span, ticks(at.saturating_sub(span.start_us), timescale)))
            .collect()
    }
}

/// Microseconds in ticks.
pub(super) fn ticks(us: i64, timescale: cmaf::Timescale) -> i64 {
    cmaf::MediaTime::from_micros(us).rescale(timescale).ticks()
}

/// A list of segments in the making, numbered as they come.
pub(super) struct List {
    pub(super) segments: Vec<Segment>,
    pub(super) own_bytes: i64,
}

impl List {
    pub(super) fn new() -> Self {
        Self { segments: Vec::new(), own_bytes: 0 }
    }

    pub(super) fn next_msn(&self) -> Result<u32, Error> {
        u32::try_from(self.segments.len()).map_err(|_| Error::Edit("too many segments".to_owned()))
    }

    /// A segment of the whole video, moved.
    pub(super) fn again(&mut self, segment: &Segment, shift: i64) -> Result<(), Error> {
        let msn = i64::from(self.next_msn()?);
        let shift = shift.saturating_add(segment.shift);
        let start = segment.start.saturating_add(shift);
        self.segments.push(Segment { epoch: 0, msn, start, shift, ..segment.clone() });
        Ok(())
    }

    /// One that was made for this version.
    pub(super) async fn made(
        &mut self,
        making: &Making<'_>,
        rung: &Rung,
        made: cmaf::Segment,
    ) -> Result<(), Error> {
        let hash = cmaf::ContentHash::of(&made.bytes);
        let file = cmaf::names::segment_file(cmaf::Epoch(0), made.msn, hash);
        let size = i64::try_from(made.bytes.len()).unwrap_or(i64::MAX);
        let name = format!("{}/{}/{file}", folder(making.version), rung.name);
        let key = making.put(&name, made.bytes).await?;
        self.own_bytes = self.own_bytes.saturating_add(size);
        self.segments.push(Segment {
            epoch: 0,
            msn: i64::from(made.msn.0),
            start: made.start.ticks(),
            duration: made.duration.ticks(),
            size,
            key,
            shift: 0,
        });
        Ok(())
    }

    /// The rung with this list and its init segment.
    pub(super) async fn finish(
        self,
        making: &Making<'_>,
        rung: &Rung,
        init: cmaf::InitSegment,
    ) -> Result<NewRung, Error> {
        let hash = cmaf::ContentHash::of(&init.bytes);
        let file = cmaf::names::init_file(cmaf::Epoch(0), hash);
        let name = format!("{}/{}/{file}", folder(making.version), rung.name);
        let init_key = Some(making.put(&name, init.bytes).await?);
        let (bytes, length) = self.segments.iter().fold((0_i64, 0_i64), |(bytes, length), segment| {
            (bytes.saturating_add(segment.size), length.saturating_add(segment.duration))
        });
        let average =
            i128::from(bytes) * 8 * i128::from(init.track.timescale.get()) / i128::from(length.max(1));
        let rung = Rung {
            init_key,
            codec: Some(init.track.codec),
            average_bandwidth: i64::try_from(average).ok(),
            ..rung.clone()
        };
        Ok(NewRung { content: RungContent { rung, segments: self.segments }, own_bytes: self.own_bytes })
    }
}

/// A job identifier for whoever asks for an edit.
///
/// # Errors
/// When the system gives no random bytes.
pub fn edit_job_id() -> std::io::Result<JobId> {
    new_job_id().map_err(std::io::Error::other)
}
