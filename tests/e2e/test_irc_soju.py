# e2e/test_irc_soju.py - a real soju in front of real servers, where one is installed
import re
import shutil
import tempfile

import pytest
from irc_servers import Ergo, Ngircd, Person, SojuBouncer
from kith import until
from test_irc import bodies

pytestmark = pytest.mark.skipif(not all(shutil.which(p) for p in ("soju", "sojudb", "sojuctl")),
                                reason="no soju is installed; e2e/soju.py has the same by script")
ACCOUNT = """accounts = ( {{ name = "bnc"; protocol = "irc"; address = "alice@127.0.0.1"; port = {port}; tls = "no";
    login = "alice"; password = "wonderland"; allow_plain = true; fast = true; }} );
"""


@pytest.fixture
def place():
    folders = []

    def folder():
        folders.append(tempfile.mkdtemp(prefix="ki-"))
        return folders[-1]
    yield folder
    for f in folders:
        shutil.rmtree(f, ignore_errors=True)


def states(p):
    """Account -> state; nothing while no kith runs."""
    return {a["account"]: a["state"] for a in p.json("status")} if p.run("status")[0] == 0 else {}


def network(bouncer, name, server):
    bouncer.tell("network", "create", "-addr", f"irc+insecure://127.0.0.1:{server.port}", "-name", name, "-nick", "alice")


def test_networks_messages_and_history(profile, place):
    upstream = Ergo if shutil.which("ergo") else Ngircd
    p = profile("alice")
    with upstream(place()) as server, SojuBouncer(place()) as bouncer, Person(server.port, "bob") as bob:
        bob.put("JOIN #test")
        bob.wait(" 366 ")
        network(bouncer, "One", server)
        p.write("accounts.cfg", ACCOUNT.format(port=bouncer.port))
        t = p.start(columns=120, rows=36)
        until(lambda: states(p) == {"bnc": "online", "bnc/One": "online"}, what="the network by itself")
        t.command("/join -account=bnc/One #test")
        bob.wait("alice!")
        bob.put("PRIVMSG #test :hello")
        until(lambda: bodies(p, "#test")[-1] == "hello", what="what bob said")
        assert p.run("send", "--wait", "#test", "hello bob")[0] == 0
        bob.wait("PRIVMSG #test :hello bob")
        # what was said while kith was not there, once and in order; and when it was killed
        for how in ("quit", "kill"):
            if how == "quit":
                t.command("/quit")
                t.wait_exit()
            else:
                p.kill_engine()
            for k in range(30):
                bob.put(f"PRIVMSG #test :{how} {k}")
            bob.put(f"PRIVMSG alice :{how} in private")
            bob.put(f"PING done-{how}")
            bob.wait(f"done-{how}")
            t = p.start(columns=120, rows=36)
            until(lambda: bodies(p, "#test")[-1] == f"{how} 29", what="the history")
            assert bodies(p, "#test")[-30:] == [f"{how} {k}" for k in range(30)]
            until(lambda: bodies(p, "bob")[-1] == f"{how} in private", what="what came in private")
        assert bodies(p, "#test")[:2] == ["hello", "hello bob"] and len(bodies(p, "#test")) == 62
        # read here: another client of the account is told
        with Person(bouncer.port, "alice", caps="message-tags batch server-time draft/chathistory draft/read-marker",
                    user="alice/One", login="wonderland") as phone:
            t.command("/query #test")
            phone.wait("MARKREAD #test timestamp=")
        # the bouncer itself is started anew
        bouncer.stop()
        until(lambda: "online" not in states(p).values(), what="the loss to be seen")
        bouncer.start()
        until(lambda: states(p) == {"bnc": "online", "bnc/One": "online"}, timeout=60, what="all to be back")
        until(lambda: p.run("send", "--wait", "#test", "back again")[0] == 0, timeout=60, what="a way to say it")
        bob.wait("PRIVMSG #test :back again")
        assert len(bodies(p, "#test")) == 63


def test_networks_come_go_fail_and_channels_are_detached(profile, place):
    p = profile("alice")
    with Ngircd(place()) as one, Ngircd(place(), name="two.test.invalid") as two, SojuBouncer(place()) as bouncer, Person(one.port, "bob") as bob:
        p.write("accounts.cfg", ACCOUNT.format(port=bouncer.port))
        t = p.start(columns=140, rows=36)
        until(lambda: states(p) == {"bnc": "online"}, what="the bouncer")
        network(bouncer, "One", one)
        until(lambda: states(p).get("bnc/One") == "online", what="the first network")
        bob.put("JOIN #quiet")
        bob.wait(" 366 ")
        t.command("/join -account=bnc/One #quiet")
        bob.wait("alice!")
        t.command(f"/network add Two 127.0.0.1 port={two.port} tls=no")
        until(lambda: states(p).get("bnc/Two") == "online", what="one that kith added")
        # one that is down is marked, and is back
        two.stop()
        t.wait(lambda s: re.search("Two +✗", s.text()), what="the network to be marked")
        two.start()
        bouncer.tell("network", "update", "Two", "-enabled", "false")
        bouncer.tell("network", "update", "Two", "-enabled", "true")
        t.wait(lambda s: re.search("Two +●", s.text()), timeout=60, what="the network to be well again")
        # detached: nothing of it until it is attached again, and then all of it
        bob.put("PRIVMSG #quiet :before")
        until(lambda: bodies(p, "#quiet")[-1] == "before", what="what was said before")
        bouncer.tell("channel", "update", "#quiet/One", "-detached", "true")
        bob.put("PRIVMSG #quiet :while it was detached")
        bob.put("PING over")
        bob.wait(" over")
        bouncer.tell("channel", "update", "#quiet/One", "-detached", "false")
        until(lambda: bodies(p, "#quiet") == ["before", "while it was detached"], what="what was said there meanwhile")
        bouncer.tell("network", "update", "One", "-name", "Uno")
        t.wait_text("▾ Uno")
        bouncer.tell("network", "delete", "Two")
        until(lambda: "bnc/Two" not in states(p), what="the network that was removed to go")
