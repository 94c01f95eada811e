//! What the pipeline publishes: facts about the source, rungs and segments. Every write here is fenced: it happens only
//! while the caller still holds the lease of its job.

use crate::jobs::Fence;
use crate::{Error, Result, Store, Tx};
use domain::{Micros, VideoId};
use serde::{Deserialize, Serialize};

/// One encoded version of a video.
#[derive(Debug, Clone, Serialize, Deserialize, sqlx::FromRow)]
pub struct Rung {
    /// Names it within its video, as in its object keys.
    pub name: String,
    /// `video` or `audio`.
    pub kind: String,
    /// Order in the multivariant playlist.
    pub position: i64,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Frames per 1,000 seconds.
    pub frame_rate: Option<i64>,
    /// Channels of sound.
    pub channels: Option<i64>,
    /// Whether the source's own bits are used.
    pub copied: bool,
    /// Whether it plays only until an encoded rung of its height is complete.
    pub bridge: bool,
    /// Peak bit/s, announced before the first byte.
    pub bandwidth: i64,
    /// Measured bit/s, known when complete.
    pub average_bandwidth: Option<i64>,
    /// RFC 6381, known with the init segment.
    pub codec: Option<String>,
    /// Ticks per second, known with the init segment.
    pub timescale: Option<i64>,
    /// Object key of the init segment.
    pub init_key: Option<String>,
    /// Seconds (`EXT-X-TARGETDURATION`), fixed at the first write.
    pub target_duration: i64,
    /// Whether its last segment exists.
    pub complete: bool,
    /// BCP 47, of a sound whose source says it.
    pub language: Option<String>,
    /// Name for a person, of a sound.
    pub label: Option<String>,
    /// Whether this sound is played unless somebody chooses another; always true for a picture.
    pub is_default: bool,
}

/// A segment of a rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Segment {
    /// Run of continuous timestamps.
    pub epoch: i64,
    /// Media sequence number.
    pub msn: i64,
    /// Ticks.
    pub start: i64,
    /// Ticks.
    pub duration: i64,
    /// Bytes.
    pub size: i64,
    /// Object key.
    pub key: String,
    /// Ticks by which the object's times are moved when it is served: `start` is its own time and this.
    #[serde(default)]
    pub shift: i64,
}

/// How much of a rung exists.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RungExtent {
    /// The rung.
    pub name: String,
    /// Segments committed.
    pub segments: i64,
    /// Ticks committed.
    pub ticks: i64,
}

/// What a probe learnt about the source.
#[derive(Debug)]
pub struct SourceFacts<'a> {
    /// Microseconds; unknown of some streams that still arrive.
    pub duration: Option<i64>,
    /// Pixels as displayed.
    pub width: Option<i64>,
    /// Pixels as displayed.
    pub height: Option<i64>,
    /// The plan as JSON.
    pub plan: &'a str,
}

impl Store {
    /// The rungs of a video that have something to play, in playlist order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rungs(&self, video: &VideoId) -> Result<Vec<Rung>> {
        self.db.all("SELECT * FROM rung WHERE video_id = $1 ORDER BY position, name", (video.as_str(),)).await
    }

    /// One rung.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rung(&self, video: &VideoId, name: &str) -> Result<Option<Rung>> {
        self.db.opt("SELECT * FROM rung WHERE video_id = $1 AND name = $2", (video.as_str(), name)).await
    }

    /// How much of each rung exists.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn extents(&self, video: &VideoId) -> Result<Vec<RungExtent>> {
        self.db
            .all(
                "SELECT rung AS name, CAST(COUNT(*) AS BIGINT) AS segments, CAST(SUM(duration) AS BIGINT) AS ticks
                 FROM segment WHERE video_id = $1 GROUP BY rung",
                (video.as_str(),),
            )
            .await
    }

    /// A rung's segments in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn segments(&self, video: &VideoId, rung: &str) -> Result<Vec<Segment>> {
        self.db
            .all(
                "SELECT epoch, msn, start, duration, size, key, shift FROM segment
                 WHERE video_id = $1 AND rung = $2 ORDER BY epoch, msn",
                (video.as_str(), rung),
            )
            .await
    }

    /// Begins a transaction that holds only while `fence` does.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another attempt owns the job, or the job is gone.
    pub async fn fenced(&self, fence: &Fence) -> Result<Tx> {
        let mut tx = self.begin().await?;
        let held = tx
            .opt::<(i64,)>(
                "SELECT attempt FROM job WHERE id = $1 AND attempt = $2 AND state = 'running'",
                (fence.job.as_str(), fence.attempt),
            )
            .await?;
        if held.is_some() { Ok(tx) } else { Err(Error::LeaseLost) }
    }
}

