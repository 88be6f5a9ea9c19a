"""tests/e2e/test_rogue.py - a plugin of the user that spins, leaks, crashes or sleeps costs its own account a pause, no more"""
import os
import re
import subprocess
import time

import pytest
from keys import Keys
from kith import BUILD, HERE, alive, until
from test_process import account_pid

SANITIZED = "san" in BUILD
INCLUDE = os.path.join(HERE, "../../include")


def rogue(profile, mode=0o700, extra="", source="rogue.c", flags=()):
    """A profile whose one account is served by rogue.c (or another) from the user's own plugin directory."""
    p = profile("alice")
    plugins = p.path("data", "plugins")
    os.makedirs(plugins, mode=0o700)
    os.chmod(p.path("data"), 0o700)
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-fPIC",
                    "-shared", "-I", INCLUDE, "-o", os.path.join(plugins, "rogue.so"), os.path.join(HERE, source), *flags], check=True)
    os.chmod(os.path.join(plugins, "rogue.so"), 0o600)
    os.chmod(plugins, mode)
    p.write("accounts.cfg", f'accounts = ( {{ name = "rogue"; protocol = "rogue"; address = "me"; autoconnect = true; {extra} }} );\n')
    return p


def said_of_process(t):
    """What the screen says about the account's process."""
    return set(re.findall(r"account rogue: (its process .*?; starting it again in \d+ s)", " ".join(t.text().split())))


@pytest.mark.parametrize("fault, words", [
    ("spin", "its process (does not answer|was killed by signal 24)"),
    ("sleep", "its process does not answer"),
    ("crash", "its process was killed by signal 6"),
    ("leak", "its process was killed by signal"),
])
def test_plugin_that_misbehaves(profile, fault, words):
    if fault == "leak" and SANITIZED:
        pytest.skip("the sanitizer reserves terabytes: no memory limit")
    p = rogue(profile)
    t = p.start(columns=100, rows=30)
    p.online()
    t.command("/msg rogue one")
    t.wait_text("re: one")
    pid = account_pid(p)
    t.command(f"do {fault}")
    t.wait_text(f"re: do {fault}")
    time.sleep(0.3)  # now it is at it
    code, out, err = p.run("send", "rogue", "two, while it is gone")
    assert code == 0, err
    said = set()
    with Keys(t) as keys:
        keys.until(lambda: t.shows("re: two, while it is gone"), each=lambda: said.update(said_of_process(t)))
        keys.judge()
    assert not alive(pid)
    assert t.text().count("re: two, while it is gone") == 1
    assert len(said) == 1 and re.match(words, next(iter(said))), said
    bodies = [r["body"] for r in p.json("tail", "rogue")]
    assert bodies == ["one", "re: one", f"do {fault}", f"re: do {fault}", "two, while it is gone", "re: two, while it is gone"]


def test_spinning_is_noticed_when_nobody_asks(profile):
    """With no terminal attached, too: nothing wakes the engine."""
    p = rogue(profile)
    t = p.start(columns=100, rows=30)
    p.online()
    pid = account_pid(p)
    t.command("/msg rogue do spin")
    t.wait_text("re: do spin")
    t.command("/detach")
    t.wait_exit()
    until(lambda: not alive(pid), 60, "the end of the spinning process")
    p.online()


@pytest.mark.parametrize("comes", ["key", "view"])
def test_sleeping_is_noticed_when_the_user_is_there(profile, comes):
    """Nobody asks anything of the account: a key that stays in the input line, or a view that comes back, is enough."""
    p = rogue(profile)
    t = p.start(columns=100, rows=30)
    p.online()
    pid = account_pid(p)
    t.command("/msg rogue do later sleep")
    t.wait_text("re: do later sleep")
    if comes == "view":
        t.command("/detach")
        t.wait_exit()
    time.sleep(14)  # it says nothing for longer than a word counts for
    assert alive(pid)  # nothing wakes for it by itself
    start = time.monotonic()
    if comes == "view":
        t = p.start(columns=100, rows=30)
    else:
        t.write("x")
    until(lambda: not alive(pid), 30, "the end of the sleeping process")
    took = time.monotonic() - start
    t.wait(lambda s: re.search("its process does not answer", " ".join(s.text().split())), what="the reason")
    print(f"noticed after {took:.1f} s")
    assert took < 15
    p.online()


def test_back_off_grows(profile):
    p = rogue(profile, extra='fault = "crash";')
    t = p.start(columns=100, rows=30)
    t.wait_text("starting it again in 1 s")
    t.wait_text("starting it again in 2 s")
    t.wait(lambda s: re.search("starting it again in [345] s", s.text()), what="the third line")
    t.to_input()
    with Keys(t) as keys:
        for _ in range(4):
            keys.series()
        keys.judge()


def test_flood_of_a_plugin(profile):
    p = rogue(profile)
    t = p.start(columns=100, rows=30)
    p.online()
    t.command("/msg rogue do flood")
    t.wait(lambda s: re.search(r"flood \d", s.text()), what="the flood")
    with Keys(t) as keys:
        keys.until(lambda: t.shows("flood 49999"), 120)
        keys.series()
        keys.judge()


def test_accounts_behind_it_get_no_settings_of_its_choice(profile):
    p = rogue(profile)
    t = p.start(columns=100, rows=30)
    p.online()
    t.command("/msg rogue do subs")
    until(lambda: [r["account"] for r in p.json("status") if r["state"] == "online"] == ["rogue", "rogue/31m.._evil_net"],
          what="the one account behind it that can be")
    with open(p.path("state", "accounts.cfg")) as f:
        kept = f.read()
    assert 'own = "fine"' in kept
    assert not any(word in kept for word in ("fault", "password_command", "proxy", "\033")), kept
    assert not os.path.exists("/tmp/kith-rogue-was-here")


def test_directory_that_others_can_write_is_not_used(profile):
    p = rogue(profile, mode=0o777)
    t = p.start(columns=100, rows=30)
    t.wait(lambda s: re.search("plugins", s.text()) and "others" in s.text(), what="the reason")
    assert p.json("status")[0]["state"] != "online"


def test_plugin_for_another_kith_is_refused(profile):
    p = rogue(profile, source="../abi/strange.c", flags=("-DSTRANGE=1",))
    with open(p.path("accounts.cfg")) as f:
        text = f.read()
    p.write("accounts.cfg", text.replace('protocol = "rogue"', 'protocol = "strange"'))
    t = p.start(columns=160, rows=30)
    t.wait_text("was made for plugin interface")
    assert "Build it anew" in t.text()
    assert p.account_processes() == {}  # not started again and again
