//! Which parts of a source are here, and where in it they lie. A take of hours has many thousands: what is known is neither
//! asked for nor added up again.

use std::collections::BTreeMap;

/// The parts that are here.
#[derive(Debug, Default)]
pub(super) struct Front {
    /// Where each part ends in the source, from the first one on without a hole.
    ends: Vec<u64>,
    /// Bytes of those behind the first hole, by number.
    beyond: BTreeMap<i64, u64>,
}

impl Front {
    /// Takes part `number`, from 1, of `size` bytes; one that is known stays as it is.
    pub(super) fn add(&mut self, number: i64, size: u64) {
        if number < self.first_missing() {
            return;
        }
        self.beyond.entry(number).or_insert(size);
        while let Some(size) = self.beyond.remove(&self.first_missing()) {
            let end = self.ends.last().copied().unwrap_or(0);
            self.ends.push(end.saturating_add(size));
        }
    }

    /// Parts that are here.
    pub(super) fn count(&self) -> usize {
        self.ends.len().saturating_add(self.beyond.len())
    }

    /// Bytes that are here.
    pub(super) fn bytes(&self) -> u64 {
        let front = self.ends.last().copied().unwrap_or(0);
        self.beyond.values().fold(front, |sum, size| sum.saturating_add(*size))
    }

    /// The first part that is not here.
    pub(super) fn first_missing(&self) -> i64 {
        number_after(self.ends.len())
    }

    /// How many parts from the first one on it takes for about `most` bytes, and their bytes.
    pub(super) fn up_to(&self, most: u64) -> (i64, u64) {
        let enough = self.ends.partition_point(|end| *end < most).saturating_add(1).min(self.ends.len());
        (number_after(enough).saturating_sub(1), self.start(enough))
    }

    /// The part that holds byte `offset`, or the first one that is missing before it; and where that part begins.
    pub(super) fn part_at(&self, offset: u64) -> (i64, u64) {
        let before = self.ends.partition_point(|end| *end <= offset);
        (number_after(before), self.start(before))
    }

    /// Bytes of a part that is here.
    pub(super) fn size_of(&self, number: i64) -> Option<u64> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        match self.ends.get(index) {
            Some(end) => Some(end.saturating_sub(self.start(index))),
            None => self.beyond.get(&number).copied(),
        }
    }

    /// Where the part behind the first `count` begins.
    fn start(&self, count: usize) -> u64 {
        count.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0)
    }
}

fn number_after(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX - 1).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_come_out_of_order_and_twice_lie_where_they_belong() {
        let mut front = Front::default();
        assert_eq!((front.first_missing(), front.part_at(0), front.up_to(9)), (1, (1, 0), (0, 0)));
        for (number, size) in [(3, 30), (1, 10), (3, 30), (1, 99), (4, 40)] {
            front.add(number, size);
        }
        assert_eq!((front.count(), front.bytes(), front.first_missing()), (3, 80, 2));
        assert_eq!((front.size_of(1), front.size_of(2), front.size_of(4)), (Some(10), None, Some(40)));
        assert_eq!(front.part_at(10), (2, 10), "missing");
        front.add(2, 20);
        assert_eq!((front.count(), front.bytes(), front.first_missing()), (4, 100, 5));
        let places = [0, 9, 10, 29, 30, 59, 60, 99, 100].map(|offset| front.part_at(offset));
        assert_eq!(places, [(1, 0), (1, 0), (2, 10), (2, 10), (3, 30), (3, 30), (4, 60), (4, 60), (5, 100)]);
        assert_eq!([0, 10, 11, 1000].map(|most| front.up_to(most)), [(1, 10), (1, 10), (2, 30), (4, 100)]);
    }

    #[test]
    fn a_take_of_twelve_hours_costs_next_to_nothing() {
        const PARTS: i64 = 12 * 3600;
        let mut front = Front::default();
        // The first one comes last: everything waits behind a hole.
        for number in (1..=PARTS).rev() {
            front.add(number, 1000);
        }
        for number in 1..=PARTS {
            let offset = u64::try_from(number - 1).unwrap() * 1000 + 7;
            assert_eq!(front.part_at(offset).0, number);
            assert_eq!(front.size_of(number), Some(1000));
        }
    }
}
