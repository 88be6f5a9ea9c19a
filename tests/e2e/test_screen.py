"""tests/e2e/test_screen.py - the screen and the keyboard in a real terminal: scrolling, pastes, bytes, sizes, two views"""
import re
import time

NOTE = re.compile(r"note (\d+)$")


def notes(t):
    """Numbers of the notes on the screen, from the top."""
    rows = (line for line in t.lines() if not line.lstrip().startswith("❯"))
    found = (NOTE.search(line.split("│")[-1].replace("✓", "").rstrip()) for line in rows)
    return [int(m.group(1)) for m in found if m]


def notebook(neighbours, **size):
    """A user alone with the chat with herself open."""
    alice = neighbours.join("alice")
    t = alice.start(**size)
    t.wait_text("●")
    t.command(f"/query {alice.address}")
    t.wait_text("No messages yet")
    return alice, t


def write_notes(t, n):
    for i in range(0, n, 20):
        for k in range(i, min(n, i + 20)):
            t.write(f"note {k}\r")
        t.wait(lambda t, last=min(n, i + 20) - 1: last in notes(t), what=f"note {i}")


def test_scrollback_has_no_seam(neighbours):
    _, t = notebook(neighbours)
    n = 700
    write_notes(t, n)
    assert notes(t)[-1] == n - 1
    seen = set(notes(t))
    while 0 not in seen:
        before = notes(t)
        t.keys("PgUp")
        t.wait(lambda t: notes(t) and notes(t) != before, what=f"a page above {before[:1]}")
        now = notes(t)
        assert now == sorted(now) and now == list(range(now[0], now[-1] + 1))
        seen.update(now)
    assert seen == set(range(n))
    assert t.shows("SCROLLED")
    while n - 1 not in notes(t):
        before = notes(t)
        t.keys("PgDn")
        t.wait(lambda t: notes(t) and notes(t) != before, what=f"a page below {before[-1:]}")
        now = notes(t)
        assert now == list(range(now[0], now[-1] + 1))
    t.wait_gone("SCROLLED")
    t.keys("M-Home")
    t.wait(lambda t: 0 in notes(t), what="the first note")
    t.keys("M-End")
    t.wait(lambda t: n - 1 in notes(t), what="the last note")


def test_a_paste_is_never_sent(neighbours):
    _, t = notebook(neighbours)
    t.paste("one\nnote 1\n/quit\nthree")
    t.wait_text("4 lines · the paste is kept here, not sent")
    assert t.shows("No messages yet")
    t.keys("C-c")
    t.wait_gone("4 lines")
    t.keys("C-k")
    t.wait_text("Switch to")
    t.paste("a\nb\n")
    t.keys("Esc")
    t.wait_gone("Switch to")
    t.keys("F2")
    t.wait_text("LIST")
    t.paste("x\ny")
    t.wait_text("2 lines")
    assert t.shows("No messages yet")


def test_few_bytes_for_the_terminal(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    t = alice.start(columns=120, rows=36, term="xterm-256color")
    b = bob.start()
    t.wait_text(bob.address)
    b.wait_text(alice.address)
    t.command(f"/query {bob.address}")
    t.command("hello")
    b.news("hello")
    b.command("and hello back")
    t.wait_text("and hello back")
    t.settle(0.5)
    costs = []
    for c in "a few words that are typed":
        t.mark()
        t.write(c)
        t.wait(lambda t: t.raw, what="an echo")
        t.settle(0.05)
        costs.append(len(t.raw))
    costs.sort()
    assert costs[len(costs) // 2] <= 10, costs  # the clock may tick in one of them
    t.keys("C-c")
    t.settle(0.5)
    t.mark()
    bob.run("send", alice.address, "x", check=True)  # not typed: no note of typing comes between
    t.wait(lambda t: any(line.endswith("x") for line in t.lines()), what="the message")
    t.settle(0.3)
    assert len(t.raw) <= 200, len(t.raw)
    t.command(f"/query {alice.address}")
    t.wait_text("No messages yet")
    t.settle(0.5)
    t.mark()
    t.keys("M-/")
    t.wait_text("and hello back")
    t.settle(0.3)
    assert len(t.raw) <= 3500, len(t.raw)
    t.mark()
    idle = time.monotonic() + 3
    while time.monotonic() < idle:
        t.pump(0.2)
    assert len(t.raw) <= 40, bytes(t.raw)  # nothing, but for a minute that ends


def test_every_size(neighbours):
    _, t = notebook(neighbours)
    write_notes(t, 40)
    t.resize(12, 3)
    t.wait_text("too small")
    t.resize(40, 10)
    t.wait(lambda t: 39 in notes(t), what="the last note at 40x10")
    t.keys("F2")
    t.wait_text("▾ here")
    t.keys("F2")
    t.resize(250, 70)
    t.wait(lambda t: t.shows("note 0") and t.shows("note 39") and t.shows("Chats"), what="all panels at 250x70")
    t.wait(lambda t: t.lines()[-1].strip().startswith("Enter send"), what="the hint line at 250x70")
    assert t.lines()[0].rstrip().endswith("this machine")
    t.resize(80, 24)
    t.wait(lambda t: t.lines()[-1].strip().startswith("Enter send"), what="the hint line at 80x24")


def test_views_come_back_to_their_place(neighbours):
    alice, t = notebook(neighbours)
    write_notes(t, 120)
    t.keys("PgUp", "PgUp")
    t.wait(lambda t: t.shows("SCROLLED") and notes(t)[-1] < 90, what="a scrolled view")
    t.write("half a thought")
    t.wait_text("❯ half a thought")
    place = notes(t)
    second = alice.start(columns=100, rows=30)  # beside the first, in its own size and place
    second.wait_text("note 119")
    second.wait_text("half a thought")
    t.settle()
    assert notes(t) == place
    second.keys("C-c")
    t.wait_gone("half a thought")  # one chat, one draft
    second.write("half a thought")
    t.wait_text("half a thought")
    second.close()
    t.keys("C-k")
    t.wait_text("Switch to")
    t.keys("Esc")
    t.close()  # as when the connection is cut
    again = alice.start()
    again.wait_text("❯ half a thought")
    again.wait(lambda t: notes(t) == place, what="the same place")


def test_hostile_text_stays_in_its_cells(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=24), bob.start()
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    evil = "a\x1b[2Jb\x1b]0;owned\x07c\u202etxt.exe\u009b31md"
    assert bob.run("send", "--account", "here", alice.address, evil)[0] == 0
    a.news("txt.exe")
    a.settle()
    assert b"\x1b]0;owned" not in a.raw
    assert "\u202e".encode() not in a.raw
    assert a.shows("Chats") and a.lines()[-1].strip().startswith("Enter send")
    assert bob.run("send", "--account", "here", alice.address, "👩‍👩‍👧‍👦 ❤️ 👍🏽 हिन्दी")[0] == 0
    a.wait_text("👍")
    a.keys("F2", "F2", "C-k", "Esc")
    a.settle()
    assert a.lines()[0].rstrip().endswith("this machine")


def test_suspend_where_nobody_could_wake_it(neighbours):
    """A terminal that runs kith alone has no shell for fg: Ctrl-z must not be the end."""
    _, t = notebook(neighbours)
    t.keys("C-z")
    t.wait_text("No messages yet")
    t.type("still here", enter=True)
    t.wait(lambda t: any("still here" in line and "❯" not in line for line in t.lines()), what="the message")
