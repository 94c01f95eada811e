//! Which chunks of a take have arrived.

use bytes::Bytes;

/// Splits a message into the chunk's number (64 bits, big endian) and its bytes, which may be none; `None` for what is too short.
#[must_use]
pub fn chunk(mut message: Bytes) -> Option<(u64, Bytes)> {
    let number = u64::from_be_bytes(*message.first_chunk::<8>()?);
    Some((number, message.split_off(8)))
}

/// The chunk that comes next. All before it have arrived.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Numbering(u64);

/// What a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The next one.
    Next,
    /// One that was here before.
    Replayed,
    /// One before it is missing.
    Ahead,
}

impl Numbering {
    pub(super) fn next(self) -> u64 {
        self.0
    }

    pub(super) fn place(self, number: u64) -> Place {
        match number.cmp(&self.0) {
            std::cmp::Ordering::Less => Place::Replayed,
            std::cmp::Ordering::Equal => Place::Next,
            std::cmp::Ordering::Greater => Place::Ahead,
        }
    }

    /// The next one has arrived.
    pub(super) fn count(&mut self) {
        self.0 = self.0.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_has_its_number_in_front() {
        let message = Bytes::from_static(b"\0\0\0\0\0\0\x01\x02media");
        assert_eq!(chunk(message), Some((258, Bytes::from_static(b"media"))));
        assert_eq!(chunk(Bytes::from_static(&[0; 8])), Some((0, Bytes::new())));
        assert_eq!(chunk(Bytes::from_static(&[0; 7])), None);
    }

    #[test]
    fn each_number_is_taken_once_and_in_order() {
        let mut numbering = Numbering::default();
        assert_eq!(numbering.place(1), Place::Ahead);
        assert_eq!(numbering.place(0), Place::Next);
        numbering.count();
        assert_eq!((numbering.place(0), numbering.place(1)), (Place::Replayed, Place::Next));
    }
}
