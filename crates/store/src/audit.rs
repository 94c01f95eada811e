//! The audit log: security events, kept for who runs the instance.

use crate::{Cursor, Result, Store, Tx};
use domain::{AccountId, Micros};

/// A security event.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditEntry {
    /// Names it.
    pub id: String,
    /// When it happened.
    #[sqlx(try_from = "i64")]
    pub at: Micros,
    /// Stable, for programs: `sign_in`, `role_changed`, ….
    pub event: String,
    /// Whose account it is about.
    pub account_id: Option<String>,
    /// Who did it, when it was an account.
    pub actor_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// In words; never a secret.
    pub detail: String,
}

/// What is written of a security event.
#[derive(Debug, Clone, Copy)]
pub struct NewAuditEntry<'a> {
    /// Names it: random, so that entries of one instant keep an order.
    pub id: &'a str,
    /// Now.
    pub now: Micros,
    /// Stable, for programs.
    pub event: &'static str,
    /// Whose account it is about.
    pub account: Option<&'a AccountId>,
    /// Who did it, when it was an account.
    pub actor: Option<&'a AccountId>,
    /// Where the request came from.
    pub address: Option<&'a str>,
    /// In words; never a secret.
    pub detail: &'a str,
}

impl Store {
    /// Security events, newest first, up to `limit`, after `cursor`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, cursor: Option<&Cursor>, limit: i64) -> Result<Vec<AuditEntry>> {
        let (at, id) = cursor.map_or((i64::MAX, ""), |cursor| (cursor.at, cursor.id.as_str()));
        self.db
            .all(
                "SELECT * FROM audit WHERE at < $1 OR (at = $1 AND id < $2) ORDER BY at DESC, id DESC LIMIT $3",
                (at, id, limit),
            )
            .await
    }

    /// Removes security events from before `then`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_audit(&self, then: Micros) -> Result<u64> {
        self.db.run("DELETE FROM audit WHERE at < $1", (then.0,)).await
    }
}

impl Tx {
    /// Writes down a security event, with what it is about or not at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_audit(&mut self, new: &NewAuditEntry<'_>) -> Result<()> {
        self.run(
            "INSERT INTO audit (id, at, event, account_id, actor_id, address, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            (
                new.id,
                new.now.0,
                new.event,
                new.account.map(AccountId::as_str),
                new.actor.map(AccountId::as_str),
                new.address,
                new.detail,
            ),
        )
        .await
        .map(drop)
    }
}
