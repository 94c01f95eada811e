use crate::accounts::hash_of;
use crate::app::{App, AppState};
use crate::audit::Audit;
use crate::extract::{Asker, Body, From, VideoPath, video_for};
use crate::links::pass;
use crate::problem::{Problem, Result};
use crate::random;
use crate::views::rfc3339;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Action, LinkId, Micros, Secret, VideoId};
use std::net::IpAddr;
use std::time::Duration;
use store::links::{Link, NewLink};
use utoipa::ToSchema;

/// Links of one video.
const MOST: i64 = 50;
/// Whoever guesses has a link's secret already; the tries are limited too.
const SHORTEST_PASSWORD: usize = 6;
const LONGEST_PASSWORD: usize = 200;
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// What a share link is to be.
#[derive(Debug, Default, serde::Deserialize, ToSchema)]
pub(crate) struct NewShareLink {
    /// Asked for before anything of the video is shown: 6 to 200 characters.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// RFC 3339; never when absent.
    expires_at: Option<String>,
    /// Whether the file may be downloaded.
    #[serde(default)]
    allow_download: bool,
}

/// A share link as its owner sees it.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct ShareLinkView {
    id: String,
    has_password: bool,
    allow_download: bool,
    /// RFC 3339; never when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// Whether it has expired.
    ended: bool,
    /// RFC 3339.
    created_at: String,
    /// When it was last opened: RFC 3339, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<String>,
}

/// A new share link.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct MadeShareLink {
    link: ShareLinkView,
    /// The secret in it, told this once.
    #[schema(value_type = String)]
    token: Secret,
    /// The page that opens it, from the root of the site.
    url: String,
}

/// The share links of a video.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct ShareLinkList {
    items: Vec<ShareLinkView>,
}

/// What opens a share link.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct OpenShareLink {
    /// The secret in the link.
    #[schema(value_type = String)]
    token: Secret,
    /// Where the link has one.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

/// What a share link is exchanged for.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct SharePass {
    /// For the header `Authorization: Share <pass>`.
    #[schema(value_type = String)]
    pass: Secret,
    /// RFC 3339; then the link has to be opened again.
    expires_at: String,
}

