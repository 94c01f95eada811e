//! Changes of an H.264 stream's parameter sets, which most containers do not tell: two recordings of different sizes that were
//! joined. A copy announces the first ones, and what follows would not be decoded by them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use tokio::io::AsyncReadExt;

use super::SourceLimits;
use super::run::unreadable;
use crate::child::{Job, Program, Tools};
use crate::encode::args::file_url;
use crate::error::MediaError;
use crate::sandbox::Limits;
use crate::sniff::Container;

/// How often the parameter sets of picture track `index` change. FFmpeg passes on nothing but these, without decoding.
pub(super) async fn changes(
    tools: &Tools,
    path: &Path,
    (container, index): (Container, u32),
    limits: &SourceLimits,
) -> Result<u64, MediaError> {
    let mut args: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-nostats", "-v", "error"].map(Into::into).to_vec();
    args.extend(["-protocol_whitelist", "file,pipe", "-f", container.demuxer(), "-i"].map(Into::into));
    args.push(file_url(path));
    // Sequence parameter sets are units of type 7, picture parameter sets of type 8 (ITU-T H.264 table 7-1).
    let only =
        ["-map", &format!("0:{index}"), "-c", "copy", "-bsf:v", "filter_units=pass_types=7-8", "-f", "h264"];
    args.extend(only.map(Into::into));
    args.push(Job::pipe(0).into());
    let usage = Limits { cpu_seconds: limits.deadline.as_secs().max(1), ..Limits::for_threads(2, 0) };
    let job = Job::new(Program::Ffmpeg, args).read(path).outputs(1).limits(usage).deadline(limits.deadline);
    let mut running = tools.spawn(job).await?;
    let mut output = running.outputs.pop().ok_or(MediaError::Stage("a job without its output"))?;
    let mut sets = ParameterSets::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = output.read(&mut buffer).await?;
        match buffer.get(..length) {
            Some(bytes) if !bytes.is_empty() => sets.push(bytes),
            _ => break,
        }
    }
    running.wait().await.map_err(unreadable)?;
    Ok(sets.finish())
}

/// The parameter sets of a stream of units with start codes (ITU-T H.264 annex B), in pieces of any size.
#[derive(Debug, Default)]
struct ParameterSets {
    /// The unit that is being gathered, from its first byte on.
    unit: Vec<u8>,
    /// Zeros in front of the next byte.
    zeros: usize,
    begun: bool,
    /// By type and identifier.
    known: BTreeMap<(u8, u32), Vec<u8>>,
    changes: u64,
}

impl ParameterSets {
    fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                0 => self.zeros += 1,
                1 if self.zeros >= 2 => {
                    self.end();
                    self.begun = true;
                }
                _ => {
                    if self.begun && self.unit.len() < MOST_UNIT {
                        let zeros = self.zeros.min(MOST_UNIT);
                        self.unit.extend(std::iter::repeat_n(0, zeros));
                        self.unit.push(byte);
                    }
                    self.zeros = 0;
                }
            }
        }
    }

    fn finish(mut self) -> u64 {
        self.end();
        self.changes
    }

    /// The gathered unit is whole; zeros behind it do not belong to it.
    fn end(&mut self) {
        self.zeros = 0;
        let unit = std::mem::take(&mut self.unit);
        let Some(key) = key(&unit) else { return };
        // A copy announces one sequence; another one beside it is a change whatever its number.
        let other = key.0 == SEQUENCE && self.known.keys().any(|known| known.0 == SEQUENCE && *known != key);
        match self.known.get(&key) {
            Some(before) if *before == unit => return,
            None if !other && self.known.len() < MOST_SETS => {}
            _ => self.changes += 1,
        }
        if self.known.len() < MOST_SETS {
            self.known.insert(key, unit);
        }
    }
}

/// Type and identifier of a parameter set. The identifier leads a picture's, and stands behind profile and level in a sequence's.
fn key(unit: &[u8]) -> Option<(u8, u32)> {
    let kind = unit.first()? & 0x1f;
    let at = match kind {
        SEQUENCE => 4,
        PICTURE => 1,
        _ => return None,
    };
    Some((kind, exp_golomb(unit.get(at..)?)?))
}

/// An unsigned Exp-Golomb code at the start of some bytes (ITU-T H.264 §9.1): identifiers are below 256.
fn exp_golomb(bytes: &[u8]) -> Option<u32> {
    let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
    let bits = (0..4).fold(0, |bits, at| bits << 8 | byte(at));
    let zeros = bits.leading_zeros();
    (zeros <= 8).then(|| (bits >> (31 - 2 * zeros)) - 1)
}

const SEQUENCE: u8 = 7;
const PICTURE: u8 = 8;
/// Bytes of a unit that are compared.
const MOST_UNIT: usize = 4096;
/// 32 sequences and 256 pictures exist.
const MOST_SETS: usize = 288;

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(units: &[&[u8]], piece: usize) -> u64 {
        let bytes: Vec<u8> = units.iter().flat_map(|unit| [&[0, 0, 0, 1][..], unit].concat()).collect();
        let mut sets = ParameterSets::default();
        bytes.chunks(piece).for_each(|piece| sets.push(piece));
        sets.finish()
    }

    #[test]
    fn a_set_that_comes_again_is_no_change_and_another_one_is() {
        // Identifiers 0 and 1 are the bits 1 and 010; an end of zeros belongs to no unit.
        let (small, large): (&[u8], &[u8]) =
            (b"\x67\x42\xc0\x0c\xda\x05\x06", b"\x67\x42\xc0\x0b\xda\x0a\x11\0\0");
        let second = b"\x67\x42\xc0\x0b\x5a\x0a\x11";
        let (picture, further, changed): (&[u8], &[u8], &[u8]) =
            (b"\x68\xce\x0f\xc8", b"\x68\x4e\x0f", b"\x68\xce\x0f\xc9");
        for piece in [1, 3, 100] {
            assert_eq!(counted(&[small, picture, small, picture], piece), 0);
            assert_eq!(counted(&[small, picture, further, picture, further], piece), 0, "two pictures' sets");
            assert_eq!(counted(&[small, picture, large, picture, large], piece), 1);
            assert_eq!(counted(&[small, picture, second], piece), 1, "a second sequence");
            assert_eq!(counted(&[small, picture, changed, small], piece), 1);
            assert_eq!(counted(&[b"\x09\xf0", b"", b"\x67", b"\x67\x42\xc0\x0c\0\x01"], piece), 0);
        }
    }

    #[test]
    fn codes_are_read() {
        assert_eq!(exp_golomb(&[0x80]), Some(0));
        assert_eq!(exp_golomb(&[0b0100_0000]), Some(1));
        assert_eq!(exp_golomb(&[0b0010_0000]), Some(3));
        assert_eq!(exp_golomb(&[0b0000_0000, 0b1111_1111, 0x80]), Some(510));
        assert_eq!((exp_golomb(&[]), exp_golomb(&[0, 0])), (None, None));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_counted_alike_in_any_pieces(
            bytes in proptest::collection::vec(0_u8..10, 0..400),
            piece in 1_usize..50,
        ) {
            let mut sets = ParameterSets::default();
            bytes.chunks(piece).for_each(|piece| sets.push(piece));
            let mut whole = ParameterSets::default();
            whole.push(&bytes);
            proptest::prop_assert_eq!(sets.finish(), whole.finish());
        }
    }
}
