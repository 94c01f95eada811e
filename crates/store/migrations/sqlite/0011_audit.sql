-- Security events, for who runs the instance. Rows outlive what they speak of, hence no foreign keys.
CREATE TABLE audit (
    id         TEXT    NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    event      TEXT    NOT NULL,
    account_id TEXT,                    -- whose account or thing; NULL when nobody was recognised
    actor_id   TEXT,                    -- who did it, when it was an account
    address    TEXT,                    -- where the request came from
    detail     TEXT    NOT NULL         -- in words; never a secret
) STRICT;
CREATE INDEX audit_newest ON audit (at DESC, id DESC);

ALTER TABLE session ADD COLUMN used_at INTEGER; -- when its tokens were last exchanged; NULL before the first time