/// Makes a link that opens the video to whoever holds it, whatever its visibility.
#[utoipa::path(post, path = "/api/videos/{id}/links", tag = "videos", params(("id" = String, Path)), request_body = NewShareLink,
    responses((status = 201, body = MadeShareLink), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn make_link(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    From(client): From,
    Body(given): Body<NewShareLink>,
) -> Result<(StatusCode, Json<MadeShareLink>)> {
    let (_, access) = video_for(&app, &id, &principal, Action::Share).await?;
    let expires_at = given.expires_at.as_deref().map(|text| end_of(&app, text)).transpose()?;
    let password_hash = match given.password {
        Some(password) => Some(hashed(&app, &password).await?),
        None => None,
    };
    let (link, token) = (LinkId::from_random(random::bytes()), random::secret());
    let new = NewLink {
        id: &link,
        video: &id,
        token_hash: &hash_of(&token),
        password_hash: password_hash.as_deref(),
        allow_download: given.allow_download,
        expires_at,
        now: app.now(),
    };
    let mut tx = app.store.begin().await?;
    if !tx.insert_link(&new, MOST).await? {
        let detail = format!("A video has at most {MOST} links. Revoke some that are no longer needed.");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_links", detail));
    }
    let event = Audit::own("share_link_made", &access.owner, Some(client.address));
    Audit { detail: &format!("{link} opens {id}"), ..event }.write(&app, &mut tx).await?;
    tx.commit().await?;
    let made = app.store.link(&link).await?.ok_or_else(Problem::not_found)?;
    let url = format!("/w/{id}?share={token}");
    Ok((StatusCode::CREATED, Json(MadeShareLink { link: view(&app, &made), token: token.into(), url })))
}

/// The share links of my video, newest first.
#[utoipa::path(get, path = "/api/videos/{id}/links", tag = "videos", params(("id" = String, Path)),
    responses((status = 200, body = ShareLinkList), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn links(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<ShareLinkList>> {
    video_for(&app, &id, &principal, Action::Share).await?;
    let found = app.store.links_of(&id).await?;
    Ok(Json(ShareLinkList { items: found.iter().map(|link| view(&app, link)).collect() }))
}

/// Revokes a share link: nothing can be fetched by it any more, also by who has it open.
#[utoipa::path(delete, path = "/api/videos/{id}/links/{link}", tag = "videos",
    params(("id" = String, Path), ("link" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn revoke_link(
    State(app): State<AppState>,
    Path((id, link)): Path<(String, String)>,
    Asker(principal): Asker,
    From(client): From,
) -> Result<StatusCode> {
    let id: VideoId = id.parse().map_err(|_| Problem::not_found())?;
    let (_, access) = video_for(&app, &id, &principal, Action::Share).await?;
    let link: LinkId = link.parse().map_err(|_| Problem::not_found())?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_link(&id, &link).await? {
        return Err(Problem::not_found());
    }
    let event = Audit::own("share_link_revoked", &access.owner, Some(client.address));
    Audit { detail: &format!("{link} opened {id}"), ..event }.write(&app, &mut tx).await?;
    tx.commit().await?;
    app.video_changed(&id, &access);
    Ok(StatusCode::NO_CONTENT)
}

/// Exchanges a share link, and its password where it has one, for a pass. Nothing of the video is told before that.
#[utoipa::path(post, path = "/api/videos/{id}/links/open", tag = "videos", params(("id" = String, Path)),
    request_body = OpenShareLink, responses((status = 200, body = SharePass),
        (status = 403, body = Problem, description = "`password_required` or `wrong_password`"),
        (status = 404, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn open_link(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    From(client): From,
    Body(given): Body<OpenShareLink>,
) -> Result<Json<SharePass>> {
    let found = app.store.link_by_token(&id, &hash_of(given.token.expose())).await?;
    let link = found.filter(|link| link.is_alive(app.now())).ok_or_else(Problem::not_found)?;
    if let Some(stored) = link.password_hash.clone() {
        check_password(&app, &link, stored, given.password, client.address).await?;
    }
    app.store.link_used(&link, app.now()).await?;
    let (pass, end) = pass(&app.passes, &link, app.now());
    Ok(Json(SharePass { pass, expires_at: rfc3339(end) }))
}

async fn check_password(
    app: &App,
    link: &Link,
    stored: String,
    given: Option<Secret>,
    address: IpAddr,
) -> Result<()> {
    let Some(given) = given.filter(|given| !given.expose().is_empty()) else {
        let detail = "This link asks for a password. The person who sent it knows it.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "password_required", detail));
    };
    app.limits.guess_from(address)?;
    app.limits.guess_at_link(&link.id)?;
    let given = given.expose().chars().take(LONGEST_PASSWORD).collect();
    if !app.passwords.verify(given, Some(stored)).await.map_err(Problem::hidden)? {
        let detail = "This password does not open the link. Check it, or ask the person who sent it.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "wrong_password", detail));
    }
    app.limits.guessed_right(address, &link.id);
    Ok(())
}

/// The end of a link, which must lie ahead.
fn end_of(app: &App, text: &str) -> Result<Micros> {
    let end = text.parse::<jiff::Timestamp>().map(|at| Micros(at.as_microsecond()));
    let now = app.now();
    match end {
        Ok(end) if end > now && end <= now.plus(LONGEST_LIFE) => Ok(end),
        Ok(_) => Err(Problem::field("expires_at", "The end of a link lies ahead, within ten years.")),
        Err(_) => Err(Problem::field("expires_at", "A time is written like 2030-01-31T12:00:00Z.")),
    }
}

async fn hashed(app: &App, password: &Secret) -> Result<String> {
    let length = password.expose().chars().count();
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        let message = format!("A link's password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.");
        return Err(Problem::field("password", message));
    }
    app.passwords.hash(password.expose().to_owned()).await.map_err(Problem::hidden)
}

fn view(app: &App, link: &Link) -> ShareLinkView {
    ShareLinkView {
        id: link.id.to_string(),
        has_password: link.password_hash.is_some(),
        allow_download: link.allow_download,
        expires_at: link.expires_at.map(|at| rfc3339(Micros(at))),
        ended: !link.is_alive(app.now()),
        created_at: rfc3339(link.created_at),
        used_at: link.used_at.map(|at| rfc3339(Micros(at))),
    }
}
