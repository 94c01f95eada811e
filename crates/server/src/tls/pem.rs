use super::provider;
use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::time::{SystemTime, UNIX_EPOCH};

/// A certificate chain and its key, which must belong together. Says in words what is wrong; `names` are those of the two sources.
pub(super) fn certified_key(chain: &[u8], key: &[u8], names: [&str; 2]) -> anyhow::Result<CertifiedKey> {
    let [chain_name, key_name] = names;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| anyhow::anyhow!("{chain_name} is no PEM file: {error}"))?;
    anyhow::ensure!(
        !certificates.is_empty(),
        "{chain_name} holds no certificate; it must be PEM: -----BEGIN CERTIFICATE-----"
    );
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
        anyhow::anyhow!("{key_name} holds no private key; it must be PEM without a passphrase ({error})")
    })?;
    match CertifiedKey::from_der(certificates, key, &provider()) {
        Ok(certified) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            anyhow::bail!("the key {key_name} does not belong to the certificate {chain_name}")
        }
        Err(error) => Err(error).with_context(|| format!("{chain_name} and {key_name} cannot be used")),
    }
}

/// From when to when a certificate holds, in seconds since 1970.
pub(super) fn validity(key: &CertifiedKey) -> Option<(i64, i64)> {
    let (_, certificate) = x509_parser::parse_x509_certificate(key.end_entity_cert().ok()?).ok()?;
    let validity = certificate.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// Whole days until the certificate ends; negative afterwards.
pub(super) fn days_left(key: &CertifiedKey) -> Option<i64> {
    Some(validity(key)?.1.saturating_sub(now()).div_euclid(86_400))
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
