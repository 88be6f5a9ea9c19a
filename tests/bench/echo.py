"""tests/bench/echo.py - how long a key takes until the program writes it, whatever else it writes at the time"""
import os
import select
import time

from keys import Control
from paint import SEQUENCES

KEYS = b"qzxjkwvgy"  # letters that no message of the benchmarks has


def echo(t, control, key):
    """Milliseconds from a key to the read that brings it, and the same for the control: three cats, at the same moment.
    What is read goes to the screen only then."""
    start = time.perf_counter()
    os.write(control.fd, b".")
    os.write(t.fd, key)
    data, took, waits = b"", {}, [t.fd, control.fd]
    while waits:
        ready, _, _ = select.select(waits, [], [], 5)
        now = (time.perf_counter() - start) * 1000
        if t.fd in ready:
            data += os.read(t.fd, 65536)
            if key in SEQUENCES.sub(b"", data):
                took[t.fd] = now
        if control.fd in ready:
            os.read(control.fd, 100)
            took[control.fd] = now
        waits = [fd for fd in waits if fd not in took and now < 5000]
    t.raw += data
    t.frames.take(data)
    return took.get(t.fd, 5000), took.get(control.fd, 5000)


def echoes(t, n, pause=0.03):
    """The times of n keys, sorted, and those of the control."""
    times, others, control = [], [], Control()
    for i in range(n):
        k = i % len(KEYS)
        if k == 0:
            t.write("\x15")
            t.pump(0.2)
            t.pump(0.05)
        took, other = echo(t, control, KEYS[k:k + 1])
        times.append(took)
        others.append(other)
        end = time.perf_counter() + pause
        while time.perf_counter() < end:
            t.pump(max(0, end - time.perf_counter()))
    t.write("\x15")
    control.close()
    return sorted(times), sorted(others)


def burst(t):
    """What comes until a pause: each read with its time. The screen gets it later, for that takes longer than a frame."""
    chunks, wait = [], 0.5
    while select.select([t.fd], [], [], wait)[0]:
        data = os.read(t.fd, 65536)
        chunks.append((time.perf_counter(), data))
        wait = 0.005
    return chunks


def until_shown(t, keys, shown, timeout=20):
    """Milliseconds from keys to the read after which the screen shows something."""
    start = time.perf_counter()
    t.write(keys)
    while time.perf_counter() - start < timeout:
        for when, data in burst(t):
            t.raw += data
            t.frames.take(data)
            if shown(t):
                return (when - start) * 1000
    raise AssertionError(t.report())
