"""tests/e2e/test_strangers.py - what somebody who is no contact writes waits for the user, over a kill, and is let in whole"""
import os
import signal

from kith import until
from people import xmpp_account
from peer import Peer


def test_strangers_wait_over_a_kill(profile, prosody):
    prosody.add_user("recluse", "secret")
    prosody.add_user("knocker", "secret")
    p = xmpp_account(profile("recluse"), prosody, "recluse")
    p.write("kith.cfg", 'privacy = { strangers = "hold"; };\n')
    t = p.start(columns=120, rows=36)
    p.online()
    with Peer("knocker@localhost", "secret", port=prosody.c2s, ca=prosody.ca) as other:
        other.send("recluse@localhost", "first ring")
        t.wait_text("1 stranger wrote")
        other.send("recluse@localhost", "second ring")
        until(lambda: "second ring" in p.run("tail", "knocker@localhost")[1], what="second message in the store")
        assert not t.shows("ring")
        os.kill(p.engine(), signal.SIGKILL)
        t = p.start(columns=120, rows=36)
        t.wait_text("1 stranger wrote")
        t.command("/strangers")
        t.wait_text("first ring")
        t.keys("Enter")
        t.wait_text("second ring")
        t.wait(lambda s: not s.shows("stranger wrote"), what="the queue is empty")
        p.online()
        other.send("recluse@localhost", "thank you")
        t.wait_text("thank you")
        other.none("message", seconds=0.5)  # nothing was told: no receipt, no presence
        assert not [e for e in other.events("presence") if "recluse" in str(e)]
