//! `PUT /upload/{video}/{number}`: the local store's side of the upload dialogue. The signed URL is the authority; bytes are
//! acknowledged when they, their folder entry and their row are on the disk.

use crate::app::{App, AppState};
use crate::problem::{Problem, Result};
use crate::random;
use crate::uploads::{PartLength, PartQuery, PartUrl, check_room, expect_uploading};
use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use blobs::{PartWriter, Written};
use bus::Event;
use bytes::Bytes;
use domain::JobId;
use futures_util::StreamExt as _;
use std::time::Duration;
use store::uploads::SourcePart;
use tokio::sync::mpsc;

/// A sender that is silent for longer has gone.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// Takes one part.
#[utoipa::path(put, path = "/upload/{video}/{number}", tag = "upload",
    params(("video" = String, Path), ("number" = u32, Path), ("length" = String, Query), ("expires" = i64, Query), ("signature" = String, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Durable; `ETag` is the BLAKE3 of the bytes"), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 507, body = Problem)))]
pub(crate) async fn put_part(
    State(app): State<AppState>,
    Path((video, number)): Path<(String, u32)>,
    query: Result<Query<PartQuery>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse> {
    let mut body = body.into_data_stream();
    let url = verified(&app, &video, number, query);
    let taken = match url {
        Ok(url) => take(&app, &url, &headers, &mut body).await,
        Err(problem) => Err(problem),
    };
    if taken.is_err() {
        drain(&mut body).await;
    }
    taken.map(|etag| (StatusCode::OK, [(header::ETAG, format!("\"{etag}\""))]))
}

/// The URL as this server signed it, unless it has ended.
fn verified(
    app: &App,
    video: &str,
    number: u32,
    query: Result<Query<PartQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<PartUrl> {
    let video = video.parse().map_err(|_| Problem::not_found())?;
    let Query(query) = query.map_err(|_| forged())?;
    let url = PartUrl::verified(video, number, &query, &app.part_urls).ok_or_else(forged)?;
    if url.expires_at() <= app.now() {
        let detail = "This upload link has ended; ask for a new one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "url_expired", detail));
    }
    Ok(url)
}

/// Checks the part against its upload, then stores it; gives its entity tag.
async fn take(app: &App, url: &PartUrl, headers: &HeaderMap, body: &mut BodyDataStream) -> Result<String> {
    check_announced(headers, url.length)?;
    let listed = app.store.video(&url.video).await?.ok_or_else(Problem::not_found)?;
    expect_uploading(&listed.video)?;
    check_room(app, &listed.video, announced(headers).unwrap_or(1)).await?;
    let etag = store(app, url, body).await?;
    // The part is safe; that it may play already is a courtesy that must not fail it.
    let job = JobId::from_random(random::bytes());
    match pipeline::part_arrived(&app.store, &listed.video, job, app.now()).await {
        Ok(true) => app.bus.publish(Event::JobsWaiting),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, video = %url.video, "could not look at a part that arrived"),
    }
    app.bus.publish(Event::VideoChanged { video: url.video.clone(), owner: listed.video.account_id });
    Ok(etag)
}

/// Reads what is left of a refused body, within limits: a client that still sends would meet a closed connection and never
/// read why.
async fn drain(body: &mut BodyDataStream) {
    const MOST_BYTES: usize = 64 << 20;
    let read = async {
        let mut seen = 0usize;
        while let Some(Ok(chunk)) = body.next().await {
            seen = seen.saturating_add(chunk.len());
            if seen > MOST_BYTES {
                break;
            }
        }
    };
    let _gave_up = tokio::time::timeout(IDLE_LIMIT, read).await;
}

async fn store(app: &App, url: &PartUrl, body: &mut BodyDataStream) -> Result<String> {
    let number = i64::from(url.number);
    let writer = receive(app.blobs.begin().await?, body, url.length).await?;
    let Written { size, hash } = writer.written();
    let part = SourcePart { number, size: i64::try_from(size).unwrap_or(i64::MAX), etag: hash };
    if let Some(known) = app.store.part(&url.video, number).await? {
        return if known == part { Ok(part.etag) } else { Err(other_bytes(number)) };
    }
    let key = pipeline::part_key(&url.video, number).map_err(|_| Problem::not_found())?;
    match writer.publish_new(&app.blobs, &key).await {
        Err(blobs::Error::Exists) => return Err(other_bytes(number)),
        other => other.map(drop)?,
    }
    match app.store.insert_part(&url.video, &part, app.now()).await {
        Ok(true) => Ok(part.etag),
        Ok(false) => settle(app, url, part).await,
        Err(error) if app.store.is_gone(&url.video).await? => {
            // Deleted while these bytes came in: its objects were removed before this one appeared.
            tracing::debug!(%error, "a part of a deleted video");
            app.blobs.delete(&key).await?;
            Err(Problem::not_found())
        }
        Err(error) => Err(error.into()),
    }
}

/// A part that was not written down: another request was quicker, or the upload was completed meanwhile.
async fn settle(app: &App, url: &PartUrl, part: SourcePart) -> Result<String> {
    match app.store.part(&url.video, part.number).await? {
        Some(known) if known == part => Ok(part.etag),
        Some(_) => Err(other_bytes(part.number)),
        None => {
            let key = pipeline::part_key(&url.video, part.number).map_err(|_| Problem::not_found())?;
            app.blobs.delete(&key).await?;
            let listed = app.store.video(&url.video).await?.ok_or_else(Problem::not_found)?;
            expect_uploading(&listed.video)?;
            Err(Problem::bad_request("The part could not be written down; send it again."))
        }
    }
}

/// Streams the body to the disk; memory holds a few chunks of it.
async fn receive(writer: PartWriter, body: &mut BodyDataStream, length: PartLength) -> Result<PartWriter> {
    let (chunks, incoming) = mpsc::channel(8);
    let disk = tokio::task::spawn_blocking(move || write_all(writer, incoming));
    let received = forward(body, &chunks, length).await;
    drop(chunks);
    let written = disk.await.map_err(|error| Problem::hidden(error.into()))?;
    // A full disk is the reason for a body that was not read to its end, not the other way round.
    let writer = written?;
    received.map(|()| writer)
}

async fn forward(
    stream: &mut BodyDataStream,
    chunks: &mpsc::Sender<Bytes>,
    length: PartLength,
) -> Result<()> {
    let (PartLength::Exactly(most) | PartLength::AtMost(most)) = length;
    let mut received = 0u64;
    loop {
        let next = tokio::time::timeout(IDLE_LIMIT, stream.next()).await;
        let chunk = match next {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Problem::bad_request(
                    "The connection broke before the part was whole; send it again.",
                ));
            }
        };
        received = received.saturating_add(chunk.len() as u64);
        if received > most {
            return Err(wrong_size(length));
        }
        if chunks.send(chunk).await.is_err() {
            break; // The disk refused; its own error says why.
        }
    }
    match length {
        PartLength::Exactly(wanted) if received < wanted => Err(wrong_size(length)),
        _ if received == 0 => Err(wrong_size(length)),
        _ => Ok(()),
    }
}

fn write_all(
    mut writer: PartWriter,
    mut incoming: mpsc::Receiver<Bytes>,
) -> Result<PartWriter, blobs::Error> {
    while let Some(chunk) = incoming.blocking_recv() {
        writer.write(&chunk)?;
    }
    Ok(writer)
}

/// Bytes that the body says it has.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())
}

/// Refuses a wrong size before its bytes are sent.
fn check_announced(headers: &HeaderMap, length: PartLength) -> Result<()> {
    let fits = announced(headers).is_none_or(|bytes| match length {
        PartLength::Exactly(wanted) => bytes == wanted,
        PartLength::AtMost(most) => (1..=most).contains(&bytes),
    });
    if fits { Ok(()) } else { Err(wrong_size(length)) }
}

fn wrong_size(length: PartLength) -> Problem {
    let wanted = match length {
        PartLength::Exactly(bytes) => format!("exactly {bytes} bytes"),
        PartLength::AtMost(bytes) => format!("1 to {bytes} bytes"),
    };
    Problem::new(StatusCode::BAD_REQUEST, "wrong_size", format!("This part must have {wanted}."))
}

fn forged() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "url_forged", "This server did not sign this upload link.")
}

fn other_bytes(number: i64) -> Problem {
    let detail = format!(
        "Part {number} is here already, with other bytes. Is this a different file? Start a new upload for it."
    );
    Problem::new(StatusCode::CONFLICT, "part_differs", detail)
}
