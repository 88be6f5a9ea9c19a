# irc_server/conftest.py - an account beside a server; certificates, made once
import pathlib
import shutil
import types

import pytest
from driver import Driver
from ircd import Ircd

import servers


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Paths of (certificate, key): good, self_signed, expired, other_name; and the authority: ca."""
    d = tmp_path_factory.mktemp("certs")
    ca = servers.make_ca(d)
    return types.SimpleNamespace(
        ca=ca[0],
        good=servers.make_cert(d / "good", "localhost", ca=ca),
        other=servers.make_cert(d / "other", "localhost", ca=ca),
        self_signed=servers.make_cert(d / "self", "localhost"),
        expired=servers.make_cert(d / "old", "localhost", ca=ca, days=-1),
        other_name=servers.make_cert(d / "name", "elsewhere.example", ca=ca),
        client=servers.make_cert(d / "client", "alice", ca=ca, client=True),
        directory=pathlib.Path(d))


@pytest.fixture
def start(tmp_path):
    """start(server, option=value ...): an account that is to connect there. All are ended at the end."""
    drivers, n = [], [0]

    def one(srv, state=None, **options):
        n[0] += 1
        options = {"host": "localhost", "port": srv.port, "tls": "yes" if srv.tls else "no", "fast": "true", **options}
        d = Driver(state or tmp_path / ("state%d" % n[0]), **options)
        drivers.append(d)
        return d
    yield one
    for srv in Ircd.running:
        srv.hang_up()  # else the account waits for the answer to its QUIT
    for d in drivers:
        d.close()


@pytest.fixture
def server():
    with Ircd() as s:
        yield s


@pytest.fixture
def tls_server(certs):
    with Ircd(cert=certs.good) as s:
        yield s


@pytest.fixture
def online(server, start):
    """online(caps, isupport, option=value ...) -> the account and its connection, logged in."""
    def go(caps="", isupport="", nick="alice", **options):
        a = start(server, **options)
        a.connect()
        c = server.accept()
        c.login(caps, isupport, nick)
        a.online()
        return a, c
    return go


@pytest.fixture
def pem(certs):
    """The client's certificate and key in one file."""
    path = certs.directory / "client.pem"
    with open(path, "wb") as out:
        for part in certs.client:
            with open(part, "rb") as f:
                shutil.copyfileobj(f, out)
    path.chmod(0o600)
    return path
