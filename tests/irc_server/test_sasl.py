# irc_server/test_sasl.py - logging in: every mechanism, its failures, and servers that cheat at it
import base64
import hashlib
import hmac
import os
import re

import pytest
from driver import EAUTH, NEVER, OFFLINE
from ircd import Ircd

import servers

CHUNK = 400


def b64(b):
    return base64.b64encode(b if isinstance(b, bytes) else b.encode()).decode()


def login(srv, start, mechs, **options):
    """Connected up to the mechanism the account names; returns account, connection and that name."""
    return again(start(srv, login="al", **options), srv, mechs)


def again(a, srv, mechs="SCRAM-SHA-256"):
    a.connect()
    c = srv.accept()
    c.begin()
    c.put("CAP * LS :sasl=" + mechs)
    c.get("^CAP REQ :?sasl$")
    c.put("CAP * ACK :sasl")
    return a, c, c.get("^AUTHENTICATE (\\S+)$").group(1)


def pieces(c):
    """What the client says in pieces, put together; how long each was."""
    text, sizes = "", []
    while True:
        part = c.get("^AUTHENTICATE (\\S+)$").group(1)
        sizes.append(0 if part == "+" else len(part))
        text += "" if part == "+" else part
        if len(part) != CHUNK:
            return base64.b64decode(text), sizes


def say(c, data):
    """As the server, in pieces."""
    text = b64(data)
    for n in range(0, len(text), CHUNK):
        c.put("AUTHENTICATE " + text[n:n + CHUNK])
    if len(text) % CHUNK == 0:
        c.put("AUTHENTICATE +")


def welcome(a, c, account="al"):
    c.put(":irc.test 900 alice alice!u@cloak.example %s :You are now logged in as %s" % (account, account),
          ":irc.test 903 alice :SASL authentication successful")
    c.get("^CAP END$")
    c.welcome()
    a.online()


