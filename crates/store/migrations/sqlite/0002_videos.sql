CREATE TABLE video (
    id                TEXT    NOT NULL PRIMARY KEY,
    account_id        TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    channel_id        TEXT    NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
    title             TEXT    NOT NULL,
    description       TEXT    NOT NULL,
    visibility        TEXT    NOT NULL,
    origin            TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    error_code        TEXT,
    error_message     TEXT,
    file_name         TEXT    NOT NULL,
    content_type      TEXT    NOT NULL,
    size              INTEGER,          -- bytes; unknown while a recording runs
    part_size         INTEGER NOT NULL,
    part_count        INTEGER,          -- fixed by `complete`
    fingerprint       TEXT,             -- the client's, to recognise a file that is chosen again
    duration          INTEGER,          -- microseconds
    width             INTEGER,          -- as displayed
    height            INTEGER,
    plan              TEXT,             -- JSON: what becomes of the source, and why
    poster            TEXT,             -- object key
    playable          INTEGER NOT NULL DEFAULT 0 CHECK (playable IN (0, 1)),
    access_generation INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    published_at      INTEGER
) STRICT;
CREATE INDEX video_of_account ON video (account_id, created_at DESC, id DESC);
CREATE INDEX video_recent ON video (published_at DESC, id DESC) WHERE visibility = 'public' AND playable = 1;
CREATE INDEX video_uploading ON video (account_id, created_at) WHERE state = 'uploading';

CREATE TABLE source_part (
    video_id   TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    etag       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (video_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE rung (
    video_id        TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    position        INTEGER NOT NULL,   -- order in the multivariant playlist
    width           INTEGER,
    height          INTEGER,
    frame_rate      INTEGER,            -- frames per 1,000 seconds
    channels        INTEGER,
    copied          INTEGER NOT NULL CHECK (copied IN (0, 1)),
    bridge          INTEGER NOT NULL CHECK (bridge IN (0, 1)), -- leaves the manifests when its height is encoded
    bandwidth       INTEGER NOT NULL,   -- bit/s, announced before the first byte
    average_bandwidth INTEGER,          -- bit/s, measured when complete
    codec           TEXT,               -- RFC 6381, from the init segment
    timescale       INTEGER,            -- ticks per second
    init_key        TEXT,
    target_duration INTEGER NOT NULL,   -- seconds, fixed at the first write
    complete        INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
    PRIMARY KEY (video_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
    video_id TEXT    NOT NULL,
    rung     TEXT    NOT NULL,
    epoch    INTEGER NOT NULL,
    msn      INTEGER NOT NULL,          -- media sequence number
    start    INTEGER NOT NULL,          -- ticks of the rung's timescale
    duration INTEGER NOT NULL,          -- ticks
    size     INTEGER NOT NULL,          -- bytes
    key      TEXT    NOT NULL,
    PRIMARY KEY (video_id, rung, epoch, msn),
    FOREIGN KEY (video_id, rung) REFERENCES rung (video_id, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
