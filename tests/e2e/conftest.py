"""tests/e2e/conftest.py - fixtures: profiles that clean up after themselves"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from kith import Profile  # noqa: E402


@pytest.fixture
def profile():
    """A function that makes profiles."""
    made = []

    def make(name="alice", uid=None):
        p = Profile(name, uid)
        made.append(p)
        return p

    yield make
    errors = []
    for p in made:
        try:
            p.close()
        except AssertionError as e:
            errors.append(str(e))
    assert not errors, "\n".join(errors)


@pytest.fixture
def neighbours(profile):
    from people import Neighbours
    n = Neighbours(profile)
    yield n
    n.close()


class Place:
    """Where a test runs kith: in a bare terminal, or in a tmux in one. What it shows is a Terminal either way."""

    def __init__(self, kind):
        self.kind, self.made = kind, []

    def start(self, p, *args, columns=100, rows=30, env=None, term="tmux-256color", command=None):
        from kith import KITH
        from tmux import SETTINGS, Tmux
        full = dict(p.env(), **(env or {}))
        if self.kind == "pty":
            if not command:
                return p.start(*args, columns=columns, rows=rows, env=env, term=term)
            from terminal import Terminal
            t = Terminal(command, columns, rows, full, term, uid=p.uid)
        else:
            line = ["env", f"TERM={term}", *(command or [KITH, "-c", p.root, *args])]
            self.made.append(Tmux(full, SETTINGS + "set -g bell-action any\n", columns, rows, line, p.uid))
            t = self.made[-1].terminal
        t.logs = [p.path("state", "kith.log")]
        p.terminals.append(t)
        return t

    def written(self):
        """A function that says what kith has written since: to its own terminal, not what tmux makes of it."""
        if self.kind == "pty":
            return None
        path = self.made[-1].pipe()

        def read():
            if not os.path.exists(path):
                return b""
            with open(path, "rb") as f:
                return f.read()
        return read

    def close(self):
        for t in self.made:
            t.close()


@pytest.fixture(params=["pty", "tmux"])
def place(request):
    import shutil
    if request.param == "tmux" and not shutil.which("tmux"):
        pytest.skip("no tmux")
    made = Place(request.param)
    yield made
    made.close()


@pytest.fixture(scope="session")
def prosody(tmp_path_factory):
    """One Prosody for the tests that do not hurt it."""
    import shutil
    import tempfile
    from servers import Prosody
    folder = tempfile.mkdtemp(prefix="kp-")
    server = Prosody(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
