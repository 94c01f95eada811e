//! A sound under an edit: packets are used again as they are, and what lies between them is encoded from decoded sound.
//!
//! A packet of AAC at `t` covers the 2,048 samples from `t` on, and is heard as 1,024 of them together with the one in front of it. So a
//! packet is used again only when all 2,048 were kept: nothing of what was cut is in any packet. All packets stay 1,024 samples
//! apart, without a gap or an overlap that a player would have to mend; for that a span of sound is moved against its pictures by half a
//! packet at most (10.7 ms at 48 kHz), and each span on its own, so it does not add up.
//!
//! Times are samples.

/// Samples of a packet (AAC-LC).
pub const PACKET: i64 = 1024;

/// A kept span of the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// From where.
    pub from: i64,
    /// Up to where.
    pub to: i64,
    /// Where it begins in the result.
    pub at: i64,
    /// The time of the first packet at or after `from`, if there is one.
    pub first_packet: Option<i64>,
    /// Where the last packet of the whole sound ends.
    pub end: i64,
}

/// A piece of decoded sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// What was heard from here up to there.
    Heard(i64, i64),
    /// Nothing, so many samples long.
    Silence(i64),
}

impl Piece {
    /// Samples.
    #[must_use]
    pub fn length(&self) -> i64 {
        match self {
            Self::Heard(from, to) => to.saturating_sub(*from),
            Self::Silence(length) => *length,
        }
    }
}

/// A part of the result; each begins where the one in front ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The packets from one time up to another are used again, moved by `shift`.
    Again {
        /// Time of the first.
        from: i64,
        /// Where the last one ends.
        to: i64,
        /// Added to their times.
        shift: i64,
    },
    /// Packets are made of decoded sound.
    Made {
        /// Time of the first one in the result.
        at: i64,
        /// Their sound: a whole number of packets.
        pieces: Vec<Piece>,
        /// What is heard before it and after it (up to [`CONTEXT`] samples), which the encoder must know for its windows.
        before: Option<(i64, i64)>,
        /// The same after it.
        after: Option<(i64, i64)>,
    },
}

/// Samples before and after what is made that the encoder is given, too: a window, in whole packets.
pub const CONTEXT: i64 = 2 * PACKET;

/// Plans the sound of an edit. `end` is where the result ends.
#[must_use]
pub fn plan(cuts: &[Cut], end: i64) -> Vec<Part> {
    let mut plan = Plan::default();
    for cut in cuts {
        match again(cut) {
            Some((first, last)) => plan.run(cut, first, last),
            None => plan.open.push(Piece::Heard(cut.from, cut.to)),
        }
    }
    // Up to the end of the pictures, or a little more.
    let missing = end.saturating_sub(plan.at).max(0);
    let packets = missing.saturating_add(PACKET - 1).div_euclid(PACKET);
    plan.close(packets, None, 0);
    plan.parts
}

/// The packets of a span that are used again: from the first one up to where the last one ends.
fn again(cut: &Cut) -> Option<(i64, i64)> {
    let first = cut.first_packet.filter(|first| *first < cut.to)?;
    // The last one's window ends before the cut; the last of all covers nothing after it.
    let room = cut.to.min(cut.end).saturating_sub(first);
    let packets = room.div_euclid(PACKET).saturating_sub(i64::from(cut.to < cut.end.saturating_add(PACKET)));
    (packets > 0).then(|| (first, first.saturating_add(packets.saturating_mul(PACKET))))
}

#[derive(Default)]
struct Plan {
    parts: Vec<Part>,
    /// Where the result ends so far.
    at: i64,
    /// Where in the source the last packets that were used again end.
    last: Option<i64>,
    /// What is to be heard since then.
    open: Vec<Piece>,
}

impl Plan {
    fn run(&mut self, cut: &Cut, first: i64, last: i64) {
        let head = first.saturating_sub(cut.from);
        let ideal = cut.at.saturating_add(head);
        // To the nearest packet.
        let packets = ideal.saturating_sub(self.at).max(0).saturating_add(PACKET / 2).div_euclid(PACKET);
        if head > 0 {
            self.open.push(Piece::Heard(cut.from, first));
        }
        self.close(packets, Some((first, last)), head);
        let shift = self.at.saturating_sub(first);
        self.parts.push(Part::Again { from: first, to: last, shift });
        self.at = last.saturating_add(shift);
        self.last = Some(last);
        if cut.to > last {
            self.open.push(Piece::Heard(last, cut.to));
        }
    }

