"""tests/e2e/test_awake.py - after a suspend, a change of the network or on a dead link: online again without a key press"""
import ctypes
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import time

import kith
import pytest
from kith import BUILD, HERE, until
from peer import Peer
from people import xmpp_account
from servers import Prosody

SANITIZED = "san" in BUILD
LIMIT = 10.0  # seconds from life coming back to being online again
CLONE_NEWNET = 0x40000000
SIOCSIFADDR, SIOCSIFFLAGS = 0x8916, 0x8914


class Clock:
    """The clocks of the account processes of one build tree."""

    def __init__(self, folder):
        self.folder = folder
        self.ahead = os.path.join(folder, "ahead")
        with open(self.ahead, "wb") as f:
            f.write(struct.pack("q", 0))
        os.mkfifo(os.path.join(folder, "wake"))

    def sleep_through(self, seconds):
        """As if the machine had been suspended for so long: the time is another, and the kernel wakes who asked for it."""
        with open(self.ahead, "r+b") as f:
            f.write(struct.pack("q", seconds * 1000))
        fd = os.open(os.path.join(self.folder, "wake"), os.O_RDWR | os.O_NONBLOCK)
        os.write(fd, b"\1\0\0\0\0\0\0\0")
        os.close(fd)


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """A build tree in which kith-account runs with a clock that can be moved."""
    if SANITIZED:
        pytest.skip("the sanitizer must be the first library")
    for name in os.listdir(BUILD):
        if name in ("backends", "themes", "terminfo", "kith-notify"):
            os.symlink(os.path.join(BUILD, name), tmp_path / name)
    shutil.copy(os.path.join(BUILD, "kith"), tmp_path / "kith")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o",
                    tmp_path / "clock.so", os.path.join(HERE, "clock.c"), "-ldl"], check=True)
    c = Clock(str(tmp_path))
    wrapper = tmp_path / "kith-account"
    wrapper.write_text(f"#!/bin/sh\nKITH_TEST_CLOCK={tmp_path} LD_PRELOAD={tmp_path}/clock.so exec {BUILD}/kith-account \"$@\"\n")
    wrapper.chmod(0o700)
    monkeypatch.setattr(kith, "KITH", str(tmp_path / "kith"))
    return c


@pytest.fixture
def network():
    """A network of our own, with nothing but 127.0.0.1; the value gives it one more address."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as before:
        if libc.unshare(CLONE_NEWNET) != 0:
            pytest.skip("a network namespace needs root")

        def address(name, text):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                fcntl.ioctl(s, SIOCSIFADDR, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(text)))
                fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", name.split(b":")[0], 0x1 | 0x40))
        try:
            address(b"lo", "127.0.0.1")
            yield lambda: address(b"lo:1", "192.0.2.7")
        finally:
            libc.setns(before.fileno(), CLONE_NEWNET)


@pytest.fixture
def server(tmp_path_factory):
    with Prosody(tmp_path_factory.mktemp("s")) as s:
        yield s


def two(profile, server):
    for name in ("alice", "bob"):
        server.add_user(name, "secret")
    p = xmpp_account(profile("alice"), server, "alice")
    other = Peer("bob@localhost", "secret", server.c2s, server.ca)
    t = p.start(columns=100, rows=30)
    p.online()
    t.command("/msg bob@localhost hello")
    other.expect("message", body="hello")
    t.wait(lambda s: "✓" in s.text() or "hello" in s.text(), what="the message")
    return p, t, other


def lost_and_found(server, t, other, wake):
    """The link dies unseen; what is written to us meanwhile is there LIMIT after wake()."""
    server.lose()
    before = server.accepted
    other.send("alice@localhost", "while you were away")
    time.sleep(2)
    assert server.accepted == before and not t.shows("while you were away")  # nothing could notice yet
    start = time.monotonic()
    wake()
    t.wait_text("while you were away", timeout=30)
    took = time.monotonic() - start
    print(f"online again after {took:.1f} s")
    assert took < LIMIT and t.text().count("while you were away") == 1
    assert server.accepted == before + 1


def test_suspend(clock, profile, server):
    p, t, other = two(profile, server)
    with other:
        lost_and_found(server, t, other, lambda: clock.sleep_through(3600))
        p.online()


def test_new_network(network, profile, server):
    p, t, other = two(profile, server)
    with other:
        lost_and_found(server, t, other, network)
        p.online()


def test_dead_link_is_noticed_by_what_is_written(profile, server):
    p, t, other = two(profile, server)
    with other:
        server.lose()
        start = time.monotonic()
        t.command("into the void")
        other.expect("message", body="into the void", timeout=40)
        took = time.monotonic() - start
        print(f"arrived after {took:.1f} s")
        assert took < LIMIT + 4
        other.none("message", 1.0)
        p.online()


def test_half_a_stanza_does_not_end_the_talk(profile, server):
    """A long message leaves at once. Where the link breaks in the middle of one, Prosody 0.12 takes what the resumed
    session says for the rest of it: nothing arrives until a new session is begun."""
    p, t, other = two(profile, server)

    def write(word):
        t.paste((word + " ") * 24000)
        t.wait_text(word)
        t.keys("Enter")
    with other:
        write("whole")
        other.expect("message", where=lambda e: "whole whole" in e["xml"], timeout=8)
        server.freeze_after(40_000)
        write("half")
        until(lambda: server.frozen, 20, "half of it to be on the way")
        server.cut()
        server.thaw()
        other.expect("message", where=lambda e: "half half" in e["xml"], timeout=35)
        p.online()
        t.command("and a short one")
        other.expect("message", body="and a short one")


def test_the_wait_is_shown_and_skipped(profile, server):
    """With the server away: why, and how many seconds until the next try; /reconnect does not wait for them."""
    p, t, other = two(profile, server)
    with other:
        server.refuse()
        server.cut()

        def waiting(s):
            return re.search(r"retry \d+ s", s.text()) and "The connection to 127.0.0.1" in s.text()
        t.wait(waiting, 40, "the reason and the seconds")
        t.wait(lambda s: [r for r in p.json("status") if r.get("retry_ms", 0) > 6000], 60, "a longer wait")
        server.refuse(False)
        start = time.monotonic()
        t.command("/reconnect")
        p.online(timeout=5)
        print(f"online {time.monotonic() - start:.1f} s after /reconnect")


def test_restart_of_kith_resumes(profile, server):
    """The engine and with it the account process are gone at once: the next kith goes on with the same session."""
    p, t, other = two(profile, server)
    with other:
        before = server.log.count("<resumed")
        p.kill_engine()
        other.send("alice@localhost", "while kith was not there")
        t = p.start(columns=100, rows=30)
        t.wait_text("while kith was not there", timeout=30)
        p.online()
        assert server.log.count("<resumed") == before + 1
