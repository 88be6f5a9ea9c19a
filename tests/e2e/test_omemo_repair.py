"""tests/e2e/test_omemo_repair.py - OMEMO with python-oldmemo and python-twomemo when something broke: sessions that are lost on either
side, an engine that is killed, what our other devices wrote meanwhile, and lists that several devices write at once"""
import json
import random
import sqlite3

import pytest
from kith import until
from people import xmpp_account
from test_omemo import published, world  # noqa: F401
from test_omemo_life import account_db, both_ways, stop

EACH = pytest.mark.parametrize("version", ["old", "2"])
UNREAD = "cannot be read here"


def texts(p, who):
    code, out, _ = p.run("tail", "-n", "400", "--json", who)
    return [r["body"] or "" for r in map(json.loads, out.splitlines())] if code == 0 else []


def unread(p, who, words):
    """What cannot be read, with these words."""
    return [t for t in texts(p, who) if UNREAD in t and words in t]


def edit(store, change):
    with open(store) as f:
        d = json.load(f)
    change(d)
    with open(store, "w") as f:
        json.dump(d, f)


def wrong_keys(d):
    """What is sent next is encrypted with a key that nobody has."""
    found = [v for k, v in d.items() if k.endswith("/double_ratchet")]
    assert found
    for v in found:
        ratchet = v["diffie_hellman_ratchet"]
        ratchet["symmetric_key_ratchet"]["sending_chain"]["key"] = ratchet["root_chain"]["key"]


def no_sessions(d):
    lost = [k for k in d if k.endswith("/double_ratchet") or k.endswith("/initiation")]
    assert lost
    for k in lost:
        del d[k]


def forget_sessions(p):
    with sqlite3.connect(account_db(p)) as db:
        assert db.execute("DELETE FROM state WHERE key LIKE 'omemo.s3.%' OR key LIKE 'omemo.s4.%'").rowcount > 0


@EACH
def test_broken_sessions(world, tmp_path, version):  # noqa: F811
    p, a = world.kith()

    def peer():
        return world.peer(versions=[version], store="broken")

    def again(b, word):
        a.command(f"/msg {world.bob} {word} by kith")
        b.expect("message", body=f"{word} by kith", timeout=40)
        b.seal(world.alice, f"{word} by the peer")
        until(lambda: f"{word} by the peer" in texts(p, world.bob), 40, word)

    b = peer()
    both_ways(a, b, world.alice, world.bob, "first")
    # the other side encrypts with keys that are not ours: said at the message, and mended by what is written next
    b.close()
    edit(tmp_path / "broken", wrong_keys)
    b = peer()
    b.seal(world.alice, "with wrong keys")
    until(lambda: len(unread(p, world.bob, "its checksum is wrong: the keys shared")) == 1, 40, "words at the message")
    again(b, "second")
    # the other side has lost its session
    b.close()
    edit(tmp_path / "broken", no_sessions)
    b = peer()
    a.command(f"/msg {world.bob} can you read this")
    b.expect("unread", timeout=40)
    b.seal(world.alice, "no, I lost my keys")
    until(lambda: "no, I lost my keys" in texts(p, world.bob), 40, "an answer in a new session")
    again(b, "third")
    # ours are lost: a new one at once; for a device that had one within the hour with what is written next
    other = world.peer(versions=[version], store="other", resource="other")
    again(other, "fourth")
    stop(p)
    forget_sessions(p)
    a = p.start(columns=120, rows=36)
    p.online()
    other.seal(world.alice, "into the void")
    until(lambda: len(unread(p, world.bob, "is told to use new ones")) == 1, 40, "words at the message")
    other.expect("empty", timeout=40, where=lambda e: e["from"].startswith(world.alice))
    other.seal(world.alice, "heard")
    until(lambda: "heard" in texts(p, world.bob), 40, "a message in the new session")
    for _ in range(2):
        b.seal(world.alice, "into the void as well")
    until(lambda: len(unread(p, world.bob, "are not here. What you write next, or /renew, makes new ones")) == 2, 40, "words at both")
    again(b, "fifth")
    assert len([t for t in texts(p, world.bob) if UNREAD in t]) == 4


