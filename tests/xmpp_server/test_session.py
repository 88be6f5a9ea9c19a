# xmpp_server/test_session.py - stream management, SASL2 with Bind 2 and FAST, and hostile stanzas
import base64
import hashlib
import hmac
import os
import re
import time

import pytest
from driver import Driver
from server import BIND, SM, SASL, Server, b64, bindings, mechanisms

import servers

# CPU of one call into the backend; sanitizers make all slower
LIMIT_MS = 400 if os.environ.get("KITH_BUILD", "").endswith("san") else 50


def alice(srv, tmp_path, name="alice", **kw):
    kw = {"port": srv.port, "password": "secret", "ca_file": srv.ca[0], **kw}
    return Driver(tmp_path / name, **kw)


def auth(c):
    c.starttls()
    c.header(mechanisms("SCRAM-SHA-256"))
    assert c.scram("SCRAM-SHA-256")


def resume(c, sm_id="sm1", h=None, extra=""):
    """Logs in and accepts the resumption; returns the client's h."""
    auth(c)
    c.header(BIND + SM)
    m = c.until("<resume([^>]*)/>")
    got = m.group(1).decode()
    assert re.search("previd=[\"']%s[\"']" % sm_id, got), got
    c.received = c.server.h if h is None else h
    c.send("<resumed xmlns='urn:xmpp:sm:3' previd='%s' h='%d'/>%s" % (sm_id, c.received, extra))
    return int(re.search("h=[\"'](\\d+)", got).group(1))


def message(n, body=None, inner=""):
    return "<message from='bob@localhost/x' type='chat' id='m%s'><body>%s</body>%s</message>" % (n, body or "b%s" % n, inner)


# ---- what the features say: client state (XEP-0352), limits (XEP-0478) ----

def features_script(extra, then):
    def script(c):
        auth(c)
        c.header(BIND + extra)
        m = c.until("<iq[^>]*id=[\"']([^\"']*)[\"'][^>]*>.*?</iq>")
        c.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@localhost/r1</jid></bind></iq>"
               % m.group(1).decode())
        then(c)
    return script


CSI = "<csi xmlns='urn:xmpp:csi:0'/>"


INACTIVE, ACTIVE = "<inactive xmlns=[\"']urn:xmpp:csi:0[\"']/>", "<active xmlns=[\"']urn:xmpp:csi:0[\"']/>"


def test_the_server_knows_whether_anybody_looks(tmp_path):
    said = []

    def first(c):
        said.append(c.serve(stop=INACTIVE))
        said.append(c.serve(stop=ACTIVE))
        said.append(c.serve(stop=INACTIVE))
        said.append(c.serve(stop="<message.*?</message>"))

    def second(c):  # a new stream begins active: it is said again
        said.append(c.serve(stop=INACTIVE))
        c.serve()
    with Server(tmp_path, features_script(CSI, first), features_script(CSI, second)) as srv, alice(srv, tmp_path) as a:
        a.login()
        for watched in (0, 0, 1, 0, 0):
            a.do("watched", watched)
        a.do("send", "bob@localhost", "x1", "hi")
        a.offline()
        a.login()
        a.do("quit")
        a.offline()
    assert len(said) == 5 and "active" not in said[3]


@pytest.mark.parametrize("features,option", [("", "true"), (CSI, "false")])
def test_client_state_is_for_servers_that_know_it(tmp_path, features, option):
    seen = []

    def then(c):
        c.serve(stop="<message.*?</message>")
        seen.append(c.seen)
        c.serve()
    with Server(tmp_path, features_script(features, then)) as srv, alice(srv, tmp_path, client_state=option) as a:
        a.do("watched", 0)
        a.login()
        a.do("watched", 1)
        a.do("watched", 0)
        a.do("send", "bob@localhost", "x1", "hi")
        a.wait("receipt", id="x1")
        a.do("quit")
        a.offline()
    assert b"csi" not in seen[0]


@pytest.mark.parametrize("limit,sent", [(12000, False), (100000, True)])
def test_what_is_too_large_is_not_sent(tmp_path, limit, sent):
    limits = "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>%d</max-bytes><idle-seconds>1800</idle-seconds></limits>" % limit
    got = []

    def then(c):
        got.append(c.serve(stop="<message.*?</message>"))
        c.serve()
    with Server(tmp_path, features_script(limits, then)) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("send", "bob@localhost", "big", "x" * 2000 * 8)
        e = a.wait("receipt", id="big")
        if not sent:
            assert e["delivery"] == 5 and "longer" in e["text"], e
        a.do("send", "bob@localhost", "small", "hi")
        a.wait("receipt", id="small")
        a.do("quit")
        a.offline()
    assert ("xxxx" in got[0]) == sent


