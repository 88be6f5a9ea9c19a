#!/usr/bin/python3
"""tests/bench/irc_cost.py - what channels cost: a message, a crowd, many of them; kith beside irssi, one scripted server

Prints the figures, of all processes of a client together; --json as one line, for e2e/test_irc_cost.py. KITH_BENCH_MESSAGES:
how many messages each time (20000).
"""
import json
import os
import shutil
import sqlite3
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from clients import Irssi, KithIrc, cpu, memory  # noqa: E402
from irc import CHANNEL, Crowd  # noqa: E402

MESSAGES, CROWD, MANY = 20000, 5000, 200


def when(client, predicate, what, seconds):
    """Waits for something while the terminal of the client is read."""
    end = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < end, f"no {what}"
        client.t.pump(0.005)


def until_calm(client, seconds=1.0):
    """Until the client has used no CPU worth the name for so long; the CPU it has used in all."""
    still, last = time.monotonic(), cpu(client.pids())
    while time.monotonic() - still < seconds:
        client.t.pump(0.05)
        now = cpu(client.pids())
        if now - last > 0.003:
            still = time.monotonic()
        last = now
    return last


def until_stored(profile, body, pause=0.02):
    """Until kith has stored a message with these words."""
    path = f"file:{profile.path('data', 'history.db')}?mode=ro"

    def there():
        try:
            db = sqlite3.connect(path, uri=True)
        except sqlite3.Error:
            return False
        try:
            return db.execute("SELECT 1 FROM message WHERE body = ?", (body,)).fetchone()
        except sqlite3.Error:
            return False
        finally:
            db.close()
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end, f"{body!r} is not stored"
        profile.terminals[-1].pump(pause)


def enter(make, user):
    """A client in the channel of the bench; its connection at the server."""
    server = Crowd()
    client = make(server, user)
    client.start()
    when(client, lambda: any(CHANNEL in c.joined for c in server.clients), f"{client.name} in the channel", 60)
    until_calm(client)
    return server, client, server.clients[-1]


def message_cost(client, there, n=MESSAGES, tag="m"):
    """Microseconds of CPU a message of many, and of those until all is done that was put off."""
    before = cpu(client.pids())
    for i in range(0, n, 50):
        there.say(CHANNEL, [f"{tag} number {k}, a line of ordinary length" for k in range(i, min(i + 50, n))])
        while client.t.pump(0):
            pass
    there.ping = len(there.lines)
    there.put([f"PING :{tag}-end"])
    when(client, lambda: any(f"{tag}-end" in line for line in there.lines[there.ping:]), "all taken", 120)
    taken = cpu(client.pids())
    return (taken - before) / n * 1e6, (until_calm(client) - before) / n * 1e6


def crowd_cost(client, there, people=CROWD):
    """Milliseconds of CPU for joining a channel of so many people."""
    name, before = f"#crowd{people}", cpu(client.pids())
    client.t.command(f"/join {name}") if client.name == "kith-irc" else client.t.type(f"/join {name}", enter=True)
    when(client, lambda: name in there.joined, "the crowd", 60)
    return (until_calm(client) - before) * 1000


def many_seconds(user="many", n=MANY):
    """Seconds from the welcome of the server until kith has joined so many channels and stored what somebody said in the last."""
    server = Crowd()
    client = KithIrc(server, user, ", ".join(f"#channel-{k}" for k in range(n)), fast=False)
    try:
        client.start()
        when(client, lambda: (server.clients and server.clients[-1].in_at), "the welcome", 60)
        there = server.clients[-1]
        when(client, lambda: len(there.joined) >= n, "all channels", 60)
        there.say(there.joined[-1], ["the last one is open"])
        until_stored(client.profile, "the last one is open", 0.005)
        took = time.monotonic() - there.in_at
        assert len(set(there.joined)) == n
        return took
    finally:
        client.close()
        server.stop()


def figures(make, user, n=MESSAGES):
    server, client, there = enter(make, user)
    found = {}
    try:
        client.open_chat(CHANNEL)
        client.t.settle(0.5)
        message_cost(client, there, 500, "warm")
        found["open, µs"], found["open, µs with all put off"] = message_cost(client, there, n, "open")
        client.elsewhere()
        client.t.settle(0.5)
        found["elsewhere, µs"], found["elsewhere, µs with all put off"] = message_cost(client, there, n, "away")
        found[f"join of {CROWD}, ms"] = crowd_cost(client, there)
        found["memory (PSS) with it open, MiB"] = memory(client.pids())
    finally:
        client.close()
        server.stop()
    return found


def main():
    n = int(os.environ.get("KITH_BENCH_MESSAGES", MESSAGES))
    columns = {"kith-irc": figures(KithIrc, "me", n)}
    try:
        if shutil.which("irssi"):
            columns["irssi"] = figures(Irssi, "me", n)
    except (AssertionError, OSError) as e:
        print(f"irssi: {e}", file=sys.stderr)
    columns["kith-irc"][f"{MANY} channels, s"] = statistics.median(many_seconds() for _ in range(3))
    if "--json" in sys.argv:
        print(json.dumps(columns))
        return
    for row in columns["kith-irc"]:
        print(f"{row:34}" + "".join(f"{c.get(row, float('nan')):12.2f}" for c in columns.values()))


if __name__ == "__main__":
    main()
