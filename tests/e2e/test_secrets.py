"""tests/e2e/test_secrets.py - passwords leave no trace: not in argv, environments, logs, files, core files, nor on the screen"""
import itertools
import os
import resource
import threading

import pytest
from kith import BUILD, processes

SANITIZED = "san" in BUILD
FILED, COMMANDED, TYPED = "filed-5ab1c0ffee", "commanded-77d0e1", "typed-0b5e55ed"
counter = itertools.count(1)


class CommandLines(threading.Thread):
    """Reads all command lines, again and again: a short-lived one is caught, too."""

    def __init__(self):
        super().__init__(daemon=True)
        self.found, self.over = set(), threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            for _, line in processes().values():
                self.found.update(line for word in (FILED, COMMANDED, TYPED) if word in line)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def everything(p):
    """The processes of a profile: the view, the engine and its children with theirs."""
    known, found = processes(), {p.engine(), *(t.pid for t in p.terminals)}
    while True:
        more = {pid for pid, (ppid, _) in known.items() if ppid in found} - found
        if not more:
            return found
        found |= more


def words_in(data):
    return [w for w in (FILED, COMMANDED, TYPED) if w.encode() in data]


@pytest.fixture
def cores():
    """Core files are allowed, as on a developer's machine."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    limit = before[1] if os.getuid() != 0 else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    yield limit
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_no_trace_of_a_password(profile, prosody, tmp_path, cores):
    p = profile("alice")
    users = [f"keeper{next(counter)}" for _ in range(3)]
    for user, password in zip(users, (FILED, COMMANDED, TYPED)):
        prosody.add_user(user, password)
    os.chmod(tmp_path, 0o700)
    (tmp_path / "word").write_text(COMMANDED + "\n")
    ways = (f'password = "{FILED}";', f'password_command = "cat {tmp_path}/word";', "")
    p.write("accounts.cfg", "accounts = (" + ",".join(f'''
  {{ name = "a{i}"; protocol = "xmpp"; address = "{user}@localhost"; autoconnect = true; host = "127.0.0.1";
    port = {prosody.port}; ca_file = "{prosody.ca}"; {way} }}''' for i, (user, way) in enumerate(zip(users, ways))) + " );\n")
    with CommandLines() as lines:
        t = p.start(columns=120, rows=36)
        t.wait_text(f"Password for {users[2]}@localhost")
        t.write(TYPED + "\r")
        p.online()
        t.command("/reconnect")  # the password is used once more
        p.online()
        pids = everything(p)
        assert len(pids) >= 5
        for pid in pids:
            with open(f"/proc/{pid}/environ", "rb") as f:
                assert not words_in(f.read()), (pid, processes()[pid])
            with open(f"/proc/{pid}/limits") as f:
                core = next(line for line in f if line.startswith("Max core file size"))
            assert core.split()[4] == "0", (core, processes()[pid])
        p.json("status")
        p.run("--print-config", check=True)
        assert p.run("quit")[0] == 0
        t.wait_exit()
    assert not lines.found
    assert not words_in(bytes(t.raw))
    for folder, _, names in os.walk(p.root):
        assert os.stat(folder).st_mode & 0o077 == 0, folder
        for name in names:
            path = os.path.join(folder, name)
            if name == "accounts.cfg" or not os.path.isfile(path):
                continue
            assert os.stat(path).st_mode & 0o077 == 0, path
            with open(path, "rb") as f:
                assert not words_in(f.read()), path


def test_password_that_others_can_read_is_not_used(profile, prosody):
    p = profile("alice")
    prosody.add_user("careless", "secret")
    p.write("accounts.cfg", f'''accounts = ( {{ name = "home"; protocol = "xmpp"; address = "careless@localhost"; password = "secret";
    autoconnect = true; host = "127.0.0.1"; port = {prosody.port}; ca_file = "{prosody.ca}"; }} );''', 0o644)
    t = p.start(columns=140, rows=36)
    t.wait_text("others may read it, so none of it is used; run: chmod 600 accounts.cfg")
    assert p.json("status") == []
    os.chmod(p.path("accounts.cfg"), 0o600)
    t.command("/reload")
    p.online()


@pytest.mark.skipif(SANITIZED, reason="the leak checker needs to look into its process")
def test_account_process_cannot_be_looked_into(profile, prosody):
    """PR_SET_DUMPABLE 0: its memory belongs to root, even to the user's own other programs."""
    p = profile("alice", uid=12345)
    prosody.add_user("watched", "secret")
    os.chmod(os.path.dirname(str(prosody.ca)), 0o755)
    p.write("accounts.cfg", f'''accounts = ( {{ name = "home"; protocol = "xmpp"; address = "watched@localhost"; password = "secret";
    autoconnect = true; host = "127.0.0.1"; port = {prosody.port}; }} );''')
    p.start()
    pid = next(iter(wait_for_account(p)))
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0


def wait_for_account(p):
    from kith import until
    return until(p.account_processes, what="an account process")
