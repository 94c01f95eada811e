//! `/ws/ingest?streamKey=…&token=…`, also as `/ws`: a browser publishes what it records. Either of the two lets it; where both are
//! given, both must be good and for the same broadcast.
//!
//! The client's first message is the text `{"mime", "take", "resume_from"?}`: what MediaRecorder writes, a name for this recording (another
//! name is another recording), and the first chunk that it can still send. The server answers `{"ready": true, "next": n}`. Then each binary message
//! is a chunk: 64 bits of sequence number (big endian, from 0), then the bytes. `{"ack": n}` says that the chunks up to `n` have
//! arrived; the client keeps the others, connects again when it has lost the connection, and sends them once more. One that came before is dropped.
//! `{"error", "message"}` comes before the server closes: 4400 unreadable, 4401 not let in, 4403 disconnected by the owner, 4408 silent
//! for too long, 4409 another connection goes on, 4410 ended, 4412 a chunk is missing, 4415 nothing that can be broadcast, 4422 broken off, 4429 too many,
//! 4507 no room, 1011 the server's fault, 1012 the server stops.

use crate::accounts::hash_of;
use crate::app::{App, AppState};
use crate::extract::From as Came;
use crate::routes::live::token::verify;
use crate::ws::{FIRST_MESSAGE_LIMIT, SEND_LIMIT, SERVER_STOPS};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use domain::State as Stage;
use live::{Hello, MOST_CHUNK, Publisher, Refusal, chunk};
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;
use store::live::Broadcast;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

/// Publishers at the same time, of this process.
static PLACES: Semaphore = Semaphore::const_new(64);
/// Silence of the publisher.
const IDLE: Duration = Duration::from_secs(20);
/// Longest first message, in bytes.
const LONGEST_HELLO: usize = 1024;

/// What lets a client publish.
#[derive(serde::Deserialize)]
pub(crate) struct Keys {
    #[serde(rename = "streamKey")]
    stream_key: Option<String>,
    token: Option<String>,
}

#[derive(serde::Deserialize)]
struct First {
    mime: String,
    take: String,
    #[serde(default)]
    resume_from: u64,
}

