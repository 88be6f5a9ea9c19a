"""tests/e2e/test_omemo_files.py - files in encrypted chats over a real Prosody: between two kiths, and for whoever reads an aesgcm link"""
import itertools
import os
import pathlib
import re
import ssl
import urllib.request

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kith import until
from omemo_peer import OmemoPeer
from people import xmpp_account
from servers import Prosody

counter = itertools.count(1)
SIZE = 20_000_000
MOST = 12_000_000  # by which a process may grow while such a file goes through it


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Prosody(tmp_path_factory.mktemp("sealed"), largest=2 * SIZE)
    yield made
    made.stop()


@pytest.fixture
def friends(server):
    n = next(counter)
    alice, bob = f"alicesf{n}", f"bobsf{n}"
    for one, other in ((alice, bob), (bob, alice)):
        server.add_user(one, "secret")
        server.befriend(one, [other])
    return alice, bob


def kith_of(profile, server, name, user):
    p = xmpp_account(profile(name), server, user)
    p.write("kith.cfg", f'files = {{ folder = "{p.path("inbox")}"; }};\n')
    return p, started(p)


def started(p):
    """What is freed counts as freed under the sanitizers, too: the tests here look at the memory."""
    t = p.start(columns=120, rows=36, env={"ASAN_OPTIONS": "detect_leaks=1:exitcode=99:quarantine_size_mb=1:"
                                           "thread_local_quarantine_size_kb=64:log_path=" + p.path("asan")})
    p.online()
    return t


def peaks(p):
    """The most memory that the engine and the account's process ever had, in bytes."""
    found = {}
    for pid in (p.engine(), *p.account_processes()):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        found[pid] = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024
    return found


def a_file(p, name, size=SIZE):
    path = pathlib.Path(p.path(name))
    path.write_bytes(b"a line that nobody else may read\n" * (size // 33 + 1))
    os.truncate(path, size)
    return path


def inbox(p):
    folder = pathlib.Path(p.path("inbox"))
    return sorted(f.name for f in folder.iterdir()) if folder.exists() else []


def uploaded(server, size):
    """The one file of that size on the disk of the server."""
    found = [f for f in (server.dir / "data").rglob("*") if f.is_file() and f.stat().st_size == size]
    assert len(found) == 1
    return found[0]


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 1]))


def chatting(profile, server, friends):
    """Two kiths in an encrypted chat, each looking at it."""
    (pa, a), (pb, b) = (kith_of(profile, server, name, user) for name, user in zip(("alice", "bob"), friends))
    a.command(f"/msg {pb.address} a file comes")
    a.wait_text("✓")
    b.news("a file comes", 60)
    b.command(f"/msg {pa.address} send it")
    a.wait_text("send it", 60)
    return pa, a, pb, b


def test_the_server_has_no_plaintext_and_a_flipped_bit_is_no_file(profile, server, friends):
    pa, a, pb, b = chatting(profile, server, friends)
    path = a_file(pa, "plans.txt")
    before = {**peaks(pa), **peaks(pb)}
    a.command(f"/send {path}")
    b.wait_text("plans.txt  19.1 MB  encrypted", timeout=120)
    there = uploaded(server, SIZE + 16)
    assert b"nobody else may read" not in there.read_bytes()
    assert not inbox(pb)
    flip(there, SIZE + 15)  # of the tag
    b.command("/save")
    b.wait_text("Nothing was kept", timeout=120)
    assert not inbox(pb)
    flip(there, SIZE + 15)
    b.command("/save")
    b.wait_text("saved as", timeout=120)
    assert inbox(pb) == ["plans.txt"]
    got = pathlib.Path(pb.path("inbox", "plans.txt"))
    assert got.read_bytes() == path.read_bytes() and got.stat().st_mode & 0o777 == 0o600
    after = {**peaks(pa), **peaks(pb)}
    grown = {pid: after[pid] - before[pid] for pid in before}
    assert len(grown) == 4 and max(grown.values()) < MOST, grown
    for t in (a, b):
        assert not re.search(r"aesgcm|gcm256|#[0-9a-f]{40}", t.text())
    for p in (pa, pb):
        for log in pathlib.Path(p.path("")).rglob("*.log"):
            assert not re.search(rb"aesgcm|gcm256", log.read_bytes())
        history = pathlib.Path(p.path("data", "history.db"))
        assert history.stat().st_mode & 0o777 == 0o600 and history.parent.stat().st_mode & 0o777 == 0o700


