# e2e/soju.py - a small bouncer of the kind of soju: logins by SASL, networks that come and go, a channel in each
"""    with Soju("alice", "secret") as s: s.add("1", "libera"); ...; s.rename("1", "other"); s.remove("1")"""
import base64
import socket
import threading

CAPS = "sasl=PLAIN cap-notify batch message-tags server-time soju.im/bouncer-networks soju.im/bouncer-networks-notify"


class Client(threading.Thread):
    """One connection; bound to a network after BIND."""

    def __init__(self, bouncer, sock):
        super().__init__(daemon=True)
        self.bouncer, self.sock = bouncer, sock
        self.nick, self.user, self.network, self.welcomed = "*", None, None, False
        self.lines = []
        self.lock = threading.Lock()

    def put(self, *lines):
        with self.lock:
            try:
                self.sock.sendall("".join(line + "\r\n" for line in lines).encode())
            except OSError:
                pass

    def run(self):
        try:
            for line in self.sock.makefile("r", encoding="utf-8", newline="\n"):
                line = line.rstrip("\r\n")
                self.lines.append(line)
                words = line.split(" ")
                handler = getattr(self, "on_" + words[0].lower(), None)
                if handler:
                    handler(words[1:])
        except (OSError, ValueError):
            pass

    def on_cap(self, w):
        if w[0] == "LS":
            self.put(":bnc CAP * LS :" + CAPS)
        elif w[0] == "REQ":
            self.put(":bnc CAP * ACK " + " ".join(w[1:]))
        elif w[0] == "END":
            self.welcome()

    def on_nick(self, w):
        if not self.welcomed:
            self.nick = w[0]

    def on_authenticate(self, w):
        if w[0] == "PLAIN":
            self.put("AUTHENTICATE +")
            return
        who = base64.b64decode(w[0]).decode().split("\0")
        self.bouncer.logins += 1
        if who[1:] == [self.bouncer.user, self.bouncer.password]:
            self.user = who[1]
            self.put(":bnc 900 * * %s :You are now logged in" % self.user, ":bnc 903 * :SASL authentication successful")
        else:
            self.put(":bnc 904 * :SASL authentication failed")

    def on_bouncer(self, w):
        if w[0] == "BIND":
            if w[1] in self.bouncer.networks:
                self.network = w[1]
            else:
                self.put("FAIL BOUNCER INVALID_NETID BIND %s :Unknown network ID" % w[1])
        elif w[0] == "LISTNETWORKS":
            self.list()

    def on_ping(self, w):
        self.put(":bnc PONG bnc " + " ".join(w))

    def on_quit(self, _):
        self.put("ERROR :bye")
        self.close()

    def welcome(self):
        self.welcomed = True
        netid = "BOUNCER_NETID" + ("=" + self.network if self.network else "")
        self.put(":bnc 001 %s :Welcome" % self.nick, ":bnc 005 %s %s CASEMAPPING=ascii :are supported" % (self.nick, netid),
                 ":bnc 422 %s :No MOTD" % self.nick)
        if not self.network:
            self.list()
            return
        room = "#" + self.bouncer.networks[self.network].lower()  # the bouncer is in it already
        self.put(":%s!u@h JOIN %s" % (self.nick, room), ":bnc 353 %s = %s :%s bob" % (self.nick, room, self.nick),
                 ":bnc 366 %s %s :End" % (self.nick, room), ":bob!u@h PRIVMSG %s :hello from %s" % (room, self.network))

    def list(self):
        self.put(":bnc BATCH +n soju.im/bouncer-networks",
                 *("@batch=n :bnc BOUNCER NETWORK %s name=%s;state=connected" % n for n in self.bouncer.networks.items()),
                 ":bnc BATCH -n")

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Soju(threading.Thread):
    def __init__(self, user, password):
        super().__init__(daemon=True)
        self.user, self.password, self.networks, self.clients, self.logins = user, password, {}, [], 0
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            client = Client(self, sock)
            self.clients.append(client)
            client.start()

    def tell(self, *lines):
        for client in [c for c in self.clients if c.welcomed and not c.network]:
            client.put(*lines)

    def add(self, number, name):
        self.networks[number] = name
        self.tell(":bnc BOUNCER NETWORK %s name=%s;state=connected" % (number, name))

    def rename(self, number, name):
        self.networks[number] = name
        self.tell(":bnc BOUNCER NETWORK %s name=%s" % (number, name))

    def trouble(self, number, error):
        self.tell(":bnc BOUNCER NETWORK %s state=disconnected;error=%s" % (number, error))

    def remove(self, number):
        del self.networks[number]
        self.tell(":bnc BOUNCER NETWORK %s *" % number)
        for client in [c for c in self.clients if c.network == number]:
            client.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        for client in self.clients:
            client.close()
