//! What happens to a source: sniff → probe → plan → encode → package → publish, as jobs that survive a restart.
//!
//! - `arriving`: plays a source while its parts come in, before `first` goes on with it.
//! - `first`: assembles the source, decides what becomes of it, makes the first rung and the sound; then the video plays.
//! - `poster`: one picture.
//! - `captions`: the source's subtitles as WebVTT.
//! - `storyboard`: small pictures for scrubbing.
//! - `edit`: what viewers get of a finished video, exchanged for another list of segments.
//! - `ladder`: a stage of further rungs, and after it the next; an interrupted one goes on at its last published segment.
//!
//! FFmpeg's command lines are in `media`, boxes and playlists in `cmaf`, the queue in `jobs`. Start from [`Pipeline`].

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod arriving;
mod broadcast;
mod budget;
mod captions;
mod edit;
mod encode;
mod ending;
mod error;
mod first;
mod ladder;
mod poster;
mod prepared;
mod publish;
mod sound;
mod source;
mod storyboard;
mod track;

use blobs::LocalFolder;
use budget::Budget;
use bus::{Bus, Event};
use domain::{AccountId, JobId, Micros, VideoId};
use error::Error;
use jobs::{Attempt, ClockDebug, Handler, Interrupted};
use media::child::Tools;
use media::plan::LadderConfig;
use media::probe::SourceLimits;
use prepared::{Prepared, PreparedCache};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::jobs::{Job, NewJob, Outcome};
use store::videos::Video;
use store::{Store, Tx};
use tokio::sync::Mutex;

pub use arriving::part_arrived;
pub use broadcast::enqueue_broadcast_pictures;
pub use budget::MediaBudget;
pub use edit::{edit_job_id, enqueue_edit, folder as edit_folder};
pub use source::{FOLDERS, part_key, remove_objects};

/// The lane of sources that still arrive: each waits for its sender most of the time.
pub const ARRIVING_LANE: &str = "arriving";
/// The lane of first rungs: short, and somebody waits for each.
pub const FIRST_LANE: &str = "first";
/// The lane of posters and storyboards: they wait for no encode, and no encode for them.
pub const PICTURE_LANE: &str = "picture";
/// The lane of edits: short, and their owners wait for them.
pub const EDIT_LANE: &str = "edit";
/// The lane of further rungs.
pub const LADDER_LANE: &str = "ladder";

/// Attempts without result after which a job has failed.
const MAX_FAILURES: i64 = 3;

/// What the pipeline works with.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) blobs: LocalFolder,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn ClockDebug>,
    pub(crate) ladder: LadderConfig,
    pub(crate) limits: SourceLimits,
    pub(crate) budget: Arc<Budget>,
    pub(crate) arriving_idle: Duration,
    pub(crate) scratch: PathBuf,
    pub(crate) joining: Arc<Mutex<()>>,
    pub(crate) prepared: Arc<PreparedCache>,
}

/// What [`Pipeline::new`] puts together.
#[derive(Debug)]
pub struct Parts {
    /// The catalogue.
    pub store: Store,
    /// Sources and segments.
    pub blobs: LocalFolder,
    /// Hears of every change.
    pub bus: Bus,
    /// Tells the time.
    pub clock: Arc<dyn ClockDebug>,
    /// FFmpeg in its jail; without it jobs wait.
    pub tools: Option<Tools>,
    /// The table of rungs.
    pub ladder: LadderConfig,
    /// What is taken as a source.
    pub limits: SourceLimits,
    /// What all FFmpegs together may take.
    pub budget: MediaBudget,
    /// How long a source may bring no part before its worker is given to another one.
    pub arriving_idle: Duration,
    /// A folder for assembled sources; emptied at the start.
    pub scratch: PathBuf,
}

/// Does the jobs of all lanes.
#[derive(Debug)]
pub struct Pipeline {
    services: Services,
    tools: Option<Tools>,
}

