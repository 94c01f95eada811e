//! Requests to addresses that a stranger named: which of them this server may make (a guard against SSRF).
//!
//! Pure: whoever makes the request resolves and connects. The steps, none of which may be left out:
//! 1. [`Target::parse`] the URL;
//! 2. resolve [`Target::host`], and connect only to what [`Target::admit`] gives back, without resolving again: a name may lead
//!    elsewhere the second time;
//! 3. follow a redirect only by [`Target::redirected`], and begin again at 2.

mod reach;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
pub use reach::is_public;

/// Redirects that are followed.
const MOST_HOPS: u8 = 5;
/// Bytes of a URL.
const LONGEST: usize = 2048;

/// Why a request is not made, in words for the person who named the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a URL that is understood in one way only.
    #[error("This is not an address that begins with http:// or https:// and a name.")]
    NotAUrl,
    /// The URL holds a name or password.
    #[error("An address with a user name or a password in it is not used.")]
    Credentials,
    /// A port below 1024 that belongs to something else than the web.
    #[error("This port belongs to something else than the web.")]
    Port,
    /// The address, or one that its name leads to, is inside a network or of a special purpose.
    #[error("This address leads into a private network.")]
    Inner,
    /// The name leads nowhere.
    #[error("This name leads to no address.")]
    Nowhere,
    /// A redirect from https to http.
    #[error("This address leads from https to http.")]
    Downgrade,
    /// Too many redirects.
    #[error("This address leads from one place to the next without an end.")]
    Endless,
}

/// A host as a URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// To be resolved; lower case, without a final dot.
    Name(String),
    /// Itself.
    Address(IpAddr),
}

/// Where a request goes: a URL with nothing in it that two readers could understand differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    https: bool,
    host: Host,
    port: u16,
    /// Path and query; begins with a slash.
    path: String,
    hops: u8,
}

impl Target {
    /// Reads an absolute URL (RFC 3986 §3, http and https only). What browsers would mend is refused.
    ///
    /// # Errors
    /// When it is not one, or leads where no request is made.
    pub fn parse(url: &str) -> Result<Self, Refused> {
        if url.len() > LONGEST || !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(Refused::NotAUrl);
        }
        let (scheme, rest) = url.split_once("://").ok_or(Refused::NotAUrl)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(Refused::NotAUrl),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(Refused::NotAUrl)?;
        if authority.contains('@') {
            return Err(Refused::Credentials);
        }
        let (host, port) = host_and_port(authority)?;
        let port = port.unwrap_or(if https { 443 } else { 80 });
        if port < 1024 && !matches!(port, 80 | 443) {
            return Err(Refused::Port);
        }
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { https, host, port, path, hops: 0 })
    }

    /// What is to be resolved, or connected to.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Whether the request is made by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Path and query of the request.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host header (RFC 9110 §7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(IpAddr::V4(address)) => address.to_string(),
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
        };
        if self.port == if self.https { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }

    /// What may be connected to, of the addresses that the name was just resolved to; an address in the URL answers for itself.
    /// One inner address refuses all: who mixes them wants to be let in by chance.
    ///
    /// # Errors
    /// When there is none, or one of them is not a public unicast address.
    pub fn admit(&self, resolved: impl IntoIterator<Item = IpAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let addresses: Vec<IpAddr> = match &self.host {
            Host::Address(address) => vec![*address],
            Host::Name(_) => resolved.into_iter().take(MOST_ADDRESSES).collect(),
        };
        if addresses.is_empty() {
            return Err(Refused::Nowhere);
        }
        if !addresses.iter().all(|address| is_public(*address)) {
            return Err(Refused::Inner);
        }
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, self.port)).collect())
    }

    /// Where a redirect leads (RFC 9110 §10.2.2); it is resolved and admitted like the first address.
    ///
    /// # Errors
    /// As [`Target::parse`], and when it leads from https to http or was the last that is followed.
    pub fn redirected(&self, location: &str) -> Result<Self, Refused> {
        if self.hops >= MOST_HOPS {
            return Err(Refused::Endless);
        }
        let scheme = if self.https { "https" } else { "http" };
        let own = format!("{scheme}://{}", self.authority());
        let folder =
            self.path.split('?').next().and_then(|path| path.rsplit_once('/')).map_or("", |(path, _)| path);
        let absolute = if has_scheme(location) {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{scheme}:{location}")
        } else if location.starts_with('/') {
            format!("{own}{location}")
        } else {
            format!("{own}{folder}/{location}")
        };
        let next = Self::parse(&absolute)?;
        if self.https && !next.https {
            return Err(Refused::Downgrade);
        }
        Ok(Self { hops: self.hops.saturating_add(1), ..next })
    }
}

/// Addresses of one name that are looked at.
const MOST_ADDRESSES: usize = 16;

/// Whether a reference is absolute (RFC 3986 §4.3).
fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn host_and_port(authority: &str) -> Result<(Host, Option<u16>), Refused> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(Refused::NotAUrl)?;
        let address: Ipv6Addr = address.parse().map_err(|_| Refused::NotAUrl)?;
        let port = if port.is_empty() { None } else { Some(number(port.strip_prefix(':'))?) };
        return Ok((Host::Address(IpAddr::V6(address)), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(number(Some(port))?)),
        None => (authority, None),
    };
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    // What ends in a number is an IPv4 address, of which many readers take odd forms (`0x7f.1`, `2130706433`): only the plain one.
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        let address: Ipv4Addr = name.parse().map_err(|_| Refused::NotAUrl)?;
        return Ok((Host::Address(IpAddr::V4(address)), port));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    // A name without a dot is one of the local network.
    if name.len() > 253 || !name.contains('.') || !name.split('.').all(label) {
        return Err(Refused::NotAUrl);
    }
    Ok((Host::Name(name), port))
}

fn number(port: Option<&str>) -> Result<u16, Refused> {
    let digits = port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|port| port.parse().ok()).filter(|port| *port > 0).ok_or(Refused::NotAUrl)
}

#[cfg(test)]
mod outgoing_test;
