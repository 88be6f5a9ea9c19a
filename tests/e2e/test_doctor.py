"""tests/e2e/test_doctor.py - kith doctor and /doctor in a real tmux: what is to be changed is named, and gone once changed"""
import pytest
from kith import KITH, until
from tmux import Tmux


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
