"""tests/bench/xmpp_server.py - a scripted XMPP server with a big roster, rooms with crowds and an archive, in a process of its own

It answers at once and says everything from strings made beforehand, so that what is measured is the client. Whoever logs in,
by SCRAM-SHA-1 or PLAIN with the password "secret", with TLS or without, is <name>@localhost. How many
contacts there are is said at the start; rooms are <name><people>@rooms.localhost.

    with Served(folder, contacts=10) as server:
        server.tell("say", user="me", room="crowd5@rooms.localhost", first=0, n=100, tag="x")
        server.wait("pong")

What happens is told as one JSON object a line, each with the server's monotonic time "at" and the "user":
"connected", "roster" (sent), "online" (own presence came), "settled" (the client has answered what was asked behind the
roster and the presences), "joining", "joined" (the same behind a crowd), "pong" (behind what was said), "asking" (the archive), "page" (of it, sent).
"""
import asyncio
import base64
import functools
import hashlib
import hmac
import json
import os
import queue
import ssl
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

from turns import stand_back

HERE = os.path.abspath(__file__)
ROOMS = "rooms.localhost"
STANZAS, SM_NS, MAM, MUC = "urn:ietf:params:xml:ns:xmpp-stanzas", "urn:xmpp:sm:3", "urn:xmpp:mam:2", "http://jabber.org/protocol/muc"
INFO, ITEMS, RSM = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "http://jabber.org/protocol/rsm"
SASL, TLS, BIND = (f"urn:ietf:params:xml:ns:xmpp-{n}" for n in ("sasl", "tls", "bind"))
FEATURES = {"localhost": [INFO, "urn:xmpp:carbons:2", "urn:xmpp:blocking", "vcard-temp", "urn:xmpp:ping"], "account": [INFO, MAM, "urn:xmpp:sid:0"],
            ROOMS: [MUC], "room": [MUC, MAM, "urn:xmpp:sid:0", "urn:xmpp:occupant-id:0", "muc_open", "muc_public", "muc_semianonymous"]}
WHEN = "2026-03-01T12:00:00Z"


def b64(data):
    return base64.b64encode(data).decode()


def crowd(room):
    """How many people are in a room besides whoever asks: what its name ends with."""
    name = room.split("@")[0]
    return int(name[len(name.rstrip("0123456789")):] or 3)


def stamp(n):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_770_000_000 + n))


