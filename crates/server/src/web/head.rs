//! The tags of a page's head. Whatever they are given is text; it can end neither its attribute nor its element.

use serde_json::Value;

/// Tags, each with its text made safe.
pub(super) struct Head(String);

impl Head {
    /// A head with its title.
    pub(super) fn titled(title: &str) -> Self {
        Self(format!("<title>{}</title>\n", escape(title)))
    }

    /// `<meta>`; nothing for an empty text.
    pub(super) fn meta(&mut self, kind: &str, key: &str, content: &str) {
        if !content.is_empty() {
            self.0 += &format!("<meta {kind}=\"{key}\" content=\"{}\">\n", escape(content));
        }
    }

    /// `<link>` with further attributes, whose names are ours.
    pub(super) fn link(&mut self, rel: &str, href: &str, more: &[(&str, &str)]) {
        let more: String =
            more.iter().map(|(name, value)| format!(" {name}=\"{}\"", escape(value))).collect();
        self.0 += &format!("<link rel=\"{rel}\" href=\"{}\"{more}>\n", escape(href));
    }

    /// A data block (HTML §4.12.1): never run, so the content security policy has no say, but `</script>` would end it.
    pub(super) fn json_ld(&mut self, value: &Value) {
        let text = value
            .to_string()
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029");
        self.0 += &format!("<script type=\"application/ld+json\">{text}</script>\n");
    }

    /// All tags, in the order in which they were added.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Makes text safe inside an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_leave_their_attribute() {
        assert_eq!(escape("\"><script>'&"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }
}
