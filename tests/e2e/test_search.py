"""tests/e2e/test_search.py - the search screen: hits while one types, going there, the way back; and no key waits for it"""
import os
import socket
import sqlite3
import subprocess
import time

from keys import Keys
from kith import KITH, processes, until
from test_ledger import history


def notebook(neighbours, n):
    """A user with n notes to herself, some of them about tea."""
    p = neighbours.join("alice")
    t = p.start(columns=100, rows=30)
    t.wait_text("●")
    t.command(f"/msg {p.address} the first note")
    t.wait_text("the first note")
    t.command("/quit")
    assert t.wait_exit() == 0
    db = sqlite3.connect(history(p))
    chat, sender, first = db.execute("SELECT chat, sender, id FROM message").fetchone()
    start = int(time.time() * 1000) - n * 1000 - 86400000
    with db:
        db.executemany("INSERT INTO message (id, chat, time, sort, kind, flags, enc, delivery, sender, body)"
                       " VALUES (?, ?, ?, ?, 0, 0, 0, 0, ?, ?)",
                       ((first + 1 + i, chat, start + i * 1000, start + i * 1000, sender,
                         f"note {i} about {'green tea and 抹茶' if i % 1000 == 7 else 'this and that'}") for i in range(n)))
    db.close()
    t = p.start(columns=100, rows=30)
    t.wait_text("first note")
    return p, t


def test_finding_going_there_and_back(neighbours):
    p, t = notebook(neighbours, 5000)
    t.keys("M-s")
    t.wait_text("Words, also parts of words")
    t.type("een te")
    t.wait_text("5 hits")  # without Enter, inside of words
    t.keys("C-u")
    t.type("抹茶 since:7d")
    t.wait_text("since: 7d")
    t.keys("Enter", "n", "n")
    t.wait_text("hit 3 of 5")
    t.wait_text("note 2008 about")  # what was said around it
    t.keys("Enter")
    t.wait(lambda s: not s.shows("SEARCH") and s.shows("note 2007 about green tea"), what="the place")
    t.keys("M-s")  # the hits are still there
    t.wait_text("hit 3 of 5")
    t.keys("Enter", "N", "Enter")
    t.wait(lambda s: not s.shows("SEARCH") and s.shows("note 3007 about green tea"), what="the other place")
    t.keys("M-s")
    t.wait_text("hit 2 of 5")
    t.keys("Esc")
    t.wait(lambda s: not s.shows("SEARCH") and s.shows("the first note"), what="the place before the search")
    t.command("/search nothing-like-this")
    t.wait_text("Nothing was found")
    t.keys("Esc", "Esc")
    t.wait_gone("SEARCH")
    t.command("/search tea since:whenever")
    t.wait_text("since:whenever is no day")


def test_no_key_waits_for_a_search(neighbours):
    p, t = notebook(neighbours, 150000)
    t.keys("M-s")
    t.wait_text("Words, also parts of words")
    with Keys(t) as keys:
        for _ in range(6):
            keys.series()
            t.type('"   " ')  # blanks in a row are in no index: looks at everything, and finds nothing
            t.wait_text("searching", 10)
            t.keys("C-u")
            t.wait(lambda s: "❯" in [line.strip() for line in s.lines()], what="an empty line")
        keys.judge()
    assert t.shows("SEARCH")
    t.keys("Esc")
    t.wait_gone("SEARCH")
    until(lambda: not any(line.startswith("kith: search") for _, line in processes().values()), what="the end of all helpers")


def test_the_helper_can_read_and_nothing_else(neighbours):
    p, t = notebook(neighbours, 10)
    ours, its = socket.socketpair()
    helper = subprocess.Popen([KITH, "--search-helper", history(p)], stdin=its, stdout=its, stderr=subprocess.DEVNULL,
                              env=p.env())
    its.close()
    try:
        def status():
            with open(f"/proc/{helper.pid}/status") as f:
                return dict(line.split(":", 1) for line in f)
        until(lambda: status()["Seccomp"].strip() == "2", what="a confined helper")
        assert status()["NoNewPrivs"].strip() == "1"
        open_files = {os.readlink(f"/proc/{helper.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{helper.pid}/fd")}
        assert {os.path.basename(name) for name in open_files if "socket" not in name and "/dev/" not in name} \
            <= {"history.db", "history.db-wal", "history.db-shm"}, open_files
        ours.sendall(b"\xff" * 64)  # nonsense ends it
        assert helper.wait(10) == 0
    finally:
        helper.kill()
        helper.wait()
        ours.close()
    t.keys("M-s")
    t.type("note 7")
    t.wait_text("1 hit")
