//! Blocking playlist reload (RFC 8216bis §6.2.5.2): what a client asks for, and whether it is there.

/// What stands in the query of a request for a media playlist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ask {
    /// `_HLS_msn`, with `_HLS_part` where it is given.
    pub wanted: Option<(u32, Option<u32>)>,
    /// `_HLS_skip=YES` or `v2`.
    pub skip: bool,
}

/// Where a playlist ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Edge {
    /// The segment that is being gathered.
    pub open_msn: u32,
    /// Parts that are there of it.
    pub open_parts: u32,
    /// Parts of the segment before it; 0 when nobody remembers.
    pub last_parts: u32,
    /// Whether nothing will be added.
    pub ended: bool,
}

/// Whether a request can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Now.
    Now,
    /// When more is there.
    Later,
    /// Never: it asks for more than is allowed.
    Never,
}

/// Parts that may be asked for beyond the last one: as many as last three target durations of a part of 0.36 s need for three
/// seconds (§6.2.5.2's Advance Part Limit).
const ADVANCE_PARTS: u32 = 9;

impl Ask {
    /// Reads a query; `None` when it cannot be meant.
    pub fn parse(query: &str) -> Option<Self> {
        let (mut msn, mut part, mut skip) = (None, None, false);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "_HLS_msn" => msn = Some(number(value)?),
                "_HLS_part" => part = Some(number(value)?),
                "_HLS_skip" => skip = matches!(value, "YES" | "v2"),
                _ => {}
            }
        }
        match (msn, part) {
            (None, Some(_)) => None,
            (msn, part) => Some(Self { wanted: msn.map(|msn| (msn, part)), skip }),
        }
    }

    /// Whether a playlist that ends there answers it.
    pub fn verdict(&self, edge: &Edge) -> Verdict {
        let Some((msn, part)) = self.wanted else { return Verdict::Now };
        if edge.ended {
            return Verdict::Now;
        }
        // The last segment that is listed whole is the one before the open one.
        if msn > edge.open_msn.saturating_add(1) {
            return Verdict::Never;
        }
        let Some(part) = part else {
            return if msn < edge.open_msn { Verdict::Now } else { Verdict::Later };
        };
        // A part beyond the last one of its segment is the first one of the next.
        let beyond = msn.saturating_add(1) == edge.open_msn && part >= edge.last_parts;
        let (msn, part) = if beyond { (edge.open_msn, 0) } else { (msn, part) };
        if msn == edge.open_msn && part >= edge.open_parts.saturating_add(ADVANCE_PARTS) {
            return Verdict::Never;
        }
        let there = msn < edge.open_msn || (msn == edge.open_msn && part < edge.open_parts);
        if there { Verdict::Now } else { Verdict::Later }
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGE: Edge = Edge { open_msn: 7, open_parts: 2, last_parts: 6, ended: false };

    fn verdict(query: &str) -> Verdict {
        Ask::parse(query).unwrap().verdict(&EDGE)
    }

    #[test]
    fn what_is_there_is_answered_and_the_next_is_waited_for() {
        use Verdict::{Later, Never, Now};
        for (query, wanted) in [
            ("", Now),
            ("a=b&_HLS_skip=YES", Now),
            ("_HLS_msn=0", Now),
            ("_HLS_msn=6", Now),
            ("_HLS_msn=7", Later),
            ("_HLS_msn=8", Later),
            ("_HLS_msn=9", Never),
            ("_HLS_msn=7&_HLS_part=1", Now),
            ("_HLS_msn=7&_HLS_part=2", Later),
            ("_HLS_part=10&_HLS_msn=7", Later),
            ("_HLS_msn=7&_HLS_part=11", Never),
            ("_HLS_msn=6&_HLS_part=5", Now),
            ("_HLS_msn=6&_HLS_part=6", Now),
            ("_HLS_msn=3&_HLS_part=99", Now),
            ("_HLS_msn=8&_HLS_part=0", Later),
        ] {
            assert_eq!(verdict(query), wanted, "{query}");
        }
        let nothing = Edge { open_parts: 0, ..EDGE };
        assert_eq!(Ask::parse("_HLS_msn=6&_HLS_part=6").unwrap().verdict(&nothing), Later);
        let ended = Edge { ended: true, ..EDGE };
        assert_eq!(Ask::parse("_HLS_msn=99").unwrap().verdict(&ended), Now);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for query in [
            "_HLS_part=1",
            "_HLS_msn=",
            "_HLS_msn=-1",
            "_HLS_msn=1x",
            "_HLS_msn=99999999999",
            "_HLS_msn=1&_HLS_part=",
        ] {
            assert_eq!(Ask::parse(query), None, "{query}");
        }
    }

    #[test]
    fn delta_updates_are_asked_for_by_either_name() {
        let skip = |query| Ask::parse(query).map(|ask| ask.skip);
        assert_eq!(
            [skip("_HLS_skip=YES"), skip("_HLS_skip=v2"), skip("_HLS_skip=NO")],
            [Some(true), Some(true), Some(false)]
        );
    }
}
