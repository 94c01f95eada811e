//! Passwords and sessions.

mod claim;
mod passwords;
mod sessions;

pub use claim::claim_account;
pub(crate) use passwords::PasswordPool;
pub(crate) use sessions::{Client, Tokens, hash_of, refresh, sign_in};
