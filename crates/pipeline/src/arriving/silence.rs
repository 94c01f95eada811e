//! Silence behind a sound that ended before the picture of a stream: a microphone that was unplugged, a recorder that stopped its tracks
//! one after the other. A player would wait at the end of the shorter list for ever, and what was published must stay as it is.

use super::published::{self, End};
use crate::prepared::Prepared;
use crate::publish::Publisher;
use crate::sound::Track;
use crate::{Error, Run};
use cmaf::edit::sound::PACKET;
use cmaf::edit::write;
use cmaf::names::{Epoch, Msn};
use cmaf::{InitSegment, MediaTime, Sample};
use store::media::Rung;

/// Makes every sound as long as the picture, but for less than a player notices.
pub(super) async fn behind(run: &Run<'_>, prepared: &Prepared) -> Result<(), Error> {
    let ends = published::ends(run.services, &run.job.video_id).await?;
    let Some(picture) = ends.iter().filter(|end| end.rung.kind == "video").map(End::micros).max() else {
        return Ok(());
    };
    for end in ends.iter().filter(|end| end.rung.kind == "audio") {
        if picture.saturating_sub(end.micros()) > published::SHORT_US {
            let from = end.segment.start.saturating_add(end.segment.duration);
            let to = MediaTime::from_micros(picture).rescale(end.scale).ticks();
            let next = end.segment.msn.saturating_add(1);
            tracing::info!(video = %run.job.video_id, from, to, "the sound ends before the picture");
            pad(run, prepared, &end.rung, (from, to), next).await?;
        }
    }
    Ok(())
}

/// Publishes silence from one time to another, in ticks, as the segments from number `next` on.
async fn pad(
    run: &Run<'_>,
    prepared: &Prepared,
    rung: &Rung,
    (from, to): (i64, i64),
    next: i64,
) -> Result<(), Error> {
    let key = rung.init_key.as_deref().ok_or(Error::NoInit)?;
    let bytes = run.services.blobs.read(&blobs::ObjectKey::parse(key.to_owned())?).await?;
    let init = InitSegment::parse(bytes)?;
    let silent = silent_packet(run, Track::of(rung, &init)?).await?;
    let count = to.saturating_sub(from).div_euclid(PACKET);
    let packets: Vec<Sample> = (0..count)
        .map(|number| Sample {
            decode_time: from.saturating_add(number.saturating_mul(PACKET)),
            ..silent.clone()
        })
        .collect();
    let rate = i64::from(init.track.timescale.get());
    let each = usize::try_from(SEGMENT_S.saturating_mul(rate).div_euclid(PACKET)).unwrap_or(1).max(1);
    let mut segments = Vec::new();
    for (number, piece) in (next..).zip(packets.chunks(each)) {
        let msn = Msn(u32::try_from(number).map_err(|_| cmaf::ReadError::Truncated("a sound"))?);
        segments.push(write(msn, &init.track, piece)?);
    }
    if segments.is_empty() {
        return Ok(());
    }
    Publisher::new(run, prepared).segments(&rung.name.parse()?, Epoch(0), segments, None).await
}

/// A packet of silence that follows silence: every one of them is the same.
async fn silent_packet(run: &Run<'_>, track: Track<'_>) -> Result<Sample, Error> {
    const PACKETS: usize = 16;
    let samples = usize::try_from(PACKET).unwrap_or(0).saturating_mul(PACKETS);
    let floats =
        vec![0; samples.saturating_mul(usize::from(track.channels)).saturating_mul(size_of::<f32>())];
    let packets = track.packets(run, &floats, 1 << 20).await?;
    packets.into_iter().nth(PACKETS / 2).ok_or(Error::NoInit)
}

/// Seconds of a segment, as those before it.
const SEGMENT_S: i64 = 2;
