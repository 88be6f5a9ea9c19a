# e2e/irc_servers.py - real IRC servers for the tests (ngircd, inspircd, atheme), and a third user who speaks the lines itself
"""    with Ngircd(folder) as s, Person(s.port, "bob") as bob: bob.put("JOIN #a"); bob.wait("366")
    with Inspircd(folder, links=[("b.test", port)]) ...: a network of several; Atheme(folder, server) gives it services"""
import json
import os
import pwd
import shutil
import socket
import subprocess

from servers import free_port, wait

PATH = "/usr/sbin:/usr/bin"
NGIRCD = """[Global]
Name = {name}
Info = test
Listen = 127.0.0.1
Ports = {port}
{password}
[Options]
Ident = no
DNS = no
PAM = no
[Limits]
MaxConnectionsIP = 0
ConnectRetry = 5
[Channel]
Name = #lobby
Modes = n
"""
NGIRCD_LINK = """[Server]
Name = {name}
{where}
MyPassword = link
PeerPassword = link
"""

INSPIRCD_MODULES = ("ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage "
                    "ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime namesx uhnames monitor setname "
                    "services_account cap sasl spanningtree banexception inviteexception").split()
INSPIRCD = """<server name="{name}" description="t" network="Test" id="{sid}">
<admin name="a" nick="a" email="a@b.invalid">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{link}" type="servers">
<connect allow="*" timeout="30" localmax="500" globalmax="500" resolvehostnames="no" useident="no" maxchans="2000" commandrate="100000" {password}>
<pid file="{folder}/pid">
<path datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<options prefixquit="Quit: " defaultmodes="not">
<uline server="services.test.invalid" silent="yes">
<sasl target="services.test.invalid">
<link name="services.test.invalid" ipaddr="127.0.0.1" port="7" allowmask="127.0.0.0/8" sendpass="link" recvpass="link">
"""
TLS = """<module name="ssl_gnutls"><module name="sslinfo">
<bind address="127.0.0.1" port="{port}" type="clients" sslprofile="t">
<sslprofile name="t" provider="gnutls" certfile="{crt}" keyfile="{key}" hash="sha256" requestclientcert="yes">
"""
LINK = """<link name="{name}" ipaddr="127.0.0.1" port="{port}" allowmask="127.0.0.0/8" sendpass="link" recvpass="link">
<autoconnect period="1" server="{name}">
"""
ATHEME_MODULES = ("protocol/inspircd backend/opensex crypto/pbkdf2 nickserv/main nickserv/register nickserv/identify nickserv/cert "
                  "nickserv/info saslserv/main saslserv/plain saslserv/external saslserv/ecdsa-nist256p-challenge "
                  "nickserv/set_core nickserv/set_property nickserv/set_pubkey").split()
ATHEME = """serverinfo {{ name = "services.test.invalid"; desc = "services"; numeric = "00A"; recontime = 1; netname = "Test";
    adminname = "a"; adminemail = "a@b.invalid"; registeremail = "a@b.invalid"; auth = none; mta = "/bin/false";
    loglevel = {{ all; }}; maxlogins = 50; maxusers = 0; mdlimit = 30; emaillimit = 10; emailtime = 300; casemapping = rfc1459; }};
uplink "{name}" {{ host = "127.0.0.1"; send_password = "link"; receive_password = "link"; port = {link}; }};
nickserv {{ nick = "NickServ"; user = "NickServ"; host = "services.test.invalid"; real = "n"; }};
saslserv {{ nick = "SaslServ"; user = "SaslServ"; host = "services.test.invalid"; real = "s"; }};
general {{ join_chans; leave_chans; commit_interval = 60; flood_msgs = 0; ratelimit_uses = 0; exempts {{ }}; }};
"""


def as_nobody():
    """What runs before a program that refuses to run as root."""
    if os.getuid() != 0:
        return None
    who = pwd.getpwnam("nobody")

    def become():
        os.setgroups([])
        os.setresgid(who.pw_gid, who.pw_gid, who.pw_gid)
        os.setresuid(who.pw_uid, who.pw_uid, who.pw_uid)
    return become


class Server:
    program = None

    def __init__(self, folder, password=None):
        self.folder, self.password = str(folder), password
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

    def __init__(self, folder, password=None, name="irc.test.invalid", links=(), link=None):
        self.name, self.links, self.link = name, links, link  # link: the port for servers, the same as for clients
        super().__init__(folder, password)

    def command(self):
        ports = f"{self.port},{self.link}" if self.link else self.port
        text = NGIRCD.format(name=self.name, port=ports, password=f"Password = {self.password}" if self.password else "")
        for name, port in self.links:
            text += NGIRCD_LINK.format(name=name, where=f"Host = 127.0.0.1\nPort = {port}" if port else "Passive = yes")
        return [shutil.which("ngircd", path=PATH), "-n", "-f", self.write(text)]


