# e2e/irc_servers.py - real IRC servers for the tests (ngircd, inspircd), and a third user who speaks the lines itself
"""    with Ngircd(folder) as s, Person(s.port, "bob") as bob: bob.put("JOIN #a"); bob.wait("366")"""
import os
import shutil
import socket
import subprocess

from servers import free_port, wait

NGIRCD = """[Global]
Name = irc.test.invalid
Info = test
Listen = 127.0.0.1
Ports = {port}
[Options]
Ident = no
DNS = no
PAM = no
[Limits]
MaxConnectionsIP = 0
"""

INSPIRCD_MODULES = ("ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage "
                    "ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime namesx uhnames monitor setname "
                    "services_account cap").split()
INSPIRCD = """<server name="insp.test.invalid" description="t" network="Test">
<admin name="a" nick="a" email="a@b.invalid">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect allow="*" timeout="30" localmax="500" globalmax="500" resolvehostnames="no" useident="no" maxchans="2000" commandrate="100000">
<pid file="{folder}/pid">
<options prefixquit="Quit: " defaultmodes="not">
"""


class Server:
    program = None

    def __init__(self, folder):
        self.folder = str(folder)
        self.port = free_port()
        self.process = None
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait(self.answers, self.program)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.kill()
        self.process.wait()

    def write(self, text):
        path = os.path.join(self.folder, self.program + ".conf")
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.stop()


class Ngircd(Server):
    program = "ngircd"

    def command(self):
        return [shutil.which("ngircd", path="/usr/sbin:/usr/bin"), "-n", "-f", self.write(NGIRCD.format(port=self.port))]


class Inspircd(Server):
    program = "inspircd"

    def command(self):
        text = INSPIRCD.format(port=self.port, folder=self.folder)
        text += "".join(f'<module name="{m}">\n' for m in INSPIRCD_MODULES)
        root = ["--runasroot"] if os.getuid() == 0 else []
        return [shutil.which("inspircd", path="/usr/sbin:/usr/bin"), *root, "--nofork", "--config=" + self.write(text)]


class Person:
    """Somebody with a client of their own."""

    def __init__(self, port, nick, caps=""):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.settimeout(0.2)
        self.seen = ""
        if caps:
            self.put("CAP REQ :" + caps)
        self.put("NICK " + nick)
        self.put(f"USER {nick} 0 * :{nick}")
        if caps:
            self.put("CAP END")
        wait(lambda: self.saw(" 376 ") or self.saw(" 422 "), nick + " to be let in")

    def put(self, line):
        self.s.sendall((line + "\r\n").encode())

    def saw(self, text):
        try:
            self.seen += self.s.recv(65536).decode("utf-8", "replace")
        except socket.timeout:
            pass
        while (at := self.seen.find("\r\nPING ")) >= 0:
            self.put("PONG " + self.seen[at + 7:].split("\r\n")[0])
            self.seen = self.seen[:at] + self.seen[at + 7:]
        return text in self.seen

    def wait(self, text, timeout=20.0):
        return wait(lambda: self.saw(text), repr(text), timeout, lambda: self.seen[-3000:])

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.s.close()
