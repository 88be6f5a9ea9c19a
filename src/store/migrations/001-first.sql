-- The first shape of the store. Times are milliseconds since 1970 (UTC); words of the plugin interface
-- (flags, kinds, states) are stored as their numbers, which never change.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE, -- the user's
    protocol  TEXT NOT NULL,
    address   TEXT,                 -- own normalized address
    nick      TEXT,
    show      INTEGER NOT NULL DEFAULT 1,
    status    TEXT,
    resume_id TEXT,                 -- newest archive id up to which nothing is missing
    resume_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Yesterday's list of people, shown before the network answers.
CREATE TABLE contact (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    name    TEXT,
    groups  TEXT, -- one a line
    flags   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat (
    id             INTEGER PRIMARY KEY,
    account        INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    address        TEXT NOT NULL,
    kind           INTEGER NOT NULL,
    name           TEXT,
    nick           TEXT,
    topic          TEXT,
    topic_by       TEXT,
    topic_time     INTEGER NOT NULL DEFAULT 0,
    flags          INTEGER NOT NULL DEFAULT 0,
    number         INTEGER NOT NULL DEFAULT 0,
    open           INTEGER NOT NULL DEFAULT 0,
    unread         INTEGER NOT NULL DEFAULT 0,
    mentions       INTEGER NOT NULL DEFAULT 0,
    read_sort      INTEGER NOT NULL DEFAULT 0,
    read_id        INTEGER NOT NULL DEFAULT 0,
    active         INTEGER NOT NULL DEFAULT 0,
    last_sort      INTEGER NOT NULL DEFAULT 0,
    history_start  INTEGER NOT NULL DEFAULT 0, -- 1: the server has nothing older than we have
    draft          TEXT,
    draft_cursor   INTEGER NOT NULL DEFAULT 0,
    draft_reply_to INTEGER NOT NULL DEFAULT 0,
    draft_editing  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, address)
) STRICT;

-- id_key: a hash of (origin id, else wire id), archive_key: of the archive id; a collision takes the next free
-- number. They make a message single whatever way it came, and find what edits, receipts and reactions name.
CREATE TABLE message (
    id           INTEGER PRIMARY KEY,
    chat         INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    time         INTEGER NOT NULL,
    sort         INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    flags        INTEGER NOT NULL,
    enc          INTEGER NOT NULL,
    delivery     INTEGER NOT NULL,
    edits        INTEGER NOT NULL DEFAULT 0,
    retracted    INTEGER NOT NULL DEFAULT 0,
    mention      INTEGER NOT NULL DEFAULT 0,
    id_key       INTEGER,
    archive_key  INTEGER,
    sender       TEXT,
    sender_name  TEXT,
    sender_id    TEXT,
    resource     TEXT,
    wire_id      TEXT,
    origin_id    TEXT,
    archive_id   TEXT,
    reply_to     TEXT,
    reply_sender TEXT,
    thread       TEXT,
    failure      TEXT,
    body         TEXT
) STRICT;
CREATE INDEX message_order ON message (chat, sort);
CREATE UNIQUE INDEX message_key ON message (chat, id_key) WHERE id_key IS NOT NULL;
CREATE UNIQUE INDEX message_archive ON message (chat, archive_key) WHERE archive_key IS NOT NULL;

-- What a message said before: one row for each edit, with the text it replaced.
CREATE TABLE edit (
    message   INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    edit_key  INTEGER NOT NULL, -- hash of the edit's own id: each counts once
    time      INTEGER NOT NULL,
    body      TEXT,
    PRIMARY KEY (message, edit_key)
) STRICT, WITHOUT ROWID;

-- Several reactions of one person: one a line.
CREATE TABLE reaction (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    sender  TEXT NOT NULL,
    time    INTEGER NOT NULL,
    texts   TEXT NOT NULL,
    PRIMARY KEY (message, sender)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    ref     TEXT,
    name    TEXT,
    mime    TEXT,
    url     TEXT,
    bytes   INTEGER NOT NULL,
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

-- What is not certain to have arrived: written before anything is on the wire, dropped when the server has it.
CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY,
    chat      INTEGER NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    message   INTEGER NOT NULL, -- the message sent, edited, retracted or reacted to
    op        INTEGER NOT NULL,
    flags     INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    written   INTEGER NOT NULL,
    origin_id TEXT NOT NULL,
    target    TEXT,
    body      TEXT,
    reply_to     TEXT,
    reply_sender TEXT,
    reply_body   TEXT,
    thread    TEXT
) STRICT;

-- Full text: filled in slices while nothing else is due, up to meta 'indexed'.
CREATE VIRTUAL TABLE message_text USING fts5 (
    body, content = 'message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO meta (key, value) VALUES ('indexed', 0);
