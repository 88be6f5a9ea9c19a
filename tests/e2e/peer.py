# e2e/peer.py - the other side of a chat: a slixmpp client in its own process, driven by JSON lines
"""
In a test:

    p = Peer("bob@localhost", "secret", port=srv.port, ca=srv.ca)   # connects; raises PeerError when it cannot
    mid = p.send("alice@localhost", "hello")                        # a chat message; more by keyword, see send()
    m = p.expect("message", body="hi", timeout=10)                  # waits for an event, returns it (a dict), forgets older ones
    p.subscribe("alice@localhost"); p.subscribed("alice@localhost")
    p.mam(with_="alice@localhost")                                  # list of archived messages
    p.raw("<message .../>"); p.iq("<query xmlns=.../>", to="...")   # anything else
    p.close()                                                       # polite; kill() cuts the link without a word

Events: "message", "presence", "iq" (of sessions and their streams; acknowledged, with action and sid), "disconnected". All have "xml"; a message
has from, to, type, id, body, thread, origin_id, stanza_id, stanza_by, delay, request, received, markable, displayed, replace, retract, reactions,
react_to, reply, state (chat state), error, hints, and carbon ("sent" or "received") where it came in a copy.

Nothing is answered by itself but disco, ping, version, time and, unless receipts=False, requests for receipts.
Run as a program it is the child: /usr/bin/python3 peer.py JID PASSWORD HOST PORT CA OPTIONS-JSON
"""
import asyncio
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET

HERE = os.path.abspath(__file__)
NS_CLIENT = "{jabber:client}"
NS = {
    "sid": "{urn:xmpp:sid:0}", "receipts": "{urn:xmpp:receipts}", "markers": "{urn:xmpp:chat-markers:0}",
    "states": "{http://jabber.org/protocol/chatstates}", "replace": "{urn:xmpp:message-correct:0}",
    "retract": "{urn:xmpp:message-retract:1}", "reactions": "{urn:xmpp:reactions:0}", "reply": "{urn:xmpp:reply:0}",
    "carbons": "{urn:xmpp:carbons:2}", "forward": "{urn:xmpp:forward:0}", "delay": "{urn:xmpp:delay}",
    "mam": "{urn:xmpp:mam:2}", "hints": "{urn:xmpp:hints}", "stanzas": "{urn:ietf:params:xml:ns:xmpp-stanzas}",
}


class PeerError(Exception):
    pass


