//! What becomes of a segment that a border cuts through. Pure.

use cmaf::{Sample, h264};
use std::ops::Range;

/// Frames of a segment, in the order of showing them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Encoded anew.
    Encoded(Encoded),
    /// These of its samples are used as they are.
    Copied(Range<usize>),
}

/// A run of frames that is encoded anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    /// When they are shown, in order.
    pub(super) shown: Vec<i64>,
    /// The samples that have to be decoded for it.
    pub(super) samples: Range<usize>,
}

/// Splits what is `shown` of a segment (in order): groups of pictures of which nothing is missing are copied.
pub(super) fn parts(samples: &[Sample], shown: Vec<i64>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut last = i64::MIN;
    for range in groups(samples) {
        let group = samples.get(range.clone()).unwrap_or_default();
        let mut all: Vec<i64> = group.iter().map(Sample::presentation_time).collect();
        all.sort_unstable();
        let kept: Vec<i64> = all.iter().copied().filter(|time| shown.binary_search(time).is_ok()).collect();
        let (Some(from), Some(to)) = (kept.first().copied(), kept.last().copied()) else { continue };
        // Shown out of turn, it cannot be taken apart.
        if from <= last {
            return vec![Part::Encoded(Encoded { shown, samples: 0..samples.len() })];
        }
        last = to;
        let alone = group.first().is_some_and(|first| h264::begins_anew(&first.data));
        match parts.last_mut() {
            _ if alone && kept.len() == all.len() => parts.push(Part::Copied(range)),
            Some(Part::Encoded(run)) => {
                run.shown.extend(kept);
                run.samples.end = range.end;
            }
            _ => parts.push(Part::Encoded(Encoded { shown: kept, samples: range })),
        }
    }
    parts
}

/// The samples from each picture on at which a decoder begins anew.
fn groups(samples: &[Sample]) -> impl Iterator<Item = Range<usize>> {
    let begins =
        |(index, sample): (usize, &Sample)| (index == 0 || h264::begins_anew(&sample.data)).then_some(index);
    let starts: Vec<usize> = samples.iter().enumerate().filter_map(begins).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([samples.len()]).collect();
    starts.into_iter().zip(ends).map(|(from, to)| from..to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use cmaf::SampleFlags;

    const IDR: u8 = 5;
    const OTHER: u8 = 1;

    /// Pictures in decode order: the kind of slice, and when it is shown.
    fn segment(pictures: &[(u8, i64)]) -> Vec<Sample> {
        let sample = |(index, (kind, shown)): (usize, &(u8, i64))| Sample {
            decode_time: index as i64,
            duration: 1,
            composition_offset: (shown - index as i64) as i32,
            flags: if index == 0 { SampleFlags::SYNC } else { SampleFlags::NON_SYNC },
            data: Bytes::from(vec![0, 0, 0, 2, *kind, 0]),
        };
        pictures.iter().enumerate().map(sample).collect()
    }

    fn encoded(shown: &[i64], samples: Range<usize>) -> Part {
        Part::Encoded(Encoded { shown: shown.to_vec(), samples })
    }

    #[test]
    fn only_the_group_at_the_border_is_encoded() {
        let two = segment(&[(IDR, 0), (OTHER, 2), (OTHER, 1), (IDR, 3), (OTHER, 5), (OTHER, 4)]);
        assert_eq!(parts(&two, vec![1, 2, 3, 4, 5]), [encoded(&[1, 2], 0..3), Part::Copied(3..6)]);
        assert_eq!(parts(&two, vec![0, 1, 2, 3]), [Part::Copied(0..3), encoded(&[3], 3..6)]);
        assert_eq!(parts(&two, vec![4, 5]), [encoded(&[4, 5], 3..6)]);
        assert_eq!(parts(&two, vec![1, 2, 3, 4]), [encoded(&[1, 2, 3, 4], 0..6)]);
        assert_eq!(parts(&two, vec![0, 1, 2, 3, 4, 5]), [Part::Copied(0..3), Part::Copied(3..6)]);
    }

    #[test]
    fn what_no_decoder_can_begin_at_is_encoded() {
        let open = segment(&[(OTHER, 0), (OTHER, 1), (IDR, 2), (OTHER, 3)]);
        assert_eq!(parts(&open, vec![0, 1, 2]), [encoded(&[0, 1, 2], 0..4)]);
        let mixed = segment(&[(IDR, 0), (OTHER, 4), (IDR, 3), (OTHER, 5)]);
        assert_eq!(parts(&mixed, vec![0, 3, 4, 5]), [encoded(&[0, 3, 4, 5], 0..4)]);
    }
}
