# xmpp_server/test_storm.py - the delivery ledger of xmpp.so: whatever dies, each message once and in order
"""An engine in a few lines (outbox, retries, commits) drives the backend through kills, cuts, frozen links and server
restarts. What counts in the end is the server's archive: of bob for what alice sent, of alice for what she received.
KITH_STORM_MESSAGES, KITH_STORM_FAULTS and KITH_STORM_SEED set the length, how often, and the dice.
"""
import os
import random
import time

import pytest
from driver import Driver
from peer import Peer

import servers

MESSAGES = int(os.environ.get("KITH_STORM_MESSAGES", "300"))
FAULTS = int(os.environ.get("KITH_STORM_FAULTS", "8"))
SEED = int(os.environ.get("KITH_STORM_SEED", "20261121"))
ALICE, BOB = "alice@localhost", "bob@localhost"
HISTORY = 4
WINDOW = 64


class Engine:
    def __init__(self, prosody, folder, dice):
        self.p, self.folder, self.dice = prosody, folder, dice
        self.outbox, self.attempts, self.failed = [], {}, []  # ids not known to be stored
        self.issued = set()
        self.got, self.ids = [], set()  # received bodies; ids seen
        self.ways = ([], [])            # what came live, what came from the archive: each in order; the engine joins them
        self.claimed = {}               # id -> highest word said
        self.resume, self.online, self.d = None, False, None
        self.log = []
        self.start()

    def start(self):
        options = {"_resume": self.resume} if self.resume else {}
        self.d = Driver(self.folder / "alice", address=ALICE, port=self.p.port, password="alice-secret", ca_file=self.p.ca,
                        commit="manual", **options)
        self.connect()

    def connect(self):
        self.online = False
        self.issued.clear()
        self.d.do("connect")

    def kill(self):
        self.d.kill()
        self.start()

    def send(self, mid):
        self.outbox.append(mid)

    def pump(self):
        for mid in self.outbox[:WINDOW]:
            if self.online and mid not in self.issued:
                self.issued.add(mid)
                self.attempts[mid] = self.attempts.get(mid, 0) + 1
                if self.attempts[mid] > 1:
                    self.d.do("retry", BOB, mid, mid)
                else:
                    self.d.do("send", BOB, mid, mid + " ")

    def settle(self, mid, delivery):
        assert delivery != 5, (mid, self.log[-30:])
        self.claimed[mid] = max(self.claimed.get(mid, 0), delivery)
        if delivery >= 2 and mid in self.outbox:
            self.outbox.remove(mid)

    def on(self, e):
        self.log.append(e)
        if e["ev"] == "state" and e["state"] == "online":
            self.online = True
            self.issued.clear()
        elif e["ev"] == "state" and e["state"] == "offline":
            self.connect()
        elif e["ev"] == "receipt":
            self.settle(e["id"], e["delivery"])
        elif e["ev"] == "message" and e["chat"] == BOB and e["body"]:
            if e["flags"] & 1:
                self.settle(e["origin"], 2)
            elif not {e["archive"], e["id"]} & self.ids:
                self.got.append(e["body"])
                self.ways[bool(e["flags"] & HISTORY)].append(e["body"])
            self.ids |= {e["archive"], e["id"]}
            if e["archive"] and (e["flags"] & HISTORY or self.online):
                self.resume = e["archive"]
        if "n" in e:
            self.d.do("commit", e["n"])

    def turn(self, seconds=0.05):
        end = time.monotonic() + seconds
        while True:
            self.pump()
            try:
                e = self.d.queue.get(timeout=max(0.001, end - time.monotonic()))
            except Exception:
                return
            if e is None:
                assert self.d.proc.wait() in (0, -9), self.d.errors.decode(errors="replace")[-4000:]
                return
            self.on(e)
            if time.monotonic() > end:
                return


def test_exactly_once(tmp_path):
    dice = random.Random(SEED)
    print("seed", SEED)
    with servers.Prosody(tmp_path) as p:
        for name in ("alice", "bob"):
            p.add_user(name, name + "-secret")
        bob = Peer(BOB, "bob-secret", p.c2s, p.ca)
        e = Engine(p, tmp_path, dice)
        while not e.online:
            e.turn()
        strikes = sorted(dice.sample(range(5, MESSAGES - 5), FAULTS))
        done = []
        for i in range(MESSAGES):
            e.send("a%04d" % i)
            try:
                bob.send(ALICE, "b%04d" % i)
            except Exception:
                pass
            e.turn(0.01)
            if i in strikes:
                kind = dice.choice(["kill", "kill", "cut", "freeze", "restart", "hard"])
                done.append(kind)
                if kind == "kill":
                    e.kill()
                elif kind == "cut":
                    p.cut()
                elif kind == "freeze":
                    p.freeze()
                    e.turn(0.3)
                    if dice.random() < 0.5:
                        e.kill()
                    p.cut()
                    p.thaw()
                else:
                    p.restart(hard=kind == "hard")
                    bob.kill()
                    bob = Peer(BOB, "bob-secret", p.c2s, p.ca)
        end = time.monotonic() + 90
        while (e.outbox or not e.online) and time.monotonic() < end:
            e.turn()
        assert not e.outbox, (done, e.outbox[:5], e.log[-20:])
        sent = [m["body"].strip() for m in bob.mam_all(with_=ALICE) if m["body"] and m["from"].startswith(ALICE)]
        with Peer(ALICE, "alice-secret", p.c2s, p.ca, resource="look", presence=False) as alice:
            ours = [m["body"].strip() for m in alice.mam_all(with_=BOB) if m["body"] and m["from"].startswith(ALICE)]
        every = ["a%04d" % i for i in range(MESSAGES)]
        assert ours == every, (done, first_difference(ours))
        # a server killed between the two archives has taken it from us and never given it to bob
        assert [b for b in every if b in sent or "hard" in done] == every and sent == sorted(set(sent)), (done, set(every) - set(sent))
        with Peer(ALICE, "alice-secret", p.c2s, p.ca, resource="check", presence=False) as alice:
            kept = [m["body"] for m in alice.mam_all(with_=BOB) if m["body"] and m["from"].startswith(BOB)]
        while len(e.got) < len(kept) and time.monotonic() < end:
            e.turn()
        assert sorted(e.got) == sorted(kept), (done, set(kept) ^ set(e.got), len(e.got), len(kept))
        assert all(way == sorted(way) for way in e.ways), done
        e.d.close()
        bob.close()


def first_difference(sent):
    for i, s in enumerate(sent):
        if s != "a%04d" % i:
            return i, sent[max(0, i - 3):i + 5]
    return len(sent)
