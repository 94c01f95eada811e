//! The media in fragments, whatever the boxes around it.

/// The bodies of the `mdat` boxes, one behind the other; `None` when these are no boxes (ISO/IEC 14496-12 §4.2).
pub(crate) fn media(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (size, rest) = bytes.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (header, size) = match u32::from_be_bytes(*size) {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
            size => (8, usize::try_from(size).ok()?),
        };
        let body = bytes.get(header..size)?;
        if kind == b"mdat" {
            found.extend_from_slice(body);
        }
        bytes = bytes.get(size..)?;
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_around_it_do_not_count_and_lies_are_no_media() {
        let one = b"\0\0\0\x09moof_\0\0\0\x0amdatab".as_slice();
        let two = b"\0\0\0\x08moof\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab".as_slice();
        assert_eq!(media(one).as_deref(), Some(b"ab".as_slice()));
        assert_eq!(media(two), media(one));
        assert_eq!(media(&[one, one].concat()).as_deref(), Some(b"abab".as_slice()));
        for broken in [b"".as_slice(), b"\0\0\0\x07mdat", b"\0\0\0\xffmdatab", b"\0\0\0\x08moof", b"\0\0"] {
            assert_eq!(media(broken), None, "{broken:?}");
        }
    }
}
