-- Several sounds of one video: the default one is played unless somebody chooses another.
ALTER TABLE rung ADD COLUMN language TEXT; -- BCP 47; NULL when the source does not say
ALTER TABLE rung ADD COLUMN label TEXT;    -- for a person; NULL for the language's own name
ALTER TABLE rung ADD COLUMN is_default INTEGER NOT NULL DEFAULT 1 CHECK (is_default IN (0, 1));

CREATE TABLE caption (
    video_id TEXT    NOT NULL REFERENCES video (id) ON DELETE CASCADE,
    lang     TEXT    NOT NULL,          -- BCP 47, unique within its video; `und` when unknown
    label    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    key      TEXT    NOT NULL,          -- object key of a WebVTT file
    PRIMARY KEY (video_id, lang)
) STRICT, WITHOUT ROWID;

-- JSON: sheets of small pictures for scrubbing; NULL until they are made. See `store::tracks::Storyboard`.
ALTER TABLE video ADD COLUMN storyboard TEXT;
