#!/usr/bin/python3
"""tests/bench/xmpp_cost.py - what big rosters, big rooms, floods of rooms and archives cost; kith beside its peers, one server

Prints each figure as it is found and a table at the end, with the limit that is promised of each; --json as one line, for
e2e/test_xmpp_cost.py. Names of clients as arguments: only these. KITH_BENCH_MESSAGES: how many room messages kith gets each
time (10000); the peers get a tenth. KITH_BENCH_ROUNDS (3): how often kith is measured for times, of which the median counts.
"""
import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "../e2e"))

from clients import cpu, memory  # noqa: E402
from echo import echoes, middle_and_slow  # noqa: E402
from xmpp_peers import Kith, installed, terminal_of  # noqa: E402
from xmpp_server import ROOMS, Served  # noqa: E402

MESSAGES, ROUNDS = int(os.environ.get("KITH_BENCH_MESSAGES", "10000")), int(os.environ.get("KITH_BENCH_ROUNDS", "3"))
CONTACTS, ONLINE, PEOPLE, ARCHIVE, CHATS, EACH = 5000, 1000, 5000, 10000, 200, 20
# While keys are typed: how many archives a round, and the seconds between two keys and where the line is emptied.
TYPED_ROUNDS, TYPED_PAUSES, TYPED_CLEARING = 3, (0.003, 0.009), 0.03
TALK = f"talk20@{ROOMS}"

ROSTER_S, ROSTER_MB = f"{CONTACTS} contacts, {ONLINE} online: settled, s", f"{CONTACTS} contacts: memory (PSS), MB"
ROOM_S, OPEN_US, AWAY_US = f"room of {PEOPLE}: joined, s", "room message, open: CPU µs", "room message, elsewhere: CPU µs"
CHATS_MB, SPEED = f"{CHATS} chats: memory (PSS), MB", f"archive of {ARCHIVE}: messages a second"
TYPED_SPEED = f"archive of {ARCHIVE}, keys typed: messages a second"
KEYS_MS, CONTROL_MS = "keys meanwhile: 99th of 100, ms", "... of three cats"
# What is promised; what the peers took on the machine where it was (mcabber, profanity, poezio, finch), to see how fast this one is.
LIMITS = {ROSTER_S: 0.2, ROOM_S: 0.3, OPEN_US: 40, AWAY_US: 30, SPEED: 5000, TYPED_SPEED: 5000, KEYS_MS: 3, ROSTER_MB: 30, CHATS_MB: 40}
THEN = {ROSTER_S: {"mcabber": 28, "profanity": 0.17, "poezio": 30, "finch": 0.5},
        ROOM_S: {"mcabber": 0.39, "profanity": 1.13, "poezio": 2.3, "finch": 24.5},
        OPEN_US: {"mcabber": 283, "profanity": 2395, "poezio": 1098, "finch": 1167},
        AWAY_US: {"mcabber": 50, "profanity": 3014, "poezio": 349},
        ROSTER_MB: {"mcabber": 11, "profanity": 32, "poezio": 67, "finch": 65}}
columns = {}


def note(client, figure, value):
    columns.setdefault(client.name, {})[figure] = value
    if "--json" not in sys.argv:
        print(f"{client.name:10} {figure:52} {value:10.2f}", flush=True)


class Calm:
    """Watches the CPU of a client: when it last had any worth the name."""

    def __init__(self, client):
        self.client, self.last, self.at = client, cpu(client.pids()), time.monotonic()

    def look(self):
        self.client.t.pump(0.004)
        now = cpu(self.client.pids())
        if now - self.last > 0.001:
            self.at = time.monotonic()
        self.last = now

    def wait(self, quiet=0.3, seconds=60):
        """Until there was none for so long; the moment it ended. What a client puts off for longer (kith: 0.4 s) is not in it."""
        end = time.monotonic() + seconds
        self.look()  # what it did while nobody looked counts as done now
        while time.monotonic() - self.at < quiet and time.monotonic() < end:
            self.look()
        return self.at


def log_in(make, server, user, **more):
    """A client that has logged in and come to rest; seconds from its connection until then."""
    client = make(server, user)
    for name, value in more.items():
        setattr(client, name, value)
    server.take()
    first = len(server.events)
    terminal_of(client)
    try:
        begun = server.wait("connected", pump=lambda: client.t.pump(0.002), after=first)["at"]
        calm = Calm(client)
        server.wait("settled", 240, calm.look, user=user)
        return client, calm.wait() - begun
    except AssertionError as e:
        screen = "\n".join(client.t.lines())
        client.close()
        raise AssertionError(f"{e}\n{screen}") from e


def big_roster(make, server, number):
    client, took = log_in(make, server, f"many{number}-{make.name}")
    try:
        return took, mb(client)
    finally:
        client.close()


def mb(client):
    """Megabytes, as they are promised: of 1,000,000 bytes."""
    return memory(client.pids()) * (1 << 20) / 1e6


