//! Several JPEG files one after the other, told apart.

use bytes::Bytes;

/// The whole pictures in `bytes`; what follows the last one, or is none, is left out.
pub(super) fn split(bytes: &Bytes) -> Vec<Bytes> {
    let mut pictures = Vec::new();
    let mut rest = bytes.clone();
    while let Some(length) = length_of(&rest) {
        pictures.push(rest.split_to(length));
    }
    pictures
}

/// Bytes of the picture at the front (ITU-T T.81 annex B): marker segments with their lengths, then coded data up to the
/// next marker, until the end of image.
fn length_of(bytes: &[u8]) -> Option<usize> {
    const SOI: u8 = 0xd8;
    const EOI: u8 = 0xd9;
    const SOS: u8 = 0xda;
    if bytes.get(..2)? != [0xff, SOI] {
        return None;
    }
    let mut at = 2_usize;
    loop {
        let [0xff, marker] = *bytes.get(at..at.checked_add(2)?)? else { return None };
        at = at.checked_add(2)?;
        if marker == EOI {
            return Some(at);
        }
        let length = bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_be_bytes)?;
        at = at.checked_add(usize::from(length))?;
        if marker == SOS {
            // In coded data 0xff is followed by 0, or by a restart marker.
            at = at.checked_add(bytes.get(at..)?.windows(2).position(
                |pair| matches!(pair, [0xff, next] if *next != 0 && !(0xd0..=0xd7).contains(next)),
            )?)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A comment that holds the end marker, a scan with a stuffed byte and a restart marker.
    const PICTURE: &[u8] =
        b"\xff\xd8\xff\xfe\0\x06\xff\xd9\xff\xd9\xff\xda\0\x03\0ab\xff\0c\xff\xd0d\xff\xd9";

    #[test]
    fn pictures_are_told_apart_and_the_rest_is_left_out() {
        let bytes = Bytes::from([PICTURE, PICTURE, &PICTURE[..10]].concat());
        assert_eq!(split(&bytes), [PICTURE, PICTURE]);
        assert_eq!(split(&Bytes::from_static(b"GIF89a")), Vec::<Bytes>::new());
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_without_a_panic(noise in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes = Bytes::from([b"\xff\xd8\xff".as_slice(), &noise].concat());
            let total: usize = split(&bytes).iter().map(Bytes::len).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
