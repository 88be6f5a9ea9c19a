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


def reach(prosody):
    """A connection to the port for components, which opens behind the others."""
    def attempt():
        try:
            return socket.create_connection(("127.0.0.1", prosody.component), 5)
        except OSError:
            return None
    return wait(attempt, "the port for components", 30, lambda: prosody.log[-2000:])


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
        reach(prosody).close()
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
        self.s = reach(prosody)
        self.s.settimeout(None)
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
        def look():  # in a list, for an element without children is false
            return [e for e in list(self.stanzas) if fits(e)][:1]
        return wait(look, what, timeout, lambda: str(self.failure) + "\n".join(ElementTree.tostring(e).decode() for e in self.stanzas[-20:]))[0]

    def __enter__(self):
        return self

    def __exit__(self, *what):
        try:
            self.s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.s.close()
        self.join(5)


FIELD = "<field var='{}' type='{}' label='{}'>{}</field>"


class Slidge(Gateway):
    """Plays a gateway of the slidge kind without privileges: registered with by commands of three steps, or by a code that is scanned."""

    def __init__(self, domain, prosody):
        self.registered, self.sessions, self.waiting = set(), 0, None
        super().__init__(domain, prosody)

    def answer(self, e):
        if local(e) != "iq" or e.get("type") not in ("get", "set"):
            return
        who, payload = e.get("from").split("/")[0], e[0]
        ns = payload.tag[1:].split("}")[0]
        if ns.endswith("disco#info"):
            self.result(e, f"<query xmlns='{ns}'><identity category='conference' type='text' name='Rooms'/><identity category='account' "
                        "type='registered'/><identity category='pubsub' type='pep'/><identity category='gateway' type='dummy' name='Dummy network'/>"
                        f"<feature var='http://jabber.org/protocol/commands'/></query>")
        elif ns.endswith("disco#items") and who not in self.registered and payload.get("node") != "http://jabber.org/protocol/commands":
            self.refuse(e, "registration-required", kind="auth")
        elif ns.endswith("disco#items"):
            nodes = [("jabber:iq:register", "Register"), ("qr", "Pair by a code")]
            if who in self.registered:
                nodes = [("contacts", "Contacts"), ("preferences", "Preferences"), ("unregister", "Unregister")]
            items = "".join(f"<item jid='{self.domain}' node='{n}' name='{t}'/>" for n, t in nodes)
            self.result(e, f"<query xmlns='{ns}' node='{payload.get('node') or ''}'>{items}</query>")
        elif ns == "jabber:iq:register":
            self.refuse(e, "bad-request", "You must use adhoc commands to register to this gateway.", "modify")
        elif ns == "jabber:iq:gateway":
            self.refuse(e, "feature-not-implemented", "Use jabber search for this gateway")
        elif ns == "jabber:iq:search":
            self.search(e, payload)
        elif ns.endswith("/commands"):
            self.command(e, payload, who)
        else:
            self.refuse(e, "service-unavailable")

    def search(self, e, query):
        form = child(query, "x")
        if form is None:
            inner = "<x xmlns='jabber:x:data' type='form'>" + FIELD.format("phone", "text-single", "Phone", "") + "</x>"
        else:
            inner = ("<x xmlns='jabber:x:data' type='result'><reported><field var='phone'/><field var='jid'/></reported><item><field var='jid'>"
                     f"<value>222@{self.domain}</value></field><field var='phone'><value>{values(form)['phone'][0]}</value></field></item></x>")
        self.result(e, f"<query xmlns='jabber:iq:search'>{inner}</query>")

    def step(self, e, session, fields, kind="form", status="executing", note="", title=""):
        ns, node = "http://jabber.org/protocol/commands", e[0].get("node")
        form = f"<x xmlns='jabber:x:data' type='{kind}'><title>{title}</title>{fields}</x>" if fields else ""
        note = f"<note type='info'>{note}</note>" if note else ""
        actions = "<actions><next/></actions>" if status == "executing" else ""  # without "execute", as seen
        self.result(e, f"<command xmlns='{ns}' node='{node}' sessionid='{session}' status='{status}'>{actions}{note}{form}</command>")

    def command(self, e, c, who):
        node, session, data = c.get("node"), c.get("sessionid"), values(child(c, "x"))
        if c.get("action") == "cancel":
            self.step(e, session, "", status="canceled")
        elif node == "jabber:iq:register" and session is None:
            self.sessions += 1
            self.step(e, f"s{self.sessions}", FIELD.format("username", "text-single", "User name", "<required/>") +
                      FIELD.format("password", "text-private", "Password", "<required/>"), title="Registration: your account")
        elif node == "jabber:iq:register" and "username" in data:
            self.login = data["username"][0], data["password"][0]
            self.step(e, session, FIELD.format("code", "text-single", "Second factor", "<required/>"), title="Registration: the code sent to you")
        elif node == "jabber:iq:register" and "code" in data:
            self.step(e, session, FIELD.format("sync", "boolean", "Keep read state in step", "<value>1</value>"), title="Registration: preferences")
        elif node == "jabber:iq:register":
            self.prefers = data["sync"]
            self.welcome(e, session, who, "You are registered.")
        elif node == "qr" and session is None:
            self.step(e, "q1", "<field var='qr_img' type='fixed'><value>2@wYk3mZ7,Qx9,slidge</value><media xmlns='urn:xmpp:media-element'>"
                      "<uri type='image/png'>https://upload.invalid/qr.png</uri></media></field>"
                      "<field var='qr_text' type='fixed' label='Its text'><value>2@wYk3mZ7,Qx9,slidge</value></field>", title="Scan this")
        elif node == "qr":
            self.waiting = (e, session, who)  # until somebody has scanned it
        elif node == "contacts":
            table = ("<reported><field var='name' label='Name'/><field var='jid' label='Address'/></reported><item><field var='name'><value>Ann"
                     f"</value></field><field var='jid'><value>111@{self.domain}</value></field></item>")
            self.step(e, "c1", table, kind="result", status="completed", title="Your contacts")
        elif node == "unregister":
            self.registered.discard(who)
            self.step(e, "u1", "", status="completed", note="You are no longer registered.")
        else:
            self.refuse(e, "item-not-found")

    def scanned(self):
        self.welcome(*self.waiting, "You are paired.")

    def welcome(self, e, session, who, note):
        self.registered.add(who)
        self.step(e, session, "", status="completed", note=note)
        self.send(f"<presence from='{self.domain}' to='{who}' type='subscribe'/>")
        self.state(who, "dnd", "Syncing contacts...")

    def state(self, who, show, text):
        self.send(f"<presence from='{self.domain}' to='{who}' type='subscribed'/>")
        self.send(f"<presence from='{self.domain}' to='{who}'><show>{show}</show><status>{text}</status></presence>")
