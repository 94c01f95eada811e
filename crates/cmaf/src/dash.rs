//! DASH manifests as pure functions of snapshots, like the playlists: fill in the fields, which are named by their
//! attributes, and `to_string()`.
//!
//! Section numbers are those of ISO/IEC 23009-1:2022. A manifest here is of type `static` and the profile `isoff-main`:
//! every segment has a name of its own (its hash), which rules out a `SegmentTemplate` and with it `isoff-live`.

mod xml;

use std::fmt;

use self::xml::{Duration, Text, is_language};
use crate::playlist::{FrameRate, Resolution, uri};
use crate::{MediaTime, Timescale};

/// A snapshot of all that a finished video offers (§5.3.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mpd {
    /// mediaPresentationDuration.
    pub duration: MediaTime,
    /// minBufferTime, for which every bandwidth holds.
    pub min_buffer: MediaTime,
    /// AdaptationSet: one for the picture, one for each sound and each captions track.
    pub adaptation_sets: Vec<AdaptationSet>,
}

/// What can be exchanged for each other while playing (§5.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdaptationSet {
    /// contentType and mimeType.
    pub content: Content,
    /// lang (BCP 47); what is not of that form is left out.
    pub language: Option<String>,
    /// Label, for people. Nothing is written for an empty one.
    pub label: Option<String>,
    /// Role: `main` when true, `alternate` when not. Captions have `subtitle`.
    pub main: bool,
    /// From low to high; players begin where they like.
    pub representations: Vec<Representation>,
}

/// What an [`AdaptationSet`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Pictures in `video/mp4`.
    Video,
    /// Sound in `audio/mp4`.
    Audio,
    /// Captions in `text/vtt`, each representation one file.
    Text,
}

/// One version (§5.3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// id, unique in the manifest.
    pub id: String,
    /// bandwidth in bits per second.
    pub bandwidth: u64,
    /// codecs (RFC 6381).
    pub codecs: Option<String>,
    /// width and height.
    pub resolution: Option<Resolution>,
    /// frameRate.
    pub frame_rate: Option<FrameRate>,
    /// AudioChannelConfiguration.
    pub channels: Option<u16>,
    /// Where its bytes are.
    pub media: Media,
}

/// Where the bytes of a [`Representation`] are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// SegmentList (§5.3.9.3) with a SegmentTimeline (§5.3.9.6).
    Segments(SegmentList),
    /// BaseURL of the one file that is everything.
    File(String),
}

/// Every segment by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentList {
    /// BaseURL of all names here, relative to the manifest.
    pub base: String,
    /// timescale of the times below.
    pub timescale: Timescale,
    /// Initialization.
    pub initialization: String,
    /// In order.
    pub segments: Vec<SegmentEntry>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentEntry {
    /// S@t in ticks.
    pub start: u64,
    /// S@d in ticks.
    pub duration: u64,
    /// SegmentURL@media.
    pub uri: String,
}

impl fmt::Display for Mpd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            f,
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-main:2011\" type=\"static\" \
             mediaPresentationDuration=\"{}\" minBufferTime=\"{}\">",
            Duration(self.duration),
            Duration(self.min_buffer)
        )?;
        writeln!(f, "<Period id=\"0\" start=\"PT0S\">")?;
        for (id, set) in self.adaptation_sets.iter().enumerate() {
            set.write(f, id)?;
        }
        writeln!(f, "</Period>\n</MPD>")
    }
}

