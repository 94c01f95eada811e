//! An edit: which spans of a video its viewers get, as a list that is correct by construction.
//!
//! Times are microseconds on the timeline of the whole video. A frame belongs to a span when its presentation time, rounded to the
//! microsecond, is at or after the start and before the end.

use serde::{Deserialize, Serialize};

/// Most spans of one edit.
pub const MOST_SPANS: usize = 200;
/// Shortest span, in microseconds: some packets of sound.
pub const SHORTEST_SPAN_US: i64 = 100_000;

/// A span of time, `start_us` in it and `end_us` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Microseconds.
    pub start_us: i64,
    /// Microseconds.
    pub end_us: i64,
}

impl Span {
    /// Its length in microseconds.
    #[must_use]
    pub fn length_us(&self) -> i64 {
        self.end_us.saturating_sub(self.start_us)
    }
}

/// Why a list of spans is no edit; the number is that of the span, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Nothing would be left.
    #[error("An edit must keep something; to remove everything, delete the video.")]
    Empty,
    /// More than [`MOST_SPANS`].
    #[error("An edit has at most {MOST_SPANS} spans; join some of them.")]
    TooMany,
    /// It reaches out of the video.
    #[error("Span {0} reaches out of the video, which begins at 0 and ends at {1} µs.")]
    Outside(usize, i64),
    /// It ends before it begins, or is too short to be cut.
    #[error("Span {0} must be at least {SHORTEST_SPAN_US} µs long.")]
    TooShort(usize),
    /// It begins before the one in front of it ends.
    #[error("Span {0} begins before the end of the span in front; spans are in order and do not overlap.")]
    Overlap(usize),
}

/// What an edit keeps: at least one span, in order, apart from each other, within the video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep(Vec<Span>);

impl Keep {
    /// Checks a list for a video of this duration. Spans that touch become one.
    ///
    /// # Errors
    /// [`EditError`], for the first thing that is wrong.
    pub fn parse(spans: &[Span], duration_us: i64) -> Result<Self, EditError> {
        if spans.is_empty() {
            return Err(EditError::Empty);
        }
        if spans.len() > MOST_SPANS {
            return Err(EditError::TooMany);
        }
        let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
        for (number, span) in (1..).zip(spans) {
            if span.start_us < 0 || span.end_us > duration_us {
                return Err(EditError::Outside(number, duration_us));
            }
            if span.length_us() < SHORTEST_SPAN_US {
                return Err(EditError::TooShort(number));
            }
            match kept.last_mut() {
                Some(last) if span.start_us < last.end_us => return Err(EditError::Overlap(number)),
                Some(last) if span.start_us == last.end_us => last.end_us = span.end_us,
                _ => kept.push(*span),
            }
        }
        Ok(Self(kept))
    }

    /// The spans in order.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Whether it keeps all of a video of this duration.
    #[must_use]
    pub fn is_whole(&self, duration_us: i64) -> bool {
        self.0 == [Span { start_us: 0, end_us: duration_us }]
    }

    /// How long the result is, in microseconds.
    #[must_use]
    pub fn duration_us(&self) -> i64 {
        self.0.iter().fold(0, |sum: i64, span| sum.saturating_add(span.length_us()))
    }

