"""tests/e2e/test_views.py - several chats at once, the view without frames, the mouse, themes that follow the terminal"""
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from kith import KITH, until
from terminal import key


def two_rooms(p, t):
    p.online("here")
    for room in ("#dev", "#random"):
        t.command(f"/join {room}")
        t.wait_text(f"# {room[1:]}")


def border(t, title):
    """Column where the title of a place begins."""
    return t.lines()[0].index(title)


def test_splits_are_kept(neighbours):
    alice = neighbours.join("alice")
    t = alice.start(columns=120, rows=36)
    two_rooms(alice, t)
    t.write(key("M-w"))
    t.wait_text("another chat right of it")
    t.write("v")
    t.wait_text("split 2 of 2")
    before = border(t, "1 # dev")
    t.write(key("M-w") + "<")
    t.wait(lambda t: border(t, "1 # dev") == before + 4, what="a narrower place")
    t.type("to the second place", enter=True)
    t.wait(lambda t: any("to the second place" in line[before:] for line in t.lines()[20:34]), what="the message there")
    alice.run("quit", check=True)
    t.wait_exit()
    with open(alice.path("state", "state.cfg")) as f:
        assert re.search(r'splits = "r\d+\(\d+,\d+\*\)";', f.read())
    t = alice.start(columns=120, rows=36)
    t.wait_text("split 2 of 2", timeout=40)
    assert border(t, "1 # dev") == before + 4
    assert t.shows("to #dev")
    alice.kill_engine()  # and after a crash
    t.wait_exit()
    t = alice.start(columns=120, rows=36)
    t.wait_text("split 2 of 2", timeout=40)
    t.write(key("M-w") + "o")
    t.wait_gone("split 2 of 2")


def test_what_is_to_be_seen_is_read(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    t = alice.start(columns=120, rows=36)
    two_rooms(alice, t)
    t.write(key("M-w") + "v")
    t.wait_text("split 2 of 2")
    t.write("\x1b[I")
    b = bob.start(columns=80, rows=24)
    two_rooms(bob, b)
    bob.run("send", "#random", "for the other place", check=True)
    t.wait(lambda t: any("for the other place" in line for line in t.lines()[1:34]), timeout=40, what="the message")
    until(lambda: not any(r.get("unread") for r in alice.json("unread")), what="nothing unread")
    t.write(key("M-w") + "z")  # now it is hidden
    t.wait_text("zoomed")
    bob.run("send", "#random", "behind the zoom", check=True)
    until(lambda: any(r.get("unread") for r in alice.json("unread")), timeout=40, what="something unread")


def test_bare_lines_are_whole_in_tmux(neighbours):
    if not shutil.which("tmux"):
        pytest.skip("no tmux")
    alice = neighbours.join("alice")
    folder = tempfile.mkdtemp(prefix="km-")
    os.chmod(folder, 0o777)
    socket = os.path.join(folder, "s")
    env = alice.env()

    def tmux(*args):
        return subprocess.run(["tmux", "-S", socket, *args], capture_output=True, text=True, check=True, env=env).stdout
    t = alice.start(columns=80, rows=24)
    two_rooms(alice, t)
    link = "https://example.org/" + "a" * 90 + "/" + "b" * 40
    alice.run("send", "#random", f"see {link} end", check=True)
    t.wait_text("see")
    t.command("/detach")
    t.wait_exit()
    # as root the engine of a tester would not let us in: tmux runs as the tester too
    shell = ["setpriv", f"--reuid={alice.uid}", f"--regid={alice.uid}", "--clear-groups", KITH, "-c", alice.root]
    try:
        tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", "80", "-y", "24", *shell)
        until(lambda: "[2 random]" in tmux("capture-pane", "-p"), timeout=40, what="kith in tmux")
        tmux("send-keys", "M-l")
        until(lambda: "[2 random]" not in tmux("capture-pane", "-p"), what="a screen without frames")
        until(lambda: f"see {link} end" in tmux("capture-pane", "-p", "-J"), what="the link as one line")
        assert link not in tmux("capture-pane", "-p")  # it is wider than the screen
        tmux("send-keys", "M-l")
        until(lambda: "[2 random]" in tmux("capture-pane", "-p"), what="frames again")
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, env=env)
        shutil.rmtree(folder, ignore_errors=True)


def at(t, text):
    row = t.wait(lambda t: t.line_with(text), what=text)
    return t.lines()[row].index(text), row


def press(t, x, y, button=0):
    t.write(f"\x1b[<{button};{x + 1};{y + 1}M")


