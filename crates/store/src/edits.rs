//! Edits of videos: their versions, and the rows that viewers get exchanged for those of another version in one transaction.

use crate::media::{Rung, Segment};
use crate::tracks::{Caption, Storyboard};
use crate::{Result, Store, Tx};
use domain::edit::Span;
use domain::{Micros, VideoId};
use serde::{Deserialize, Serialize};

/// Versions of one video that are remembered.
pub const MOST_VERSIONS: i64 = 100;

/// A version of a video's edit.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Edit {
    /// From 1.
    pub version: i64,
    /// JSON: see [`Edit::spans`].
    keep: String,
    /// Microseconds of the whole video; `None` for a picture of our choice.
    pub poster_at: Option<i64>,
    /// `pending`, `done`, `failed` or `superseded`.
    pub state: String,
    /// When it was asked for.
    #[sqlx(try_from = "i64")]
    pub created_at: Micros,
}

impl Edit {
    /// What it keeps.
    ///
    /// # Errors
    /// When the database holds something else.
    pub fn spans(&self) -> Result<Vec<Span>> {
        Ok(serde_json::from_str(&self.keep)?)
    }
}

/// A rung with its segments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RungContent {
    /// The rung.
    pub rung: Rung,
    /// In order.
    pub segments: Vec<Segment>,
}

/// Everything of a video that an edit exchanges.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Content {
    /// Microseconds.
    pub duration: Option<i64>,
    /// Object key.
    pub poster: Option<String>,
    /// Its pictures for scrubbing.
    pub storyboard: Option<Storyboard>,
    /// In menu order.
    pub captions: Vec<Caption>,
    /// In playlist order.
    pub rungs: Vec<RungContent>,
}

impl Content {
    /// Bytes of its segments.
    fn segment_bytes(&self) -> i64 {
        let segments = self.rungs.iter().flat_map(|rung| &rung.segments);
        segments.fold(0, |sum: i64, segment| sum.saturating_add(segment.size))
    }
}

/// What a version is made of, ready to be shown.
#[derive(Debug)]
pub struct NewContent<'a> {
    /// The version.
    pub version: i64,
    /// Whether it is the whole video again; then `content` is that of the original.
    pub whole: bool,
    /// What it keeps, exact to the frame.
    pub keep: &'a [Span],
    /// What viewers get from now on.
    pub content: &'a Content,
    /// What the whole video has, the first time that it is left.
    pub original: &'a Content,
    /// Bytes of the segments that were made for this version.
    pub own_bytes: i64,
}

impl Store {
    /// The versions of a video's edit, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn edits(&self, video: &VideoId) -> Result<Vec<Edit>> {
        self.db
            .all(
                "SELECT version, keep, poster_at, state, created_at FROM edit WHERE video_id = $1
                 ORDER BY version DESC LIMIT $2",
                (video.as_str(), MOST_VERSIONS),
            )
            .await
    }

    /// What the whole video has, while viewers get an edit of it.
    ///
    /// # Errors
    /// When the database fails, or holds something else.
    pub async fn original(&self, video: &VideoId) -> Result<Option<Content>> {
        let row: Option<(String,)> =
            self.db.opt("SELECT content FROM original WHERE video_id = $1", (video.as_str(),)).await?;
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// How long the whole video is in microseconds, while viewers get an edit of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn original_duration(&self, video: &VideoId) -> Result<Option<i64>> {
        // The rungs may be megabytes; the duration stands before them.
        #[derive(Deserialize)]
        struct Front {
            duration: Option<i64>,
        }
        let row: Option<(String,)> =
            self.db.opt("SELECT content FROM original WHERE video_id = $1", (video.as_str(),)).await?;
        Ok(row
            .map(|(json,)| serde_json::from_str::<Front>(&json))
            .transpose()?
            .and_then(|front| front.duration))
    }

    /// What viewers get of a video now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn content(&self, video: &VideoId) -> Result<Option<Content>> {
        let Some(listed) = self.video(video).await? else { return Ok(None) };
        let mut rungs = Vec::new();
        for rung in self.rungs(video).await? {
            let segments = self.segments(video, &rung.name).await?;
            rungs.push(RungContent { rung, segments });
        }
        Ok(Some(Content {
            duration: listed.video.duration,
            poster: listed.video.poster,
            storyboard: self.storyboard(video).await?,
            captions: self.captions(video).await?,
            rungs,
        }))
    }

    /// One segment of a rung.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn segment(&self, video: &VideoId, rung: &str, msn: i64) -> Result<Option<Segment>> {
        self.db
            .opt(
                "SELECT epoch, msn, start, duration, size, key, shift FROM segment
                 WHERE video_id = $1 AND rung = $2 AND epoch = 0 AND msn = $3",
                (video.as_str(), rung, msn),
            )
            .await
    }
}

