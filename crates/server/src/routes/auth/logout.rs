use super::{refresh_cookie, refresh_token};
use crate::accounts::hash_of;
use crate::app::AppState;
use crate::extract::Asker;
use crate::problem::Result;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use bus::Event;
use domain::Principal;

/// Ends the session of the access token or of the refresh cookie; both stop working at once.
#[utoipa::path(post, path = "/api/auth/logout", tag = "accounts", responses((status = 204)))]
pub(crate) async fn logout(
    State(app): State<AppState>,
    asker: Result<Asker>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let mut tx = app.store.begin().await?;
    let mut ended = Vec::new();
    if let Ok(Asker(Principal::Account { session, .. })) = asker {
        tx.revoke_session(&session, app.now()).await?;
        ended.push(session);
    }
    if let Some(token) = refresh_token(&headers)
        && let Some(found) = tx.refresh_token(&hash_of(&token)).await?
    {
        tx.revoke_session(&found.session_id, app.now()).await?;
        ended.push(found.session_id);
    }
    tx.commit().await?;
    for session in ended {
        app.bus.publish(Event::SessionEnded { session });
    }
    Ok((StatusCode::NO_CONTENT, refresh_cookie(&app, &headers, "")))
}
