"""tests/e2e/test_control.py - kith send, tail, unread, status, open, quit: words, --json, --account, and exit codes that are true"""
import json
import os
import subprocess
import tempfile

import pytest
from kith import KITH, until


def start(p, *args):
    """kith COMMAND in the background."""
    def demote():
        os.setgroups([])
        os.setresgid(p.uid, p.uid, p.uid)
        os.setresuid(p.uid, p.uid, p.uid)
    return subprocess.Popen([KITH, "-c", p.root, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=p.env(), preexec_fn=demote)


@pytest.fixture
def two_places(neighbours):
    """Alice and bob meet in two directories: each has two accounts, "here" and "there"."""
    import shutil
    other = tempfile.mkdtemp(prefix="kl-")
    os.chmod(other, 0o1777)
    people = [neighbours.join(n) for n in ("alice", "bob")]
    for p in people:
        p.write("accounts.cfg", "accounts = (" + ",".join(
            f'{{ name = "{n}"; protocol = "local"; autoconnect = true; directory = "{d}"; }}'
            for n, d in (("here", neighbours.directory), ("there", other))) + ");")
    yield people
    shutil.rmtree(other, ignore_errors=True)


def test_account_chooses(two_places):
    alice, bob = two_places
    for p in two_places:
        p.start(columns=100, rows=30)
        p.online()

    def reach(account):
        return until(lambda: (r := alice.run("send", "--wait", "--json", "--account", account, bob.address, f"by {account}"))[0] == 0
                     and json.loads(r[1]), what=f"bob in the list of {account}")
    assert reach("here")["state"] == "delivered" and reach("there")["state"] == "delivered"
    assert alice.run("--account", "there", "send", "--wait", bob.address, "before the command")[0] == 0
    for account, want in (("here", ["by here"]), ("there", ["by there", "before the command"])):
        rows = bob.json("tail", "--account", account, alice.address)
        assert [r["body"] for r in rows] == want and {r["account"] for r in rows} == {account}
        assert rows[0]["own"] is False and rows[0]["sender"] == alice.address
        unread = bob.json("unread", "--account", account)
        assert [(r["account"], r["chat"], r["unread"]) for r in unread] == [(account, alice.address, len(want))]
        status = bob.json("status", "--account", account)
        assert [(r["account"], r["state"]) for r in status] == [(account, "online")]
    assert len(bob.json("unread")) == 2 and len(bob.json("status")) == 2
    for command in (("send", bob.address, "x"), ("unread",), ("status",), ("tail", bob.address)):
        code, out, err = alice.run(command[0], "--account", "nosuch", *command[1:])
        assert code == 1 and "nosuch" in err and out == "", (command, out, err)


def test_wait_is_over_when_the_peer_has_it(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    b = bob.start()
    a = alice.start(columns=100, rows=30)
    a.wait_text(bob.address)
    assert alice.run("send", "--wait", bob.address, "first")[0] == 0
    b.command("/quit")
    b.wait_exit()
    until(lambda: bob.engine() is None, what="the end of bob's engine")
    waiting = start(alice, "send", "--wait", "--json", bob.address, "for later")
    until(lambda: [r["body"] for r in alice.json("tail", "-n", "1", bob.address)] == ["for later"], what="the message in the outbox")
    assert alice.json("tail", "-n", "1", bob.address)[0]["state"] in ("queued", "sent")
    assert waiting.poll() is None
    code, out, err = alice.run("send", "--json", bob.address, "not waited for")
    assert code == 0 and json.loads(out)["state"] == "queued"
    bob.start()
    out, err = waiting.communicate(timeout=40)
    assert waiting.returncode == 0 and json.loads(out)["state"] == "delivered", (out, err)
    assert [r["body"] for r in bob.json("tail", alice.address)][:2] == ["first", "for later"]


def test_wait_fails_when_the_engine_ends_first(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    b = bob.start()
    a = alice.start(columns=100, rows=30)
    a.wait_text(bob.address)
    b.command("/quit")
    b.wait_exit()
    until(lambda: bob.engine() is None, what="the end of bob's engine")
    waiting = start(alice, "send", "--wait", bob.address, "never mind")
    until(lambda: any(r["body"] == "never mind" for r in alice.json("tail", bob.address)), what="the message in the outbox")
    alice.kill_engine()
    out, err = waiting.communicate(timeout=20)
    assert waiting.returncode == 1 and err, (waiting.returncode, out, err)


def test_follow_prints_what_comes(neighbours):
    alice = neighbours.join("alice")
    alice.start()
    alice.online()
    assert alice.run("send", "--wait", alice.address, "before")[0] == 0
    following = start(alice, "tail", "--follow", "--json", alice.address)
    assert json.loads(following.stdout.readline())["body"] == "before"
    assert alice.run("send", alice.address, "two\nlines \x1b[31mand red")[0] == 0
    line = json.loads(following.stdout.readline())
    assert line["body"].startswith("two\nlines") and "\x1b" not in line["body"]
    assert alice.run("quit")[0] == 0
    following.communicate(timeout=20)
    assert following.returncode != 0  # it did not end because it was told to


def test_open_and_no_engine(neighbours):
    alice = neighbours.join("alice")
    for command in (("send", "x", "y"), ("tail", "x"), ("unread",), ("status",), ("open", "xmpp:a@example.org"), ("quit",)):
        code, out, err = alice.run(*command)
        assert code == 1 and "no kith is running" in err, command
    t = alice.start(columns=100, rows=30)
    alice.online()
    assert alice.run("open")[0] == 2
    code, out, err = alice.run("open", "gopher://example.org")
    assert code == 1 and err
    # A browser is never started for a script, so it does not matter whether there is one.
    code, out, err = alice.run("open", "https://example.org/")
    assert (code, out) == (1, "") and "an address begins with xmpp:, irc:, ircs: or local:" in err
    code, out, err = alice.run("open", "xmpp:somebody@example.org")
    assert code == 1 and "no account speaks xmpp" in err
    assert alice.run("open", f"local:{alice.address}")[0] == 0
    t.wait(lambda s: "this machine" in s.lines()[0], what="the chat")
    assert alice.run("unread")[:2] == (0, "")
    t.command("/detach")
    t.wait_exit()
    assert "an address begins with" in alice.run("open", "https://example.org/")[2]
    code, out, err = alice.run("open", "xmpp:somebody@example.org")
    assert code == 1 and "no terminal" in err, err
    assert alice.run("quit", "good", "night")[0] == 0
    until(lambda: alice.engine() is None, what="the end of the engine")


def test_only_its_user_is_answered(neighbours):
    """The engine looks at who calls: modes are not all that stands between it and other users."""
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    alice.start()
    alice.online()
    path = alice.path("run", "engine.sock")
    assert os.stat(path).st_mode & 0o777 == 0o600 and os.stat(alice.path("run")).st_mode & 0o777 == 0o700
    for name, mode in ((alice.root, 0o755), (alice.path("run"), 0o755), (path, 0o666)):
        os.chmod(name, mode)
    call = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(2); print(s.recv(100))"

    def caller(uid):
        def demote():
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        p = subprocess.run(["/usr/bin/python3", "-c", call, path], capture_output=True, text=True, preexec_fn=demote)
        return p.stdout.strip() or p.stderr.strip().split("\n")[-1]
    assert caller(bob.uid) == "b''"  # hung up at once
    assert "timed out" in caller(alice.uid)  # listened to
    assert alice.json("status")[0]["state"] == "online"
