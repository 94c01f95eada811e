//! RTMP as a publisher speaks it to a server (Adobe's specification 1.0, and what of Enhanced RTMP concerns H.264): bytes in,
//! bytes and events out. Sockets and clocks are elsewhere.

mod amf;
mod chunk;
mod flv;
#[cfg(test)]
mod rtmp_test;
mod session;

pub(crate) use flv::{Picture, Sound};
pub(crate) use session::{Event, Session};

/// Reads bytes as those of a publisher whose key is good; answers how many events they hold. No part of a server: for fuzzing.
#[must_use]
pub fn hear(bytes: &[u8]) -> usize {
    let (mut session, mut events) = (Session::new(), 0);
    for piece in bytes.chunks(1000) {
        session.push(piece);
        while let Ok(Some(event)) = session.poll() {
            events += 1;
            if matches!(event, Event::Publish { .. }) {
                session.accept();
            }
        }
        let _answers = session.output();
    }
    events
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtmpError {
    /// Not the protocol.
    #[error("this is not RTMP: {0}")]
    Malformed(&'static str),
    /// The protocol, with sizes that nobody needs.
    #[error("a limit of this server: {0}")]
    TooMuch(&'static str),
    /// A codec or a use that this server does not take.
    #[error("{0}")]
    Refused(&'static str),
}
