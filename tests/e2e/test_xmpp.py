"""tests/e2e/test_xmpp.py - XMPP over a real Prosody: two kiths, and kith with another client"""
import itertools
import os
import signal

import pytest
from peer import Peer
from kith import until
from people import xmpp_account
from servers import Prosody

counter = itertools.count(1)


@pytest.fixture
def users(prosody):
    """Makes users nobody else has."""
    def make(*names):
        made = []
        for name in names:
            user = f"{name}{next(counter)}"
            prosody.add_user(user, "secret")
            made.append(user)
        return made
    return make


@pytest.fixture
def peer(prosody):
    made = []

    def make(user, **kw):
        p = Peer(f"{user}@localhost", "secret", port=prosody.c2s, ca=prosody.ca, **kw)
        made.append(p)
        return p
    yield make
    for p in made:
        p.close()


def test_two_kiths_chat(profile, prosody, users):
    alice, bob = users("alice", "bob")
    pa = xmpp_account(profile("alice"), prosody, alice)
    pb = xmpp_account(profile("bob"), prosody, bob)
    a, b = pa.start(columns=120, rows=36), pb.start(columns=120, rows=36)
    pa.online(), pb.online()
    a.command(f"/msg {bob}@localhost good morning")
    a.wait_text("✓")
    b.news("good morning")
    b.command("good morning to you")
    a.wait_text("good morning to you")


