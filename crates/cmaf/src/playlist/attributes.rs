//! Attribute values and URI lines (§4.2) that cannot break out of their place.

use std::fmt::{self, Write};

/// A quoted string. A quoted string cannot hold a double quote, a line break or a control character: quotes become
/// single ones, the others are left out. U+2028 and U+2029 end lines for JavaScript, so they go, too.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        self.0.chars().filter_map(clean).try_for_each(|char| f.write_char(char))?;
        f.write_char('"')
    }
}

/// Whether anything is left of a text when it is quoted.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().filter_map(clean).all(char::is_whitespace)
}

fn clean(char: char) -> Option<char> {
    match char {
        '"' => Some('\''),
        '\u{2028}' | '\u{2029}' => None,
        _ => (!char.is_control()).then_some(char),
    }
}

/// A URI on a line of its own or between quotes. What no URI may hold is percent-encoded.
pub(super) struct Uri<'a>(pub(super) &'a str);

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                // At the front of a line it would make a comment or a tag.
                b'#' if at == 0 => f.write_str("%23")?,
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => write!(f, "%{byte:02X}")?,
                b'!'..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_cannot_close_its_quotes_or_its_line() {
        let name = "a\",DEFAULT=YES\r\n#EXT-X-ENDLIST\u{2028}\u{0}\u{85}é🎬";
        assert_eq!(Quoted(name).to_string(), "\"a',DEFAULT=YES#EXT-X-ENDLISTé🎬\"");
    }

    #[test]
    fn a_uri_cannot_become_a_tag() {
        assert_eq!(Uri("#EXTM3U\n\"ä b").to_string(), "%23EXTM3U%0A%22%C3%A4%20b");
        assert_eq!(Uri("a/b-1.m4s?x=%20#t").to_string(), "a/b-1.m4s?x=%20#t");
    }

    proptest! {
        #[test]
        fn any_text_stays_between_its_quotes_on_its_line(text in any::<String>()) {
            let quoted = Quoted(&text).to_string();
            let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap();
            prop_assert!(!inner.contains(['"', '\r', '\n']));
            let uri = Uri(&text).to_string();
            prop_assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.starts_with('#'));
        }
    }
}
