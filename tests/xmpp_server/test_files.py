# xmpp_server/test_files.py - files by HTTP: kith-account with xmpp.so, an upload service and a web server that misbehave
#
# XEP-0363 with what no server of Debian does on request: slots refused in each of its ways, services that fail, stall and
# break in the middle, certificates nobody vouches for; and all of it through the proxy of the account.
import os
import re
import threading

import pytest
from engine import ASK_CERTIFICATE, EDENIED, ELIMIT, ENET, ETLS, ETOOBIG, Engine
from server import Server
from socks import Socks
from web import Web, breaks_after, gives, says, takes

import servers

BOB, SERVICE = "bob@localhost", "files.localhost"
UPLOAD = "urn:xmpp:http:upload:0"
STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
INFO = "<query xmlns='http://jabber.org/protocol/disco#info'>%s</query>"
FORM = ("<identity category='store' type='file'/><feature var='%s'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "
        "type='hidden'><value>%s</value></field><field var='max-file-size'><value>100000000</value></field></x>" % (UPLOAD, UPLOAD))
ITEMS = "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='%s'/></query>" % SERVICE


def slot(url, headers="", get=None):
    return "<slot xmlns='%s'><put url='%s'>%s</put><get url='%s'/></slot>" % (UPLOAD, url, headers, get or url)


def refusal(kind, inner):
    return "<error type='%s'>%s</error>" % (kind, inner)


class Service:
    """A server with an upload service, whose answers are given: one for each slot asked for, the last one again and again.
    What it was asked for is in asked, as (name, size, type)."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, []

    def __call__(self, c):
        c.login()
        mine = "<iq\\b[^>]* to=[\"'](?:files\\.)?localhost[\"'][^>]*>.*?</iq>"
        while True:
            text = c.serve(stop="</stream:stream>|" + mine)
            if text.startswith("</"):
                return
            inner = self.inner(text)
            if inner is None:
                c.answer(text)
                continue
            c.stanza("<iq type='%s' id='%s' from='%s'>%s</iq>" % (
                "error" if inner.startswith("<error") else "result", re.search("id=[\"']([^\"']*)", text).group(1),
                re.search(" to=[\"']([^\"']*)", text).group(1), inner))

    def inner(self, text):
        if "disco#items" in text:
            return ITEMS
        if "disco#info" in text:
            return INFO % (FORM if SERVICE in text else "")
        if UPLOAD not in text:
            return None
        self.asked.append(tuple(re.search("%s=[\"']([^\"']*)" % a, text).group(1) for a in ("filename", "size", "content-type")))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@pytest.fixture
def ca(tmp_path):
    return servers.make_ca(tmp_path)


@pytest.fixture
def good(tmp_path, ca):
    """The certificate of localhost that the account believes."""
    return servers.make_cert(tmp_path / "web", "localhost", ca=ca)


@pytest.fixture
def online(tmp_path):
    """online(service, option=value ...): an account with it. All are ended at the end."""
    running, made = [], []

    def go(service, _server=None, **options):
        srv = _server or Server(tmp_path, service)
        running.append(srv)
        a = Engine("xmpp", tmp_path / "state", **{"host": "127.0.0.1", "port": srv.port, "password": "secret", "ca_file": srv.ca[0],
                                                  **options})
        made.append(a)
        a.connect()
        a.online()
        return a
    yield go
    for one in made:
        one.close()
    for srv in running:
        srv.close()


def a_file(tmp_path, size, name="letter.txt"):
    path = tmp_path / name
    path.write_bytes(os.urandom(size))
    return path


def offer(a, path, number="k1"):
    return a.request("FILE_OFFER", chat=BOB, text=path.name, big=path.stat().st_size, id=number, read=path)


def fetch(a, cursor, path):
    return a.request("FILE_ACCEPT", id=cursor, write=path)


def progress(a, req):
    return [e["done"] for e in a.seen("PROGRESS", req=req)]


# ---- slots ----


def test_a_file_goes_up_with_the_fields_that_are_allowed(tmp_path, good, online):
    """And no others: neither those that the XEP does not name, nor any that would make another request of it."""
    path = a_file(tmp_path, 100_000)
    with Web(good, takes) as web:
        headers = "".join("<header name='%s'>%s</header>" % h for h in (
            ("Authorization", "Basic T3Blbg=="), ("X-Evil", "yes"), ("host", "elsewhere.example"), ("cookie", "a=b"),
            ("Content-Length", "7"), ("Transfer-Encoding", "chunked"), ("EXPIRES", "soon")))
        service = Service(slot(web.url("/up/letter.txt?a=1"), headers, web.url("/get/letter.txt")))
        a = online(service)
        r = offer(a, path)
        done = a.reply(r)
        assert done["err"] == 0 and done["text"] == web.url("/get/letter.txt"), done
        assert done["cursor"].startswith("upload:sha-256=") and done["cursor"].endswith(":100000:" + web.url("/get/letter.txt"))
    put, = web.seen
    assert service.asked == [("letter.txt", "100000", "text/plain")]
    assert put.method == "PUT" and put.target == "/up/letter.txt?a=1" and put.body == path.read_bytes()
    names = [name for name, _ in put.fields]
    assert len(names) == len(set(names)) and "x-evil" not in names and "transfer-encoding" not in names
    fields = dict(put.fields)
    assert fields["host"] == "localhost:%d" % web.port and fields["content-length"] == "100000"
    assert [fields[n] for n in ("authorization", "cookie", "expires", "content-type")] == ["Basic T3Blbg==", "a=b", "soon", "text/plain"]
    assert progress(a, r)[-1] == 100_000


@pytest.mark.parametrize("answer, err, words", [
    (refusal("modify", "<not-acceptable %s/><file-too-large xmlns='%s'><max-file-size>20000</max-file-size></file-too-large>" % (
        STANZAS, UPLOAD)), ETOOBIG, "files.localhost takes at most 20000 bytes"),
    (refusal("cancel", "<not-acceptable %s/>" % STANZAS), EDENIED, "files.localhost does not take this file"),
    (refusal("auth", "<not-authorized %s/><text %s>Not for guests</text>" % (STANZAS, STANZAS)), None, "Not for guests"),
    (slot("http://localhost:1/up"), EDENIED, "without encryption"),
    (slot("https://localhost:1/up", "<header name='Cookie'>a=b&#10;X-Evil: yes</header>"), None, "line end"),
], ids=("too large", "not acceptable", "not allowed", "in clear", "forged field"))
def test_a_slot_that_is_refused_is_said_and_nothing_leaves(tmp_path, online, answer, err, words):
    service = Service(answer)
    a = online(service)
    end = a.reply(offer(a, a_file(tmp_path, 30_000)))
    assert end["err"] < 0 and err in (None, end["err"]) and words in end["text"], end
    assert len(service.asked) == 1


def test_a_quota_says_from_when_on_it_goes_again(tmp_path, good, online):
    """The day and hour of its stamp, in the user's own zone; offered again, it goes."""
    full = refusal("wait", "<resource-constraint %s/><retry xmlns='%s' stamp='2031-12-03T23:42:05Z'/>" % (STANZAS, UPLOAD))
    path = a_file(tmp_path, 1000)
    with Web(good, takes) as web:
        service = Service(full, slot(web.url("/up")))
        a = online(service)
        end = a.reply(offer(a, path))
        assert end["err"] == ELIMIT and re.search("as much as files.localhost takes at the moment; again from 2031-12-0[34] ", end["text"])
        assert web.n == 0 and len(service.asked) == 1
        assert a.reply(offer(a, path))["err"] == 0
        assert web.seen[0].body == path.read_bytes()


