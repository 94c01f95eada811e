//! The two ffprobe, side by side.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::packets::{Gatherer, Packet};
use super::streams::{DescribedAudio, DescribedVideo, ENTRIES};
use super::{
    AudioStream, Description, ORIGIN_SLACK_US, Probe, Ratio, Size, SourceLimits, VideoStream, describe, rate,
};
use crate::child::{End, Failed, Job, Output, Program, Running, Tools};
use crate::encode::args::file_url;
use crate::error::MediaError;
use crate::sandbox::Limits;
use crate::sniff::Container;

/// Reads a complete file: its streams and all its packets.
pub async fn probe(
    tools: &Tools,
    path: &Path,
    container: Container,
    limits: &SourceLimits,
) -> Result<Probe, MediaError> {
    let size = tokio::fs::metadata(path).await?.len();
    // The first one fails on what is broken; then the second is not waited for, and dropping it ends it.
    let (description, streams) = tokio::try_join!(
        read_streams(tools, path, container, limits),
        read_packets(tools, path, container, limits)
    )?;
    assemble(container, size, description, streams, limits)
}

pub(super) async fn read_streams(
    tools: &Tools,
    path: &Path,
    container: Container,
    limits: &SourceLimits,
) -> Result<Description, MediaError> {
    let (output, running) =
        start(tools, path, container, limits, &["-show_entries", ENTRIES, "-of", "json=c=1"]).await?;
    let mut json = Vec::new();
    output.take(MOST_JSON).read_to_end(&mut json).await?;
    running.wait().await.map_err(unreadable)?;
    let description = describe(&json).ok_or_else(|| MediaError::Unreadable {
        detail: "ffprobe's description cannot be read".to_owned(),
    })?;
    check(&description, limits)?;
    Ok(description)
}

/// What the header alone can be refused for.
fn check(description: &Description, limits: &SourceLimits) -> Result<(), MediaError> {
    if description.streams > limits.max_streams {
        return Err(MediaError::TooManyStreams { count: description.streams, max: limits.max_streams });
    }
    if let Some(Size { width, height }) = description.video.as_ref().map(|video| video.coded)
        && !fits(Size { width, height }, limits)
    {
        let (max_side, max_megapixels) = (limits.max_side, limits.max_megapixels);
        return Err(MediaError::TooLarge { width, height, max_side, max_megapixels });
    }
    match (&description.video, &description.audio, description.unknown) {
        (None, _, Some("picture")) => {
            Err(MediaError::Codec { track: "picture", codec: "unknown".to_owned() })
        }
        (None, None, Some(track)) => Err(MediaError::Codec { track, codec: "unknown".to_owned() }),
        (None, None, None) => Err(MediaError::NoTracks),
        _ => Ok(()),
    }
}

/// Whether a picture is small enough to be decoded here.
fn fits(size: Size, limits: &SourceLimits) -> bool {
    size.width.max(size.height) <= limits.max_side
        && size.pixels() <= u64::from(limits.max_megapixels) * 1_000_000
}

pub(super) type Streams = BTreeMap<u32, Gatherer>;

pub(super) async fn read_packets(
    tools: &Tools,
    path: &Path,
    container: Container,
    limits: &SourceLimits,
) -> Result<Streams, MediaError> {
    let entries =
        "packet=stream_index,pts_time,dts_time,duration_time,size,flags:packet_side_data=side_data_type";
    let (output, running) =
        start(tools, path, container, limits, &["-show_entries", entries, "-of", "csv=p=0"]).await?;
    let mut lines = BufReader::with_capacity(256 * 1024, output);
    let mut line = Vec::new();
    let mut streams = Streams::new();
    let mut count: u64 = 0;
    loop {
        line.clear();
        if (&mut lines).take(MOST_LINE).read_until(b'\n', &mut line).await? == 0 {
            break;
        }
        let Some(packet) = Packet::parse(&line) else { continue };
        count += 1;
        if count > limits.max_packets {
            return Err(MediaError::TooManyPackets);
        }
        if usize::try_from(packet.stream).is_ok_and(|index| index < limits.max_streams) {
            streams.entry(packet.stream).or_default().add(&packet);
        }
    }
    running.wait().await.map_err(unreadable)?;
    Ok(streams)
}

pub(super) async fn start(
    tools: &Tools,
    path: &Path,
    container: Container,
    limits: &SourceLimits,
    what: &[&str],
) -> Result<(Output, Running), MediaError> {
    let mut args: Vec<OsString> =
        ["-hide_banner", "-v", "error", "-protocol_whitelist", "file,pipe", "-f", container.demuxer()]
            .map(OsString::from)
            .to_vec();
    // One thread decodes a few frames to learn the pixel format. What is a little too large is described all the same, so that
    // the person can be told how large it is.
    let pixels = u64::from(limits.max_megapixels) * 1_000_000;
    let described = pixels.saturating_mul(4).min(i32::MAX.unsigned_abs().into());
    args.extend(["-max_pixels".into(), described.to_string().into()]);
    args.extend(what.iter().map(OsString::from));
    args.extend(["-o".into(), Job::pipe(0).into(), "-i".into(), file_url(path)]);
    // Measured: 8K H.264 takes 0.34 GB of address space; the room is for eight of the largest pictures at 32 bits a pixel.
    let memory = LEAST_MEMORY.saturating_add(pixels.saturating_mul(8 * 4));
    let usage = Limits { memory, cpu_seconds: limits.deadline.as_secs().max(1), ..Limits::default() };
    let job = Job::new(Program::Ffprobe, args).read(path).outputs(1).limits(usage).deadline(limits.deadline);
    let mut running = tools.spawn(job).await?;
    let output = running.outputs.pop().ok_or(MediaError::Stage("a job without its output"))?;
    Ok((output, running))
}

/// ffprobe that ends with a code of its own has looked at the file; anything else is ours.
pub(super) fn unreadable(failed: Failed) -> MediaError {
    match failed.end {
        End::Code(_) if !failed.in_the_jail() => MediaError::Unreadable { detail: failed.to_string() },
        // Killed from outside, by the kernel for want of memory or by a person. Only trying again tells.
        End::Signal(SIGKILL) => MediaError::Child(failed),
        // A file that makes ffprobe crash or run for ever will do so again.
        End::Signal(_) | End::Deadline => MediaError::Unreadable { detail: failed.to_string() },
        _ => MediaError::Child(failed),
    }
}

const SIGKILL: i32 = 9;

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

/// What ffprobe takes with its libraries and the packets of a long film.
const LEAST_MEMORY: u64 = 1 << 30;

/// Bytes of ffprobe's description that are read: 32 tracks take about 20 kB.
const MOST_JSON: u64 = 4 << 20;

/// Bytes of one line of the packet list.
pub(super) const MOST_LINE: u64 = 4096;

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
