//! Broadcasts and the connections that feed them. Stream keys are stored as hashes; this module never sees one in clear.

use crate::media::{InitFacts, Rung, Segment};
use crate::videos::{ListedVideo, NewVideo, listed};
use crate::{Result, Store};
use domain::{AccountId, Micros, SessionId, State, VideoId};

/// A broadcast.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Broadcast {
    /// Its video.
    #[sqlx(try_from = "String")]
    pub video_id: VideoId,
    /// Whose it is.
    #[sqlx(try_from = "String")]
    pub account_id: AccountId,
    /// Whether the video stays when it has ended.
    pub save: bool,
    /// How far it has got.
    #[sqlx(try_from = "String")]
    pub state: State,
}

/// A connection of a publisher.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Ingest {
    /// Names it.
    pub id: String,
    /// `rtmp` or `websocket`.
    pub protocol: String,
    /// Where it came from.
    pub address: String,
    /// When it began.
    #[sqlx(try_from = "i64")]
    pub started_at: Micros,
    /// When it ended, microseconds.
    pub ended_at: Option<i64>,
    /// Bytes of media.
    pub bytes: i64,
    /// Why it ended.
    pub reason: Option<String>,
}

/// Where a rung of a broadcast ends.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RungEnd {
    /// The segment after the last one.
    pub next_msn: i64,
    /// Ticks.
    pub end: i64,
}

impl Store {
    /// Makes a video that waits for its publisher; `false` when its account has no room left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_broadcast(&self, new: &NewVideo<'_>, key_hash: &str, save: bool) -> Result<bool> {
        let mut tx = self.begin().await?;
        if !tx.insert_video(new).await? {
            return Ok(false);
        }
        tx.run("UPDATE video SET state = 'waiting' WHERE id = $1", (new.id.as_str(),)).await?;
        tx.run(
            "INSERT INTO broadcast (video_id, key_hash, save) VALUES ($1, $2, $3)",
            (new.id.as_str(), key_hash, i64::from(save)),
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The broadcast of a video, ended or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn broadcast(&self, video: &VideoId) -> Result<Option<Broadcast>> {
        self.db
            .opt(
                "SELECT b.video_id, v.account_id, b.save, v.state FROM broadcast b JOIN video v ON v.id = b.video_id
                 WHERE b.video_id = $1",
                (video.as_str(),),
            )
            .await
    }

    /// The broadcast whose key has this hash, unless it has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn broadcast_by_key(&self, key_hash: &str) -> Result<Option<Broadcast>> {
        self.db
            .opt(
                "SELECT b.video_id, v.account_id, b.save, v.state FROM broadcast b JOIN video v ON v.id = b.video_id
                 WHERE b.key_hash = $1 AND v.state IN ('waiting', 'live', 'interrupted')",
                (key_hash,),
            )
            .await
    }

    /// Gives a broadcast another key; `false` when it has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_stream_key(&self, video: &VideoId, key_hash: &str) -> Result<bool> {
        let rows = self
            .db
            .run(
                "UPDATE broadcast SET key_hash = $2 WHERE video_id = $1
                   AND EXISTS (SELECT 1 FROM video WHERE id = $1 AND state IN ('waiting', 'live', 'interrupted'))",
                (video.as_str(), key_hash),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Broadcasts that were on when a server stopped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_broadcasts(&self) -> Result<Vec<Broadcast>> {
        self.db
            .all(
                "SELECT b.video_id, v.account_id, b.save, v.state FROM broadcast b JOIN video v ON v.id = b.video_id
                 WHERE v.state IN ('live', 'interrupted')",
                (),
            )
            .await
    }

    /// Broadcasts that nobody can go on with: a catalogue that was made anew has no keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keyless_broadcasts(&self) -> Result<Vec<VideoId>> {
        let rows: Vec<(String,)> = self
            .db
            .all(
                "SELECT id FROM video WHERE state IN ('live', 'interrupted')
                   AND NOT EXISTS (SELECT 1 FROM broadcast b WHERE b.video_id = video.id)",
                (),
            )
            .await?;
        Ok(rows.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }

    /// Public broadcasts that are on and can be watched, the newest first, at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_now(&self) -> Result<Vec<ListedVideo>> {
        self.db
            .all(
                listed!(
                    "WHERE v.state IN ('live', 'interrupted') AND v.visibility = 'public' AND v.playable = 1
                     ORDER BY v.created_at DESC, v.id DESC LIMIT 100"
                ),
                (),
            )
            .await
    }

