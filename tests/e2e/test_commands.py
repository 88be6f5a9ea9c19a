"""tests/e2e/test_commands.py - commands, keys, settings and themes as a user meets them, and the control commands"""
import json
import os
import stat
import time

from kith import until


def lines_of(t):
    return [line.rstrip() for line in t.lines()]


def enter(t, text):
    """Types a line and presses Enter, whatever becomes of it."""
    t.to_input()
    t.type(text)
    t.wait_text(text[-20:])
    t.keys("Enter")


def alone(neighbours, **files):
    p = neighbours.join("alice")
    for name, text in files.items():
        p.write(name.replace("_", "."), text)
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    p.online()
    return p, t


def test_nothing_is_sent_to_nobody(neighbours):
    """UX 4.27, 11: the error here, the text still in the input."""
    p, t = alone(neighbours)
    enter(t, "/msg nobody@example.org secret words")
    t.wait_text("nobody here is called")
    assert t.shows("❯ /msg nobody@example.org secret words")
    t.keys("C-u")
    enter(t, "/qeury bob")
    t.wait_text("there is no command /qeury (did you mean /query?)")
    assert t.shows("❯ /qeury bob")
    t.keys("C-u")
    t.command(f"/msg {p.address} first")
    t.wait_text("first")
    t.command("//etc/hosts is a file")
    t.wait_text("/etc/hosts is a file")
    rows = p.json("tail", p.address)
    assert [r["body"] for r in rows] == ["first", "/etc/hosts is a file"]


def test_set_never_touches_the_users_file(neighbours):
    """UX 4.27, 17."""
    text = "# mine\nui = { hints = true; };\n"
    p, t = alone(neighbours, kith_cfg=text)
    path = p.path("kith.cfg")
    before = os.stat(path)
    t.command("/set ui.list.width 40")
    t.wait(lambda s: s.lines()[0].find("│") == 40, what="a list of 40 cells")
    t.command("/set ui.hints off")
    t.wait_text("kith.cfg:2 wins")
    assert t.shows("F1 help")
    after = os.stat(path)
    assert open(path).read() == text
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert stat.S_IMODE(os.stat(p.path("state", "set.cfg")).st_mode) == 0o600
    t.command("/quit")
    assert t.wait_exit() == 0
    t = p.start(columns=100, rows=30)
    t.wait(lambda s: s.lines()[0].find("│") == 40, what="the list as wide as before")


def test_keys_and_aliases(neighbours):
    keys = '''bindings = ( { context = "global"; keys = ( ( "F9", "/say from a key; /scroll end", "greet" ) ); } );\n'''
    p, t = alone(neighbours, keys_cfg=keys, kith_cfg='aliases = ( ( "gm", "/say good morning, $nick" ) );\n')
    t.command(f"/query {p.address}")
    t.wait(lambda s: "this machine" in s.lines()[0], what="the chat")
    t.write("\x1b[20~")  # F9
    t.wait_text("from a key")
    t.command("/gm")
    t.wait_text("good morning, ")
    t.command("/bind chat F8 /say from a new key")
    t.write("\x1b[19~")  # F8
    t.wait_text("from a new key")
    enter(t, "/unbind global F9")
    t.wait_text("keys.cfg:1 binds F9")
    t.keys("C-u")
    code, out, err = p.run("--list-keys")
    assert code == 0 and "F9" in out and "F8" in out and "/say from a new key" in out


def test_bad_files_are_named_and_kith_starts(neighbours):
    """UX 4.27, 15."""
    bad = 'bindings = (\n  { context = "chats"; keys = ( ( "F9", "/scroll end" ) ); },\n' \
          '  { context = "global"; keys = ( ( "C-i", "/switch" ), ( "F7", "/swich" ) ); }\n);\n'
    p, t = alone(neighbours, keys_cfg=bad, kith_cfg='ui = { theem = "mono"; list = { width = 30; }; };\n')
    code, out, err = p.run("--check-config")
    assert code == 3
    assert 'keys.cfg:2: unknown context "chats" (did you mean "chat"?)' in err
    assert "keys.cfg:3: terminals send Tab for C-i" in err
    assert "keys.cfg:3: there is no command /swich (did you mean /switch?)" in err
    assert 'kith.cfg:1: unknown option "ui.theem" (did you mean "ui.theme"?)' in err
    t.wait(lambda s: s.lines()[0].find("│") == 30, what="the good part of kith.cfg")
    p.write("keys.cfg", "")
    p.write("kith.cfg", "")
    assert p.run("--check-config")[0] == 0
    t.command("/reload")
    t.wait_text("read again")