impl Tx {
    /// Adds a version after `known`, the newest one that whoever edits has seen (0 for none); answers its number, or `None` when
    /// there is a newer one or the video is not ready.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_edit(
        &mut self,
        video: &VideoId,
        known: i64,
        keep: &[Span],
        poster_at: Option<i64>,
        now: Micros,
    ) -> Result<Option<i64>> {
        let json = serde_json::to_string(keep)?;
        let version = known.saturating_add(1);
        let rows = self
            .run(
                "INSERT INTO edit (video_id, version, keep, poster_at, state, created_at)
                 SELECT id, $2, $3, $4, 'pending', $5 FROM video WHERE id = $1 AND state = 'ready'
                   AND $6 = COALESCE((SELECT MAX(e.version) FROM edit e WHERE e.video_id = $1), 0)",
                (video.as_str(), version, json.as_str(), poster_at, now.0, known),
            )
            .await?;
        if rows == 0 {
            return Ok(None);
        }
        self.run(
            "UPDATE edit SET state = 'superseded' WHERE video_id = $1 AND version < $2 AND state = 'pending'",
            (video.as_str(), version),
        )
        .await?;
        self.run(
            "DELETE FROM edit WHERE video_id = $1 AND version <= $2",
            (video.as_str(), version.saturating_sub(MOST_VERSIONS)),
        )
        .await?;
        Ok(Some(version))
    }

    /// The newest version, if it waits to be made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_edit(&mut self, video: &VideoId) -> Result<Option<Edit>> {
        self.opt(
            "SELECT version, keep, poster_at, state, created_at FROM edit WHERE video_id = $1 AND state = 'pending'
             ORDER BY version DESC LIMIT 1",
            (video.as_str(),),
        )
        .await
    }

    /// Notes how making a version ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_edit_state(&mut self, video: &VideoId, version: i64, state: &str) -> Result<()> {
        self.run(
            "UPDATE edit SET state = $3 WHERE video_id = $1 AND version = $2",
            (video.as_str(), version, state),
        )
        .await
        .map(drop)
    }

    /// Gives viewers another content: all or nothing. The access generation grows, so that what was given out before opens nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn show_content(&mut self, video: &VideoId, new: &NewContent<'_>) -> Result<()> {
        let id = video.as_str();
        for gone in [
            "DELETE FROM segment WHERE video_id = $1",
            "DELETE FROM rung WHERE video_id = $1",
            "DELETE FROM caption WHERE video_id = $1",
        ] {
            self.run(gone, (id,)).await?;
        }
        for RungContent { rung, segments } in &new.content.rungs {
            self.rebuild_rung(video, rung, segments).await?;
        }
        for caption in &new.content.captions {
            self.put_caption(video, caption).await?;
        }
        let storyboard = new.content.storyboard.as_ref().map(serde_json::to_string).transpose()?;
        self.run(
            "UPDATE video SET edit = $2, duration = $3, poster = $4, storyboard = $5,
               access_generation = access_generation + 1 WHERE id = $1",
            (
                id,
                if new.whole { 0 } else { new.version },
                new.content.duration,
                new.content.poster.as_deref(),
                storyboard.as_deref(),
            ),
        )
        .await?;
        // What is cut is kept for its owner, so it still takes its room.
        self.run(
            "UPDATE stored SET media_bytes = $2 WHERE video_id = $1",
            (id, new.original.segment_bytes().saturating_add(new.own_bytes)),
        )
        .await?;
        if new.whole {
            self.run("DELETE FROM original WHERE video_id = $1", (id,)).await?;
        } else {
            self.keep_original(video, new.original).await?;
        }
        let keep = serde_json::to_string(new.keep)?;
        self.run(
            "UPDATE edit SET state = 'done', keep = $3 WHERE video_id = $1 AND version = $2",
            (id, new.version, keep.as_str()),
        )
        .await
        .map(drop)
    }

    /// Remembers what the whole video has, unless that is remembered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_original(&mut self, video: &VideoId, original: &Content) -> Result<()> {
        let json = serde_json::to_string(original)?;
        self.run(
            "INSERT INTO original (video_id, content) VALUES ($1, $2) ON CONFLICT (video_id) DO NOTHING",
            (video.as_str(), json.as_str()),
        )
        .await
        .map(drop)
    }

    /// Makes a version's row, and the video's own mark of it, as they were described.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rebuild_edit(&mut self, video: &VideoId, edit: &RebuiltEdit<'_>) -> Result<()> {
        let keep = serde_json::to_string(edit.keep)?;
        self.run(
            "INSERT INTO edit (video_id, version, keep, poster_at, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            (video.as_str(), edit.version, keep.as_str(), edit.poster_at, edit.state, edit.created_at.0),
        )
        .await
        .map(drop)
    }

    /// Notes which version viewers get, as it was described.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rebuild_shown_edit(&mut self, video: &VideoId, version: i64) -> Result<()> {
        self.run("UPDATE video SET edit = $2 WHERE id = $1", (video.as_str(), version)).await.map(drop)
    }
}

/// A version as it was described.
#[derive(Debug)]
pub struct RebuiltEdit<'a> {
    /// From 1.
    pub version: i64,
    /// What it keeps.
    pub keep: &'a [Span],
    /// Microseconds.
    pub poster_at: Option<i64>,
    /// As in [`Edit::state`].
    pub state: &'a str,
    /// When it was asked for.
    pub created_at: Micros,
}