# ---- stream management ----

def test_resumed_with_what_was_committed(tmp_path):
    told = []

    def first(c):
        c.login()
        for i in range(5):
            c.stanza(message(i))
        c.serve(stop="<message.*?</message>")
        c.server.h = c.received  # the message is not acknowledged: to be sent again

    def second(c):
        told.append(resume(c))
        c.send("".join(c.server.sent[told[0]:]))  # as a server does
        text = c.serve(stop="<message.*?</message>")
        assert "to bob" in text
        c.received += 1
        c.send(message(9, "new"))
        c.serve()
    with Server(tmp_path, first, second) as srv, alice(srv, tmp_path, commit="manual") as a:
        a.login()
        for i in range(5):
            if not [e for e in a.events if e["ev"] == "message" and e["body"] == "b%d" % i]:
                a.wait("message", body="b%d" % i)
        a.do("commit", [e["n"] for e in a.events if e["ev"] == "message"][2])
        a.do("send bob@localhost o1 to bob")
        a.offline()
        a.do("connect")
        assert a.online()["resumed"] == 1
        a.wait("message", body="new")
        # three were committed; the other two came again and were not told twice
        assert [e["body"] for e in a.events if e["ev"] == "message"] == ["b0", "b1", "b2", "b3", "b4", "new"]
        assert told[0] == 3
        a.do("quit")
        a.offline()


def test_acknowledgement_waits_for_the_commit(tmp_path):
    answers = []

    def script(c):
        c.login()
        c.send(message(1) + message(2) + "<r xmlns='urn:xmpp:sm:3'/>")
        answers.append(c.serve(stop="<a xmlns[^>]*/>"))
        c.send("<r xmlns='urn:xmpp:sm:3'/>")
        answers.append(c.serve(stop="<a xmlns[^>]*/>"))
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path, commit="manual") as a:
        a.do("connect")
        first = a.wait("message", body="b1")
        last = a.wait("message", body="b2")
        a.do("commit", first["n"])
        time.sleep(0.1)
        assert answers == []
        a.do("commit", last["n"])
        servers.wait(lambda: len(answers) == 2, "both answers")
        a.do("quit")
        a.offline()
    # roster and the like were answered too: the count is what the server sent
    counts = [int(re.search("h=[\"'](\\d+)", t).group(1)) for t in answers]
    assert counts[0] >= 2 and counts[1] >= counts[0]


def test_refused_resumption_with_h(tmp_path):
    def first(c):
        c.login()
        c.serve(stop="<message.*?</message>")
        c.serve(stop="<message.*?</message>")
        c.server.h = c.received + 1  # it had the first of the two

    def second(c):
        auth(c)
        c.header(BIND + SM)
        c.until("<resume[^>]*/>")
        c.send("<failed xmlns='urn:xmpp:sm:3' h='%d'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
               % c.server.h)
        m = c.until("<iq[^>]*id=[\"']([^\"']*)[\"'][^>]*>.*?</iq>")
        c.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@localhost/r2</jid></bind>"
               "</iq>" % m.group(1).decode())
        c.enable("sm2")
        c.serve()
    with Server(tmp_path, first, second) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("send bob@localhost o1 one")
        a.do("send bob@localhost o2 two")
        a.offline()
        a.do("connect")
        assert a.online()["resumed"] == 0
        stored = [e["id"] for e in a.events if e["ev"] == "receipt" and e["delivery"] == 2]
        assert stored == ["o1"]
        a.do("quit")
        a.offline()


@pytest.mark.parametrize("nonza", ["<a xmlns='urn:xmpp:sm:3' h='4000000'/>", "<a xmlns='urn:xmpp:sm:3' h='x'/>",
                                   "<a xmlns='urn:xmpp:sm:3'/>"])
def test_impossible_acknowledgement(tmp_path, nonza):
    def script(c):
        c.login()
        c.send(nonza)
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        assert "acknowledged more than was sent" in a.offline()["text"]


