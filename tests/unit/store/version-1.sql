-- A history as kith wrote it with format 1. Frozen: it shows that what people have is read by every later kith.
PRAGMA journal_mode = WAL;
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

-- What a kith of format 1 had written: two accounts, people, three chats, messages with all that can hang on them.
INSERT INTO account VALUES (1, 'home', 'xmpp', 'alice@example.org', 'Alice', 1, 'at the desk', 'arch-7', 1700000007000);
INSERT INTO account VALUES (2, 'here', 'local', 'alice', NULL, 3, NULL, NULL, 0);
INSERT INTO contact VALUES (1, 'bob@example.org', 'Bob', 'friends' || char(10) || 'at work', 3);
INSERT INTO contact VALUES (1, 'zoë@example.org', 'Zoë', NULL, 1);
INSERT INTO contact VALUES (2, 'carol', NULL, NULL, 3);
INSERT INTO chat VALUES (1, 1, 'bob@example.org', 1, NULL, NULL, NULL, NULL, 0, 0, 1, 1, 2, 1, 1700000005000, 5, 1700000008000,
    1700000008000, 1, 'dear Bob,' || char(10) || 'it is', 9, 3, 0);
INSERT INTO chat VALUES (2, 1, 'lobby@rooms.example.org', 2, 'The lobby', 'alice', 'tea at five', 'bob', 1699999999000, 4, 2, 1, 0, 0,
    1700000010000, 10, 1700000010000, 1700000010000, 0, NULL, 0, 0, 0);
INSERT INTO chat VALUES (3, 2, 'carol', 1, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 1700000012000, 1700000012000, 0, '', 0, 0, 12);
INSERT INTO message VALUES (1, 1, 1700000000863, 1700000001000, 0, 0, 0, 0, 0, 0, 0, 2465969710972909040, 2627308274073349199, 'bob@example.org', NULL, NULL, 'phone', 'w1', 'w1', 'arch-1', NULL, NULL, NULL, NULL, 'Good morning, Alice');
INSERT INTO message VALUES (2, 1, 1700000001863, 1700000002000, 0, 1, 0, 5, 0, 0, 0, 6996634267026322663, 3513672817131096743, 'alice@example.org', NULL, NULL, NULL, NULL, 'o2', 'arch-2', NULL, NULL, NULL, NULL, 'good morning');
INSERT INTO message VALUES (3, 1, 1700000002863, 1700000003000, 0, 0, 0, 0, 2, 0, 0, 4603030449052940438, 2382207632375125578, 'bob@example.org', NULL, NULL, NULL, 'w3', 'o3', 'arch-3', NULL, NULL, 't1', NULL, 'the new text of it');
INSERT INTO message VALUES (4, 1, 1700000003863, 1700000004000, 0, 0, 0, 0, 0, 1, 0, 1878510369360807091, NULL, 'bob@example.org', NULL, NULL, NULL, 'w4', 'w4', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO message VALUES (5, 1, 1700000004863, 1700000005000, 0, 0, 0, 0, 0, 0, 0, 6273172329051576242, NULL, 'bob@example.org', NULL, NULL, NULL, 'w5', NULL, NULL, 'o2', 'alice@example.org', NULL, NULL, 'it''s "quoted", naïve and 日本語');
INSERT INTO message VALUES (6, 1, 1700000005863, 1700000006000, 1, 3, 0, 1, 0, 0, 0, 9146152022501359400, NULL, 'alice@example.org', NULL, NULL, NULL, NULL, 'o6', NULL, NULL, NULL, NULL, NULL, 'shrugs');
INSERT INTO message VALUES (7, 1, 1700000006863, 1700000007000, 0, 0, 2, 0, 0, 0, 1, 4059903607293615244, 4504383260401250509, 'bob@example.org', NULL, NULL, NULL, 'w7', NULL, 'arch-7', NULL, NULL, NULL, NULL, 'see the picture');
INSERT INTO message VALUES (8, 1, 1700000007863, 1700000008000, 0, 1, 0, 6, 0, 0, 0, 4340250714976106480, NULL, 'alice@example.org', NULL, NULL, NULL, NULL, 'o8', NULL, NULL, NULL, NULL, 'the server has no such user', 'this one failed');
INSERT INTO message VALUES (9, 2, 1700000008863, 1700000009000, 0, 0, 0, 0, 0, 0, 0, 4622080793578265030, 1158224060275738105, 'lobby@rooms.example.org/bob', 'bob', 'occ-1', NULL, 'r1', NULL, 'room-1', NULL, NULL, NULL, NULL, 'hello all');
INSERT INTO message VALUES (10, 2, 1700000009863, 1700000010000, 0, 0, 0, 0, 0, 0, 0, 2996271415556027817, 742316473224287311, 'lobby@rooms.example.org/carol', 'carol', 'occ-2', NULL, 'r2', NULL, 'room-2', NULL, NULL, NULL, NULL, 'hello bob');
INSERT INTO message VALUES (11, 3, 1700000010863, 1700000011000, 0, 0, 0, 0, 0, 0, 0, 7671278422427909569, NULL, 'carol', NULL, NULL, NULL, 'l1', 'l1', NULL, NULL, NULL, NULL, NULL, 'are you there?');
INSERT INTO message VALUES (12, 3, 1700000011863, 1700000012000, 0, 1, 0, 4, 0, 0, 0, 7047828496564503559, NULL, 'alice', NULL, NULL, NULL, NULL, 'l2', NULL, NULL, NULL, NULL, NULL, 'yes');
INSERT INTO edit VALUES (3, 77, 1700000003500, 'the first text');
INSERT INTO edit VALUES (3, 78, 1700000003700, 'the second text');
INSERT INTO reaction VALUES (2, 'bob@example.org', 1700000002500, '👍' || char(10) || '🎉' || char(10));
INSERT INTO reaction VALUES (9, 'occ-2', 1700000009500, '❤' || char(10));
INSERT INTO attachment VALUES (7, 0, 'ref-1', 'tea.png', 'image/png', 'https://example.org/tea.png', 4096, 640, 480);
INSERT INTO attachment VALUES (7, 1, NULL, 'notes.txt', NULL, NULL, -1, 0, 0);
INSERT INTO outbox VALUES (1, 1, 6, 1, 1, 2, 1700000006000, 'o6', NULL, 'shrugs', NULL, NULL, NULL, NULL);
INSERT INTO outbox VALUES (2, 1, 3, 3, 0, 0, 1700000006500, 'o9', 'w3', '👍', NULL, NULL, NULL, NULL);
INSERT INTO message_text (rowid, body) SELECT id, body FROM message WHERE id <= 8 AND body IS NOT NULL;
UPDATE meta SET value = 8 WHERE key = 'indexed';
PRAGMA user_version = 1;
PRAGMA application_id = 1802073192;
