-- 44b0c6f2327375d3cb8631bbd2e265f063401e8861d17aa878151be69e2782ddfdff640868462e507795fe56ee855b89
-- ada's password is “correct horse battery”.
INSERT INTO account (id, username, email, password_hash, role, created_at) VALUES
  ('AAAAAAAAAAA', 'ada', 'ada@example.org', '$argon2id$v=19$m=19456,t=2,p=1$YHYUaJO9a8cCs49ZCs/ZAQ$Z9UOBj7U9w/+f99xGRJhb+wsDKFx9UQwNud6RkFJo2Q', 'admin', 1795296769529550);
INSERT INTO channel (id, account_id, handle, name, created_at) VALUES
  ('CCCCCCCCCCC', 'AAAAAAAAAAA', 'ada', 'ada', 1795296769529550);
INSERT INTO session (id, account_id, user_agent, address, created_at, revoked_at) VALUES
  ('SSSSSSSSSSS', 'AAAAAAAAAAA', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', '203.0.113.7', 1795296769529550, NULL),
  ('RRRRRRRRRRR', 'AAAAAAAAAAA', 'curl/8.5.0', '::1', 1795296769529551, 1795296769529552);
INSERT INTO refresh_token (hash, session_id, expires_at, used_at) VALUES
  ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'SSSSSSSSSSS', 4948896769529550, NULL),
  ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 'SSSSSSSSSSS', 4948896769529550, 1795296769529555);
INSERT INTO access_token (hash, session_id, expires_at) VALUES
  ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'SSSSSSSSSSS', 4948896769529550);
