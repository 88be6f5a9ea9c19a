"""tests/bench/irc.py - IRC servers for measuring: an InspIRCd with somebody who talks there, and a scripted one with crowds"""
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

CHANNEL = "#bench"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Inspircd:
    def __init__(self):
        self.folder, self.port = tempfile.mkdtemp(prefix="kb-"), free_port()
        conf = os.path.join(self.folder, "inspircd.conf")
        with open(conf, "w") as f:
            f.write(f"""<server name="irc.test.local" description="bench" network="Bench">
<admin name="a" email="a@localhost" nick="a">
<bind address="127.0.0.1" port="{self.port}" type="clients">
<pid file="{self.folder}/pid">
<path datadir="{self.folder}" logdir="{self.folder}" runtimedir="{self.folder}">
<connect allow="*" fakelag="no" hardsendq="100000000" softsendq="100000000" recvq="10000000" commandrate="100000000"
 threshold="100000000" timeout="60" pingfreq="3600" localmax="100" globalmax="100" resolvehostnames="no" maxconnwarn="no">
<performance netbuffersize="65536" somaxconn="128" softlimit="1024">
""")
        root = ["--runasroot"] if os.getuid() == 0 else []
        self.process = subprocess.Popen(["inspircd", "--config", conf, "--nofork", *root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("inspircd does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Talker:
    """Says lines in the channel."""

    def __init__(self, port, nick):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.to = CHANNEL
        self.seen, self.open = b"", True
        self.asked, self.answered, self.change = 0, 0, threading.Condition()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.socket.sendall(f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode())
        end = time.monotonic() + 20
        while b" 001 " not in self.seen and time.monotonic() < end:
            time.sleep(0.05)
        self.socket.sendall(f"JOIN {CHANNEL}\r\n".encode())

    def read(self):
        while self.open:
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            if b"PING" in data:
                self.socket.sendall(b"PONG irc.test.local\r\n")
            self.seen = (self.seen + data)[-4096:]
            answers = re.findall(rb" PONG \S+ :?said(\d+)\r\n", self.seen)
            if answers:
                with self.change:
                    self.answered = int(answers[-1])
                    self.change.notify()

    def say(self, texts):
        """Once what was said before has been taken: InspIRCd reads a long backlog in pieces, one a second."""
        with self.change:
            if not self.change.wait_for(lambda: self.answered >= self.asked, 60):
                raise AssertionError("the IRC server takes nothing any more")
        self.asked += 1
        lines = [f"PRIVMSG {self.to} :{t}\r\n" for t in texts] + [f"PING said{self.asked}\r\n"]
        self.socket.sendall("".join(lines).encode())

    def close(self):
        self.open = False
        self.socket.close()
        self.thread.join(2)


CAPS = ("account-notify account-tag away-notify batch cap-notify chghost echo-message extended-join invite-notify "
        "labeled-response message-tags multi-prefix server-time setname userhost-in-names").split()


class Crowd:
    """A scripted server that answers at once. Channels named #crowdN have N people; everyone else is alone in theirs."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port, self.clients = self.listener.getsockname()[1], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.clients.append(CrowdClient(s))

    def stop(self):
        self.listener.close()
        for c in self.clients:
            c.close()


class CrowdClient:
    def __init__(self, s):
        self.s, self.caps, self.nick, self.joined, self.lines = s, set(), "*", [], []
        self.negotiating, self.user, self.in_at = False, False, None  # in_at: monotonic seconds of the welcome
        threading.Thread(target=self.read, daemon=True).start()

    def close(self):
        try:
            self.s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.s.close()

    def read(self):
        rest = b""
        while True:
            try:
                data = self.s.recv(65536)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            answers = [a for line in lines for a in self.answer(line.decode("utf-8", "replace").rstrip("\r"))]
            if answers:
                self.put(answers)

    def put(self, lines):
        self.s.sendall("".join(line + "\r\n" for line in lines).encode())

    def tags(self):
        return "@time=2026-01-01T00:00:00.000Z " if "server-time" in self.caps else ""

    def answer(self, line):
        self.lines.append(line)
        words = line.split(" ")
        label = ""
        if words[0].startswith("@"):
            label = next((t[6:] for t in words.pop(0)[1:].split(";") if t.startswith("label=")), "")
        cmd, args = words[0].upper(), words[1:]
        answers = list(getattr(self, "on_" + cmd.lower(), lambda a: [])(args)) if cmd else []
        if label and "labeled-response" in self.caps:
            if len(answers) == 1:
                return [f"@label={label} " + answers[0]]
            return [f"@label={label} :crowd.test BATCH +L labeled-response", *("@batch=L " + a for a in answers), ":crowd.test BATCH -L"]
        return answers

    def welcome(self):
        if self.negotiating or not self.user or self.nick == "*" or self.in_at:
            return
        self.in_at = time.monotonic()
        yield f":crowd.test 001 {self.nick} :Welcome"
        yield f":crowd.test 005 {self.nick} CASEMAPPING=ascii CHANTYPES=# PREFIX=(ov)@+ CHANMODES=b,k,l,imnpst NETWORK=Crowd WHOX MODES=4 :are here"
        yield f":crowd.test 422 {self.nick} :no message today"

    def on_cap(self, a):
        if a[0] == "LS":
            self.negotiating = True
            yield f":crowd.test CAP * LS :{' '.join(CAPS)}"
        elif a[0] == "REQ":
            wanted = " ".join(a[1:]).lstrip(":").split()
            ok = all(w in CAPS for w in wanted)
            self.caps |= set(wanted) if ok else set()
            yield f":crowd.test CAP * {'ACK' if ok else 'NAK'} :{' '.join(wanted)}"
        elif a[0] == "END":
            self.negotiating = False
            yield from self.welcome()

    def on_nick(self, a):
        self.nick = a[0].lstrip(":")
        yield from self.welcome()

    def on_user(self, a):
        self.user = True
        yield from self.welcome()

    def on_ping(self, a):
        yield f":crowd.test PONG crowd.test {a[0]}"

    def on_join(self, a):
        for name in a[0].lstrip(":").split(","):
            yield f":{self.nick}!u@host.test JOIN {name}" + (" * :real" if "extended-join" in self.caps else "")
            yield f":crowd.test 332 {self.nick} {name} :what it is about"
            yield f":crowd.test 333 {self.nick} {name} somebody 1700000000"
            yield from self.names(name)
            self.joined.append(name)

    def people(self, name):
        return int(name[6:]) if name.startswith("#crowd") else 3

    def names(self, name):
        full = "userhost-in-names" in self.caps
        one = [f"{'@' if k % 97 == 0 else ''}person{k}" + (f"!user{k % 300}@host-{k}.example.net" if full else "")
               for k in range(self.people(name))] + [self.nick + ("!u@host.test" if full else "")]
        line = ""
        for n in one:
            if len(line) + len(n) > 400:
                yield f":crowd.test 353 {self.nick} = {name} :{line.rstrip()}"
                line = ""
            line += n + " "
        yield f":crowd.test 353 {self.nick} = {name} :{line.rstrip()}"
        yield f":crowd.test 366 {self.nick} {name} :end"

    def on_names(self, a):
        yield from self.names(a[0])

    def on_mode(self, a):
        if len(a) == 1 and a[0].startswith("#"):
            yield f":crowd.test 324 {self.nick} {a[0]} +nt"
            yield f":crowd.test 329 {self.nick} {a[0]} 1700000000"
        elif len(a) > 1:
            yield f":crowd.test 368 {self.nick} {a[0]} :end"

    def on_who(self, a):
        name, fields = a[0], a[1] if len(a) > 1 else ""
        if "%" in fields:
            token = fields.split(",")[1] if "," in fields else ""
            asked = fields.split("%")[1].split(",")[0]
            for k in range(self.people(name)):
                value = {"t": token, "c": name, "u": f"user{k % 300}", "i": "127.0.0.1", "h": f"host-{k}.example.net", "s": "crowd.test",
                         "n": f"person{k}", "f": "G" if k % 5 == 0 else "H", "d": "0", "l": "0", "a": f"acc{k}" if k % 2 else "0",
                         "o": "n/a", "r": f":Person {k}"}
                yield f":crowd.test 354 {self.nick} " + " ".join(value[c] for c in "tcuihsnfdlaor" if c in asked)
        else:
            for k in range(self.people(name)):
                yield f":crowd.test 352 {self.nick} {name} user{k % 300} host-{k}.example.net crowd.test person{k} H :0 Person {k}"
        yield f":crowd.test 315 {self.nick} {name} :end"

    def on_quit(self, a):
        yield "ERROR :bye"

    def say(self, to, texts, nick="person1"):
        """What somebody says, as servers send it to a client with these capabilities."""
        out, timed, tagged = [], "server-time" in self.caps, "message-tags" in self.caps
        for n, t in enumerate(texts):
            tags = [f"time={time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}.{n % 1000:03}Z"] if timed else []
            tags += [f"msgid=crowd~{time.monotonic_ns()}"] if tagged else []
            out.append(("@" + ";".join(tags) + " " if tags else "") + f":{nick}!user@host.example.net PRIVMSG {to} :{t}")
        self.put(out)
