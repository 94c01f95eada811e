//! Passwords, attempts and sessions.

mod attempts;
mod passwords;
mod sessions;

pub(crate) use attempts::Attempts;
pub(crate) use passwords::PasswordPool;
pub(crate) use sessions::{Client, Tokens, hash_of, refresh, sign_in};
