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


def start_plain(p, **more):
    t = p.start("--plain", term="dumb", **more)
    t.wait_text("-- kith:")
    return t


def prompt_is(t, text):
    """The last row with something on it is the line of input, whole."""
    t.wait(lambda s: [line for line in s.lines() if line][-1] == text, what=f"{text!r} as the last line")


def test_a_line_that_comes_does_not_tear_the_one_being_typed(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = start_plain(alice, columns=80, rows=40), bob.start(columns=100, rows=30)
    alice.online(), bob.online()
    b.wait_text(alice.address)
    a.type("/msg " + bob.address + " half a thou")
    prompt_is(a, f"> /msg {bob.address} half a thou")
    b.command(f"/msg {alice.address} good morning to you")
    a.wait_text("good morning to you")
    prompt_is(a, f"> /msg {bob.address} half a thou")
    a.keys("C-w")
    a.type("cake\r")
    b.news("half a cake")
    a.wait_text("you: half a cake")
    prompt_is(a, ">")
    # History, a correction in the middle, wide letters; the row shows the part at the cursor when it is too long.
    a.keys("Up")
    prompt_is(a, f"> /msg {bob.address} half a cake")
    a.keys("C-u")
    a.type("日本" + "x" * 100)
    a.wait(lambda s: [line for line in s.lines() if line][-1].endswith("x" * 70), what="the end of the long line")
    a.keys("C-a")
    a.wait(lambda s: [line for line in s.lines() if line][-1].startswith("> 日"), what="its beginning")
    a.keys("C-k")
    prompt_is(a, ">")
    # Not one escape sequence in all that, and the message came once.
    assert b"\x1b" not in a.raw
    assert a.raw.count(b"good morning to you") == 1
    a.type("/query " + bob.address + "\r")
    a.wait_text(f"-- {bob.address} on here")
    a.type("hello again\r")
    b.wait_text("hello again")
    assert a.raw.count(b"good morning to you") == 1, "what was told was told again"
    a.keys("C-d")
    assert a.wait_exit() == 0


def test_changes_are_told(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = start_plain(alice, columns=110, rows=40), bob.start(columns=100, rows=30)
    alice.online(), bob.online()
    b.wait_text(alice.address)
    b.command(f"/msg {alice.address} helo there")
    a.wait_text("helo there")
    b.news("helo there")
    b.command("/edit")
    b.wait_text("editing")
    b.keys("C-u")
    b.type("hello there", enter=True)
    a.wait_text("corrected: " + bob.address + ": hello there")
    a.type("/query " + bob.address + "\r")
    a.wait_text(f"-- {bob.address} on here")
    a.type("/react +1\r")
    a.wait_text("reacts with +1 to ")
    b.wait_text("[+1 1]")
    a.type("/panel select\r")
    a.wait_text(f"1  {bob.address}: hello there")
    b.command("/retract")
    a.wait_text(f"-- [{bob.address}] {bob.address} withdrew: ")
    assert b"\x1b" not in a.raw


def test_accidents_are_stopped(neighbours):
    """Issue 3, points 5 and 12: the same guard as on the screen; what a pipe says is no slip of a finger."""
    p = neighbours.join("alice")
    t = start_plain(p, columns=100, rows=40)
    p.online()
    t.type(f"/query {p.address}\r")
    t.wait_text(f"-- {p.address} on here")
    t.type(" /quit\r")
    t.wait_text("-- ! This looks like a command that was mistyped")
    prompt_is(t, f"Send it to {p.address} (here)? (yes, no)")
    t.type("no\r")
    t.wait_text("-- not sent")
    prompt_is(t, ">  /quit")  # to be mended
    t.keys("C-u")
    t.write(b"git status\rsecond of a paste\r")  # in one go: the second line is no answer
    t.wait_text("-- ! yes or no comes first; this went nowhere: second of a paste")
    assert p.json("tail", p.address) == []
    t.type("yes\r")
    t.wait_text("you: git status")
    assert [r["body"] for r in p.json("tail", p.address)] == ["git status"]
    pipe = plain(p)
    pipe.stdin.write(f"/query {p.address}\n:wq\n".encode())
    pipe.stdin.flush()
    t.wait_text("you: :wq")
    pipe.stdin.close()
    assert pipe.wait(20) == 0
    assert b"\x1b" not in t.raw


def test_beside_a_screen_and_questions(profile, prosody):
    from people import xmpp_account
    prosody.add_user("plainer", "hunter22")
    p = xmpp_account(profile("alice"), prosody, "plainer", password="")
    full = p.start(columns=100, rows=30)
    full.wait_text("assword")
    a = start_plain(p, columns=100, rows=40)
    a.wait_text("? home:")
    a.type("? ok\r")
    a.wait(lambda s: [line for line in s.lines() if line][-1].lower().startswith("password"), what="a prompt for the password")
    a.type("hunter22")
    a.settle()
    a.keys("Enter")
    p.online()
    prompt_is(a, ">")
    assert b"hunter22" not in a.raw, "the password was shown"
    a.type("/quit\r")
    assert a.wait_exit() == 0
    assert full.wait_exit() == 0
