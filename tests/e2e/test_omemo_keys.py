"""tests/e2e/test_omemo_keys.py - keys to a file and from it, a new identity, a device that is gone, new devices that read at once"""
import os
import re
import stat

from kith import until
from people import xmpp_account
from test_omemo import published, world  # noqa: F401

SECRET = "four words are better"


def fingerprint(t):
    """Of this device, as /keys shows it."""
    t.command("/keys")
    t.wait_text("this device", 30)
    lines = t.lines()
    at = next(i for i, line in enumerate(lines) if "this device" in line)
    number = re.search(r"\d{3,}", lines[at]).group()
    key = re.search(r"([0-9a-f]{8} ){7}[0-9a-f]{8}", lines[at + 1]).group()
    t.keys("Esc")
    t.wait(lambda t: "this device" not in t.text(), 30, "the page is closed")
    return number, key


def refused(t, line, words):
    """The text of a command that is refused stays in the input."""
    t.type(line)
    t.keys("Enter")
    t.wait_text(words, 30)
    t.keys("End")
    t.keys("C-u")


def answer(t, *words):
    for i, w in enumerate(words):
        if i:
            t.keys("Tab")
        t.type(w)
    t.keys("Enter")


def test_to_a_file_and_from_it(world, profile, prosody, tmp_path):  # noqa: F811
    """The same device on a new profile, with what was decided; nothing is lost by what goes wrong on the way."""
    p, a = world.kith()
    b = world.peer(versions=["old"])
    published(b, world.alice, ["old"])
    a.command(f"/msg {world.bob} from the old machine")
    b.expect("message", body="from the old machine", timeout=30)
    bob = b.own()["id"]
    a.command(f"/verify -sure {bob}")
    a.wait(lambda t: "encrypted ✓" in t.lines()[0], 30, "bob is verified")
    file = tmp_path / "alice.keys"
    a.command(f"/keys export {file}")
    a.wait_text("Passphrase", 30)
    answer(a, "short", "short")
    a.wait_text("eight letters", 30)
    answer(a, SECRET, SECRET[:-1])
    a.wait_text("not the same", 30)
    answer(a, SECRET, SECRET)
    a.wait_text("Only the passphrase opens it", 30)
    assert SECRET not in a.text()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600 and file.read_bytes()[:8] == b"KITHKEYS"
    kept = file.read_bytes()
    refused(a, f"/keys export {file}", "is there already")
    assert file.read_bytes() == kept
    mine = fingerprint(a)
    assert p.run("quit")[0] == 0
    until(lambda: not p.engine(), 20, "the end of kith")

    q = xmpp_account(profile("new"), prosody, world.alice.split("@")[0])
    n = q.start(columns=120, rows=36)
    q.online()
    other = fingerprint(n)
    assert other != mine
    no_keys = tmp_path / "none"
    no_keys.write_text("nothing of the kind, but long enough for more than the beginning of a file with keys in it")
    refused(n, f"/keys import {tmp_path}/missing", "cannot read")
    for name, secret, words in ((no_keys, SECRET, "no file with keys"), (file, "a wrong one", "passphrase is wrong")):
        n.command(f"/keys import {name}")
        n.wait_text("Passphrase", 30)
        answer(n, secret)
        n.wait_text(words, 30)
    assert fingerprint(n) == other
    n.command(f"/keys import {file}")
    n.wait_text("Passphrase", 30)
    answer(n, SECRET)
    n.wait_text("identity of the file", 30)
    assert fingerprint(n) == mine
    until(lambda: [str(d["id"]) for d in b.devices(world.alice) if "old" in d["active"]] == [mine[0]], 30, "one device of alice")
    n.command(f"/msg {world.bob} from the new machine")
    b.expect("message", body="from the new machine", timeout=30)
    assert not b.seal(world.alice, "to the new machine")["errors"]
    n.wait_text("to the new machine", 30)
    n.wait(lambda t: "encrypted ✓" in t.lines()[0], 30, "bob is verified here as well")


def test_a_new_identity(world):  # noqa: F811
    """/keys reset: another number and fingerprint, the old ones off the server, the history here, and both sides go on."""
    p, a = world.kith()
    b = world.peer(versions=["2", "old"])
    published(b, world.alice, ["2", "old"])
    a.command(f"/msg {world.bob} by the first")
    b.expect("message", body="by the first", timeout=30)
    before = fingerprint(a)
    a.command("/keys reset")
    a.wait_text("has to compare again", 30)
    a.keys("Left")
    a.keys("Enter")
    a.wait_text("Its fingerprint, for those who compare it", 30)
    after = fingerprint(a)
    assert after[0] != before[0] and after[1] != before[1]
    until(lambda: [str(d["id"]) for d in b.devices(world.alice) if d["active"]] == [after[0]], 30, "only the new device")
    until(lambda: not bundles(world, before[0]), 30, "no keys of the old one")
    a.command("by the second")
    b.expect("message", body="by the second", timeout=30)
    assert not b.seal(world.alice, "an answer to the second")["errors"]
    a.wait_text("an answer to the second", 30)
    assert [r["body"] for r in p.json("tail", world.bob)] == ["by the first", "by the second", "an answer to the second"]


