//! Runs the durable queue: claims jobs lane by lane, keeps their leases alive, and puts back what did not finish.
//!
//! The table and its statements are in `store::jobs`; what a job does is a [`Handler`] (see `pipeline`). A handler ends its
//! job itself, in the transaction that holds its result. At most one attempt of a job can publish anything: every write is
//! fenced by the attempt number, and a lost lease cancels the attempt.

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use bus::{Bus, Event, Hint};
use domain::{Clock, VideoId};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use store::Store;
use store::jobs::{Fence, Job, Retry};
use tokio_util::sync::CancellationToken;

/// How an attempt ended without finishing its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interrupted {
    /// Told to stop by [`Attempt::cancelled`]: the lease was lost, the video deleted, or the process is ending.
    Cancelled,
    /// Something that may pass: try again later. The text is for the log.
    Retry(String),
    /// The disk is full, which is not the job's fault: try again until there is space, however often.
    NoSpace(String),
}

/// Does the jobs of one lane.
pub trait Handler: Send + Sync + 'static {
    /// Works on `job` until it has finished it (`Ok`) or cannot go on.
    fn run(&self, job: &Job, attempt: &Attempt) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// A job has used up its attempts: deals with what it leaves, and says so to whoever waits for it. Asked again, now and
    /// then, while the job is `failed` and its video is still processing.
    fn exhausted(&self, job: &Job, error: &str) -> impl Future<Output = ()> + Send;
}

/// One attempt at a job, as its handler sees it.
#[derive(Debug)]
pub struct Attempt {
    /// Proves the lease in every write.
    pub fence: Fence,
    progress: AtomicI64,
    stop: CancellationToken,
}

impl Attempt {
    /// Notes how far the job has got, in thousandths; the next heartbeat carries it.
    pub fn set_progress(&self, thousandths: i64) {
        self.progress.store(thousandths.clamp(0, 1000), Ordering::Relaxed);
    }

    /// Resolves when the attempt must stop at once.
    pub async fn cancelled(&self) {
        self.stop.cancelled().await;
    }
}

/// How many jobs of a lane run at once on this machine.
#[derive(Debug, Clone, Copy)]
pub struct Lane {
    /// Its name in the job table.
    pub name: &'static str,
    /// Jobs at once, at least 1.
    pub capacity: usize,
}

/// Claims and runs jobs until told to stop.
#[derive(Debug)]
pub struct Worker<H> {
    /// The job table.
    pub store: Store,
    /// Wakes the worker and hears of deletions.
    pub bus: Bus,
    /// Tells the time.
    pub clock: Arc<dyn ClockDebug>,
    /// This machine, the same after a restart, so that its own leases come back at once.
    pub name: String,
    /// Does the work.
    pub handler: Arc<H>,
}

/// A clock that can stand in a struct that derives `Debug`.
pub trait ClockDebug: Clock + std::fmt::Debug {}
impl<T: Clock + std::fmt::Debug> ClockDebug for T {}

impl<H: Handler> Worker<H> {
    /// Runs `lanes` until `stop`; then waits for the attempts to give up, and gives their leases back.
    pub async fn run(self, lanes: &[Lane], stop: CancellationToken) {
        let worker = Arc::new(self);
        // Leases in our own name are from a process that died: nobody else runs under this name.
        worker.release(true).await;
        let mut tasks = tokio::task::JoinSet::new();
        for lane in lanes {
            for _ in 0..lane.capacity.max(1) {
                tasks.spawn(Arc::clone(&worker).serve(lane.name, stop.clone()));
            }
        }
        tasks.spawn(Arc::clone(&worker).sweep(stop.clone()));
        while tasks.join_next().await.is_some() {}
        worker.release(false).await;
    }

