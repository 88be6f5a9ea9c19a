"""tests/e2e/test_keep.py - what is said in secret: where it lies, while kith runs and after, on the disk and in memory"""
import itertools
import os
import re
import shutil
import subprocess

import kith
import pytest
from kith import GIVEN, HERE, until
from omemo_peer import OmemoPeer
from people import xmpp_account

# A sanitizer keeps what was freed, to catch who still uses it: memory is looked at in the build without.
PLAIN = os.path.dirname(GIVEN) if os.path.basename(GIVEN) == "san" else GIVEN
WORD, OURS, PHRASE = "kingfisher", "waxwing in the rowan", "nightjar over gravel"
counter = itertools.count(1)


def holding(root, word):
    """Files below root, of whatever kind, that have the word in them."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, "rb") as f:
                    if word.encode() in f.read():
                        found.append(os.path.relpath(path, root))
            except OSError:  # a socket, or gone by now
                pass
    return found


def remembered(pid, *words):
    """Which of the words are in the memory of a process."""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r[w-]", line)
            if not m or "[vvar" in line or "[vsyscall" in line or ".so" in line:
                continue
            begin, end = (int(x, 16) for x in m.groups())
            try:
                mem.seek(begin)
                data = mem.read(end - begin)
            except (OSError, ValueError, OverflowError):
                continue
            found.update(w for w in words if w.encode() in data)
    return found


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setattr(kith, "KITH", os.path.join(PLAIN, "kith"))


@pytest.fixture
def pair(profile, prosody, tmp_path):
    """A kith and a peer of python-twomemo and -oldmemo who see each other, and their chat open."""
    n = next(counter)
    alice, bob = f"alicekeep{n}@localhost", f"bobkeep{n}@localhost"
    for one, other in ((alice, bob), (bob, alice)):
        prosody.add_user(one.split("@")[0], "secret")
        prosody.befriend(one.split("@")[0], [other.split("@")[0]])
    p = xmpp_account(profile("alice"), prosody, alice.split("@")[0])
    t = p.start(columns=120, rows=36)
    p.online()
    b = OmemoPeer(bob, "secret", port=prosody.c2s, ca=prosody.ca, versions=["2"], store=str(tmp_path / "peer"), timeout=60)
    t.command("/ping")
    t.wait_text("answered in", 30)
    t.command(f"/msg {bob} good morning")
    b.expect("message", body="good morning", timeout=30)
    yield p, t, b, alice, bob
    b.close()


def test_nothing_of_it_on_the_disk(pair):
    """All that can be said, in a chat with /keep off: no file has a word of it, not even of the account; kith shows it until it ends."""
    p, t, b, alice, bob = pair
    assert holding(p.root, "good morning")  # on by default
    t.command("/keep off")
    t.wait_text("Delete from this machine what 1 message", 30)
    t.keys("Enter")  # no
    t.command(f"{WORD} from us")
    m = b.expect("message", body=f"{WORD} from us", timeout=30)
    t.command(f"/edit {WORD} from us, corrected")
    b.expect("message", body=f"{WORD} from us, corrected", timeout=30)
    sent = b.seal(alice, f"{WORD} from them")["id"]
    t.wait_text(f"{WORD} from them", 30)
    b.seal(alice, f"{WORD} from them, put better", replace=sent)
    t.wait_text("put better", 30)
    b.seal(alice, f"> {WORD}\nan answer to {WORD}", reply=m["id"])
    t.wait_text(f"an answer to {WORD}", 30)
    b.seal(alice, None, react_to=m["id"], reactions=["🎉"])
    t.wait(lambda t: "🎉" in t.text(), 30, "a reaction")
    t.type(f"{WORD} half said")
    t.wait_text(f"{WORD} half said", 20)
    code, out, _ = p.run("tail", bob)
    assert code == 0 and f"{WORD} from them, put better" in out  # the user's own other terminal
    until(lambda: not holding(p.root, WORD), 60, "no file that has the word")
    assert f"{WORD} half said" in t.text()
    p.kill_engine()  # all at once, as power cuts are
    assert not holding(p.root, WORD)
    t = p.start(columns=120, rows=36)
    p.online()
    t.command(f"/query {bob}")
    t.wait_text("(not kept on this machine)", 30)
    t.wait_text("good morning", 30)
    assert WORD not in t.text()
    assert WORD not in p.run("tail", bob)[1]
    # What was kept goes after a yes.
    t.command("/keep forget")
    t.wait_text("Delete from this machine what 1 message", 30)
    t.keys("Tab", "Enter")  # yes
    t.wait_text("what was written before is deleted from this machine", 30)
    until(lambda: not holding(p.root, "good morning"), 30, "no file that has what was kept")
    assert "good morning" not in t.text() and "cannot be read" not in t.text()


def test_what_waits_to_be_sent(pair, prosody):
    """Written without a connection it is on the disk, survives a kill, and is gone from there when the server has it."""
    p, t, b, alice, bob = pair
    t.command("/keep off")
    t.wait_text("Delete from this machine", 30)
    t.keys("Enter")  # no
    t.command("/disconnect")
    t.wait_text("offline", 30)
    t.command(f"{WORD} from the tunnel")
    until(lambda: holding(p.root, WORD), 20, "a row that waits")
    p.kill_engine()
    p.start(columns=120, rows=36)
    p.online()
    b.expect("message", body=f"{WORD} from the tunnel", timeout=60)
    until(lambda: not holding(p.root, WORD), 60, "no file that has the word")


NEEDS_PLAIN = pytest.mark.skipif(not os.path.exists(os.path.join(PLAIN, "backends/xmpp.so")), reason="there is only a sanitized build")


@NEEDS_PLAIN
@pytest.mark.skipif(os.getuid() != 0, reason="the memory of an account process is for root alone")
def test_memory(plain, pair, tmp_path):
    """The account's process has what was said no longer than it needs; of a passphrase nobody has anything."""
    p, t, b, alice, bob = pair
    for i in range(3):
        assert not b.seal(alice, f"{WORD} number {i}")["errors"]
        t.wait_text(f"{WORD} number {i}", 30)
        t.command(f"{OURS} {i}")
        b.expect("message", body=f"{OURS} {i}", timeout=30)
    (pid,) = p.account_processes()
    assert remembered(p.engine(), WORD, OURS) == {WORD, OURS}  # it shows them
    until(lambda: not remembered(pid, WORD, OURS), 30, "memory without what was said")
    path = tmp_path / "keys"
    t.command(f"/keys export {path}")
    t.wait_text("assphrase", 30)
    for _ in range(2):
        t.type(PHRASE)
        t.keys("Tab")
    t.keys("Enter")
    until(lambda: path.exists() and path.stat().st_size > 100, 30, "the file")
    assert path.stat().st_mode & 0o777 == 0o600
    for who in (pid, p.engine(), t.pid):
        until(lambda: not remembered(who, PHRASE), 30, f"memory without the passphrase: {kith.processes()[who]}")
    assert not holding(p.root, PHRASE) and PHRASE.encode() not in path.read_bytes()


