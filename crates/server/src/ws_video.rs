//! `/ws/videos/{id}`: one video as whoever watches it may see it, told anew whenever it changed.
//!
//! The client's first text message is `{"token": …}`, `{"share": …}` with the pass of a share link, or `{}` for nobody; it may send
//! a fresher one at any time. The server sends `{"type": "video", "video": …}` at once and after every change, at most once a second. What may not be
//! watched, or not any more, and what does not exist closes alike with 4404, and so does a share link that has ended; 4401 says that
//! the token has ended.

use crate::app::{App, AppState};
use crate::extract::{bearer, look_for};
use crate::links;
use crate::problem::Problem;
use crate::recall::Look;
use crate::views::{self, Eyes, VideoView};
use crate::ws::{FIRST_MESSAGE_LIMIT, SEND_LIMIT, SERVER_STOPS, TOKEN_CHECK, TOKEN_ENDED};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bus::{Event, Hint, Subscription};
use domain::{Principal, VideoAccess, VideoId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

const NOT_FOUND: u16 = 4404;
/// The shortest time between two messages.
const CALM: Duration = Duration::from_secs(1);
/// Viewers of one process who are told; whoever comes later asks now and then instead.
static PLACES: Semaphore = Semaphore::const_new(10_000);

/// With what a client proves who it is.
#[derive(serde::Deserialize)]
struct Hello {
    token: Option<String>,
    share: Option<String>,
}

#[derive(serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum News {
    Video { video: Box<VideoView> },
}

/// Why a socket ends.
enum End {
    Gone,
    TokenEnded,
    NotFound,
    Stopping,
}

pub(crate) async fn video(
    State(app): State<AppState>,
    Path(id): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let place = PLACES.try_acquire().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_sockets",
            "Too many people are being told of changes just now. Ask for the video instead.",
        )
    })?;
    Ok(upgrade.max_message_size(4096).on_upgrade(move |mut socket| async move {
        let _place = place;
        let code = match id.parse() {
            Ok(id) => match talk(&app, &id, &mut socket).await {
                End::Gone => return,
                End::TokenEnded => TOKEN_ENDED,
                End::NotFound => NOT_FOUND,
                End::Stopping => SERVER_STOPS,
            },
            Err(_) => NOT_FOUND,
        };
        let frame = CloseFrame { code, reason: "".into() };
        let _gone_already = timeout(SEND_LIMIT, socket.send(Message::Close(Some(frame)))).await;
    }))
}

async fn talk(app: &App, id: &VideoId, socket: &mut WebSocket) -> End {
    let Ok(Some(Ok(first))) = timeout(FIRST_MESSAGE_LIMIT, socket.recv()).await else {
        return End::TokenEnded;
    };
    // Listening begins before the first look, so that no change falls in between.
    let mut hints = app.bus.subscribe();
    let mut hello = match hello_of(&first) {
        Ok(hello) => hello,
        Err(end) => return end,
    };
    let mut told = String::new();
    let mut changed = true;
    let mut earliest = Instant::now();
    let mut check = tokio::time::interval(TOKEN_CHECK);
    loop {
        let outcome = tokio::select! {
            () = app.stop.cancelled() => Err(End::Stopping),
            message = socket.recv() => match message {
                Some(Ok(message @ Message::Text(_))) => hello_of(&message).map(|fresh| {
                    hello = fresh;
                    changed = true;
                }),
                Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
                Some(Ok(_)) => Ok(()),
            },
            hint = next_change(&mut hints, id) => match hint {
                Some(Change::Video) => { changed = true; Ok(()) }
                // Whose session it was, the token says.
                Some(Change::Session) if hello.token.is_some() => look(app, id, &hello).await.map(|_| ()),
                Some(Change::Session) => Ok(()),
                None => Err(End::Gone),
            },
            () = tokio::time::sleep_until(earliest), if changed => {
                changed = false;
                earliest = Instant::now() + CALM;
                tell(app, socket, id, &hello, &mut told).await
            },
            _ = check.tick() => look(app, id, &hello).await.map(|_| ()),
        };
        if let Err(end) = outcome {
            return end;
        }
    }
}

fn hello_of(message: &Message) -> Result<Hello, End> {
    let hello = message.to_text().ok().and_then(|text| serde_json::from_str(text).ok());
    hello.ok_or(End::TokenEnded)
}

/// What may have changed.
enum Change {
    Video,
    /// A session of somebody has ended.
    Session,
}

/// Waits until something may have changed; `None` when the bus is gone.
async fn next_change(hints: &mut Subscription, id: &VideoId) -> Option<Change> {
    loop {
        match hints.next().await? {
            Hint::Event(Event::VideoChanged { video, .. } | Event::VideoDeleted { video, .. })
                if video == *id =>
            {
                return Some(Change::Video);
            }
            Hint::Event(Event::SessionEnded { .. }) => return Some(Change::Session),
            // Looking at the video looks at the token too.
            Hint::Missed => return Some(Change::Video),
            Hint::Event(_) => {}
        }
    }
}

/// The video and who asks, if they may watch it now.
async fn look(app: &App, id: &VideoId, hello: &Hello) -> Result<(Arc<Look>, Principal, VideoAccess), End> {
    let principal = match (&hello.token, &hello.share) {
        (_, Some(pass)) => links::holder(app, pass).await.map_err(|_| End::NotFound)?,
        (Some(token), None) => bearer(app, token).await.map_err(|_| End::TokenEnded)?,
        (None, None) => Principal::Anonymous,
    };
    let (look, access) = look_for(app, id, &principal).await.map_err(|_| End::NotFound)?;
    Ok((look, principal, access))
}

/// Sends the video unless it looks as it did the last time.
async fn tell(
    app: &App,
    socket: &mut WebSocket,
    id: &VideoId,
    hello: &Hello,
    told: &mut String,
) -> Result<(), End> {
    let (look, principal, access) = look(app, id, hello).await?;
    let view = views::video(app, &look, Eyes::of(&principal, &access));
    let text = serde_json::to_string(&News::Video { video: Box::new(view) }).map_err(|_| End::Gone)?;
    if text == *told {
        return Ok(());
    }
    told.clone_from(&text);
    match timeout(SEND_LIMIT, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}
