//! Playing a source while its parts come in.
//!
//! The first job of a video may begin before its upload is complete. An MP4 whose index is here has the plan and the borders
//! that it will have when it is whole; any other stream is cut on a clock ([`GRID`]): H.264 that looks fit for it is copied, at
//! its own keyframes, and everything else encoded. FFmpeg is fed through a pipe as the parts arrive. When the upload is
//! complete, the same job goes on to the ladder.
//!
//! Nothing here can fail a video. What cannot be played early, or fails on the way, waits for the whole file; a sender that
//! falls silent loses its worker, and the next part calls one again.

mod feed;
mod front;
mod layout;
mod parts;
pub(crate) mod published;
pub(crate) mod scratch;
mod silence;

use crate::prepared::Prepared;
use crate::{ARRIVING_LANE, Error, Follow, Run, Services, dedup_key, encode, enqueue, first, source};
use domain::{JobId, Micros, Origin, State, VideoId};
use layout::Layout;
use media::MediaError;
use media::borders::{Copying, borders, on_grid};
use media::plan::{Plan, copy_while_arriving, plan};
use media::probe::{probe_head, probe_indexed};
use media::sniff::Container;
use media::transport::Scan;
use parts::Parts;
use store::Store;
use store::jobs::Outcome;
use store::videos::Video;

/// `video.arriving` of an MP4 whose index is known.
const INDEX: &str = "index";
/// `video.arriving` of a stream that is cut on a clock.
pub(crate) const GRID: &str = "grid";
/// `video.arriving` of a source that was copied and must be encoded.
pub(crate) const ENCODE: &str = "encode";
/// `video.arriving` of what waits for the whole file.
const REFUSED: &str = "refused";
/// `video.arriving` of a stream whose published segments cannot be continued.
const RESTART: &str = "restart";
/// `video.arriving` of what waits for a certain part: `waits:7`.
const WAITS: &str = "waits:";

/// What came of an attempt before the upload was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Early {
    /// The job has ended; a part or the end of the upload begins another one.
    Parked,
    /// The upload is complete: the job goes on.
    Complete,
}

