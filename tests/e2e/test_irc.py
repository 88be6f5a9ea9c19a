# e2e/test_irc.py - IRC in the whole program, with real servers
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

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
        t.command("/query #Test")
        t.wait_text("1 Test")
        t.command("/nick alice2")
        bob.wait("NICK :alice2")
        t.wait_text("is now alice2")
        t.wait(lambda t: any("│" in line and line.rstrip().split("│")[-1].split()[:2] == ["●", "alice2"] for line in t.lines()),
               what="the new nick among the members")


def test_the_rooms_of_a_server_are_listed_narrowed_down_and_joined(profile):
    folder = tempfile.mkdtemp(prefix="ki-")
    alice = profile("alice")
    with Inspircd(folder) as server, Person(server.port, "bob") as bob, Person(server.port, "carol") as carol:
        for at in range(0, 300, 20):
            bob.put("JOIN " + ",".join(f"#room-{n}" for n in range(at, at + 20)))
            bob.wait(f" 366 bob #room-{at + 19} ")  # several at once the server takes its time for
        bob.put("TOPIC #room-77 :Tea \x02and\x02 biscuits")
        bob.wait("TOPIC #room-77")
        carol.put("JOIN #room-77")
        carol.wait(" 366 ")
        alice.write("accounts.cfg", ACCOUNT.format(port=server.port))
        t = alice.start()
        alice.online("net")
        t.wait_text("Test")
        t.command("/list >0 room")
        t.wait_text("300 rooms")
        t.wait(lambda t: "#room-77 " in t.lines()[2], what="the room with the most people at the top")
        t.type("and biscuits")
        t.wait_text("1 of 300 rooms")
        t.keys("Enter")
        t.wait_text("# room-77  Tea")
    shutil.rmtree(folder, ignore_errors=True)


def test_what_the_bucket_holds_back_is_seen_and_taken_back(profile):
    folder = tempfile.mkdtemp(prefix="ki-")
    alice = profile("alice")
    with Inspircd(folder) as server, Person(server.port, "bob") as bob:
        bob.put("JOIN #test")
        bob.wait(" 366 ")
        alice.write("accounts.cfg", ACCOUNT.format(port=server.port).replace("fast = true;", ""))
        t = alice.start()
        alice.online("net")
        bob.wait("alice!")
        t.command("/query #test")
        lines = [f"line {n}" for n in range(24)]
        with ThreadPoolExecutor(6) as pool:  # faster than the bucket lets them go, on a slow machine, too
            assert not any(pool.map(lambda line: alice.run("send", "#test", line)[0], lines))
        t.wait_text(" waiting, ")
        t.command("/cancel -all")
        t.wait_gone(" waiting, ")
        assert alice.run("send", "--wait", "#test", "the last one")[0] == 0
        bob.wait("the last one")
        went = {line for line in lines if f":{line}\r\n" in bob.seen}
        assert 0 < len(went) < len(lines)
        assert set(bodies(alice, "#test")) == went | {"the last one"}
    shutil.rmtree(folder, ignore_errors=True)