def test_without_stream_management(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        assert c.scram("SCRAM-SHA-256")
        c.bind(sm=False)
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("send bob@localhost o1 one")
        assert a.wait("receipt", id="o1")["delivery"] == 1
        assert a.wait("receipt", id="o1")["delivery"] == 2
        a.do("wake")
        a.do("quit")
        a.offline()


def test_answers_only_from_whom_was_asked(tmp_path):
    def script(c):
        c.login()
        c.until("<iq[^>]*>.*?jabber:iq:roster.*?(</iq>|/>)")
        ids = re.findall(rb"<iq[^>]*id=[\"']([^\"']+)", c.seen)
        for i in ids:
            c.send("<iq type='result' id='%s' from='mallory@evil.example'><query xmlns='jabber:iq:roster'>"
                   "<item jid='forged@evil.example' subscription='both'/></query></iq>" % i.decode())
        c.send(message(1))
        c.send("<iq type='get' id='q1' from='mallory@evil.example/x'><query xmlns='no:such:thing'/></iq>")
        c.until("<iq[^>]*id=[\"']q1[\"'].*?service-unavailable.*?</iq>")
        c.send("<iq type='result' id='%s'><query xmlns='jabber:iq:roster'><item jid='real@localhost' subscription='both'/>"
               "</query></iq>" % [i for i in ids if i != b"bind"][-1].decode())
        c.send(message(2))
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        a.wait("message", body="b2")
        assert not [e for e in a.events if e["ev"] == "contact" and "forged" in e["address"]]


# ---- hostile stanzas: LIBS.md 4 ----

HOSTILE = {
    "children": "<message from='m@evil.example' id='big'>" + "<a/>" * 65536 + "</message>",
    "children within text": "<message from='m@evil.example' id='big'><body>" + "x<a/>" * 30000 + "</body></message>",
    "attributes": "<message from='m@evil.example' id='big'><a" + "".join(" a%05x=''" % i for i in range(26000)) + "/></message>",
    "depth": "<message from='m@evil.example' id='big'>" + "<a>" * 37000 + "</a>" * 37000 + "</message>",
    "many with attributes": "<message from='m@evil.example' id='big'>" + ("<x>" + "<a b='1' c='2' d='3' e='4'/>" * 2400 +
                                                                          "</x>") * 11 + "</message>",
    "iq of a stranger": "<iq from='m@evil.example' id='big' type='result'><x>" + "<a/>" * 3000 + "</x></iq>",
    "tag of 2 MiB": "<message from='m@evil.example' id='" + "x" * (2 << 20) + "'/>",
    "attribute of 2 MiB": "<message from='m@evil.example'><a b='" + "x" * (2 << 20) + "'/></message>",
    "text of 4 MiB": "<message from='m@evil.example'><body>" + "x" * (4 << 20) + "</body></message>",
    "comment of 2 MiB": "<message from='m@evil.example'><!--" + "x" * (2 << 20) + "--></message>",
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_poison_is_skipped_at_the_resumption(tmp_path, kind):
    told = []

    def first(c):
        c.login()
        c.stanza(message(1))
        c.serve(stop="<message.*?</message>")
        c.server.before = len(c.server.sent)
        try:
            c.send(HOSTILE[kind])
            c.send(message(2))
        except OSError:
            pass
        c.serve()

    def second(c):
        auth(c)
        c.header(BIND + SM)
        m = c.until("<resume([^>]*)/>").group(1).decode()
        told.append(int(re.search("h=[\"'](\\d+)", m).group(1)))
        c.send("<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='0'/>" + message(2))
        c.until_closed()
    with Server(tmp_path, first, second) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.worst_ms()  # from here on
        a.do("send bob@localhost go go")
        e = a.offline()
        assert "dropped to be safe" in e["text"] and e["err"] == -12, e
        before = len([x for x in a.events if x["ev"] == "message"])
        worst = a.worst_ms()
        a.do("connect")
        assert a.wait("message", body="b2")
        assert before == 1 and told == [srv.before + 1]
        assert worst < LIMIT_MS, worst


def test_heavy_but_fair_stanzas(tmp_path):
    """What once took seconds, or stalled the stream, is just a message."""
    many = "<message from='bob@localhost/x' type='chat' id='c'><body>many</body>" + "<a/>" * 2400 + "</message>"

    def script(c):
        c.login()
        c.serve(stop="<message.*?</message>")
        c.send(message(1, "\n" * (256 << 10) + "end"))
        c.send(message(2, "&lt;" * (64 << 10)))
        c.send(message(3, None, "<a x='%s'/>" % ("y" * 20000)))  # expat's deferral would wait for 20 KB more
        c.serve(stop="<message.*?</message>")
        c.send(many)
        c.send(message(4, "ok", "<a>" * 80 + "</a>" * 80))
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.worst_ms()  # from here on
        a.do("send bob@localhost go go")
        a.wait("message", id="m3")
        a.do("send bob@localhost go2 go")
        a.wait("message", body="many")
        a.wait("message", body="ok")
        assert a.worst_ms() < LIMIT_MS


def test_long_roster(tmp_path):
    """5,000 contacts come in one stanza of the own server."""
    def script(c):
        c.login()
        items = "".join("<item jid='c%d@localhost' name='C %d' subscription='both'><group>g</group></item>" % (i, i)
                        for i in range(5000))
        iq = c.until("<iq[^>]*id=[\"']([^\"']*)[\"'][^>]*><query[^>]*jabber:iq:roster.*?</iq>").group(1).decode()
        c.send("<iq type='result' id='%s'><query xmlns='jabber:iq:roster'>%s</query></iq>" % (iq, items))
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        a.wait("contact", address="c4999@localhost")


def test_broken_xml(tmp_path):
    def script(c):
        c.login()
        c.send("<message><body>&nosuch;</body></message>")
        assert b"stream:error" not in c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        assert "broken XML" in a.offline()["text"]


def test_odd_top_level(tmp_path):
    def script(c):
        c.login()
        c.send("<what xmlns='ever'/><message xmlns='other:ns'><body>no</body></message><iq/><iq type='get'/><iq type='result'/>"
               "<iq type='error' id='x'/><presence type='strange' from='@@'/><message/><a xmlns='urn:xmpp:sm:3' h='0'/>"
               "<message from='not a jid at all @ / @' type='chat'><body>x</body></message>" + message(1))
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        a.wait("message", body="b1")
        assert not [e for e in a.events if e["ev"] == "message" and e["body"] == "no"]


def test_what_is_sent_is_fit_for_xml(tmp_path):
    got = []

    def script(c):
        c.login()
        got.append(c.serve(stop="<message.*?</message>"))
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.proc.stdin.write(b"send bob@localhost o1 a\x01b\x1bc\xffd\xed\xa0\x80e\xef\xbf\xbef<g>&\n")
        a.proc.stdin.flush()
        a.wait("receipt", id="o1", delivery=1)
    body = re.search("<body>(.*?)</body>", got[0]).group(1)
    assert "\x01" not in body and "\x1b" not in body and "\ufffe" not in body and body.endswith("f&lt;g&gt;&amp;"), body


# ---- SASL2, Bind 2, FAST ----

def sasl2_features(*mechs, fast=True, bind=True, sm=True, csi=False):
    inner = "<bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:carbons:2'/>%s%s</inline></bind>" % (
        "<feature var='urn:xmpp:sm:3'/>" if sm else "", "<feature var='urn:xmpp:csi:0'/>" if csi else "") if bind else ""
    if sm:
        inner += "<sm xmlns='urn:xmpp:sm:3'/>"
    if fast:
        inner += "<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-EXPR</mechanism><mechanism>HT-SHA-256-NONE</mechanism></fast>"
    return "<authentication xmlns='urn:xmpp:sasl:2'>%s<inline>%s</inline></authentication>" % (
        "".join("<mechanism>%s</mechanism>" % m for m in mechs), inner) + bindings("tls-exporter", "tls-server-end-point")


def open2(c, features):
    c.starttls()
    c.header(features)
    m = c.until("<authenticate[^>]*>.*?</authenticate>").group(0).decode()
    initial = base64.b64decode(re.search("<initial-response>([^<]*)</initial-response>", m).group(1))
    return m, initial


def success2(c, data, inner):
    c.send("<success xmlns='urn:xmpp:sasl:2'>%s<authorization-identifier>alice@localhost/kith.tag.1</authorization-identifier>"
           "%s</success>" % ("<additional-data>%s</additional-data>" % b64(data) if data else "", inner))
    c.features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>" + SM)


BOUND = "<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='sm1' resume='true'/></bound>"
TOKEN = "<token xmlns='urn:xmpp:fast:0' expiry='2099-01-01T00:00:00Z' token='tok-1'/>"


def first_login(c):
    m, initial = open2(c, sasl2_features("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"))
    assert "mechanism='SCRAM-SHA-256-PLUS'" in m.replace('"', "'")
    assert "request-token" in m and "HT-SHA-256-EXPR" in m and "<tag>kith</tag>" in m and "urn:xmpp:carbons:2" in m
    assert re.search("user-agent[^>]*id=[\"'][0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", m), m
    assert c.scram("SCRAM-SHA-256-PLUS", answer=b64(initial).encode(), ns="urn:xmpp:sasl:2", final=None)
    success2(c, c.final, BOUND + TOKEN)


def token_login(c, count, resumed=None, responder=b"Responder"):
    m, initial = open2(c, sasl2_features("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"))
    assert "HT-SHA-256-EXPR" in m and re.search("<fast[^>]*count=[\"']%d[\"']" % count, m), m
    name, mac = initial.split(b"\0", 1)
    cb = c.binding("tls-exporter")
    assert name == b"alice" and mac == hmac.digest(b"tok-1", b"Initiator" + cb, "sha256")
    proof = hmac.digest(b"tok-1", responder + cb, "sha256")
    success2(c, proof, resumed if resumed else BOUND)
    return m


def test_sasl2_bind2_fast(tmp_path):
    def first(c):
        first_login(c)
        text = c.serve()
        assert text

    def second(c):
        token_login(c, 1)
        c.serve()
    seen = []

    def third(c):
        token_login(c, 2)
        c.serve(stop="<presence[^>]*/>|<presence.*?</presence>")  # then the link is lost
        c.server.h = c.received

    def fourth(c):
        m = token_login(c, 3, resumed="<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='%d'/>" % c.server.h)
        seen.append(m)
        c.send(message(1, "after the resumption"))
        c.received = c.server.h
        c.serve()
    with Server(tmp_path, first, second, third, fourth) as srv:
        with alice(srv, tmp_path) as a:
            a.login()
            assert [e for e in a.events if e["ev"] == "self"][0]["resource"] == "kith.tag.1"
            a.do("quit")
            a.offline()
        with alice(srv, tmp_path, password=None) as a:  # no password is needed any more
            a.login()
            a.do("quit")
            a.offline()
            assert not [e for e in a.events if e["ev"] == "secret"]
            a.login()
            a.offline()
            a.do("connect")
            assert a.online()["resumed"] == 1
            if not [e for e in a.events if e["ev"] == "message"]:
                a.wait("message", body="after the resumption")
            a.do("quit")
            a.offline()
    assert "<resume" in seen[0] and "carbons" in seen[0]


@pytest.mark.parametrize("inline", [True, False])
def test_client_state_with_bind2(tmp_path, inline):
    """A session begins inactive where the server takes that inline; where it only lists it afterwards, and after a
    resumption, it is said as soon as that is known."""
    said = []

    def login(c, then):
        m, initial = open2(c, sasl2_features("SCRAM-SHA-256", fast=False, csi=inline))
        assert c.scram("SCRAM-SHA-256", answer=b64(initial).encode(), ns="urn:xmpp:sasl:2", final=None)
        c.send("<success xmlns='urn:xmpp:sasl:2'><additional-data>%s</additional-data><authorization-identifier>alice@localhost/k.1"
               "</authorization-identifier>%s</success>" % (b64(c.final), then))
        c.features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>" + SM + CSI)
        return m

    def first(c):
        said.append(login(c, BOUND))
        if not inline:
            c.serve(stop=INACTIVE)
        said.append(c.serve(stop=ACTIVE))
        c.serve(stop=INACTIVE)
        c.server.h = c.received

    def second(c):
        m = login(c, "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='%d'/>" % c.server.h)
        assert "<resume" in m
        c.received = c.server.h
        c.serve(stop=INACTIVE)  # what was asked for a new session does not hold for a resumed one
        said.append("resumed")
        c.serve()
    with Server(tmp_path, first, second) as srv, alice(srv, tmp_path) as a:
        a.do("watched", 0)
        a.login()
        a.do("watched", 1)
        a.do("watched", 0)
        a.offline()
        a.do("connect")
        assert a.online()["resumed"] == 1
        servers.wait(lambda: len(said) > 2, "what the second session was told")
        a.do("quit")
        a.offline()
    assert bool(re.search(INACTIVE, said[0])) == inline and not re.search(INACTIVE, said[1]) and said[2] == "resumed"


def test_fast_false_server(tmp_path):
    def second(c):
        token_login(c, 1, responder=b"Impostor")
        c.until_closed()

    def first(c):
        first_login(c)
        c.serve()
    with Server(tmp_path, first, second) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("quit")
        a.offline()
        a.do("connect")
        e = a.offline()
        assert "impostor" in e["text"] and e["retry"] == 1


def test_fast_token_expired(tmp_path):
    def first(c):
        first_login(c)
        c.serve()

    def second(c):
        open2(c, sasl2_features("SCRAM-SHA-256-PLUS"))
        c.send("<failure xmlns='urn:xmpp:sasl:2'><credentials-expired xmlns='%s'/></failure>" % SASL)
        c.until_closed()
    with Server(tmp_path, first, second, first) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("quit")
        a.offline()
        a.do("connect")
        e = a.offline()
        assert e["retry"] == 2 and "token" in e["text"]
        a.login()
        a.do("quit")
        a.offline()


def test_sasl2_without_bind2(tmp_path):
    def script(c):
        _, initial = open2(c, sasl2_features("SCRAM-SHA-256", fast=False, bind=False, sm=False))
        assert c.scram("SCRAM-SHA-256", answer=b64(initial).encode(), ns="urn:xmpp:sasl:2", final=None)
        c.send("<success xmlns='urn:xmpp:sasl:2'><additional-data>%s</additional-data><authorization-identifier>alice@localhost"
               "</authorization-identifier></success>" % b64(c.final))
        c.features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>" + SM)
        c.until("<iq[^>]*>.*?</iq>")
        c.send("<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@localhost/q</jid></bind></iq>")
        c.enable()
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("quit")
        a.offline()


def test_sasl2_bind2_without_inline_sm(tmp_path):
    def script(c):
        _, initial = open2(c, sasl2_features("SCRAM-SHA-256", fast=False, sm=False))
        assert c.scram("SCRAM-SHA-256", answer=b64(initial).encode(), ns="urn:xmpp:sasl:2", final=None)
        success2(c, c.final, "<bound xmlns='urn:xmpp:bind:0'/>")
        c.enable()
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        a.do("send bob@localhost o1 one")
        a.wait("receipt", id="o1", delivery=2)
        a.do("quit")
        a.offline()


def test_sasl2_false_signature(tmp_path):
    def script(c):
        _, initial = open2(c, sasl2_features("SCRAM-SHA-256"))
        assert c.scram("SCRAM-SHA-256", answer=b64(initial).encode(), ns="urn:xmpp:sasl:2", final=None)
        success2(c, "v=" + b64(hashlib.sha256(b"x").digest()), BOUND + TOKEN)
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        assert "could not prove" in a.offline()["text"]
        assert not (a.state / "fast").exists()


def more_wanted(c, data, inner):
    _, initial = open2(c, sasl2_features("SCRAM-SHA-256"))
    assert c.scram("SCRAM-SHA-256", answer=b64(initial).encode(), ns="urn:xmpp:sasl:2", final=None)
    c.send("<continue xmlns='urn:xmpp:sasl:2'>%s%s</continue>" % (
        "<additional-data>%s</additional-data>" % b64(data or c.final) if data != "" else "", inner))
    assert c.until_closed() == b""


TASKS = "<tasks><task>HOTP-EXAMPLE</task><task>TOTP-EXAMPLE</task></tasks>"


@pytest.mark.parametrize("inner,words", [
    (TASKS, r"after the password.*\(HOTP-EXAMPLE or TOTP-EXAMPLE\)\. Look on the server's pages"),
    (TASKS + "<text>Type the six digits</text>", r'TOTP-EXAMPLE\): "Type the six digits"\. Look'),
    ("", "it names none"),
    ("<tasks>" + "<task>%s</task>" % ("X" * 500) * 50 + "</tasks>", "X or X"),
])
def test_sasl2_further_step(tmp_path, inner, words):
    """XEP-0388 §2.6.3: what the server wants is named, and what can be done."""
    with Server(tmp_path, lambda c: more_wanted(c, None, inner)) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        e = a.offline()
        assert re.search(words, e["text"]) and e["err"] == -3 and e["retry"] == 1, e
        assert not (a.state / "fast").exists()


@pytest.mark.parametrize("data", ["v=" + b64(hashlib.sha256(b"x").digest()), ""])
def test_sasl2_further_step_of_an_impostor(tmp_path, data):
    with Server(tmp_path, lambda c: more_wanted(c, data, TASKS)) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        assert "could not prove" in a.offline()["text"]
