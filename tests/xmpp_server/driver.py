# xmpp_server/driver.py - the C driver as an object: commands in, events out
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
BUILD = pathlib.Path(os.environ.get("KITH_BUILD", ROOT / "build"))


class Driver:
    """One account in a process of its own. Options become key=value arguments; state is kept in `state`."""

    def __init__(self, state, address="alice@localhost", **options):
        pathlib.Path(state).mkdir(parents=True, exist_ok=True)
        self.state = pathlib.Path(state)
        options = {"address": address, "state": state, "host": "127.0.0.1", **options}
        self.events, self.queue = [], queue.Queue()
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        self.proc = subprocess.Popen([BUILD / "xmpp_driver", BUILD / "backends" / "xmpp.so"] +
                                     ["%s=%s" % (k, v) for k, v in options.items() if v is not None],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.errors = b""
        self.threads = [threading.Thread(target=t, daemon=True) for t in (self._read, self._read_errors)]
        for t in self.threads:
            t.start()

    def _read(self):
        for line in self.proc.stdout:
            self.queue.put(json.loads(line))
        self.queue.put(None)

    def _read_errors(self):
        self.errors = self.proc.stderr.read()

    def do(self, *words):
        self.proc.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.proc.stdin.flush()

    def wait(self, ev, timeout=20.0, **fields):
        """The next event of this kind with these fields; those before it are kept in .events."""
        end = time.monotonic() + timeout
        while True:
            try:
                e = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                e = False
            if e is None or e is False:
                raise AssertionError("no %s %s; seen:\n%s\n%s" % (
                    ev, fields, "\n".join(map(str, self.events[-40:])), self.errors.decode(errors="replace")[-4000:]))
            self.events.append(e)
            if e["ev"] == ev and all(e.get(k) == v for k, v in fields.items()):
                return e

    def online(self, **kw):
        return self.wait("state", state="online", **kw)

    def offline(self, **kw):
        return self.wait("state", state="offline", **kw)

    def login(self):
        self.do("connect")
        return self.online()

    def worst_ms(self):
        self.do("stats")
        return self.wait("result", op="stats")["worst_us"] / 1000

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def close(self):
        """Ends it as the host would, and demands a clean end (no sanitizer report)."""
        if self.proc.poll() is None:
            self.do("close")
        rc = self.proc.wait(20)
        for t in self.threads:
            t.join(10)
        assert rc == 0, "driver ended with %d\n%s" % (rc, self.errors.decode(errors="replace")[-6000:])

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind is None:
            self.close()
        elif self.proc.poll() is None:
            self.kill()
