-- fd8f5f6b324cf20f8f3dbe5ddeab52595a9eccc05e251232acd80e6fc2c5adfc3ed2d67788d044a3369d5ee7e1945633
INSERT INTO share_link (id, video_id, token_hash, password_hash, allow_download, expires_at, created_at, used_at) VALUES
  ('LLLLLLLLLLL', 'ohpSlxqcVXo', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaA', 1, 1795900000000000, 1795296769570000, 1795296780000000);
