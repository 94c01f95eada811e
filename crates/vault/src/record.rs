//! `video.json`: everything the catalogue knows of one video, in a format of its own, so that a store outlives its
//! database. Names of objects are relative to the video's folder: a record cannot speak of another video's objects.

use crate::Error;
use blobs::{LocalFolder, ObjectKey};
use domain::edit::Span;
use domain::video::Failure;
use domain::{AccountId, ChannelId, Micros, Origin, State, VideoId, Visibility};
use serde::{Deserialize, Serialize};
use store::Store;
use store::tracks::{Caption, Storyboard};
use store::uploads::SourcePart;

/// The version of the format. A reader refuses a later one; fields may be added without a new one.
const FORMAT: u32 = 1;
/// Largest record that is read: days of video in ten rungs.
const MOST_BYTES: u64 = 256 << 20;

/// One video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the format, 1.
    pub format: u32,
    /// Names it.
    pub id: VideoId,
    /// One line.
    pub title: String,
    /// Many lines.
    pub description: String,
    /// Who sees it.
    pub visibility: Visibility,
    /// Where it came from.
    pub origin: Origin,
    /// How far it had got.
    pub state: State,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Whose it is.
    pub owner: Owner,
    /// Where it appears.
    pub channel: ChannelRecord,
    /// What was uploaded.
    pub source: Source,
    /// Microseconds.
    pub duration_us: Option<i64>,
    /// Pixels as displayed.
    pub width: Option<i64>,
    /// Pixels as displayed.
    pub height: Option<i64>,
    /// What becomes of the source, and why.
    pub plan: Option<serde_json::Value>,
    /// How it was played before it was complete: what is missing is made again on the same borders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arriving: Option<String>,
    /// Whether a player can start.
    pub playable: bool,
    /// Whether others than its owner may take it away as a file.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub allow_download: bool,
    /// Grows on every change of who may see what.
    pub access_generation: i64,
    /// Microseconds since 1970.
    pub created_at: Micros,
    /// Microseconds since 1970.
    pub published_at: Option<i64>,
    /// File name.
    pub poster: Option<String>,
    /// Its sheets are file names.
    pub storyboard: Option<Storyboard>,
    /// In menu order.
    #[serde(default)]
    pub captions: Vec<CaptionRecord>,
    /// In playlist order.
    #[serde(default)]
    pub rungs: Vec<RungRecord>,
    /// Which edit everything above is; 0 for the whole video.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub edit: i64,
    /// The versions of the edit, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<EditRecord>,
    /// The whole video, while an edit is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<OriginalRecord>,
}

/// A version of the edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditRecord {
    /// From 1.
    pub version: i64,
    /// What it keeps, in microseconds of the whole video.
    pub keep: Vec<Span>,
    /// The poster's frame, in microseconds of the whole video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster_at_us: Option<i64>,
    /// How making it went.
    pub state: String,
    /// Microseconds since 1970.
    pub created_at: Micros,
}

/// What the whole video has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRecord {
    /// Microseconds.
    pub duration_us: Option<i64>,
    /// File name.
    pub poster: Option<String>,
    /// Its sheets are file names.
    pub storyboard: Option<Storyboard>,
    /// In menu order.
    pub captions: Vec<CaptionRecord>,
    /// In playlist order.
    pub rungs: Vec<RungRecord>,
}

/// An account, as far as a store tells it: no address, no password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Names it.
    pub id: AccountId,
    /// The login name.
    pub username: String,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRecord {
    /// Names it.
    pub id: ChannelId,
    /// Unique, in URLs.
    pub handle: String,
    /// For people.
    pub name: String,
}

/// The source of a video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The uploaded file's name.
    pub file_name: String,
    /// Bytes.
    pub size: Option<i64>,
    /// Bytes per part.
    pub part_size: i64,
    /// Parts of the whole source.
    pub part_count: Option<i64>,
    /// The parts that the store holds.
    pub parts: Vec<PartRecord>,
}

/// A part of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// From 1; its file's name.
    pub number: i64,
    /// Bytes.
    pub size: i64,
    /// BLAKE3 of the bytes, hex.
    pub etag: String,
}

