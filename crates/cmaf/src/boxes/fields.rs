//! Reading numbers off the front of a box's content.

use super::FourCc;
use crate::ReadError;

/// Big-endian fields of one box, read front to back. Where the box ends too early, every method says so with the
/// box's name ([`ReadError::Malformed`]).
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    in_box: FourCc,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Reads `bytes` as content of `in_box`.
    pub fn new(in_box: FourCc, bytes: &'a [u8]) -> Self {
        Self { in_box, rest: bytes }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let (array, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.short())?;
        self.rest = rest;
        Ok(*array)
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], ReadError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.short())?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Steps over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Result<(), ReadError> {
        self.bytes(count).map(drop)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, ReadError> {
        self.array().map(u8::from_be_bytes)
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Four bytes, signed.
    pub fn i32(&mut self) -> Result<i32, ReadError> {
        self.array().map(i32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, ReadError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Eight bytes when `wide`, else four: the times of version 1 and version 0 boxes.
    pub fn u64_if(&mut self, wide: bool) -> Result<u64, ReadError> {
        if wide { self.u64() } else { self.u32().map(u64::from) }
    }

    /// Version and 24 flags of a full box (§4.2.2).
    pub fn version_and_flags(&mut self) -> Result<(u8, u32), ReadError> {
        let [version, a, b, c] = self.array()?;
        Ok((version, u32::from_be_bytes([0, a, b, c])))
    }

    /// The error for content that makes no sense.
    pub(crate) fn malformed(&self, reason: &'static str) -> ReadError {
        ReadError::Malformed { in_box: self.in_box, reason }
    }

    fn short(&self) -> ReadError {
        self.malformed("ends too early")
    }
}
