"""tests/e2e/test_pictures.py - pictures in a chat: previews, the full view, hostile files, and the helper's prison"""
import base64
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import zlib

import pytest
from kith import BUILD, KITH, processes, until
from terminal import Screen, Stream, Terminal

HELPER = os.path.join(BUILD, "kith-picture")
pytestmark = pytest.mark.skipif(not os.path.exists(HELPER), reason="built without pictures")
CHECKED = os.path.basename(BUILD) == "san"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixel=None, lie=None):
    """A PNG; pixel(x, y) gives its bytes. lie: the size that its header claims."""
    pixel = pixel or (lambda x, y: bytes((x * 255 // width, y * 255 // height, 128)))
    raw = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))
    w, h = lie or (width, height)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def bomb():
    """30,000 x 30,000 pixels: 3.6 GB once they are decoded, from a file of 900 KB with the right size."""
    c = zlib.compressobj(9)
    row = b"\0" * (30000 * 3 + 1)
    data = b"".join(c.compress(row * 100) for _ in range(300)) + c.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", data) + chunk(b"IEND", b""))


class Shows(Screen):
    """A terminal that shows pictures: takes them out of what is drawn, and says that it can."""

    def __init__(self, columns, rows, version=None, sixel=False, cell=(8, 16)):
        super().__init__(columns, rows)
        self.version, self.sixel, self.cell_size = version, sixel, cell
        self.pictures, self.rest, self.pen = [], b"", Stream(self)

    def feed(self, data):
        self.rest += data
        while True:
            m = re.search(rb"\x1b(?:_G|P)", self.rest)
            plain = self.rest[:m.start()] if m else self.rest
            if plain.endswith(b"\x1b") and not m:
                plain = plain[:-1]
            self.rest = self.rest[len(plain):]
            self.draw_plain(plain)
            end = self.rest.find(b"\x1b\\") if m else -1
            if end < 0:
                return
            self.pictures.append(bytes(self.rest[:end]))
            self.rest = self.rest[end + 2:]

    def draw_plain(self, data):
        for question, answer in ((b"\x1b[>q", f"\x1bP>|{self.version}\x1b\\" if self.version else ""),
                                 (b"\x1b[16t", f"\x1b[6;{self.cell_size[1]};{self.cell_size[0]}t"),
                                 (b"\x1b[c", "\x1b[?62;4c" if self.sixel else "\x1b[?62c")):
            if question in data:
                data = data.replace(question, b"")
                if answer:
                    self.reply(answer)
        self.pen.feed(data)

    def kitty(self):
        return [p for p in self.pictures if p.startswith(b"\x1b_G")]

    def sixels(self):
        return [p for p in self.pictures if p.startswith(b"\x1bP0;1;0q")]


@pytest.fixture
def alice(neighbours):
    return neighbours.join("alice")


def open_kith(alice, model=None, columns=90, rows=30, env=None):
    """A view with a chat to herself; model: another terminal than pyte's."""
    if model:
        t = Terminal([KITH, "-c", alice.root], columns, rows, dict(alice.env(), **(env or {})), "xterm-256color",
                     uid=alice.uid, model=model)
        t.logs = [alice.path("state", "kith.log")]
        alice.terminals.append(t)
    else:
        t = alice.start(columns=columns, rows=rows, env=env)
    t.wait_text("Chats")
    t.wait_text(alice.address)
    t.command(f"/msg {alice.address} notes begin")
    t.wait_text("notes begin")
    return t


def pictures_on(t):
    t.command("/pictures on")
    t.wait_text("pictures are shown (on)")


def send(alice, t, name, content):
    """To herself: it does not go anywhere, but the message is there, and its file is on this machine."""
    with open(alice.path(name), "wb") as f:
        f.write(content)
    os.chown(alice.path(name), alice.uid, alice.uid)
    t.command(f"/send {alice.path(name)}")
    t.wait_text(f"{name}  ")


def blocks(t):
    """Rows of the screen with parts of a picture."""
    return [y for y, line in enumerate(t.lines()) if re.search("[▀-▟]{3}", line)]


def striped(x, y):
    return b"\xf0\x10\x10" if (x // 8 + y // 8) % 2 else b"\x10\x10\xf0"


def test_a_picture_is_shown_where_it_was_wished(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=90, rows=30), bob.start(columns=90, rows=30)
    a.wait_text(bob.address)
    a.command(f"/msg {bob.address} hello from here")
    b.news("hello from here")
    with open(alice.path("sun.png"), "wb") as f:
        f.write(png(320, 200, striped))
    os.chown(alice.path("sun.png"), alice.uid, alice.uid)
    a.command(f"/send {alice.path('sun.png')}")
    b.wait_text("/save takes it")
    b.command(f"/save {bob.path('here.dat')}")  # its name does not matter
    b.wait_text("saved as")
    a.wait_text("received")
    b.settle()
    assert not blocks(b)  # nobody's, until the user says so
    pictures_on(b)
    b.wait(lambda t: len(blocks(t)) == 8, what="a picture of eight rows")
    top = b.line_with("sun.png")
    assert blocks(b) == list(range(top + 1, top + 9))
    colours = {b.cell(y, x).fg for y in blocks(b) for x in range(b.screen.columns) if "▀" <= b.cell(y, x).data <= "▟"}
    assert colours - {"default"}
    # It is there again after a new start, and after the terminal has another size.
    b.command("/quit")
    assert b.wait_exit() == 0
    until(lambda: bob.engine() is None)
    b = bob.start(columns=70, rows=24)
    b.news("sun.png")
    b.wait(lambda t: len(blocks(t)) == 8, what="the picture")
    b.resize(90, 30)
    b.wait(lambda t: len(blocks(t)) == 8 and t.shows("Enter send"), what="the picture on a larger screen")
    b.command("/pictures off")
    b.wait(lambda t: not blocks(t), what="no picture")
    assert not blocks(a)


def test_what_is_no_good_picture_is_refused_with_a_sentence(alice):
    t = open_kith(alice, rows=40)
    pictures_on(t)
    send(alice, t, "bomb.png", bomb())
    t.wait_text("the picture has too many pixels to be shown")
    good = png(200, 100)
    send(alice, t, "cut.png", good[:len(good) // 2])
    t.wait_text("the picture is damaged")
    send(alice, t, "lie.png", png(8, 8, lie=(2000, 2000)))
    t.wait(lambda s: s.text().count("the picture is damaged") == 2, what="both damaged ones")
    send(alice, t, "fake.png", b"#!/bin/sh\necho no picture\n" * 20)
    send(alice, t, "true.txt", png(64, 64, striped))  # by what it is, not by what it is called
    t.wait(lambda s: len(blocks(s)) == 8, what="one picture")
    assert not any("echo" in line for line in t.lines())
    # In full as well: a sentence, and the screen as it was.
    t.keys("M-Up")
    t.wait_text("SELECT")
    t.keys("k")
    t.keys("v")  # fake.png: words about it
    t.wait_text("fake.png  520 bytes")
    t.keys("Esc")
    t.wait_gone("fake.png  520 bytes")
    t.keys("k", "k", "v")
    t.wait_text("✗ the picture is damaged")
    t.keys("Esc")
    t.wait_text("Enter send")
    t.type("still here")  # and no key was lost to it
    t.wait_text("❯ still here")


def in_full(t):
    return t.lines()[-1].strip() == "Esc back"


def full_view(t):
    """Selects the picture, which is the newest message, and opens it."""
    t.wait(lambda s: len(blocks(s)) >= 4, what="a preview")
    t.settle()
    before = t.lines()
    t.keys("M-Up")
    t.wait_text("SELECT")
    t.keys("v")
    t.wait(in_full, what="the full view")
    return before


def back(t, before):
    t.keys("Esc")
    t.wait(lambda s: not in_full(s), what="no full view")
    t.keys("Esc")
    t.wait_gone("SELECT")
    same = [y for y, line in enumerate(before) if "uid-12345 ●" not in line and "sun.png" not in line]
    t.wait(lambda s: all(s.lines()[y] == before[y] for y in same), what="the screen as it was:\n" + "\n".join(before))


def test_full_view_by_kittys_graphics(alice):
    model = Shows(90, 30, version="kitty(0.35.1)")
    t = open_kith(alice, model)
    pictures_on(t)
    send(alice, t, "sun.png", png(120, 60, striped))
    before = full_view(t)
    t.wait(lambda s: any(b"m=0;" in p for p in model.kitty()), what="a whole picture")
    head = re.match(rb"\x1b_Ga=T,f=24,s=(\d+),v=(\d+),c=(\d+),r=(\d+),i=\d+,q=2,C=1,m=[01];", model.kitty()[0])
    w, h, columns, rows = (int(n) for n in head.groups())
    assert (w, h) == (120, 60) and columns <= 90 and rows <= 28
    assert all(len(p) < 4300 for p in model.kitty())
    assert all(re.fullmatch(rb"\x1b_G[^;]*;[A-Za-z0-9+/=]*", p) for p in model.kitty())
    data = b"".join(base64.b64decode(p.split(b";", 1)[1]) for p in model.kitty())
    assert data == b"".join(striped(x, y) for y in range(h) for x in range(w))
    assert not blocks(t)  # it stands on blanks
    assert t.lines()[0].strip().startswith("sun.png · 120 x 60")
    model.pictures.clear()
    back(t, before)
    assert [p for p in model.kitty() if b"a=d,d=I" in p] and not [p for p in model.kitty() if b"a=T" in p]


def test_full_view_by_sixel(alice):
    model = Shows(90, 30, version="foot(1.16.2)", sixel=True)
    t = open_kith(alice, model)
    pictures_on(t)
    send(alice, t, "sun.png", png(120, 60, striped))
    before = full_view(t)
    t.wait(lambda s: model.sixels(), what="a picture")
    head = re.match(rb'\x1bP0;1;0q"1;1;(\d+);(\d+)#', model.sixels()[0])
    w, h = (int(n) for n in head.groups())
    assert 112 <= w <= 128 and 48 <= h <= 64
    assert re.fullmatch(rb'\x1bP0;1;0q"1;1;\d+;\d+[0-9;#!$?-~-]*', model.sixels()[0])
    assert not model.kitty()
    # Another size: it is drawn anew. Back: nothing of it is left, for all is drawn on a clear screen.
    model.pictures.clear()
    t.resize(80, 26)
    t.wait(lambda s: model.sixels(), what="a picture for the new size")
    t.resize(90, 30)
    t.wait(lambda s: len(model.sixels()) > 1, what="a picture for the old size")
    t.mark()
    back(t, before)
    assert b"\x1b[2J" in t.raw or b"\x1b[J" in t.raw


@pytest.mark.parametrize("how", ["tmux", "option"])
def test_full_view_in_symbols_where_nothing_else_can_be(alice, how):
    """In tmux, though the terminal around it could do better, and where the user wants it so."""
    if how == "option":
        alice.write("kith.cfg", 'terminal = { images = "symbols"; };')
    model = Shows(90, 30, version="kitty(0.35.1)", sixel=True)
    t = open_kith(alice, model, env={"TMUX": "/tmp/tmux-0/default,1,0"} if how == "tmux" else None)
    pictures_on(t)
    send(alice, t, "sun.png", png(120, 60, striped))
    before = full_view(t)
    t.wait(lambda s: len(blocks(s)) > 8, what="a large picture of symbols")
    assert not model.kitty() and not model.sixels()
    back(t, before)


@pytest.fixture
def broken_build():
    """A kith whose kith-picture hangs where there is a file ~/hang, and fails where there is none."""
    top = tempfile.mkdtemp(prefix="kp-")
    os.chmod(top, 0o755)
    for name in ("kith", "kith-account"):
        shutil.copy2(os.path.join(BUILD, name), top)
    for name in ("backends", "themes", "terminfo"):
        os.symlink(os.path.join(BUILD, name), os.path.join(top, name))
    with open(os.path.join(top, "kith-picture"), "w") as f:
        f.write('#!/bin/sh\n[ -e "$HOME/hang" ] && exec tail -f /dev/null\nexit 1\n')
    os.chmod(os.path.join(top, "kith-picture"), 0o755)
    yield os.path.join(top, "kith")
    shutil.rmtree(top)


def test_a_helper_that_fails_or_hangs_stops_nothing(alice, broken_build):
    t = Terminal([broken_build, "-c", alice.root], 90, 30, alice.env(), "tmux-256color", uid=alice.uid)
    t.logs = [alice.path("state", "kith.log")]
    alice.terminals.append(t)
    t.wait_text("Chats")
    t.wait_text(alice.address)
    t.command(f"/msg {alice.address} notes begin")
    t.wait_text("notes begin")
    for n in range(3):
        send(alice, t, f"sun{n}.png", png(40 + n, 40))
    t.wait(lambda s: s.text().count("not sent: you have the file already") == 3, what="an end of all sending")
    t.command("/pictures on")
    said = "the program that reads pictures ended unexpectedly"
    t.wait(lambda s: sum(line.split("│")[-1].strip().startswith(said[:40]) for line in s.lines()) == 3,
           what="three that could not be read")
    t.wait_text("pictures are not shown for 60 s")
    alice.write("hang", "")
    t.keys("M-Up", "v")  # it is asked for: that is tried even now
    t.wait_text("Esc gives up")
    t.keys("Esc")
    t.wait_gone("Esc gives up")
    t.keys("Esc")
    t.wait_gone("SELECT")
    t.type("the keys are heard")
    t.wait_text("❯ the keys are heard")
    until(lambda: not any(line.startswith("tail -f /dev/null") and parent == alice.engine()
                          for parent, line in processes().values()), what="an end of what hung")


def test_the_helper_can_compute_and_nothing_else(alice):
    ours, its = socket.socketpair()
    helper = subprocess.Popen([HELPER], stdin=its, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=alice.env())
    its.close()
    try:
        def status():
            with open(f"/proc/{helper.pid}/status") as f:
                return dict(line.split(":", 1) for line in f)
        until(lambda: status()["Seccomp"].strip() == "2", what="a confined helper")
        assert status()["NoNewPrivs"].strip() == "1"
        with open(f"/proc/{helper.pid}/limits") as f:
            limits = {line[:26].strip(): line[26:].split()[0] for line in f}
        assert limits["Max cpu time"] == "6" and limits["Max file size"] == "0" and limits["Max core file size"] == "0"
        assert CHECKED or int(limits["Max address space"]) <= 1 << 30
        names = {os.readlink(f"/proc/{helper.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{helper.pid}/fd")}
        assert all(n == "/dev/null" or n.startswith("socket:") for n in names), names
        ours.sendall(b"\xff" * 64)  # nonsense ends it
        assert helper.wait(20) == 0
    finally:
        helper.kill()
        helper.wait()
        ours.close()
