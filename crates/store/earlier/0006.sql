-- 1ad4b95ebf5a1c906dfbf17396a071b0cdb27a50832cfcfcfa7e687fa55ce9e4d0ff47b19d7af4d41ec63c0bb0a0d38a
-- `stored` is filled by its triggers.
INSERT INTO source_part (video_id, number, size, etag, created_at) VALUES
  ('UUUUUUUUUUU', 1, 4194304, 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', 1795296769529570);
DELETE FROM source_part WHERE video_id = 'UUUUUUUUUUU';
