"""tests/bench/echo.py - how long a key takes until the program writes it, whatever else it writes at the time

A key wakes the program, and what the program writes wakes whoever measures: what other work on the machine adds to that
is shown by a control, three times `cat` in a pipe, which is asked in turns with the program, never at the same moment.
"""
import os
import random
import select
import time

from keys import Control
from paint import SEQUENCES
from turns import let_in_at_once

KEYS = b"qzxjkwvgy"  # letters that no message of the benchmarks has


MEDIAN_MS, SLOW_MS = 0.5, 3.0  # what is promised while 500 messages a second arrive: the median, and the 99th of 100


def echo(fd, key, data=b""):
    """Milliseconds from a key to the read that brings it, and all that was read."""
    start = time.perf_counter()
    os.write(fd, key)
    while True:
        ready, _, _ = select.select([fd], [], [], 5)
        now = (time.perf_counter() - start) * 1000
        if not ready:
            return 5000, data
        data += os.read(fd, 65536)
        if key in SEQUENCES.sub(b"", data):
            return now, data


def rest(t, seconds):
    """Takes what comes. It goes to the screen later, for that takes longer than a frame."""
    data, end = b"", time.perf_counter() + seconds
    while select.select([t.fd], [], [], max(0, end - time.perf_counter()))[0]:
        data += os.read(t.fd, 65536)
    return data


PAUSES, CLEARING = (0.008, 0.02), 0.2  # seconds between two keys of different programs, and where the line is emptied


def echoes(t, n, until=lambda: False, pauses=PAUSES, clearing=CLEARING):
    """The times of n keys, or of those until something holds, sorted, and those of the control."""
    times, others, control, data = [], [], Control(), b""
    let_in_at_once()
    for i in range(n):
        k = i % len(KEYS)
        if until():
            break
        if k == 0:
            t.write("\x15")
            data += rest(t, clearing)
        for own in random.sample((True, False), 2):
            if own:
                took, seen = echo(t.fd, KEYS[k:k + 1])
                times.append(took)
                data += seen
            else:
                others.append(echo(control.fd, b".")[0])
            data += rest(t, random.uniform(*pauses))
    t.write("\x15")
    control.close()
    t.raw += data
    t.frames.take(data)
    return sorted(times), sorted(others)


def middle_and_slow(times):
    return times[len(times) // 2], times[len(times) * 99 // 100]


def judge(times, others):
    """Whether the keys were as fast as is promised, and in words. On a busy machine, where the control alone takes more than
    half of that, it may be half of it more than the control."""
    held, words = True, []
    for what, limit, took, control in zip(("median", "99th of 100"), (MEDIAN_MS, SLOW_MS), middle_and_slow(times), middle_and_slow(others)):
        quiet, beside = took <= limit, took <= control + limit / 2
        held = held and (quiet or beside)
        how = f"within {limit:g} ms" if quiet else f"{took - control:+.2f} ms beside three cats, which held them up as well" if beside \
            else f"more than {limit:g} ms, {took - control:+.2f} beside three cats"
        words.append(f"{what} {took:.2f} ms (three cats {control:.2f}): {how}")
    return held, "; ".join(words)


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
