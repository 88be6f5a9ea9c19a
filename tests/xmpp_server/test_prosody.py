# xmpp_server/test_prosody.py - login, resumption and restart against the real Prosody
import time

import pytest
from driver import Driver

import servers


@pytest.fixture(scope="module")
def prosody(tmp_path_factory):
    with servers.Prosody(tmp_path_factory.mktemp("p")) as p:
        for name in ("alice", "bob"):
            p.add_user(name, name + "-secret")
        yield p


def account(p, tmp_path, name="alice", **kw):
    kw = {"port": p.port, "password": name + "-secret", "ca_file": p.ca, **kw}
    return Driver(tmp_path / name, address=name + "@localhost", **kw)


def test_starttls_and_direct(prosody, tmp_path):
    with account(prosody, tmp_path) as a, account(prosody, tmp_path, "bob", port=prosody.tls_port, tls="direct") as b:
        a.login()
        b.login()
        a.do("send bob@localhost m1 hello <&> \"bob\"")
        assert b.wait("message", body='hello <&> "bob"')["chat"] == "alice@localhost"
        assert a.wait("receipt", id="m1")["delivery"] == 1
        assert a.wait("receipt", id="m1")["delivery"] == 2
        a.do("quit bye")
        assert a.offline()["err"] == 0


def test_wrong_password(prosody, tmp_path):
    with account(prosody, tmp_path, password="nonsense") as a:
        a.do("connect")
        a.wait("secret_wrong")
        e = a.offline()
        assert e["err"] == -6 and e["retry"] == 1 and "password" in e["text"]


def test_untrusted_certificate_asks(prosody, tmp_path):
    with account(prosody, tmp_path, ca_file=None) as a:
        a.do("connect")
        t = a.wait("trust")
        assert t["problem"] and t["name"] == "localhost" and len(t["fingerprint"]) == 64
        e = a.offline()
        assert e["err"] == -7 and e["retry"] == 1
        assert "secret" not in [x["ev"] for x in a.events]


def test_domain_the_server_does_not_know(prosody, tmp_path):
    with Driver(tmp_path / "x", address="alice@other.example", port=prosody.port, password="x", ca_file=prosody.ca) as a:
        a.do("connect")
        e = a.offline()
        assert e["err"] == -10 and e["retry"] == 0 and "does not serve this domain" in e["text"]
        assert "secret" not in [x["ev"] for x in a.events]


def test_channel_binding_tls_unique(prosody, tmp_path):
    with servers.Prosody(tmp_path, ssl='protocol = "tlsv1_2";') as p:
        p.add_user("alice", "alice-secret")
        with account(p, tmp_path) as a:
            a.do("connect")
            a.online()
            logs = [e["text"] for e in a.events if e["ev"] == "log"]
            assert "logged in with SCRAM-SHA-256-PLUS, bound by tls-unique" in logs or \
                   "logged in with SCRAM-SHA-1-PLUS, bound by tls-unique" in logs, logs


def test_resume_after_cut(prosody, tmp_path):
    with account(prosody, tmp_path) as a, account(prosody, tmp_path, "bob", port=prosody.c2s) as b:
        a.login()
        b.login()
        prosody.cut()
        assert a.offline()["retry"] == 2
        b.do("send alice@localhost r1 while you were away")
        b.wait("receipt", id="r1", delivery=2)
        a.do("connect")
        assert a.wait("message", body="while you were away")
        e = [e for e in a.events if e["ev"] == "state" and e["state"] == "online"]
        assert e[-1]["resumed"] == 1


def test_resume_over_restart_of_the_process(prosody, tmp_path):
    with account(prosody, tmp_path, "bob") as b:
        b.login()
        a = account(prosody, tmp_path)
        a.login()
        a.do("send bob@localhost k0 before")
        a.wait("receipt", id="k0", delivery=2)
        a.kill()
        b.wait("message", body="before")
        b.do("send alice@localhost k1 to a dead process")
        b.wait("receipt", id="k1", delivery=2)
        with account(prosody, tmp_path) as a:
            assert a.login()["resumed"] == 1
            assert a.wait("message", body="to a dead process")
            a.do("send bob@localhost k2 after")
            assert b.wait("message", body="after")
            a.do("restart")
            a.offline()
            assert a.login()["resumed"] == 1


def test_what_is_on_its_way_survives_kill(prosody, tmp_path):
    """Sent into a black hole, killed, started anew: the peer has each message once and in order."""
    with account(prosody, tmp_path, "bob", port=prosody.c2s) as b:
        b.login()
        a = account(prosody, tmp_path)
        a.login()
        a.do("send bob@localhost q0 q0")
        a.wait("receipt", id="q0", delivery=2)
        b.wait("message", body="q0")
        prosody.freeze()
        for i in range(1, 6):
            a.do("send bob@localhost q%d q%d" % (i, i))
            a.wait("receipt", id="q%d" % i, delivery=1)
        a.kill()
        prosody.cut()
        prosody.thaw()
        with account(prosody, tmp_path) as a:
            assert a.login()["resumed"] == 1
            for i in range(1, 6):
                assert b.wait("message")["body"] == "q%d" % i
            a.wait("receipt", id="q5", delivery=2)


def test_acknowledged_only_after_commit(prosody, tmp_path):
    with account(prosody, tmp_path, "bob", port=prosody.c2s) as b:
        b.login()
        a = account(prosody, tmp_path, commit="manual")
        a.login()
        b.do("send alice@localhost c1 not committed")
        a.wait("message", body="not committed")
        time.sleep(0.2)  # the server has had time to take an acknowledgement, if one was sent
        a.kill()
        with account(prosody, tmp_path) as a:
            assert a.login()["resumed"] == 1
            assert a.wait("message", body="not committed")


def test_resume_refused_after_restart_of_the_server(tmp_path):
    with servers.Prosody(tmp_path) as p:
        p.add_user("alice", "alice-secret")
        with account(p, tmp_path) as a:
            a.login()
            p.restart(hard=True)
            a.offline()
            a.do("connect")
            assert a.online()["resumed"] == 0
            p.restart()
            e = a.offline()
            assert "shutting down" in e["text"] or "lost" in e["text"]


def test_dead_link_noticed_when_life_returns(prosody, tmp_path):
    with account(prosody, tmp_path) as a:
        a.login()
        prosody.freeze()
        t = time.monotonic()
        a.do("wake")
        e = a.offline()
        prosody.cut()
        prosody.thaw()
        assert time.monotonic() - t < 10 and e["retry"] == 2
        a.do("connect")
        assert a.online()["resumed"] == 1
        a.do("wake")
        time.sleep(0.3)
        assert a.worst_ms() < 1000


def test_resource_taken_over(prosody, tmp_path):
    with account(prosody, tmp_path, resource="same") as a:
        a.login()
        with Driver(tmp_path / "second", address="alice@localhost", port=prosody.port, password="alice-secret",
                    ca_file=prosody.ca, resource="same") as b:
            b.login()
            e = a.offline()
            assert e["err"] == -13 and e["retry"] == 1
            b.do("quit")
            b.offline()
