//! The sequence parameter set, as far as it says what a picture looks like (ITU-T H.264 §7.3.2.1.1).

use crate::bits::Bits;

/// What a sequence parameter set says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    /// Pixels across, after cropping.
    pub width: u16,
    /// Pixels down, after cropping.
    pub height: u16,
    /// Whether its pictures are progressive, with 8 bits in 4:2:0: what every browser plays.
    pub plain: bool,
}

impl Sequence {
    /// Reads the NAL unit; `None` when it ends too early or says what cannot be.
    pub fn parse(unit: &[u8]) -> Option<Self> {
        let bytes = unescaped(unit.get(..unit.len().min(MOST_BYTES))?);
        let mut bits = Bits::new(&bytes);
        bits.take(8)?;
        let profile = bits.take(8)?;
        bits.take(16)?;
        bits.exponential()?;
        let (mut chroma, mut plain) = (1, true);
        if HIGH_PROFILES.contains(&profile) {
            chroma = bits.exponential()?;
            if chroma == 3 {
                bits.take(1)?;
            }
            let depths = (bits.exponential()?, bits.exponential()?);
            plain = chroma == 1 && depths == (0, 0);
            bits.take(1)?;
            bits.scaling_lists(chroma)?;
        }
        bits.exponential()?;
        match bits.exponential()? {
            0 => drop(bits.exponential()?),
            1 => {
                bits.take(1)?;
                bits.exponential()?;
                bits.exponential()?;
                for _ in 0..bits.exponential()?.min(255) {
                    bits.exponential()?;
                }
            }
            _ => {}
        }
        bits.exponential()?;
        bits.take(1)?;
        let across = bits.exponential()?.checked_add(1)?.checked_mul(16)?;
        let units = bits.exponential()?.checked_add(1)?;
        let progressive = bits.take(1)? == 1;
        if !progressive {
            bits.take(1)?;
        }
        let down = units.checked_mul(if progressive { 16 } else { 32 })?;
        bits.take(1)?;
        let (mut crop_across, mut crop_down) = (0, 0);
        if bits.take(1)? == 1 {
            let unit_across = if matches!(chroma, 1 | 2) { 2 } else { 1 };
            let unit_down = if chroma == 1 { 2 } else { 1 } * if progressive { 1 } else { 2 };
            crop_across = bits.exponential()?.checked_add(bits.exponential()?)?.checked_mul(unit_across)?;
            crop_down = bits.exponential()?.checked_add(bits.exponential()?)?.checked_mul(unit_down)?;
        }
        let size = |whole: u32, crop| u16::try_from(whole.checked_sub(crop)?).ok().filter(|size| *size > 0);
        Some(Self {
            width: size(across, crop_across)?,
            height: size(down, crop_down)?,
            plain: plain && progressive,
        })
    }
}

/// What stands behind this is not read: no set is so long up to its picture size.
const MOST_BYTES: usize = 1024;
/// Profiles whose sets say more about colours (§7.3.2.1.1).
const HIGH_PROFILES: [u32; 12] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134];

/// Without the bytes that keep start codes out (§7.4.1).
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0_usize;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

impl Bits<'_> {
    /// An exponential Golomb code (§9.1).
    fn exponential(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        (1_u32 << zeros).checked_sub(1)?.checked_add(self.take(zeros)?)
    }

    /// Steps over the scaling matrix (§7.3.2.1.1.1).
    fn scaling_lists(&mut self, chroma: u32) -> Option<()> {
        if self.take(1)? == 0 {
            return Some(());
        }
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if self.take(1)? == 0 {
                continue;
            }
            let mut next = 8_i64;
            for _ in 0..if list < 6 { 16 } else { 64 } {
                if next != 0 {
                    let code = i64::from(self.exponential()?);
                    let delta = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
                    next = (next + delta).rem_euclid(256);
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_set_of_x264_tells_its_size() {
        let unit = &crate::h264::AVCC_1280X720[8..34];
        assert_eq!(Sequence::parse(unit), Some(Sequence { width: 1280, height: 720, plain: true }));
        for cut in 0..10 {
            assert_eq!(Sequence::parse(&unit[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_cropped_set_tells_what_is_shown() {
        // 1080 lines are 68 rows of 16 less 8.
        let unit = data_encoding::HEXLOWER.decode(SPS_1080.as_bytes()).unwrap();
        assert_eq!(Sequence::parse(&unit), Some(Sequence { width: 1920, height: 1080, plain: true }));
    }

    const SPS_1080: &str = "6764002aacd940780227e5c044000003000400000300f03c60c658";

    proptest! {
        #[test]
        fn no_bytes_make_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _any = Sequence::parse(&bytes);
        }
    }
}
