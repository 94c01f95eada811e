//! Init segments of what comes in without one: H.264 and AAC as FLV and RTMP carry them.

use bytes::{BufMut, Bytes};

use super::LiveError;
use crate::download::header::boxed;
use crate::h264::Sequence;
use crate::{InitSegment, ReadError};

/// Ticks per second of a picture: whole milliseconds, and the rate that everybody uses.
pub(super) const VIDEO_SCALE: u32 = 90_000;
/// Samples in a packet of AAC-LC.
pub(super) const AAC_FRAME: u32 = 1024;
const MATRIX: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];
const MOST_CONFIGURATION: usize = 4 << 10;

/// The init segment of H.264 that an `AVCDecoderConfigurationRecord` describes (ISO/IEC 14496-15 §5.3.3.1).
///
/// # Errors
/// When it is not progressive H.264 in 8 bits and 4:2:0 with lengths of four bytes.
pub fn video_init(avcc: &[u8]) -> Result<InitSegment, LiveError> {
    if avcc.len() > MOST_CONFIGURATION {
        return Err(LiveError::Refused("its video configuration is too long"));
    }
    if avcc.get(4).is_none_or(|byte| byte & 3 != 3) {
        return Err(LiveError::Refused("its pictures have lengths of fewer than four bytes"));
    }
    let length = avcc.get(6..8).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes);
    let sps = length.and_then(|length| avcc.get(8..8_usize.checked_add(usize::from(length))?));
    let sequence =
        sps.and_then(Sequence::parse).ok_or(LiveError::Refused("its video configuration makes no sense"))?;
    if !sequence.plain {
        return Err(LiveError::Refused("its pictures are not progressive with 8 bits in 4:2:0"));
    }
    let (width, height) = (sequence.width, sequence.height);
    let entry = |out: &mut Vec<u8>| {
        boxed(out, *b"avc1", |out| {
            out.put_bytes(0, 6);
            out.put_u16(1);
            out.put_bytes(0, 16);
            out.put_u16(width);
            out.put_u16(height);
            out.put_u32(0x0048_0000);
            out.put_u32(0x0048_0000);
            out.put_u32(0);
            out.put_u16(1);
            out.put_bytes(0, 32);
            out.put_u16(0x18);
            out.put_u16(0xffff);
            let _fits = boxed(out, *b"avcC", |out| out.put_slice(avcc));
        })
    };
    let shape = (u32::from(width) << 16, u32::from(height) << 16);
    write(VIDEO_SCALE, b"vide", shape, entry)
}

/// The init segment of AAC that an `AudioSpecificConfig` describes (ISO/IEC 14496-3 §1.6.2.1).
///
/// # Errors
/// When it is not AAC-LC with 1024 samples in a packet.
pub fn sound_init(config: &[u8]) -> Result<InitSegment, LiveError> {
    const LC: u8 = 2;
    if config.len() > MOST_CONFIGURATION {
        return Err(LiveError::Refused("its sound configuration is too long"));
    }
    let (Some(&first), Some(&second)) = (config.first(), config.get(1)) else {
        return Err(LiveError::Refused("its sound configuration is too short"));
    };
    let index = (first & 7) << 1 | second >> 7;
    if first >> 3 != LC || index == 15 || second & 0b100 != 0 {
        return Err(LiveError::Refused("its sound is not AAC-LC"));
    }
    let known = crate::codec::audio_specific_config(config);
    let (channels, rate) = known
        .and_then(|codec| Some((codec.channels?, codec.sample_rate?)))
        .ok_or(LiveError::Refused("its sound configuration makes no sense"))?;
    let entry = |out: &mut Vec<u8>| {
        boxed(out, *b"mp4a", |out| {
            out.put_bytes(0, 6);
            out.put_u16(1);
            out.put_bytes(0, 8);
            out.put_u16(channels);
            out.put_u16(16);
            out.put_u32(0);
            // 16.16: rates over 65,535 Hz stand in the configuration alone.
            out.put_u32(u16::try_from(rate).map_or(0, |rate| u32::from(rate) << 16));
            let _fits = boxed(out, *b"esds", |out| esds(out, config));
        })
    };
    write(rate, b"soun", (0, 0), entry)
}

/// Descriptors of ISO/IEC 14496-1 §7.2.6 around an `AudioSpecificConfig`.
fn esds(out: &mut Vec<u8>, config: &[u8]) {
    let length = |bytes: usize| {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        [21, 14, 7]
            .map(|shift| 0x80 | (bytes >> shift & 0x7f) as u8)
            .into_iter()
            .chain([(bytes & 0x7f) as u8])
    };
    const HEADER: usize = 5;
    let specific = HEADER + config.len();
    let decoder = 13 + specific;
    out.put_u32(0);
    out.put_u8(3);
    out.extend(length(3 + HEADER + decoder + HEADER + 1));
    out.put_bytes(0, 3);
    out.put_u8(4);
    out.extend(length(decoder));
    // MPEG-4 audio, an audio stream; sizes and rates are not known.
    out.put_slice(&[0x40, 0x15]);
    out.put_bytes(0, 11);
    out.put_u8(5);
    out.extend(length(config.len()));
    out.put_slice(config);
    out.put_u8(6);
    out.extend(length(1));
    out.put_u8(2);
}

