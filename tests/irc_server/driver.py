# irc_server/driver.py - a kith-account with irc.so, and the test in the place of its engine
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from engine import (  # noqa: E402,F401
    ASK_CERTIFICATE, AUTO, EAUTH, ECONFLICT, EDENIED, ENET, ENOTFOUND, EOFFLINE, ETLS, FAILED, NEVER, NOW, OFFLINE, ONLINE, PATIENCE, SENT,
    STORED, Engine, numbers)


class Driver(Engine):
    def __init__(self, state, address="alice@localhost", **options):
        super().__init__("irc", state, address, **options)

    def settle(self, conn):
        """Waits until all that the server said before has become events; returns those since the last one."""
        word = "barrier-%d" % next(numbers)
        start = len(self.events)
        conn.put(":barrier!b@b PRIVMSG alice :" + word)
        self.wait("MESSAGE", body=word)
        return [e for e in self.events[start:-1] if not (e.get("chat") == "barrier" or e.get("address") == "barrier")]
