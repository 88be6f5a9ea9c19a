"""tests/e2e/test_writing.py - writing: the guard against the wrong place, $EDITOR, long pastes, /exec, the inbox"""
import os
import signal
import stat

from kith import alive, processes, until

HERE = os.path.dirname(os.path.abspath(__file__))


def accidents(kind):
    """The texts of tests/guard/accidents.txt that belong to this kind."""
    with open(os.path.join(HERE, "../guard/accidents.txt"), encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t", 1) for line in f if line.strip() and not line.startswith("#")]
    # A backslash is itself but in \n and in the sign for a blank that is none.
    return [text.replace("\\u00a0", "\u00a0").replace("\\n", "\n") for k, text in rows if k == kind]


def notes(neighbours, **files):
    """Somebody alone, in a chat with themselves."""
    p = neighbours.join("alice")
    for name, text in files.items():
        p.write(name.replace("_", "."), text)
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    p.online()
    t.command(f"/query {p.address}")
    t.command("begin")
    t.wait_text("begin")
    until(lambda: len(bodies(p)) == 1, what="the first message")
    return p, t


def bodies(p):
    return [r["body"] for r in p.json("tail", p.address)]


def test_accidents_are_stopped(neighbours):
    """Issue 3, point 5: each is asked about once, and nothing leaves."""
    p, t = notes(neighbours)
    texts = accidents("text")
    assert len(texts) >= 60
    for text in texts:
        t.paste(text)
        t.settle(0.05, 1)
        t.keys("Enter")
        t.wait_text("Really send this?")
        t.keys("Esc")
        t.wait_gone("Really send this?")
        t.keys("C-c")  # clears the input, several lines too
        t.settle(0.02, 1)
    assert bodies(p) == ["begin"]
    t.command("an ordinary line")
    until(lambda: bodies(p) == ["begin", "an ordinary line"], what="the line that was meant")
    t.type(" /quit")
    t.wait_text("❯  /quit")
    t.keys("Enter")
    t.wait_text("Really send this?")
    t.keys("Tab", "Enter")  # it is meant: sent, and not asked again
    until(lambda: bodies(p)[-1] == " /quit", what="the text that was meant")


def test_moved_chat_is_asked_about(neighbours):
    """The chat under the input changed less than a second before Enter."""
    p, t = notes(neighbours, kith_cfg='ui = { input = { guard = [ "moved" ]; }; };\n')
    t.command("/join #other")
    t.wait_text("#other")
    texts = accidents("moved")
    for text in texts:
        t.settle(1.2, 3)  # a second has gone by since the last switch
        t.type(text)
        t.wait_text(f"❯ {text}")
        t.keys("M-/", "M-/", "Enter")  # there and back again, and Enter at once
        t.wait_text("changed just now")
        t.keys("Esc")
        t.wait_gone("changed just now")
        t.keys("C-c")
    assert bodies(p) == ["begin"]


def test_passwords_and_accounts(profile, prosody):
    """A password is noticed by its mark; the other account's chat is named."""
    from people import xmpp_account
    a, b = "guarda", "guardb"
    prosody.add_user(a, "correct horse 7")
    for user in (b, "guardc"):
        prosody.add_user(user, "secret")
    p = xmpp_account(profile("alice"), prosody, a, "correct horse 7")
    path = p.path("accounts.cfg")
    with open(path) as f:
        text = f.read()
    second = text[text.index("{"):text.rindex("}") + 1].replace('"home"', '"work"').replace(f'"{a}@', f'"{b}@').replace(
        '"correct horse 7"', '"secret"')
    p.write("accounts.cfg", text.replace("} );", f"}},\n  {second} );"))
    t = p.start(columns=110, rows=30)
    t.wait_text("Chats")
    p.online()
    other = "guardc@localhost"
    assert p.run("send", "--account", "work", other, "from work")[0] == 0
    t.command(f"/query -account=home {other}")
    for text in accidents("account"):
        t.type(text)
        t.wait_text(f"❯ {text}")
        t.keys("Enter")
        t.wait_text("your account work last")
        t.keys("Esc")
        t.wait_gone("Really send this?")
        t.keys("C-c")
        t.settle(0.05, 1)
    t.command(f"/query -account=work {other}")
    t.wait_text("from work")
    for text in accidents("password"):
        t.type(text)
        t.wait_text(text[-15:])
        t.keys("Enter")
        t.wait_text("password of your account home")
        t.keys("Esc")
        t.wait_gone("Really send this?")
        t.keys("C-c")
        t.settle(0.05, 1)
    rows = p.json("tail", "--account", "work", other)
    assert [r["body"] for r in rows] == ["from work"]
    engine = p.engine()
    until(lambda: engine in processes(), what="the engine")


def editor(p, script):
    """An editor that does what the script says with the file $1."""
    path = p.write("editor", "#!/bin/sh\n" + script, mode=0o700)
    return f'editor_command = "{path}";\n'


def files_below(path):
    return [os.path.join(d, n) for d, _, names in os.walk(path) for n in names]


def test_editor(neighbours):
    """$EDITOR gets the draft in a private file; kith goes on; the text comes back as the draft."""
    p = neighbours.join("alice")
    p.write("kith.cfg", editor(p, 'ls -ln "$1" "$(dirname "$1")/.." > "$HOME/seen"; cat "$1" > "$HOME/draft"\n'
                                  'echo EDITOR IS HERE; read line; printf "one\\ntwo $line\\n" > "$1"\n'))
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    p.online()
    t.command(f"/query {p.address}")
    t.type("a draft")
    t.wait_text("❯ a draft")
    t.keys("C-x", "e")
    t.wait_text("EDITOR IS HERE")
    assert not t.shows("Chats")
    file = next(f for f in files_below(p.path("run")) if f.endswith("message.txt"))
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode) == 0o700
    assert open(p.path("draft")).read() == "a draft"
    # Other views and messages go on meanwhile, and this terminal is left alone.
    t.mark()
    u = p.start(columns=80, rows=24)
    u.wait_text("Chats")
    u.command(f"/query {p.address}")
    u.wait_text("❯ a draft")
    assert p.run("send", "--wait", p.address, "meanwhile")[0] == 0
    u.wait_text("meanwhile")
    t.settle(0.3, 2)
    assert not t.raw
    t.write("three\r")
    t.wait_text("two three")
    t.wait_text("meanwhile")
    assert t.shows("❯ one")
    assert not [f for f in files_below(p.path("run")) if "edit-" in f]
    t.keys("Enter")
    until(lambda: bodies(p) == ["meanwhile", "one\ntwo three"], what="the message")


