# irc_server/test_traps.py - each bound of the table TRAPS is in the source, and each test that shows it is there
import re

import pytest
from driver import ROOT

ROWS = [[cell.strip() for cell in line.split("|")] for line in (ROOT / "tests/irc_server/TRAPS").read_text().splitlines()
        if line and line[0] != "#"]


def test_no_trap_is_left_out():
    assert [int(row[0]) for row in ROWS] == list(range(1, 43))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_bounds_and_tests_are_there(row):
    _, _, names, tests = row
    for cell, folder in ((names, "src/backends/irc"), (tests, "tests")):
        assert cell
        for item in cell.split():
            name, path = item.split("@")
            text = (ROOT / folder / path).read_text()
            assert re.search(r"\b%s\b" % name, text), "%s is not in %s" % (name, path)
