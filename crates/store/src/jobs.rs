//! The job table: claim, heartbeat, finish. The worker that calls these lives in the `jobs` crate.

use crate::{Error, Result, Store, Tx};
use domain::{AccountId, JobId, Micros, VideoId};
use std::time::Duration;

/// Proves that the caller holds the lease of a job: its attempt number is the fencing token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The job.
    pub job: JobId,
    /// The attempt that the caller is.
    pub attempt: i64,
}

/// A job to be done.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// Names it.
    pub id: JobId,
    /// What is to be done.
    pub kind: &'a str,
    /// Which workers take it.
    pub lane: &'a str,
    /// For whom; accounts take turns.
    pub account: &'a AccountId,
    /// To which video.
    pub video: &'a VideoId,
    /// At most one open job has this key.
    pub dedup_key: &'a str,
    /// JSON.
    pub payload: &'a str,
    /// Higher goes first.
    pub priority: i64,
    /// Attempts without result after which it has failed.
    pub max_failures: i64,
    /// Now.
    pub now: Micros,
}

/// A job that was claimed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    /// Names it.
    #[sqlx(try_from = "String")]
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To which video.
    #[sqlx(try_from = "String")]
    pub video_id: VideoId,
    /// For whom.
    #[sqlx(try_from = "String")]
    pub account_id: AccountId,
    /// JSON.
    pub payload: String,
    /// The fencing token.
    pub attempt: i64,
    /// Attempts that ended without result.
    pub failures: i64,
    /// Attempts without result after which it has failed.
    pub max_failures: i64,
}

impl Job {
    /// The proof that this attempt holds the lease.
    #[must_use]
    pub fn fence(&self) -> Fence {
        Fence { job: self.id.clone(), attempt: self.attempt }
    }
}

/// How an attempt that did not finish is put back.
#[derive(Debug, Clone)]
pub struct Retry<'a> {
    /// When it may be claimed again.
    pub run_at: Micros,
    /// What went wrong, for the log and the operator.
    pub error: &'a str,
    /// Whether the attempt counts against the job, unless it published something; not when only space was missing.
    pub counts: bool,
}

