//! One broadcast, from its first frame to its end, over all its connections.

use crate::Error;
use crate::recorder::{self, Item};
use crate::registry::Parts;
use crate::window::Window;
use bus::Event;
use bytes::Bytes;
use cmaf::live::{Output, Packager, Stream};
use cmaf::names::{ContentHash, Epoch, segment_file};
use domain::{AccountId, SessionId, VideoId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Segments that wait for the disk: about a minute.
const WAITING: usize = 64;

/// A connection that publishes.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) session: SessionId,
    /// Ends it.
    end: CancellationToken,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) connection: Option<Connection>,
    pub(crate) packager: Option<Packager>,
    pub(crate) windows: Vec<(Stream, Window)>,
    /// What the rungs' init segments are called; nothing else can be appended to them.
    pub(crate) inits: Vec<String>,
    ended: bool,
    /// Whether the first segments are there: the video can be watched.
    pub(crate) shown: bool,
    /// Playlists as they were rendered since the last change.
    pub(crate) rendered: HashMap<(usize, bool), Bytes>,
}

/// A broadcast that is on, or has just ended.
#[derive(Debug)]
pub struct Broadcast {
    pub(crate) video: VideoId,
    pub(crate) owner: AccountId,
    pub(crate) parts: Parts,
    pub(crate) items: mpsc::Sender<Item>,
    /// Ends the recorder of a video that is gone.
    pub(crate) gone: CancellationToken,
    state: Mutex<State>,
    pub(crate) changed: watch::Sender<()>,
}

impl Broadcast {
    pub(crate) fn new(parts: Parts, row: &store::live::Broadcast) -> Arc<Self> {
        let (items, queue) = mpsc::channel(WAITING);
        let broadcast = Arc::new(Self {
            video: row.video_id.clone(),
            owner: row.account_id.clone(),
            parts,
            items,
            gone: CancellationToken::new(),
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        });
        tokio::spawn(recorder::record(Arc::clone(&broadcast), queue));
        broadcast
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, mut state: MutexGuard<'_, State>) {
        state.rendered.clear();
        drop(state);
        self.changed.send_replace(());
    }

    pub(crate) fn video_changed(&self) {
        self.parts.bus.publish(Event::VideoChanged { video: self.video.clone(), owner: self.owner.clone() });
    }

    /// A publisher has come: it takes the place of the one that was there.
    pub(crate) fn attach(&self, session: &SessionId, end: CancellationToken) -> Result<(), Error> {
        let mut state = self.state();
        if state.ended {
            return Err(Error::Ended);
        }
        let before = state.connection.replace(Connection { session: session.clone(), end });
        if let Some(before) = before {
            before.end.cancel();
            self.end_run(&mut state)?;
        }
        self.tell(state);
        Ok(())
    }

    /// A publisher has gone; `true` when it was the one that counts.
    pub(crate) fn detach(&self, session: &SessionId) -> bool {
        let mut state = self.state();
        if state.ended || state.connection.as_ref().is_none_or(|connection| connection.session != *session) {
            return false;
        }
        state.connection = None;
        if let Err(error) = self.end_run(&mut state) {
            tracing::warn!(video = %self.video, %error, "the end of what a publisher sent is lost");
        }
        self.tell(state);
        true
    }

