"""tests/bench/years.py - fills a profile's history: many contacts, chats and messages, straight through the schema"""
import glob
import os
import sqlite3

HERE = os.path.dirname(os.path.abspath(__file__))
MIGRATIONS = os.path.join(HERE, "../../src/store/migrations/*.sql")
TOKENIZER = "tokenize = 'kith'"
APPLICATION_ID = 0x6B697468
CHATS, NOW = 200, 1_750_000_000_000
LINE = "a line of ordinary length, as people write them, number"


def contacts(n):
    return [(1, f"contact{i:04d}@example.org", f"Contact {i:04d}", f"Group {i % 10}", 3) for i in range(n)]


def messages(n, chats):
    """Spread over the chats; every third is our own and was read there."""
    for i in range(n):
        chat, own = i % chats, i % 3 == 0
        sender = "me@example.org" if own else f"contact{chat:04d}@example.org"
        yield (i + 1, chat + 1, NOW + i * 1000, NOW + i * 1000, 0, 0, 0, 5 if own else 0, i * 7919 + 1, sender, f"id{i}", f"{LINE} {i}")


def fill(path, account="home", n_messages=100_000, n_contacts=1_000, n_chats=CHATS):
    """Makes the history file of a profile that was used for years."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    db = sqlite3.connect(path)
    for step in sorted(glob.glob(MIGRATIONS)):
        with open(step) as f:
            db.executescript(f.read().replace(TOKENIZER, "tokenize = 'ascii'"))  # that one is kith's own
    version = len(glob.glob(MIGRATIONS))
    db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA user_version = {version}; PRAGMA application_id = {APPLICATION_ID};")
    db.execute("INSERT INTO account (id, name, protocol, address) VALUES (1, ?, 'xmpp', 'me@example.org')", (account,))
    db.executemany("INSERT INTO contact (account, address, name, groups, flags) VALUES (?, ?, ?, ?, ?)", contacts(n_contacts))
    last = NOW + n_messages * 1000
    db.executemany("INSERT INTO chat (id, account, address, kind, open, active, last_sort, read_sort) VALUES (?, 1, ?, 0, ?, ?, ?, ?)",
                   [(i + 1, f"contact{i:04d}@example.org", int(i < 20), last, last, last) for i in range(n_chats)])
    db.executemany("INSERT INTO message (id, chat, time, sort, kind, flags, enc, delivery, id_key, sender, wire_id, body) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", messages(n_messages, n_chats))
    # What is searched stays empty, and counts as filled: only kith can take text apart as kith does.
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'message_text'", ("tokenize = 'ascii'", TOKENIZER))
    db.execute("PRAGMA writable_schema = OFF")
    db.execute("UPDATE meta SET value = ? WHERE key = 'indexed'", (n_messages,))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    os.chmod(path, 0o600)
