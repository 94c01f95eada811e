//! The store's keys for what this crate makes. They carry a hash of the bytes, so an object never changes under its
//! name, a retry is idempotent and names cannot be guessed.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;

/// Media sequence number: the running number of a segment in its rung, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Msn(pub u32);

impl Msn {
    /// The number after this one, `None` at the end of the range.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for Msn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A run of continuous timestamps, from 0. An upload has one; a broadcast gets a new one with every DISCONTINUITY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first 96 bits of BLAKE3 over an object's bytes, shown as 24 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 12]);

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let [hash @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            *blake3::hash(bytes).as_bytes();
        Self(hash)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// Not a name of the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct InvalidName(&'static str);

impl FromStr for ContentHash {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let decoded = HEXLOWER.decode(text.as_bytes()).ok();
        decoded
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(InvalidName("24 lower-case hexadecimal digits"))
    }
}

/// A rung's name as it stands in keys and addresses: 1 to 32 of `a-z`, `0-9`, `-` and `_`, such as `720p` or `audio`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RungName(String);

impl RungName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RungName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let good =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if (1..=32).contains(&text.len()) && text.bytes().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName("a rung name (1 to 32 of a-z, 0-9, - and _)"))
        }
    }
}

impl fmt::Display for RungName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `init-{epoch}-{hash}.mp4`: an init segment in its rung's folder, the URI of EXT-X-MAP.
pub fn init_file(epoch: Epoch, hash: ContentHash) -> String {
    format!("init-{epoch}-{hash}.mp4")
}

/// `{epoch}-{msn}-{hash}.m4s`: a segment in its rung's folder, the URI below EXTINF.
pub fn segment_file(epoch: Epoch, msn: Msn, hash: ContentHash) -> String {
    format!("{epoch}-{msn}-{hash}.m4s")
}

/// `{rung}/init-{epoch}-{hash}.mp4`: an init segment's key below its video.
pub fn init_key(rung: &RungName, epoch: Epoch, hash: ContentHash) -> String {
    format!("{rung}/{}", init_file(epoch, hash))
}

/// `{rung}/{epoch}-{msn}-{hash}.m4s`: a segment's key below its video.
pub fn segment_key(rung: &RungName, epoch: Epoch, msn: Msn, hash: ContentHash) -> String {
    format!("{rung}/{}", segment_file(epoch, msn, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_form_of_the_design() {
        let rung: RungName = "720p".parse().unwrap();
        let hash = ContentHash::of(b"");
        assert_eq!(init_key(&rung, Epoch(0), hash), "720p/init-0-af1349b9f5f9a1a6a0404dea.mp4");
        assert_eq!(segment_key(&rung, Epoch(2), Msn(17), hash), "720p/2-17-af1349b9f5f9a1a6a0404dea.m4s");
    }

    #[test]
    fn a_hash_reads_back_and_only_in_its_one_form() {
        let hash = ContentHash::of(b"abc");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let upper = hash.to_string().to_uppercase();
        for bad in ["", "6437", &upper, "6437b3ac38465133ffb63b7g"] {
            assert!(bad.parse::<ContentHash>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn rung_names_cannot_leave_their_folder() {
        for bad in ["", ".", "..", "a/b", "A", "ä", "a b", &"x".repeat(33)] {
            assert!(bad.parse::<RungName>().is_err(), "{bad:?}");
        }
    }
}