impl Store {
    /// Takes the next due job of `lane` for `worker`, if there is one. Accounts take turns: the one with the fewest running
    /// jobs of the lane, of those the one that was served longest ago; of its jobs the one of the highest priority, then the
    /// oldest. A job whose lease has run out is taken over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_job(
        &self,
        lane: &str,
        worker: &str,
        now: Micros,
        lease: Duration,
    ) -> Result<Option<Job>> {
        let mut tx = self.begin().await?;
        let job = tx
            .opt(
                "UPDATE job SET state = 'running', attempt = attempt + 1, worker = $2, lease_until = $4,
                   failures = failures + CASE WHEN state = 'running' AND added = 0 THEN 1 ELSE 0 END, added = 0
                 WHERE id = (SELECT j.id FROM job j WHERE j.lane = $1 AND j.run_at <= $3
                     AND (j.state = 'queued' OR (j.state = 'running' AND j.lease_until < $3 AND j.failures + 1 < j.max_failures))
                   ORDER BY (SELECT COUNT(*) FROM job r
                       WHERE r.account_id = j.account_id AND r.lane = $1 AND r.state = 'running'),
                     COALESCE((SELECT t.number FROM turn t WHERE t.lane = $1 AND t.account_id = j.account_id), 0),
                     j.priority DESC, j.run_at, j.id
                   LIMIT 1)
                 RETURNING id, kind, video_id, account_id, payload, attempt, failures, max_failures",
                (lane, worker, now.0, now.plus(lease).0),
            )
            .await?;
        if let Some(Job { account_id, .. }) = &job {
            tx.note_turn(lane, account_id).await?;
        }
        tx.commit().await?;
        Ok(job)
    }

    /// Prolongs a lease and notes progress (thousandths).
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another attempt owns the job, or the job is gone: stop at once.
    pub async fn heartbeat(&self, fence: &Fence, progress: i64, lease_until: Micros) -> Result<()> {
        let rows = self
            .db
            .run(
                "UPDATE job SET lease_until = $3, progress = $4 WHERE id = $1 AND attempt = $2 AND state = 'running'",
                (fence.job.as_str(), fence.attempt, lease_until.0, progress),
            )
            .await?;
        if rows == 1 { Ok(()) } else { Err(Error::LeaseLost) }
    }

    /// Puts an attempt back. `true` when the job has now failed for good.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another attempt owns the job.
    pub async fn retry_job(&self, fence: &Fence, retry: &Retry<'_>) -> Result<bool> {
        let mut tx = self.fenced(fence).await?;
        let (state,) = tx
            .one::<(String,)>(
                "UPDATE job SET worker = NULL, lease_until = NULL, run_at = $2, last_error = $3,
                   failures = failures + CASE WHEN added = 0 AND $4 THEN 1 ELSE 0 END,
                   state = CASE WHEN added = 0 AND $4 AND failures + 1 >= max_failures THEN 'failed' ELSE 'queued' END
                 WHERE id = $1 RETURNING state",
                (fence.job.as_str(), retry.run_at.0, retry.error, retry.counts),
            )
            .await?;
        tx.commit().await?;
        Ok(state == "failed")
    }

    /// Gives the leases of `worker` back at once, because it is stopping or has just started after a crash.
    /// After a crash (`crashed`) attempts that published nothing are counted, apart from failures: children die in their jail
    /// without this process, so a crash is hardly the job's doing. One under which it happens again and again has failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_leases(&self, worker: &str, crashed: bool, now: Micros) -> Result<u64> {
        self.db
            .run(
                "UPDATE job SET worker = NULL, lease_until = NULL, run_at = $3,
                   crashes = CASE WHEN $2 AND added = 0 THEN crashes + 1 ELSE 0 END,
                   state = CASE WHEN $2 AND added = 0 AND crashes + 1 >= $4 THEN 'failed' ELSE 'queued' END
                 WHERE worker = $1 AND state = 'running'",
                (worker, crashed, now.0, MAX_CRASHES),
            )
            .await
    }

    /// Marks jobs as failed whose lease ran out on their last attempt; answers all failed jobs of videos that are still
    /// processing, with which somebody has to deal (see [`Tx::settle_job`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_exhausted_jobs(&self, now: Micros) -> Result<Vec<Job>> {
        let mut tx = self.begin().await?;
        tx.run(
            "UPDATE job SET state = 'failed', worker = NULL, finished_at = $1
             WHERE state = 'running' AND lease_until < $1 AND added = 0 AND failures + 1 >= max_failures",
            (now.0,),
        )
        .await?;
        let jobs = tx
            .all(
                "SELECT j.id, j.kind, j.video_id, j.account_id, j.payload, j.attempt, j.failures, j.max_failures
                 FROM job j JOIN video v ON v.id = j.video_id
                 WHERE j.state = 'failed' AND v.state = 'processing'",
                (),
            )
            .await?;
        tx.commit().await?;
        Ok(jobs)
    }

    /// Whether a job of this key waits or runs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_open_job(&self, dedup_key: &str) -> Result<bool> {
        let open =
            "SELECT CAST(1 AS BIGINT) FROM job WHERE dedup_key = $1 AND state IN ('queued', 'running')";
        Ok(self.db.opt::<(i64,)>(open, (dedup_key,)).await?.is_some())
    }

    /// The progress of a video's open and finished jobs: (kind, state, thousandths).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_progress(&self, video: &VideoId) -> Result<Vec<(String, String, i64)>> {
        self.db.all("SELECT kind, state, progress FROM job WHERE video_id = $1", (video.as_str(),)).await
    }

    /// How many jobs of each lane wait and run: (lane, state, count).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_counts(&self) -> Result<Vec<(String, String, i64)>> {
        self.db
            .all(
                "SELECT lane, state, CAST(COUNT(*) AS BIGINT) FROM job WHERE state IN ('queued', 'running') GROUP BY lane, state",
                (),
            )
            .await
    }
}

