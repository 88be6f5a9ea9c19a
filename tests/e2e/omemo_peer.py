# e2e/omemo_peer.py - the other side of an encrypted chat: python-oldmemo and python-twomemo behind the slixmpp client of peer.py
"""
In a test:

    p = OmemoPeer("bob@localhost", "secret", port=srv.c2s, ca=srv.ca, versions=["2", "old"], store=path)
    p.seal("alice@localhost", "hello")["id"]              # as send(), encrypted; versions: by which ways, the best first
    m = p.expect("message", body="hi", enc="2")           # enc: by which version it came; "clear": the body beside it
    p.enter(room, "bob"); p.seal(room, "hello all", members=["alice@localhost"])   # a room where everybody's address is shown
    p.devices("alice@localhost")                          # [{"id":, "key":, "versions": [...], "active": [...]}]

The keys lie in the file `store`: who opens it again is the same device. number=N: a new device that takes that number. All devices are trusted.
What cannot be decrypted is an event "unread" with the text of the error; an empty message is an event "empty".
"""
import asyncio
import base64
import json
import os
import sys
import xml.etree.ElementTree as ET

import peer
from peer import NS, Peer, Scripted, describe, out

OLD, NEW = "eu.siacs.conversations.axolotl", "urn:xmpp:omemo:2"
SPACES = {"old": OLD, "2": NEW}
NAMES = {v: k for k, v in SPACES.items()}
LISTS = {OLD + ".devicelist": OLD, NEW + ":devices": NEW}
SCE = "{urn:xmpp:sce:1}"
PUBSUB = "http://jabber.org/protocol/pubsub"


class OmemoPeer(Peer):
    program = os.path.abspath(__file__)

    def seal(self, to, body, **kw):
        """Keywords as of send(), versions, and refresh=False: without asking for the lists of devices. members: of the room `to`,
        who are to read it. A dict with id, versions, devices, errors."""
        return self.call("seal", timeout=60, to=to, body=body, **kw)

    def enter(self, room, nick):
        """Goes into a room that shows addresses, without its history."""
        self.raw(f"<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>")
        self.expect("presence", timeout=30, from_=f"{room}/{nick}")

    def unseal(self, xml):
        """A message from an archive: its text, "" of one of our own, None when it cannot be read."""
        return self.call("unseal", xml=xml)

    def devices(self, jid):
        return self.call("devices", jid=jid)

    def own(self):
        """This device."""
        return self.call("own")

    def renew(self, jid):
        """New sessions with all devices of jid, as if the old ones were lost."""
        return self.call("renew", timeout=60, jid=jid)

    def list(self, version, devices):
        """Publishes a list of our devices, whatever is true."""
        return self.call("list", version=version, devices=devices)


# ---- the child -------------------------------------------------------------------------------------------------
def storage_of(path):
    from omemo import Just, Nothing, Storage

    class File(Storage):
        def __init__(self):
            super().__init__(False)
            self.d = {}
            if path and os.path.exists(path):
                with open(path) as f:
                    self.d = json.load(f)

        def flush(self):
            if path:
                with open(path + ".new", "w") as f:
                    json.dump(self.d, f)
                os.replace(path + ".new", path)

        async def _load(self, key):
            return Just(self.d[key]) if key in self.d else Nothing()

        async def _store(self, key, value):
            self.d[key] = value
            self.flush()

        async def _delete(self, key):
            self.d.pop(key, None)
            self.flush()
    return File()


