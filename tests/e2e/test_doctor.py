"""tests/e2e/test_doctor.py - kith doctor and /doctor in a real tmux: what is to be changed is named, and gone once changed"""
import os
import subprocess
import tempfile

import pytest
from kith import KITH, until
from terminal import Terminal


class Tmux:
    """A tmux server of our own, in a terminal of our own."""

    def __init__(self, env, conf):
        self.folder = tempfile.mkdtemp(prefix="kt-")
        self.socket = os.path.join(self.folder, "s")
        self.conf = os.path.join(self.folder, "tmux.conf")
        with open(self.conf, "w") as f:
            f.write(conf)
        self.env = {k: v for k, v in env.items() if k not in ("TMUX", "TMUX_PANE")}
        self.terminal = Terminal(["tmux", "-S", self.socket, "-f", self.conf, "new-session", "-x", "120", "-y", "60", "sh"],
                                 120, 60, self.env, "xterm-256color")
        until(lambda: self.tmux("list-sessions", check=False).returncode == 0, what="a tmux server")

    def tmux(self, *args, check=True):
        return subprocess.run(["tmux", "-S", self.socket, *args], capture_output=True, text=True, check=check, env=self.env)

    def capture(self):
        return self.tmux("capture-pane", "-p", "-J").stdout

    def run(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def close(self):
        self.tmux("kill-server", check=False)
        self.terminal.close()
        import shutil
        shutil.rmtree(self.folder, ignore_errors=True)


GOOD = """set -s focus-events on
set -s set-clipboard on
set -s extended-keys on
set -s escape-time 20
set -s default-terminal tmux-256color
set -g set-titles on
set -g bell-action any
set -g allow-passthrough on
"""


@pytest.fixture
def tmux(profile):
    made = []

    def make(conf):
        p = profile("alice")
        made.append(Tmux(p.env(), conf))
        return made[-1], p
    yield make
    for t in made:
        t.close()


def doctor(t, p):
    """What kith doctor prints, and its exit code."""
    t.run(f"clear; {KITH} -c {p.root} doctor; echo code=$?.")
    until(lambda: any(line.startswith("code=") for line in t.capture().split("\n")), what="an end of kith doctor")
    text = t.capture()
    return text, int(text.split("code=")[1].split(".")[0]) if not text.split("code=")[1].startswith("$") else None


def test_tmux_as_it_comes_and_set_right(tmux):
    t, p = tmux("set -s escape-time 500\n")
    text, code = doctor(t, p)
    assert code == 1, text
    for line in ("set -s focus-events on", "set -s set-clipboard on", "set -g allow-passthrough on", "set -s escape-time 20",
                 "set -g set-titles on", "set -s extended-keys on"):
        assert line in text, f"{line!r} is missing:\n{text}"
    assert "tmux.conf" in text and "inside                 tmux" in text
    assert "UTF-8                  yes" in text
    # What it says is what helps: the lines it names, put into the file, are named no more.
    t.close()
    lines = [line.strip().split(None, 1)[1] for line in text.split("\n") if line.strip().startswith("tmux.conf")]
    t, p = tmux("\n".join(lines) + "\nset -s default-terminal tmux-256color\n")
    text, code = doctor(t, p)
    assert "tmux.conf" not in text, text


def test_inside_kith(tmux):
    t, p = tmux(GOOD.replace("focus-events on", "focus-events off"))
    t.run(f"{KITH} -c {p.root} -o")
    until(lambda: "first run" in t.capture(), what="the first page")
    t.tmux("send-keys", "C-c")
    t.run("clear")
    p.write("accounts.cfg", 'accounts = ( { name = "x"; protocol = "local"; address = ""; autoconnect = false; } );')
    t.run(f"{KITH} -c {p.root} -o")
    until(lambda: "Chats" in t.capture(), what="the main screen")
    t.tmux("send-keys", "Escape")
    until(lambda: " LIST" not in t.capture(), what="the input line")
    t.run("/doctor")
    text = until(lambda: "To mend" in (s := t.capture()) and s, what="a report")
    assert "set -s focus-events on" in text and "kith doctor: this terminal" in text
    assert "set-clipboard" not in text
    t.tmux("send-keys", "Escape")
    # The questions left nothing on the screen behind.
    until(lambda: "To mend" not in (s := t.capture()) and "Chats" in s.split("\n")[0], what="the main screen as before")
    assert "日" not in t.capture()
