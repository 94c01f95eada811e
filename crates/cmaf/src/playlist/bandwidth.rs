//! BANDWIDTH and AVERAGE-BANDWIDTH out of finished segments.

use std::ops::Add;

use crate::MediaTime;

/// Bit rates of one rung, in bits per second, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bandwidth {
    /// BANDWIDTH: the peak segment bit rate.
    pub peak: u64,
    /// AVERAGE-BANDWIDTH: all bits over all time.
    pub average: u64,
}

impl Bandwidth {
    /// Measures segments given as (size in bytes, duration), in playing order. `None` when they have no duration.
    ///
    /// The peak is that of §4.4.6.2: the largest rate of any run of segments that together last between 0.5 and 1.5
    /// times `target_duration` seconds. So the stub at the end of a video does not count by itself.
    pub fn measure(segments: &[(u64, MediaTime)], target_duration: u32) -> Option<Self> {
        let micros = |time: MediaTime| u64::try_from(time.as_micros()).unwrap_or(0);
        let sizes: Vec<(u64, u64)> = segments.iter().map(|&(bytes, time)| (bytes, micros(time))).collect();
        let sum = |run: &[(u64, u64)]| {
            run.iter().fold((0_u64, 0_u64), |(bytes, time), part| {
                (bytes.saturating_add(part.0), time.saturating_add(part.1))
            })
        };
        let (bytes, time) = sum(&sizes);
        let average = rate(bytes, time)?;

        let half_target = u64::from(target_duration).saturating_mul(500_000);
        let mut peak = average;
        for start in 0..sizes.len() {
            let (mut bytes, mut time) = (0_u64, 0_u64);
            for part in sizes.iter().skip(start) {
                bytes = bytes.saturating_add(part.0);
                time = time.saturating_add(part.1);
                if time > half_target.saturating_mul(3) {
                    break;
                }
                if time >= half_target {
                    peak = peak.max(rate(bytes, time)?);
                }
            }
        }
        Some(Self { peak, average })
    }
}

/// What a variant needs is the sum over its picture and its sound.
impl Add for Bandwidth {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            peak: self.peak.saturating_add(other.peak),
            average: self.average.saturating_add(other.average),
        }
    }
}

fn rate(bytes: u64, micros: u64) -> Option<u64> {
    if micros == 0 {
        return None;
    }
    let bits = u128::from(bytes) * 8 * 1_000_000;
    Some(u64::try_from(bits.div_ceil(u128::from(micros))).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(segments: &[(u64, i64)], target: u32) -> Option<(u64, u64)> {
        let segments: Vec<_> =
            segments.iter().map(|&(bytes, micros)| (bytes, MediaTime::from_micros(micros))).collect();
        Bandwidth::measure(&segments, target).map(|bandwidth| (bandwidth.peak, bandwidth.average))
    }

    #[test]
    fn the_peak_is_the_densest_segment() {
        assert_eq!(measure(&[(1000, 4_000_000), (3000, 4_000_000)], 4), Some((6000, 4000)));
    }

    #[test]
    fn a_stub_counts_only_together_with_its_neighbour() {
        assert_eq!(measure(&[(4000, 4_000_000), (1000, 100_000)], 4), Some((9757, 9757)));
    }

    #[test]
    fn a_video_shorter_than_half_a_target_has_its_average() {
        assert_eq!(measure(&[(1000, 1_000_000)], 4), Some((8000, 8000)));
    }

    #[test]
    fn nothing_has_no_bandwidth() {
        assert_eq!(measure(&[], 4), None);
        assert_eq!(measure(&[(10, 0)], 4), None);
    }
}
