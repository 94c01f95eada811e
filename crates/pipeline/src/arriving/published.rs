//! What is published of a stream that was cut on a clock: all that is remembered of how it was cut.

use crate::{Error, Services};
use domain::{Origin, VideoId};
use media::borders::{Copying, GRID_TARGET_DURATION_S};
use store::media::{Rung, Segment};
use store::videos::Video;

/// Whether the picture is the source's own.
pub(crate) async fn is_copied(services: &Services, video: &VideoId) -> Result<bool, Error> {
    Ok(services.store.rungs(video).await?.iter().any(is_copied_picture))
}

/// Whether the picture is the source's own, and its last segment here.
pub(crate) async fn is_wholly_copied(services: &Services, video: &VideoId) -> Result<bool, Error> {
    Ok(services.store.rungs(video).await?.iter().any(|rung| is_copied_picture(rung) && rung.complete))
}

fn is_copied_picture(rung: &Rung) -> bool {
    rung.kind == "video" && rung.copied
}

/// Where the picture's segments begin, in microseconds: the borders that every further rung takes.
pub(crate) async fn borders(services: &Services, video: &VideoId) -> Result<Vec<i64>, Error> {
    let rungs = services.store.rungs(video).await?;
    let extents = services.store.extents(video).await?;
    let long = |rung: &&Rung| {
        let segments =
            extents.iter().find(|extent| extent.name == rung.name).map_or(0, |extent| extent.segments);
        (rung.copied, rung.complete, segments)
    };
    // The one that was made while the source arrived: it is ahead of all that follow it.
    let pictures = rungs.iter().filter(|rung| rung.kind == "video");
    let first = pictures.filter_map(|rung| Some((rung, scale_of(rung)?))).max_by_key(|(rung, _)| long(rung));
    let Some((rung, scale)) = first else { return Ok(Vec::new()) };
    let segments = services.store.segments(video, &rung.name).await?;
    Ok(segments.iter().map(|segment| cmaf::MediaTime::new(segment.start, scale).as_micros()).collect())
}

/// A rung's last segment.
#[derive(Debug)]
pub(super) struct End {
    pub(super) rung: Rung,
    pub(super) segment: Segment,
    pub(super) scale: cmaf::Timescale,
}

impl End {
    /// Where the rung ends, in microseconds.
    pub(super) fn micros(&self) -> i64 {
        let end = self.segment.start.saturating_add(self.segment.duration);
        cmaf::MediaTime::new(end, self.scale).as_micros()
    }
}

/// Where each rung ends that has something.
pub(super) async fn ends(services: &Services, video: &VideoId) -> Result<Vec<End>, Error> {
    let mut ends = Vec::new();
    for rung in services.store.rungs(video).await? {
        let last = services.store.segments(video, &rung.name).await?.pop();
        if let (Some(scale), Some(segment)) = (scale_of(&rung), last) {
            ends.push(End { rung, segment, scale });
        }
    }
    Ok(ends)
}

/// Where everything ends, in microseconds, once the first stage is made and no sound is shorter than the picture.
pub(super) async fn duration(services: &Services, video: &VideoId) -> Result<i64, Error> {
    let ends = ends(services, video).await?;
    let pictures = ends.iter().filter(|end| end.rung.kind == "video").map(End::micros);
    let sounds = ends.iter().filter(|end| end.rung.kind != "video").map(End::micros);
    Ok(sounds.min().unwrap_or(0).max(pictures.max().unwrap_or(0)))
}

/// The target duration that the playlists announced, or will: a copied picture has its keyframes where it likes, and a
/// browser's recorder where it was told.
pub(crate) async fn target_duration(
    services: &Services,
    video: &Video,
    copying: Copying,
) -> Result<u32, Error> {
    let announced = services.store.rungs(&video.id).await?.iter().map(|rung| rung.target_duration).max();
    let first = match (copying, video.origin) {
        (Copying::Begun, Origin::Upload) => COPIED_TARGET_DURATION_S,
        _ => GRID_TARGET_DURATION_S,
    };
    Ok(announced.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(first))
}

fn scale_of(rung: &Rung) -> Option<cmaf::Timescale> {
    cmaf::Timescale::new(u32::try_from(rung.timescale?).ok()?)
}

/// How much earlier than the picture a sound may end.
pub(super) const SHORT_US: i64 = 500_000;
/// Two seconds of the clock and the longest keyframe gap that is copied.
const COPIED_TARGET_DURATION_S: u32 = 8;