    /// Where a rung ends; `None` when it has no segment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rung_end(&self, video: &VideoId, rung: &str) -> Result<Option<RungEnd>> {
        self.db
            .opt(
                "SELECT msn + 1 AS next_msn, start + duration AS \"end\" FROM segment
                 WHERE video_id = $1 AND rung = $2 ORDER BY epoch DESC, msn DESC LIMIT 1",
                (video.as_str(), rung),
            )
            .await
    }

    /// Sets how far a broadcast has got; `false` when it has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_live_state(&self, video: &VideoId, state: State) -> Result<bool> {
        let rows = self
            .db
            .run(
                "UPDATE video SET state = $2 WHERE id = $1 AND state IN ('waiting', 'live', 'interrupted')",
                (video.as_str(), state.as_str()),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Notes that a publisher has come, with which protocol (`rtmp`, `websocket`) and from where.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_ingest(
        &self,
        id: &SessionId,
        video: &VideoId,
        (protocol, address): (&str, &str),
        now: Micros,
    ) -> Result<()> {
        self.db
            .run(
                "INSERT INTO ingest (id, video_id, protocol, address, started_at) VALUES ($1, $2, $3, $4, $5)",
                (id.as_str(), video.as_str(), protocol, address, now.0),
            )
            .await
            .map(drop)
    }

    /// Notes that a publisher has gone, and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_ingest(&self, id: &SessionId, bytes: i64, reason: &str, now: Micros) -> Result<()> {
        self.db
            .run(
                "UPDATE ingest SET ended_at = $2, bytes = $3, reason = $4 WHERE id = $1 AND ended_at IS NULL",
                (id.as_str(), now.0, bytes, reason),
            )
            .await
            .map(drop)
    }

    /// Ends the connections that a server which stopped has left open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_lost_ingests(&self, now: Micros) -> Result<()> {
        self.db
            .run(
                "UPDATE ingest SET ended_at = $1, reason = 'The server stopped.' WHERE ended_at IS NULL",
                (now.0,),
            )
            .await
            .map(drop)
    }

    /// The connections of a broadcast, newest first, at most 100.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ingests(&self, video: &VideoId) -> Result<Vec<Ingest>> {
        self.db
            .all(
                "SELECT id, protocol, address, started_at, ended_at, bytes, reason FROM ingest WHERE video_id = $1
                 ORDER BY started_at DESC, id LIMIT 100",
                (video.as_str(),),
            )
            .await
    }

    /// Announces the rungs of a broadcast with their init segments, and that it is on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_live(
        &self,
        video: &VideoId,
        rungs: &[(Rung, InitFacts<'_>)],
        size: (i64, i64),
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        for (rung, init) in rungs {
            tx.announce_rung(video, rung).await?;
            if !tx.set_init(video, &rung.name, init).await? {
                return Ok(false);
            }
        }
        let rows = tx
            .run(
                "UPDATE video SET state = 'live', width = $2, height = $3
                 WHERE id = $1 AND state IN ('waiting', 'live', 'interrupted')",
                (video.as_str(), size.0, size.1),
            )
            .await?;
        tx.commit().await?;
        Ok(rows == 1)
    }

    /// Publishes a segment of a broadcast that is on; answers whether it can be watched since just now, `None` when it has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_live_segment(
        &self,
        video: &VideoId,
        rung: &str,
        segment: &Segment,
        (rungs, now): (i64, Micros),
    ) -> Result<Option<bool>> {
        let mut tx = self.begin().await?;
        let on = tx
            .opt::<(i64,)>(
                "SELECT CAST(1 AS BIGINT) FROM video WHERE id = $1 AND state IN ('live', 'interrupted')",
                (video.as_str(),),
            )
            .await?;
        if on.is_none() {
            return Ok(None);
        }
        tx.insert_segment(video, rung, segment).await?;
        let playable = tx.update_playable(video, rungs, now).await?;
        tx.commit().await?;
        Ok(Some(playable))
    }

    /// Notes that a broadcast can be watched from memory, before anything of it is stored; `true` when that is so since just now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn show_live(&self, video: &VideoId, now: Micros) -> Result<bool> {
        let rows = self
            .db
            .run(
                "UPDATE video SET playable = 1,
                   published_at = CASE WHEN published_at IS NULL AND visibility <> 'private' THEN $2 ELSE published_at END
                 WHERE id = $1 AND playable = 0 AND state IN ('live', 'interrupted')",
                (video.as_str(), now.0),
            )
            .await?;
        Ok(rows == 1)
    }

    /// Hides broadcasts of which nothing was stored when the server was lost.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hide_lost_broadcasts(&self) -> Result<()> {
        self.db
            .run(
                "UPDATE video SET playable = 0 WHERE state IN ('live', 'interrupted') AND playable = 1
                   AND NOT EXISTS (SELECT 1 FROM segment s WHERE s.video_id = video.id)",
                (),
            )
            .await
            .map(drop)
    }

    /// Makes a video of a broadcast: its rungs are whole. What has no segment has failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_live(&self, video: &VideoId) -> Result<bool> {
        let mut tx = self.begin().await?;
        let rungs: Vec<(String,)> =
            tx.all("SELECT name FROM rung WHERE video_id = $1", (video.as_str(),)).await?;
        for (rung,) in &rungs {
            tx.measure_peak(video, rung).await?;
            tx.measure_target_duration(video, rung).await?;
            tx.complete_rung(video, rung).await?;
        }
        // It may have been watched from memory, and nothing was stored.
        tx.run(
            "UPDATE video SET playable = 0
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM segment s WHERE s.video_id = video.id)",
            (video.as_str(),),
        )
        .await?;
        let rows = tx
            .run(
                "UPDATE video SET
                   state = CASE WHEN playable = 1 THEN 'ready' ELSE 'failed' END,
                   error_code = CASE WHEN playable = 1 THEN NULL ELSE 'nothing_sent' END,
                   error_message = CASE WHEN playable = 1 THEN NULL
                     ELSE 'The broadcast ended before anything of it could be watched.' END,
                   duration = (SELECT MAX(CAST((s.start + s.duration) * 1000000.0 / r.timescale AS BIGINT))
                     FROM segment s JOIN rung r ON r.video_id = s.video_id AND r.name = s.rung WHERE s.video_id = video.id)
                 WHERE id = $1 AND state IN ('waiting', 'live', 'interrupted')",
                (video.as_str(),),
            )
            .await?;
        tx.commit().await?;
        Ok(rows == 1)
    }
}
