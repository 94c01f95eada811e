//! The media playlist of one rung of a broadcast that is on: Low-Latency HLS, and plain HLS for whoever does not know it.

use std::fmt;

use super::attributes::Uri;
use crate::MediaTime;

/// A snapshot of one rung's live playlist. Its window moves on: what is no longer listed stays where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePlaylist {
    /// EXT-X-TARGETDURATION in seconds, fixed at the first write.
    pub target_duration: u32,
    /// PART-TARGET in microseconds, fixed at the first write.
    pub part_target: i64,
    /// URI of EXT-X-MAP, relative to the playlist.
    pub map: String,
    /// EXT-X-MEDIA-SEQUENCE: the number of the first segment.
    pub media_sequence: u32,
    /// The closed segments.
    pub segments: Vec<LiveSegment>,
    /// How many of them, from the front, EXT-X-SKIP stands for (§4.4.5.2); 0 for a whole playlist.
    pub skipped: usize,
    /// The segment that is being gathered.
    pub open: Option<OpenSegment>,
    /// The other rungs.
    pub reports: Vec<RenditionReport>,
    /// EXT-X-ENDLIST: nothing will be added.
    pub endlist: bool,
}

/// A closed segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSegment {
    /// EXTINF.
    pub duration: MediaTime,
    /// URI, relative to the playlist.
    pub uri: String,
    /// EXT-X-PROGRAM-DATE-TIME in microseconds since 1970.
    pub program_date_time: i64,
    /// EXT-X-PART, of the newest segments only.
    pub parts: Vec<LivePart>,
}

/// The segment that is being gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSegment {
    /// EXT-X-PROGRAM-DATE-TIME in microseconds since 1970.
    pub program_date_time: i64,
    /// What is there of it.
    pub parts: Vec<LivePart>,
    /// EXT-X-PRELOAD-HINT: the URI of the part that comes next.
    pub next_part: String,
}

/// EXT-X-PART (§4.4.4.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePart {
    /// DURATION.
    pub duration: MediaTime,
    /// URI, relative to the playlist.
    pub uri: String,
    /// INDEPENDENT: whether it holds a keyframe.
    pub independent: bool,
}

/// EXT-X-RENDITION-REPORT (§4.4.5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenditionReport {
    /// URI of its playlist, relative to this one.
    pub uri: String,
    /// LAST-MSN.
    pub last_msn: u32,
    /// LAST-PART; `None` when its last segment has no parts listed.
    pub last_part: Option<u32>,
}

impl LivePlaylist {
    /// CAN-SKIP-UNTIL in microseconds: six target durations, the least that is allowed (§4.4.3.8).
    pub fn skip_until(&self) -> i64 {
        i64::from(self.target_duration).saturating_mul(6_000_000)
    }

    /// How many segments a delta update may leave out: those that end further than [`skip_until`](Self::skip_until) from the end of the
    /// playlist. One that lists everything is shorter than one that skips a single segment.
    pub fn skippable(&self) -> usize {
        let micros = |time: MediaTime| time.as_micros();
        let open = self.open.iter().flat_map(|open| &open.parts).map(|part| micros(part.duration));
        let mut after: i64 = open.sum();
        let mut kept = 0;
        for segment in self.segments.iter().rev() {
            if after > self.skip_until() {
                break;
            }
            after = after.saturating_add(micros(segment.duration));
            kept += 1;
        }
        Some(self.segments.len().saturating_sub(kept)).filter(|skipped| *skipped > 1).unwrap_or(0)
    }
}

impl fmt::Display for LivePlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:9")?;
        writeln!(f, "#EXT-X-TARGETDURATION:{}", self.target_duration)?;
        let hold_back = self.target_duration.saturating_mul(3);
        writeln!(
            f,
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={},HOLD-BACK={hold_back},PART-HOLD-BACK={}",
            Seconds(self.skip_until()),
            Seconds(self.part_target.saturating_mul(3)),
        )?;
        writeln!(f, "#EXT-X-PART-INF:PART-TARGET={}", Seconds(self.part_target))?;
        writeln!(f, "#EXT-X-MEDIA-SEQUENCE:{}", self.media_sequence)?;
        writeln!(f, "#EXT-X-INDEPENDENT-SEGMENTS")?;
        writeln!(f, "#EXT-X-MAP:URI=\"{}\"", Uri(&self.map))?;
        if self.skipped > 0 {
            writeln!(f, "#EXT-X-SKIP:SKIPPED-SEGMENTS={}", self.skipped)?;
        }
        for segment in self.segments.iter().skip(self.skipped) {
            writeln!(f, "#EXT-X-PROGRAM-DATE-TIME:{}", DateTime(segment.program_date_time))?;
            segment.parts.iter().try_for_each(|part| writeln!(f, "{part}"))?;
            writeln!(f, "#EXTINF:{},\n{}", Seconds(segment.duration.as_micros()), Uri(&segment.uri))?;
        }
        if self.endlist {
            return writeln!(f, "#EXT-X-ENDLIST");
        }
        if let Some(open) = &self.open {
            if !open.parts.is_empty() {
                writeln!(f, "#EXT-X-PROGRAM-DATE-TIME:{}", DateTime(open.program_date_time))?;
            }
            open.parts.iter().try_for_each(|part| writeln!(f, "{part}"))?;
            writeln!(f, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"", Uri(&open.next_part))?;
        }
        self.reports.iter().try_for_each(|report| writeln!(f, "{report}"))
    }
}

