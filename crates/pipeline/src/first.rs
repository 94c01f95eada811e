//! The first job of a video: decide what becomes of it, make the first rung and the sound.

use crate::arriving::{self, Early};
use crate::prepared::Prepared;
use crate::{Error, Follow, PICTURE_LANE, Run, captions, encode, ladder, new_job_id, poster, storyboard};
use media::borders::Copying;
use media::plan::{Rung, Track};
use media::probe::SubtitleStream;
use std::sync::Arc;
use store::media::{Rung as Row, SourceFacts};

pub(crate) const KIND: &str = "first";
const STAGE: u8 = 1;

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    if arriving::run(run).await? == Early::Parked {
        return Ok(());
    }
    let prepared = match make(run).await {
        // Seen in the bytes of a copy: no list of packets shows it.
        Err(Error::ParametersChange) => {
            arriving::encode_instead(run).await?;
            make(run).await?
        }
        made => made?,
    };
    let mut follows = Vec::new();
    if prepared.probe.subtitles.iter().any(SubtitleStream::is_text) {
        follows.push(Follow { id: new_job_id()?, kind: captions::KIND, lane: PICTURE_LANE, priority: 40 });
    }
    let video = run.video().await?;
    // What played while it arrived had no pictures made then: their frames might have been still to come.
    if video.arriving.is_some() && video.poster.is_none() {
        follows.push(Follow { id: new_job_id()?, kind: poster::KIND, lane: PICTURE_LANE, priority: 50 });
    }
    let due = storyboard::after(&prepared);
    if due == Some(STAGE) || (due.is_none() && video.arriving.is_some()) {
        follows.push(storyboard::follow()?);
    }
    let next = (prepared.plan.stages() > STAGE).then_some(ladder::FIRST_STAGE);
    run.finish_stage(&encode::names(&prepared, STAGE), &follows, next).await
}

/// Makes what is missing of the first stage.
async fn make(run: &Run<'_>) -> Result<Arc<Prepared>, Error> {
    let mut prepared = run.prepared().await?;
    let copied = prepared.plan.stage(STAGE).any(|rung| rung.is_video() && rung.copied());
    if prepared.borders.copying == Copying::Begun && !copied {
        tracing::info!(video = %run.job.video_id, "cannot be copied after all");
        arriving::encode_instead(run).await?;
        prepared = run.prepared().await?;
    }
    announce(run, &prepared).await?;
    if !is_made(run, &prepared).await? {
        encode::run(run, &prepared, STAGE).await?;
        if prepared.borders.copying == Copying::Begun {
            // Now it is known where its segments begin.
            run.services.prepared.forget(&run.job.video_id);
        }
    }
    Ok(prepared)
}

/// Announces the rungs of one stage, unless they are.
pub(crate) async fn announce_rungs(run: &Run<'_>, prepared: &Prepared, stage: u8) -> Result<(), Error> {
    let mut tx = run.services.store.fenced(&run.job.fence()).await?;
    for (position, rung) in prepared.plan.rungs.iter().enumerate().filter(|(_, rung)| rung.stage == stage) {
        tx.announce_rung(&run.job.video_id, &row_of(prepared, rung, position)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Writes down what will be made, so that the video's page can show it before anything exists.
pub(crate) async fn announce(run: &Run<'_>, prepared: &Prepared) -> Result<(), Error> {
    let plan = serde_json::to_string(&prepared.plan)?;
    let size = prepared.probe.video.as_ref().map(|video| video.display);
    let facts = SourceFacts {
        duration: prepared.duration_us,
        width: size.map(|size| i64::from(size.width)),
        height: size.map(|size| i64::from(size.height)),
        plan: &plan,
    };
    let (services, job) = (run.services, run.job);
    let mut tx = services.store.fenced(&job.fence()).await?;
    tx.set_source_facts(&job.video_id, &facts).await?;
    // What follows on a stream's first rung is decided when all of it is known.
    let open = prepared.arriving && prepared.borders.grid;
    let announced = prepared.plan.rungs.iter().enumerate().filter(|(_, rung)| !open || rung.stage == STAGE);
    for (position, rung) in announced {
        tx.announce_rung(&job.video_id, &row_of(prepared, rung, position)).await?;
    }
    tx.commit().await?;
    services.changed(&job.video_id, &job.account_id);
    Ok(())
}

/// Whether the stage was made while the source arrived.
async fn is_made(run: &Run<'_>, prepared: &Prepared) -> Result<bool, Error> {
    let rungs = run.services.store.rungs(&run.job.video_id).await?;
    let complete = |name: &String| rungs.iter().any(|rung| rung.name == *name && rung.complete);
    Ok(encode::names(prepared, STAGE).iter().all(complete))
}

fn row_of(prepared: &Prepared, rung: &Rung, position: usize) -> Row {
    let size = rung.size();
    let source = prepared.probe.video.as_ref().filter(|_| rung.is_video());
    Row {
        name: encode::key_name(rung),
        kind: if rung.is_video() { "video" } else { "audio" }.to_owned(),
        position: i64::try_from(position).unwrap_or(i64::MAX),
        width: size.map(|size| i64::from(size.width)),
        height: size.map(|size| i64::from(size.height)),
        frame_rate: source.map(|video| thousandths(video.average_frame_rate.as_f64(), rung)),
        channels: rung.sound.as_ref().map(|sound| i64::from(sound.channels)),
        copied: rung.copied(),
        bridge: rung.bridge(),
        bandwidth: i64::try_from(rung.bandwidth).unwrap_or(i64::MAX),
        average_bandwidth: None,
        codec: None,
        timescale: None,
        init_key: None,
        target_duration: i64::from(prepared.target_duration()),
        complete: false,
        language: rung.sound.as_ref().and_then(|sound| sound.language.clone()),
        label: rung.sound.as_ref().and_then(|sound| sound.label.clone()),
        is_default: rung.sound.as_ref().is_none_or(|sound| sound.default),
    }
}

/// Frames per 1,000 seconds.
fn thousandths(rate: f64, rung: &Rung) -> i64 {
    let cap = match &rung.track {
        Track::EncodedVideo(video) => video.frame_rate_cap.map(f64::from),
        _ => None,
    };
    (cap.map_or(rate, |cap| rate.min(cap)) * 1000.0).round() as i64
}
