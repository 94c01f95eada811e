//! A sound under an edit: packets are used again but for those whose windows reach over a border; in their place the sound itself is
//! decoded, cut to the sample and encoded. See `cmaf::edit::sound`.

use super::base::BaseRung;
use super::{List, Making, NewRung, ticks};
use crate::Error;
use crate::arriving::scratch::Scratch;
use crate::sound::Track;
use cmaf::edit::sound::{CONTEXT, Cut, PACKET, Part, Piece, plan};
use cmaf::edit::{one_after_another, write};
use cmaf::{InitSegment, Msn, Sample};
use media::splice::decode;
use tokio::io::AsyncWriteExt as _;

pub(super) async fn cut(making: &Making<'_>, rung: &BaseRung<'_>) -> Result<NewRung, Error> {
    let init = rung.init().await?;
    let channels = Track::of(&rung.content.rung, &init)?.channels;
    let work = Work { making, rung, init: &init, channels };
    let mut cuts = Vec::new();
    for (at, span) in making.keep.placed() {
        cuts.push(work.cut(at, span.start_us, span.end_us).await?);
    }
    let end = ticks(making.keep.duration_us(), init.track.timescale);
    let parts = plan(&cuts, end);
    let mut made = work.made(&parts).await?.into_iter();
    let mut list = Joined { list: List::new(), loose: Vec::new(), at: 0 };
    for part in &parts {
        match part {
            Part::Again { from, to, shift } => work.again(&mut list, *from, *to, *shift).await?,
            Part::Made { .. } => {
                let mut packets = made.next().ok_or(cmaf::ReadError::Truncated("the sound of an edit"))?;
                list.at = one_after_another(&mut packets, list.at)?;
                list.loose.append(&mut packets);
            }
        }
    }
    work.flush(&mut list).await?;
    if list.list.segments.is_empty() {
        return Err(Error::Edit("no sound would be left".to_owned()));
    }
    list.list.finish(making, &rung.content.rung, init).await
}

/// The list with packets that do not belong to a segment yet.
struct Joined {
    list: List,
    loose: Vec<Sample>,
    /// Where the next packet begins.
    at: i64,
}

struct Work<'a> {
    making: &'a Making<'a>,
    rung: &'a BaseRung<'a>,
    init: &'a InitSegment,
    channels: u16,
}

