# e2e/test_bouncer.py - the networks of a bouncer are accounts by themselves
import json
import os

from kith import until
from soju import Soju

PASSWORD = "bnc-9f1c2d"
ACCOUNT = """accounts = ( {{ name = "bnc"; protocol = "irc"; address = "alice@127.0.0.1"; port = {port}; tls = "no";
    login = "alice"; allow_plain = true; fast = true; }} );
"""


def states(p):
    return {a["account"]: a["state"] for a in p.json("status")}


def heard(p, chat):
    code, out, _ = p.run("tail", "-n", "20", chat, "--json")
    return [json.loads(line)["body"] for line in out.splitlines()] if code == 0 else []


def files_with(folder, word):
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if os.path.isfile(path) and word.encode() in open(path, "rb").read():
                found.append(path)
    return found


def test_networks_come_and_go_by_themselves(profile):
    p = profile("alice")
    with Soju("alice", PASSWORD) as bouncer:
        bouncer.add("1", "Libera")
        p.write("accounts.cfg", ACCOUNT.format(port=bouncer.port))
        t = p.start(columns=120, rows=36)
        t.wait_text("Password for alice@127.0.0.1")
        t.write(PASSWORD + "\r")  # once, for all of them
        until(lambda: states(p) == {"bnc": "online", "bnc/Libera": "online"}, what="the first network")
        until(lambda: "hello from 1" in heard(p, "#libera"), what="what is said there")
        bouncer.add("2", "OFTC")
        until(lambda: states(p).get("bnc/OFTC") == "online", what="a network that came later")
        until(lambda: "hello from 2" in heard(p, "#oftc"), what="what is said there")
        assert [c.network for c in bouncer.clients if c.welcomed] == [None, "1", "2"]
        bouncer.rename("2", "OpenFreely")
        t.wait_text("▾ OpenFreely")
        bouncer.trouble("1", "no\\sroute")
        t.wait_text("the bouncer is not connected to it: no route")
        # The user's no holds over a restart; what is known needs no bouncer to be there.
        t.command("/account disable libera")
        until(lambda: states(p)["bnc/Libera"] == "offline", what="the network to be off")
        t.command("/quit")
        t.wait_exit()
        t = p.start(columns=120, rows=36)
        t.wait_text("Password for alice@127.0.0.1")
        assert set(states(p)) == {"bnc", "bnc/Libera", "bnc/OFTC"}
        t.write(PASSWORD + "\r")
        until(lambda: states(p) == {"bnc": "online", "bnc/Libera": "offline", "bnc/OFTC": "online"}, what="all as it was")
        bouncer.remove("2")
        until(lambda: "bnc/OFTC" not in states(p), what="the network that was removed to go")
        assert files_with(p.path(), PASSWORD) == []
        t.command("/quit")
        t.wait_exit()
