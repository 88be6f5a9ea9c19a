"""tests/e2e/test_acceptance_life.py - acceptance checks of keys, ends, the first run and files (12, 13, 14, 15, 17)"""
import os
import re
import signal

import pytest
from kith import KITH, alive, processes, until
from test_first_run import fill, pair  # noqa: F401 (a fixture)
from test_keys import chords, outer, xterm  # noqa: F401 (a fixture)

OFFLINE = 'accounts = ( { name = "here"; protocol = "local"; address = ""; autoconnect = false; } );\n'

EFFECTS = (  # key, what the list of keys says of it, what it shows
    ("F1", "help", "type to filter"), ("C-k", "quick switch", "Switch to"), ("M-g", "quick switch", "Switch to"),
    ("F2", "list", "LIST"), ("M-t", "list", "LIST"), ("M-?", "keys", "type to filter"), ("M-w", None, "another chat right of it"),
    ("C-x", None, "Ctrl-x"), ("C-s", "search", "SEARCH"), ("M-s", "search", "SEARCH"),
)
WRITING = (  # keys behind "one two", what the list says of the last, what the input line is then
    (("M-Enter", "x"), "new line", ["❯ one two", "  x"]), (("C-j", "x"), "new line", ["❯ one two", "  x"]),
    (("C-a", "x"), "start", ["❯ xone two"]), (("Home", "x"), "start", ["❯ xone two"]), (("C-a", "C-e", "x"), "end", ["❯ one twox"]),
    (("Left", "x"), "left", ["❯ one twxo"]), (("M-b", "x"), "word", ["❯ one xtwo"]), (("C-w",), "kill", ["❯ one"]),
    (("C-Left", "x"), "word", ["❯ one xtwo"]), (("C-w", "C-y", "C-y"), "put back", ["❯ one twotwo"]), (("C-w", "C-_"), "undo", ["❯ one two"]),
    (("M-b", "M-d"), "word", ["❯ one"]), (("M-b", "M-k"), "kill", ["❯ one"]), (("Backspace",), "delete", ["❯ one tw"]),
    (("Home", "Delete"), "delete", ["❯ ne two"]), (("C-u",), "kill", ["❯"]),
)


def shows_rows(t, want):
    """These rows stand one below the other in the input; it says how many they are."""
    rows = [re.sub(r"\d lines$", "", line).strip() for line in t.lines()]
    return any(rows[i:i + len(want)] == [w.strip() for w in want] for i in range(len(rows)))


@pytest.mark.parametrize("kind", ["plain", "tmux", "screen"])
def test_check_12_keys_do_what_the_list_says(outer, profile, kind):  # noqa: F811
    """That every default key arrives as itself: test_keys."""
    listed = {}
    for _, chord, does in chords(profile("lister"), "standard"):
        listed.setdefault(chord, []).append(does)
    t = outer(kind).terminal
    t.wait_text("Esc back", timeout=40)
    t.keys("Esc")
    t.wait_gone(" LIST")
    for name, says, looks in EFFECTS:
        assert says is None or any(says in does for does in listed[name]), (name, listed.get(name))
        t.write(xterm(name))
        t.wait(lambda t: t.shows(looks), what=f"{looks!r} after {name} in {kind}")
        t.keys("Esc")
        # A multiplexer draws from the top: the last row is there when all of it is (the help of M-? has the words of M-w below).
        t.wait(lambda t: not t.shows(looks) and "Enter send" in t.lines()[-1], what=f"no {looks!r} after Esc in {kind}")
    for keys, says, want in WRITING:
        if kind == "screen" and "C-a" in keys:
            continue  # its own prefix; Home is the twin
        name = next(k for k in reversed(keys) if k != "x")
        assert any(says in does for does in listed[name]), (name, says, listed.get(name))
        t.write("one two")
        t.wait(lambda t: any(line.strip() == "❯ one two" for line in t.lines()), what="the text")
        for k in keys:
            t.write(xterm(k))
        t.wait(lambda t: shows_rows(t, want), what=f"{want} after {keys} in {kind}")
        t.write(xterm("End"))
        for _ in range(3):
            t.write(xterm("C-u") + xterm("Backspace"))
        t.wait(lambda t: any(line.strip() == "❯" for line in t.lines()), what="an empty input line")
        t.settle(0.05, 0.5)


def views(p):
    return [pid for pid, (_, line) in processes().items()
            if line.startswith(KITH) and p.root in line and "--engine" not in line and alive(pid)]


