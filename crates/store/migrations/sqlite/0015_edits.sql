-- Edits. `rung`, `segment`, `caption` and the video's own columns always hold what viewers get; what the whole video has while an
-- edit is shown stands in `original`.
ALTER TABLE video ADD COLUMN edit INTEGER NOT NULL DEFAULT 0;    -- the version that viewers get; 0 for the whole video
ALTER TABLE segment ADD COLUMN shift INTEGER NOT NULL DEFAULT 0; -- ticks that its object is moved by when it is served

CREATE TABLE edit (
    video_id   TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    version    INTEGER NOT NULL,          -- from 1
    keep       TEXT    NOT NULL,          -- JSON: spans of the whole video in microseconds, see `domain::edit`
    poster_at  INTEGER,                   -- microseconds of the whole video; NULL for a picture of our choice
    state      TEXT    NOT NULL,          -- pending, done, failed, superseded
    created_at INTEGER NOT NULL,
    PRIMARY KEY (video_id, version)
) STRICT, WITHOUT ROWID;

-- JSON: rungs, segments, captions and pictures of the whole video. See `store::edits::Original`.
CREATE TABLE original (
    video_id TEXT NOT NULL PRIMARY KEY REFERENCES video (id) ON DELETE CASCADE,
    content  TEXT NOT NULL
) STRICT;

CREATE TRIGGER edit_added AFTER INSERT ON edit BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = NEW.video_id;
END;
CREATE TRIGGER edit_changed AFTER UPDATE ON edit BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = NEW.video_id;
END;
