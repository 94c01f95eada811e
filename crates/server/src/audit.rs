//! Security events: written in the transaction that they are about, told to the log, listed for the admin.

use crate::app::App;
use crate::problem::Result;
use crate::random;
use domain::AccountId;
use std::net::IpAddr;
use store::Tx;
use store::audit::NewAuditEntry;

/// A security event that is about to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audit<'a> {
    /// Stable, for programs.
    pub(crate) event: &'static str,
    /// Whose account it is about.
    pub(crate) account: Option<&'a AccountId>,
    /// Who did it, when it was an account.
    pub(crate) actor: Option<&'a AccountId>,
    /// Where the request came from.
    pub(crate) address: Option<IpAddr>,
    /// In words; never a secret.
    pub(crate) detail: &'a str,
}

impl<'a> Audit<'a> {
    /// Something that an account did to itself.
    pub(crate) fn own(event: &'static str, account: &'a AccountId, address: Option<IpAddr>) -> Self {
        Self { event, account: Some(account), actor: Some(account), address, detail: "" }
    }

    /// Writes it down.
    pub(crate) async fn write(self, app: &App, tx: &mut Tx) -> Result<()> {
        tracing::info!(target: "audit", event = self.event, account = self.account.map(AccountId::as_str),
            actor = self.actor.map(AccountId::as_str), detail = self.detail);
        let id = random::secret();
        let address = self.address.map(|address| address.to_string());
        let entry = NewAuditEntry {
            id: id.get(..22).unwrap_or(&id),
            now: app.now(),
            event: self.event,
            account: self.account,
            actor: self.actor,
            address: address.as_deref(),
            detail: self.detail,
        };
        Ok(tx.insert_audit(&entry).await?)
    }
}
