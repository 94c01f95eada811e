//! What viewers get of a broadcast: playlists and parts, when they are there.

use crate::broadcast::Broadcast;
use crate::reload::{Ask, Verdict};
use crate::window::Found;
use bytes::Bytes;
use cmaf::live::TARGET_DURATION;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Whoever waits for something is told after three target durations that it did not come (RFC 8216bis §6.2.5.2).
const PATIENCE: Duration = Duration::from_secs(3 * TARGET_DURATION as u64);

/// What a viewer's request for a playlist comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there; `true` when it answers a question that will be answered the same for ever.
    Playlist(Bytes, bool),
    /// It asks for more than may be asked for.
    Never,
    /// It did not come in time.
    Late,
    /// There is no such rung, or nothing of it yet.
    Unknown,
}

impl Broadcast {
    /// A rung's playlist, when it answers what is asked.
    pub async fn playlist(&self, rung: &str, ask: Ask) -> Answer {
        let mut changed = self.changed.subscribe();
        let deadline = Instant::now() + PATIENCE;
        loop {
            changed.mark_unchanged();
            if let Some(answer) = self.answer(rung, ask) {
                return answer;
            }
            if !self.more(&mut changed, deadline).await {
                return Answer::Late;
            }
        }
    }

    /// Waits for a change; `false` when none came in time, or the server stops.
    async fn more(&self, changed: &mut watch::Receiver<()>, deadline: Instant) -> bool {
        tokio::select! {
            () = self.parts.stop.cancelled() => false,
            change = tokio::time::timeout_at(deadline, changed.changed()) => matches!(change, Ok(Ok(()))),
        }
    }

    fn answer(&self, rung: &str, ask: Ask) -> Option<Answer> {
        let mut state = self.state();
        let found = state.windows.iter().position(|(_, window)| window.name == rung && window.has_part());
        let Some(number) = found else { return Some(Answer::Unknown) };
        let window = state.windows.get(number).map(|(_, window)| window)?;
        match ask.verdict(&window.edge()) {
            Verdict::Never => return Some(Answer::Never),
            Verdict::Later => return None,
            Verdict::Now => {}
        }
        let text = match state.rendered.get(&(number, ask.skip)) {
            Some(text) => text.clone(),
            None => {
                let others = state.windows.iter().filter(|(_, other)| other.name != rung);
                let reports = others.filter_map(|(_, other)| other.report("index.m3u8")).collect();
                let text = Bytes::from(window.playlist(reports, ask.skip));
                state.rendered.insert((number, ask.skip), text.clone());
                text
            }
        };
        Some(Answer::Playlist(text, ask.wanted.is_some()))
    }

    /// The bytes of a part or of a segment that is still in memory; a part that is announced is waited for.
    pub async fn object(&self, rung: &str, file: &str) -> Option<Bytes> {
        let mut changed = self.changed.subscribe();
        let deadline = Instant::now() + PATIENCE;
        loop {
            changed.mark_unchanged();
            let found = {
                let state = self.state();
                let window = state.windows.iter().find(|(_, window)| window.name == rung);
                window.map_or(Found::Unknown, |(_, window)| window.find(file))
            };
            match found {
                Found::Bytes(bytes) => return Some(bytes),
                Found::Unknown => return None,
                Found::Later if self.more(&mut changed, deadline).await => {}
                Found::Later => return None,
            }
        }
    }

    /// Whether there is a playlist of a rung: from its first part on.
    #[must_use]
    pub fn lists(&self, rung: &str) -> bool {
        self.state().windows.iter().any(|(_, window)| window.name == rung && window.has_part())
    }

    /// The busiest segment's bit rate in memory, of a rung.
    #[must_use]
    pub fn peak(&self, rung: &str) -> Option<u64> {
        let state = self.state();
        let window = state.windows.iter().find(|(_, window)| window.name == rung);
        window.and_then(|(_, window)| window.peak())
    }
}
