-- 3bef1fc5436b8e25d6e7bbad79a8bae5aec46845785631b5e2da38932e76b5aafd5d78e44de2d0e90fade9591c10d101
INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state, error_code, error_message, file_name, content_type, size, part_size, part_count, fingerprint, duration, width, height, plan, poster, playable, access_generation, created_at, published_at, storyboard, arriving, show_while_recording, touched_at) VALUES
  ('TTTTTTTTTTT', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'Take', 'What we found.
And what not.', 'private', 'recording', 'uploading', NULL, NULL, 'take.webm', 'video/webm', NULL, 4194304, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1795296769554672, NULL, NULL, 'grid', 0, 1795296769529580);