# ---- the web server ----


def test_too_large_for_the_web_server(tmp_path, good, online):
    """It says so before it has taken a byte; that is not tried again."""
    with Web(good, lambda request: request.answer("413 Content Too Large")) as web:
        service = Service(slot(web.url("/up")))
        a = online(service)
        end = a.reply(offer(a, a_file(tmp_path, 8_000_000)))
        assert end["err"] == ETOOBIG and "does not take the file" in end["text"] and "413" in end["text"], end
    assert web.n == 1 and len(service.asked) == 1


@pytest.mark.parametrize("bad", (says("500 Internal Server Error"), breaks_after(1_000_000)), ids=("500", "cut in the middle"))
def test_what_fails_on_the_way_goes_again_with_a_new_slot(tmp_path, good, online, bad):
    path = a_file(tmp_path, 6_000_000)
    with Web(good, bad, takes) as web:
        service = Service(slot(web.url("/up/1")), slot(web.url("/up/2")))
        a = online(service)
        end = a.reply(offer(a, path))
        assert end["err"] == 0 and end["text"] == web.url("/up/2"), end
    assert [r.target for r in web.seen] == ["/up/1", "/up/2"] and web.seen[1].body == path.read_bytes()


def test_not_for_ever(tmp_path, good, online):
    with Web(good, says("503 Service Unavailable")) as web:
        service = Service(slot(web.url("/up")))
        a = online(service)
        end = a.reply(offer(a, a_file(tmp_path, 1000)))
        assert end["err"] < 0 and "503" in end["text"], end
    assert len(service.asked) == web.n == 3


def test_a_slow_server_is_seen_to_move_and_can_be_stopped(tmp_path, good, online):
    """How far it is comes while it goes, each step once; and what stands still ends when the user says so."""
    on, left = threading.Event(), threading.Event()

    def slow(request):
        request.read(2_000_000)
        on.wait(30)
        request.read(12_000_000)
        try:
            while request.sock.recv(65536):
                pass
        finally:
            left.set()
    with Web(good, slow) as web:
        a = online(Service(slot(web.url("/up"))))
        r = offer(a, a_file(tmp_path, 60_000_000))
        a.wait("PROGRESS", req=r, where=lambda e: e["done"] >= 1_000_000)
        assert not a.seen("REPLY", req=r) and max(progress(a, r)) < 30_000_000
        on.set()
        a.wait("PROGRESS", req=r, where=lambda e: e["done"] >= 12_000_000)
        steps = progress(a, r)
        assert steps == sorted(set(steps)) and len(steps) <= 101 and all(e["total"] == 60_000_000 for e in a.seen("PROGRESS", req=r))
        a.op("FILE_CANCEL", req=r)
        assert "You stopped it" in a.reply(r)["text"]
        assert left.wait(20)


