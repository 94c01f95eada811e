//! One stage of a plan: one FFmpeg process, one publisher per pipe, resumed where an earlier attempt stopped.

use crate::budget::Class;
use crate::prepared::Prepared;
use crate::publish::Publisher;
use crate::track::{self, TrackPlan};
use crate::{Error, Run};
use cmaf::names::RungName;
use media::child::{Input, Running};
use media::encode::{Stage, Threads, arriving, memory, ranges, stage};
use media::plan::Rung;
use std::collections::HashMap;
use std::future::Future;

/// The name of a rung in keys, rows and playlists.
pub(crate) fn key_name(rung: &Rung) -> String {
    if rung.bridge() { format!("{}-bridge", rung.name) } else { rung.name.clone() }
}

/// The key names of a stage's rungs.
pub(crate) fn names(prepared: &Prepared, stage: u8) -> Vec<String> {
    prepared.plan.stage(stage).map(key_name).collect()
}

/// Makes what is missing of a stage's rungs.
pub(crate) async fn run(run: &Run<'_>, prepared: &Prepared, stage: u8) -> Result<(), Error> {
    let (services, job) = (run.services, run.job);
    match attempt_once(run, prepared, stage).await {
        // Another version of FFmpeg than the one that began it: its segments cannot follow the old ones.
        Err(Error::InitChanged(rung)) => {
            tracing::warn!(video = %job.video_id, %rung, "the encoder's parameters changed; the rung begins anew");
            let mut tx = services.store.fenced(&job.fence()).await?;
            let old = tx.restart_rung(&job.video_id, rung.as_str()).await?;
            tx.commit().await?;
            services.remove(&old).await;
            attempt_once(run, prepared, stage).await
        }
        other => other,
    }
}

async fn attempt_once(run: &Run<'_>, prepared: &Prepared, stage: u8) -> Result<(), Error> {
    let have = segments_of(run).await?;
    let work = Work { run, prepared, stage, publisher: Publisher::new(run, prepared), have };
    let all = prepared.borders.segments.len();
    let rungs: Vec<_> = prepared
        .plan
        .stage(stage)
        .filter(|rung| !is_encoded_picture(rung) || work.count(rung) < all)
        .collect();
    let pictures: Vec<_> = rungs.iter().copied().filter(|rung| is_encoded_picture(rung)).collect();
    let begin = pictures.iter().map(|rung| work.count(rung)).min().unwrap_or(0);
    let begin_us = prepared.borders.segments.get(begin).copied().unwrap_or(0);
    if begin > 0 {
        tracing::info!(video = %run.job.video_id, stage, segment = begin, at_us = begin_us, "the encode resumes");
    }
    if rungs.is_empty() {
        return Ok(());
    }
    if pictures.is_empty() {
        return work.run(rungs, (0, None)).await;
    }
    for (index, range) in ranges(&prepared.borders, begin_us).into_iter().enumerate() {
        // Sound and copies always run from the start to the end, so they belong to the first range.
        work.run(if index == 0 { rungs.clone() } else { pictures.clone() }, range).await?;
    }
    Ok(())
}

/// Makes the first stage of a source that still arrives, in one run of FFmpeg that `feed` writes the source to. `None` when
/// the feed gave up before the end of the source: then what was published stays, and another attempt goes on from there.
pub(crate) async fn run_arriving<F>(
    run: &Run<'_>,
    prepared: &Prepared,
    feed: impl FnOnce(Input) -> F,
) -> Result<Option<()>, Error>
where
    F: Future<Output = Result<Option<()>, Error>>,
{
    let have = segments_of(run).await?;
    let work = Work { run, prepared, stage: 1, publisher: Publisher::new(run, prepared), have };
    let rungs: Vec<_> = prepared.plan.stage(1).collect();
    let pictures = rungs.iter().filter(|rung| is_encoded_picture(rung));
    let begin = pictures.map(|rung| work.count(rung)).min().unwrap_or(0);
    let begin_us = prepared.borders.segments.get(begin).copied().unwrap_or(0);
    if begin > 0 {
        tracing::info!(video = %run.job.video_id, segment = begin, at_us = begin_us, "the arriving source resumes");
    }
    if !prepared.borders.grid && ranges(&prepared.borders, begin_us).len() > 1 {
        return Err(Error::Unstreamable("it is too long for one run".to_owned()));
    }
    let budget = &run.services.budget;
    let settings = Stage {
        probe: &prepared.probe,
        borders: &prepared.borders,
        path: &prepared.path,
        rungs: rungs.clone(),
        resume_from: begin_us,
        until: None,
        threads: Threads::for_cores(budget.threads),
    };
    let mut child = arriving(&settings)?;
    child.limits.nice = Class::Arriving.nice();
    let _room = budget.admit(Class::Arriving, memory(&settings)).await;
    let mut running = run.tools.spawn(child).await.map_err(Error::Pipe)?;
    let input = running.input.take().ok_or(Error::NoInit)?;
    let publishing = work.publish(running, rungs, (begin_us, None));
    let feeding = feed(input);
    tokio::pin!(publishing, feeding);
    tokio::select! {
        // FFmpeg may end before its input does, well or not.
        published = &mut publishing => published.map(Some),
        fed = &mut feeding => match fed? {
            Some(()) => publishing.await.map(Some),
            None => Ok(None),
        },
    }
}

