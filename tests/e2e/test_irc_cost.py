# e2e/test_irc_cost.py - what channels cost, with room for a busy machine; tests/bench/irc_cost.py measures the promised figures
import json
import os
import subprocess
import sys

import pytest
from kith import GIVEN, HERE
from test_cost import work

# A sanitizer's work is not kith's: what is measured is the build beside it.
PLAIN = os.path.dirname(GIVEN) if os.path.basename(GIVEN) == "san" else GIVEN


@pytest.mark.skipif(not os.path.exists(os.path.join(PLAIN, "backends/irc.so")), reason="there is only a sanitized build")
def test_channels_cost_little():
    before = work()
    run = subprocess.run([sys.executable, "-B", os.path.join(HERE, "../bench/irc_cost.py"), "--json"], capture_output=True, text=True,
                         timeout=300, env=dict(os.environ, KITH_BUILD=PLAIN, KITH_BENCH_MESSAGES="3000"))
    assert run.returncode == 0, run.stderr
    found, slow = json.loads(run.stdout), max(1, max(before, work()) / 0.020)
    print(found, f"slower than a good machine: {slow:.1f}")
    ours, theirs = found["kith-irc"], found.get("irssi")
    assert ours["join of 5000, ms"] < 60 * slow
    assert ours["memory (PSS) with it open, MiB"] * (1 << 20) < 25e6
    assert ours["200 channels, s"] < 1 * slow
    for what in ("open, µs", "elsewhere, µs"):
        assert not theirs or ours[what] < theirs[what], what
