# e2e/servers.py - real servers for the tests: started on free loopback ports, with their data in a temporary directory
"""Prosody for the tests, behind a relay that can cut, freeze and heal the connections.

    with Prosody(tmpdir) as p:
        p.add_user("alice", "secret")      # alice@localhost
        ... connect to 127.0.0.1:p.port (STARTTLS) or p.tls_port (direct TLS), CA in p.ca ...
        p.cut()                            # every connection is reset
        p.freeze(); p.thaw()               # a black hole: nothing passes, nothing is closed
        p.restart()                        # the server process, same ports and data

Only /usr/bin/python3's standard library, prosody and openssl are needed.
"""
import hashlib
import hmac
import os
import pathlib
import secrets
import select
import shutil
import socket
import struct
import subprocess
import threading
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(predicate, what, timeout=20.0, detail=None):
    """Polls predicate until it is true; raises with `what` and detail() after the time-out."""
    end = time.monotonic() + timeout
    while True:
        r = predicate()
        if r:
            return r
        if time.monotonic() > end:
            raise AssertionError("timed out waiting for " + what + ("\n" + detail() if detail else ""))
        time.sleep(0.02)


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_ca(directory, name="kith test CA"):
    """Makes ca.crt and ca.key in directory; returns their paths."""
    d = pathlib.Path(directory)
    d.mkdir(parents=True, exist_ok=True)
    crt, key = d / "ca.crt", d / "ca.key"
    if not crt.exists():
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=" + name, "-keyout", key, "-out", crt)
    return crt, key


def make_cert(directory, name, names=(), ca=None, days=30, client=False, xmpp_addr=None, srv_name=None, subject=None):
    """A certificate NAME.crt with NAME.key, signed by ca = (crt, key) or by itself; returns their paths. It is for the
    DNS names, or the XMPP address and service name, or (with names None) just for the subject."""
    d = pathlib.Path(directory)
    d.mkdir(parents=True, exist_ok=True)
    crt, key, csr, ext = d / (name + ".crt"), d / (name + ".key"), d / (name + ".csr"), d / (name + ".ext")
    san = [] if names is None else ["DNS.%d=%s" % p for p in enumerate(names or ([] if xmpp_addr or srv_name else [name]))]
    san += ["otherName.1=1.3.6.1.5.5.7.8.5;FORMAT:UTF8,UTF8:" + xmpp_addr] if xmpp_addr else []
    san += ["otherName.2=1.3.6.1.5.5.7.8.7;IA5STRING:" + srv_name] if srv_name else []
    ext.write_text("%s\nextendedKeyUsage=%s\nbasicConstraints=critical,CA:%s\n[names]\n%s\n" % (
        "subjectAltName=@names" if san else "", "clientAuth" if client else "serverAuth", "FALSE" if ca else "TRUE",
        "\n".join(san)))
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + (subject or name),
            "-keyout", key, "-out", csr)
    sign = ["-CA", ca[0], "-CAkey", ca[1], "-set_serial", str(secrets.randbits(60))] if ca else ["-signkey", key]
    openssl("x509", "-req", "-in", csr, "-days", str(days), "-extfile", ext, "-out", crt, *sign)
    return crt, key


