"""tests/e2e/test_avatars.py - pictures of people: from one kith over a real Prosody to another, and kept there"""
import glob
import os

import pytest
from kith import BUILD, until
from people import xmpp_account
from servers import Prosody
from test_pictures import png

pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "kith-picture")), reason="built without pictures")


def blocks(terminal):
    """Cells that are drawn with blocks: of a picture, and of nothing else in a page."""
    return sum(c in "▀▄█▌▐▘▝▖▗▛▜▙▟▚▞▁▂▃▅▆▇▔▏▎▍▋▊▉" for c in terminal.text())


def kept(profile):
    return glob.glob(profile.path("cache", "avatars", "*"))


@pytest.fixture
def prosody(tmp_path):
    with Prosody(tmp_path) as p:
        for name in ("alice", "bob"):
            p.add_user(name, "secret")
        yield p


def test_a_picture_of_somebody_in_a_room(profile, prosody, tmp_path):
    """Of whom only the nick is known: their presence in the room says which picture, their card by way of the room has it."""
    sun = tmp_path / "sun.png"
    sun.write_bytes(png(64, 64, lambda x, y: bytes((250 if y // 3 % 2 else 20, x * 4, 90))))
    pa = xmpp_account(profile("alice"), prosody, "alice")
    pb = xmpp_account(profile("bob"), prosody, "bob")
    a, b = pa.start(columns=80, rows=24), pb.start(columns=80, rows=24)
    pa.online(), pb.online()
    a.command(f"/avatar {sun}")
    a.wait_text("This is your picture now", 30)
    a.command("/join verona@conference.localhost")
    a.wait_text("Open it now", 30)
    a.keys("Enter")
    a.wait_gone("Open it now", 30)
    b.command("/join verona@conference.localhost")
    b.wait_text("verona", 30)
    a.command("good morning")
    b.wait_text("good morning", 30)
    assert not kept(pb)
    b.command("/whois alice")
    b.wait(lambda t: blocks(t) > 40, 30, "the picture")
    with open(kept(pb)[0], "rb") as f:
        assert f.read() == sun.read_bytes()  # small, and tells nothing else: as it is
    assert not b.shows("alice@localhost")


def test_a_picture_of_a_contact(profile, prosody, tmp_path):
    """A large file becomes a small picture; a contact who looks sees it beside the profile and in full, and a second look
    asks nobody. What is removed is gone for them, too."""
    sun = tmp_path / "sun.png"
    sun.write_bytes(png(700, 500, lambda x, y: bytes(c // 8 + (200 if y // 13 % 2 else 0) for c in os.urandom(3))))
    assert sun.stat().st_size > 65536
    pa = xmpp_account(profile("alice"), prosody, "alice")
    pb = xmpp_account(profile("bob"), prosody, "bob")
    a, b = pa.start(columns=120, rows=36), pb.start(columns=120, rows=36)
    pa.online(), pb.online()
    b.command("/contact add alice@localhost")
    a.wait_text("bob@localhost", 30)
    a.command("/contact accept bob@localhost")
    a.command(f"/avatar {sun}")
    a.wait_text("This is your picture now", 30)
    assert not kept(pb)  # nothing is fetched before somebody looks
    b.command("/whois alice@localhost")
    b.wait(lambda t: blocks(t) > 40, 30, "the picture")
    name = kept(pb)
    assert len(name) == 1 and len(os.path.basename(name[0])) == 40
    assert os.stat(name[0]).st_mode & 0o777 == 0o600 and os.stat(os.path.dirname(name[0])).st_mode & 0o777 == 0o700
    before = os.stat(name[0]).st_ino
    few = blocks(b)
    b.keys("v")
    b.wait(lambda t: blocks(t) > 2 * few, 30, "the picture in full")
    b.keys("Esc")
    b.wait(lambda t: 40 < blocks(t) < 2 * few, 30, "the profile again")
    b.keys("Esc")
    b.wait(lambda t: blocks(t) == 0, 30, "the page gone")
    b.command("/whois alice@localhost")
    b.wait(lambda t: blocks(t) > 40, 30, "the picture again")
    assert os.stat(kept(pb)[0]).st_ino == before
    b.keys("Esc")
    a.command("/avatar clear")
    a.wait_text("You have no picture now", 30)
    b.command("/avatar -of=alice@localhost")
    b.wait_text("There is no picture", 30)
