# irc_server/test_session.py - from the first byte to the last: nicks, the welcome, rooms, ends, and bytes that are no lines
import pytest
from driver import AUTO, ECONFLICT, EDENIED, ENET, NEVER, OFFLINE, ONLINE

ALL = "message-tags server-time batch labeled-response echo-message extended-join account-notify away-notify"


def registering(server, start, caps=None, **options):
    a = start(server, **options)
    a.connect()
    c = server.accept()
    c.begin(caps)
    return a, c


# ---- the nick ----


@pytest.mark.parametrize("numeric", ["433 * alice :Nickname is already in use", "432 * alice :Erroneous nickname", "437 * alice :Nick is unavailable",
                                     "436 * alice :Nickname collision", "433", "433 *", "432 alice"])
def test_another_nick_is_tried(server, start, numeric):
    a, c = registering(server, start)
    c.put(":irc.test " + numeric)
    assert c.get("^NICK (.*)$").group(1) == "alice_"
    c.welcome("alice_")
    a.wait("SELF", name="alice_")
    a.online()
    a.send("bob", "hello")
    c.get("^PRIVMSG bob :?hello")
def test_other_nicks_of_the_user_first(server, start):
    a, c = registering(server, start, alt_nicks="alicia, ally")
    for nick in ("alicia", "ally", "alice_"):
        c.put(":irc.test 433 * x :Nickname is already in use")
        assert c.get("^NICK (.*)$").group(1) == nick
    c.welcome("alice_")
    a.online()


@pytest.mark.parametrize("numeric", ["433", "432", "437"])
def test_no_nick_at_all(server, start, numeric):
    a, c = registering(server, start)
    tried = set()
    for _ in range(20):
        c.put(":irc.test %s * x :No" % numeric)
        if not (lines := nick_or_end(a, c)):
            break
        tried.add(lines)
    assert 3 <= len(tried) <= 8
    e = a.offline() if not a.seen("STATE", state=OFFLINE) else a.seen("STATE", state=OFFLINE)[0]
    assert e["err"] == ECONFLICT and e["retry"] == AUTO
def nick_or_end(a, c):
    try:
        return c.get("^NICK (.*)$", timeout=5).group(1)
    except (EOFError, ConnectionError):
        return None
def test_the_server_chooses_the_nick(server, start):
    """Cut to the server's length, or another as behind a bouncer: what the welcome says counts."""
    a, c = registering(server, start, nick="averylongnick")
    c.put(":irc.test NOTICE averylongnick :***", ":averylongnick NICK avery_1")
    c.welcome("averylong")
    a.wait("SELF", name="averylong")
    a.online()
    c.put(":averylong!u@h NICK alice_soju")
    a.wait("SELF", name="alice_soju")
    c.put(":bob!b@h PRIVMSG alice_soju :to me")
    assert a.wait("MESSAGE", body="to me")["chat"] == "bob"
def test_welcome_without_a_nick(server, start):
    a, c = registering(server, start)
    c.put(":irc.test 001", ":irc.test 376")
    a.online()
    assert a.seen("SELF", name="alice")


def test_the_wish_is_taken_when_it_is_free(server, start):
    a, c = registering(server, start)
    c.put(":irc.test 433 * alice :Nickname is already in use")
    c.get("^NICK alice_$")
    c.welcome("alice_")
    c.put(":irc.test 433 alice_ alice :still in use", ":irc.test 437 alice_ alice :not yet", ":irc.test 432 alice_ alice :no")
    a.online()
    c.put(":alice_!u@h NICK alice")
    a.wait("SELF", name="alice")
    assert not a.seen("STATE", state=OFFLINE)


# ---- the welcome and what follows ----


@pytest.mark.parametrize("end", ["376", "422"])
def test_rooms_are_joined_when_the_welcome_is_over(server, start, end):
    a, c = registering(server, start, join="#a, #b key, &c", commands="MODE $nick +x; /PRIVMSG ChanServ :INVITE #a")
    c.put(":irc.test 001 alice :Welcome", ":irc.test 005 alice CHANTYPES=#& NETWORK=Test :are supported", ":irc.test 375 alice :- motd",
          ":irc.test 372 alice :- text")
    assert not [x for x in c.sync() if not x.startswith("PONG")]
    c.put(":irc.test %s alice :End" % end)
    assert c.get("^(MODE|PRIVMSG|JOIN)").string == "MODE alice +x"
    c.get("^PRIVMSG ChanServ :INVITE #a$")
    joined = {}
    while len(joined) < 3:
        m = c.get("^JOIN (\\S+)(?: (\\S+))?$")
        keys = m.group(2).split(",") if m.group(2) else []  # by place: those with a key come first
        joined.update(dict(zip(m.group(1).split(","), keys + [None] * 3)))
    assert joined == {"#a": None, "#b": "key", "&c": None}
    for name in ("#a", "#b", "&c"):
        c.room(name, join=False)
        a.wait("CHAT", address=name)