/// Notes that a part of `video` (as it was before) arrived. `true` when a job was enqueued for it.
///
/// # Errors
/// When the database fails.
pub async fn part_arrived(
    store: &Store,
    video: &Video,
    job: JobId,
    now: Micros,
) -> Result<bool, store::Error> {
    let wanted = match video.arriving.as_deref() {
        Some(REFUSED | RESTART) => return Ok(false),
        Some(note) => note.strip_prefix(WAITS).and_then(|number| number.parse().ok()).unwrap_or(1),
        None => 1,
    };
    if store.part(&video.id, wanted).await?.is_none()
        || store.has_open_job(&dedup_key(first::KIND, &video.id)).await?
    {
        return Ok(false);
    }
    // The last part: the whole file is only a call away.
    if video.size.is_some() && Some(store.received_bytes(&video.id).await?) >= video.size {
        return Ok(false);
    }
    let mut tx = store.begin().await?;
    if !tx.is_uploading(&video.id).await? {
        return Ok(false);
    }
    let follow = Follow { id: job, kind: first::KIND, lane: ARRIVING_LANE, priority: 100 };
    enqueue(&mut tx, &follow, &video.id, &video.account_id, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Plays what arrives until the upload is complete or brings nothing more.
pub(crate) async fn run(run: &Run<'_>) -> Result<Early, Error> {
    loop {
        let video = run.video().await?;
        if video.state != State::Uploading {
            restart(run, &video).await?;
            return Ok(Early::Complete);
        }
        let mut parts = Parts::of(run.services, &video).await?;
        let ended = match video.arriving.as_deref() {
            Some(REFUSED | RESTART) => Ok(Ended::Idle),
            _ if parts.all_here() => Ok(parts.wait_for_the_end().await?),
            _ => attempt(run, &video, &mut parts).await,
        };
        let note = match ended {
            Ok(Ended::Made) => match parts.wait_for_the_end().await? {
                Ended::Made => continue,
                _ => None,
            },
            Ok(Ended::Idle) => None,
            Ok(Ended::Wants(number)) => Some(format!("{WAITS}{number}")),
            // These may pass, or are not about the source.
            Err(error @ (Error::Store(_) | Error::Blobs(_) | Error::Pipe(_) | Error::NoTools)) => {
                return Err(error);
            }
            Err(error) => {
                let begun = run.video().await?.arriving.as_deref() == Some(GRID);
                if begun && published::is_copied(run.services, &video.id).await? {
                    tracing::info!(%error, video = %video.id, "cannot be copied after all");
                    encode_instead(run).await?;
                    continue;
                }
                tracing::info!(%error, video = %video.id, "waits for the whole file");
                Some(if begun { RESTART } else { REFUSED }.to_owned())
            }
        };
        if park(run, &parts, note.as_deref()).await? {
            return Ok(Early::Parked);
        }
    }
}

/// How an attempt ended that found no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The first stage is made, or the upload complete.
    Made,
    /// Nothing came for a while.
    Idle,
    /// It cannot go on without this part.
    Wants(i64),
}

/// Ends the job, unless something came meanwhile that changes what it would do.
async fn park(run: &Run<'_>, parts: &Parts<'_>, note: Option<&str>) -> Result<bool, Error> {
    let (services, job) = (run.services, run.job);
    let mut tx = services.store.fenced(&job.fence()).await?;
    let wanted = note.and_then(|note| note.strip_prefix(WAITS)).and_then(|number| number.parse::<i64>().ok());
    let (here, has_wanted) = tx.part_count(&job.video_id, wanted.unwrap_or(0)).await?;
    let news = match (note, wanted) {
        (_, Some(_)) => has_wanted,
        (Some(_), None) => false,
        (None, None) => usize::try_from(here).is_ok_and(|here| here > parts.count()),
    };
    if news || !tx.is_uploading(&job.video_id).await? {
        return Ok(false);
    }
    if let Some(note) = note {
        tx.set_arriving(&job.video_id, note).await?;
    }
    tx.finish_job(&job.fence(), Outcome::Done, services.clock.now()).await?;
    tx.commit().await?;
    tracing::debug!(video = %job.video_id, note, "parked");
    services.changed(&job.video_id, &job.account_id);
    Ok(true)
}

async fn attempt(run: &Run<'_>, video: &Video, parts: &mut Parts<'_>) -> Result<Ended, Error> {
    let layout = match layout::read(parts).await? {
        Ok(layout) => layout,
        Err(missing) => return Ok(Ended::Wants(missing)),
    };
    let mut clock = None;
    let (prepared, pieces, note) = match layout {
        Layout::Indexed(index) => {
            let pieces = index.view().map_err(unstreamable)?;
            (indexed(run, video, parts, &index).await?, pieces, INDEX)
        }
        Layout::Stream(container) => match stream(run, video, parts, container).await? {
            Some(prepared) => {
                clock = (container == Container::MpegTs).then(Scan::default);
                (prepared, feed::whole(video), GRID)
            }
            None => return Ok(Ended::Wants(parts.first_missing())),
        },
    };
    first::announce(run, &prepared).await?;
    let mut tx = run.services.store.fenced(&run.job.fence()).await?;
    tx.set_arriving(&video.id, note).await?;
    tx.commit().await?;
    tracing::info!(video = %video.id, how = note, "plays while it arrives");
    let made = encode::run_arriving(run, &prepared, |input| feed::run(parts, pieces, clock, input)).await?;
    if made.is_none() {
        return Ok(Ended::Idle);
    }
    if note == GRID {
        silence::behind(run, &prepared).await?;
    }
    // Of a stream nobody knew the end: it is here now, and so is the whole duration.
    let duration =
        if note == GRID { Some(published::duration(run.services, &video.id).await?) } else { None };
    let mut tx = run.services.store.fenced(&run.job.fence()).await?;
    for rung in encode::names(&prepared, 1) {
        tx.complete_rung(&video.id, &rung).await?;
        if note == GRID {
            tx.measure_peak(&video.id, &rung).await?;
        }
    }
    if let Some(duration) = duration {
        tx.set_duration(&video.id, duration).await?;
    }
    tx.commit().await?;
    run.services.changed(&video.id, &video.account_id);
    Ok(Ended::Made)
}

/// The plan of an MP4 whose index is here: the one that it will have when it is whole.
async fn indexed(
    run: &Run<'_>,
    video: &Video,
    parts: &mut Parts<'_>,
    index: &cmaf::faststart::Index,
) -> Result<Prepared, Error> {
    let services = run.services;
    let twin = index.twin().map_err(unstreamable)?;
    let size = parts.size().ok_or_else(|| Error::Unstreamable("its size is not known".to_owned()))?;
    let sparse_file = scratch::sparse(services, &video.id, parts, index, size).await?;
    let twin_file = scratch::twin(services, &video.id, &twin).await?;
    let paths = (sparse_file.path(), twin_file.path());
    let size_of = |at, size| twin.size_at(at, size);
    let probe = probe_indexed(run.tools, paths, size, size_of, &services.limits).await?;
    let borders = borders(&probe);
    let plan = plan(&probe, &borders, &services.ladder);
    let duration_us = Some(probe.duration_us);
    Ok(Prepared { duration_us, ..Prepared::arriving(probe, borders, plan) })
}

/// The plan of the first stage of a stream, from its first bytes; `None` while there are too few of them.
async fn stream(
    run: &Run<'_>,
    video: &Video,
    parts: &mut Parts<'_>,
    container: Container,
) -> Result<Option<Prepared>, Error> {
    let services = run.services;
    let head_file = scratch::head(services, &video.id, parts).await?;
    if container == Container::MpegTs && source::jumps(head_file.path()).await? {
        return Err(Error::Unstreamable("its clock jumps".to_owned()));
    }
    let limits = services.limits;
    let head = match probe_head(run.tools, head_file.path(), container, &limits).await {
        Ok(head) => head,
        Err(MediaError::NoPackets | MediaError::NoTracks) if !head_file.is_long() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut probe = head.probe;
    let shown_us = probe.video.as_ref().map(|video| video.packets.end_us - video.packets.first_us);
    let recording = video.origin == Origin::Recording;
    let least = if recording { LEAST_TAKE_US } else { LEAST_HEAD_US };
    if head.silent > 0 || shown_us.is_some_and(|us| us < least) {
        return match head_file.is_long() {
            true => Err(Error::Unstreamable("its tracks begin too far apart".to_owned())),
            false => Ok(None),
        };
    }
    let begun = video.plan.as_deref().filter(|_| video.arriving.as_deref() == Some(GRID));
    // What an earlier attempt began goes on in the same way, whatever the longer head says.
    let begun = begun.map(serde_json::from_str::<Plan>).transpose()?;
    let copies = match &begun {
        Some(plan) => Some(plan.stage(1).any(|rung| rung.is_video() && rung.copied())),
        None if video.arriving.as_deref() == Some(ENCODE) => Some(false),
        None => copy_while_arriving(&probe, recording, &services.ladder),
    };
    let copying = match copies {
        Some(true) => Copying::Begun,
        Some(false) => Copying::NotWhileArriving,
        None if head_file.is_long() => Copying::NotWhileArriving,
        None => return Ok(None),
    };
    if let Some(picture) = &mut probe.video {
        // Nobody knows the end; a sound must not be padded to the head's.
        picture.packets.end_us = 0;
    }
    let duration_us = head.promised_us.filter(|us| *us <= limits.max_duration_us);
    probe.duration_us = duration_us.unwrap_or(limits.max_duration_us);
    let known = published::borders(services, &video.id).await?;
    let borders = on_grid(&known, limits.max_duration_us).copying(copying);
    let plan = begun.unwrap_or_else(|| plan(&probe, &borders, &services.ladder));
    let announced_s = Some(published::target_duration(services, video, copying).await?);
    Ok(Some(Prepared { duration_us, announced_s, ..Prepared::arriving(probe, borders, plan) }))
}

/// Removes what cannot be continued, now that the whole file is here to make it again.
async fn restart(run: &Run<'_>, video: &Video) -> Result<(), Error> {
    if video.arriving.as_deref() != Some(RESTART) {
        return Ok(());
    }
    tracing::info!(video = %video.id, "begins anew with the whole file");
    forget(run, REFUSED).await
}

/// Begins anew with a picture that is encoded: it was copied, and that proved wrong.
pub(crate) async fn encode_instead(run: &Run<'_>) -> Result<(), Error> {
    forget(run, ENCODE).await?;
    run.services.prepared.forget(&run.job.video_id);
    Ok(())
}

/// Removes every rung; `note` says how the video goes on.
async fn forget(run: &Run<'_>, note: &str) -> Result<(), Error> {
    let (services, video) = (run.services, &run.job.video_id);
    let mut tx = services.store.fenced(&run.job.fence()).await?;
    let old = tx.forget_rungs(video).await?;
    tx.set_arriving(video, note).await?;
    tx.commit().await?;
    services.remove(&old).await;
    services.changed(video, &run.job.account_id);
    Ok(())
}

/// After the last attempt at a video that still arrives: it waits for the whole file. `false` when it is complete.
pub(crate) async fn gives_up(services: &Services, video: &VideoId) -> bool {
    let told = async {
        let mut tx = services.store.begin().await?;
        let arriving = tx.is_uploading(video).await?;
        if arriving {
            let begun =
                services.store.video(video).await?.is_some_and(|v| v.video.arriving.as_deref() == Some(GRID));
            tx.set_arriving(video, if begun { RESTART } else { REFUSED }).await?;
            tx.commit().await?;
        }
        Ok::<_, store::Error>(arriving)
    };
    told.await.unwrap_or(false)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unstreamable(refusal: cmaf::faststart::Refusal) -> Error {
    Error::Unstreamable(refusal.to_string())
}

/// The head shows at least so much of the picture, so that its frame rate is known.
const LEAST_HEAD_US: i64 = 1_000_000;
/// The same of a recording, whose first part is a second or a little less and whose viewers wait.
const LEAST_TAKE_US: i64 = 400_000;