    async fn release(&self, crashed: bool) {
        match self.store.release_leases(&self.name, crashed, self.clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, crashed, "gave back the leases of interrupted jobs"),
            Err(error) => tracing::error!(%error, "could not give back leases; they run out by themselves"),
        }
    }

    async fn serve(self: Arc<Self>, lane: &'static str, stop: CancellationToken) {
        let mut hints = self.bus.subscribe();
        while !stop.is_cancelled() {
            match self.store.claim_job(lane, &self.name, self.clock.now(), LEASE).await {
                Ok(Some(job)) => self.attempt(&job, &stop).await,
                Ok(None) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = next_job(&mut hints) => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, lane, "could not claim a job");
                    tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(POLL) => {} }
                }
            }
        }
    }

    async fn attempt(&self, job: &Job, stop: &CancellationToken) {
        let attempt = Attempt { fence: job.fence(), progress: AtomicI64::new(0), stop: stop.child_token() };
        tracing::info!(job = %job.id, kind = job.kind, video = %job.video_id, attempt = job.attempt, "job begins");
        let ended = {
            let work = self.handler.run(job, &attempt);
            let beat = self.keep_lease(job, &attempt);
            tokio::pin!(work, beat);
            tokio::select! { ended = &mut work => ended, () = &mut beat => { attempt.stop.cancel(); work.await } }
        };
        let (error, delay, counts) = match ended {
            Ok(()) => {
                tracing::info!(job = %job.id, kind = job.kind, video = %job.video_id, "job done");
                return metrics::counter!("vitascope_jobs_total", "kind" => job.kind.clone(), "result" => "done").increment(1);
            }
            Err(Interrupted::Cancelled) if stop.is_cancelled() => return, // `run` gives the lease back.
            Err(Interrupted::Cancelled) => ("cancelled".to_owned(), Duration::ZERO, true),
            Err(Interrupted::Retry(error)) => (error, back_off(job.failures), true),
            Err(Interrupted::NoSpace(error)) => (error, SPACE_RETRY, false),
        };
        let result = if counts { "interrupted" } else { "no_space" };
        metrics::counter!("vitascope_jobs_total", "kind" => job.kind.clone(), "result" => result)
            .increment(1);
        tracing::warn!(job = %job.id, kind = job.kind, video = %job.video_id, error, "job interrupted");
        let retry = Retry { run_at: self.clock.now().plus(delay), error: &error, counts };
        match self.store.retry_job(&attempt.fence, &retry).await {
            Ok(true) => self.handler.exhausted(job, &error).await,
            Ok(false) | Err(store::Error::LeaseLost) => {}
            Err(error) => {
                tracing::error!(%error, job = %job.id, "could not put a job back; its lease runs out by itself");
            }
        }
    }

    /// Prolongs the lease until it is lost.
    async fn keep_lease(&self, job: &Job, attempt: &Attempt) {
        let mut hints = self.bus.subscribe();
        let mut tick = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = deletion_of(&mut hints, &job.video_id) => {}
            }
            let until = self.clock.now().plus(LEASE);
            match self.store.heartbeat(&attempt.fence, attempt.progress.load(Ordering::Relaxed), until).await
            {
                Ok(()) => self.bus.publish(Event::VideoChanged {
                    video: job.video_id.clone(),
                    owner: job.account_id.clone(),
                }),
                Err(store::Error::LeaseLost) => return tracing::warn!(job = %job.id, "the lease was lost"),
                Err(error) => tracing::error!(%error, job = %job.id, "heartbeat failed"),
            }
        }
    }

    async fn sweep(self: Arc<Self>, stop: CancellationToken) {
        loop {
            match self.store.fail_exhausted_jobs(self.clock.now()).await {
                Ok(jobs) => {
                    for job in jobs {
                        self.handler.exhausted(&job, "the worker died at every attempt").await;
                    }
                }
                Err(error) => tracing::error!(%error, "could not look for exhausted jobs"),
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(LEASE) => {} }
        }
    }
}

async fn next_job(hints: &mut bus::Subscription) {
    loop {
        match hints.next().await {
            Some(Hint::Event(Event::JobsWaiting) | Hint::Missed) => return,
            Some(Hint::Event(_)) => {}
            None => std::future::pending().await,
        }
    }
}

async fn deletion_of(hints: &mut bus::Subscription, wanted: &VideoId) {
    loop {
        match hints.next().await {
            Some(Hint::Event(Event::VideoDeleted { video, .. })) if video == *wanted => return,
            Some(Hint::Missed) => return,
            Some(Hint::Event(_)) => {}
            None => std::future::pending().await,
        }
    }
}

fn back_off(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.clamp(0, 6)).unwrap_or(6);
    FIRST_RETRY * 2u32.pow(doublings)
}

const LEASE: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(2);
/// A missed wake-up costs at most this.
const POLL: Duration = Duration::from_secs(3);
/// How often a job that waits for space looks whether there is some.
const SPACE_RETRY: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_secs(2);
