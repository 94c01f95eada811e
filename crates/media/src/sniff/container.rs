//! The containers that are taken.

use serde::{Deserialize, Serialize};

use super::Refused;
use super::frames::{after_id3, frames};

/// A container that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// MP4, MOV, M4A, 3GP (ISO/IEC 14496-12, QuickTime).
    Mp4,
    /// Matroska.
    Matroska,
    /// WebM.
    Webm,
    /// MPEG transport stream, 188 bytes a packet, or 192 as camcorders and Blu-ray write it (M2TS).
    MpegTs,
    /// MPEG program stream (VOB, MPG).
    MpegPs,
    /// AVI.
    Avi,
    /// Flash video.
    Flv,
    /// Windows Media.
    Asf,
    /// Ogg.
    Ogg,
    /// WAV, also RF64.
    Wav,
    /// AIFF.
    Aiff,
    /// MP3.
    Mp3,
    /// FLAC.
    Flac,
    /// AAC with ADTS headers.
    Adts,
    /// DV as it comes from the tape.
    Dv,
    /// MXF.
    Mxf,
    /// An animated GIF.
    Gif,
    /// Sony Wave64.
    W64,
    /// Core Audio Format.
    Caf,
    /// Sun AU.
    Au,
    /// Creative Voice.
    Voc,
    /// WavPack.
    WavPack,
    /// True Audio.
    Tta,
    /// AC-3.
    Ac3,
    /// Enhanced AC-3.
    Eac3,
    /// DTS, its core in 16-bit words.
    Dts,
    /// AMR, narrow and wide band.
    Amr,
    /// NUT.
    Nut,
    /// GXF (SMPTE 360M).
    Gxf,
    /// IVF.
    Ivf,
    /// Uncompressed pictures (YUV4MPEG2).
    Y4m,
    /// RealMedia.
    RealMedia,
    /// Windows Recorded TV.
    Wtv,
    /// MPEG-1 or MPEG-2 pictures without a container.
    MpegVideo,
}

impl Container {
    /// The name of FFmpeg's demuxer, always given with `-f`.
    pub fn demuxer(self) -> &'static str {
        match self {
            Self::Mp4 => "mov",
            Self::Matroska | Self::Webm => "matroska",
            Self::MpegTs => "mpegts",
            Self::MpegPs => "mpeg",
            Self::Avi => "avi",
            Self::Flv => "flv",
            Self::Asf => "asf",
            Self::Ogg => "ogg",
            Self::Wav => "wav",
            Self::Aiff => "aiff",
            Self::Mp3 => "mp3",
            Self::Flac => "flac",
            Self::Adts => "aac",
            Self::Dv => "dv",
            Self::Mxf => "mxf",
            Self::Gif => "gif",
            Self::W64 => "w64",
            Self::Caf => "caf",
            Self::Au => "au",
            Self::Voc => "voc",
            Self::WavPack => "wv",
            Self::Tta => "tta",
            Self::Ac3 => "ac3",
            Self::Eac3 => "eac3",
            Self::Dts => "dts",
            Self::Amr => "amr",
            Self::Nut => "nut",
            Self::Gxf => "gxf",
            Self::Ivf => "ivf",
            Self::Y4m => "yuv4mpegpipe",
            Self::RealMedia => "rm",
            Self::Wtv => "wtv",
            Self::MpegVideo => "mpegvideo",
        }
    }

    /// Whether AAC comes with ADTS headers, which MP4 does not take.
    pub fn has_adts(self) -> bool {
        matches!(self, Self::MpegTs | Self::MpegPs | Self::Adts)
    }
}

pub(super) fn known(bytes: &[u8]) -> Option<Container> {
    let at = |range| bytes.get(range);
    if let Some(container) = matroska(bytes) {
        return Some(container);
    }
    if at(0..4) == Some(b"RIFF") {
        return match at(8..12)? {
            b"AVI " => Some(Container::Avi),
            b"WAVE" => Some(Container::Wav),
            _ => None,
        };
    }
    let form = at(8..12);
    if at(0..4) == Some(b"RF64") && form == Some(b"WAVE") {
        return Some(Container::Wav);
    }
    if at(0..4) == Some(b"FORM") && (form == Some(b"AIFF") || form == Some(b"AIFC")) {
        return Some(Container::Aiff);
    }
    if let Some((_, container)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return Some(*container);
    }
    if let Some(rest) = after_id3(bytes) {
        // The tag may be longer than what was read; then the frames behind it cannot be seen.
        return match rest {
            b"" => Some(Container::Mp3),
            rest if rest.starts_with(b"fLaC") => Some(Container::Flac),
            rest => frames(rest).or(Some(Container::Mp3)),
        };
    }
    if is_animation(bytes) {
        return Some(Container::Gif);
    }
    boxes(bytes)
        .or_else(|| transport_stream(bytes))
        .or_else(|| dv(bytes))
        .or_else(|| gxf(bytes))
        .or_else(|| mpeg_video(bytes))
        .or_else(|| frames(bytes))
}

