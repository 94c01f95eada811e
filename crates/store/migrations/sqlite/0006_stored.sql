-- What each video takes in the object store, kept up by triggers: whoever writes parts or segments, now or later, is counted.
-- A table of its own, because a row of `video` is long and every segment would rewrite it.
CREATE TABLE stored (
    video_id     TEXT    NOT NULL PRIMARY KEY REFERENCES video (id) ON DELETE CASCADE,
    account_id   TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    source_bytes INTEGER NOT NULL DEFAULT 0,
    media_bytes  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX stored_of_account ON stored (account_id);

INSERT INTO stored (video_id, account_id, source_bytes, media_bytes)
SELECT v.id, v.account_id,
    (SELECT COALESCE(SUM(p.size), 0) FROM source_part p WHERE p.video_id = v.id),
    (SELECT COALESCE(SUM(s.size), 0) FROM segment s WHERE s.video_id = v.id)
FROM video v;

CREATE TRIGGER stored_video AFTER INSERT ON video BEGIN
    INSERT INTO stored (video_id, account_id) VALUES (NEW.id, NEW.account_id);
END;
CREATE TRIGGER stored_part_added AFTER INSERT ON source_part BEGIN
    UPDATE stored SET source_bytes = source_bytes + NEW.size WHERE video_id = NEW.video_id;
END;
CREATE TRIGGER stored_part_removed AFTER DELETE ON source_part BEGIN
    UPDATE stored SET source_bytes = source_bytes - OLD.size WHERE video_id = OLD.video_id;
END;
CREATE TRIGGER stored_segment_added AFTER INSERT ON segment BEGIN
    UPDATE stored SET media_bytes = media_bytes + NEW.size WHERE video_id = NEW.video_id;
END;
CREATE TRIGGER stored_segment_removed AFTER DELETE ON segment BEGIN
    UPDATE stored SET media_bytes = media_bytes - OLD.size WHERE video_id = OLD.video_id;
END;
