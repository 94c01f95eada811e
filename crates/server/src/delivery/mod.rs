//! Delivery of media: playlists and manifests rendered from the catalogue, segments and posters from the object store.
//!
//! `/media/videos/{id}/…` is for what anyone with the link may watch; `/media/{grant}/videos/{id}/…` is for the rest.
//! URLs inside playlists are relative, so they inherit the grant.

pub(crate) mod download;
mod hot;
mod live;
pub(crate) mod manifest;
mod object;
mod original;
pub(crate) mod playlists;
mod range;
mod storyboard;

use crate::app::{App, AppState};
use crate::links;
use crate::problem::{Problem, Result};
use crate::views::{DOWNLOAD, MANIFEST, MASTER, ORIGINAL, STORYBOARD};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use domain::grant::{self, Grant};
use domain::{Action, LinkId, Micros, Object, Principal, VideoAccess, VideoId, authorize};

pub(crate) use hot::Hot;

/// By which right media is fetched; it decides how long a cache may keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Anyone with the link.
    Open,
    /// A grant, until this instant.
    Grant(Micros),
}

/// Media that anyone with the link may watch.
pub(crate) async fn open(
    State(app): State<AppState>,
    Path((video, path)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let video = video.parse().map_err(|_| Problem::not_found())?;
    let access = app.recall.access(&video).await?.ok_or_else(Problem::not_found)?;
    authorize(&Principal::Anonymous, action_on(&path), Object::Video(&access))
        .map_err(|_| Problem::not_found())?;
    let asked = Asked { path: &path, query: query.as_deref(), edit: access.edit };
    serve(&app, &video, asked, Right::Open, &headers).await
}

/// Media fetched by a grant in the path.
pub(crate) async fn granted(
    State(app): State<AppState>,
    Path((grant, video, path)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let video = video.parse().map_err(|_| Problem::not_found())?;
    let access = app.recall.access(&video).await?.ok_or_else(Problem::not_found)?;
    let within = path.strip_prefix(ORIGINAL).and_then(|path| path.strip_prefix('/'));
    let worth = |signer| grant::verify(signer, &grant, &video, access.generation, app.now());
    // The grants of players name nobody: what is its owner's alone needs one of another kind.
    let owners = within.is_some() || (path == DOWNLOAD && !access.allow_download);
    let until = match worth(&app.original_grants).filter(|_| owners) {
        Some(grant) => grant.until,
        None if within.is_some() => return Err(Problem::not_found()),
        None => match worth(&app.grants).ok_or_else(Problem::not_found)? {
            Grant { until, link: Some(link) } => {
                by_link(&app, &link, &access, &path).await?.map_or(until, |end| end.min(until))
            }
            Grant { link: None, .. } if owners => return Err(Problem::not_found()),
            Grant { until, link: None } => until,
        },
    };
    let right = Right::Grant(until);
    match within {
        Some(path) => {
            let found = original::serve(&app, &video, (path, access.edit), right, &headers).await?;
            Ok(for_players(found))
        }
        None => {
            let asked = Asked { path: &path, query: query.as_deref(), edit: access.edit };
            serve(&app, &video, asked, right, &headers).await
        }
    }
}

/// Which edit an object belongs to: `e{n}/…`; 0 for the whole video.
fn edit_of(path: &str) -> i64 {
    let number = path.split_once('/').and_then(|(folder, _)| folder.strip_prefix('e'));
    number
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(0, |number| number.parse().unwrap_or(-1))
}

/// What asking for an object is.
fn action_on(path: &str) -> Action {
    if path == DOWNLOAD { Action::Download } else { Action::Play }
}

/// Whether a share link opens this now, and when it ends.
async fn by_link(app: &App, link: &LinkId, access: &VideoAccess, path: &str) -> Result<Option<Micros>> {
    let link = links::alive(app, link).await?.ok_or_else(Problem::not_found)?;
    authorize(&links::principal(&link), action_on(path), Object::Video(access))
        .map_err(|_| Problem::not_found())?;
    Ok(link.expires_at.map(Micros))
}

/// What is asked for.
struct Asked<'a> {
    path: &'a str,
    query: Option<&'a str>,
    /// Which edit viewers get.
    edit: i64,
}

async fn serve(
    app: &App,
    video: &VideoId,
    Asked { path, query, edit }: Asked<'_>,
    right: Right,
    headers: &HeaderMap,
) -> Result<Response> {
    let response = match path.rsplit_once('/') {
        None if path == MASTER => playlists::multivariant(app, video, right, headers).await?,
        None if path == MANIFEST => manifest::mpd(app, video, headers).await?,
        None if path == DOWNLOAD => download::serve(app, video, headers).await?,
        None if path == STORYBOARD => storyboard::vtt(app, video, headers).await?,
        Some((folder, playlists::MEDIA)) => match folder.strip_prefix(playlists::CAPTIONS) {
            Some(lang) => playlists::captions(app, video, lang, headers).await?,
            None => match live::playlist(app, video, folder, query, (right, headers)).await {
                Some(list) => list?,
                None => playlists::media(app, video, folder, headers).await?,
            },
        },
        // What is not of the edit that viewers get is its owner's alone.
        _ if edit_of(path) != edit => return Err(Problem::not_found()),
        _ => match live::object(app, video, path, right, headers).await {
            Some(found) => found?,
            None => object::serve(app, video, path, right, headers).await?,
        },
    };
    Ok(for_players(response))
}

/// Players on other sites may fetch it too, and learn nothing of where from.
fn for_players(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Disposition, Content-Length, Content-Range, ETag"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_of_a_name_tells_its_edit() {
        for (path, edit) in [
            ("720p/0-1-00.m4s", 0),
            ("e3/720p/0-1-00.m4s", 3),
            ("e12/poster-00.jpg", 12),
            ("poster-00.jpg", 0),
            ("english/0-1-00.m4s", 0),
            ("e99999999999999999999/x.jpg", -1),
        ] {
            assert_eq!(edit_of(path), edit, "{path}");
        }
    }
}
