"""tests/e2e/test_flood.py - a terminal that stops reading for a minute while 20,000 messages arrive"""
import os
import re
import sqlite3
import time

import pytest
from kith import until
from peer import Peer
from people import xmpp_account
from servers import Prosody

MESSAGES = int(os.environ.get("KITH_FLOOD_MESSAGES", "20000"))
STOPPED = float(os.environ.get("KITH_FLOOD_SECONDS", "60"))
SANITIZED = "san" in os.environ.get("KITH_BUILD", "")


def resident(pid):
    """MiB of resident memory."""
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


def query(p, what):
    db = sqlite3.connect(f"file:{p.path('data', 'history.db')}?mode=ro", uri=True)
    try:
        return [r[0] for r in db.execute(f"SELECT {what} FROM message WHERE body LIKE 'flood %'"
                                         + (" ORDER BY sort, id" if what == "body" else ""))]
    finally:
        db.close()


@pytest.fixture
def prosody(tmp_path):
    """A server whose archive does not choke on so many."""
    server = Prosody(tmp_path, extra="storage_archive_item_limit = 100000")
    yield server
    server.stop()


def test_stopped_terminal_while_a_flood_arrives(profile, prosody):
    for user in ("dry", "flood"):
        prosody.add_user(user, "secret")
    p = xmpp_account(profile("dry"), prosody, "dry")
    peer = Peer("flood@localhost", "secret", port=prosody.c2s, ca=prosody.ca)
    t = p.start(columns=120, rows=36)
    p.online()
    peer.send("dry@localhost", "before the flood")
    t.news("before the flood")
    t.settle(0.5)
    engine, before, start = p.engine(), resident(p.engine()), time.monotonic()
    most = before
    # From here on nobody reads the terminal, as after Ctrl-S.
    for i in range(0, MESSAGES, 50):
        peer.raw("".join(f"<message to='dry@localhost' type='chat' id='f{n}'><body>flood {n:05d}</body></message>"
                         for n in range(i, i + 50)))
        most = max(most, resident(engine))
    until(lambda: query(p, "count(*)") == [MESSAGES], 300, "all messages in the store")
    while time.monotonic() - start < STOPPED:
        most = max(most, resident(engine))
        time.sleep(1)
    assert query(p, "body") == [f"flood {i:05d}" for i in range(MESSAGES)]
    assert p.online()[0]["state"] == "online" and p.engine() == engine
    # The window of loaded messages is what memory may hold, not the flood. (The sanitizer keeps freed memory for a while.)
    assert most - before < (400 if SANITIZED else 40), (before, most)
    t.mark()  # Ctrl-Q
    t.wait_text(f"flood {MESSAGES - 1:05d}")
    t.settle(0.5)
    assert len(t.raw) < 40_000, f"{len(t.raw)} bytes: one current frame was wanted, not a replay"
    peer.close()
