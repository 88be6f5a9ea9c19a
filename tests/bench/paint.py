"""tests/bench/paint.py - how long a program takes from exec to its first painted frame in a terminal that answers at once"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

SEQUENCES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X].*?(?:\x1b\\|\x07)|[ -/]*[0-~])", re.S)
WORDS = re.compile(rb"[A-Za-z]{3}")


def painted(data):
    """Something is on the screen that people read."""
    return WORDS.search(SEQUENCES.sub(b"", data)) is not None


def first_paint(argv, env, columns=120, rows=36, timeout=10):
    """Milliseconds since the exec, and the pid and terminal of what runs then."""
    ready, go = os.pipe(), os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.write(ready[1], b".")
        os.read(go[0], 1)
        os.execvpe(argv[0], argv, env)
    os.read(ready[0], 1)  # the fork of this big process is not the program's
    start = time.perf_counter()
    os.write(go[1], b".")
    for end in ready + go:
        os.close(end)
    data, answered = b"", False
    while not painted(data):
        left = timeout - (time.perf_counter() - start)
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise AssertionError(f"{argv[0]} paints nothing in {timeout} s: {data[-400:]!r}")
        data += os.read(fd, 65536)
        if not answered and b"\x1b[c" in data:
            os.write(fd, b"\x1b[?62;22c")
            answered = True
    return (time.perf_counter() - start) * 1000, pid, fd


def stop(pid, fd):
    os.kill(pid, signal.SIGKILL)
    os.close(fd)
    os.waitpid(pid, 0)