RESTORED = (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?1004l")


@pytest.mark.parametrize("how", ["crash", "shell"])
def test_check_13_a_crash_leaves_the_terminal_sane(place, profile, how):
    """SIGSEGV of kith; SIGKILL of the shell that runs it, in another one."""
    p = profile()
    p.write("accounts.cfg", OFFLINE)
    bash = ["bash", "--noprofile", "--norc"]
    asan = p.env()["ASAN_OPTIONS"] + ":handle_segv=0"  # the crash on purpose is no finding
    t = place.start(p, columns=80, rows=24, env={"PS1": "prompt> ", "ASAN_OPTIONS": asan}, command=[*bash, "-i"])
    t.wait_text("prompt>")
    t.write(f"{' '.join(bash)} -ic '{KITH} -c {p.root}; echo code=$?'\r")
    t.wait_text("Chats", timeout=40)
    view = until(lambda: [v for v in views(p)], what="the view")[0]
    with open(f"/proc/{view}/stat") as f:
        shell = int(f.read().rsplit(")", 1)[1].split()[1])
    written = place.written()
    t.settle(0.3)
    t.mark()
    os.kill(view if how == "crash" else shell, signal.SIGSEGV if how == "crash" else signal.SIGKILL)
    until(lambda: not alive(view), what="end of the view")
    t.wait(lambda t: all(end in (written() if written else bytes(t.raw)) for end in RESTORED), what="the restore string")
    t.write("\rstty -a; echo typed and $((20 + 22))\r")
    t.wait(lambda t: t.shows("typed and 42") and t.shows("\nopost") and t.shows("isig icanon iexten echo"), what="the modes of a shell")
    assert t.shows("$((20 + 22))")  # it showed what was typed
    t.write("exit\r")
    t.wait_exit()


def inet_sockets(p):
    """Sockets of the engine and its children that reach beyond this machine's files."""
    inodes = set()
    for name in ("tcp", "tcp6", "udp", "udp6", "raw"):
        if os.path.exists(f"/proc/net/{name}"):
            with open(f"/proc/net/{name}") as f:
                inodes |= {line.split()[9] for line in f.readlines()[1:]}
    found = []
    for pid in [p.engine(), *p.children(), *views(p)]:
        try:
            links = [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        found += [link for link in links if link.startswith("socket:[") and link[8:-1] in inodes]
    return found


def test_check_14_first_run(place, profile, prosody, pair):  # noqa: F811
    alice, bob, other = pair
    p = profile("alice")
    t = place.start(p, columns=100, rows=30)
    fill(t, f"{alice}@localhost", "s3cret pw", prosody)  # an address, a password; the server is not at the usual place
    t.settle(0.3)
    assert inet_sockets(p) == [] and p.children() == []
    entries = ["address", "password"]
    t.keys("Enter")
    entries.append("Enter")
    t.wait_text("SHA-256 fingerprint")  # of a server that nobody vouches for: one more question, which the six do not count
    t.keys("Up", "Enter")
    t.wait_text("step 2 of 2")
    t.wait_text("Bob Builder")
    t.keys("Enter")
    entries.append("Enter")
    t.wait_text("❯")
    t.type("hello from a newcomer", enter=True)
    entries += ["text", "Enter"]
    other.expect("message", body="hello from a newcomer")
    assert len(entries) == 6


def test_check_14_six_entries_without_a_server(place, profile):
    """On this machine: nobody to ask, so it is two less."""
    p = profile("alice")
    t = place.start(p, columns=100, rows=30)
    t.wait_text("Enter, and you")
    assert inet_sockets(p) == []
    t.keys("Enter")
    p.online()
    assert inet_sockets(p) == []
    t.command("/msg " + p.json("status")[0]["address"] + " a first message")
    t.wait_text("a first message")


def test_check_15_a_bad_file(place, profile):
    p = profile()
    p.write("accounts.cfg", OFFLINE)
    p.write("keys.cfg", "#\n" * 29 + 'bindings = (\n  { context = "chats"; keys = ( ( "F9", "/help" ) ); }\n);\n')
    code, _, err = p.run("--check-config")
    assert code == 3
    assert 'keys.cfg:31: unknown context "chats" (did you mean "chat"?)' in err, err
    t = place.start(p, columns=120, rows=30)
    t.wait_text("Chats")
    t.wait(lambda t: "keys.cfg:31:" in re.sub(r"\s", "", t.text()), what="the warning")
    for _ in range(2):
        t.keys("Esc")
        t.settle(0.1, 1)
    t.keys("C-k")
    t.wait_text("Switch to")  # the defaults work


def test_check_17_set_never_writes_your_file(place, profile):
    p = profile()
    p.write("accounts.cfg", OFFLINE)
    mine = '# mine: do not touch\nui:\n{\n    hints = true;   // as it came\n};\n'
    path = p.write("kith.cfg", mine)
    before = os.stat(path)
    t = place.start(p, columns=100, rows=30)
    t.wait_text("Chats")
    t.command("/set theme irssi")
    t.command("/set ui.hints false")
    t.wait(lambda t: "kith.cfg" in t.text(), what="that kith.cfg has its own idea")  # and wins
    t.keys("Esc")
    t.command("/set mouse true")
    t.command("/unset mouse")
    until(lambda: os.path.exists(p.path("state", "set.cfg")) and "irssi" in open(p.path("state", "set.cfg")).read(), what="set.cfg")
    p.run("quit", check=True)
    t.settle(0.2)
    with open(path) as f:
        assert f.read() == mine
    after = os.stat(path)
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (before.st_ino, before.st_mtime_ns, before.st_ctime_ns)
