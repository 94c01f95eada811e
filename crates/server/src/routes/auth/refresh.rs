use super::{AccessView, refresh_cookie, refresh_token};
use crate::accounts;
use crate::app::AppState;
use crate::extract::From;
use crate::problem::{Problem, Result};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Exchanges the refresh cookie for a fresh access token and a fresh cookie.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "accounts",
    responses((status = 200, body = AccessView), (status = 401, body = Problem)))]
pub(crate) async fn refresh(
    State(app): State<AppState>,
    From(client): From,
    headers: HeaderMap,
) -> Result<Response> {
    let Some(token) = refresh_token(&headers) else {
        return Err(Problem::unauthorized("You are not signed in."));
    };
    match accounts::refresh(&app, &token, client.address).await {
        Ok(tokens) => Ok((
            refresh_cookie(&app, &headers, tokens.refresh.expose()),
            Json(AccessView::new(&app, &tokens)),
        )
            .into_response()),
        // A cookie that is good for nothing is taken away.
        Err(problem) if problem.status == 401 => {
            Ok((refresh_cookie(&app, &headers, ""), problem).into_response())
        }
        Err(problem) => Err(problem),
    }
}
