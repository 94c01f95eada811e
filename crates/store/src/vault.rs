//! What `vitascope verify`, `backup` and `rebuild` ask of the catalogue, and which videos have a `video.json` to be written.

use crate::accounts::Account;
use crate::media::{Rung, Segment};
use crate::uploads::SourcePart;
use crate::{Result, Store, Tx};
use domain::text::Username;
use domain::video::Failure;
use domain::{AccountId, ChannelId, Micros, Origin, State, VideoId, Visibility};

/// How a video's `video.json` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Description {
    /// Grows with every change of the video.
    pub revision: i64,
    /// The revision that the file holds, or an earlier one.
    pub described: i64,
}

/// An account as a rebuild makes it: nobody can sign in until an administrator gives it a password.
#[derive(Debug)]
pub struct RebuiltAccount<'a> {
    /// Names it, as before.
    pub id: &'a AccountId,
    /// The login name, as before.
    pub username: &'a Username,
    /// Unique; reaches nobody.
    pub email: &'a str,
    /// When.
    pub now: Micros,
}

/// A video as it was described.
#[derive(Debug)]
pub struct RebuiltVideo<'a> {
    /// Names it.
    pub id: &'a VideoId,
    /// Whose it is.
    pub account: &'a AccountId,
    /// Where it appears.
    pub channel: &'a ChannelId,
    /// One line.
    pub title: &'a str,
    /// Many lines.
    pub description: &'a str,
    /// Who sees it.
    pub visibility: Visibility,
    /// Where it came from.
    pub origin: Origin,
    /// How far it had got.
    pub state: State,
    /// Why it failed.
    pub failure: Option<&'a Failure>,
    /// The uploaded file's name.
    pub file_name: &'a str,
    /// Bytes of the source.
    pub size: Option<i64>,
    /// Bytes per part.
    pub part_size: i64,
    /// Parts of the source.
    pub part_count: Option<i64>,
    /// Microseconds.
    pub duration: Option<i64>,
    /// Pixels as displayed.
    pub width: Option<i64>,
    /// Pixels as displayed.
    pub height: Option<i64>,
    /// JSON.
    pub plan: Option<&'a str>,
    /// What was done with the source before it was complete; see migration 5.
    pub arriving: Option<&'a str>,
    /// Object key.
    pub poster: Option<&'a str>,
    /// Whether a player can start.
    pub playable: bool,
    /// Whether others than its owner may take it away as a file.
    pub allow_download: bool,
    /// Who may see what since when.
    pub access_generation: i64,
    /// When it began.
    pub created_at: Micros,
    /// When others could first see it, microseconds.
    pub published_at: Option<i64>,
}

impl Store {
    /// Videos whose `video.json` is older than their rows, with the revision that it should hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undescribed(&self, limit: i64) -> Result<Vec<(VideoId, i64)>> {
        let rows: Vec<(String, i64)> = self
            .db
            .all(
                "SELECT video_id, revision FROM description WHERE described < revision ORDER BY video_id LIMIT $1",
                (limit,),
            )
            .await?;
        Ok(rows.into_iter().filter_map(|(id, revision)| Some((id.parse().ok()?, revision))).collect())
    }

    /// Notes that `video.json` holds what the rows held at `revision`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn described(&self, video: &VideoId, revision: i64) -> Result<()> {
        self.db
            .run(
                "UPDATE description SET described = $2 WHERE video_id = $1 AND described < $2",
                (video.as_str(), revision),
            )
            .await
            .map(drop)
    }

    /// How a video's `video.json` stands; `None` before its upload is complete.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn description(&self, video: &VideoId) -> Result<Option<Description>> {
        self.db
            .opt("SELECT revision, described FROM description WHERE video_id = $1", (video.as_str(),))
            .await
    }

    /// Identifiers of all videos after `after`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn video_ids(&self, after: Option<&VideoId>, limit: i64) -> Result<Vec<VideoId>> {
        let after = after.map_or("", VideoId::as_str);
        let rows: Vec<(String,)> =
            self.db.all("SELECT id FROM video WHERE id > $1 ORDER BY id LIMIT $2", (after, limit)).await?;
        Ok(rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// Whether no job of a video is open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_idle(&self, video: &VideoId) -> Result<bool> {
        let open = "SELECT COUNT(*) FROM job WHERE video_id = $1 AND state IN ('queued', 'running')";
        Ok(self.db.one::<(i64,)>(open, (video.as_str(),)).await?.0 == 0)
    }

    /// Deleted videos whose objects may still be there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deleted_videos(&self, limit: i64) -> Result<Vec<VideoId>> {
        let rows: Vec<(String,)> = self
            .db
            .all(
                "SELECT video_id FROM deleted_video ORDER BY swept_at IS NOT NULL, swept_at LIMIT $1",
                (limit,),
            )
            .await?;
        Ok(rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// Whether a video was deleted not long ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_deleted(&self, video: &VideoId) -> Result<bool> {
        let found = "SELECT COUNT(*) FROM deleted_video WHERE video_id = $1";
        Ok(self.db.one::<(i64,)>(found, (video.as_str(),)).await?.0 > 0)
    }

    /// Notes that a deleted video's objects are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_swept(&self, video: &VideoId, now: Micros) -> Result<()> {
        self.db
            .run(
                "UPDATE deleted_video SET swept_at = $2 WHERE video_id = $1 AND swept_at IS NULL",
                (video.as_str(), now.0),
            )
            .await
            .map(drop)
    }

    /// Forgets deleted videos whose objects were gone before `before`: nobody writes for them any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_swept(&self, before: Micros) -> Result<u64> {
        self.db.run("DELETE FROM deleted_video WHERE swept_at < $1", (before.0,)).await
    }

    /// Every account, in order of their names, after `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self, after: &str, limit: i64) -> Result<Vec<Account>> {
        self.db
            .all("SELECT * FROM account WHERE username > $1 ORDER BY username LIMIT $2", (after, limit))
            .await
    }
}

