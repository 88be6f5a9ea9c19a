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


@pytest.fixture
def neighbours(profile):
    from people import Neighbours
    n = Neighbours(profile)
    yield n
    n.close()


@pytest.fixture(scope="session")
def prosody(tmp_path_factory):
    """One Prosody for the tests that do not hurt it."""
    import shutil
    import tempfile
    from servers import Prosody
    folder = tempfile.mkdtemp(prefix="kp-")
    server = Prosody(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
