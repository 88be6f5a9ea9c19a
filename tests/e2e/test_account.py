"""tests/e2e/test_account.py - an account on its server: made, given another password, and stanzas as they are"""
import itertools

import pytest
from kith import until
from peer import Peer
from people import xmpp_account

counter = itertools.count(1)


@pytest.fixture
def user(profile, prosody):
    name = f"keeper{next(counter)}"
    p = xmpp_account(profile("alice"), prosody, name)
    return p, name


def test_register_raw_and_another_password(user, prosody):
    p, name = user
    t = p.start(columns=110, rows=30)
    t.wait_text("Password")  # there is no such account: the login is refused, and another password asked for
    t.settle(0.5)
    t.keys("Esc")
    t.wait_gone("Password for")
    t.to_input()
    t.type("/register\r")  # the question comes at once, into the input line or over it
    t.wait_gone("❯ /register")
    t.settle(0.5)
    t.wait_text("Password for")  # the question of the new connection
    t.keys("C-x", "a")
    t.wait_text("Cancel")
    t.type("secret")
    t.keys("Enter")
    t.wait_text("was made")
    p.online()
    other = f"{name}friend"
    prosody.add_user(other, "secret")
    with Peer(f"{other}@localhost", "secret", port=prosody.c2s, ca=prosody.ca) as friend:
        t.command(f"/raw '<message to=\"{other}@localhost\" type=\"chat\"><body>as it is</body></message>'")
        friend.expect("message", body="as it is")
        t.command("/raw hello")
        t.wait_text("not one whole stanza")
    t.command("/password")
    t.wait_text("A new password for")
    t.type("hunter22")
    t.keys("Tab")
    t.type("hunter23")
    t.keys("Tab", "Enter")
    t.wait_text("the two new ones differ")
    t.command("/password")
    t.wait_text("A new password for")
    t.type("hunter22")
    t.keys("Tab")
    t.type("hunter22")
    t.keys("Tab", "Enter")
    t.wait_text("was changed on the server")
    assert b"hunter22" not in t.raw
    with Peer(f"{name}@localhost", "hunter22", port=prosody.c2s, ca=prosody.ca):
        pass
