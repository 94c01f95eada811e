-- d0b74b705be9b3631beae66938febbf8b2379140534a3c00b4b386b644fcb6a2ab02f9b0ab0b9c65b4a1f18153d5567d
INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state, error_code, error_message, file_name, content_type, size, part_size, part_count, fingerprint, duration, width, height, plan, poster, playable, access_generation, created_at, published_at) VALUES
  ('ohpSlxqcVXo', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'A talk', 'What we found.
And what not.', 'public', 'upload', 'ready', NULL, NULL, 'talk.mp4', 'video/mp4', 15675, 4194304, 1, '9f86d081884c7d65', 3000000, 128, 72, '{"rungs":[{"name":"72p","stage":1,"kind":"copied_video","size":{"width":128,"height":72},"bridge":false,"codecs":null,"bandwidth":9928,"average_bandwidth":8853,"reason":"copied: H.264 Main 1.1, 128×72, 10 frames a second"},{"name":"audio","stage":1,"kind":"copied_audio","sound":{"stream":1,"language":null,"label":null,"channels":1,"default":true},"codecs":"mp4a.40.2","bandwidth":36096,"average_bandwidth":24064,"reason":"copied: AAC LC, mono"}],"reasons":["Picture copied: H.264 Main 1.1, 128×72, 10 frames a second.","Sound copied: AAC LC, mono."]}', 'videos/ohpSlxqcVXo/poster-473ebe0c80e5cfbc5d30b4e3.jpg', 1, 0, 1795296769554663, 1795296770173572),
  ('FFFFFFFFFFF', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'Broken', 'What we found.
And what not.', 'private', 'upload', 'failed', 'no_streams', 'There is no picture and no sound in this file.', 'broken.mp4', 'video/mp4', 5, 4194304, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1795296769554670, NULL),
  ('UUUUUUUUUUU', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'Half', 'What we found.
And what not.', 'private', 'upload', 'uploading', NULL, NULL, 'half.mp4', 'video/mp4', 9000000, 4194304, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1, 1795296769554672, NULL);
INSERT INTO source_part (video_id, number, size, etag, created_at) VALUES
  ('ohpSlxqcVXo', 1, 15675, '5a3918ce8005569380f60c5854eab46bca61a05a95c9c722f6d2ab76bf0d57f3', 1795296769569416);
INSERT INTO rung (video_id, name, kind, position, width, height, frame_rate, channels, copied, bridge, bandwidth, average_bandwidth, codec, timescale, init_key, target_duration, complete) VALUES
  ('ohpSlxqcVXo', '72p', 'video', 0, 128, 72, 10000, NULL, 1, 0, 9928, 10346, 'avc1.4d400b', 10240, 'videos/ohpSlxqcVXo/72p/init-0-fb083a0c73b0e6d16ac948b1.mp4', 2, 1),
  ('ohpSlxqcVXo', 'audio', 'audio', 1, NULL, NULL, NULL, 1, 1, 0, 36096, 26301, 'mp4a.40.2', 48000, 'videos/ohpSlxqcVXo/audio/init-0-e9ab5bb8111201bbc3ec3d29.mp4', 2, 1);
INSERT INTO segment (video_id, rung, epoch, msn, start, duration, size, key) VALUES
  ('ohpSlxqcVXo', '72p', 0, 0, 0, 20480, 2822, 'videos/ohpSlxqcVXo/72p/0-0-fa3222eb08d72255ee9f482f.m4s'),
  ('ohpSlxqcVXo', '72p', 0, 1, 20480, 10240, 1058, 'videos/ohpSlxqcVXo/72p/0-1-034a99b908cbec626b8c4647.m4s'),
  ('ohpSlxqcVXo', 'audio', 0, 0, 0, 96256, 6333, 'videos/ohpSlxqcVXo/audio/0-0-05edb490a73cfbb7e9d00d18.m4s'),
  ('ohpSlxqcVXo', 'audio', 0, 1, 96256, 47744, 3530, 'videos/ohpSlxqcVXo/audio/0-1-c17574f3b00583ffa53aa2ff.m4s');
