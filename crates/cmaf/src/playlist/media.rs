//! The media playlist of one rung.

use std::fmt;

use super::attributes::Uri;
use crate::{MediaTime, Timescale};

/// A snapshot of one rung's playlist, of type EVENT: it only grows, until it ends (§4.4.3.5). What was rendered from a
/// shorter snapshot is a prefix of what is rendered from a longer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaPlaylist {
    /// EXT-X-TARGETDURATION in seconds. Fixed at the first write; every EXTINF rounded to the nearest second must be
    /// ≤ it (§4.4.3.1), which [`target_duration_for`](Self::target_duration_for) makes true from the border list.
    pub target_duration: u32,
    /// URI of EXT-X-MAP, relative to the playlist.
    pub map: String,
    /// The segments from MSN 0 on (EXT-X-MEDIA-SEQUENCE is 0).
    pub segments: Vec<MediaSegment>,
    /// EXT-X-START at 0: players begin at the front although the playlist still grows.
    pub start_at_zero: bool,
    /// EXT-X-ENDLIST: nothing will be added.
    pub endlist: bool,
}

/// One segment in a [`MediaPlaylist`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSegment {
    /// EXTINF, exact. Not negative.
    pub duration: MediaTime,
    /// URI, relative to the playlist.
    pub uri: String,
}

impl MediaPlaylist {
    /// The smallest EXT-X-TARGETDURATION for segments of at most `longest`: the nearest second, at least 1.
    pub fn target_duration_for(longest: MediaTime) -> u32 {
        // Players see EXTINF with six digits, and the running total may round any part up to the next microsecond.
        let nearest = longest.as_micros();
        let up = if MediaTime::from_micros(nearest) < longest { nearest.saturating_add(1) } else { nearest };
        let seconds = up.saturating_add(500_000).div_euclid(1_000_000);
        u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for MediaPlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:7")?;
        writeln!(f, "#EXT-X-TARGETDURATION:{}", self.target_duration)?;
        writeln!(f, "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT")?;
        if self.start_at_zero {
            writeln!(f, "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")?;
        }
        writeln!(f, "#EXT-X-MAP:URI=\"{}\"", Uri(&self.map))?;
        let mut total = RunningTotal::default();
        for segment in &self.segments {
            let micros = total.add(segment.duration);
            writeln!(f, "#EXTINF:{}.{:06},", micros / 1_000_000, micros % 1_000_000)?;
            writeln!(f, "{}", Uri(&segment.uri))?;
        }
        if self.endlist {
            writeln!(f, "#EXT-X-ENDLIST")?;
        }
        Ok(())
    }
}

/// Rounds the running total instead of the parts, so that the sum of what is written is the total to half a
/// microsecond however many parts there are.
#[derive(Debug, Default)]
struct RunningTotal {
    /// Microseconds written so far.
    written: u64,
    /// Microseconds of the parts that were in other timescales.
    before: u64,
    ticks: u64,
    scale: Option<Timescale>,
}

impl RunningTotal {
    /// Adds a part and gives what to write for it.
    fn add(&mut self, part: MediaTime) -> u64 {
        if self.scale.is_some_and(|scale| scale != part.scale()) {
            self.before = self.written;
            self.ticks = 0;
        }
        self.scale = Some(part.scale());
        self.ticks = self.ticks.saturating_add(u64::try_from(part.ticks()).unwrap_or(0));
        let ticks = i64::try_from(self.ticks).unwrap_or(i64::MAX);
        let micros = u64::try_from(MediaTime::new(ticks, part.scale()).as_micros()).unwrap_or(0);
        let total = self.before.saturating_add(micros);
        let write = total.saturating_sub(self.written);
        self.written = total;
        write
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn playlist(ticks: &[i64], scale: u32) -> MediaPlaylist {
        let scale = Timescale::new(scale).unwrap();
        let segment = |(at, &ticks)| MediaSegment {
            duration: MediaTime::new(ticks, scale),
            uri: format!("0-{at}-00.m4s"),
        };
        MediaPlaylist {
            target_duration: 4,
            map: "init-0-00.mp4".into(),
            segments: ticks.iter().enumerate().map(segment).collect(),
            start_at_zero: true,
            endlist: false,
        }
    }

    /// The EXTINF values in microseconds.
    fn extinf(text: &str) -> Vec<i64> {
        let number = |line: &str| line.strip_prefix("#EXTINF:").map(|line| line.replace(['.', ','], ""));
        text.lines().filter_map(number).map(|digits| digits.parse().unwrap()).collect()
    }

    #[test]
    fn thirds_of_a_second_add_up_to_seconds() {
        let list = playlist(&[1; 6], 3);
        assert_eq!(extinf(&list.to_string()), [333_333, 333_334, 333_333, 333_333, 333_334, 333_333]);
    }

    #[test]
    fn a_new_timescale_goes_on_from_what_was_written() {
        let mut list = playlist(&[1, 1], 3);
        list.segments.push(MediaSegment { duration: MediaTime::from_micros(2_000_001), uri: "x".into() });
        assert_eq!(extinf(&list.to_string()), [333_333, 333_334, 2_000_001]);
    }

    #[test]
    fn the_target_duration_is_the_nearest_second_and_never_zero() {
        let target = |micros| MediaPlaylist::target_duration_for(MediaTime::from_micros(micros));
        assert_eq!([0, 400_000, 4_499_999, 4_500_000, 10_420_000].map(target), [1, 1, 4, 5, 10]);
        // 4.4999991 s may be written as 4.500000 after a neighbour's rounding.
        let scale = Timescale::new(10_000_000).unwrap();
        assert_eq!(MediaPlaylist::target_duration_for(MediaTime::new(44_999_991, scale)), 5);
    }

    proptest! {
        #[test]
        fn the_sum_of_extinf_is_the_duration(ticks in prop::collection::vec(0i64..1 << 32, 0..50), scale in 1u32..) {
            let total = MediaTime::new(ticks.iter().sum(), Timescale::new(scale).unwrap());
            let sum: i64 = extinf(&playlist(&ticks, scale).to_string()).iter().sum();
            prop_assert_eq!(sum, total.as_micros());
        }

        #[test]
        fn a_growing_playlist_only_appends(ticks in prop::collection::vec(0i64..1 << 32, 1..20), scale in 1u32..) {
            let longer = playlist(&ticks, scale).to_string();
            let shorter = playlist(&ticks[..ticks.len() - 1], scale).to_string();
            prop_assert!(longer.starts_with(&shorter));
        }
    }
}
