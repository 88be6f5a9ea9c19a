"""tests/e2e/test_gateways.py - gateways: a real biboumi with a real ngircd behind it, a scripted one of the slidge kind, commands of a server"""
import re

from gateways import Biboumi, component
from irc_servers import Ngircd, Person
from people import xmpp_account
from servers import Prosody


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
