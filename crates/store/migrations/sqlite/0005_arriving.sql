-- What is done with a source before it is complete: NULL (not looked at yet), `waits:N` (for part N), `index` (an MP4 whose
-- index is known), `grid` (a stream, cut on a clock), `refused` (waits for the whole file), `restart` (what was published of
-- it cannot be continued).
ALTER TABLE video ADD COLUMN arriving TEXT;
