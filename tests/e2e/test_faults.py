"""tests/e2e/test_faults.py - the disk is full, read-only or damaged, the file too new, the profile taken: said, and nothing is lost"""
import glob
import os
import resource
import socket
import sqlite3
import subprocess
import time

import pytest
from kith import until


@pytest.fixture
def disk():
    """A function that puts a profile's data on a small disk of its own."""
    mounted = []

    def make(p, size="1m"):
        path = p.path("data")
        os.mkdir(path, 0o700)
        rc = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700,uid={p.uid},gid={p.uid}", "kith-test", path],
                            capture_output=True)
        if rc.returncode != 0:
            pytest.skip("a small disk needs the right to mount")
        mounted.append(path)
        return path

    yield make
    for path in mounted:
        subprocess.run(["umount", "-l", path], check=True)


def cpu(pid):
    """Seconds of CPU that a process has used."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stop(p, t):
    t.command("/quit")
    assert t.wait_exit() == 0
    until(lambda: p.engine() is None, what="the end of the engine")


def bodies(p, address, n=100):
    return [r["body"] for r in p.json("tail", "-n", str(n), address)]


def watch(t, seen, text):
    """Waits for a text; keeps the lines about the history that were on the screen meanwhile."""
    def look(s):
        seen.extend(line.strip() for line in s.lines() if "cannot be saved" in line and line.strip() not in seen)
        return s.shows(text)
    t.wait(look, what=repr(text))


def test_full_disk(neighbours, disk):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    data = disk(alice)
    a, b = alice.start(columns=140, rows=40), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    a.command(f"/msg {bob.address} before")
    a.wait_text("✓✓")
    b.news("before")
    with open(os.path.join(data, "filler"), "wb", buffering=0) as f:
        try:
            while f.write(b"x" * 4096):
                pass
        except OSError:
            pass
    want, seen = ["before"], []
    while not any("chat goes on in memory" in s for s in seen):
        assert len(want) < 60, "the disk was never full"
        want.append(f"{len(want)} from bob")
        assert bob.run("send", alice.address, want[-1])[0] == 0
        watch(a, seen, want[-1])
    a.type("x")
    a.keys("C-u")
    a.wait_gone("chat goes on in memory")
    again = []
    for i in range(5):
        want.append(f"later {i}")
        b.command(want[-1])
        watch(a, again, want[-1])
        a.settle(0.1)
    watch(a, again, want[-1])
    assert again == []  # told once
    code, out, err = alice.run("send", bob.address, "own words")
    assert code == 1 and "memory" in err, (code, out, err)
    want.append("own words")
    os.unlink(os.path.join(data, "filler"))
    a.wait_text("the history is saved again", 60)
    a.wait_text("own words")
    b.wait_text("own words")
    alice.kill_engine()
    a = alice.start(columns=140, rows=40)
    a.wait_text("own words")
    assert bodies(alice, bob.address) == want


def test_read_only_directory(neighbours, disk):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    data = disk(alice, "8m")
    a, b = alice.start(columns=140, rows=40), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    a.command(f"/msg {bob.address} stored before")
    a.wait_text("✓✓")
    stop(alice, a)
    subprocess.run(["mount", "-o", "remount,ro", data], check=True)
    a = alice.start(columns=140, rows=40)
    a.wait_text("the history cannot be saved")
    a.wait_text("stored before")
    b.news("stored before")
    b.command("anybody there?")
    a.wait_text("anybody there?")
    stop(alice, a)
    subprocess.run(["mount", "-o", "remount,rw", data], check=True)
    a = alice.start(columns=140, rows=40)
    a.wait_text("anybody there?", 40)  # it was never confirmed, so bob's side sends it again
    assert bodies(alice, bob.address) == ["stored before", "anybody there?"]


def test_damaged_history_is_set_aside(neighbours):
    alice = neighbours.join("alice")
    a = alice.start(columns=140, rows=40)
    a.wait_text("Chats")
    alice.online()
    a.command(f"/msg {alice.address} old words")
    a.wait_text("old words")
    stop(alice, a)
    with open(alice.path("data", "history.db"), "r+b") as f:
        f.write(b"this was never a database, was it?" * 200)
    a = alice.start(columns=140, rows=40)
    a.wait_text("the history was damaged; it is kept as")
    kept = glob.glob(alice.path("data", "history.db.damaged-*"))
    assert kept and os.stat(kept[0]).st_mode & 0o777 == 0o600
    alice.online()
    a.command(f"/msg {alice.address} new words")
    a.wait_text("new words")
    assert bodies(alice, alice.address) == ["new words"]


def test_newer_history_is_refused(neighbours):
    alice = neighbours.join("alice")
    a = alice.start()
    a.wait_text("Chats")
    stop(alice, a)
    path = alice.path("data", "history.db")
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 4711")
    db.commit()
    db.close()
    before = open(path, "rb").read()
    a = alice.start(columns=140)
    assert a.wait_exit() == 1
    assert "newer" in a.text() and "history" in a.text(), a.report()
    assert alice.engine() is None
    assert open(path, "rb").read() == before


def test_profile_in_use(neighbours):
    """A second kith attaches; when it cannot, because the first does not answer, it says so: exit code 5."""
    alice = neighbours.join("alice")
    a = alice.start()
    a.wait_text("Chats")
    engine = alice.engine()
    second = alice.start()
    second.wait_text("Chats")
    second.command("/detach")
    assert second.wait_exit() == 0 and alice.engine() == engine
    os.unlink(alice.path("run", "engine.sock"))
    third = alice.start(columns=140)
    assert third.wait_exit() == 5
    assert "another kith uses this profile" in third.text(), third.report()
    assert alice.engine() == engine
    a.command(f"/msg {alice.address} undisturbed")
    a.wait_text("undisturbed")
    stop(alice, a)


def test_no_descriptor_for_one_more_view(neighbours):
    """Whoever cannot be let in waits; the engine neither spins nor stays deaf."""
    alice = neighbours.join("alice")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, before[1]))
    try:
        a = alice.start(columns=100, rows=30)
        alice.online()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    engine = alice.engine()
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    os.seteuid(alice.uid)
    for s in waiting:
        s.connect(alice.path("run", "engine.sock"))
    os.seteuid(0)
    until(lambda: len(os.listdir(f"/proc/{engine}/fd")) == 48, what="the last descriptor")
    spent = cpu(engine)
    time.sleep(1.5)
    assert cpu(engine) - spent < 0.3
    for s in waiting:
        s.close()
    until(lambda: alice.run("status")[0] == 0, what="an engine that lets in again")
    stop(alice, a)


def test_account_leaves_while_its_chat_is_shown(neighbours):
    """The view turns away from all its chats at once, the ones that nobody has looked at yet among them."""
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    for line in "/join #one", "/join #two", f"/query {alice.address}", f"/msg {bob.address} hi":
        a.command(line)
    a.wait_text("✓✓")
    stop(alice, a)
    a = alice.start(columns=100, rows=30)
    alice.online()
    engine = alice.engine()
    alice.write("accounts.cfg", "accounts = ( );\n")
    a.command("/reload")
    a.wait_text("There is no account yet")
    assert alice.engine() == engine
    stop(alice, a)
