# e2e/poezio.py - a real other client in a pseudo terminal: poezio, with its files in a directory of its own
import os
import shutil
import tempfile

from terminal import Terminal

# As another user, for it will not be root.
UID = None if os.getuid() else 12345  # nobody is
CONFIG = """[Poezio]
jid = {user}@localhost/poezio
password = secret
custom_host = 127.0.0.1
custom_port = {port}
ca_cert_path = {ca}
default_nick = {user}
use_bookmarks_method = local
open_all_bookmarks = false
enable_user_activity = false
enable_avatars = false
enable_vertical_tab_list = false
hide_user_list = true
beep_on =
log_dir = {root}/logs
use_log = false
"""


class Poezio:
    """One user, online when made. Judged on its screen, as kith is."""

    def __init__(self, user, server, columns=100, rows=30):
        self.root = tempfile.mkdtemp(prefix="pz-")
        folder = os.path.join(self.root, ".config/poezio")
        os.makedirs(folder)
        ca = shutil.copy(server.ca, os.path.join(self.root, "ca.pem"))
        with open(os.path.join(folder, "poezio.cfg"), "w") as f:
            f.write(CONFIG.format(user=user, port=server.c2s, root=self.root, ca=ca))
        for path, names, files in os.walk(self.root) if UID else ():
            for one in [path, *(os.path.join(path, n) for n in files)]:
                os.chown(one, UID, UID)
        env = {"HOME": self.root, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC", "SHELL": "/bin/sh"}
        self.terminal = Terminal([shutil.which("poezio")], columns, rows, env, "xterm-256color", cwd=self.root, uid=UID)
        try:
            self.wait_text("Your JID is", 60)
        except AssertionError:
            self.close()
            raise

    def line(self, text):
        """What the user types, with Enter. Many letters at once would be a paste to it."""
        self.terminal.write(text[:1])
        self.terminal.wait(lambda t: t.lines()[-1].strip() == text[:1], what=f"the first letter of {text!r} in poezio")
        self.terminal.write(text[1:])
        self.terminal.wait(lambda t: text[-20:] in t.lines()[-1], what=f"{text!r} typed in poezio")
        self.terminal.write("\r")
        self.terminal.wait(lambda t: text[-20:] not in t.lines()[-1], what=f"{text!r} entered in poezio")

    def wait_text(self, text, timeout=30):
        self.terminal.wait_text(text, timeout)

    def close(self):
        self.terminal.close()
        shutil.rmtree(self.root, ignore_errors=True)
