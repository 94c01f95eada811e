use super::{SignedInView, refresh_cookie};
use crate::accounts::sign_in;
use crate::app::AppState;
use crate::audit::Audit;
use crate::extract::{Body, From};
use crate::problem::{Fields, Problem, Result};
use crate::random;
use crate::views::UserView;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::text::{Email, Username};
use domain::{AccountId, ChannelId, Secret};
use store::accounts::NewAccount;
use utoipa::ToSchema;

/// What registration asks for.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct Register {
    email: String,
    /// 3–30 of a–z, 0–9 and `_`.
    username: String,
    /// 8–200 characters.
    #[schema(value_type = String)]
    password: Secret,
    /// From the set-up link, for the first account of a server that others can reach.
    #[schema(value_type = Option<String>)]
    setup_token: Option<Secret>,
}

/// Makes an account with its channel and signs it in. The first account of an instance is its admin.
#[utoipa::path(post, path = "/api/auth/register", tag = "accounts", request_body = Register, responses(
    (status = 201, body = SignedInView), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn register(
    State(app): State<AppState>,
    From(client): From,
    headers: HeaderMap,
    Body(new): Body<Register>,
) -> Result<impl IntoResponse> {
    app.limits.guess_from(client.address)?;
    let mut fields = Fields::default();
    let email = fields.check("email", Email::parse(&new.email));
    let username = fields.check("username", Username::parse(&new.username));
    if !(8..=200).contains(&new.password.expose().chars().count()) {
        fields.add("password", "The password needs 8 to 200 characters.");
    }
    let (Some(email), Some(username)) = (email, username) else { return Err(fields.problem()) };
    if fields.any() {
        return Err(fields.problem());
    }
    check_setup(&app, new.setup_token.as_ref()).await?;
    let password_hash =
        app.passwords.hash(new.password.expose().to_owned()).await.map_err(Problem::hidden)?;
    let id = AccountId::from_random(random::bytes());
    let mut tx = app.store.begin().await?;
    let role = tx
        .insert_account(&NewAccount {
            id: id.clone(),
            channel: ChannelId::from_random(random::bytes()),
            username: &username,
            email: &email,
            password_hash: &password_hash,
            now: app.now(),
        })
        .await
        .map_err(taken)?;
    let tokens = sign_in(&app, &mut tx, &id, &client).await?;
    let audit = Audit { detail: role.as_str(), ..Audit::own("registered", &id, Some(client.address)) };
    audit.write(&app, &mut tx).await?;
    tx.commit().await?;
    let user = UserView { id: id.to_string(), username: username.to_string(), role };
    let cookie = refresh_cookie(&app, &headers, tokens.refresh.expose());
    Ok((
        StatusCode::CREATED,
        cookie,
        Json(SignedInView {
            user,
            access_token: tokens.access,
            expires_in: app.config.access_token_life().as_secs(),
        }),
    ))
}

/// Before there is an account, a server that others can reach lets nobody in without its set-up link.
async fn check_setup(app: &AppState, given: Option<&Secret>) -> Result<()> {
    let Some(expected) = &app.setup_token else { return Ok(()) };
    if app.store.account_count().await? > 0 {
        return Ok(());
    }
    if given.is_some_and(|given| expected.matches(given.expose())) {
        return Ok(());
    }
    let detail = "This server is not set up yet. Open the set-up link that it printed when it started.";
    Err(Problem::new(StatusCode::FORBIDDEN, "setup_required", detail))
}

fn taken(error: store::Error) -> Problem {
    match error {
        store::Error::Taken(column) if column.contains("email") => {
            Problem::field("email", "There is an account with this e-mail address already. Sign in instead.")
        }
        store::Error::Taken(_) => Problem::field("username", "This user name is taken; choose another one."),
        other => other.into(),
    }
}
