//! Packets of a transport stream, and the times in them.

use super::Splice;

/// Times are counted modulo this.
pub(super) const WRAP: i64 = 1 << 33;
/// Bytes of a packet; M2TS has four more in front of each.
const PACKET: usize = 188;
const M2TS: usize = 192;
const SYNC: u8 = 0x47;

/// `a - b` on a clock that wraps, in ticks.
pub(super) fn apart(a: u64, b: u64) -> i64 {
    let ticks = |time: u64| i64::try_from(time).unwrap_or(0);
    ticks(a).wrapping_sub(ticks(b)).wrapping_add(WRAP / 2).rem_euclid(WRAP) - WRAP / 2
}

/// Finds the packets in bytes that come in pieces of any size, also behind a damaged place.
#[derive(Debug, Default)]
pub(super) struct Framer {
    buffer: Vec<u8>,
    /// Position of the buffer in the stream.
    base: u64,
    /// Distance of two packets; 0 until it is known.
    stride: usize,
    synced: bool,
}

impl Framer {
    /// Shows every whole packet and its position, to be changed if need be; the answer is all bytes that are done with.
    pub(super) fn push(&mut self, bytes: &[u8], take: &mut impl FnMut(u64, &mut [u8])) -> Vec<u8> {
        self.buffer.extend_from_slice(bytes);
        if self.stride == 0 {
            if self.buffer.len() < M2TS * 4 {
                return Vec::new();
            }
            self.stride = stride(&self.buffer);
        }
        self.walk(take, false)
    }

    /// The same for what is left at the end of the stream.
    pub(super) fn finish(mut self, take: &mut impl FnMut(u64, &mut [u8])) -> Vec<u8> {
        if self.stride == 0 {
            self.stride = stride(&self.buffer);
        }
        let mut done = self.walk(take, true);
        done.append(&mut self.buffer);
        done
    }

    fn walk(&mut self, take: &mut impl FnMut(u64, &mut [u8]), last: bool) -> Vec<u8> {
        let mut at = 0;
        while let Some(rest) = self.buffer.get_mut(at..).filter(|rest| rest.len() >= PACKET) {
            if !last && rest.len() <= self.stride {
                break;
            }
            let in_place = rest.first() == Some(&SYNC);
            // Out of step, one such byte is a letter: the next packet must follow.
            let confirmed = self.synced || last || rest.get(self.stride) == Some(&SYNC);
            if in_place && confirmed {
                if let Some(packet) = rest.get_mut(..PACKET) {
                    take(self.base.saturating_add(at as u64), packet);
                }
                self.synced = true;
                at = at.saturating_add(self.stride);
            } else {
                self.synced = false;
                at = at.saturating_add(1);
            }
        }
        let at = at.min(self.buffer.len());
        self.base = self.base.saturating_add(at as u64);
        let rest = self.buffer.split_off(at);
        std::mem::replace(&mut self.buffer, rest)
    }
}

/// The distance at which three sync bytes stand.
fn stride(bytes: &[u8]) -> usize {
    let stands = |stride: usize| {
        (0..stride).any(|from| (0..3).all(|n: usize| bytes.get(from + n * stride) == Some(&SYNC)))
    };
    if !stands(PACKET) && stands(M2TS) { M2TS } else { PACKET }
}

/// The times of a packet in which a picture, a piece of sound or a subtitle begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamps {
    pub(super) pid: u16,
    /// Whether it is a picture or a sound by its kind; private streams (also AC-3, subtitles, teletext) may have any clock.
    pub(super) leads: bool,
    pub(super) picture: bool,
    /// When it is decoded, in ticks.
    pub(super) decoded: u64,
    /// Where the presentation time stands in the packet.
    shown_at: usize,
    /// Where the decoding time stands, if it is another.
    decoded_at: Option<usize>,
}

/// Reads the header of a PES packet (ISO/IEC 13818-1 §2.4.3.6); `None` for packets that begin none or carry no time.
pub(super) fn stamps(packet: &[u8]) -> Option<Stamps> {
    let [_, flags, low, control, length, ..] = *packet.first_chunk::<5>()?;
    let begins = flags & 0x40 != 0;
    let damaged = flags & 0x80 != 0;
    let scrambled = control & 0xc0 != 0;
    if !begins || damaged || scrambled || control & 0x10 == 0 {
        return None;
    }
    let at = if control & 0x20 == 0 { 4 } else { 5 + usize::from(length) };
    let header: &[u8; 9] = packet.get(at..)?.first_chunk()?;
    // The system's own streams have no times.
    let timed = !matches!(header[3], 0xbc | 0xbe | 0xbf | 0xf0..=0xf2 | 0xf8 | 0xff);
    if !header.starts_with(b"\0\0\x01") || header[3] < 0xbc || !timed || header[6] >> 6 != 2 {
        return None;
    }
    let shown_at = at + 9;
    let decoded_at = match header[7] >> 6 {
        2 => None,
        3 => Some(shown_at + 5),
        _ => return None,
    };
    let decoded = read(packet, decoded_at.unwrap_or(shown_at))?;
    let pid = u16::from(flags & 0x1f) << 8 | u16::from(low);
    let picture = matches!(header[3], 0xe0..=0xef);
    let leads = picture || matches!(header[3], 0xc0..=0xdf | 0xfd);
    Some(Stamps { pid, leads, picture, decoded, shown_at, decoded_at })
}

/// Moves the times of the packet at `at` as the last splice before it says.
pub(super) fn shift(at: u64, packet: &mut [u8], splices: &[Splice]) {
    let before = splices.partition_point(|splice| splice.from <= at);
    let Some(splice) = before.checked_sub(1).and_then(|last| splices.get(last)) else { return };
    if let Some(Stamps { shown_at, decoded_at, .. }) = stamps(packet) {
        for place in [Some(shown_at), decoded_at].into_iter().flatten() {
            if let Some(time) = read(packet, place) {
                write(packet, place, moved(time, *splice));
            }
        }
    }
    if let Some(clock) = clock(packet) {
        let value = clock.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        let value = moved(value >> 7, *splice) << 7 | value & 0x7f;
        let [_, _, _, bytes @ ..] = value.to_be_bytes();
        *clock = bytes;
    }
}

fn moved(time: u64, splice: Splice) -> u64 {
    time.wrapping_add(splice.shift) % WRAP.unsigned_abs()
}

/// The 33 bits of a time, spread over five bytes with marker bits between.
fn read(packet: &[u8], at: usize) -> Option<u64> {
    let [a, b, c, d, e] = packet.get(at..)?.first_chunk::<5>()?.map(u64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

fn write(packet: &mut [u8], at: usize, time: u64) {
    let Some([a, b, c, d, e]) = packet.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<5>()) else {
        return;
    };
    let low = |bits: u64| u8::try_from(bits & 0xff).unwrap_or(0);
    *a = *a & 0xf1 | low(time >> 30 & 7) << 1;
    *b = low(time >> 22);
    *c = *c & 1 | low(time >> 15 & 0x7f) << 1;
    *d = low(time >> 7);
    *e = *e & 1 | low(time & 0x7f) << 1;
}

/// The program clock reference: 33 bits and seven more (ISO/IEC 13818-1 §2.4.3.4).
fn clock(packet: &mut [u8]) -> Option<&mut [u8; 5]> {
    let [_, _, _, control, length, flags, ..] = *packet.first_chunk::<6>()?;
    if control & 0x20 == 0 || length < 7 || flags & 0x10 == 0 {
        return None;
    }
    packet.get_mut(6..)?.first_chunk_mut()
}
