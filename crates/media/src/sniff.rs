//! What a file is, from its first bytes, before FFmpeg sees any of it.
//!
//! FFmpeg's own guess would hand a text file to the HLS or concat demuxer, which open other files and addresses. So the
//! container is named here, the demuxer is forced by [`Container::demuxer`], and what is not known is refused.

mod container;
mod frames;
mod refused;

pub use container::Container;
pub use refused::Refused;

/// How many first bytes are enough. More are not looked at.
pub const SNIFF_LEN: usize = 64 * 1024;

/// Names the container of a file by its first bytes (all of a short file, else at least [`SNIFF_LEN`]).
pub fn sniff(bytes: &[u8]) -> Result<Container, Refused> {
    let bytes = bytes.get(..SNIFF_LEN).unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    if let Some(refused) = refused::known(bytes) {
        return Err(refused);
    }
    if let Some(refused) = container::still_picture(bytes) {
        return Err(refused);
    }
    container::known(bytes).ok_or_else(|| refused::unknown(bytes))
}

#[cfg(test)]
#[path = "sniff/sniff_test.rs"]
mod tests;
