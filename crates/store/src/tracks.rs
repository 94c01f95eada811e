//! What accompanies a video's rungs: captions, and the storyboard for scrubbing.

use crate::{Result, Store, Tx};
use domain::VideoId;
use serde::{Deserialize, Serialize};

/// A captions track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Caption {
    /// BCP 47, unique within its video; `und` when unknown.
    pub lang: String,
    /// For a person.
    pub label: String,
    /// Order in menus.
    pub position: i64,
    /// Object key of a WebVTT file.
    pub key: String,
}

/// Sheets of small pictures, each of which stands for a span of the video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storyboard {
    /// Pixels of one tile.
    pub tile_width: u32,
    /// Pixels of one tile.
    pub tile_height: u32,
    /// Tiles beside each other on a sheet.
    pub columns: u32,
    /// Tiles below each other on a sheet.
    pub rows: u32,
    /// When each tile's span begins, in microseconds; it ends where the next one's begins.
    pub starts: Vec<i64>,
    /// Object keys of the sheets (JPEG), in order.
    pub sheets: Vec<String>,
}

impl Store {
    /// The captions of a video, in menu order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn captions(&self, video: &VideoId) -> Result<Vec<Caption>> {
        self.db
            .all(
                "SELECT lang, label, position, key FROM caption WHERE video_id = $1 ORDER BY position, lang",
                (video.as_str(),),
            )
            .await
    }

    /// The storyboard of a video, when it has been made.
    ///
    /// # Errors
    /// When the database fails, or holds something else.
    pub async fn storyboard(&self, video: &VideoId) -> Result<Option<Storyboard>> {
        let row: Option<(Option<String>,)> =
            self.db.opt("SELECT storyboard FROM video WHERE id = $1", (video.as_str(),)).await?;
        let Some((Some(json),)) = row else { return Ok(None) };
        Ok(Some(serde_json::from_str(&json)?))
    }
}

impl Tx {
    /// Adds a captions track, or replaces the one of its language.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_caption(&mut self, video: &VideoId, caption: &Caption) -> Result<()> {
        self.run(
            "INSERT INTO caption (video_id, lang, label, position, key) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (video_id, lang) DO UPDATE SET label = excluded.label, position = excluded.position, key = excluded.key",
            (video.as_str(), caption.lang.as_str(), caption.label.as_str(), caption.position, caption.key.as_str()),
        )
        .await
        .map(drop)
    }

    /// Sets the storyboard.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_storyboard(&mut self, video: &VideoId, storyboard: &Storyboard) -> Result<()> {
        let json = serde_json::to_string(storyboard)?;
        self.run("UPDATE video SET storyboard = $2 WHERE id = $1", (video.as_str(), json.as_str()))
            .await
            .map(drop)
    }
}
