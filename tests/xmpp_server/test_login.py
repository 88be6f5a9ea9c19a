# xmpp_server/test_login.py - every way to log in, and every way a server or a man in the middle may cheat at it
import base64
import re
import ssl
import time

import pytest
from driver import Driver
from server import (BIND, SASL, SM, STARTTLS, Server, b64, bindings, expired, mechanisms, self_signed)

import servers


def alice(srv, tmp_path, name="alice", **kw):
    kw = {"port": srv.port, "password": "secret", "ca_file": srv.ca[0], **kw}
    return Driver(tmp_path / name, **kw)


def run(tmp_path, script, **kw):
    """One connection that must succeed; returns the driver's events."""
    with Server(tmp_path, script) as srv, alice(srv, tmp_path, **kw) as a:
        a.login()
        a.do("quit")
        assert a.offline()["err"] == 0
        return a.events


def refused(tmp_path, script, words, err=None, **kw):
    """One connection that must be given up, saying these words."""
    with Server(tmp_path, script) as srv, alice(srv, tmp_path, **kw) as a:
        a.do("connect")
        e = a.offline()
        assert re.search(words, e["text"]), e
        assert e["err"] < 0 and (err is None or e["err"] == err), e
        return e, a.events


def scram_script(mech, extra="", **kw):
    def script(c):
        c.starttls(maximum=kw.pop("maximum", None))
        c.header(mechanisms(mech) + extra)
        assert c.scram(mech, **kw)
        c.bind()
        c.serve()
    return script


