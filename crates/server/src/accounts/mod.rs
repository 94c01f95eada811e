//! Passwords and sessions.

mod passwords;
mod sessions;

pub(crate) use passwords::PasswordPool;
pub(crate) use sessions::{Client, Tokens, hash_of, refresh, sign_in};
