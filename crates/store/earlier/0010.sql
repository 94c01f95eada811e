-- 8d67ebecc1beabbc54dbaf4eb1b3791d3b52ed5f330d0363be78b1f121fb608a0ce20acc7fd965da92dd72c46921dcc8
INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state, error_code, error_message, file_name, content_type, size, part_size, part_count, fingerprint, duration, width, height, plan, poster, playable, access_generation, created_at, published_at, storyboard, arriving) VALUES
  ('DDDDDDDDDDD', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'Deleted', 'What we found.
And what not.', 'private', 'upload', 'uploading', NULL, NULL, 'deleted.mp4', 'video/mp4', 9000000, 4194304, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1795296769554672, NULL, '{"tile_width":160,"tile_height":90,"columns":5,"rows":5,"starts":[0,2000000],"sheets":["videos/ohpSlxqcVXo/storyboard-0-0afdb265456195fbdf800896.jpg"]}', NULL);
DELETE FROM video WHERE id = 'DDDDDDDDDDD';
UPDATE deleted_video SET swept_at = 1795296769529649 WHERE video_id = 'DDDDDDDDDDD';
UPDATE job SET crashes = 1 WHERE id = 'QQQQQQQQQQQ';
