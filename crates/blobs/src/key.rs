/// The key of an object: `/`-separated names of letters, digits, `-`, `_` and `.`; never a way out of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

/// The text cannot be an object's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object key")]
pub struct InvalidKey;

impl ObjectKey {
    /// Checks a key.
    ///
    /// # Errors
    /// When a name is empty, starts with a dot, or holds any other character.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let sound = text.len() <= 512
            && text
                .split('/')
                .all(|name| !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed));
        if sound { Ok(Self(text)) } else { Err(InvalidKey) }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_leads_out_of_the_folder() {
        assert!(ObjectKey::parse("videos/abc/v360/0-12-00ff.m4s").is_ok());
        for bad in ["", "/etc/passwd", "a//b", "../x", "a/..", "a/.hidden", "a\0b", "a b", "a\\b", "a/"] {
            assert_eq!(ObjectKey::parse(bad), Err(InvalidKey), "{bad:?}");
        }
    }
}