def test_a_second_welcome_changes_nothing(online):
    a, c = online()
    c.welcome("mallory")
    a.settle(c)
    assert not a.seen("SELF", name="mallory")
def test_a_join_that_is_early(server, start):
    """451 to a JOIN is no reason to go; the room is wanted all the same."""
    a, c = registering(server, start, join="#a")
    c.welcome()
    c.get("^JOIN #a$")
    c.put(":irc.test 451 alice JOIN :You have not registered")
    a.online()
    a.settle(c)
    assert not a.seen("STATE", state=OFFLINE)
    c.room("#a", join=False)
    assert a.wait("CHAT", address="#a", where=lambda e: e["flags"] & 1)
def test_rooms_come_back_after_a_reconnect_with_their_keys(server, start):
    a, c = registering(server, start)
    c.welcome()
    a.online()
    n = a.request("ROOM_JOIN", chat="#secret", id="letmein")
    c.get("^JOIN #secret letmein$")
    c.room("#secret", join=False)
    a.reply(n)
    c.close()
    assert a.offline()["err"] == ENET
    a.connect()
    c = server.accept()
    c.login()
    c.get("^JOIN #secret letmein$")


def test_away_is_told_again(server, start):
    a, c = registering(server, start)
    c.welcome()
    a.online()
    a.op("PRESENCE", number=3, text="at lunch")
    c.get("^AWAY :?at lunch$")
    c.close()
    a.offline()
    a.connect()
    c = server.accept()
    c.login()
    c.get("^AWAY :?at lunch$")


def test_server_password_goes_first(server, start):
    a = start(server, needs_server_password="true", server_password="letmein")
    a.connect()
    c = server.accept()
    assert c.line() == "PASS letmein"
    c.begin()
    c.welcome()
    a.online()


def test_server_password_is_not_said_in_the_open(server, start):
    """Not on this machine, as far as kith knows: only what the server can do is asked, so that it may tell of its secure port."""
    for answer in (":irc.test CAP * LS :message-tags", ":irc.test 421 * CAP :Unknown command"):
        a = start(server, needs_server_password="true", server_password="letmein", host="0.0.0.0")
        a.connect()
        c = server.accept()
        assert c.line() == "CAP LS 302"
        c.put(answer)
        e = a.offline()
        assert e["err"] == -6 and "not encrypted" in e["text"], e
        assert not [x for x in c.lines if "letmein" in x or x.startswith("NICK")]


# ---- ends ----


@pytest.mark.parametrize("words, err, least", [
    ("Closing Link: 127.0.0.1 (Connection timed out)", ENET, 0),
    ("Closing Link: alice[x] (K-Lined: spam)", EDENIED, 300000),
    ("Closing Link: (G-lined: go away)", EDENIED, 300000),
    ("Closing Link: (Z-Lined)", EDENIED, 300000),
    ("You are banned from this server", EDENIED, 300000),
    ("Closing Link: (Throttled: Reconnecting too fast) - retry later", ENET, 30000),
    ("Your host is trying to (re)connect too fast -- throttled", ENET, 30000),
    ("Trying to reconnect too fast.", ENET, 30000),
    ("", ENET, 0),
])
@pytest.mark.parametrize("welcomed", [False, True])
def test_error_is_the_end(server, start, words, err, least, welcomed):
    a, c = registering(server, start)
    if welcomed:
        c.welcome()
        a.online()
    c.put("ERROR :" + words)
    e = a.offline()
    assert e["err"] == err and e["retry"] == AUTO and e["retry_ms"] >= least, e
    assert words in e["text"]
    c.gone()  # it goes, though the server does not
def test_banned_by_a_numeric(server, start):
    a, c = registering(server, start)
    c.put(":irc.test 465 alice :You are banned from this server: spam", "ERROR :Closing Link")
    e = a.offline()
    assert e["err"] == EDENIED and e["retry_ms"] >= 300000 and "spam" in e["text"]


@pytest.mark.parametrize("line", ["ERROR", ":irc.test 465", ":irc.test ERROR :with a source", "@time=x ERROR :tags"])
def test_ends_with_too_few_words(server, start, line):
    a, c = registering(server, start)
    c.put(line)
    assert a.offline()["err"] < 0
