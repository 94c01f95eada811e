-- Links that open one video to whoever holds them, a private one too. The token and the password are hashes. Not in `video.json`:
-- what opens a video must not lie beside it (docs/decisions/0022).
CREATE TABLE share_link (
    id             TEXT    NOT NULL PRIMARY KEY,
    video_id       TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    token_hash     TEXT    NOT NULL UNIQUE,  -- BLAKE3
    password_hash  TEXT,                     -- argon2id; nothing is asked for when absent
    allow_download INTEGER NOT NULL CHECK (allow_download IN (0, 1)),
    expires_at     INTEGER,                  -- microseconds; never when absent
    created_at     INTEGER NOT NULL,
    used_at        INTEGER                   -- when it was last opened, to the minute
) STRICT;
CREATE INDEX share_link_of_video ON share_link (video_id, created_at DESC);
CREATE INDEX share_link_end ON share_link (expires_at) WHERE expires_at IS NOT NULL;
