"""tests/e2e/test_connection.py - what stands between kith and its server: a proxy, a restart, another server of the same people"""
import pytest
from kith import until
from peer import Peer
from people import xmpp_account
from servers import Prosody
from socks import Socks


@pytest.fixture
def own_prosody(tmp_path):
    with Prosody(tmp_path) as p:
        for name in ("alice", "bob", "carol"):
            p.add_user(name, "secret")
        yield p


def row(text, account, server, user, extra):
    return text + '''  { name = "%s"; protocol = "xmpp"; address = "%s@localhost"; password = "secret"; autoconnect = true;
    ca_file = "%s"; %s },\n''' % (account, user, server.ca, extra)


def accounts(profile, rows):
    profile.write("accounts.cfg", "accounts = (\n" + rows.rstrip(",\n") + " );\n")
    return profile


def test_an_account_of_its_own_way_through_a_proxy(profile, own_prosody):
    """The proxy of one account is told the name, which nobody else is asked for; it is not for the other account; and what
    ails it is said as its own."""
    proxy = Socks(own_prosody.c2s)
    rows = row("", "hidden", own_prosody, "alice", f'host = "kithx7aoxv2yuj.onion"; proxy = "socks5://127.0.0.1:{proxy.port}";')
    rows = row(rows, "open", own_prosody, "carol", f'host = "127.0.0.1"; port = {own_prosody.port};')
    p = accounts(profile("alice"), rows)
    a = p.start(columns=120, rows=36)
    p.online("hidden"), p.online("open")
    assert proxy.asked == [("kithx7aoxv2yuj.onion", 5222)]
    a.command("/msg -account=hidden bob@localhost by a long way round")
    with Peer("bob@localhost", "secret", port=own_prosody.c2s, ca=own_prosody.ca) as bob:
        bob.expect("message", timeout=30, body="by a long way round")
    proxy.close()
    a.wait_text("The proxy of this account is not there", 60)
    assert [r["state"] for r in p.json("status") if r["account"] == "open"] == ["online"]
    back = Socks(own_prosody.c2s, proxy.port)
    p.online("hidden", timeout=90)
    assert set(back.asked) == {("kithx7aoxv2yuj.onion", 5222)}
    back.close()


WEB = """
modules_enabled = {{ "websocket"; "http_files" }}
http_paths = {{ files = "/"; websocket = "/ws" }}
http_files_dir = "{dir}"
"""


@pytest.fixture
def web_prosody(tmp_path):
    """A server that says on the web that it can be reached by WebSocket, too."""
    known = tmp_path / "site" / ".well-known"
    known.mkdir(parents=True)
    (known / "host-meta").write_text(
        "<?xml version='1.0'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'><Link rel='urn:xmpp:alt-connections:xbosh'"
        " href='https://localhost/bosh'/><Link rel='urn:xmpp:alt-connections:websocket' href='wss://localhost/ws'/></XRD>")
    with Prosody(tmp_path, host_extra=WEB.format(dir=known.parent)) as p:
        for name in ("alice", "bob"):
            p.add_user(name, "secret")
        yield p


def test_only_the_web_gets_through(profile, web_prosody):
    """Where nothing but port 443 is open, what the domain says on the web leads to the server; the session outlives a cut;
    and kith says by which way it is connected."""
    proxy = Socks({443: web_prosody.web.port})
    p = accounts(profile("alice"), row("", "home", web_prosody, "alice", f'proxy = "socks5://127.0.0.1:{proxy.port}";'))
    a = p.start(columns=120, rows=36)
    p.online()
    assert proxy.asked[0] == ("localhost", 5222) and proxy.asked[1:] and {x[1] for x in proxy.asked[1:]} == {443}
    a.command("/query bob@localhost")
    a.command("through the web – “all” of <it> & more")
    with Peer("bob@localhost", "secret", port=web_prosody.c2s, ca=web_prosody.ca) as bob:
        bob.expect("message", timeout=30, body="through the web – “all” of <it> & more")
        bob.send(type="message", to="alice@localhost", body="x" * 70000 + " and the end")
        a.wait_text("more lines", 30)
        proxy.asked.clear()
        web_prosody.web.cut()
        until(lambda: "mod_smacks" in web_prosody.log and "resum" in web_prosody.log.lower(), 60, "the session goes on")
        p.online()
        assert {x[1] for x in proxy.asked} == {443}
        a.command("still by the web")
        bob.expect("message", timeout=30, body="still by the web")
    a.command("/status")
    a.wait_text("home: online, by wss://localhost/ws", 20)
    a.command("/why account home")
    a.wait_text("it is connected as alice@localhost to wss://localhost/ws", 20)
    proxy.close()


def test_a_way_of_ones_own_by_the_web(profile, web_prosody):
    """The option says where to connect to at once; what is wrong there is said; it ends politely. Off: the web is not asked."""
    proxy = Socks({443: web_prosody.web.port})
    at = f'websocket = "wss://localhost:{web_prosody.http}'
    rows = row("", "home", web_prosody, "alice", at + '/ws";')
    rows = row(rows, "lost", web_prosody, "bob", at + '/nowhere";')
    rows = row(rows, "never", web_prosody, "bob", f'websocket = "off"; proxy = "socks5://127.0.0.1:{proxy.port}";')
    p = accounts(profile("alice"), rows)
    a = p.start(columns=120, rows=36)
    p.online("home")
    a.command("/why account home")
    a.wait_text(f"it is connected as alice@localhost to wss://localhost:{web_prosody.http}/ws", 20)
    a.keys("Esc")
    until(lambda: any("/nowhere does not take a WebSocket: it is not there (HTTP 404)." in (r.get("problem") or "")
                      for r in p.json("status")), 30, "what is wrong there")
    until(lambda: len(proxy.asked) > 2, 60, "three tries the direct way")
    assert {port for _, port in proxy.asked} == {5222}
    a.command("/disconnect home")
    until(lambda: "alice@localhost" in web_prosody.log and "closed: session closed" in web_prosody.log, 20, "a polite end")
    proxy.close()


