# irc_server/ircd.py - a scripted IRC server: the test speaks each of its lines, and may misbehave with all of them
"""    with Ircd() as srv, Driver(tmp_path, host="localhost", port=srv.port, tls="no") as a:
        a.connect()
        c = srv.accept()
        c.welcome(c.begin("message-tags batch"))
        a.online()
        c.put(":bob!b@host PRIVMSG alice :hello")

Nothing runs beside the test: a server that should be silent is one to which nobody speaks.
"""
import itertools
import re
import socket
import ssl
import time

from driver import PATIENCE

TIMEOUT = PATIENCE
counter = itertools.count(1)


class Conn:
    """One connection of a client."""

    def __init__(self, sock):
        self.sock, self.buf, self.lines = sock, b"", []
        self.skipped = []   # lines that were read and not asked for
        sock.settimeout(TIMEOUT)

    # ---- bytes and lines ----
    def raw(self, data):
        self.sock.sendall(data)

    def put(self, *lines):
        """Lines of the server; each gets its end."""
        self.raw(b"".join((x if isinstance(x, bytes) else x.encode()) + b"\r\n" for x in lines))

    def line(self, timeout=TIMEOUT):
        """The next line of the client, without its end; EOFError when there is none any more."""
        end = time.monotonic() + timeout
        while b"\n" not in self.buf:
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the client has gone; it said %r" % self.skipped[-10:])
            self.buf += data
        text, self.buf = self.buf.split(b"\n", 1)
        assert text.endswith(b"\r") and b"\0" not in text and b"\r" not in text[:-1], text
        text = text[:-1].decode()
        self.lines.append(text)
        return text

    def get(self, pattern, timeout=TIMEOUT):
        """The next line in which the pattern is found, as a match; PINGs on the way are answered, the rest is skipped."""
        end = time.monotonic() + timeout
        while True:
            try:
                text = self.line(max(0.01, end - time.monotonic()))
            except (TimeoutError, socket.timeout):
                raise AssertionError("no line like %r; it said %r" % (pattern, self.skipped[-20:])) from None
            m = re.search(pattern, text)
            if m:
                return m
            self.pong(text)
            self.skipped.append(text)

    def pong(self, text):
        m = re.match(r"(?:@\S+ )?PING :?(.*)", text)
        if m:
            self.put(":irc.test PONG irc.test :" + m.group(1))

    def sync(self):
        """All lines that the client had sent until it had read everything that we said."""
        word = "sync-%d" % next(counter)
        start = len(self.lines)
        self.put("PING :" + word)
        self.get("^PONG :?%s$" % word)
        return self.lines[start:-1]

    def gone(self):
        """Waits until the client closes; returns what it still said."""
        said = []
        try:
            while True:
                said.append(self.line())
        except (EOFError, ConnectionError, ssl.SSLError):
            return said

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass

    # ---- registration ----
    def begin(self, caps=None, ack=True):
        """Reads CAP LS, NICK and USER; with caps: offers them and grants whatever is asked for of them."""
        self.get("^CAP LS 302$")
        self.get("^NICK ")
        self.get("^USER ")
        if caps is None:
            return []
        self.put(":irc.test CAP * LS :" + caps)
        return self.grant() if ack else []

    def grant(self):
        """Acknowledges each REQ until CAP END; returns the names asked for."""
        names = []
        while True:
            m = self.get("^CAP (?:REQ :?(.*)|END)$")
            if m.group(1) is None:
                return names
            names += m.group(1).split()
            self.put(":irc.test CAP * ACK :" + m.group(1))

    def welcome(self, nick="alice", isupport="", motd="376"):
        self.put(":irc.test 001 %s :Welcome" % nick)
        if isupport:
            self.put(":irc.test 005 %s %s :are supported by this server" % (nick, isupport))
        self.put(":irc.test %s %s :End of the message of the day" % (motd, nick))

    def login(self, caps="", isupport="", nick="alice"):
        """All of it; returns what was asked for."""
        names = self.begin(caps if caps else None)
        self.welcome(nick, isupport)
        return names

    def room(self, name="#a", nicks="@alice bob carol", me="alice", join=True):
        """The client's JOIN answered, with these members."""
        if join:
            self.get("(?i)^(@\\S+ )?JOIN %s" % re.escape(name))
        self.put(":%s!u@host JOIN %s" % (me, name), ":irc.test 353 %s = %s :%s" % (me, name, nicks),
                 ":irc.test 366 %s %s :End of /NAMES list." % (me, name))


class Ircd:
    """Listens on a port of its own."""
    running = []

    def __init__(self, cert=None, client_ca=None, maximum=None):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.listener.settimeout(TIMEOUT)
        self.port = self.listener.getsockname()[1]
        self.conns = []
        self.running.append(self)
        self.tls = None
        if cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*cert)
            if maximum:
                self.tls.maximum_version = maximum
            if client_ca:
                self.tls.verify_mode = ssl.CERT_OPTIONAL
                self.tls.load_verify_locations(client_ca)

    def accept(self, timeout=TIMEOUT):
        self.listener.settimeout(timeout)
        s, _ = self.listener.accept()
        s.settimeout(TIMEOUT)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            s = self.tls.wrap_socket(s, server_side=True)
        self.conns.append(Conn(s))
        return self.conns[-1]

    def refused(self):
        """A client that comes, does not like our certificate, and says nothing of its own before it goes."""
        try:
            c = self.accept()
            assert c.gone() == []
        except (ssl.SSLError, ConnectionError):
            pass

    def nobody(self, seconds=0.3):
        try:
            self.accept(seconds)
        except (TimeoutError, socket.timeout):
            return True
        return False

    def __enter__(self):
        return self

    def hang_up(self):
        for c in self.conns:
            c.close()

    def __exit__(self, *what):
        self.hang_up()
        self.listener.close()
        self.running.remove(self)
