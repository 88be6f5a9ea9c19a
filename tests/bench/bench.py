#!/usr/bin/python3
"""tests/bench/bench.py - measures kith, beside profanity and mcabber where they are installed

Figures, never a verdict: machines are noisy, so read the ratios of one run. KITH_BENCH_MESSAGES (3000) sets how many
messages a round of the CPU figures receives (three rounds, the median counts), KITH_BENCH_STARTS (9) how many starts. Names of
clients as arguments: only these.
"""
import os
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from clients import cpu, installed, memory  # noqa: E402
from paint import first_paint, stop  # noqa: E402
from peer import Peer  # noqa: E402
from servers import Prosody  # noqa: E402

MESSAGES = int(os.environ.get("KITH_BENCH_MESSAGES", "3000"))
STARTS = int(os.environ.get("KITH_BENCH_STARTS", "9"))
IDLE, ROUNDS, BATCH = 20, 3, 50
rows = {}


def note(client, figure, value):
    rows.setdefault(figure, {})[client] = value
    print(f"{client:10} {figure:48} {value:10.2f}", flush=True)


def starts(client):
    """Milliseconds from exec to the first painted frame: the median of several cold starts."""
    times = []
    for _ in range(STARTS):
        argv, env = client.cold()
        ms, pid, fd = first_paint(argv, env)
        stop(pid, fd)
        client.gone()
        times.append(ms)
    return statistics.median(times)


def echo_times(t, n=100):
    """Milliseconds from a key to the first byte that answers it."""
    times = []
    for i in range(n):
        t.settle(0.02)
        start = time.perf_counter()
        os.write(t.fd, b"\x7f" if i % 2 else b"k")
        select.select([t.fd], [], [], 2)
        times.append((time.perf_counter() - start) * 1000)
    return times


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


def switch_bytes(client, sender, to):
    """From one window to another that is full of messages."""
    t = client.t
    client.elsewhere()
    sender.send(to, "news for the other window")
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


def flood(client, sender, to, n, tag):
    """Sends n messages as fast as the server takes them, while the terminal is read; the last one names itself."""
    for i in range(0, n, BATCH):
        sender.raw("".join(f"<message to='{to}' type='chat' id='{tag}{k}'><body>{tag} number {k}, a line of ordinary length"
                           f"</body></message>" for k in range(i, min(i + BATCH, n))))
        while client.t.pump(0):
            pass
    sender.raw(f"<message to='{to}' type='chat' id='{tag}-end'><body>the end of {tag}</body></message>")


def until_quiet(client):
    """Until the client has used no CPU worth the name for three seconds."""
    quiet, last = 0, cpu(client.pids())
    while quiet < 3:
        client.t.settle(1.0, 1.0)
        time.sleep(0.5)
        now = cpu(client.pids())
        quiet, last = (quiet + 1 if now - last < 0.015 else 0), now


def received_cpu(client, sender, to, tag, shown):
    """Microseconds of CPU of all processes of the client for a message."""
    costs = []
    for r in range(ROUNDS):
        name, before = f"{tag}{r}", cpu(client.pids())
        flood(client, sender, to, MESSAGES, name)
        if shown:
            client.t.wait_text(f"the end of {name}", 600)
            client.t.settle(0.5)
        else:
            until_quiet(client)
        costs.append((cpu(client.pids()) - before) / MESSAGES * 1e6)
    return statistics.median(costs)


def keys_under_load(client, sender, to):
    """Key echo while 500 messages a second arrive elsewhere."""
    over = threading.Event()

    def load():
        n = 0
        while not over.is_set():
            sender.raw("".join(f"<message to='{to}' type='chat' id='l{n + k}'><body>load {n + k}</body></message>"
                               for k in range(25)))
            n += 25
            over.wait(0.05)
    thread = threading.Thread(target=load)
    thread.start()
    times = []
    try:
        for _ in range(60):
            before = client.t.text().count("z")
            start = time.perf_counter()
            client.t.write("z")
            while client.t.text().count("z") <= before and time.perf_counter() - start < 5:
                client.t.pump(0.01)
            times.append((time.perf_counter() - start) * 1000)
            client.t.pump(0.03)
    finally:
        over.set()
        thread.join()
    return times


def screen_figures(client, sender, to, peer):
    name, t = client.name, client.t
    client.open_chat(peer)
    t.settle(1)
    note(name, "key echo, median ms, idle", statistics.median(echo_times(t)))
    note(name, "bytes for a typed key", bytes_of(t, lambda: t.write("k")))
    t.write("\x15")
    note(name, "bytes for a message here", bytes_of(t, lambda: sender.send(to, "a message of forty-two characters in all")))
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


def receiving_figures(client, sender, to, peer):
    name = client.name
    note(name, "CPU µs a message, window open", received_cpu(client, sender, to, "open", True))
    client.elsewhere()
    client.t.settle(0.5)
    note(name, "CPU µs a message, window elsewhere", received_cpu(client, sender, to, "away", False))
    note(name, "bytes for a window switch", switch_bytes(client, sender, to))
    note(name, f"memory after {2 * ROUNDS * MESSAGES} messages, MiB", memory(client.pids()))
    client.elsewhere()
    note(name, "key echo, median ms, 500 messages/s", statistics.median(keys_under_load(client, sender, to)))


def measure(make, server, number):
    user, other = f"bench{number}", f"peer{number}"
    server.add_user(user, "secret")
    server.add_user(other, "secret")
    client = make(server, user)
    sender = Peer(f"{other}@localhost", "secret", port=server.c2s, ca=server.ca)
    to, peer = f"{user}@localhost", f"{other}@localhost"
    try:
        note(client.name, "start to first frame, ms, empty profile", starts(client))
        client.start()
        client.ready()
        client.t.settle(0.5)
        sender.send(to, "the first words")
        client.t.settle(1)
        screen_figures(client, sender, to, peer)
        idle_figures(client)
        receiving_figures(client, sender, to, peer)
    finally:
        sender.close()
        client.close()


def measure_full(make, server):
    """A start with the history of years, which only kith keeps in a form that can be made here."""
    client = make(server, "years")
    try:
        client.fill()
        note(client.name, "... 100,000 messages and 1,000 contacts", starts(client))
    finally:
        client.profile.close()


def table(names):
    print("\n" + f"{'':50}" + "".join(f"{n:>12}" for n in names) + "".join(f"{n + '/kith':>16}" for n in names[1:]))
    for figure, values in rows.items():
        line = f"{figure:50}" + "".join(f"{values[n]:12.2f}" if n in values else f"{'-':>12}" for n in names)
        for n in names[1:]:
            ok = n in values and values.get("kith")
            line += f"{values[n] / values['kith']:16.1f}" if ok else f"{'-':>16}"
        print(line)


def attempt(what, name, *args):
    try:
        what(*args)
    except AssertionError as e:
        print(f"{name}: {e}", file=sys.stderr)


def main():
    folder = tempfile.mkdtemp(prefix="kb-")
    server = Prosody(folder, extra="storage_archive_item_limit = 1000000")
    clients = [c for c in installed() if not sys.argv[1:] or c.name in sys.argv[1:]]
    try:
        if clients and clients[0].name == "kith":
            attempt(measure_full, "kith", clients[0], server)
        for number, make in enumerate(clients):
            attempt(measure, make.name, make, server, number)
        table([c.name for c in clients])
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
