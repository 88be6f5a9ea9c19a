"""tests/e2e/test_omemo.py - encrypted chats with another implementation of OMEMO, python-oldmemo and python-twomemo"""
import itertools
import json

import pytest
from kith import until
from omemo_peer import OmemoPeer
from people import xmpp_account

counter = itertools.count(1)
EACH = pytest.mark.parametrize("versions", [["old"], ["2"]], ids=["old", "2"])
ALL = pytest.mark.parametrize("versions", [["old"], ["2"], ["2", "old"]], ids=["old", "2", "both"])


@pytest.fixture
def world(profile, prosody, tmp_path):
    """Makes users that see each other: the kith of the first, and peers of anybody."""
    peers = []

    class World:
        server = prosody

        def __init__(self):
            n = next(counter)
            self.alice, self.bob = f"aliceom{n}@localhost", f"bobom{n}@localhost"
            for one, other in ((self.alice, self.bob), (self.bob, self.alice)):
                prosody.add_user(one.split("@")[0], "secret")
                prosody.befriend(one.split("@")[0], [other.split("@")[0]])

        def kith(self, who=None, name="alice", **kw):
            p = xmpp_account(profile(name), prosody, (who or self.alice).split("@")[0], **kw)
            t = p.start(columns=120, rows=36)
            p.online()
            return p, t

        def peer(self, who=None, versions=("2", "old"), store="peer", **kw):
            p = OmemoPeer(who or self.bob, "secret", port=prosody.c2s, ca=prosody.ca, versions=list(versions),
                          store=str(tmp_path / store), timeout=60, **kw)
            peers.append(p)
            return p
    yield World()
    for p in peers:
        p.close()


def heard(t):
    """Waits until this kith has read all that the server sent it until now: lists of devices come as events, at any time."""
    t.command("/ping")
    t.wait_text("answered in", 30)


def published(peer, jid, versions, devices=1):
    """Waits until kith's keys are on the server."""
    def look():
        found = [d for d in peer.devices(jid) if set(versions) <= set(d["active"])]
        return found if len(found) >= devices else None
    return until(look, 30, f"{devices} devices of {jid}")


@ALL
def test_both_directions(world, versions):
    p, a = world.kith()
    b = world.peer(versions=versions)
    heard(a)
    a.command(f"/msg {world.bob} first words")
    m = b.expect("message", body="first words", timeout=30)
    assert m["enc"] == versions[0]
    assert "first words" not in m["xml"]
    sent = b.seal(world.alice, "an answer")
    assert sent["versions"] == [versions[0]] and not sent["errors"], sent
    a.wait_text("an answer", 30)
    for i in range(5):
        a.command(f"from kith {i}")
        m = b.expect("message", body=f"from kith {i}", timeout=30)
        b.seal(world.alice, f"from the peer {i}")
        a.news(f"from the peer {i}", 30)
    rows = p.json("tail", world.bob)
    assert [r["body"] for r in rows if (r["body"] or "").startswith("from ")] == [
        f"from {w} {i}" for i in range(5) for w in ("kith", "the peer")]


@EACH
def test_the_peer_begins(world, versions):
    p, a = world.kith()
    b = world.peer(versions=versions)
    published(b, world.alice, versions)
    assert not b.seal(world.alice, "I begin")["errors"]
    a.news("I begin", 30)
    b.expect("empty", timeout=30)  # so that its next message need not carry the key exchange
    a.command(f"/msg {world.bob} and I answer")
    assert b.expect("message", body="and I answer", timeout=30)["enc"] == versions[0]


def test_two_islands_in_one_account(world):
    """One device of the peer reads only the old version, the other only the new one: each gets its own key, in one message."""
    p, a = world.kith()
    old = world.peer(versions=["old"], store="old", resource="old")
    new = world.peer(versions=["2"], store="new", resource="new")
    heard(a)
    a.command(f"/msg {world.bob} to both of you")
    for b, v in ((old, "old"), (new, "2")):
        m = b.expect("message", body="to both of you", timeout=30)
        assert m["enc"] == v and "to both" not in m["xml"]
    old.seal(world.alice, "from the old one")
    new.seal(world.alice, "from the new one")
    a.wait_text("from the old one", 30)
    a.wait_text("from the new one", 30)


