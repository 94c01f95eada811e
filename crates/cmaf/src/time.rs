//! Media time: ticks and the timescale they count in, never a float.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU32;

const MICROS_PER_SECOND: i128 = 1_000_000;

/// Ticks per second of a track (`mdhd` timescale, §8.4.2), never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    /// Microseconds, the unit in which the rest of the house speaks about media time.
    pub const MICROS: Self = Self::literal(1_000_000);

    /// `None` for zero.
    pub const fn new(ticks_per_second: u32) -> Option<Self> {
        match NonZeroU32::new(ticks_per_second) {
            Some(scale) => Some(Self(scale)),
            None => None,
        }
    }

    /// Ticks per second.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Only for constants: zero does not compile in a constant.
    const fn literal(ticks_per_second: u32) -> Self {
        match Self::new(ticks_per_second) {
            Some(scale) => scale,
            None => panic!("a timescale is never zero"),
        }
    }
}

impl From<NonZeroU32> for Timescale {
    fn from(scale: NonZeroU32) -> Self {
        Self(scale)
    }
}

/// A time or a duration in ticks of a [`Timescale`]. It may be negative: audio priming lies before zero.
///
/// Equality and order are those of the instant, so one second in 48,000ths equals one second in 90,000ths.
/// Sums exist only within one timescale ([`checked_add`](Self::checked_add)); converting is explicit.
#[derive(Debug, Clone, Copy)]
pub struct MediaTime {
    ticks: i64,
    scale: Timescale,
}

impl MediaTime {
    /// `ticks` of `scale`.
    pub const fn new(ticks: i64, scale: Timescale) -> Self {
        Self { ticks, scale }
    }

    /// Exactly `micros` microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self::new(micros, Timescale::MICROS)
    }

    /// Ticks of [`scale`](Self::scale).
    pub const fn ticks(self) -> i64 {
        self.ticks
    }

    /// What the ticks count.
    pub const fn scale(self) -> Timescale {
        self.scale
    }

    /// Microseconds, rounded to the nearest (halves towards +∞), saturating at the ends of `i64`.
    pub fn as_micros(self) -> i64 {
        self.rescale(Timescale::MICROS).ticks
    }

    /// The same time in another timescale, rounded to the nearest tick (halves towards +∞), saturating.
    pub fn rescale(self, scale: Timescale) -> Self {
        if scale == self.scale {
            return self;
        }
        // |i64| × u32 fits i128 with room for the doubling.
        let from = i128::from(self.scale.get());
        let numerator = i128::from(self.ticks) * i128::from(scale.get());
        let rounded = (2 * numerator + from).div_euclid(2 * from);
        Self::new(saturate(rounded), scale)
    }

    /// `None` when the timescales differ or the sum overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let ticks = (self.scale == other.scale).then(|| self.ticks.checked_add(other.ticks)).flatten()?;
        Some(Self::new(ticks, self.scale))
    }

    /// `None` when the timescales differ or the difference overflows.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let ticks = (self.scale == other.scale).then(|| self.ticks.checked_sub(other.ticks)).flatten()?;
        Some(Self::new(ticks, self.scale))
    }

    /// Whether this is at or after `micros`, compared without rounding.
    pub(crate) fn reached(self, micros: i128) -> bool {
        i128::from(self.ticks) * MICROS_PER_SECOND >= micros * i128::from(self.scale.get())
    }

    /// Both sides over the common denominator.
    fn cross(self, other: Self) -> (i128, i128) {
        (
            i128::from(self.ticks) * i128::from(other.scale.get()),
            i128::from(other.ticks) * i128::from(self.scale.get()),
        )
    }
}

impl PartialEq for MediaTime {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for MediaTime {}

impl PartialOrd for MediaTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for MediaTime {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = self.cross(*other);
        left.cmp(&right)
    }
}

impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ticks, self.scale.get())
    }
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(ticks: i64, scale: u32) -> MediaTime {
        MediaTime::new(ticks, Timescale::new(scale).unwrap())
    }

    #[test]
    fn a_timescale_is_never_zero() {
        assert_eq!(Timescale::new(0), None);
    }

    #[test]
    fn micros_round_to_the_nearest_and_halves_go_up() {
        assert_eq!(time(1, 3).as_micros(), 333_333);
        assert_eq!(time(2, 3).as_micros(), 666_667);
        assert_eq!(time(-1, 3).as_micros(), -333_333);
        assert_eq!(time(1, 2_000_000).as_micros(), 1);
        assert_eq!(time(-1, 2_000_000).as_micros(), 0);
        assert_eq!(time(-1024, 48_000).as_micros(), -21_333);
    }

    #[test]
    fn the_same_instant_is_equal_across_timescales() {
        assert_eq!(time(48_000, 48_000), time(90_000, 90_000));
        assert!(time(1, 3) > time(333_333, 1_000_000));
        assert!(time(1, 3) < time(333_334, 1_000_000));
    }

    #[test]
    fn sums_across_timescales_do_not_exist() {
        assert_eq!(time(1, 2).checked_add(time(1, 3)), None);
        assert_eq!(time(i64::MAX, 2).checked_add(time(1, 2)), None);
        assert_eq!(time(5, 2).checked_sub(time(1, 2)).unwrap().ticks(), 4);
    }

    #[test]
    fn conversions_saturate_instead_of_wrapping() {
        assert_eq!(time(i64::MAX, 1).as_micros(), i64::MAX);
        assert_eq!(time(i64::MIN, 1).as_micros(), i64::MIN);
    }

    proptest! {
        #[test]
        fn rescaling_moves_a_time_by_half_a_tick_at_most(ticks in -1i64<<40..1i64<<40, a in 1u32.., b in 1u32..) {
            let from = time(ticks, a);
            let to = from.rescale(Timescale::new(b).unwrap());
            // |to/b − from/a| ≤ 1/(2b)
            let (left, right) = to.cross(from);
            prop_assert!(2 * (left - right).abs() <= i128::from(a));
        }

        #[test]
        fn reached_agrees_with_the_order(ticks in any::<i64>(), scale in 1u32.., micros in any::<i64>()) {
            let it = time(ticks, scale);
            prop_assert_eq!(it.reached(i128::from(micros)), it >= MediaTime::from_micros(micros));
        }
    }
}