impl Pipeline {
    /// A pipeline with an empty scratch folder.
    ///
    /// # Errors
    /// When the scratch folder cannot be made.
    pub fn new(parts: Parts) -> std::io::Result<Self> {
        let Parts { store, blobs, bus, clock, tools, ladder, limits, budget, arriving_idle, scratch } = parts;
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch)?;
        }
        std::fs::create_dir_all(&scratch)?;
        Ok(Self {
            services: Services {
                store,
                blobs,
                bus,
                clock,
                ladder,
                limits,
                budget: Arc::new(Budget::new(budget)),
                arriving_idle,
                scratch,
                joining: Arc::default(),
                prepared: Arc::default(),
            },
            tools,
        })
    }

    async fn work(&self, job: &Job, attempt: &Attempt) -> Result<(), Error> {
        let tools = self.tools.as_ref().ok_or(Error::NoTools)?;
        // An encode whose first segment could not be put would be work for nothing.
        if !self.services.blobs.has_room(0)? {
            return Err(Error::Blobs(blobs::Error::Full));
        }
        let run = Run { services: &self.services, tools, job, attempt };
        match job.kind.as_str() {
            first::KIND => first::run(&run).await,
            poster::KIND => poster::run(&run).await,
            storyboard::KIND => storyboard::run(&run).await,
            broadcast::KIND => broadcast::run(&run).await,
            captions::KIND => captions::run(&run).await,
            ladder::KIND => ladder::run(&run).await,
            edit::KIND => edit::run(&run).await,
            other => Err(Error::UnknownKind(other.to_owned())),
        }
    }
}

impl Handler for Pipeline {
    async fn run(&self, job: &Job, attempt: &Attempt) -> Result<(), Interrupted> {
        let ended = tokio::select! {
            ended = self.work(job, attempt) => ended,
            // Dropping the work kills its children.
            () = attempt.cancelled() => Err(Error::Store(store::Error::LeaseLost)),
        };
        let error = match ended {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let services = &self.services;
        match error.failure() {
            Some(failure) => match ending::refused(services, job, &failure).await {
                Ok(()) => Ok(()),
                Err(Error::Store(store::Error::LeaseLost)) => Err(Interrupted::Cancelled),
                Err(error) => Err(Interrupted::Retry(error.to_string())),
            },
            None if matches!(error, Error::Store(store::Error::LeaseLost)) => {
                source::forget_if_gone(services, &job.video_id).await;
                Err(Interrupted::Cancelled)
            }
            None if error.is_full() => Err(Interrupted::NoSpace(error.to_string())),
            None => Err(Interrupted::Retry(error.to_string())),
        }
    }

    async fn exhausted(&self, job: &Job, error: &str) {
        if arriving::gives_up(&self.services, &job.video_id).await {
            return;
        }
        tracing::error!(video = %job.video_id, kind = job.kind, error, "a job failed for good");
        if let Err(error) = ending::exhausted(&self.services, job, error).await {
            tracing::error!(%error, video = %job.video_id, "could not deal with a failed job; it is looked at again");
        }
    }
}

/// One attempt at one job, and what it works with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) services: &'a Services,
    pub(crate) tools: &'a Tools,
    pub(crate) job: &'a Job,
    pub(crate) attempt: &'a Attempt,
}

