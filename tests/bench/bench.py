#!/usr/bin/python3
"""tests/bench/bench.py - measures kith, beside profanity and mcabber where they are installed

Figures, never a verdict: machines are noisy, so read the ratios of one run. KITH_BENCH_MESSAGES (5000) sets how many
messages are received for the CPU figures.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from clients import cpu, installed, memory  # noqa: E402
from peer import Peer  # noqa: E402
from servers import Prosody  # noqa: E402

MESSAGES = int(os.environ.get("KITH_BENCH_MESSAGES", "5000"))
IDLE = 20
rows = {}


def note(client, figure, value):
    rows.setdefault(figure, {})[client] = value
    print(f"{client:10} {figure:44} {value:10.2f}", flush=True)


def first_paint(client):
    start = time.perf_counter()
    t = client.start()
    while not any(line.strip() for line in t.screen.display):
        t.pump(1)
    return (time.perf_counter() - start) * 1000


def echo_times(t, n=60):
    """Milliseconds from a key to the first byte that answers it."""
    times = []
    for i in range(n):
        t.settle(0.02)
        start = time.perf_counter()
        t.write("abcdefgh"[i % 8])
        while not t.pump(1):
            pass
        times.append((time.perf_counter() - start) * 1000)
    return times


def bytes_of(t, action, quiet=0.4):
    t.settle(quiet)
    t.mark()
    action()
    t.settle(quiet)
    return len(t.raw)


def idle_calls(pids):
    total = 0
    watchers = [subprocess.Popen(["timeout", "-s", "INT", str(IDLE), "strace", "-f", "-c", "-p", str(p)],
                                 stderr=subprocess.PIPE, text=True) for p in pids]
    for w in watchers:
        text = w.communicate()[1]
        m = re.search(r"^100\.00\s+\S+\s+\S*\s+(\d+).*total$", text, re.M)
        total += int(m.group(1)) if m else 0
    return total


def flood(sender, to, n, tag):
    """Sends n messages as fast as the peer can; the last one names itself."""
    for i in range(n):
        sender.raw(f"<message to='{to}' type='chat' id='{tag}{i}'><body>{tag} number {i}, a line of ordinary length</body></message>")
    sender.raw(f"<message to='{to}' type='chat' id='{tag}-end'><body>the end of {tag}</body></message>")


def received_cpu(client, sender, to, tag, shown):
    before = cpu(client.pids())
    flood(sender, to, MESSAGES, tag)
    if shown:
        client.t.wait_text(f"the end of {tag}", 300)
    else:
        last = -1.0
        while last != (now := cpu(client.pids())):
            last = now
            client.t.settle(1.0)
    client.t.settle(0.5)
    return (cpu(client.pids()) - before) / MESSAGES * 1e6


def keys_under_load(client, sender, to):
    """Key echo while 500 messages a second arrive elsewhere."""
    import threading
    stop = threading.Event()

    def load():
        n = 0
        while not stop.is_set():
            for _ in range(25):
                sender.raw(f"<message to='{to}' type='chat' id='l{n}'><body>load {n}</body></message>")
                n += 1
            time.sleep(0.05)
    thread = threading.Thread(target=load)
    thread.start()
    times = []
    try:
        for i in range(60):
            before = client.t.text().count("z")
            start = time.perf_counter()
            client.t.write("z")
            while client.t.text().count("z") <= before and time.perf_counter() - start < 5:
                client.t.pump(0.01)
            times.append((time.perf_counter() - start) * 1000)
    finally:
        stop.set()
        thread.join()
    return times


def measure(make, server, number):
    user, other = f"bench{number}", f"peer{number}"
    server.add_user(user, "secret")
    server.add_user(other, "secret")
    client = make(server, user)
    sender = Peer(f"{other}@localhost", "secret", port=server.c2s, ca=server.ca)
    name, to = client.name, f"{user}@localhost"
    try:
        note(name, "start to first paint, ms", first_paint(client))
        client.ready()
        client.t.settle(0.5)
        client.open_chat(f"{other}@localhost")
        times = echo_times(client.t)
        note(name, "key echo, median ms, idle", statistics.median(times))
        client.t.write("\x15")
        note(name, "bytes for a typed key", bytes_of(client.t, lambda: client.t.write("k")))
        client.t.write("\x15")
        note(name, "bytes for a message here", bytes_of(client.t, lambda: sender.send(to, "a message of forty-two characters in all")))
        note(name, "bytes for a window switch", bytes_of(client.t, client.elsewhere) )
        client.open_chat(f"{other}@localhost")
        client.t.settle(2)
        client.t.mark()
        note(name, f"system calls in {IDLE} s idle", idle_calls(client.pids()))
        client.t.settle(0.1)
        note(name, f"bytes in {IDLE} s idle", len(client.t.raw))
        note(name, "memory (PSS), MiB", memory(client.pids()))
        note(name, "CPU µs a message, window open", received_cpu(client, sender, to, "open", True))
        client.elsewhere()
        note(name, "CPU µs a message, window elsewhere", received_cpu(client, sender, to, "away", False))
        note(name, "memory after that, MiB", memory(client.pids()))
        client.open_chat(f"{user}@localhost")
        note(name, "key echo, median ms, 500 messages/s", statistics.median(keys_under_load(client, sender, to)))
    finally:
        sender.close()
        client.close()


def table(names):
    print("\n" + f"{'':46}" + "".join(f"{n:>12}" for n in names) + "".join(f"{n + '/kith':>16}" for n in names[1:]))
    for figure, values in rows.items():
        line = f"{figure:46}" + "".join(f"{values[n]:12.2f}" if n in values else f"{'-':>12}" for n in names)
        for n in names[1:]:
            ok = n in values and values.get("kith")
            line += f"{values[n] / values['kith']:16.1f}" if ok else f"{'-':>16}"
        print(line)


def main():
    folder = tempfile.mkdtemp(prefix="kb-")
    server = Prosody(folder)
    clients = installed()
    try:
        for number, make in enumerate(clients):
            try:
                measure(make, server, number)
            except AssertionError as e:
                print(f"{make.name}: {e}", file=sys.stderr)
        table([c.name for c in clients])
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