/// A captions track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionRecord {
    /// BCP 47.
    pub lang: String,
    /// For a person.
    pub label: String,
    /// File name.
    pub file: String,
}

/// An encoded version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungRecord {
    /// Names it within its video.
    pub name: String,
    /// `video` or `audio`.
    pub kind: String,
    /// Order in the multivariant playlist.
    pub position: i64,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Frames per 1,000 seconds.
    pub frame_rate: Option<i64>,
    /// Channels of sound.
    pub channels: Option<i64>,
    /// Whether the source's own bits are used.
    pub copied: bool,
    /// Whether it plays only until an encoded rung of its height is complete.
    #[serde(default)]
    pub bridge: bool,
    /// Peak bit/s.
    pub bandwidth: i64,
    /// Measured bit/s.
    pub average_bandwidth: Option<i64>,
    /// RFC 6381.
    pub codec: Option<String>,
    /// Ticks per second.
    pub timescale: Option<i64>,
    /// File name of the init segment.
    pub init: Option<String>,
    /// Seconds.
    pub target_duration: i64,
    /// Whether its last segment exists.
    pub complete: bool,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// For a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether this sound is played unless somebody chooses another.
    #[serde(default = "yes")]
    pub is_default: bool,
    /// In order.
    pub segments: Vec<SegmentRecord>,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// Run of continuous timestamps.
    pub epoch: i64,
    /// Media sequence number.
    pub msn: i64,
    /// Ticks.
    pub start: i64,
    /// Ticks.
    pub duration: i64,
    /// Bytes.
    pub size: i64,
    /// File name.
    pub file: String,
    /// Ticks that the object is moved by when it is served.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shift: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_yes(answer: &bool) -> bool {
    *answer
}

/// Where a video's record is kept.
///
/// # Errors
/// Not for a video's identifier.
pub fn record_key(video: &VideoId) -> Result<ObjectKey, blobs::InvalidKey> {
    ObjectKey::parse(format!("videos/{video}/video.json"))
}

impl Record {
    /// What the catalogue knows of a video; `None` when there is none.
    ///
    /// # Errors
    /// When the catalogue fails.
    pub async fn of(store: &Store, id: &VideoId) -> Result<Option<Self>, Error> {
        let Some(listed) = store.video(id).await? else { return Ok(None) };
        let video = listed.video;
        let Some(owner) = store.account(&video.account_id).await? else { return Ok(None) };
        let file = |key: String| relative(id, key);
        let mut rungs = Vec::new();
        for rung in store.rungs(id).await? {
            let segments = store.segments(id, &rung.name).await?;
            rungs.push(RungRecord::of(id, rung, segments));
        }
        let captions = captions_of(id, store.captions(id).await?);
        let storyboard = store.storyboard(id).await?.map(|board| storyboard_of(id, board));
        let edits = store.edits(id).await?.iter().map(EditRecord::of).collect::<Result<_, _>>()?;
        let original = store.original(id).await?.map(|content| OriginalRecord::of(id, content));
        let parts = store.parts(id).await?.into_iter().map(|part| {
            let SourcePart { number, size, etag } = part;
            PartRecord { number, size, etag }
        });
        Ok(Some(Self {
            format: FORMAT,
            error: video.failure(),
            owner: Owner { id: video.account_id, username: owner.username },
            channel: ChannelRecord {
                id: video.channel_id,
                handle: listed.channel_handle,
                name: listed.channel_name,
            },
            source: Source {
                file_name: video.file_name,
                size: video.size,
                part_size: video.part_size,
                part_count: video.part_count,
                parts: parts.collect(),
            },
            plan: video.plan.as_deref().map(serde_json::from_str).transpose()?,
            arriving: video.arriving,
            poster: video.poster.map(file),
            storyboard,
            captions,
            rungs,
            edit: video.edit,
            edits,
            original,
            id: video.id,
            title: video.title,
            description: video.description,
            visibility: video.visibility,
            origin: video.origin,
            state: video.state,
            duration_us: video.duration,
            width: video.width,
            height: video.height,
            playable: video.playable,
            allow_download: video.allow_download,
            access_generation: video.access_generation,
            created_at: video.created_at,
            published_at: video.published_at,
        }))
    }

