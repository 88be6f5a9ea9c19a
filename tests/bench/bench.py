#!/usr/bin/python3
"""tests/bench/bench.py - measures kith, beside profanity, mcabber, irssi and weechat where they are installed

Figures: machines are noisy, so read the ratios of one run. Only the echo of keys under load is judged, beside a control.
KITH_BENCH_MESSAGES (3000) sets how many
messages a round of the CPU figures receives (three rounds, the median counts), KITH_BENCH_FLOOD (20000) how many come into the
open chat at once, KITH_BENCH_STARTS (9) how many starts. The peers, who take many times longer for each, get a sixth of the
messages, a tenth of the flood, and two rounds. A client that fails is a line, and the figures so far are shown after each client.
Names of clients as arguments: only these. irssi and weechat get their
messages in an IRC channel (inspircd), the others one to one over XMPP (prosody); none of the peers stores them in a database.
"""
import os
import re
import shutil
import statistics
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from clients import cpu, installed, memory  # noqa: E402
from echo import echoes, judge, middle_and_slow, until_shown  # noqa: E402
from irc import CHANNEL, Inspircd, Talker  # noqa: E402
from load import Load, Writer  # noqa: E402
from paint import first_paint, stop  # noqa: E402
from servers import Prosody  # noqa: E402

MESSAGES = int(os.environ.get("KITH_BENCH_MESSAGES", "3000"))
FLOOD = int(os.environ.get("KITH_BENCH_FLOOD", "20000"))
STARTS = int(os.environ.get("KITH_BENCH_STARTS", "9"))
IDLE, BATCH = 20, 50
rows, failed = {}, []


def ours(client):
    return client.name.startswith("kith")


