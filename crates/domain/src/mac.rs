//! Keyed message authentication codes: who gave out this URL, and was it changed since?

use data_encoding::BASE64URL_NOPAD;

/// The instance's master secret, from which every key is derived; never printed.
#[derive(Clone)]
pub struct MasterSecret([u8; 32]);

impl MasterSecret {
    /// Wraps 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A signer whose codes are worthless for any other `purpose`.
    #[must_use]
    pub fn signer(&self, purpose: &'static str) -> Signer {
        Signer(blake3::derive_key(purpose, &self.0))
    }
}

impl std::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterSecret(…)")
    }
}

/// Signs and checks field lists with keyed BLAKE3 (128-bit codes).
#[derive(Clone)]
pub struct Signer([u8; 32]);

impl Signer {
    /// The code over `fields`; each field is framed by its length, so no two lists collide.
    #[must_use]
    pub fn sign(&self, fields: &[&[u8]]) -> String {
        let code = self.code(fields);
        BASE64URL_NOPAD.encode(code.as_bytes().get(..CODE_BYTES).unwrap_or_default())
    }

    /// Whether `code` is what [`Signer::sign`] gives for `fields`, compared in constant time.
    #[must_use]
    pub fn verify(&self, fields: &[&[u8]], code: &str) -> bool {
        // BLAKE3 hashes compare in constant time; hashing both sides also hides where they differ.
        blake3::hash(self.sign(fields).as_bytes()) == blake3::hash(code.as_bytes())
    }

    fn code(&self, fields: &[&[u8]]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for field in fields {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        hasher.finalize()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

const CODE_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_for_its_fields_and_purpose_only() {
        let secret = MasterSecret::new([7; 32]);
        let signer = secret.signer("a");
        let code = signer.sign(&[b"ab", b"c"]);
        assert!(signer.verify(&[b"ab", b"c"], &code));
        assert!(!signer.verify(&[b"a", b"bc"], &code));
        assert!(!signer.verify(&[b"ab", b"c"], ""));
        assert!(!secret.signer("b").verify(&[b"ab", b"c"], &code));
    }
}
