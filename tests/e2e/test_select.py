"""tests/e2e/test_select.py - a message is selected, by keys or by its label: what can be done with it, on
this machine and over XMPP"""
import base64
import itertools
import os
import re
import shutil
import signal
import subprocess

import pytest
from kith import until
from peer import Peer
from people import xmpp_account

counter = itertools.count(1)


@pytest.fixture
def peer(prosody):
    """Another client: peer("bob"), with a user nobody else has."""
    made = []

    def make(name):
        user = f"{name}{next(counter)}s"
        prosody.add_user(user, "secret")
        p = Peer(f"{user}@localhost", "secret", port=prosody.c2s, ca=prosody.ca)
        p.jid = f"{user}@localhost"
        made.append(p)
        return p
    yield make
    for p in made:
        p.close()


@pytest.fixture
def alice(profile, prosody):
    user = f"alice{next(counter)}s"
    prosody.add_user(user, "secret")
    p = xmpp_account(profile("alice"), prosody, user)
    p.jid = f"{user}@localhost"
    return p


def two(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=34), bob.start(columns=100, rows=34)
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    return alice, bob, a, b


def copied(t):
    """What the terminal was last told to put on its clipboard (OSC 52)."""
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", bytes(t.raw))
    return base64.b64decode(found[-1]).decode() if found else None


def label_of(t, what):
    """The label over or before this text: "[a]ps://example.org" for "https://example.org"."""
    def find(s):
        for line in s.lines():
            m = re.search(r"\[([a-z]{1,2})\]" + what, line)
            if m:
                return m.group(1)
    t.wait(find, what=f"a label at {what!r}")
    return find(t)


def selecting(t, *keys):
    t.keys("M-Up")
    t.wait_text("SELECT")
    t.keys(*keys)


def test_verbs_by_keys(neighbours):
    alice, bob, a, b = two(neighbours)
    a.command(f"/msg {bob.address} shall we meet at nine?")
    b.news("shall we meet at nine?")
    selecting(b)
    b.wait_text("message 1 of 1")
    b.wait_text("message from")  # the popup, the first times at once
    b.keys("r")  # reply: the question stands above the input
    b.wait_text("replying to")
    b.type("yes", enter=True)
    a.wait_text(f"╭ {alice.address}: shall we meet at nine?")
    selecting(b, "k")
    b.wait_text("message 1 of 2")
    b.keys("+")
    b.wait_text("react with")
    b.keys("1")
    a.wait_text("[👍 1]")
    b.keys("Esc")
    selecting(a, "k", "e")  # edit the own one
    a.wait_text("editing")
    a.keys("C-u")
    a.type("shall we meet at ten?", enter=True)
    b.wait_text("ten? (edited)")
    selecting(b, "k", "h")  # what it said before
    b.wait_text("Versions")
    b.wait_text("meet at nine?")
    b.keys("q")
    b.wait_gone("Versions")
    b.keys("Esc")
    selecting(a, "d")  # not bob's
    a.wait_text("this message is not yours")
    a.keys("k", "d")
    a.wait_text("Withdraw this message?")
    a.keys("Tab", "Enter")
    b.wait_text("(message withdrawn)")
    a.wait_text("(message withdrawn)")
    assert "ten?" not in b.text()


def test_quotes_jump_and_come_back(neighbours):
    alice, bob, a, b = two(neighbours)
    a.command(f"/msg {bob.address} the first question")
    b.news("the first question")
    for i in range(40):
        a.command(f"chatter {i}")
    b.wait_text("chatter 39")
    b.keys("M-Home")
    b.wait_text("the first question")
    selecting(b, "g", "r")
    b.wait_text("replying to")
    b.type("the late answer", enter=True)
    b.wait_text("the late answer")
    b.wait_gone("message 1 of")
    selecting(b, "Enter")  # leads to what it answers
    b.wait(lambda t: any("▌" in line and "the first question" in line for line in t.lines()))
    b.keys("M-,")
    b.wait(lambda t: any("▌" in line and "the late answer" in line for line in t.lines()) or t.shows("the late answer"))
    b.keys("t")
    b.wait_text("Thread")


