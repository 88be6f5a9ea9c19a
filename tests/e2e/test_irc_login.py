# e2e/test_irc_login.py - logging in to the services of a real network: inspircd with atheme
import base64
import hashlib
import os
import shutil
import subprocess
import tempfile

import pytest
from irc_servers import Atheme, Inspircd, Person
from servers import make_ca, make_cert, openssl, wait

ACCOUNT = """accounts = ( {{ name = "net"; protocol = "irc"; address = "{nick}@localhost:{port}"; ca_file = "{ca}"; fast = true;
    join = "#test"; {more} }} );
"""


@pytest.fixture(scope="module")
def place():
    folder = tempfile.mkdtemp(prefix="ki-")
    os.chmod(folder, 0o755)
    ca = make_ca(folder)
    with Inspircd(folder, cert=make_cert(folder, "localhost", ca=ca)) as server, Atheme(folder, server):
        yield folder, ca, server
    shutil.rmtree(folder, ignore_errors=True)


def ec_key(folder):
    """A key for ECDSA-NIST256P-CHALLENGE, and its public half as NickServ wants it."""
    key = os.path.join(folder, "ec.pem")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    der = subprocess.run(["openssl", "ec", "-in", key, "-pubout", "-conv_form", "compressed", "-outform", "DER"],
                         capture_output=True, check=True).stdout
    return key, base64.b64encode(der[-33:]).decode()


def client_cert(folder, ca):
    """Certificate and key in one file, and the fingerprint."""
    crt, key = make_cert(folder, "owner", names=None, ca=ca, client=True)
    both = os.path.join(folder, "client.pem")
    with open(both, "w") as f:
        f.write(crt.read_text() + key.read_text())
    os.chmod(both, 0o600)
    der = subprocess.run(["openssl", "x509", "-in", str(crt), "-outform", "DER"], capture_output=True, check=True).stdout
    return both, hashlib.sha256(der).hexdigest()


def test_sasl_with_real_services(profile, place):
    folder, ca, server = place
    key, public = ec_key(folder)
    cert, fingerprint = client_cert(folder, ca)
    with Person(server.port, "owner") as owner:
        wait(lambda: (owner.put("PRIVMSG NickServ :HELP"), owner.saw(":NickServ!"))[1], "the services")
        owner.put("PRIVMSG NickServ :REGISTER secret owner@example.invalid")
        owner.wait(" 900 owner ")
        owner.put(f"PRIVMSG NickServ :SET PUBKEY {public}")
        owner.wait(public)
        owner.put(f"PRIVMSG NickServ :CERT ADD {fingerprint}")
        owner.wait("Added fingerprint")
        ways = {"plain": 'password = "secret"; sasl = "plain";', "auto": 'password = "secret";',
                "service": 'password = "secret"; caps_off = "sasl";',
                "ecdsa": f'ecdsa_key = "{key}"; sasl = "ecdsa";', "external": f'certificate = "{cert}"; sasl = "external";'}
        for nick, more in ways.items():
            p = profile(nick)
            p.write("accounts.cfg", ACCOUNT.format(nick=nick, port=server.tls, ca=ca[0], more='login = "owner"; ' + more))
            p.start()
            p.online("net")
            wait(lambda: (owner.put("WHOIS " + nick), owner.saw(f" 330 owner {nick} owner "))[1], nick + " to be logged in")
            assert p.run("quit")[0] == 0
        p = profile("wrong")
        p.write("accounts.cfg", ACCOUNT.format(nick="wrong", port=server.tls, ca=ca[0],
                                               more='login = "owner"; password = "wrong"; sasl_required = true;'))
        t = p.start(columns=120, rows=36)
        t.wait_text("refused")
        assert p.json("status")[0]["state"] != "online"
        owner.put("WHOIS wrong")
        owner.wait(" 401 owner wrong ")