fn write(
    scale: u32,
    handler: &[u8; 4],
    (width, height): (u32, u32),
    entry: impl FnOnce(&mut Vec<u8>) -> Result<(), ReadError>,
) -> Result<InitSegment, LiveError> {
    let mut stsd = vec![0, 0, 0, 0, 0, 0, 0, 1];
    entry(&mut stsd)?;
    let mut stbl = Vec::new();
    boxed(&mut stbl, *b"stsd", |out| out.put_slice(&stsd))?;
    for kind in [*b"stts", *b"stsc", *b"stco"] {
        boxed(&mut stbl, kind, |out| out.put_bytes(0, 8))?;
    }
    boxed(&mut stbl, *b"stsz", |out| out.put_bytes(0, 12))?;

    let mut minf = Vec::new();
    if handler == b"vide" {
        boxed(&mut minf, *b"vmhd", |out| {
            out.put_u32(1);
            out.put_bytes(0, 8);
        })?;
    } else {
        boxed(&mut minf, *b"smhd", |out| out.put_bytes(0, 8))?;
    }
    // The media is in this file.
    let dref = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 12, b'u', b'r', b'l', b' ', 0, 0, 0, 1];
    let mut dinf = Vec::new();
    boxed(&mut dinf, *b"dref", |out| out.put_slice(&dref))?;
    boxed(&mut minf, *b"dinf", |out| out.put_slice(&dinf))?;
    boxed(&mut minf, *b"stbl", |out| out.put_slice(&stbl))?;

    let mut mdia = Vec::new();
    boxed(&mut mdia, *b"mdhd", |out| {
        out.put_bytes(0, 12);
        out.put_u32(scale);
        out.put_u32(0);
        // `und`, packed.
        out.put_u16(0x55c4);
        out.put_u16(0);
    })?;
    boxed(&mut mdia, *b"hdlr", |out| {
        out.put_bytes(0, 8);
        out.put_slice(handler);
        out.put_bytes(0, 13);
    })?;
    boxed(&mut mdia, *b"minf", |out| out.put_slice(&minf))?;

    let mut trak = Vec::new();
    boxed(&mut trak, *b"tkhd", |out| {
        // Enabled, in the movie.
        out.put_u32(7);
        out.put_bytes(0, 8);
        out.put_u32(1);
        out.put_bytes(0, 20);
        out.put_u16(if handler == b"soun" { 0x0100 } else { 0 });
        out.put_u16(0);
        MATRIX.into_iter().for_each(|value| out.put_u32(value));
        out.put_u32(width);
        out.put_u32(height);
    })?;
    boxed(&mut trak, *b"mdia", |out| out.put_slice(&mdia))?;

    let mut moov = Vec::new();
    boxed(&mut moov, *b"mvhd", |out| {
        out.put_bytes(0, 12);
        out.put_u32(1000);
        out.put_u32(0);
        out.put_u32(0x0001_0000);
        out.put_u16(0x0100);
        out.put_bytes(0, 10);
        MATRIX.into_iter().for_each(|value| out.put_u32(value));
        out.put_bytes(0, 24);
        out.put_u32(2);
    })?;
    boxed(&mut moov, *b"trak", |out| out.put_slice(&trak))?;
    let mut trex = Vec::new();
    boxed(&mut trex, *b"trex", |out| {
        out.put_u32(0);
        out.put_u32(1);
        out.put_u32(1);
        out.put_bytes(0, 12);
    })?;
    boxed(&mut moov, *b"mvex", |out| out.put_slice(&trex))?;

    let mut out = Vec::new();
    boxed(&mut out, *b"ftyp", |out| {
        out.put_slice(b"iso6");
        out.put_u32(0);
        out.put_slice(b"iso6cmfc");
    })?;
    boxed(&mut out, *b"moov", |out| out.put_slice(&moov))?;
    Ok(InitSegment::parse(Bytes::from(out))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrackKind;

    #[test]
    fn a_picture_tells_its_size_and_codec() {
        let init = video_init(crate::h264::AVCC_1280X720).unwrap();
        assert_eq!(init.track.kind, TrackKind::Video { width: 1280, height: 720 });
        assert_eq!((init.track.codec.as_str(), init.track.timescale.get()), ("avc1.64001f", 90_000));
    }

    #[test]
    fn a_sound_tells_its_rate_and_codec() {
        let init = sound_init(&[0x11, 0x90]).unwrap();
        assert_eq!(init.track.kind, TrackKind::Audio { channels: 2, sample_rate: 48_000 });
        assert_eq!((init.track.codec.as_str(), init.track.timescale.get()), ("mp4a.40.2", 48_000));
    }

    #[test]
    fn what_browsers_do_not_play_is_refused() {
        assert!(sound_init(&[0x2b, 0x11, 0x88]).is_err(), "HE-AAC");
        assert!(sound_init(&[0x11]).is_err());
        for cut in 0..crate::h264::AVCC_1280X720.len().min(20) {
            assert!(video_init(&crate::h264::AVCC_1280X720[..cut]).is_err(), "{cut}");
        }
    }
}
