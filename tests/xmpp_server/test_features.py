# xmpp_server/test_features.py - contacts, messages, copies, archive: xmpp.so, a real Prosody and a slixmpp peer
import time

import pytest
from driver import Driver
from peer import Peer

import servers

ALICE, BOB = "alice@localhost", "bob@localhost"
OUT, DELAYED, HISTORY, RETRACT, EDIT, REACT = 1, 2, 4, 1 << 7, 1 << 8, 1 << 9
SENT, STORED, DELIVERED, READ, FAILED = 1, 2, 3, 4, 5


@pytest.fixture()
def prosody(tmp_path):
    with servers.Prosody(tmp_path) as p:
        for name in ("alice", "bob"):
            p.add_user(name, name + "-secret")
        yield p


def account(p, tmp_path, **kw):
    kw = {"port": p.port, "password": "alice-secret", "ca_file": p.ca, **kw}
    return Driver(tmp_path / "alice", address=ALICE, **kw)


def peer(p, name="bob", **kw):
    return Peer(name + "@localhost", name + "-secret", p.c2s, p.ca, **kw)


def friends(a, b):
    """Mutual subscription, begun by alice; returns when both see each other."""
    a.do("add", BOB, 1, "Bob")
    assert a.wait("reply", req=1)["err"] == 0
    b.expect("presence", type="subscribe")
    b.befriend(ALICE)
    a.do("answer", a.wait("ask", kind=4)["ask"], "accept")
    a.wait("presence", address=BOB, show=1)
    b.expect("presence", type="available", where=lambda e: e["from"].startswith(ALICE + "/"))


def drain(a):
    """Everything that came until now."""
    a.do("stats")
    a.wait("result", op="stats")
    return a.events


def test_subscription_roster_and_presence(prosody, tmp_path):
    with account(prosody, tmp_path) as a, peer(prosody) as b:
        a.login()
        b.subscribe(ALICE)
        q = a.wait("ask", kind=4)
        assert BOB in q["title"]
        a.do("answer", q["ask"], "both")
        b.expect("presence", type="subscribed")
        b.expect("presence", type="subscribe")
        b.subscribed(ALICE)
        p = a.wait("presence", address=BOB, show=1)
        assert p["resource"]
        c = [e for e in drain(a) if e["ev"] == "contact" and e["address"] == BOB]
        assert c[-1]["flags"] & 3 == 3
        b.presence(show="dnd", status="in a duel")
        assert a.wait("presence", address=BOB, show=5)["text"] == "in a duel"
        a.do("presence", 3)
        b.expect("presence", show="away", where=lambda e: "caps" in e["xml"])
        assert "kith" in b.iq("<query xmlns='jabber:iq:version'/>", to=b_sees(b))
        assert "urn:xmpp:time" in b.iq("<time xmlns='urn:xmpp:time'/>", to=b_sees(b))
        a.do("info", BOB, 7)
        assert a.wait("item", name="Slixmpp")
        assert a.wait("reply", req=7)["err"] == 0
        a.do("remove", BOB, 8)
        a.wait("reply", req=8)
        if not any(e["ev"] == "contact_gone" for e in a.events):
            a.wait("contact_gone", address=BOB)
        assert ALICE not in {j for j, i in b.roster().items() if i["subscription"] in ("both", "to")}


def b_sees(b):
    """Alice's full address, from the presence the peer has seen."""
    return [e["from"] for e in b.log if e.get("event") == "presence" and e["from"].startswith(ALICE + "/")][-1]


def test_strangers_learn_nothing(prosody, tmp_path):
    with account(prosody, tmp_path, resource="known") as a, peer(prosody) as b:
        a.login()
        m = b.send(ALICE + "/known", "hello", request=True, markable=True)
        e = a.wait("message", body="hello")
        a.do("read", ALICE, m, e["archive"])
        a.do("typing", BOB, 1)
        for q in ("<query xmlns='jabber:iq:version'/>", "<time xmlns='urn:xmpp:time'/>", "<ping xmlns='urn:xmpp:ping'/>",
                  "<query xmlns='http://jabber.org/protocol/disco#info'/>"):
            assert "service-unavailable" in b.iq(q, to=ALICE + "/known")
        b.none("message", 0.3)
        b.none("presence", 0.1, where=lambda e: e["from"].startswith(ALICE))


