use super::object::{empty, insert};
use super::{Right, live};
use crate::app::App;
use crate::problem::{Problem, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use cmaf::playlist::{
    FrameRate, MediaPlaylist, MediaSegment, MultivariantPlaylist, Rendition, Resolution, SubtitlesPlaylist,
    Variant,
};
use cmaf::{MediaTime, Timescale};
use domain::VideoId;
use pipeline::edit_folder;
use store::Store;
use store::media::{Rung, RungExtent, Segment};
use store::tracks::Caption;

/// A media playlist's name in its rung's folder.
pub(crate) const MEDIA: &str = "index.m3u8";
/// The folder of the captions.
pub(crate) const CAPTIONS: &str = "captions/";
const AUDIO_GROUP: &str = "audio";
const CAPTIONS_GROUP: &str = "captions";
/// What stands for a language that the source does not say.
const UNKNOWN_LANGUAGE: &str = "und";

/// The rungs that have something to play.
pub(super) async fn multivariant(
    app: &App,
    video: &VideoId,
    right: Right,
    headers: &HeaderMap,
) -> Result<Response> {
    let broadcast = app.live.find(video).filter(|broadcast| !broadcast.is_over());
    let Some(broadcast) = broadcast else {
        return Ok(answer(&multivariant_of(&app.store, video).await?.to_string(), headers));
    };
    // What is on is listed from its first part on, stored or not.
    let rungs = app.store.rungs(video).await?;
    let on: Vec<_> = rungs.iter().filter(|rung| broadcast.lists(&rung.name)).collect();
    let mut playlist = match on.as_slice() {
        // Its publisher has not returned since the server was started.
        [] => multivariant_of(&app.store, video).await?,
        on => list_of(on, &app.store.captions(video).await?),
    };
    live::measured(&broadcast, &mut playlist);
    Ok(live::cached(answer(&playlist.to_string(), headers), right, 1))
}

/// The same as a value.
pub(crate) async fn multivariant_of(store: &Store, video: &VideoId) -> Result<MultivariantPlaylist> {
    let rungs = store.rungs(video).await?;
    let extents = store.extents(video).await?;
    let playable: Vec<_> =
        rungs.iter().filter(|rung| has_segments(rung, &extents) && !is_bridged(rung, &rungs)).collect();
    if playable.is_empty() {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "not_playable",
            "Nothing of this video can be played yet.",
        ));
    }
    let captions = store.captions(video).await?;
    Ok(list_of(&playable, &captions))
}

/// The playlist of a captions track: one file, as long as the video.
pub(super) async fn captions(
    app: &App,
    video: &VideoId,
    lang: &str,
    headers: &HeaderMap,
) -> Result<Response> {
    let playlist = captions_of(&app.store, video, lang).await?;
    Ok(answer(&playlist.to_string(), headers))
}

/// The same as a value.
pub(crate) async fn captions_of(store: &Store, video: &VideoId, lang: &str) -> Result<SubtitlesPlaylist> {
    let tracks = store.captions(video).await?;
    let track = tracks.iter().find(|track| track.lang == lang).ok_or_else(Problem::not_found)?;
    let listed = store.video(video).await?.ok_or_else(Problem::not_found)?;
    Ok(SubtitlesPlaylist {
        duration_us: listed.video.duration.and_then(|us| u64::try_from(us).ok()).unwrap_or(0),
        uri: match listed.video.edit {
            0 => format!("../{}", file_name(&track.key)),
            _ => format!("../../{}", below_video(&track.key)),
        },
    })
}

/// One rung's segments: an EVENT playlist that grows until the rung is complete.
pub(super) async fn media(app: &App, video: &VideoId, rung: &str, headers: &HeaderMap) -> Result<Response> {
    let playlist = media_of(&app.store, video, rung).await?;
    Ok(answer(&playlist.to_string(), headers))
}

/// The same as a value.
pub(crate) async fn media_of(store: &Store, video: &VideoId, rung: &str) -> Result<MediaPlaylist> {
    let edit = store.video(video).await?.ok_or_else(Problem::not_found)?.video.edit;
    let rung = store.rung(video, rung).await?.ok_or_else(Problem::not_found)?;
    let segments = store.segments(video, &rung.name).await?;
    media_playlist(&rung, &segments, edit)
}

/// A rung's playlist in an edit, or of the whole video (0).
pub(super) fn media_playlist(rung: &Rung, segments: &[Segment], edit: i64) -> Result<MediaPlaylist> {
    let (Some(init), Some(scale)) = (rung.init_key.as_deref(), timescale(rung)) else {
        return Err(Problem::not_found());
    };
    if segments.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(MediaPlaylist {
        target_duration: u32::try_from(rung.target_duration).unwrap_or(u32::MAX),
        map: if edit == 0 { file_name(init) } else { format!("../{}", below_video(init)) },
        segments: segments
            .iter()
            .map(|segment| MediaSegment {
                duration: MediaTime::new(segment.duration, scale),
                uri: match edit {
                    0 => file_name(&segment.key),
                    edit => format!("../{}/{}/{}", edit_folder(edit), rung.name, edited_name(segment)),
                },
            })
            .collect(),
        start_at_zero: true,
        endlist: rung.complete,
    })
}