@NEEDS_PLAIN
@pytest.mark.parametrize("flags", [["-DSIZES"], []], ids=["that tells sizes", "that does not"])
def test_another_allocator(flags, profile, prosody, tmp_path, monkeypatch):
    """Loaded before all others, as hardened ones are: it gets back what it gave, wiped where it tells sizes, and nothing else."""
    for name in os.listdir(PLAIN):
        if name in ("backends", "themes", "terminfo"):
            os.symlink(os.path.join(PLAIN, name), tmp_path / name)
    shutil.copy(os.path.join(PLAIN, "kith"), tmp_path / "kith")
    heap = tmp_path / "heap.so"
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-O1", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
                    *flags, "-D_GNU_SOURCE", "-o", heap, os.path.join(HERE, "heap.c")], check=True)
    wrapper = tmp_path / "kith-account"
    wrapper.write_text(f"#!/bin/sh\nLD_PRELOAD={heap} exec {PLAIN}/kith-account \"$@\"\n")
    wrapper.chmod(0o700)
    monkeypatch.setattr(kith, "KITH", str(tmp_path / "kith"))
    user = f"aliceheap{next(counter)}"
    prosody.add_user(user, "secret")
    p = xmpp_account(profile("alice"), prosody, user)
    t = p.start(columns=100, rows=30)
    p.online()
    t.command("/ping")
    t.wait_text("answered in", 30)
    (pid,) = p.account_processes()
    with open(f"/proc/{pid}/maps") as maps:
        assert str(heap) in maps.read()
