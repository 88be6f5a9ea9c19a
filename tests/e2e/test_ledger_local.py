"""tests/e2e/test_ledger_local.py - the delivery ledger between two users of one machine, whatever dies in between

Lengths and dice as in test_ledger.py.
"""
import os
import random
import signal
import sqlite3

from kith import until
from test_ledger import FAULTS, MESSAGES, SEED, bodies, check, claims, history, shown


class Faults:
    def __init__(self, dice, p, start):
        self.dice, self.p, self.start = dice, p, start
        self.done = []

    def strike(self):
        kind = self.dice.choice(["engine", "account", "stopped account"])
        self.done.append(kind)
        if kind == "engine":
            self.p.kill_engine()
            self.start()
            return
        for pid in self.p.account_processes():
            if kind == "stopped account":
                os.kill(pid, signal.SIGSTOP)
            else:
                os.kill(pid, signal.SIGKILL)


def no_false_claims(p, peer, who):
    """There is no server: what was delivered, and what was read, is on the peer's disk."""
    false = (claims(p) | shown(p, who, states=("delivered", "read"))) - set(bodies(peer, False))
    assert not false, f"{p.name} says that {peer.name} has {sorted(false)}"


def test_exactly_once_over_local(neighbours):
    dice = random.Random(SEED)
    people = [neighbours.join("alice", extra="rate = 1000;"), neighbours.join("bob", extra="rate = 1000;")]
    views = {}

    def starter(p):
        def start():
            if p.name in views:
                views[p.name].wait_exit()
            views[p.name] = p.start(columns=100, rows=30)
            until(lambda: p.run("status")[0] == 0, 30, "answering engine")
        return start
    for p in people:
        starter(p)()
        p.online(timeout=60)
    pa, pb = people
    faults = {p: Faults(dice, p, starter(p)) for p in people}
    strikes = set(dice.sample(range(20, MESSAGES - 20), FAULTS))
    sent = {p: [f"{p.name} {i:05d}" for i in range(MESSAGES)] for p in people}
    to = {pa: pb.address, pb: pa.address}
    for i in range(MESSAGES):
        for p in people:
            code, _, err = p.run("send", to[p], sent[p][i], timeout=60)
            assert code == 0, err
        if i in strikes:
            faults[dice.choice(people)].strike()
            for me, peer in ((pa, pb), (pb, pa)):
                no_false_claims(me, peer, to[me])
        for t in views.values():
            t.pump(0)
    check(pa, pb, sent, to, faults)
    for p in people:
        assert shown(p, to[p], 2 * MESSAGES)


def kept(p):
    """What the store has: text, how often edited, withdrawn, reactions; in order."""
    db = sqlite3.connect(f"file:{history(p)}?mode=ro", uri=True)
    try:
        return db.execute("""SELECT body, (SELECT count(*) FROM edit e WHERE e.message = m.id), retracted,
            (SELECT group_concat(texts, '') FROM reaction r WHERE r.message = m.id)
            FROM message m WHERE kind < 2 ORDER BY sort, id""").fetchall()
    finally:
        db.close()


def test_changes_arrive_once_over_local(neighbours):
    """Edits, reactions and withdrawals, while the account processes and an engine die in between."""
    dice = random.Random(SEED)
    rounds = 10
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    a.command(f"/query {bob.address}")
    for i in range(rounds):
        assert alice.run("send", bob.address, f"number {i}")[0] == 0
        n = until(lambda: [r["id"] for r in alice.json("tail", bob.address) if r["body"] == f"number {i}"])[0]
        for p in (alice, bob):
            for pid in p.account_processes() if dice.random() < 0.4 else []:
                os.kill(pid, signal.SIGKILL)
        a.command(f"/edit msg:{n} edited {i}")
        a.command(f"/edit msg:{n} edited again {i}")
        a.command(f"/react msg:{n} +{i}")
        if i % 3 == 2:
            a.command(f"/retract msg:{n}")
        if i == rounds // 2:
            alice.kill_engine()
            a.wait_exit()
            a = alice.start(columns=100, rows=30)
            a.wait_text(bob.address)
            a.keys("C-u")  # what was typed last may stand there as a draft: killed before that it was done had been kept
            a.command(f"/query {bob.address}")

    def settled(p):
        """What was withdrawn before it left is gone, or withdrawn; all else is there, in order, as it reads now."""
        rows = kept(p)
        there = [(r[0], r[3]) for r in rows if not r[2]]
        want = [(f"edited again {i}", f"+{i}\n") for i in range(rounds) if i % 3 < 2]
        return there == want and all(r[0] is None for r in rows if r[2]) and len(rows) <= rounds
    try:
        for p in (alice, bob):
            until(lambda: settled(p), 60, f"everything for {p.name}")
    except AssertionError as e:
        raise AssertionError(f"{e}; alice: {kept(alice)}; bob: {kept(bob)}") from None
    assert [r[1] for r in kept(bob) if r[0]] == [r[1] for r in kept(alice) if r[0]]
    assert all(r[1] <= 2 for r in kept(bob))