class Relay:
    """A TCP relay 127.0.0.1:port -> target port, in one thread."""

    def __init__(self, target, port=0):
        self.target = target
        self.frozen = False
        self.refuse = False
        self.pause_after = None  # freezes by itself when so many bytes more have passed
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.pairs = {}  # socket -> its other side
        self.lost = []   # open, but what comes is never read
        self.accepted = 0
        self.lock = threading.Lock()
        self.wake_r, self.wake_w = os.pipe()
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _reset(self, s):
        try:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        s.close()

    def _drop(self, s, hard=False):
        other = self.pairs.pop(s, None)
        if other is not None:
            self.pairs.pop(other, None)
        for x in (s, other):
            if x is not None:
                self._reset(x) if hard else x.close()

    def _accept(self):
        c, _ = self.listener.accept()
        if self.refuse:
            return self._reset(c)
        try:
            u = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            return self._reset(c)
        for x in (c, u):
            x.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs[c], self.pairs[u] = u, c
        self.accepted += 1

    def _run(self):
        while self.running:
            with self.lock:
                watch = [self.wake_r] + ([] if self.frozen else [self.listener, *self.pairs])
            ready, _, _ = select.select(watch, [], [])
            with self.lock:
                if self.wake_r in ready:
                    os.read(self.wake_r, 4096)
                if self.frozen or not self.running:
                    continue
                if self.listener in ready:
                    self._accept()
                for s in ready:
                    other = self.pairs.get(s) if isinstance(s, socket.socket) else None
                    if other is None:
                        continue
                    try:
                        data = s.recv(65536)
                        if data:
                            other.sendall(data)
                            self._passed(len(data))
                        else:
                            self._drop(s)
                    except OSError:
                        self._drop(s, True)

    def _passed(self, n):
        if self.pause_after is not None:
            self.pause_after -= n
            if self.pause_after <= 0:
                self.frozen, self.pause_after = True, None

    def _poke(self):
        os.write(self.wake_w, b"x")

    def cut(self):
        """Resets every connection now."""
        with self.lock:
            for s in list(self.pairs):
                self._drop(s, True)
        self._poke()

    def freeze(self, on=True):
        """A black hole: what comes is neither answered nor closed."""
        with self.lock:
            self.frozen, self.pause_after = on, None
        self._poke()

    def lose(self):
        """What is connected now leads nowhere from here on, and nobody is told; new connections work."""
        with self.lock:
            self.lost += self.pairs
            self.pairs.clear()
        self._poke()

    def stop(self):
        self.running = False
        self._poke()
        self.thread.join(5)
        for s in list(self.pairs) + self.lost:
            self._drop(s)
        self.listener.close()
        os.close(self.wake_r)
        os.close(self.wake_w)


CONFIG = """
pidfile = "{dir}/prosody.pid"
data_path = "{dir}/data"
certificates = "{dir}/certs"
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s} }}
c2s_direct_tls_ports = {{ {c2s_tls} }}
legacy_ssl_ports = {{ }}
s2s_ports = {{ }}
s2s_direct_tls_ports = {{ }}
component_ports = {{ {component} }}
http_ports = {{ }}
https_ports = {{ {http} }}
https_interfaces = {{ "127.0.0.1" }}
http_external_url = "https://localhost:{web}/"
admin_socket = "{dir}/prosody.sock"
run_as_root = true
network_backend = "epoll"
modules_enabled = {{ "roster"; "saslauth"; "tls"; "disco"; "private"; "vcard4"; "vcard_legacy"; "version"; "uptime";
  "time"; "ping"; "register"; "mam"; "carbons"; "smacks"; "csi"; "csi_simple"; "pep"; "blocklist"; "bookmarks";
  "admin_shell"; "limits"; "posix"; "cron"; "lastactivity"; "offline"; "user_account_management"; {modules} }}
modules_disabled = {{ "s2s"; "s2s_auth_certs"; "dialback" }}
allow_registration = true
c2s_require_encryption = true
authentication = "internal_hashed"
password_hash = "SHA-256"
archive_expires_after = "never"
default_archive_policy = true
storage = "internal"
limits = {{ c2s = {{ rate = "10mb/s"; burst = "10s"; }} }}
smacks_hibernation_time = {hibernation}
pep_max_items = 500
admins = {{ "admin@localhost" }}
log = {{ debug = "{dir}/prosody.log" }}
ssl = {{ key = "{dir}/certs/localhost.key"; certificate = "{dir}/certs/localhost.crt"; {ssl} }}
{extra}
VirtualHost "localhost"
{host_extra}
Component "conference.localhost" "muc"
  modules_enabled = {{ "muc_mam" }}
  restrict_room_creation = false
  muc_room_default_persistent = false
Component "upload.localhost" "http_file_share"
  http_file_share_size_limit = {largest}
  http_host = "localhost"
"""


