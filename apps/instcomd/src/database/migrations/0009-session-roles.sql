-- A session that was opened with a token has that token's role; null: the principal's, as with a set-up link.
ALTER TABLE sessions ADD COLUMN role text CHECK (role IN ('viewer', 'operator', 'admin'));
