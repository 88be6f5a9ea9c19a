"""tests/e2e/test_ejabberd.py - what works with Prosody works with ejabberd: a second opinion on roster, history, rooms"""
import base64
import hashlib
import os
import re
import shutil
import tempfile
import urllib.request

import pytest
from ejabberd import Ejabberd, missing
from kith import BUILD, until
from peer import Peer, PeerError
from people import xmpp_account
from test_pictures import png

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "")
USERS = ("alice", "bob", "carol", "dave", "erin", "frank")
MUC = "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x>"


def plain(xml):
    """Without the prefixes of name spaces."""
    return re.sub(r"<(/?)ns\d+:", r"<\1", xml)


@pytest.fixture(scope="module")
def server():
    folder = tempfile.mkdtemp(prefix="ke-")
    with Ejabberd(folder, USERS) as e:
        yield e
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def peer(server):
    made = []

    def make(user, **kw):
        made.append(Peer(f"{user}@localhost", "secret", port=server.c2s, ca=server.ca, **kw))
        return made[-1]
    yield make
    for p in made:
        p.kill()


def test_contacts_history_and_other_devices(profile, server, peer, tmp_path):
    """What was said before the login is there once and in order; the list of contacts and presence work; what another
    device of ours sends is shown; a file goes by its upload; a cut connection is resumed and nothing is lost or twice."""
    bob = peer("bob")
    for n in (1, 2, 3):
        bob.send("alice@localhost", f"before {n}")
    p = xmpp_account(profile("alice"), server, "alice", extra="allow_http = true;")
    a = p.start(columns=120, rows=36)
    p.online()
    a.news("before 3", 30)
    assert [line.split("│")[-1].strip() for line in a.lines() if "before" in line.split("│")[-1]] == [f"before {n}" for n in (1, 2, 3)]
    a.command("/contact add bob@localhost Bob")
    bob.expect("presence", timeout=30, type="subscribe")
    bob.subscribed("alice@localhost")
    bob.presence(show="away", status="having tea")
    a.wait(lambda t: any("◐" in line and "Bob" in line for line in t.lines()), 30, "Bob away")
    a.command("/query bob@localhost")
    phone = peer("alice", resource="phone")
    phone.send("bob@localhost", "sent from the phone")
    a.wait_text("sent from the phone", 30)
    a.command("here is the answer")
    m = bob.expect("message", timeout=30, body="here is the answer")
    phone.expect("message", timeout=30, body="here is the answer", carbon="sent")
    bob.receipt("alice@localhost", m["id"])
    a.wait_text("✓✓", 30)
    # what was read here is shared with the phone, though this server knows only some options of nodes
    node = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:mds:displayed:0'/></pubsub>"
    until(lambda: "bob@localhost" in phone.iq(node), 30, "the place up to which was read")
    assert "<value>whitelist" in plain(phone.iq("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure "
                                                "node='urn:xmpp:mds:displayed:0'/></pubsub>"))
    server.cut()
    bob.send("alice@localhost", "while it was cut")
    a.wait_text("while it was cut", 60)
    a.command("after the cut")
    bob.expect("message", timeout=60, body="after the cut")
    bob.none("message", 0.5)
    assert "esumed" in server.log
    for text in ("while it was cut", "after the cut", "sent from the phone"):
        assert a.text().count(text) == 1, a.text()
    mine = [m["body"] for m in bob.mam_all("alice@localhost") if m["body"]]
    shown = [m["body"] for m in p.json("tail", "bob@localhost") if m["body"]]
    assert mine == shown
    (tmp_path / "minutes.txt").write_text("what was said\n")
    a.command(f"/send {tmp_path}/minutes.txt")
    m = bob.expect("message", timeout=30, where=lambda m: "jabber:x:oob" in m["xml"])
    with urllib.request.urlopen(re.search(r"http://localhost:\d+/\S*?minutes.txt", m["body"]).group()) as answer:
        assert answer.read() == b"what was said\n"
    a.wait_text("minutes.txt", 30)


