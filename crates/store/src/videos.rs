//! Videos as rows, and the lists of them.

use crate::{Cursor, Result, Store, Tx};
use domain::text::{Description, FileName, Title};
use domain::video::Failure;
use domain::{AccountId, ChannelId, Micros, Origin, State, VideoAccess, VideoId, Visibility};

/// A video.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Video {
    /// Names it.
    #[sqlx(try_from = "String")]
    pub id: VideoId,
    /// Who made it.
    #[sqlx(try_from = "String")]
    pub account_id: AccountId,
    /// Where it appears.
    #[sqlx(try_from = "String")]
    pub channel_id: ChannelId,
    /// One line.
    pub title: String,
    /// Many lines.
    pub description: String,
    /// Who sees it.
    #[sqlx(try_from = "String")]
    pub visibility: Visibility,
    /// Where it came from.
    #[sqlx(try_from = "String")]
    pub origin: Origin,
    /// How far it has got.
    #[sqlx(try_from = "String")]
    pub state: State,
    error_code: Option<String>,
    error_message: Option<String>,
    /// The uploaded file's name.
    pub file_name: String,
    /// The source's bytes.
    pub size: Option<i64>,
    /// Bytes per part.
    pub part_size: i64,
    /// Parts of the completed source.
    pub part_count: Option<i64>,
    /// Microseconds.
    pub duration: Option<i64>,
    /// Pixels as displayed.
    pub width: Option<i64>,
    /// Pixels as displayed.
    pub height: Option<i64>,
    /// JSON: what becomes of the source, and why. Not in lists.
    pub plan: Option<String>,
    /// The poster's object key.
    pub poster: Option<String>,
    /// What is done with the source before it is complete; see migration 5.
    pub arriving: Option<String>,
    /// Whether a player can start.
    pub playable: bool,
    /// Whether others may watch a recording before it has ended.
    pub show_while_recording: bool,
    /// Whether others than its owner may take it away as a file.
    pub allow_download: bool,
    /// Grows on every change of who may see what.
    pub access_generation: i64,
    /// The version of its edit that viewers get; 0 for the whole video.
    pub edit: i64,
    /// When it began.
    #[sqlx(try_from = "i64")]
    pub created_at: Micros,
    /// When others could first see it, microseconds.
    pub published_at: Option<i64>,
}

impl Video {
    /// The facts on which access depends.
    #[must_use]
    pub fn access(&self) -> VideoAccess {
        VideoAccess {
            id: self.id.clone(),
            owner: self.account_id.clone(),
            visibility: self.visibility,
            state: self.state,
            hidden: self.is_being_recorded() && !self.show_while_recording,
            allow_download: self.allow_download,
            generation: self.access_generation,
            edit: self.edit,
        }
    }

    /// Whether it is a recording that has not ended.
    #[must_use]
    pub fn is_being_recorded(&self) -> bool {
        self.origin == Origin::Recording && self.state == State::Uploading
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        let code = self.error_code.clone()?;
        Some(Failure { code, message: self.error_message.clone().unwrap_or_default() })
    }
}

/// A video with the channel it appears on.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ListedVideo {
    /// The video.
    #[sqlx(flatten)]
    pub video: Video,
    /// The channel's handle.
    pub channel_handle: String,
    /// The channel's name.
    pub channel_name: String,
}

/// A statement for lists of videos: all that a list shows, without the plans, which are thousands of bytes each.
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.account_id, v.channel_id, v.title, v.description, v.visibility, v.origin, v.state, v.error_code,
                v.error_message, v.file_name, v.size, v.part_size, v.part_count, v.duration, v.width, v.height,
                NULL AS plan, v.poster, v.arriving, v.playable, v.show_while_recording, v.allow_download,
                v.access_generation, v.edit, v.created_at, v.published_at,
                c.handle AS channel_handle, c.name AS channel_name
             FROM video v JOIN channel c ON c.id = v.channel_id ",
            $rest
        )
    };
}
pub(crate) use listed;

