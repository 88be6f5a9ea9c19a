# e2e/engine.py - a kith-account with one backend, and the test in the place of its engine: operations in, events out
import itertools
import json
import os
import pathlib
import queue
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KITH_BUILD", ROOT / "build"))

# of include/kith/plugin.h
EAUTH, ETLS, ENET, EDENIED, ENOTFOUND, EPROTO, ECONFLICT, ELIMIT = -6, -7, -8, -9, -10, -12, -13, -14
EOFFLINE, EUNSUP, EBUSY, ETOOBIG = -2, -3, -4, -5
ASK_CERTIFICATE = 2
AUTO, NEVER, NOW = 0, 1, 2
OFFLINE, ONLINE = 0, 6
SENT, STORED, FAILED = 1, 2, 5
PATIENCE = int(os.environ.get("KITH_PATIENCE", 30))  # seconds
numbers = itertools.count(1)


class Engine:
    """One account in a process of its own. Options are those of accounts.cfg; what it keeps is in `state`."""

    def __init__(self, protocol, state, address="alice@localhost", **options):
        self.state = pathlib.Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        self.events, self.queue, self.errors = [], queue.Queue(), b""
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        self.proc = subprocess.Popen([BUILD / "test-engine", BUILD / "kith-account", protocol, BUILD / "backends", self.state, address] +
                                     ["%s=%s" % (k, v) for k, v in options.items() if v is not None],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        self.threads = [threading.Thread(target=t, daemon=True) for t in (self._read, self._read_errors)]
        for t in self.threads:
            t.start()
        assert self.wait("HELLO")["err"] == 0, self.events

    def _read(self):
        for line in self.proc.stdout:
            self.queue.put(json.loads(line))
        self.queue.put(None)

    def _read_errors(self):
        self.errors = self.proc.stderr.read()

    def op(self, name, **members):
        """An operation; send__body is the member body of the member send. A list is given value by value."""
        words = [name]
        for key, value in members.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                text = str(one).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
                words.append(key.replace("__", ".") + "=" + text)
        self.proc.stdin.write(("\t".join(words) + "\n").encode("utf-8", "surrogateescape"))
        self.proc.stdin.flush()

    def wait(self, ev, timeout=PATIENCE, where=None, **fields):
        """The next event of this kind with these fields; those before it are kept in .events."""
        end = time.monotonic() + timeout
        while True:
            try:
                e = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                e = None
            if e is None:
                raise AssertionError("no %s %s; seen:\n%s\n%s" % (
                    ev, fields, "\n".join(map(str, self.events[-40:])), self.errors.decode(errors="replace")[-4000:]))
            self.events.append(e)
            assert e["ev"] != "BAD", e
            if e["ev"] == ev and all(e.get(k) == v for k, v in fields.items()) and (not where or where(e)):
                return e

    def seen(self, ev, **fields):
        return [e for e in self.events if e["ev"] == ev and all(e.get(k) == v for k, v in fields.items())]

    # ---- what tests do often ----
    def connect(self):
        self.op("CONNECT")

    def offline(self, **kw):
        return self.wait("STATE", state=OFFLINE, **kw)

    def online(self, **kw):
        return self.wait("STATE", state=ONLINE, **kw)

    def send(self, chat, body, **members):
        """A message; returns its id."""
        name = "k%d" % next(numbers)
        self.op("SEND", send__chat=chat, send__id=name, send__body=body, **{"send__" + k: v for k, v in members.items()})
        return name

    def request(self, op, **members):
        """An operation with a number, its answer."""
        n = next(numbers)
        self.op(op, req=n, **members)
        return n

    def reply(self, n, **kw):
        return self.wait("REPLY", req=n, **kw)

    def answer(self, ask, choice):
        self.op("ANSWER", ask=ask["ask"], id=choice)

    def close(self):
        """Ends it as the engine would, and demands a clean end (no report of a sanitizer)."""
        if self.proc.poll() is None:
            try:
                self.proc.stdin.write(b"close\n")
                self.proc.stdin.flush()
            except BrokenPipeError:
                pass
        rc = self.proc.wait(30)
        for t in self.threads:
            t.join(10)
        assert rc == 0 and b"Sanitizer" not in self.errors and b"runtime error" not in self.errors, (
            "kith-account ended with %d\n%s" % (rc, self.errors.decode(errors="replace")[-6000:]))

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind is None:
            self.close()
        elif self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()