impl Tx {
    /// Enqueues a job with whatever made it necessary; `false` when an open job has the same key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(&mut self, job: &NewJob<'_>) -> Result<bool> {
        let rows = self
            .run(
                "INSERT INTO job (id, kind, lane, account_id, video_id, dedup_key, payload, priority, state, max_failures, run_at, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $10)
                 ON CONFLICT (dedup_key) WHERE state IN ('queued', 'running') DO NOTHING",
                (
                    job.id.as_str(),
                    job.kind,
                    job.lane,
                    job.account.as_str(),
                    job.video.as_str(),
                    job.dedup_key,
                    job.payload,
                    job.priority,
                    job.max_failures,
                    job.now.0,
                ),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Moves the open job of a key to another lane, without its past failures, and takes earlier failed ones of the key off
    /// the record: what they lacked is here now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn promote_job(
        &mut self,
        dedup_key: &str,
        lane: &str,
        priority: i64,
        now: Micros,
    ) -> Result<()> {
        self.run(
            "UPDATE job SET lane = $2, priority = $3, failures = 0, run_at = CASE WHEN state = 'queued' THEN $4 ELSE run_at END
             WHERE dedup_key = $1 AND state IN ('queued', 'running')",
            (dedup_key, lane, priority, now.0),
        )
        .await?;
        self.run("UPDATE job SET state = 'done' WHERE dedup_key = $1 AND state = 'failed'", (dedup_key,))
            .await
            .map(drop)
    }

    /// Ends a job within the transaction that holds its result.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_job(&mut self, fence: &Fence, outcome: Outcome<'_>, now: Micros) -> Result<()> {
        let (state, error) = match outcome {
            Outcome::Done => ("done", None),
            Outcome::Failed(error) => ("failed", Some(error)),
        };
        self.run(
            "UPDATE job SET state = $3, last_error = $4, finished_at = $5, worker = NULL, lease_until = NULL,
               progress = CASE WHEN $3 = 'done' THEN 1000 ELSE progress END
             WHERE id = $1 AND attempt = $2",
            (fence.job.as_str(), fence.attempt, state, error, now.0),
        )
        .await
        .map(drop)
    }

    /// Ends an attempt, or a job that has failed, without which the video does without; `false` when somebody else has dealt
    /// with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_job(&mut self, fence: &Fence, error: &str, now: Micros) -> Result<bool> {
        let rows = self
            .run(
                "UPDATE job SET state = 'given_up', last_error = $3, finished_at = $4, worker = NULL, lease_until = NULL
                 WHERE id = $1 AND attempt = $2 AND state IN ('running', 'failed')",
                (fence.job.as_str(), fence.attempt, error, now.0),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Notes that an account was served in a lane.
    async fn note_turn(&mut self, lane: &str, account: &AccountId) -> Result<()> {
        self.run(
            "INSERT INTO turn (lane, account_id, number)
             VALUES ($1, $2, (SELECT COALESCE(MAX(t.number), 0) + 1 FROM turn t WHERE t.lane = $1))
             ON CONFLICT (lane, account_id) DO UPDATE SET number = excluded.number",
            (lane, account.as_str()),
        )
        .await
        .map(drop)
    }

    /// Ends every other open job of a video, because it has failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_jobs(&mut self, video: &VideoId, now: Micros) -> Result<()> {
        self.run(
            "UPDATE job SET state = 'failed', finished_at = $2, worker = NULL, lease_until = NULL
             WHERE video_id = $1 AND state IN ('queued', 'running')",
            (video.as_str(), now.0),
        )
        .await
        .map(drop)
    }
}

/// How a job ended.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// Its result is in the same transaction.
    Done,
    /// It cannot succeed.
    Failed(&'a str),
}

/// Crashes of the whole server in a row, under a job that publishes nothing, after which the job has failed.
const MAX_CRASHES: i64 = 10;
