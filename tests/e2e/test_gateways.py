"""tests/e2e/test_gateways.py - gateways: a real biboumi with a real ngircd behind it, a scripted one of the slidge kind, commands of a server"""
import re

from gateways import Biboumi, Slidge, child, component, local
from irc_servers import Ngircd, Person
from people import xmpp_account
from servers import Prosody, wait


def ircd_folder(tmp_path):
    folder = tmp_path / "ircd"
    folder.mkdir()
    return folder


def test_biboumi(profile, tmp_path):
    """A real gateway to a real IRC server: found, its server's port set in its form on the screen, a channel joined, talk both
    ways, a change of nick, a private message, a person who leaves."""
    with Prosody(tmp_path, extra=component(Biboumi.domain)) as prosody, Ngircd(ircd_folder(tmp_path)) as ircd, Biboumi(tmp_path, prosody), \
            Person(ircd.port, "carol") as carol:
        prosody.add_user("alice", "secret")
        p = xmpp_account(profile("alice"), prosody, "alice")
        a = p.start(columns=120, rows=36)
        p.online()
        a.command("/gateways")
        a.wait_text("Biboumi XMPP-IRC gateway")
        a.wait_text("open to all")
        a.keys("Esc")
        a.wait_gone("Biboumi")
        a.command("/command 127.0.0.1@irc.localhost")
        a.wait_text("Configure a few settings")
        a.keys("Enter")
        a.wait_text("After-connection IRC commands")  # the form, as large as it is
        a.keys("Tab", *["Backspace"] * 4)
        a.type(str(ircd.port))
        a.wait_text(f"Ports                                  {ircd.port}")
        a.keys("S-Tab", "S-Tab", "S-Tab", "Enter")  # before the first field are the buttons
        a.wait_text("Configuration successfully applied.")
        a.keys("Esc")
        a.wait_gone("successfully applied")
        a.wait_text("Configure a few settings")  # and the commands are there for the next
        a.keys("Esc")
        a.command("/join #lobby%127.0.0.1@irc.localhost")
        carol.put("JOIN #lobby")
        carol.wait("JOIN :#lobby")
        a.wait_text("carol")
        a.command("hello from xmpp")
        carol.wait(":hello from xmpp")
        carol.put("PRIVMSG #lobby :hello from irc")
        a.wait_text("hello from irc")
        carol.put("NICK caroline")
        a.wait_text("caroline")
        a.command("/nick alicia")
        carol.wait("NICK :alicia")
        carol.put("PRIVMSG alicia :only for you")
        a.wait_text("caroline%127.0.0.1")
        a.command("/query caroline%127.0.0.1@irc.localhost")
        a.news("only for you")
        a.command("and back to you")
        carol.wait("PRIVMSG caroline :and back to you")
        a.command("/query #lobby%127.0.0.1@irc.localhost")
        a.news("hello from irc")
        carol.put("QUIT :bye")
        a.wait(lambda t: not re.search(r"│ . caroline *$", t.text(), re.M), what="caroline to be gone from the list of members")