def manager_of(me):
    import omemo
    import oldmemo.etree as old
    import twomemo.etree as new

    def bundle_place(namespace, device):
        return (f"{OLD}.bundles:{device}", "current") if namespace == OLD else (f"{NEW}:bundles", str(device))

    class Manager(omemo.SessionManager):
        @staticmethod
        async def _upload_bundle(bundle):
            node, item = bundle_place(bundle.namespace, bundle.device_id)
            await me.publish(node, item, (old if bundle.namespace == OLD else new).serialize_bundle(bundle))

        @staticmethod
        async def _download_bundle(namespace, bare_jid, device_id):
            node, item = bundle_place(namespace, device_id)
            e = await me.fetch(bare_jid, node, item if namespace == NEW else None)
            if e is None:
                raise omemo.BundleNotFound()
            return (old if namespace == OLD else new).parse_bundle(e, bare_jid, device_id)

        @staticmethod
        async def _delete_bundle(namespace, device_id):
            pass

        @staticmethod
        async def _upload_device_list(namespace, device_list):
            e = (old if namespace == OLD else new).serialize_device_list(device_list)
            await me.publish(next(n for n in LISTS if LISTS[n] == namespace), "current", e)

        @staticmethod
        async def _download_device_list(namespace, bare_jid):
            if me.unlisted and me.sm is None:
                return {}
            e = await me.fetch(bare_jid, next(n for n in LISTS if LISTS[n] == namespace), None)
            return {} if e is None or len(e) == 0 else (old if namespace == OLD else new).parse_device_list(e)

        async def _evaluate_custom_trust_level(self, device):
            return omemo.TrustLevel.TRUSTED

        async def _make_trust_decision(self, undecided, identifier):
            pass

        @staticmethod
        async def _send_message(message, bare_jid):
            m = ET.Element("message", {"to": bare_jid, "type": "chat", "id": os.urandom(8).hex()})
            m.append((old if message.namespace == OLD else new).serialize_message(message))
            ET.SubElement(m, "store", {"xmlns": "urn:xmpp:hints"})
            me.client.send_raw(ET.tostring(m, encoding="unicode"))
    return Manager