impl Tx {
    /// Writes what the probe learnt.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_source_facts(&mut self, video: &VideoId, facts: &SourceFacts<'_>) -> Result<()> {
        self.run(
            "UPDATE video SET duration = $2, width = $3, height = $4, plan = $5 WHERE id = $1",
            (video.as_str(), facts.duration, facts.width, facts.height, facts.plan),
        )
        .await
        .map(drop)
    }

    /// Sets the poster; answers the key it replaces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_poster(&mut self, video: &VideoId, key: &str) -> Result<()> {
        self.run("UPDATE video SET poster = $2 WHERE id = $1", (video.as_str(), key)).await.map(drop)
    }

    /// Announces a rung, or leaves it as an earlier attempt announced it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn announce_rung(&mut self, video: &VideoId, rung: &Rung) -> Result<()> {
        self.run(
            "INSERT INTO rung (video_id, name, kind, position, width, height, frame_rate, channels, copied, bridge,
               bandwidth, target_duration, language, label, is_default)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (video_id, name) DO NOTHING",
            (
                video.as_str(),
                rung.name.as_str(),
                rung.kind.as_str(),
                rung.position,
                rung.width,
                rung.height,
                rung.frame_rate,
                rung.channels,
                i64::from(rung.copied),
                i64::from(rung.bridge),
                rung.bandwidth,
                rung.target_duration,
                rung.language.as_deref(),
                rung.label.as_deref(),
                i64::from(rung.is_default),
            ),
        )
        .await
        .map(drop)
    }

    /// Sets a rung's init segment; `false` when it has another one, so that this attempt's segments would not fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_init(&mut self, video: &VideoId, rung: &str, init: &InitFacts<'_>) -> Result<bool> {
        let rows = self
            .run(
                "UPDATE rung SET codec = $3, timescale = $4, init_key = $5
                 WHERE video_id = $1 AND name = $2 AND (init_key IS NULL OR init_key = $5)",
                (video.as_str(), rung, init.codec, init.timescale, init.key),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Forgets a rung's init and segments, because they cannot be continued; answers their object keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restart_rung(&mut self, video: &VideoId, rung: &str) -> Result<Vec<String>> {
        let keys: Vec<(String,)> = self
            .all(
                "DELETE FROM segment WHERE video_id = $1 AND rung = $2 RETURNING key",
                (video.as_str(), rung),
            )
            .await?;
        self.run(
            "UPDATE rung SET codec = NULL, timescale = NULL, init_key = NULL, complete = 0 WHERE video_id = $1 AND name = $2",
            (video.as_str(), rung),
        )
        .await?;
        Ok(keys.into_iter().map(|(key,)| key).collect())
    }

    /// Removes a rung that will never be whole; answers the keys of its objects.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_rung(&mut self, video: &VideoId, rung: &str) -> Result<Vec<String>> {
        let init: Option<(Option<String>,)> = self
            .opt("SELECT init_key FROM rung WHERE video_id = $1 AND name = $2", (video.as_str(), rung))
            .await?;
        let mut keys = self.restart_rung(video, rung).await?;
        self.run("DELETE FROM rung WHERE video_id = $1 AND name = $2", (video.as_str(), rung)).await?;
        keys.extend(init.and_then(|(key,)| key));
        Ok(keys)
    }

    /// Forgets every rung of a video, because what was published cannot be continued; answers their object keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_rungs(&mut self, video: &VideoId) -> Result<Vec<String>> {
        let segments: Vec<(String,)> =
            self.all("DELETE FROM segment WHERE video_id = $1 RETURNING key", (video.as_str(),)).await?;
        let inits: Vec<(Option<String>,)> =
            self.all("DELETE FROM rung WHERE video_id = $1 RETURNING init_key", (video.as_str(),)).await?;
        self.run("UPDATE video SET playable = 0 WHERE id = $1", (video.as_str(),)).await?;
        let inits = inits.into_iter().filter_map(|(key,)| key);
        Ok(segments.into_iter().map(|(key,)| key).chain(inits).collect())
    }

    /// Publishes a segment; `false` when its place is taken by an earlier attempt.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_segment(&mut self, video: &VideoId, rung: &str, segment: &Segment) -> Result<bool> {
        let rows = self
            .run(
                "INSERT INTO segment (video_id, rung, epoch, msn, start, duration, size, key, shift)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (video_id, rung, epoch, msn) DO NOTHING",
                (
                    video.as_str(),
                    rung,
                    segment.epoch,
                    segment.msn,
                    segment.start,
                    segment.duration,
                    segment.size,
                    segment.key.as_str(),
                    segment.shift,
                ),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Raises the target duration of every playlist of a video, when segments are longer than was announced before they were
    /// there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_target_duration(&mut self, video: &VideoId, seconds: i64) -> Result<()> {
        self.run(
            "UPDATE rung SET target_duration = $2 WHERE video_id = $1 AND target_duration < $2",
            (video.as_str(), seconds),
        )
        .await
        .map(drop)
    }

    /// Takes a copied rung's peak from its segments: when it was announced, only the source's head was known. A short last
    /// segment does not count.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn measure_peak(&mut self, video: &VideoId, rung: &str) -> Result<()> {
        self.run(
            "UPDATE rung SET bandwidth = COALESCE((SELECT CAST(MAX(s.size * 8.0 * rung.timescale / s.duration) AS BIGINT)
               FROM segment s WHERE s.video_id = rung.video_id AND s.rung = rung.name AND s.duration >= rung.timescale), bandwidth)
             WHERE video_id = $1 AND name = $2 AND copied = 1",
            (video.as_str(), rung),
        )
        .await
        .map(drop)
    }

    /// Raises a rung's target duration to what its longest segment, rounded, asks for: when it was announced, nothing was known of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn measure_target_duration(&mut self, video: &VideoId, rung: &str) -> Result<()> {
        self.run(
            "UPDATE rung SET target_duration = (SELECT MAX((s.duration * 2 + rung.timescale) / (rung.timescale * 2))
               FROM segment s WHERE s.video_id = rung.video_id AND s.rung = rung.name)
             WHERE video_id = $1 AND name = $2 AND target_duration < (SELECT MAX((s.duration * 2 + rung.timescale) / (rung.timescale * 2))
               FROM segment s WHERE s.video_id = rung.video_id AND s.rung = rung.name)",
            (video.as_str(), rung),
        )
        .await
        .map(drop)
    }

    /// Writes the whole duration in microseconds, as the published segments tell it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_duration(&mut self, video: &VideoId, duration: i64) -> Result<()> {
        self.run("UPDATE video SET duration = $2 WHERE id = $1", (video.as_str(), duration)).await.map(drop)
    }

    /// Notes that this attempt of the job has published something, so that it does not count as failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_added(&mut self, fence: &Fence) -> Result<()> {
        self.run("UPDATE job SET added = 1 WHERE id = $1 AND added = 0", (fence.job.as_str(),))
            .await
            .map(drop)
    }

    /// Marks a rung whose last segment exists and stores its measured average bit/s.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn complete_rung(&mut self, video: &VideoId, rung: &str) -> Result<()> {
        self.run(
            "UPDATE rung SET complete = 1, average_bandwidth =
               (SELECT CAST(SUM(s.size) * 8.0 * rung.timescale / SUM(s.duration) AS BIGINT) FROM segment s
                 WHERE s.video_id = rung.video_id AND s.rung = rung.name)
             WHERE video_id = $1 AND name = $2",
            (video.as_str(), rung),
        )
        .await
        .map(drop)
    }

    /// Turns `playable` on as soon as every rung of the first stage has a segment; `true` when it turned just now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_playable(&mut self, video: &VideoId, first_stage: i64, now: Micros) -> Result<bool> {
        let rows = self
            .run(
                "UPDATE video SET playable = 1,
                   published_at = CASE WHEN published_at IS NULL AND visibility <> 'private' THEN $3 ELSE published_at END
                 WHERE id = $1 AND playable = 0 AND $2 = (SELECT COUNT(*) FROM rung r WHERE r.video_id = video.id AND
                   EXISTS (SELECT 1 FROM segment s WHERE s.video_id = r.video_id AND s.rung = r.name))",
                (video.as_str(), first_stage, now.0),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Turns a video `ready` when no job of it other than `fence`'s is open; `true` when it turned just now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_ready(&mut self, video: &VideoId, fence: &Fence) -> Result<bool> {
        let rows = self
            .run(
                "UPDATE video SET state = 'ready' WHERE id = $1 AND state = 'processing' AND playable = 1
                   AND NOT EXISTS (SELECT 1 FROM job WHERE video_id = $1 AND id <> $2 AND state IN ('queued', 'running'))",
                (video.as_str(), fence.job.as_str()),
            )
            .await?;
        Ok(rows == 1)
    }
}

/// What an init segment says.
#[derive(Debug)]
pub struct InitFacts<'a> {
    /// RFC 6381.
    pub codec: &'a str,
    /// Ticks per second.
    pub timescale: i64,
    /// Object key.
    pub key: &'a str,
}