    /// The bytes of `video.json`.
    ///
    /// # Errors
    /// Not for a record.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the bytes of a `video.json`; `None` when it is not that of `id`, or of a later format.
    ///
    /// # Errors
    /// When it is no record at all.
    pub fn from_bytes(bytes: &[u8], id: &VideoId) -> Result<Option<Self>, Error> {
        let record: Self = serde_json::from_slice(bytes)?;
        Ok((record.format <= FORMAT && record.id == *id).then_some(record))
    }

    /// Reads a video's record from the object store; `None` when it is not that of `id`, or of a later format.
    ///
    /// # Errors
    /// [`blobs::Error::NotFound`] when there is none; when it is no record at all.
    pub async fn read(blobs: &LocalFolder, id: &VideoId) -> Result<Option<Self>, Error> {
        let key = record_key(id)?;
        if blobs.size(&key).await? > MOST_BYTES {
            return Ok(None);
        }
        Self::from_bytes(&blobs.read(&key).await?, id)
    }
}

impl EditRecord {
    fn of(edit: &store::edits::Edit) -> Result<Self, Error> {
        Ok(Self {
            version: edit.version,
            keep: edit.spans()?,
            poster_at_us: edit.poster_at,
            state: edit.state.clone(),
            created_at: edit.created_at,
        })
    }
}

impl OriginalRecord {
    fn of(id: &VideoId, content: store::edits::Content) -> Self {
        let rungs = content.rungs.into_iter();
        Self {
            duration_us: content.duration,
            poster: content.poster.map(|key| relative(id, key)),
            storyboard: content.storyboard.map(|board| storyboard_of(id, board)),
            captions: captions_of(id, content.captions),
            rungs: rungs.map(|rung| RungRecord::of(id, rung.rung, rung.segments)).collect(),
        }
    }
}

fn captions_of(id: &VideoId, captions: Vec<Caption>) -> Vec<CaptionRecord> {
    let record = |Caption { lang, label, key, .. }| CaptionRecord { lang, label, file: relative(id, key) };
    captions.into_iter().map(record).collect()
}

fn storyboard_of(id: &VideoId, board: Storyboard) -> Storyboard {
    let sheets = board.sheets.into_iter().map(|key| relative(id, key)).collect();
    Storyboard { sheets, ..board }
}

impl RungRecord {
    fn of(id: &VideoId, rung: store::media::Rung, segments: Vec<store::media::Segment>) -> Self {
        let segments = segments.into_iter().map(|segment| SegmentRecord {
            epoch: segment.epoch,
            msn: segment.msn,
            start: segment.start,
            duration: segment.duration,
            size: segment.size,
            file: relative(id, segment.key),
            shift: segment.shift,
        });
        Self {
            segments: segments.collect(),
            init: rung.init_key.map(|key| relative(id, key)),
            name: rung.name,
            kind: rung.kind,
            position: rung.position,
            width: rung.width,
            height: rung.height,
            frame_rate: rung.frame_rate,
            channels: rung.channels,
            copied: rung.copied,
            bridge: rung.bridge,
            bandwidth: rung.bandwidth,
            average_bandwidth: rung.average_bandwidth,
            codec: rung.codec,
            timescale: rung.timescale,
            target_duration: rung.target_duration,
            complete: rung.complete,
            language: rung.language,
            label: rung.label,
            is_default: rung.is_default,
        }
    }
}

/// A key as a name within its video's folder.
fn relative(video: &VideoId, key: String) -> String {
    match key.strip_prefix("videos/").and_then(|rest| rest.strip_prefix(video.as_str())?.strip_prefix('/')) {
        Some(name) => name.to_owned(),
        None => key,
    }
}

