//! The size of a JPEG picture, from its frame header (ITU-T T.81 §B.2.2). Pure.

/// Width and height in pixels; `None` when the bytes are no JPEG or end before its frame header.
#[must_use]
pub fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (marker, after) = match rest {
            // Fill bytes may stand before a marker.
            [0xff, 0xff, ..] => {
                rest = rest.get(1..)?;
                continue;
            }
            [0xff, marker, after @ ..] => (*marker, after),
            _ => return None,
        };
        let length = usize::from(u16::from_be_bytes(after.first_chunk().copied()?));
        if is_frame_header(marker) {
            let [_, _, _, h1, h2, w1, w2, ..] = *after else { return None };
            let (height, width) = (u16::from_be_bytes([h1, h2]), u16::from_be_bytes([w1, w2]));
            return (width > 0 && height > 0).then(|| (u32::from(width), u32::from(height)));
        }
        if length < 2 {
            return None;
        }
        rest = after.get(length..)?;
    }
}

/// SOF0 to SOF15 without DHT, JPG and DAC, which stand among them.
fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &[u8] =
        b"\xff\xd8\xff\xe0\x00\x04JF\xff\xff\xc4\x00\x03x\xff\xc0\x00\x0b\x08\x02\xd0\x05\x00\x01\x01\x11\x00\xff\xda";

    #[test]
    fn the_size_stands_in_the_frame_header() {
        assert_eq!(dimensions(SMALL), Some((1280, 720)));
    }

    #[test]
    fn anything_else_is_no_size_and_no_panic() {
        for end in 0..SMALL.len() - 6 {
            let (cut, _) = SMALL.split_at(end);
            assert!(dimensions(cut).is_none_or(|size| size == (1280, 720)));
            let mut changed = SMALL.to_vec();
            for byte in [0x00, 0x01, 0xff] {
                changed[end] = byte;
                let _any = dimensions(&changed);
            }
        }
        assert_eq!(dimensions(b"\x89PNG\r\n"), None);
        assert_eq!(dimensions(b"\xff\xd8\xff\xe0\x00\x00"), None);
        assert_eq!(dimensions(b"\xff\xd8\xff\xe0\x00\x01\xff\xe0\x00\x01"), None);
    }
}
