-- 5d66a1d29518df1b2358b4f18749535ae65bcb2e87e5db11126e8afcfc64784227f3a495c128718852108b0bd25ee8c6
INSERT INTO broadcast (video_id, key_hash, save) VALUES
  ('ohpSlxqcVXo', 'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', 1);
INSERT INTO ingest (id, video_id, protocol, address, started_at, ended_at, bytes, reason) VALUES
  ('IIIIIIIIIII', 'ohpSlxqcVXo', 'rtmp', '203.0.113.7', 1795296769580000, 1795296779580000, 123456, 'The broadcast was ended.');
