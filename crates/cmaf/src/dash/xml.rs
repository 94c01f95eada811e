//! Texts that cannot break out of their place in an XML document.

use std::fmt::{self, Write};

use crate::MediaTime;

/// Character data, or the value of an attribute between double quotes. What XML 1.0 cannot hold at all is left out,
/// breaks become spaces.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => f.write_char(' ')?,
                '\u{fffe}' | '\u{ffff}' => {}
                char if char.is_control() => {}
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// Whether a text is an `xs:language`.
pub(super) fn is_language(text: &str) -> bool {
    text.split('-').enumerate().all(|(at, part)| {
        let good = |byte: u8| if at == 0 { byte.is_ascii_alphabetic() } else { byte.is_ascii_alphanumeric() };
        (1..=8).contains(&part.len()) && part.bytes().all(good)
    })
}

/// An `xs:duration` in seconds; negative ones are zero.
pub(super) struct Duration(pub(super) MediaTime);

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros().max(0);
        write!(f, "PT{}.{:06}S", micros / 1_000_000, micros % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn languages_have_a_form() {
        for good in ["en", "de-CH", "zh-Hant-TW", "und", "es-419"] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "-", "en-", "419", "en_GB", "englishes", "e n", "en\"", "\u{e9}"] {
            assert!(!is_language(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_has_markup(text in any::<String>()) {
            let written = Text(&text).to_string();
            prop_assert!(!written.contains(['<', '>', '"', '\'', '\n', '\0']));
            prop_assert!(written.split('&').skip(1).all(|entity| entity.contains(';')));
        }
    }
}