impl Work<'_> {
    /// A kept span in samples.
    async fn cut(&self, at_us: i64, start_us: i64, end_us: i64) -> Result<Cut, Error> {
        let scale = self.init.track.timescale;
        let (from, to) = (ticks(start_us, scale), ticks(end_us, scale));
        let near = self.rung.index_at(self.init, start_us);
        let count = self.rung.segments().len();
        let mut first_packet = None;
        for index in near..count.min(near.saturating_add(2)) {
            let times = self.rung.times(self.init, index).await?;
            first_packet = times.iter().map(|time| time.shown).find(|shown| *shown >= from);
            if first_packet.is_some() {
                break;
            }
        }
        let end = self.rung.segments().last().map_or(0, |last| last.start.saturating_add(last.duration));
        Ok(Cut { from, to, at: ticks(at_us, scale), first_packet, end })
    }

    /// Numbers of the segments that have packets between two times.
    fn segments(&self, from: i64, to: i64) -> std::ops::Range<usize> {
        let all = self.rung.segments();
        let first = all.partition_point(|segment| segment.start <= from).saturating_sub(1);
        first..all.partition_point(|segment| segment.start < to)
    }

    /// Uses the packets from one time to another again.
    async fn again(&self, list: &mut Joined, from: i64, to: i64, shift: i64) -> Result<(), Error> {
        // Containers round: a packet belongs where most of it is.
        let inside = |time: i64| {
            let middle = time.saturating_add(PACKET / 2);
            from <= middle && middle < to
        };
        for index in self.segments(from, to) {
            let segment = self.rung.segment(index)?;
            let last = segment.start.saturating_add(segment.duration).saturating_sub(PACKET);
            if inside(segment.start) && inside(last) {
                self.flush(list).await?;
                list.list.again(segment, shift)?;
            } else {
                let packets = self.rung.samples(self.init, index).await?;
                for packet in packets.into_iter().filter(|packet| inside(packet.decode_time)) {
                    list.loose
                        .push(Sample { decode_time: packet.decode_time.saturating_add(shift), ..packet });
                }
            }
        }
        list.at = to.saturating_add(shift);
        Ok(())
    }

    /// Writes the packets that are gathered as segments of at most the target duration.
    async fn flush(&self, list: &mut Joined) -> Result<(), Error> {
        let mut packets = std::mem::take(&mut list.loose);
        let starts: Vec<i64> = packets.iter().map(|packet| packet.decode_time).collect();
        for (packet, next) in packets.iter_mut().zip(starts.iter().skip(1)) {
            let ticks = next.saturating_sub(packet.decode_time);
            packet.duration = u32::try_from(ticks.max(1)).unwrap_or(packet.duration);
        }
        let row = &self.rung.content.rung;
        let rate = i64::from(self.init.track.timescale.get());
        let most = row.target_duration.clamp(1, 60).saturating_mul(rate).div_euclid(PACKET).max(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // Of even length, so that none is a stub.
        let pieces = packets.len().div_ceil(most).max(1);
        for piece in packets.chunks(packets.len().div_ceil(pieces).max(1)) {
            let segment = write(Msn(list.list.next_msn()?), &self.init.track, piece)?;
            list.list.made(self.making, row, segment).await?;
        }
        Ok(())
    }

    /// The packets of everything that is made, part by part.
    async fn made(&self, parts: &[Part]) -> Result<Vec<Vec<Sample>>, Error> {
        let mut sound = Decoded { work: self, packets: Vec::new(), wanted: Vec::new() };
        let mut lengths = Vec::new();
        for part in parts {
            let Part::Made { pieces, before, after, .. } = part else { continue };
            sound.context(*before, true).await?;
            for piece in pieces {
                match piece {
                    Piece::Heard(from, to) => sound.want(*from, *to).await?,
                    Piece::Silence(length) => sound.silence(*length),
                }
            }
            sound.context(*after, false).await?;
            let samples = pieces.iter().fold(0_i64, |sum, piece| sum.saturating_add(piece.length()));
            lengths.push(usize::try_from(samples.div_euclid(PACKET)).unwrap_or(0));
        }
        if lengths.is_empty() {
            return Ok(Vec::new());
        }
        let track = Track::of(&self.rung.content.rung, self.init)?;
        let encoded = track.packets(self.making.run, &sound.floats().await?, MOST_BYTES).await?;
        let context = usize::try_from(CONTEXT / PACKET).unwrap_or(0);
        let mut at = 0_usize;
        let mut made = Vec::with_capacity(lengths.len());
        for length in lengths {
            at = at.saturating_add(context);
            let packets = encoded.get(at..at.saturating_add(length));
            made.push(packets.ok_or(cmaf::ReadError::Truncated("the sound of an edit"))?.to_vec());
            at = at.saturating_add(length).saturating_add(context);
        }
        Ok(made)
    }
}

/// Sound that is asked for piece by piece and decoded at once.
struct Decoded<'a> {
    work: &'a Work<'a>,
    /// What the decoder is given, in order.
    packets: Vec<Sample>,
    wanted: Vec<Wanted>,
}

/// So many samples: silence, but for what these packets say.
struct Wanted {
    length: usize,
    /// (number of the packet, sample at which it begins; before 0 for what begins before it).
    packets: Vec<(usize, i64)>,
}