@pytest.mark.parametrize("mech", ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram(tmp_path, mech):
    run(tmp_path, scram_script(mech))


def test_scram_final_in_a_challenge(tmp_path):
    run(tmp_path, scram_script("SCRAM-SHA-256", final="challenge"))


@pytest.mark.parametrize("mech", ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"])
@pytest.mark.parametrize("kind", ["tls-exporter", "tls-server-end-point"])
def test_scram_plus(tmp_path, mech, kind):
    events = run(tmp_path, scram_script(mech, bindings(kind)))
    assert any(e["ev"] == "log" and e["text"] == "logged in with %s, bound by %s" % (mech, kind) for e in events)


@pytest.mark.parametrize("mech", ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"])
def test_scram_plus_unique(tmp_path, mech):
    events = run(tmp_path, scram_script(mech, bindings("tls-unique"), maximum=ssl.TLSVersion.TLSv1_2))
    assert any(e["ev"] == "log" and e["text"] == "logged in with %s, bound by tls-unique" % mech for e in events)


REFUSED = "<failure xmlns='%s'><not-authorized/></failure>" % SASL


def test_binding_of_a_server_that_lists_none(tmp_path):
    """ejabberd 23.01 lists no types (XEP-0440), and refuses the one that TLS 1.3 has: the other is tried on the same stream,
    and the next login begins with it."""
    flags = []

    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"))
        if not flags:
            m = c.until("<auth [^>]*>([^<]*)</auth>")
            flags.append(base64.b64decode(m.group(1)).decode().split(",")[0])
            c.send(REFUSED)
        assert c.scram("SCRAM-SHA-256-PLUS")
        flags.append(c.flag)
        c.bind()
        c.serve()
    with Server(tmp_path, script) as srv:
        for _ in range(2):
            with alice(srv, tmp_path) as a:
                a.login()
                a.do("quit")
                assert a.offline()["err"] == 0
    assert flags == ["p=tls-exporter", "p=tls-unique", "p=tls-unique"]


def test_a_wrong_password_where_no_binding_is_listed(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256-PLUS"))
        for _ in range(2):
            c.until("<auth [^>]*>([^<]*)</auth>")
            c.send(REFUSED)
        c.serve()
    refused(tmp_path, script, "refused the login", err=-6)


def test_binding_that_is_listed_is_not_guessed(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256-PLUS") + bindings("tls-exporter"))
        c.until("<auth [^>]*>([^<]*)</auth>")
        c.send(REFUSED)
        c.serve()
    refused(tmp_path, script, "refused the login", err=-6)


def test_strongest_is_taken_and_binding_removal_is_told(tmp_path):
    flags = []

    def script(c):
        c.starttls()
        c.header(mechanisms("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "X-UNKNOWN", "DIGEST-MD5"))
        assert c.scram("SCRAM-SHA-512")
        flags.append(c.flag)
        c.bind()
        c.serve()
    run(tmp_path, script)
    assert flags == ["y"]  # we could bind: a server that offered it too would see that somebody removed it


def test_plain_needs_permission(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("PLAIN"))
        assert b"<auth" not in c.until_closed()
    e, events = refused(tmp_path, script, "allow_plain", err=-6)
    assert e["retry"] == 1 and not any(x["ev"] == "secret" for x in events)


def test_plain_allowed(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("PLAIN"))
        m = c.until("<auth[^>]*PLAIN[^>]*>([^<]*)</auth>")
        assert base64.b64decode(m.group(1)) == b"\0alice\0secret"
        c.send("<success xmlns='%s'/>" % SASL)
        c.bind()
        c.serve()
    run(tmp_path, script, allow_plain="true")


def test_external(tmp_path):
    ca = servers.make_ca(tmp_path)
    crt, key = servers.make_cert(tmp_path, "client", ca=ca, client=True, xmpp_addr="alice@localhost")
    pem = tmp_path / "client.pem"
    pem.write_text(crt.read_text() + key.read_text())

    def script(c):
        c.starttls(client_ca=ca[0])
        assert c.sock.getpeercert()
        c.header(mechanisms("EXTERNAL", "SCRAM-SHA-256"))
        c.until("<auth[^>]*EXTERNAL[^>]*>=</auth>")
        c.send("<success xmlns='%s'/>" % SASL)
        c.bind()
        c.serve()
    events = run(tmp_path, script, certificate=pem)
    assert not any(e["ev"] == "secret" for e in events)


def test_client_certificate_stays_here_when_the_server_is_not_trusted(tmp_path):
    ca = servers.make_ca(tmp_path)
    crt, key = servers.make_cert(tmp_path, "client", ca=ca, client=True)
    pem = tmp_path / "client.pem"
    pem.write_text(crt.read_text() + key.read_text())
    got = []

    def script(c):
        c.starttls(client_ca=ca[0], maximum=ssl.TLSVersion.TLSv1_2)
        got.append(c.sock.getpeercert())
    refused(tmp_path, script, "not trusted", certificate=pem, ca_file=None)
    assert got == []


# ---- cheating ----

@pytest.mark.parametrize("fault,words", [
    ({"signature": "v=" + b64("0" * 32)}, "could not prove"),
    ({"signature": ""}, "could not prove"),
    ({"signature": "e=other-error"}, "refused the login"),
    ({"iterations": 1}, "rounds of password hashing"),
    ({"iterations": 4095}, "rounds of password hashing"),
    ({"first": "r=%NONCE%x,s=QUFBQQ==,i=99999999999"}, "malformed|rounds|wrong nonce"),
    ({"nonce": "somebodyelse"}, "wrong nonce"),
    ({"first": "m=needed,r=a,s=QUFBQQ==,i=4096"}, "extension"),
    ({"first": "garbage"}, "malformed"),
    ({"first": "r=a"}, "malformed"),
])
def test_false_server(tmp_path, fault, words):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        c.scram("SCRAM-SHA-256", **fault)
        c.header(BIND)
    e, _ = refused(tmp_path, script, words)
    assert e["retry"] == 1


def test_absurd_iterations_cost_nothing(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-512"))
        m = c.until("<auth[^>]*>([^<]*)</auth>")
        nonce = base64.b64decode(m.group(1)).decode().split("r=")[1]
        c.send("<challenge xmlns='%s'>%s</challenge>" % (SASL, b64("r=%sx,s=QUFBQQ==,i=2000001" % nonce)))
        assert b"<response" not in c.until_closed()
    t = time.process_time()
    refused(tmp_path, script, "2000001 rounds")
    assert time.process_time() - t < 5


def test_success_without_any_exchange(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        c.until("<auth[^>]*>([^<]*)</auth>")
        c.send("<success xmlns='%s'/>" % SASL)
        c.header(BIND)
    refused(tmp_path, script, "could not prove")


def test_wrong_password_is_forgotten(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        assert not c.scram("SCRAM-SHA-256", password="another")
        c.until_closed()
    e, events = refused(tmp_path, script, "name or the password is wrong", err=-6)
    assert e["retry"] == 1 and any(x["ev"] == "secret_wrong" for x in events)


def test_temporary_failure_is_tried_again(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        c.until("<auth")
        c.send("<failure xmlns='%s'><temporary-auth-failure/></failure>" % SASL)
        c.until_closed()
    e, events = refused(tmp_path, script, "for the time being")
    assert e["retry"] == 0 and not any(x["ev"] == "secret_wrong" for x in events)


def test_downgrade_is_a_question(tmp_path):
    strong, weak = scram_script("SCRAM-SHA-512"), scram_script("SCRAM-SHA-1")

    def looked_at_only(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-1", "PLAIN"))
        assert b"<auth" not in c.until_closed()
    with Server(tmp_path, strong, looked_at_only, weak, looked_at_only) as srv:
        with alice(srv, tmp_path) as a:
            a.login()
            a.do("quit")
            a.offline()
            a.do("connect")
            ask = a.wait("ask")
            assert ask["kind"] == 7 and "SCRAM-SHA-512" in ask["text"] and "SCRAM-SHA-1" in ask["text"]
            e = a.offline()
            assert e["err"] == -6 and e["retry"] == 1
            a.do("answer", ask["ask"], "once")
            assert a.offline()["retry"] == 2
            a.login()
            a.do("quit")
            a.offline()
        with alice(srv, tmp_path) as a:  # "once" does not outlive the process
            a.do("connect")
            assert a.wait("ask")["kind"] == 7
            a.offline()


def test_downgrade_accepted_for_good(tmp_path):
    strong, weak = scram_script("SCRAM-SHA-512"), scram_script("SCRAM-SHA-256")

    def offered(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        c.until_closed()
    with Server(tmp_path, strong, offered, weak, weak) as srv:
        with alice(srv, tmp_path) as a:
            a.login()
            a.do("quit")
            a.offline()
            a.do("connect")
            a.do("answer", a.wait("ask")["ask"], "always")
            a.offline(retry=2)
            a.login()
            a.do("quit")
            a.offline()
        with alice(srv, tmp_path) as a:
            a.login()


# ---- before TLS ----

def test_starttls_stripped(tmp_path):
    def script(c):
        c.header(mechanisms("SCRAM-SHA-256", "PLAIN"))
        assert b"<auth" not in c.until_closed()
    e, events = refused(tmp_path, script, "offers no encryption", err=-7, allow_plain="true")
    assert not any(x["ev"] == "secret" for x in events)


def test_starttls_refused(tmp_path):
    def script(c):
        c.header(STARTTLS)
        c.until("<starttls")
        c.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        assert b"<auth" not in c.until_closed()
    refused(tmp_path, script, "refused to start encryption", err=-7)


@pytest.mark.parametrize("injected", [
    "<stream:features>%s</stream:features>" % mechanisms("PLAIN"),
    "<message from='mallory@localhost'><body>x</body></message>",
    "<success xmlns='%s'/>" % SASL,
])
def test_injected_before_tls(tmp_path, injected):
    def script(c):
        c.header(STARTTLS)
        c.until("<starttls")
        c.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + injected)
        assert b"<auth" not in c.until_closed()
    _, events = refused(tmp_path, script, "before it was encrypted", err=-7, allow_plain="true")
    assert not any(x["ev"] in ("secret", "message") for x in events)


def test_half_a_stanza_injected_before_tls(tmp_path):
    """A beginning that waits in the parser must not become part of the encrypted stream."""
    def script(c):
        c.header(STARTTLS)
        c.until("<starttls")
        c.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message from='mallory@localhost'><body>evil")
        c.tls()
        c.header(mechanisms("SCRAM-SHA-256"))
        assert c.scram("SCRAM-SHA-256")
        c.bind()
        c.send("<message from='bob@localhost/x' type='chat' id='g'><body>good</body></message>")
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        assert [e["body"] for e in a.events if e["ev"] == "message"] == ["good"]
        a.do("quit")
        a.offline()


def test_stanza_in_clear(tmp_path):
    def script(c):
        c.header("")
        c.send("<message from='mallory@localhost'><body>x</body></message>")
        c.until_closed()
    refused(tmp_path, script, "before the login|offers no encryption")


def test_stanza_before_the_login(tmp_path):
    def script(c):
        c.starttls()
        c.header()
        c.send("<message from='mallory@localhost'><body>x</body></message>")
        c.until_closed()
    _, events = refused(tmp_path, script, "before the login")
    assert not any(x["ev"] == "message" for x in events)


def test_document_type_and_entities(tmp_path):
    def script(c):
        c.until("<stream:stream")
        c.send("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
               "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='&b;'>")
        c.until_closed()
    refused(tmp_path, script, "document type")


def test_silent_after_proceed(tmp_path):
    def script(c):
        c.header(STARTTLS)
        c.until("<starttls")
        c.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        a.wait("state", state="tls")
        e = a.offline(timeout=25)
        assert "fell silent" in e["text"] and e["err"] == -7 and e["retry"] == 0


# ---- certificates ----

def certificate_refused(tmp_path, cert, problem, **kw):
    def script(c):
        c.starttls()
        assert c.until_closed() == b""
    with Server(tmp_path, script, cert=cert) as srv, alice(srv, tmp_path, **kw) as a:
        a.do("connect")
        t = a.wait("trust")
        assert re.search(problem, t["problem"]), t
        e = a.offline()
        assert e["err"] == -7 and e["retry"] == 1
        assert not any(x["ev"] == "secret" for x in a.events)


def test_self_signed(tmp_path):
    certificate_refused(tmp_path, self_signed(tmp_path, "localhost"), "self.signed")


def test_other_name(tmp_path):
    certificate_refused(tmp_path, servers.make_cert(tmp_path, "evil.example", ca=servers.make_ca(tmp_path)), "another name")


@pytest.mark.parametrize("good,names", [
    (True, {"srv_name": "_xmpp-client.localhost"}),
    (True, {"srv_name": "_XMPPS-client.LOCALHOST"}),
    (True, {"xmpp_addr": "localhost"}),
    (True, {"names": None}),
    (True, {"xmpp_addr": "evil.example", "names": ["localhost"]}),
    (False, {"srv_name": "_xmpp-server.localhost"}),
    (False, {"srv_name": "_xmpp-client.evil.example"}),
    (False, {"srv_name": "_xmpp-client.*"}),
    (False, {"xmpp_addr": "evil.example"}),
    (False, {"xmpp_addr": "alice@localhost"}),  # a person, not the server
    (False, {"xmpp_addr": "evil.example", "srv_name": "_xmpp-client.evil.example", "names": ["evil.example"]}),
    (False, {"names": ["evil.example"]}),
])
def test_whom_the_certificate_is_for(tmp_path, good, names):
    """RFC 6120 §13.7.1.2; the subject, always "localhost", counts only where no other name is given."""
    cert = servers.make_cert(tmp_path, "odd", ca=servers.make_ca(tmp_path), subject="localhost", **names)
    with Server(tmp_path, scram_script("SCRAM-SHA-256"), cert=cert) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        t = a.wait("trust")
        assert t["problem"] is None if good else t["problem"] == "it is for another name", t
        for name in (names.get("xmpp_addr"), names.get("srv_name")):
            assert not name or name in t["names"]  # the user sees what it is for
        if good:
            a.online()
            a.do("quit")
        assert a.offline()["err"] == (0 if good else -7)


@pytest.mark.parametrize("kind,address,ascii", [
    ("dns", "alice@b\u00fccher.example", "xn--bcher-kva.example"),
    ("srv", "alice@B\u00dcCHER.example", "xn--bcher-kva.example"),
    ("addr", "alice@\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"),
    ("dns", "alice@xn--bcher-kva.example", "xn--bcher-kva.example"),
])
def test_domain_with_other_letters(tmp_path, kind, address, ascii):
    """The address keeps its letters; TLS and the certificate know it by A-labels (RFC 7622 §3.2.1, RFC 5890)."""
    domain = address.split("@")[1].lower()
    names = {"dns": {"names": [ascii]}, "srv": {"srv_name": "_xmpp-client." + ascii}, "addr": {"xmpp_addr": domain}}[kind]
    cert = servers.make_cert(tmp_path, "idn", ca=servers.make_ca(tmp_path), **names)
    asked, headers = [], []

    def script(c):
        for extra in (None, mechanisms("SCRAM-SHA-256"), BIND + SM):
            headers.append(c.until("<stream:stream[^>]*>").group(0).decode())
            c.send("<?xml version='1.0'?><stream:stream id='s1' from='%s' version='1.0' xmlns='jabber:client' "
                   "xmlns:stream='http://etherx.jabber.org/streams'>" % domain)
            c.features(extra or STARTTLS)
            if not extra:
                c.until("<starttls[^>]*/>")
                c.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
                context = c.server.context()
                context.sni_callback = lambda s, name, ctx: asked.append(name)
                c.sock = context.wrap_socket(c.sock, server_side=True)
            elif extra != BIND + SM:
                assert c.scram("SCRAM-SHA-256")
        m = c.until("<iq[^>]*id=[\"']([^\"']*)[\"'][^>]*>.*?</iq>")
        c.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@%s/r</jid></bind></iq>" % (
            m.group(1).decode(), domain))
        c.enable()
        c.serve()
    with Server(tmp_path, script, cert=cert) as srv, alice(srv, tmp_path, address=address) as a:
        a.login()
        assert [e for e in a.events if e["ev"] == "self"][0]["address"] == "alice@" + domain
        assert [e for e in a.events if e["ev"] == "trust"][0]["name"] == domain
        a.do("quit")
        a.offline()
    assert asked == [ascii]
    assert len(headers) == 3 and all(re.search("to=[\"']%s[\"']" % domain, h) for h in headers), headers


def test_expired(tmp_path):
    certificate_refused(tmp_path, expired(tmp_path, servers.make_ca(tmp_path)), "expired")


def test_refused_by_the_user(tmp_path):
    certificate_refused(tmp_path, self_signed(tmp_path, "localhost"), "self.signed", trust="no")


def test_trusted_by_the_user(tmp_path):
    with Server(tmp_path, scram_script("SCRAM-SHA-256"), cert=self_signed(tmp_path, "localhost")) as srv, \
            alice(srv, tmp_path, trust="yes", ca_file=None) as a:
        a.login()
        a.do("quit")
        a.offline()


def test_old_tls(tmp_path):
    def script(c):
        c.starttls(maximum=ssl.TLSVersion.TLSv1_1)
    refused(tmp_path, script, "No secure connection|closed")


# ---- stream errors ----

@pytest.mark.parametrize("condition,words,err,retry", [
    ("conflict", "same resource", -13, 1), ("system-shutdown", "shutting down", -8, 0),
    ("host-unknown", "does not serve", -10, 1), ("policy-violation", "policy", -14, 0), ("reset", "anew", -8, 2),
    ("no-such-condition", "closed the connection", -12, 0),
])
def test_stream_errors(tmp_path, condition, words, err, retry):
    def script(c):
        c.login()
        c.send("<stream:error><%s xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>" % condition)
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        e = a.offline()
        assert re.search(words, e["text"]) and e["err"] == err and e["retry"] == retry, e


def test_see_other_host(tmp_path):
    with Server(tmp_path / "b", scram_script("SCRAM-SHA-256")) as second:
        def script(c):
            c.starttls()
            c.header()
            c.send("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>127.0.0.1:%d"
                   "</see-other-host></stream:error></stream:stream>" % second.port)
            c.until_closed()
        both = tmp_path / "both.pem"
        with Server(tmp_path / "a", script) as first:
            both.write_text(open(first.ca[0]).read() + open(second.ca[0]).read())
            with alice(first, tmp_path, ca_file=both) as a:
                a.do("connect")
                assert a.offline()["retry"] == 2
                a.login()
                a.do("quit")
                a.offline()


def see_other(c, where):
    c.starttls()
    c.header()
    c.send("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>%s"
           "</see-other-host></stream:error></stream:stream>" % where)
    c.until_closed()


def test_see_other_host_in_a_circle(tmp_path):
    """Followed three times, then it is a failure like others, and the next try begins anew."""
    with Server(tmp_path, lambda c: see_other(c, "127.0.0.1:%d" % srv.port)) as srv, alice(srv, tmp_path) as a:
        for _ in range(2):
            for _ in range(3):
                a.do("connect")
                assert a.offline()["retry"] in (0, 2)
            a.do("connect")
            e = a.offline()
            assert e["retry"] == 0 and "another server" in e["text"], e


@pytest.mark.parametrize("where,host,port,srv_name", [
    ("other.example", "other.example", 0, "_xmpp-client._tcp"), ("other.example:5299", "other.example", 5299, None),
    ("192.0.2.7", "192.0.2.7", 5222, None), ("[2001:db8::9]:5299", "2001:db8::9", 5299, None),
    ("[2001:db8::9]", "2001:db8::9", 5222, None),
])
def test_see_other_host_forms(tmp_path, where, host, port, srv_name):
    with Server(tmp_path, lambda c: see_other(c, where)) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        a.offline()
        a.do("connect")
        a.wait("open")
        e = a.events[-1]
        assert (e["host"], e["port"], e["srv"]) == (host, port, srv_name), e


def test_see_other_host_without_tls_is_not_followed(tmp_path):
    def script(c):
        c.header()
        c.send("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>evil.example"
               "</see-other-host></stream:error></stream:stream>")
        c.until_closed()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.do("connect")
        assert a.offline()["retry"] == 0
        a.do("connect")
        assert a.wait("open")["host"] == "127.0.0.1"


def test_resource_that_is_taken(tmp_path):
    """RFC 6120 7.7.2.2: the server chooses another one then."""
    asked = []

    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        assert c.scram("SCRAM-SHA-256")
        c.header(BIND)
        for _ in range(2):
            asked.append(c.until("<iq[^>]*id=[\"']bind[\"'].*?</iq>").group(0).decode())
            if len(asked) == 1:
                c.send("<iq type='error' id='bind'><error type='modify'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                       "</error></iq>")
        c.send("<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@localhost/4f2</jid>"
               "</bind></iq>")
        c.serve()
    with Server(tmp_path, script) as srv, alice(srv, tmp_path) as a:
        a.login()
        assert "kith" in asked[0] and "kith" not in asked[1], asked
        a.do("quit")
        a.offline()


def test_bound_as_somebody_else(tmp_path):
    def script(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        assert c.scram("SCRAM-SHA-256")
        c.header(BIND + SM)
        c.until("<iq.*?</iq>")
        c.send("<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>mallory@localhost/x</jid>"
               "</bind></iq>")
        c.until_closed()
    refused(tmp_path, script, "mallory@localhost/x")


def test_connection_refused(tmp_path):
    with Driver(tmp_path / "alice", port=servers.free_port(), password="x") as a:
        a.do("connect")
        e = a.offline()
        assert e["err"] == -8 and e["retry"] == 0


def test_closed_while_logging_in(tmp_path):
    def script(c):
        c.starttls()
        c.header()
    refused(tmp_path, script, "closed by the server while logging in")


def test_no_haste_with_a_server_that_always_drops_us(tmp_path):
    def first(c):
        c.login()

    def again(c):
        c.starttls()
        c.header(mechanisms("SCRAM-SHA-256"))
        assert c.scram("SCRAM-SHA-256")
        c.header(BIND + SM)
        c.until("<resume[^>]*/>")
        c.send("<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='0'/>")
    with Server(tmp_path, first, again) as srv, alice(srv, tmp_path) as a:
        retries = []
        for _ in range(6):
            a.do("connect")
            retries.append(a.offline()["retry"])
        assert retries == [2, 2, 2, 0, 0, 0]


def test_close_at_any_moment(tmp_path):
    """The host may end the account in every phase; nothing leaks (the driver runs under sanitizers in make check)."""
    def script(c):
        c.login()
        c.serve()
    for phase in ("open", "state:tls", "trust", "secret", "state:auth", "self", "state:online"):
        with Server(tmp_path, script) as srv, alice(srv, tmp_path, phase) as a:
            a.do("connect")
            a.wait(phase.split(":")[0], **({"state": phase.split(":")[1]} if ":" in phase else {}))
            a.close()


@pytest.mark.parametrize("tls,srv,srv_tls", [
    (None, "_xmpp-client._tcp", "_xmpps-client._tcp"), ("auto", "_xmpp-client._tcp", "_xmpps-client._tcp"),
    ("starttls", "_xmpp-client._tcp", None), ("direct", None, "_xmpps-client._tcp"),
])
def test_what_dns_is_asked(tmp_path, tls, srv, srv_tls):
    with Driver(tmp_path / "alice", host=None, tls=tls) as a:
        a.do("connect")
        e = a.wait("open")
        assert (e["host"], e["port"], e["srv"], e["srv_tls"]) == ("localhost", 0, srv, srv_tls)


def test_host_and_port_go_before_dns(tmp_path):
    for tls, port, want in (("starttls", None, 5222), ("direct", None, 5223), ("auto", 12345, 12345)):
        with Driver(tmp_path / "alice", host="127.0.0.1", port=port, tls=tls) as a:
            a.do("connect")
            e = a.wait("open")
            assert (e["port"], e["srv"], e["srv_tls"]) == (want, None, None)