pub(super) fn list_of(rungs: &[&Rung], captions: &[Caption]) -> MultivariantPlaylist {
    let sounds: Vec<_> = rungs.iter().copied().filter(|rung| rung.kind == "audio").collect();
    let sound = sounds.iter().copied().find(|rung| rung.is_default).or(sounds.first().copied());
    let pictures: Vec<_> = rungs.iter().filter(|rung| rung.kind == "video").collect();
    if pictures.is_empty() {
        return sound_alone(&sounds, sound);
    }
    MultivariantPlaylist {
        variants: pictures.iter().map(|rung| variant(rung, sound, !captions.is_empty())).collect(),
        audio: renditions(&sounds, sound),
        subtitles: captions
            .iter()
            .map(|track| Rendition {
                group_id: CAPTIONS_GROUP.to_owned(),
                name: track.label.clone(),
                language: (track.lang != UNKNOWN_LANGUAGE).then(|| track.lang.clone()),
                channels: None,
                default: false,
                uri: format!("{CAPTIONS}{}/{MEDIA}", track.lang),
            })
            .collect(),
        independent_segments: true,
    }
}

/// Sound alone is a variant of its own. Where there are several, all are listed in its group, the one that it plays with its own
/// address: players know by that that nothing else has to be loaded for it.
fn sound_alone(sounds: &[&Rung], default: Option<&Rung>) -> MultivariantPlaylist {
    let several = sounds.len() > 1;
    let of = |rung| Variant { audio: several.then(|| AUDIO_GROUP.to_owned()), ..variant(rung, None, false) };
    MultivariantPlaylist {
        variants: default.into_iter().map(of).collect(),
        audio: if several { renditions(sounds, default) } else { Vec::new() },
        independent_segments: true,
        ..MultivariantPlaylist::default()
    }
}

/// The sounds, each with a name of its own (§4.4.6.1.1 wants that within a group).
fn renditions(sounds: &[&Rung], default: Option<&Rung>) -> Vec<Rendition> {
    let mut list: Vec<Rendition> = Vec::with_capacity(sounds.len());
    for (number, rung) in (1..).zip(sounds) {
        let label = rung.label.clone().unwrap_or_else(|| "Audio".to_owned());
        let taken = list.iter().any(|other| other.name == label);
        list.push(Rendition {
            group_id: AUDIO_GROUP.to_owned(),
            name: if taken { format!("{label} {number}") } else { label },
            language: rung.language.clone(),
            channels: rung.channels.and_then(|channels| u16::try_from(channels).ok()),
            default: default.is_some_and(|default| default.name == rung.name),
            uri: uri_of(rung),
        });
    }
    list
}

fn variant(rung: &Rung, sound: Option<&Rung>, captions: bool) -> Variant {
    let both = [Some(rung), sound];
    let sum = |of: fn(&Rung) -> Option<i64>| -> Option<u64> {
        both.iter().flatten().map(|rung| of(rung).and_then(|rate| u64::try_from(rate).ok())).sum()
    };
    Variant {
        uri: uri_of(rung),
        bandwidth: sum(|rung| Some(rung.bandwidth)).unwrap_or(0),
        average_bandwidth: sum(|rung| rung.average_bandwidth),
        codecs: both.iter().flatten().filter_map(|rung| rung.codec.clone()).collect(),
        resolution: resolution(rung),
        frame_rate: rung
            .frame_rate
            .and_then(|rate| u32::try_from(rate).ok())
            .map(|numerator| FrameRate { numerator, denominator: 1000 }),
        audio: sound.map(|_| AUDIO_GROUP.to_owned()),
        subtitles: captions.then(|| CAPTIONS_GROUP.to_owned()),
    }
}

pub(super) fn resolution(rung: &Rung) -> Option<Resolution> {
    Some(Resolution { width: u32::try_from(rung.width?).ok()?, height: u32::try_from(rung.height?).ok()? })
}

pub(super) fn has_segments(rung: &Rung, extents: &[RungExtent]) -> bool {
    rung.init_key.is_some() && extents.iter().any(|extent| extent.name == rung.name && extent.segments > 0)
}

/// A copied rung with long segments leaves when the encoded rung of its height is whole.
pub(super) fn is_bridged(rung: &Rung, rungs: &[Rung]) -> bool {
    rung.bridge && rungs.iter().any(|other| !other.bridge && other.complete && other.height == rung.height)
}

pub(super) fn timescale(rung: &Rung) -> Option<Timescale> {
    Timescale::new(u32::try_from(rung.timescale?).ok()?)
}

fn uri_of(rung: &Rung) -> String {
    format!("{}/{MEDIA}", rung.name)
}

pub(super) fn file_name(key: &str) -> String {
    key.rsplit('/').next().unwrap_or(key).to_owned()
}

/// The name of a segment in an edit: its place there, and what its bytes were made from.
pub(super) fn edited_name(segment: &Segment) -> String {
    let hash = segment.key.rsplit('-').next().unwrap_or_default();
    format!("0-{}-{hash}", segment.msn)
}

/// An object's name as it stands beside the multivariant playlist: without `videos/{video}/`.
pub(crate) fn below_video(key: &str) -> &str {
    key.splitn(3, '/').nth(2).unwrap_or(key)
}

pub(super) fn answer(text: &str, headers: &HeaderMap) -> Response {
    answer_as("application/vnd.apple.mpegurl", text, headers)
}

/// Playlists change with the catalogue, so caches ask each time; unchanged ones cost no body. One from before an edit would name segments
/// that are gone.
pub(super) fn answer_as(content_type: &'static str, text: &str, headers: &HeaderMap) -> Response {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let etag = format!("\"{}\"", hash.get(..24).unwrap_or_default());
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.contains(&etag)) {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        Response::new(Body::from(text.to_owned()))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    insert(headers, header::ETAG, &etag);
    insert(headers, header::CACHE_CONTROL, "no-cache");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_relative_to_the_playlist() {
        assert_eq!(below_video("videos/abc/captions/de-00.vtt"), "captions/de-00.vtt");
        assert_eq!(file_name("videos/abc/720p/0-1-00.m4s"), "0-1-00.m4s");
    }
}