def test_the_mouse_on_request(neighbours):
    alice = neighbours.join("alice")
    t = alice.start(columns=120, rows=36, env={"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"})
    two_rooms(alice, t)
    t.settle()
    assert b"\x1b[?1002h" not in t.raw and b"\x1b[?1000h" not in t.raw  # off: the terminal's selection works
    t.mark()
    t.command("/set mouse true")
    t.wait(lambda t: b"\x1b[?1002h\x1b[?1006h" in t.raw, what="the mouse")
    t.type("see https://example.org/one", enter=True)
    x, y = at(t, "# dev")
    press(t, x, y)
    t.wait_text("[1 dev]")
    x, y = at(t, "# random")
    press(t, x, y)
    t.wait_text("[2 random]")
    x, y = at(t, "https://example.org/one")
    t.mark()
    press(t, x + 4, y)  # over SSH a link is copied
    t.wait(lambda t: b"\x1b]52;c;" in t.raw, what="a copy of the link")
    for i in range(60):
        alice.run("send", "#random", f"line {i}", check=True)
    t.wait_text("line 59", timeout=40)
    for _ in range(3):
        press(t, 60, 20, 64)
    t.wait_text("SCROLLED")
    t.mark()
    t.write(key("M-l"))  # without frames the mouse is the terminal's
    t.wait(lambda t: b"\x1b[?1002l" in t.raw, what="no mouse")
    t.write(key("M-l"))
    t.wait(lambda t: b"\x1b[?1002h" in t.raw, what="the mouse again")
    t.mark()
    t.command("/set mouse false")
    t.wait(lambda t: b"\x1b[?1002l" in t.raw, what="no mouse")


def ground(t):
    """The colour behind the title bar of the list."""
    return t.cell(0, 2).bg


def test_themes(neighbours):
    alice = neighbours.join("alice")
    t = alice.start(columns=100, rows=30)
    two_rooms(alice, t)
    t.write("\x1b]11;rgb:1010/1010/1010\x1b\\")
    t.settle()
    dark = ground(t)
    t.write("\x1b]11;rgb:ffff/ffff/ffff\x1b\\")  # a terminal that says so by itself
    t.wait(lambda t: ground(t) != dark, what="the light theme")
    light = ground(t)
    t.mark()
    t.write("\x1b[?997;1n")  # mode 2031: it turned dark; the ground is asked for again
    t.wait(lambda t: ground(t) == dark, what="the dark theme")
    t.wait(lambda t: b"\x1b]11;?" in t.raw, what="the question for the ground")
    t.write("\x1b[?997;2n")
    t.wait(lambda t: ground(t) == light, what="the light theme again")
    t.write("\x1b[?997;1n")
    t.wait(lambda t: ground(t) == dark, what="the dark theme again")
    t.command("/theme")
    t.wait_text("Enter keep")
    t.write("irs")
    t.wait(lambda t: ground(t) not in (dark, light), what="irssi at once")
    irssi = ground(t)
    t.keys("Esc")
    t.wait_gone("Enter keep")
    t.wait(lambda t: ground(t) == dark, what="the theme before")
    t.command("/theme")
    t.wait_text("Enter keep")
    t.write("irs")
    t.wait(lambda t: ground(t) == irssi, what="irssi again")
    t.keys("Enter")
    t.wait_gone("Enter keep")
    assert ground(t) == irssi
    with open(alice.path("state", "set.cfg")) as f:
        assert 'theme = "irssi"' in f.read()


def test_a_theme_that_cannot_be_read(neighbours):
    alice = neighbours.join("alice")
    alice.write("themes/dim.theme", 'inherit = "default-dark";\npalette = { faint = "#333333"; };\n')
    os.chown(alice.path("themes"), alice.uid, alice.uid)
    code, _, err = alice.run("-t", "dim", "--check-config")
    assert code == 3 and re.search(r"dim\.theme:2: list\.group: contrast 1\.\d to 1, should be 3\.0 or more", err), err
    t = alice.start("-t", "dim", columns=120, rows=30)
    t.wait(lambda t: "dim.theme:2:" in re.sub(r"\s", "", t.text()), timeout=40, what="the warning")


def test_a_theme_that_cannot_be_read_here(neighbours):
    alice = neighbours.join("alice")
    t = alice.start("-t", "irssi", columns=120, rows=30)
    alice.online("here")
    t.to_input()
    t.write("\x1b]11;rgb:0000/0000/0000\x1b\\")
    t.settle()
    assert not t.shows("Hard to read")
    t.write("\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
    t.wait_text("Hard to read on this terminal's background")
    t.command("/theme check")
    t.wait_text("list.away: contrast")
    t.keys("Esc")
