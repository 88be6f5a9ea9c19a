# e2e/gateways.py - gateways behind a test Prosody: a real biboumi, and a scripted one that plays those of the slidge kind
"""    with Prosody(tmp, extra=component("irc.localhost")) as p, Biboumi(folder, p) as b: ...
    with Prosody(tmp, extra=component("gw.localhost")) as p, Gateway("gw.localhost", p) as gw: gw.expect("<presence"); gw.send("<message .../>")"""
import hashlib
import os
import shutil
import socket
import subprocess
import threading
from xml.etree import ElementTree

from servers import wait

SECRET = "component"


def component(*names):
    """What a Prosody's configuration needs for them."""
    return "".join(f'Component "{n}"\n  component_secret = "{SECRET}"\n' for n in names)


class Biboumi:
    """A real gateway to IRC, at irc.localhost."""

    domain = "irc.localhost"

    def __init__(self, folder, prosody):
        self.folder = os.path.join(str(folder), "biboumi")
        os.mkdir(self.folder)
        self.conf = os.path.join(self.folder, "biboumi.cfg")
        with open(self.conf, "w") as f:
            f.write(f"hostname={self.domain}\npassword={SECRET}\nxmpp_server_ip=127.0.0.1\nport={prosody.component}\n"
                    f"db_name={self.folder}/db.sqlite\nlog_level=0\nlog_file={self.folder}/log\nidentd_port=0\n")
        with open(os.path.join(self.folder, "out"), "wb") as out:
            self.process = subprocess.Popen([shutil.which("biboumi"), self.conf], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wait(lambda: self.domain + ":component" in prosody.log and "successfully authenticated" in prosody.log, "biboumi", 30,
             lambda: self.log + prosody.log[-2000:])

    @property
    def log(self):
        text = ""
        for name in ("out", "log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    text += f.read()
        return text

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.kill()
        self.process.wait()


def local(e):
    return e.tag.rsplit("}", 1)[-1]


def child(e, *names):
    """The child of a child, by their names whatever their namespaces; None: there is none."""
    for name in names:
        e = next((c for c in (e if e is not None else []) if local(c) == name), None)
    return e


def values(form):
    """What a submitted form says: {var: [value]}."""
    return {f.get("var"): [v.text or "" for v in f if local(v) == "value"] for f in (form if form is not None else []) if local(f) == "field"}


class Gateway(threading.Thread):
    """A component (XEP-0114) that keeps what it is sent and answers by `self.answer(stanza)`, for a subclass to say."""

    def __init__(self, domain, prosody):
        super().__init__(daemon=True)
        self.domain, self.stanzas, self.lock = domain, [], threading.Lock()
        self.s = socket.create_connection(("127.0.0.1", prosody.component))
        self.ready, self.failure = threading.Event(), None
        self.send(f"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>")
        self.start()
        wait(self.ready.is_set, domain, 30, lambda: str(self.failure))

    def send(self, xml):
        with self.lock:
            self.s.sendall(xml.encode())

    def run(self):
        parser = ElementTree.XMLPullParser(["start", "end"])
        depth = 0
        try:
            while data := self.s.recv(65536):
                parser.feed(data)
                for event, e in parser.read_events():
                    depth += 1 if event == "start" else -1
                    if event == "start" and depth == 1:
                        self.send("<handshake>%s</handshake>" % hashlib.sha1((e.get("id") + SECRET).encode()).hexdigest())
                    elif event == "end" and depth == 1:
                        self.take(e)
        except OSError:
            pass
        except Exception as e:  # shown by the test that waits in vain
            self.failure = e
            raise

    def take(self, e):
        if local(e) == "handshake":
            self.ready.set()
            return
        self.stanzas.append(e)
        self.answer(e)

    def answer(self, e):
        if local(e) == "iq" and e.get("type") in ("get", "set"):
            self.refuse(e, "service-unavailable")

    # ---- answers ----

    def result(self, e, xml=""):
        self.send(f"<iq type='result' id='{e.get('id')}' from='{e.get('to')}' to='{e.get('from')}'>{xml}</iq>")

    def refuse(self, e, condition, text="", kind="cancel"):
        text = f"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{text}</text>" if text else ""
        self.send(f"<iq type='error' id='{e.get('id')}' from='{e.get('to')}' to='{e.get('from')}'><error type='{kind}'>"
                  f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{text}</error></iq>")

    def expect(self, fits, what="a stanza", timeout=30):
        def look():
            return next((e for e in list(self.stanzas) if fits(e)), None)
        return wait(look, what, timeout, lambda: str(self.failure) + "\n".join(ElementTree.tostring(e).decode() for e in self.stanzas[-20:]))

    def __enter__(self):
        return self

    def __exit__(self, *what):
        try:
            self.s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.s.close()
        self.join(5)
