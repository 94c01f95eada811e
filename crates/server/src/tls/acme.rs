//! A certificate from an ACME authority (RFC 8555), by the TLS-ALPN-01 challenge (RFC 8737): the port that serves the videos
//! proves the name, so nothing else has to be reachable.

use super::{Shown, pem, provider};
use crate::config::Config;
use anyhow::Context as _;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::sign::CertifiedKey;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Authorities count failures by the hour, so the wait doubles from here to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(120);
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);
/// The longest time between two looks at the certificate's age: clocks are set.
const EVERY: Duration = Duration::from_secs(3600);
/// One order must come to its end in this time.
const ORDER_LIMIT: Duration = Duration::from_secs(180);

/// Who signs certificates for this instance's name.
#[derive(Debug)]
pub(super) struct Authority {
    name: String,
    directory: String,
    contact: Option<String>,
    /// Account and certificate, one folder per authority.
    folder: PathBuf,
}

impl Authority {
    /// Makes the folder for keys, which only this user can read.
    pub(super) fn open(config: &Config, name: &str) -> anyhow::Result<Self> {
        let authority = blake3::hash(config.acme_directory.as_bytes()).to_hex();
        let folder = config.data.join("acme").join(authority.get(..16).unwrap_or_default());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self {
            name: name.to_owned(),
            directory: config.acme_directory.clone(),
            contact: config.acme_contact.clone(),
            folder,
        })
    }

    /// The certificate of an earlier run.
    pub(super) fn kept(&self) -> Option<CertifiedKey> {
        let path = self.certificate();
        let bytes = fs::read(&path).ok()?;
        let name = path.display().to_string();
        pem::certified_key(&bytes, &bytes, [&name, &name])
            .inspect_err(|error| tracing::warn!("the kept certificate is not used: {error:#}"))
            .ok()
    }

    /// Gets a certificate when there is none, and a new one when two thirds of its life are over.
    pub(super) async fn renew(self, shown: &Shown, stop: CancellationToken) {
        let mut wait = FIRST_WAIT;
        loop {
            let rest = shown.current().map_or(Duration::ZERO, |key| rest(pem::validity(&key), pem::now()));
            let pause = if rest > Duration::ZERO {
                rest.min(EVERY)
            } else {
                let ordered = tokio::select! {
                    () = stop.cancelled() => return,
                    ordered = tokio::time::timeout(ORDER_LIMIT, self.order(shown)) => ordered,
                };
                shown.answer_challenges_with(None);
                match ordered.unwrap_or_else(|_| Err(anyhow::anyhow!("the authority took too long"))) {
                    Ok(key) => {
                        tracing::info!("there is a new certificate for {}", self.name);
                        wait = FIRST_WAIT;
                        let least = least(pem::validity(&key));
                        shown.show(key);
                        least
                    }
                    Err(error) => {
                        let pause = self.failed(&error, wait);
                        wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                        pause
                    }
                }
            };
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause) => {} }
        }
    }

    /// Says what went wrong and when the next try is; gives the time until then.
    fn failed(&self, error: &anyhow::Error, wait: Duration) -> Duration {
        tracing::error!(
            "no certificate for {} from {}: {error:#}. The authority must reach port 443 of this machine by that name. \
             Next try in {} minutes",
            self.name,
            self.directory,
            wait.as_secs() / 60
        );
        wait
    }

    async fn order(&self, shown: &Shown) -> anyhow::Result<CertifiedKey> {
        let account = self.account().await?;
        let names = [Identifier::Dns(self.name.clone())];
        let mut order = account.new_order(&NewOrder::new(&names)).await.context("the order was refused")?;
        self.prove(&mut order, shown).await?;
        let retries = RetryPolicy::new().timeout(ORDER_LIMIT);
        match order.poll_ready(&retries).await? {
            OrderStatus::Ready => {}
            _ => anyhow::bail!("the name was not proven{}", why(&mut order).await),
        }
        let key = order.finalize().await.context("the authority does not sign")?;
        let chain = order.poll_certificate(&retries).await.context("the certificate did not come")?;
        let both = format!("{key}\n{chain}");
        let certified = pem::certified_key(both.as_bytes(), both.as_bytes(), ["the answer", "the answer"])?;
        write_secret(&self.certificate(), both.as_bytes())?;
        Ok(certified)
    }

    /// Answers the challenges: a certificate of our own that carries the authority's question.
    async fn prove(&self, order: &mut Order, shown: &Shown) -> anyhow::Result<()> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let mut challenge = authorization
                .challenge(ChallengeType::TlsAlpn01)
                .context("the authority has no TLS-ALPN-01 challenge")?;
            let proof = proof(&self.name, challenge.key_authorization().digest().as_ref())?;
            shown.answer_challenges_with(Some(proof));
            challenge.set_ready().await?;
        }
        Ok(())
    }

    async fn account(&self) -> anyhow::Result<Account> {
        let path = self.folder.join("account.json");
        let builder =
            || Account::builder().context("the certificates of this machine's authorities cannot be read");
        if let Ok(bytes) = fs::read(&path) {
            let credentials = serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged; remove it to make a new account", path.display()))?;
            return builder()?.from_credentials(credentials).await.context("the authority does not answer");
        }
        let contact = self.contact.as_ref().map(|address| format!("mailto:{address}"));
        let contact: Vec<_> = contact.iter().map(String::as_str).collect();
        let new =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder()?
            .create(&new, self.directory.clone(), None)
            .await
            .context("no account with the authority")?;
        write_secret(&path, &serde_json::to_vec(&credentials)?)?;
        Ok(account)
    }

    fn certificate(&self) -> PathBuf {
        self.folder.join(format!("{}.pem", self.name))
    }
}

