"""tests/e2e/test_omemo_life.py - keys of OMEMO from an older copy of an account's data, and two kiths with the same keys"""
import json
import os
import shutil
import sqlite3

from kith import alive, until
from test_omemo import published, world  # noqa: F401


def account_db(p):
    found = [os.path.join(d, "account.db") for d, _, files in os.walk(p.root) if "account.db" in files]
    assert len(found) == 1, found
    return found[0]


def stop(p):
    engine, accounts = p.engine(), list(p.account_processes())
    p.run("quit", timeout=30, check=True)
    until(lambda: not any(alive(pid) for pid in [engine, *accounts]), 30, "end of kith")


def copy(db, to):
    for part in ("", "-wal"):
        if os.path.exists(db + part):
            shutil.copy2(db + part, to + part)


def put_back(db, saved):
    for part in ("", "-wal", "-shm"):
        if os.path.exists(db + part):
            os.unlink(db + part)
    copy(saved, db)


def both_ways(a, b, alice, bob, word, timeout=40):
    a.command(f"/msg {bob} {word} from kith")
    b.expect("message", body=f"{word} from kith", timeout=timeout)
    b.seal(alice, f"{word} from the peer")
    a.news(f"{word} from the peer", timeout)


def test_an_old_backup_is_put_back(world, tmp_path):  # noqa: F811
    p, a = world.kith()
    b = world.peer(versions=["old"])
    both_ways(a, b, world.alice, world.bob, "first")
    mine = published(b, world.alice, ["old"])
    stop(p)
    db, saved = account_db(p), str(tmp_path / "saved.db")
    copy(db, saved)
    a = p.start(columns=120, rows=36)
    p.online()
    for word in ("second", "third"):
        both_ways(a, b, world.alice, world.bob, word)
    stop(p)
    put_back(db, saved)
    a = p.start(columns=120, rows=36)
    p.online()
    a.command(f"/msg {world.bob} fourth from kith")  # waits until it is known that nobody else runs with these keys
    a.wait_text("an older copy", 60)
    b.expect("message", body="fourth from kith", timeout=60)
    b.seal(world.alice, "fourth from the peer")
    a.news("fourth from the peer", 40)
    now = published(b, world.alice, ["old"])
    assert [d["id"] for d in now] == [d["id"] for d in mine]
    both_ways(a, b, world.alice, world.bob, "fifth")


def test_two_with_the_same_keys(world, profile, tmp_path):  # noqa: F811
    p, a = world.kith()
    b = world.peer(versions=["old"])
    both_ways(a, b, world.alice, world.bob, "first")
    q, c = world.kith(name="clone", extra='resource = "clone";')
    stop(q)
    copy(account_db(p), str(tmp_path / "copy.db"))
    with sqlite3.connect(account_db(q)) as db:  # the keys alone: with all of it the server would end one of the two sessions
        db.execute("ATTACH ? AS there", (str(tmp_path / "copy.db"),))
        db.execute("DELETE FROM state WHERE key LIKE 'omemo.%'")
        db.execute("INSERT INTO state SELECT * FROM there.state WHERE key LIKE 'omemo.%'")
    c = q.start(columns=120, rows=36)
    q.online()
    c.wait_text("OMEMO stops here", 60)
    a.wait_text("Another kith has begun", 60)
    q.run("send", world.bob, "never sent")  # it says so by its exit code, when it waited for it
    until(lambda: "fail" in json.dumps(q.json("tail", world.bob)), 40, "a message that failed")
    both_ways(a, b, world.alice, world.bob, "second")
