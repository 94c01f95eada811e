//! The whole video while viewers get an edit of it: for its owner, by a grant of its own kind.

use super::playlists::{MEDIA, answer, answer_as, list_of, media_playlist};
use super::{Asked, Right, object, serve as shown, storyboard};
use crate::app::App;
use crate::problem::{Problem, Result};
use crate::views::{MASTER, STORYBOARD};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::VideoId;

/// Serves what viewers of the whole video would get. Without an edit they get just that.
pub(super) async fn serve(
    app: &App,
    video: &VideoId,
    (path, edit): (&str, i64),
    right: Right,
    headers: &HeaderMap,
) -> Result<Response> {
    if edit == 0 {
        return shown(app, video, Asked { path, query: None, edit }, right, headers).await;
    }
    let folder = path.rsplit_once('/').filter(|(_, name)| *name == MEDIA).map(|(folder, _)| folder);
    if folder.is_none() && path != MASTER && path != STORYBOARD {
        return object::serve(app, video, path, right, headers).await;
    }
    let content = app.store.original(video).await?.ok_or_else(Problem::not_found)?;
    if let Some(rung) = folder {
        let found = content.rungs.iter().find(|content| content.rung.name == rung);
        let found = found.ok_or_else(Problem::not_found)?;
        let playlist = media_playlist(&found.rung, &found.segments, 0)?;
        return Ok(answer(&playlist.to_string(), headers));
    }
    if path == STORYBOARD {
        let board = content.storyboard.ok_or_else(Problem::not_found)?;
        let text = storyboard::render(&board, content.duration.unwrap_or(0));
        return Ok(answer_as("text/vtt; charset=utf-8", &text, headers));
    }
    let complete = content.rungs.iter().filter(|found| found.rung.complete && !found.segments.is_empty());
    let rungs: Vec<_> = complete.map(|found| &found.rung).collect();
    // Captions are not needed to cut.
    Ok(answer(&list_of(&rungs, &[]).to_string(), headers))
}
