-- 5152f7617dd139cd6febe889e5c26884496cd005847ce444ee6b345660ec9c3df45daa08ad67a20a23f61b74e56decb4
INSERT INTO job (id, kind, lane, account_id, video_id, dedup_key, payload, priority, state, attempt, failures, max_failures, added, progress, run_at, worker, lease_until, last_error, created_at, finished_at) VALUES
  ('ZTolwjtpNvU', 'first', 'first', 'AAAAAAAAAAA', 'ohpSlxqcVXo', 'first/ohpSlxqcVXo', '{}', 100, 'done', 1, 0, 3, 1, 1000, 1795296769575271, NULL, NULL, NULL, 1795296769575271, 1795296770189258),
  ('umGZp1Htguk', 'poster', 'picture', 'AAAAAAAAAAA', 'ohpSlxqcVXo', 'poster/ohpSlxqcVXo', '{}', 50, 'done', 1, 0, 3, 0, 1000, 1795296770173572, NULL, NULL, NULL, 1795296770173572, 1795296770605535),
  ('QQQQQQQQQQQ', 'first', 'first', 'AAAAAAAAAAA', 'FFFFFFFFFFF', 'first/FFFFFFFFFFF', '{}', 100, 'failed', 3, 3, 3, 0, 0, 1795296769575271, '0123456789abcdef', 1795296769529550, 'no streams', 1795296769575271, 1795296770189258);
