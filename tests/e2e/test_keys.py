"""tests/e2e/test_keys.py - every default key through a real xterm encoding, tmux and GNU screen; R in the help; presets"""
import os
import re
import shutil
import tempfile

import pytest

from kith import KITH
from terminal import Terminal, key

PRESETS = ("standard", "emacs", "vi")
MODIFIED = {"Up": "A", "Down": "B", "Right": "C", "Left": "D", "Home": "H", "End": "F"}


def xterm(name):
    """The bytes xterm sends for a key of --list-keys: "C-Left", "M-Enter"; None where it has none without asking."""
    mods = 1
    while len(name) > 2 and name[1] == "-" and name[0] in "CMS":
        mods += {"S": 1, "M": 2, "C": 4}[name[0]]
        name = name[2:]
    if name in MODIFIED and mods > 1:
        return f"\x1b[1;{mods}{MODIFIED[name]}"
    if name == "Enter" and mods == 2:
        return None
    if name == "Tab" and mods == 2:
        return "\x1b[Z"
    text = " " if name == "Space" else key(name) if len(name) > 1 else name
    if mods - 1 & 4:
        text = "\x00" if text == " " else chr(ord(text.upper()) ^ 0x40)
    return ("\x1b" if mods - 1 & 2 else "") + text


def label(chord):
    """A chord as the screen has it: "Ctrl-x l"."""
    out = []
    for name in chord.split():
        words = ""
        while len(name) > 2 and name[1] == "-" and name[0] in "CMS":
            words += {"C": "Ctrl-", "M": "Alt-", "S": "Shift-"}[name[0]]
            name = name[2:]
        out.append(words + name)
    return " ".join(out)


def chords(profile, preset):
    """Context, chord, and what it does, from kith --list-keys=md."""
    profile.write("keys.cfg", f'preset = "{preset}";\n')
    code, out, err = profile.run("--list-keys=md")
    assert code == 0, err
    context, found = None, []
    for line in out.split("\n"):
        if line.startswith("## "):
            context = line[3:]
        m = re.match(r"^\| `(.*?)` \| (.*) \| `.*` \|$", line)
        if m:
            found.append((context, m.group(1).replace("\\|", "|"), m.group(2).replace("\\|", "|")))
    assert len(found) > 200
    return found


class Outer:
    """kith in a multiplexer in a terminal that speaks xterm."""

    def __init__(self, profile, kind):
        self.folder = tempfile.mkdtemp(prefix="km-")
        self.profile = profile
        self.kind = kind
        env = profile.env()
        command = [KITH, "-c", profile.root]
        if kind == "tmux":
            conf = os.path.join(self.folder, "tmux.conf")
            with open(conf, "w") as f:
                f.write("set -s escape-time 20\nset -s default-terminal tmux-256color\nset -g status off\n")
            command = ["tmux", "-u", "-S", os.path.join(self.folder, "s"), "-f", conf, "new-session", *command]
        elif kind == "screen":
            conf = os.path.join(self.folder, "screenrc")
            with open(conf, "w") as f:
                f.write("startup_message off\ndefflow off\nmaptimeout 20\nvbell off\ndefutf8 on\n")
            env["SCREENDIR"] = os.path.join(self.folder, "dir")
            os.mkdir(env["SCREENDIR"], 0o700)
            command = ["screen", "-U", "-c", conf, "-S", "kith", *command]
        self.terminal = Terminal(command, 120, 36, env, "xterm-256color")
        self.terminal.logs = [profile.path("state", "kith.log")]
        profile.terminals.append(self.terminal)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def outer(profile):
    made = []

    def make(kind):
        p = profile("keys")
        p.write("accounts.cfg", 'accounts = ( { name = "here"; protocol = "local"; address = ""; autoconnect = false; } );\n')
        o = Outer(p, kind)
        made.append(o)
        return o
    yield make
    for o in made:
        o.close()


def ask_again(t):
    """The help asks for a key, with none pressed yet."""
    if t.shows("Another key for"):
        t.keys("Esc")
        t.wait_gone("Another key for")
    t.write("R")
    t.wait_text("Press it now")


@pytest.mark.parametrize("kind", ["plain", "tmux", "screen"])
def test_every_key_arrives(outer, profile, kind):
    lister = profile("lister")
    want = {}
    for preset in PRESETS:
        for _, chord, _ in chords(lister, preset):
            want.update(dict.fromkeys(chord.split()))
    o = outer(kind)
    t = o.terminal
    t.wait_text("Esc back", timeout=40)
    t.write(key("F1"))
    t.wait_text("Help: keys that work now", timeout=40)
    t.keys("Down")
    ask_again(t)
    prefix = {"tmux": "C-b", "screen": "C-a"}.get(kind)
    tried, skipped, fresh = 0, [], True
    for name in want:
        if xterm(name) is None or name == prefix:
            skipped.append(name)
            continue
        if name in ("Enter", "+", "Esc") and not fresh:
            ask_again(t)
        t.write(xterm(name))
        tried += 1
        if name == "Esc":  # it leaves the question
            t.wait_gone("Another key for")
            t.write("R")
            t.wait_text("Press it now")
            fresh = True
            continue
        said = label(name)
        t.wait(lambda t: any(f"│ {said} until now: " in line or f"│ {said} is free" in line or f"│ {said} …" in line
                             for line in t.lines()), what=f"{said} in {kind}")
        fresh = t.shows("and the next key?")
        if fresh:
            ask_again(t)
    assert set(skipped) <= {"S-Enter", "C-a", "C-b"}, skipped  # those have twins: unit test test_presets
    assert tried > 110
    print(f"{kind}: {tried} keys, skipped {skipped}")