@EACH
def test_carbons_of_our_own_other_device(world, versions):
    """What our other device, another program, sends and gets is shown once, and it reads what kith sends."""
    p, a = world.kith()
    b = world.peer(versions=versions)
    phone = world.peer(world.alice, versions=versions, store="phone", resource="phone")
    published(b, world.alice, versions, devices=2)
    phone.seal(world.bob, "from my phone")
    assert b.expect("message", body="from my phone", timeout=30)["enc"] == versions[0]
    a.wait_text(world.bob, 30)
    a.command(f"/query {world.bob}")
    a.wait_text("from my phone", 30)
    until(lambda: len(phone.devices(world.alice)) == 2, 30, "both devices of alice")
    a.command("from kith")
    b.expect("message", body="from kith", timeout=30)
    assert phone.expect("message", body="from kith", timeout=30)["carbon"] == "sent"
    b.seal(world.alice, "to both of alice")
    a.wait_text("to both of alice", 30)
    phone.expect("message", body="to both of alice", timeout=30)
    assert [r["body"] for r in p.json("tail", world.bob)] == ["from my phone", "from kith", "to both of alice"]


@EACH
def test_offline_for_200_messages(world, versions):
    """Read once, in order, whether they wait with the key exchange or in a session that stands."""
    p, a = world.kith()
    b = world.peer(versions=versions)
    a.command(f"/msg {world.bob} good night")
    b.expect("message", body="good night", timeout=30)
    if versions != ["old"]:  # else each of them carries the key exchange
        b.seal(world.alice, "good night, then")
        a.wait_text("good night, then", 30)
    else:
        published(b, world.alice, versions)
    assert p.run("quit")[0] == 0
    until(lambda: not p.engine(), 20, "the end of kith")
    for i in range(200):
        b.seal(world.alice, f"while away {i}", refresh=i == 0, xml=["<store xmlns='urn:xmpp:hints'/>"])
    a = p.start(columns=120, rows=36)
    p.online()
    want = [f"while away {i}" for i in range(200)]
    until(lambda: want[-1] in said(p, world.bob), 60, "200 messages")
    a.command(f"/msg {world.bob} good morning")
    b.expect("message", body="good morning", timeout=30)
    assert [w for w in said(p, world.bob) if w.startswith("while") or "cannot be read" in w] == want


def test_what_the_new_version_carries(world):
    """Corrections, replies, reactions and retractions lie inside of the envelope, both ways."""
    p, a = world.kith()
    b = world.peer(versions=["2"])
    a.command(f"/msg {world.bob} a word with a mistaek")
    first = b.expect("message", body="a word with a mistaek", timeout=30)
    a.command("/edit a word without a mistake")
    m = b.expect("message", body="a word without a mistake", timeout=30)
    assert m["replace"] == first["id"] and "message-correct" not in m["xml"]
    sent = b.seal(world.alice, "a question")["id"]
    a.wait_text("a question", 30)
    a.command("/reply an answer")
    m = b.expect("message", timeout=30, where=lambda m: "an answer" in (m["body"] or ""))
    assert m["reply"] == sent and "urn:xmpp:reply:0" not in m["xml"]
    answer = m["id"]
    a.command("/react +1")
    m = b.expect("message", react_to=sent, timeout=30)
    assert m["reactions"] and "reactions" not in m["xml"]
    b.seal(world.alice, "a question, put better", replace=sent)
    a.wait(lambda t: any("a question, put better" in line and "edited" in line for line in t.lines()), 30, "an edit")
    b.seal(world.alice, None, react_to=first["id"], reactions=["🎉"])
    a.wait(lambda t: "🎉" in t.text(), 30, "a reaction")
    b.seal(world.alice, "to your word", reply=first["id"])
    a.wait_text("to your word", 30)
    a.command("/retract wrong window")
    m = b.expect("message", retract=answer, timeout=30)
    assert "wrong window" in m["envelope"] and "message-retract" not in m["xml"]
    b.seal(world.alice, None, retract=sent)
    a.wait(lambda t: t.text().count("withdrawn") == 2 and "put better" not in t.text(), 30, "both withdrawn")


