-- Who was served last in a lane has the highest number; the account with the lowest is next.
CREATE TABLE turn (
    lane       TEXT    NOT NULL,
    account_id TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    PRIMARY KEY (lane, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX turn_number ON turn (lane, number);
-- `given_up` is a further state of a job: it failed, and the video does without what it would have made.
