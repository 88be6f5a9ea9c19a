"""tests/e2e/kith.py - a profile of kith in a temporary directory: its files, terminals and processes"""
import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))


def reachable(path):
    """Root's tests run kith as other users, who cannot enter a folder such as /root: then a copy stands elsewhere."""
    parents = [path]
    while parents[-1] != "/":
        parents.append(os.path.dirname(parents[-1]))
    if os.getuid() != 0 or all(os.stat(p).st_mode & 0o001 for p in parents):
        return path
    top = tempfile.mkdtemp(prefix="kb-")
    os.chmod(top, 0o755)
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    copy = os.path.join(top, os.path.basename(path))  # "san" stays in the name
    os.mkdir(copy, 0o755)
    for name in ("kith", "kith-account", "kith-notify", "kith-spell", "kith-picture"):
        if os.path.exists(os.path.join(path, name)):
            shutil.copy2(os.path.join(path, name), copy)
    for name in ("backends", "themes", "terminfo"):
        shutil.copytree(os.path.join(path, name), os.path.join(copy, name))
    for folder, names, files in os.walk(copy):
        for name in names + files:
            full = os.path.join(folder, name)
            os.chmod(full, os.stat(full).st_mode | (0o055 if os.access(full, os.X_OK) else 0o044))
    return copy


GIVEN = os.path.abspath(os.environ.get("KITH_BUILD") or os.path.join(HERE, "../../build"))
BUILD = reachable(GIVEN)
CONFIG, LEAKS = os.path.join(HERE, "xdg"), os.path.join(os.path.dirname(HERE), "lsan.supp")
if BUILD != GIVEN:
    CONFIG = shutil.copytree(CONFIG, os.path.dirname(BUILD) + "/xdg")
    LEAKS = shutil.copy(LEAKS, os.path.dirname(BUILD) + "/lsan.supp")
KITH = os.path.join(BUILD, "kith")


def processes():
    """pid -> (ppid, command line) of everything that runs."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as f:
                stat = f.read()
            with open(f"/proc/{name}/cmdline", "rb") as f:
                line = f.read().replace(b"\0", b" ").decode(errors="replace").strip()
            found[int(name)] = (int(stat.rsplit(")", 1)[1].split()[1]), line)
        except (OSError, ValueError):
            continue
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(predicate, timeout=20, what="a condition"):
    end, pause = time.monotonic() + timeout, 0.02
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"no {what} after {timeout} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


class Profile:
    """One user's kith: configuration, history and sockets below one directory (kith -c)."""

    def __init__(self, name="alice", uid=None):
        self.root = tempfile.mkdtemp(prefix="k-")
        self.uid = uid
        self.name = name
        self.terminals = []
        if uid is not None:
            os.chown(self.root, uid, uid)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, text, mode=0o600):
        """A file of the user, such as accounts.cfg."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)
        return path

    def env(self):
        keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TZ", "KITH_LOCAL_DIR", "DBUS_SESSION_BUS_ADDRESS")
        env = {k: os.environ[k] for k in keep if k in os.environ}
        env.update(HOME=self.root, LANG="C.UTF-8", SHELL="/bin/sh", KITH_LOG="debug",
                   XDG_CONFIG_DIRS=CONFIG)
        env.setdefault("TZ", "UTC")
        # Leaks count, but an engine that is killed on purpose cannot report them.
        env.setdefault("LSAN_OPTIONS", f"suppressions={LEAKS}:print_suppressions=0")
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=99:quarantine_size_mb=32:log_path=" + self.path("asan"))
        return env

    def start(self, *args, columns=80, rows=24, term="tmux-256color", env=None):
        full = self.env()
        full.update(env or {})
        t = Terminal([KITH, "-c", self.root, *args], columns, rows, full, term, uid=self.uid)
        t.logs = [self.path("state", "kith.log")]
        self.terminals.append(t)
        return t

    def run(self, *args, input=None, timeout=30, check=False):
        """kith COMMAND: (exit code, stdout, stderr)."""
        def demote():
            if self.uid is not None:
                os.setgroups([])
                os.setresgid(self.uid, self.uid, self.uid)
                os.setresuid(self.uid, self.uid, self.uid)
        p = subprocess.run([KITH, "-c", self.root, *args], input=input if input is not None else "", text=True,
                           capture_output=True, timeout=timeout, env=self.env(), preexec_fn=demote)
        if check and p.returncode != 0:
            raise AssertionError(f"kith {' '.join(args)}: exit {p.returncode}\n{p.stdout}{p.stderr}")
        return p.returncode, p.stdout, p.stderr

    def json(self, *args):
        """What kith COMMAND --json prints; of a chat that nobody has made yet: nothing."""
        code, out, err = self.run(*args, "--json")
        if args[0] == "tail" and "there is no chat with this address" in err:
            return []
        assert code == 0, err
        return [json.loads(line) for line in out.split("\n") if line]

    def online(self, account=None, timeout=30):
        """Waits until the account (or all) is online; its status row."""
        def check():
            if self.run("status")[0] != 0:
                return None
            rows = [r for r in self.json("status") if account in (None, r["account"])]
            return rows if rows and all(r["state"] == "online" for r in rows) else None
        return until(check, timeout, f"account of {self.name} online")

    def engine(self):
        """Process id of the running engine, or None."""
        for pid, (_, line) in processes().items():
            if self.root in line and "--engine" in line and alive(pid):
                return pid
        return None

    def account_processes(self):
        engine = self.engine()
        return {pid: line for pid, (ppid, line) in processes().items()
                if ppid == engine and line.startswith("kith: ") and line.split()[1] not in ("notices", "engine")}

    def children(self):
        engine = self.engine()
        return [pid for pid, (ppid, _) in processes().items() if ppid == engine]

    def kill_engine(self, how=signal.SIGKILL):
        pid = self.engine()
        os.kill(pid, how)
        until(lambda: not alive(pid), what="end of the engine")

    def sanitizer_reports(self):
        return [os.path.join(self.root, n) for n in os.listdir(self.root) if n.startswith("asan.")]

    def close(self, keep=False):
        pid = self.engine()
        if pid:
            try:
                self.run("quit", timeout=10)
                until(lambda: not alive(pid), timeout=10)
            except (AssertionError, subprocess.TimeoutExpired):
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
        for t in self.terminals:
            t.close()
        reports = []
        for path in self.sanitizer_reports():
            with open(path, errors="replace") as f:
                text = f.read()
            # The leak checker of a process that is killed (by a test, with -9) while it looks: no report, it only says why there is none.
            if not re.fullmatch(r"(==\d+==Unable to get registers from thread \d+\.\n)+", text):
                reports.append(text)
        if not keep:
            shutil.rmtree(self.root, ignore_errors=True)
        assert not reports, "sanitizer: " + "\n".join(reports)[:6000]
