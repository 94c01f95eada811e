use super::playlists::{
    answer_as, below_video, edited_name, file_name, has_segments, is_bridged, resolution, timescale,
};
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::http::HeaderMap;
use axum::response::Response;
use cmaf::MediaTime;
use cmaf::dash::{AdaptationSet, Content, Media, Mpd, Representation, SegmentEntry, SegmentList};
use cmaf::playlist::FrameRate;
use domain::{State, VideoId};
use pipeline::edit_folder;
use store::Store;
use store::media::Rung;
use store::tracks::Caption;

/// The DASH manifest over the same segments. There is one when nothing is added to any rung any more.
pub(super) async fn mpd(app: &App, video: &VideoId, headers: &HeaderMap) -> Result<Response> {
    let mpd = mpd_of(&app.store, video).await?;
    Ok(answer_as("application/dash+xml", &mpd.to_string(), headers))
}

/// The same as a value.
pub(crate) async fn mpd_of(store: &Store, video: &VideoId) -> Result<Mpd> {
    let listed = store.video(video).await?.ok_or_else(Problem::not_found)?;
    if listed.video.state != State::Ready {
        return Err(Problem::not_ready());
    }
    let rungs = store.rungs(video).await?;
    let extents = store.extents(video).await?;
    let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
    let mut target_duration = 1;
    for rung in &rungs {
        if !rung.complete || !has_segments(rung, &extents) || is_bridged(rung, &rungs) {
            continue;
        }
        let Some(representation) = representation(store, video, rung, listed.video.edit).await? else {
            continue;
        };
        target_duration = rung.target_duration.max(target_duration);
        if rung.kind == "audio" {
            sounds.push(sound(rung, representation));
        } else {
            pictures.push(representation);
        }
    }
    if pictures.is_empty() && sounds.is_empty() {
        return Err(Problem::not_ready());
    }
    pictures.sort_by_key(|picture| picture.bandwidth);
    let picture = Some(AdaptationSet {
        content: Content::Video,
        language: None,
        label: None,
        main: true,
        representations: pictures,
    })
    .filter(|set| !set.representations.is_empty());
    let captions = store.captions(video).await?;
    Ok(Mpd {
        duration: MediaTime::from_micros(listed.video.duration.unwrap_or(0)),
        min_buffer: MediaTime::from_micros(target_duration.saturating_mul(1_000_000)),
        adaptation_sets: picture.into_iter().chain(sounds).chain(captions.iter().map(caption)).collect(),
    })
}

/// `None` for a rung whose rows make no sense to a player.
async fn representation(
    store: &Store,
    video: &VideoId,
    rung: &Rung,
    edit: i64,
) -> Result<Option<Representation>> {
    let (Some(init), Some(scale)) = (rung.init_key.as_deref(), timescale(rung)) else { return Ok(None) };
    let segments = store.segments(video, &rung.name).await?;
    let entries: Option<Vec<_>> = segments
        .iter()
        .map(|segment| {
            Some(SegmentEntry {
                start: u64::try_from(segment.start).ok()?,
                duration: u64::try_from(segment.duration).ok()?,
                uri: if edit == 0 { file_name(&segment.key) } else { edited_name(segment) },
            })
        })
        .collect();
    Ok(entries.map(|segments| Representation {
        id: rung.name.clone(),
        bandwidth: u64::try_from(rung.bandwidth).unwrap_or(0),
        codecs: rung.codec.clone(),
        resolution: resolution(rung),
        frame_rate: rung.frame_rate.and_then(frame_rate),
        channels: rung.channels.and_then(|channels| u16::try_from(channels).ok()),
        media: Media::Segments(SegmentList {
            base: match edit {
                0 => format!("{}/", rung.name),
                edit => format!("{}/{}/", edit_folder(edit), rung.name),
            },
            timescale: scale,
            initialization: file_name(init),
            segments,
        }),
    }))
}

/// Each sound is a choice of its own.
fn sound(rung: &Rung, representation: Representation) -> AdaptationSet {
    AdaptationSet {
        content: Content::Audio,
        language: rung.language.clone(),
        label: rung.label.clone(),
        main: rung.is_default,
        representations: vec![representation],
    }
}

fn caption(caption: &Caption) -> AdaptationSet {
    let file = Representation {
        id: format!("captions-{}", caption.lang),
        // Text costs next to nothing; the attribute must be there.
        bandwidth: 1_000,
        codecs: None,
        resolution: None,
        frame_rate: None,
        channels: None,
        media: Media::File(below_video(&caption.key).to_owned()),
    };
    AdaptationSet {
        content: Content::Text,
        language: Some(caption.lang.clone()),
        label: Some(caption.label.clone()),
        main: false,
        representations: vec![file],
    }
}

/// Rows count frames in 1,000 seconds; the broadcast rates are fractions of 1001.
fn frame_rate(thousandths: i64) -> Option<FrameRate> {
    let thousandths = u32::try_from(thousandths).ok().filter(|rate| *rate > 0)?;
    if thousandths % 1000 == 0 {
        return Some(FrameRate { numerator: thousandths / 1000, denominator: 1 });
    }
    let whole = thousandths.div_ceil(1000);
    let broadcast = FrameRate { numerator: whole.checked_mul(1000)?, denominator: 1001 };
    // 29.97003 is written as 29970.
    let rounded = (u64::from(whole) * 2_000_000 + 1001) / 2002;
    Some(if rounded == u64::from(thousandths) {
        broadcast
    } else {
        FrameRate { numerator: thousandths, denominator: 1000 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_rates_are_fractions() {
        let rate = |thousandths| frame_rate(thousandths).map(|rate| (rate.numerator, rate.denominator));
        assert_eq!(rate(25_000), Some((25, 1)));
        assert_eq!(rate(29_970), Some((30_000, 1001)));
        assert_eq!(rate(23_976), Some((24_000, 1001)));
        assert_eq!(rate(59_940), Some((60_000, 1001)));
        assert_eq!(rate(14_985), Some((15_000, 1001)));
        assert_eq!(rate(12_345), Some((12_345, 1000)));
        assert_eq!(rate(0), None);
    }
}
