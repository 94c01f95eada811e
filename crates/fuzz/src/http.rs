//! The server's header parsers, taken as files: they need nothing of the server, and it would take minutes to instrument.

#[path = "../../server/src/routes/auth/cookie.rs"]
mod cookie;
#[path = "../../server/src/delivery/range.rs"]
#[allow(dead_code, reason = "the server uses the rest")]
mod range;

use range::{Asked, parse};

/// A `Range` header: what is answered lies within the object.
pub(crate) fn range(bytes: &[u8]) {
    let Some((size, header)) = bytes.split_first_chunk::<8>() else { return };
    let size = u64::from_le_bytes(*size);
    let Ok(header) = std::str::from_utf8(header) else { return };
    if let Asked::Part(range) = parse(Some(header), size) {
        assert!(range.start < range.end && range.end <= size, "{header}: {range:?} of {size}");
    }
}

/// A `Cookie` header: a refresh token is found or not.
pub(crate) fn cookie(bytes: &[u8]) {
    let Ok(header) = std::str::from_utf8(bytes) else { return };
    if let Some(token) = cookie::refresh_token(std::iter::once(header)) {
        assert!(!token.is_empty() && !token.contains(';'));
        assert!(header.contains(cookie::PLAIN_NAME) || header.contains(cookie::SECURE_NAME));
    }
}
