"""tests/e2e/test_cost.py - what a message, a key, a start and a big chat cost: counts, and times beside a control

The figures that are promised are measured by `make bench` on a quiet machine. Here they are guarded with room for a busy
one, and, where something can be counted instead of timed, it is counted.
"""
import os
import re
import sys
import time

import pytest
from kith import BUILD, KITH, alive, until
from peer import Peer
from people import xmpp_account

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench"))

from echo import echoes, judge, middle_and_slow, until_shown  # noqa: E402
from load import Load  # noqa: E402
from paint import first_paint, stop  # noqa: E402
from years import fill  # noqa: E402

SANITIZED = "san" in BUILD
N = 4000


def io(pid):
    """System calls that write (not counting sendmsg) and bytes they wrote, so far."""
    with open(f"/proc/{pid}/io") as f:
        text = f.read()
    return int(re.search(r"syscw: (\d+)", text).group(1)), int(re.search(r"wchar: (\d+)", text).group(1))


def on_cpu(pid):
    """Seconds on a CPU."""
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def work():
    """Seconds of CPU for a fixed piece of work: how fast this machine is at the moment."""
    begun, total = time.process_time(), 0
    for i in range(300_000):
        total += i ^ (i >> 3)
    return time.process_time() - begun


@pytest.fixture
def talk(profile, prosody):
    """A user with the chat of a peer open, and the peer."""
    number = talk_count[0] = talk_count[0] + 1
    me, other = f"cost{number}", f"caller{number}"
    for user in (me, other):
        prosody.add_user(user, "secret")
    p = xmpp_account(profile(me), prosody, me)
    t = p.start(columns=120, rows=36, term="xterm-256color", env={"KITH_LOG": "info"})
    p.online()
    peer = Peer(f"{other}@localhost", "secret", port=prosody.c2s, ca=prosody.ca)
    peer.send(f"{me}@localhost", "before it all")
    t.news("before it all")
    t.settle(0.5)
    yield p, t, peer, f"{me}@localhost"
    peer.close()


talk_count = [0]


def say(peer, to, texts, tag="m"):
    peer.raw("".join(f"<message to='{to}' type='chat' id='{tag}-{t}'><body>{t}</body></message>" for t in texts))


def test_message_costs_little(talk):
    p, t, peer, to = talk
    engine, accounts = p.engine(), list(p.account_processes())
    pids = [t.pid, engine, *accounts]
    calls, cpu, begun = {pid: io(pid) for pid in pids}, {pid: on_cpu(pid) for pid in pids}, time.monotonic()
    t.mark()
    for i in range(0, N, 50):
        say(peer, to, [f"number {k}, a line of ordinary length" for k in range(i, i + 50)])
        while t.pump(0):
            pass
    say(peer, to, ["the end of it"])
    t.wait_text("the end of it", 120)
    took = time.monotonic() - begun
    spent = {pid: on_cpu(pid) - cpu[pid] for pid in pids}
    until(lambda: "the end of it" in p.run("tail", "-n", "1", peer.jid.split("/")[0])[1], what="the last message in the store")
    wrote = {pid: tuple(b - a for a, b in zip(calls[pid], io(pid))) for pid in pids}
    frames, each = wrote[t.pid][0], len(t.raw) / N
    print(f"{N} messages in {took:.1f} s: {frames} frames, {each:.1f} bytes to the terminal for one; "
          f"engine {wrote[engine][0] / N:.2f} writes and {wrote[engine][1] / N:.0f} bytes for one")
    assert frames <= took * 11 + 5  # ten a second share all that comes
    assert each < 20
    assert wrote[engine][0] / N < 2 and wrote[engine][1] / N < 4000  # the log of the store
    assert sum(wrote[a][0] for a in accounts) / N < 0.5
    if not SANITIZED:
        total, unit = sum(spent.values()) / N * 1e6, min(work() for _ in range(5))
        print(f"{total:.1f} µs of CPU for one; the control {unit * 1000:.1f} ms")
        assert total < 40 * 2.5 * max(1, unit / 0.020), spent


def test_keys_while_500_messages_a_second_arrive(talk, prosody):
    """As promised, in one of a few rounds; on a machine that is busy in all of them, not far from the control."""
    p, t, peer, to = talk
    with Load("xmpp", peer.jid.split("/")[0], "secret", prosody.c2s, prosody.ca, to=to, each=25) as load:
        t.wait(lambda s: "load" in s.text(), what="the load")
        for _ in range(1 if SANITIZED else 4):
            both = echoes(t, 100)
            held, words = judge(*both)
            print(words)
            if held:
                break
    print(f"{load.sent} messages, the latest {load.late:.0f} ms late")
    (middle, slow), (control, slow_control) = map(middle_and_slow, both)
    assert middle < control + 5 and slow < slow_control + 50
    assert held or SANITIZED or control > 0.25, words


def years(profile, **sizes):
    p = profile("years")
    p.write("accounts.cfg", 'accounts = ( { name = "home"; protocol = "xmpp"; address = "me@example.org"; password = "x"; autoconnect = false; } );\n')
    fill(p.path("data", "history.db"), **sizes)
    return p


def numbers(t):
    return [int(n) for n in re.findall(r"number (\d+)", t.text())]


def test_big_chat_opens_and_pages_at_once(profile):
    p = years(profile, n_messages=100_000, n_chats=2)
    opened, pages = [], []
    for _ in range(3):
        t = p.start(columns=120, rows=36)
        t.wait(numbers, what="yesterday's chat")
        t.settle(0.3)
        other = f"contact000{int(t.shows('contact0000@'))}@example.org"
        t.to_input()
        t.type(f"/query {other}")
        opened.append(until_shown(t, "\r", lambda t, o=other: t.shows(o) and len(set(n % 2 for n in numbers(t))) == 1
                                  and max(numbers(t)) >= 99_998 and max(numbers(t)) % 2 == int(o[10])))
        for _ in range(6):
            t.settle(0.05)
            top = min(numbers(t))
            pages.append(until_shown(t, "\x1b[5~", lambda t, top=top: numbers(t) and min(numbers(t)) < top))
        t.command("/quit")
        t.wait_exit()
    print(f"opened in {min(opened):.1f} ms, a page up in {sorted(pages)[len(pages) // 2]:.1f} ms")
    assert min(opened) < 50
    assert sorted(pages)[len(pages) // 2] < 50


def fastest_paint(argv, env, gone, n=11):
    times = []
    for _ in range(n):
        ms, pid, fd = first_paint(argv, env)
        stop(pid, fd)
        gone()
        times.append(ms)
    return min(times)


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own start takes longer")
def test_first_paint_with_the_history_of_years(profile):
    p = years(profile)
    env = dict(p.env(), TERM="xterm-256color", KITH_LOG="info")

    def gone():
        pid = p.engine()
        until(lambda: pid is None or not alive(pid), what="end of the engine")
    control = fastest_paint(["/bin/sh", "-c", "printf abc; exec cat"], env, lambda: None)
    took = fastest_paint([KITH, "-c", p.root, "--foreground"], env, gone)
    print(f"first paint {took:.1f} ms, of a shell {control:.1f} ms")
    assert took < 30 + 3 * control
