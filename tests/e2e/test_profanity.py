"""tests/e2e/test_profanity.py - another terminal client, profanity, is the other side: what one shows, the other meant"""
import itertools
import shutil

import pytest
from kith import until
from peer import Peer
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


def test_encrypted_both_ways(profile, prosody):
    n = next(counter)
    alice, bob = f"alicepf{n}@localhost", f"bobpf{n}@localhost"
    for one, other in ((alice, bob), (bob, alice)):
        prosody.add_user(one.split("@")[0], "secret")
        prosody.befriend(one.split("@")[0], [other.split("@")[0]])
    # profanity knows "there is no list" only by a number that this server does not send: another program made one before
    with Peer(bob, "secret", port=prosody.c2s, ca=prosody.ca) as p:
        p.iq("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='eu.siacs.conversations.axolotl.devicelist'>"
             "<item id='current'><list xmlns='eu.siacs.conversations.axolotl'/></item></publish></pubsub>", type="set")
        assert "result" in p.iq("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node="
                                "'eu.siacs.conversations.axolotl.devicelist'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
                                "<value>http://jabber.org/protocol/pubsub#node_config</value></field><field var='pubsub#access_model'>"
                                "<value>open</value></field></x></configure></pubsub>", type="set")
    k = xmpp_account(profile("alice"), prosody, alice.split("@")[0])
    a = k.start(columns=120, rows=36)
    k.online()
    b = Profanity(bob.split("@")[0], prosody.c2s)
    try:
        b.line("/omemo trustmode blind")
        b.line("/omemo gen")
        b.wait_text("generated. Your Device ID", 60)
        list_of_bob = "pep_eu%2esiacs%2econversations%2eaxolotl%2edevicelist"
        file = prosody.dir / f"data/localhost/{list_of_bob}/{bob.split('@')[0]}.list"
        until(lambda: file.exists() and "device" in file.read_text().replace("devicelist", ""), 60, "profanity in its list of devices")
        a.command(f"/msg {bob} secret of kith")
        b.wait_text("chat message", 60)
        b.line(f"/msg {alice}")
        b.wait_text("secret of kith")
        b.line("/omemo start")
        b.line("secret of profanity")
        a.wait_text("secret of profanity", 30)
        for i in range(3):
            a.command(f"kith says {i}")
            b.wait_text(f"kith says {i}")
            b.line(f"profanity says {i}")
            a.wait_text(f"profanity says {i}", 30)
        b.line("/correct profanity corrects")
        a.wait(lambda t: any("profanity corrects" in line and "edited" in line for line in t.lines()), 30, "an edit in kith")
        a.command("/edit kith corrects")
        b.wait_text("kith corrects")
        files = [f for f in prosody.dir.rglob("archive/*") if f.stem in (alice.split("@")[0], bob.split("@")[0])]
        text = "".join(f.read_text(errors="replace") for f in files)
        assert text.count("axolotl") > 8
        for words in ("secret of", "kith says", "profanity says", "corrects"):
            assert words not in text
    finally:
        b.close()
