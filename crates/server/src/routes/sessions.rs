use crate::app::AppState;
use crate::audit::Audit;
use crate::extract::{From, SignedIn};
use crate::problem::{Problem, Result};
use crate::views::rfc3339;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bus::Event;
use domain::{Micros, Principal, SessionId};
use utoipa::ToSchema;

/// One browser that is signed in.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct SessionView {
    id: String,
    /// What the browser calls itself.
    user_agent: String,
    /// Where it signed in from.
    address: String,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339; accurate to the life of an access token.
    used_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Browsers that are signed in.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct SessionList {
    items: Vec<SessionView>,
}

/// My open sessions, the last used first.
#[utoipa::path(get, path = "/api/me/sessions", tag = "accounts",
    responses((status = 200, body = SessionList), (status = 401, body = Problem)))]
pub(crate) async fn my_sessions(State(app): State<AppState>, asker: SignedIn) -> Result<Json<SessionList>> {
    let own = current(&asker);
    let sessions = app.store.sessions_of(&asker.account).await?;
    let items = sessions
        .into_iter()
        .map(|session| SessionView {
            current: own == Some(&session.id),
            id: session.id.to_string(),
            user_agent: session.user_agent,
            address: session.address,
            created_at: rfc3339(session.created_at),
            used_at: rfc3339(session.used_at.map_or(session.created_at, Micros)),
        })
        .collect();
    Ok(Json(SessionList { items }))
}

/// Ends one of my sessions: its tokens and its sockets stop at once.
#[utoipa::path(delete, path = "/api/me/sessions/{id}", tag = "accounts", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn revoke_session(
    State(app): State<AppState>,
    asker: SignedIn,
    From(client): From,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    let session: SessionId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx = app.store.begin().await?;
    if !tx.revoke_session_of(&asker.account, &session, app.now()).await? {
        return Err(Problem::not_found());
    }
    Audit::own("session_revoked", &asker.account, Some(client.address)).write(&app, &mut tx).await?;
    tx.commit().await?;
    app.bus.publish(Event::SessionEnded { session });
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all my sessions but the one that asks.
#[utoipa::path(delete, path = "/api/me/sessions", tag = "accounts", responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn revoke_other_sessions(
    State(app): State<AppState>,
    asker: SignedIn,
    From(client): From,
) -> Result<StatusCode> {
    let mut tx = app.store.begin().await?;
    let ended = tx.revoke_sessions_of(&asker.account, current(&asker), app.now()).await?;
    Audit::own("sessions_revoked", &asker.account, Some(client.address)).write(&app, &mut tx).await?;
    tx.commit().await?;
    for session in ended {
        app.bus.publish(Event::SessionEnded { session });
    }
    Ok(StatusCode::NO_CONTENT)
}

fn current(asker: &SignedIn) -> Option<&SessionId> {
    match &asker.principal {
        Principal::Account { session, .. } => Some(session),
        Principal::Anonymous | Principal::LinkHolder { .. } => None,
    }
}
