-- Which videos have a video.json older than their rows. Filled by triggers, so that no statement can forget it.
CREATE TABLE description (
    video_id  TEXT    NOT NULL PRIMARY KEY REFERENCES video (id) ON DELETE CASCADE,
    revision  INTEGER NOT NULL, -- grows with every change
    described INTEGER NOT NULL  -- the revision that video.json holds, or an earlier one
) STRICT, WITHOUT ROWID;
CREATE INDEX description_due ON description (video_id) WHERE described < revision;
INSERT INTO description (video_id, revision, described) SELECT id, 1, 0 FROM video WHERE state <> 'uploading';

CREATE TRIGGER video_described AFTER UPDATE ON video WHEN NEW.state <> 'uploading' BEGIN
    INSERT INTO description (video_id, revision, described) VALUES (NEW.id, 1, 0)
    ON CONFLICT (video_id) DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER rung_described AFTER UPDATE ON rung BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = NEW.video_id;
END;
CREATE TRIGGER rung_gone AFTER DELETE ON rung BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = OLD.video_id;
END;
CREATE TRIGGER caption_added AFTER INSERT ON caption BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = NEW.video_id;
END;
CREATE TRIGGER caption_changed AFTER UPDATE ON caption BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = NEW.video_id;
END;
CREATE TRIGGER caption_gone AFTER DELETE ON caption BEGIN
    UPDATE description SET revision = revision + 1 WHERE video_id = OLD.video_id;
END;
CREATE TRIGGER channel_described AFTER UPDATE OF handle, name ON channel BEGIN
    UPDATE description SET revision = revision + 1
    WHERE video_id IN (SELECT id FROM video WHERE channel_id = NEW.id);
END;
CREATE TRIGGER owner_described AFTER UPDATE OF username ON account BEGIN
    UPDATE description SET revision = revision + 1
    WHERE video_id IN (SELECT id FROM video WHERE account_id = NEW.id);
END;

-- Videos whose rows are gone and whose objects must go. What has objects and is in neither table is not ours to delete:
-- the catalogue may be the one that is incomplete.
CREATE TABLE deleted_video (
    video_id TEXT    NOT NULL PRIMARY KEY,
    swept_at INTEGER             -- when its objects were first seen to be gone
) STRICT, WITHOUT ROWID;
CREATE TRIGGER video_deleted AFTER DELETE ON video BEGIN
    INSERT INTO deleted_video (video_id) VALUES (OLD.id) ON CONFLICT (video_id) DO NOTHING;
END;

-- Times that the whole server died under this job while it had published nothing: not the source's fault, up to a point.
ALTER TABLE job ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
