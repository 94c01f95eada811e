//! Opaque tokens: 256 random bits, stored as hashes. One read of the store tells who asks, with which role, and whether the
//! session still stands, so a revoked session ends at once (docs/decisions/0003).

use crate::app::App;
use crate::audit::Audit;
use crate::problem::{Problem, Result};
use crate::random;
use bus::Event;
use domain::{AccountId, Secret, SessionId};
use std::net::IpAddr;
use std::time::Duration;
use store::Tx;
use store::sessions::NewSession;

/// How long a session lives without being used.
const REFRESH_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Two tabs that wake at the same moment both send the same refresh token; that is not theft.
const REUSE_GRACE: Duration = Duration::from_secs(20);

/// Who signs in from where.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) user_agent: String,
}

/// A fresh pair of tokens, in clear for the last time.
pub(crate) struct Tokens {
    pub(crate) access: Secret,
    pub(crate) refresh: Secret,
}

/// The hash under which a token is stored.
pub(crate) fn hash_of(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

/// Opens a session for `account`.
pub(crate) async fn sign_in(app: &App, tx: &mut Tx, account: &AccountId, client: &Client) -> Result<Tokens> {
    let session = SessionId::from_random(random::bytes());
    let address = client.address.to_string();
    tx.insert_session(&NewSession {
        id: session.clone(),
        account,
        user_agent: &client.user_agent,
        address: &address,
        now: app.now(),
    })
    .await?;
    issue(app, tx, &session).await
}

/// Exchanges a refresh token for a fresh pair. A token that was exchanged before is taken for stolen: its session ends.
pub(crate) async fn refresh(app: &App, token: &str, address: IpAddr) -> Result<Tokens> {
    let now = app.now();
    let hash = hash_of(token);
    let mut tx = app.store.begin().await?;
    let Some(found) = tx.refresh_token(&hash).await? else { return Err(signed_out()) };
    if found.revoked_at.is_some() || found.expires_at <= now {
        return Err(signed_out());
    }
    match found.used_at {
        None => tx.use_refresh_token(&hash, now).await?,
        Some(used) if now.since(used.into()) <= REUSE_GRACE => {}
        Some(_) => {
            tx.revoke_session(&found.session_id, now).await?;
            let audit = Audit {
                event: "refresh_token_reused",
                account: Some(&found.account_id),
                actor: None,
                address: Some(address),
                detail: "a refresh token was used twice; its session ended",
            };
            audit.write(app, &mut tx).await?;
            tx.commit().await?;
            app.bus.publish(Event::SessionEnded { session: found.session_id });
            return Err(signed_out());
        }
    }
    tx.touch_session(&found.session_id, now).await?;
    let tokens = issue(app, &mut tx, &found.session_id).await?;
    tx.commit().await?;
    Ok(tokens)
}

async fn issue(app: &App, tx: &mut Tx, session: &SessionId) -> Result<Tokens> {
    let tokens = Tokens { access: random::secret().into(), refresh: random::secret().into() };
    let now = app.now();
    tx.insert_access_token(
        &hash_of(tokens.access.expose()),
        session,
        now.plus(app.config.access_token_life()),
    )
    .await?;
    tx.insert_refresh_token(&hash_of(tokens.refresh.expose()), session, now.plus(REFRESH_LIFE)).await?;
    Ok(tokens)
}

fn signed_out() -> Problem {
    Problem::unauthorized("You are signed out. Sign in again.")
}
