-- d4ed9281ab57eba18e89067095b769c1bcfe3b23d4c3ec6839b8f7ee1223ea73faf6cffbc05486a84026b167bcc54149
INSERT INTO turn (lane, account_id, number) VALUES
  ('first', 'AAAAAAAAAAA', 2);