def messages(client):
    return MESSAGES if ours(client) else max(BATCH, MESSAGES // 6 // BATCH * BATCH)


def rounds(client):
    return 3 if ours(client) else 2


def note(client, figure, value):
    rows.setdefault(figure, {})[client] = value
    print(f"{client:10} {figure:48} {value:10.2f}", flush=True)


def starts(client):
    """Milliseconds from exec to the first painted frame: the median of several cold starts, and the fastest."""
    times = []
    for _ in range(STARTS if ours(client) else min(STARTS, 5)):
        argv, env = client.cold()
        ms, pid, fd = first_paint(argv, env)
        stop(pid, fd)
        client.gone()
        times.append(ms)
    return statistics.median(times), min(times)


def bytes_of(t, action, n=5, quiet=0.3):
    """Bytes to the terminal, the median of several times."""
    counts = []
    for _ in range(n):
        t.settle(quiet)
        t.mark()
        action()
        t.settle(quiet)
        counts.append(len(t.raw))
    return statistics.median(counts)


def switch_bytes(client, sender):
    """From one window to another that is full of messages."""
    t = client.t
    client.elsewhere()
    sender.say(["news for the other window"])
    t.settle(0.5)
    t.mark()
    client.switch()
    t.settle(0.5)
    return len(t.raw)


def calls_in(report):
    """System calls in a report of strace -c. Attaching itself restarts one."""
    rows_of = [line.split() for line in report.split("\n") if re.match(r"\s*\d+\.\d+ ", line)]
    return sum(int(r[3]) for r in rows_of if r[-1] not in ("total", "restart_syscall"))


def idle_calls(pids):
    if not shutil.which("strace"):
        return -1
    watchers = [subprocess.Popen(["timeout", "-s", "INT", str(IDLE), "strace", "-f", "-c", "-p", str(p)],
                                 stderr=subprocess.PIPE, text=True) for p in pids]
    return sum(calls_in(w.communicate()[1]) for w in watchers)


def flood(client, sender, n, tag):
    """Sends n messages as fast as the server takes them, while the terminal is read; the last one names itself."""
    for i in range(0, n, BATCH):
        sender.say([f"{tag} number {k}, a line of ordinary length" for k in range(i, min(i + BATCH, n))])
        while client.t.pump(0):
            pass
    sender.say([f"the end of {tag}"])


def until_quiet(client):
    """Until the client has used no CPU worth the name for three seconds: what it puts off is done, too."""
    quiet, last, end = 0, cpu(client.pids()), time.monotonic() + 60
    while quiet < 3 and time.monotonic() < end:
        client.t.settle(1.0, 1.0)
        time.sleep(0.5)
        now = cpu(client.pids())
        quiet, last = (quiet + 1 if now - last < 0.015 else 0), now


def received_cpu(client, sender, tag, shown):
    """Microseconds of CPU of all processes of the client for a message, until it is shown (or stored)."""
    costs, n = [], messages(client)
    for r in range(rounds(client)):
        name, before = f"{tag}{r}", cpu(client.pids())
        flood(client, sender, n, name)
        if shown:
            client.t.wait_text(f"the end of {name}", 120)
        elif client.name == "kith":
            until_stored(client, f"the end of {name}")
        else:
            until_quiet(client)
        costs.append((cpu(client.pids()) - before) / n * 1e6)
        until_quiet(client)
    return statistics.median(costs)


def until_stored(client, body):
    end = time.monotonic() + 120
    db = sqlite3.connect(f"file:{client.profile.path('data', 'history.db')}?mode=ro", uri=True)
    while not db.execute("SELECT 1 FROM message WHERE body = ? ORDER BY id DESC LIMIT 1", (body,)).fetchone():
        assert time.monotonic() < end, f"{body!r} is not stored"
        client.t.settle(0.1, 0.5)
    db.close()


def big_flood(client, sender):
    """Many messages at once into the open window: CPU and bytes to the terminal for each, and CPU with what is put off."""
    t, before, n = client.t, cpu(client.pids()), FLOOD if ours(client) else FLOOD // 10
    t.mark()
    flood(client, sender, n, "flood")
    t.wait_text("the end of flood", 120)
    t.settle(0.2)
    name, many = client.name, f"{FLOOD} at once (peers: {FLOOD // 10})"
    note(name, f"{many}: CPU µs", (cpu(client.pids()) - before) / n * 1e6)
    note(name, f"{many}: bytes", len(t.raw) / n)
    until_quiet(client)
    note(name, f"{many}: µs, indexed", (cpu(client.pids()) - before) / n * 1e6)


def keys_under_load(client, load, where):
    """Key echoes while 500 messages a second arrive."""
    with load():
        client.t.settle(0.3, 0.5)
        both = echoes(client.t, 500 if ours(client) else 100)
    percentiles(client.name, f"key echo, 500 messages/s {where}", both)
    if ours(client):
        held, words = judge(*both)
        print(f"{client.name:10} key echo, 500 messages/s {where}: {'held' if held else 'MISSED'}: {words}", flush=True)


def percentiles(name, figure, both):
    """Beside three cats, in turns: what they take is the machine's and the server's doing."""
    for what, times in zip(("", " of three cats"), both):
        middle, slow = middle_and_slow(times)
        note(name, f"{figure}, median ms{what}", middle)
        note(name, f"{figure}, 99th of 100 ms{what}", slow)


def screen_figures(client, sender, peer):
    name, t = client.name, client.t
    client.open_chat(peer)
    t.settle(1)
    percentiles(name, "key echo, idle", echoes(t, 200 if ours(client) else 100))
    t.write("\x15")
    note(name, "bytes for a typed key", bytes_of(t, lambda: t.write("k")))
    t.write("\x15")
    note(name, "bytes for a message here", bytes_of(t, lambda: sender.say(["a message of forty-two characters in all"])))
    until_still(t)


def until_still(t, quiet=12):
    """Until nothing was drawn for a while: notices go by themselves after some seconds."""
    end = time.monotonic() + 60
    t.settle(quiet, end - time.monotonic())


def idle_figures(client):
    while not 1 <= time.localtime().tm_sec < 59 - IDLE - 3:
        client.t.pump(0.5)  # the clock of the status bar is the one thing that may move, once a minute
    client.t.mark()
    note(client.name, f"system calls in {IDLE} s idle", idle_calls(client.pids()))
    client.t.settle(0.1)
    note(client.name, f"bytes in {IDLE} s idle", len(client.t.raw))
    note(client.name, "memory (PSS), MiB", memory(client.pids()))


def receiving_figures(client, sender, peer, load):
    name = client.name
    note(name, "CPU µs a message, window open", received_cpu(client, sender, "open", True))
    keys_under_load(client, load, "here")
    client.elsewhere()
    client.t.settle(0.5)
    note(name, "CPU µs a message, window elsewhere", received_cpu(client, sender, "away", False))
    note(name, "bytes for a window switch", switch_bytes(client, sender))
    note(name, "memory after the messages so far, MiB", memory(client.pids()))
    client.elsewhere()
    keys_under_load(client, load, "elsewhere")
    client.open_chat(peer)
    client.t.settle(0.5)
    big_flood(client, sender)


def writer(make, servers, user, other):
    """Somebody who writes to the user, and what starts the same in a process of its own."""
    if make.kind == "irc":
        port = servers["irc"].port
        return Talker(port, other), lambda: Load("irc", f"{other}-l", port)
    x = servers["xmpp"]
    args, to = (f"{other}@localhost", "secret", x.c2s, x.ca), f"{user}@localhost"
    return Writer(*args, to=to), lambda: Load("xmpp", *args, to=to)


def measure(make, servers, number):
    user, other = f"bench{number}", f"peer{number}"
    if make.kind == "xmpp":
        servers["xmpp"].add_user(user, "secret")
        servers["xmpp"].add_user(other, "secret")
    client = make(servers[make.kind], user)
    sender, load = writer(make, servers, user, other)
    peer = CHANNEL if make.kind == "irc" else f"{other}@localhost"
    try:
        median, fastest = starts(client)
        note(client.name, "start to first frame, ms, empty profile", median)
        note(client.name, "... the fastest", fastest)
        client.start()
        client.ready()
        client.t.settle(0.5)
        sender.say(["the first words"])
        client.t.settle(1)
        screen_figures(client, sender, peer)
        idle_figures(client)
        receiving_figures(client, sender, peer, load)
    finally:
        sender.close()
        client.close()


def measure_full(make, server):
    """A start with the history of years, which only kith keeps in a form that can be made here."""
    client = make(server, "years")
    try:
        client.fill()
        median, fastest = starts(client)
        note(client.name, "... 100,000 messages and 1,000 contacts", median)
        note(client.name, "... the fastest of these", fastest)
    finally:
        client.profile.close()


def numbers(t):
    """Of the messages on the screen."""
    return [int(n) for n in re.findall(r"number (\d+)", t.text())]


def measure_stored(make, server):
    """Two chats with 100,000 stored messages each: opening the one that is not open at the start, and the pages above."""
    server.add_user("stored", "secret")
    opened, pages, client = [], [], make(server, "stored")
    try:
        client.fill(n_messages=200_000, n_chats=2)
        for _ in range(5):
            t = client.start()
            t.wait(numbers, what="yesterday's chat")
            client.ready()
            t.settle(0.5)
            other = f"contact000{int(t.shows('[contact0000@'))}@example.org"
            t.to_input()
            t.type(f"/query {other}")
            opened.append(until_shown(t, "\r", lambda t, o=other: t.shows(f"[{o}]") and max(numbers(t), default=0) >= 199_998))
            for _ in range(10):
                t.settle(0.1)
                top = min(numbers(t))
                pages.append(until_shown(t, "\x1b[5~", lambda t, top=top: numbers(t) and min(numbers(t)) < top))
            t.command("/quit")
            t.wait_exit()
    finally:
        client.profile.close()
    note("kith", "opening a chat of 100,000 messages, ms", statistics.median(opened))
    note("kith", "a page up in it, ms", statistics.median(pages))


def table(names):
    print("\n" + f"{'':50}" + "".join(f"{n:>12}" for n in names) + "".join(f"{n + '/kith':>16}" for n in names[1:]))
    for figure, values in rows.items():
        line = f"{figure:50}" + "".join(f"{values[n]:12.2f}" if n in values else f"{'-':>12}" for n in names)
        for n in names[1:]:
            ok = n in values and values.get("kith")
            line += f"{values[n] / values['kith']:16.1f}" if ok else f"{'-':>16}"
        print(line)
    for line in failed:
        print(line)
    sys.stdout.flush()


def attempt(what, name, *args):
    try:
        what(*args)
    except Exception as e:  # noqa: BLE001 - the figures of the others are wanted
        failed.append(f"{name}: {what.__name__} failed: {str(e).split(chr(10))[0]}")
        print(f"{name}: {what.__name__}: {e}", file=sys.stderr, flush=True)


def main():
    folder = tempfile.mkdtemp(prefix="kb-")
    clients = [c for c in installed() if not sys.argv[1:] or c.name in sys.argv[1:]]
    servers = {"xmpp": Prosody(folder, extra="storage_archive_item_limit = 1000000")}
    try:
        if any(c.kind == "irc" for c in clients):
            servers["irc"] = Inspircd()
        if clients and clients[0].name == "kith":
            attempt(measure_full, "kith", clients[0], servers["xmpp"])
            attempt(measure_stored, "kith", clients[0], servers["xmpp"])
        for number, make in enumerate(clients):
            attempt(measure, make.name, make, servers, number)
            table([c.name for c in clients if any(c.name in v for v in rows.values())])
    finally:
        for server in servers.values():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
