#!/usr/bin/python3
"""tests/bench/omemo_room.py - the first words in a closed room of a hundred people whose devices are all unknown: keys typed meanwhile

A scripted server plays the people: each has one device, whose bundle is a copy of kith's own (the ratchets do not mind). It answers
after 20 ms, as over a network. Of each of some rooms: how long until the words have left, how many questions were open
at once, and how long the account took to answer the server's pings meanwhile; of all of them, how long a typed key took, and how
long one takes before, while nothing is asked for. --json:
one line, for e2e/test_omemo_room.py. KITH_BENCH_ROOMS (10, which is the most): how many rooms, each with people of its own.
"""
import asyncio
import json
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "../e2e"))

import xmpp_server  # noqa: E402
from xmpp_server import INFO, MUC, ROOMS, Client, Served, World  # noqa: E402

PEOPLE, COUNT, ANSWER_S = 100, int(os.environ.get("KITH_BENCH_ROOMS", "10")), 0.02
PUBSUB, OLD = "http://jabber.org/protocol/pubsub", "eu.siacs.conversations.axolotl"
QUIET = 40  # keys in each room before the words, while nothing is asked for
FAST = {"pauses": (0.002, 0.006), "clearing": 0.02}  # all of it takes a third of a second
FEATURES = {"account": [PUBSUB + "#publish-options"], "room": [MUC, "muc_membersonly", "muc_nonanonymous"]}


class Locked(Client):
    """An account with personal nodes, and closed rooms with crowds: <letter>100@rooms.localhost."""

    def __init__(self, *args):
        super().__init__(*args)
        self.nodes, self.open, self.most, self.slowest, self.bundles = {}, 0, 0, 0, 0

    def info(self, e, q):
        to = e.get("to", "")
        kind = "room" if to.endswith("@" + ROOMS) else "account" if to in ("", f"{self.user}@localhost") else None
        if not kind:
            return super().info(e, q)
        identity = "<identity category='pubsub' type='pep'/>" if kind == "account" else "<identity category='conference' type='text'/>"
        self.result(e, f"<query xmlns='{INFO}'>{identity}" + "".join(f"<feature var='{f}'/>" for f in FEATURES[kind]) + "</query>")

    def on_iq(self, e):
        pubsub, admin = e.find(f"{{{PUBSUB}}}pubsub"), e.find(f"{{{MUC}#admin}}query")
        if e.get("type") == "result" and e.get("id") in self.asked and self.asked[e.get("id")][0] == "beat":
            self.slowest = max(self.slowest, time.monotonic() - self.asked.pop(e.get("id"))[1]["at"])
        elif pubsub is not None:
            (self.publish if e.get("type") == "set" else self.personal)(e, pubsub)
        elif admin is not None and e.get("type") == "get":
            self.people(e, admin[0].get("affiliation"))
        else:
            super().on_iq(e)

    def publish(self, e, pubsub):
        node, item = pubsub[0].get("node"), pubsub[0][0]
        ET.register_namespace("", item[0].tag[1:].partition("}")[0])
        self.nodes[node.split(":")[0] if node.startswith(OLD) else node] = ET.tostring(item[0], encoding="unicode")
        self.result(e)
        if "device" in node:
            self.told("published", node=node)

    def personal(self, e, pubsub):
        """Of the people in rooms: a list with one device in the old version, and for its bundle a copy of ours."""
        node, to = pubsub[0].get("node"), e.get("to", "")
        mine = to in ("", f"{self.user}@localhost")
        bundle = "bundles" in node
        self.open += 1
        self.most = max(self.most, self.open)
        if mine or not node.startswith(OLD):
            inner = None
        elif bundle:
            inner = self.nodes.get(OLD + ".bundles")
        else:
            inner = f"<list xmlns='{OLD}'><device id='{1000 + int(to.split('person')[1].split('@')[0])}'/></list>"
        asyncio.get_running_loop().call_later(ANSWER_S, self.give, e, node, inner)
        self.bundles += bundle
        if bundle and self.bundles % 10 == 0:
            self.ask("beat", at=time.monotonic())

    def give(self, e, node, inner):
        self.open -= 1
        if inner:
            self.result(e, f"<pubsub xmlns='{PUBSUB}'><items node={quoteattr(node)}><item id='current'>{inner}</item></items></pubsub>")
        else:
            self.refuse(e, "item-not-found")

    def people(self, e, affiliation):
        name = e.get("to").split("@")[0]
        items = "".join(f"<item affiliation='member' jid='{name}-person{k}@localhost'/>" for k in range(xmpp_server.crowd(e.get("to")))) \
            if affiliation == "member" else ""
        self.result(e, f"<query xmlns='{MUC}#admin'>{items}</query>")

    def on_message(self, e):
        if e.get("type") != "groupchat":
            return
        keys = len(e.findall(f"{{{OLD}}}encrypted/{{{OLD}}}header/{{{OLD}}}key"))
        body = e.findtext("{jabber:client}body") or ""
        self.told("left", room=e.get("to"), keys=keys, clear="first words" in body, most=self.most, slowest=self.slowest * 1000)
        self.most = self.slowest = 0


class Rooms(World):
    kind = Locked


def measure():
    from echo import echoes, middle_and_slow
    from xmpp_cost import log_in, until
    from xmpp_peers import Kith
    times, others, quiet, rooms = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Served(folder, program=os.path.abspath(__file__)) as server:
        client, _ = log_in(Kith, server, "locked")
        try:
            for node in (OLD + ".devicelist", "urn:xmpp:omemo:2:devices"):
                server.wait("published", 30, lambda: client.t.pump(0.01), node=node)
            for n in range(COUNT):
                room = f"{'abcdefghij'[n]}{PEOPLE}@{ROOMS}"
                client.open_room(room)
                server.wait("joined", 60, lambda: client.t.pump(0.01), room=room)
                client.t.wait_text(room)
                client.t.settle(0.5)
                quiet += echoes(client.t, QUIET, **FAST)[0]
                client.t.settle(0.2)
                began = time.monotonic()
                client.t.command("the first words")
                mine, new = echoes(client.t, 400, until=lambda r=room: server.seen("left", room=r), **FAST)
                until(client, lambda r=room: server.seen("left", room=r), "words that have left")
                left = server.seen("left", room=room)
                assert left["keys"] == PEOPLE and not left["clear"], left
                rooms.append((left["at"] - began, left["most"], left["slowest"]))
                times += mine
                others += new
        finally:
            client.close()
    times.sort(), others.sort(), quiet.sort()
    return {"keys typed": len(times), "key: median, ms": middle_and_slow(times)[0], "key: 99th of 100, ms": middle_and_slow(times)[1],
            "key while nothing is asked: 99th of 100, ms": middle_and_slow(quiet)[1],
            "three cats: 99th of 100, ms": middle_and_slow(others)[1], "until the words have left, s": sorted(r[0] for r in rooms)[COUNT // 2],
            "questions open at once": max(r[1] for r in rooms), "answer to a ping meanwhile, ms": max(r[2] for r in rooms)}


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("{"):
        xmpp_server.main(Rooms)
    elif "--json" in sys.argv:
        print(json.dumps(measure()))
    else:
        for figure, value in measure().items():
            print(f"{figure:44} {value:10.2f}")
