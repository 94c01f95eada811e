//! Further rungs, after the first one plays: one job for each stage of the plan, the next one enqueued with the end of the one
//! before it.

use crate::{Error, Follow, LADDER_LANE, Run, Services, encode, enqueue_with, first, new_job_id, storyboard};
use domain::{AccountId, Micros, VideoId};
use media::plan::Plan;
use store::Tx;
use store::jobs::Job;

pub(crate) const KIND: &str = "ladder";
/// The first stage that is a job of this kind.
pub(crate) const FIRST_STAGE: u8 = 2;

/// What such a job is told.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Payload {
    #[serde(default = "first_stage")]
    stage: u8,
}

fn first_stage() -> u8 {
    FIRST_STAGE
}

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let stage = stage_of(run.job);
    let prepared = run.prepared().await?;
    // The table may have changed since the rungs were announced.
    first::announce_rungs(run, &prepared, stage).await?;
    encode::run(run, &prepared, stage).await?;
    let next = (prepared.plan.stages() > stage).then(|| stage.saturating_add(1));
    let due = storyboard::after(&prepared) == Some(stage);
    let follows = if due { vec![storyboard::follow()?] } else { Vec::new() };
    run.finish_stage(&encode::names(&prepared, stage), &follows, next).await
}

/// The stage that a job makes.
pub(crate) fn stage_of(job: &Job) -> u8 {
    // What cannot be read is the first one: its rungs exist, so it does nothing but pass on.
    serde_json::from_str::<Payload>(&job.payload)
        .map_or(FIRST_STAGE, |payload| payload.stage.max(FIRST_STAGE))
}

/// Enqueues a stage. Lower ones of an account's other videos go before it.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    stage: u8,
    video: &VideoId,
    account: &AccountId,
    now: Micros,
) -> Result<(), Error> {
    let follow = Follow {
        id: new_job_id()?,
        kind: KIND,
        lane: LADDER_LANE,
        priority: 20_i64.saturating_sub(stage.into()),
    };
    let key = format!("{KIND}/{video}/{stage}");
    let payload = serde_json::to_string(&Payload { stage })?;
    Ok(enqueue_with(tx, &follow, (&key, &payload), video, account, now).await?)
}

/// What a stage that failed for good leaves.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Its rungs, which will never be whole.
    pub(crate) rungs: Vec<String>,
    /// The stage after it.
    pub(crate) next: Option<u8>,
}

/// Asks the stored plan: the source may be what cannot be read.
pub(crate) async fn left_behind(
    services: &Services,
    video: &VideoId,
    stage: u8,
) -> Result<Left, store::Error> {
    let listed = services.store.video(video).await?;
    let plan = listed.and_then(|listed| listed.video.plan);
    let Some(plan) = plan.and_then(|json| serde_json::from_str::<Plan>(&json).ok()) else {
        return Ok(Left::default());
    };
    let next = (plan.stages() > stage).then(|| stage.saturating_add(1));
    Ok(Left { rungs: plan.stage(stage).map(encode::key_name).collect(), next })
}
