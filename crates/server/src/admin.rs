//! What an operator does to accounts from the command line, also while the server runs.

use crate::accounts::PasswordPool;
use crate::config::Config;
use crate::random;
use anyhow::Context as _;
use domain::text::Email;
use domain::{Clock as _, Role};
use store::Store;
use store::accounts::Account;
use store::audit::NewAuditEntry;

/// Changes what an account may do. It holds from its next request on.
///
/// # Errors
/// In words for an operator: no such account, no such data folder.
pub async fn set_role(config: &Config, login: &str, role: Role) -> anyhow::Result<()> {
    let (store, account) = open(config, login).await?;
    let mut tx = store.begin().await?;
    tx.set_role(&account.id, role).await?;
    write(&mut tx, &account, "role_changed", role.as_str()).await?;
    Ok(tx.commit().await?)
}

/// Gives an account a new random password, and a new address and role where they are named, and ends all its sessions;
/// answers the password.
///
/// # Errors
/// In words for an operator: no such account, no such data folder, another's address.
pub async fn reset_password(
    config: &Config,
    login: &str,
    email: Option<&Email>,
    role: Option<Role>,
) -> anyhow::Result<String> {
    let (store, account) = open(config, login).await?;
    // 120 bits in base64url.
    let password: String = random::secret().chars().take(20).collect();
    let hash = PasswordPool::default().hash(password.clone()).await?;
    let mut tx = store.begin().await?;
    tx.set_password(&account.id, &hash).await?;
    if let Some(email) = email {
        match tx.set_email(&account.id, email).await {
            Err(store::Error::Taken(_)) => anyhow::bail!("another account has this address"),
            changed => changed?,
        };
    }
    if let Some(role) = role {
        tx.set_role(&account.id, role).await?;
        write(&mut tx, &account, "role_changed", role.as_str()).await?;
    }
    tx.revoke_sessions_of(&account.id, None, crate::server::SystemClock.now()).await?;
    write(&mut tx, &account, "password_reset", "by the operator; all sessions ended").await?;
    tx.commit().await?;
    Ok(password)
}

async fn open(config: &Config, login: &str) -> anyhow::Result<(Store, Account)> {
    let file = config.data.join("vitascope.db");
    anyhow::ensure!(
        file.exists(),
        "there is no instance in {}; name its folder with --data",
        config.data.display()
    );
    let store = Store::open(&file).await.context("cannot open the database")?;
    let account = store.account_by_login(&login.to_lowercase()).await?;
    Ok((store, account.with_context(|| format!("there is no account {login}"))?))
}

async fn write(
    tx: &mut store::Tx,
    account: &Account,
    event: &'static str,
    detail: &str,
) -> anyhow::Result<()> {
    let id = random::secret();
    let entry = NewAuditEntry {
        id: id.get(..22).unwrap_or(&id),
        now: crate::server::SystemClock.now(),
        event,
        account: Some(&account.id),
        actor: None,
        address: None,
        detail,
    };
    Ok(tx.insert_audit(&entry).await?)
}
