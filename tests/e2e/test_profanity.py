"""tests/e2e/test_profanity.py - another terminal client, profanity, is the other side: what one shows, the other meant"""
import itertools
import json
import pathlib
import re

import pytest
from kith import until
from people import xmpp_account
from profanity import Profanity, with_keys

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
    b.wait_text("You have joined the room")  # else what is typed next goes to the window before
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


@pytest.fixture
def sealed(profile, prosody):
    """A function that makes profanities with keys of OMEMO, each the first device of its user, and one that makes kiths."""
    made = []

    def people(*names):
        n = next(counter)
        found = [f"{name}pf{n}@localhost" for name in names]
        for one in found:
            prosody.add_user(one.split("@")[0], "secret")
            prosody.befriend(one.split("@")[0], [o.split("@")[0] for o in found if o != one])
        return found

    def kith(who):
        p = xmpp_account(profile(who.split("pf")[0]), prosody, who.split("@")[0])
        t = p.start(columns=120, rows=36)
        p.online()
        return p, t

    def profanity(who):
        b = with_keys(who, prosody)
        made.append(b)
        return b

    def kept(*who):
        """All that the server has of their chats."""
        files = [f for f in prosody.dir.rglob("archive/*") if f.stem in [w.split("@")[0] for w in who]]
        return "".join(f.read_text(errors="replace") for f in files)
    yield people, kith, profanity, kept
    for b in made:
        b.close()


def test_encrypted_both_ways(sealed):
    """Messages, corrections and replies; and 200 messages that kith finds when it comes back."""
    people, kith, profanity, kept = sealed
    alice, bob = people("alice", "bob")
    k, a = kith(alice)
    b = profanity(bob)
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
    a.command("/reply kith replies")
    b.wait_text("kith replies")
    b.wait_text("> profanity corrects")
    assert k.run("quit")[0] == 0
    until(lambda: not k.engine(), 30, "the end of kith")
    away = [f"while away {i}" for i in range(200)]
    for i in range(0, 200, 20):
        b.terminal.write("".join(words + "\r" for words in away[i:i + 20]))
        b.terminal.wait(lambda t: any(line.endswith(away[i + 19]) for line in t.lines()[:-2]), 30, away[i + 19])
    a = k.start(columns=120, rows=36)
    k.online()

    def said():
        code, out, _ = k.run("tail", "-n", "400", "--json", bob)
        return [json.loads(line)["body"] for line in out.splitlines()] if code == 0 else []
    until(lambda: away[-1] in said(), 60, "200 messages")
    assert said()[-200:] == away
    a.command(f"/msg {bob} kith is back")
    b.wait_text("kith is back")
    text = kept(alice, bob)
    assert text.count("axolotl") > 200
    for words in ("secret of", "kith says", "profanity says", "corrects", "replies", "while away", "is back"):
        assert words not in text


def links_in(screen):
    """The aesgcm: links on it, whose lines are broken."""
    return re.findall(r"aesgcm://localhost:[^#]*#[0-9a-f]{88}", "".join(line.strip() for line in screen.lines()))


def test_encrypted_files_both_ways(sealed):
    """Links with a key inside of the encrypted message (XEP-0454): each saves what the other one sent, and nobody else could."""
    people, kith, profanity, kept = sealed
    alice, bob = people("alice", "bob")
    k, a = kith(alice)
    b = profanity(bob)
    a.command(f"/msg {bob} files will come")
    b.wait_text("chat message", 60)
    b.line(f"/msg {alice}")
    b.wait_text("files will come")
    b.line("/omemo start")
    b.line("send it")
    a.wait_text("send it", 30)
    theirs, ours, got, back = (pathlib.Path(k.path(name)) for name in ("plan.txt", "minutes.txt", "got.txt", "back.txt"))
    theirs.write_text("what profanity plans\n")
    ours.write_text("what kith wrote down\n")
    b.line(f"/sendfile {theirs}")
    a.wait(lambda t: any("  encrypted  " in line and "/save fetches it" in line for line in t.lines()), 60, "a file in the place of the link")
    a.command(f"/save {got}")
    until(lambda: got.exists() and got.read_text() == "what profanity plans\n", 60, "the file decrypted in kith")
    a.command(f"/send {ours}")
    b.terminal.wait(lambda t: len(links_in(t)) == 2, 60, "the link in profanity, below its own")
    b.line(f"/url save {links_in(b.terminal)[-1]} {back}")
    until(lambda: back.exists() and back.read_text() == "what kith wrote down\n", 60, "the file decrypted in profanity")
    assert not re.search(r"aesgcm|[0-9a-f]{40}", a.text())
    text = kept(alice, bob)
    assert "axolotl" in text and "aesgcm" not in text and "minutes" not in text


def test_profanity_is_our_other_device(sealed):
    """Carbons: each of the two shows what the other one wrote, and both read what comes."""
    people, kith, profanity, kept = sealed
    alice, bob = people("alice", "bob")
    b = profanity(alice)
    ka, a = kith(alice)
    kb, c = kith(bob)
    a.command(f"/msg {bob} from alice's kith")
    c.news("from alice's kith", 30)
    b.line(f"/msg {bob}")
    b.wait_text("from alice's kith")
    c.command("to both of alice")
    a.wait_text("to both of alice", 30)
    b.wait_text("to both of alice")
    b.line("/omemo start")
    b.line("from alice's profanity")
    c.wait_text("from alice's profanity", 30)
    a.wait_text("from alice's profanity", 30)
    text = kept(alice, bob)
    assert "axolotl" in text
    for words in ("to both", "from alice"):
        assert words not in text
