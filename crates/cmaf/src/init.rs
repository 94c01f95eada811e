//! The init segment: `ftyp` + `moov` of one track, and what they say.

use bytes::Bytes;

use crate::boxes::{self, BoxHeader, Boxes, Mp4Box};
use crate::codec::{audio_codec, video_codec};
use crate::{ReadError, Timescale};

/// What a player needs before the first segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitSegment {
    /// `ftyp` and `moov` exactly as FFmpeg wrote them. EXT-X-MAP points to an object of these bytes.
    pub bytes: Bytes,
    /// The one track in it.
    pub track: Track,
}

/// The one track of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// `track_ID` of `tkhd`; segments repeat it.
    pub id: u32,
    /// Picture or sound.
    pub kind: TrackKind,
    /// What all times of the track's fragments count in (`mdhd`).
    pub timescale: Timescale,
    /// The RFC 6381 name for CODECS, such as `avc1.64001f` or `mp4a.40.2`.
    pub codec: String,
}

/// Picture or sound, with what a manifest says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Coded size in pixels.
    Video {
        /// Pixels across.
        width: u16,
        /// Pixels down.
        height: u16,
    },
    /// What comes out of the decoder.
    Audio {
        /// Channels, ≥ 1.
        channels: u16,
        /// Samples per second.
        sample_rate: u32,
    },
}

impl InitSegment {
    /// Reads an init segment from an object, as when an interrupted encode goes on.
    ///
    /// # Errors
    /// When there is no `moov`, or it is not one this crate takes.
    pub fn parse(bytes: Bytes) -> Result<Self, ReadError> {
        let moov = boxes::boxes(&bytes).find_kind(b"moov")?;
        let moov =
            moov.ok_or(ReadError::MissingBox { kind: boxes::FourCc(*b"moov"), parent: boxes::FILE })?;
        let (track, _) = parse_moov(&moov)?;
        Ok(Self { bytes, track })
    }
}

/// `trex`: what fragments mean when they leave a field out (§8.8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrackDefaults {
    pub(crate) description_index: u32,
    pub(crate) duration: u32,
    pub(crate) size: u32,
    pub(crate) flags: u32,
}

pub(crate) fn parse_moov(moov: &Mp4Box<'_>) -> Result<(Track, TrackDefaults), ReadError> {
    let mut trak = None;
    for child in moov.children() {
        let child = child?;
        if child.kind == b"trak" && trak.replace(child).is_some() {
            return Err(ReadError::Unsupported("more than one track on one pipe"));
        }
    }
    let trak = trak.ok_or(ReadError::MissingBox { kind: boxes::FourCc(*b"trak"), parent: moov.kind })?;
    refuse_edit_list(&trak)?;
    let track = parse_trak(&trak)?;
    let defaults = parse_mvex(&moov.required(b"mvex")?, track.id)?;
    Ok((track, defaults))
}

fn parse_trak(trak: &Mp4Box<'_>) -> Result<Track, ReadError> {
    let mut tkhd = trak.required(b"tkhd")?.fields();
    let (version, _) = tkhd.version_and_flags()?;
    tkhd.skip(if version == 1 { 16 } else { 8 })?;
    let id = tkhd.u32()?;

    let mdia = trak.required(b"mdia")?;
    let mut mdhd = mdia.required(b"mdhd")?.fields();
    let (version, _) = mdhd.version_and_flags()?;
    mdhd.skip(if version == 1 { 16 } else { 8 })?;
    let timescale = Timescale::new(mdhd.u32()?).ok_or_else(|| mdhd.malformed("timescale of zero"))?;

    let mut hdlr = mdia.required(b"hdlr")?.fields();
    hdlr.skip(8)?;
    let handler: [u8; 4] = hdlr.array()?;

    let stsd = mdia.required(b"minf")?.required(b"stbl")?.required(b"stsd")?;
    let entry = sample_entry(&stsd)?;
    let (kind, codec) = match &handler {
        b"vide" => video_entry(&entry)?,
        b"soun" => audio_entry(&entry, timescale)?,
        _ => return Err(ReadError::Unsupported("a track that is neither picture nor sound")),
    };
    Ok(Track { id, kind, timescale, codec })
}

