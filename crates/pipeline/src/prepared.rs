//! What is known of a source before anything is encoded. Found by probing; kept in memory while its jobs follow one another,
//! found again (and equal) after a restart.

use crate::arriving::published;
use crate::{Error, Services, arriving, source};
use domain::VideoId;
use media::borders::{Borders, Copying, as_published, borders, on_grid};
use media::child::Tools;
use media::plan::{Plan, Rung, plan};
use media::probe::{Probe, probe};
use media::sniff::{Container, sniff};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use store::videos::Video;

/// A source, its plan and its borders.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The source as one file.
    pub(crate) path: PathBuf,
    pub(crate) probe: Probe,
    pub(crate) borders: Borders,
    pub(crate) plan: Plan,
    /// Whether parts of it are still to come; then `path` is not its file.
    pub(crate) arriving: bool,
    /// The whole duration in microseconds, if it is known.
    pub(crate) duration_us: Option<i64>,
    /// `EXT-X-TARGETDURATION` in seconds, where it was announced before the segments were known.
    pub(crate) announced_s: Option<u32>,
}

impl Prepared {
    /// Sniffs, probes and plans.
    pub(crate) async fn of(services: &Services, tools: &Tools, video: &Video) -> Result<Arc<Self>, Error> {
        if let Some(known) = services.prepared.get(&video.id) {
            return Ok(known);
        }
        let container = sniff(&source::head(services, video).await?).map_err(media::MediaError::from)?;
        let mut path = source::file(services, video).await?;
        if container == Container::MpegTs {
            path = source::continuous(services, &video.id, path).await?;
        }
        let probe = probe(tools, &path, container, &services.limits).await?;
        let borders = match video.arriving.as_deref() {
            Some(arriving::GRID) => begun(services, video, probe.duration_us).await?,
            Some(arriving::ENCODE) => borders(&probe).copying(Copying::ProvedWrong),
            _ => borders(&probe),
        };
        let plan = plan(&probe, &borders, &services.ladder);
        // What was published at the end of a stream stays the truth.
        let duration_us = video.duration.filter(|_| borders.grid).or(Some(probe.duration_us));
        let announced_s = match borders.grid {
            true => Some(published::target_duration(services, video, borders.copying).await?),
            false => None,
        };
        let prepared =
            Arc::new(Self { path, probe, borders, plan, arriving: false, duration_us, announced_s });
        services.prepared.insert(video.id.clone(), Arc::clone(&prepared));
        Ok(prepared)
    }

    /// Of a source whose parts are still to come, about whose end nothing is known yet.
    pub(crate) fn arriving(probe: Probe, borders: Borders, plan: Plan) -> Self {
        let path = PathBuf::new();
        Self { path, probe, borders, plan, arriving: true, duration_us: None, announced_s: None }
    }

    /// `EXT-X-TARGETDURATION` of every playlist of the video, in seconds.
    pub(crate) fn target_duration(&self) -> u32 {
        if let Some(announced) = self.announced_s {
            return announced;
        }
        let copies = self.plan.rungs.iter().any(|rung| rung.is_video() && rung.copied());
        if copies { self.borders.target_duration_with_copied_s() } else { self.borders.target_duration_s() }
    }

    /// Segment starts of a rung, in microseconds.
    pub(crate) fn borders_of(&self, rung: &Rung) -> &[i64] {
        match (rung.is_video(), rung.copied()) {
            (true, true) => &self.borders.copied,
            (true, false) => &self.borders.segments,
            (false, _) => &self.borders.sound,
        }
    }

    /// Where the last sample of a rung ends, when its pipe cannot know: an encoder guesses the last frame's duration.
    pub(crate) fn end_of(&self, rung: &Rung) -> Option<i64> {
        // The end of a stream is where it ends.
        let known = !(self.arriving && self.borders.grid);
        let video = self.probe.video.as_ref().filter(|_| rung.is_video() && known)?;
        Some(video.packets.end_us)
    }
}

/// The borders of a source whose first stage was begun while it arrived, on a clock.
async fn begun(services: &Services, video: &Video, end_us: i64) -> Result<Borders, Error> {
    let known = published::borders(services, &video.id).await?;
    if published::is_wholly_copied(services, &video.id).await? {
        return Ok(as_published(&known, end_us));
    }
    let copied = published::is_copied(services, &video.id).await?;
    let copying = if copied { Copying::Begun } else { Copying::NotWhileArriving };
    Ok(on_grid(&known, end_us).copying(copying))
}

/// A few prepared sources; when there are too many, any one is forgotten and probed again.
#[derive(Debug, Default)]
pub(crate) struct PreparedCache(Mutex<HashMap<VideoId, Arc<Prepared>>>);

impl PreparedCache {
    fn get(&self, video: &VideoId) -> Option<Arc<Prepared>> {
        self.lock().get(video).cloned()
    }

    fn insert(&self, video: VideoId, prepared: Arc<Prepared>) {
        const MOST: usize = 16;
        let mut known = self.lock();
        if known.len() >= MOST
            && let Some(any) = known.keys().next().cloned()
        {
            known.remove(&any);
        }
        known.insert(video, prepared);
    }

    /// Forgets a video that is finished.
    pub(crate) fn forget(&self, video: &VideoId) {
        self.lock().remove(video);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<VideoId, Arc<Prepared>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
