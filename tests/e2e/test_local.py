"""tests/e2e/test_local.py - two users of one machine chat, with no server at all"""
import os

from kith import until
from people import UIDS


def open_chat(t, address):
    t.command(f"/msg {address} hello from here")
    t.wait_text("hello from here")


def test_two_users_meet_and_chat(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a = alice.start(columns=100, rows=30)
    b = bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    open_chat(a, bob.address)
    b.news("hello from here")
    b.command("and hello back")
    a.wait_text("and hello back")
    a.wait_text("✓✓")


def test_message_waits_for_a_neighbour_who_is_away(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    b = bob.start()
    b.wait_text("Chats")
    a = alice.start()
    a.wait_text(bob.address)
    b.command("/quit")
    assert b.wait_exit() == 0
    until(lambda: bob.engine() is None)
    a.command(f"/msg {bob.address} for later")
    a.wait_text("for later")
    assert alice.run("send", "--account", "here", bob.address, "and this")[0] == 0
    b = bob.start()
    b.news("for later")
    b.wait_text("and this")
    assert b.text().index("for later") < b.text().index("and this")


def test_notes_to_self(neighbours):
    alice = neighbours.join("alice")
    a = alice.start()
    a.wait_text("Chats")
    a.command(f"/msg {alice.address} remember the milk")
    a.wait_text("remember the milk")
    a.wait_text("✓")


def test_hooks_hear_real_messages(neighbours):
    """/hook message between two people: once for each that comes, none for our own, none when it is gone."""
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    t, u = bob.start(columns=100, rows=30), alice.start(columns=100, rows=30)
    t.wait_text(alice.address)
    u.wait_text(bob.address)
    alice.online(), bob.online()
    t.command("""/hook add note message /exec sh -c 'printf "%s|%s\\n" "$1" "$2" >> "$HOME/heard"' sh $nick $text""")

    def heard():
        try:
            with open(bob.path("heard"), encoding="utf-8") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []
    t.command("/hook list")
    t.wait_text("note         message")
    t.keys("Esc")
    alice.run("send", "--wait", bob.address, "first", check=True)
    until(lambda: heard() == [f"{alice.address}|first"], what="the hook")
    bob.run("send", "--wait", alice.address, "our own", check=True)
    alice.run("send", "--wait", bob.address, "-n $(touch x) ; 'quoted'", check=True)
    until(lambda: heard()[1:] == [f"{alice.address}|-n $(touch x) ; 'quoted'"], what="the hook, and nothing for our own message")
    t.command("/hook remove note")
    t.command("/hook list")
    t.wait_text("no hooks; /hook add")
    t.keys("Esc")
    alice.run("send", "--wait", bob.address, "unheard", check=True)
    t.command(f"/query {alice.address}")
    t.wait_text("unheard")
    assert len(heard()) == 2


def test_room(neighbours):
    people = [neighbours.join(n) for n in ("alice", "bob", "carol")]
    views = [p.start(columns=100, rows=30) for p in people]
    for t in views:
        t.wait_text("Chats")
        t.command("/join #lobby")
        t.wait(lambda s: "#lobby" in s.lines()[0] or "# lobby" in s.lines()[0] or "lobby" in s.lines()[0])
    views[0].wait_text(people[2].address)
    views[0].command("anybody here?")
    for t in views[1:]:
        t.wait_text("anybody here?")


def test_edit_reply_react_and_withdraw(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    a.command(f"/msg {bob.address} helo there")
    b.news("helo there")
    a.command("/edit")
    a.wait_text("editing")
    a.keys("C-u")
    a.type("hello there", enter=True)
    for t in (a, b):
        t.wait_text("hello there (edited)")
    b.command("/react +1")
    a.wait_text("[+1 1]")
    b.command("/reply who is it?")
    a.wait_text("who is it?")
    a.wait_text("╭ uid-12345: hello there")
    b.command("/react +1")  # once more takes it back
    a.wait_gone("[+1 1]")
    a.command("/say the key is under the mat")
    b.wait_text("under the mat")
    b.command("/quit")  # changes wait for who is away, as messages do
    assert b.wait_exit() == 0
    a.command("/retract wrong window")
    a.wait_text("withdrawn")
    b = bob.start(columns=100, rows=30)
    b.news("withdrawn")
    b.wait_gone("under the mat")
    until(lambda: [r["body"] for r in alice.json("tail", bob.address)] == ["hello there", "who is it?", None])
    rows = bob.json("tail", alice.address)
    assert [(r["body"], r["state"] == "withdrawn") for r in rows] == [
        ("hello there", False), ("who is it?", False), (None, True)]


def test_newcomers_see_what_members_said(neighbours):
    people = alice, bob, carol = [neighbours.join(n) for n in ("alice", "bob", "carol")]
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    a.command("/join #lobby")
    a.wait_text("Members 1")
    a.command("said to nobody")
    a.command("never mind")
    a.command("/retract")
    a.wait_text("withdrawn")
    b.command("/join #lobby")
    b.wait_text("said to nobody")
    b.command("an answer")
    b.command("/react +1")  # to alice's
    a.wait_text("[+1 1]")
    c = carol.start(columns=100, rows=30)
    c.wait_text(bob.address)
    c.command("/join #lobby")
    c.wait(lambda s: "an answer" in s.text() and "[+1 1]" in s.text())
    assert "never mind" not in c.text() and "new ──" not in c.text()
    rows = [(r["sender"], r["body"]) for r in carol.json("tail", "#lobby")]
    assert rows == [(f"#lobby/{alice.address}", "said to nobody"), (f"#lobby/{bob.address}", "an answer")]
    assert carol.json("unread") == []
    c.command("/leave")
    a.wait_text("Members 2")
    b.command("while carol was away")
    a.wait_text("while carol was away")
    c.command("/join #lobby")
    c.wait_text("while carol was away")
    for p in people:  # for each the same, each once, in order
        until(lambda: [r["body"] for r in p.json("tail", "#lobby") if r["body"]] ==
              ["said to nobody", "an answer", "while carol was away"], what=f"all for {p.name}")


def test_files_are_offered_taken_and_turned_down(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=110, rows=30), bob.start(columns=110, rows=30)
    a.wait_text(bob.address)
    open_chat(a, bob.address)
    b.news("hello from here")

    def offer(name, content):
        alice.write(name, content)
        a.command(f"/send {alice.path(name)}")
        a.wait_text(f"{name}  {len(content)} B  offered")
        b.wait_text(f"{name}  {len(content)} B  /save takes it")
    offer("one.txt", "the first\n")
    b.command("/decline")
    b.wait_text("one.txt  10 B  declined")
    a.wait_text("declined")
    a.wait_gone("takes it back")
    b.command("/save")
    b.wait_text("offered no longer")
    b.keys("C-u")
    offer("two.txt", "the second\n")
    b.command("/save")
    b.wait_text("saved as")
    b.wait_text("two.txt  11 B  saved")
    a.wait_text("two.txt  11 B  received")
    offer("three.txt", "the third.\n")
    a.command("/decline")
    a.wait_gone("takes it back")
    b.command("/save")
    b.wait_gone("/save takes it")
    b.keys("C-u")
    offer("four.txt", "the fourth\n")
    b.command("/quit")
    assert b.wait_exit() == 0
    a.wait_text("They went away")
    a.command(f"/send {alice.path('two.txt')}")
    a.wait_text("not sent: they are not here")
    b = bob.start(columns=110, rows=30)
    a.wait_text(f"● {bob.address}")
    a.command("/resend")  # the file is offered again, as the message that it is
    b.wait_text("two.txt  11 B  /save takes it")
    b.command("/save")
    a.wait_gone("not sent: they are not here")


def test_squatter_is_named_and_blocks_nobody(neighbours):
    entry = os.path.join(neighbours.directory, f"kith-local-{UIDS[0]}")
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    os.mkdir(entry, 0o777)
    os.chown(entry, UIDS[2], UIDS[2])
    a = alice.start(columns=160, rows=30)
    a.wait_text(f"uid-{UIDS[2]} has made {entry} in your name")
    b = bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    open_chat(b, alice.address)
    a.news("hello from here")
    assert os.listdir(entry) == []


def test_flooding_neighbour_is_muted_with_a_line(neighbours):
    alice = neighbours.join("alice", extra="rate = 1;")  # a burst of 50 messages
    bob, carol = neighbours.join("bob"), neighbours.join("carol")
    a = alice.start(columns=160, rows=40)
    for p in (bob, carol):
        p.start(columns=100, rows=30)
        a.wait_text(p.address)
    a.command(f"/query {bob.address}")
    until(lambda: bob.run("send", alice.address, "spam 0")[0] == 0, what="alice in bob's list")
    for i in range(1, 60):
        assert bob.run("send", alice.address, f"spam {i}")[0] == 0
    a.wait_text(f"{bob.address} sends too much and is not listened to for 10 seconds")
    assert carol.run("send", "--wait", alice.address, "am I heard?")[0] == 0
    assert [r["body"] for r in alice.json("tail", carol.address)] == ["am I heard?"]
    assert a.text().count("sends too much") == 1
    want = [f"spam {i}" for i in range(60)]
    until(lambda: [r["body"] for r in alice.json("tail", "-n", "100", bob.address)] == want, 40, "the rest, later")


def test_status_live_text_and_files(neighbours):
    alice, bob = (neighbours.join(n, extra="live = true;") for n in ("alice", "bob"))
    a, b = alice.start(columns=120, rows=30), bob.start(columns=120, rows=30)
    a.wait_text(bob.address)
    open_chat(a, bob.address)
    b.news("hello from here")
    a.command("/away at lunch")
    b.wait_text("at lunch")
    a.command("/status online")
    b.wait_gone("at lunch")
    a.to_input()
    a.type("letter by let")
    b.wait_text("letter by let")  # as it is typed
    a.keys("C-u")
    b.wait_gone("letter by let")
    alice.write("notes.txt", "the content\n")
    a.command(f"/send {alice.path('notes.txt')}")
    b.wait_text("notes.txt")
    b.command(f"/save {bob.path('got.txt')}")
    until(lambda: os.path.exists(bob.path("got.txt")), what="the file")
    until(lambda: open(bob.path("got.txt")).read() == "the content\n", what="its content")
    assert os.stat(bob.path("got.txt")).st_mode & 0o777 == 0o600