class Peer:
    """One connected client. Keywords: resource, carbons, receipts, presence (send initial presence), timeout; others are for a child
    of another program (omemo_peer.py)."""
    program = HERE

    def __init__(self, jid, password, port, ca, host="127.0.0.1", resource=None, carbons=True, receipts=True,
                 presence=True, timeout=20, python="/usr/bin/python3", **more):
        self.jid = jid
        self.log = []                 # every line the child wrote, for the message of a failed test
        self._answers = {}
        self._events = []
        self._cond = threading.Condition()
        self._n = itertools.count(1)
        options = {"resource": resource, "carbons": carbons, "receipts": receipts, "presence": presence, **more}
        self._p = subprocess.Popen([python, self.program, jid, password, host, str(port), ca, json.dumps(options)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                   stderr=None if os.environ.get("PEER_DEBUG") else subprocess.DEVNULL)
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.full = self.expect("ready", timeout=timeout)["jid"]
        except PeerError:
            self.kill()
            raise

    def _read(self):
        for line in self._p.stdout:
            try:
                o = json.loads(line)
            except ValueError:
                o = {"event": "noise", "text": line}
            with self._cond:
                self.log.append(o)
                if "n" in o:
                    self._answers[o["n"]] = o
                else:
                    self._events.append(o)
                self._cond.notify_all()
        with self._cond:
            self._events.append({"event": "exit"})
            self._cond.notify_all()

    def call(self, op, timeout=20, **args):
        n = next(self._n)
        try:
            self._p.stdin.write(json.dumps({"n": n, "op": op, **args}) + "\n")
            self._p.stdin.flush()
        except OSError as e:
            raise PeerError(f"{self.jid}: child is gone: {e}") from e
        with self._cond:
            if not self._cond.wait_for(lambda: n in self._answers or self._p.poll() is not None, timeout):
                raise PeerError(f"{self.jid}: no answer to {op} within {timeout} s")
            a = self._answers.pop(n, None)
        if a is None:
            raise PeerError(f"{self.jid}: child ended during {op}")
        if "error" in a:
            raise PeerError(f"{self.jid}: {op}: {a['error']}")
        return a.get("result")

    def expect(self, event, timeout=10, where=None, **match):
        """The next event of this kind whose members equal match (and where(event) holds); older ones are dropped."""
        end = time.monotonic() + timeout

        def fits(o):
            return (o.get("event") == event and all(o.get(k.rstrip("_")) == v for k, v in match.items())
                    and (where is None or where(o)))
        with self._cond:
            at = 0
            while True:
                while at < len(self._events):
                    o = self._events[at]
                    at += 1
                    if fits(o):
                        del self._events[:at]
                        return o
                    if o.get("event") in ("failed", "exit") and event not in ("failed", "exit"):
                        raise PeerError(f"{self.jid}: {o}")
                left = end - time.monotonic()
                if left <= 0 or not self._cond.wait(left):
                    if time.monotonic() >= end:
                        raise PeerError(f"{self.jid}: no {event} {match} within {timeout} s; last of the log:\n  " +
                                        "\n  ".join(str(x) for x in self.log[-12:]))

    def none(self, event, seconds=1.0, where=None, **match):
        """Asserts that no such event comes within this time."""
        try:
            o = self.expect(event, timeout=seconds, where=where, **match)
        except PeerError as e:
            if "within" in str(e):
                return
            raise
        raise PeerError(f"{self.jid}: unexpected {o}")

    def events(self, event=None):
        with self._cond:
            return [o for o in self._events if event in (None, o.get("event"))]

    def bodies(self):
        """Bodies of all messages seen so far that were not sent by us (carbons included), in order; never forgotten."""
        with self._cond:
            return [o["body"] for o in self.log if o.get("event") == "message" and o.get("body") is not None]

    # scripted actions
    def send(self, to, body, **kw):
        """Keywords: id, type, thread, replace, retract, reply (id), react_to + reactions, request, markable, state, to-the-letter xml."""
        return self.call("send", to=to, body=body, **kw)

    def receipt(self, to, id):
        return self.raw_message(to, f"<received xmlns='urn:xmpp:receipts' id='{id}'/>")

    def displayed(self, to, id):
        return self.raw_message(to, f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>")

    def state(self, to, state):
        return self.raw_message(to, f"<{state} xmlns='http://jabber.org/protocol/chatstates'/>")

    def raw_message(self, to, inner, type="chat"):
        return self.call("raw", xml=f"<message to='{to}' type='{type}'>{inner}</message>")

    def raw(self, xml):
        return self.call("raw", xml=xml)

    def iq(self, payload, to=None, type="get", timeout=20):
        """Sends an iq, returns the answer as text; an error answer is returned too."""
        return self.call("iq", timeout=timeout, payload=payload, to=to, type=type)

    def presence(self, show=None, status=None, priority=None, to=None, type=None):
        return self.call("presence", show=show, status=status, priority=priority, to=to, type=type)

    def subscribe(self, jid):
        return self.presence(to=jid, type="subscribe")

    def subscribed(self, jid):
        return self.presence(to=jid, type="subscribed")

    def unsubscribe(self, jid):
        return self.presence(to=jid, type="unsubscribe")

    def unsubscribed(self, jid):
        return self.presence(to=jid, type="unsubscribed")

    def befriend(self, jid):
        """Our half of a mutual subscription; the other half answers or asks likewise."""
        self.subscribe(jid)
        self.subscribed(jid)

    def roster(self):
        """{jid: {"name":, "subscription":, "ask":, "groups": [...]}}"""
        return self.call("roster")

    def roster_set(self, jid, name=None, groups=(), subscription=None):
        return self.call("roster_set", jid=jid, name=name, groups=list(groups), subscription=subscription)

    def mam(self, with_=None, max=100):
        """The newest page of the own archive: a list of messages as in events, each with "archive_id" and "stamp"."""
        return self.call("mam", with_=with_, max=max, before="")

    def mam_all(self, with_=None, of=None):
        """The whole archive, oldest first; of: a room's instead of our own."""
        every = []
        while True:
            page = self.call("mam", with_=with_, of=of, max=50, before=every[0]["archive_id"] if every else "")
            if not page:
                return every
            every = page + every

    def close(self, timeout=5):
        if self._p.poll() is None:
            try:
                self.call("quit", timeout=timeout)
            except PeerError:
                pass
            try:
                self._p.stdin.close()
                self._p.wait(timeout)
            except (OSError, subprocess.TimeoutExpired):
                self.kill()

    def kill(self):
        if self._p.poll() is None:
            self._p.kill()
            self._p.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


# ---- the child -------------------------------------------------------------------------------------------------
def out(o):
    sys.stdout.write(json.dumps(o) + "\n")
    sys.stdout.flush()


def attr(x, path, name):
    e = x.find(path)
    return None if e is None else e.get(name)


def describe(x):
    """A message element as a flat dict."""
    d = {"event": "message", "from": x.get("from"), "to": x.get("to"), "type": x.get("type", "normal"), "id": x.get("id"),
         "body": x.findtext(NS_CLIENT + "body"), "thread": x.findtext(NS_CLIENT + "thread"),
         "origin_id": attr(x, NS["sid"] + "origin-id", "id"), "stanza_id": attr(x, NS["sid"] + "stanza-id", "id"),
         "stanza_by": attr(x, NS["sid"] + "stanza-id", "by"), "delay": attr(x, NS["delay"] + "delay", "stamp"),
         "request": x.find(NS["receipts"] + "request") is not None, "received": attr(x, NS["receipts"] + "received", "id"),
         "markable": x.find(NS["markers"] + "markable") is not None, "displayed": attr(x, NS["markers"] + "displayed", "id"),
         "replace": attr(x, NS["replace"] + "replace", "id"), "retract": attr(x, NS["retract"] + "retract", "id"),
         "react_to": attr(x, NS["reactions"] + "reactions", "id"), "reply": attr(x, NS["reply"] + "reply", "id"),
         "reactions": [r.text for r in x.iter(NS["reactions"] + "reaction")],
         "state": next((c.tag[len(NS["states"]):] for c in x if c.tag.startswith(NS["states"])), None),
         "hints": [c.tag[len(NS["hints"]):] for c in x if c.tag.startswith(NS["hints"])],
         "error": None, "carbon": None, "xml": ET.tostring(x, encoding="unicode")}
    err = x.find(NS_CLIENT + "error")
    if err is not None:
        d["error"] = next((c.tag.split("}")[1] for c in err if c.tag.startswith(NS["stanzas"])), "")
    return d


class Scripted:
    def __init__(self, jid, password, host, port, ca, options):
        import slixmpp
        from slixmpp.xmlstream.handler import Callback
        from slixmpp.xmlstream.matcher import MatchXPath
        full = jid + ("/" + options["resource"] if options.get("resource") else "")
        self.options = options
        self.pages = {}
        c = self.client = slixmpp.ClientXMPP(full, password)
        c.ca_certs = ca
        c.auto_authorize = None
        c.auto_subscribe = False
        for p in ("xep_0030", "xep_0092", "xep_0115", "xep_0199", "xep_0202"):
            c.register_plugin(p)
        for feature in ("urn:xmpp:receipts", "urn:xmpp:chat-markers:0", "http://jabber.org/protocol/chatstates"):
            c["xep_0030"].add_feature(feature)
        c.register_handler(Callback("peer message", MatchXPath(NS_CLIENT + "message"), self.on_message))
        for inner in ("{urn:xmpp:jingle:1}jingle", "{http://jabber.org/protocol/ibb}data"):
            c.register_handler(Callback("peer " + inner, MatchXPath(NS_CLIENT + "iq/" + inner), self.on_iq))
        c.register_handler(Callback("peer presence", MatchXPath(NS_CLIENT + "presence"), self.on_presence))
        c.add_event_handler("session_start", self.on_start)
        c.add_event_handler("failed_auth", lambda e: out({"event": "failed", "text": "login refused"}))
        c.add_event_handler("connection_failed", lambda e: out({"event": "failed", "text": str(e)}))
        c.add_event_handler("disconnected", lambda e: out({"event": "disconnected", "text": str(e)}))
        c.connect((host, port), use_ssl=False, force_starttls=True)

    async def on_start(self, _):
        if self.options.get("carbons"):
            await self.ask("<enable xmlns='urn:xmpp:carbons:2'/>", None, "set")
        await self.client.get_roster()
        await self.prepare()
        if self.options.get("presence"):
            self.client.send_presence()
        out({"event": "ready", "jid": self.client.boundjid.full})
        loop = asyncio.get_event_loop()
        reader = asyncio.StreamReader(limit=1 << 22)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        self.task = asyncio.ensure_future(self.serve(reader))  # kept: the loop holds tasks only weakly

    async def prepare(self):
        """What is to be done before others see us."""

    async def serve(self, reader):
        while True:
            line = await reader.readline()
            if not line:
                break
            cmd = json.loads(line)
            try:
                r = getattr(self, "do_" + cmd["op"])(cmd)
                if asyncio.iscoroutine(r):
                    r = await r
                out({"n": cmd["n"], "result": r})
            except Exception as e:  # the test sees every failure as a PeerError
                out({"n": cmd["n"], "error": f"{type(e).__name__}: {e}"})
            if cmd["op"] == "quit":
                return
        self.client.disconnect()
        asyncio.get_event_loop().stop()

    def on_message(self, stanza):
        x = stanza.xml
        res = x.find(NS["mam"] + "result")
        if res is not None:
            inner = res.find(NS["forward"] + "forwarded/" + NS_CLIENT + "message")
            if inner is not None:
                d = describe(inner)
                d["archive_id"] = res.get("id")
                d["stamp"] = attr(res, NS["forward"] + "forwarded/" + NS["delay"] + "delay", "stamp")
                self.pages.setdefault(res.get("queryid"), []).append(d)
            return
        for way in ("sent", "received"):
            inner = x.find(NS["carbons"] + way + "/" + NS["forward"] + "forwarded/" + NS_CLIENT + "message")
            if inner is not None and x.get("from", "").split("/")[0] == self.client.boundjid.bare:
                self.tell(inner, {**describe(inner), "carbon": way})
                return
        d = describe(x)
        self.tell(x, d)
        if self.options.get("receipts") and d["request"] and d["id"] and d["type"] != "error" and d["body"] is not None:
            self.client.send_raw(f"<message to='{d['from']}' type='{d['type']}' id='r-{d['id']}'>"
                                 f"<received xmlns='urn:xmpp:receipts' id='{d['id']}'/><store xmlns='urn:xmpp:hints'/></message>")

    def tell(self, x, d):
        out(d)

    def on_iq(self, stanza):
        """What sessions are made of is told, and acknowledged."""
        x = stanza.xml
        if x.get("type") == "set":
            out({"event": "iq", "from": x.get("from"), "id": x.get("id"), "action": x[0].get("action"), "sid": x[0].get("sid"),
                 "xml": ET.tostring(x, encoding="unicode")})
            self.client.send_raw(f"<iq type='result' id='{x.get('id')}' to='{x.get('from')}'/>")

    def on_presence(self, stanza):
        x = stanza.xml
        out({"event": "presence", "from": x.get("from"), "to": x.get("to"), "type": x.get("type", "available"),
             "show": x.findtext(NS_CLIENT + "show"), "status": x.findtext(NS_CLIENT + "status"),
             "priority": x.findtext(NS_CLIENT + "priority"), "xml": ET.tostring(x, encoding="unicode")})

    async def ask(self, payload, to, typ):
        import slixmpp
        iq = self.client.Iq()
        iq["type"] = typ
        if to:
            iq["to"] = to
        iq.append(ET.fromstring(payload))
        try:
            r = await iq.send(timeout=15)
        except slixmpp.exceptions.IqError as e:
            r = e.iq
        return ET.tostring(r.xml, encoding="unicode")

    def do_quit(self, _):
        loop = asyncio.get_event_loop()
        self.client.disconnect(wait=1.0).add_done_callback(lambda _: loop.call_soon(loop.stop))  # the server closes its side, too
        loop.call_later(1.5, loop.stop)

    def do_raw(self, c):
        self.client.send_raw(c["xml"])

    def do_iq(self, c):
        return self.ask(c["payload"], c.get("to"), c.get("type", "get"))

    def do_presence(self, c):
        p = self.client.make_presence(pshow=c.get("show"), pstatus=c.get("status"), ppriority=c.get("priority"),
                                      pto=c.get("to"), ptype=c.get("type"))
        p.send()

    def make(self, c):
        """The message of a command."""
        m = ET.Element("message", {"to": c["to"], "type": c.get("type", "chat"), "id": c.get("id") or os.urandom(8).hex()})
        if c.get("body") is not None:
            ET.SubElement(m, "body").text = c["body"]
        if c.get("thread"):
            ET.SubElement(m, "thread").text = c["thread"]
        ET.SubElement(m, "origin-id", {"xmlns": "urn:xmpp:sid:0", "id": m.get("id")})
        for key, ns in (("replace", "message-correct:0"), ("retract", "message-retract:1"), ("reply", "reply:0")):
            if c.get(key):
                e = ET.SubElement(m, key, {"xmlns": "urn:xmpp:" + ns, "id": c[key]})
                if key == "reply":
                    e.set("to", c["to"])
        if c.get("react_to"):
            e = ET.SubElement(m, "reactions", {"xmlns": "urn:xmpp:reactions:0", "id": c["react_to"]})
            for r in c.get("reactions") or []:
                ET.SubElement(e, "reaction").text = r
        if c.get("request"):
            ET.SubElement(m, "request", {"xmlns": "urn:xmpp:receipts"})
        if c.get("markable"):
            ET.SubElement(m, "markable", {"xmlns": "urn:xmpp:chat-markers:0"})
        if c.get("state"):
            ET.SubElement(m, c["state"], {"xmlns": "http://jabber.org/protocol/chatstates"})
        if c.get("body") is None:
            ET.SubElement(m, "store", {"xmlns": "urn:xmpp:hints"})
        for frag in c.get("xml") or []:
            m.append(ET.fromstring(frag))
        return m

    def do_send(self, c):
        m = self.make(c)
        self.client.send_raw(ET.tostring(m, encoding="unicode"))
        return m.get("id")

    async def do_roster(self, _):
        x = ET.fromstring(await self.ask("<query xmlns='jabber:iq:roster'/>", None, "get"))
        q = "{jabber:iq:roster}"
        return {i.get("jid"): {"name": i.get("name"), "subscription": i.get("subscription"), "ask": i.get("ask"),
                               "groups": [g.text for g in i.findall(q + "group")]} for i in x.iter(q + "item")}

    async def do_roster_set(self, c):
        item = ET.Element("item", {"jid": c["jid"]})
        if c.get("name"):
            item.set("name", c["name"])
        if c.get("subscription"):
            item.set("subscription", c["subscription"])
        for g in c.get("groups") or []:
            ET.SubElement(item, "group").text = g
        q = ET.Element("query", {"xmlns": "jabber:iq:roster"})
        q.append(item)
        return await self.ask(ET.tostring(q, encoding="unicode"), None, "set")

    async def do_mam(self, c):
        qid = os.urandom(6).hex()
        field = f"<field var='with'><value>{c['with_']}</value></field>" if c.get("with_") else ""
        x = await self.ask(f"<query xmlns='urn:xmpp:mam:2' queryid='{qid}'><x xmlns='jabber:x:data' type='submit'>"
                           f"<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>{field}</x>"
                           f"<set xmlns='http://jabber.org/protocol/rsm'><max>{c['max']}</max><before>{c['before']}</before>"
                           f"</set></query>", c.get("of"), "set")
        if "type=\"error\"" in x:
            raise PeerError(x)
        return self.pages.pop(qid, [])


def main(kind=Scripted):
    jid, password, host, port, ca, options = sys.argv[1:]
    asyncio.set_event_loop(asyncio.new_event_loop())
    s = kind(jid, password, host, int(port), ca, json.loads(options))
    s.client.loop.run_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
