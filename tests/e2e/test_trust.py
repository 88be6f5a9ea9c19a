"""tests/e2e/test_trust.py - certificates and passwords as questions: asked, refused, accepted, kept, changed"""
import itertools

import pytest

import servers
from kith import until

counter = itertools.count(1)


@pytest.fixture
def alice(prosody):
    user = f"trusting{next(counter)}"
    prosody.add_user(user, "secret")
    return user


def account(profile, server, user, extra='password = "secret";'):
    profile.write("accounts.cfg", f'''accounts = (
  {{ name = "home"; protocol = "xmpp"; address = "{user}@localhost"; autoconnect = true;
    host = "127.0.0.1"; port = {server.port}; {extra} }} );
''')
    return profile


def stop(p):
    p.run("quit", check=True)
    until(lambda: p.engine() is None, what="the end of the engine")


def test_unknown_certificate(profile, prosody, alice, tmp_path):
    p = account(profile("alice"), prosody, alice)
    a = p.start(columns=120, rows=36)
    a.wait_text("The certificate of localhost cannot be verified")
    assert a.shows("SHA-256 fingerprint") and a.shows("Issued by:") and a.shows("Problem:")
    a.keys("Enter")  # the answer offered is no
    a.wait_text("You refused the server's certificate")
    a.command("/reconnect")
    a.wait_text("cannot be verified")
    a.keys("Up", "Enter")  # trust it from now on
    p.online()
    a.wait_gone("cannot be verified")
    stop(p)
    b = p.start(columns=120, rows=36)
    p.online()
    assert not b.shows("cannot be verified")
    stop(p)

    with servers.Prosody(tmp_path / "other") as other:  # another certificate for the same name
        other.add_user(alice, "secret")
        account(p, other, alice, f'password = "secret"; ca_file = "{other.ca}";')
        c = p.start(columns=120, rows=36)
        c.wait_text("CHANGED")  # a question, though a trusted authority vouches for it
        c.keys("Esc")
        c.wait_gone("Somebody may be")
        assert p.json("status")[0]["state"] != "online"
        stop(p)


def test_password_is_asked_and_a_wrong_one_again(profile, prosody, alice):
    p = account(profile("alice"), prosody, alice, f'ca_file = "{prosody.ca}";')
    a = p.start(columns=120, rows=36)
    a.wait_text(f"Password for {alice}@localhost")
    a.write("wrong\r")
    a.wait_text("was refused")
    assert not a.shows("wrong ") and not a.shows("secret ")
    a.write("secret\r")
    p.online()


def test_password_command(profile, prosody, alice):
    p = account(profile("alice"), prosody, alice, f'ca_file = "{prosody.ca}"; password_command = "echo secret";')
    p.start(columns=120, rows=36)
    p.online()