class Scram:
    """The server's side of SCRAM-SHA-256."""

    def __init__(self, c, password="pw", rounds=4096):
        c.put("AUTHENTICATE +")
        first = pieces(c)[0].decode()
        assert first.startswith("n,,n=al,r="), first
        self.bare, self.salt, self.password, self.rounds = first[3:], os.urandom(16), password, rounds
        self.nonce = self.bare.split("r=")[1]
        self.c = c

    def challenge(self, nonce=None, rounds=None, salt=None, extra=""):
        self.first = "%sr=%s,s=%s,i=%s" % (extra, self.nonce + "srv" if nonce is None else nonce,
                                           b64(self.salt) if salt is None else salt, rounds or self.rounds)
        say(self.c, self.first)

    def proof(self):
        """The client's proof: was it right? And what the server has to show then."""
        last = pieces(self.c)[0].decode()
        without, proof = last.rsplit(",p=", 1)
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, self.rounds)
        message = ",".join((self.bare, self.first, without)).encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        sig = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        self.signature = "v=" + b64(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256"))
        return bytes(x ^ y for x, y in zip(key, sig)) == base64.b64decode(proof)


def given_up(a, c):
    """The client ends the attempt, says so to its user, tries nothing weaker, and goes on without a login."""
    assert c.get("^AUTHENTICATE (.*)$").group(1) == "*"
    a.wait("NOTICE", where=lambda e: "Not logged in" in e["text"])
    assert c.get("^(AUTHENTICATE|CAP END)").group(1) == "CAP END"


# ---- SCRAM-SHA-256 ----


def test_scram(server, start):
    """Without TLS as well: neither side tells the password."""
    a, c, mech = login(server, start, "PLAIN,EXTERNAL,SCRAM-SHA-256", password="pw")
    assert mech == "SCRAM-SHA-256"
    s = Scram(c)
    s.challenge()
    assert s.proof()
    say(c, s.signature)
    assert c.get("^AUTHENTICATE (.*)$").group(1) == "+"
    welcome(a, c)


@pytest.mark.parametrize("final", ["v=" + b64(b"x" * 32), "v=", "v=????", "", "e=other-error", "junk", "v", "\0", "v=" + "A" * 9000,
                                   "r=1,s=2,i=3"])
def test_scram_with_a_wrong_signature(tls_server, certs, start, final):
    a, c, _ = login(tls_server, start, "SCRAM-SHA-256,PLAIN", password="pw", ca_file=certs.ca)
    s = Scram(c)
    s.challenge()
    assert s.proof()
    say(c, final)
    e = a.offline()
    assert e["err"] == EAUTH and e["retry"] == NEVER, e
    said = c.gone()
    assert "AUTHENTICATE PLAIN" not in said and not [x for x in said if "JOIN" in x]
def test_scram_without_any_signature(server, start):
    a, c, _ = login(server, start, "SCRAM-SHA-256,PLAIN", password="pw", allow_plain="true")
    s = Scram(c)
    s.challenge()
    assert s.proof()
    c.put(":irc.test 900 alice a!b@c al :You are now logged in", ":irc.test 903 alice :done")
    e = a.offline()
    assert "impostor" in e["text"] and e["err"] == EAUTH and e["retry"] == NEVER


@pytest.mark.parametrize("numeric", ["907 alice :You have already authenticated", "903 alice :done"])
def test_done_before_it_began(server, start, numeric):
    """A server cannot have the login for done while it has proved nothing, where a login is a must."""
    a, c, _ = login(server, start, "SCRAM-SHA-256", password="pw", sasl_required="true")
    c.put(":irc.test " + numeric)
    assert a.offline()["err"] == EAUTH


@pytest.mark.parametrize("what", [
    {"nonce": "x"}, {"nonce": ""}, {"rounds": "1"}, {"rounds": "4095"}, {"rounds": "99999999"}, {"rounds": "-4096"}, {"rounds": "4096x"},
    {"rounds": "99999999999999999999999"}, {"salt": ""}, {"salt": "!!"}, {"extra": "m=new,"}, {"extra": "v=x,"},
])
def test_scram_with_a_senseless_challenge(server, start, what):
    a, c, _ = login(server, start, "SCRAM-SHA-256,PLAIN", password="pw", allow_plain="true")
    s = Scram(c)
    s.challenge(**what)
    given_up(a, c)
def test_scram_with_the_client_nonce_alone(server, start):
    a, c, _ = login(server, start, "SCRAM-SHA-256,PLAIN", password="pw", allow_plain="true")
    s = Scram(c)
    s.challenge(nonce=s.nonce)  # nothing of the server's own
    given_up(a, c)
def test_scram_with_a_wrong_password(server, start):
    a, c, _ = login(server, start, "SCRAM-SHA-256", password="wrong")
    s = Scram(c)
    s.challenge()
    assert not s.proof()
    c.put(":irc.test 904 alice :SASL authentication failed")
    e = a.offline()
    assert e["err"] == EAUTH and "SASL authentication failed" in e["text"]
    a, c, _ = again(a, server)
    c.put("AUTHENTICATE +")
    a.op("ANSWER", ask=a.wait("ASK")["ask"], id="ok", field="secret=pw")  # for another one
    assert pieces(c)[0].startswith(b"n,,n=al,r=")
def test_scram_challenge_in_many_pieces(server, start):
    """Exactly 400 bytes need a + behind them; so do 800."""
    for salt_bytes in range(240, 262, 3):
        srv = Ircd()
        with srv:
            a, c, _ = login(srv, start, "SCRAM-SHA-256", password="pw")
            s = Scram(c)
            s.salt = os.urandom(salt_bytes)
            s.challenge()
            assert s.proof()
            say(c, s.signature)
            c.get("^AUTHENTICATE \\+$")
            welcome(a, c)


# ---- PLAIN ----


def test_plain_inside_tls(tls_server, certs, start):
    a, c, mech = login(tls_server, start, "PLAIN", password="pw", ca_file=certs.ca)
    assert mech == "PLAIN"
    c.put("@time=2026-01-01T00:00:00.000Z AUTHENTICATE :+")
    assert pieces(c)[0] == b"al\0al\0pw"
    welcome(a, c)


@pytest.mark.parametrize("offer", ["sasl=PLAIN", "sasl", "sasl="])
def test_plain_never_in_clear(server, start, offer):
    a = start(server, login="al", password="pw")
    a.connect()
    c = server.accept()
    c.begin()
    c.put("CAP * LS :" + offer)
    while (m := c.get("^(CAP REQ|AUTHENTICATE|CAP END)(?: (.*))?$")).group(1) != "CAP END":
        c.put("CAP * ACK :sasl" if m.group(1) == "CAP REQ" else ":irc.test 904 alice :no such mechanism")
    c.welcome()
    a.online()
    c.sync()
    assert not [x for x in c.lines if "AUTHENTICATE PLAIN" in x or "pw" in x], c.lines
    a.wait("NOTICE", where=lambda e: "Not logged in" in e["text"])
def test_plain_in_clear_when_told_to(server, start):
    a, c, mech = login(server, start, "PLAIN", password="pw", allow_plain="true")
    assert mech == "PLAIN"
    c.put("AUTHENTICATE +")
    assert pieces(c)[0] == b"al\0al\0pw"
    welcome(a, c)


# "al", NUL, "al", NUL and the password: 3 bytes are 4 in base64
@pytest.mark.parametrize("bytes_, sizes", [(299, [400, 0]), (300, [400, 0]), (298, [400, 0]), (297, [396]), (301, [400, 4]),
                                           (599, [400, 400, 0]), (600, [400, 400, 0]), (597, [400, 396]), (603, [400, 400, 4])])
def test_plain_in_pieces(tls_server, certs, start, bytes_, sizes):
    password = "p" * (bytes_ - 6)
    a, c, _ = login(tls_server, start, "PLAIN", password=password, ca_file=certs.ca)
    c.put("AUTHENTICATE +")
    text, got = pieces(c)
    assert text == b"al\0al\0" + password.encode() and got == sizes
    welcome(a, c)


# ---- EXTERNAL ----


def test_external_with_a_client_certificate(certs, start, pem):
    with Ircd(cert=certs.good, client_ca=certs.ca) as srv:
        a, c, mech = login(srv, start, "SCRAM-SHA-256,EXTERNAL,PLAIN", certificate=pem, ca_file=certs.ca)
        assert mech == "EXTERNAL"
        assert c.sock.getpeercert()["subject"] == ((("commonName", "alice"),),)
        c.put("AUTHENTICATE +")
        assert pieces(c)[0] == b"al"
        welcome(a, c)
        assert not a.seen("ASK")  # no password was needed


def test_external_refused_falls_back(certs, start, pem):
    with Ircd(cert=certs.good, client_ca=certs.ca) as srv:
        a, c, mech = login(srv, start, "EXTERNAL,PLAIN", certificate=pem, ca_file=certs.ca, password="pw")
        assert mech == "EXTERNAL"
        c.put("AUTHENTICATE +")
        c.get("^AUTHENTICATE ")
        c.put(":irc.test 904 alice :No account for this certificate")
        assert c.get("^AUTHENTICATE (.*)$").group(1) == "PLAIN"
        c.put("AUTHENTICATE +")
        assert pieces(c)[0] == b"al\0al\0pw"
        welcome(a, c)


def test_external_never_in_clear(server, start, pem):
    """The certificate is for TLS; without it there is nothing to show."""
    a = start(server, login="al", certificate=pem, sasl="external")
    a.connect()
    c = server.accept()
    c.begin("sasl=EXTERNAL")
    c.welcome()
    a.online()
    assert not [x for x in c.lines if "EXTERNAL" in x]


def test_certificate_without_a_login(certs, start, pem):
    with Ircd(cert=certs.good, client_ca=certs.ca) as srv:
        a = start(srv, certificate=pem, ca_file=certs.ca)
        a.connect()
        c = srv.accept()
        c.begin()
        c.put("CAP * LS :sasl=EXTERNAL")
        c.get("^CAP REQ :?sasl$")
        c.put("CAP * ACK :sasl")
        c.get("^AUTHENTICATE EXTERNAL$")
        c.put("AUTHENTICATE +")
        assert c.get("^AUTHENTICATE (.*)$").group(1) == "+"
        welcome(a, c)


# ---- ECDSA-NIST256P-CHALLENGE ----


@pytest.fixture(scope="session")
def ec_key(tmp_path_factory):
    d = tmp_path_factory.mktemp("ec")
    servers.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", d / "key.pem")
    servers.openssl("ec", "-in", d / "key.pem", "-pubout", "-out", d / "pub.pem")
    (d / "key.pem").chmod(0o600)
    return d
def test_ecdsa(server, start, ec_key, tmp_path):
    a, c, mech = login(server, start, "ECDSA-NIST256P-CHALLENGE,PLAIN", ecdsa_key=ec_key / "key.pem")
    assert mech == "ECDSA-NIST256P-CHALLENGE"
    c.put("AUTHENTICATE +")
    assert pieces(c)[0] == b"al"
    challenge = os.urandom(32)
    say(c, challenge)
    (tmp_path / "sig").write_bytes(pieces(c)[0])
    (tmp_path / "challenge").write_bytes(challenge)
    servers.openssl("pkeyutl", "-verify", "-pubin", "-inkey", ec_key / "pub.pem", "-in", tmp_path / "challenge", "-sigfile",
                    tmp_path / "sig")
    welcome(a, c)


@pytest.mark.parametrize("challenge", [b"", b"x" * 65, b"x" * 300, b"x" * 3000])
def test_ecdsa_with_a_senseless_challenge(server, start, ec_key, challenge):
    a, c, _ = login(server, start, "ECDSA-NIST256P-CHALLENGE", ecdsa_key=ec_key / "key.pem")
    c.put("AUTHENTICATE +")
    pieces(c)
    say(c, challenge)
    given_up(a, c)
def test_ecdsa_refused(server, start, ec_key):
    a, c, _ = login(server, start, "ECDSA-NIST256P-CHALLENGE", ecdsa_key=ec_key / "key.pem")
    c.put("AUTHENTICATE +")
    pieces(c)
    say(c, b"x" * 32)
    pieces(c)
    c.put(":irc.test 904 alice :Signature wrong")
    assert a.offline()["err"] == EAUTH


# ---- failures of all of them ----


@pytest.mark.parametrize("numeric", ["902 alice :You must use a nick assigned to you", "904 alice :SASL authentication failed",
                                     "905 alice :SASL message too long", "906 alice :SASL authentication aborted", "904 * ", "904"])
def test_refused_and_not_required(tls_server, certs, start, numeric):
    """Before anything was said of a password a refusal is no reason to go."""
    a, c, _ = login(tls_server, start, "PLAIN", password="pw", ca_file=certs.ca)
    c.put(":irc.test " + numeric)
    c.get("^CAP END$")
    a.wait("NOTICE", where=lambda e: "Not logged in" in e["text"])
    c.welcome()
    a.online()


@pytest.mark.parametrize("numeric", ["902 alice :x", "904 alice :SASL authentication failed", "905 alice :too long", "906 alice :aborted"])
def test_refused_and_required(tls_server, certs, start, numeric):
    a, c, _ = login(tls_server, start, "PLAIN", password="pw", ca_file=certs.ca, sasl_required="true")
    c.put(":irc.test " + numeric)
    e = a.offline()
    assert e["err"] == EAUTH and e["retry"] == NEVER and not [x for x in c.gone() if "CAP END" in x and "JOIN" in x]


@pytest.mark.parametrize("offer", ["batch", None, "sasl=OAUTHBEARER batch"])
def test_required_where_there_is_none(tls_server, certs, start, offer):
    """A server, or somebody between, that offers no login is not stayed on."""
    a = start(tls_server, login="al", password="pw", ca_file=certs.ca, sasl_required="true", join="#a")
    a.connect()
    c = tls_server.accept()
    c.begin()
    if offer:
        c.put("CAP * LS :" + offer)
        while not a.seen("STATE", state=OFFLINE):
            try:
                m = c.get("^CAP (?:REQ :?(.*)|END)$", timeout=5)
            except (EOFError, ConnectionError):
                break
            if m.group(1) is None:
                break
            c.put("CAP * ACK :" + m.group(1))
    try:
        c.welcome()
    except OSError:
        pass
    e = a.offline()
    assert e["err"] == EAUTH and e["retry"] == NEVER, e
    assert not [x for x in c.lines + c.gone() if "JOIN" in x or "IDENTIFY" in x]
def test_the_list_of_mechanisms_changes(tls_server, certs, start):
    a, c, mech = login(tls_server, start, "PLAIN", password="pw", ca_file=certs.ca)
    assert mech == "PLAIN"
    c.put(":irc.test 908 alice SCRAM-SHA-256,EXTERNAL :are available SASL mechanisms", ":irc.test 904 alice :no")
    assert c.get("^AUTHENTICATE (.*)$").group(1) == "SCRAM-SHA-256"
    s = Scram(c)
    s.challenge()
    assert s.proof()
    say(c, s.signature)
    c.get("^AUTHENTICATE \\+$")
    welcome(a, c)


@pytest.mark.parametrize("mechs", ["", "XYZ", ",,,", "plain", " ", "PLAIN" * 300])
def test_lists_of_mechanisms_that_mean_nothing(tls_server, certs, start, mechs):
    a, c, mech = login(tls_server, start, "SCRAM-SHA-256,PLAIN", password="pw", ca_file=certs.ca)
    c.put(":irc.test 908 alice %s :are available" % mechs, ":irc.test 908", ":irc.test 904 alice :no")
    seen = [mech]
    while True:
        m = c.get("^(?:AUTHENTICATE (.*)|CAP END)$")
        if m.group(1) is None:
            break
        assert m.group(1) not in seen, "asked twice for " + m.group(1)
        seen.append(m.group(1))
        c.put(":irc.test 904 alice :no")
    c.welcome()
    a.online()


@pytest.mark.parametrize("junk", ["AUTHENTICATE", "AUTHENTICATE :", "AUTHENTICATE ????", "AUTHENTICATE " + "A" * 399,
                                  "AUTHENTICATE " + "A" * 401, "AUTHENTICATE *"])
def test_challenges_that_are_none(server, start, junk):
    a, c, _ = login(server, start, "SCRAM-SHA-256", password="pw")
    c.put("AUTHENTICATE +")
    pieces(c)
    c.put(junk)
    given_up(a, c)
def test_a_challenge_without_end(server, start):
    a, c, _ = login(server, start, "SCRAM-SHA-256", password="pw")
    c.put("AUTHENTICATE +")
    pieces(c)
    for _ in range(60):
        c.put("AUTHENTICATE " + "A" * CHUNK)
    given_up(a, c)
def test_words_in_an_odd_order(tls_server, certs, start):
    """None of them is awaited; the login after them is as if they had not been."""
    a = start(tls_server, login="al", password="pw", ca_file=certs.ca)
    a.connect()
    c = tls_server.accept()
    odd = ("AUTHENTICATE +", "AUTHENTICATE AAAA", ":irc.test 903 * :done", ":irc.test 904 * :no", ":irc.test 906 * :no",
           ":irc.test 908 * PLAIN :mechs", ":irc.test 907 * :already", ":irc.test 901 * a!b@c :out", ":irc.test 900")
    c.put(*odd)
    c.begin()
    c.put("CAP * LS :sasl=PLAIN")
    c.put(*odd)
    c.get("^CAP REQ")
    c.put(*odd)
    c.put("CAP * ACK :sasl")
    assert c.get("^AUTHENTICATE (.*)$").group(1) == "PLAIN"
    c.put("AUTHENTICATE +")
    assert pieces(c)[0] == b"al\0al\0pw"
    welcome(a, c)
    c.put(*odd)
    a.settle(c)
    assert not a.seen("STATE", state=OFFLINE)
def test_logged_out_and_the_service_back(tls_server, certs, start):
    a, c, _ = login(tls_server, start, "PLAIN", password="pw", ca_file=certs.ca)
    c.put("AUTHENTICATE +")
    pieces(c)
    welcome(a, c)
    c.put(":irc.test CAP alice DEL :sasl", ":irc.test 901 alice a!b@c :You are now logged out",
          ":irc.test CAP alice NEW :sasl=PLAIN")
    c.get("^CAP REQ :?sasl$")
    c.put("CAP alice ACK :sasl")
    assert c.get("^AUTHENTICATE (.*)$").group(1) == "PLAIN"
    c.put("AUTHENTICATE +")
    assert pieces(c)[0] == b"al\0al\0pw"
    c.put(":irc.test 900 alice a!b@c al :in", ":irc.test 903 alice :done")
    a.settle(c)
    assert not a.seen("STATE", state=OFFLINE) and not [x for x in c.sync() if "CAP END" in x]
def test_a_person_is_asked_for_the_password(tls_server, certs, start):
    a, c, _ = login(tls_server, start, "PLAIN", ca_file=certs.ca)
    c.put("AUTHENTICATE +")
    q = a.wait("ASK")
    a.op("ANSWER", ask=q["ask"], id="ok", field="secret=typed")
    assert pieces(c)[0] == b"al\0al\0typed"
    welcome(a, c)
def test_nobody_gives_the_password(tls_server, certs, start):
    a, c, _ = login(tls_server, start, "PLAIN", ca_file=certs.ca)
    c.put("AUTHENTICATE +")
    q = a.wait("ASK")
    a.op("ANSWER", ask=q["ask"], id="cancel")
    assert c.get("^AUTHENTICATE (.*)$").group(1) == "*"
    assert a.offline()["err"] == EAUTH


def test_without_sasl_the_service_is_asked(tls_server, certs, start):
    a = start(tls_server, login="al", password="pw", ca_file=certs.ca, join="#a")
    a.connect()
    c = tls_server.accept()
    c.begin("batch")
    c.welcome()
    c.get("^PRIVMSG NickServ :IDENTIFY al pw$")
    assert not [x for x in c.sync() if "JOIN" in x]
    c.put(":NickServ!n@services NOTICE alice :You are now identified for al.")
    c.room("#a")
    a.wait("CHAT", address="#a")


def test_the_service_is_not_asked_in_clear(server, start):
    a = start(server, login="al", password="pw", join="#a")
    a.connect()
    c = server.accept()
    c.begin("batch")
    c.welcome()
    a.online()
    c.get("^JOIN #a$")
    assert not [x for x in c.lines + c.sync() if re.search("pw|IDENTIFY", x)]