def test_messages_receipts_typing_changes(prosody, tmp_path):
    with account(prosody, tmp_path) as a, peer(prosody) as b:
        a.login()
        friends(a, b)
        a.do("send", BOB, "m1", "hello")
        e = b.expect("message", body="hello")
        assert e["id"] == e["origin_id"] == "m1" and e["request"] and e["markable"] and e["state"] == "active"
        assert {a.wait("receipt", id="m1")["delivery"] for _ in range(3)} == {SENT, STORED, DELIVERED}
        b.displayed(ALICE, "m1")
        assert a.wait("receipt", id="m1", delivery=READ)["chat"] == BOB
        b.state(ALICE, "composing")
        assert a.wait("typing", chat=BOB)["state"] == 1
        mid = b.send(ALICE, "hi there", request=True, markable=True)
        assert a.wait("typing", chat=BOB)["state"] == 0
        e = a.wait("message", body="hi there")
        assert e["id"] == mid and e["archive"] and not e["flags"]
        b.expect("message", received=mid)
        a.do("read", BOB, mid, e["archive"])
        b.expect("message", displayed=mid)
        a.do("typing", BOB, 1)
        b.expect("message", state="composing")
        a.do("edit", BOB, "m2", "m1", "hello, Bob")
        assert b.expect("message", body="hello, Bob")["replace"] == "m1"
        a.do("reply", BOB, "m3", mid, "indeed")
        e = b.expect("message", reply=mid)
        assert e["body"] == "> what was said\nindeed"
        a.do("react", BOB, "m4", mid, "X")
        assert b.expect("message", react_to=mid)["reactions"] == ["X"]
        a.do("retract", BOB, "m5", "m1")
        b.expect("message", retract="m1")
        b.send(ALICE, "hi, Alice", replace=mid)
        e = a.wait("message", target=mid)
        assert e["flags"] == EDIT and e["body"] == "hi, Alice"
        b.send(ALICE, None, react_to="m3", reactions=["Y"])
        assert a.wait("message", target="m3")["reaction"] == "Y"
        b.send(ALICE, None, retract=mid)
        assert a.wait("message", target=mid)["flags"] & RETRACT
        a.do("send", "nobody@localhost", "m9", "anybody?")
        e = a.wait("receipt", id="m9", delivery=FAILED)
        assert e["chat"] == "nobody@localhost" and e["text"]


def test_other_devices(prosody, tmp_path):
    with account(prosody, tmp_path) as a, peer(prosody, "alice", resource="phone") as phone, peer(prosody) as b:
        a.login()
        friends(a, b)
        a.do("send", BOB, "m1", "from the terminal")
        phone.expect("message", body="from the terminal", carbon="sent")
        mid = phone.send(BOB, "from the phone")
        e = a.wait("message", body="from the phone")
        assert e["chat"] == BOB and e["flags"] & OUT and e["origin"] == mid and e["archive"]
        b.send(ALICE + "/phone", "to the phone")
        e = a.wait("message", body="to the phone")
        assert e["chat"] == BOB and not e["flags"] & OUT
        phone.displayed(BOB, e["id"])
        assert a.wait("marker", chat=BOB)["id"] == e["id"]
        # forged copies by bob, which fill no log
        for _ in range(5):
            b.raw("<message to='%s' type='chat'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                  "<message xmlns='jabber:client' from='boss@localhost/x' to='%s' type='chat'><body>forged</body></message>"
                  "</forwarded></received></message>" % (ALICE, ALICE))
        b.raw("<message to='%s'><result xmlns='urn:xmpp:mam:2' queryid='q' id='1'/></message>" % ALICE)
        b.send(ALICE, "after")
        a.wait("message", body="after")
        assert [e["text"] for e in a.events if e["ev"] == "log" and "dropped" in e["text"]] == [
            "a copy of a message that came from a stranger: dropped, and others like it",
            "an archived message that was not asked for: dropped, and others like it"]
        assert not [e for e in a.events if e.get("body") == "forged"]
        assert len([e for e in a.events if e.get("body") == "from the phone"]) == 1