# ---- coming down ----


def there(tmp_path, name="got.bin"):
    return (tmp_path / name).read_bytes()


def went_up(a, path):
    done = a.reply(offer(a, path))
    assert done["err"] == 0, done
    return done["cursor"]


@pytest.mark.parametrize("bad, words", [
    (lambda r: r.answer("404 Not Found"), "it is not there"),
    (lambda r: r.answer("200 OK", b"x" * 500, 300_000), ""),
    (lambda r: r.answer("200 OK", b"x" * 500), "not the file that was announced"),
    (lambda r: r.answer("200 OK", b"x" * 300_000), "checksum"),
    (breaks_after(0), ""),
], ids=("gone", "cut", "another length", "another file", "reset"))
def test_what_comes_down_is_the_file_or_nothing(tmp_path, good, online, bad, words):
    path = a_file(tmp_path, 300_000)
    with Web(good, takes, bad, gives(path.read_bytes())) as web:
        a = online(Service(slot(web.url("/f"))))
        link = went_up(a, path)
        end = a.reply(fetch(a, link, tmp_path / "got.bin"))
        assert end["err"] < 0 and words in end["text"], end
        r = fetch(a, link, tmp_path / "got.bin")
        assert a.reply(r)["err"] == 0 and there(tmp_path) == path.read_bytes()
        assert progress(a, r)[-1] == 300_000


# ---- whom to trust, and the way there ----


@pytest.mark.parametrize("verify", ("strict", "ask"))
def test_a_certificate_nobody_vouches_for(tmp_path, good, online, verify):
    """Up and down it ends the transfer with words, before a byte of the file or the token of the slot is told; where the user
    is asked and says yes, it goes when it is sent again."""
    path = a_file(tmp_path, 10_000)
    with Web(servers.make_cert(tmp_path / "own", "localhost"), takes, gives(path.read_bytes())) as web:
        service = Service(slot(web.url("/up"), "<header name='Authorization'>Basic T3Blbg==</header>"))
        a = online(service, tls_verify=verify)
        end = a.reply(offer(a, path))
        assert end["err"] == ETLS and "ertificate" in end["text"] and "localhost" in end["text"], end
        down = a.reply(fetch(a, "upload:=:10000:" + web.url("/up"), tmp_path / "got.bin"))
        assert down["err"] == ETLS and "ertificate" in down["text"] and there(tmp_path) == b"", down
        assert not web.seen and len(service.asked) == 1
        if verify == "strict":
            return
        asked = a.seen("ASK", kind=ASK_CERTIFICATE)
        assert len(asked) == 1
        a.answer(asked[0], "once")
        web.n = 0
        link = went_up(a, path)
        assert a.reply(fetch(a, link, tmp_path / "got.bin"))["err"] == 0 and there(tmp_path) == path.read_bytes()


def test_up_and_down_through_the_proxy_of_the_account(tmp_path, ca, online):
    """The proxy is told the names; here they mean nothing, and nothing of kith asks what they mean."""
    name = "files.hidden.example"
    path = a_file(tmp_path, 2_000_000)
    with Web(servers.make_cert(tmp_path / "web", name, ca=ca), takes, gives(path.read_bytes())) as web:
        ways = {name: web.port}
        proxy = Socks(ways)
        service = Service(slot("https://%s:5281/up" % name, get="https://%s/get" % name))
        srv = Server(tmp_path, service)
        ways["chat.hidden.example"] = srv.port
        a = online(service, host="chat.hidden.example", port=5222, proxy="socks5://127.0.0.1:%d" % proxy.port, _server=srv)
        link = went_up(a, path)
        assert a.reply(fetch(a, link, tmp_path / "got.bin"))["err"] == 0 and there(tmp_path) == path.read_bytes()
        assert proxy.asked == [("chat.hidden.example", 5222), (name, 5281), (name, 443)]
        proxy.close()


def test_a_proxy_that_does_not_go_there_is_not_passed_by(tmp_path, good, online):
    """The web server could be reached without it. It is not."""
    with Web(good, takes) as web:
        service = Service(slot(web.url("/up")))
        srv = Server(tmp_path, service)
        proxy = Socks({"chat.hidden.example": srv.port})
        a = online(service, host="chat.hidden.example", port=5222, proxy="socks5://127.0.0.1:%d" % proxy.port, _server=srv)
        end = a.reply(offer(a, a_file(tmp_path, 1000)))
        assert end["err"] == ENET and "proxy" in end["text"], end
        down = a.reply(fetch(a, "upload:=:1000:" + web.url("/up"), tmp_path / "got.bin"))
        assert down["err"] == ENET and "proxy" in down["text"], down
        assert web.n == 0 and set(proxy.asked[1:]) == {("localhost", web.port)}
        proxy.close()
