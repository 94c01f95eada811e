//! What came of a check, rule by rule.

use std::collections::BTreeMap;
use std::fmt;

/// A rule, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "`Rule::says` tells each of them")]
pub enum Rule {
    Readable,
    Version,
    TargetDuration,
    IndependentSegments,
    ServerControl,
    PartTarget,
    PartDuration,
    PartSum,
    PartIndependent,
    PartWindow,
    PartsAreSegment,
    DateTime,
    PreloadHint,
    RenditionReport,
    Aligned,
    GoesOn,
    Blocking,
    AtOnce,
    Refusals,
    Delta,
    CachePlaylist,
    CacheMedia,
    Cors,
    Gzip,
    Multiplexed,
}

/// All of them.
const RULES: [Rule; 25] = [
    Rule::Readable,
    Rule::Version,
    Rule::TargetDuration,
    Rule::IndependentSegments,
    Rule::ServerControl,
    Rule::PartTarget,
    Rule::PartDuration,
    Rule::PartSum,
    Rule::PartIndependent,
    Rule::PartWindow,
    Rule::PartsAreSegment,
    Rule::DateTime,
    Rule::PreloadHint,
    Rule::RenditionReport,
    Rule::Aligned,
    Rule::GoesOn,
    Rule::Blocking,
    Rule::AtOnce,
    Rule::Refusals,
    Rule::Delta,
    Rule::CachePlaylist,
    Rule::CacheMedia,
    Rule::Cors,
    Rule::Gzip,
    Rule::Multiplexed,
];

impl Rule {
    /// Its short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What it asks for.
    #[must_use]
    pub fn says(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Readable => ("readable", "every playlist answers 200 and can be read"),
            Self::Version => {
                ("version", "EXT-X-VERSION is at least 6, and 9 where delta updates are offered")
            }
            Self::TargetDuration => ("target-duration", "no EXTINF, rounded, is above EXT-X-TARGETDURATION"),
            Self::IndependentSegments => ("independent-segments", "EXT-X-INDEPENDENT-SEGMENTS is there"),
            Self::ServerControl => (
                "server-control",
                "CAN-BLOCK-RELOAD; PART-HOLD-BACK is three PART-TARGETs or more, HOLD-BACK three and CAN-SKIP-UNTIL six target durations",
            ),
            Self::PartTarget => ("part-target", "EXT-X-PART-INF is there"),
            Self::PartDuration => (
                "part-duration",
                "parts last at most PART-TARGET, and 85 % of it unless independent or the last of their segment",
            ),
            Self::PartSum => ("part-sum", "the parts of a segment last as long as it"),
            Self::PartIndependent => ("part-independent", "the first part of each segment is INDEPENDENT"),
            Self::PartWindow => {
                ("part-window", "parts are listed near the live edge only: within three target durations")
            }
            Self::PartsAreSegment => ("parts-are-segment", "a segment has the same media as its parts"),
            Self::DateTime => ("date-time", "EXT-X-PROGRAM-DATE-TIME is there"),
            Self::PreloadHint => (
                "preload-hint",
                "the next part is announced, its address waits until it exists, and it is then listed under that address",
            ),
            Self::RenditionReport => (
                "rendition-report",
                "every other playlist is reported, with numbers that it really has reached",
            ),
            Self::Aligned => ("aligned", "all playlists number their segments and discontinuities alike"),
            Self::GoesOn => ("goes-on", "what was listed stays as it was, and numbers only grow"),
            Self::Blocking => {
                ("blocking", "a question for the next part is answered when it is there, and not before")
            }
            Self::AtOnce => ("at-once", "a question for what is there is answered at once"),
            Self::Refusals => ("refusals", "_HLS_part alone, and numbers far ahead, are answered with 400"),
            Self::Delta => ("delta", "a delta update and the list before it are the whole list"),
            Self::CachePlaylist => (
                "cache-playlist",
                "caches may keep lists: an unnumbered one for a target duration at most, a numbered one for longer",
            ),
            Self::CacheMedia => {
                ("cache-media", "caches may keep parts and segments for six target durations or longer")
            }
            Self::Cors => ("cors", "pages of other sites may read playlists and media"),
            Self::Gzip => ("gzip", "playlists come compressed to whom asks for that"),
            Self::Multiplexed => ("http2", "over https, HTTP/2 or newer is spoken"),
        }
    }
}

/// What was seen of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How often it was looked at.
    pub seen: u32,
    /// How often it was broken.
    pub broken: u32,
    /// What broke it, or why it could not be looked at: the first few.
    pub why: Vec<String>,
}

/// What came of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report(BTreeMap<Rule, Outcome>);

/// Sentences that are kept of each rule.
const MOST_WORDS: usize = 3;

impl Report {
    /// Notes a look at a rule.
    pub fn check(&mut self, rule: Rule, held: bool, why: impl FnOnce() -> String) {
        let outcome = self.0.entry(rule).or_default();
        outcome.seen = outcome.seen.saturating_add(1);
        if !held {
            if outcome.broken == 0 {
                outcome.why.clear();
            }
            outcome.broken = outcome.broken.saturating_add(1);
            if outcome.why.len() < MOST_WORDS {
                outcome.why.push(why());
            }
        }
    }

    /// Notes why a rule could not be looked at.
    pub fn unseen(&mut self, rule: Rule, why: &str) {
        let outcome = self.0.entry(rule).or_default();
        if outcome.seen == 0 && outcome.why.is_empty() {
            outcome.why.push(why.to_owned());
        }
    }

    /// What was seen of a rule.
    #[must_use]
    pub fn outcome(&self, rule: Rule) -> Outcome {
        self.0.get(&rule).cloned().unwrap_or_default()
    }

    /// Whether something was looked at and nothing was broken.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.0.values().any(|outcome| outcome.seen > 0) && self.broken().next().is_none()
    }

    /// The rules that were broken.
    pub fn broken(&self) -> impl Iterator<Item = Rule> {
        self.0.iter().filter(|(_, outcome)| outcome.broken > 0).map(|(rule, _)| *rule)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in RULES {
            let Outcome { seen, broken, why } = self.outcome(rule);
            let (word, times) = match (seen, broken) {
                (0, _) => ("unseen", String::new()),
                (seen, 0) => ("held", format!(" ({seen}×)")),
                (seen, broken) => ("BROKEN", format!(" ({broken} of {seen}×)")),
            };
            writeln!(f, "{word:<7} {:<21} {}{times}", rule.name(), rule.says())?;
            why.iter().try_for_each(|line| writeln!(f, "        {line}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_broken_by_one_look_and_its_words_are_few() {
        let mut report = Report::default();
        assert!(!report.passed(), "nothing was looked at");
        report.check(Rule::Cors, true, String::new);
        report.unseen(Rule::Gzip, "nobody asked");
        assert!(report.passed());
        for _ in 0..9 {
            report.check(Rule::Cors, false, || "no header".to_owned());
        }
        assert!(!report.passed() && report.broken().eq([Rule::Cors]));
        let text = report.to_string();
        assert_eq!(text.matches("no header").count(), MOST_WORDS);
        assert!(text.contains("BROKEN  cors") && text.contains("(9 of 10×)"), "{text}");
        assert!(text.contains("unseen  gzip") && text.contains("nobody asked"), "{text}");
    }
}
