# e2e/test_irc.py - IRC in the whole program, with real servers
import json
import shutil
import tempfile

import pytest

from irc_servers import Inspircd, Ngircd, Person
from kith import until

ACCOUNT = """accounts = ( {{ name = "net"; protocol = "irc"; address = "alice@127.0.0.1:{port}"; tls = "no";
    join = "#Test"; fast = true; }} );
"""


@pytest.fixture(params=[Ngircd, Inspircd], ids=["ngircd", "inspircd"])
def server(request):
    folder = tempfile.mkdtemp(prefix="ki-")
    with request.param(folder) as s:
        yield s
    shutil.rmtree(folder, ignore_errors=True)


def bodies(p, chat):
    code, out, _ = p.run("tail", "-n", "100", chat, "--json")
    if code != 0:
        return [""]  # the chat is not there yet
    return [body for line in out.splitlines() if (body := json.loads(line)["body"])] or [""]


def test_words_go_both_ways_and_outlive_the_server(profile, server):
    alice = profile("alice")
    alice.write("accounts.cfg", ACCOUNT.format(port=server.port))
    with Person(server.port, "bob") as bob:
        bob.put("JOIN #Test")
        bob.wait(" 366 ")
        alice.start()
        alice.online("net")
        bob.wait("alice!")
        bob.put("PRIVMSG #test :hello \x02alice\x02")
        bob.put("PRIVMSG alice :psst")
        until(lambda: "hello alice" in bodies(alice, "#test"), what="bob's words in the room")
        until(lambda: bodies(alice, "bob") == ["psst"], what="bob's words in private")
        # --wait: until the server has it; ngircd tells by the answer to a PING, inspircd by a labelled echo
        assert alice.run("send", "--wait", "#test", "from kith")[0] == 0
        assert alice.run("send", "--wait", "bob", "in private")[0] == 0
        bob.wait("PRIVMSG #Test :from kith")
        bob.wait("PRIVMSG bob :in private")
        assert alice.run("send", "--wait", "#test", "word " * 300)[0] == 0
        until(lambda: bodies(alice, "#test")[-1].startswith("word word"), what="the long one, once")
        assert len(bodies(alice, "#test")) == 3
        bob.put("QUIT :bye")
    server.stop()
    until(lambda: alice.json("status")[0]["state"] != "online", what="the loss to be seen")
    server.start()
    alice.online("net", timeout=60)
    with Person(server.port, "carol") as carol:
        carol.put("JOIN #Test")
        carol.wait("alice")
        carol.put("PRIVMSG #test :you are back")
        until(lambda: bodies(alice, "#test")[-1] == "you are back", what="carol's words in the room joined again")


def test_lines_as_they_are_and_questions_to_clients(profile, server):
    alice = profile("alice")
    alice.write("accounts.cfg", ACCOUNT.format(port=server.port))
    with Person(server.port, "bob") as bob:
        bob.put("JOIN #Test")
        bob.wait(" 366 ")
        t = alice.start(columns=100, rows=30)
        alice.online("net")
        bob.wait("alice!")
        t.command("/quote PRIVMSG bob :as it is")
        bob.wait("PRIVMSG bob :as it is")
        t.command("/ctcp bob VERSION")
        bob.wait("PRIVMSG bob :\x01VERSION\x01")
