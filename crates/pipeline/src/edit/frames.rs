//! The pictures of an edit that do not move: the poster before it is shown, the storyboard after.

use super::base::Base;
use super::{Making, folder};
use crate::arriving::scratch::Scratch;
use crate::publish::put_storyboard;
use crate::source::expect_room;
use crate::{Error, Run};
use blobs::ObjectKey;
use bytes::Bytes;
use cmaf::edit::{lifted, moved, with, write};
use cmaf::{InitSegment, Msn};
use media::probe::{Size, probe};
use media::sniff::Container;
use store::media::Rung;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

/// The frame at `at` microseconds of the whole video, or a tenth into what is kept; `None` for a sound alone.
pub(super) async fn poster(
    making: &Making<'_>,
    base: &Base<'_>,
    at: Option<i64>,
) -> Result<Option<Bytes>, Error> {
    let Some(best) = base.best() else { return Ok(None) };
    let tenth = making.keep.to_original(making.keep.duration_us() / 10);
    let Some(at) = at.or(tenth) else { return Ok(None) };
    let init = best.init().await?;
    let near = best.index_at(&init, at);
    let offset = super::ticks(media::encode::OUTPUT_OFFSET_US, init.track.timescale);
    // The first frame at or after it that is kept, else the last one before it.
    let mut found: Option<(usize, i64)> = None;
    for index in near.saturating_sub(1)..best.segments().len().min(near.saturating_add(2)) {
        let mut shown: Vec<i64> = best.times(&init, index).await?.iter().map(|time| time.shown).collect();
        shown.sort_unstable();
        for shown in shown {
            let us = super::base::micros(shown, &init);
            let before = found.is_none_or(|(_, found)| super::base::micros(found, &init) < at);
            if before && making.keep.to_edited(us).is_some() {
                found = Some((index, shown));
            }
        }
    }
    let Some((index, shown)) = found else { return Ok(None) };
    let samples = best.samples(&init, index).await?;
    let lift =
        samples.iter().map(|sample| sample.composition_offset.saturating_neg()).max().unwrap_or(0).max(0);
    let segment = write(Msn(0), &init.track, &lifted(&samples, lift, offset)?)?;
    let run = making.run;
    let input = Scratch::new(run.services, &run.job.video_id, "edit-poster");
    let mut file = File::create(input.path()).await.map_err(Error::Pipe)?;
    file.write_all(&init.bytes).await.map_err(Error::Pipe)?;
    file.write_all(&segment.bytes).await.map_err(Error::Pipe)?;
    file.flush().await.map_err(Error::Pipe)?;
    let size = size_of(&best.content.rung);
    Ok(media::splice::frame(run.tools, input.path(), shown.saturating_add(offset), size).await?)
}

fn size_of(rung: &Rung) -> Size {
    let side = |side: Option<i64>| side.and_then(|side| u32::try_from(side).ok()).unwrap_or(16).max(16);
    Size { width: side(rung.width), height: side(rung.height) }
}

/// Makes the storyboard of what viewers get, where an edit has none yet.
pub(super) async fn storyboard(run: &Run<'_>) -> Result<(), Error> {
    let (services, id) = (run.services, &run.job.video_id);
    let video = run.video().await?;
    if video.edit == 0 || services.store.storyboard(id).await?.is_some() {
        return Ok(());
    }
    let rungs = services.store.rungs(id).await?;
    let Some(rung) = rungs.iter().filter(|rung| rung.kind == "video").min_by_key(|rung| rung.bandwidth)
    else {
        return Ok(());
    };
    let input = Scratch::new(services, id, "edit-storyboard");
    join(run, rung, &input).await?;
    let probed = match probe(run.tools, input.path(), Container::Mp4, &services.limits).await {
        Ok(probed) => probed,
        Err(error) => {
            tracing::warn!(%error, video = %id, "an edit cannot be probed for its storyboard");
            return Ok(());
        }
    };
    let made = match media::storyboard::storyboard(run.tools, &probed, input.path()).await {
        Ok(Some(made)) => made,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::warn!(%error, video = %id, "no storyboard could be made of an edit");
            return Ok(());
        }
    };
    let folder = format!("videos/{id}/{}", folder(video.edit));
    let row = put_storyboard(services, &folder, blobs::Durability::Synced, made).await?;
    let mut tx = services.store.fenced(&run.job.fence()).await?;
    tx.set_storyboard(id, &row).await?;
    tx.commit().await?;
    services.changed(id, &run.job.account_id);
    Ok(())
}

/// A rung as viewers get it, as one file.
async fn join(run: &Run<'_>, rung: &Rung, into: &Scratch) -> Result<(), Error> {
    let (services, id) = (run.services, &run.job.video_id);
    let segments = services.store.segments(id, &rung.name).await?;
    let bytes = segments.iter().map(|segment| segment.size.unsigned_abs()).sum();
    expect_room(services, bytes)?;
    let init = services.blobs.read(&ObjectKey::parse(rung.init_key.as_deref().unwrap_or_default())?).await?;
    let init = InitSegment::parse(init)?;
    let mut file = File::create(into.path()).await.map_err(Error::Pipe)?;
    file.write_all(&init.bytes).await.map_err(Error::Pipe)?;
    for segment in segments {
        let bytes = services.blobs.read(&ObjectKey::parse(segment.key.as_str())?).await?;
        let head = bytes.get(..bytes.len().min(cmaf::edit::HEAD)).unwrap_or_default();
        let bytes = with(&bytes, &moved(head, segment.shift)?);
        file.write_all(&bytes).await.map_err(Error::Pipe)?;
    }
    file.flush().await.map_err(Error::Pipe)
}
