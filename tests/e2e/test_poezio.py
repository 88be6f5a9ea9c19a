"""tests/e2e/test_poezio.py - a third terminal client, poezio, is the other side: what one shows, the other meant"""
import itertools
import re
import shutil

import pytest
from people import xmpp_account
from poezio import Poezio

pytestmark = pytest.mark.skipif(not shutil.which("poezio"), reason="no poezio")
counter = itertools.count(1)


@pytest.fixture
def pair(profile, prosody):
    """(kith of alice, poezio of bob, alice's name, bob's): each in the other's list, both online."""
    n = next(counter)
    alice, bob = f"alicepz{n}", f"bobpz{n}"
    for one, other in ((alice, bob), (bob, alice)):
        prosody.add_user(one, "secret")
        prosody.befriend(one, [other])
    p = xmpp_account(profile("alice"), prosody, alice)
    a = p.start(columns=120, rows=36)
    p.online()
    b = Poezio(bob, prosody)
    yield a, b, alice, bob
    b.close()


def said(poezio, who, words, corrected):
    """Waits for a line of this person; poezio writes how often it was corrected behind the name, and an ok mark before it."""
    form = re.compile(r"\b%s ?%s> %s *$" % (who, "[1¹]" if corrected else "", re.escape(words)))
    poezio.terminal.wait(lambda t: any(form.search(line) for line in t.lines()), 30, f"{words!r} of {who} in poezio")


def in_kith(a, words, *marks):
    a.wait(lambda t: any(words in line and all(m in line for m in marks) for line in t.lines()), 30, f"{words!r} {marks} in kith")


def test_messages_receipts_and_corrections_both_ways(pair):
    a, b, alice, bob = pair
    a.wait(lambda t: any("●" in line and bob in line for line in t.lines()), 30, "bob online in kith")
    b.line(f"/message {alice}@localhost from poezio")
    a.news("from poezio", 30)
    b.terminal.wait(lambda t: any("✔" in line and "from poezio" in line for line in t.lines()), 30, "a receipt in poezio")
    a.command("from kith")
    said(b, alice, "from kith", False)
    in_kith(a, "from kith", "✓✓")
    b.line("/correct from poezio, corrected")
    in_kith(a, "from poezio, corrected", "edited")
    a.command("/edit from kith, corrected")
    said(b, alice, "from kith, corrected", True)
    b.terminal.wait(lambda t: not any(line.rstrip().endswith("> from kith") for line in t.lines()), 30, "no old words in poezio")
    in_kith(a, "from kith, corrected", "edited")


def test_in_one_room(pair):
    a, b, alice, bob = pair
    room = f"pz{alice}@conference.localhost"
    a.command(f"/join {room}")
    a.wait_text("Open it now", 30)
    a.keys("Enter")
    a.wait_gone("Open it now")
    b.line(f"/join {room}/{bob}")
    a.wait(lambda t: any(bob in line for line in t.lines()[2:]), 30, "bob in the room")
    b.wait_text("joined the room")
    b.line("hello room from poezio")
    in_kith(a, "hello room from poezio")
    a.command("hello room from kith")
    said(b, alice, "hello room from kith", False)
    b.line("/correct hello room, corrected by poezio")
    in_kith(a, "hello room, corrected by poezio", "edited")
    a.command("/edit hello room, corrected by kith")
    said(b, alice, "hello room, corrected by kith", True)
    b.line("/me waves")
    a.wait(lambda t: any("waves" in line and "/me" not in line for line in t.lines()), 30, "an action in kith")
    a.command("/topic about the weather")
    b.wait_text("about the weather")
