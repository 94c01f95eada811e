//! The types and rules of Vitascope: identifiers, instants, videos, names people may choose, and who may do what.
//!
//! Pure: no IO, no tokio, no randomness and no clock of its own (time and random bytes are arguments).
//! SQL lives in `store`, HTTP shapes in `server`, media time in `cmaf`.
//! Start from [`Video`](video::Video)'s vocabulary in [`video`], [`authorize`] and [`Clock`](clock::Clock).

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod access;
pub mod clock;
pub mod edit;
pub mod grant;
mod ids;
pub mod mac;
pub mod outgoing;
mod secret;
pub mod text;
mod text_enum;
pub mod video;

pub use access::{Action, Denied, Object, Principal, Role, VideoAccess, authorize};
pub use clock::{Clock, Micros};
pub use ids::{AccountId, ChannelId, IdError, JobId, LinkId, SessionId, VideoId};
pub use secret::Secret;
pub use video::{Origin, State, Visibility};