impl AdaptationSet {
    fn write(&self, f: &mut fmt::Formatter<'_>, id: usize) -> fmt::Result {
        let (content, mime) = match self.content {
            Content::Video => ("video", "video/mp4"),
            Content::Audio => ("audio", "audio/mp4"),
            Content::Text => ("text", "text/vtt"),
        };
        write!(f, "<AdaptationSet id=\"{id}\" contentType=\"{content}\" mimeType=\"{mime}\"")?;
        if let Some(language) = self.language.as_deref().filter(|language| is_language(language)) {
            write!(f, " lang=\"{language}\"")?;
        }
        if self.content == Content::Video {
            write!(f, " sar=\"1:1\"")?;
        }
        if self.content != Content::Text {
            // Every segment begins with a keyframe of a closed GOP (§4.5.2: access point of type 1).
            write!(f, " startWithSAP=\"1\"")?;
            if self.is_aligned() {
                write!(f, " segmentAlignment=\"true\"")?;
            }
        }
        writeln!(f, ">")?;
        if let Some(label) = self.label.as_deref().filter(|label| !label.trim().is_empty()) {
            writeln!(f, "<Label>{}</Label>", Text(label))?;
        }
        let role = match (self.content, self.main) {
            (Content::Text, _) => "subtitle",
            (_, true) => "main",
            (_, false) => "alternate",
        };
        writeln!(f, "<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{role}\"/>")?;
        self.representations.iter().try_for_each(|representation| write!(f, "{representation}"))?;
        writeln!(f, "</AdaptationSet>")
    }

    /// Whether all representations are cut alike, so that a player may switch after any segment without an overlap. A
    /// copied rung with longer segments among the encoded ones is not.
    fn is_aligned(&self) -> bool {
        // The end of the last segment is a guess of each encoder, so only where segments begin counts.
        let starts = |representation: &Representation| match &representation.media {
            Media::Segments(list) => {
                list.segments.iter().map(|entry| list.time(entry.start).as_micros()).collect()
            }
            Media::File(_) => Vec::new(),
        };
        let all: Vec<Vec<i64>> = self.representations.iter().map(starts).collect();
        all.iter().zip(all.iter().skip(1)).all(|(one, other)| {
            // Timescales differ and so do roundings.
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.abs_diff(*b) <= ROUNDING_US)
        })
    }
}

/// Two clocks that round the same instant are at most this far apart: a millisecond is Matroska's.
const ROUNDING_US: u64 = 1_000;

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Representation id=\"{}\" bandwidth=\"{}\"", Text(&self.id), self.bandwidth)?;
        if let Some(codecs) = &self.codecs {
            write!(f, " codecs=\"{}\"", Text(codecs))?;
        }
        if let Some(Resolution { width, height }) = self.resolution {
            write!(f, " width=\"{width}\" height=\"{height}\"")?;
        }
        match self.frame_rate {
            Some(FrameRate { numerator, denominator: 1 }) => write!(f, " frameRate=\"{numerator}\"")?,
            Some(FrameRate { numerator, denominator }) if denominator > 0 => {
                write!(f, " frameRate=\"{numerator}/{denominator}\"")?;
            }
            _ => {}
        }
        writeln!(f, ">")?;
        if let Some(channels) = self.channels {
            writeln!(
                f,
                "<AudioChannelConfiguration schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" \
                 value=\"{channels}\"/>"
            )?;
        }
        match &self.media {
            Media::File(file) => writeln!(f, "<BaseURL>{}</BaseURL>", Text(&uri(file)))?,
            Media::Segments(list) => write!(f, "{list}")?,
        }
        writeln!(f, "</Representation>")
    }
}

impl SegmentList {
    fn time(&self, ticks: u64) -> MediaTime {
        MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), self.timescale)
    }
}

