"""tests/e2e/terminal.py - a program in a pseudo terminal, seen as a grid of cells (pyte)

Judged on the grid (text, colour, cursor), never on the byte stream. No sleeps: wait(predicate) with a time-out that
shows the screen and the logs.
"""
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

TIMEOUT = float(os.environ.get("KITH_TEST_TIMEOUT", "20"))
KEYS = {
    "Enter": "\r", "Tab": "\t", "Esc": "\x1b", "Backspace": "\x7f", "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C",
    "Left": "\x1b[D", "Home": "\x1b[H", "End": "\x1b[F", "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "Delete": "\x1b[3~",
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~", "F7": "\x1b[18~",
    "F8": "\x1b[19~", "S-Tab": "\x1b[Z", "M-Enter": "\x1b\r", "M-Up": "\x1b[1;3A", "C-Up": "\x1b[1;5A",
    "M-Home": "\x1b[1;3H", "M-End": "\x1b[1;3F", "M-Left": "\x1b[1;3D", "M-Right": "\x1b[1;3C",
}


def key(name):
    """The bytes an xterm sends for a key: "C-k", "M-a", "Enter"."""
    if name in KEYS:
        return KEYS[name]
    if name.startswith("C-"):
        return chr(ord(name[2].upper()) ^ 0x40)
    if name.startswith("M-"):
        return "\x1b" + key(name[2:])
    return name


class Stream(pyte.ByteStream):
    """What pyte leaves out and every terminal has: scrolling by n lines (SU, SD), repeating a character (REP)."""
    csi = dict(pyte.ByteStream.csi, S="scroll_up", T="scroll_down", b="repeat_character")
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down", "repeat_character"}


class Screen(pyte.Screen):
    """Answers what a terminal is asked (device attributes, cursor position)."""
    reply = None
    drawn = " "

    def draw(self, data):
        self.drawn = data[-1:] or self.drawn
        super().draw(data)

    def repeat_character(self, count=1):
        self.draw(self.drawn * (count or 1))

    def scroll_up(self, count=1):
        self.scroll(count or 1, self.index, bottom=True)

    def scroll_down(self, count=1):
        self.scroll(count or 1, self.reverse_index, bottom=False)

    def scroll(self, count, step, bottom):
        x, y = self.cursor.x, self.cursor.y
        top, end = self.margins or (0, self.lines - 1)
        self.cursor.y = end if bottom else top
        for _ in range(min(count, self.lines)):
            step()
        self.cursor.x, self.cursor.y = x, y

    def write_process_input(self, data):
        if self.reply:
            self.reply(data)


ASK_SYNC, HAS_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"


class Frames:
    """Feeds a grid with whole frames, as a terminal with synchronized updates does: none is ever seen half."""

    def __init__(self, feed):
        self.feed, self.held, self.inside = feed, b"", False

    def take(self, data):
        self.held += data
        while self.held:
            mark = END if self.inside else BEGIN
            at = self.held.find(mark)
            if at < 0:
                break
            self.pass_on(at + len(mark))
            self.inside = not self.inside
        if not self.inside:  # all but what may be the begin of a mark
            self.pass_on(len(self.held) - next((n for n in range(len(BEGIN) - 1, 0, -1) if self.held.endswith(BEGIN[:n])), 0))

    def pass_on(self, n):
        if n:
            self.feed(self.held[:n])
            self.held = self.held[n:]

    def flush(self):
        self.pass_on(len(self.held))


class Terminal:
    def __init__(self, argv, columns=80, rows=24, env=None, term="tmux-256color", cwd=None, uid=None, model=None):
        self.screen = model or Screen(columns, rows)
        self.screen.reply = lambda data: self.write(data.encode())
        self.frames = Frames((model or Stream(self.screen)).feed)
        self.raw = bytearray()     # everything since mark()
        self.asked = b""           # the end of what came, for a question in two pieces
        self.code = None
        self.logs = []             # paths shown when a wait fails
        self.reading, self.closed = True, False
        full = dict(env or {})
        full.setdefault("TERM", term)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                if cwd:
                    os.chdir(cwd)
                if uid is not None:
                    os.setgroups([])
                    os.setresgid(uid, uid, uid)
                    os.setresuid(uid, uid, uid)
                os.execvpe(argv[0], argv, full)
            finally:
                os._exit(127)
        self.resize(columns, rows, quiet=True)
        os.set_blocking(self.fd, False)

    def resize(self, columns, rows, quiet=False):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if not quiet:
            self.screen.resize(rows, columns)

    def write(self, data):
        if isinstance(data, str):
            data = data.encode()
        while data:
            try:
                n = os.write(self.fd, data)
                data = data[n:]
            except BlockingIOError:
                self.pump(0.05)
            except OSError as e:
                if e.errno != errno.EIO:
                    raise
                return

    def keys(self, *names):
        for name in names:
            self.write(key(name))

    def type(self, text, enter=False):
        self.write(text)
        if enter:
            tail = text.split("\n")[-1][-20:]
            self.wait(lambda t: t.shows(tail), what=f"the typed text {tail!r}")
            self.keys("Enter")
            self.wait(lambda t: not t.reading or not any(line.lstrip().startswith(("❯", ">")) and tail in line
                                                         for line in t.lines()[-6:]), what="an empty input line")

    def to_input(self):
        """Leaves the list (the place at the start when no chat is open) for the input line."""
        self.settle(0.05)
        if any(" LIST" in line for line in self.lines()[-4:]):
            self.keys("Esc")
            self.wait(lambda t: not any(" LIST" in line for line in t.lines()[-4:]), what="the input line")

    def command(self, text):
        self.to_input()
        self.type(text, enter=True)

    def news(self, text, timeout=None):
        """Goes to the chat with news (Alt-a) as soon as there are some, until it shows this text."""
        end = time.monotonic() + (timeout or TIMEOUT)
        while not self.shows(text):
            if time.monotonic() > end:
                raise AssertionError(f"no news with {text!r}\n{self.report()}")
            self.keys("M-a")
            self.settle(0.25, 1)

    def paste(self, text):
        self.write("\x1b[200~" + text + "\x1b[201~")

    def pump(self, seconds):
        """Reads what the program writes, for at most so long; returns how many bytes came."""
        if not self.reading:
            time.sleep(min(seconds, 0.05))
            return 0
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return 0
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            self.reading = False
            self.frames.flush()
            self.reap(block=False)
            return 0
        self.raw += data
        if ASK_SYNC in self.asked + data:
            self.write(HAS_SYNC)
        self.asked = data[1 - len(ASK_SYNC):] if ASK_SYNC not in data else b""
        self.frames.take(data)
        return len(data)

    def settle(self, quiet=0.15, timeout=5):
        """Reads until nothing has come for a while."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.reading and self.pump(quiet):
            pass

    def mark(self):
        self.raw = bytearray()

    def reap(self, block=True):
        if self.code is not None:
            return self.code
        try:
            pid, status = os.waitpid(self.pid, 0 if block else os.WNOHANG)
        except ChildProcessError:
            return self.code
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        return self.code

    # What is on the screen
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines())

    def shows(self, text):
        return text in self.text()

    def line_with(self, text):
        return next((i for i, line in enumerate(self.lines()) if text in line), None)

    def cell(self, row, column):
        return self.screen.buffer[row][column]

    def wait(self, predicate, timeout=None, what="a condition"):
        """Until predicate(self) is true; its value. Fails with the screen and the logs."""
        end = time.monotonic() + (timeout or TIMEOUT)
        while True:
            value = predicate(self)
            if value:
                return value
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"no {what} after {timeout or TIMEOUT} s\n{self.report()}")
            self.pump(min(left, 0.1))
            if not self.reading:
                self.reap(block=False)

    def wait_text(self, text, timeout=None):
        return self.wait(lambda t: t.shows(text), timeout, f"{text!r} on the screen")

    def wait_gone(self, text, timeout=None):
        return self.wait(lambda t: not t.shows(text), timeout, f"screen without {text!r}")

    def wait_exit(self, timeout=None):
        self.wait(lambda t: t.reap(block=False) is not None or (not t.reading and t.reap(block=False) is not None),
                  timeout, "end of the program")
        while self.reading and self.pump(0.2):
            pass
        return self.code

    def report(self):
        out = ["+" + "-" * self.screen.columns + "+"]
        out += ["|" + line.ljust(self.screen.columns) + "|" for line in self.lines()]
        out += [out[0], f"cursor {self.screen.cursor.y},{self.screen.cursor.x} exit {self.code}"]
        for path in self.logs:
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    out += [f"--- {path}"] + f.read().split("\n")[-60:]
        return "\n".join(out)

    def close(self):
        """Once more does nothing: the descriptor's number may be another one's by then."""
        if self.closed:
            return
        self.closed = True
        if self.reap(block=False) is None:
            try:
                os.kill(self.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
            end = time.monotonic() + 5
            while self.reap(block=False) is None and time.monotonic() < end:
                self.pump(0.05)
            if self.reap(block=False) is None:
                os.kill(self.pid, signal.SIGKILL)
                self.reap()
        try:
            os.close(self.fd)
        except OSError:
            pass
