"""tests/bench/xmpp_peers.py - kith and four peers on the scripted XMPP server: logging in, going into rooms, looking elsewhere"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))

import clients  # noqa: E402
from terminal import Terminal  # noqa: E402

NICK = "me"


class Kith(clients.Kith):
    def open_room(self, room):
        self.t.command(f"/join {room}")

    def elsewhere(self):
        self.t.command("/query contact0000@localhost")


class Profanity(clients.Profanity):
    def open_room(self, room):
        self.t.type(f"/join {room} nick {NICK}", enter=True)


class Mcabber(clients.Mcabber):
    def open_room(self, room):
        self.t.write(f"/room join {room} {NICK}\r")

    def look(self, room):
        self.open_chat(room)


class Poezio(clients.Other):
    """Without TLS, which it would want to ask about; as another user, for it will not be root."""
    name, program, uid = "poezio", "poezio", None if os.getuid() else 12345

    def prepare(self):
        self.write(".config/poezio/poezio.cfg", f"""[Poezio]
jid = {self.user}@localhost/bench
password = secret
custom_host = 127.0.0.1
custom_port = {self.server.clear}
force_encryption = false
use_bookmarks_method = local
open_all_bookmarks = false
log_dir = {self.home}/logs
""")
        for folder, names, files in os.walk(self.home):
            for path in [folder] + [os.path.join(folder, n) for n in files] if self.uid else ():
                os.chown(path, self.uid, self.uid)

    def command(self, text):
        """Many letters at once would be a paste to it."""
        for part in ("/", text, "\r"):
            self.t.write(part)
            self.t.settle(0.3)

    def open_room(self, room):
        self.command(f"join {room}/{NICK}")

    def elsewhere(self):
        self.command("win 0")


class Finch(clients.Other):
    """Without TLS. It goes into rooms by itself, and has no other window then."""
    name, program, rooms = "finch", "finch", ()

    def prepare(self):
        self.write(".purple/accounts.xml", f"""<?xml version='1.0' encoding='UTF-8' ?>
<account version='1.0'><account><protocol>prpl-jabber</protocol><name>{self.user}@localhost/bench</name><password>secret</password>
<settings><setting name='connection_security' type='string'>opportunistic_tls</setting><setting name='auth_plain_in_clear' type='bool'>1</setting>
<setting name='connect_server' type='string'>127.0.0.1</setting><setting name='port' type='int'>{self.server.clear}</setting></settings>
<settings ui='gnt-purple'><setting name='auto-login' type='bool'>1</setting></settings></account></account>
""")
        chats = "".join(f"""<chat proto='prpl-jabber' account='{self.user}@localhost/bench'><component name='handle'>{NICK}</component>
<component name='room'>{r.split('@')[0]}</component><component name='server'>{r.split('@')[1]}</component>
<setting name='gnt-autojoin' type='bool'>1</setting></chat>""" for r in self.rooms)
        self.write(".purple/blist.xml", "<?xml version='1.0' encoding='UTF-8' ?>\n<purple version='1.0'><blist>"
                   f"<group name='Chats'>{chats}</group></blist><privacy/></purple>\n")

    def pids(self):
        return [self.t.pid]


PEERS = (Mcabber, Profanity, Poezio, Finch)


def terminal_of(client):
    """Starts a client in a terminal of its own."""
    if isinstance(client, clients.Kith):
        return client.start()
    client.prepare()
    client.t = Terminal([client.program], 120, 36, client.env(), "xterm-256color", uid=getattr(client, "uid", None))
    return client.t


def installed(wanted):
    """kith and those of the peers that are there and wanted; the names of the others."""
    there = [p for p in PEERS if shutil.which(p.program)]
    return [c for c in (Kith, *there) if not wanted or c.name in wanted], [p.name for p in PEERS if p not in there]
