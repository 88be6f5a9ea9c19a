# xmpp_server/server.py - a scripted XMPP server: each connection runs one Python function, which may misbehave
import base64
import ctypes
import hashlib
import hmac
import os
import re
import socket
import ssl
import subprocess
import threading

from driver import ROOT  # noqa: F401 - puts tests/e2e on the path

import servers

NS = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
SASL, SASL2 = "urn:ietf:params:xml:ns:xmpp-sasl", "urn:xmpp:sasl:2"
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
SM = "<sm xmlns='urn:xmpp:sm:3'/>"


def b64(b):
    return base64.b64encode(b if isinstance(b, bytes) else b.encode()).decode()


def mechanisms(*names):
    return "<mechanisms xmlns='%s'>%s</mechanisms>" % (SASL, "".join("<mechanism>%s</mechanism>" % n for n in names))


def bindings(*types):
    return "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>%s</sasl-channel-binding>" % "".join(
        "<channel-binding type='%s'/>" % t for t in types)


class Gone(Exception):
    pass


class Conn:
    def __init__(self, sock, server):
        self.sock, self.server, self.buf = sock, server, b""
        sock.settimeout(20)
        self.seen = b""

    def send(self, text):
        self.sock.sendall(text if isinstance(text, bytes) else text.encode())

    def stanza(self, text):
        """A stanza that stream management counts."""
        self.server.sent.append(text)
        self.send(text)

    def until(self, pattern):
        """Reads until the pattern matches; returns the match, consumes through its end."""
        rx = re.compile(pattern.encode(), re.S)
        while True:
            m = rx.search(self.buf)
            if m:
                self.buf = self.buf[m.end():]
                return m
            data = self.sock.recv(65536)
            if not data:
                raise Gone(pattern)
            self.buf += data
            self.seen += data

    def until_closed(self):
        """All that still comes, until the client closes."""
        try:
            while True:
                data = self.sock.recv(65536)
                if not data:
                    break
                self.buf += data
        except OSError:
            pass
        return self.buf

    def header(self, features=None):
        self.until("<stream:stream[^>]*>")
        self.send("<?xml version='1.0'?><stream:stream id='s1' from='localhost' version='1.0' %s>" % NS)
        if features is not None:
            self.features(features)

    def features(self, inner):
        self.send("<stream:features>%s</stream:features>" % inner)

    def tls(self, **kw):
        self.sock = self.server.context(**kw).wrap_socket(self.sock, server_side=True)

    def starttls(self, **kw):
        self.header(STARTTLS)
        self.until("<starttls[^>]*/>")
        self.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.tls(**kw)

    # ---- channel binding as the server sees it ----
    def binding(self, kind):
        if kind == "tls-unique":
            return self.sock.get_channel_binding("tls-unique")
        if kind == "tls-server-end-point":
            der = ssl.PEM_cert_to_DER_cert(open(self.server.cert[0]).read())
            return hashlib.sha256(der).digest()
        # Python 3.11 has no exporter: the SSL pointer lies behind the object's header and its socket
        lib = ctypes.CDLL("libssl.so.3")
        pointer = ctypes.c_void_p.from_address(id(self.sock._sslobj) + 24).value
        out = ctypes.create_string_buffer(32)
        label = b"EXPORTER-Channel-Binding"
        assert lib.SSL_export_keying_material(ctypes.c_void_p(pointer), out, ctypes.c_size_t(32), label,
                                              ctypes.c_size_t(len(label)), b"", ctypes.c_size_t(0), 1) == 1
        return out.raw

    # ---- SCRAM, with faults ----
    def scram(self, mech, password="secret", iterations=4096, nonce=None, signature=None, first=None, final="success",
              ns=SASL, answer=None):
        m = answer or self.until("<auth [^>]*mechanism='%s'[^>]*>([^<]*)</auth>|<auth [^>]*mechanism=\"%s\"[^>]*>([^<]*)</auth>" % (mech, mech))
        client_first = base64.b64decode(m if isinstance(m, bytes) else m.group(1) or m.group(2)).decode()
        flag, authzid, bare = client_first.split(",", 2)
        self.flag = flag
        name = {"512": "sha512", "256": "sha256", "1": "sha1"}[mech.replace("-PLUS", "").rsplit("-", 1)[1]]
        salt = os.urandom(16)
        r = (nonce if nonce is not None else bare.split("r=")[1] + "srv")
        server_first = first or "r=%s,s=%s,i=%d" % (r, b64(salt), iterations)
        self.send("<challenge xmlns='%s'>%s</challenge>" % (ns, b64(server_first)))
        m = self.until("<response[^>]*>([^<]*)</response>")
        client_final = base64.b64decode(m.group(1)).decode()
        without_proof, proof = client_final.rsplit(",p=", 1)
        c = base64.b64decode(without_proof.split(",")[0][2:])
        gs2 = (flag + "," + authzid + ",").encode()
        expected = gs2 + (self.binding(flag[2:]) if flag.startswith("p=") else b"")
        assert c == expected, "channel binding differs: %r %r" % (c, expected)
        salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)
        auth = (bare + "," + server_first + "," + without_proof).encode()
        key = hmac.digest(salted, b"Client Key", name)
        sig = hmac.digest(hashlib.new(name, key).digest(), auth, name)
        good = bytes(a ^ b for a, b in zip(key, sig)) == base64.b64decode(proof)
        if not good:
            self.send("<failure xmlns='%s'><not-authorized xmlns='%s'/></failure>" % (ns, SASL))
            return False
        v = "v=" + b64(hmac.digest(hmac.digest(salted, b"Server Key", name), auth, name))
        v = signature if signature is not None else v
        self.final = v
        if final == "success":
            self.send("<success xmlns='%s'>%s</success>" % (ns, b64(v) if v else ""))
        elif final == "challenge":
            self.send("<challenge xmlns='%s'>%s</challenge>" % (ns, b64(v)))
            self.until("<response[^>]*/>|<response[^>]*></response>")
            self.send("<success xmlns='%s'/>" % ns)
        return True

    # ---- the rest of a login ----
    def bind(self, sm=True, jid="alice@localhost/r1"):
        self.header(BIND + (SM if sm else ""))
        m = self.until("<iq[^>]*id=[\"']([^\"']*)[\"'][^>]*>.*?</iq>")
        self.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind></iq>" % (
            m.group(1).decode(), jid))
        if sm:
            self.enable()

    def enable(self, sm_id="sm1"):
        self.until("<enable[^>]*urn:xmpp:sm:3[^>]*/>")
        self.send("<enabled xmlns='urn:xmpp:sm:3' id='%s' resume='true'/>" % sm_id)

    def login(self, mech="SCRAM-SHA-256", sm=True, **kw):
        self.starttls()
        self.header(mechanisms(mech))
        assert self.scram(mech, **kw)
        self.bind(sm)

    def serve(self, stop="</stream:stream>"):
        """Answers what a client asks after its login, until it closes the stream or the pattern comes."""
        known = (r"<iq\b[^>]*?/>|<iq\b.*?</iq>|<message\b.*?</message>|<presence\b[^>]*?/>|<presence\b.*?</presence>|"
                 r"<r xmlns[^>]*/>|<a xmlns[^>]*/>|" + stop)
        while True:
            text = self.until(known).group(0).decode()
            if re.match(stop, text):
                return text
            self.answer(text)

    def answer(self, text):
        if not text.startswith("<r") and not text.startswith("<a"):
            self.received = getattr(self, "received", 0) + 1
        if text.startswith("<r "):
            return self.send("<a xmlns='urn:xmpp:sm:3' h='%d'/>" % getattr(self, "received", 0))
        m = re.match(r"<iq\b([^>]*)>", text)
        if not m or not re.search("type=[\"'](get|set)", m.group(1)):
            return None
        iq_id = re.search("id=[\"']([^\"']*)", m.group(1)).group(1)
        to = re.search(" to=[\"']([^\"']*)", m.group(1))
        frm = " from='%s'" % to.group(1) if to else ""
        if "jabber:iq:roster" in text:
            return self.stanza("<iq type='result' id='%s'%s><query xmlns='jabber:iq:roster'/></iq>" % (iq_id, frm))
        if "urn:xmpp:ping" in text:
            return self.stanza("<iq type='result' id='%s'%s/>" % (iq_id, frm))
        return self.stanza("<iq type='error' id='%s'%s><error type='cancel'><service-unavailable "
                         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" % (iq_id, frm))


class Scripted:
    """Runs scripts[0] on the first connection, scripts[1] on the second ...; the last one again for all further ones: each in a
    thread, by _run(script, socket) of whoever is one. n: connections so far; errors: what scripts threw."""

    def listen(self, scripts):
        self.scripts, self.n, self.errors, self.threads = scripts, 0, [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer that waits for others is lost when it is closed
            script = self.scripts[min(self.n, len(self.scripts) - 1)]
            self.n += 1
            t = threading.Thread(target=self._run, args=(script, s), daemon=True)
            self.threads.append(t)
            t.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)  # so that all of the others have been started
        for t in self.threads:
            t.join(10)
        if self.errors:
            raise self.errors[0]

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind is None:
            self.close()
        else:
            self.listener.close()


class Server(Scripted):
    """An XMPP server without a plan of its own."""

    def __init__(self, directory, *scripts, cert=None):
        self.dir = directory
        self.ca = servers.make_ca(directory)
        self.cert = cert or servers.make_cert(directory, "localhost", ca=self.ca)
        self.socks, self.sent = [], []
        self.listen(scripts)

    def context(self, maximum=None, client_ca=None):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(self.cert[0], self.cert[1])
        if maximum:
            c.maximum_version = maximum
        if client_ca:
            c.verify_mode = ssl.CERT_OPTIONAL
            c.load_verify_locations(client_ca)
        return c

    def _run(self, script, s):
        conn = Conn(s, self)
        self.socks.append(conn)
        try:
            script(conn)
        except (Gone, ConnectionError, ssl.SSLError, TimeoutError):
            pass
        except Exception as e:  # noqa: BLE001 - shown by the test
            self.errors.append(e)
        finally:
            try:
                conn.sock.close()
            except OSError:
                pass


def self_signed(directory, name, days=30):
    return servers.make_cert(directory, name, days=days)


def expired(directory, ca):
    """A certificate for localhost that ended yesterday."""
    crt, key = servers.make_cert(directory, "localhost", ca=ca)
    csr = str(crt)[:-4] + ".csr"
    ext = str(crt)[:-4] + ".ext"
    old = str(crt)[:-4] + "-old.crt"
    subprocess.run(["openssl", "x509", "-req", "-in", csr, "-CA", ca[0], "-CAkey", ca[1], "-set_serial", "77", "-days",
                    "-1", "-extfile", ext, "-out", old], check=True, capture_output=True)
    return old, key