impl Run<'_> {
    /// The video that the job is about; a deleted one has taken its jobs along.
    pub(crate) async fn video(&self) -> Result<Video, Error> {
        let listed = self.services.store.video(&self.job.video_id).await?;
        Ok(listed.ok_or(store::Error::LeaseLost)?.video)
    }

    /// The video's source, probed and planned.
    pub(crate) async fn prepared(&self) -> Result<Arc<Prepared>, Error> {
        Prepared::of(self.services, self.tools, &self.video().await?).await
    }

    /// Ends the job: `complete` rungs have their last segment, `follows` are enqueued, and if no job is left the video is
    /// ready.
    pub(crate) async fn finish(&self, complete: &[String], follows: &[Follow]) -> Result<(), Error> {
        self.finish_stage(complete, follows, None).await
    }

    /// The same, with the stage of the ladder that is next.
    pub(crate) async fn finish_stage(
        &self,
        complete: &[String],
        follows: &[Follow],
        next: Option<u8>,
    ) -> Result<(), Error> {
        let (services, job) = (self.services, self.job);
        let (fence, now) = (job.fence(), services.clock.now());
        let mut tx = services.store.fenced(&fence).await?;
        for rung in complete {
            tx.complete_rung(&job.video_id, rung).await?;
        }
        for follow in follows {
            enqueue(&mut tx, follow, &job.video_id, &job.account_id, now).await?;
        }
        if let Some(stage) = next {
            ladder::enqueue(&mut tx, stage, &job.video_id, &job.account_id, now).await?;
        }
        let ready = tx.update_ready(&job.video_id, &fence).await?;
        tx.finish_job(&fence, Outcome::Done, now).await?;
        tx.commit().await?;
        services.changed(&job.video_id, &job.account_id);
        if !follows.is_empty() || next.is_some() {
            services.bus.publish(Event::JobsWaiting);
        }
        if ready {
            tracing::info!(video = %job.video_id, "ready");
            source::discard(services, &job.video_id).await;
        }
        Ok(())
    }
}

impl Services {
    pub(crate) fn changed(&self, video: &VideoId, owner: &AccountId) {
        self.bus.publish(Event::VideoChanged { video: video.clone(), owner: owner.clone() });
    }

    /// Removes objects that no row names any more; what stays behind goes with the video.
    pub(crate) async fn remove(&self, keys: &[String]) {
        for key in keys {
            let removed =
                async { Ok::<_, Error>(self.blobs.delete(&blobs::ObjectKey::parse(key.as_str())?).await?) };
            if let Err(error) = removed.await {
                tracing::warn!(%error, key, "could not remove an object");
            }
        }
    }
}

/// Enqueues what makes a video of a complete source, in the transaction that completes it.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_first(
    tx: &mut Tx,
    job: JobId,
    video: &VideoId,
    account: &AccountId,
    now: Micros,
) -> Result<(), store::Error> {
    // It may be at work already, since the first parts came in.
    tx.promote_job(&dedup_key(first::KIND, video), FIRST_LANE, FIRST_PRIORITY, now).await?;
    let first = Follow { id: job, kind: first::KIND, lane: FIRST_LANE, priority: FIRST_PRIORITY };
    enqueue(tx, &first, video, account, now).await
}

/// A job that follows from something.
pub(crate) struct Follow {
    pub(crate) id: JobId,
    pub(crate) kind: &'static str,
    pub(crate) lane: &'static str,
    pub(crate) priority: i64,
}

pub(crate) async fn enqueue(
    tx: &mut Tx,
    follow: &Follow,
    video: &VideoId,
    account: &AccountId,
    now: Micros,
) -> Result<(), store::Error> {
    let key = dedup_key(follow.kind, video);
    enqueue_with(tx, follow, (&key, "{}"), video, account, now).await
}

/// The same with a key and a payload of its own.
pub(crate) async fn enqueue_with(
    tx: &mut Tx,
    follow: &Follow,
    (key, payload): (&str, &str),
    video: &VideoId,
    account: &AccountId,
    now: Micros,
) -> Result<(), store::Error> {
    tx.enqueue(&NewJob {
        id: follow.id.clone(),
        kind: follow.kind,
        lane: follow.lane,
        account,
        video,
        dedup_key: key,
        payload,
        priority: follow.priority,
        max_failures: MAX_FAILURES,
        now,
    })
    .await
    .map(drop)
}

/// At most one job of a kind is open for a video.
pub(crate) fn dedup_key(kind: &str, video: &VideoId) -> String {
    format!("{kind}/{video}")
}

const FIRST_PRIORITY: i64 = 100;

pub(crate) fn new_job_id() -> Result<JobId, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Error::Pipe(std::io::Error::other(error)))?;
    Ok(JobId::from_random(bytes))
}
