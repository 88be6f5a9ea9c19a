# e2e/test_xmpp_cost.py - what big rosters, rooms and archives cost over XMPP, with room for a busy machine; tests/bench/xmpp_cost.py
# measures the promised figures
import json
import os
import subprocess
import sys

import pytest
from kith import GIVEN, HERE
from test_cost import work

# A sanitizer's work is not kith's: what is measured is the build beside it.
PLAIN = os.path.dirname(GIVEN) if os.path.basename(GIVEN) == "san" else GIVEN


@pytest.mark.skipif(not os.path.exists(os.path.join(PLAIN, "backends/xmpp.so")), reason="there is only a sanitized build")
def test_big_rosters_rooms_and_archives_cost_little():
    before = work()
    run = subprocess.run([sys.executable, "-B", os.path.join(HERE, "../bench/xmpp_cost.py"), "kith", "--json"], capture_output=True, text=True,
                         timeout=300, env=dict(os.environ, KITH_BUILD=PLAIN, KITH_BENCH_MESSAGES="3000", KITH_BENCH_ROUNDS="1"))
    assert run.returncode == 0, run.stderr
    found, slow = json.loads(run.stdout).get("kith", {}), 2.5 * max(1, max(before, work()) / 0.020)
    print(found, f"allowed {slow:.1f} times the limits", run.stderr)
    assert found["5000 contacts, 1000 online: settled, s"] < 0.2 * slow
    assert found["room of 5000: joined, s"] < 0.3 * slow
    assert found["room message, open: CPU µs"] < 40 * slow
    assert found["room message, elsewhere: CPU µs"] < 30 * slow
    assert found["archive of 10000: messages a second"] > 5000 / slow
    assert found["5000 contacts: memory (PSS), MB"] < 30  # memory does not depend on how busy the machine is
    assert found["200 chats: memory (PSS), MB"] < 40
    assert found["keys meanwhile: 99th of 100, ms"] < 50 + found["... of three cats"]
