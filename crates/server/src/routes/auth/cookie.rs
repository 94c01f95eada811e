//! The refresh token in a `Cookie` header. Nothing but `std`, so that the fuzz targets can take it as it is.

/// The cookie's name where browsers keep Secure cookies.
pub(crate) const SECURE_NAME: &str = "__Host-vitascope_refresh";
/// Its name on plain http off loopback.
pub(crate) const PLAIN_NAME: &str = "vitascope_refresh";

/// The refresh token in the values of a request's `Cookie` headers (RFC 6265 §4.2.1).
pub(crate) fn refresh_token<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, value)| matches!(*name, SECURE_NAME | PLAIN_NAME) && !value.is_empty())
        .map(|(_, value)| value)
}
