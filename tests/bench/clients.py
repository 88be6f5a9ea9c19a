"""tests/bench/clients.py - kith and its peers, each logged in to a test server, driven alike"""
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))

from irc import CHANNEL  # noqa: E402
from kith import KITH, Profile, until  # noqa: E402
from people import xmpp_account  # noqa: E402
from years import fill  # noqa: E402
from terminal import Terminal  # noqa: E402


def on_cpu(pid):
    """Seconds that the threads of a process were on a CPU: to the nanosecond, where stat counts in hundredths."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def cpu(pids):
    """Seconds of CPU time (user and system) that these processes have used."""
    total = 0
    for pid in pids:
        try:
            total += on_cpu(pid)
        except OSError:
            pass
    return total


def memory(pids):
    """MiB of private and proportional memory."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total / 1024


class Kith:
    name, kind = "kith", "xmpp"

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.profile = xmpp_account(Profile(user), server, user)

    def start(self, columns=120, rows=36):
        self.t = self.profile.start(columns=columns, rows=rows, term="xterm-256color", env={"KITH_LOG": "info"})
        return self.t

    def cold(self):
        """Command line and environment of a start of all processes, which end with it."""
        env = dict(self.profile.env(), TERM="xterm-256color", KITH_LOG="info")
        return [KITH, "-c", self.profile.root, "--foreground"], env

    def gone(self):
        until(lambda: self.profile.engine() is None, what="end of the engine")

    def fill(self, **sizes):
        fill(self.profile.path("data", "history.db"), **sizes)

    def ready(self):
        self.profile.online()

    def open_chat(self, address):
        self.t.command(f"/query {address}")

    def elsewhere(self):
        self.t.command(f"/query {self.user}@localhost")

    def switch(self):
        self.t.keys("M-a")

    def pids(self):
        engine = self.profile.engine()
        return [self.t.pid, engine] + self.profile.children()

    def close(self):
        self.profile.close()


class KithIrc(Kith):
    name, kind = "kith-irc", "irc"

    def __init__(self, server, user, channels=CHANNEL + ", #other", fast=True):
        self.server, self.user = server, user
        self.profile = Profile(user)
        self.profile.write("accounts.cfg", f'''accounts = ( {{ name = "home"; protocol = "irc"; address = "{user}@127.0.0.1:{server.port}";
    tls = "no"; join = "{channels}"; fast = {str(fast).lower()}; }} );\n''')

    def open_chat(self, address):
        self.t.command(f"/query {address}")

    def elsewhere(self):
        self.t.command("/query #other")


class Other:
    kind = "xmpp"

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.home = tempfile.mkdtemp(prefix="kb-")

    def env(self):
        return {"HOME": self.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "SHELL": "/bin/sh"}

    def write(self, path, text):
        full = os.path.join(self.home, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as f:
            f.write(text)
        os.chmod(full, 0o600)

    def cold(self):
        self.prepare()
        return [self.program], dict(self.env(), TERM="xterm-256color")

    def gone(self):
        pass

    def start(self, columns=120, rows=36):
        self.prepare()
        self.t = Terminal([self.program], columns, rows, self.env(), "xterm-256color")
        return self.t

    def pids(self):
        return [self.t.pid]

    def close(self):
        self.t.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Profanity(Other):
    name = "profanity"
    program = "profanity"

    def prepare(self):
        self.write(".local/share/profanity/accounts", f"""[bench]
enabled=true
jid={self.user}@localhost
resource=bench
password=secret
server=127.0.0.1
port={self.server.c2s}
tls.policy=trust
auth.policy=default
muc.service=conference.localhost
""")
        self.write(".config/profanity/profrc", "[connection]\naccount=bench\n\n[ui]\nsplash=false\n\n[chatstates]\nenabled=true\n")

    def ready(self):
        self.t.wait(lambda t: "logged in successfully" in t.text(), 30, "profanity online")

    def open_chat(self, address):
        self.t.type(f"/msg {address}", enter=True)

    def elsewhere(self):
        self.t.type("/win 1", enter=True)

    def switch(self):
        self.t.keys("M-2")


class Mcabber(Other):
    name = "mcabber"
    program = "mcabber"

    def prepare(self):
        self.write(".mcabber/mcabberrc", f"""set jid = {self.user}@localhost
set password = secret
set server = 127.0.0.1
set port = {self.server.c2s}
set tls = 1
set ssl_ignore_checks = 1
set resource = bench
set logging = 1
set logging_dir = {self.home}/logs
set beep_on_message = 0
""")
        os.makedirs(os.path.join(self.home, "logs"), exist_ok=True)
        os.chmod(os.path.join(self.home, ".mcabber"), 0o700)

    def ready(self):
        self.t.wait(lambda t: "[o]" in t.text() or "You are now online" in t.text() or "Roster received" in t.text()
                    or " authenticated" in t.text().lower(), 30, "mcabber online")

    def open_chat(self, address):
        """Whoever wrote is in the list; Enter opens the chat."""
        self.t.write(f"/roster search {address.split('@')[0]}\r")
        self.t.settle(0.5)
        self.t.write("\r")

    def elsewhere(self):
        self.t.write("/roster top\r")
        self.t.settle(0.5)

    switch = elsewhere


class Irssi(Other):
    name, kind, program = "irssi", "irc", "irssi"

    def prepare(self):
        self.write(".irssi/config", f"""servers = ( {{ address = "127.0.0.1"; chatnet = "bench"; port = "{self.server.port}"; autoconnect = "yes"; }} );
chatnets = {{ bench = {{ type = "IRC"; nick = "{self.user}"; }}; }};
channels = ( {{ name = "{CHANNEL}"; chatnet = "bench"; autojoin = "yes"; }} );
settings = {{ core = {{ real_name = "b"; user_name = "b"; nick = "{self.user}"; }}; "irc/core" = {{ cmds_max_at_once = "100"; }}; }};
logs = {{ "{self.home}/log" = {{ auto_open = "yes"; items = ( {{ type = "target"; name = "{CHANNEL}"; }} ); }}; }};
""")

    def ready(self):
        self.t.wait(lambda t: "Act: 2" in t.text(), 30, "irssi in the channel")

    def open_chat(self, address):
        self.t.type("/window goto 2", enter=True)

    def elsewhere(self):
        self.t.type("/window goto 1", enter=True)

    def switch(self):
        self.t.keys("M-2")


class Weechat(Other):
    name, kind, program = "weechat", "irc", "weechat"

    def cold(self):
        return [self.program, "-d", os.path.join(self.home, "weechat")], dict(self.env(), TERM="xterm-256color")

    def start(self, columns=120, rows=36):
        self.t = Terminal([self.program, "-d", os.path.join(self.home, "weechat"), "-r",
                           f"/server add bench 127.0.0.1/{self.server.port} -notls -autojoin={CHANNEL};"
                           f"/set irc.server.bench.nicks {self.user};/connect bench"], columns, rows, self.env(), "xterm-256color")
        return self.t

    def ready(self):
        self.t.wait(lambda t: CHANNEL in t.text(), 30, "weechat in the channel")

    def open_chat(self, address):
        self.t.type(f"/buffer {CHANNEL}", enter=True)

    def elsewhere(self):
        self.t.type("/buffer core.weechat", enter=True)

    def switch(self):
        self.t.keys("M-2")


def installed():
    irc = [c for c in (Irssi, Weechat) if shutil.which(c.program) and shutil.which("inspircd")]
    return [Kith] + ([KithIrc] if irc else []) + [c for c in (Profanity, Mcabber) if shutil.which(c.program)] + irc
