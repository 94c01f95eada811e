//! Playlists as a client reads them.

use crate::attributes::{Attributes, micros};

/// A media playlist; durations are microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Playlist {
    /// EXT-X-VERSION.
    pub version: u64,
    /// EXT-X-TARGETDURATION in seconds.
    pub target_duration: Option<u64>,
    /// EXT-X-PART-INF:PART-TARGET.
    pub part_target: Option<i64>,
    /// EXT-X-SERVER-CONTROL.
    pub control: Option<Control>,
    /// EXT-X-MEDIA-SEQUENCE.
    pub media_sequence: u64,
    /// EXT-X-DISCONTINUITY-SEQUENCE.
    pub discontinuity_sequence: u64,
    /// EXT-X-INDEPENDENT-SEGMENTS.
    pub independent_segments: bool,
    /// EXT-X-SKIP:SKIPPED-SEGMENTS.
    pub skipped: u64,
    /// The segments that are listed whole.
    pub segments: Vec<Segment>,
    /// Parts behind the last of them.
    pub open: Vec<Part>,
    /// EXT-X-PRELOAD-HINT.
    pub hints: Vec<Hint>,
    /// EXT-X-RENDITION-REPORT.
    pub reports: Vec<RenditionReport>,
    /// EXT-X-ENDLIST.
    pub ended: bool,
}

/// EXT-X-SERVER-CONTROL (§4.4.3.8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Control {
    /// CAN-BLOCK-RELOAD=YES.
    pub can_block_reload: bool,
    /// CAN-SKIP-UNTIL.
    pub can_skip_until: Option<i64>,
    /// HOLD-BACK.
    pub hold_back: Option<i64>,
    /// PART-HOLD-BACK.
    pub part_hold_back: Option<i64>,
}

/// A segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segment {
    /// EXTINF.
    pub duration: i64,
    /// Its address.
    pub uri: String,
    /// EXT-X-PROGRAM-DATE-TIME as it is written.
    pub program_date_time: Option<String>,
    /// EXT-X-DISCONTINUITY.
    pub discontinuity: bool,
    /// The EXT-X-MAP that holds for it.
    pub map: Option<String>,
    /// EXT-X-PART.
    pub parts: Vec<Part>,
}

/// EXT-X-PART (§4.4.4.9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// DURATION.
    pub duration: i64,
    /// URI.
    pub uri: String,
    /// INDEPENDENT=YES.
    pub independent: bool,
    /// GAP=YES.
    pub gap: bool,
    /// Whether it is a range of a larger resource.
    pub range: bool,
}

/// EXT-X-PRELOAD-HINT (§4.4.5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// TYPE.
    pub kind: String,
    /// URI.
    pub uri: String,
}

/// EXT-X-RENDITION-REPORT (§4.4.5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenditionReport {
    /// URI.
    pub uri: String,
    /// LAST-MSN.
    pub last_msn: Option<u64>,
    /// LAST-PART.
    pub last_part: Option<u64>,
}

