# e2e/test_irc_split.py - a network of two real servers that falls apart and comes together again
import os
import re
import shutil
import tempfile

import pytest
from irc_servers import Inspircd, Ngircd, Person
from servers import Relay, free_port, wait

ACCOUNT = """accounts = ( {{ name = "net"; protocol = "irc"; address = "{nick}@127.0.0.1:{port}"; tls = "no"; fast = true; join = "#test"; }} );
"""


@pytest.fixture(params=[Inspircd, Ngircd], ids=["inspircd", "ngircd"])
def network(request):
    """Two servers, and the relay that they are linked through."""
    folder, link = tempfile.mkdtemp(prefix="ki-"), free_port()
    for name in ("a", "b"):
        os.mkdir(os.path.join(folder, name))
    relay, make = Relay(link), request.param
    ids = ({"sid": "1AA"}, {"sid": "2BB"}) if make is Inspircd else ({}, {})
    with make(folder + "/b", name="b.test.invalid", link=link, links=[("a.test.invalid", 0)], **ids[1]) as b, \
            make(folder + "/a", name="a.test.invalid", links=[("b.test.invalid", relay.port)], **ids[0]) as a:
        yield a, b, relay
    relay.stop()
    shutil.rmtree(folder, ignore_errors=True)


def members(t):
    """Of the list on the right, with their signs: {"alice@", "bob"}."""
    found = set()
    for line in t.lines():
        m = re.search(r"│ [●◐○◌] (\S+)\s*([@%+~&]?) *│?\s*$", line)
        if m:
            found.add(m.group(1) + m.group(2))
    return found


def kith_in(profile, nick, server):
    p = profile(nick)
    p.write("accounts.cfg", ACCOUNT.format(nick=nick, port=server.port))
    t = p.start(columns=120, rows=30)
    p.online("net")
    t.wait_text("# test")  # the room is in the list
    t.command("/query #test")
    return p, t


def names(witness):
    """What the server of somebody who is not there says of the members."""
    witness.seen = ""
    witness.put("NAMES #test")
    witness.wait(" 366 ")
    found = {n for m in re.findall(r" 353 \S+ . #test :(.*?) ?\r\n", witness.seen) for n in m.split()}
    return {n[1:] + n[0] if n[0] in "@+%" else n for n in found}


def see(t, witness, *who):
    """These are there, and shown with the signs that the server gives them."""
    t.wait(lambda t: {m.rstrip("@+%") for m in members(t)} == set(who) and members(t) == names(witness), 60, f"members {who}")


def test_a_network_falls_apart_and_comes_together(profile, network):
    a, b, relay = network
    with Person(b.port, "carol") as carol, Person(a.port, "seer") as seer, Person(b.port, "viewer") as viewer:
        wait(lambda: (carol.put("LUSERS"), carol.saw(" 2 servers"))[1], "the link", 60)
        _, alice = kith_in(profile, "alice", a)
        see(alice, seer, "alice")
        _, bob = kith_in(profile, "bob", b)
        carol.put("JOIN #test")
        see(alice, seer, "alice", "bob", "carol")
        see(bob, viewer, "alice", "bob", "carol")
        relay.refuse = True
        relay.cut()
        see(alice, seer, "alice")
        see(bob, viewer, "bob", "carol")
        alice.wait_text("test.invalid: 2 people")  # one line for both of them
        carol.put("PRIVMSG #test :on this side")
        bob.wait_text("on this side")
        relay.refuse = False
        see(alice, seer, "alice", "bob", "carol")
        see(bob, viewer, "alice", "bob", "carol")
        alice.wait_text("is over: all")
        assert not alice.shows("on this side")
        assert not alice.shows("joined") and not alice.shows("went offline")
        carol.put("PRIVMSG #test :on both sides")
        alice.wait_text("on both sides")
        bob.wait_text("on both sides")
        if isinstance(b, Ngircd):
            return  # it takes ten seconds to link again
        b.stop()  # the other server dies: who was there comes back by themselves, or not at all
        see(alice, seer, "alice")
        b.start()
        with Person(b.port, "viewer") as viewer:
            see(alice, seer, "alice", "bob")
            see(bob, viewer, "alice", "bob")