impl fmt::Display for SegmentList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<BaseURL>{}</BaseURL>", Text(&uri(&self.base)))?;
        writeln!(f, "<SegmentList timescale=\"{}\">", self.timescale.get())?;
        writeln!(f, "<Initialization sourceURL=\"{}\"/>", Text(&uri(&self.initialization)))?;
        writeln!(f, "<SegmentTimeline>")?;
        let mut rest = self.segments.iter().peekable();
        let mut expected = None;
        while let Some(first) = rest.next() {
            let mut end = first.start.saturating_add(first.duration);
            let mut repeats = 0_u64;
            while let Some(next) = rest.next_if(|next| next.start == end && next.duration == first.duration) {
                end = next.start.saturating_add(next.duration);
                repeats += 1;
            }
            write!(f, "<S")?;
            if expected != Some(first.start) {
                write!(f, " t=\"{}\"", first.start)?;
            }
            write!(f, " d=\"{}\"", first.duration)?;
            if repeats > 0 {
                write!(f, " r=\"{repeats}\"")?;
            }
            writeln!(f, "/>")?;
            expected = Some(end);
        }
        writeln!(f, "</SegmentTimeline>")?;
        for entry in &self.segments {
            writeln!(f, "<SegmentURL media=\"{}\"/>", Text(&uri(&entry.uri)))?;
        }
        writeln!(f, "</SegmentList>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(timescale: u32, entries: &[(u64, u64)]) -> SegmentList {
        let entry = |(at, &(start, duration)): (usize, &(u64, u64))| SegmentEntry {
            start,
            duration,
            uri: format!("0-{at}-00.m4s"),
        };
        SegmentList {
            base: "240p/".into(),
            timescale: Timescale::new(timescale).unwrap(),
            initialization: "init-0-00.mp4".into(),
            segments: entries.iter().enumerate().map(entry).collect(),
        }
    }

    fn set(lists: Vec<SegmentList>) -> AdaptationSet {
        let representation = |list| Representation {
            id: "v".into(),
            bandwidth: 1,
            codecs: None,
            resolution: None,
            frame_rate: None,
            channels: None,
            media: Media::Segments(list),
        };
        AdaptationSet {
            content: Content::Video,
            language: None,
            label: None,
            main: true,
            representations: lists.into_iter().map(representation).collect(),
        }
    }

    /// (start, duration) of every segment as a player reads the timeline.
    fn read(text: &str) -> Vec<(u64, u64)> {
        let number = |line: &str, name: &str| -> Option<u64> {
            line.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.parse().ok()
        };
        let mut at = 0;
        let mut out = vec![];
        for line in text.lines().filter(|line| line.starts_with("<S ")) {
            at = number(line, "t").unwrap_or(at);
            let duration = number(line, "d").unwrap();
            for _ in 0..=number(line, "r").unwrap_or(0) {
                out.push((at, duration));
                at += duration;
            }
        }
        out
    }

    #[test]
    fn equal_durations_are_written_once() {
        let text = list(10, &[(0, 20), (20, 20), (40, 20), (60, 7), (70, 20)]).to_string();
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("<S ")).collect();
        assert_eq!(lines, ["<S t=\"0\" d=\"20\" r=\"2\"/>", "<S d=\"7\"/>", "<S t=\"70\" d=\"20\"/>"]);
    }

    #[test]
    fn rungs_that_are_cut_alike_are_aligned_whatever_they_count_in() {
        let thirds = list(3, &[(0, 4), (4, 4)]);
        let micros = list(1_000_000, &[(0, 1_333_333), (1_333_333, 2_000_000)]);
        assert!(set(vec![thirds.clone(), micros.clone()]).is_aligned());
        let longer = list(3, &[(0, 8)]);
        assert!(!set(vec![thirds, longer, micros]).is_aligned());
    }

    #[test]
    fn no_text_leaves_its_place() {
        let mut set = set(vec![]);
        set.label = Some("</Label>&\"'\u{0}\u{ffff}\nx".into());
        set.language = Some("en\" x=\"y".into());
        set.content = Content::Audio;
        let mpd = Mpd {
            duration: MediaTime::from_micros(1_500_000),
            min_buffer: MediaTime::from_micros(4_000_000),
            adaptation_sets: vec![set],
        };
        let text = mpd.to_string();
        assert!(text.contains("<Label>&lt;/Label&gt;&amp;&quot;&#39; x</Label>"), "{text}");
        assert!(!text.contains("lang"), "{text}");
        assert!(text.contains("mediaPresentationDuration=\"PT1.500000S\""), "{text}");
    }

    proptest! {
        #[test]
        fn the_timeline_reads_back(
            steps in prop::collection::vec((0u64..3, 1u64..4), 0..40),
        ) {
            let mut at = 0;
            let entries: Vec<_> = steps.iter().map(|(gap, duration)| {
                let start = at + gap;
                at = start + duration;
                (start, *duration)
            }).collect();
            prop_assert_eq!(read(&list(10, &entries).to_string()), entries);
        }
    }
}