/// Why a socket ends.
enum End {
    Refused(Refusal),
    /// Who it is was not proved.
    Stranger,
    TooOften,
    Silent,
    Gone,
    Stopping,
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl End {
    /// Close code, name of the error, and words for a person; `None` for nobody to tell.
    fn told(&self) -> Option<(u16, &'static str, String)> {
        let (code, name) = match self {
            Self::Gone => return None,
            Self::Stopping => return Some((SERVER_STOPS, "stopping", "The server stops.".to_owned())),
            Self::Stranger => {
                let words = "The stream key or token is wrong, or its broadcast has ended.";
                return Some((4401, "not_let_in", words.to_owned()));
            }
            Self::TooOften => {
                return Some((4429, "too_many", "Too many wrong keys. Try again in a minute.".to_owned()));
            }
            Self::Silent => return Some((4408, "silent", "Nothing came for too long.".to_owned())),
            Self::Refused(refusal) => match refusal {
                Refusal::Malformed(_) => (4400, "malformed"),
                Refusal::Disconnected => (4403, "disconnected"),
                Refusal::Replaced => (4409, "replaced"),
                Refusal::Ended => (4410, "ended"),
                Refusal::Missing(_) => (4412, "missing_chunk"),
                Refusal::Unsupported(_) => (4415, "unsupported"),
                Refusal::Failed(_) => (4422, "failed"),
                Refusal::TooMany => (4429, "too_many"),
                Refusal::Full => (4507, "full"),
                _ => (1011, "internal"),
            },
        };
        let Self::Refused(refusal) = self else { return None };
        Some((code, name, refusal.to_string()))
    }
}

pub(crate) async fn ingest(
    State(app): State<AppState>,
    Query(keys): Query<Keys>,
    Came(client): Came,
    upgrade: WebSocketUpgrade,
) -> Response {
    let largest = MOST_CHUNK + 8;
    let upgrade = upgrade.max_message_size(largest).max_frame_size(largest);
    upgrade.on_upgrade(move |mut socket| async move {
        let Err(end) = talk(&app, &keys, client.address, &mut socket).await else { return };
        let Some((code, error, message)) = end.told() else { return };
        let farewell = async {
            let text = json!({"error": error, "message": message}).to_string();
            if socket.send(Message::Text(text.into())).await.is_ok() {
                let frame = CloseFrame { code, reason: error.into() };
                let _gone_already = socket.send(Message::Close(Some(frame))).await;
            }
        };
        let _gone_already = timeout(SEND_LIMIT, farewell).await;
    })
}

async fn talk(app: &App, keys: &Keys, address: IpAddr, socket: &mut WebSocket) -> Result<(), End> {
    let row = let_in(app, keys, address).await?;
    let _place = PLACES.try_acquire().map_err(|_| Refusal::TooMany)?;
    let Ok(Some(Ok(first))) = timeout(FIRST_MESSAGE_LIMIT, socket.recv()).await else {
        return Err(End::Silent);
    };
    let hello = hello(&first)?;
    let publisher = app.live.publish(&row, hello, &address.to_string()).await?;
    let outcome = tokio::select! {
        () = app.stop.cancelled() => Err(End::Stopping),
        why = publisher.over() => Err(End::Refused(why)),
        outcome = listen(&publisher, socket) => outcome,
    };
    let reason = match &outcome {
        Ok(()) => "The publisher ended it.".to_owned(),
        Err(end) => end.told().map_or_else(|| "The connection was lost.".to_owned(), |(_, _, words)| words),
    };
    publisher.leave(&reason).await;
    outcome
}

/// Takes chunks until the publisher closes the socket.
async fn listen(publisher: &Publisher, socket: &mut WebSocket) -> Result<(), End> {
    send(socket, &json!({"ready": true, "next": publisher.next()})).await?;
    let mut silent = Instant::now() + IDLE;
    loop {
        let message = match timeout_at(silent, socket.recv()).await {
            Err(_) => return Err(End::Silent),
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(_)) | None) => return Err(End::Gone),
        };
        match message {
            Message::Binary(bytes) => {
                let chunk = chunk(bytes).ok_or(Refusal::Malformed("a chunk without its number"))?;
                // Its place in the queue may be a while off; that is not the publisher's silence.
                let arrived = publisher.push(chunk).await?;
                send(socket, &json!({ "ack": arrived })).await?;
                silent = Instant::now() + IDLE;
            }
            Message::Close(_) => return Ok(()),
            Message::Text(_) => return Err(Refusal::Malformed("text among the chunks").into()),
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

fn hello(message: &Message) -> Result<Hello, End> {
    let unreadable = || End::Refused(Refusal::Malformed("the first message is not what was agreed on"));
    let text = message.to_text().ok().filter(|text| text.len() <= LONGEST_HELLO).ok_or_else(unreadable)?;
    let first: First = serde_json::from_str(text).map_err(|_| unreadable())?;
    if !first.mime.starts_with("video/") {
        return Err(
            Refusal::Unsupported("Only a recording with a picture can be broadcast.".to_owned()).into()
        );
    }
    Ok(Hello { take: first.take, resume_from: first.resume_from })
}

/// The broadcast that the keys are for. Each wrong one is a guess.
async fn let_in(app: &App, keys: &Keys, address: IpAddr) -> Result<Broadcast, End> {
    match find(app, keys).await.map_err(Refusal::from)? {
        Some(row) => Ok(row),
        None if app.limits.guess_from(address).is_ok() => Err(End::Stranger),
        None => Err(End::TooOften),
    }
}

async fn find(app: &App, keys: &Keys) -> Result<Option<Broadcast>, store::Error> {
    let by_key = match &keys.stream_key {
        Some(key) => app.store.broadcast_by_key(&hash_of(key)).await?,
        None => None,
    };
    let Some(token) = &keys.token else { return Ok(by_key) };
    let Some(video) = verify(&app.ingest_tokens, token, app.now()) else { return Ok(None) };
    let row = app.store.broadcast(&video).await?;
    let on = row.filter(|row| matches!(row.state, Stage::Waiting | Stage::Live | Stage::Interrupted));
    Ok(match &keys.stream_key {
        Some(_) => on.filter(|row| by_key.is_some_and(|other| other.video_id == row.video_id)),
        None => on,
    })
}

async fn send(socket: &mut WebSocket, message: &serde_json::Value) -> Result<(), End> {
    match timeout(SEND_LIMIT, socket.send(Message::Text(message.to_string().into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}
