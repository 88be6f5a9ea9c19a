"""tests/e2e/test_omemo_room.py - an encrypted room on a real Prosody: three kiths, one of whom comes later"""
import itertools
import json
import os
import pathlib
import subprocess
import sys

import pytest
from kith import GIVEN, HERE, until
from people import xmpp_account
from servers import Prosody

counter = itertools.count(1)
CLOSED = """
Component "closed.localhost" "muc"
  modules_enabled = { "muc_mam" }
  muc_room_default_members_only = true
  muc_room_default_public_jids = true
  muc_room_default_persistent = true
"""


@pytest.fixture
def closed(tmp_path):
    with Prosody(tmp_path, host_extra=CLOSED) as p:
        for name in ("alice", "bob", "carol"):
            p.add_user(name, "secret")
        yield p


def stored(prosody, *words):
    """Which of the words are anywhere in what the server keeps."""
    kept = [f.read_bytes() for f in pathlib.Path(prosody.dir / "data").rglob("*") if f.is_file()]
    return [w for w in words if any(w.encode() in k for k in kept)]


def rows(p, room):
    return [r["body"] for r in p.json("tail", room) if r["body"]]


def test_three_kiths_in_a_closed_room(profile, closed):
    """All who belong to the room read it, the server reads nothing; who comes later reads what came after."""
    room = f"team{next(counter)}@closed.localhost"
    pa, pb, pc = (xmpp_account(profile(n), closed, n) for n in ("alice", "bob", "carol"))
    a, b = pa.start(columns=120, rows=36), pb.start(columns=120, rows=36)
    pa.online(), pb.online()
    a.command(f"/join {room}")
    a.wait_text("Open it now", 30)
    a.keys("Enter")
    a.wait_text("This room is new", 30)
    a.command("/affiliation member bob@localhost")
    a.wait_text("bob@localhost is a member", 30)
    b.command(f"/join {room}")
    b.wait_text(room, 30)
    a.wait_text("bob", 30)
    a.command("the first words")
    a.wait_text("the 2 people who belong to it can read", 30)
    b.wait_text("the first words", 30)
    b.command("/reply an answer of bob")
    a.wait_text("an answer of bob", 30)
    a.command("these words are worng")
    b.wait_text("these words are worng", 30)
    a.command("/edit these words are right")
    b.wait_text("these words are right", 30)
    b.wait_gone("worng")
    assert "/me" not in a.text()
    # carol belongs to it, and has no keys yet
    a.command("/affiliation member carol@localhost")
    a.wait_text("carol@localhost is a member", 30)
    a.command("before carol had keys")
    a.wait_text("carol@localhost cannot read what", 30)
    b.wait_text("before carol had keys", 30)
    c = pc.start(columns=120, rows=36)
    pc.online()
    c.command(f"/join {room}")
    c.wait_text(room, 30)
    a.wait_text("carol", 30)
    a.command("after carol came")
    c.wait_text("after carol came", 60)
    b.wait_text("after carol came", 30)
    c.command("an answer of carol")
    a.wait_text("an answer of carol", 30)
    b.wait_text("an answer of carol", 30)
    seen = rows(pc, room)
    assert not [r for r in seen if "first words" in r or "before carol" in r], seen
    assert any("cannot be read here" in r for r in seen), seen
    # a restart: what was read is not read twice, and stays
    b.command("/quit")
    until(lambda: not pb.engine(), 30, "the engine to end")
    a.command("while bob was away")
    c.wait_text("while bob was away", 30)
    b = pb.start(columns=120, rows=36)
    pb.online()
    b.command(f"/join {room}")
    b.wait_text("while bob was away", 60)
    seen = rows(pb, room)
    for one in ("the first words", "these words are right", "after carol came", "an answer of carol", "while bob was away"):
        assert seen.count(one) == 1, seen
    assert not [r for r in seen if "cannot be read" in r], seen
    assert stored(closed, "first words", "answer of", "words are", "carol came", "bob was away") == []


# A sanitizer's work is not kith's: what is measured is the build beside it.
PLAIN = os.path.dirname(GIVEN) if os.path.basename(GIVEN) == "san" else GIVEN


@pytest.mark.skipif(not os.path.exists(os.path.join(PLAIN, "backends/xmpp.so")), reason="there is only a sanitized build")
def test_a_hundred_unknown_devices_delay_no_key():
    """tests/bench/omemo_room.py measures what is promised; here with room for a busy machine."""
    run = subprocess.run([sys.executable, "-B", os.path.join(HERE, "../bench/omemo_room.py"), "--json"], capture_output=True, text=True,
                         timeout=200, env=dict(os.environ, KITH_BUILD=PLAIN, KITH_BENCH_ROOMS="3"))
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    print(found)
    assert found["keys typed"] >= 10
    assert found["key: 99th of 100, ms"] < 50 + found["three cats: 99th of 100, ms"]
    assert found["questions open at once"] <= 20
    assert found["answer to a ping meanwhile, ms"] < 2000
