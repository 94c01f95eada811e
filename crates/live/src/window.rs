//! One rung's newest segments and parts in memory, and its playlist.

use crate::reload::Edge;
use bytes::Bytes;
use cmaf::MediaTime;
use cmaf::live::{LONGEST_SEGMENT, PART_TARGET, TARGET_DURATION};
use cmaf::playlist::{LivePart, LivePlaylist, LiveSegment, OpenSegment, RenditionReport};
use std::collections::VecDeque;

/// How names of parts begin; no object in the store is called so.
pub const LIVE_PREFIX: &str = "live-";
/// Closed segments whose parts stay.
const WITH_PARTS: usize = 3;
/// Closed segments whose parts are listed: four seconds, of which a player that keeps PART-HOLD-BACK needs one. Whoever was told of
/// older ones still gets them.
const LISTED_WITH_PARTS: usize = 2;
/// Segments that are listed: five minutes, or a little more. Older ones are in the store and come back with the whole video.
const LISTED: usize = 150;

/// A part in memory.
#[derive(Debug, Clone)]
struct Part {
    listed: LivePart,
    bytes: Bytes,
}

/// A closed segment.
#[derive(Debug, Clone)]
struct Closed {
    msn: u32,
    duration: MediaTime,
    file: String,
    program_date_time: i64,
    parts: Vec<Part>,
    /// Until it is stored and its parts are gone.
    bytes: Option<Bytes>,
    stored: bool,
}

/// The newest part of a rung's broadcast.
#[derive(Debug)]
pub(crate) struct Window {
    /// The rung's name.
    pub(crate) name: String,
    /// EXT-X-TARGETDURATION in seconds.
    pub(crate) target_duration: u32,
    /// The init segment's name in the rung's folder.
    map: String,
    /// Makes names of parts that no part of another run of this server had.
    nonce: String,
    closed: VecDeque<Closed>,
    open_msn: u32,
    open_date: i64,
    open: Vec<Part>,
    ended: bool,
}

/// What a name in the rung's folder stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Bytes(Bytes),
    /// A part that is still to come.
    Later,
    /// Nothing that is in memory.
    Unknown,
}

impl Window {
    pub(crate) fn new(name: &str, map: String, nonce: String, msn: u32) -> Self {
        Self {
            name: name.to_owned(),
            target_duration: TARGET_DURATION,
            map,
            nonce,
            closed: VecDeque::new(),
            open_msn: msn,
            open_date: 0,
            open: Vec::new(),
            ended: false,
        }
    }

    /// Lists a segment that an earlier run of this server has stored.
    pub(crate) fn remember(&mut self, msn: u32, duration: MediaTime, file: String, program_date_time: i64) {
        self.closed.push_back(Closed {
            msn,
            duration,
            file,
            program_date_time,
            parts: Vec::new(),
            bytes: None,
            stored: true,
        });
        self.trim();
    }

    fn part_name(&self, msn: u32, part: usize) -> String {
        format!("{LIVE_PREFIX}{}-{msn}.{part}.m4s", self.nonce)
    }

    pub(crate) fn add_part(&mut self, duration: MediaTime, independent: bool, date: i64, bytes: Bytes) {
        let uri = self.part_name(self.open_msn, self.open.len());
        self.open_date = date;
        self.open.push(Part { listed: LivePart { duration, uri, independent }, bytes });
    }

    pub(crate) fn close(&mut self, duration: MediaTime, file: String, program_date_time: i64, bytes: Bytes) {
        self.closed.push_back(Closed {
            msn: self.open_msn,
            duration,
            file,
            program_date_time,
            parts: std::mem::take(&mut self.open),
            bytes: Some(bytes),
            stored: false,
        });
        self.open_msn = self.open_msn.saturating_add(1);
        self.trim();
    }

