//! HLS playlists as pure functions of snapshots: fill in the fields, which are named by their tags, and `to_string()`.
//!
//! Section numbers are those of RFC 8216bis (draft-pantos-hls-rfc8216bis), which keeps RFC 8216's where both have one.
//! Every text that comes from a person is cleaned when it is written, so no title can add an attribute or a line.

mod attributes;
mod bandwidth;
mod live;
mod media;
mod multivariant;
mod subtitles;

pub use bandwidth::Bandwidth;
pub use live::{LivePart, LivePlaylist, LiveSegment, OpenSegment, RenditionReport};
pub use media::{MediaPlaylist, MediaSegment};
pub use multivariant::{FrameRate, MultivariantPlaylist, Rendition, Resolution, Variant};
pub use subtitles::SubtitlesPlaylist;

/// A text as a URI: what none may hold is percent-encoded.
pub(crate) fn uri(text: &str) -> String {
    attributes::Uri(text).to_string()
}