impl Decoded<'_> {
    /// What is heard from one time to another.
    async fn want(&mut self, from: i64, to: i64) -> Result<(), Error> {
        let mut wanted =
            Wanted { length: usize::try_from(to.saturating_sub(from)).unwrap_or(0), packets: Vec::new() };
        // One packet more in front: a packet is heard together with the one before it.
        let early = from.saturating_sub(2 * PACKET);
        for index in self.work.segments(early, to) {
            for packet in self.work.rung.samples(self.work.init, index).await? {
                let time = packet.decode_time;
                if time.saturating_add(PACKET) <= early || time >= to {
                    continue;
                }
                if time.saturating_add(PACKET) > from {
                    wanted.packets.push((self.packets.len(), time.saturating_sub(from)));
                }
                self.packets.push(packet);
            }
        }
        self.wanted.push(wanted);
        Ok(())
    }

    fn silence(&mut self, length: i64) {
        self.wanted.push(Wanted { length: usize::try_from(length).unwrap_or(0), packets: Vec::new() });
    }

    /// A context, with silence on its outer side where there is less of it.
    async fn context(&mut self, span: Option<(i64, i64)>, before: bool) -> Result<(), Error> {
        let Some((from, to)) = span else {
            self.silence(CONTEXT);
            return Ok(());
        };
        let missing = CONTEXT.saturating_sub(to.saturating_sub(from)).max(0);
        if before {
            self.silence(missing);
        }
        self.want(from, to).await?;
        if !before {
            self.silence(missing);
        }
        Ok(())
    }

    /// All of it, as bytes.
    async fn floats(mut self) -> Result<Vec<u8>, Error> {
        let (work, channels) = (self.work, usize::from(self.work.channels));
        let packet = usize::try_from(PACKET).unwrap_or(1);
        let mut heard = Vec::new();
        if !self.packets.is_empty() {
            one_after_another(&mut self.packets, 0)?;
            let (run, row) = (work.making.run, &work.rung.content.rung);
            let file = Scratch::new(run.services, &run.job.video_id, &format!("edit-{}-aac", row.name));
            let mut out = tokio::fs::File::create(file.path()).await.map_err(Error::Pipe)?;
            out.write_all(&work.init.bytes).await.map_err(Error::Pipe)?;
            let segment = write(Msn(0), &work.init.track, &self.packets)?;
            out.write_all(&segment.bytes).await.map_err(Error::Pipe)?;
            out.flush().await.map_err(Error::Pipe)?;
            heard = decode(run.tools, file.path(), MOST_BYTES).await?;
            let expected = self.packets.len().saturating_mul(packet).saturating_mul(channels);
            if heard.len() != expected {
                tracing::error!(got = heard.len(), expected, "a decoder gave another length");
                return Err(Error::Edit("the sound could not be decoded sample by sample".to_owned()));
            }
        }
        let mut floats = Vec::new();
        for wanted in &self.wanted {
            let mut piece = vec![0_f32; wanted.length.saturating_mul(channels)];
            for (number, at) in &wanted.packets {
                let from = number.saturating_mul(packet).saturating_mul(channels);
                let samples = heard.get(from..from.saturating_add(packet.saturating_mul(channels)));
                place(&mut piece, samples.unwrap_or_default(), *at, channels);
            }
            floats.extend(piece.into_iter().flat_map(f32::to_le_bytes));
        }
        Ok(floats)
    }
}

/// Copies what of `samples` lies inside, when they begin at frame `at`.
fn place(into: &mut [f32], samples: &[f32], at: i64, channels: usize) {
    let skip = usize::try_from(at.saturating_neg()).unwrap_or(0).saturating_mul(channels);
    let from = usize::try_from(at).unwrap_or(0).saturating_mul(channels);
    let source = samples.get(skip..).unwrap_or_default();
    let target = into.get_mut(from..).unwrap_or_default();
    for (to, sample) in target.iter_mut().zip(source) {
        *to = *sample;
    }
}

/// Sound of one edit: 200 borders of some packets.
const MOST_BYTES: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut into = vec![0.0; 6];
        place(&mut into, &[1.0, 1.5, 2.0, 2.5], -1, 2);
        place(&mut into, &[3.0, 3.5, 4.0, 4.5], 2, 2);
        place(&mut into, &[9.0, 9.0], 3, 2);
        place(&mut into, &[9.0, 9.0], -1, 2);
        assert_eq!(into, [2.0, 2.5, 0.0, 0.0, 3.0, 3.5]);
    }
}
