//! Under which address people reach this instance: needed wherever a URL leaves it (previews, oEmbed, share codes).

use crate::app::AppState;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::Ipv6Addr;

/// Scheme, host and port (RFC 6454), without a slash at the end. Holds nothing that could leave an attribute or a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

/// The origin for absolute URLs: as configured, or as the request names its host. `None` when the request names no sound
/// host, for the `Host` header is whatever a client likes; then pages are served without absolute URLs.
pub(crate) struct Reached(pub(crate) Option<Origin>);

impl FromRequestParts<AppState> for Reached {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        if let Some(url) = &app.config.public_url {
            return Ok(Self(Origin::parse(url)));
        }
        let scheme = app.config.scheme();
        // HTTP/2 names the host in the request target, HTTP/1.1 in a header.
        let authority = parts
            .uri
            .authority()
            .map(http::uri::Authority::as_str)
            .or_else(|| parts.headers.get(header::HOST)?.to_str().ok());
        Ok(Self(authority.and_then(|host| Origin::parse(&format!("{scheme}://{host}")))))
    }
}

impl Origin {
    /// Reads `http(s)://host[:port]`, with or without a slash at the end.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let lower = url.trim().to_ascii_lowercase();
        let (scheme, rest) = lower.split_once("://")?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let sound = matches!(scheme, "http" | "https") && is_authority(authority);
        sound.then(|| Self(format!("{scheme}://{authority}")))
    }

    /// The host without its port.
    pub(crate) fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Whether pages and players here are fetched encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The origin with a path, which must begin with a slash.
    pub(crate) fn with(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The path (with query and fragment) of a URL on this host; the scheme may differ, for links outlive a move to https.
    pub(crate) fn path_of<'a>(&self, url: &'a str) -> Option<&'a str> {
        let (scheme, rest) = url.trim().split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let own = self.0.split_once("://").map_or("", |(_, authority)| authority);
        authority.eq_ignore_ascii_case(own).then_some(path)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host name, an IPv4 address or an IPv6 address in brackets, with or without a port (RFC 3986 §3.2).
fn is_authority(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        return address.parse::<Ipv6Addr>().is_ok()
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    name.len() <= 253
        && name.strip_suffix('.').unwrap_or(name).split('.').all(label)
        && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_else() {
        for (given, origin) in [
            ("http://Video.Example", "http://video.example"),
            ("https://video.example:8443/", "https://video.example:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://my_box", "http://my_box"),
        ] {
            assert_eq!(Origin::parse(given).map(|origin| origin.0).as_deref(), Some(origin));
        }
        for bad in [
            "http://",
            "http://a\"><script>",
            "http://a/b",
            "http://a b",
            "http://user@host",
            "http://a..b",
            "http://a:99999",
            "http://a:",
            "http://a:+80",
            "http://[::1",
            "http://[::1]x",
            "http://evil.example#.video.example",
            "javascript://a",
            "video.example",
            "http://ä.example",
        ] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
        assert_eq!(Origin::parse(&format!("http://{}", "a.".repeat(200))), None);
    }

    #[test]
    fn only_urls_of_this_host_have_a_path_here() {
        let origin = Origin::parse("https://video.example").unwrap();
        assert_eq!(origin.path_of("http://VIDEO.example/w/x?t=1"), Some("/w/x?t=1"));
        assert_eq!(origin.path_of("https://video.example"), Some(""));
        for other in [
            "https://video.example.evil/w/x",
            "https://video.example@evil/w/x",
            "/w/x",
            "ftp://video.example/",
        ] {
            assert_eq!(origin.path_of(other), None, "{other}");
        }
    }
}
