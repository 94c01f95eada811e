//! Sources for the tests of pure code.

use crate::probe::{AudioPackets, AudioStream, Keyframe, Probe, Ratio, Size, VideoPackets, VideoStream};
use crate::sniff::Container;

/// A 1080p30 H.264 film of `seconds` with a keyframe every `gop` seconds at 4 Mbit/s.
pub(crate) fn video(seconds: i64, gop: f64) -> VideoStream {
    let end_us = seconds * 1_000_000;
    let gop_us = (gop * 1e6) as i64;
    let keys: Vec<i64> = (0..).map(|n| n * gop_us).take_while(|us| *us < end_us).collect();
    let bytes = |us: i64| (end_us - us).min(gop_us).unsigned_abs() / 2;
    let keyframes: Vec<_> = keys.iter().map(|&us| Keyframe { us, bytes: bytes(us) }).collect();
    let packets = VideoPackets {
        frames: seconds.unsigned_abs() * 30,
        end_us,
        keyframes_total: keyframes.len() as u64,
        bytes: keyframes.iter().map(|key| key.bytes).sum(),
        keyframes,
        anchors: (0..seconds * 5).map(|n| n * 200_000).collect(),
        max_keyframe_gap_us: gop_us.min(end_us),
        ..VideoPackets::default()
    };
    VideoStream {
        index: 0,
        codec: "h264".to_owned(),
        profile: Some("High".to_owned()),
        level: Some(41),
        pixel_format: Some("yuv420p".to_owned()),
        bit_depth: 8,
        coded: Size { width: 1920, height: 1080 },
        display: Size { width: 1920, height: 1080 },
        sample_aspect: Ratio { num: 1, den: 1 },
        rotation: 0,
        mirrored: false,
        average_frame_rate: Ratio { num: 30, den: 1 },
        real_frame_rate: Some(Ratio { num: 30, den: 1 }),
        time_base: Ratio { num: 1, den: 15_360 },
        color_transfer: Some("bt709".to_owned()),
        color_primaries: Some("bt709".to_owned()),
        color_space: Some("bt709".to_owned()),
        field_order: Some("progressive".to_owned()),
        bit_rate: 4_000_000,
        packets,
    }
}

/// AAC-LC, 48 kHz, stereo, with one packet of priming.
pub(crate) fn audio(seconds: i64) -> AudioStream {
    let packets = AudioPackets {
        count: seconds.unsigned_abs() * 47,
        end_us: seconds * 1_000_000,
        priming: 1,
        bytes: seconds.unsigned_abs() * 16_000,
        ..AudioPackets::default()
    };
    AudioStream {
        index: 1,
        codec: "aac".to_owned(),
        profile: Some("LC".to_owned()),
        channels: 2,
        sample_rate: 48_000,
        language: None,
        title: None,
        bit_rate: 128_000,
        packets,
    }
}

/// Both in an MP4.
pub(crate) fn probe(seconds: i64, gop: f64) -> Probe {
    Probe {
        container: Container::Mp4,
        origin_us: 0,
        duration_us: seconds * 1_000_000,
        size: seconds.unsigned_abs() * 516_000,
        video: Some(video(seconds, gop)),
        audio: Some(audio(seconds)),
        further_audio: Vec::new(),
        subtitles: Vec::new(),
        cover: None,
        streams: 2,
    }
}
