//! One recording of a browser, over all its connections.

use super::numbering::{Numbering, Place};
use super::{MOST_CHUNK, Refusal};
use bytes::Bytes;
use domain::{Micros, SessionId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Chunks that wait for FFmpeg at most. Then the connection is read no further, and the browser keeps what it has.
const MOST_WAITING: u32 = 1024;
/// What the shortest chunk counts as: all that wait are 16 MiB at most.
const SMALLEST: usize = 16 << 10;

/// A chunk that waits, with the room that it takes.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

/// The connection that counts.
#[derive(Debug)]
struct Connection {
    id: SessionId,
    over: watch::Sender<Option<Refusal>>,
}

#[derive(Debug, Default)]
struct State {
    numbering: Numbering,
    /// Nothing is taken any more once it is gone.
    input: Option<mpsc::Sender<Piece>>,
    connection: Option<Connection>,
    /// When the first chunk came.
    first_at: Option<Micros>,
    /// Something of it can be seen.
    begun: bool,
}

#[derive(Debug)]
pub(crate) struct Take {
    /// What the browser calls it.
    pub(super) name: String,
    /// What the broadcast knows it as.
    pub(super) session: SessionId,
    /// Ends it at once.
    pub(super) end: CancellationToken,
    room: Arc<Semaphore>,
    state: Mutex<State>,
    /// Whether a connection is there.
    present: watch::Sender<bool>,
    /// Why it is over.
    over: watch::Sender<Option<Refusal>>,
}

impl Take {
    /// A take, and where its chunks come out.
    pub(super) fn new(name: String, session: SessionId) -> (Arc<Self>, mpsc::Receiver<Piece>) {
        let (input, pieces) = mpsc::channel(MOST_WAITING as usize);
        let take = Self {
            name,
            session,
            end: CancellationToken::new(),
            room: Arc::new(Semaphore::new(MOST_WAITING as usize)),
            state: Mutex::new(State { input: Some(input), ..State::default() }),
            present: watch::Sender::new(false),
            over: watch::Sender::new(None),
        };
        (Arc::new(take), pieces)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection has come, and takes the place of the one before it; answers how it is told of its end.
    pub(super) fn connect(&self, id: &SessionId) -> watch::Receiver<Option<Refusal>> {
        let (over, told) = watch::channel(None);
        let mut state = self.state();
        if let Some(before) = state.connection.replace(Connection { id: id.clone(), over }) {
            before.over.send_replace(Some(Refusal::Replaced));
        }
        drop(state);
        self.present.send_replace(true);
        told
    }

    /// A connection has gone; `true` when it was the one that counts.
    pub(super) fn leave(&self, id: &SessionId) -> bool {
        let mut state = self.state();
        if state.connection.as_ref().is_none_or(|connection| connection.id != *id) {
            return false;
        }
        state.connection = None;
        drop(state);
        self.present.send_replace(false);
        true
    }

    /// Sends a connection away; `false` when it is not there.
    pub(super) fn dismiss(&self, id: &str) -> bool {
        let state = self.state();
        let found = state.connection.as_ref().filter(|connection| connection.id.as_str() == id);
        found.inspect(|connection| drop(connection.over.send_replace(Some(Refusal::Disconnected)))).is_some()
    }

    /// The next chunk that is wanted.
    pub(super) fn next(&self) -> u64 {
        self.state().numbering.next()
    }

    /// Whether something of it can be seen.
    pub(super) fn has_begun(&self) -> bool {
        self.state().begun
    }

    pub(super) fn begun(&self) {
        self.state().begun = true;
    }

    /// When the first chunk came.
    pub(super) fn first_at(&self) -> Option<Micros> {
        self.state().first_at
    }

    /// Takes a chunk of the connection that counts, as soon as there is room for it; answers the last one that is here now.
    pub(super) async fn push(
        &self,
        connection: &SessionId,
        (number, bytes): (u64, Bytes),
        now: Micros,
    ) -> Result<u64, Refusal> {
        if bytes.len() > MOST_CHUNK {
            return Err(Refusal::Malformed("a chunk is longer than 4 MiB"));
        }
        let wanted = u32::try_from(bytes.len().div_ceil(SMALLEST).max(1)).unwrap_or(MOST_WAITING);
        let room = Arc::clone(&self.room).acquire_many_owned(wanted).await.map_err(|_| Refusal::Ended)?;
        let mut state = self.state();
        if state.connection.as_ref().is_none_or(|counts| counts.id != *connection) {
            return Err(Refusal::Replaced);
        }
        match state.numbering.place(number) {
            Place::Ahead => return Err(Refusal::Missing(state.numbering.next())),
            Place::Replayed => {}
            Place::Next => {
                let input = state.input.as_ref().ok_or(Refusal::Ended)?;
                input.try_send(Piece { bytes, _room: room }).map_err(|_| Refusal::Ended)?;
                state.numbering.count();
                state.first_at.get_or_insert(now);
            }
        }
        Ok(state.numbering.next().saturating_sub(1))
    }

    /// Nothing more comes: what is here goes its way to the end.
    pub(super) fn close(&self) {
        self.state().input = None;
    }

    /// Waits until no connection has been there for this long.
    pub(super) async fn abandoned(&self, grace: Duration) {
        let mut present = self.present.subscribe();
        loop {
            let gone = present.wait_for(|present| !present).await.is_ok();
            let back = tokio::time::timeout(grace, present.wait_for(|present| *present)).await;
            if !gone || back.is_err() {
                return;
            }
        }
    }

    /// It is over.
    pub(super) fn finish(&self, why: Refusal) {
        self.close();
        let connection = self.state().connection.take();
        if let Some(connection) = connection {
            connection.over.send_replace(Some(why.clone()));
        }
        self.over.send_replace(Some(why));
    }

    /// Waits until it is over.
    pub(super) async fn finished(&self) {
        let mut over = self.over.subscribe();
        let _nobody_left = over.wait_for(Option::is_some).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take() -> (Arc<Take>, mpsc::Receiver<Piece>) {
        Take::new("t".to_owned(), SessionId::from_random([0; 8]))
    }

    const NOW: Micros = Micros(1);

    #[tokio::test]
    async fn what_comes_again_is_dropped_and_what_lacks_is_told() {
        let (take, mut pieces) = take();
        let id = SessionId::from_random([1; 8]);
        let _told = take.connect(&id);
        let bytes = Bytes::from_static(b"x");
        assert_eq!(take.push(&id, (0, bytes.clone()), NOW).await, Ok(0));
        assert_eq!(take.push(&id, (0, bytes.clone()), NOW).await, Ok(0));
        assert_eq!(take.push(&id, (2, bytes.clone()), NOW).await, Err(Refusal::Missing(1)));
        assert_eq!(take.push(&id, (1, bytes.clone()), NOW).await, Ok(1));
        take.close();
        assert_eq!(take.push(&id, (2, bytes), NOW).await, Err(Refusal::Ended));
        assert!(pieces.recv().await.is_some() && pieces.recv().await.is_some());
        assert!(pieces.recv().await.is_none());
    }

    #[tokio::test]
    async fn the_newest_connection_counts() {
        let (take, _pieces) = take();
        let (old, new) = (SessionId::from_random([1; 8]), SessionId::from_random([2; 8]));
        let told = take.connect(&old);
        let _told = take.connect(&new);
        assert_eq!(*told.borrow(), Some(Refusal::Replaced));
        assert_eq!(take.push(&old, (0, Bytes::new()), NOW).await, Err(Refusal::Replaced));
        assert!(!take.leave(&old), "the one that counts stays");
        assert!(take.leave(&new));
    }

    #[tokio::test]
    async fn a_full_queue_makes_the_sender_wait() {
        let (take, mut pieces) = take();
        let id = SessionId::from_random([1; 8]);
        let _told = take.connect(&id);
        let chunk = Bytes::from(vec![0; MOST_CHUNK]);
        for number in 0..4 {
            take.push(&id, (number, chunk.clone()), NOW).await.unwrap();
        }
        let mut fifth = std::pin::pin!(take.push(&id, (4, chunk), NOW));
        assert!(futures_are_pending(&mut fifth).await, "16 MiB wait");
        drop(pieces.recv().await);
        assert_eq!(fifth.await, Ok(4));
    }

    async fn futures_are_pending(future: &mut (impl Future<Output = Result<u64, Refusal>> + Unpin)) -> bool {
        tokio::select! {
            biased;
            _ = future => false,
            () = std::future::ready(()) => true,
        }
    }
}
