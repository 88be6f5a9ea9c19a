-- How parts of a text look (bold, coloured, hidden), packed into a short line; NULL for plain text.
ALTER TABLE message ADD COLUMN spans TEXT;
ALTER TABLE edit ADD COLUMN spans TEXT;
ALTER TABLE outbox ADD COLUMN spans TEXT;
ALTER TABLE waiting_change ADD COLUMN spans TEXT;
