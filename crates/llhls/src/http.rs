//! What the dialogue needs of HTTP.

use bytes::Bytes;
use std::time::Duration;
use url::Url;

/// Fetches addresses.
pub trait Http {
    /// Asks for one, as a page of another site would; with `gzip` its body may come compressed, and is not looked at.
    ///
    /// # Errors
    /// A sentence when no answer came.
    fn get(&self, url: &Url, gzip: bool) -> impl Future<Output = Result<Answer, String>>;
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
    /// From the question to the last byte.
    pub took: Duration,
    /// Whether HTTP/2 or newer was spoken.
    pub multiplexed: bool,
}

impl Answer {
    /// A header's value; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Seconds that `Cache-Control` lets everybody's caches keep it, or their reader's own; `None` when it says nothing.
    #[must_use]
    pub fn max_age(&self) -> Option<u64> {
        let of = |name: &str| {
            let mut words = self.header("cache-control").split(',').map(str::trim);
            words.find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        of("s-maxage").or_else(|| of("max-age"))
    }

    /// Whether caches are told to keep nothing, or to ask each time.
    #[must_use]
    pub fn never_kept(&self) -> bool {
        self.header("cache-control").split(',').any(|word| matches!(word.trim(), "no-store" | "no-cache"))
    }
}