    /// Whether nothing will be added.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state().ended
    }

    /// Waits until somebody publishes or it has ended.
    pub(crate) async fn continued(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if self.is_continued() || changed.changed().await.is_err() {
                return;
            }
        }
    }

    fn is_continued(&self) -> bool {
        let state = self.state();
        state.ended || state.connection.is_some()
    }

    /// Sends a publisher away; `false` when it is not there.
    #[must_use]
    pub fn disconnect(&self, session: &str) -> bool {
        let state = self.state();
        let found = state.connection.as_ref().filter(|connection| connection.session.as_str() == session);
        found.inspect(|connection| connection.end.cancel()).is_some()
    }

    /// Takes a frame of the publisher that counts.
    pub(crate) fn picture(
        &self,
        session: &SessionId,
        frame: (i64, i64, bool),
        data: Bytes,
    ) -> Result<(), Error> {
        self.picture_taken(session, frame, data, None)
    }

    /// The same of a frame that was taken by the camera at `taken`, microseconds since 1970, where that is known and past.
    pub(crate) fn picture_taken(
        &self,
        session: &SessionId,
        frame: (i64, i64, bool),
        data: Bytes,
        taken: Option<i64>,
    ) -> Result<(), Error> {
        let now = self.parts.clock.now().0;
        let taken = taken.map_or(now, |taken| taken.min(now));
        self.take(session, |packager| packager.picture(frame, data, taken))
    }

    /// Takes a packet of sound of the publisher that counts.
    pub(crate) fn sound(&self, session: &SessionId, at_ms: i64, data: Bytes) -> Result<(), Error> {
        self.take(session, |packager| packager.sound(at_ms, data))
    }

    fn take(
        &self,
        session: &SessionId,
        what: impl FnOnce(&mut Packager) -> Result<(), cmaf::live::LiveError>,
    ) -> Result<(), Error> {
        let mut state = self.state();
        if state.ended {
            return Err(Error::Ended);
        }
        if state.connection.as_ref().is_none_or(|connection| connection.session != *session) {
            return Err(Error::Replaced);
        }
        let Some(packager) = &mut state.packager else { return Ok(()) };
        what(packager)?;
        if self.publish(&mut state)? {
            self.tell(state);
        }
        Ok(())
    }

    /// Ends what the publisher sent: it is complete, and the next one goes on behind it.
    fn end_run(&self, state: &mut State) -> Result<(), Error> {
        if let Some(packager) = &mut state.packager {
            packager.end_run()?;
        }
        self.publish(state).map(drop)
    }

    /// Brings out what is complete; `true` when there was something.
    fn publish(&self, state: &mut State) -> Result<bool, Error> {
        let mut any = false;
        while let Some(output) = state.packager.as_mut().and_then(Packager::poll) {
            any = true;
            let (Output::Part { stream, .. } | Output::Segment { stream, .. }) = &output;
            let Some((_, window)) = state.windows.iter_mut().find(|(of, _)| of == stream) else { continue };
            match output {
                Output::Part { duration, independent, program_date_time, bytes, .. } => {
                    window.add_part(duration, independent, program_date_time, bytes);
                }
                Output::Segment { stream, segment, program_date_time } => {
                    let file = segment_file(Epoch(0), segment.msn, ContentHash::of(&segment.bytes));
                    let item = Item::segment(stream, &window.name, &self.video, &file, &segment);
                    window.close(segment.duration, file, program_date_time, segment.bytes);
                    self.items.try_send(item).map_err(|_| Error::Disk)?;
                }
            }
        }
        self.show(state);
        Ok(any)
    }

    /// Viewers may come as soon as each stream has a segment, stored or not.
    fn show(&self, state: &mut State) {
        if let Some(packager) = &state.packager {
            let target = packager.target_duration();
            state.windows.iter_mut().for_each(|(_, window)| window.target_duration = target);
        }
        if state.shown
            || state.windows.is_empty()
            || !state.windows.iter().all(|(_, window)| window.has_segment())
        {
            return;
        }
        state.shown = true;
        let (parts, video, owner) = (self.parts.clone(), self.video.clone(), self.owner.clone());
        tokio::spawn(async move {
            match parts.store.show_live(&video, parts.clock.now()).await {
                Ok(true) => parts.bus.publish(Event::VideoChanged { video, owner }),
                Ok(false) => {}
                // The first stored segments show it then.
                Err(error) => tracing::warn!(%video, %error, "a broadcast cannot be shown yet"),
            }
        });
    }

    /// A segment is in the store.
    pub(crate) fn stored(&self, stream: Stream, msn: u32) {
        let mut state = self.state();
        if let Some((_, window)) = state.windows.iter_mut().find(|(of, _)| *of == stream) {
            window.stored(msn);
        }
        state.rendered.clear();
    }

    /// How many rungs it has.
    pub(crate) fn rungs(&self) -> usize {
        self.state().inits.len()
    }

    /// Nothing more comes; `false` when that was so already.
    pub(crate) fn close(&self) -> bool {
        let mut state = self.state();
        if std::mem::replace(&mut state.ended, true) {
            return false;
        }
        if let Some(connection) = state.connection.take() {
            connection.end.cancel();
        }
        if let Err(error) = self.end_run(&mut state) {
            tracing::warn!(video = %self.video, %error, "the end of a broadcast is lost");
        }
        state.windows.iter_mut().for_each(|(_, window)| window.end());
        self.tell(state);
        true
    }
}
