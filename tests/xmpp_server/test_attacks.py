# xmpp_server/test_attacks.py - each test that the table ATTACKS names for what must hold is there
import re

import pytest
from driver import ROOT

ROWS = [[cell.strip() for cell in line.split("|")] for line in (ROOT / "tests/xmpp_server/ATTACKS").read_text().splitlines()
        if line and line[0] != "#"]


def test_they_are_numbered_through():
    assert [int(row[0]) for row in ROWS] == list(range(1, len(ROWS) + 1)) and len(ROWS) >= 69


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_its_tests_are_there(row):
    _, what, tests = row
    assert what and tests
    for item in tests.split():
        name, path = item.split("@")
        text = (ROOT / "tests" / path).read_text()
        # a Python test is a function of the file; a test in C is defined, and stands in the list of those that are run
        found = re.findall(r"^def %s\(" % name if path.endswith(".py") else r"\b%s\b" % name, text, re.M)
        assert len(found) >= (1 if path.endswith(".py") else 2), "%s is no test of %s" % (name, path)