def test_read_elsewhere_is_shared(prosody, tmp_path):
    with account(prosody, tmp_path) as a, peer(prosody) as b:
        a.login()
        friends(a, b)
        m = b.send(ALICE, "one", markable=True)
        e = a.wait("message", body="one")
        a.do("read", BOB, m, e["archive"])
        b.expect("message", displayed=m)
        time.sleep(2)  # the note for the other devices is gathered for 1.5 s
        with Driver(tmp_path / "alice2", address=ALICE, port=prosody.port, password="alice-secret", ca_file=prosody.ca) as a2:
            a2.do("connect")
            assert a2.wait("marker", chat=BOB)["id"] == e["archive"]


def test_catch_up_after_offline(prosody, tmp_path):
    with peer(prosody) as b:
        with account(prosody, tmp_path) as a:
            a.login()
            b.send(ALICE, "seen")
            last = a.wait("message", body="seen")["archive"]
            a.do("quit")
            a.offline()
        for i in range(250):
            b.send(ALICE, "away %d" % i)
        b.mam(max=1)  # the server has read all of them
        with peer(prosody, "alice", resource="phone", presence=False) as phone:
            phone.send(BOB, "from the phone")
            b.expect("message", body="from the phone")
        with account(prosody, tmp_path, _resume=last) as a:
            a.login()
            got = [e for e in a.events if e["ev"] == "message" and e["archive"]]
            ids = [e["archive"] for e in got]
            missed = []
            for e in got:  # live and archived copies share the archive's id
                if e["body"].startswith("away") and e["archive"] not in ids[:ids.index(e["archive"])] and e["body"] not in missed:
                    missed.append(e["body"])
            assert missed == ["away %d" % i for i in range(250)]
            assert "seen" not in [e["body"] for e in got]
            mine = [e for e in got if e["body"] == "from the phone"]
            assert mine and mine[0]["flags"] & OUT and mine[0]["time"]
            # and a page of the past
            a.do("history", BOB, 5, 10, mine[0]["archive"])
            r = a.wait("reply", req=5)
            assert r["err"] == 0 and r["more"] == 1 and r["cursor"]
            asked = [e for e in a.events if e["ev"] == "result" and e["op"] == "history"][0]
            page = [e for e in a.events[a.events.index(asked):] if e["ev"] == "message" and e["flags"] & HISTORY]
            assert [e["body"] for e in page] == ["away %d" % i for i in range(240, 250)]


def test_retry_finds_what_left_before(prosody, tmp_path):
    """Killed after sending, session gone: what the archive has is not sent again, the rest goes in order."""
    with peer(prosody) as b:
        a = account(prosody, tmp_path)
        a.login()
        b.send(ALICE, "newest known")
        e = a.wait("message", body="newest known")
        a.do("send", BOB, "r1", "one")
        a.wait("receipt", id="r1", delivery=STORED)
        b.expect("message", body="one")
        b.send(ALICE, "newer than ours")
        last = a.wait("message", body="newer than ours")["archive"]
        assert e["archive"] != last
        a.kill()
        prosody.restart(hard=True)  # no session to resume
        b2 = peer(prosody)
        a = account(prosody, tmp_path, _resume=last)
        assert a.login()["resumed"] == 0
        a.do("retry", BOB, "r1", "one")
        a.do("retry", BOB, "r2", "two")
        a.do("send", BOB, "r3", "three")
        e = a.wait("receipt", id="r1")
        assert e["delivery"] == STORED and e["archive"]
        assert b2.expect("message", where=lambda m: m["body"])["id"] == "r2"
        assert b2.expect("message", where=lambda m: m["body"])["id"] == "r3"
        b2.none("message", 0.3, where=lambda m: m["body"])
        assert [m["body"] for m in b2.mam(with_=ALICE) if m["body"]] == ["newest known", "one", "newer than ours", "two ", "three"]
        a.close()
        b2.close()


def test_blocking(prosody, tmp_path):
    with account(prosody, tmp_path) as a, peer(prosody) as b:
        a.login()
        friends(a, b)
        a.do("block", BOB, 3)
        assert a.wait("reply", req=3)["err"] == 0
        b.send(ALICE, "spam")
        b.expect("message", type="error")
        a.do("unblock", BOB, 4)
        assert a.wait("reply", req=4)["err"] == 0
        b.send(ALICE, "friend again")
        a.wait("message", body="friend again")
        assert not [e for e in a.events if e.get("body") == "spam"]
        flags = [e["flags"] for e in a.events if e["ev"] == "contact" and e["address"] == BOB]
        assert any(f & 8 for f in flags) and not flags[-1] & 8