def bundles(world, number):  # noqa: F811
    """Where the server keeps keys of this device."""
    user = world.alice.split("@")[0]
    return [f for f in world.server.dir.rglob("*") if f.is_file() and f.suffix in (".list", ".dat") and user in str(f)
            and "bundle" in f.name and (number in f.name or number in f.read_text(errors="replace"))]


def test_a_device_that_is_gone_for_good(world):  # noqa: F811
    """An old device of ours leaves the lists, and others encrypt for it no more."""
    _, a = world.kith()
    b = world.peer(versions=["old"])
    laptop = world.peer(world.alice, versions=["old"], store="laptop", resource="laptop")
    published(b, world.alice, ["old"], devices=2)
    old = str(laptop.own()["id"])
    laptop.close()
    a.command(f"/msg {world.bob} to all of us")
    m = b.expect("message", body="to all of us", timeout=30)
    assert f'rid="{old}"' in m["xml"]
    a.command(f"/devices remove {old}")
    a.wait_text("out of your account?", 30)
    a.keys("Left")
    a.keys("Enter")
    a.wait_text("taken out of your lists", 30)
    until(lambda: old not in [str(d["id"]) for d in b.devices(world.alice) if "old" in d["active"]], 30, "it is in no list")
    a.command("to those that are here")
    m = b.expect("message", body="to those that are here", timeout=30)
    assert f'rid="{old}"' not in m["xml"]
    a.command(f"/devices -sure remove {old}")
    a.wait_text("no such device", 30)


def test_new_devices_read_at_once(world):  # noqa: F811
    """Send anyway: a new device of somebody who is verified reads like one of somebody who is not, in words; hold: it waits."""
    p, a = world.kith()
    b = world.peer(versions=["old"])
    published(b, world.alice, ["old"])
    a.command(f"/msg {world.bob} first words")
    b.expect("message", body="first words", timeout=30)
    a.command(f"/verify -sure {b.own()['id']}")
    a.wait(lambda t: "encrypted ✓" in t.lines()[0], 30, "bob is verified")
    a.command("/encrypt send-anyway")
    a.wait_text("read here at once", 30)
    second = world.peer(store="second", versions=["old"], resource="second")
    published(second, world.bob, ["old"], devices=2)
    a.wait(lambda t: "encrypted, not verified" in t.lines()[0], 30, "the title says so")
    a.command("for both")
    for q in (b, second):
        q.expect("message", body="for both", timeout=30)
    assert p.run("quit")[0] == 0  # it is kept
    until(lambda: not p.engine(), 20, "the end of kith")
    a = p.start(columns=120, rows=36)
    p.online()
    a.command(f"/msg {world.bob} for both again")
    for q in (b, second):
        q.expect("message", body="for both again", timeout=30)
    a.command("/encrypt")
    a.wait_text("(•) send anyway", 30)
    a.type("n")
    a.wait_text("(•) hold messages", 30)
    a.wait(lambda t: "waits for you" in t.lines()[0], 30, "the title says so")
    a.type("q")
    a.wait(lambda t: "Who can read" not in t.text(), 30, "the panel is closed")
    a.command("for one when it is decided")
    a.command(f"/distrust {second.own()['id']}")
    m = b.expect("message", body="for one when it is decided", timeout=30)
    assert f'rid="{second.own()["id"]}"' not in m["xml"]


def test_the_title_says_how_the_first_words_leave(world):  # noqa: F811
    """Nobody decided yet: encrypted where the other side has keys, and plain where they have none; looking decides nothing."""
    _, a = world.kith()
    b = world.peer(versions=["old"])
    published(b, world.bob, ["old"])
    a.command(f"/query {world.bob}")
    a.wait(lambda t: "encrypted, not verified" in t.lines()[0], 30, "bob has keys")
    b.list("old", [])
    a.wait(lambda t: "plain" in t.lines()[0], 30, "bob has none any more")
    a.command("for everybody")
    assert b.expect("message", body="for everybody", timeout=30)["enc"] is None