class Client:
    """One connection."""

    def __init__(self, world, reader, writer, encrypted):
        self.world, self.reader, self.writer, self.encrypted = world, reader, writer, encrypted
        self.user, self.resource, self.sm, self.received, self.id, self.nicks, self.asked = None, "", False, 0, 0, {}, {}

    def put(self, text):
        self.writer.write(text if isinstance(text, bytes) else text.encode())

    def told(self, what, **more):
        print(json.dumps({"event": what, "at": time.monotonic(), "user": self.user, **more}), flush=True)

    async def run(self):
        try:
            while await self.stream():
                pass
        except (ConnectionError, ssl.SSLError, ET.ParseError, asyncio.IncompleteReadError):
            pass
        finally:
            if self.world.clients.get(self.user) is self:
                del self.world.clients[self.user]
            self.told("gone")
            self.writer.close()

    async def stream(self):
        """From a stream header to the next; False at the end."""
        parser, depth = ET.XMLPullParser(("start", "end")), 0
        while True:
            data = await self.reader.read(65536)
            if not data:
                return False
            parser.feed(data)
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    self.header()
                elif event == "end" and depth == 0:
                    self.put("</stream:stream>")
                    return False
                elif event == "end" and depth == 1 and await self.element(element):
                    return True
            await self.writer.drain()

    def header(self):
        self.put("<?xml version='1.0'?><stream:stream id='s1' from='localhost' version='1.0' xmlns='jabber:client' "
                 "xmlns:stream='http://etherx.jabber.org/streams'><stream:features>")
        if not self.user:
            self.put("" if self.encrypted else f"<starttls xmlns='{TLS}'/>")
            self.put(f"<mechanisms xmlns='{SASL}'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>")
        else:
            self.put(f"<bind xmlns='{BIND}'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><sm xmlns='{SM_NS}'/>")
        self.put("</stream:features>")

    # ---- before the session ----
    async def element(self, e):
        """What one element of the stream asks for; True where a new stream begins."""
        namespace, _, name = e.tag[1:].partition("}")
        if namespace == TLS:
            self.put(f"<proceed xmlns='{TLS}'/>")
            await self.writer.drain()
            await self.writer.start_tls(self.world.tls)
            self.encrypted = True
            return True
        if namespace == SASL:
            return self.login(name, e)
        if namespace == SM_NS:
            self.manage(name)
        elif namespace == "jabber:client":
            self.received += 1
            getattr(self, "on_" + name)(e)
        return False

    def login(self, name, e):
        said = base64.b64decode(e.text or "").decode()
        if name == "auth" and e.get("mechanism") == "PLAIN":
            self.user = said.split("\0")[1]
            self.put(f"<success xmlns='{SASL}'/>")
            return True
        if name == "auth":
            self.bare = said.split(",", 2)[2]
            parts = dict(p.split("=", 1) for p in self.bare.split(","))
            self.name, salt = parts["n"], b"salt of the bench"
            self.first = f"r={parts['r']}server,s={b64(salt)},i=4096"
            self.salted = hashlib.pbkdf2_hmac("sha1", b"secret", salt, 4096)
            self.put(f"<challenge xmlns='{SASL}'>{b64(self.first.encode())}</challenge>")
            return False
        final = said.rsplit(",p=", 1)[0]
        signature = hmac.digest(hmac.digest(self.salted, b"Server Key", "sha1"), f"{self.bare},{self.first},{final}".encode(), "sha1")
        self.user = self.name
        self.put(f"<success xmlns='{SASL}'>{b64(b'v=' + b64(signature).encode())}</success>")
        return True

    def manage(self, name):
        if name == "enable":
            self.sm, self.received = True, 0
            self.put(f"<enabled xmlns='{SM_NS}' id='sm' resume='true'/>")
        elif name == "resume":
            self.put(f"<failed xmlns='{SM_NS}'><item-not-found xmlns='{STANZAS}'/></failed>")
        elif name == "r":
            self.put(f"<a xmlns='{SM_NS}' h='{self.received}'/>")

    # ---- requests ----
    def jid(self):
        return f"{self.user}@localhost/{self.resource}"

    def result(self, e, inner=""):
        sender = f" from={quoteattr(e.get('to'))}" if e.get("to") else ""
        self.put(f"<iq type='result' id={quoteattr(e.get('id', ''))} to='{self.jid()}'{sender}>{inner}</iq>")

    def refuse(self, e, why="service-unavailable"):
        sender = f" from={quoteattr(e.get('to'))}" if e.get("to") else ""
        self.put(f"<iq type='error' id={quoteattr(e.get('id', ''))} to='{self.jid()}'{sender}><error type='cancel'><{why} xmlns='{STANZAS}'/></error></iq>")

    def ask(self, what, **more):
        """A request that is answered when all before it has been read."""
        self.id += 1
        self.asked[f"q{self.id}"] = (what, more)
        self.put(f"<iq type='get' id='q{self.id}' from='localhost' to='{self.jid()}'><ping xmlns='urn:xmpp:ping'/></iq>")

    def on_iq(self, e):
        if e.get("type") in ("result", "error"):
            what, more = self.asked.pop(e.get("id"), (None, {}))
            return what and self.told(what, **more)
        first = e[0] if len(e) else None
        name = first.tag if first is not None else ""
        handler = {f"{{{BIND}}}bind": self.bind, "{jabber:iq:roster}query": self.roster, f"{{{INFO}}}query": self.info, f"{{{ITEMS}}}query": self.items,
                   f"{{{MAM}}}query": self.archive, "{jabber:iq:private}query": self.private,
                   "{urn:xmpp:blocking}blocklist": lambda e, q: self.result(e, "<blocklist xmlns='urn:xmpp:blocking'/>")}.get(name)
        if handler:
            handler(e, first)
        elif name in ("{urn:xmpp:carbons:2}enable", "{urn:xmpp:ping}ping", "{urn:ietf:params:xml:ns:xmpp-session}session"):
            self.result(e)
        else:
            self.refuse(e, "item-not-found" if "pubsub" in name or "vcard" in name else "service-unavailable")

    def bind(self, e, q):
        self.resource = q.findtext(f"{{{BIND}}}resource") or "r1"
        self.world.clients[self.user] = self
        self.put(f"<iq type='result' id={quoteattr(e.get('id', ''))}><bind xmlns='{BIND}'><jid>{self.jid()}</jid></bind></iq>")

    def roster(self, e, q):
        if e.get("type") == "set":
            return self.result(e)
        self.result(e, "<query xmlns='jabber:iq:roster'>" + (self.world.items if self.user.startswith("many") else "") + "</query>")
        self.told("roster")

    def info(self, e, q):
        to = e.get("to", "")
        kind = "account" if to in ("", f"{self.user}@localhost") else "room" if to.endswith("@" + ROOMS) else to
        if kind not in FEATURES:
            return self.refuse(e)
        identity = {"account": "account' type='registered", "localhost": "server' type='im"}.get(kind, "conference' type='text")
        node = f" node={quoteattr(q.get('node'))}" if q.get("node") else ""
        self.result(e, f"<query xmlns='{INFO}'{node}><identity category='{identity}' name='Bench'/>" + "".join(f"<feature var='{f}'/>" for f in FEATURES[kind]) + "</query>")

    def items(self, e, q):
        self.result(e, f"<query xmlns='{ITEMS}'>" + (f"<item jid='{ROOMS}'/>" if e.get("to") == "localhost" else "") + "</query>")

    def private(self, e, q):
        inner = q[0].tag[1:].partition("}") if len(q) else ("x", "", "x")
        self.result(e, f"<query xmlns='jabber:iq:private'><{inner[2]} xmlns='{inner[0]}'/></query>")

    def archive(self, e, q):
        """Pages of the account's archive, forwards and backwards; rooms have an empty one."""
        total = 0 if e.get("to", "").endswith("@" + ROOMS) else self.world.kept.get(self.user, 5)
        self.told("asking")
        size = int(q.findtext(f"{{{RSM}}}set/{{{RSM}}}max") or 50)
        after, before = (q.find(f"{{{RSM}}}set/{{{RSM}}}{n}") for n in ("after", "before"))
        first, last = int(after.text[1:]) + 1 if after is not None and after.text else 0, total
        if before is not None:
            last = int(before.text[1:]) if before.text else total
            first = max(first, last - size)
        last = min(last, first + size)
        query = f" queryid={quoteattr(q.get('queryid'))}" if q.get("queryid") else ""
        self.put("".join(self.world.past(n) for n in range(first, last)).replace("%QUERY%", query).replace("%YOU%", f"{self.user}@localhost"))
        ends = f"<first index='{first}'>a{first}</first><last>a{last - 1}</last>" if last > first else ""
        complete = " complete='true'" if (first == 0 if before is not None else last == total) else ""
        self.result(e, f"<fin xmlns='{MAM}'{complete}><set xmlns='{RSM}'>{ends}<count>{total}</count></set></fin>")
        self.told("page", first=first, last=last)

    # ---- presence and rooms ----
    def on_presence(self, e):
        to = e.get("to", "")
        if "@" + ROOMS in to:
            return self.room(e, *to.split("/", 1))
        if e.get("type") is None and not to:
            self.told("online")
            if self.user.startswith("many"):
                self.put(self.world.presences.replace("%YOU%", self.jid()))
            self.ask("settled")

    def room(self, e, room, nick=None):
        if e.get("type") == "unavailable":
            self.nicks.pop(room, None)
            return self.put(f"<presence from='{room}/{nick}' to='{self.jid()}' type='unavailable'><x xmlns='{MUC}#user'>"
                            "<item affiliation='none' role='none'/><status code='110'/></x></presence>")
        if e.find(f"{{{MUC}}}x") is None or not nick:
            return None
        self.told("joining", room=room)
        self.nicks[room] = nick
        people = [(f"person{k}", "owner" if k == 0 else "member" if k % 7 == 0 else "none", k) for k in range(crowd(room))]
        out = [f"<presence from='{room}/{n}' to='{self.jid()}'><x xmlns='{MUC}#user'><item affiliation='{a}' role='{'moderator' if k == 0 else 'participant'}'/>"
               f"</x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='occupant-{k}'/></presence>" for n, a, k in people]
        out.append(f"<presence from={quoteattr(room + '/' + nick)} to='{self.jid()}'><x xmlns='{MUC}#user'><item affiliation='none' role='participant'/>"
                   "<status code='110'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='occupant-me'/></presence>"
                   f"<message from='{room}' to='{self.jid()}' type='groupchat'><subject>what it is about</subject></message>")
        self.put("".join(out))
        return self.ask("joined", room=room)

    def on_message(self, e):
        pass

    def leave(self, kept):
        """The connection is cut, and while it is away the archive becomes a big one."""
        self.world.kept[self.user] = kept
        self.writer.transport.abort()

    def say(self, n, first, tag, room=None, chats=20, ask=True):
        """Messages of the people in a room, or of some contacts."""
        out = []
        for k in range(first, first + n):
            sender = f"{room}/person{k % crowd(room)}" if room else f"contact{k % chats:04d}@localhost/phone"
            own = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{room}' id='{tag}-s{k}'/><occupant-id xmlns='urn:xmpp:occupant-id:0' " \
                  f"id='occupant-{k % crowd(room)}'/>" if room else f"<stanza-id xmlns='urn:xmpp:sid:0' by='{self.user}@localhost' id='{tag}-s{k}'/>"
            out.append(f"<message from='{sender}' to='{self.jid()}' type='{'groupchat' if room else 'chat'}' id='{tag}-{k}'>"
                       f"<body>{tag} number {k}, a line of ordinary length</body>{own}</message>")
        self.put("".join(out))
        if self.sm:
            self.put(f"<r xmlns='{SM_NS}'/>")
        if ask:
            self.ask("pong", upto=first + n)