class Inspircd(Server):
    """links: (name, link port) of other servers to connect to, again and again; port 0: it connects to us. cert: of the port tls, a certificate and its key."""
    program = "inspircd"

    def __init__(self, folder, password=None, name="insp.test.invalid", sid="1AA", links=(), link=None, cert=None):
        self.name, self.sid, self.links, self.link, self.cert = name, sid, links, link or free_port(), cert
        self.tls = free_port() if cert else None
        super().__init__(folder, password)

    def command(self):
        text = INSPIRCD.format(name=self.name, sid=self.sid, port=self.port, link=self.link, folder=self.folder,
                               password=f'password="{self.password}"' if self.password else "")
        text += "".join(f'<module name="{m}">\n' for m in INSPIRCD_MODULES)
        text += "".join(LINK.format(name=name, port=port or 7) for name, port in self.links)
        text += TLS.format(port=self.tls, crt=self.cert[0], key=self.cert[1]) if self.cert else ""
        root = ["--runasroot"] if os.getuid() == 0 else []
        return [shutil.which("inspircd", path=PATH), *root, "--nofork", "--config=" + self.write(text)]


class Ergo(Server):
    """With history, marks and messages of many lines; of accounts that anybody may register with."""
    program = "ergo"

    def start(self):
        path = self.write(json.dumps({
            "network": {"name": "Test"},
            "server": {"name": "ergo.test.invalid", "listeners": {f"127.0.0.1:{self.port}": {}}, "casemapping": "ascii",
                       "enforce-utf8": True, "lookup-hostnames": False, "check-ident": False, "max-sendq": "1M", "relaymsg": {"enabled": False},
                       "ip-limits": {"count": False, "throttle": False}},
            "accounts": {"authentication-enabled": True, "login-via-pass-command": True, "advertise-scram": True, "multiclient": {"enabled": True, "allowed-by-default": True},
                         "registration": {"enabled": True, "allow-before-connect": True, "bcrypt-cost": 4, "throttling": {"enabled": False}}},
            "channels": {"default-modes": "+n", "registration": {"enabled": True}},
            "datastore": {"path": os.path.join(self.folder, "ergo.db"), "autoupgrade": True},
            "limits": {"awaylen": 200, "chan-list-modes": 60, "channellen": 64, "identlen": 20, "kicklen": 390, "nicklen": 32,
                       "topiclen": 390, "monitor-entries": 100, "whowas-entries": 100, "registration-messages": 1024,
                       "multiline": {"max-bytes": 4096, "max-lines": 100}, "linelen": {"rest": 2048, "tags": 4094}},
            "history": {"enabled": True, "channel-length": 1000, "client-length": 1000, "chathistory-maxmessages": 100,
                        "autoreplay-on-join": 0, "retention": {"allow-individual-delete": True}},
            "logging": [{"method": "stderr", "type": "*", "level": "info"}]}))
        if not os.path.exists(os.path.join(self.folder, "ergo.db")):
            subprocess.run([shutil.which("ergo"), "initdb", "--conf", path, "--quiet"], cwd=self.folder, check=True)
        super().start()

    def command(self):
        return [shutil.which("ergo"), "run", "--conf", os.path.join(self.folder, "ergo.conf")]


SOJU = """db sqlite3 {folder}/soju.db
message-store db
listen irc+insecure://127.0.0.1:{port}
listen unix+admin://{folder}/admin
hostname bnc.test.invalid
"""


class SojuBouncer(Server):
    """A real soju with the user alice (password wonderland), who is an administrator."""
    program = "soju"

    def start(self):
        self.conf = os.path.join(self.folder, "soju.conf")
        with open(self.conf, "w") as f:
            f.write(SOJU.format(folder=self.folder, port=self.port))
        if not os.path.exists(os.path.join(self.folder, "soju.db")):
            subprocess.run([shutil.which("sojudb"), "-config", self.conf, "create-user", "alice", "-admin"], input="wonderland\n",
                           text=True, check=True, capture_output=True)
        if os.path.exists(os.path.join(self.folder, "admin")):
            os.unlink(os.path.join(self.folder, "admin"))  # of one that was killed
        super().start()

    def command(self):
        return [shutil.which("soju"), "-config", self.conf]

    def tell(self, *words):
        """What alice may say to BouncerServ, as the administrator of the machine says it; its answer."""
        p = subprocess.run([shutil.which("sojuctl"), "-config", self.conf, "user", "run", "alice", *words], text=True, capture_output=True)
        assert p.returncode == 0, p.stdout + p.stderr
        return p.stdout


class Atheme:
    """Services (NickServ, SASL) of an Inspircd: accounts have their passwords, certificates and keys there."""

    def __init__(self, folder, server):
        self.folder = os.path.join(str(folder), "atheme")
        os.mkdir(self.folder)
        conf = os.path.join(self.folder, "atheme.conf")
        with open(conf, "w") as f:
            f.write("".join(f'loadmodule "modules/{m}";\n' for m in ATHEME_MODULES) + ATHEME.format(name=server.name, link=server.link))
        if os.getuid() == 0:
            for path in (self.folder, conf):
                shutil.chown(path, "nobody")
        become = as_nobody()
        with open(os.path.join(self.folder, "out"), "ab") as log:
            self.process = subprocess.Popen(
                [shutil.which("atheme-services", path=PATH), "-n", "-c", conf, "-D", self.folder, "-l", os.path.join(self.folder, "log"),
                 "-p", os.path.join(self.folder, "pid")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=become)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.stop()


class Person:
    """Somebody with a client of their own."""

    def __init__(self, port, nick, caps="", login=None, user=None):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.settimeout(0.2)
        self.seen = ""
        if caps:
            self.put("CAP LS 302")
            self.put("CAP REQ :" + caps)
        if login:
            self.put("PASS " + login)
        self.put("NICK " + nick)
        self.put(f"USER {user or nick} 0 * :{nick}")
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
