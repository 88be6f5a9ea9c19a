"""tests/e2e/conftest.py - fixtures: profiles that clean up after themselves"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from kith import Profile  # noqa: E402


@pytest.fixture
def profile():
    """A function that makes profiles."""
    made = []

    def make(name="alice", uid=None):
        p = Profile(name, uid)
        made.append(p)
        return p

    yield make
    errors = []
    for p in made:
        try:
            p.close()
        except AssertionError as e:
            errors.append(str(e))
    assert not errors, "\n".join(errors)