impl Playlist {
    /// Reads a media playlist.
    ///
    /// # Errors
    /// A sentence when it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(str::trim_end);
        if lines.next() != Some("#EXTM3U") {
            return Err("it does not begin with #EXTM3U".to_owned());
        }
        let mut list = Self { version: 1, ..Self::default() };
        let mut next = Segment::default();
        let mut timed = false;
        for line in lines.filter(|line| !line.is_empty()) {
            if let Some(duration) = line.strip_prefix("#EXTINF:") {
                next.duration = micros(duration.split(',').next().unwrap_or_default())
                    .ok_or_else(|| format!("{line} has no duration"))?;
                timed = true;
            } else if line.starts_with('#') {
                let (tag, value) = line.split_once(':').unwrap_or((line, ""));
                list.tag(tag, value, &mut next)?;
            } else if std::mem::take(&mut timed) {
                let map = next.map.clone();
                next.uri = line.to_owned();
                list.segments.push(std::mem::replace(&mut next, Segment { map, ..Segment::default() }));
            } else {
                return Err(format!("{line} has no #EXTINF"));
            }
        }
        list.open = next.parts;
        Ok(list)
    }

    fn tag(&mut self, tag: &str, value: &str, next: &mut Segment) -> Result<(), String> {
        let number = || value.trim().parse::<u64>().map_err(|_| format!("{tag}:{value} is no number"));
        let attributes = Attributes::parse(value);
        let uri =
            || attributes.text("URI").map(str::to_owned).ok_or_else(|| format!("{tag}:{value} has no URI"));
        match tag {
            "#EXT-X-VERSION" => self.version = number()?,
            "#EXT-X-TARGETDURATION" => self.target_duration = Some(number()?),
            "#EXT-X-MEDIA-SEQUENCE" => self.media_sequence = number()?,
            "#EXT-X-DISCONTINUITY-SEQUENCE" => self.discontinuity_sequence = number()?,
            "#EXT-X-INDEPENDENT-SEGMENTS" => self.independent_segments = true,
            "#EXT-X-ENDLIST" => self.ended = true,
            "#EXT-X-PART-INF" => self.part_target = attributes.micros("PART-TARGET"),
            "#EXT-X-SKIP" => self.skipped = attributes.number("SKIPPED-SEGMENTS").unwrap_or(0),
            "#EXT-X-SERVER-CONTROL" => {
                self.control = Some(Control {
                    can_block_reload: attributes.yes("CAN-BLOCK-RELOAD"),
                    can_skip_until: attributes.micros("CAN-SKIP-UNTIL"),
                    hold_back: attributes.micros("HOLD-BACK"),
                    part_hold_back: attributes.micros("PART-HOLD-BACK"),
                });
            }
            "#EXT-X-MAP" => next.map = Some(uri()?),
            "#EXT-X-DISCONTINUITY" => next.discontinuity = true,
            "#EXT-X-PROGRAM-DATE-TIME" => next.program_date_time = Some(value.to_owned()),
            "#EXT-X-PART" => next.parts.push(Part {
                duration: attributes
                    .micros("DURATION")
                    .ok_or_else(|| format!("{tag}:{value} has no DURATION"))?,
                uri: uri()?,
                independent: attributes.yes("INDEPENDENT"),
                gap: attributes.yes("GAP"),
                range: attributes.text("BYTERANGE").is_some(),
            }),
            "#EXT-X-PRELOAD-HINT" => self
                .hints
                .push(Hint { kind: attributes.text("TYPE").unwrap_or_default().to_owned(), uri: uri()? }),
            "#EXT-X-RENDITION-REPORT" => self.reports.push(RenditionReport {
                uri: uri()?,
                last_msn: attributes.number("LAST-MSN"),
                last_part: attributes.number("LAST-PART"),
            }),
            _ => {}
        }
        Ok(())
    }

    /// The segments with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &Segment)> {
        (self.media_sequence.saturating_add(self.skipped)..).zip(&self.segments)
    }

    /// The number of the segment that is being gathered.
    #[must_use]
    pub fn open_msn(&self) -> u64 {
        self.media_sequence.saturating_add(self.skipped).saturating_add(self.segments.len() as u64)
    }

    /// The first part that is not there yet: its segment and its place in it.
    #[must_use]
    pub fn next_part(&self) -> (u64, u64) {
        (self.open_msn(), self.open.len() as u64)
    }

    /// What is listed, in microseconds: segments, and the parts behind them.
    #[must_use]
    pub fn length(&self) -> i64 {
        let segments = self.segments.iter().map(|segment| segment.duration);
        segments.chain(self.open.iter().map(|part| part.duration)).fold(0, i64::saturating_add)
    }

    /// A segment by its number.
    #[must_use]
    pub fn segment(&self, msn: u64) -> Option<&Segment> {
        self.numbered().find(|(number, _)| *number == msn).map(|(_, segment)| segment)
    }

    /// The parts of a segment by its number, closed or open.
    #[must_use]
    pub fn parts(&self, msn: u64) -> &[Part] {
        if msn == self.open_msn() {
            return &self.open;
        }
        self.segment(msn).map_or(&[], |segment| &segment.parts)
    }
}

/// The media playlists that a multivariant playlist names, each once; empty when it is a media playlist itself.
#[must_use]
pub fn streams(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut variant = false;
    for line in text.lines().map(str::trim_end) {
        let uri = if line.starts_with("#EXT-X-STREAM-INF:") {
            variant = true;
            None
        } else if let Some(media) = line.strip_prefix("#EXT-X-MEDIA:") {
            let attributes = Attributes::parse(media);
            attributes.text("URI").filter(|_| attributes.text("TYPE") != Some("SUBTITLES"))
        } else if line.is_empty() || line.starts_with('#') || !std::mem::take(&mut variant) {
            None
        } else {
            Some(line)
        };
        if let Some(uri) = uri.filter(|uri| found.iter().all(|known| known != uri)) {
            found.push(uri.to_owned());
        }
    }
    found
}
