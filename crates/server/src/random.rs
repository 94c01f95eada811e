//! Random bytes from the operating system.

use data_encoding::BASE64URL_NOPAD;

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no random bytes to give: nothing secret could be made from there on.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "no random source means no safe way on")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A secret of 256 random bits as text.
pub(crate) fn secret() -> String {
    BASE64URL_NOPAD.encode(&bytes::<32>())
}
