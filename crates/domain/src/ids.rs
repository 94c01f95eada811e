//! Opaque identifiers: 64 random bits as 11 characters of base64url, one type per thing they name.

use data_encoding::BASE64URL_NOPAD;

/// The text is not 11 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct IdError;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes an identifier from eight random bytes.
            #[must_use]
            pub fn from_random(bytes: [u8; 8]) -> Self {
                Self(BASE64URL_NOPAD.encode(&bytes))
            }

            /// The 11 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                let is_id = text.len() == 11 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                if is_id { Ok(Self(text)) } else { Err(IdError) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Names an account.
    AccountId
);
id!(
    /// Names a channel.
    ChannelId
);
id!(
    /// Names a signed-in session (one browser of one account).
    SessionId
);
id!(
    /// Names a video, whether uploaded, recorded or broadcast.
    VideoId
);
id!(
    /// Names a share link; no secret.
    LinkId
);
id!(
    /// Names a job of the queue.
    JobId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_survives_text() {
        let id = VideoId::from_random([0xff; 8]);
        assert_eq!(id.as_str().len(), 11);
        assert_eq!(id.as_str().parse::<VideoId>(), Ok(id));
    }

    #[test]
    fn path_tricks_are_not_identifiers() {
        for bad in ["", "..", "../../../ab", "a/b/c/d/e/f", "12345678901\0", "123456789012", "1234567890é"] {
            assert_eq!(bad.parse::<VideoId>(), Err(IdError), "{bad:?}");
        }
    }
}