def test_any_object_in_four_keys(neighbours):
    alice, bob, a, b = two(neighbours)
    a.command(f"/msg {bob.address} see https://example.org/one and https://example.org/two")
    b.news("https://example.org/two")
    a.paste("look\n```\nint x = 1;\n```")
    a.keys("Enter")
    b.wait_text("int x = 1;")
    before = [line for line in b.lines()]
    for what, expected in ((r"ps://example\.org/one", "https://example.org/one"),
                           (r"ps://example\.org/two", "https://example.org/two"), (r" x = 1;", "int x = 1;\n")):
        b.mark()
        b.keys("M-'")
        label = label_of(b, what)
        assert 1 + len(label) + 1 <= 4
        b.write(label)
        b.wait_text("copy")
        b.keys("y")
        b.wait(lambda t: copied(t) == expected, what="the text on the clipboard")
        b.wait_text(f"copied {len(expected)} bytes to the terminal (OSC 52)")
    b.keys("M-'")
    b.wait_text("LABELS")
    b.keys("Esc")
    b.wait_gone("LABELS")
    assert [line for line in b.lines()][:20] == before[:20]  # nothing has moved
    b.mark()
    b.keys("M-o")  # links: with Shift its label copies at once
    label = label_of(b, r"ps://example\.org/one")
    b.write(label.upper())
    b.wait(lambda t: copied(t) == "https://example.org/one")


def test_copy_says_which_way(profile):
    """To copy_command where there is one, into the buffer of tmux, to the terminal; the text goes by standard input."""
    p = profile("alice")
    p.write("kith.cfg", 'ui = { hints = false; };\n')
    p.write("accounts.cfg", 'accounts = ( { name = "here"; protocol = "local"; } );\n')
    tmux = shutil.which("tmux")
    socket = os.path.join(p.path(), "tmux.sock") if tmux else None
    if tmux:
        subprocess.run([tmux, "-S", socket, "-f", "/dev/null", "new-session", "-d", "sleep 600"], check=True)
        if os.geteuid() == 0 and p.uid:
            os.chown(socket, p.uid, -1)
    try:
        env = {"TMUX": f"{socket},1,0"} if tmux and not p.uid else {}
        t = p.start("--offline", columns=90, rows=24, env=env)
        t.wait_text("Chats")
        t.command("/copy Zoë's 3 words")
        t.wait_text("copied 14 bytes to the terminal (OSC 52)")
        assert copied(t) == "Zoë's 3 words"
        if env:
            t.wait_text("and into the buffer of tmux")
            show = [tmux, "-S", socket, "show-buffer"]
            until(lambda: subprocess.run(show, capture_output=True).stdout == "Zoë's 3 words".encode())
        out = p.path("copied.txt")
        t.command(f"/set copy_command tee {out}")
        t.command("/copy secret; $(reboot)")
        t.wait_text("by copy_command")
        until(lambda: os.path.exists(out) and open(out).read() == "secret; $(reboot)")
    finally:
        if tmux:
            subprocess.run([tmux, "-S", socket, "kill-server"], check=False)


# ---- over XMPP, with another client ----

def meet(alice, other, text="good morning"):
    """alice's screen, in the chat with the other; the id of her first message."""
    a = alice.start(columns=110, rows=30)
    alice.online()
    a.command(f"/msg {other.jid} {text}")
    m = other.expect("message", body=text)
    a.wait_text("✓")
    return a, m["id"]


def test_changes_reach_another_client(alice, peer):
    bob = peer("bob")
    a, first = meet(alice, bob, "good mornig")
    a.command("/edit good morning")
    m = bob.expect("message", where=lambda o: o["replace"])
    assert (m["replace"], m["body"]) == (first, "good morning")  # XEP-0308
    a.wait_text("good morning (edited)")
    a.wait_gone("(edited) ·")
    a.command("/edit good evening")  # names the first version again
    assert bob.expect("message", where=lambda o: o["body"] == "good evening")["replace"] == first
    theirs = bob.send(alice.jid, "hello you")
    a.wait_text("hello you")
    a.command("/react 🎉")
    m = bob.expect("message", where=lambda o: o["react_to"])
    assert (m["react_to"], m["reactions"], m["hints"]) == (theirs, ["🎉"], ["store"])  # XEP-0444
    a.wait_text("[🎉 1]")
    a.command("/react 🎉")
    assert bob.expect("message", where=lambda o: o["react_to"])["reactions"] == []
    a.command("/reply hello back")
    m = bob.expect("message", where=lambda o: o["reply"])
    assert m["reply"] == theirs and m["body"] == "> hello you\nhello back"  # XEP-0461, with the fallback of XEP-0428
    assert 'for="urn:xmpp:reply:0"' in m["xml"] and 'end="12"' in m["xml"]
    a.wait_text("hello back")
    a.command("/edit hello, and back")  # a corrected answer is still an answer
    m = bob.expect("message", where=lambda o: o["replace"] and o["reply"])
    assert m["reply"] == theirs
    a.command("/retract")
    m = bob.expect("message", where=lambda o: o["retract"])
    assert m["retract"] and m["hints"] == ["store"]  # XEP-0424
    a.wait_text("(message withdrawn)")


