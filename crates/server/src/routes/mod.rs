//! One file per endpoint; the router in `router.rs` lists them all.

pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod instance;
pub(crate) mod live;
pub(crate) mod me;
pub(crate) mod oembed;
pub(crate) mod part;
pub(crate) mod sessions;
pub(crate) mod videos;