def stored(client, body):
    """Whether kith has a message with these words in its history."""
    try:
        db = sqlite3.connect(f"file:{client.profile.path('data', 'history.db')}?mode=ro", uri=True)
        try:
            return db.execute("SELECT 1 FROM message WHERE body = ?", (body,)).fetchone()
        finally:
            db.close()
    except sqlite3.Error:
        return None


def until(client, holds, what, seconds=60):
    """Waits for something that needs no more of the server; else an error with the screen."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"no {what() if callable(what) else what} after {seconds} s\n{client.t.report()}")
        client.t.pump(0.01)


def flood(client, server, n, tag, room=None, **more):
    """Microseconds of CPU a message of n, received and (by kith) stored; and with what was put off."""
    before, first = cpu(client.pids()), len(server.events)
    for k in range(0, n, 50):
        server.tell("say", user=client.user, room=room, first=k, n=50, tag=tag, **more)
    server.wait("pong", 240, lambda: client.t.pump(0.01), first, upto=n)
    if client.name == "kith":
        until(client, lambda: stored(client, f"{tag} number {n - 1}, a line of ordinary length"), f"the last of {n} {tag} in the history")
    if client.name != "kith":
        Calm(client).wait(0.3)
    taken = cpu(client.pids()) - before
    Calm(client).wait(0.7)
    return taken / n * 1e6, (cpu(client.pids()) - before) / n * 1e6


def rest(client):
    """Until nobody types any more, for which kith makes its steps smaller."""
    Calm(client).wait(1.5)


def paced(client, server, n, tag, rate=500, each=5):
    """Microseconds of CPU a message, when they come by a few at a time."""
    before, first, begun = cpu(client.pids()), len(server.events), time.monotonic()
    for k in range(0, n, each):
        server.tell("say", user=client.user, room=TALK, first=k, n=each, tag=tag, ask=k + each >= n)
        while (left := begun + (k + each) / rate - time.monotonic()) > 0:
            client.t.pump(left)
    server.wait("pong", 240, lambda: client.t.pump(0.01), first, upto=n)
    Calm(client).wait(0.3)
    return (cpu(client.pids()) - before) / n * 1e6


def floods(client, server, n, tag, rounds):
    return [statistics.median(v) for v in zip(*(flood(client, server, n, f"{tag}{r}", TALK) for r in range(rounds)))]


def join(client, server, room):
    """Seconds from the request to join until all is done that follows; the room is open."""
    first, calm = len(server.events), Calm(client)
    if not getattr(client, "rooms", ()):
        client.open_room(room)
    asked = server.wait("joining", 60, calm.look, first, room=room)["at"]
    server.wait("joined", 240, calm.look, first, room=room)
    took = calm.wait() - asked
    if hasattr(client, "look"):
        client.look(room)
        client.t.settle(0.5)
    return took


def rooms(make, server, number):
    """A room of a few that is spoken in, then one of many."""
    n, rounds = (MESSAGES, ROUNDS) if make is Kith else (max(50, MESSAGES // 500 * 50), 1)
    client, _ = log_in(make, server, f"room{number}-{make.name}", **({"rooms": (TALK,)} if make.name == "finch" else {}))
    try:
        if make.name != "finch":
            join(client, server, TALK)
        flood(client, server, 200, "warm", TALK)
        rest(client)
        here, late = floods(client, server, n, "open", rounds)
        note(client, OPEN_US, here)
        note(client, "... with what was put off", late)
        note(client, "... where 500 come in a second, 5 at a time", paced(client, server, 1000, "paced"))
        if make.name != "finch":
            client.elsewhere()
            rest(client)
            away, late = floods(client, server, n, "away", rounds)
            note(client, AWAY_US, away)
            note(client, "... elsewhere, with what was put off", late)
            note(client, "... elsewhere, 500 a second", paced(client, server, 1000, "paced away"))
            note(client, ROOM_S, statistics.median(join(client, server, f"crowd{'x' * r}{PEOPLE}@{ROOMS}") for r in range(rounds)))
    finally:
        client.close()
    if make.name == "finch":
        crowd_at_start(make, server, number)


def crowd_at_start(make, server, number):
    """Of who goes into rooms by themselves at the login: the time from asking."""
    user, room = f"crowd{number}-{make.name}", f"crowd{PEOPLE}@{ROOMS}"
    client, _ = log_in(make, server, user, rooms=(room,))
    try:
        asked = server.wait("joining", room=room, user=user)["at"]
        calm = Calm(client)
        server.wait("joined", 240, calm.look, room=room, user=user)
        note(client, ROOM_S, max(calm.wait(), server.seen("joined", room=room, user=user)["at"]) - asked)
    finally:
        client.close()


def many_chats(make, server, number):
    client, _ = log_in(make, server, f"chats{number}-{make.name}")
    try:
        flood(client, server, CHATS * EACH, "chats", chats=CHATS)
        note(client, CHATS_MB, mb(client))
    finally:
        client.close()


def kept(client):
    """How many of the archive's messages kith has in its history."""
    try:
        db = sqlite3.connect(f"file:{client.profile.path('data', 'history.db')}?mode=ro", uri=True)
        try:
            return db.execute("SELECT count(*) FROM message WHERE body LIKE 'stored in the past %'").fetchone()[0]
        finally:
            db.close()
    except sqlite3.Error:
        return 0