/// What `init` writes.
#[derive(Debug)]
pub struct NewVideo<'a> {
    /// Names it.
    pub id: VideoId,
    /// Who makes it.
    pub account: &'a AccountId,
    /// Where it will appear.
    pub channel: &'a ChannelId,
    /// One line.
    pub title: &'a Title,
    /// Many lines.
    pub description: &'a Description,
    /// Who sees it.
    pub visibility: Visibility,
    /// Where it comes from.
    pub origin: Origin,
    /// The file's name.
    pub file_name: &'a FileName,
    /// What the client believes the bytes to be; never trusted.
    pub content_type: &'a str,
    /// Bytes, when known.
    pub size: Option<i64>,
    /// Bytes per part.
    pub part_size: i64,
    /// The client's mark of the file.
    pub fingerprint: Option<&'a str>,
    /// Whether others may watch a recording before it has ended.
    pub show_while_recording: bool,
    /// The most that its account may take, in bytes; `None` for no limit.
    pub quota: Option<i64>,
    /// Now.
    pub now: Micros,
}

/// What an edit changes; `None` leaves as it is.
#[derive(Debug, Default)]
pub struct VideoChange {
    /// One line.
    pub title: Option<Title>,
    /// Many lines.
    pub description: Option<Description>,
    /// Who sees it.
    pub visibility: Option<Visibility>,
    /// Whether others may watch a recording before it has ended.
    pub show_while_recording: Option<bool>,
    /// Whether others than its owner may take it away as a file.
    pub allow_download: Option<bool>,
}

impl Store {
    /// A video with its channel.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn video(&self, id: &VideoId) -> Result<Option<ListedVideo>> {
        self.db
            .opt(
                "SELECT v.*, c.handle AS channel_handle, c.name AS channel_name
                 FROM video v JOIN channel c ON c.id = v.channel_id WHERE v.id = $1",
                (id.as_str(),),
            )
            .await
    }

    /// The newest public videos that can be played, by time of publication. Of those that still arrive only the ones to which
    /// something has come since `alive`: what died on its way is its owner's to continue, and nothing to offer to others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recent_videos(
        &self,
        after: Option<&Cursor>,
        alive: Micros,
        limit: i64,
    ) -> Result<Vec<ListedVideo>> {
        let (at, id) = split(after);
        self.db
            .all(
                listed!(
                    "WHERE v.visibility = 'public' AND v.playable = 1 AND v.state <> 'failed'
                       AND (v.published_at, v.id) < ($1, $2)
                       AND (v.state <> 'uploading'
                         OR EXISTS (SELECT 1 FROM source_part p WHERE p.video_id = v.id AND p.created_at >= $4))
                     ORDER BY v.published_at DESC, v.id DESC LIMIT $3"
                ),
                (at, id, limit, alive.0),
            )
            .await
    }

    /// Everything an account has made, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn videos_of(
        &self,
        account: &AccountId,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<ListedVideo>> {
        let (at, id) = split(after);
        self.db
            .all(
                listed!(
                    "WHERE v.account_id = $1 AND (v.created_at, v.id) < ($2, $3)
                     ORDER BY v.created_at DESC, v.id DESC LIMIT $4"
                ),
                (account.as_str(), at, id, limit),
            )
            .await
    }

    /// Makes a video that waits for its parts; `false` when it would take its account beyond the quota.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_video(&self, new: &NewVideo<'_>) -> Result<bool> {
        let mut tx = self.begin().await?;
        let inserted = tx.insert_video(new).await?;
        tx.commit().await?;
        Ok(inserted)
    }

    /// Which of `ids` exist no more: their objects may be swept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_gone(&self, id: &VideoId) -> Result<bool> {
        Ok(self
            .db
            .opt::<(i64,)>("SELECT CAST(1 AS BIGINT) FROM video WHERE id = $1", (id.as_str(),))
            .await?
            .is_none())
    }
}