def test_a_room_and_its_archive(profile, server, peer):
    """Made, talked in, left by a cut and entered again; a device that comes later reads all of it from the archive."""
    room = "lobby@conference.localhost"
    p = xmpp_account(profile("carol"), server, "carol")
    a = p.start(columns=120, rows=36)
    p.online()
    a.command(f"/join {room}")
    a.wait_text("Open it now", 30)
    a.keys("Enter")
    a.wait_gone("Open it now")
    dave = peer("dave")
    dave.raw(f"<presence to='{room}/dave'>{MUC}</presence>")
    dave.expect("presence", timeout=30, **{"from": f"{room}/dave"})
    a.command("hello from carol")
    dave.expect("message", timeout=30, type="groupchat", body="hello from carol")
    dave.send(room, "hello from dave", type="groupchat")
    a.wait_text("hello from dave", 30)
    server.cut()
    dave.send(room, "during the cut", type="groupchat")
    a.wait_text("during the cut", 60)
    a.command("carol is back")
    dave.expect("message", timeout=60, type="groupchat", body="carol is back")
    q = xmpp_account(profile("carol2"), server, "carol")
    b = q.start(columns=120, rows=36)
    q.online()
    b.command(f"/join {room}")
    b.wait_text("carol is back", 60)
    said = ["hello from carol", "hello from dave", "during the cut", "carol is back"]
    for t in (a, b):
        assert [s for line in t.lines() for s in said if s in line] == said, t.text()


@pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "kith-picture")), reason="built without pictures")
def test_a_picture_that_the_server_converts(profile, server, peer, tmp_path):
    """XEP-0398: set once, by PEP; the card has it, and our presence names it."""
    (tmp_path / "sun.png").write_bytes(png(60, 50, lambda x, y: bytes((200, 3 * x, 4 * y))))
    frank, bob = peer("frank", resource="phone"), peer("bob")
    bob.subscribe("frank@localhost")
    frank.expect("presence", timeout=30, type="subscribe")
    frank.subscribed("bob@localhost")
    p = xmpp_account(profile("frank"), server, "frank")
    a = p.start(columns=120, rows=36)
    p.online()
    bob.expect("presence", timeout=30, type="available", where=lambda e: e["from"].startswith("frank@localhost/kith"))
    a.command(f"/avatar {tmp_path}/sun.png")
    a.wait_text("This is your picture now", 30)
    shown = bob.expect("presence", timeout=30, where=lambda e: e["from"].startswith("frank@localhost/kith") and "photo>" in e["xml"])
    named = re.search("photo>([0-9a-f]{40})<", shown["xml"]).group(1)
    meta = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:metadata'/></pubsub>"
    assert f'id="{named}"' in bob.iq(meta, to="frank@localhost")
    card = re.search("BINVAL>([^<]*)<", bob.iq("<vCard xmlns='vcard-temp'/>", to="frank@localhost")).group(1)
    assert hashlib.sha1(base64.b64decode(card)).hexdigest() == named


def test_a_command_of_the_server(profile, server, peer):
    """XEP-0050: found in the list, its form filled in; and it was done: the person that it made is online."""
    p = xmpp_account(profile("erin"), server, "erin")
    a = p.start(columns=120, rows=36)
    p.online()
    a.command("/command localhost")
    a.wait_text("Add User", 30)
    a.type("add user")
    a.wait(lambda t: t.shows("Add User") and not t.shows("Delete User"), 30, "one command")
    a.keys("Enter")
    a.wait_text("Password Verification", 30)
    for text in ("gina@localhost", "hers", "hers"):
        a.type(text)
        a.keys("Tab")
    a.wait_text("[>Finish<]", 30)
    a.keys("Enter")
    a.wait_gone("Password Verification", 30)
    until(logs_in(server, "gina", "hers"), 30, "the person that was made, online")


def logs_in(server, user, password):
    def check():
        try:
            with Peer(f"{user}@localhost", password, port=server.c2s, ca=server.ca):
                return True
        except PeerError:
            return False
    return check
