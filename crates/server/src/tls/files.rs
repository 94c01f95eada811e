use super::{Shown, pem};
use anyhow::Context as _;
use rustls::sign::CertifiedKey;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at. Two `stat` calls cost nothing, and no tool has to tell us that it renewed.
const EVERY: Duration = Duration::from_secs(2);
/// Renewal that is this near should have happened.
const WARN_DAYS: i64 = 7;

/// A certificate that somebody else keeps in two files.
#[derive(Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What changes when a file is replaced or written again.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Files {
    pub(super) fn new(certificate: &Path, key: &Path) -> Self {
        Self { certificate: certificate.to_owned(), key: key.to_owned() }
    }

    /// The certificate that is in the files now.
    pub(super) fn load(&self) -> anyhow::Result<CertifiedKey> {
        let (certificate, key) = (self.certificate.display().to_string(), self.key.display().to_string());
        let chain = fs::read(&self.certificate)
            .with_context(|| format!("cannot read the certificate {certificate}"))?;
        let private = fs::read(&self.key).with_context(|| format!("cannot read the private key {key}"))?;
        let loaded = pem::certified_key(&chain, &private, [&certificate, &key])?;
        if let Some(days @ ..WARN_DAYS) = pem::days_left(&loaded) {
            tracing::warn!("the certificate {certificate} ends in {days} days; browsers will refuse it then");
        }
        Ok(loaded)
    }

    /// Shows what is in the files whenever they change. Files that do not fit (the key is not written yet) leave the shown one.
    pub(super) async fn follow(self, shown: &Shown, stop: CancellationToken) {
        let mut known = self.stamp();
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
            let now = self.stamp();
            if now == known {
                continue;
            }
            known = now;
            match self.load() {
                Ok(key) => {
                    shown.show(key);
                    tracing::info!("the certificate was replaced; new connections get the new one");
                }
                Err(error) => tracing::warn!("the new certificate is not used: {error:#}"),
            }
        }
    }

    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        })
    }
}