/// Whether a GIF is a film: one that moves says how often it is to be repeated, in the extension that Netscape gave it.
pub(super) fn is_animation(bytes: &[u8]) -> bool {
    let extension: &[u8] = b"\x21\xff\x0bNETSCAPE2.0";
    (bytes.starts_with(b"GIF89a") || bytes.starts_with(b"GIF87a"))
        && bytes.windows(extension.len()).any(|window| window == extension)
}

/// EBML with its DocType (RFC 8794 §11.2.4).
fn matroska(bytes: &[u8]) -> Option<Container> {
    let rest = bytes.strip_prefix(b"\x1a\x45\xdf\xa3")?;
    let head = rest.get(..128).unwrap_or(rest);
    let doc_type = head.windows(2).position(|pair| pair == b"\x42\x82").and_then(|at| head.get(at + 3..));
    match doc_type {
        Some(name) if name.starts_with(b"webm") => Some(Container::Webm),
        // A missing DocType means matroska.
        Some(name) if !name.starts_with(b"matroska") => None,
        _ => Some(Container::Matroska),
    }
}

/// ISO base media: the first box is one that a film starts with (ISO/IEC 14496-12 §4.2).
fn boxes(bytes: &[u8]) -> Option<Container> {
    let size = u32::from_be_bytes(*bytes.first_chunk()?);
    let name = bytes.get(4..8)?;
    match name {
        // Size 1 means a 64-bit size behind the name, 0 to the end of the file.
        b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" if size >= 8 || size <= 1 => {
            Some(Container::Mp4)
        }
        b"ftyp" | b"styp" if size >= 16 => Some(Container::Mp4),
        _ => None,
    }
}

/// Whether an ISO file is a picture: its brand (ISO/IEC 23008-12 §10) says so and no film brand stands beside it.
pub(super) fn still_picture(bytes: &[u8]) -> Option<Refused> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let size = usize::try_from(u32::from_be_bytes(*bytes.first_chunk()?)).ok()?;
    let brands = bytes.get(8..size.min(256).min(bytes.len()))?;
    let major = brands.get(..4)?;
    const PICTURES: &[&[u8]] = &[
        b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"crx ",
        b"jxl ",
    ];
    PICTURES.contains(&major).then_some(Refused::Image)
}

/// Three sync bytes one packet apart (ISO/IEC 13818-1 §2.4.3), 188 or 192 bytes, anywhere in the first packets.
fn transport_stream(bytes: &[u8]) -> Option<Container> {
    let run = |packet: usize, start: usize, count: usize| {
        (0..count).all(|n| bytes.get(start + n * packet) == Some(&0x47))
    };
    // The byte is a letter (`G`): three at the place where they belong are enough, at a chance offset it takes eight.
    let in_place = run(188, 0, 3) || run(192, 4, 3);
    let cut_off = || [188, 192].iter().any(|&packet| (0..packet).any(|start| run(packet, start, 8)));
    (in_place || cut_off()).then_some(Container::MpegTs)
}

/// A DV header block of 525/60 or 625/50 (IEC 61834-2): section type 0, sequence 0, block 0.
fn dv(bytes: &[u8]) -> Option<Container> {
    let head = bytes.first_chunk::<5>()?;
    let is_header = head[0] == 0x1f
        && head[1] & 0x0f == 0x07
        && head[2] == 0
        && head[3] & 0x7f == 0x3f
        && head[4] & 0x80 != 0;
    // The subcode block follows 80 bytes later.
    (is_header && bytes.get(80).is_some_and(|byte| byte & 0xe0 == 0x20)).then_some(Container::Dv)
}

/// A map packet's header: leader, type, trailer (SMPTE 360M §7.1).
fn gxf(bytes: &[u8]) -> Option<Container> {
    let head = bytes.first_chunk::<16>()?;
    (head.starts_with(b"\0\0\0\0\x01\xbc") && head.ends_with(b"\xe1\xe2")).then_some(Container::Gxf)
}

/// A sequence header with a shape and a rate that exist (ISO/IEC 13818-2 §6.2.2.1).
fn mpeg_video(bytes: &[u8]) -> Option<Container> {
    let rest = bytes.strip_prefix(b"\0\0\x01\xb3")?;
    let codes = rest.get(3)?;
    ((1..=14).contains(&(codes >> 4)) && (1..=8).contains(&(codes & 0x0f))).then_some(Container::MpegVideo)
}

const SIGNATURES: &[(&[u8], Container)] = &[
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0", Container::W64),
    (b"caff\0\x01", Container::Caf),
    (b".snd\0\0\0", Container::Au),
    (b"Creative Voice File\x1a", Container::Voc),
    (b"wvpk", Container::WavPack),
    (b"TTA1", Container::Tta),
    (b"#!AMR", Container::Amr),
    (b"nut/multimedia container\0", Container::Nut),
    (b"DKIF\0\0", Container::Ivf),
    (b"YUV4MPEG2 ", Container::Y4m),
    (b".RMF\0\0\0", Container::RealMedia),
    (b"\xb7\xd8\x00\x20\x37\x49\xda\x11\xa6\x4e\x00\x07\xe9\x5e\xad\x8d", Container::Wtv),
    (b"FLV\x01", Container::Flv),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", Container::Asf),
    (b"OggS\0", Container::Ogg),
    (b"fLaC", Container::Flac),
    (b"\0\0\x01\xba", Container::MpegPs),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01", Container::Mxf),
];