def test_editor_that_dies_keeps_the_draft(neighbours):
    p = neighbours.join("alice")
    p.write("kith.cfg", editor(p, 'echo ruined > "$1"; echo EDITOR $$; exec sleep 600\n'))
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    p.online()
    t.command(f"/query {p.address}")
    t.type("dear draft")
    t.wait_text("❯ dear draft")
    t.keys("C-x", "C-e")
    pid = int(t.wait(lambda s: next((line.split()[1] for line in s.lines() if line.startswith("EDITOR ")), None)))
    os.kill(pid, signal.SIGKILL)
    t.wait_text("the editor was killed by signal 9")
    assert t.shows("❯ dear draft")
    kept = [f for f in files_below(p.path("run")) if "edit-" in f]
    assert len(kept) == 1  # the notice names it: what was written is there only
    with open(kept[0]) as f:
        assert f.read() == "ruined\n"
    t.keys("C-c")
    t.command("it goes on")
    t.wait_text("it goes on")


def test_editor_outlives_kith_or_its_terminal(neighbours):
    """A hang-up, or a /quit from elsewhere, while an editor is open: what it saved is the draft."""
    p = neighbours.join("alice")
    p.write("kith.cfg", editor(p, 'printf "saved $(cat "$1")" > "$1"; echo IT RUNS; read line; printf " and $line" >> "$1"\n'))
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    p.online()
    t.command(f"/query {p.address}")
    t.type("one")
    t.wait_text("❯ one")
    t.keys("C-x", "e")
    t.wait_text("IT RUNS")
    os.kill(t.pid, signal.SIGHUP)
    t.wait_exit()
    t = p.start(columns=100, rows=30)
    t.wait_text("❯ saved one")
    t.keys("C-x", "e")
    t.wait_text("IT RUNS")
    assert p.run("quit")[0] == 0
    until(lambda: p.engine() is None, what="the end of the engine")
    t.write("three\r")
    t.wait_exit()
    assert "is the draft for" in t.raw.decode()
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    t.command(f"/query {p.address}")
    t.wait_text("❯ saved saved one and three")
    assert not [f for f in files_below(p.root) if "edit-" in f or "written" in f]