class World:
    kind = Client

    def __init__(self, contacts, online):
        self.clients, self.kept = {}, {}
        self.items = "".join(f"<item jid='contact{k:04d}@localhost' name='Contact {k:04d}' subscription='both'><group>Group {k % 10}</group></item>"
                             for k in range(contacts))
        shows = ("", "<show>away</show>", "<show>dnd</show><status>at work until four</status>")
        self.presences = "".join(f"<presence from='contact{k:04d}@localhost/phone' to='%YOU%'>{shows[k % 3]}</presence>" for k in range(online))

    @functools.lru_cache(None)
    def past(self, n):
        """A message of an archive."""
        return (f"<message to='%YOU%' from='%YOU%'><result xmlns='{MAM}'%QUERY% id='a{n}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' "
                f"stamp='{stamp(n)}'/><message xmlns='jabber:client' type='chat' id='o{n}' from='contact{n % 20:04d}@localhost/phone' to='%YOU%'>"
                f"<body>stored in the past {n} in a common line of the usual form</body><origin-id xmlns='urn:xmpp:sid:0' id='o{n}'/></message>"
                "</forwarded></result></message>")

    async def serve(self, certificate, key):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)

        def made(encrypted):
            async def connected(reader, writer):
                client = self.kind(self, reader, writer, encrypted)
                client.told("connected")
                await client.run()
            return connected
        # The second port has no TLS, for clients that would ask about the certificate.
        servers = [await asyncio.start_server(made(encrypted), "127.0.0.1", 0, limit=1 << 20) for encrypted in (False, True)]
        print(json.dumps({"event": "ready", "ports": [s.sockets[0].getsockname()[1] for s in servers]}), flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            client = self.clients.get(order.pop("user"))
            if client:
                getattr(client, order.pop("do"))(**order)
        os._exit(0)


class Served:
    """The server's process, as those who measure see it."""

    def __init__(self, folder, contacts=0, online=0, program=HERE):
        import servers
        self.ca = servers.make_ca(folder)
        certificate, key = servers.make_cert(folder, "localhost", ca=self.ca)
        self.ca = self.ca[0]
        what = json.dumps({"contacts": contacts, "online": online, "certificate": str(certificate), "key": str(key)})
        self.process = subprocess.Popen([sys.executable, "-B", program, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.events, self.incoming = [], queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.port, self.clear = self.wait("ready")["ports"]

    def read(self):
        for line in self.process.stdout:
            self.incoming.put(json.loads(line))

    def tell(self, do, **what):
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()

    def take(self):
        while not self.incoming.empty():
            self.events.append(self.incoming.get())

    def seen(self, event, after=0, **fields):
        """The first event of this kind with these fields, after a number of events; None while there is none."""
        self.take()
        return next((e for e in self.events[after:] if e["event"] == event and all(e.get(k) == v for k, v in fields.items())), None)

    def wait(self, event, seconds=60, pump=lambda: time.sleep(0.002), after=0, **fields):
        end = time.monotonic() + seconds
        while not (found := self.seen(event, after, **fields)):
            assert time.monotonic() < end, f"no {event} {fields or ''} in {seconds} s; the last: {self.events[-5:]}"
            pump()
        return found

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()


def main(world=World):
    stand_back()
    given = json.loads(sys.argv[1])
    asyncio.run(world(given["contacts"], given["online"]).serve(given["certificate"], given["key"]))


if __name__ == "__main__":
    main()
