use super::{SignedInView, refresh_cookie};
use crate::accounts::sign_in;
use crate::app::AppState;
use crate::audit::Audit;
use crate::extract::{Body, From};
use crate::problem::{Problem, Result};
use crate::views::UserView;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use domain::Secret;
use utoipa::ToSchema;

/// What signing in asks for.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct Login {
    /// User name or e-mail address.
    login: String,
    #[schema(value_type = String)]
    password: Secret,
}

/// Signs in with a user name or an e-mail address.
#[utoipa::path(post, path = "/api/auth/login", tag = "accounts", request_body = Login, responses(
    (status = 200, body = SignedInView), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn login(
    State(app): State<AppState>,
    From(client): From,
    headers: HeaderMap,
    Body(given): Body<Login>,
) -> Result<impl IntoResponse> {
    let login = given.login.trim().to_lowercase();
    app.limits.guess_from(client.address)?;
    app.limits.guess_at(&login)?;
    let account = app.store.account_by_login(&login).await?;
    let stored = account.as_ref().map(|account| account.password_hash.expose().to_owned());
    let password = given.password.expose().chars().take(200).collect();
    let right = app.passwords.verify(password, stored).await.map_err(Problem::hidden)?;
    let mut tx = app.store.begin().await?;
    let Some(account) = account.as_ref().filter(|_| right) else {
        let refused = Audit {
            event: "sign_in_refused",
            account: account.as_ref().map(|account| &account.id),
            actor: None,
            address: Some(client.address),
            detail: "",
        };
        refused.write(&app, &mut tx).await?;
        tx.commit().await?;
        return Err(Problem::unauthorized("This user name and password do not belong together."));
    };
    let tokens = sign_in(&app, &mut tx, &account.id, &client).await?;
    Audit::own("sign_in", &account.id, Some(client.address)).write(&app, &mut tx).await?;
    tx.commit().await?;
    let user =
        UserView { id: account.id.to_string(), username: account.username.clone(), role: account.role };
    let cookie = refresh_cookie(&app, &headers, tokens.refresh.expose());
    Ok((
        cookie,
        Json(SignedInView {
            user,
            access_token: tokens.access,
            expires_in: app.config.access_token_life().as_secs(),
        }),
    ))
}
