use crate::problem::Problem;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// Limits guesses, per account and per address.
pub(crate) struct Attempts {
    by_account: DefaultKeyedRateLimiter<String>,
    by_address: DefaultKeyedRateLimiter<IpAddr>,
}

impl Attempts {
    pub(crate) fn per_minute(limit: u32) -> Self {
        let quota = |n: u32| Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        Self {
            by_account: RateLimiter::keyed(quota(limit / 2)),
            by_address: RateLimiter::keyed(quota(limit)),
        }
    }

    /// Counts an attempt from `address`.
    pub(crate) fn count_from(&self, address: IpAddr) -> Result<(), Problem> {
        let address = whole_network(address);
        self.by_address
            .check_key(&address)
            .map_err(|wait| too_many(wait.wait_time_from(DefaultClock::default().now())))
    }

    /// Counts an attempt at the account that `login` names, whether it exists or not.
    pub(crate) fn count_at(&self, login: &str) -> Result<(), Problem> {
        let key = login.chars().take(254).collect();
        self.by_account
            .check_key(&key)
            .map_err(|wait| too_many(wait.wait_time_from(DefaultClock::default().now())))
    }

    /// Forgets those who have been quiet.
    pub(crate) fn forget_the_quiet(&self) {
        self.by_account.retain_recent();
        self.by_address.retain_recent();
    }
}

/// An IPv6 customer has a whole /64 to guess from.
fn whole_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn too_many(wait: std::time::Duration) -> Problem {
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
    Problem::too_many(format!("Too many attempts. Try again in {seconds} seconds."), seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_from_one_ipv6_network_count_together() {
        let attempts = Attempts::per_minute(2);
        let from = |text: &str| attempts.count_from(text.parse().unwrap());
        assert!(from("2001:db8::1").is_ok() && from("2001:db8::2").is_ok());
        assert!(from("2001:db8::3").is_err());
        assert!(from("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn guesses_at_one_account_are_limited() {
        let attempts = Attempts::per_minute(4);
        assert!(attempts.count_at("ada").is_ok() && attempts.count_at("ada").is_ok());
        assert_eq!(attempts.count_at("ada").unwrap_err().status, 429);
        assert!(attempts.count_at("bob").is_ok());
    }
}
