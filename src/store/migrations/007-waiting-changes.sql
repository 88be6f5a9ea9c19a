-- What happened to a message that is not here yet: an archive that is read backwards tells of an edit, a
-- withdrawal or a reaction before it gives the message itself.
CREATE TABLE waiting_change (
    chat       INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    target_key INTEGER NOT NULL, -- hash of the id that it names
    change_key INTEGER NOT NULL, -- hash of its own id: each counts once
    flags      INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    shown      INTEGER NOT NULL, -- the message as which an edit is shown until then, 0 = none
    target     TEXT NOT NULL,
    ref        TEXT,
    sender     TEXT,
    sender_id  TEXT,
    body       TEXT,             -- reactions: one a line
    PRIMARY KEY (chat, target_key, change_key)
) STRICT, WITHOUT ROWID;
