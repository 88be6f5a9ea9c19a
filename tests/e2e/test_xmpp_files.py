"""tests/e2e/test_xmpp_files.py - files by HTTP upload over a real Prosody, between two kiths and with another client"""
import hashlib
import itertools
import os
import pathlib

import pytest
from people import xmpp_account
from peer import Peer
from servers import Prosody

counter = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Prosody of its own: the way of its files is cut and frozen."""
    made = Prosody(tmp_path_factory.mktemp("files"))
    yield made
    made.stop()


def kith_of(profile, server, name):
    user = f"{name}-f{next(counter)}"
    server.add_user(user, "secret")
    p = xmpp_account(profile(name), server, user, extra='encryption = "off";')  # encrypted ones have tests of their own
    p.write("kith.cfg", f'files = {{ folder = "{p.path("inbox")}"; }};\n')
    return p, p.start(columns=120, rows=36)


@pytest.fixture
def pair(profile, server):
    """Two kiths, online, each looking at the chat with the other: (profile, terminal) of Alice and of Bob."""
    (pa, a), (pb, b) = (kith_of(profile, server, name) for name in ("alice", "bob"))
    pa.online(), pb.online()
    a.command(f"/msg {pb.address} a file comes")
    a.wait_text("✓")
    b.news("a file comes")
    yield pa, a, pb, b
    server.web.pause_after = None
    server.web.freeze(False)


def a_file(p, name, size):
    path = pathlib.Path(p.path(name))
    path.write_bytes(os.urandom(size))
    return path


def sum_of(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def inbox(p):
    folder = pathlib.Path(p.path("inbox"))
    return sorted(f.name for f in folder.iterdir()) if folder.exists() else []


def stuck_half_way(a, server, path):
    """Sends it; after 2 MB nothing passes any more."""
    server.web.pause_after = 2_000_000
    a.command(f"/send {path}")
    a.wait_text("% sent, /decline stops it", timeout=60)
    a.wait(lambda t: server.web.frozen, timeout=60, what="pause of the relay")


def test_a_file_goes_up_and_comes_down_and_a_flipped_bit_does_not(pair, server):
    pa, a, pb, b = pair
    path = a_file(pa, "plans.bin", 3_000_000)
    a.command(f"/send {path}")
    a.wait_text("https://localhost:", timeout=60)
    a.wait(lambda t: "✓" in t.lines()[t.line_with("https://localhost:")], what="mark of the server")
    b.wait_text("plans.bin  2.9 MB")
    assert not inbox(pb)  # nothing is fetched by itself
    b.command("/save")
    b.wait_text("saved as", timeout=60)
    assert inbox(pb) == ["plans.bin"] and sum_of(pb.path("inbox", "plans.bin")) == sum_of(path)
    kept = [f for f in (server.dir / "data").rglob("*") if f.is_file() and f.stat().st_size == 3_000_000]
    assert len(kept) == 1
    with open(kept[0], "r+b") as f:
        f.seek(1_500_000)
        byte = f.read(1)
        f.seek(1_500_000)
        f.write(bytes([byte[0] ^ 1]))
    b.command("/save")
    b.wait_text("checksum", timeout=60)
    assert inbox(pb) == ["plans.bin"]
    kept[0].unlink()
    b.command("/save")
    b.wait_text("it is there no longer", timeout=60)
    assert inbox(pb) == ["plans.bin"]


def test_a_broken_upload_goes_on_with_a_new_slot(pair, server):
    pa, a, pb, b = pair
    path = a_file(pa, "songs.bin", 9_000_000)
    stuck_half_way(a, server, path)
    server.web.cut()
    server.web.freeze(False)
    b.wait_text("songs.bin  8.6 MB", timeout=60)
    b.command("/save")
    b.wait_text("saved as", timeout=60)
    assert sum_of(pb.path("inbox", "songs.bin")) == sum_of(path)


def test_after_kill_9_it_says_so_and_resend_goes_on(pair, server):
    pa, a, pb, b = pair
    path = a_file(pa, "film.bin", 9_000_000)
    stuck_half_way(a, server, path)
    pa.kill_engine()
    a.close()
    server.web.cut()
    server.web.freeze(False)
    a = pa.start(columns=120, rows=36)
    pa.online()
    a.wait_text("kith ended while the file was sent")
    assert not b.shows("film.bin")
    a.command("/resend")
    b.wait_text("film.bin  8.6 MB", timeout=60)
    a.wait_gone("kith ended while")
    assert b.text().count("film.bin  8.6 MB") == 1


def test_too_large_is_said_with_the_limit(pair):
    pa, a, pb, b = pair
    path = pathlib.Path(pa.path("huge.bin"))
    with open(path, "wb") as f:
        f.truncate(11_000_000)
    a.command(f"/send {path}")
    a.wait_text("takes at most 10485760 bytes")


def test_another_client_understands_and_is_understood(profile, server):
    p, a = kith_of(profile, server, "alice")
    user = f"peer-f{next(counter)}"
    server.add_user(user, "secret")
    peer = Peer(f"{user}@localhost", "secret", port=server.c2s, ca=server.ca)
    try:
        p.online()
        path = a_file(p, "cat.png", 5000)
        a.command(f"/msg {user}@localhost look")
        peer.expect("message", body="look")
        a.command(f"/send {path}")
        got = peer.expect("message", where=lambda m: (m["body"] or "").startswith("https://localhost:"), timeout=60)
        assert got["body"].endswith("/cat.png")
        assert "urn:xmpp:sfs:0" in got["xml"] and f"url>{got['body']}</" in got["xml"]
        peer.raw_message(p.address, f"<body>{got['body']}</body><x xmlns='jabber:x:oob'><url>{got['body']}</url></x>")
        a.wait(lambda t: t.text().count("cat.png  ") >= 1 and t.shows("/save fetches it"), what="the same file come back")
        a.command("/save")
        a.wait_text("saved as", timeout=60)
        assert inbox(p) == ["cat.png"] and sum_of(p.path("inbox", "cat.png")) == sum_of(path)
    finally:
        peer.close()


def test_a_file_in_a_room_is_one_file(pair):
    pa, a, pb, b = pair
    room = f"files{next(counter)}@conference.localhost"
    a.command(f"/join {room}")
    a.wait_text("Open it now", timeout=30)
    a.keys("Enter")
    a.wait_text("This room is new", timeout=30)
    b.command(f"/join {room}")
    b.wait_text("Members", timeout=30)
    path = a_file(pa, "map.bin", 40_000)
    a.command(f"/send {path}")
    b.wait_text("/save fetches it", timeout=60)
    assert b.text().count("map.bin  39 KB") == 1
    a.wait_text("https://localhost:", timeout=60)
    assert a.text().count("map.bin  39 KB") == 1
    b.command("/save")
    b.wait_text("saved as", timeout=60)
    assert sum_of(pb.path("inbox", "map.bin")) == sum_of(path)