class Prosody:
    """port, tls_port: where clients connect (through the relay); c2s, c2s_tls: the server itself (for a peer that must
    not be cut); component, http (https): its other ports; web: the relay before http, by which files go; ca: certificate authority file; domain: "localhost"."""

    domain = "localhost"

    def __init__(self, tmpdir, hibernation=300, modules="", extra="", host_extra="", ssl="", largest=10485760):
        self.dir = pathlib.Path(tmpdir) / "prosody"
        self.dir.mkdir(parents=True)
        self.c2s, self.c2s_tls, self.component, self.http, web = (free_port() for _ in range(5))
        ca = make_ca(self.dir / "certs")
        self.ca = str(ca[0])
        make_cert(self.dir / "certs", "localhost", ["localhost", "conference.localhost", "upload.localhost"], ca)
        (self.dir / "data").mkdir()
        self.config = self.dir / "prosody.cfg.lua"
        self.config.write_text(CONFIG.format(
            dir=self.dir, c2s=self.c2s, c2s_tls=self.c2s_tls, component=self.component, http=self.http, web=web,
            hibernation=hibernation, modules=modules, extra=extra, host_extra=host_extra, ssl=ssl, largest=largest))
        self.proc = None
        self.start()
        self._relays = [Relay(self.c2s), Relay(self.c2s_tls)]
        self.web = Relay(self.http, web)
        self.port, self.tls_port = (r.port for r in self._relays)

    def start(self):
        with open(self.dir / "output.log", "ab") as out:
            self.proc = subprocess.Popen([shutil.which("prosody") or "/usr/bin/prosody", "-F", "--config", self.config],
                                         stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.dir)
        wait(self._up, "prosody to listen", 30, lambda: self.log)

    def _up(self):
        if self.proc.poll() is not None:
            raise AssertionError("prosody ended by itself\n" + (self.dir / "output.log").read_text() + self.log)
        for port in (self.c2s, self.c2s_tls):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
        return True

    def add_user(self, name, password, domain="localhost"):
        """Writes the account as mod_auth_internal_hashed keeps it. The server need not be told."""
        salt, rounds = secrets.token_hex(16), 4096
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds)
        client = hmac.digest(salted, b"Client Key", "sha256")
        d = self.dir / "data" / domain.replace("-", "%2d").replace(".", "%2e") / "accounts"
        d.mkdir(parents=True, exist_ok=True)
        (d / (name.replace(".", "%2e").replace("-", "%2d") + ".dat")).write_text(
            'return {\n["iteration_count"] = %d;\n["salt"] = "%s";\n["stored_key"] = "%s";\n["server_key"] = "%s";\n};\n' % (
                rounds, salt, hashlib.sha256(client).hexdigest(), hmac.digest(salted, b"Server Key", "sha256").hex()))
        return "%s@%s" % (name, domain)

    def befriend(self, name, others, domain="localhost"):
        """Before the first login: they are in the roster, and see each other once both rosters say so."""
        d = self.dir / "data" / domain / "roster"
        d.mkdir(parents=True, exist_ok=True)
        items = "".join('["%s@%s"] = { ["subscription"] = "both"; ["groups"] = {}; };\n' % (o, domain) for o in others)
        (d / (name + ".dat")).write_text('return {\n[false] = { ["version"] = 1 };\n%s};\n' % items)

    @property
    def log(self):
        """The server's debug log so far."""
        p = self.dir / "prosody.log"
        return p.read_text(errors="replace") if p.exists() else ""

    def cut(self):
        for r in self._relays:
            r.cut()

    def freeze(self):
        for r in self._relays:
            r.freeze(True)

    def freeze_after(self, n):
        """As soon as so many bytes more have passed."""
        for r in self._relays:
            r.pause_after = n

    @property
    def frozen(self):
        return any(r.frozen for r in self._relays)

    def thaw(self):
        for r in self._relays:
            r.freeze(False)

    def lose(self):
        """Connections so far lead nowhere from here on; new ones work."""
        for r in self._relays:
            r.lose()

    @property
    def accepted(self):
        return sum(r.accepted for r in self._relays)

    def refuse(self, on=True):
        """While on, new connections are reset at once."""
        for r in self._relays:
            r.refuse = on

    def halt(self, hard=False):
        """Ends the server process (kill -9 when hard); the relays stay."""
        if self.proc and self.proc.poll() is None:
            self.proc.kill() if hard else self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait(10)

    def restart(self, hard=False):
        self.halt(hard)
        self.start()

    def stop(self):
        self.halt()
        for r in self._relays:
            r.stop()
        self.web.stop()
        self._relays = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()
