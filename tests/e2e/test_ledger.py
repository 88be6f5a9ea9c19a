"""tests/e2e/test_ledger.py - every message exactly once and in order, whatever dies in between

KITH_LEDGER_MESSAGES (1000), KITH_LEDGER_SEED and KITH_LEDGER_FAULTS set the length, the dice and how often.
"""
import os
import random
import signal
import sqlite3
import tempfile
import shutil
import time

import pytest
from kith import alive, until
from peer import Peer
from people import xmpp_account
from servers import Prosody

MESSAGES = int(os.environ.get("KITH_LEDGER_MESSAGES", "1000"))
SEED = int(os.environ.get("KITH_LEDGER_SEED", "20261121"))
FAULTS = int(os.environ.get("KITH_LEDGER_FAULTS", "12"))


def history(p):
    for folder, _, files in os.walk(p.root):
        if "history.db" in files:
            return os.path.join(folder, "history.db")
    return None


def send_all(p, who, texts):
    """Hands texts to the running engine one by one, again and again until it says that it has them."""
    for text in texts:
        def accepted():
            code, _, err = p.run("send", who, text, timeout=60)
            return code == 0
        yield text, accepted


class Faults:
    def __init__(self, dice, p, server, start):
        self.dice, self.p, self.server, self.start = dice, p, server, start
        self.done = []

    def strike(self):
        kind = self.dice.choice(["engine", "account", "cut", "server", "refuse"])
        self.done.append(kind)
        if kind == "engine":
            self.p.kill_engine()
            self.start()
        elif kind == "account":
            for pid in self.p.account_processes():
                os.kill(pid, signal.SIGKILL)
        elif kind == "cut":
            self.server.cut()
        elif kind == "server":
            self.server.halt()  # a server that is killed with -9 may itself lose what it said it has
            time.sleep(self.dice.random())
            self.server.start()
        else:  # the server forgets the session: a resume is refused
            self.server.restart()


@pytest.mark.parametrize("seed", [SEED])
def test_exactly_once_over_xmpp(profile, seed):
    folder = tempfile.mkdtemp(prefix="kp-")
    server = Prosody(folder)
    try:
        run_ledger(profile, server, random.Random(seed))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run_ledger(profile, server, dice):
    for user in ("alice", "bob"):
        server.add_user(user, "secret")
    pa = xmpp_account(profile("alice"), server, "alice")
    pb = xmpp_account(profile("bob"), server, "bob")
    views = {}

    def starter(p):
        def start():
            if p.name in views:
                views[p.name].wait_exit()
            views[p.name] = p.start(columns=100, rows=30)
            until(lambda: p.run("status")[0] == 0, 30, "answering engine")
        return start
    starter(pa)(), starter(pb)()
    for p in (pa, pb):
        p.online(timeout=60)
    strikes = sorted(dice.sample(range(20, MESSAGES - 20), FAULTS))
    faults = {pa: Faults(dice, pa, server, starter(pa)), pb: Faults(dice, pb, server, starter(pb))}
    sent = {pa: [f"alice {i:05d}" for i in range(MESSAGES)], pb: [f"bob {i:05d}" for i in range(MESSAGES)]}
    to = {pa: "bob@localhost", pb: "alice@localhost"}
    for i in range(MESSAGES):
        for p in (pa, pb):
            code, _, err = p.run("send", to[p], sent[p][i], timeout=60)
            assert code == 0, err
        if i in strikes:
            faults[dice.choice([pa, pb])].strike()
        for t in views.values():
            t.pump(0)
    check(pa, pb, sent, to, faults)


def bodies(p, outgoing):
    db = sqlite3.connect(f"file:{history(p)}?mode=ro", uri=True)
    try:
        return [r[0] for r in db.execute("SELECT body FROM message WHERE (flags & 1) = ? AND body IS NOT NULL"
                                         " ORDER BY sort, id", (1 if outgoing else 0,))]
    finally:
        db.close()


def dump(p, want):
    """The rows of the store around the first difference."""
    db = sqlite3.connect(f"file:{history(p)}?mode=ro", uri=True)
    rows = list(db.execute("SELECT id, sort, time, flags, archive_id, body FROM message WHERE body IS NOT NULL AND (flags & 1) = 0"
                           " ORDER BY sort, id"))
    db.close()
    at = next((i for i, (r, w) in enumerate(zip(rows, want)) if r[5] != w), len(want) - 1)
    return "\n".join(str(r) for r in rows[max(0, at - 5):at + 40])


def check(pa, pb, sent, to, faults):
    struck = f"faults {faults[pa].done} {faults[pb].done}"
    for me, peer in ((pa, pb), (pb, pa)):
        until(lambda: len([b for b in bodies(peer, False) if b in set(sent[me])]) >= MESSAGES, 180, f"arrival; {struck}")
    time.sleep(2)  # a duplicate would come now
    for me, peer in ((pa, pb), (pb, pa)):
        assert bodies(peer, False) == sent[me], struck + "\n" + dump(peer, sent[me])
        assert bodies(me, True) == sent[me], struck
