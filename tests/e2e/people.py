"""tests/e2e/people.py - accounts for profiles: neighbours on this machine, and users of a test Prosody"""
import os
import tempfile

import pytest

UIDS = (12345, 12346, 12347)  # users that only the tests have


class Neighbours:
    """Users of one machine, in a meeting place of their own. Real ones need root; else all have our own uid."""

    def __init__(self, profile):
        self.make = profile
        self.directory = tempfile.mkdtemp(prefix="kl-")
        os.chmod(self.directory, 0o1777)
        self.count = 0

    def join(self, name, extra=""):
        if os.getuid() != 0:
            pytest.skip("several users of one machine need root")
        uid = UIDS[self.count]
        self.count += 1
        p = self.make(name, uid=uid)
        p.address = f"uid-{uid}"
        p.write("accounts.cfg", f'''accounts = (
  {{ name = "here"; protocol = "local"; address = ""; autoconnect = true; directory = "{self.directory}"; {extra} }} );
''')
        return p

    def close(self):
        import shutil
        shutil.rmtree(self.directory, ignore_errors=True)


def xmpp_account(profile, server, user, password="secret", name="home", port=None, extra=""):
    """Gives a profile an XMPP account on a test server."""
    profile.address = f"{user}@localhost"
    profile.write("accounts.cfg", f'''accounts = (
  {{ name = "{name}"; protocol = "xmpp"; address = "{user}@localhost"; password = "{password}"; autoconnect = true;
    host = "127.0.0.1"; port = {port or server.port}; ca_file = "{server.ca}"; {extra} }} );
''')
    return profile