def test_after_kill_9_the_file_gets_another_key(profile, server, friends):
    """What of it lay on the server before is not continued: it is encrypted anew, as if it were another file."""
    pa, a, pb, b = chatting(profile, server, friends)
    path = a_file(pa, "film.raw")
    server.web.pause_after = 2_000_000
    a.command(f"/send {path}")
    a.wait_text("% sent, /decline stops it", timeout=60)
    a.wait(lambda t: server.web.frozen, timeout=60, what="pause of the relay")
    pa.kill_engine()
    a.close()
    server.web.cut()
    server.web.freeze(False)
    server.web.pause_after = None
    a = started(pa)
    a.wait_text("kith ended while the file was sent", timeout=60)
    assert not b.shows("film.raw")
    a.command("/resend")
    b.wait_text("film.raw  19.1 MB  encrypted", timeout=120)
    server.web.pause_after = 2_000_000
    b.command("/save")
    b.wait(lambda t: server.web.frozen, timeout=60, what="pause of the relay")
    pb.kill_engine()
    b.close()
    assert not inbox(pb)  # nothing of it is left behind, under any name
    server.web.cut()
    server.web.freeze(False)
    server.web.pause_after = None
    b = started(pb)
    b.command(f"/query {pa.address}")
    b.wait_text("film.raw  19.1 MB  encrypted", timeout=60)
    b.command("/save")
    b.wait_text("saved as", timeout=120)
    assert inbox(pb) == ["film.raw"]
    assert pathlib.Path(pb.path("inbox", "film.raw")).read_bytes() == path.read_bytes()


def test_who_reads_the_old_version_has_the_link(profile, server, friends):
    alice, bob = friends
    p, a = kith_of(profile, server, "alice", alice)
    peer = OmemoPeer(f"{bob}@localhost", "secret", port=server.c2s, ca=server.ca, versions=["old"],
                     store=str(p.path("peer")), timeout=60)
    try:
        path = a_file(p, "photo.png", 100_000)
        a.command(f"/msg {bob}@localhost a file comes")
        peer.expect("message", body="a file comes", timeout=60)
        a.command(f"/send {path}")
        found = {}

        def link():
            m = peer.expect("message", timeout=60)
            found.update(m)
            return str(m.get("body", "")).startswith("aesgcm://")
        until(link, 60, "the link")
        url, key = found["body"].split("#")
        assert "photo" not in url and url.endswith(".png") and re.fullmatch("[0-9a-f]{88}", key)
        assert "aesgcm" not in found["xml"]
        tls = ssl.create_default_context(cafile=str(server.ca))
        data = urllib.request.urlopen("https" + url[len("aesgcm"):], context=tls, timeout=60).read()
        iv, key = bytes.fromhex(key[:24]), bytes.fromhex(key[24:])
        assert AESGCM(key).decrypt(iv, data, None) == path.read_bytes()
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(iv, bytes([data[0] ^ 1]) + data[1:], None)
        # and the other way: the peer's link, its tag behind the bytes, on the same server
        b_iv, b_key = os.urandom(16), os.urandom(32)
        slot = uploaded(server, 100_016)
        slot.write_bytes(AESGCM(b_key).encrypt(b_iv, b"x" * 100_000, None))
        sent = peer.seal(f"{alice}@localhost", f"{url}#{b_iv.hex()}{b_key.hex()}")
        assert not sent["errors"]
        name = url.rsplit("/", 1)[1]
        a.command("/save")
        a.wait_text("saved as", timeout=60)
        assert inbox(p) == [name]
        assert pathlib.Path(p.path("inbox", name)).read_bytes() == b"x" * 100_000
        assert b_iv.hex() not in a.text()
    finally:
        peer.close()
