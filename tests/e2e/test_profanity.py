"""tests/e2e/test_profanity.py - another terminal client, profanity, is the other side: what one shows, the other meant"""
import itertools
import shutil

import pytest
from kith import until
from people import xmpp_account
from profanity import Profanity

pytestmark = pytest.mark.skipif(not shutil.which("profanity"), reason="no profanity")
counter = itertools.count(1)


@pytest.fixture
def pair(profile, prosody):
    """(kith of alice, profanity of bob, alice's address, bob's): each in the other's list, both online."""
    n = next(counter)
    alice, bob = f"alicepf{n}", f"bobpf{n}"
    for one, other in ((alice, bob), (bob, alice)):
        prosody.add_user(one, "secret")
        roster = prosody.dir / "data/localhost/roster"
        roster.mkdir(exist_ok=True)
        (roster / f"{one}.dat").write_text('return {\n[false] = { ["version"] = 1; };\n["%s@localhost"] = { ["subscription"] = "both"; '
                                           '["groups"] = {}; };\n};\n' % other)
    p = xmpp_account(profile("alice"), prosody, alice)
    a = p.start(columns=120, rows=36)
    p.online()
    b = Profanity(bob, prosody.c2s)
    yield a, b, f"{alice}@localhost", f"{bob}@localhost"
    b.close()


def confirmed(profanity, text):
    """Whether profanity shows this message of its user as received: red until then."""
    t = profanity.terminal
    row = t.line_with(text)
    return row is not None and t.cell(row, t.lines()[row].index(text)).fg != "red"


def test_messages_receipts_and_corrections_both_ways(pair):
    a, b, alice, bob = pair
    a.wait(lambda t: any("●" in line and bob in line for line in t.lines()), 30, "bob online in kith")
    b.line("/msg nobody-is-here@localhost into the void")
    b.wait_text("into the void")
    assert not confirmed(b, "into the void")
    b.line(f"/msg {alice} from profanity")
    a.news("from profanity", 30)
    b.terminal.wait(lambda t: confirmed(b, "from profanity"), 30, "a receipt in profanity")
    a.command("from kith")
    b.wait_text("from kith")
    a.wait(lambda t: any("from kith" in line and "✓✓" in line for line in t.lines()), 30, "a receipt in kith")
    b.line("/correct from profanity, corrected")
    a.wait(lambda t: any("from profanity, corrected" in line and "edited" in line for line in t.lines()), 30, "an edit in kith")
    a.command("/edit from kith, corrected")
    b.wait_text("from kith, corrected")
    b.terminal.wait(lambda t: not any(line.endswith(": from kith") for line in t.lines()), 30, "no old words in profanity")


def test_in_one_room(pair):
    a, b, alice, bob = pair
    room = f"both{next(counter)}@conference.localhost"
    a.command(f"/join {room}")
    a.wait_text("Open it now", 30)
    a.keys("Enter")
    a.wait_gone("Open it now")
    b.line(f"/join {room}")
    a.wait(lambda t: any(bob.split("@")[0] in line for line in t.lines()[2:]), 30, "bob in the room")
    b.line("hello room from profanity")
    a.wait_text("hello room from profanity", 30)
    a.command("hello room from kith")
    b.wait_text("hello room from kith")
    b.line("/me waves")
    a.wait(lambda t: any("waves" in line and "/me" not in line for line in t.lines()), 30, "an action in kith")
    a.command("/topic about the weather")
    b.wait_text("about the weather")


def test_files_both_ways(pair, tmp_path):
    a, b, alice, bob = pair
    ours, theirs = tmp_path / "minutes.txt", tmp_path / "plan.txt"
    ours.write_text("what was said\n")
    theirs.write_text("what is to be done\n")
    b.line(f"/msg {alice} here it comes")
    a.news("here it comes", 30)
    b.line(f"/sendfile {theirs}")
    a.wait_text("/save fetches it", 30)
    assert any(line.split("│")[-1].strip() == "plan.txt" for line in a.lines()), a.text()
    got = tmp_path / "got.txt"
    a.command(f"/save {got}")
    until(lambda: got.exists() and got.read_text() == "what is to be done\n", 30, "the file fetched")
    a.command(f"/send {ours}")
    b.terminal.wait(lambda t: any("me:" not in line and line.endswith("minutes.txt") and "://" in line for line in t.lines()), 30,
                    "a link in profanity")
    a.wait(lambda t: any("minutes.txt  14 B" in line for line in t.lines()), 30, "the file sent, in kith")
