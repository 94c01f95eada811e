//! Passwords, attempts and sessions.

mod attempts;
mod claim;
mod passwords;
mod sessions;

pub(crate) use attempts::Attempts;
pub use claim::claim_account;
pub(crate) use passwords::PasswordPool;
pub(crate) use sessions::{Client, Tokens, hash_of, refresh, sign_in};
