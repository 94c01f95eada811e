//! How often somebody may ask, by the minute: for one address and, where one is signed in, for one account.
//!
//! A [`Table`] remembers who asked how often, and knows nothing of HTTP. Requests from this machine itself
//! (loopback, and no proxy speaks for another) are not counted, guesses at passwords are, wherever they come from
//! (docs/decisions/0018).

mod table;

use crate::app::App;
use crate::extract::address_of;
use crate::problem::Problem;
use axum::extract::{MatchedPath, Request};
use axum::http::{Extensions, Method};
use domain::{AccountId, LinkId};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};
use table::Table;

/// Requests per minute for one address, and for one account. A whole minute's may come at once; 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Renewals of a session, and sign-outs. Default 60.
    pub refresh: u32,
    /// New uploads. Default 120.
    pub create: u32,
    /// Parts of uploads, and what belongs to them. Default 6,000.
    pub upload: u32,
    /// Other changes. Default 240.
    pub write: u32,
    /// Other calls of the API. Default 3,000.
    pub read: u32,
    /// Questions of other sites how to show a video. Default 300.
    pub oembed: u32,
    /// New sockets. Default 300.
    pub socket: u32,
    /// Pages, playlists, segments and pictures. Default 30,000.
    pub media: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            refresh: 60,
            create: 120,
            upload: 6000,
            write: 240,
            read: 3000,
            oembed: 300,
            socket: 300,
            media: 30_000,
        }
    }
}

/// What a request counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Refresh,
    Create,
    Upload,
    Write,
    Read,
    Oembed,
    Socket,
    Media,
}

impl Class {
    /// By the route that answers; `None` for what is not counted here: health, and guesses, which have limits of their own.
    fn of(method: &Method, route: Option<&str>) -> Option<Self> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        Some(match route {
            Some("/healthz" | "/readyz" | "/metrics" | "/api/auth/login" | "/api/auth/register") => {
                return None;
            }
            Some("/api/auth/refresh" | "/api/auth/logout") => Self::Refresh,
            Some("/api/videos/init") => Self::Create,
            Some("/api/oembed") => Self::Oembed,
            Some(route) if route == "/ws" || route.starts_with("/ws/") => Self::Socket,
            Some(route) if route.starts_with("/upload/") => Self::Upload,
            Some("/api/videos/{id}/parts" | "/api/videos/{id}/complete") => Self::Upload,
            Some(route) if route.starts_with("/api/") && reads => Self::Read,
            Some(route) if route.starts_with("/api/") => Self::Write,
            _ => Self::Media,
        })
    }
}

/// Whose allowance a request is taken from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Network(IpAddr),
    Account(AccountId),
    /// A name that somebody guesses a password for, whether there is such an account or not.
    Login(String),
    /// A share link that somebody guesses the password of.
    Link(LinkId),
}

/// Every allowance of this process.
pub(crate) struct Limits {
    rates: RateLimits,
    /// Guesses per minute and address; half of it per account.
    attempts: u32,
    requests: Table<(Class, Who)>,
    guesses: Table<Who>,
    began: Instant,
}

impl Limits {
    pub(crate) fn new(rates: RateLimits, attempts: u32) -> Self {
        Self {
            rates,
            attempts: attempts.max(1),
            requests: Table::new(MOST_KEYS),
            guesses: Table::new(MOST_KEYS),
            began: Instant::now(),
        }
    }

    /// Counts a guess at a password from `address`.
    pub(crate) fn guess_from(&self, address: IpAddr) -> Result<(), Problem> {
        let who = Who::Network(whole_network(address));
        self.guesses.take(who, self.attempts, self.now()).map_err(too_many)
    }

    /// Counts a guess at the account that `login` names.
    pub(crate) fn guess_at(&self, login: &str) -> Result<(), Problem> {
        let who = Who::Login(login.chars().take(254).collect());
        self.guesses.take(who, (self.attempts / 2).max(1), self.now()).map_err(too_many)
    }

    /// Counts a guess at the password of a share link.
    pub(crate) fn guess_at_link(&self, link: &LinkId) -> Result<(), Problem> {
        self.guesses.take(Who::Link(link.clone()), (self.attempts / 2).max(1), self.now()).map_err(too_many)
    }

    /// The guess was right: a class that opens one link from one network at the same time is no attack.
    pub(crate) fn guessed_right(&self, address: IpAddr, link: &LinkId) {
        self.guesses.give_back(&Who::Network(whole_network(address)), self.attempts);
        self.guesses.give_back(&Who::Link(link.clone()), (self.attempts / 2).max(1));
    }

    /// Counts a request of a signed-in account that comes from `address`.
    pub(crate) fn request_of(
        &self,
        account: &AccountId,
        address: Option<IpAddr>,
        method: &Method,
        extensions: &Extensions,
    ) -> Result<(), Problem> {
        let Some(class) = counted(address, method, extensions) else { return Ok(()) };
        self.take(class, Who::Account(account.clone()))
    }

