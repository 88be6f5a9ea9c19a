# e2e/test_irc_looks.py - what is bold, coloured or hidden between two kiths and a client of another make, over a real server
import json
import shutil
import tempfile

from irc_servers import Ngircd, Person
from kith import until

ACCOUNT = """accounts = ( {{ name = "net"; protocol = "irc"; address = "{nick}@127.0.0.1:{port}"; tls = "no";
    join = "#Test"; fast = true; }} );
"""


def newest(p):
    code, out, _ = p.run("tail", "-n", "1", "#test", "--json")
    return json.loads(out.splitlines()[-1]) if code == 0 and out.strip() else {}


def cell_of(t, words):
    row = t.line_with(words)
    return t.cell(row, t.lines()[row].index(words))


def test_looks_go_both_ways_and_spoilers_stay_hidden(profile):
    folder = tempfile.mkdtemp(prefix="ki-")
    alice, bob = profile("alice"), profile("bob")
    with Ngircd(folder) as server, Person(server.port, "carol") as carol:
        carol.put("JOIN #Test")
        carol.wait(" 366 ")
        for p, nick in ((alice, "alice"), (bob, "bob")):
            p.write("accounts.cfg", ACCOUNT.format(nick=nick, port=server.port))
        t = alice.start(columns=100, rows=30)
        alice.online("net")
        plain = bob.start("--plain", columns=100, rows=30)
        bob.online("net")
        carol.wait("bob!")
        t.command("/query #Test")
        t.wait_text("1 Test")
        # from a client of another make: bold is bold, and what nobody shall see at once is not seen
        carol.put("PRIVMSG #Test :some \x02heavy\x02 and \x030,4loud\x0f words")
        t.wait_text("some heavy and loud words")
        assert cell_of(t, "heavy").bold and not cell_of(t, "some").bold
        assert cell_of(t, "loud").bg not in ("default", cell_of(t, "some").bg)
        carol.put("PRIVMSG #Test :the end is \x031,1that she leaves\x03 !")
        t.wait_text("the end is ▒▒▒")
        assert not t.shows("she leaves")
        until(lambda: newest(bob).get("body") == "the end is [spoiler] !", what="bob to get it, hidden")
        assert newest(bob)["spoiler"] == "the end is that she leaves !"
        plain.wait_text("carol: the end is [spoiler] !")
        plain.wait_text("something is hidden: /reveal shows it")
        plain.type("/query #Test", enter=True)
        plain.type("/reveal", enter=True)
        plain.wait_text("hidden was: carol: the end is that she leaves !")
        t.command("/reveal")
        t.wait_text("the end is that she leaves !")
        t.command("/reveal")
        t.wait_gone("she leaves")
        # from kith: codes that any client reads, and another kith shows the same
        t.type("it is ")
        t.keys("M-q", "b")
        t.type("really")
        t.keys("M-q", "b")
        t.type(" true", enter=True)
        carol.wait("PRIVMSG #Test :it is \x02really\x0f true")
        t.wait_text("it is really true")
        assert cell_of(t, "really").bold
        until(lambda: newest(bob).get("body") == "it is really true", what="bob to get it")
        t.command("/spoiler nobody wins")
        carol.wait("PRIVMSG #Test :\x0301,01nobody wins\x0f")
        until(lambda: newest(bob).get("body") == "[spoiler]", what="bob to get it hidden")
        assert not t.shows("nobody wins")
        _, out, _ = bob.run("tail", "-n", "3", "#test")
        assert "[spoiler]" in out and "nobody" not in out and "she leaves" not in out
    shutil.rmtree(folder, ignore_errors=True)


def test_an_account_may_read_and_write_another_encoding(profile):
    folder = tempfile.mkdtemp(prefix="ki-")
    alice = profile("alice")
    with Ngircd(folder) as server, Person(server.port, "carol") as carol:
        carol.put("JOIN #Test")
        carol.wait(" 366 ")
        alice.write("accounts.cfg", ACCOUNT.format(nick="alice", port=server.port).replace(
            "fast = true;", 'fast = true; encoding = "koi8-r"; send_encoding = "koi8-r";'))
        alice.start()
        alice.online("net")
        carol.wait("alice!")
        carol.s.sendall(b"PRIVMSG #Test :\xd0\xd2\xc9\xd7\xc5\xd4\r\n")
        until(lambda: newest(alice).get("body") == "привет", what="the word in letters")
        assert alice.run("send", "--wait", "#test", "привет")[0] == 0
        raw = []

        def came():
            try:
                raw.append(carol.s.recv(65536))
            except TimeoutError:
                pass
            return b"PRIVMSG #Test :\xd0\xd2\xc9\xd7\xc5\xd4\r\n" in b"".join(raw)

        until(came, what="the word in bytes")
    shutil.rmtree(folder, ignore_errors=True)
