//! Who asked how often, in bounded memory; handed the time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Allowances by key (the generic cell rate algorithm): one time for each, when the key would be fully rested. Who is rested is
/// not remembered. Times are microseconds on a clock that never goes back.
pub(super) struct Table<K> {
    rested: Mutex<HashMap<K, u64>>,
    most: usize,
}

impl<K: Hash + Eq + Clone> Table<K> {
    /// Holds `most` keys.
    pub(super) fn new(most: usize) -> Self {
        Self { rested: Mutex::default(), most }
    }

    /// Takes one from the allowance of `key`, or tells how long to wait for it.
    pub(super) fn take(&self, key: K, per_minute: u32, now: u64) -> Result<(), Duration> {
        let each = MINUTE / u64::from(per_minute.max(1));
        let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rested.get(&key).copied().unwrap_or(now).max(now);
        let over = at.saturating_add(each).saturating_sub(now.saturating_add(MINUTE.max(each)));
        if over > 0 {
            return Err(Duration::from_micros(over));
        }
        if rested.len() >= self.most && !rested.contains_key(&key) {
            make_room(&mut rested, now);
        }
        rested.insert(key, at.saturating_add(each));
        Ok(())
    }

    /// Undoes one [`Self::take`].
    pub(super) fn give_back(&self, key: &K, per_minute: u32) {
        let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = rested.get_mut(key) {
            *at = at.saturating_sub(MINUTE / u64::from(per_minute.max(1)));
        }
    }
}

/// Forgets one key of a few: one that is rested, or else the one that is so the soonest. A flood of new keys pushes out its own.
fn make_room<K: Hash + Eq + Clone>(rested: &mut HashMap<K, u64>, now: u64) {
    const LOOK: usize = 64;
    let mut done: Vec<K> = Vec::new();
    let mut soonest: Option<(&K, u64)> = None;
    for (key, at) in rested.iter().take(LOOK) {
        if *at <= now {
            done.push(key.clone());
        }
        if soonest.is_none_or(|(_, least)| *at < least) {
            soonest = Some((key, *at));
        }
    }
    if let (true, Some((key, _))) = (done.is_empty(), soonest) {
        done.push(key.clone());
    }
    for key in done {
        rested.remove(&key);
    }
}

const MINUTE: u64 = 60_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_minutes_requests_may_come_at_once_and_then_one_by_one() {
        let table = Table::new(10);
        let ask = |now| table.take("ada", 6, now);
        assert!((0..6).all(|_| ask(0).is_ok()));
        assert_eq!(ask(0), Err(Duration::from_secs(10)));
        assert_eq!(ask(9 * SECOND), Err(Duration::from_secs(1)));
        assert!(ask(10 * SECOND).is_ok());
        assert!(ask(10 * SECOND).is_err());
        assert!((0..6).all(|_| ask(300 * SECOND).is_ok()), "rested, and no more than that");
        assert!(ask(300 * SECOND).is_err());
        assert!(table.take("bob", 6, 0).is_ok());
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_memory_and_frees_nobody_who_is_over() {
        let table = Table::new(100);
        while table.take(u32::MAX, 60, 0).is_ok() {}
        for key in 0..10_000 {
            assert!(table.take(key, 60, 0).is_ok());
        }
        assert!(table.rested.lock().unwrap().len() <= 100);
        assert!(table.take(u32::MAX, 60, 0).is_err(), "who is far over is not pushed out by who just came");
    }
}
