"""tests/e2e/test_process.py - processes: nothing that blocks or crashes sits next to the keyboard"""
import fcntl
import os
import re
import signal
import subprocess
import termios
import time

import pytest
from keys import Keys
from kith import alive, until


def pair(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    return alice, bob, a, b


def account_pid(p):
    return until(lambda: next(iter(p.account_processes()), None), what="an account process")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_account_process_that_is_stopped_or_killed(neighbours, how):
    alice, bob, a, b = pair(neighbours)
    a.command(f"/msg {bob.address} one")
    a.wait_text("✓✓")
    pid = account_pid(alice)
    with Keys(a) as keys:
        os.kill(pid, signal.SIGSTOP if how == "stop" else signal.SIGKILL)
        keys.series()
        a.command("two, while it is gone")
        a.wait_text("two, while it is gone")
        keys.until(lambda: set(alice.account_processes()) - {pid})
        assert not alive(pid)
        keys.series()
        keys.judge()
    b.news("two, while it is gone", 40)
    assert b.text().count("two, while it is gone") == 1


def test_account_process_goes_with_its_engine(neighbours):
    alice, bob, a, b = pair(neighbours)
    pid = account_pid(alice)
    os.kill(pid, signal.SIGSTOP)  # it cannot even read that nobody is there any more
    alice.kill_engine()
    until(lambda: not alive(pid), 5, "end of the account process")


def test_two_processes_never_run_one_account(neighbours):
    alice = neighbours.join("alice")
    folder = os.path.join(alice.root, "state", "accounts", "here")
    os.makedirs(folder, 0o700)
    if alice.uid is not None:
        for part in (folder, os.path.dirname(folder), os.path.join(alice.root, "state")):
            os.chown(part, alice.uid, alice.uid)
    with open(os.path.join(folder, "account.lock"), "w") as lock:
        if alice.uid is not None:
            os.fchown(lock.fileno(), alice.uid, alice.uid)
        fcntl.flock(lock, fcntl.LOCK_EX)
        a = alice.start(columns=100, rows=30)
        a.wait_text("Another process of kith runs this account", 20)
        a.wait_text("It goes on here when that one ends", 20)
    alice.online(timeout=60)  # by itself


def test_engine_killed_leaves_a_sane_terminal_and_one_sentence(neighbours):
    alice, bob, a, b = pair(neighbours)
    a.command(f"/msg {bob.address} before the crash")
    a.wait_text("✓✓")
    b.command("/quit")
    b.wait_exit()
    a.command("waiting in the outbox")
    a.wait_text("waiting in the outbox")
    a.type("a draft that must stay")
    time.sleep(1.0)  # by then a draft is on disk
    alice.kill_engine()
    assert a.wait_exit() == 1
    assert "the engine ended unexpectedly" in a.text()
    assert b"\x1b[?1049l" in a.raw and b"\x1b[?2004l" in a.raw
    modes = termios.tcgetattr(a.fd)
    assert modes[3] & termios.ECHO and modes[3] & termios.ICANON and modes[1] & termios.OPOST
    again = alice.start(columns=100, rows=30)
    again.wait_text("before the crash")
    again.wait_text("waiting in the outbox")
    again.wait_text("a draft that must stay")
    b = bob.start()
    b.news("waiting in the outbox", 40)
    assert b.text().count("waiting in the outbox") == 1


def test_detach_and_hangup_keep_the_engine(neighbours):
    alice, bob, a, b = pair(neighbours)
    a.command(f"/msg {bob.address} hello")
    a.wait_text("✓✓")
    engine = alice.engine()
    a.command("/detach")
    assert a.wait_exit() == 0
    assert alice.engine() == engine
    b.keys("M-a")
    b.command("while you were out")
    a = alice.start(columns=100, rows=30)
    a.wait_text("while you were out")
    a.type("half a sent")
    a.settle()
    os.kill(a.pid, signal.SIGHUP)
    a.wait_exit()
    assert alice.engine() == engine
    a = alice.start(columns=80, rows=24)
    a.wait_text("half a sent")
    a.wait_text("while you were out")


def test_two_views_of_different_size_show_different_chats(neighbours):
    alice, bob, a, b = pair(neighbours)
    a.command(f"/msg {bob.address} to bob")
    a.wait_text("✓✓")
    second = alice.start(columns=50, rows=15)
    second.wait_text("to bob")
    second.command(f"/msg {alice.address} a note")
    second.wait_text("a note")
    a.settle()
    assert not re.search(r"│ .*a note", a.text()) and a.shows("to bob")
    assert not second.shows("to bob")


def test_no_descriptor_leaks_into_children(neighbours):
    alice, bob, a, b = pair(neighbours)
    engine = alice.engine()
    mine = {os.readlink(f"/proc/{engine}/fd/{n}") for n in os.listdir(f"/proc/{engine}/fd")}
    private = {x for x in mine if "history" in x or "engine.sock" in x or "memfd" in x}
    assert any("history" in x for x in private)
    for pid in alice.children():
        fds = {n: os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
        assert not set(fds.values()) & private, fds
        assert not any("/dev/pts" in x or "/dev/tty" in x for x in fds.values()), fds
        inherited = {x for x in fds.values() if x.startswith("socket:")} & {x for x in mine if x.startswith("socket:")}
        assert not inherited, (fds, mine)


def count_calls(pid, seconds):
    p = subprocess.run(["timeout", "-s", "INT", str(seconds), "strace", "-f", "-c", "-p", str(pid)],
                       capture_output=True, text=True)
    total = re.search(r"^100\.00\s+\S+\s+\S*\s+(\d+).*total$", p.stderr, re.M)
    return int(total.group(1)) if total else 0


def test_idle_makes_no_system_call(neighbours, prosody):
    """With an account of each kind online."""
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    prosody.add_user("idle", "secret")
    ca = alice.write("ca.crt", open(prosody.ca).read())
    with open(alice.path("accounts.cfg")) as f:
        here = f.read().rstrip().removesuffix(");")
    alice.write("accounts.cfg", here + f''', {{ name = "home"; protocol = "xmpp"; address = "idle@localhost"; password = "secret";
        autoconnect = true; host = "127.0.0.1"; port = {prosody.port}; ca_file = "{ca}"; }} );''')
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    alice.online()
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    a.command(f"/msg {bob.address} hello")
    a.wait_text("✓✓")
    a.settle(1.0)
    time.sleep(12)  # typing notes, read marks and drafts come to rest
    if time.time() % 60 > 35:
        time.sleep(60 - time.time() % 60 + 2)  # the clock ticks once a minute
    pids = {"engine": alice.engine(), "view": a.pid, **{line: pid for pid, line in alice.account_processes().items()}}
    assert len(pids) == 4
    watchers = {name: subprocess.Popen(["timeout", "-s", "INT", "20", "strace", "-f", "-c", "-p", str(pid)],
                                       stderr=subprocess.PIPE, text=True) for name, pid in pids.items()}
    calls = {}
    for name, w in watchers.items():
        text = w.communicate()[1]
        total = re.search(r"^100\.00\s+\S+\s+\S*\s+(\d+).*total$", text, re.M)
        calls[name] = int(total.group(1)) if total else 0
    # Attaching strace may itself restart the call that waits: that one is not a wake-up.
    assert all(n <= 1 for n in calls.values()), calls


def test_stopped_terminal_costs_frames_not_the_engine(neighbours):
    alice, bob, a, b = pair(neighbours)
    a.command(f"/msg {bob.address} hello")
    a.wait_text("✓✓")
    engine = alice.engine()
    a.settle()
    start = time.monotonic()
    # Nobody reads the terminal from here on: its buffer fills, and that is all that may happen.
    for i in range(200):
        assert bob.run("send", "--account", "here", alice.address, input="\n".join(f"line {i} {n}" for n in range(20)))[0] == 0
    with open(f"/proc/{engine}/status") as f:
        rss = int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
    assert rss < 400_000  # the sanitizer takes most of it
    last = f"line 199 19"
    assert last in until(lambda: (o := alice.run("tail", "--account", "here", "-n", "1", bob.address)[1]) and last in o and o)
    a.mark()
    a.wait_text(last)
    assert len(a.raw) < 60_000, "one current frame, not a replay"