    fn request_from(&self, address: Option<IpAddr>, request: &Request) -> Result<(), Problem> {
        let Some(class) = counted(address, request.method(), request.extensions()) else { return Ok(()) };
        // Without an address there is nobody to tell from the others.
        let network = whole_network(address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
        self.take(class, Who::Network(network))
    }

    fn take(&self, class: Class, who: Who) -> Result<(), Problem> {
        let per_minute = match class {
            Class::Refresh => self.rates.refresh,
            Class::Create => self.rates.create,
            Class::Upload => self.rates.upload,
            Class::Write => self.rates.write,
            Class::Read => self.rates.read,
            Class::Oembed => self.rates.oembed,
            Class::Socket => self.rates.socket,
            Class::Media => self.rates.media,
        };
        if per_minute == 0 {
            return Ok(());
        }
        self.requests.take((class, who), per_minute, self.now()).map_err(too_many)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Counts a request for its address before anything else is done for it.
pub(crate) fn limit(app: &App, request: &Request) -> Result<(), Problem> {
    let address = address_of(app, request.headers(), request.extensions());
    app.limits.request_from(address, request)
}

/// What a request counts as, if it is counted: this machine's own are not.
fn counted(address: Option<IpAddr>, method: &Method, extensions: &Extensions) -> Option<Class> {
    if address.is_some_and(|address| address.to_canonical().is_loopback()) {
        return None;
    }
    Class::of(method, extensions.get::<MatchedPath>().map(MatchedPath::as_str))
}

/// An IPv6 customer has a whole /64 to ask from.
fn whole_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn too_many(wait: Duration) -> Problem {
    // Rounded up: who comes back a moment early would be sent away again.
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
    let unit = if seconds == 1 { "second" } else { "seconds" };
    Problem::too_many(format!("Too many requests. Try again in {seconds} {unit}."), seconds)
}

/// Keys of one table; each takes about 100 bytes.
const MOST_KEYS: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_from_one_ipv6_network_count_together() {
        let limits = Limits::new(RateLimits::default(), 2);
        let from = |text: &str| limits.guess_from(text.parse().unwrap());
        assert!(from("2001:db8::1").is_ok() && from("2001:db8::2").is_ok());
        assert!(from("2001:db8::3").is_err());
        assert!(from("2001:db8:0:1::1").is_ok());
        assert!(from("::ffff:192.0.2.1").is_ok() && from("192.0.2.1").is_ok());
        assert!(from("192.0.2.1").is_err(), "the same address, mapped");
    }

    #[test]
    fn guesses_at_one_account_are_limited() {
        let limits = Limits::new(RateLimits::default(), 4);
        assert!(limits.guess_at("ada").is_ok() && limits.guess_at("ada").is_ok());
        assert_eq!(limits.guess_at("ada").unwrap_err().status, 429);
        assert!(limits.guess_at("bob").is_ok());
    }

    #[test]
    fn only_wrong_guesses_at_a_link_use_up_its_tries() {
        let limits = Limits::new(RateLimits::default(), 4);
        let (link, address) = (LinkId::from_random([1; 8]), IpAddr::from([192, 0, 2, 1]));
        for _ in 0..20 {
            assert!(limits.guess_from(address).is_ok() && limits.guess_at_link(&link).is_ok());
            limits.guessed_right(address, &link);
        }
        assert!(limits.guess_at_link(&link).is_ok() && limits.guess_at_link(&link).is_ok());
        assert_eq!(limits.guess_at_link(&link).unwrap_err().status, 429);
    }

    #[test]
    fn every_route_has_its_class() {
        for (method, route, class) in [
            (Method::POST, Some("/api/auth/login"), None),
            (Method::GET, Some("/healthz"), None),
            (Method::POST, Some("/api/auth/refresh"), Some(Class::Refresh)),
            (Method::POST, Some("/api/videos/init"), Some(Class::Create)),
            (Method::POST, Some("/api/videos/{id}/complete"), Some(Class::Upload)),
            (Method::PUT, Some("/upload/{video}/{number}"), Some(Class::Upload)),
            (Method::PATCH, Some("/api/videos/{id}"), Some(Class::Write)),
            (Method::GET, Some("/api/videos/{id}"), Some(Class::Read)),
            (Method::GET, Some("/api/oembed"), Some(Class::Oembed)),
            (Method::GET, Some("/ws/uploads"), Some(Class::Socket)),
            (Method::GET, Some("/media/videos/{video}/{*path}"), Some(Class::Media)),
            (Method::GET, None, Some(Class::Media)),
        ] {
            assert_eq!(Class::of(&method, route), class, "{method} {route:?}");
        }
    }
}
