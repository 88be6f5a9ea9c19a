-- What may want an answer, and what is known of how the user uses a chat.

ALTER TABLE chat ADD COLUMN said INTEGER NOT NULL DEFAULT 0;   -- when the user last wrote here, 0: not known
ALTER TABLE chat ADD COLUMN notices INTEGER NOT NULL DEFAULT 0; -- enum notice_level: what is worth a notice

-- why: enum inbox_why. until: not shown before this time (snoozed), 0: shown.
CREATE TABLE inbox (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    chat    INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    why     INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    until   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX inbox_chat ON inbox (chat);
