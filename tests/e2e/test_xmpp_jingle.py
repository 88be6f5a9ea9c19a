"""tests/e2e/test_xmpp_jingle.py - files from device to device, over a real relay and without one; and calls that ring"""
import base64
import hashlib
import itertools
import os
import re
import time

import pytest
from kith import until
from peer import Peer
from people import xmpp_account
from servers import Prosody, free_port

counter = itertools.count(1)
ACTIVATED = "Transfer activated"  # in the log of a relay
RELAY = '''Component "proxy.localhost" "proxy65"
  proxy65_address = "127.0.0.1"
'''

OPEN = 'encryption = "off";'  # in encrypted chats files go by the server, encrypted


def server_with(tmp_path_factory, interface):
    port = free_port()
    p = Prosody(tmp_path_factory.mktemp("jingle"), host_extra=RELAY,
                extra=f'proxy65_ports = {{ {port} }}\nproxy65_interfaces = {{ "{interface}" }}\n')
    p.relay = port
    return p


@pytest.fixture(scope="module")
def relayed(tmp_path_factory):
    """A server whose relay works."""
    p = server_with(tmp_path_factory, "127.0.0.1")
    yield p
    p.stop()


@pytest.fixture(scope="module")
def unrelayed(tmp_path_factory):
    """A server whose relay is not where it says."""
    p = server_with(tmp_path_factory, "127.0.0.2")
    yield p
    p.stop()


def friends(server, *names):
    made = [f"{name}{next(counter)}" for name in names]
    for user in made:
        server.add_user(user, "secret")
    for user in made:
        server.befriend(user, [u for u in made if u != user])
    return made


def pair(profile, server, extra='files = "jingle";'):
    """Two of them, who see each other and what each other's program can do."""
    alice, bob = friends(server, "alice", "bob")
    people = []
    for name, other in ((alice, bob), (bob, alice)):
        p = xmpp_account(profile(name), server, name, extra=extra + OPEN)
        p.screen = p.start(columns=120, rows=36)
        people.append(p)
    for p, other in zip(people, (bob, alice)):
        p.online()
        p.screen.wait_text(other)
        p.screen.command(f"/query {other}@localhost")
    return people


def offer(a, b, name, content):
    """a offers a file, b sees it. Its path."""
    path = a.path(name)
    with open(path, "wb") as f:
        f.write(content)
    a.screen.command(f"/send {path}")
    a.screen.wait_text("offered")
    b.screen.wait_text(name)
    b.screen.wait_text("/save takes it")
    return path


def fetched(a, b, name, content):
    b.screen.command(f"/save {b.path(name)}")
    until(lambda: os.path.exists(b.path(name)), 60, "the file")
    with open(b.path(name), "rb") as f:
        assert f.read() == content
    b.screen.wait_text("saved as")
    a.screen.wait_text("received")


def under_way(b, name):
    def some(t):
        row = t.line_with(name + "  ")
        return row is not None and re.search(r"  [1-9][0-9]? %", t.lines()[row])
    b.screen.wait(lambda t: some(t) or os.path.exists(b.path(name)), 60, "the first bytes")


def cut_between_stanzas(server):
    """Both links break, and are resumed. The server has read what it was sent: a Prosody that was in the middle of a
    stanza then (0.12.3) listens to no session that resumes this one, and the file does not arrive."""
    def read_all():
        before = server.log
        time.sleep(0.1)
        return server.log == before
    server.freeze()
    until(read_all, 20, "the server to have read everything")
    server.cut()
    server.thaw()


def test_over_the_servers_relay(profile, relayed):
    a, b = pair(profile, relayed)
    content = os.urandom(3 << 20)
    offer(a, b, "photo.raw", content)
    fetched(a, b, "photo.raw", content)
    until(lambda: ACTIVATED in relayed.log, what="the relay to say so")
    offer(a, b, "second.txt", b"not wanted\n")  # and what else can become of an offer
    b.screen.command("/decline")
    b.screen.wait_text("declined")
    a.screen.wait_text("They do not want the file")
    offer(a, b, "third.txt", b"taken back\n")
    a.screen.command("/decline")
    b.screen.wait_text("offered no longer")


def test_in_band_where_the_relay_is_dead(profile, unrelayed):
    a, b = pair(profile, unrelayed)
    content = os.urandom(1_000_000)
    offer(a, b, "minutes.pdf", content)
    b.screen.command(f"/save {b.path('minutes.pdf')}")
    under_way(b, "minutes.pdf")
    resumed = unrelayed.log.count("<resumed")
    cut_between_stanzas(unrelayed)
    until(lambda: os.path.exists(b.path("minutes.pdf")), 90, "the file")
    assert unrelayed.log.count("<resumed") == resumed + 2
    with open(b.path("minutes.pdf"), "rb") as f:
        assert f.read() == content
    a.screen.wait_text("received")
    assert ACTIVATED not in unrelayed.log