impl Tx {
    /// Makes the account of a rebuilt video's owner, unless it is there.
    ///
    /// # Errors
    /// When the database fails, or another account has the name.
    pub async fn rebuild_account(&mut self, account: &RebuiltAccount<'_>) -> Result<()> {
        self.run(
            "INSERT INTO account (id, username, email, password_hash, role, created_at)
             VALUES ($1, $2, $3, '', 'user', $4) ON CONFLICT (id) DO NOTHING",
            (account.id.as_str(), account.username.as_str(), account.email, account.now.0),
        )
        .await
        .map(drop)
    }

    /// Makes the channel of a rebuilt video, unless it is there.
    ///
    /// # Errors
    /// When the database fails, or another channel has the handle.
    pub async fn rebuild_channel(
        &mut self,
        id: &ChannelId,
        account: &AccountId,
        (handle, name): (&str, &str),
        now: Micros,
    ) -> Result<()> {
        self.run(
            "INSERT INTO channel (id, account_id, handle, name, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO NOTHING",
            (id.as_str(), account.as_str(), handle, name, now.0),
        )
        .await
        .map(drop)
    }

    /// Makes a video's row as it was described.
    ///
    /// # Errors
    /// When the database fails, or the video is there.
    pub async fn rebuild_video(&mut self, video: &RebuiltVideo<'_>) -> Result<()> {
        self.run(
            "INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state, file_name,
               content_type, size, part_size, part_count, created_at, published_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12, $13, $14)",
            (
                video.id.as_str(),
                video.account.as_str(),
                video.channel.as_str(),
                video.title,
                video.description,
                video.visibility.as_str(),
                video.origin.as_str(),
                video.state.as_str(),
                video.file_name,
                video.size,
                video.part_size,
                video.part_count,
                video.created_at.0,
                video.published_at,
            ),
        )
        .await?;
        self.run(
            "UPDATE video SET error_code = $2, error_message = $3, duration = $4, width = $5, height = $6, plan = $7,
               poster = $8, playable = $9, access_generation = $10, arriving = $11, allow_download = $12 WHERE id = $1",
            (
                video.id.as_str(),
                video.failure.map(|failure| failure.code.as_str()),
                video.failure.map(|failure| failure.message.as_str()),
                video.duration,
                video.width,
                video.height,
                video.plan,
                video.poster,
                i64::from(video.playable),
                video.access_generation,
                video.arriving,
                i64::from(video.allow_download),
            ),
        )
        .await
        .map(drop)
    }

    /// Makes a part's row as it was described.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rebuild_part(&mut self, video: &VideoId, part: &SourcePart, now: Micros) -> Result<()> {
        self.run(
            "INSERT INTO source_part (video_id, number, size, etag, created_at) VALUES ($1, $2, $3, $4, $5)",
            (video.as_str(), part.number, part.size, part.etag.as_str(), now.0),
        )
        .await
        .map(drop)
    }

    /// Makes a rung's row and those of its segments as they were described.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rebuild_rung(&mut self, video: &VideoId, rung: &Rung, segments: &[Segment]) -> Result<()> {
        self.announce_rung(video, rung).await?;
        self.run(
            "UPDATE rung SET average_bandwidth = $3, codec = $4, timescale = $5, init_key = $6, complete = $7
             WHERE video_id = $1 AND name = $2",
            (
                video.as_str(),
                rung.name.as_str(),
                rung.average_bandwidth,
                rung.codec.as_deref(),
                rung.timescale,
                rung.init_key.as_deref(),
                i64::from(rung.complete),
            ),
        )
        .await?;
        for segment in segments {
            self.insert_segment(video, &rung.name, segment).await?;
        }
        Ok(())
    }
}
