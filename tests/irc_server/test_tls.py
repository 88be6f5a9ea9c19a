# irc_server/test_tls.py - certificates: verified, pinned, asked about, refused; strict transport security and its store
import hashlib
import re
import ssl
import subprocess

import pytest
from driver import ASK_CERTIFICATE, AUTO, ENET, ETLS, NEVER, NOW, OFFLINE
from ircd import Ircd

KINDS = ["self_signed", "expired", "other_name"]


def fingerprint(pair):
    with open(pair[0]) as f:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest()


def key_fingerprint(pair):
    pub = subprocess.run(["openssl", "x509", "-in", pair[0], "-pubkey", "-noout"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pub, check=True, capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


def lets_in(srv, a, caps="batch"):
    c = srv.accept()
    c.login(caps)
    a.online()
    return c


# ---- certificates ----


def test_vouched_for(tls_server, certs, start):
    a = start(tls_server, ca_file=certs.ca)
    a.connect()
    lets_in(tls_server, a)
    assert not a.seen("ASK")


def test_name_is_told_to_the_server(certs, start):
    names = []
    with Ircd(cert=certs.good) as srv:
        srv.tls.sni_callback = lambda sock, name, context: names.append(name)
        a = start(srv, ca_file=certs.ca)
        a.connect()
        lets_in(srv, a)
    assert names == ["localhost"]


@pytest.mark.parametrize("kind, words", [("self_signed", "self-signed|vouches|authority"), ("expired", "expired|over|valid"),
                                         ("other_name", "another name"), ("other", "authority|vouches|known")])
def test_asked_about_and_refused_by_default(certs, start, kind, words):
    with Ircd(cert=getattr(certs, kind)) as srv:
        a = start(srv, ca_file=certs.ca if kind != "other" else None)
        a.connect()
        srv.refused()  # not one byte of IRC was said
        q = a.wait("ASK", kind=ASK_CERTIFICATE)
        problem = re.search("Problem: *(.*)", q["text"]).group(1)
        assert re.search(words, problem, re.I), problem
        assert [c["id"] for c in q["choices"] if c["flags"] & 1] == ["no"]
        assert a.offline()["err"] == ETLS
        a.answer(q, "no")
        assert a.offline()["retry"] == NEVER
        assert srv.nobody()


@pytest.mark.parametrize("kind", KINDS)
def test_strict_asks_nobody(certs, start, kind):
    with Ircd(cert=getattr(certs, kind)) as srv:
        a = start(srv, ca_file=certs.ca, tls_verify="strict")
        a.connect()
        srv.refused()
        e = a.offline()
        assert e["err"] == ETLS and not a.seen("ASK")
def test_accepted_once_and_always(certs, start, tmp_path):
    with Ircd(cert=certs.self_signed) as srv:
        for choice, asked in (("once", True), ("always", True), (None, False)):
            a = start(srv, state=tmp_path / "kept")
            a.connect()
            if asked:
                srv.refused()
                a.answer(a.wait("ASK"), choice)
                a.wait("STATE", state=OFFLINE, retry=NOW)
                a.connect()
            c = lets_in(srv, a)
            assert len(a.seen("ASK")) == asked
            c.close()
            a.offline()
            a.close()
def test_changed_after_it_was_accepted(certs, start, tmp_path):
    with Ircd(cert=certs.self_signed) as srv:
        a = start(srv, state=tmp_path / "kept")
        a.connect()
        srv.refused()
        a.answer(a.wait("ASK"), "always")
        a.wait("STATE", state=OFFLINE, retry=NOW)
        a.connect()
        lets_in(srv, a).close()
        a.offline()
        srv.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        srv.tls.load_cert_chain(*certs.expired)
        a.connect()
        srv.refused()
        assert "CHANGED" in a.wait("ASK")["title"]


# ---- pins ----


@pytest.mark.parametrize("kind", ["good"] + KINDS)
@pytest.mark.parametrize("of", [fingerprint, key_fingerprint], ids=["certificate", "key"])
def test_pin_replaces_every_other_check(certs, start, kind, of):
    pair = getattr(certs, kind)
    hex_ = of(pair)
    for form in (hex_, ":".join(re.findall("..", hex_.upper())), "sha256:" + hex_):
        with Ircd(cert=pair) as srv:
            a = start(srv, tls_fingerprint=form)
            a.connect()
            lets_in(srv, a)
            assert not a.seen("ASK")


@pytest.mark.parametrize("pin", [None, "00" * 32, "", "zz", "ab", "sha1:" + "ab" * 20])
def test_wrong_pin(certs, start, pin):
    """Though an authority vouches for it."""
    wrong = fingerprint(certs.self_signed) if pin is None else pin
    with Ircd(cert=certs.good) as srv:
        a = start(srv, tls_fingerprint=wrong, ca_file=certs.ca)
        a.connect()
        if wrong == "":
            lets_in(srv, a)  # an option without a value is none
            return
        srv.refused()
        e = a.offline()
        assert e["err"] == ETLS and not a.seen("ASK"), e
        assert a.seen("NOTICE") or a.wait("NOTICE")
def test_no_tls_at_all(start, certs):
    """A server that speaks IRC where TLS was expected is told nothing."""
    with Ircd() as srv:
        a = start(srv, tls="yes", ca_file=certs.ca)
        a.connect()
        c = srv.accept()
        c.put(":irc.test NOTICE * :*** Looking up your hostname", ":irc.test 001 alice :Welcome")
        e = a.offline()
        assert e["err"] in (ETLS, ENET), e
        c.sock.settimeout(5)
        assert b"NICK" not in c.sock.recv(65536)


# ---- strict transport security ----


@pytest.fixture
def pair(certs):
    """A server in clear and one with TLS, of one name."""
    with Ircd() as clear, Ircd(cert=certs.good) as tls:
        yield clear, tls
def clear_account(start, certs, clear, tmp_path, **options):
    return start(clear, state=tmp_path / "sts", tls="no", ca_file=certs.ca, **options)
def upgraded(a, clear, tls, policy="duration=1000", value="port={}"):
    a.connect()
    c = clear.accept()
    c.begin()
    c.put("CAP * LS :batch sts=" + value.format(tls.port) + " sasl=PLAIN")
    e = a.offline()
    assert e["retry"] == NOW and "TLS" in e["text"], e
    assert [x.split()[0] for x in c.lines + c.gone()] == ["CAP", "NICK", "USER"]
    a.connect()
    c = lets_in(tls, a, "batch" + (" sts=" + policy if policy else ""))
    assert not [x for x in c.lines if "sts" in x]  # never asked for
    return c
def goes_to(srv, a, kill=False):
    a.connect()
    c = srv.accept()
    c.close()
    a.offline()


@pytest.mark.parametrize("value", ["port={}", "port={},duration=5", "duration=x,port={}", "port={},preload", "unknown,port={},x=y"])
def test_sts_upgrade(pair, certs, start, tmp_path, value):
    clear, tls = pair
    a = clear_account(start, certs, clear, tmp_path)
    upgraded(a, clear, tls, policy=None, value=value)
    tls.conns[-1].close()
    a.offline()
    goes_to(clear, a)  # nothing was kept: only a duration over TLS is


@pytest.mark.parametrize("value", ["", "=", "=port", "=port=", "=port=0", "=port=65536", "=port=99999999999999999999", "=port=-1", "=port=x", "=port=1x",
                                   "=duration=100", "=port= 1", "=PORT=6697", "=xport=6697", "=,,,", "=port=,port="])
def test_sts_without_a_port_means_nothing(pair, certs, start, tmp_path, value):
    clear, _ = pair
    a = clear_account(start, certs, clear, tmp_path)
    a.connect()
    lets_in(clear, a, "batch sts" + value)
    clear.conns[-1].close()
    a.offline()
    goes_to(clear, a)
def test_sts_is_kept_at_once_and_over_restarts(pair, certs, start, tmp_path):
    clear, tls = pair
    a = clear_account(start, certs, clear, tmp_path)
    upgraded(a, clear, tls)
    a.settle(tls.conns[-1])
    a.proc.kill()  # the driver; its account goes with it
    tls.conns[-1].close()
    a.proc.wait()
    a.close = lambda: None
    b = clear_account(start, certs, clear, tmp_path)
    b.connect()
    lets_in(tls, b, "batch")  # at the first attempt, though the file says port and tls = "no"
    assert clear.nobody()


@pytest.mark.parametrize("policy", ["duration=0", "duration=0,port=1", "port=1,duration=0"])
def test_sts_is_forgotten_with_a_duration_of_nothing(pair, certs, start, tmp_path, policy):
    clear, tls = pair
    a = clear_account(start, certs, clear, tmp_path)
    c = upgraded(a, clear, tls)
    c.put("CAP alice NEW :sts=" + policy)
    a.settle(c)
    c.close()
    a.offline()
    goes_to(clear, a)


@pytest.mark.parametrize("line", ["CAP alice DEL :sts", "CAP alice NEW :sts", "CAP alice NEW :sts=", "CAP alice NEW :sts=port=1",
                                  "CAP alice NEW :sts=duration=", "CAP alice NEW :sts=duration=x", "CAP alice NEW :sts=duration=-1",
                                  "CAP alice ACK :-sts", "CAP alice NAK :sts", "CAP alice NEW :sts=duration", "CAP alice NEW :sts=DURATION=0",
                                  "CAP alice NEW :sts=duration=99999999999999999999,port=70000"])
def test_sts_stays_whatever_is_said(pair, certs, start, tmp_path, line):
    """Taken back, of no sense, or of a port over TLS: the policy stays, and with it the port."""
    clear, tls = pair
    a = clear_account(start, certs, clear, tmp_path)
    c = upgraded(a, clear, tls)
    c.put(":irc.test " + line)
    a.settle(c)
    c.close()
    a.offline()
    a.connect()
    lets_in(tls, a)
def test_sts_never_falls_back(certs, start, tmp_path):
    with Ircd() as clear:
        with Ircd(cert=certs.good) as tls:
            a = clear_account(start, certs, clear, tmp_path)
            upgraded(a, clear, tls).close()
            a.offline()
            for kind in KINDS:  # somebody between
                tls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                tls.tls.load_cert_chain(*getattr(certs, kind))
                a.connect()
                tls.refused()
                e = a.offline()
                assert e["err"] == ETLS and e["retry"] != NOW
            tls.tls = None  # speaks in clear where TLS was
            a.connect()
            c = tls.accept()
            c.put(":irc.test 001 alice :Welcome")
            assert a.offline()["err"] < 0
            assert not any("NICK" in x for x in c.lines)
        a.connect()  # nobody listens there any more
        e = a.offline()
        assert e["err"] < 0 and e["retry"] == AUTO and e["text"]
        assert clear.nobody()
def test_sts_upgrade_to_a_broken_port(certs, start, tmp_path):
    """No login in clear, and no haste."""
    with Ircd() as clear, Ircd(cert=certs.self_signed) as tls:
        a = clear_account(start, certs, clear, tmp_path, tls_verify="strict", login="al", password="pw", allow_plain="true", host="127.0.0.1")
        hasty = 0
        for _ in range(4):
            a.connect()
            c = clear.accept()
            c.begin()
            c.put("CAP * LS :sasl=PLAIN sts=port=%d" % tls.port)
            hasty += a.offline()["retry"] == NOW
            assert [x.split()[0] for x in c.lines + c.gone()] == ["CAP", "NICK", "USER"]
            a.connect()
            tls.refused()
            e = a.offline()
            assert e["retry"] != NOW and e["err"] == ETLS, a.events[-16:]
        assert hasty <= 3
def test_sts_of_an_accepted_certificate_is_kept_with_it(certs, start, tmp_path):
    """A pin is a way to verify."""
    with Ircd() as clear, Ircd(cert=certs.self_signed) as tls:
        a = clear_account(start, certs, clear, tmp_path, tls_fingerprint=fingerprint(certs.self_signed))
        upgraded(a, clear, tls).close()
        a.offline()
        a.connect()
        lets_in(tls, a)
def test_sts_over_tls_from_the_start(pair, certs, start, tmp_path):
    """An account with TLS keeps its port; the policy serves the day on which somebody turns TLS off."""
    clear, tls = pair
    a = start(tls, state=tmp_path / "sts", ca_file=certs.ca)
    a.connect()
    lets_in(tls, a, "sts=duration=1000,port=%d" % clear.port).close()
    a.offline()
    a.connect()
    lets_in(tls, a).close()
    a.offline()
    a.close()
    b = start(tls, state=tmp_path / "sts", ca_file=certs.ca, tls="no")
    b.connect()
    lets_in(tls, b)


def test_tls_1_2(certs, start):
    with Ircd(cert=certs.good, maximum=ssl.TLSVersion.TLSv1_2) as srv:
        a = start(srv, ca_file=certs.ca)
        a.connect()
        lets_in(srv, a)
