//! Small pictures for scrubbing, after the video plays and before its further rungs.

use crate::arriving::scratch::Scratch;
use crate::prepared::Prepared;
use crate::publish::Publisher;
use crate::{Error, Follow, PICTURE_LANE, Run, new_job_id, source};
use blobs::ObjectKey;
use media::probe::{Probe, probe};
use media::sniff::Container;
use media::storyboard::needs_every_frame;
use store::media::Rung;

pub(crate) const KIND: &str = "storyboard";

/// The stage after which it is made: the first with an encoded rung, where decoding the source would cost more than that
/// rung's keyframes. `None` is as soon as the video plays.
pub(crate) fn after(prepared: &Prepared) -> Option<u8> {
    let encoded = prepared.plan.rungs.iter().filter(|rung| rung.is_video() && !rung.copied());
    encoded.map(|rung| rung.stage).min().filter(|_| needs_every_frame(&prepared.probe))
}

pub(crate) fn follow() -> Result<Follow, Error> {
    Ok(Follow { id: new_job_id()?, kind: KIND, lane: PICTURE_LANE, priority: 40 })
}

pub(crate) async fn run(run: &Run<'_>) -> Result<(), Error> {
    let prepared = run.prepared().await?;
    let rung = if needs_every_frame(&prepared.probe) {
        RungFile::smallest(run, |rung| !rung.copied).await?
    } else {
        None
    };
    let (probe, path) = match &rung {
        Some(rung) => (&rung.probe, rung.file.path()),
        None => (&prepared.probe, prepared.path.as_path()),
    };
    match media::storyboard::storyboard(run.tools, probe, path).await {
        Ok(Some(storyboard)) => Publisher::new(run, &prepared).storyboard(storyboard).await?,
        Ok(None) => {}
        // A video without a storyboard is still a video.
        Err(error) => tracing::warn!(%error, video = %run.job.video_id, "no storyboard could be made"),
    }
    run.finish(&[], &[]).await
}

/// A rung of our own as one file. It has a keyframe every few seconds, which saves decoding a source that has not: 7.6 CPU
/// seconds for a minute of 1080p.
pub(crate) struct RungFile {
    pub(crate) file: Scratch,
    pub(crate) probe: Probe,
}

impl RungFile {
    /// The smallest whole picture that `wanted` takes.
    pub(crate) async fn smallest(run: &Run<'_>, wanted: fn(&Rung) -> bool) -> Result<Option<Self>, Error> {
        let (services, video) = (run.services, &run.job.video_id);
        let rungs = services.store.rungs(video).await?;
        let whole = rungs.iter().filter(|rung| rung.kind == "video" && rung.complete && wanted(rung));
        let Some(rung) = whole.min_by_key(|rung| rung.bandwidth) else { return Ok(None) };
        let segments = services.store.segments(video, &rung.name).await?;
        let keys = rung.init_key.iter().chain(segments.iter().map(|segment| &segment.key));
        let Ok(keys) = keys.map(|key| ObjectKey::parse(key.as_str())).collect::<Result<Vec<_>, _>>() else {
            return Ok(None);
        };
        let bytes = segments.iter().map(|segment| segment.size.unsigned_abs()).sum();
        let file = Scratch::new(services, video, "storyboard");
        source::join(services, keys, bytes, file.path()).await?;
        match probe(run.tools, file.path(), Container::Mp4, &services.limits).await {
            Ok(probe) => Ok(Some(Self { file, probe })),
            Err(error) => {
                tracing::warn!(%error, %video, "a rung of ours cannot be probed");
                Ok(None)
            }
        }
    }
}
