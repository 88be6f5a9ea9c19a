"""tests/e2e/test_acceptance_chat.py - acceptance checks of what is in the chats: clusters, hostile text, bursts, windows, the archive,
names that are not there (3, 7, 8, 9, 10, 11)
"""
import os
import re
import sqlite3

import pytest
from kith import KITH, until
from peer import Peer
from people import xmpp_account
from servers import Prosody
from test_first_login import incoming
from test_ledger import history
from tmux import SETTINGS, Screen, Tmux

FAMILY = "\U0001F469\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466 \u2764\ufe0f \U0001F44D\U0001F3FD \u0939\u093f\u0928\u094d\u0926\u0940"


def alone(p):
    os.mkdir(p.path("meet"))
    os.chmod(p.path("meet"), 0o1777)
    p.write("accounts.cfg", f'''accounts = ( {{ name = "here"; protocol = "local"; address = ""; autoconnect = true;
        directory = "{p.path('meet')}"; }} );\n''')


def join(p, t, *rooms):
    p.online("here")
    for name in rooms:
        t.command(f"/join #{name}")
        t.wait_text(f"# {name}")


@pytest.mark.parametrize("kind", ["pty", "tmux", "screen"])
def test_check_03_no_cell_of_the_old_line(profile, kind):
    """All 400 clusters: test_clusters."""
    p = profile()
    alone(p)
    if kind == "pty":
        t = grid = p.start(columns=100, rows=30)
    elif kind == "tmux":
        grid = Tmux(p.env(), SETTINGS, 100, 30, [KITH, "-c", p.root])
    else:
        grid = Screen(p, 100, 30)
    t = grid if kind == "pty" else grid.terminal
    try:
        t.wait_text("Chats")
        join(p, t, "dev")
        t.command("ab")
        t.wait(lambda t: any("│ ab" in line for line in grid.lines()), what="ab")
        row, plain = next((y, line) for y, line in enumerate(grid.lines()) if "│ ab" in line)
        for _ in range(3):
            p.run("send", "#dev", "next", check=True)  # so that there is a message below
        t.wait(lambda t: sum("next" in line for line in grid.lines()) == 3, what="more messages")
        row = next(y for y, line in enumerate(grid.lines()) if "│ ab" in line)
        number = p.json("tail", "#dev")[0]["id"]
        t.write(f"/edit msg:{number} 45678 {FAMILY} 45678\r")
        t.wait(lambda t: "45678" in grid.lines()[row] and "(edited)" in grid.lines()[row], what="the clusters")
        t.command(f"/edit msg:{number} ab")
        want = plain.split("│ ab")[0] + "│ ab (edited)"
        t.wait(lambda t: re.fullmatch(re.escape(want) + " +│", grid.lines()[row]), what=f"nothing but {want!r}")
        assert "45678" not in "\n".join(grid.lines())
    finally:
        if kind != "pty":
            grid.close()


def test_check_07_hostile_text(place, neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    t = place.start(alice, columns=100, rows=24)
    written = place.written()
    join(alice, t, "dev")
    t.write("\x1b[I")
    b = bob.start()
    join(bob, b, "dev")
    bob.run("send", "#dev", "harmless words", check=True)
    t.wait_text("harmless words")
    t.settle(0.5)
    before = t.lines()
    t.mark()
    evil = "a\x1b[2Jb\x1b]0;owned\x07c\u202etxt.exe\u009b31md\x07\x07\u0085\u2067e\x9d0;owned\x9cf"
    bob.run("send", "#dev", evil, check=True)
    t.wait_text("txt.exe")
    t.settle(0.5)
    after, raw = t.lines(), (written() if written else bytes(t.raw))
    for hostile in (b"\x1b]0;owned", "\u202e".encode(), "\u2067".encode(), "\u009b".encode(), b"\a"):
        assert hostile not in raw, hostile
    assert t.screen.title != "owned"
    assert after[0] == before[0] and after[-2:] == before[-2:]
    row = t.line_with("txt.exe")
    assert [line.split("│")[0] for line in after[1:-3]] == [line.split("│")[0] for line in before[1:-3]]
    assert after[:row - 1][1:4] == before[:row][1:4] or row > 4
    shown = after[row].split("│")[-1]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown), shown


