//! https in this process: which certificate is shown, where it comes from, and what the protocol may do.

mod acme;
mod files;
mod pem;

pub(crate) use acme::is_name;

use crate::config::Config;
use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_util::sync::CancellationToken;

/// The protocol of a TLS-ALPN-01 challenge (RFC 8737 §6.2).
const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// What a listener needs for https, and who keeps it fresh.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    shown: Arc<Shown>,
    source: Source,
}

/// Where certificates come from.
#[derive(Debug)]
enum Source {
    Files(files::Files),
    Acme(acme::Authority),
}

impl Tls {
    /// Https as configured; `None` without it.
    ///
    /// # Errors
    /// In words for an operator: settings that contradict each other, files that cannot be used.
    pub(crate) fn open(config: &Config) -> anyhow::Result<Option<Self>> {
        let shown = Arc::new(Shown::default());
        let source = match (&config.tls_cert, &config.tls_key, &config.domain) {
            (None, None, None) => {
                anyhow::ensure!(
                    config.http_listen.is_none(),
                    "http_listen redirects to https, so it needs tls_cert and tls_key, or domain"
                );
                return Ok(None);
            }
            (Some(certificate), Some(key), None) => {
                let files = files::Files::new(certificate, key);
                shown.show(files.load()?);
                Source::Files(files)
            }
            (None, None, Some(name)) => {
                let authority = acme::Authority::open(config, name)?;
                if let Some(kept) = authority.kept() {
                    shown.show(kept);
                }
                Source::Acme(authority)
            }
            (_, _, Some(_)) => {
                anyhow::bail!("domain brings its own certificate: leave out tls_cert and tls_key")
            }
            _ => anyhow::bail!("tls_cert and tls_key are needed together"),
        };
        let config = server_config(Arc::clone(&shown), matches!(source, Source::Acme(_)))?;
        Ok(Some(Self { config: Arc::new(config), shown, source }))
    }

    /// Keeps the certificate fresh until `stop`. Connections that are open stay open.
    pub(crate) async fn keep_fresh(self, stop: CancellationToken) {
        match self.source {
            Source::Files(files) => files.follow(&self.shown, stop).await,
            Source::Acme(authority) => authority.renew(&self.shown, stop).await,
        }
    }
}

/// What there is to say about the configured certificate, for `vitascope doctor`; `None` without https.
///
/// # Errors
/// As `serve` would fail.
pub fn describe(config: &Config) -> anyhow::Result<Option<String>> {
    let Some(tls) = Tls::open(config)? else { return Ok(None) };
    let days = tls.shown.current().and_then(|key| pem::days_left(&key));
    Ok(Some(match (&tls.source, days) {
        (Source::Files(_), Some(days)) => format!("the certificate ends in {days} days"),
        (Source::Acme(_), Some(days)) => format!("the certificate ends in {days} days and is renewed before"),
        (_, None) => "a certificate will be asked for when the server starts".to_owned(),
    }))
}

/// The certificate that is shown now, and the one that answers a challenge.
#[derive(Debug, Default)]
struct Shown {
    certificate: RwLock<Option<Arc<CertifiedKey>>>,
    challenge: RwLock<Option<Arc<CertifiedKey>>>,
}

impl Shown {
    fn current(&self) -> Option<Arc<CertifiedKey>> {
        self.certificate.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, key: CertifiedKey) {
        *self.certificate.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(key));
    }

    fn answer_challenges_with(&self, key: Option<CertifiedKey>) {
        *self.challenge.write().unwrap_or_else(PoisonError::into_inner) = key.map(Arc::new);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut protocols = hello.alpn().into_iter().flatten();
        if protocols.next() == Some(ACME_PROTOCOL) && protocols.next().is_none() {
            return self.challenge.read().unwrap_or_else(PoisonError::into_inner).clone();
        }
        self.current()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn server_config(shown: Arc<Shown>, challenges: bool) -> anyhow::Result<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .context("the TLS library has no protocol version")?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if challenges {
        config.alpn_protocols.push(ACME_PROTOCOL.to_vec());
    }
    // Sessions resume by tickets that we need not keep, so clients cannot fill our memory.
    config.ticketer = rustls::crypto::ring::Ticketer::new().context("the TLS library has no randomness")?;
    config.send_tls13_tickets = 2;
    Ok(config)
}
