use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Hashes passwords with argon2id, a bounded number at once: each takes 19 MiB and some 20 ms of a core.
#[derive(Debug, Clone)]
pub(crate) struct PasswordPool(Arc<Semaphore>);

impl Default for PasswordPool {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }
}

impl PasswordPool {
    /// The PHC string to store for `password`.
    pub(crate) async fn hash(&self, password: String) -> anyhow::Result<String> {
        self.run(move || hash(&password)).await?
    }

    /// Whether `password` belongs to `stored`. Takes the same time when there is no such account (`None`).
    pub(crate) async fn verify(&self, password: String, stored: Option<String>) -> anyhow::Result<bool> {
        self.run(move || {
            // An account that a rebuild made has no password yet.
            let stored = stored.filter(|stored| !stored.is_empty());
            let exists = stored.is_some();
            let stored = match stored {
                Some(stored) => stored,
                None => nobody()?,
            };
            let parsed = PasswordHash::new(&stored)
                .map_err(|error| anyhow::anyhow!("stored password hash: {error}"))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && exists)
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
        let _turn = self.0.acquire().await?;
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|error| anyhow::anyhow!("argon2: {error}"))?.to_string())
}

/// A hash that no password has, made once.
fn nobody() -> anyhow::Result<String> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(known) = NOBODY.get() {
        return Ok(known.clone());
    }
    let made = hash(&crate::random::secret())?;
    Ok(NOBODY.get_or_init(|| made).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let pool = PasswordPool::default();
        let stored = pool.hash("correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(pool.verify("correct horse".into(), Some(stored.clone())).await.unwrap());
        assert!(!pool.verify("correct hors".into(), Some(stored)).await.unwrap());
        assert!(!pool.verify("correct horse".into(), None).await.unwrap());
        assert!(!pool.verify(String::new(), Some(String::new())).await.unwrap(), "rebuilt, not yet claimed");
    }
}