/// What one attempt at a stage works with.
struct Work<'a> {
    run: &'a Run<'a>,
    prepared: &'a Prepared,
    stage: u8,
    publisher: Publisher<'a>,
    /// Segments published before this attempt, by rung.
    have: HashMap<String, usize>,
}

impl Work<'_> {
    fn count(&self, rung: &Rung) -> usize {
        self.have.get(&key_name(rung)).copied().unwrap_or(0)
    }

    /// One FFmpeg process: pictures from one border up to another, everything else whole.
    async fn run(&self, rungs: Vec<&Rung>, (from_us, until): (i64, Option<i64>)) -> Result<(), Error> {
        let budget = &self.run.services.budget;
        let settings = Stage {
            probe: &self.prepared.probe,
            borders: &self.prepared.borders,
            path: &self.prepared.path,
            rungs: rungs.clone(),
            resume_from: from_us,
            until,
            threads: Threads::for_cores(budget.threads),
        };
        let class = Class::of(self.stage);
        let mut child = stage(&settings)?;
        child.limits.nice = class.nice();
        let _room = budget.admit(class, memory(&settings)).await;
        let running = self.run.tools.spawn(child).await.map_err(Error::Pipe)?;
        self.publish(running, rungs, (from_us, until)).await
    }

    /// Publishes what comes out of a running FFmpeg, up to its end.
    async fn publish(
        &self,
        mut running: Running,
        rungs: Vec<&Rung>,
        (from_us, until): (i64, Option<i64>),
    ) -> Result<(), Error> {
        let pipes = std::mem::take(&mut running.outputs);
        let mut tracks = Vec::with_capacity(rungs.len());
        for (rung, pipe) in rungs.into_iter().zip(pipes) {
            tracks.push(track::publish(&self.publisher, self.track(rung, from_us, until)?, pipe));
        }
        let published = futures_util::future::try_join_all(tracks).await;
        // What FFmpeg says of its end explains a broken pipe better than the pipe does.
        match (published, running.wait().await) {
            (Ok(_), Ok(_)) => Ok(()),
            (
                Err(
                    error @ (Error::Store(_)
                    | Error::Blobs(_)
                    | Error::InitChanged(_)
                    | Error::ParametersChange
                    | Error::Unstreamable(_)),
                ),
                _,
            ) => Err(error),
            (_, Err(failed)) => {
                tracing::warn!(video = %self.run.job.video_id, stderr = failed.stderr, "ffmpeg failed");
                Err(Error::Child(failed))
            }
            (Err(error), Ok(_)) => Err(error),
        }
    }

    fn track(&self, rung: &Rung, from_us: i64, until: Option<i64>) -> Result<TrackPlan, Error> {
        let borders = self.prepared.borders_of(rung);
        let open = self.prepared.borders.grid;
        let (from, end) = if is_encoded_picture(rung) {
            (borders.partition_point(|us| *us < from_us), until.or(self.prepared.end_of(rung)))
        } else {
            (0, self.prepared.end_of(rung))
        };
        Ok(TrackPlan {
            rung: key_name(rung).parse::<RungName>()?,
            borders: borders.get(from..).unwrap_or_default().to_vec(),
            first: u32::try_from(from).unwrap_or(u32::MAX),
            have: u32::try_from(self.count(rung)).unwrap_or(u32::MAX),
            end,
            open,
            copied: rung.is_video() && rung.copied(),
        })
    }
}

fn is_encoded_picture(rung: &Rung) -> bool {
    rung.is_video() && !rung.copied()
}

async fn segments_of(run: &Run<'_>) -> Result<HashMap<String, usize>, Error> {
    let extents = run.services.store.extents(&run.job.video_id).await?;
    Ok(extents
        .into_iter()
        .map(|extent| (extent.name, usize::try_from(extent.segments).unwrap_or(0)))
        .collect())
}