def test_without_keys_in_the_clear(world):
    """A contact without keys is written to as before; as soon as there are keys the chat is encrypted, and stays so."""
    p, a = world.kith()
    b = world.peer(versions=[])
    a.command(f"/msg {world.bob} for everybody")
    assert b.expect("message", body="for everybody", timeout=30)["enc"] is None
    phone = world.peer(world.bob, versions=["old"], store="phone", resource="phone")
    published(phone, world.bob, ["old"])
    heard(a)
    a.command("for one only")
    m = phone.expect("message", body="for one only", timeout=30)
    assert m["enc"] == "old"


def said(p, who):
    """All of a chat."""
    code, out, _ = p.run("tail", "-n", "400", "--json", who)
    return [json.loads(line)["body"] for line in out.splitlines()] if code == 0 else []


def encrypted(server, *users):
    """What the server keeps of the chats of these users."""
    names = [u.split("@")[0] for u in users]
    return "".join(f.read_text(errors="replace") for f in server.dir.rglob("archive/*") if f.stem in names)


def test_two_kiths(world):
    """From the first words on nothing is in the clear: texts, a correction, a reply, a reaction and what is withdrawn."""
    pa, a = world.kith()
    pb, b = world.kith(world.bob, name="bob")
    probe = world.peer(world.bob, versions=["2", "old"], store="probe", resource="probe")
    published(probe, world.alice, ["2", "old"])
    published(probe, world.bob, ["2", "old"], devices=2)
    heard(a)
    a.command(f"/msg {world.bob} first wurds")
    b.news("first wurds", 30)
    assert probe.expect("message", body="first wurds", timeout=30)["enc"] == "2"
    a.command("/edit first words")
    b.wait(lambda t: any("first words" in line and "edited" in line for line in t.lines()), 30, "an edit")
    b.command("/reply words in answer")
    a.wait_text("words in answer", 30)
    a.command("/react +1")
    b.wait(lambda t: "👍" in t.text() or "+1" in t.text(), 30, "a reaction")
    a.command("/retract no such words")
    b.wait(lambda t: "withdrawn" in t.text() and "first words" not in t.text(), 30, "words withdrawn")
    kept = encrypted(world.server, world.alice, world.bob)
    assert "urn:xmpp:omemo:2" in kept
    for words in ("wurds", "words", "urn:xmpp:reactions:0", "urn:xmpp:reply:0", "message-correct", "message-retract"):
        assert words not in kept


def test_restarts_and_kills(world):
    """Sessions outlive the end of either program, polite or not; 200 messages written meanwhile come once and in order."""
    pa, a = world.kith()
    pb, b = world.kith(world.bob, name="bob")
    probe = world.peer(world.bob, versions=["old"], store="probe", resource="probe")
    published(probe, world.alice, ["old"])
    published(probe, world.bob, ["old"], devices=2)
    a.command(f"/msg {world.bob} one")
    b.news("one", 30)
    b.command("two")
    a.wait_text("two", 30)
    assert pa.run("quit")[0] == 0
    until(lambda: not pa.engine(), 20, "the end of alice's kith")
    b.command("three")
    b.wait(lambda t: any("three" in line and "✓" in line for line in t.lines()), 30, "three is with the server")
    pb.kill_engine()
    a = pa.start(columns=120, rows=36)
    pa.online()
    until(lambda: "three" in said(pa, world.bob), 30, "three")
    a.command(f"/msg {world.bob} four")
    away = [f"while away {i}" for i in range(199)]
    for some in range(0, 199, 20):
        a.write("".join(words + "\r" for words in away[some:some + 20]))
        a.wait_text(away[min(some + 19, 198)], 30)
    a.wait(lambda t: any(away[-1] in line and "✓" in line for line in t.lines()), 60, "all is with the server")
    pa.kill_engine()
    b = pb.start(columns=120, rows=36)
    pb.online()
    until(lambda: away[-1] in said(pb, world.alice), 60, "200 messages")
    b.command(f"/msg {world.alice} five")
    a = pa.start(columns=120, rows=36)
    pa.online()
    until(lambda: "five" in said(pa, world.bob), 30, "five")
    want = ["one", "two", "three", "four", *away, "five"]
    assert said(pa, world.bob) == want
    assert said(pb, world.alice) == want
    kept = encrypted(world.server, world.alice, world.bob)
    assert not any(f'"{w}"' in kept for w in want)