    /// A segment is in the store now.
    pub(crate) fn stored(&mut self, msn: u32) {
        if let Some(closed) = self.closed.iter_mut().find(|closed| closed.msn == msn) {
            closed.stored = true;
        }
        self.trim();
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    fn trim(&mut self) {
        let old = self.closed.len().saturating_sub(WITH_PARTS);
        for closed in self.closed.iter_mut().take(old) {
            closed.parts = Vec::new();
            if closed.stored {
                closed.bytes = None;
            }
        }
        while self.closed.len() > LISTED && self.closed.front().is_some_and(|closed| closed.stored) {
            self.closed.pop_front();
        }
    }

    pub(crate) fn has_segment(&self) -> bool {
        !self.closed.is_empty()
    }

    /// Whether a segment is longer than the usual target duration allows.
    pub(crate) fn is_long(&self) -> bool {
        self.closed.iter().any(|closed| closed.duration.as_micros() > LONGEST_SEGMENT)
    }

    /// Whether a playlist of it would list anything.
    pub(crate) fn has_part(&self) -> bool {
        self.has_segment() || !self.open.is_empty()
    }

    pub(crate) fn edge(&self) -> Edge {
        let count = |parts: &Vec<Part>| u32::try_from(parts.len()).unwrap_or(u32::MAX);
        Edge {
            open_msn: self.open_msn,
            open_parts: count(&self.open),
            last_parts: self.closed.back().map_or(0, |closed| count(&closed.parts)),
            ended: self.ended,
        }
    }

    /// Where this rung ends, for the playlist of another one.
    pub(crate) fn report(&self, from: &str) -> Option<RenditionReport> {
        let edge = self.edge();
        let (last_msn, parts) = match (edge.open_parts, edge.open_msn.checked_sub(1)) {
            (0, None) => return None,
            (0, Some(before)) => (before, edge.last_parts),
            (parts, _) => (edge.open_msn, parts),
        };
        let uri = format!("../{}/{from}", self.name);
        Some(RenditionReport { uri, last_msn, last_part: parts.checked_sub(1) })
    }

    pub(crate) fn playlist(&self, reports: Vec<RenditionReport>, skip: bool) -> String {
        let listed = |parts: &[Part]| parts.iter().map(|part| part.listed.clone()).collect::<Vec<_>>();
        let old = self.closed.len().saturating_sub(LISTED_WITH_PARTS);
        let segments = self.closed.iter().enumerate().map(|(number, closed)| LiveSegment {
            duration: closed.duration,
            uri: closed.file.clone(),
            program_date_time: closed.program_date_time,
            parts: if number < old { Vec::new() } else { listed(&closed.parts) },
        });
        let mut playlist = LivePlaylist {
            target_duration: self.target_duration,
            part_target: PART_TARGET,
            map: self.map.clone(),
            media_sequence: self.closed.front().map_or(self.open_msn, |closed| closed.msn),
            segments: segments.collect(),
            skipped: 0,
            open: Some(OpenSegment {
                program_date_time: self.open_date,
                parts: listed(&self.open),
                next_part: self.part_name(self.open_msn, self.open.len()),
            }),
            reports,
            endlist: self.ended,
        };
        if skip {
            playlist.skipped = playlist.skippable();
        }
        playlist.to_string()
    }

    /// What a name in this rung's folder stands for.
    pub(crate) fn find(&self, file: &str) -> Found {
        let Some(rest) = file.strip_prefix(LIVE_PREFIX) else {
            let closed = self.closed.iter().find(|closed| closed.file == file);
            return closed.and_then(|closed| closed.bytes.clone()).map_or(Found::Unknown, Found::Bytes);
        };
        let numbers =
            rest.strip_prefix(&self.nonce).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".m4s"));
        let numbers = numbers.and_then(|rest| rest.split_once('.'));
        let Some((Ok(msn), Ok(part))) =
            numbers.map(|(msn, part)| (msn.parse::<u32>(), part.parse::<usize>()))
        else {
            return Found::Unknown;
        };
        let parts = if msn == self.open_msn {
            &self.open
        } else {
            match self.closed.iter().find(|closed| closed.msn == msn) {
                Some(closed) => &closed.parts,
                None => return Found::Unknown,
            }
        };
        match parts.get(part) {
            Some(part) => Found::Bytes(part.bytes.clone()),
            None if msn == self.open_msn && part == self.open.len() && !self.ended => Found::Later,
            None => Found::Unknown,
        }
    }

    /// Bits per second of the busiest part or segment in memory.
    pub(crate) fn peak(&self) -> Option<u64> {
        let rate = |bytes: usize, duration: MediaTime| {
            let micros = u64::try_from(duration.as_micros()).ok().filter(|micros| *micros >= 500_000)?;
            Some((bytes as u64).saturating_mul(8_000_000) / micros)
        };
        let segments =
            self.closed.iter().filter_map(|closed| rate(closed.bytes.as_ref()?.len(), closed.duration));
        segments.max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(segments: u32) -> Window {
        let mut window = Window::new("source", "init-0-00.mp4".into(), "ab".into(), 0);
        for msn in 0..segments {
            for _ in 0..6 {
                window.add_part(MediaTime::from_micros(333_333), true, 0, Bytes::from_static(b"part"));
            }
            window.close(
                MediaTime::from_micros(2_000_000),
                format!("0-{msn}-00.m4s"),
                0,
                Bytes::from_static(b"whole"),
            );
        }
        window
    }

    #[test]
    fn the_next_part_is_waited_for_and_no_other() {
        let mut window = filled(1);
        assert_eq!(window.find("live-ab-1.0.m4s"), Found::Later);
        assert_eq!(window.find("live-ab-1.1.m4s"), Found::Unknown);
        assert_eq!(window.find("live-xy-1.0.m4s"), Found::Unknown);
        assert_eq!(window.find("live-ab-0.5.m4s"), Found::Bytes(Bytes::from_static(b"part")));
        assert_eq!(window.find("0-0-00.m4s"), Found::Bytes(Bytes::from_static(b"whole")));
        window.end();
        assert_eq!(window.find("live-ab-1.0.m4s"), Found::Unknown);
    }

    #[test]
    fn memory_holds_three_closed_segments_and_what_is_not_stored() {
        let mut window = filled(10);
        for msn in 0..9 {
            window.stored(msn);
        }
        assert_eq!(window.find("live-ab-6.0.m4s"), Found::Unknown);
        assert_eq!(window.find("live-ab-7.0.m4s"), Found::Bytes(Bytes::from_static(b"part")));
        assert_eq!(window.find("0-6-00.m4s"), Found::Unknown, "stored");
        let mut unstored = filled(10);
        unstored.stored(5);
        assert_eq!(unstored.find("0-4-00.m4s"), Found::Bytes(Bytes::from_static(b"whole")));
    }

    #[test]
    fn the_window_moves_on_when_what_leaves_it_is_stored() {
        let mut window = filled(200);
        assert!(window.playlist(Vec::new(), false).contains("#EXT-X-MEDIA-SEQUENCE:0\n"));
        for msn in 0..200 {
            window.stored(msn);
        }
        assert!(window.playlist(Vec::new(), false).contains("#EXT-X-MEDIA-SEQUENCE:50\n"));
        assert!(window.playlist(Vec::new(), true).contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=137\n"));
        assert_eq!(
            window.report("index.m3u8").map(|report| (report.last_msn, report.last_part)),
            Some((199, Some(5)))
        );
    }
}