def test_changes_of_another_client(alice, peer):
    bob = peer("bob")
    a, first = meet(alice, bob)
    theirs = bob.send(alice.jid, "the metting is at 5")
    a.wait_text("metting")
    bob.send(alice.jid, "the meeting is at 5", replace=theirs)
    a.wait_text("the meeting is at 5 (edited)")
    bob.send(alice.jid, None, react_to=first, reactions=["👍", "❤"])
    a.wait_text("[👍 1] [❤ 1]")
    bob.send(alice.jid, None, react_to=first, reactions=["❤"])
    a.wait_gone("👍 1")
    bob.send(alice.jid, "> good morning\nto you too", reply=first, xml=[
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='15'/></fallback>"])
    a.wait_text("to you too")
    a.wait_text("╭ alice")
    assert "> good morning" not in a.text()
    bob.send(alice.jid, None, retract=theirs)
    a.wait_text("(message withdrawn)")
    assert "meeting" not in a.text()
    assert "meeting" not in alice.run("tail", bob.jid)[1]


def test_nobody_changes_what_is_not_theirs(alice, peer):
    bob, eve = peer("bob"), peer("eve")
    a, first = meet(alice, bob)
    theirs = bob.send(alice.jid, "I owe you nothing")
    a.wait_text("I owe you nothing")
    eve.send(alice.jid, "I owe you 1000", replace=theirs)  # another's message
    eve.send(alice.jid, None, retract=theirs)
    bob.send(alice.jid, "what alice never said", replace=first)  # ours
    bob.send(alice.jid, None, retract=first)
    bob.send(alice.jid, "the end")
    a.wait_text("the end")
    assert "I owe you nothing" in a.text() and "good morning" in a.text()
    assert "withdrawn" not in a.text() and "I owe you 1000" not in a.text()
    a.wait_text("what alice never said")  # shown as what it is: a message of bob's
    assert "(edited)" not in a.text()
    rows = [(r["sender"], r["body"]) for r in alice.json("tail", bob.jid)]
    assert (alice.jid, "good morning") in rows and (bob.jid, "what alice never said") in rows


def test_changes_wait_for_the_connection(alice, peer):
    """Offline edits, withdrawals and reactions go when the account is back, once, also over kill -9."""
    bob = peer("bob")
    a, first = meet(alice, bob, "draft")
    theirs = bob.send(alice.jid, "a question")
    a.wait_text("a question")
    a.command("/disconnect")
    a.wait_text("offline")
    a.command("/edit version two")
    a.wait_text("version two (edited) ·")
    a.command("/edit version three")
    a.wait_text("version three (edited) ·")
    a.command("/react 👍")
    a.wait_text("[👍 1] ·")
    bob.none("message", seconds=0.5, where=lambda o: o["replace"] or o["react_to"])
    alice.kill_engine(signal.SIGKILL)
    a.wait_exit()
    a = alice.start(columns=110, rows=30)
    alice.online()
    m = bob.expect("message", where=lambda o: o["replace"])
    assert (m["replace"], m["body"]) == (first, "version three")  # what waited was put together
    assert bob.expect("message", where=lambda o: o["react_to"])["react_to"] == theirs
    a.wait_text("version three (edited)")
    a.wait_gone("(edited) ·")
    a.wait_gone("[👍 1] ·")
    bob.none("message", seconds=1, where=lambda o: o["replace"] or o["react_to"])


def test_refused_change_says_why(alice, peer, prosody):
    """What the other side refuses stays at the message with the reason, until it is sent again or dropped."""
    bob = peer("bob")
    a, first = meet(alice, bob, "one")
    a.command("/edit two")
    m = bob.expect("message", where=lambda o: o["replace"])
    a.wait_text("two (edited)")
    a.command("/disconnect")
    a.wait_text("offline")
    a.command("/edit three")
    a.wait_text("three (edited) ·")
    a.command("/cancel")  # as it was before
    a.wait_text("two (edited)")
    a.wait_gone("three")
