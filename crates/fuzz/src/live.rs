//! What a stranger sends to the port of encoders, and asks of a live playlist.

use ::live::reload::{Ask, Edge};

/// A connection of an encoder, which may send anything from its first byte on.
pub(crate) fn rtmp(bytes: &[u8]) {
    let _events = ::live::hear(bytes);
}

/// What an encoder says of its picture and its sound: what is taken can be read back.
pub(crate) fn configuration(bytes: &[u8]) {
    for init in [cmaf::live::video_init(bytes), cmaf::live::sound_init(bytes)].into_iter().flatten() {
        let again = cmaf::InitSegment::parse(init.bytes.clone());
        assert_eq!(again.as_ref().ok(), Some(&init), "an init segment that does not read back");
    }
}

/// The query of a request for a live playlist.
pub(crate) fn reload_query(bytes: &[u8]) {
    let Ok(query) = std::str::from_utf8(bytes) else { return };
    if let Some(ask) = Ask::parse(query) {
        let _verdict = ask.verdict(&Edge { open_msn: 7, open_parts: 2, last_parts: 6, ended: false });
    }
}