    /// Makes what is open fit `packets`; the last `head` samples of it stay where they are, before what comes next.
    fn close(&mut self, packets: i64, next: Option<(i64, i64)>, head: i64) {
        let mut pieces = std::mem::take(&mut self.open);
        if packets <= 0 {
            return;
        }
        let wanted = packets.saturating_mul(PACKET);
        let have = pieces.iter().fold(0_i64, |sum, piece| sum.saturating_add(piece.length()));
        let splice = pieces.len().saturating_sub(usize::from(head > 0));
        if have < wanted {
            pieces.insert(splice, Piece::Silence(wanted.saturating_sub(have)));
        } else {
            shorten(&mut pieces, splice, have.saturating_sub(wanted));
        }
        let before = self.last.map(|last| (last.saturating_sub(CONTEXT), last));
        let after = next.map(|(first, last)| (first, last.min(first.saturating_add(CONTEXT))));
        self.parts.push(Part::Made { at: self.at, pieces, before, after });
        self.at = self.at.saturating_add(wanted);
    }
}

/// Takes samples away before `splice`, from the last on, and then after it.
fn shorten(pieces: &mut Vec<Piece>, splice: usize, mut surplus: i64) {
    let order: Vec<usize> = (0..splice).rev().chain(splice..pieces.len()).collect();
    for index in order {
        let Some(Piece::Heard(from, to)) = pieces.get_mut(index) else { continue };
        let taken = surplus.min(to.saturating_sub(*from));
        if index < splice {
            *to = to.saturating_sub(taken);
        } else {
            *from = from.saturating_add(taken);
        }
        surplus = surplus.saturating_sub(taken);
    }
    pieces.retain(|piece| piece.length() > 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: i64 = 60 * 48_000 / PACKET * PACKET;

    /// Spans of a sound whose packets lie at multiples of 1,024.
    fn cuts(spans: &[(i64, i64)]) -> (Vec<Cut>, i64) {
        let mut at = 0;
        let cuts = spans
            .iter()
            .map(|&(from, to)| {
                let first = (from + PACKET - 1) / PACKET * PACKET;
                let cut = Cut { from, to, at, first_packet: (first < WHOLE).then_some(first), end: WHOLE };
                at += to - from;
                cut
            })
            .collect();
        (cuts, at)
    }

    #[test]
    fn a_sound_that_is_not_cut_is_used_again_as_it_is() {
        let (cuts, end) = cuts(&[(0, WHOLE)]);
        assert_eq!(
            plan(&cuts, end),
            [
                Part::Again { from: 0, to: WHOLE - PACKET, shift: 0 },
                Part::Made {
                    at: WHOLE - PACKET,
                    pieces: vec![Piece::Heard(WHOLE - PACKET, WHOLE)],
                    before: Some((WHOLE - PACKET - CONTEXT, WHOLE - PACKET)),
                    after: None,
                }
            ]
        );
    }

    prop_compose! {
        fn spans()(steps in prop::collection::vec((1i64..100_000, 4_800i64..200_000), 1..9)) -> Vec<(i64, i64)> {
            let mut at = 0;
            steps.into_iter().map(|(gap, length)| { let from = at + gap; at = from + length; (from, at) })
                .filter(|(_, to)| *to <= WHOLE).collect()
        }
    }

    proptest! {
        #[test]
        fn nothing_of_what_was_cut_is_heard_and_nothing_parts(spans in spans()) {
            let (cuts, end) = cuts(&spans);
            let kept = |from: i64, to: i64| spans.iter().any(|(a, b)| *a <= from && to <= *b);
            let mut at = 0;
            for part in plan(&cuts, end) {
                match part {
                    Part::Again { from, to, shift } => {
                        prop_assert_eq!(from + shift, at);
                        prop_assert!(from < to && (to - from) % PACKET == 0);
                        prop_assert!(kept(from, to + PACKET), "a window reaches into what was cut");
                        let cut = cuts.iter().find(|cut| cut.from <= from && to <= cut.to).unwrap();
                        prop_assert!((shift - (cut.at - cut.from)).abs() <= PACKET / 2, "out of step");
                        at = to + shift;
                    }
                    Part::Made { at: start, pieces, before, after } => {
                        prop_assert_eq!(start, at);
                        let length: i64 = pieces.iter().map(Piece::length).sum();
                        prop_assert!(length > 0 && length % PACKET == 0);
                        for piece in &pieces {
                            match piece {
                                Piece::Heard(from, to) => prop_assert!(kept(*from, *to)),
                                Piece::Silence(length) => prop_assert!(*length <= 2 * PACKET),
                            }
                        }
                        for (from, to) in before.into_iter().chain(after) {
                            prop_assert!(to <= from + CONTEXT);
                        }
                        if let Some((from, to)) = after { prop_assert!(kept(from, to)); }
                        at += length;
                    }
                }
            }
            prop_assert!(at >= end - PACKET && at <= end + PACKET, "{} for {}", at, end);
        }

        #[test]
        fn no_numbers_make_it_panic(numbers in prop::collection::vec(any::<(i64, i64, i64, Option<i64>, i64)>(), 0..4), end in any::<i64>()) {
            let cuts: Vec<_> = numbers.into_iter()
                .map(|(from, to, at, first_packet, end)| Cut { from, to, at, first_packet, end }).collect();
            let _ = plan(&cuts, end);
        }
    }
}
