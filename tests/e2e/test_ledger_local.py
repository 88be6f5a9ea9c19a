"""tests/e2e/test_ledger_local.py - the delivery ledger between two users of one machine, whatever dies in between

Lengths and dice as in test_ledger.py.
"""
import os
import random
import signal

from kith import until
from test_ledger import FAULTS, MESSAGES, SEED, bodies, check, claims, shown


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