def test_a_gateway_of_the_slidge_kind(profile, tmp_path):
    """XMPP.md 6.2: found though it is a room service as well, registered with by commands of three steps, its state told where
    gateways are listed and nowhere else; people who are in nobody's list, groups it cannot add, names that are escaped, ids it
    does not know; what it offers kept as a list of commands; unregistered."""
    with Prosody(tmp_path, extra=component("gw.localhost")) as prosody, Slidge("gw.localhost", prosody) as gw:
        alice = prosody.add_user("alice", "secret")
        p = xmpp_account(profile("alice"), prosody, "alice")
        a = p.start(columns=120, rows=36)
        p.online()
        a.command("/list -at=gw.localhost")
        a.wait_text("needs registration first")  # no error, but what to do
        a.keys("Esc")
        a.wait_gone("needs registration first")
        a.command("/gateways")
        a.wait_text("Dummy network")
        a.wait_text("not registered")
        a.keys("Enter")
        a.wait_text("not end-to-end encrypted")
        a.keys("Enter")
        a.wait_text("Registration: your account")
        a.type("ann\t")
        a.type("hunter2\t")
        a.keys("Enter")
        a.wait_text("Registration: the code sent to you")
        assert gw.login == ("ann", "hunter2") and "hunter2" not in a.text()
        a.type("123456\t")
        a.keys("Enter")
        a.wait_text("Registration: preferences")
        a.keys("Tab", "Enter")
        a.wait_text("You are registered.")
        assert gw.prefers == ["1"]
        a.keys("Esc")
        a.wait_gone("You are registered.")
        gw.expect(lambda e: local(e) == "presence" and e.get("type") == "subscribed", "the gateway's request answered")
        a.keys("C-r")
        a.wait_text("logged in: Syncing")
        a.keys("M-Enter")  # what it offers
        a.wait_text("Preferences")
        a.keys("Enter")
        a.wait_text("111@gw.localhost")  # a table of contacts, over the list of commands
        a.keys("Esc")
        a.wait_gone("111@gw.localhost")
        a.wait_text("Unregister")
        a.keys("Esc")
        a.wait_gone("Unregister")
        gw.state(alice, "chat", "Success!")
        send = f"<presence from='111@gw.localhost/slidge' to='{alice}'>"
        gw.send(send + "<nick xmlns='http://jabber.org/protocol/nick'>Ann Dummy</nick></presence>")
        a.wait_text("Ann Dummy")  # a contact, though in nobody's list
        gw.send(f"<message from='111@gw.localhost/slidge' to='{alice}' type='chat' id='m1'><body>hello from there</body>"
                "<reply xmlns='urn:xmpp:reply:0' id='None' to='x'/></message>")
        a.command("/query 111@gw.localhost")
        a.news("hello from there")  # whatever it answers to
        gw.send(f"<message from='d\\40e.example@gw.localhost/slidge' to='{alice}' type='chat' id='m2'><body>and from here</body></message>")
        a.command("/query d@e.example@gw.localhost")
        a.news("and from here")
        a.wait_text("d@e.example@gw.localhost")
        a.command("back to you")
        gw.expect(lambda e: local(e) == "message" and e.get("to") == "d\\40e.example@gw.localhost" and child(e, "body") is not None, "an answer")
        gw.send(f"<message from='gw.localhost' to='{alice}' type='normal'><x xmlns='jabber:x:conference' jid='g1@gw.localhost' "
                "reason='This group could not be added automatically for you'/></message>")
        a.wait_text("invites you")
        a.command("/search-users -at=gw.localhost 555")
        a.wait_text("222@gw.localhost")
        a.keys("Esc")
        a.wait_gone("222@gw.localhost")
        a.command("/command gw.localhost?command;node=unregister")
        a.wait_text("You are no longer registered.")
        a.keys("Esc")
        a.wait_gone("You are no longer registered.")


def test_a_code_to_be_scanned(profile, tmp_path):
    """XMPP.md 6.2: pairing by a code: drawn from its text, at once and whole, while the command waits for who scans it."""
    with Prosody(tmp_path, extra=component("gw.localhost")) as prosody, Slidge("gw.localhost", prosody) as gw:
        prosody.add_user("alice", "secret")
        p = xmpp_account(profile("alice"), prosody, "alice")
        a = p.start(columns=80, rows=24)
        p.online()
        a.command("/command gw.localhost")
        a.wait_text("Pair by a code")
        a.keys("Enter")
        a.wait(lambda t: t.text().count("█" * 29) >= 2, what="the border of a code")
        assert "▄▄▄▄▄" in a.text()
        a.resize(50, 15)
        a.wait_text("The code needs a terminal of about")  # and not half of it
        a.wait(lambda t: "█" * 10 not in t.text() and "2@wYk3mZ7,Qx9,slidge" in t.text(), what="its text instead")
        a.resize(80, 24)
        a.wait(lambda t: t.text().count("█" * 29) >= 2, what="the border of a code again")
        a.keys("Tab", "Enter")
        wait(lambda: gw.waiting, "the command to wait")
        gw.scanned()
        a.wait_text("You are paired.")


def test_commands_of_a_server(profile, tmp_path):
    """XEP-0133 on a real Prosody, by its administrator: what a command says is shown, a form is checked before it is sent, and the
    list of commands stays for the next."""
    with Prosody(tmp_path, modules='"adhoc"; "admin_adhoc";') as prosody:
        prosody.add_user("admin", "secret")
        p = xmpp_account(profile("admin"), prosody, "admin")
        a = p.start(columns=120, rows=36)
        p.online()
        a.command("/command")
        a.wait_text("Get uptime")
        a.type("uptime")
        a.wait_gone("Add User")
        a.keys("Enter")
        a.wait_text("This server has been running")
        a.keys("Esc")
        a.wait_gone("This server has been running")
        a.keys("C-u")
        a.wait_text("Add User")
        a.type("add user")
        a.wait_gone("Get uptime")
        a.keys("Enter")
        a.wait_text("Adding a User")
        a.keys("S-Tab", "S-Tab", "Enter")
        a.wait_text("This is needed.")  # the address, before anything is sent
        a.type("carol@localhost\t")
        a.type("sesame\t")
        a.type("sesame\t")
        a.wait(lambda t: "sesame" not in t.text(), what="the password not to be seen")
        a.keys("Enter")
        a.wait_text("Account successfully created")
        a.keys("Enter")
        a.wait_gone("Account successfully created")
        a.keys("C-u")
        a.wait_text("Get uptime")  # the list is still there
        a.keys("Esc")
    assert (tmp_path / "prosody" / "data" / "localhost" / "accounts" / "carol.dat").exists()