ACCOUNTS = """accounts = (
  { name = "near"; protocol = "xmp"; address = "a@localhost"; autoconnect = false; },
  { name = "alone"; protocol = "xmpp"; autoconnect = false;
    address = "alice"; },
  { name = "home"; protocol = "xmpp"; address = "a@localhost"; autoconnect = false;
    port = 70000;
    hots = "x";
    allow_plain = "perhaps";
    password_command = "no-such-program show x";
    certificate = "/nonesuch.pem"; },
  { name = "here"; protocol = "local"; }
);
"""


def test_accounts_are_checked_by_their_backends(neighbours):
    """kith --check-config knows what each protocol declares; /reload says the same in the same words."""
    p, t = alone(neighbours)
    good = open(p.path("accounts.cfg")).read()
    p.write("accounts.cfg", ACCOUNTS)
    code, out, err = p.run("--check-config")
    assert code == 3
    assert [line for line in err.split("\n") if line] == [
        'accounts.cfg:2: account near: No plugin for the protocol "xmp" was found (did you mean "xmpp"?).',
        'accounts.cfg:4: account alone: "alice" is no account; its address looks like name@example.org.',
        'accounts.cfg:6: account home: port is a number from 1 to 65535, not "70000"',
        'accounts.cfg:7: account home: XMPP has no setting "hots" (did you mean "host"?)',
        'accounts.cfg:8: account home: allow_plain is true or false, not "perhaps"',
        'accounts.cfg:9: account home: password_command cannot be run: there is no program no-such-program',
        'accounts.cfg:10: account home: certificate cannot be read: /nonesuch.pem: No such file or directory']
    p.write("accounts.cfg", good.replace(");", ', { name = "near"; protocol = "xmp"; autoconnect = false; } );'))
    line = p.run("--check-config")[2].strip()
    t.command("/reload")
    t.wait_text(line[:60])
    p.write("accounts.cfg", good)
    assert p.run("--check-config")[0] == 0


def test_password_that_others_can_read(profile):
    p = profile()
    p.write("accounts.cfg", 'accounts = ( { name = "a"; protocol = "xmpp"; address = "a@localhost"; password = "x"; } );\n', 0o644)
    code, out, err = p.run("--check-config")
    assert code == 3 and "others may read it" in err and "chmod 600" in err


def test_theme_changes_live(neighbours):
    p, t = alone(neighbours)
    t.settle()

    def colours():
        return {t.cell(0, x).fg for x in range(20)} | {t.cell(0, x).bg for x in range(20)}
    coloured = colours()
    t.command("/theme mono")
    t.wait(lambda s: colours() == {"default"}, what="a screen without colours")
    t.command("/theme auto")
    t.wait(lambda s: colours() == coloured, what="the colours of before")
    enter(t, "/theme nosuch")
    t.wait_text('there is no theme "nosuch"')


def test_completion(neighbours):
    p, t = alone(neighbours)
    t.to_input()
    t.type("/whoi")
    t.keys("Tab")
    t.wait_text("❯ /whois")
    t.keys("C-u")
    t.type("/set ui.chat.hide_j")
    t.keys("Tab")
    t.wait_text("/set ui.chat.hide_joins")
    t.keys("C-u")


def test_help_knows_commands_options_keys(neighbours):
    p, t = alone(neighbours)
    t.command("/help msg")
    t.wait_text("/msg [-account=name] who text")
    t.keys("Esc")
    t.command("/help ui.list.width")
    t.wait_text("a number from 12 to 80")
    t.keys("Esc")
    t.command("/help C-k")
    t.wait_text("quick switch")
    t.keys("Esc")


def test_control_commands_say_what_happened(neighbours):
    p, t = alone(neighbours)
    assert p.run("send", p.address)[0] == 2
    assert p.run("send", "--jsn", p.address, "x")[0] == 2
    assert p.run("send", "nobody@example.org", "x")[0] == 1
    code, out, err = p.run("send", "--wait", "--json", p.address, "one")
    assert code == 0 and json.loads(out)["state"] in ("stored", "delivered", "read"), (code, out, err)
    code, out, err = p.run("send", p.address, input="two\nlines\n")
    assert code == 0, err
    rows = until(lambda: [r for r in p.json("tail", p.address) if r["body"] == "two\nlines"], what="the second message")
    assert rows[0]["own"] is True
    code, out, err = p.run("search", "--json", "ine")  # inside of a word
    assert code == 0 and [json.loads(line)["body"] for line in out.splitlines()] == ["two\nlines"], (code, out, err)
    assert len(p.run("search", "--best", "-n", "1", "from:me", "since:today")[1].splitlines()) in (1, 2)
    assert p.run("search", "lines", "before:2001")[:2] == (1, "")  # nothing was found
    code, out, err = p.run("search", "lines", "since:soon")
    assert code == 2 and "since:soon is no day" in err
    assert p.run("search")[0] == 2
    assert p.json("status")[0]["state"] == "online"
    assert p.run("tail", "nosuch@example.org")[0] == 1
    assert p.run("quit")[0] == 0
    assert t.wait_exit() == 0
    until(lambda: p.engine() is None, what="the end of the engine")
    assert p.run("status")[0] != 0


