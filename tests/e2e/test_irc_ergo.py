# e2e/test_irc_ergo.py - history, marks and messages of many lines with a real Ergo, where one is installed
import shutil

import pytest
from irc_servers import Ergo, Person
from kith import until
from test_irc import bodies

pytestmark = pytest.mark.skipif(not shutil.which("ergo"), reason="no Ergo is installed; tests/irc_server has the same by script")
ACCOUNT = """accounts = ( {{ name = "net"; protocol = "irc"; address = "alice@127.0.0.1:{port}"; tls = "no"; allow_plain = true;
    login = "alice"; password = "wonderland"; join = "#test"; fast = true; }} );
"""
CAPS = "message-tags batch server-time draft/multiline echo-message draft/read-marker"


def test_history_marks_and_many_lines(profile, tmp_path):
    with Ergo(tmp_path) as server:
        with Person(server.port, "alice") as register:
            register.put("PRIVMSG NickServ :REGISTER wonderland")
            register.wait("now logged in as alice")
            register.put("QUIT")
        p = profile("alice")
        p.write("accounts.cfg", ACCOUNT.format(port=server.port))
        with Person(server.port, "bob", caps=CAPS) as bob:
            bob.put("JOIN #test")
            bob.wait(" 366 ")
            t = p.start(columns=120, rows=30)
            p.online("net")
            bob.wait("alice!")
            bob.put("PRIVMSG #test :the first")
            until(lambda: bodies(p, "#test") == ["the first"], what="what bob said")
            # many lines: one message each way
            assert p.run("send", "--wait", "#test", "one\n\nthree")[0] == 0
            bob.wait(" draft/multiline ")
            bob.wait("PRIVMSG #test :three")
            bob.put("BATCH +x draft/multiline #test")
            bob.put("@batch=x PRIVMSG #test :up")
            bob.put("@batch=x PRIVMSG #test :and down")
            bob.put("BATCH -x")
            until(lambda: bodies(p, "#test")[-1] == "up\nand down", what="the lines of bob as one message")
            # what was said while we were away, once and in order
            assert p.run("quit")[0] == 0
            assert t.wait_exit() == 0
            for k in range(30):
                bob.put(f"PRIVMSG #test :missed {k}")
            bob.wait("missed 29")
            t = p.start(columns=120, rows=30)
            p.online("net")
            until(lambda: bodies(p, "#test")[-1] == "missed 29", what="the history")
            assert bodies(p, "#test")[-31:] == ["up\nand down"] + [f"missed {k}" for k in range(30)]
            # read here: another client of the account is told
            with Person(server.port, "alice", caps=CAPS, login="alice:wonderland") as phone:
                t.wait_text("# test")
                t.command("/query #test")
                t.wait_text("missed 29")
                phone.wait("MARKREAD #test timestamp=")
