-- Since when an installation waits for its machine without a word from it, and the error that is shown meanwhile.
ALTER TABLE installations ADD COLUMN waiting_since timestamptz, ADD COLUMN waiting_error jsonb;
