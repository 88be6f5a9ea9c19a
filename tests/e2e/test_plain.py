"""tests/e2e/test_plain.py - kith --plain: line by line, without a screen"""
import os
import select
import subprocess
import time

from kith import KITH


def plain(p):
    def demote():
        os.setgroups([])
        os.setresgid(p.uid, p.uid, p.uid)
        os.setresuid(p.uid, p.uid, p.uid)
    env = p.env()
    env["TERM"] = "dumb"
    return subprocess.Popen([KITH, "-c", p.root, "--plain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=env, preexec_fn=demote if p.uid else None)


def read_until(process, text, seconds=20):
    seen, end = b"", time.monotonic() + seconds
    while text.encode() not in seen:
        ready, _, _ = select.select([process.stdout], [], [], max(0, end - time.monotonic()))
        assert ready, f"no {text!r} in {seen.decode()!r}"
        seen += os.read(process.stdout.fileno(), 65536)
    return seen.decode()


def test_two_plain_terminals_chat(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = plain(alice), plain(bob)
    read_until(a, "--"), read_until(b, "--")
    alice.online(), bob.online()
    a.stdin.write(f"/msg {bob.address} hello in lines\n".encode())
    a.stdin.flush()
    assert f"[{alice.address}]" in read_until(b, "hello in lines")
    b.stdin.write(b"/window -active next\nand back\n")
    b.stdin.flush()
    read_until(a, "and back")
    a.stdin.write(b"/nonsense\n")
    a.stdin.flush()
    read_until(a, "-- !")
    for process in (a, b):
        process.stdin.close()
        assert process.wait(10) == 0


def test_dumb_terminal_is_told(profile):
    t = profile().start(term="dumb")
    assert t.wait_exit() == 4
    assert "--plain" in t.text()


def test_account_option_shows_that_account(neighbours):
    alice = neighbours.join("alice")
    t = alice.start()
    alice.online()
    t.command(f"/msg {alice.address} a note to self")
    t.wait_text("a note to self")
    t.command("/detach")
    t.wait_exit()
    t = alice.start("-a", "nowhere")
    t.wait_text("no account nowhere")
    t.command("/detach")
    t.wait_exit()
    t = alice.start("-a", "here")
    t.wait_text("a note to self")
