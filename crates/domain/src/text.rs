//! Words that people choose: parsed into types that cannot hold what a page, a log or a file name must not contain.

use unicode_normalization::UnicodeNormalization;

/// The text is none of the words this type knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known {0}")]
pub struct UnknownWord(pub(crate) &'static str);

/// Why a text was refused, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TextError(String);

macro_rules! text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// A video's title: one line, 1–200 characters.
    Title
);
text!(
    /// A video's description: up to 10,000 characters, line breaks kept.
    Description
);
text!(
    /// The name of an uploaded file, for people to recognise it; never a path (1–255 characters).
    FileName
);
text!(
    /// A login name and first channel handle: 3–30 of a–z, 0–9 and `_`, starting with a letter or a digit.
    Username
);
text!(
    /// An e-mail address, lower case, at most 254 characters.
    Email
);

impl Title {
    /// Longest title in characters.
    pub const MAX: usize = 200;

    /// Cleans and checks a title.
    ///
    /// # Errors
    /// When nothing visible is left or it is too long.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let line = one_line(text);
        bounded(&line, 1, Self::MAX, "The title")?;
        Ok(Self(line))
    }
}

impl Description {
    /// Longest description in characters.
    pub const MAX: usize = 10_000;

    /// Cleans and checks a description; it may be empty.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let clean: String = visible(text).replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        bounded(&clean, 0, Self::MAX, "The description")?;
        Ok(Self(clean))
    }
}

impl FileName {
    /// Keeps the last component of whatever a browser or script sent, without anything a path or a terminal could act on.
    #[must_use]
    pub fn clean(text: &str) -> Self {
        let last = text.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
        let line: String = one_line(last).chars().take(255).collect();
        Self(if line.is_empty() { "video".to_owned() } else { line })
    }

    /// The name without its extension, as a first title.
    #[must_use]
    pub fn stem(&self) -> &str {
        match self.0.rsplit_once('.') {
            Some((stem, _)) if !stem.trim().is_empty() => stem,
            _ => &self.0,
        }
    }
}

impl Username {
    /// Checks a user name; letters are folded to lower case.
    ///
    /// # Errors
    /// Says which characters are allowed, or that the name is reserved.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let name = text.trim().to_ascii_lowercase();
        bounded(&name, 3, 30, "The user name")?;
        let allowed = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !allowed || name.starts_with('_') {
            return Err(TextError("Use letters a–z, digits and _ (not first) for the user name.".into()));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(TextError("This user name is reserved; choose another one.".into()));
        }
        Ok(Self(name))
    }
}

impl Email {
    /// Checks the shape of an address; whether it reaches anyone only a mail can tell.
    ///
    /// # Errors
    /// When it cannot be an address.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let address = text.trim().to_lowercase();
        let plain =
            address.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"<>()[]\\,;:\"".contains(c));
        let shaped = address.rsplit_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && !local.contains('@')
                && host.contains('.')
                && !host.starts_with(['.', '-'])
                && !host.ends_with(['.', '-'])
                && !host.contains("..")
        });
        if plain && shaped && address.len() <= 254 {
            Ok(Self(address))
        } else {
            Err(TextError("This is not an e-mail address.".into()))
        }
    }
}

/// Names that would read as a part of the site, or as its voice.
const RESERVED: [&str; 16] = [
    "admin",
    "administrator",
    "api",
    "assets",
    "embed",
    "help",
    "live",
    "media",
    "moderator",
    "my",
    "root",
    "support",
    "system",
    "upload",
    "vitascope",
    "www",
];

fn one_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// NFC without control characters (tab and line breaks stay) and without the marks that reorder or hide text.
fn visible(text: &str) -> String {
    // First what goes, then what composes: a letter and its accent may have stood apart.
    text.chars()
        .filter(|&c| (!c.is_control() || matches!(c, '\n' | '\r' | '\t')) && !reorders_or_hides(c))
        .nfc()
        .collect()
}

fn reorders_or_hides(c: char) -> bool {
    // Joiners (U+200C, U+200D) stay: scripts and emoji need them. Bidi overrides and isolates can spoof a name.
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

fn bounded(text: &str, min: usize, max: usize, what: &str) -> Result<(), TextError> {
    let count = text.chars().count();
    if count == 0 && min > 0 {
        Err(TextError(format!("{what} is missing.")))
    } else if count < min {
        Err(TextError(format!("{what} needs at least {min} characters.")))
    } else if count > max {
        Err(TextError(format!("{what} has {count} characters; {max} is the most.")))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_between_a_letter_and_its_accent_does_not_keep_them_apart() {
        for between in ["\0", "\u{202e}", "\u{feff}\u{7}"] {
            let title = Title::parse(&format!("e{between}\u{308}")).unwrap();
            assert_eq!(title.as_str(), "ë");
        }
    }

    #[test]
    fn titles_keep_scripts_and_emoji_but_no_tricks() {
        assert_eq!(
            Title::parse("  Été \u{202e}4pm.exe\0 👩‍👩‍👧 \n two ").unwrap().as_str(),
            "Été 4pm.exe 👩‍👩‍👧 two"
        );
        assert!(Title::parse("\u{200f}\u{202e}\0 ").is_err());
        assert!(Title::parse(&"x".repeat(201)).is_err());
    }

    #[test]
    fn file_names_are_never_paths() {
        for (sent, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\clip.mov", "clip.mov"),
            ("\0\0", "video"),
            ("a/b/", "b"),
            ("gnp.\u{202e}4pm", "gnp.4pm"),
        ] {
            assert_eq!(FileName::clean(sent).as_str(), kept, "{sent:?}");
        }
        assert_eq!(FileName::clean("holiday.2024.mp4").stem(), "holiday.2024");
        assert_eq!(FileName::clean(".mp4").stem(), ".mp4");
    }

    #[test]
    fn user_names_fold_and_refuse_look_alikes() {
        assert_eq!(Username::parse(" Ada_99 ").unwrap().as_str(), "ada_99");
        for bad in ["ab", "_ada", "аda", "ada lovelace", "admin", "a\0bc", ""] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_with_line_breaks_are_refused() {
        assert_eq!(Email::parse(" Ada@Example.org ").unwrap().as_str(), "ada@example.org");
        for bad in ["ada", "@x.y", "a@b", "a@b.c\r\nBcc: x@y.z", "a b@c.d", "a@@b.c", "a@b..c", "a@.b.c"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