impl Tx {
    /// Makes a video that waits for its parts; `false` when it would take its account beyond the quota. One statement, so that
    /// two uploads that begin together cannot both have the last room.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_video(&mut self, new: &NewVideo<'_>) -> Result<bool> {
        let rows = self
            .run(
                "INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state,
                   file_name, content_type, size, part_size, fingerprint, created_at, show_while_recording)
                 SELECT $1, $2, $3, $4, $5, $6, $7, 'uploading', $8, $9, $10, $11, $12, $13, $15
                 WHERE $14 IS NULL OR COALESCE($10, 0) + (SELECT COALESCE(SUM(s.media_bytes
                   + CASE WHEN v.state = 'uploading' AND v.size > s.source_bytes THEN v.size ELSE s.source_bytes END), 0)
                   FROM stored s JOIN video v ON v.id = s.video_id WHERE s.account_id = $2) <= $14",
                (
                    new.id.as_str(),
                    new.account.as_str(),
                    new.channel.as_str(),
                    new.title.as_str(),
                    new.description.as_str(),
                    new.visibility.as_str(),
                    new.origin.as_str(),
                    new.file_name.as_str(),
                    new.content_type,
                    new.size,
                    new.part_size,
                    new.fingerprint,
                    new.now.0,
                    new.quota,
                    i64::from(new.show_while_recording),
                ),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Changes what its owner may change. A new visibility starts a new access generation, and the first time that others
    /// can see a playable video is its publication.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_video(&mut self, id: &VideoId, change: &VideoChange, now: Micros) -> Result<()> {
        self.run(
                "UPDATE video SET title = COALESCE($2, title), description = COALESCE($3, description),
                   access_generation = access_generation
                     + CASE WHEN $4 <> visibility OR $6 <> show_while_recording THEN 1 ELSE 0 END,
                   published_at = CASE WHEN published_at IS NULL AND playable = 1 AND COALESCE($4, visibility) <> 'private'
                     THEN $5 ELSE published_at END,
                   visibility = COALESCE($4, visibility), show_while_recording = COALESCE($6, show_while_recording),
                   allow_download = COALESCE($7, allow_download)
                 WHERE id = $1",
                (
                    id.as_str(),
                    change.title.as_ref().map(Title::as_str),
                    change.description.as_ref().map(Description::as_str),
                    change.visibility.map(Visibility::as_str),
                    now.0,
                    change.show_while_recording.map(i64::from),
                    change.allow_download.map(i64::from),
                ),
            )
            .await
            .map(drop)
    }

    /// Removes a video's rows: parts, rungs, segments and jobs go with it. `false` when it was gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_video(&mut self, id: &VideoId) -> Result<bool> {
        Ok(self.run("DELETE FROM video WHERE id = $1", (id.as_str(),)).await? == 1)
    }

    /// Notes what is done with a source before it is complete.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_arriving(&mut self, id: &VideoId, arriving: &str) -> Result<()> {
        self.run("UPDATE video SET arriving = $2 WHERE id = $1", (id.as_str(), arriving)).await.map(drop)
    }

    /// Whether the parts of a video are still coming in, read within this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_uploading(&mut self, id: &VideoId) -> Result<bool> {
        let row = self
            .opt::<(i64,)>(
                "SELECT CAST(1 AS BIGINT) FROM video WHERE id = $1 AND state = 'uploading'",
                (id.as_str(),),
            )
            .await?;
        Ok(row.is_some())
    }

    /// Ends a video with a reason; what was published of it stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fail_video(&mut self, id: &VideoId, failure: &Failure) -> Result<()> {
        self.run(
            "UPDATE video SET state = 'failed', error_code = $2, error_message = $3 WHERE id = $1 AND state <> 'ready'",
            (id.as_str(), failure.code.as_str(), failure.message.as_str()),
        )
        .await
        .map(drop)
    }
}

fn split(after: Option<&Cursor>) -> (i64, &str) {
    after.map_or((i64::MAX, ""), |cursor| (cursor.at, cursor.id.as_str()))
}
