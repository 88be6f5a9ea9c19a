"""tests/e2e/test_xmpp_rooms.py - rooms of XMPP on a real Prosody: two kiths and another client"""
import itertools
import random

import pytest
from kith import until
from peer import Peer
from people import xmpp_account
from servers import Prosody

counter = itertools.count(1)
MUC = "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x>"


@pytest.fixture
def own_prosody(tmp_path):
    with Prosody(tmp_path) as p:
        for name in ("alice", "bob", "carol"):
            p.add_user(name, "secret")
        yield p


def enter(peer, room, nick):
    peer.raw(f"<presence to='{room}/{nick}'>{MUC}</presence>")
    peer.expect("presence", timeout=30, **{"from": f"{room}/{nick}"})


def make(t, room):
    """The room is new: it is asked about, and opened as it is."""
    t.command(f"/join {room}")
    t.wait_text("is a new room", 30)
    t.wait_text("Open it now")
    t.keys("Enter")
    t.wait_gone("Open it now")
    t.wait_text("This room is new")


def say(peer, room, id, body):
    peer.raw(f"<message to='{room}' type='groupchat' id='{id}'><body>{body}</body></message>")
    peer.expect("message", timeout=30, type="groupchat", body=body)


def test_a_room_over_a_cut_and_a_restart(profile, own_prosody):
    """What is said is there once, in everybody's order; who was cut off is in it again without a key, reads what was said
    meanwhile, and a server that has forgotten the room is no reason to stay outside."""
    prosody = own_prosody
    room = f"lobby{next(counter)}@conference.localhost"
    pa = xmpp_account(profile("alice"), prosody, "alice")
    pb = xmpp_account(profile("bob"), prosody, "bob")
    a, b = pa.start(columns=120, rows=36), pb.start(columns=120, rows=36)
    pa.online(), pb.online()
    make(a, room)
    b.command(f"/join {room}")
    b.wait_text(room)
    with Peer("carol@localhost", "secret", port=prosody.c2s, ca=prosody.ca) as carol:
        enter(carol, room, "carol")
        a.command("hello from alice")
        carol.expect("message", timeout=30, type="groupchat", body="hello from alice")
        b.wait_text("hello from alice")
        b.command("hello from bob")
        a.wait_text("hello from bob")
        say(carol, room, "c1", "hello from carol")
        a.wait_text("hello from carol")
        b.wait_text("hello from carol")
        prosody.cut()
        say(carol, room, "c2", "while you were away")
        a.wait_text("while you were away", 60)
        b.wait_text("while you were away", 60)
        a.command("alice is back")
        carol.expect("message", timeout=60, type="groupchat", body="alice is back")
        b.wait_text("alice is back", 60)
        for one in ("hello from alice", "hello from bob", "hello from carol", "while you were away", "alice is back"):
            assert a.text().count(f"│ {one}") <= 1 and b.text().count(one) == 1, b.text()
        carol.raw(f"<message to='{room}/alice' type='chat' id='p1'><body>only for you</body>"
                  "<x xmlns='http://jabber.org/protocol/muc#user'/></message>")
        a.news("only for you", 30)
        b.wait_gone("only for you")
    a.command(f"/query {room}")
    a.wait_text("alice is back")
    prosody.restart()
    b.command("bob after the restart")
    a.wait_text("bob after the restart", 120)


def said(profile, room):
    """What was said in the room as a kith has it, in its order: its own lines (joins, news) left out."""
    return [r["body"] for r in profile.json("tail", "-n", "100", room) if r["kind"] != "event" and r["body"].startswith("n")]


def test_two_devices_of_one_user_in_one_room(profile, own_prosody):
    """Both have what the room's archive has, in its order, nothing twice, nothing missing: whoever spoke, and whoever was cut
    off meanwhile."""
    prosody = own_prosody
    room = f"lobby{next(counter)}@conference.localhost"
    one = xmpp_account(profile("alice"), prosody, "alice")
    two = xmpp_account(profile("alice2"), prosody, "alice")
    a, b = one.start(columns=120, rows=36), two.start(columns=120, rows=36)
    one.online(), two.online()
    make(a, room)
    b.command(f"/join {room}")
    b.wait_text("Members")
    draw, expected = random.Random(5), set()
    with Peer("carol@localhost", "secret", port=prosody.c2s, ca=prosody.ca) as carol:
        enter(carol, room, "carol")
        for i in range(36):
            body = f"n{i:02}"
            away = i % 12 in (9, 10)  # who is cut off misses these
            who = carol if away else draw.choice((a, b, carol))
            expected.add(body)
            if who is carol:
                say(carol, room, f"c{i}", body)
            else:
                who.command(body)
            if i % 12 == 8:
                prosody.cut()
            if i % 12 == 10:
                a.wait_text(body, 60)
                b.wait_text(body, 60)
        archived = until(lambda: (lambda v: v if expected <= set(v) else None)(
            [m["body"] for m in carol.mam_all(of=room) if m["body"] and m["body"].startswith("n")]), 120, "the room has all that was said")
    assert sorted(archived) == sorted(expected)
    for p in (one, two):
        until(lambda p=p: said(p, room) == archived, 60, f"{p.name} has the order of the archive: {archived}\n{said(p, room)}")
