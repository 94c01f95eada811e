-- 3e1a23493989f43a0cfa5e0013c832a764cfd29b786b56a6a2df0bf4c08ced12062243c6f8d568b5288fd725c4f92faf
INSERT INTO caption (video_id, lang, label, position, key) VALUES
  ('ohpSlxqcVXo', 'en', 'English', 0, 'videos/ohpSlxqcVXo/captions/en-7ea275d192b24a40ae2d2558.vtt');
UPDATE rung SET language = 'en', label = 'English' WHERE video_id = 'ohpSlxqcVXo' AND name = 'audio';
UPDATE video SET storyboard = '{"tile_width":160,"tile_height":90,"columns":5,"rows":5,"starts":[0,2000000],"sheets":["videos/ohpSlxqcVXo/storyboard-0-0afdb265456195fbdf800896.jpg"]}' WHERE id = 'ohpSlxqcVXo';
