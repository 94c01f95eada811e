//! The parts of a source, and what `complete` checks.

use crate::{Result, Store, Tx};
use domain::{AccountId, Micros, VideoId};

/// A part that the store holds durably.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SourcePart {
    /// From 1.
    pub number: i64,
    /// Bytes.
    pub size: i64,
    /// BLAKE3 of the bytes, hex.
    pub etag: String,
}

/// An upload that has not been completed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Upload {
    /// The video it will be.
    #[sqlx(try_from = "String")]
    pub id: VideoId,
    /// The video's title.
    pub title: String,
    /// The file's name.
    pub file_name: String,
    /// Bytes announced.
    pub size: Option<i64>,
    /// Bytes per part.
    pub part_size: i64,
    /// The client's mark of the file.
    pub fingerprint: Option<String>,
    /// Bytes that are durable.
    pub received_bytes: i64,
    /// When it began.
    #[sqlx(try_from = "i64")]
    pub created_at: Micros,
    /// When its last part came, or it began.
    #[sqlx(try_from = "i64")]
    pub touched_at: Micros,
}

impl Store {
    /// The parts that are durable, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parts(&self, video: &VideoId) -> Result<Vec<SourcePart>> {
        self.db
            .all(
                "SELECT number, size, etag FROM source_part WHERE video_id = $1 ORDER BY number",
                (video.as_str(),),
            )
            .await
    }

    /// The parts behind `number` that are durable, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parts_after(&self, video: &VideoId, number: i64, limit: i64) -> Result<Vec<SourcePart>> {
        self.db
            .all(
                "SELECT number, size, etag FROM source_part WHERE video_id = $1 AND number > $2 ORDER BY number LIMIT $3",
                (video.as_str(), number, limit),
            )
            .await
    }

    /// One part, if it is durable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn part(&self, video: &VideoId, number: i64) -> Result<Option<SourcePart>> {
        self.db
            .opt(
                "SELECT number, size, etag FROM source_part WHERE video_id = $1 AND number = $2",
                (video.as_str(), number),
            )
            .await
    }

    /// Acknowledges a part whose bytes are durable in the object store; `false` when it was acknowledged before, or the upload
    /// is not open any more.
    ///
    /// # Errors
    /// When the database fails or the video is gone.
    pub async fn insert_part(&self, video: &VideoId, part: &SourcePart, now: Micros) -> Result<bool> {
        let rows = self
            .db
            .run(
                "INSERT INTO source_part (video_id, number, size, etag, created_at) SELECT $1, $2, $3, $4, $5
                 WHERE NOT EXISTS (SELECT 1 FROM video WHERE id = $1 AND state <> 'uploading')
                 ON CONFLICT (video_id, number) DO NOTHING",
                (video.as_str(), part.number, part.size, part.etag.as_str(), now.0),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Notes that a recorder was heard of, unless it was since `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn touch_take(&self, video: &VideoId, before: Micros, now: Micros) -> Result<()> {
        self.db
            .run(
                "UPDATE video SET touched_at = $3 WHERE id = $1 AND state = 'uploading' AND COALESCE(touched_at, 0) < $2",
                (video.as_str(), before.0, now.0),
            )
            .await
            .map(drop)
    }

    /// Bytes of the parts that are durable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn received_bytes(&self, video: &VideoId) -> Result<i64> {
        let sum = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM source_part WHERE video_id = $1";
        Ok(self.db.one::<(i64,)>(sum, (video.as_str(),)).await?.0)
    }

    /// An account's unfinished uploads, newest first, at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uploads_of(&self, account: &AccountId) -> Result<Vec<Upload>> {
        self.db
            .all(
                "SELECT id, title, file_name, size, part_size, fingerprint, created_at,
                   (SELECT CAST(COALESCE(SUM(p.size), 0) AS BIGINT) FROM source_part p WHERE p.video_id = video.id) AS received_bytes,
                   COALESCE((SELECT MAX(p.created_at) FROM source_part p WHERE p.video_id = video.id), created_at) AS touched_at
                 FROM video WHERE account_id = $1 AND state = 'uploading' ORDER BY created_at DESC LIMIT 100",
                (account.as_str(),),
            )
            .await
    }
}

impl Tx {
    /// The parts that are durable, in order, read within this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parts(&mut self, video: &VideoId) -> Result<Vec<SourcePart>> {
        self.all(
            "SELECT number, size, etag FROM source_part WHERE video_id = $1 ORDER BY number",
            (video.as_str(),),
        )
        .await
    }

    /// How many parts are durable, and whether `number` is among them, read within this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn part_count(&mut self, video: &VideoId, number: i64) -> Result<(i64, bool)> {
        let (count, found): (i64, i64) = self
            .opt(
                "SELECT COUNT(*), COALESCE(SUM(CASE WHEN number = $2 THEN 1 ELSE 0 END), 0) FROM source_part
                 WHERE video_id = $1",
                (video.as_str(), number),
            )
            .await?
            .unwrap_or_default();
        Ok((count, found > 0))
    }

    /// Whether nothing was heard of a take's recorder since `before`, read within this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_abandoned_take(&mut self, video: &VideoId, before: Micros) -> Result<bool> {
        let sql = "SELECT CAST(1 AS BIGINT) FROM video WHERE id = $1 AND state = 'uploading' AND origin = 'recording'
            AND created_at < $2 AND COALESCE(touched_at, 0) < $2
            AND NOT EXISTS (SELECT 1 FROM source_part p WHERE p.video_id = video.id AND p.created_at >= $2)";
        Ok(self.opt::<(i64,)>(sql, (video.as_str(), before.0)).await?.is_some())
    }

    /// Forgets the parts of an open take behind its first `count`: without what is missing before them they are of no use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_parts_behind(&mut self, video: &VideoId, count: i64) -> Result<()> {
        self.run(
            "DELETE FROM source_part WHERE video_id = $1 AND number > $2
               AND EXISTS (SELECT 1 FROM video WHERE id = $1 AND state = 'uploading')",
            (video.as_str(), count),
        )
        .await
        .map(drop)
    }

    /// Fixes the source: `count` parts, `size` bytes; the video goes on to processing. `false` when it had left `uploading`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn complete_upload(&mut self, video: &VideoId, count: i64, size: i64) -> Result<bool> {
        let rows = self
            .run(
                "UPDATE video SET state = 'processing', part_count = $2, size = $3 WHERE id = $1 AND state = 'uploading'",
                (video.as_str(), count, size),
            )
            .await?;
        Ok(rows == 1)
    }
}
