//! `/ws/uploads/`: upload and encode progress of my videos.
//!
//! The client's first text message is `{"token": …}`; it may send a fresher one at any time. The server sends a video
//! whenever it changed, at most four times a second each. Close code 4401: the token has ended.

use crate::app::{App, AppState};
use crate::extract::bearer;
use crate::views::{self, Eyes, VideoView};
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bus::{Event, Hint, Subscription};
use domain::{AccountId, Principal, VideoId};
use std::collections::HashSet;
use std::time::Duration;

pub(crate) const FIRST_MESSAGE_LIMIT: Duration = Duration::from_secs(10);
const CALM: Duration = Duration::from_millis(250);
pub(crate) const TOKEN_CHECK: Duration = Duration::from_secs(30);
pub(crate) const SEND_LIMIT: Duration = Duration::from_secs(20);
pub(crate) const TOKEN_ENDED: u16 = 4401;
pub(crate) const SERVER_STOPS: u16 = 1012;

#[derive(serde::Deserialize)]
struct Hello {
    token: String,
}

#[derive(serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum News {
    Ready,
    Video { video: Box<VideoView>, upload: Option<Received> },
    Deleted { id: String },
}

#[derive(serde::Serialize)]
struct Received {
    received_bytes: i64,
    size: Option<i64>,
}

/// Why a socket ends.
enum End {
    Gone,
    TokenEnded,
    Stopping,
}

pub(crate) async fn uploads(State(app): State<AppState>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(4096).on_upgrade(move |socket| async move {
        let mut socket = socket;
        let code = match talk(&app, &mut socket).await {
            End::Gone => return,
            End::TokenEnded => TOKEN_ENDED,
            End::Stopping => SERVER_STOPS,
        };
        let frame = CloseFrame { code, reason: "".into() };
        let _gone_already = tokio::time::timeout(SEND_LIMIT, socket.send(Message::Close(Some(frame)))).await;
    })
}

async fn talk(app: &App, socket: &mut WebSocket) -> End {
    let Ok(Some(Ok(first))) = tokio::time::timeout(FIRST_MESSAGE_LIMIT, socket.recv()).await else {
        return End::TokenEnded;
    };
    // Listening begins before the token is checked, so that its end cannot fall in between.
    let mut hints = app.bus.subscribe();
    let Some((mut token, account)) = signed_in(app, &first, None).await else { return End::TokenEnded };
    let mut changed = HashSet::new();
    let mut calm = tokio::time::interval(CALM);
    calm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut check = tokio::time::interval(TOKEN_CHECK);
    if let Err(end) = send(socket, &News::Ready).await {
        return end;
    }
    loop {
        let outcome = tokio::select! {
            () = app.stop.cancelled() => Err(End::Stopping),
            message = socket.recv() => match message {
                Some(Ok(message @ Message::Text(_))) => match signed_in(app, &message, Some(&account)).await {
                    Some((fresh, _)) => { token = fresh; Ok(()) }
                    None => Err(End::TokenEnded),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
                Some(Ok(_)) => Ok(()),
            },
            event = next_of(&mut hints, &account) => match event {
                Some(Mine::Changed(video)) => { changed.insert(video); Ok(()) }
                Some(Mine::Deleted(video)) => {
                    changed.remove(&video);
                    send(socket, &News::Deleted { id: video.to_string() }).await
                }
                // Whose session it was, the token says.
                Some(Mine::Session) => if bearer(app, &token).await.is_ok() { Ok(()) } else { Err(End::TokenEnded) },
                None => Err(End::Gone),
            },
            _ = calm.tick(), if !changed.is_empty() => tell(app, socket, std::mem::take(&mut changed)).await,
            _ = check.tick() => if bearer(app, &token).await.is_ok() { Ok(()) } else { Err(End::TokenEnded) },
        };
        if let Err(end) = outcome {
            return end;
        }
    }
}

/// The token of a first or later message and its account, which cannot change on an open socket.
async fn signed_in(
    app: &App,
    message: &Message,
    expected: Option<&AccountId>,
) -> Option<(String, AccountId)> {
    let hello: Hello = serde_json::from_str(message.to_text().ok()?).ok()?;
    let Principal::Account { id, .. } = bearer(app, &hello.token).await.ok()? else { return None };
    expected.is_none_or(|expected| *expected == id).then_some((hello.token, id))
}

enum Mine {
    Changed(VideoId),
    Deleted(VideoId),
    /// A session of somebody has ended, or that may have been missed.
    Session,
}

async fn next_of(hints: &mut Subscription, account: &AccountId) -> Option<Mine> {
    loop {
        match hints.next().await? {
            Hint::Event(Event::VideoChanged { video, owner }) if owner == *account => {
                return Some(Mine::Changed(video));
            }
            Hint::Event(Event::VideoDeleted { video, owner }) if owner == *account => {
                return Some(Mine::Deleted(video));
            }
            Hint::Event(Event::SessionEnded { .. }) | Hint::Missed => return Some(Mine::Session),
            // Whatever was missed changes again, or is seen when the page asks the API.
            Hint::Event(_) => {}
        }
    }
}

async fn tell(app: &App, socket: &mut WebSocket, changed: HashSet<VideoId>) -> Result<(), End> {
    for id in changed {
        let Ok(Some(look)) = app.recall.video(&id).await else { continue };
        let (listed, view) = (&look.listed, views::video(app, &look, Eyes::Owner));
        let upload = match (listed.video.state, app.store.received_bytes(&id).await) {
            (domain::State::Uploading, Ok(received_bytes)) => {
                Some(Received { received_bytes, size: listed.video.size })
            }
            _ => None,
        };
        send(socket, &News::Video { video: Box::new(view), upload }).await?;
    }
    Ok(())
}

async fn send(socket: &mut WebSocket, news: &News) -> Result<(), End> {
    let text = serde_json::to_string(news).map_err(|_| End::Gone)?;
    match tokio::time::timeout(SEND_LIMIT, socket.send(Message::Text(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}
