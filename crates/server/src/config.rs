//! Settings of a server, each with its meaning, unit and default.

use media::plan::LadderConfig;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How a server is set up. Every field has a default except where to keep its data.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port; port 0 picks a free one. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Folder of the database, the objects and the secret. Default `data`.
    pub data: PathBuf,
    /// The instance's name, shown in page titles. Default `Vitascope`.
    pub name: String,
    /// The address people use, when a reverse proxy stands in front (`https://video.example`). Makes cookies Secure.
    pub public_url: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed. Default none.
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest source in bytes. Default 64 GiB.
    pub max_upload_bytes: u64,
    /// Bytes per part of an upload; memory is not affected. Default 8 MiB.
    pub part_size: u64,
    /// Bytes that stay free on the disk; uploads that would need them are refused. Default 1 GiB.
    pub min_free_bytes: u64,
    /// The most that an account may take, in bytes: its sources and what was made of them. Default 0: no limit.
    pub quota_bytes: u64,
    /// How long a source is kept: `always`, `until_ready` or `N days` after its video became ready. Default `always`.
    pub keep_source: KeepSource,
    /// Days without a new part after which an unfinished upload is removed. Default 7; 0 for never.
    pub abandoned_upload_days: u16,
    /// Sign-in and registration attempts per minute and address; per account half of it. Default 20.
    pub attempts_per_minute: u32,
    /// Videos whose first rung is made at the same time. Default 2.
    pub first_rung_workers: usize,
    /// Videos whose further rungs are made at the same time. Default 1; each takes all cores at low priority.
    pub ladder_workers: usize,
    /// The `ffmpeg` program. Default: found on PATH.
    pub ffmpeg: Option<PathBuf>,
    /// The `ffprobe` program. Default: found on PATH.
    pub ffprobe: Option<PathBuf>,
    /// The table of rungs.
    pub ladder: LadderConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data"),
            name: "Vitascope".to_owned(),
            public_url: None,
            trusted_proxies: Vec::new(),
            max_upload_bytes: 64 << 30,
            part_size: 8 << 20,
            min_free_bytes: 1 << 30,
            quota_bytes: 0,
            keep_source: KeepSource::Always,
            abandoned_upload_days: 7,
            attempts_per_minute: 20,
            first_rung_workers: 2,
            ladder_workers: 1,
            ffmpeg: None,
            ffprobe: None,
            ladder: LadderConfig::default(),
        }
    }
}

/// How long the source of a ready video is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeepSource {
    /// As long as the video.
    Always,
    /// Until the video is ready.
    UntilReady,
    /// For so many days after that.
    Days(u16),
}

impl KeepSource {
    /// How long after its video became ready a source may go; `None` for never.
    #[must_use]
    pub fn after_ready(self) -> Option<Duration> {
        match self {
            Self::Always => None,
            Self::UntilReady => Some(Duration::ZERO),
            Self::Days(days) => Some(DAY * u32::from(days)),
        }
    }
}

impl TryFrom<String> for KeepSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let clean = text.trim();
        let days = || clean.strip_suffix("days").or_else(|| clean.strip_suffix("day"))?.trim().parse().ok();
        match clean {
            "always" => Ok(Self::Always),
            "until_ready" => Ok(Self::UntilReady),
            _ => days().map(Self::Days).ok_or_else(|| {
                format!(
                    "keep_source is `always`, `until_ready` or a number of days like `30 days`, not `{text}`"
                )
            }),
        }
    }
}

impl From<KeepSource> for String {
    fn from(keep: KeepSource) -> Self {
        match keep {
            KeepSource::Always => "always".to_owned(),
            KeepSource::UntilReady => "until_ready".to_owned(),
            KeepSource::Days(days) => format!("{days} days"),
        }
    }
}

/// Twenty-four hours.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_kept_as_long_as_the_words_say() {
        let read = |text: &str| KeepSource::try_from(text.to_owned());
        assert_eq!(read("always").map(KeepSource::after_ready), Ok(None));
        assert_eq!(read("until_ready").map(KeepSource::after_ready), Ok(Some(Duration::ZERO)));
        assert_eq!(read("30 days").map(KeepSource::after_ready), Ok(Some(DAY * 30)));
        assert_eq!(read("1 day"), Ok(KeepSource::Days(1)));
        for bad in ["", "never", "30", "-1 days", "99999 days", "until ready"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
