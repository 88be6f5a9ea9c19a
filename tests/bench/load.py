"""tests/bench/load.py - somebody who writes so many messages a second, in a process of their own

Whoever measures at the same time must not share an interpreter with that.

    with Load("xmpp", "peer@localhost", "secret", server.c2s, server.ca, to="user@localhost") as load: ...

The load has begun when the block begins and ends with it; load.sent tells how many messages there were then, load.late by
how many milliseconds the latest of them was behind its time.
"""
import json
import os
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))

HERE = os.path.abspath(__file__)


class Writer:
    """Somebody on an XMPP server who writes to a user."""

    def __init__(self, jid, password, port, ca, to):
        from peer import Peer
        self.peer, self.to, self.count = Peer(jid, password, port=port, ca=ca), to, 0

    def say(self, texts):
        out = []
        for text in texts:
            self.count += 1
            out.append(f"<message to='{self.to}' type='chat' id='w{self.count}'><body>{text}</body></message>")
        self.peer.raw("".join(out))

    def close(self):
        self.peer.close()


def talker(nick, port):
    from irc import Talker
    return Talker(port, nick)


KINDS = {"xmpp": Writer, "irc": talker}


class Load:
    def __init__(self, kind, *args, rate=500, each=5, **more):
        what = json.dumps({"kind": kind, "args": args, "more": more, "rate": rate, "each": each})
        self.process = subprocess.Popen([sys.executable, "-B", HERE, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.sent = self.late = None

    def __enter__(self):
        assert self.process.stdout.readline() == "begun\n", "the load did not begin"
        return self

    def __exit__(self, kind, value, trace):
        self.process.stdin.close()
        words = self.process.stdout.read().split()
        self.process.wait()
        if len(words) == 2:
            self.sent, self.late = int(words[0]), float(words[1])


def main(what):
    sender = KINDS[what["kind"]](*what["args"], **what["more"])
    each, rate, sent, late = what["each"], what["rate"], 0, 0.0
    sender.say(["load begins"])
    print("begun", flush=True)
    begun, left = time.monotonic(), 0.0
    while not select.select([sys.stdin], [], [], max(0.0, left))[0]:
        sender.say([f"load {sent + i}" for i in range(each)])
        sent += each
        left = begun + sent / rate - time.monotonic()
        late = max(late, -left)
    sender.close()
    print(sent, late * 1000)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
