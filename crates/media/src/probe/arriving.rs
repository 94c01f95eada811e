//! Probing a source that still arrives.

use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::assemble::assemble;
use super::packets::Packet;
use super::run::{MOST_LINE, Streams, read_packets, read_streams, start, unreadable};
use super::{Probe, SourceLimits};
use crate::child::Tools;
use crate::error::MediaError;
use crate::sniff::Container;

/// What the first bytes of a stream tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Tracks as they are; packets, times and sizes of the head only.
    pub probe: Probe,
    /// The whole duration in microseconds, where the header says it.
    pub promised_us: Option<i64>,
    /// Tracks that will be played and of which the head holds no packet yet.
    pub silent: usize,
}

/// Reads the first bytes of a stream, which may end anywhere.
pub async fn probe_head(
    tools: &Tools,
    path: &Path,
    container: Container,
    limits: &SourceLimits,
) -> Result<Head, MediaError> {
    let size = tokio::fs::metadata(path).await?.len();
    let (mut description, streams) = tokio::try_join!(
        read_streams(tools, path, container, limits),
        read_packets(tools, path, container, limits)
    )?;
    // A header's word is kept by the whole file, not by its head; without a header it is the head's own duration.
    let stated = matches!(container, Container::Matroska | Container::Webm);
    let promised_us = description.promised_us.take().filter(|us| stated && *us > 0);
    let played = [description.video.as_ref().map(|v| v.index), description.audio.as_ref().map(|a| a.index)];
    let silent = played.into_iter().flatten().filter(|index| !streams.contains_key(index)).count();
    let probe = assemble(container, size, description, streams, limits)?;
    Ok(Head { probe, promised_us, silent })
}

/// Reads an MP4 whose index is known. `sparse` has the file's layout, with its index and its first bytes in place and holes
/// where bytes are missing; `twin` has the same packets, each as long as `size_of` (position and size in the twin) says it
/// really is. The answer is what [`super::probe`] says of the complete file of `size` bytes.
pub async fn probe_indexed(
    tools: &Tools,
    (sparse, twin): (&Path, &Path),
    size: u64,
    size_of: impl Fn(u64, u32) -> u32,
    limits: &SourceLimits,
) -> Result<Probe, MediaError> {
    let (description, streams) = tokio::try_join!(
        read_streams(tools, sparse, Container::Mp4, limits),
        read_twin(tools, twin, size_of, limits)
    )?;
    assemble(Container::Mp4, size, description, streams, limits)
}

async fn read_twin(
    tools: &Tools,
    twin: &Path,
    size_of: impl Fn(u64, u32) -> u32,
    limits: &SourceLimits,
) -> Result<Streams, MediaError> {
    let entries =
        "packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags:packet_side_data=side_data_type";
    // The index says it all. A parser would look for keyframes in bytes that are not there, and take their flags away.
    let what = ["-fflags", "noparse", "-analyzeduration", "0", "-probesize", "32"];
    let what = [&what[..], &["-show_entries", entries, "-of", "csv=p=0"]].concat();
    let (output, running) = start(tools, twin, Container::Mp4, limits, &what).await?;
    let mut lines = BufReader::with_capacity(256 * 1024, output);
    let (mut line, mut streams, mut count) = (Vec::new(), Streams::new(), 0u64);
    loop {
        line.clear();
        if (&mut lines).take(MOST_LINE).read_until(b'\n', &mut line).await? == 0 {
            break;
        }
        let Some(packet) = packet(&line, &size_of) else { continue };
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

/// The line of a twin's packet without its position and with its real size.
fn packet(line: &[u8], size_of: &impl Fn(u64, u32) -> u32) -> Option<Packet> {
    let mut fields: Vec<&str> = std::str::from_utf8(line).ok()?.trim_end().split(',').collect();
    if fields.len() < 7 {
        return None;
    }
    let position = fields.remove(5).parse().ok()?;
    let mut packet = Packet::parse(fields.join(",").as_bytes())?;
    packet.size = size_of(position, packet.size);
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_of_a_twin_has_its_real_size() {
        let real = packet(b"1,0.020000,0.000000,0.040000,1,777,K__\n", &|at, size| {
            assert_eq!((at, size), (777, 1));
            4242
        })
        .unwrap();
        assert_eq!((real.stream, real.size, real.key, real.pts), (1, 4242, true, Some(20_000)));
        assert!(packet(b"1,N/A,N/A\n", &|_, size| size).is_none());
    }
}
