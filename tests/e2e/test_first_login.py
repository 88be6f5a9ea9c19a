"""tests/e2e/test_first_login.py - what was written to an account before kith knew it is all there, once and in order"""
import sqlite3

from kith import until
from peer import Peer
from people import xmpp_account
from servers import Prosody
from test_ledger import history

MESSAGES = 1050


def incoming(p):
    path = history(p)
    if not path:
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [r[0] for r in db.execute("SELECT body FROM message WHERE (flags & 1) = 0 AND body IS NOT NULL ORDER BY sort, id")]
    except sqlite3.OperationalError:  # the tables are being made
        return []
    finally:
        db.close()


def test_first_login_brings_what_was_written_before(profile, tmp_path):
    with Prosody(tmp_path) as server:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        sent = [f"before {i:05d}" for i in range(MESSAGES)]
        bob = Peer("bob@localhost", "secret", port=server.c2s, ca=server.ca)
        for body in sent:
            bob.send("alice@localhost", body)
        until(lambda: f'"{sent[-1]}"' in (server.dir / "data/localhost/archive/alice.list").read_text(), 60, "the archive")
        alice = xmpp_account(profile("alice"), server, "alice")
        alice.start(columns=100, rows=30)
        alice.online(timeout=60)
        bob.send("alice@localhost", "after")
        until(lambda: incoming(alice)[-1:] == ["after"], 60, "the message after the login")
        assert incoming(alice) == sent + ["after"]
        bob.close()