class Newest:
    """Whether a message is the newest in the history, asked so that it costs next to nothing; and when it was seen to be."""

    def __init__(self, client, body):
        self.db = sqlite3.connect(f"file:{client.profile.path('data', 'history.db')}?mode=ro", uri=True)
        self.body, self.at = body, None

    def __call__(self):
        if not self.at and self.db.execute("SELECT body FROM message ORDER BY id DESC LIMIT 1").fetchall() == [(self.body,)]:
            self.at = time.monotonic()
        return self.at


def catch_up(server, user, n, keys=None):
    """The connection is lost for a moment, in which many messages come: how many a second are stored, from asking for them until
    the last. Keys are typed all the while, into the chat of one of those who wrote."""
    client, _ = log_in(Kith, server, user)
    over = Newest(client, f"stored in the past {n - 1} in a common line of the usual form")
    try:
        client.elsewhere()
        client.t.settle(0.5)
        server.take()
        first = len(server.events)
        server.tell("leave", user=user, kept=n)
        server.wait("gone", 10, lambda: client.t.pump(0.002), first, user=user)
        client.t.command("/reconnect")
        begun = server.wait("asking", 60, lambda: client.t.pump(0.002), first, user=user)["at"]
        if keys:
            for mine, new in zip(keys, echoes(client.t, 5000, over, TYPED_PAUSES, TYPED_CLEARING)):
                mine += new
        until(client, over, "the last of the archive in the history")
        assert kept(client) == n, f"{kept(client)} of {n} from the archive are in the history"
        return n / (over.at - begun)
    finally:
        over.db.close()
        client.close()


def archive(server):
    note(Kith, SPEED, statistics.median(catch_up(server, f"away{r}", ARCHIVE) for r in range(ROUNDS)))
    keys = ([], [])
    note(Kith, TYPED_SPEED, statistics.median(catch_up(server, f"away-keys{r}", ARCHIVE, keys) for r in range(TYPED_ROUNDS * ROUNDS)))
    for figure, times in zip((KEYS_MS, CONTROL_MS), keys):
        times.sort()
        note(Kith, figure, middle_and_slow(times)[1])
        note(Kith, figure + " (median)", middle_and_slow(times)[0])
        note(Kith, figure + " (slowest)", times[-1])
    note(Kith, "... keys typed", len(keys[0]))


def roster(make, server, number):
    found = [big_roster(make, server, f"{number}{r}") for r in range(ROUNDS if make is Kith else 1)]
    note(make, ROSTER_S, statistics.median(f[0] for f in found))
    note(make, ROSTER_MB, max(f[1] for f in found))


def attempt(what, make, *args):
    try:
        what(make, *args)
    except (AssertionError, OSError) as e:
        print(f"{make.name}: {what.__name__} failed: {e}", file=sys.stderr, flush=True)


def table(missing):
    names = list(columns)
    print("\n" + f"{'':52}" + "".join(f"{n:>12}" for n in names) + f"{'limit':>10}")
    for figure in dict.fromkeys(f for c in columns.values() for f in c):
        values, limit = [columns[n].get(figure) for n in names], LIMITS.get(figure)
        line = f"{figure:52}" + "".join(f"{v:12.2f}" if v is not None else f"{'-':>12}" for v in values)
        ours = columns.get("kith", {}).get(figure)
        if limit is not None:
            held = ours is not None and (ours >= limit if figure in (SPEED, TYPED_SPEED) else ours <= limit)
            line += f"{limit:10}" + ("  held" if held else "  MISSED" if ours is not None else "")
        print(line)
    for name in missing:
        print(f"{name} is not installed")
    slower = [columns[n][f] / then[n] for f, then in THEN.items() for n in names if f in columns[n] and n in then and f != ROSTER_MB]
    if slower:
        print(f"the peers took {statistics.median(slower):.2f} times what they took where the limits were set ({min(slower):.2f} to {max(slower):.2f});"
              " no figure above is scaled by that")


def main():
    makes, missing = installed([a for a in sys.argv[1:] if not a.startswith("-")])
    parts = [p for p in (roster, rooms, many_chats) if not os.environ.get("KITH_BENCH_PART") or p.__name__ in os.environ["KITH_BENCH_PART"]]
    folder = tempfile.mkdtemp(prefix="kb-")
    try:
        with Served(folder, CONTACTS, ONLINE) as server:
            server.c2s = server.port
            for part in parts:
                for number, make in enumerate(makes):
                    attempt(part, make, server, number)
            if Kith in makes and "archive" in os.environ.get("KITH_BENCH_PART", "archive"):
                attempt(lambda make: archive(server), Kith)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        table(missing) if "--json" not in sys.argv else print(json.dumps(columns))


if __name__ == "__main__":
    main()
