-- Broadcasts: what a video with the origin `live` needs while it is one. The key is a hash. Not in `video.json`: what lets
-- somebody publish must not lie beside the video (docs/decisions/0023).
CREATE TABLE broadcast (
    video_id TEXT    NOT NULL PRIMARY KEY REFERENCES video (id) ON DELETE CASCADE,
    key_hash TEXT    NOT NULL UNIQUE, -- BLAKE3
    save     INTEGER NOT NULL CHECK (save IN (0, 1)) -- whether the video stays when the broadcast has ended
) STRICT;

-- Connections of publishers.
CREATE TABLE ingest (
    id         TEXT    NOT NULL PRIMARY KEY,
    video_id   TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    protocol   TEXT    NOT NULL, -- rtmp
    address    TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,          -- NULL while it lasts
    bytes      INTEGER NOT NULL DEFAULT 0, -- of media, when it ended
    reason     TEXT              -- why it ended, for a person
) STRICT;
CREATE INDEX ingest_of_video ON ingest (video_id, started_at DESC);
CREATE INDEX video_live ON video (created_at DESC) WHERE state IN ('waiting', 'live', 'interrupted');