def test_switched_off(world):
    """encryption = "off": no keys are published, and what is written goes as it always did."""
    p, a = world.kith(extra='encryption = "off";')
    b = world.peer(versions=["old"])
    a.command(f"/msg {world.bob} in the clear")
    assert b.expect("message", body="in the clear", timeout=30)["enc"] is None
    assert b.devices(world.alice) == []


def test_identity_of_a_device_changes(world):
    """The same number with another key: what it writes is not believed, nothing is written for it, and both are said."""
    p, a = world.kith()
    b = world.peer(versions=["old"], store="first", resource="one")
    a.command(f"/msg {world.bob} for the first")
    b.expect("message", body="for the first", timeout=30)
    number = b.own()["id"]
    b.close()
    thief = world.peer(versions=["old"], store="second", resource="two", number=number)
    assert thief.own()["id"] == number
    thief.seal(world.alice, "it is still me")
    a.wait_text("another key", 30)
    assert "it is still me" not in a.text()
    a.command("for the first again")
    a.wait(lambda t: any("not sent: no device of" in line for line in t.lines()), 30, "what is not sent")
    a.wait_text("nothing is sent to", 30)
    assert not [e for e in thief.log if e.get("event") in ("message", "unread")]
    a.command(f"/trust {number}")  # without comparing: no
    a.wait_text("only /verify takes", 30)
    a.command(f"/verify -sure {number}")  # it was compared: the new key takes the place of the old one
    a.wait_text("is verified", 30)
    a.command("for the second")
    thief.expect("message", body="for the second", timeout=30)
    assert "for the first again" not in thief.bodies()


def test_what_one_of_our_devices_verifies(world):
    """XEP-0450: two kiths of one user that have verified each other; what one compares the other knows. Another program is told of
    it as well, reads it, and goes on as before."""
    pa, a = world.kith()
    pb, b = world.kith(name="second")
    bob = world.peer(versions=["2"])
    devices = published(bob, world.alice, ["2"], devices=2)
    heard(a)
    heard(b)
    for t, p, n in ((a, pa, "one"), (b, pb, "two")):
        t.command(f"/msg {world.bob} from {n}")
        bob.expect("message", body=f"from {n}", timeout=30)
    numbers = [d["id"] for d in devices]
    for t in (a, b):
        for number in numbers:  # of itself nothing is changed by that
            t.command(f"/verify -sure {world.alice}/{number}")
            t.wait_text(f"device {number} of {world.alice} is verified", 30)
    a.command(f"/verify -sure {world.bob}/{bob.own()['id']}")
    b.wait_text("is verified now: your device", 30)
    m = bob.expect("message", timeout=30, where=lambda m: "urn:xmpp:tm:1" in (m.get("envelope") or ""))
    assert m["enc"] == "2" and m["body"] is None and "trust" not in m["xml"]
    assert "urn:xmpp:tm:1" not in encrypted(world.server, world.alice, world.bob)
    for t, n in ((a, "one"), (b, "two")):
        t.command(f"still from {n}")
        bob.expect("message", body=f"still from {n}", timeout=30)
    bob.seal(world.alice, "to all of you")
    for t in (a, b):
        t.wait_text("to all of you", 30)
        assert "cannot be read" not in t.text()


def test_a_device_that_is_gone(world):
    """Taken from the list: it gets no key any more, and the others do."""
    p, a = world.kith()
    one = world.peer(versions=["old"], store="one", resource="one")
    two = world.peer(versions=["old"], store="two", resource="two")
    heard(a)
    a.command(f"/msg {world.bob} to both")
    for b in (one, two):
        b.expect("message", body="to both", timeout=30)
    gone = two.own()["id"]
    one.list("old", [one.own()["id"]])

    def told():
        a.command("and now")
        m = one.expect("message", body="and now", timeout=30)
        return f'rid="{gone}"' not in m["xml"]
    until(told, 30, "no key for the device that is gone")
