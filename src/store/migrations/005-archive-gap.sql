-- Messages from this row on came while the server's archive was not read to its end; 0: it was. They are not what the
-- archive's next messages lie behind.
ALTER TABLE account ADD COLUMN gap INTEGER NOT NULL DEFAULT 0;
