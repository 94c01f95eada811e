//! Settings of a server, each with its meaning, unit and default.

use crate::limits::RateLimits;
use crate::machine;
use crate::origin::Origin;
use media::plan::LadderConfig;
use media::probe::SourceConfig;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
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
    /// The address people use (`https://video.example`), when it is not the one of `listen`. Makes cookies Secure.
    pub public_url: Option<String>,
    /// Certificate chain as PEM; with `tls_key` the server speaks https itself. Read again when the file changes.
    pub tls_cert: Option<PathBuf>,
    /// Private key of `tls_cert` as PEM.
    pub tls_key: Option<PathBuf>,
    /// The instance's name in the DNS: https with a certificate from an ACME authority, port 443, public URL `https://NAME`.
    pub domain: Option<String>,
    /// Directory of the ACME authority. Default Let's Encrypt; using it means agreeing to its terms.
    pub acme_directory: String,
    /// E-mail address for the authority's notices. Default none.
    pub acme_contact: Option<String>,
    /// Address and port where plain http is redirected to https. Default none; with `domain` port 80.
    pub http_listen: Option<SocketAddr>,
    /// Address and port where encoders (OBS, ffmpeg) send broadcasts by RTMP. Default none: no broadcasts.
    pub rtmp: Option<SocketAddr>,
    /// Seconds that an encoder which was lost may take to return before its broadcast ends. Default 60.
    pub live_grace_seconds: u64,
    /// Memory for segments on their way out, in bytes; 0 reads every one from its file. Default 128 MiB.
    pub hot_cache_bytes: u64,
    /// Reverse proxies whose `X-Forwarded-For` is believed. Default none.
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest source in bytes. Default 64 GiB.
    pub max_upload_bytes: u64,
    /// Bytes per part of an upload; memory is not affected. Small ones play sooner. Default 4 MiB.
    pub part_size: u64,
    /// Bytes that stay free on the disk; uploads that would need them are refused. Default 1 GiB.
    pub min_free_bytes: u64,
    /// The most that an account may take, in bytes: its sources and what was made of them. Default 0: no limit.
    pub quota_bytes: u64,
    /// How long a source is kept: `always`, `until_ready` or `N days` after its video became ready. Default `always`.
    pub keep_source: KeepSource,
    /// Days without a new part after which an unfinished upload is removed. Default 7; 0 for never.
    pub abandoned_upload_days: u16,
    /// Seconds without a word from its recorder after which a recording is ended with what is here. Default 600; 0 for never.
    pub abandoned_take_seconds: u64,
    /// Sign-in and registration attempts per minute and address; per account half of it. Default 20.
    pub attempts_per_minute: u32,
    /// Requests per minute for one address and one account, by kind; see the fields.
    pub rate_limits: RateLimits,
    /// Who may read `/metrics`: `loopback` (this machine itself), `admin` or `open`. Default `loopback`.
    pub metrics: Metrics,
    /// What is taken as a source.
    pub source: SourceConfig,
    /// Seconds that an access token lives; the web app renews it by itself. Default 600.
    pub access_token_seconds: u64,
    /// Videos that are made playable while they arrive, at the same time; the others wait for their last part. Default 4.
    pub arriving_workers: usize,
    /// Seconds without a new part after which such a video gives its place to another one. Default 30.
    pub arriving_idle_seconds: u64,
    /// Videos whose first rung is made at the same time. Default 2, or a quarter of the cores.
    pub first_rung_workers: usize,
    /// Videos whose further rungs are made at the same time. Default 1, or an eighth of the cores.
    pub ladder_workers: usize,
    /// Cores that one FFmpeg may keep busy, below the API in priority. Default all.
    pub media_cores: usize,
    /// Bytes of memory that all FFmpegs together may hold. Default half of the machine's, or of the control group's.
    pub media_memory_bytes: u64,
    /// The `ffmpeg` program. Default: found on PATH.
    pub ffmpeg: Option<PathBuf>,
    /// The `ffprobe` program. Default: found on PATH.
    pub ffprobe: Option<PathBuf>,
    /// The table of rungs.
    pub ladder: LadderConfig,
}

