//! Bodies of video and audio messages: FLV tags (Adobe's "Video File Format" 10.1, annex E.4) and Enhanced RTMP's.

use super::RtmpError;
use bytes::Bytes;

/// What a video message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Picture {
    /// `AVCDecoderConfigurationRecord`.
    Configuration(Bytes),
    /// NAL units with lengths in front.
    Frame {
        /// Presentation time less decode time, milliseconds.
        offset_ms: i64,
        key: bool,
        data: Bytes,
    },
    /// Nothing to show.
    Nothing,
}

/// What an audio message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sound {
    /// `AudioSpecificConfig`.
    Configuration(Bytes),
    Packet(Bytes),
    Nothing,
}

const NOT_H264: RtmpError =
    RtmpError::Refused("the picture is not H.264; choose H.264 (x264, NVENC H.264 …) in the encoder");
const NOT_AAC: RtmpError = RtmpError::Refused("the sound is not AAC; choose AAC in the encoder");

pub(super) fn picture(body: &Bytes) -> Result<Picture, RtmpError> {
    let Some(&first) = body.first() else { return Ok(Picture::Nothing) };
    if first & 0x80 != 0 {
        return enhanced(body, first);
    }
    let key = match first >> 4 {
        1 => true,
        2 | 3 => false,
        _ => return Ok(Picture::Nothing),
    };
    if first & 0x0f != 7 {
        return Err(NOT_H264);
    }
    match body.get(1) {
        Some(0) => Ok(Picture::Configuration(body.slice(5.min(body.len())..))),
        Some(1) => Ok(frame(body, 2, key)),
        _ => Ok(Picture::Nothing),
    }
}

/// `ExVideoTagHeader`.
fn enhanced(body: &Bytes, first: u8) -> Result<Picture, RtmpError> {
    let key = first >> 4 & 7 == 1;
    let Some(codec) = body.get(1..5) else { return Ok(Picture::Nothing) };
    let kind = first & 0x0f;
    if kind > 5 {
        return Ok(Picture::Nothing);
    }
    if codec != b"avc1" {
        return Err(NOT_H264);
    }
    Ok(match kind {
        0 => Picture::Configuration(body.slice(5..)),
        1 => frame(body, 5, key),
        3 => Picture::Frame { offset_ms: 0, key, data: body.slice(5..) },
        _ => Picture::Nothing,
    })
}

/// A composition time of 24 bits, signed, and the frame behind it.
fn frame(body: &Bytes, at: usize, key: bool) -> Picture {
    let Some(&[high, middle, low]) = body.get(at..).and_then(|rest| rest.first_chunk::<3>()) else {
        return Picture::Nothing;
    };
    let offset = i32::from_be_bytes([high, middle, low, 0]) >> 8;
    let data = body.slice(at + 3..);
    if data.is_empty() {
        Picture::Nothing
    } else {
        Picture::Frame { offset_ms: i64::from(offset), key, data }
    }
}

pub(super) fn sound(body: &Bytes) -> Result<Sound, RtmpError> {
    let Some(&first) = body.first() else { return Ok(Sound::Nothing) };
    if first >> 4 != 10 {
        return Err(NOT_AAC);
    }
    Ok(match body.get(1) {
        Some(0) => Sound::Configuration(body.slice(2..)),
        Some(1) if body.len() > 2 => Sound::Packet(body.slice(2..)),
        _ => Sound::Nothing,
    })
}