def test_check_08_sixty_mentions(place, neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    t = place.start(alice, columns=100, rows=30)
    join(alice, t, "other", "dev")
    t.command("/highlight pizza")
    t.command("a line of mine")
    t.write("\x1b[O")  # nobody looks
    b = bob.start()
    join(bob, b, "other")
    t.settle(0.5)
    written = place.written()
    t.mark()
    for i in range(60):
        b.write(f"pizza {i}\r")
    t.wait(lambda t: "@60" in t.text(), what="60 mentions in the hotlist")
    t.settle(1.0)
    raw = written() if written else bytes(t.raw)
    titles = re.sub(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)", b"", raw)
    assert titles.count(b"\a") == 1, titles.count(b"\a")
    status = next(line for line in t.lines() if re.match(r" \d\d:\d\d ", line))
    assert status.count("other") == 1 and re.search(r"\d other @60", status), status
    assert not any(re.search(r"pizza \d", line) for line in t.lines())


def test_check_09_ways_between_chats(place, neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    t = place.start(alice, columns=110, rows=30)
    join(alice, t, "talk", "called", "dev")
    t.command("/highlight pizza")
    b = bob.start()
    join(bob, b, "talk", "called")
    bob.run("send", "#talk", "just talk", check=True)
    bob.run("send", "#called", "pizza time", check=True)
    t.wait(lambda t: t.shows("called @1") and t.shows("talk 1"), what="both in the hotlist")
    titled = lambda name: lambda t: re.search(rf"│ # {name}\b", t.lines()[0])  # noqa: E731
    t.keys("M-a")
    t.wait(titled("called"), what="the mention first")
    t.wait_text("pizza time")
    t.keys("M-a")
    t.wait(titled("talk"), what="then the talk")
    t.wait(lambda t: not t.shows("called @1"), what="no more mention")
    t.keys("M-a")
    t.wait(titled("dev"), what="and back to where it began")
    for name in ("talk", "dev", "talk", "dev"):
        t.keys("C-k")
        t.wait_text("Switch to")
        t.keys("Enter")
        t.wait(titled(name), what=f"{name} by Ctrl-k Enter")


def forget_place(p):
    """The next session reads the archive from its beginning, as if it had never."""
    db = sqlite3.connect(history(p))
    db.execute("UPDATE account SET resume_id = NULL")
    db.commit()
    db.close()
    for folder, _, names in os.walk(p.path("state", "accounts")):
        for name in names:
            os.unlink(os.path.join(folder, name))


def test_check_10_archive_twice(profile, tmp_path):
    count = 1000
    with Prosody(tmp_path) as server:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        sent = [f"number {i:05d}" for i in range(count)]
        bob = Peer("bob@localhost", "secret", port=server.c2s, ca=server.ca)
        for body in sent:
            bob.send("alice@localhost", body)
        path = server.dir / "data/localhost/archive/alice.list"
        until(lambda: f'"{sent[-1]}"' in path.read_text(), 60, "the archive")
        bob.close()
        server.halt()
        text, n = re.subn(r'(\["?when"?\] = |when = )\d+(?:\.\d+)?', lambda m: m.group(1) + "1767225600", path.read_text())
        assert n >= count, path.read_text()[:600]
        path.write_text(text)
        server.restart()
        alice = xmpp_account(profile("alice"), server, "alice")
        for _ in range(2):
            t = alice.start(columns=100, rows=30)
            alice.online(timeout=60)
            t.wait(lambda t: incoming(alice)[-1:] == sent[-1:] and len(incoming(alice)) >= count, 60, "the archive")
            alice.run("quit", check=True)
            t.wait_exit()
            until(lambda: alice.engine() is None)
            assert incoming(alice) == sent
            forget_place(alice)
        t = alice.start(columns=100, rows=30)
        alice.online(timeout=60)
        t.command("/query bob@localhost")
        t.wait_text(sent[-1])
        shown = re.findall(r"number (\d{5})", t.text())
        assert shown == sorted(shown) and len(set(shown)) == len(shown) > 10


def test_check_11_nobody(place, neighbours):
    alice = neighbours.join("alice")
    t = place.start(alice, columns=100, rows=30)
    join(alice, t, "dev")
    t.wait_text("No messages yet")
    before = alice.run("chats")[1]
    t.write("/msg nobody-of-that-name some text for them\r")
    t.wait(lambda t: any("nobody-of-that-name" in line and "❯" not in line for line in t.lines()), what="an error")
    t.settle(0.3)
    assert any(line.startswith(" ❯ /msg nobody-of-that-name some text for them") for line in t.lines()), t.report()
    assert re.search(r"│ # dev\b", t.lines()[0]) and t.shows("No messages yet")
    assert alice.run("chats")[1] == before
