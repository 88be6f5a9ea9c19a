-- What messages are searched by beside their words, some hundreds in a row (store/shelf.c): when, who says it where, what it
-- holds, and marks of its text. Filled in slices while nothing else is due, up to meta 'shelved'.
CREATE TABLE shelf (
    last   INTEGER PRIMARY KEY, -- message; no other row has one between first and last
    first  INTEGER NOT NULL,
    newest INTEGER NOT NULL,    -- times
    oldest INTEGER NOT NULL,
    has    INTEGER NOT NULL,    -- FIND_*, of any of them
    rows   BLOB NOT NULL,
    marks  BLOB NOT NULL
) STRICT;

-- Who says something where, as it stands in the messages; the rows of the shelf name them by hash.
CREATE TABLE voice (
    chat   INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    hash   INTEGER NOT NULL,
    sender TEXT NOT NULL,
    name   TEXT NOT NULL,
    own    INTEGER NOT NULL,
    PRIMARY KEY (chat, hash, sender, name, own)
) STRICT, WITHOUT ROWID;

-- Messages whose text is not what the shelf says any more.
CREATE TABLE shelf_changed (
    message INTEGER PRIMARY KEY
) STRICT;

INSERT INTO meta (key, value) VALUES ('shelved', 0);

-- The shelf knows links; the index was in the way of each message that arrived.
DROP INDEX message_link;