class Sealed(Scripted):
    def __init__(self, *args):
        super().__init__(*args)
        self.sm = None
        self.unlisted = False
        self.queue = asyncio.Queue()
        self.real = {}  # who is in rooms -> their bare address
        self.client["xep_0030"].add_feature(PUBSUB + "#event")
        for node, ns in LISTS.items():
            if NAMES[ns] in self.options["versions"]:
                self.client["xep_0030"].add_feature(node + "+notify")

    async def prepare(self):
        import oldmemo
        import twomemo
        storage = storage_of(self.options.get("store"))
        if self.options.get("number"):  # a device that says it is another one
            import omemo.session_manager as manager
            number, lowest = self.options["number"], manager.SessionManager.DEVICE_ID_MIN
            manager.secrets = type("Chosen", (), {"randbelow": staticmethod(lambda n: number - lowest)})
            self.unlisted = True
        makers = {"old": oldmemo.Oldmemo, "2": twomemo.Twomemo}
        self.sm = await manager_of(self).create([makers[v](storage) for v in self.options["versions"]], storage,
                                                self.client.boundjid.bare, "a peer", "undecided")
        if not self.options.get("archive"):
            await self.sm.after_history_sync()
        self.worker = asyncio.ensure_future(self.work())

    # the server's side of it
    async def publish(self, node, item, payload):
        options = "".join(f"<field var='{k}'><value>{v}</value></field>" for k, v in (
            ("FORM_TYPE", PUBSUB + "#publish-options"), ("pubsub#access_model", "open"), ("pubsub#persist_items", "true"),
            *([("pubsub#max_items", "max")] if item != "current" else [])))
        r = await self.ask(f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'><item id='{item}'>"
                           f"{ET.tostring(payload, encoding='unicode')}</item></publish><publish-options>"
                           f"<x xmlns='jabber:x:data' type='submit'>{options}</x></publish-options></pubsub>", None, "set")
        if ET.fromstring(r).get("type") != "result":
            raise RuntimeError(r)

    async def fetch(self, jid, node, item):
        what = f"<items node='{node}'>" + (f"<item id='{item}'/>" if item else "") + "</items>"
        r = ET.fromstring(await self.ask(f"<pubsub xmlns='{PUBSUB}'>{what}</pubsub>", jid, "get"))
        items = r.findall(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}items/{{{PUBSUB}}}item")
        return items[-1][0] if items and len(items[-1]) else None

    # what comes
    def on_presence(self, stanza):
        jid = self.address_in(stanza.xml)
        if jid:
            self.real[stanza.xml.get("from")] = jid
        super().on_presence(stanza)

    @staticmethod
    def address_in(x):
        item = x.find("{http://jabber.org/protocol/muc#user}x/{http://jabber.org/protocol/muc#user}item")
        return (item.get("jid") or "").split("/")[0] if item is not None else ""

    def author(self, x):
        """The bare address of who wrote; None: nobody says so."""
        if x.get("type") != "groupchat":
            return x.get("from").split("/")[0]
        return self.address_in(x) or self.real.get(x.get("from"))

    def tell(self, x, d):
        event = x.find(f"{{{PUBSUB}#event}}event/{{{PUBSUB}#event}}items")
        if event is not None or any(x.find(f"{{{ns}}}encrypted") is not None for ns in NAMES):
            self.queue.put_nowait((x, d, event))
        else:
            out({**d, "enc": None})

    async def work(self):
        while True:
            x, d, event = await self.queue.get()
            try:
                if event is not None:
                    await self.take_list(x, event)
                else:
                    await self.take(x, d)
            except Exception as e:  # the test judges it
                out({"event": "unread", "text": f"{type(e).__name__}: {e}", "from": d["from"], "id": d["id"], "xml": d["xml"]})

    async def take_list(self, x, event):
        import oldmemo.etree as old
        import twomemo.etree as new
        ns = LISTS.get(event.get("node"))
        if ns is None or NAMES[ns] not in self.options["versions"]:
            return
        for item in event.findall(f"{{{PUBSUB}#event}}item"):
            e = item[0] if len(item) else None
            found = {} if e is None or len(e) == 0 else (old if ns == OLD else new).parse_device_list(e)
            await self.sm.update_device_list(ns, x.get("from").split("/")[0], found)
            out({"event": "devices", "from": x.get("from").split("/")[0], "version": NAMES[ns], "ids": sorted(found)})

    async def take(self, x, d):
        import oldmemo.etree as old
        import twomemo.etree as new
        sender = self.author(x)
        if sender == self.client.boundjid.bare and x.get("type") == "groupchat":  # our own words, from the room
            out({**d, "event": "echo"})
            return ""
        error = None
        for v in self.options["versions"]:
            e = x.find(f"{{{SPACES[v]}}}encrypted")
            if e is None:
                continue
            try:
                if v == "old":
                    m = await old.parse_message(e, sender, self.client.boundjid.bare, self.sm)
                else:
                    m = new.parse_message(e, sender)
                text, device, _ = await self.sm.decrypt(m)
            except Exception as why:  # perhaps the other version is for us
                error = why
                continue
            if text is None:
                out({**d, "event": "empty", "enc": v, "device": device.device_id})
                return ""
            return self.read(x, d, v, text.decode(), device)
        raise error or RuntimeError("of no version that is read here")

    def read(self, x, d, v, text, device):
        if v == "old":
            found = {**d, "body": text}
        else:
            envelope = ET.fromstring(text)
            inner = ET.Element(x.tag, dict(x.attrib))
            for c in envelope.find(SCE + "content"):
                inner.append(c)
            inside = describe(inner)
            found = {**d, **{k: i for k, i in inside.items() if i not in (None, [], False) and k != "xml"}, "body": inside["body"],
                     "envelope": text}
        out({**found, "enc": v, "clear": d["body"], "device": device.device_id})
        if self.options.get("receipts") and found["request"] and found["id"] and d["carbon"] is None:
            self.client.send_raw(f"<message to='{d['from']}' type='chat' id='r-{found['id']}'>"
                                 f"<received xmlns='urn:xmpp:receipts' id='{found['id']}'/><store xmlns='urn:xmpp:hints'/></message>")
        return found["body"]

    # commands
    async def do_seal(self, c):
        import oldmemo.etree as old
        import twomemo.etree as new
        m, to = self.make({**c, "type": "groupchat"} if c.get("members") else c), c["to"].split("/")[0]
        children = [e for e in m if e.tag != "origin-id"]
        text = m.findtext("body") or ""
        content = "".join(ET.tostring(e, encoding="unicode") if e.get("xmlns") else
                          ET.tostring(self.named(e), encoding="unicode") for e in children)
        pad = base64.b64encode(os.urandom(12)).decode()
        room = f"<to jid='{to}'/>" if m.get("type") == "groupchat" else ""
        members = frozenset(c.get("members") or [to])
        envelope = (f"<envelope xmlns='urn:xmpp:sce:1'><content>{content}</content><rpad>{pad}</rpad>"
                    f"<from jid='{self.client.boundjid.bare}'/>{room}</envelope>")
        ways = [SPACES[v] for v in c.get("versions") or self.options["versions"]]
        for jid, ns in ((j, n) for j in (*members, self.client.boundjid.bare) for n in ways if c.get("refresh", True)):
            await self.sm.refresh_device_list(ns, jid)
        sealed, errors = await self.sm.encrypt(members, {OLD: text.encode(), NEW: envelope.encode()}, ways)
        spaces = [s.namespace for s in sealed]
        for e in children:
            if e.tag == "body" or (OLD not in spaces and e.tag != "store"):
                m.remove(e)
        for s in sealed:
            m.append((old if s.namespace == OLD else new).serialize_message(s))
        if OLD in spaces:
            ET.SubElement(m, "body").text = "a body for programs that cannot read it"
        ET.SubElement(m, "encryption", {"xmlns": "urn:xmpp:eme:0", "namespace": spaces[0], "name": "OMEMO"})
        ET.SubElement(m, "store", {"xmlns": "urn:xmpp:hints"})
        self.client.send_raw(ET.tostring(m, encoding="unicode"))
        return {"id": m.get("id"), "versions": sorted(NAMES[s] for s in spaces), "errors": [str(e) for e in errors],
                "devices": sorted(k[0].device_id for s in sealed for k in s.keys)}

    async def do_unseal(self, c):
        x = ET.fromstring(c["xml"])
        try:
            return await self.take(x, describe(x))
        except Exception:  # the test judges it
            return None

    @staticmethod
    def named(e):
        copy = ET.Element(e.tag, {**e.attrib, "xmlns": "jabber:client"})
        copy.text = e.text
        return copy

    @staticmethod
    def flat(d):
        return {"id": d.device_id, "key": d.identity_key.hex(), "versions": sorted(NAMES[n] for n in d.namespaces),
                "active": sorted(NAMES[n] for n, on in d.active if on), "label": d.label}

    async def do_devices(self, c):
        for v in self.options["versions"]:
            await self.sm.refresh_device_list(SPACES[v], c["jid"])
        return sorted((self.flat(d) for d in await self.sm.get_device_information(c["jid"])), key=lambda d: d["id"])

    async def do_own(self, _):
        return self.flat((await self.sm.get_own_device_information())[0])

    async def do_renew(self, c):
        for d in await self.sm.get_device_information(c["jid"]):
            await self.sm.replace_sessions(d)

    async def do_list(self, c):
        import oldmemo.etree as old
        import twomemo.etree as new
        ns = SPACES[c["version"]]
        e = (old if ns == OLD else new).serialize_device_list({d: None for d in c["devices"]})
        await self.publish(next(n for n in LISTS if LISTS[n] == ns), "current", e)


if __name__ == "__main__":
    sys.exit(peer.main(Sealed))
