//! From what both ffprobe said to one [`Probe`].

use super::packets::Gatherer;
use super::run::{Streams, fits};
use super::streams::{DescribedAudio, DescribedVideo};
use super::{AudioStream, Description, ORIGIN_SLACK_US, Probe, Ratio, Size, SourceLimits, VideoStream, rate};
use crate::error::MediaError;
use crate::sniff::Container;

/// Puts both halves on one timeline.
pub(super) fn assemble(
    container: Container,
    size: u64,
    description: Description,
    mut streams: Streams,
    limits: &SourceLimits,
) -> Result<Probe, MediaError> {
    let mut take = |index| streams.remove(&index).filter(|gathered| gathered.first().is_some());
    let video = description.video.and_then(|video| take(video.index).map(|packets| (video, packets)));
    let audio = description.audio.and_then(|audio| take(audio.index).map(|packets| (audio, packets)));
    let further: Vec<_> = description
        .further_audio
        .into_iter()
        .filter_map(|audio| take(audio.index).map(|packets| (audio, packets)))
        .collect();
    let firsts = [video.as_ref().and_then(|(_, p)| p.first()), audio.as_ref().and_then(|(_, p)| p.first())];
    let first = firsts.into_iter().flatten().min().ok_or(MediaError::NoPackets)?;
    let origin_us = if first.abs() <= ORIGIN_SLACK_US { 0 } else { first };
    let video = video.map(|(video, packets)| video_stream(video, packets, origin_us));
    let audio = audio.map(|(audio, packets)| audio_stream(audio, packets, origin_us));
    let further_audio: Vec<_> =
        further.into_iter().map(|(audio, packets)| audio_stream(audio, packets, origin_us)).collect();
    let sounds = audio.iter().chain(&further_audio).map(|audio| audio.packets.end_us);
    let duration_us = video
        .iter()
        .map(|video| video.packets.end_us)
        .chain(sounds)
        .max()
        .filter(|us| *us > 0)
        .ok_or(MediaError::NoPackets)?;
    if duration_us > limits.max_duration_us {
        return Err(MediaError::TooLong { us: duration_us, max_us: limits.max_duration_us });
    }
    if let Some(video) = &video {
        check_rate(video, limits)?;
    }
    if let Some(whole_us) = description.promised_us.filter(|_| keeps_promises(container))
        && whole_us.saturating_sub(duration_us) > MOST_MISSING_US.max(whole_us / 50)
    {
        return Err(MediaError::Truncated { has_us: duration_us, whole_us });
    }
    Ok(Probe {
        container,
        origin_us,
        duration_us,
        size,
        video,
        audio,
        further_audio,
        subtitles: description.subtitles,
        cover: description.cover.filter(|cover| fits(cover.size, limits)),
        streams: description.streams,
    })
}

/// Refuses a picture that takes too long to decode for how long it lasts.
fn check_rate(video: &VideoStream, limits: &SourceLimits) -> Result<(), MediaError> {
    // A handful of pictures is no rate.
    let us = video.packets.end_us.saturating_sub(video.packets.first_us).max(1_000_000).unsigned_abs();
    let pixels = u128::from(video.coded.pixels()).saturating_mul(u128::from(video.packets.frames));
    let megapixels = u64::try_from(pixels / u128::from(us)).unwrap_or(u64::MAX);
    let max = u64::from(limits.max_megapixels_per_second);
    if megapixels > max { Err(MediaError::TooFast { megapixels, max }) } else { Ok(()) }
}

/// Whether a container's header states its duration; the others' is FFmpeg's estimate.
fn keeps_promises(container: Container) -> bool {
    matches!(container, Container::Mp4 | Container::Matroska | Container::Webm)
}

