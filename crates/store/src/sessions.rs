//! Sessions and their tokens. Tokens are stored as hashes; this module never sees one in clear.

use crate::{Result, Store, Tx};
use domain::{AccountId, Micros, Role, SessionId};

/// Who stands behind a valid access token.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Bearer {
    /// The session.
    #[sqlx(try_from = "String")]
    pub session_id: SessionId,
    /// Its account.
    #[sqlx(try_from = "String")]
    pub account_id: AccountId,
    /// The account's role at this moment.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// When the token ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Micros,
}

/// A refresh token as it was found.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RefreshToken {
    /// Its session.
    #[sqlx(try_from = "String")]
    pub session_id: SessionId,
    /// The session's account.
    #[sqlx(try_from = "String")]
    pub account_id: AccountId,
    /// When it ends.
    #[sqlx(try_from = "i64")]
    pub expires_at: Micros,
    /// When it was exchanged, microseconds; a token is good for one exchange.
    pub used_at: Option<i64>,
    /// When its session was revoked, microseconds.
    pub revoked_at: Option<i64>,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Session {
    /// Names it.
    #[sqlx(try_from = "String")]
    pub id: SessionId,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Where it signed in from.
    pub address: String,
    /// When it signed in.
    #[sqlx(try_from = "i64")]
    pub created_at: Micros,
    /// When its tokens were last exchanged, microseconds.
    pub used_at: Option<i64>,
}

/// What signing in writes.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Names it.
    pub id: SessionId,
    /// Whose it is.
    pub account: &'a AccountId,
    /// What the browser calls itself, cut to a sane length.
    pub user_agent: &'a str,
    /// Where it came from.
    pub address: &'a str,
    /// Now.
    pub now: Micros,
}

impl Store {
    /// Who stands behind the access token with this hash, unless it has expired or its session was revoked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bearer(&self, token_hash: &str, now: Micros) -> Result<Option<Bearer>> {
        self.db
            .opt(
                "SELECT t.session_id, s.account_id, a.role, t.expires_at FROM access_token t
                 JOIN session s ON s.id = t.session_id JOIN account a ON a.id = s.account_id
                 WHERE t.hash = $1 AND t.expires_at > $2 AND s.revoked_at IS NULL",
                (token_hash, now.0),
            )
            .await
    }

    /// An account's open sessions, the last used first, at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_of(&self, account: &AccountId) -> Result<Vec<Session>> {
        self.db
            .all(
                "SELECT id, user_agent, address, created_at, used_at FROM session
                 WHERE account_id = $1 AND revoked_at IS NULL
                 ORDER BY COALESCE(used_at, created_at) DESC, id LIMIT 100",
                (account.as_str(),),
            )
            .await
    }

    /// Removes tokens that ended before `now` and sessions that have none left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_tokens(&self, now: Micros) -> Result<()> {
        self.db.run("DELETE FROM access_token WHERE expires_at < $1", (now.0,)).await?;
        self.db.run("DELETE FROM refresh_token WHERE expires_at < $1", (now.0,)).await?;
        self.db
            .run("DELETE FROM session WHERE NOT EXISTS (SELECT 1 FROM refresh_token r WHERE r.session_id = session.id)", ())
            .await
            .map(drop)
    }
}

impl Tx {
    /// Opens a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_session(&mut self, new: &NewSession<'_>) -> Result<()> {
        self.run(
            "INSERT INTO session (id, account_id, user_agent, address, created_at) VALUES ($1, $2, $3, $4, $5)",
            (new.id.as_str(), new.account.as_str(), new.user_agent, new.address, new.now.0),
        )
        .await
        .map(drop)
    }

    /// Adds an access token to a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_access_token(
        &mut self,
        hash: &str,
        session: &SessionId,
        expires_at: Micros,
    ) -> Result<()> {
        self.run(
            "INSERT INTO access_token (hash, session_id, expires_at) VALUES ($1, $2, $3)",
            (hash, session.as_str(), expires_at.0),
        )
        .await
        .map(drop)
    }

    /// Adds a refresh token to a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_refresh_token(
        &mut self,
        hash: &str,
        session: &SessionId,
        expires_at: Micros,
    ) -> Result<()> {
        self.run(
            "INSERT INTO refresh_token (hash, session_id, expires_at) VALUES ($1, $2, $3)",
            (hash, session.as_str(), expires_at.0),
        )
        .await
        .map(drop)
    }

    /// The refresh token with this hash, used or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_token(&mut self, hash: &str) -> Result<Option<RefreshToken>> {
        self.opt(
            "SELECT r.session_id, s.account_id, r.expires_at, r.used_at, s.revoked_at FROM refresh_token r
             JOIN session s ON s.id = r.session_id WHERE r.hash = $1",
            (hash,),
        )
        .await
    }

    /// Marks a refresh token as exchanged.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_refresh_token(&mut self, hash: &str, now: Micros) -> Result<()> {
        self.run("UPDATE refresh_token SET used_at = $2 WHERE hash = $1", (hash, now.0)).await.map(drop)
    }

    /// Ends a session; its tokens stop working at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_session(&mut self, session: &SessionId, now: Micros) -> Result<()> {
        self.run(
            "UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            (session.as_str(), now.0),
        )
        .await
        .map(drop)
    }

    /// Notes that a session's tokens were exchanged.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn touch_session(&mut self, session: &SessionId, now: Micros) -> Result<()> {
        self.run("UPDATE session SET used_at = $2 WHERE id = $1", (session.as_str(), now.0)).await.map(drop)
    }

    /// Ends one session of an account; `false` when it has no such open session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_session_of(
        &mut self,
        account: &AccountId,
        session: &SessionId,
        now: Micros,
    ) -> Result<bool> {
        let rows = self
            .run(
                "UPDATE session SET revoked_at = $3 WHERE id = $2 AND account_id = $1 AND revoked_at IS NULL",
                (account.as_str(), session.as_str(), now.0),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Ends every session of an account but `kept`; answers which.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_sessions_of(
        &mut self,
        account: &AccountId,
        kept: Option<&SessionId>,
        now: Micros,
    ) -> Result<Vec<SessionId>> {
        let rows: Vec<(String,)> = self
            .all(
                "UPDATE session SET revoked_at = $3 WHERE account_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING id",
                (account.as_str(), kept.map_or("", SessionId::as_str), now.0),
            )
            .await?;
        Ok(rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }
}
