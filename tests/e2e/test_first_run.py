"""tests/e2e/test_first_run.py - from nothing to the first message, against a real server and on this machine"""
import itertools
import os
import re

import pytest
from kith import until
from peer import Peer
from servers import Prosody

counter = itertools.count(1)


@pytest.fixture
def pair(prosody):
    """alice, who has bob in her roster and no kith yet, and bob, who is online with another client."""
    alice, bob = (f"{name}{next(counter)}" for name in ("newcomer", "friend"))
    for user in (alice, bob):
        prosody.add_user(user, "s3cret pw")
    with Peer(f"{alice}@localhost", "s3cret pw", port=prosody.c2s, ca=prosody.ca) as p:
        p.roster_set(f"{bob}@localhost", name="Bob Builder")
    other = Peer(f"{bob}@localhost", "s3cret pw", port=prosody.c2s, ca=prosody.ca)
    yield alice, bob, other
    other.close()


def fill(t, address, password, server):
    """The page about the account: an address, a password, where the server is."""
    t.wait_text("Nothing has been sent")
    t.type(address)
    t.wait_text(address)
    t.keys("Enter")
    t.type(password)
    t.keys("Tab", "Tab", "Tab", " ")  # over "keep it" and "Status" to "Advanced"
    t.wait_text("[x]")
    t.keys("Tab")
    t.wait_text("Host")
    t.type("127.0.0.1")
    t.keys("Tab")
    t.type(str(server.port))
    t.wait_text(str(server.port))


def invite_of(peer):
    """A link that lets a friend make an account, as the server gives it to a user (XEP-0401 §4.1)."""
    node = "urn:xmpp:invite#invite"
    answer = peer.iq(f"<command xmlns='http://jabber.org/protocol/commands' node='{node}' action='execute'/>",
                     to="localhost", type="set")
    return re.search(r"xmpp:[^<]*preauth=[^<]*", str(answer)).group(0).replace("&amp;", "&")


def files_with(root, text):
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, "rb") as f:
                    if text.encode() in f.read():
                        found.append(path)
            except OSError:
                continue  # a socket
    return found


@pytest.mark.parametrize("columns,rows", [(80, 24), (50, 15), (40, 10)])
def test_from_start_to_first_message(profile, prosody, pair, columns, rows):
    alice, bob, other = pair
    p = profile("alice")
    a = p.start(columns=columns, rows=rows)
    fill(a, f"{alice}@localhost", "s3cret pw", prosody)
    assert not a.shows("s3cret pw")
    # the program that lists a protocol's fields ends by itself; an account would stay
    until(lambda: p.children() == [], what="the end of the program that lists the fields")
    assert not os.path.exists(p.path("state", "accounts.cfg"))
    a.keys("Enter")
    a.wait_text("SHA-256 fingerprint")
    want = prosody_fingerprint(prosody)
    until(lambda: want in "".join(c for c in a.text() if c.isalnum()), what="the whole fingerprint on the screen")
    assert a.shows("Do not connect") or a.shows("do not connect")
    a.keys("Up", "Enter")  # trust it, ask again if it changes
    a.wait_text("step 2 of 2" if columns >= 60 else "2 of 2")
    a.wait_text("Bob Builder")
    a.keys("Enter")
    a.wait_text("❯")
    a.type("hello from a newcomer", enter=True)
    other.expect("message", body="hello from a newcomer")
    assert p.run("quit")[0] == 0
    until(lambda: p.engine() is None)
    assert files_with(p.root, "s3cret pw") == []
    assert 'host = "127.0.0.1"' in open(p.path("state", "accounts.cfg")).read()


def prosody_fingerprint(server):
    import subprocess
    out = subprocess.run(["openssl", "x509", "-in", server.dir / "certs" / "localhost.crt", "-noout", "-fingerprint",
                          "-sha256"], check=True, capture_output=True, text=True).stdout
    return out.split("=")[1].strip().replace(":", "")


def test_refused_and_corrected(profile, prosody, pair):
    alice, bob, other = pair
    p = profile("alice")
    a = p.start(columns=80, rows=24)
    fill(a, f"{alice}@localhost", "not this one", prosody)
    a.keys("Enter")
    a.wait_text("SHA-256 fingerprint")
    a.keys("Enter")  # the answer offered is no
    a.wait_text("You refused the server's certificate")
    a.wait_text("Password")
    a.keys("Enter")  # asked again
    a.wait_text("SHA-256 fingerprint")
    a.keys("Up", "Enter")
    a.wait_text("The one given last was refused")
    a.keys("C-u")
    a.type("s3cret pw")
    a.keys("Enter")
    a.wait_text("step 2 of 2")
    assert files_with(p.root, "s3cret pw") == [] and files_with(p.root, "not this one") == []


def test_nothing_listens_and_another_port(profile, prosody, pair):
    alice, bob, other = pair
    p = profile("alice")
    a = p.start(columns=80, rows=24)
    a.wait_text("Nothing has been sent")
    a.type(f"{alice}@localhost")
    a.keys("Tab")
    a.type("s3cret pw")
    a.keys("Tab", "Tab", "Tab", " ", "Tab")
    a.type("127.0.0.1")
    a.keys("Tab")
    a.type("1")
    a.keys("Enter")
    a.wait_text("✗")
    a.keys("C-u")
    a.type(str(prosody.port))
    a.keys("Enter")
    a.wait_text("SHA-256 fingerprint")
    a.keys("Up", "Enter")
    a.wait_text("step 2 of 2")