fn video_stream(video: DescribedVideo, packets: Gatherer, origin: i64) -> VideoStream {
    let packets = packets.into_video(origin);
    let shown_us = packets.end_us - packets.first_us;
    VideoStream {
        index: video.index,
        display: display(video.coded, video.sample_aspect, video.rotation),
        bit_depth: bit_depth(video.pixel_format.as_deref()),
        codec: video.codec,
        profile: video.profile,
        level: video.level,
        pixel_format: video.pixel_format,
        coded: video.coded,
        sample_aspect: video.sample_aspect,
        rotation: video.rotation,
        mirrored: video.mirrored,
        average_frame_rate: video
            .average_frame_rate
            .unwrap_or_else(|| counted_rate(packets.frames, shown_us)),
        real_frame_rate: video.real_frame_rate,
        time_base: video.time_base,
        color_transfer: video.color_transfer,
        color_primaries: video.color_primaries,
        color_space: video.color_space,
        field_order: video.field_order,
        bit_rate: rate(packets.bytes, shown_us),
        packets,
    }
}

fn audio_stream(audio: DescribedAudio, packets: Gatherer, origin: i64) -> AudioStream {
    let packets = packets.into_audio(origin);
    AudioStream {
        index: audio.index,
        codec: audio.codec,
        profile: audio.profile,
        channels: audio.channels,
        sample_rate: audio.sample_rate,
        language: audio.language,
        title: audio.title,
        bit_rate: rate(packets.bytes, packets.end_us - packets.first_us),
        packets,
    }
}

/// Turned and with square pixels, as FFmpeg shows it: the height stays, the width follows the shape of a pixel.
fn display(coded: Size, aspect: Ratio, rotation: u32) -> Size {
    let width = u64::from(coded.width) * u64::from(aspect.num) / u64::from(aspect.den);
    // A hostile shape makes no picture of a kilometre.
    let width = u32::try_from(width).unwrap_or(u32::MAX).clamp(1, coded.width.saturating_mul(4).max(1));
    match rotation {
        // FFmpeg turns by right angles only within a degree of one; what is between stays in its frame.
        89..=91 | 269..=271 => Size { width: coded.height, height: width },
        _ => Size { width, height: coded.height },
    }
}

fn bit_depth(pixel_format: Option<&str>) -> u32 {
    let format = pixel_format.unwrap_or_default();
    [
        ("p010", 10),
        ("p012", 12),
        ("p016", 16),
        ("10le", 10),
        ("10be", 10),
        ("12le", 12),
        ("12be", 12),
        ("14le", 14),
        ("16le", 16),
        ("16be", 16),
        ("48", 16),
        ("64", 16),
    ]
    .iter()
    .find(|(sign, _)| format.contains(sign))
    .map_or(8, |(_, depth)| *depth)
}

fn counted_rate(frames: u64, us: i64) -> Ratio {
    let milli = u128::from(frames) * 1_000_000_000;
    let milli = milli.checked_div(u128::from(us.max(0).unsigned_abs())).unwrap_or(0);
    Ratio { num: u32::try_from(milli).unwrap_or(u32::MAX), den: 1000 }
}

/// What may be missing at the end, as tracks end at different times, besides two per cent.
const MOST_MISSING_US: i64 = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_size_is_turned_and_square() {
        let size = |width, height| Size { width, height };
        let square = Ratio { num: 1, den: 1 };
        assert_eq!(display(size(1920, 1080), square, 0), size(1920, 1080));
        assert_eq!(display(size(1920, 1080), square, 90), size(1080, 1920));
        assert_eq!(display(size(176, 144), Ratio { num: 128, den: 117 }, 0), size(192, 144));
        assert_eq!(display(size(720, 576), Ratio { num: 64, den: 45 }, 270), size(576, 1024));
        assert_eq!(display(size(16, 16), Ratio { num: u32::MAX, den: 1 }, 0), size(64, 16));
        assert_eq!(display(size(16, 16), Ratio { num: 1, den: u32::MAX }, 0), size(1, 16));
    }

    #[test]
    fn bits_follow_the_pixel_format() {
        for (format, bits) in
            [("yuv420p", 8), ("yuv420p10le", 10), ("p010le", 10), ("yuv422p12le", 12), ("rgb48be", 16)]
        {
            assert_eq!(bit_depth(Some(format)), bits, "{format}");
        }
        assert_eq!(bit_depth(None), 8);
    }
}
