//! Delivery of media: playlists and manifests rendered from the catalogue, segments and posters from the object store.
//!
//! `/media/videos/{id}/…` is for what anyone with the link may watch; `/media/{grant}/videos/{id}/…` is for the rest.
//! URLs inside playlists are relative, so they inherit the grant.

pub(crate) mod download;
mod hot;
pub(crate) mod manifest;
mod object;
pub(crate) mod playlists;
mod range;
mod storyboard;

use crate::app::{App, AppState};
use crate::links;
use crate::problem::{Problem, Result};
use crate::views::{DOWNLOAD, MANIFEST, MASTER, STORYBOARD};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use domain::{Action, LinkId, Micros, Object, Principal, VideoAccess, VideoId, authorize, grant};

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
    headers: HeaderMap,
) -> Result<Response> {
    let video = video.parse().map_err(|_| Problem::not_found())?;
    let access = app.access(&video).await?.ok_or_else(Problem::not_found)?;
    authorize(&Principal::Anonymous, Action::Play, Object::Video(&access))
        .map_err(|_| Problem::not_found())?;
    serve(&app, &video, &path, Right::Open, &headers).await
}

/// Media fetched by a grant in the path.
pub(crate) async fn granted(
    State(app): State<AppState>,
    Path((grant, video, path)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let video = video.parse().map_err(|_| Problem::not_found())?;
    let access = app.access(&video).await?.ok_or_else(Problem::not_found)?;
    let grant = grant::verify(&app.grants, &grant, &video, access.generation, app.now())
        .ok_or_else(Problem::not_found)?;
    let until = match grant.link {
        None => grant.until,
        Some(link) => {
            by_link(&app, &link, &access, &path).await?.map_or(grant.until, |end| end.min(grant.until))
        }
    };
    serve(&app, &video, &path, Right::Grant(until), &headers).await
}

/// Whether a share link opens this now, and when it ends.
async fn by_link(app: &App, link: &LinkId, access: &VideoAccess, path: &str) -> Result<Option<Micros>> {
    let link = links::alive(app, link).await?.ok_or_else(Problem::not_found)?;
    let action = if path == DOWNLOAD { Action::Download } else { Action::Play };
    authorize(&links::principal(&link), action, Object::Video(access)).map_err(|_| Problem::not_found())?;
    Ok(link.expires_at.map(Micros))
}

async fn serve(
    app: &App,
    video: &VideoId,
    path: &str,
    right: Right,
    headers: &HeaderMap,
) -> Result<Response> {
    let mut response = match path.rsplit_once('/') {
        None if path == MASTER => playlists::multivariant(app, video, headers).await?,
        None if path == MANIFEST => manifest::mpd(app, video, headers).await?,
        None if path == DOWNLOAD => download::serve(app, video, headers).await?,
        None if path == STORYBOARD => storyboard::vtt(app, video, headers).await?,
        Some((folder, playlists::MEDIA)) => match folder.strip_prefix(playlists::CAPTIONS) {
            Some(lang) => playlists::captions(app, video, lang, headers).await?,
            None => playlists::media(app, video, folder, headers).await?,
        },
        _ => object::serve(app, video, path, right, headers).await?,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Disposition, Content-Length, Content-Range, ETag"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}