def test_openers_get_one_checked_argument(neighbours):
    p = neighbours.join("alice")
    script = p.write("open.sh", "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >" + p.path("opened") + "\n", 0o755)
    p.write("kith.cfg", f'open_command = "{script}";\n')
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    t.command(f"/msg {p.address} see https://example.org/a;touch%20x, please")
    t.wait_text("please")
    t.command("/open")
    until(lambda: os.path.exists(p.path("opened")), what="the opener's note")
    time_out = time.monotonic() + 5
    while open(p.path("opened")).read().count("\n") < 2 and time.monotonic() < time_out:
        pass
    assert open(p.path("opened")).read() == "1\nhttps://example.org/a;touch%20x\n"
    enter(t, "/open javascript:alert(1)")
    t.wait_text("only https, http")


def test_a_missing_opener_is_said(neighbours):
    p = neighbours.join("alice")
    p.write("kith.cfg", 'open_command = "no-such-opener -x";\n')
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    enter(t, "/open https://example.org/")
    t.wait_text("there is no program named no-such-opener in PATH")
    assert t.shows("❯ /open https://example.org/")


def test_a_wrong_line_is_said_at_the_start(neighbours):
    p = neighbours.join("alice")
    p.write("kith.cfg", 'ui = { theem = "x"; };\naliases = ( ( "a" ) );\n')
    with open(p.path("accounts.cfg"), "a") as f:
        f.write('# more\n')
    t = p.start(columns=120)
    t.wait_text('kith.cfg:1: unknown option "ui.theem"')
    assert t.shows("and more: kith --check-config")


def test_clear_hides_and_scrolling_shows(neighbours):
    p, t = alone(neighbours)
    t.command(f"/msg {p.address} words to be hidden")
    t.wait_text("words to be hidden")
    t.command("/clear")
    t.wait_gone("words to be hidden")
    t.command("a new line")
    t.wait_text("a new line")
    assert not t.shows("words to be hidden")
    today = time.strftime("%Y-%m-%d", time.gmtime())
    t.command(f"/msg {p.address} " + "filler " * 400)
    t.command(f"/scroll date {today}")
    t.wait_text("words to be hidden")
    enter(t, "/scroll date 2999-01-01")
    t.wait_text("nothing was written here since 2999-01-01")


def test_ignored_neighbour_is_not_heard(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    a.command(f"/ignore {bob.address}")
    a.wait_text("is ignored: what they write is dropped")
    b.command(f"/msg {alice.address} can you hear me")
    b.wait_text("✓✓")
    a.command(f"/unignore {bob.address}")
    a.wait_text("is not ignored any more")
    b.command("and now?")
    a.news("and now?")
    assert not a.shows("can you hear me")


def test_account_disable_outlives_a_restart(profile):
    p = profile("alice")
    t = p.start(columns=100, rows=30)
    t.wait_text("first run")
    t.keys("Enter")
    p.online()
    t.command("/account disable here")
    t.wait_text("account here stays offline")
    t.command("/quit")
    t.wait_exit()
    until(lambda: p.engine() is None)
    t = p.start(columns=100, rows=30)
    t.wait_text("Chats")
    t.command("/account enable here")
    t.wait_text("account here connects by itself")
    p.online()


def test_several_are_meant_and_one_is_chosen(neighbours):
    alice, bob = neighbours.join("alice"), neighbours.join("bob")
    a, b = alice.start(columns=100, rows=30), bob.start(columns=100, rows=30)
    a.wait_text(bob.address)
    b.wait_text(alice.address)
    enter(a, "/msg uid good evening")
    a.wait_text("Enter insert")  # the popup with both of them
    a.keys("Tab", "Enter")
    a.wait_gone("Enter insert")
    a.wait_text(f"/msg {bob.address} good evening")
    a.keys("Enter")
    b.news("good evening")


def test_backends_are_listed(neighbours):
    p = neighbours.join("alice")
    folder = p.path("data", "plugins")
    os.makedirs(folder, mode=0o700)
    for d in (p.path("data"), folder):
        os.chown(d, p.uid, p.uid)
    p.write("data/plugins/broken.so", "not a library", 0o600)
    t = p.start(columns=100, rows=70)
    t.wait_text("Chats")
    p.online()
    t.command("/plugin list")
    t.wait_text("used by    here")
    assert t.shows("interface  0.") and t.shows("local.so") and t.shows("XMPP (Jabber)") and t.shows("no account")
    t.wait_text("broken.so")
    t.wait_text("refused    Cannot load")