/// The only entry of `stsd`: more would mean that the codec configuration changes on the way.
fn sample_entry<'a>(stsd: &Mp4Box<'a>) -> Result<Mp4Box<'a>, ReadError> {
    let mut fields = stsd.fields();
    fields.version_and_flags()?;
    if fields.u32()? != 1 {
        return Err(ReadError::Unsupported("not exactly one sample description"));
    }
    Boxes::inside(stsd.kind, fields.rest()).next().ok_or_else(|| fields.malformed("no sample entry"))?
}

/// `VisualSampleEntry` (§12.1.3).
fn video_entry(entry: &Mp4Box<'_>) -> Result<(TrackKind, String), ReadError> {
    let mut fields = entry.fields();
    fields.skip(24)?;
    let (width, height) = (fields.u16()?, fields.u16()?);
    fields.skip(50)?;
    let codec = video_codec(entry.kind, &Boxes::inside(entry.kind, fields.rest()))?;
    Ok((TrackKind::Video { width, height }, codec))
}

/// `AudioSampleEntry` (§12.2.3). FFmpeg's timescale for sound is the sample rate, which helps over 65,535 Hz.
fn audio_entry(entry: &Mp4Box<'_>, timescale: Timescale) -> Result<(TrackKind, String), ReadError> {
    let mut fields = entry.fields();
    fields.skip(16)?;
    let entry_channels = fields.u16()?;
    fields.skip(6)?;
    let entry_rate = fields.u32()? >> 16;
    let codec = audio_codec(entry.kind, &Boxes::inside(entry.kind, fields.rest()))?;
    let channels = codec.channels.unwrap_or(entry_channels).max(1);
    let sample_rate = codec.sample_rate.unwrap_or(if entry_rate == 0 { timescale.get() } else { entry_rate });
    Ok((TrackKind::Audio { channels, sample_rate }, codec.name))
}

fn parse_mvex(mvex: &Mp4Box<'_>, track_id: u32) -> Result<TrackDefaults, ReadError> {
    for child in mvex.children() {
        let child = child?;
        if child.kind != b"trex" {
            continue;
        }
        let mut trex = child.fields();
        trex.version_and_flags()?;
        if trex.u32()? == track_id {
            return Ok(TrackDefaults {
                description_index: trex.u32()?,
                duration: trex.u32()?,
                size: trex.u32()?,
                flags: trex.u32()?,
            });
        }
    }
    Err(ReadError::MissingBox { kind: boxes::FourCc(*b"trex"), parent: mvex.kind })
}

/// With the flags of our command lines FFmpeg writes no edit list. One that moves the track would be applied by
/// players to every segment, and picture and sound would part; better to fail loudly here.
fn refuse_edit_list(trak: &Mp4Box<'_>) -> Result<(), ReadError> {
    let Some(elst) = trak.child(b"edts")?.map(|edts| edts.child(b"elst")).transpose()?.flatten() else {
        return Ok(());
    };
    let mut fields = elst.fields();
    let (version, _) = fields.version_and_flags()?;
    let count = fields.u32()?;
    fields.skip(if version == 1 { 8 } else { 4 })?;
    let media_time = fields.u64_if(version == 1)?;
    match (count, media_time) {
        (0, _) | (1, 0) => Ok(()),
        _ => Err(ReadError::Unsupported("an edit list in the init segment")),
    }
}

/// Whether a header can be part of what becomes [`InitSegment::bytes`].
pub(crate) fn belongs_to_init(header: &BoxHeader) -> bool {
    header.kind == b"ftyp" || header.kind == b"moov"
}
