# e2e/profanity.py - a real other client in a pseudo terminal: profanity, with its files in a directory of its own
import os
import shutil
import tempfile

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
