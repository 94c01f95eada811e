//! What handlers ask of a request: who asks, from where, and with which body.

use crate::accounts::{Client, hash_of};
use crate::app::{App, AppState};
use crate::problem::{Problem, Result};
use crate::recall::Look;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use domain::{AccountId, Action, Object, Principal, VideoAccess, VideoId, authorize};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::videos::ListedVideo;

/// Who asks; anonymous when there is no `Authorization` header. A wrong or ended token is refused.
pub(crate) struct Asker(pub(crate) Principal);

impl FromRequestParts<AppState> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Ok(Self(Principal::Anonymous));
        };
        let token = value
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| {
                Problem::unauthorized("The Authorization header must be: Bearer <access token>.")
            })?;
        bearer(app, token).await.map(Self)
    }
}

/// Who stands behind an access token.
pub(crate) async fn bearer(app: &App, token: &str) -> Result<Principal> {
    match app.store.bearer(&hash_of(token), app.now()).await? {
        Some(found) => {
            Ok(Principal::Account { id: found.account_id, role: found.role, session: found.session_id })
        }
        None => Err(Problem::unauthorized("The access token has ended. Refresh it or sign in again.")),
    }
}

/// A signed-in account.
pub(crate) struct SignedIn {
    pub(crate) account: AccountId,
    pub(crate) principal: Principal,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let Asker(principal) = Asker::from_request_parts(parts, app).await?;
        authorize(&principal, Action::UseAccount, Object::OwnAccount)?;
        match principal.clone() {
            Principal::Account { id, .. } => Ok(Self { account: id, principal }),
            Principal::Anonymous => Err(Problem::unauthorized("Sign in to do this.")),
        }
    }
}

/// A JSON body of at most the router's limit.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self> {
        match axum::Json::<T>::from_request(request, app).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) if rejection.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", rejection.body_text()))
            }
            Err(rejection) => Err(Problem::new(rejection.status(), "bad_request", rejection.body_text())),
        }
    }
}

/// The `{id}` of a video in the path; anything else is not found.
pub(crate) struct VideoPath(pub(crate) VideoId);

impl FromRequestParts<AppState> for VideoPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let Path(id) =
            Path::<String>::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
        id.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The other end of the connection, as far as it can be believed.
pub(crate) struct From(pub(crate) Client);

impl FromRequestParts<AppState> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.ok_or_else(|| Problem::bad_request("The connection has no address."))?;
        let agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let user_agent = agent.chars().take(200).collect();
        Ok(Self(Client { address: forwarded(app, parts, peer).unwrap_or(peer), user_agent }))
    }
}

/// The address that a trusted proxy saw; the last entry is the one it wrote itself.
fn forwarded(app: &App, parts: &Parts, peer: IpAddr) -> Option<IpAddr> {
    if !app.config.trusted_proxies.contains(&peer) {
        return None;
    }
    let list = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    list.rsplit(',').next()?.trim().parse().ok()
}

/// A video as its page shows it, if `principal` may watch it.
pub(crate) async fn look_for(
    app: &App,
    id: &VideoId,
    principal: &Principal,
) -> Result<(Arc<Look>, VideoAccess)> {
    let look = app.recall.video(id).await?.ok_or_else(Problem::not_found)?;
    let access = look.listed.video.access();
    authorize(principal, Action::Watch, Object::Video(&access))?;
    Ok((look, access))
}

/// A video, if `principal` may do `action` to it.
pub(crate) async fn video_for(
    app: &App,
    id: &VideoId,
    principal: &Principal,
    action: Action,
) -> Result<(ListedVideo, VideoAccess)> {
    let found = app.store.video(id).await?.ok_or_else(Problem::not_found)?;
    let access = found.video.access();
    authorize(principal, action, Object::Video(&access))?;
    Ok((found, access))
}
