//! What of H.264 matters to whoever copies it: whether its parameters stay what the init segment says.

/// The first sequence parameter set in a sample of NAL units with four bytes of length each, as FFmpeg writes them
/// (ISO/IEC 14496-15 §5.3.3.1); `None` when the sample carries none, or is not of that form.
///
/// A browser's recorder puts one before every keyframe. When it differs from the one before, the picture has another size
/// from there on, and the init segment is wrong.
pub fn sequence_parameters(sample: &[u8]) -> Option<&[u8]> {
    const SPS: u8 = 7;
    /// Parameter sets stand before the slices.
    const MOST_UNITS: usize = 16;
    let mut rest = sample;
    for _ in 0..MOST_UNITS {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let unit = after.get(..length)?;
        if unit.first().is_some_and(|header| header & 0x1f == SPS) {
            return Some(unit);
        }
        rest = after.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(all: &[&[u8]]) -> Vec<u8> {
        all.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    #[test]
    fn a_parameter_set_is_found_before_the_slices() {
        let sample = units(&[&[9, 0xf0], &[0x67, 1, 2], &[0x68, 3], &[0x65, 0, 0]]);
        assert_eq!(sequence_parameters(&sample), Some(&[0x67, 1, 2][..]));
        assert_eq!(sequence_parameters(&units(&[&[0x65, 0, 0]])), None);
    }

    #[test]
    fn what_is_no_sample_has_none() {
        for bytes in [&[][..], &[0; 3], &[0; 200], &[0xff; 9], &[0, 0, 0, 5, 0x67]] {
            assert_eq!(sequence_parameters(bytes), None, "{bytes:?}");
        }
    }
}