def test_a_server_that_restarts(profile, own_prosody):
    """That it is away is said; the way back needs no key, and what was written meanwhile arrives."""
    p = xmpp_account(profile("alice"), own_prosody, "alice")
    a = p.start(columns=120, rows=36)
    p.online()
    a.command("/query bob@localhost")
    own_prosody.halt()
    a.wait_text("retry", 30)
    a.command("written while it was away")
    own_prosody.start()
    p.online(timeout=90)
    a.wait(lambda t: any("written while" in line and "✓" in line for line in t.lines()), 60, "the server has it")
    with Peer("bob@localhost", "secret", port=own_prosody.c2s, ca=own_prosody.ca) as bob:
        bob.expect("message", timeout=30, body="written while it was away")


def test_two_accounts_with_the_same_contact(profile, own_prosody):
    """What one of them says, knows and does is not the other's: chats, history, presence, typing, names, blocking, search;
    and the screen says which is which."""
    rows = row("", "work", own_prosody, "alice", f'host = "127.0.0.1"; port = {own_prosody.port};')
    rows = row(rows, "club", own_prosody, "carol", f'host = "127.0.0.1"; port = {own_prosody.port};')
    p = accounts(profile("alice"), rows)
    a = p.start(columns=120, rows=36)
    p.online("work"), p.online("club")

    def bodies(account):
        return [m["body"] for m in p.json("tail", "--account", account, "bob@localhost")]

    with Peer("bob@localhost", "secret", port=own_prosody.c2s, ca=own_prosody.ca) as bob:
        bob.befriend("alice@localhost")
        a.wait_text("bob@localhost")
        a.command("/contact accept -account=work bob@localhost")
        a.command("/contact add -account=work bob@localhost Boss")
        a.wait_text("● Boss")
        # The same person wrote to both: two chats, each with its own words.
        a.command("/msg -account=work bob@localhost the figures are in")
        assert bob.expect("message", timeout=20, body="the figures are in")["from"].startswith("alice@localhost/")
        a.command("/contact add -account=club bob@localhost Bobby")
        bob.befriend("carol@localhost")
        a.wait(lambda t: t.shows("● Bobby"), 30, "the other one")
        a.command("/msg -account=club bob@localhost see you at the match")
        assert bob.expect("message", timeout=20, body="see you at the match")["from"].startswith("carol@localhost/")
        bob.send("carol@localhost", "in the usual place")
        bob.send("alice@localhost", "thank you")
        until(lambda: bodies("work") == ["the figures are in", "thank you"], what="the words of work")
        until(lambda: bodies("club") == ["see you at the match", "in the usual place"], what="the words of the club")
        # Each by the name it has there, below its own account; the title says whose chat it is.
        lines = a.lines()
        order = [next(i for i, line in enumerate(lines) if word in line[:27]) for word in ("alice@", "Boss", "carol@", "Bobby")]
        assert order == sorted(order), a.text()
        assert "Bobby as carol@localhost" in lines[0], lines[0]
        # Typing and blocking are of one alone.
        a.command("/query -account=club bob@localhost")
        bob.state("alice@localhost", "composing")
        bob.state("carol@localhost", "composing")  # behind it in the same stream
        a.wait_text("Bobby is typing")
        assert not a.shows("Boss is typing")
        a.command("/block -account=club bob@localhost")
        a.wait_text("locked", 20)
        bob.send("alice@localhost", "still heard at work")
        until(lambda: bodies("work")[-1] == "still heard at work", what="it heard at work")
        bob.send("carol@localhost", "not heard in the club")
        bob.send("alice@localhost", "the last one")
        until(lambda: bodies("work")[-1] == "the last one", what="the last")
        assert bodies("club") == ["see you at the match", "in the usual place"]


def test_text_is_seen_while_it_is_written(profile, own_prosody):
    """Between two kiths where both want it (XEP-0301); the message takes its place, and nothing of it is in the archive."""
    both = []
    for name in ("alice", "bob"):
        p = xmpp_account(profile(name), own_prosody, name, extra='live = "chats"; encryption = "off";')
        both.append((p, p.start(columns=100, rows=30)))
        p.online()
    (pa, a), (pb, b) = both
    a.command("/contact add bob@localhost Bob")
    b.wait_text("alice@localhost")
    b.command("/contact accept alice@localhost")
    b.command("/contact add alice@localhost Alice")
    a.command("/contact accept bob@localhost")
    a.wait_text("● Bob")
    b.wait_text("● Alice")
    a.command("/query bob@localhost")
    b.command("/query alice@localhost")
    a.type("shall we go to the harbr")
    b.wait_text("shall we go to the harbr…", 60)
    a.keys("Backspace", "Backspace")
    a.type("bour")
    b.wait_text("shall we go to the harbour…")
    a.wait_text("seen while you write it")
    a.keys("Enter")
    b.wait(lambda t: t.shows("shall we go to the harbour") and not t.shows("harbour…"), 30, "the message in its place")
    assert [m["body"] for m in pb.json("tail", "alice@localhost")] == ["shall we go to the harbour"]
    with Peer("bob@localhost", "secret", port=own_prosody.c2s, ca=own_prosody.ca) as bob:
        kept = [m["body"] for m in bob.mam_all(with_="alice@localhost")]  # and that it arrived, and was read
    assert [body for body in kept if body] == ["shall we go to the harbour"] and len(kept) <= 3, kept
