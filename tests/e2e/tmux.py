"""tests/e2e/tmux.py - a tmux server of our own in a terminal of our own, and GNU screen in the same way"""
import os
import shutil
import subprocess
import tempfile

from kith import KITH, processes, until
from terminal import Terminal, key
from vterm import VScreen

SETTINGS = "set -s escape-time 20\nset -s default-terminal tmux-256color\nset -g status off\n"


class Tmux:
    """Runs a shell, or what is given, in a terminal that speaks xterm."""

    def __init__(self, env, conf=SETTINGS, columns=120, rows=60, command=("sh",), uid=None):
        self.folder = tempfile.mkdtemp(prefix="kt-")
        self.user = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self.socket = os.path.join(self.folder, "s")
        self.conf = os.path.join(self.folder, "tmux.conf")
        with open(self.conf, "w") as f:
            f.write(conf)
        os.chmod(self.conf, 0o644)
        if uid is not None:
            os.chown(self.folder, uid, uid)
        self.env = {k: v for k, v in env.items() if k not in ("TMUX", "TMUX_PANE")}
        self.terminal = Terminal(["tmux", "-u", "-S", self.socket, "-f", self.conf, "new-session", "-x", str(columns), "-y", str(rows),
                                  *command], columns, rows, self.env, "xterm-256color", uid=uid)
        until(lambda: self.tmux("list-sessions", check=False).returncode == 0, what="a tmux server")

    def tmux(self, *args, check=True):
        return subprocess.run(["tmux", "-S", self.socket, *args], capture_output=True, text=True, check=check, env=self.env, **self.user)

    def capture(self):
        self.terminal.settle(0.01, 0.2)  # what tmux says to its terminal must go somewhere
        return self.tmux("capture-pane", "-p", "-J").stdout

    def lines(self):
        self.terminal.settle(0.01, 0.2)
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").stdout.split("\n")[:-1]]

    def pipe(self):
        """What the program in the pane writes goes to a file as well; its path."""
        path = os.path.join(self.folder, "written")
        self.tmux("pipe-pane", "-o", f"cat >>{path}")
        return path

    def tty(self):
        return self.tmux("display-message", "-p", "#{pane_tty}").stdout.strip()

    def keys(self, *names):
        """In tmux's own names: C-l, M-a, Enter."""
        self.tmux("send-keys", *names)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def run(self, line):
        self.type(line)
        self.tmux("send-keys", "Enter")

    def wait(self, condition, what, timeout=40):
        """Until condition(lines) holds; its value."""
        try:
            return until(lambda: condition(self.lines()), timeout, what)
        except AssertionError as e:
            raise AssertionError("\n".join([str(e), *self.lines()])) from None

    def wait_text(self, text, timeout=40):
        return self.wait(lambda lines: any(text in line for line in lines), repr(text), timeout)

    def close(self):
        self.tmux("kill-server", check=False)
        self.terminal.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Screen:
    """GNU screen with kith in its window."""

    def __init__(self, profile, columns=120, rows=36):
        self.folder = tempfile.mkdtemp(prefix="ks-")
        self.profile = profile
        conf = os.path.join(self.folder, "screenrc")
        with open(conf, "w") as f:
            f.write("startup_message off\ndefflow off\nmaptimeout 20\nvbell off\ndefutf8 on\naltscreen on\n")
        self.env = profile.env()
        self.env["SCREENDIR"] = os.path.join(self.folder, "dir")
        os.mkdir(self.env["SCREENDIR"], 0o700)
        self.terminal = Terminal(["screen", "-U", "-c", conf, "-S", "kith", KITH, "-c", profile.root], columns, rows, self.env, "xterm-256color",
                                 model=VScreen(columns, rows))

    def screen(self, *args):
        return subprocess.run(["screen", "-S", "kith", "-X", *args], capture_output=True, env=self.env, check=False).returncode

    def lines(self):
        self.terminal.settle(0.01, 0.2)
        return self.terminal.lines()

    def refresh(self):
        """Has screen draw all that it holds anew: its terminal, a VScreen, may count cells in another way."""
        self.terminal.screen.feed(b"\x1b7\x1b[1;1H?\x1b8")
        self.screen("redisplay")
        self.wait(lambda lines: not lines[0].startswith("?"), "a screen drawn anew")

    def tty(self):
        def find():
            for pid, (_, line) in processes().items():
                if line.startswith(KITH) and self.profile.root in line and "--engine" not in line:
                    return os.readlink(f"/proc/{pid}/fd/0")
        return until(find, what="the terminal of kith")

    def keys(self, *names):
        for name in names:
            self.terminal.write(key(name))

    def type(self, text):
        self.terminal.write(text)

    wait = Tmux.wait
    wait_text = Tmux.wait_text

    def run(self, line):
        self.terminal.write(line + "\r")

    def close(self):
        self.screen("quit")
        self.terminal.close()
        shutil.rmtree(self.folder, ignore_errors=True)
