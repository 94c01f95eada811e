-- Whether others than its owner may take a video away as a file. A share link says so for itself.
ALTER TABLE video ADD COLUMN allow_download INTEGER NOT NULL DEFAULT 1 CHECK (allow_download IN (0, 1));
