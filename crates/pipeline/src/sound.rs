//! Sound that is made here and not read from a source: AAC packets that fit a published track.

use crate::arriving::scratch::Scratch;
use crate::{Error, Run};
use cmaf::edit::sound::PACKET;
use cmaf::{Event, FragmentReader, InitSegment, Limits, MediaTime, Sample, TrackKind};
use media::splice::{Sound, encode};
use store::media::Rung;

/// A published sound that counts in samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Track<'a> {
    pub(crate) rung: &'a Rung,
    pub(crate) init: &'a InitSegment,
    pub(crate) channels: u16,
}

impl<'a> Track<'a> {
    pub(crate) fn of(rung: &'a Rung, init: &'a InitSegment) -> Result<Self, Error> {
        match init.track.kind {
            TrackKind::Audio { channels, sample_rate } if sample_rate == init.track.timescale.get() => {
                Ok(Self { rung, init, channels })
            }
            _ => Err(Error::Edit("a sound that does not count in samples".to_owned())),
        }
    }

    /// Encodes 32-bit floats, channels beside each other; packet `n` is heard as the samples from `n` × 1,024 on. At most `most`
    /// bytes come of it.
    pub(crate) async fn packets(
        &self,
        run: &Run<'_>,
        floats: &[u8],
        most: u64,
    ) -> Result<Vec<Sample>, Error> {
        let Self { rung, init, channels } = *self;
        let file = Scratch::new(run.services, &run.job.video_id, &format!("pcm-{}", rung.name));
        tokio::fs::write(file.path(), floats).await.map_err(Error::Pipe)?;
        let bit_rate = rung.average_bandwidth.unwrap_or(rung.bandwidth);
        let sound = Sound {
            rate: init.track.timescale.get(),
            channels,
            bit_rate: u64::try_from(bit_rate).unwrap_or(0).clamp(48_000, 256_000),
        };
        let bytes = encode(run.tools, file.path(), sound, most).await?;
        let mut reader = FragmentReader::new(Limits::default());
        let mut packets = Vec::new();
        // In pieces, because a reader holds what it was given.
        for piece in bytes.chunks(1 << 20) {
            reader.push(piece);
            while let Some(event) = reader.poll()? {
                match event {
                    Event::Init(made)
                        if made.track.kind == init.track.kind && made.track.codec == init.track.codec => {}
                    Event::Init(_) => {
                        return Err(Error::Edit("the sound's packets are of another kind".to_owned()));
                    }
                    Event::Fragment(fragment) => packets.extend(fragment.samples),
                }
            }
        }
        // What comes before the first sample only winds the encoder up.
        let first =
            MediaTime::from_micros(media::encode::OUTPUT_OFFSET_US).rescale(init.track.timescale).ticks();
        packets.retain(|packet| packet.decode_time >= first);
        for packet in &mut packets {
            packet.duration = u32::try_from(PACKET).unwrap_or(0);
        }
        Ok(packets)
    }
}