def test_long_paste_asks(neighbours):
    p, t = notes(neighbours)
    trace = "".join(f"#{i} frame\n" for i in range(30))
    t.paste(trace)
    t.wait_text("A long paste")
    t.settle(0.8, 3)  # a question takes no key that was on its way before it could be read
    t.keys("c")
    t.wait_gone("A long paste")
    t.wait_text("```")
    assert bodies(p) == ["begin"]
    t.keys("Enter")
    until(lambda: bodies(p)[-1].startswith("```\n#0 frame"), what="the code block")
    t.paste(trace)
    t.wait_text("A long paste")
    t.settle(0.8, 3)
    t.keys("f")
    t.wait_text("paste-20")
    assert not [f for f in files_below(p.path("run")) if "paste-" in f]


def test_exec_goes_with_kith(neighbours):
    p, t = notes(neighbours)
    t.command("/exec -o -- echo said by a program")
    until(lambda: bodies(p)[-1] == "said by a program", what="what it said")
    t.command("/exec seq 3")
    t.wait_text("/exec seq 3")
    t.keys("Esc")
    t.command("/set exec.seconds 600")
    t.command("/exec sleep 4321")
    pid = until(lambda: next((i for i, (_, line) in processes().items() if line == "sleep 4321"), None))
    fds = {os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
    assert not any("kith" in f or "history" in f or "ptmx" in f for f in fds), fds
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]
    t.type("still here")
    t.wait_text("❯ still here")  # nothing waits for it
    p.kill_engine(signal.SIGKILL)
    until(lambda: not alive(pid), what="end of the program")


def test_inbox_survives_and_jumps(neighbours):
    a, b = neighbours.join("alice"), neighbours.join("bob")
    t = a.start(columns=100, rows=30)
    t.wait_text("Chats")
    a.online()
    u = b.start(columns=80, rows=24)
    u.wait_text("Chats")
    b.online()
    until(lambda: b.run("send", "--wait", a.address, "can you look at this?")[0] == 0, what="the question")
    t.to_input()
    t.keys("C-x", "i")
    t.wait_text("Inbox 1")
    t.wait_text("can you look at this?")
    t.keys("s")
    t.wait_text("Until (2h")
    t.settle(0.8, 3)
    t.type("2h")
    t.keys("Enter")
    t.wait_text("1 put off")
    t.keys("Esc")
    a.kill_engine(signal.SIGKILL)
    t.wait_exit()
    t = a.start(columns=100, rows=30)
    t.wait_text("Chats")
    t.to_input()
    t.keys("C-x", "i")
    t.wait_text("1 put off")
    t.keys("Enter")
    t.wait_gone("put off")
    t.wait_text("can you look at this?")
    t.command("yes")
    until(lambda: [r["body"] for r in a.json("tail", b.address)][-1:] == ["yes"], what="the answer")
    t.keys("C-x", "i")
    t.wait_text("Nothing waits for an answer")


def test_notices_of_a_burst(neighbours):
    """One notice for a burst, never more than three in a minute for one chat; the terminal's hides the words."""
    a, b = neighbours.join("alice"), neighbours.join("bob")
    script = a.write("notice", '#!/bin/sh\necho "$KITH_SENDER" >> "$HOME/notices"\n', mode=0o700)
    a.write("kith.cfg", f'notify = {{ command = "{script}"; dbus = "off"; osc = "9"; }};\n')
    t = a.start(columns=100, rows=30)
    t.wait_text("Chats")
    a.online()
    u = b.start(columns=80, rows=24)
    u.wait_text("Chats")
    b.online()
    t.write("\x1b[O")  # the terminal says that it has lost the focus
    t.settle(0.2, 2)
    t.mark()
    for i in range(20):
        until(lambda: b.run("send", "--wait", a.address, f"secret word {i}")[0] == 0, what="a message")
    until(lambda: len(a.json("tail", b.address)) >= 10, what="the messages")
    until(lambda: os.path.exists(a.path("notices")), what="a notice")
    t.settle(0.3, 3)
    with open(a.path("notices")) as f:
        assert 1 <= len(f.read().splitlines()) <= 3
    seen = t.raw.decode("utf-8", "replace")
    notes = [part.split("\a")[0] for part in seen.split("\x1b]9;")[1:]]
    assert 1 <= len(notes) <= 3, notes
    assert "wrote to you" in notes[0] and not any("secret" in n for n in notes), notes