impl fmt::Display for LivePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let duration = Seconds(self.duration.as_micros());
        write!(f, "#EXT-X-PART:DURATION={duration},URI=\"{}\"", Uri(&self.uri))?;
        if self.independent { write!(f, ",INDEPENDENT=YES") } else { Ok(()) }
    }
}

impl fmt::Display for RenditionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={}", Uri(&self.uri), self.last_msn)?;
        match self.last_part {
            Some(part) => write!(f, ",LAST-PART={part}"),
            None => Ok(()),
        }
    }
}

/// Microseconds as decimal seconds.
struct Seconds(i64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.max(0);
        write!(f, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

/// Microseconds since 1970 as ISO 8601 in UTC, to the millisecond.
struct DateTime(i64);

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400;
        let (seconds, micros) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", micros / 1000)
    }
}

/// The date of a day counted from 1970, in the Gregorian calendar: years that begin in March have their leap day at the end.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(msn: u32, part: u32) -> LivePart {
        LivePart {
            duration: MediaTime::from_micros(333_333),
            uri: format!("live-a-{msn}.{part}.m4s"),
            independent: part.is_multiple_of(3),
        }
    }

    fn playlist(segments: u32) -> LivePlaylist {
        let segment = |msn| LiveSegment {
            duration: MediaTime::from_micros(2_000_000),
            uri: format!("0-{msn}-00.m4s"),
            program_date_time: 1_795_000_000_000_000 + i64::from(msn) * 2_000_000,
            parts: if msn + 1 == segments { vec![part(msn, 0), part(msn, 1)] } else { Vec::new() },
        };
        LivePlaylist {
            target_duration: 4,
            part_target: 360_000,
            map: "init-0-00.mp4".into(),
            media_sequence: 0,
            segments: (0..segments).map(segment).collect(),
            skipped: 0,
            open: Some(OpenSegment {
                program_date_time: 1_795_000_000_000_000 + i64::from(segments) * 2_000_000,
                parts: vec![part(segments, 0)],
                next_part: format!("live-a-{segments}.1.m4s"),
            }),
            reports: vec![RenditionReport {
                uri: "../audio/index.m3u8".into(),
                last_msn: segments,
                last_part: Some(0),
            }],
            endlist: false,
        }
    }

    #[test]
    fn the_live_edge_is_written_as_apple_does() {
        let wanted = "#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24.000000,HOLD-BACK=12,PART-HOLD-BACK=1.080000
#EXT-X-PART-INF:PART-TARGET=0.360000
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI=\"init-0-00.mp4\"
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.000Z
#EXT-X-PART:DURATION=0.333333,URI=\"live-a-0.0.m4s\",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.333333,URI=\"live-a-0.1.m4s\"
#EXTINF:2.000000,
0-0-00.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:42.000Z
#EXT-X-PART:DURATION=0.333333,URI=\"live-a-1.0.m4s\",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"live-a-1.1.m4s\"
#EXT-X-RENDITION-REPORT:URI=\"../audio/index.m3u8\",LAST-MSN=1,LAST-PART=0
";
        assert_eq!(playlist(1).to_string(), wanted);
    }

    #[test]
    fn the_end_has_no_open_segment() {
        let text = LivePlaylist { endlist: true, ..playlist(1) }.to_string();
        assert!(text.ends_with("0-0-00.m4s\n#EXT-X-ENDLIST\n"), "{text}");
    }

    #[test]
    fn a_delta_keeps_the_last_six_target_durations() {
        assert_eq!([1, 13, 14].map(|segments| playlist(segments).skippable()), [0, 0, 2]);
        let long = playlist(30);
        // 24 s are 12 segments; the one that ends at that distance or nearer stays.
        assert_eq!(long.skippable(), 18);
        let text = LivePlaylist { skipped: 18, ..long }.to_string();
        assert!(text.contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=18\n") && !text.contains("0-17-00"), "{text}");
        assert!(text.contains("0-18-00"), "{text}");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let date = |seconds: i64| DateTime(seconds * 1_000_000).to_string();
        assert_eq!(date(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(date(1_709_251_199), "2024-02-29T23:59:59.000Z");
        assert_eq!(date(4_107_542_400), "2100-03-01T00:00:00.000Z");
        assert_eq!(date(-1), "1969-12-31T23:59:59.000Z");
    }
}
