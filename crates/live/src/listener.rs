//! The port of publishers: sockets, deadlines and limits around `rtmp`.

use crate::ingest::Ingest;
use crate::registry::Live;
use crate::rtmp::{Event, Session};
use domain::{SessionId, State};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Publishers at the same time.
const MOST_CONNECTIONS: usize = 64;
/// From the connection to the key.
const KEY_WITHIN: Duration = Duration::from_secs(10);
/// From the key to the first picture.
const PICTURE_WITHIN: Duration = Duration::from_secs(10);
/// Silence of the publisher.
const IDLE: Duration = Duration::from_secs(20);
/// A peer that does not take our short answers is gone.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long a refusal may take to arrive before the connection is closed.
const FAREWELL: Duration = Duration::from_millis(500);

/// Counts a wrong key of an address; `false` when it has guessed too often.
type CountGuess = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Takes publishers until the server stops. `guess` counts a wrong key of an address and answers whether it may go on guessing.
pub async fn listen(
    live: Live,
    listener: TcpListener,
    guess: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, most likely: waiting gives some back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(%peer, "too many publishers at once");
            continue;
        };
        let (live, guess, stop) = (live.clone(), Arc::clone(&guess), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            let mut connection = Connection { stream, peer, rtmp: Session::new(), buffer: vec![0; 64 << 10] };
            tokio::select! {
                () = stop.cancelled() => {}
                () = connection.run(&live, &guess) => {}
            }
        });
    }
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    rtmp: Session,
    buffer: Vec<u8>,
}

/// Why a connection is over, in words for a person.
type Over = String;

impl Connection {
    async fn run(&mut self, live: &Live, guess: &CountGuess) {
        let _nagle_stays = self.stream.set_nodelay(true);
        if let Err(why) = self.publish(live, guess).await {
            tracing::info!(peer = %self.peer, why, "a publisher was sent away");
            self.rtmp.refuse(&why);
            let _gone = self.flush().await;
            // A socket closed with bytes unread takes the answer back.
            let _closed = self.stream.shutdown().await;
            let _read = timeout_at(Instant::now() + FAREWELL, self.drain()).await;
        }
    }

    async fn drain(&mut self) {
        while self.stream.read(&mut self.buffer).await.is_ok_and(|read| read > 0) {}
    }

    /// Up to the key; then the broadcast.
    async fn publish(&mut self, live: &Live, guess: &CountGuess) -> Result<(), Over> {
        let until = Instant::now() + KEY_WITHIN;
        let key = loop {
            match self.rtmp.poll().map_err(|error| error.to_string())? {
                Some(Event::Publish { key }) => break key,
                Some(_) => {}
                None => self.read(until).await?,
            }
        };
        self.flush().await?;
        let hash = blake3::hash(key.as_bytes()).to_hex();
        let store = &live.parts().store;
        let failed = |error: store::Error| {
            tracing::error!(%error, "a stream key cannot be looked up");
            "the server failed; its log says why".to_owned()
        };
        let Some(row) = store.broadcast_by_key(&hash).await.map_err(failed)? else {
            let allowed = guess(self.peer.ip());
            return Err(if allowed {
                "this stream key is wrong, or its broadcast has ended"
            } else {
                "too many wrong keys"
            }
            .to_owned());
        };
        let quota = live.parts().config.quota_bytes;
        if quota > 0 && store.usage(&row.account_id).await.map_err(failed)?.total().unsigned_abs() >= quota {
            return Err("the account has no room left".to_owned());
        }
        let session = SessionId::from_random(random().ok_or("the server has no random bytes")?);
        let broadcast = live.join(&row);
        let end = CancellationToken::new();
        broadcast.attach(&session, end.clone()).map_err(|error| error.to_string())?;
        let address = self.peer.ip().to_canonical().to_string();
        let now = || live.parts().clock.now();
        let begun = store.begin_ingest(&session, &row.video_id, ("rtmp", &address), now()).await;
        let mut ingest = Ingest::new(Arc::clone(&broadcast), session.clone());
        let outcome = match begun {
            Err(error) => Err(failed(error)),
            Ok(()) => {
                self.rtmp.accept();
                tracing::info!(video = %row.video_id, peer = %self.peer, "a publisher has come");
                tokio::select! {
                    () = end.cancelled() => Err("the broadcast was ended, or continued by another connection".to_owned()),
                    outcome = self.feed(&mut ingest) => outcome,
                }
            }
        };
        let reason = outcome.as_ref().err().map_or("The publisher ended it.", String::as_str);
        let bytes = i64::try_from(ingest.bytes).unwrap_or(i64::MAX);
        if broadcast.detach(&session) {
            if let Err(error) =
                store.set_live_state(&row.video_id, after(ingest.has_begun(), row.state)).await
            {
                tracing::error!(%error, "an interruption cannot be noted");
            }
            broadcast.video_changed();
            if ingest.has_begun() || row.state != State::Waiting {
                live.end_unless_continued(broadcast);
            }
        }
        if let Err(error) = store.end_ingest(&session, bytes, reason, now()).await {
            tracing::error!(%error, "the end of a connection cannot be noted");
        }
        outcome
    }

    /// Hands on what comes until the publisher ends it.
    async fn feed(&mut self, ingest: &mut Ingest) -> Result<(), Over> {
        let first = Instant::now() + PICTURE_WITHIN;
        loop {
            match self.rtmp.poll().map_err(|error| error.to_string())? {
                Some(Event::End) => return Ok(()),
                Some(event) => ingest.take(event).await.map_err(|error| error.to_string())?,
                None => {
                    let until = if ingest.has_begun() { Instant::now() + IDLE } else { first };
                    let read = self.read(until).await;
                    if !ingest.has_begun() && Instant::now() >= first {
                        return Err(ingest.lacks().to_owned());
                    }
                    read?;
                }
            }
        }
    }

    /// Sends what is to be sent, and waits for more of the publisher.
    async fn read(&mut self, until: Instant) -> Result<(), Over> {
        self.flush().await?;
        match timeout_at(until, self.stream.read(&mut self.buffer)).await {
            Err(_) => Err("nothing came for too long".to_owned()),
            Ok(Err(_) | Ok(0)) => Err("the connection was lost".to_owned()),
            Ok(Ok(count)) => {
                self.rtmp.push(self.buffer.get(..count).unwrap_or_default());
                Ok(())
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Over> {
        let out = self.rtmp.output();
        if out.is_empty() {
            return Ok(());
        }
        match timeout_at(Instant::now() + ANSWER_WITHIN, self.stream.write_all(&out)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err("the connection was lost".to_owned()),
        }
    }
}

/// How far a broadcast has got whose publisher has gone.
fn after(begun: bool, before: State) -> State {
    if begun || before != State::Waiting { State::Interrupted } else { State::Waiting }
}

fn random() -> Option<[u8; 8]> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