def test_words_of_an_end_are_bounded(server, start):
    a, c = registering(server, start)
    c.put("ERROR :" + "x" * 4000 + "\x1b]0;title\x07\x02")
    e = a.offline()
    assert len(e["text"]) < 600 and "\x1b" not in e["text"]
def test_another_server_is_never_gone_to_by_itself(server, start):
    a, c = registering(server, start)
    c.put(":irc.test 010 alice evil.example 6667 :Please use this server")
    c.welcome()
    a.online()
    assert not any("evil" in str(e.get("text")) for e in a.seen("STATE"))
def test_polite_end(online):
    a, c = online()
    a.op("DISCONNECT", number=0, text="bye all")
    c.get("^QUIT :bye all$")
    c.put("ERROR :Closing Link: alice (Quit: bye all)")
    e = a.offline()
    assert e["err"] == 0 and e["retry"] == NEVER


def test_end_in_the_middle_of_a_line(online):
    a, c = online()
    c.raw(b":bob!b@h PRIVMSG alice :this is not all of")
    c.close()
    a.offline()
    assert not a.seen("MESSAGE")


def test_dropped_while_logging_in(server, start):
    a, c = registering(server, start)
    c.close()
    e = a.offline()
    assert e["err"] == ENET and e["retry"] == AUTO and e["text"]


def test_messages_that_were_sent_are_told_of_at_the_end(online):
    a, c = online(ALL)
    k = a.send("bob", "did it arrive?")
    c.get("PRIVMSG bob :did it arrive")
    a.wait("RECEIPT", id=k, delivery=1)
    c.close()
    a.offline()
    assert not a.seen("RECEIPT", id=k, delivery=2)  # nobody said so


def test_dropped_again_and_again(server, start):
    """Without haste after the second time."""
    a = start(server)
    for _ in range(5):
        a.connect()
        c = server.accept()
        c.login()
        a.online()
        c.close()
        assert a.offline()["retry"] == AUTO


# ---- pings ----


@pytest.mark.parametrize("ping, pong", [("PING :x y z", "PONG :x y z"), ("PING x", "PONG x"), (":irc.test PING irc.test :abc", "PONG abc"),
                                        ("PING ::", "PONG ::"), ("@time=x PING :\x02", "PONG \x02"), ("PING " + "p" * 400, "PONG " + "p" * 400)])
def test_pings_are_answered(online, ping, pong):
    _, c = online()
    c.put(ping)
    assert c.get("^PONG").string == pong
def test_ping_before_the_welcome(server, start):
    """Some servers let nobody in who does not answer."""
    a, c = registering(server, start)
    c.put("PING :1234567")
    c.get("^PONG :?1234567$")
    c.welcome()
    a.online()
def test_pings_pass_what_waits(online):
    a, c = online(fast="false")
    for n in range(20):
        a.send("bob", "m%d" % n)
    c.get("^PRIVMSG bob :?m3")
    c.put("PING :now")
    lines = []
    while not lines or lines[-1] != "PONG now":
        lines.append(c.line())
    assert len(lines) < 6


# ---- bytes ----


def test_half_a_character_in_each_read(online):
    a, c = online()
    line = ":bob!b@h PRIVMSG alice :gr\u00fc\u00df \U0001f600 \u4e2d\r\n".encode()
    for n in range(len(line)):
        c.raw(line[n:n + 1])  # a packet of its own
    assert a.wait("MESSAGE")["body"] == "gr\u00fc\u00df \U0001f600 \u4e2d"


def test_ends_of_lines_of_any_kind(online):
    a, c = online()
    c.raw(b"\n\r\n\n  \r\n:bob!b@h PRIVMSG alice :one\n:bob!b@h PRIVMSG alice :two\r\n\r\r\n:bob!b@h PRIVMSG alice :th\0r\0ee\r\n"
          b":bob!b@h   PRIVMSG   alice   :  four \r\n")
    for body in ("one", "two", "three", "  four "):
        assert a.wait("MESSAGE")["body"] == body


def test_lines_that_are_not_utf8(online):
    a, c = online()
    c.raw(b":bob!b@h PRIVMSG alice :caf\xe9 \x80 \x93x\x94\r\n")
    assert a.wait("MESSAGE")["body"] == "caf\u00e9 \u20ac \u201cx\u201d"


def test_lines_that_are_not_utf8_and_are_not_taken_for_anything(online):
    a, c = online(encoding="utf-8")
    c.raw(b":bob!b@h PRIVMSG alice :caf\xe9\r\n")
    assert a.wait("MESSAGE")["body"] == "caf\ufffd"


