-- 4433dcd1a41bf4e0dc6878cd31e46e3454de085dd66284f73c7dde5b41a191982e5f5afa5c09ae732b0bbc7d959b7fac
UPDATE video SET allow_download = 0 WHERE id = 'TTTTTTTTTTT';
