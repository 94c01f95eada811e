//! The two ffprobe, side by side.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::assemble::assemble;
use super::packets::{Gatherer, Packet};
use super::parameters;
use super::streams::ENTRIES;
use super::{Description, Probe, Size, SourceLimits, describe};
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
    let mut probe = assemble(container, size, description, streams, limits)?;
    // An MP4 has its parameters in its header, and says when it changes to other ones.
    if let Some(video) =
        probe.video.as_mut().filter(|video| video.codec == "h264" && container != Container::Mp4)
    {
        let track = (container, video.index);
        video.packets.parameter_changes += parameters::changes(tools, path, track, limits).await?;
    }
    Ok(probe)
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
pub(super) fn fits(size: Size, limits: &SourceLimits) -> bool {
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

/// What ffprobe takes with its libraries and the packets of a long film.
const LEAST_MEMORY: u64 = 1 << 30;

/// Bytes of ffprobe's description that are read: 32 tracks take about 20 kB.
const MOST_JSON: u64 = 4 << 20;

/// Bytes of one line of the packet list.
pub(super) const MOST_LINE: u64 = 4096;