@pytest.mark.parametrize("size", [509, 510, 511, 512, 513, 1024, 4096, 8000])
def test_lines_of_many_bytes(online, size):
    a, c = online()
    head = ":bob!b@h PRIVMSG alice :"
    c.put(head + "x" * (size - len(head)))
    assert len(a.wait("MESSAGE")["body"]) == size - len(head)
def test_tags_up_to_their_limit(online):
    a, c = online("message-tags")
    for size, there in ((8191, True), (8100, True)):
        tags = "@msgid=m%d;vendor.example/x=" % size
        c.put(tags + "v" * (size - len(tags) - 1) + " :bob!b@h PRIVMSG alice :tags")
        assert a.wait("MESSAGE", body="tags")["id"] == ("m%d" % size if there else None)
def test_too_long_lines_are_dropped_alone(online):
    a, c = online()
    for _ in range(3):
        c.raw(b":bob!b@h PRIVMSG alice :")
        for _ in range(100):
            c.raw(b"x" * 10000)
        c.raw(b"\r\n")
    c.put(":bob!b@h PRIVMSG alice :the next")
    assert a.wait("MESSAGE")["body"] == "the next"
    c.raw(b"@" + b"t" * 9000 + b" :bob!b@h PRIVMSG alice :tags too long\r\n")
    assert a.settle(c) == []
def test_megabytes_without_a_line(online):
    a, c = online()
    for _ in range(200):
        c.raw(b"y" * 65536)
    c.raw(b"\n")
    c.put(":bob!b@h PRIVMSG alice :still here")
    assert a.wait("MESSAGE")["body"] == "still here"


def test_sources_of_any_form(online):
    a, c = online(ALL)
    for source in ("", ": ", ":! ", ":@ ", ":!@ ", ":a!b ", ":a@b ", ":irc.test ", ":x!y!z@h@i ", ":#a ", ":@bob ", ":alice,bob!x@y ",
                   ":" + "n" * 300 + "!u@h ", ":bob!" + "u" * 300 + "@" + "h" * 300 + " ", ":\x1b[31mbob!u@h ", ":b\u202eob!u@h "):
        for rest in ("PRIVMSG alice :x", "NOTICE alice :x", "TAGMSG alice", "JOIN #a", "PART #a", "QUIT :x", "NICK y", "KICK #a alice",
                     "MODE #a +o x", "TOPIC #a :x", "AWAY :x", "ACCOUNT x", "CHGHOST a b", "SETNAME :x", "INVITE alice #a"):
            c.put(source + rest)
    a.settle(c)
    assert not a.seen("STATE", state=OFFLINE)
    assert not any("\x1b" in str(e) or "\u202e" in str(e) for e in a.events)
    for e in a.seen("MESSAGE"):
        assert e["chat"] and "," not in e["chat"] and len(e["chat"]) < 256


# ---- lines of ours ----


@pytest.mark.parametrize("line", ["PRIVMSG bob :a\rQUIT", "PRIVMSG bob :a\nQUIT"])
def test_no_second_line_leaves_in_one(online, line):
    a, c = online()
    a.op("COMMAND", req=1, chat="bob", list=["quote", line])
    a.send("bob", "x\rQUIT :now")
    a.send("bob\r\nQUIT", "x")
    a.op("ROOM_TOPIC", req=2, chat="#a\nQUIT", text="x\r\nQUIT")
    a.op("ROOM_NICK", req=3, who="x\nQUIT")
    a.send("bob", "done")
    c.get("^PRIVMSG bob :?done")
    assert not any(x.startswith("QUIT") for x in c.lines)
def test_what_is_typed_is_cut_at_the_true_limit(online):
    """With the mask that others see before it, and never in the middle of a character."""
    a, c = online()
    c.put(":alice!user@a.very.long.host.example JOIN #a", ":irc.test 366 alice #a :End")
    a.wait("CHAT", address="#a")
    a.send("#a", "\U0001f600" * 400)
    got = ""
    while len(got) < 400:
        text = c.get("^PRIVMSG #a :?(.*)$")
        assert len((":alice!user@a.very.long.host.example " + text.string + "\r\n").encode()) <= 512
        got += text.group(1)
    assert got == "\U0001f600" * 400
def test_a_welcome_that_never_comes_is_given_up(server, start):
    """The clock of it is in the unit tests; here only: it is shown what is waited for."""
    a, c = registering(server, start)
    assert not a.seen("STATE", state=ONLINE)
    a.op("DISCONNECT", number=0)
    c.get("^QUIT")
    c.close()
    assert a.offline()["retry"] == NEVER
