//! What handlers ask of a request: who asks, from where, and with which body.

use crate::accounts::{Client, hash_of};
use crate::app::{App, AppState};
use crate::links;
use crate::problem::{Problem, Result};
use crate::recall::Look;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use domain::{AccountId, Action, Object, Principal, VideoAccess, VideoId, authorize};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::videos::ListedVideo;

/// Who asks; anonymous when there is no `Authorization` header. A wrong or ended token is refused, and so is the pass of a share
/// link that does not work any more.
pub(crate) struct Asker(pub(crate) Principal);

impl FromRequestParts<AppState> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Ok(Self(Principal::Anonymous));
        };
        let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
        let principal = if scheme.eq_ignore_ascii_case("bearer") {
            bearer(app, token.trim()).await?
        } else if scheme.eq_ignore_ascii_case("share") {
            links::holder(app, token.trim()).await?
        } else {
            return Err(Problem::unauthorized(
                "The Authorization header must be: Bearer <access token>, or: Share <pass of a share link>.",
            ));
        };
        if let Some(account) = principal.account() {
            let address = address_of(app, &parts.headers, &parts.extensions);
            app.limits.request_of(account, address, &parts.method, &parts.extensions)?;
        }
        Ok(Self(principal))
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
            Principal::Anonymous | Principal::LinkHolder { .. } => {
                Err(Problem::unauthorized("Sign in to do this."))
            }
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
        let address = address_of(app, &parts.headers, &parts.extensions);
        let address = address.ok_or_else(|| Problem::bad_request("The connection has no address."))?;
        let agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let user_agent = agent.chars().take(200).collect();
        Ok(Self(Client { address, user_agent }))
    }
}

/// Where a request comes from: the connection's other end or, where that is a trusted proxy, the nearest address behind it that
/// is none. Each proxy adds the address it saw at the end, so whatever stands before that is the client's own invention.
pub(crate) fn address_of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let trusted =
        |address: &IpAddr| app.config.trusted_proxies.iter().any(|own| own.to_canonical() == *address);
    if !trusted(&peer) {
        return Some(peer);
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().rev().filter_map(|line| line.to_str().ok());
    let mut nearest = peer;
    for entry in lines.flat_map(|line| line.rsplit(',')) {
        let Ok(address) = entry.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !trusted(&nearest) {
            break;
        }
    }
    Some(nearest)
}

/// Whether a request comes from this machine itself. A proxy here that nobody trusts may speak for anyone.
pub(crate) fn is_local(app: &App, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let address = address_of(app, headers, extensions);
    let spoken_for = headers.contains_key(FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    // A trusted proxy says whose request it is; the word of any other counts against it.
    let believed =
        peer.is_some_and(|peer| app.config.trusted_proxies.iter().any(|own| own.to_canonical() == peer));
    address.is_some_and(|address| address.is_loopback()) && (believed || !spoken_for)
}

const FORWARDED_FOR: &str = "x-forwarded-for";

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
