//! Attribute lists of tags (RFC 8216bis §4.2).

/// The attributes of a tag, in order; quotes are taken off.
pub(crate) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    pub(crate) fn parse(mut text: &'a str) -> Self {
        let mut found = Vec::new();
        while let Some((name, rest)) = text.split_once('=') {
            let (value, after) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (value, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                    (value, after.strip_prefix(',').unwrap_or(after))
                }
                None => rest.split_once(',').unwrap_or((rest, "")),
            };
            found.push((name.trim(), value));
            text = after;
        }
        Self(found)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    pub(crate) fn yes(&self, name: &str) -> bool {
        self.text(name) == Some("YES")
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn micros(&self, name: &str) -> Option<i64> {
        micros(self.text(name)?)
    }
}

/// Decimal seconds as microseconds.
pub(crate) fn micros(text: &str) -> Option<i64> {
    const MOST: f64 = 1e9;
    let seconds: f64 = text.trim().parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "at most a billion seconds")]
    (0.0..=MOST).contains(&seconds).then(|| (seconds * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_separate_nothing() {
        let read = Attributes::parse(
            "CODECS=\"avc1.64001f,mp4a.40.2\",URI=\"a=b.m3u8\",LAST-MSN=7,CAN-BLOCK-RELOAD=YES",
        );
        assert_eq!(read.text("CODECS"), Some("avc1.64001f,mp4a.40.2"));
        assert_eq!(read.text("URI"), Some("a=b.m3u8"));
        assert_eq!(read.number("LAST-MSN"), Some(7));
        assert!(read.yes("CAN-BLOCK-RELOAD") && !read.yes("URI"));
    }

    #[test]
    fn seconds_are_finite_and_not_negative() {
        assert_eq!(
            ["0.36", "4", "-1", "NaN", "1e99", ""].map(micros),
            [Some(360_000), Some(4_000_000), None, None, None, None]
        );
    }
}
