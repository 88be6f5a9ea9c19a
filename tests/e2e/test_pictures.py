"""tests/e2e/test_pictures.py - pictures in a chat: previews, the full view, hostile files, and the helper's prison"""
import base64
import os
import re
import socket
import struct
import subprocess
import zlib

import pytest
from kith import BUILD, KITH, alive, processes, until
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


def red(x, y):
    return b"\xf0\x10\x10"


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
def notes(neighbours):
    """A user who sends pictures to herself, in a chat that is open; `send` gives her a file and sends it."""
    alice = neighbours.join("alice")

    def open_chat(model=None, columns=90, rows=30, env=None, **more):
        if model:
            t = Terminal([KITH, "-c", alice.root], columns, rows, dict(alice.env(), **(env or {})), "xterm-256color",
                         uid=alice.uid, model=model)
            t.logs = [alice.path("state", "kith.log")]
            alice.terminals.append(t)
        else:
            t = alice.start(columns=columns, rows=rows, env=env, **more)
        t.wait_text("Chats")
        return t

    def send(t, name, content, opened=[]):
        with open(alice.path(name), "wb") as f:
            f.write(content)
        os.chown(alice.path(name), alice.uid, alice.uid)
        t.command(f"/send {alice.path(name)}")
        t.wait_text(f"{name}  ")
    return alice, open_chat, send


def start_chat(alice, t):
    t.command(f"/msg {alice.address} notes begin")
    t.wait_text("notes begin")
    t.command("/pictures on")
    t.wait_text("pictures are shown (on)")


def blocks(t):
    """Rows of the screen with parts of a picture."""
    return [y for y, line in enumerate(t.lines()) if re.search("[▀▄█▌▐▖▗▘▝▙▚▛▜▞▟]{3}", line)]


def test_try(notes):
    alice, open_chat, send = notes
    t = open_chat()
    start_chat(alice, t)
    send(t, "sun.png", png(320, 200))
    t.settle(1, 3)
    print(t.report())
    t.keys("M-Up")
    t.keys("v")
    t.settle(1, 3)
    print(t.report())
    assert 0
