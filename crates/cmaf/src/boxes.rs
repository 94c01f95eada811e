//! A bounded walker over ISO base media boxes (§4.2), and a text dump of a box tree for people and goldens.
//!
//! It borrows, allocates nothing and never looks past the slice it is given. What boxes mean is known elsewhere.

mod dump;
mod fields;

use std::fmt;

pub use self::dump::dump;
pub use self::fields::Fields;
use crate::ReadError;

/// A box type or other four-character code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FourCc(pub [u8; 4]);

impl fmt::Display for FourCc {
    /// The four characters; anything that is not printable ASCII as `\xNN`, so that logs stay one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            match byte {
                b' '..=b'~' => write!(f, "{}", char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq<&[u8; 4]> for FourCc {
    fn eq(&self, other: &&[u8; 4]) -> bool {
        self.0 == **other
    }
}

/// The name under which errors speak of the outermost level.
pub(crate) const FILE: FourCc = FourCc(*b"file");

/// What stands in front of a box's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxHeader {
    /// The box type.
    pub kind: FourCc,
    /// Bytes of the header itself: 8, or 16 with a 64-bit size.
    pub header_len: usize,
    /// Bytes of the whole box with its header, ≥ `header_len`; `None` when it reaches to the end of the file.
    pub size: Option<u64>,
}

impl BoxHeader {
    /// Reads a header from the front of `bytes`; `Ok(None)` means that more bytes are needed to tell.
    ///
    /// # Errors
    /// [`ReadError::Malformed`] when the box would be smaller than its own header.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, ReadError> {
        let Some((&[s0, s1, s2, s3, k0, k1, k2, k3], rest)) = bytes.split_first_chunk::<8>() else {
            return Ok(None);
        };
        let kind = FourCc([k0, k1, k2, k3]);
        let (header_len, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (8, None),
            1 => match rest.first_chunk::<8>() {
                Some(large) => (16, Some(u64::from_be_bytes(*large))),
                None => return Ok(None),
            },
            size => (8, Some(u64::from(size))),
        };
        if size.is_some_and(|size| size < header_len as u64) {
            return Err(ReadError::Malformed { in_box: kind, reason: "smaller than its own header" });
        }
        Ok(Some(Self { kind, header_len, size }))
    }
}

/// One box inside a slice.
#[derive(Debug, Clone, Copy)]
pub struct Mp4Box<'a> {
    /// The box type.
    pub kind: FourCc,
    /// Bytes of the whole box with its header.
    pub size: usize,
    /// The content after the header.
    pub payload: &'a [u8],
}

impl<'a> Mp4Box<'a> {
    /// A reader over the content that knows whose content it is.
    pub fn fields(&self) -> Fields<'a> {
        Fields::new(self.kind, self.payload)
    }

    /// The boxes inside, for a box that has nothing in front of them.
    pub fn children(&self) -> Boxes<'a> {
        Boxes { parent: self.kind, rest: self.payload, failed: false }
    }

    /// The first child of a kind.
    ///
    /// # Errors
    /// When the children up to it are malformed.
    pub fn child(&self, kind: &[u8; 4]) -> Result<Option<Mp4Box<'a>>, ReadError> {
        self.children().find_kind(kind)
    }

    /// The first child of a kind, which must be there.
    ///
    /// # Errors
    /// [`ReadError::MissingBox`], or when the children up to it are malformed.
    pub fn required(&self, kind: &[u8; 4]) -> Result<Mp4Box<'a>, ReadError> {
        self.child(kind)?.ok_or(ReadError::MissingBox { kind: FourCc(*kind), parent: self.kind })
    }
}

/// The boxes that lie one after the other in a slice. Ends after the first error.
#[derive(Debug, Clone)]
pub struct Boxes<'a> {
    parent: FourCc,
    rest: &'a [u8],
    failed: bool,
}

/// Walks the boxes at the outermost level of `bytes`, which must hold them whole.
pub fn boxes(bytes: &[u8]) -> Boxes<'_> {
    Boxes { parent: FILE, rest: bytes, failed: false }
}

impl<'a> Boxes<'a> {
    pub(crate) fn inside(parent: FourCc, bytes: &'a [u8]) -> Self {
        Self { parent, rest: bytes, failed: false }
    }

    pub(crate) fn find_kind(mut self, kind: &[u8; 4]) -> Result<Option<Mp4Box<'a>>, ReadError> {
        self.find(|found| found.as_ref().map_or(true, |found| found.kind == kind)).transpose()
    }

    fn take(&mut self) -> Result<Mp4Box<'a>, ReadError> {
        let Some(header) = BoxHeader::parse(self.rest)? else {
            return Err(ReadError::Malformed { in_box: self.parent, reason: "ends inside a box header" });
        };
        let available = self.rest.len() as u64;
        let size = header.size.unwrap_or(available);
        let overrun = ReadError::Overrun { kind: header.kind, size, available };
        let end = usize::try_from(size).map_err(|_| overrun.clone())?;
        let (whole, rest) = self.rest.split_at_checked(end).ok_or(overrun)?;
        self.rest = rest;
        // `parse` promises header_len ≤ size.
        let payload = whole.get(header.header_len..).unwrap_or_default();
        Ok(Mp4Box { kind: header.kind, size: end, payload })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Mp4Box<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.failed {
            return None;
        }
        let taken = self.take();
        self.failed = taken.is_err();
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Result<Vec<String>, ReadError> {
        boxes(bytes)
            .map(|found| found.map(|found| format!("{}+{}", found.kind, found.payload.len())))
            .collect()
    }

    #[test]
    fn sizes_of_32_bits_64_bits_and_to_the_end_are_read() {
        let mut bytes = b"\0\0\0\x09free!".to_vec();
        bytes.extend(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab");
        bytes.extend(b"\0\0\0\0skiprest");
        assert_eq!(kinds(&bytes).unwrap(), ["free+1", "mdat+2", "skip+4"]);
    }

    #[test]
    fn a_header_in_parts_needs_more() {
        assert_eq!(BoxHeader::parse(b"\0\0\0\x09fre"), Ok(None));
        assert_eq!(BoxHeader::parse(b"\0\0\0\x01mdat\0\0\0\0\0\0\0"), Ok(None));
    }

    #[test]
    fn a_box_smaller_than_its_header_is_malformed() {
        assert!(matches!(BoxHeader::parse(b"\0\0\0\x07free"), Err(ReadError::Malformed { .. })));
        assert!(BoxHeader::parse(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x0f").is_err());
    }

    #[test]
    fn a_box_longer_than_its_parent_is_an_overrun_and_ends_the_walk() {
        let mut walk = boxes(b"\0\0\0\x09free");
        assert!(matches!(walk.next(), Some(Err(ReadError::Overrun { size: 9, available: 8, .. }))));
        assert!(walk.next().is_none());
    }

    #[test]
    fn unprintable_kinds_stay_on_one_line() {
        assert_eq!(FourCc(*b"a\n\xff ").to_string(), "a\\x0a\\xff ");
    }
}
