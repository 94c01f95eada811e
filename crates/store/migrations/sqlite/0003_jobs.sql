-- `attempt` is the fencing token: it grows with every claim, and nothing is published under an older one.
CREATE TABLE job (
    id           TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    lane         TEXT    NOT NULL,
    account_id   TEXT    NOT NULL,
    video_id     TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    dedup_key    TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    state        TEXT    NOT NULL,      -- queued, running, done, failed
    attempt      INTEGER NOT NULL DEFAULT 0,
    failures     INTEGER NOT NULL DEFAULT 0,
    max_failures INTEGER NOT NULL,
    added        INTEGER NOT NULL DEFAULT 0 CHECK (added IN (0, 1)), -- this attempt published something
    progress     INTEGER NOT NULL DEFAULT 0, -- thousandths
    run_at       INTEGER NOT NULL,
    worker       TEXT,
    lease_until  INTEGER,
    last_error   TEXT,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX job_open ON job (dedup_key) WHERE state IN ('queued', 'running');
CREATE INDEX job_claim ON job (lane, state, run_at);
CREATE INDEX job_of_video ON job (video_id);
