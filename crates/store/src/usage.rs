//! How much room an account takes. Counted by triggers (migration 6) over parts of sources and segments; posters, captions
//! and storyboards are too small to count.

use crate::{Result, Store};
use domain::{AccountId, VideoId};

/// What an account takes in the object store, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Usage {
    /// Sources as uploaded.
    pub source_bytes: i64,
    /// What was made of them.
    pub media_bytes: i64,
    /// Announced by open uploads and not here yet.
    pub reserved_bytes: i64,
}

impl Usage {
    /// Everything, with what is on its way.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.source_bytes.saturating_add(self.media_bytes).saturating_add(self.reserved_bytes)
    }
}

impl Store {
    /// What an account takes now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn usage(&self, account: &AccountId) -> Result<Usage> {
        self.db
            .one(
                "SELECT CAST(COALESCE(SUM(s.source_bytes), 0) AS BIGINT) AS source_bytes,
                   CAST(COALESCE(SUM(s.media_bytes), 0) AS BIGINT) AS media_bytes,
                   CAST(COALESCE(SUM(CASE WHEN v.state = 'uploading' AND v.size > s.source_bytes
                     THEN v.size - s.source_bytes ELSE 0 END), 0) AS BIGINT) AS reserved_bytes
                 FROM stored s JOIN video v ON v.id = s.video_id WHERE s.account_id = $1",
                (account.as_str(),),
            )
            .await
    }

    /// What a video takes now: (source, media) in bytes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_bytes(&self, video: &VideoId) -> Result<Option<(i64, i64)>> {
        self.db
            .opt("SELECT source_bytes, media_bytes FROM stored WHERE video_id = $1", (video.as_str(),))
            .await
    }
}