def test_killed_in_the_middle(profile, unrelayed):
    a, b = pair(profile, unrelayed)
    offer(a, b, "film.raw", os.urandom(20_000_000))
    b.screen.command(f"/save {b.path('film.raw')}")
    under_way(b, "film.raw")
    b.kill_engine()
    b.screen.wait_exit()
    b.screen = b.start(columns=120, rows=36)
    b.online()
    a.screen.wait_text("not sent:", 150)
    assert not os.path.exists(b.path("film.raw"))
    b.screen.wait_text("film.raw")
    b.screen.command(f"/save {b.path('again.raw')}")
    b.screen.wait_text("it is offered no longer")
    assert not os.path.exists(b.path("again.raw"))


@pytest.fixture
def bob(profile, relayed):
    """kith as alice, and bob as a client that says anything; both know each other."""
    alice, bob = friends(relayed, "alice", "bob")
    p = xmpp_account(profile(alice), relayed, alice, extra=OPEN)
    p.screen = p.start(columns=120, rows=36)
    p.online()
    other = Peer(f"{bob}@localhost", "secret", port=relayed.c2s, ca=relayed.ca)
    other.kith = p
    other.alice = alice
    other.where = other.expect("presence", where=lambda e: e["from"].startswith(f"{alice}@"))["from"]
    p.screen.wait_text(bob)
    p.screen.command(f"/query {bob}@localhost")
    yield other
    other.close()


def jingle(action, sid, content):
    return f"<jingle xmlns='urn:xmpp:jingle:1' action='{action}' sid='{sid}'>{content}</jingle>"


def sent(bob, sid, name, content, claimed):
    """bob sends content in band, and says that its checksum is that of something else; what kith says at the end."""
    digest = base64.b64encode(hashlib.sha256(claimed).digest()).decode()
    answer = bob.iq(jingle("session-initiate", sid, f"""<content creator='initiator' name='f' senders='initiator'>
        <description xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>{name}</name><size>{len(content)}</size>
        <hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>{digest}</hash></file></description>
        <transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='b{sid}'/></content>"""), bob.where, "set")
    assert 'type="result"' in answer
    screen = bob.kith.screen
    screen.wait_text(f"{name}  {len(content) // 1000} KB  /save takes it")
    screen.command(f"/save {bob.kith.path(name)}")
    bob.expect("iq", action="session-accept")
    bob.iq(f"<open xmlns='http://jabber.org/protocol/ibb' block-size='4096' sid='b{sid}'/>", bob.where, "set")
    for seq, at in enumerate(range(0, len(content), 4096)):
        block = base64.b64encode(content[at:at + 4096]).decode()
        answer = bob.iq(f"<data xmlns='http://jabber.org/protocol/ibb' seq='{seq}' sid='b{sid}'>{block}</data>", bob.where, "set")
        assert 'type="result"' in answer
    return bob.expect("iq", action="session-terminate")["xml"]


def test_a_flipped_bit_never_becomes_a_file(bob):
    content = os.urandom(10_000)
    flipped = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
    assert "media-error" in sent(bob, "s1", "plan.bin", flipped, content)
    bob.kith.screen.wait_text("the checksum differs")
    assert not [name for name in os.listdir(bob.kith.path("")) if name.startswith("plan.bin")]
    assert "success" in sent(bob, "s2", "true.bin", content, content)
    until(lambda: os.path.exists(bob.kith.path("true.bin")), what="the file")
    with open(bob.kith.path("true.bin"), "rb") as f:
        assert f.read() == content


def propose(bob, call):
    bob.raw_message(f"{bob.alice}@localhost", f"""<propose xmlns='urn:xmpp:jingle-message:0' id='{call}'>
        <description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/></propose><store xmlns='urn:xmpp:hints'/>""")


def test_a_call_rings_and_is_declined(bob, relayed):
    screen = bob.kith.screen
    propose(bob, "call-1")
    screen.wait_text("calls (voice call)")
    bob.expect("message", where=lambda e: "ringing" in e["xml"] and "call-1" in e["xml"])
    screen.wait_text("Decline it on all devices")
    screen.keys("Tab")
    screen.wait_text("[>Decline it on all devices<]")
    screen.keys("Enter")
    assert "busy" in bob.expect("message", where=lambda e: "reject" in e["xml"] and "call-1" in e["xml"])["xml"]
    screen.wait_text("declined the call.")
    screen.wait_gone("Let it ring")
    propose(bob, "call-2")  # this one is taken on another device
    screen.wait_text("Let it ring")
    phone = Peer(f"{bob.alice}@localhost", "secret", port=relayed.c2s, ca=relayed.ca, presence=False)
    phone.raw_message(bob.full, "<proceed xmlns='urn:xmpp:jingle-message:0' id='call-2'/><store xmlns='urn:xmpp:hints'/>")
    screen.wait_text("took the call on another device.")
    screen.wait_gone("Let it ring")
    phone.close()
    propose(bob, "call-3")  # and this one is missed
    screen.wait_text("Let it ring")
    bob.raw_message(f"{bob.alice}@localhost", """<retract xmlns='urn:xmpp:jingle-message:0' id='call-3'>
        <reason xmlns='urn:xmpp:jingle:1'><cancel/></reason></retract><store xmlns='urn:xmpp:hints'/>""")
    screen.wait_text("a missed call")
    screen.wait_gone("Let it ring")
