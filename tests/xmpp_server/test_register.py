# xmpp_server/test_register.py - a new account made before the first login (XEP-0077), at a real Prosody
import pytest
from driver import Driver

import servers

NEW = "newcomer@localhost"


def driver(p, tmp_path, **kw):
    kw = {"port": p.port, "password": "a new secret", "ca_file": p.ca, "register": "true", **kw}
    return Driver(tmp_path / kw.pop("name", "new"), address=kw.pop("address", NEW), **kw)


def lines(p, text):
    return p.log.count(text)


def test_account_is_made_once_and_used(tmp_path):
    with servers.Prosody(tmp_path) as p:
        with driver(p, tmp_path) as a:
            a.do("connect")
            assert "was made" in a.wait("notice")["text"]
            a.wait("state", state="online")
        with driver(p, tmp_path) as a:  # and never again: the next login is a login
            a.login()
        assert lines(p, "User account created: newcomer@localhost") == 1
        with driver(p, tmp_path, name="without", register="false") as a:
            a.login()


def test_taken_address_is_said(tmp_path):
    with servers.Prosody(tmp_path) as p:
        p.add_user("newcomer", "somebody else's")
        with driver(p, tmp_path) as a:
            a.do("connect")
            end = a.wait("state", state="offline")
            assert "Somebody else has the address" in end["text"] and end["retry"] == 1


def test_server_that_lets_nobody_in(tmp_path):
    with servers.Prosody(tmp_path, host_extra="allow_registration = false") as p:
        with driver(p, tmp_path) as a:
            a.do("connect")
            end = a.wait("state", state="offline")
            assert end["retry"] == 1 and ("account" in end["text"])


@pytest.mark.parametrize("answer", ["ok", "cancel"])
def test_what_else_the_server_wants_is_a_question(tmp_path, answer):
    with servers.Prosody(tmp_path, host_extra='additional_registration_fields = { "email" }') as p:
        with driver(p, tmp_path) as a:
            a.do("connect")
            q = a.wait("ask", kind=6)
            assert "new account" in q["title"]
            assert (q["field"], q["fields"]) == ("email", 1), q  # the name and the password are known
            if answer == "ok":
                a.do("answer", q["ask"], "ok", "email=me@example.org")
                a.wait("state", state="online")
                assert lines(p, "User account created: newcomer@localhost") == 1
            else:
                a.do("answer", q["ask"], "cancel")
                assert "No account was made" in a.wait("state", state="offline")["text"]
                assert lines(p, "User account created") == 0


INVITES = {"modules": '"invites"; "invites_adhoc"; "invites_register"; ', "host_extra": "allow_user_invites = true"}


def test_invited_friend_gets_an_account_and_can_remove_it(tmp_path):
    with servers.Prosody(tmp_path, **INVITES) as p:
        p.add_user("alice", "secret")
        with driver(p, tmp_path, name="no", invite="wrong-token") as b:  # the server lets in nobody without one
            b.do("connect")
            assert b.wait("state", state="offline")["retry"] == 1
            assert any("does not know this invitation" in e.get("text", "") for e in b.events)
        with driver(p, tmp_path, name="alice", address="alice@localhost", password="secret", register="false") as a:
            a.login()
            a.do("own", "invite-link", 5)
            link = a.wait("item", name="For clients")["words"]
            assert link.startswith("xmpp:") and "preauth=" in link
            a.wait("reply", req=5)
            with driver(p, tmp_path, invite=link) as b:
                b.login()
                assert lines(p, "User account created: newcomer@localhost") == 1
                b.do("own", "delete-account", 6)
                b.do("answer", b.wait("ask", kind=6)["ask"], "remove", "address=somebody@localhost")
                assert "not its address" in b.wait("notice")["text"]
                b.do("own", "delete-account", 7)
                b.do("answer", b.wait("ask", kind=6)["ask"], "remove", "address=" + NEW)
                assert "is no more" in b.wait("notice")["text"]
                b.wait("state", state="offline", retry=1)
        with driver(p, tmp_path, register="false") as b:
            b.do("connect")
            assert b.wait("state", state="offline")["err"] == -6  # nobody is there
