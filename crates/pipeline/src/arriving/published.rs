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

/// Where everything ends, in microseconds, once the first stage is made. A sound that ends before the picture is padded where
/// the picture's end is known; a player would wait for it for ever, so that is refused.
pub(super) async fn duration(services: &Services, video: &VideoId) -> Result<i64, Error> {
    let (mut picture, mut sound): (i64, Option<i64>) = (0, None);
    for rung in services.store.rungs(video).await? {
        let segments = services.store.segments(video, &rung.name).await?;
        let (Some(scale), Some(last)) = (scale_of(&rung), segments.last()) else { continue };
        let end = end_of(last, scale);
        match rung.kind.as_str() {
            "video" => picture = picture.max(end),
            _ => sound = Some(sound.map_or(end, |sound| sound.min(end))),
        }
    }
    match sound {
        Some(end) if picture.saturating_sub(end) > SHORT_US => {
            Err(Error::Unstreamable("its sound ends before its picture".to_owned()))
        }
        end => Ok(end.unwrap_or(0).max(picture)),
    }
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

fn end_of(segment: &Segment, scale: cmaf::Timescale) -> i64 {
    cmaf::MediaTime::new(segment.start.saturating_add(segment.duration), scale).as_micros()
}

/// How much earlier than the picture a sound may end.
const SHORT_US: i64 = 500_000;
/// Two seconds of the clock and the longest keyframe gap that is copied.
const COPIED_TARGET_DURATION_S: u32 = 8;