/// What the authority says about a challenge that failed.
async fn why(order: &mut Order) -> String {
    let mut authorizations = order.authorizations();
    let mut reasons = String::new();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if let Ok(state) = authorization.refresh().await {
            for problem in state.challenges.iter().filter_map(|challenge| challenge.error.as_ref()) {
                reasons = format!("{reasons}: {problem}");
            }
        }
    }
    reasons
}

/// The certificate that answers a TLS-ALPN-01 challenge (RFC 8737 §3).
fn proof(name: &str, digest: &[u8]) -> anyhow::Result<CertifiedKey> {
    anyhow::ensure!(digest.len() == 32, "a digest has 32 bytes");
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key)?;
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let key = provider().key_provider.load_private_key(private)?;
    // Not `from_der`: it verifies, and the proof is in an extension that must not be understood elsewhere.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// How long a certificate with this validity need not be renewed yet: two thirds of its life. `now` in seconds since 1970.
fn rest(validity: Option<(i64, i64)>, now: i64) -> Duration {
    let (from, to) = validity.unwrap_or_default();
    let due = from.saturating_add(to.saturating_sub(from) / 3 * 2);
    u64::try_from(due.saturating_sub(now)).map_or(Duration::ZERO, Duration::from_secs)
}

/// The shortest time until the next order: with a clock that is wrong, a new certificate may look old.
fn least(validity: Option<(i64, i64)>) -> Duration {
    let tenth = validity.and_then(|(from, to)| u64::try_from(to.saturating_sub(from) / 10).ok());
    tenth.map_or(EVERY, Duration::from_secs).clamp(Duration::from_secs(1), EVERY)
}

/// Whether a certificate can be had for this name.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(|label| {
            matches!(label.len(), 1..=63)
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Appears whole or not at all, readable by its owner only.
fn write_secret(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let aside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_can_be_made_of_any_digest() {
        assert!(proof("video.example", &[7; 32]).is_ok());
        assert!(proof("video.example", &[7; 31]).is_err());
    }

    #[test]
    fn a_certificate_is_due_when_two_thirds_of_its_life_are_over() {
        const DAY: i64 = 86_400;
        let validity = Some((1_000, 1_000 + 90 * DAY));
        let seconds = |days: i64| Duration::from_secs((days * DAY).unsigned_abs());
        assert_eq!(rest(validity, 1_000), seconds(60));
        assert_eq!(rest(validity, 1_000 + 59 * DAY), seconds(1));
        for late in [60 * DAY, 90 * DAY, 900 * DAY] {
            assert_eq!(rest(validity, 1_000 + late), Duration::ZERO);
        }
        assert_eq!(rest(None, 1_000), Duration::ZERO, "one that cannot be read is none");
        assert_eq!(rest(Some((600, 0)), 1_000), Duration::ZERO, "nor one that ends before it begins");
    }

    #[test]
    fn a_wrong_clock_or_an_odd_certificate_asks_the_authority_once_an_hour_at_most() {
        assert_eq!(least(Some((0, 90 * 86_400))), EVERY);
        assert_eq!(least(Some((0, 6 * 86_400))), EVERY);
        assert_eq!(least(Some((0, 600))), Duration::from_secs(60));
        assert_eq!(least(None), EVERY);
        assert_eq!(least(Some((600, 0))), EVERY);
        assert!(least(Some((0, 0))) > Duration::ZERO);
    }

    #[test]
    fn only_names_are_domains() {
        for good in ["video.example", "a-b.c.example", "xn--bcher-kva.example"] {
            assert!(is_name(good), "{good}");
        }
        for bad in
            ["", "localhost", "https://video.example", "video.example:443", "../x.y", "a..b", "-a.b", ".a.b"]
        {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