def test_another_key_by_r(profile):
    p = profile()
    p.write("accounts.cfg", 'accounts = ( { name = "here"; protocol = "local"; address = ""; autoconnect = false; } );\n')
    mine = '# mine\nbindings = ( { context = "global"; keys = ( ( "F12", "/redraw", "again" ) ); } );\n'
    path = p.write("keys.cfg", mine)
    t = p.start(columns=100, rows=30)
    t.wait_text("Esc back", timeout=40)
    t.keys("F1")
    t.wait_text("type to filter")
    t.write("mouse on")
    t.wait_text("Alt-m")
    t.keys("Down")
    t.write("R")
    t.wait_text("Another key for: mouse on, off (global)")
    t.keys("C-t")
    t.wait_text("Ctrl-t is free")  # in the list; where text is written it swaps characters
    t.keys("M-g")
    t.wait_text("Alt-g until now: quick switch")
    t.keys("F4")
    t.wait_text("F4 is free")
    t.keys("Enter")
    t.wait_gone("Another key for")
    t.wait_text("F4")
    t.keys("Esc")
    t.wait_gone("Help:")
    t.keys("F4")
    t.wait_text("The mouse is kith's")
    t.keys("M-m")
    t.wait_text("Alt-m does nothing here")
    with open(path) as f:
        assert f.read() == mine
    with open(p.path("state", "set.cfg")) as f:
        kept = f.read()
    assert '( "global", "F4", "/toggle mouse", "mouse on, off" )' in kept and '( "global", "M-m", "", "" )' in kept
    p.run("quit", check=True)
    t.wait_exit()
    code, out, _ = p.run("--list-keys")
    assert "F4" in out and "/toggle mouse" in out


def test_a_key_that_this_terminal_cannot_send(profile):
    p = profile()
    p.write("accounts.cfg", 'accounts = ( { name = "here"; protocol = "local"; address = ""; autoconnect = false; } );\n')
    p.write("keys.cfg", 'bindings = ( { context = "input"; keys = (\n  ( "C-Enter", "/edit-line newline", "line" ) ); } );\n')
    t = p.start(columns=100, rows=30, term="vt100")
    t.wait_text("keys.cfg:2: this terminal cannot send Ctrl-Enter", timeout=40)
    t = p.start(columns=100, rows=30, env={"STY": "1.x"}, term="screen")
    t.wait_text("keys.cfg:2: GNU screen cannot send Ctrl-Enter", timeout=40)


def test_presets_and_limits(neighbours):
    alice = neighbours.join("alice")
    alice.write("keys.cfg", 'preset = "vi";\nbindings = (\n'
                '  { context = "chat"; account = "here"; keys = ( ( "M-i", "/toggle hints", "hints" ) ); },\n'
                '  { context = "chat"; account = "other"; keys = ( ( "M-o", "/quit", "quit" ) ); },\n'
                '  { context = "chat"; protocol = "local"; keys = ( ( "M-u", "", "" ) ); }\n);\n')
    t = alice.start(columns=100, rows=30)
    alice.online("here")
    t.command("/join #dev")
    t.wait_text("# dev")
    t.wait_text("INSERT")
    t.keys("M-i")
    t.wait_gone("Enter send")
    t.keys("M-i")
    t.wait_text("Enter send")
    t.keys("M-u")
    t.wait_text("Alt-u does nothing here")
    t.write("one two three")
    t.wait_text("❯ one two three")
    t.keys("Esc")
    t.wait_text("NORMAL")
    t.write("0dw")
    t.wait(lambda t: "❯ two three" in t.lines()[-2], what="a word less")
    t.write(":b nobody-here")
    t.wait_text("/b nobody-here")
    t.keys("Enter")
    t.wait_text("nobody-here")
    t.keys("Esc")
    t.wait(lambda t: "❯ two three" in t.lines()[-2], what="the draft again")
    t.write("A four")
    t.keys("Enter")  # sends in insert mode
    t.wait_text("two three four")
    t.command("/set keys.preset emacs")  # keys.cfg wins
    t.wait_text("INSERT")


def test_names_and_lists(profile):
    p = profile()
    code, out, _ = p.run("--list-keys=md")
    assert code == 0 and out.startswith("# Keys: the preset standard")
    assert "| `C-k` | quick switch | `/switch` |" in out
    assert "(not inside of tmux)" in out and "(not inside of screen)" in out
    rows = [line for line in out.split("\n") if line.startswith("|")]
    assert all(len(re.sub(r"\\\|", "", line).split("|")) == 5 for line in rows)
    p.write("keys.cfg", 'preset = "wi";\nbindings = ( { context = "chats"; keys = (); } );\n')
    code, _, err = p.run("--check-config")
    assert code == 3
    assert 'keys.cfg:1: unknown preset "wi" (did you mean "vi"?)' in err
    assert 'keys.cfg:2: unknown context "chats" (did you mean "chat"?)' in err


def test_readme_keys_are_bound(profile):
    """The key table of the README against --list-keys."""
    p = profile()
    bound = {label(chord) for _, chord, _ in chords(p, "standard")}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../README")) as f:
        text = f.read()
    rows = text[text.index("    Enter          send"):].split("\n\n")[0].split("\n")
    names = [word for line in rows for word in re.findall(r"(?:^ {4}| {3,})((?:\S+ ?){1,3}) {2,}", line)]
    keys = {k for name in names for k in name.replace("... 0", "").split()}
    assert {"Enter", "Alt-Enter", "Tab", "Ctrl-k", "Alt-a", "Alt-1", "PgUp", "PgDn", "F1", "F2"} <= keys, keys
    assert keys - {"/"} <= bound, keys - bound
    for chord in ("Alt-w v", "Alt-l"):  # in the words below it
        assert chord in text and chord in bound
