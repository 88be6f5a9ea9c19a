"""tests/e2e/test_ledger.py - every message exactly once and in order, whatever dies in between

KITH_LEDGER_MESSAGES (1000), KITH_LEDGER_SEED and KITH_LEDGER_FAULTS set the length, the dice and how often.
"""
import json
import os
import random
import re
import signal
import sqlite3
import tempfile
import shutil
import time

import pytest
from kith import until
from people import xmpp_account
from servers import Prosody

MESSAGES = int(os.environ.get("KITH_LEDGER_MESSAGES", "1000"))
SEED = int(os.environ.get("KITH_LEDGER_SEED", "20261121"))
FAULTS = int(os.environ.get("KITH_LEDGER_FAULTS", "12"))
OPEN = 'encryption = "off";'  # what the server has is compared with what was written


def history(p):
    for folder, _, files in os.walk(p.root):
        if "history.db" in files:
            return os.path.join(folder, "history.db")
    return None


def archived(server, user):
    """What the server has written into the archive of a user."""
    try:
        with open(server.dir / "data" / "localhost" / "archive" / (user + ".list"), errors="replace") as f:
            return set(re.findall(r'"((?:alice|bob) \d{5})"', f.read()))
    except FileNotFoundError:
        return set()


HAD = 3  # message.delivery: stored by the server, delivered, read (6: failed)


def claims(p, most=5):
    """Own messages of which kith says that the server has them: by its store, and by what it shows."""
    db = sqlite3.connect(f"file:{history(p)}?mode=ro", uri=True)
    try:
        kept = {r[0] for r in db.execute("SELECT body FROM message WHERE (flags & 1) = 1 AND delivery BETWEEN ? AND ?", (HAD, most))}
    finally:
        db.close()
    return kept


def shown(p, who, newest=100, states=("stored", "delivered", "read")):
    code, out, _ = p.run("tail", "-n", str(newest), "--json", who, timeout=60)
    rows = [json.loads(line) for line in out.splitlines()] if code == 0 else []
    return {r["body"] for r in rows if r.get("state") in states}


def no_false_claims(p, server, who):
    said = claims(p) | shown(p, who)
    false = said - archived(server, p.name)
    assert not false, f"{p.name} says that the server has {sorted(false)}"
    return said


class Faults:
    def __init__(self, dice, p, server, start):
        self.dice, self.p, self.server, self.start = dice, p, server, start
        self.done = []
        self.down = 0

    def tick(self):
        """A message was written; a server that is down comes back after some."""
        if self.down:
            self.down -= 1
            if not self.down:
                self.server.start()

    def strike(self):
        kind = self.dice.choice(["engine", "account", "cut", "server", "stopped", "refuse"])
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
            self.server.restart(hard=True)  # it may lose what it said it has: see server_lost
        elif kind == "stopped":
            self.server.halt()
            self.down = self.dice.randrange(2, 12)  # messages written meanwhile
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
    pa = xmpp_account(profile("alice"), server, "alice", extra=OPEN)
    pb = xmpp_account(profile("bob"), server, "bob", extra=OPEN)
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
    said = {pa: set(), pb: set()}
    looks = set(dice.sample(range(MESSAGES), 2 * FAULTS))
    for i in range(MESSAGES):
        for p in (pa, pb):
            code, _, err = p.run("send", to[p], sent[p][i], timeout=60)
            assert code == 0, err
            faults[p].tick()
        if i in strikes and not any(f.down for f in faults.values()):
            faults[dice.choice([pa, pb])].strike()
        for p in (pa, pb) if i in strikes or i in looks else ():
            said[p] |= no_false_claims(p, server, to[p])
        for t in views.values():
            t.pump(0)
    for f in faults.values():
        while f.down:
            f.tick()
    lost = server_lost(server, faults, pa, pb)
    check(pa, pb, {p: [b for b in sent[p] if b not in lost] for p in sent}, to, faults, sent)
    for p in (pa, pb):
        assert said[p] and said[p] <= set(sent[p])
        assert shown(p, to[p], 2 * MESSAGES)


def server_lost(server, faults, pa, pb):
    """A server that is killed between its two archives has told the sender's that it has the message and never gives
    it to the peer: nobody can know. At most one for each time that it was killed."""
    killed = sum(f.done.count("server") for f in faults.values())
    until(lambda: all(set(bodies(p, True)) <= archived(server, p.name) for p in (pa, pb)), 180, "arrival at the server")
    time.sleep(0.5)  # the peer's archive is written after the sender's
    lost = archived(server, "alice") ^ archived(server, "bob")
    assert len(lost) <= killed, f"killed {killed} times, lost {sorted(lost)}"
    return lost


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


def missing(me, peer, sent):
    """Why something did not come: the rows of the sender, and both accounts."""
    have = set(bodies(peer, False))
    gone = [b for b in sent if b not in have][:20]
    db = sqlite3.connect(f"file:{history(me)}?mode=ro", uri=True)
    rows = [r for r in db.execute("SELECT id, time, delivery, origin_id, archive_id, body FROM message WHERE flags & 1") if r[5] in gone]
    db.close()
    return f"{peer.name} misses {gone}\n{rows}\n{me.run('status')}\n{peer.run('status')}\n{peer.root}"


def check(pa, pb, sent, to, faults, written=None):
    struck = f"faults {faults[pa].done} {faults[pb].done}"
    for me, peer in ((pa, pb), (pb, pa)):
        try:
            until(lambda: set(bodies(peer, False)) >= set(sent[me]), 180, "arrival")
        except AssertionError:
            raise AssertionError(struck + "\n" + missing(me, peer, sent[me])) from None
    time.sleep(2)  # a duplicate would come now
    for me, peer in ((pa, pb), (pb, pa)):
        assert bodies(peer, False) == sent[me], struck + "\n" + dump(peer, sent[me])
        assert bodies(me, True) == (written or sent)[me], struck
