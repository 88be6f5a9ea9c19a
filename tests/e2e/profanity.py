# e2e/profanity.py - a real other client in a pseudo terminal: profanity, with its files in a directory of its own
import os
import re
import shutil
import tempfile

from kith import until
from peer import Peer
from terminal import Terminal

SETTINGS = """[ui]
splash=false
beep=false
flash=false
titlebar.show=false
tracking=off
wrap=true
correction.allow=true
correction.char=+
occupants=false
[notifications]
message=false
room=false
invite=false
sub=false
remind=0
[chatstates]
enabled=true
outtype=true
[logging]
chlog=false
grlog=false
[otr]
policy=manual
[omemo]
policy=manual
[plugins]
[tls]
show=false
[alias]
[connection]
carbons=true
[muc]
"""
ACCOUNT = """[{jid}]
enabled=true
jid={jid}
server=127.0.0.1
port={port}
resource=profanity
password=secret
tls.policy=trust
muc.nick={nick}
"""


class Profanity:
    """One user, online when made. Judged on its screen, as kith is."""

    def __init__(self, user, port, columns=100, rows=30):
        program = shutil.which("profanity")
        assert program, "profanity is not installed: make deps does it"
        self.root = tempfile.mkdtemp(prefix="pf-")
        self.write(".config/profanity/profrc", SETTINGS)
        self.write(".local/share/profanity/accounts", ACCOUNT.format(jid=f"{user}@localhost", port=port, nick=user))
        env = {"HOME": self.root, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC", "SHELL": "/bin/sh"}
        self.terminal = Terminal([program, "-a", f"{user}@localhost"], columns, rows, env, "xterm-256color")
        try:
            self.wait_text("logged in successfully", 60)
            self.line("/receipts request on")
            self.wait_text("delivery receipts enabled")
        except AssertionError:
            self.close()
            raise

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def line(self, text):
        """What the user types, with Enter."""
        self.terminal.write(text)
        self.terminal.wait(lambda t: text[-20:] in t.lines()[-1], what=f"{text!r} typed in profanity")
        self.terminal.write("\r")
        self.terminal.wait(lambda t: text[-20:] not in t.lines()[-1], what=f"{text!r} entered in profanity")

    def wait_text(self, text, timeout=30):
        self.terminal.wait_text(text, timeout)

    def close(self):
        self.terminal.close()
        shutil.rmtree(self.root, ignore_errors=True)


LIST = "eu.siacs.conversations.axolotl.devicelist"


def with_keys(who, prosody):
    """One with keys of OMEMO, the first device of this user; it trusts all others."""
    # profanity knows "there is no list" only by a number that this server does not send: another program made one before
    with Peer(who, "secret", port=prosody.c2s, ca=prosody.ca) as p:
        if "item-not-found" in p.iq(f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{LIST}'/></pubsub>"):
            p.iq(f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{LIST}'>"
                 "<item id='current'><list xmlns='eu.siacs.conversations.axolotl'/></item></publish></pubsub>", type="set")
            assert "result" in p.iq(f"<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure node='{LIST}'>"
                                    "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
                                    "<value>http://jabber.org/protocol/pubsub#node_config</value></field>"
                                    "<field var='pubsub#access_model'><value>open</value></field></x></configure></pubsub>", type="set")
    user = who.split("@")[0]
    b = Profanity(user, prosody.c2s)
    try:
        b.line("/omemo trustmode blind")
        b.line("/omemo gen")
        b.wait_text("generated. Your Device ID", 60)
        number = re.search(r"Your Device ID is (\d+)", " ".join(b.terminal.text().split())).group(1)
        file = prosody.dir / f"data/localhost/pep_eu%2esiacs%2econversations%2eaxolotl%2edevicelist/{user}.list"
        until(lambda: file.exists() and number in file.read_text(), 60, "profanity in its list of devices")
    except AssertionError:
        b.close()
        raise
    return b