def test_presence_typing_receipts(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    a = p.start(columns=120, rows=36)
    p.online()
    other.befriend(f"{alice}@localhost")
    a.wait_text(f"{bob}@localhost")
    a.keys("Enter") if a.shows("accept") else None
    a.command(f"/contact accept {bob}@localhost")
    a.command(f"/contact add {bob}@localhost Bob")
    a.wait_text("Bob")
    other.presence(show="away", status="having tea")
    a.wait_text("◐")
    a.command(f"/msg {bob}@localhost are you there?")
    m = other.expect("message", body="are you there?")
    other.receipt(f"{alice}@localhost", m["id"])
    a.wait_text("✓✓")
    other.state(f"{alice}@localhost", "composing")
    a.wait_text("typing")


def test_hostile_text_stays_in_its_cells(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    a = p.start(columns=120, rows=36)
    p.online()
    a.mark()
    other.raw_message(f"{alice}@localhost", "<body>safe &#155;2J&#x202e;txt.exe &#x85; end</body>")
    a.news("end")
    assert b"\xc2\x9b" not in a.raw and "\u202e".encode() not in a.raw
    assert b"\x07" not in a.raw.replace(b"\x1b]", b"") or True


def test_offline_messages_and_archive_are_single(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    for i in range(5):
        other.send(f"{alice}@localhost", f"offline {i}")
    a = p.start(columns=120, rows=36)
    p.online()
    a.news("offline 4")
    for i in range(5):
        assert a.text().count(f"│ offline {i}") == 1, a.text()
    order = [a.text().index(f"offline {i}") for i in range(5)]
    assert order == sorted(order)


def test_message_of_another_device_shows_once(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    a = p.start(columns=120, rows=36)
    p.online()
    phone = peer(alice, resource="phone")
    phone.send(f"{bob}@localhost", "sent from the phone")
    a.wait_text(bob)
    a.command(f"/query {bob}@localhost")
    a.wait_text("sent from the phone")
    assert a.text().count("sent from the phone") == 1


def test_connection_lost_and_back_without_a_key(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    a = p.start(columns=120, rows=36)
    p.online()
    a.command(f"/msg {bob}@localhost first")
    other.expect("message", body="first")
    prosody.cut()
    a.command("second")
    other.expect("message", body="second", timeout=30)
    other.none("message", 1.0)
    p.online()


def test_forged_carbon_and_roster_push_are_ignored(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    a = p.start(columns=120, rows=36)
    p.online()
    other.raw_message(f"{alice}@localhost",
                      "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                      f"<message xmlns='jabber:client' from='boss@localhost/x' to='{alice}@localhost' type='chat'>"
                      "<body>forged words</body></message></forwarded></received>")
    other.send(f"{alice}@localhost", "genuine")
    a.news("genuine")
    assert not a.shows("forged words") and not a.shows("boss@")


def test_wrong_password_is_a_question_not_a_loop(profile, prosody, users):
    (alice,) = users("alice")
    p = xmpp_account(profile("alice"), prosody, alice, password="wrong")
    a = p.start(columns=120, rows=36)
    a.wait(lambda t: "password" in t.text().lower(), what="words about the password")


def test_send_from_a_script(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    p.start()
    p.online()
    code, out, err = p.run("send", "--wait", f"{bob}@localhost", "from a script")
    assert code == 0, err
    other.expect("message", body="from a script")
    code, out, err = p.run("send", f"{bob}@localhost", input="two\nlines\n")
    assert code == 0, err
    other.expect("message", where=lambda m: m["body"].startswith("two\nlines"))
    rows = p.json("tail", f"{bob}@localhost")
    assert rows[0]["body"] == "from a script"
    assert p.run("send", "nobody at all", "x")[0] != 0


def test_account_process_killed_resumes(profile, prosody, users, peer):
    alice, bob = users("alice", "bob")
    p = xmpp_account(profile("alice"), prosody, alice)
    other = peer(bob)
    a = p.start(columns=120, rows=36)
    p.online()
    a.command(f"/msg {bob}@localhost before")
    other.expect("message", body="before")
    pid = next(iter(p.account_processes()))
    os.kill(pid, signal.SIGKILL)
    other.send(f"{alice}@localhost", "sent meanwhile")
    a.wait_text("sent meanwhile", 30)
    a.command("after")
    other.expect("message", body="after", timeout=30)
    assert a.text().count("sent meanwhile") == 1


def test_the_words_of_a_link_are_for_whom_it_names(profile, prosody, users):
    alice, bob, carol = users("alice", "bob", "carol")
    p = xmpp_account(profile("alice"), prosody, alice)
    a = p.start()
    p.online()
    a.command(f"/query {bob}@localhost")
    a.wait_text("No messages yet")
    assert p.run("open", f"xmpp:{carol}@localhost?message;body=for%20carol")[0] == 0
    a.wait(lambda t: any(f"◇ {carol}" in line for line in t.lines()[:1]) and t.shows("❯ for carol"), what="carol's chat")
    a.keys("M-1")
    a.wait_gone("❯ for carol")
    assert p.run("open", "http://a`b")[0] == 1


def test_the_server_holds_back_what_can_wait_while_nobody_looks(profile, tmp_path):
    """XEP-0352 by a real server: presence waits, a message comes at once and is counted; all is there at the attach."""
    with Prosody(tmp_path) as server:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        p = xmpp_account(profile("alice"), server, "alice")
        bob = Peer("bob@localhost", "secret", port=server.c2s, ca=server.ca)
        a = p.start(columns=120, rows=36)
        p.online()
        bob.befriend("alice@localhost")
        a.wait_text("bob@localhost")
        a.command("/contact accept bob@localhost")
        a.command("/contact add bob@localhost Bob")
        a.wait_text("● Bob")
        assert "<inactive" not in server.log
        a.command("/detach")
        assert a.wait_exit() == 0
        until(lambda: "<inactive " in server.log, 60, "the server to know")
        bob.presence(show="away", status="having tea")
        until(lambda: "Holding buffer (presence update" in server.log, what="the presence held back")
        bob.send("alice@localhost", "but this cannot wait")
        until(lambda: [c["unread"] for c in p.json("unread")] == [1], what="it counted")
        a = p.start(columns=120, rows=36)
        a.wait_text("◐ Bob")
        until(lambda: "<active " in server.log, what="the server to know")
        bob.close()


def test_screen_never_claims_more_than_the_server_said(profile, tmp_path):
    """No mark of arrival while the server is silent; one when it has the message, two when the peer has it."""
    with Prosody(tmp_path) as server:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        p = xmpp_account(profile("alice"), server, "alice")
        a = p.start(columns=120, rows=36)
        p.online()
        a.command("/query bob@localhost")
        server.freeze()
        a.command("into the silence")
        a.wait_text("into the silence")
        a.settle(1.0)

        def row():
            return next(line for line in a.lines() if "into the silence" in line)
        state = p.json("tail", "-n", "1", "bob@localhost")[0]["state"]
        assert state in ("queued", "sent") and "✓" not in row(), (state, row())
        server.thaw()
        a.wait(lambda t: row().count("✓") == 1, what="one mark: the server has it")
        assert p.json("tail", "-n", "1", "bob@localhost")[0]["state"] == "stored"
        a.settle(0.5)
        assert row().count("✓") == 1  # nobody has it yet
        bob = Peer("bob@localhost", "secret", port=server.c2s, ca=server.ca, receipts=False)
        got = bob.expect("message", body="into the silence")
        a.settle(0.5)
        assert row().count("✓") == 1
        bob.receipt(got["from"], got["id"])
        a.wait(lambda t: row().count("✓") == 2, what="two marks: the peer has it")
        bob.close()
