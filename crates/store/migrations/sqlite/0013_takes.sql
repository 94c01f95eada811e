-- Recordings. Both columns say something only while a take is `uploading`, so `video.json` does not hold them.
-- Whether others may watch it before it has ended.
ALTER TABLE video ADD COLUMN show_while_recording INTEGER NOT NULL DEFAULT 1 CHECK (show_while_recording IN (0, 1));
-- When its recorder was last heard of, to half a minute: a paused one sends no parts.
ALTER TABLE video ADD COLUMN touched_at INTEGER;
CREATE INDEX video_taking ON video (created_at) WHERE state = 'uploading' AND origin = 'recording';
-- `arriving` may be `encode` too: a stream whose picture was copied, which proved wrong.
