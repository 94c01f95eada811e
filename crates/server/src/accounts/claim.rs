//! Giving an account a new password from the machine itself: a forgotten one, or the first one after a rebuild.

use super::PasswordPool;
use crate::random;
use anyhow::Context as _;
use domain::text::{Email, Username};
use domain::{Micros, Role};
use std::path::Path;
use store::Store;

/// Gives the account `username` of the data folder a new random password, which is answered. Works while a server runs.
///
/// # Errors
/// In words for an operator: there is no such account, the address is another's.
pub async fn claim_account(
    data: &Path,
    username: &Username,
    email: Option<&Email>,
    role: Option<Role>,
    now: Micros,
) -> anyhow::Result<String> {
    let database = data.join("vitascope.db");
    anyhow::ensure!(database.is_file(), "{} holds no catalogue", data.display());
    let store = Store::open(&database).await.context("cannot open the database")?;
    let password: String = random::secret().chars().take(PASSWORD_LENGTH).collect();
    let hash = PasswordPool::default().hash(password.clone()).await?;
    let claimed = store.claim_account(username, &hash, email, role, now).await;
    store.close().await;
    match claimed {
        Ok(true) => Ok(password),
        Ok(false) => anyhow::bail!("there is no account {username}"),
        Err(store::Error::Taken(_)) => anyhow::bail!("another account has this address"),
        Err(error) => Err(error.into()),
    }
}

/// Characters of base64url: 120 bits.
const PASSWORD_LENGTH: usize = 20;