impl Default for Config {
    fn default() -> Self {
        let cores = machine::cores();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data"),
            name: "Vitascope".to_owned(),
            public_url: None,
            tls_cert: None,
            tls_key: None,
            domain: None,
            acme_directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            acme_contact: None,
            http_listen: None,
            rtmp: None,
            live_grace_seconds: 60,
            hot_cache_bytes: 128 << 20,
            trusted_proxies: Vec::new(),
            max_upload_bytes: 64 << 30,
            part_size: 4 << 20,
            min_free_bytes: 1 << 30,
            quota_bytes: 0,
            keep_source: KeepSource::Always,
            abandoned_upload_days: 7,
            abandoned_take_seconds: 600,
            attempts_per_minute: 20,
            rate_limits: RateLimits::default(),
            metrics: Metrics::Loopback,
            source: SourceConfig::default(),
            arriving_workers: 4,
            arriving_idle_seconds: 30,
            access_token_seconds: 600,
            first_rung_workers: (cores / 4).max(2),
            ladder_workers: (cores / 8).max(1),
            media_cores: cores,
            media_memory_bytes: machine::memory() / 2,
            ffmpeg: None,
            ffprobe: None,
            ladder: LadderConfig::default(),
        }
    }
}

impl Config {
    /// Says what cannot be meant.
    ///
    /// # Errors
    /// In words for an operator.
    pub fn check(&self) -> Result<(), String> {
        self.ladder.check()?;
        self.source.check()?;
        if self.domain.as_deref().is_some_and(|name| !crate::tls::is_name(name)) {
            return Err(
                "domain must be a name such as video.example, without scheme, port or path".to_owned()
            );
        }
        match self.public_url.as_deref() {
            Some(url) if Origin::parse(url).is_none() => Err(format!(
                "public_url is `{url}`, which is no address of a site: write https://NAME or https://NAME:PORT, without a path"
            )),
            _ => Ok(()),
        }
    }

    /// How long an access token lives.
    pub(crate) fn access_token_life(&self) -> Duration {
        Duration::from_secs(self.access_token_seconds.clamp(1, 24 * 3600))
    }

    /// The defaults of an instance with a `domain`: reachable from everywhere, on the ports that browsers and ACME expect.
    #[must_use]
    pub fn for_domain(name: &str) -> Self {
        let anywhere = |port| SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
        Self {
            listen: anywhere(443),
            http_listen: Some(anywhere(80)),
            public_url: Some(format!("https://{name}")),
            ..Self::default()
        }
    }

    /// Whether this process itself speaks https.
    #[must_use]
    pub fn has_own_tls(&self) -> bool {
        self.domain.is_some() || self.tls_cert.is_some()
    }

    /// Whether browsers give pages of this instance camera, microphone and clipboard ("secure context").
    #[must_use]
    pub fn is_secure_context(&self) -> bool {
        self.has_own_tls()
            || self.listen.ip().is_loopback()
            || self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// How this process is reached without a proxy.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.has_own_tls() { "https" } else { "http" }
    }
}

/// Who may read the figures of `/metrics`, which tell what an instance does and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metrics {
    /// Who asks from this machine, and not through a proxy on it.
    Loopback,
    /// Who signs in as an admin.
    Admin,
    /// Everybody.
    Open,
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
    fn a_public_url_is_the_address_of_a_site() {
        let with = |url: &str| Config { public_url: Some(url.to_owned()), ..Config::default() }.check();
        assert!(with("https://video.example").is_ok() && with("http://10.0.0.1:8080/").is_ok());
        for bad in [
            "video.example",
            "https://video.example/videos",
            "ftp://x",
            "https://a b",
            "javascript:alert(1)",
            "",
        ] {
            assert!(with(bad).unwrap_err().contains("https://NAME"), "{bad}");
        }
    }

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
