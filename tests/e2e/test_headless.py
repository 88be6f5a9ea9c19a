"""tests/e2e/test_headless.py - kith --headless: an engine without a terminal, for services"""
import os
import signal
import subprocess
import time

from kith import KITH, until
from people import xmpp_account


class Headless:
    def __init__(self, p, *args):
        env = {k: v for k, v in p.env().items() if k not in ("TERM", "KITH_LOG")}
        self.log = open(p.path("stderr"), "w+b")
        self.process = subprocess.Popen([KITH, "--headless", "--config", p.root, *args], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, env=env, start_new_session=True)

    def text(self):
        with open(self.log.name, "rb") as f:
            return f.read().decode()

    def end(self):
        """The exit code after SIGTERM, and the seconds it took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20), time.monotonic() - start


def test_it_connects_logs_and_leaves(profile, prosody):
    prosody.add_user("service", "secret")
    p = xmpp_account(profile("alice"), prosody, "service")
    h = Headless(p)
    try:
        p.online()
        until(lambda: "home: online" in h.text(), what="a line about the account")
        assert "secret" not in h.text()
        # A terminal attaches to it, and leaves it alone; another engine is refused.
        t = p.start(columns=100, rows=30)
        t.wait_text("service@localhost")
        t.command("/detach")
        assert t.wait_exit() == 0
        assert h.process.poll() is None
        again = Headless(p)
        assert again.process.wait(20) == 5
        assert p.run("send", "--wait", p.address, "a note to self")[0] == 0
        code, seconds = h.end()
        assert code == 0 and seconds < 5, (code, seconds)
        assert "home: offline" in h.text() or "home: closing" in h.text()
        until(lambda: p.run("status")[0] == 1, what="no engine")
    finally:
        if h.process.poll() is None:
            h.process.kill()
            h.process.wait()


def test_it_leaves_in_time_when_the_server_is_silent(profile, tmp_path):
    from servers import Prosody
    import shutil
    import tempfile
    folder = tempfile.mkdtemp(prefix="kp-")
    server = Prosody(folder)
    try:
        server.add_user("service", "secret")
        p = xmpp_account(profile("alice"), server, "service")
        h = Headless(p)
        p.online()
        server.freeze()
        code, seconds = h.end()
        assert code == 0 and seconds < 5, (code, seconds)
    finally:
        server.thaw()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_it_joins_the_channels_of_irc_and_says_goodbye(profile, tmp_path):
    from irc_servers import Ngircd, Person
    from servers import Relay
    with Ngircd(tmp_path) as server, Person(server.port, "bob") as bob:
        relay = Relay(server.port)
        bob.put("JOIN #here")
        bob.wait(" 366 ")
        p = profile("alice")
        p.write("accounts.cfg", f'''accounts = ( {{ name = "net"; protocol = "irc"; address = "alice@127.0.0.1:{relay.port}"; tls = "no";
            login = "alice"; password = "verysecret"; allow_plain = true; join = "#here"; quit_message = "until later"; }} );''')
        h = Headless(p)
        try:
            bob.wait("alice!")
            until(lambda: "net: online" in h.text(), what="a line about the account")
            bob.put("PRIVMSG #here :is anybody here?")
            until(lambda: "is anybody here?" in p.run("tail", "#here")[1], what="what bob said, stored")
            code, seconds = h.end()
            assert code == 0 and seconds < 5, (code, seconds)
            bob.wait("until later")
            assert "verysecret" not in h.text() and "is anybody" not in h.text()
            h = Headless(p)
            p.online()
            relay.freeze()
            code, seconds = h.end()
            assert code == 0 and seconds < 5, (code, seconds)
        finally:
            relay.freeze(False)
            relay.stop()
            if h.process.poll() is None:
                h.process.kill()
                h.process.wait()
            print(h.text())


def test_without_accounts_it_says_what_is_missing(profile):
    h = Headless(profile("nobody"))
    assert h.process.wait(20) == 3
    assert "there is no account" in h.text()