/// A name within a video's folder as a key, unless it would lead elsewhere.
pub(crate) fn absolute(video: &VideoId, name: &str) -> Result<ObjectKey, blobs::InvalidKey> {
    ObjectKey::parse(format!("videos/{video}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id() -> VideoId {
        VideoId::from_random([7; 8])
    }

    fn record(title: String, numbers: &[i64], rung: &str) -> Record {
        let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
        let segments = numbers.iter().map(|number| SegmentRecord {
            epoch: 0,
            msn: *number,
            start: *number,
            duration: 90_000,
            size: *number,
            file: format!("{rung}/0-{number}-00.m4s"),
            shift: number / 2,
        });
        Record {
            format: FORMAT,
            id: id(),
            description: title.clone(),
            title,
            visibility: Visibility::Unlisted,
            origin: Origin::Recording,
            state: State::Failed,
            error: Some(Failure { code: "x".into(), message: "y".into() }),
            owner: Owner { id: AccountId::from_random([1; 8]), username: "ada".into() },
            channel: ChannelRecord {
                id: ChannelId::from_random([2; 8]),
                handle: "ada".into(),
                name: "Ada".into(),
            },
            source: Source {
                file_name: "a.mp4".into(),
                size: Some(number(0)),
                part_size: number(1),
                part_count: None,
                parts: vec![PartRecord { number: 1, size: number(0), etag: "00".into() }],
            },
            duration_us: Some(number(2)),
            width: None,
            height: Some(number(3)),
            plan: Some(serde_json::json!({"rungs": []})),
            arriving: Some("grid".into()),
            playable: true,
            allow_download: numbers.len() < 10,
            access_generation: 3,
            created_at: Micros(number(4)),
            published_at: None,
            poster: Some("poster-00.jpg".into()),
            storyboard: Some(Storyboard {
                tile_width: 160,
                tile_height: 90,
                columns: 5,
                rows: 5,
                starts: numbers.to_vec(),
                sheets: vec!["storyboard-0-00.jpg".into()],
            }),
            captions: vec![CaptionRecord {
                lang: "en".into(),
                label: "English".into(),
                file: "c.vtt".into(),
            }],
            rungs: vec![RungRecord {
                segments: segments.collect(),
                name: rung.to_owned(),
                kind: "video".into(),
                position: 3,
                width: Some(1),
                height: None,
                frame_rate: None,
                channels: None,
                copied: true,
                bridge: true,
                bandwidth: number(0),
                average_bandwidth: None,
                codec: Some("avc1.64001f".into()),
                timescale: Some(90_000),
                init: Some("init-0-00.mp4".into()),
                target_duration: 4,
                complete: false,
                language: Some("en".into()),
                label: None,
                is_default: false,
            }],
            edit: number(5),
            edits: vec![EditRecord {
                version: 1,
                keep: vec![Span { start_us: number(0), end_us: number(1) }],
                poster_at_us: None,
                state: "done".into(),
                created_at: Micros(number(2)),
            }],
            original: Some(OriginalRecord {
                duration_us: Some(number(0)),
                poster: None,
                storyboard: None,
                captions: Vec::new(),
                rungs: Vec::new(),
            }),
        }
    }

    proptest! {
        #[test]
        fn a_record_comes_back_as_it_was(title in ".*", numbers in prop::collection::vec(any::<i64>(), 0..20), rung in "[a-z0-9-]{1,8}") {
            let written = record(title, &numbers, &rung);
            let read = Record::from_bytes(&written.to_bytes().unwrap(), &id()).unwrap();
            prop_assert_eq!(read, Some(written));
        }

        #[test]
        fn foreign_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Record::from_bytes(&bytes, &id()).is_err());
        }
    }

    #[test]
    fn a_record_of_another_video_or_a_later_format_is_not_taken() {
        let mut written = record("A".into(), &[1], "720p");
        let bytes = written.to_bytes().unwrap();
        assert_eq!(Record::from_bytes(&bytes, &VideoId::from_random([8; 8])).unwrap(), None);
        written.format = FORMAT + 1;
        assert_eq!(Record::from_bytes(&written.to_bytes().unwrap(), &id()).unwrap(), None);
    }

    #[test]
    fn a_name_never_leads_out_of_its_video() {
        for bad in ["../other/video.json", "/etc/passwd", "", "a/../../b"] {
            assert!(absolute(&id(), bad).is_err(), "{bad:?}");
        }
        let key = format!("videos/{}/720p/0-1-00.m4s", id());
        assert_eq!(absolute(&id(), &relative(&id(), key.clone())).unwrap().as_str(), key);
    }

    #[test]
    fn the_format_is_what_the_document_shows() {
        let text = String::from_utf8(record("A".into(), &[1], "720p").to_bytes().unwrap()).unwrap();
        assert!(text.starts_with("{\"format\":1,\"id\":"), "{text}");
    }
}