@EACH
def test_own_messages_of_the_time_away(world, version):  # noqa: F811
    """What our other device wrote while kith was not there comes from the archive, is shown as ours, once, and in its place."""
    p, a = world.kith()
    b = world.peer(versions=[version])
    phone = world.peer(world.alice, versions=[version], store="phone", resource="phone")
    published(b, world.alice, [version], devices=2)
    both_ways(a, b, world.alice, world.bob, "before")
    phone.expect("message", body="before from the peer", timeout=40)
    stop(p)
    want = []
    for i in range(3):
        phone.seal(world.bob, f"from my phone {i}")
        b.expect("message", body=f"from my phone {i}", timeout=40)
        b.seal(world.alice, f"to my phone {i}")
        phone.expect("message", body=f"to my phone {i}", timeout=40)
        want += [f"from my phone {i}", f"to my phone {i}"]
    want = ["before from kith", "before from the peer", *want]
    for _ in range(2):  # and no second time
        a = p.start(columns=120, rows=36)
        p.online()
        until(lambda: len(texts(p, world.bob)) >= len(want), 40, "what was written meanwhile")
        a.command(f"/query {world.bob}")
        a.wait_text("to my phone 2", 30)
        assert texts(p, world.bob) == want
        assert [r["own"] for r in p.json("tail", world.bob)] == ["from kith" in w or "from my" in w for w in want]
        p.kill_engine()
    a = p.start(columns=120, rows=36)
    p.online()
    phone.seal(world.bob, "I am at home")
    a.wait_text(world.bob, 30)
    until(lambda: texts(p, world.bob) == [*want, "I am at home"], 40, "a carbon")


def test_killed_while_messages_come(world):  # noqa: F811
    """kill -9 at any time: nothing is lost, nothing comes twice, and nothing cannot be read."""
    dice = random.Random(20261122)
    p, a = world.kith()
    b = world.peer(versions=["2"])
    both_ways(a, b, world.alice, world.bob, "first")
    want = texts(p, world.bob)
    for _ in range(5):
        for i in range(12):
            want.append(f"under way {len(want)}")
            b.seal(world.alice, want[-1], refresh=False)
            if i == 4:
                if dice.random() < 0.5:  # while they come, else while the first of them are on their way to the screen
                    until(lambda: want[-1] in texts(p, world.bob), 40, "the newest")
                until(p.engine, 40, "an engine to kill")
                p.kill_engine()
            if i == 8:
                a = p.start(columns=120, rows=36)
    p.online()
    until(lambda: len(texts(p, world.bob)) >= len(want), 60, "all of them")
    both_ways(a, b, world.alice, world.bob, "last")
    assert texts(p, world.bob) == [*want, "last from kith", "last from the peer"]


def test_lists_that_many_write(world, profile):  # noqa: F811
    """Three kiths of one account begin at once, beside another program; and that writes a list without them: all stand in it in the
    end, and nobody fights."""
    phone = world.peer(world.alice, versions=["2", "old"], store="phone", resource="phone")
    b = world.peer(versions=["2", "old"])
    started = [xmpp_account(profile(f"kith{i}"), world.server, world.alice.split("@")[0], extra=f'resource = "k{i}";')
               for i in range(3)]
    for p in started:
        p.start(columns=100, rows=30)
    for p in started:
        p.online()
    mine = phone.own()["id"]

    def all_there():
        found = {d["id"] for d in b.devices(world.alice) if set(d["active"]) == {"2", "old"}}
        return found if len(found) == 4 else None
    there = until(all_there, 60, "four devices in both lists")
    assert mine in there
    for version in ("old", "2"):
        phone.list(version, [mine])
    until(lambda: all_there() == there, 60, "the same four again")
    for i, p in enumerate(started):  # each of them can be written to, and nothing is under way any more
        p.run("send", world.bob, f"kith {i} is here", check=True)
        b.expect("message", body=f"kith {i} is here", timeout=40)
    assert all_there() == there
    written = [e for e in b.events("devices") if e["from"] == world.alice]
    assert len(written) < 40, written
