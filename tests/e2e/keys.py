"""tests/e2e/keys.py - how long each key takes to show, beside what the machine takes with nothing to do in between

A key goes from the terminal through the view to the engine and back: three processes must be woken. The control does
the same with three times `cat` on another pseudo-terminal, at the same moments, so that it shows what other work on
the machine costs. Each key counts: the slowest may be 50 ms slower than the control's slowest.
"""
import os
import pty
import select
import time

KEY_LIMIT = 0.050
CHARS = "qzxjkwvgy"


class Control:
    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp("sh", ["sh", "-c", "stty raw -echo; printf ready; exec cat | cat | cat"])
        seen = b""
        while b"ready" not in seen:
            seen += os.read(self.fd, 100)

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


class Keys:
    """Types into the empty input line of a terminal; remembers what each key took, and the control."""

    def __init__(self, t):
        self.t, self.took, self.control = t, [], []
        self.other = Control()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.other.close()

    def press(self, char, shown):
        took = {}
        start = time.monotonic()
        os.write(self.other.fd, b".")
        self.t.write(char)
        fds = {self.t.fd: self.took, self.other.fd: self.control}
        while len(took) < len(fds):
            ready, _, _ = select.select([fd for fd in fds if fd not in took], [], [], 0.5)
            now = time.monotonic()
            assert now - start < 10, f"no echo of {char!r}\n{self.t.report()}"
            if self.other.fd in ready:
                os.read(self.other.fd, 100)
                took[self.other.fd] = now - start
            if self.t.fd in ready:
                self.t.pump(0)
                if shown():
                    took[self.t.fd] = now - start
        for fd, times in fds.items():
            times.append(took[fd])

    def series(self):
        """Some keys; the line is empty before and after."""
        typed = ""
        for char in CHARS:
            typed += char
            self.press(char, lambda want=f"❯ {typed}": any(line.lstrip().startswith(want) for line in self.t.lines()))
        self.t.keys("C-u")
        self.t.wait(lambda s: "❯" in [line.strip() for line in s.lines()], what="an empty input line")

    def until(self, condition, seconds=60, each=lambda: None):
        """Types all the while; `each` is called between the series."""
        end = time.monotonic() + seconds
        while True:
            self.series()
            each()
            if condition():
                return
            assert time.monotonic() < end, self.t.report()
            self.t.settle(0.1, 0.3)

    def judge(self):
        slowest, noise = max(self.took), max(self.control)
        print(f"{len(self.took)} keys: median {sorted(self.took)[len(self.took) // 2] * 1000:.1f} ms, slowest {slowest * 1000:.1f} ms;"
              f" control {noise * 1000:.1f} ms")
        assert slowest < KEY_LIMIT + noise, (sorted(self.took)[-9:], sorted(self.control)[-9:])
