//! What may go: uploads that nobody continues, sources that nobody needs. Every statement asks
//! again at the moment of removal whether it may.

use crate::{Result, Store};
use domain::{Micros, VideoId};

/// Rows per sweep; the next one goes on.
const MOST: i64 = 100;

impl Store {
    /// Open uploads to which nothing has come since `before`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn abandoned_uploads(&self, before: Micros) -> Result<Vec<VideoId>> {
        let rows: Vec<(String,)> = self
            .db
            .all(
                "SELECT id FROM video WHERE state = 'uploading' AND created_at < $1 AND COALESCE(touched_at, 0) < $1
                   AND NOT EXISTS (SELECT 1 FROM source_part p WHERE p.video_id = video.id AND p.created_at >= $1)
                 ORDER BY created_at, id LIMIT $2",
                (before.0, MOST),
            )
            .await?;
        Ok(ids(rows))
    }

    /// Takes of whose recorder nothing was heard since `before` and that have something to keep, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn abandoned_takes(&self, before: Micros) -> Result<Vec<VideoId>> {
        // The last part is the newest one but for a retry, and a retry touches the take.
        let rows: Vec<(String,)> = self
            .db
            .all(
                "SELECT id FROM video WHERE state = 'uploading' AND origin = 'recording' AND created_at < $1
                   AND COALESCE(touched_at, 0) < $1
                   AND EXISTS (SELECT 1 FROM source_part p WHERE p.video_id = video.id AND p.number = 1)
                   AND (SELECT p.created_at FROM source_part p WHERE p.video_id = video.id ORDER BY p.number DESC LIMIT 1) < $1
                 ORDER BY created_at, id LIMIT $2",
                (before.0, MOST),
            )
            .await?;
        Ok(ids(rows))
    }

    /// Removes the rows of an upload unless something has come since `before`; `true` when they were removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_abandoned(&self, video: &VideoId, before: Micros) -> Result<bool> {
        let rows = self
            .db
            .run(
                "DELETE FROM video WHERE id = $1 AND state = 'uploading' AND created_at < $2 AND COALESCE(touched_at, 0) < $2
                   AND NOT EXISTS (SELECT 1 FROM source_part p WHERE p.video_id = video.id AND p.created_at >= $2)",
                (video.as_str(), before.0),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Ready videos that still have their source, and whose last part and last job were done by `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unneeded_sources(&self, until: Micros) -> Result<Vec<VideoId>> {
        let rows: Vec<(String,)> = self
            .db
            .all(
                "SELECT v.id FROM video v JOIN stored s ON s.video_id = v.id
                 WHERE v.state = 'ready' AND s.source_bytes > 0
                   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.video_id = v.id
                     AND (j.state IN ('queued', 'running') OR j.finished_at > $1))
                   AND NOT EXISTS (SELECT 1 FROM source_part p WHERE p.video_id = v.id AND p.created_at > $1)
                 ORDER BY v.id LIMIT $2",
                (until.0, MOST),
            )
            .await?;
        Ok(ids(rows))
    }

    /// Forgets the parts of a ready video's source; `false` when a job may need them after all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_source(&self, video: &VideoId) -> Result<bool> {
        let rows = self
            .db
            .run(
                "DELETE FROM source_part WHERE video_id = $1
                   AND EXISTS (SELECT 1 FROM video v WHERE v.id = $1 AND v.state = 'ready')
                   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.video_id = $1 AND j.state IN ('queued', 'running'))",
                (video.as_str(),),
            )
            .await?;
        Ok(rows > 0)
    }
}

fn ids(rows: Vec<(String,)>) -> Vec<VideoId> {
    rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect()
}
