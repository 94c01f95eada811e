//! Share links. Tokens and passwords are stored as hashes; this module never sees one in clear.

use crate::{Result, Store, Tx};
use domain::{LinkId, Micros, VideoId};

/// A share link.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Link {
    /// Names it.
    #[sqlx(try_from = "String")]
    pub id: LinkId,
    /// The one video that it opens.
    #[sqlx(try_from = "String")]
    pub video_id: VideoId,
    /// The PHC string of its password, if it has one.
    pub password_hash: Option<String>,
    /// Whether its holders may take the file away.
    pub allow_download: bool,
    /// When it ends, microseconds.
    pub expires_at: Option<i64>,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Micros,
    /// When it was last opened, microseconds, to the minute.
    pub used_at: Option<i64>,
}

impl Link {
    /// Whether it has not ended yet.
    #[must_use]
    pub fn is_alive(&self, now: Micros) -> bool {
        self.expires_at.is_none_or(|end| now.0 < end)
    }
}

/// What making a link writes.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// Names it.
    pub id: &'a LinkId,
    /// The one video that it opens.
    pub video: &'a VideoId,
    /// The hash of its token.
    pub token_hash: &'a str,
    /// The PHC string of its password.
    pub password_hash: Option<&'a str>,
    /// Whether its holders may take the file away.
    pub allow_download: bool,
    /// When it ends.
    pub expires_at: Option<Micros>,
    /// Now.
    pub now: Micros,
}

const MINUTE: i64 = 60_000_000;

impl Store {
    /// A link by its name, whether it has ended or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link(&self, id: &LinkId) -> Result<Option<Link>> {
        self.db
            .opt(
                "SELECT id, video_id, password_hash, allow_download, expires_at, created_at, used_at FROM share_link
                 WHERE id = $1",
                (id.as_str(),),
            )
            .await
    }

    /// The link of a video whose token has this hash, whether it has ended or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_by_token(&self, video: &VideoId, token_hash: &str) -> Result<Option<Link>> {
        self.db
            .opt(
                "SELECT id, video_id, password_hash, allow_download, expires_at, created_at, used_at FROM share_link
                 WHERE token_hash = $1 AND video_id = $2",
                (token_hash, video.as_str()),
            )
            .await
    }

    /// A video's links, newest first, at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn links_of(&self, video: &VideoId) -> Result<Vec<Link>> {
        self.db
            .all(
                "SELECT id, video_id, password_hash, allow_download, expires_at, created_at, used_at FROM share_link
                 WHERE video_id = $1 ORDER BY created_at DESC, id LIMIT 100",
                (video.as_str(),),
            )
            .await
    }

    /// Notes that a link was opened, at most once a minute.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_used(&self, link: &Link, now: Micros) -> Result<()> {
        if link.used_at.is_some_and(|used| now.0.saturating_sub(used) < MINUTE) {
            return Ok(());
        }
        self.db
            .run("UPDATE share_link SET used_at = $2 WHERE id = $1", (link.id.as_str(), now.0))
            .await
            .map(drop)
    }

    /// Removes links that ended before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_links(&self, before: Micros) -> Result<()> {
        self.db.run("DELETE FROM share_link WHERE expires_at < $1", (before.0,)).await.map(drop)
    }
}

impl Tx {
    /// Makes a link; `false` when its video has `most` links already, or is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_link(&mut self, new: &NewLink<'_>, most: i64) -> Result<bool> {
        let rows = self
            .run(
                "INSERT INTO share_link (id, video_id, token_hash, password_hash, allow_download, expires_at, created_at)
                 SELECT $1, $2, $3, $4, $5, $6, $7
                 WHERE (SELECT COUNT(*) FROM share_link WHERE video_id = $2) < $8
                   AND EXISTS (SELECT 1 FROM video WHERE id = $2)",
                (
                    new.id.as_str(),
                    new.video.as_str(),
                    new.token_hash,
                    new.password_hash,
                    i64::from(new.allow_download),
                    new.expires_at.map(|end| end.0),
                    new.now.0,
                    most,
                ),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Removes a link of a video: whoever came by it may not fetch anything more. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_link(&mut self, video: &VideoId, id: &LinkId) -> Result<bool> {
        let rows = self
            .run("DELETE FROM share_link WHERE id = $1 AND video_id = $2", (id.as_str(), video.as_str()))
            .await?;
        Ok(rows == 1)
    }
}