def test_password_from_a_command(profile, prosody, pair):
    alice, bob, other = pair
    p = profile("alice")
    secret = p.write("secret.txt", "s3cret pw\n")
    a = p.start(columns=80, rows=24)
    a.wait_text("Nothing has been sent")
    a.type(f"{alice}@localhost")
    a.keys("Tab", "Tab", "Right", "Tab")
    a.wait_text("Command")
    a.type(f"cat {secret}")
    a.keys("Tab", "Right", "Tab", " ", "Tab")  # away; Advanced
    a.type("127.0.0.1")
    a.keys("Tab")
    a.type(str(prosody.port))
    a.keys("Enter")
    a.wait_text("SHA-256 fingerprint")
    a.keys("Up", "Enter")
    a.wait_text("step 2 of 2")
    a.wait_text("comes from your command")
    a.keys("Enter")
    p.online()
    assert files_with(p.root, "s3cret pw") == [secret]
    assert "away" in p.run("status")[1] or p.json("status")[0].get("show") == "away"


def test_quit_leaves_no_account(profile, prosody, pair):
    alice, bob, other = pair
    p = profile("alice")
    a = p.start(columns=80, rows=24)
    fill(a, f"{alice}@localhost", "s3cret pw", prosody)
    a.keys("Enter")
    a.wait_text("SHA-256 fingerprint")
    a.keys("C-c")
    a.wait_exit()
    until(lambda: p.engine() is None)
    b = p.start(columns=80, rows=24)
    b.wait_text("first run")


def test_this_machine_by_one_key(profile):
    p = profile("alice")
    a = p.start(columns=80, rows=24)
    a.wait_text("Enter, and you")
    a.keys("Enter")
    p.online()
    a.command("/msg " + p.json("status")[0]["address"] + " note to myself")
    a.wait_text("note to myself")
    a.wait_text("✓")


SECRET_TOOL = '''#!/bin/sh
case "$1" in
store) shift; echo "$*" >"{0}/attributes"; cat >"{0}/kept" ;;
lookup) cat "{0}/kept" ;;
esac
'''


def test_keyring_keeps_the_password(profile, prosody, pair, tmp_path):
    """Offered where libsecret's program is; asked for once, and never in an argument or a file of kith's."""
    alice, bob, other = pair
    tool = tmp_path / "secret-tool"
    tool.write_text(SECRET_TOOL.format(tmp_path))
    tool.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    p = profile("alice")
    a = p.start(env=env)
    fill(a, f"{alice}@localhost", "s3cret pw", prosody)
    a.wait_text("in the system keyring")
    a.wait_text("Allow plain")  # and what else the backend declares is there
    a.keys("S-Tab", "S-Tab", "S-Tab", "S-Tab", "Right", "Enter")
    a.wait_text("SHA-256 fingerprint")
    a.keys("Up", "Enter")
    a.wait_text("is kept in the system keyring")
    until(lambda: (tmp_path / "kept").exists() and (tmp_path / "kept").read_text() == "s3cret pw", what="the kept password")
    assert (tmp_path / "attributes").read_text() == f"--label=kith service kith account {alice}@localhost\n"
    assert p.run("quit")[0] == 0
    until(lambda: p.engine() is None)
    assert files_with(p.root, "s3cret pw") == []
    a = p.start(env=env)
    p.online()  # nothing was asked
    assert not a.shows("Password")


def test_an_invitation_is_pasted(profile, tmp_path):
    """A friend's link instead of an address: a name and a password, and the account is there, with the friend in its list."""
    with Prosody(tmp_path, modules='"invites"; "invites_adhoc"; "invites_register"; ',
                 host_extra="allow_user_invites = true") as server:
        server.add_user("alice", "secret")
        with Peer("alice@localhost", "secret", port=server.c2s, ca=server.ca) as alice:
            link = invite_of(alice)
            b = profile("bob").start(columns=80, rows=24)
            b.wait_text("paste the link of an invitation")
            b.paste(link)
            b.wait_text("An invitation to localhost by alice@localhost")
            b.type("newcomer")
            b.wait_text("newcomer@localhost")
            b.keys("Enter")
            b.type("s3cret pw")
            b.keys("Tab", "Tab", "Tab", "Tab", " ")  # over "keep it", "New account" and "Status" to "Advanced"
            b.wait_text("Host")
            b.keys("Tab")
            b.type("127.0.0.1")
            b.keys("Tab")
            b.type(str(server.port))
            b.wait_text(str(server.port))
            b.keys("Enter")
            b.wait_text("SHA-256 fingerprint")
            b.keys("Up", "Enter")
            b.wait_text("step 2 of 2", 60)
            b.keys("Enter")
            b.wait_text("❯")
            b.wait_text("alice@localhost", 30)  # the server made them contacts
            assert "preauth" not in b.text()
