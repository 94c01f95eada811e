-- 7ac08c316b21a4db4656fc5cc8efa979bdd73827b065efb20a664892ddbbd448f5a7a286b8cbda95fe0cec26e4fe745c
INSERT INTO edit (video_id, version, keep, poster_at, state, created_at) VALUES
  ('ohpSlxqcVXo', 1, '[{"start_us":0,"end_us":2000000}]', 1000000, 'superseded', 1795296769570000);
INSERT INTO original (video_id, content) VALUES
  ('FFFFFFFFFFF', '{"duration":3000000,"poster":null,"storyboard":null,"captions":[],"rungs":[]}');
