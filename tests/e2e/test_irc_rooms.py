# e2e/test_irc_rooms.py - channels of IRC on the screen, with a real server: who people are, modes, bans, kicks, invitations
import shutil
import tempfile

import pytest

from irc_servers import Inspircd, Person

ACCOUNT = """accounts = ( {{ name = "net"; protocol = "irc"; address = "alice@127.0.0.1:{port}"; tls = "no";
    join = "#Test"; fast = true; rejoin_on_kick = true; }} );
"""


@pytest.fixture
def server():
    folder = tempfile.mkdtemp(prefix="ki-")
    with Inspircd(folder) as s:
        yield s
    shutil.rmtree(folder, ignore_errors=True)


def go_in(alice, t, *people):
    """Alice is operator of #Test and looks at it; the others are there."""
    alice.online("net")
    t.wait_text("# Test")
    for p in people:
        p.put("JOIN #Test")
        p.wait(" 366 ")
    t.command("/join #Test")
    t.wait_text("Members")


def test_standing_and_bans(profile, server):
    alice = profile("alice")
    alice.write("accounts.cfg", ACCOUNT.format(port=server.port))
    with Person(server.port, "bob") as bob, Person(server.port, "eve") as eve:
        bob.put("AWAY :tea")
        t = alice.start(columns=120, rows=36)
        go_in(alice, t, bob, eve)
        bob.put("PRIVMSG #test :hello from bob")
        t.wait_text("hello from bob")
        t.command("/op bob")
        bob.wait("MODE #Test +o")
        t.wait_text("you make bob operator")
        t.wait(lambda t: any(line.rstrip().endswith("@") and " bob " in line for line in t.lines()), what="bob's sign")
        bob.put("MODE #Test +iv eve")
        eve.wait("MODE #Test +iv")
        t.wait_text("only invited people may join now (bob)")
        assert not t.shows("gives eve voice")  # eve said nothing: hidden as her coming would be
        t.command("/who")
        t.wait(lambda t: any(" bob " in line and "bob@127.0.0.1" in line and "away" in line for line in t.lines()),
               what="bob's row, asked of the server")
        t.keys("Esc")
        t.wait(lambda t: not t.shows("bob@127.0.0.1"), what="the chat again")
        t.command("/ban *!*@one.example")
        t.wait_text("you ban *!*@one.example")
        t.command("/except eve")
        t.wait_text("from bans")
        t.command("/bans")
        t.wait_text("Banned from #Test")
        t.wait(lambda t: any("*!*@one.example" in line and "alice" in line for line in t.lines()), what="the ban, and who set it")
        t.keys("Enter")
        bob.wait("MODE #Test -b")
        t.keys("Esc")
        t.wait_text("you lift the ban of *!*@one.example")
        t.command("/kick eve bye now")
        eve.wait("KICK #Test eve :bye now")
        t.wait_text("eve was removed by alice (bye now)")


def test_kicked_and_invited(profile, server):
    alice = profile("alice")
    alice.write("accounts.cfg", ACCOUNT.format(port=server.port))
    with Person(server.port, "bob") as bob:
        t = alice.start(columns=100, rows=30)
        go_in(alice, t, bob)
        t.command("/op bob")
        bob.wait("MODE #Test +o")
        bob.seen = ""
        bob.put("KICK #Test alice :out")
        t.wait_text("bob removed you: out")
        bob.wait(":alice!alice@127.0.0.1 JOIN :#Test", timeout=30)  # by itself, once
        bob.put("JOIN #Other")
        bob.wait("366 bob #Other")
        bob.put("INVITE alice #Other")
        t.wait_text("bob invites you to #Other")
        t.keys("C-x", "a")
        t.wait_text("Ignore")
        t.keys("Tab")  # a question of a stranger: nothing is chosen until one turns to it
        t.wait_text(">Join<")
        t.keys("Enter")
        bob.wait(":alice!alice@127.0.0.1 JOIN :#Other")
        t.command("/nick ally")
        bob.wait("NICK :ally")
        bob.put("PRIVMSG ally :still you")
        t.command("/msg bob yes")
        bob.wait("PRIVMSG bob :yes")