    /// Each span with the time at which it begins in the result.
    pub fn placed(&self) -> impl Iterator<Item = (i64, Span)> + '_ {
        self.0.iter().scan(0_i64, |at, span| {
            let begins = *at;
            *at = at.saturating_add(span.length_us());
            Some((begins, *span))
        })
    }

    /// Where a moment of the video is in the result; `None` when it was cut.
    #[must_use]
    pub fn to_edited(&self, us: i64) -> Option<i64> {
        let (begins, span) = self.placed().find(|(_, span)| span.start_us <= us && us < span.end_us)?;
        begins.checked_add(us.checked_sub(span.start_us)?)
    }

    /// Where a moment of the result is in the video; `None` after the end.
    #[must_use]
    pub fn to_original(&self, us: i64) -> Option<i64> {
        let (begins, span) =
            self.placed().find(|(begins, span)| *begins <= us && us - *begins < span.length_us())?;
        span.start_us.checked_add(us.checked_sub(begins)?)
    }

    /// What is left of `span`, as one span of the result from its first kept moment to its last; and how much of it was kept, in
    /// microseconds. `None` when all of it was cut.
    #[must_use]
    pub fn left_of(&self, span: Span) -> Option<(Span, i64)> {
        let mut left: Option<(Span, i64)> = None;
        for (begins, kept) in self.placed() {
            let from = kept.start_us.max(span.start_us);
            let to = kept.end_us.min(span.end_us);
            if from >= to {
                continue;
            }
            let start_us = begins.saturating_add(from.saturating_sub(kept.start_us));
            let length = to.saturating_sub(from);
            let end_us = start_us.saturating_add(length);
            left = Some(match left {
                None => (Span { start_us, end_us }, length),
                Some((first, sum)) => (Span { start_us: first.start_us, end_us }, sum.saturating_add(length)),
            });
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DURATION: i64 = 60_000_000;

    fn span(start_us: i64, end_us: i64) -> Span {
        Span { start_us, end_us }
    }

    fn parse(spans: &[(i64, i64)]) -> Result<Keep, EditError> {
        let spans: Vec<_> = spans.iter().map(|(start, end)| span(*start, *end)).collect();
        Keep::parse(&spans, DURATION)
    }

    #[test]
    fn lists_that_lie_are_refused() {
        const S: i64 = 1_000_000;
        assert_eq!(parse(&[]), Err(EditError::Empty));
        assert_eq!(parse(&[(0, 5 * S), (4 * S, 6 * S)]), Err(EditError::Overlap(2)));
        assert_eq!(parse(&[(5 * S, 6 * S), (0, S)]), Err(EditError::Overlap(2)), "out of order");
        assert_eq!(parse(&[(-1, S)]), Err(EditError::Outside(1, DURATION)));
        assert_eq!(parse(&[(0, S), (2 * S, DURATION + 1)]), Err(EditError::Outside(2, DURATION)));
        assert_eq!(parse(&[(i64::MIN, i64::MAX)]), Err(EditError::Outside(1, DURATION)));
        assert_eq!(parse(&[(3 * S, S)]), Err(EditError::TooShort(1)));
        assert_eq!(parse(&[(S, S + SHORTEST_SPAN_US - 1)]), Err(EditError::TooShort(1)));
        let many: Vec<_> = (0..=MOST_SPANS as i64).map(|n| (n * 200_000, n * 200_000 + 100_000)).collect();
        assert_eq!(parse(&many), Err(EditError::TooMany));
    }

    #[test]
    fn spans_that_touch_are_one() {
        assert!(parse(&[(0, 1_000_000), (1_000_000, DURATION)]).unwrap().is_whole(DURATION));
    }

    #[test]
    fn a_caption_across_a_cut_is_what_is_left_of_it() {
        let keep = parse(&[(1_000_000, 2_000_000), (5_000_000, 7_000_000)]).unwrap();
        let left = |start, end| keep.left_of(span(start, end));
        assert_eq!(left(0, 1_000_000), None);
        assert_eq!(left(500_000, 1_500_000), Some((span(0, 500_000), 500_000)));
        assert_eq!(left(1_500_000, 6_000_000), Some((span(500_000, 2_000_000), 1_500_000)));
        assert_eq!(left(6_500_000, 9_000_000), Some((span(2_500_000, 3_000_000), 500_000)));
        assert_eq!(left(2_000_000, 5_000_000), None);
    }

    prop_compose! {
        /// Any list that is right: gaps and lengths in turn.
        fn keeps()(steps in prop::collection::vec((1i64..3_000_000, SHORTEST_SPAN_US..3_000_000), 1..10)) -> Keep {
            let mut at = 0;
            let mut spans = Vec::new();
            for (gap, length) in steps {
                let start_us = at + gap;
                at = start_us + length;
                spans.push(Span { start_us, end_us: at });
            }
            Keep::parse(&spans, DURATION).unwrap()
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back_and_nothing_else(keep in keeps(), us in 0..DURATION) {
            let kept = keep.spans().iter().any(|span| (span.start_us..span.end_us).contains(&us));
            let edited = keep.to_edited(us);
            prop_assert_eq!(edited.is_some(), kept);
            if let Some(edited) = edited {
                prop_assert!((0..keep.duration_us()).contains(&edited));
                prop_assert_eq!(keep.to_original(edited), Some(us));
            }
        }

        #[test]
        fn the_result_has_no_holes(keep in keeps(), us in 0..DURATION) {
            let original = keep.to_original(us);
            prop_assert_eq!(original.is_some(), us < keep.duration_us());
            if let Some(original) = original {
                prop_assert_eq!(keep.to_edited(original), Some(us));
            }
        }

        #[test]
        fn what_is_left_of_a_span_is_where_its_moments_are(keep in keeps(), start in 0..DURATION, length in 1i64..5_000_000) {
            let of = Span { start_us: start, end_us: (start + length).min(DURATION) };
            let inside: i64 = keep.spans().iter()
                .map(|span| (span.end_us.min(of.end_us) - span.start_us.max(of.start_us)).max(0)).sum();
            let left = keep.left_of(of);
            prop_assert_eq!(left.map_or(0, |(_, sum)| sum), inside);
            if let Some((left, sum)) = left {
                // What was cut from its middle leaves no hole.
                prop_assert_eq!(left.length_us(), sum);
            }
        }

        #[test]
        fn no_list_makes_it_panic(numbers in prop::collection::vec(any::<(i64, i64)>(), 0..5), duration in any::<i64>()) {
            let spans: Vec<_> = numbers.into_iter().map(|(start_us, end_us)| Span { start_us, end_us }).collect();
            if let Ok(keep) = Keep::parse(&spans, duration) {
                prop_assert!(keep.duration_us() <= duration);
            }
        }
    }
}
