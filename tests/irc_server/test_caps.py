# irc_server/test_caps.py - capabilities: what is asked for, in how many lines, and what comes and goes later

import pytest

LONG = ["message-tags", "server-time", "batch", "labeled-response", "echo-message", "account-notify", "account-tag",
        "extended-join", "away-notify", "chghost", "setname", "multi-prefix", "userhost-in-names", "invite-notify",
        "standard-replies", "extended-monitor", "no-implicit-names", "draft/chathistory", "draft/event-playback",
        "draft/read-marker", "draft/multiline", "draft/message-redaction", "draft/channel-rename", "cap-notify"]


def registering(server, start, **options):
    a = start(server, **options)
    a.connect()
    c = server.accept()
    c.begin()
    return a, c


def test_list_in_several_lines_with_values(server, start):
    a, c = registering(server, start)
    names = LONG + ["unknown-cap=x,y", "vendor.example/thing", "draft/multiline=max-bytes=4096,max-lines=24"]
    for n in range(0, len(names), 4):
        c.put(":irc.test CAP * LS * :" + " ".join(names[n:n + 4]))
    assert not any("REQ" in x for x in c.sync())  # nothing is asked for before all is known
    c.put(":irc.test CAP * LS :sts=duration=0")
    asked = c.grant()
    assert set(asked) == set(LONG) and len(asked) == len(set(asked))
    c.welcome()
    a.online()


def test_each_request_is_a_short_line(server, start):
    a, c = registering(server, start)
    c.put(":irc.test CAP * LS :" + " ".join(LONG))
    while True:
        m = c.get("^CAP (?:REQ :?(.*)|END)$")
        assert len(m.string) < 510
        if m.group(1) is None:
            break
        c.put(":irc.test CAP * ACK :" + m.group(1))
    c.welcome()
    a.online()


def test_refused_together_each_is_asked_for_alone(server, start):
    a, c = registering(server, start)
    c.put("CAP * LS :batch server-time echo-message")
    m = c.get("^CAP REQ :(.*)$")
    c.put("CAP * NAK :" + m.group(1))
    got = set()
    for _ in range(3):
        one = c.get("^CAP REQ :?(\\S+)$").group(1)
        got.add(one)
        c.put(":irc.test CAP alice %s %s" % ("NAK" if one == "server-time" else "ACK", one))  # no colon, as soju
    assert got == {"batch", "server-time", "echo-message"}
    c.get("^CAP END$")
    c.put("CAP * NEW :server-time")  # offered again: asked for again
    assert c.get("^CAP REQ :?(\\S+)$").group(1) == "server-time"
    c.put("CAP * ACK :server-time")
    c.welcome()
    a.online()


def test_what_needs_another_is_not_asked_for_without_it(server, start):
    a, c = registering(server, start)
    c.put("CAP * LS :labeled-response draft/chathistory draft/multiline draft/message-redaction echo-message")
    assert c.grant() == ["echo-message"]
    c.welcome()
    a.online()


def test_two_names_of_one_are_asked_for_once(server, start):
    a, c = registering(server, start)
    c.put("CAP * LS :batch chathistory draft/chathistory no-implicit-names draft/no-implicit-names soju.im/no-implicit-names")
    assert sorted(c.grant()) == ["batch", "chathistory", "no-implicit-names"]
    c.welcome()
    a.online()


def test_unknown_ones_are_never_asked_for(server, start):
    a, c = registering(server, start)
    c.put("CAP * LS :ergo.chat/nope inspircd.org/poison soju.im/account-required tls sts")
    assert c.grant() == []
    c.welcome()
    a.online()


def test_without_a_login_sasl_is_not_asked_for(server, start):
    a, c = registering(server, start)
    c.put("CAP * LS :sasl=PLAIN,EXTERNAL batch")
    assert c.grant() == ["batch"]
    c.welcome()
    a.online()


def test_switched_off_by_the_user(server, start):
    a, c = registering(server, start, caps_off="echo-message, draft/multiline")
    c.put("CAP * LS :batch echo-message draft/multiline=max-bytes=100 server-time")
    assert sorted(c.grant()) == ["batch", "server-time"]
    c.welcome()
    a.online()


@pytest.mark.parametrize("answer", [
    "@time=2026-01-01T00:00:00.000Z :irc.znc.in CAP a ACK :{}",   # tags, another name for us
    ":irc.test CAP unknown-nick ACK :{} ",                        # a blank at the end
    "CAP * ACK {}",                                               # neither source nor colon
    ":irc.test cap * ack :  {}",                                  # letters of another size, blanks
])
def test_answers_in_any_form(server, start, answer):
    a, c = registering(server, start)
    c.put("CAP * LS :echo-message")
    assert c.get("^CAP REQ (.*)$").group(1) == "echo-message"
    c.put(answer.format("echo-message"))
    c.get("^CAP END$")
    c.welcome()
    a.online()
def test_acknowledged_with_modifiers(server, start):
    """~ and = are of an older form of the words, - takes back."""
    a, c = registering(server, start)
    c.put("CAP * LS :echo-message draft/message-redaction message-tags")
    c.get("^CAP REQ ")
    c.put("CAP * ACK :~echo-message =message-tags draft/message-redaction")
    c.get("^CAP END$")
    c.welcome()
    caps = a.wait("CAPS")["caps"]
    a.online()
    a.send("bob", "one")
    c.get("PRIVMSG bob one|PRIVMSG bob :one")
    assert not a.seen("RECEIPT", delivery=2)  # the echo is awaited, so echo-message is on
    c.put("CAP alice ACK :-draft/message-redaction")
    assert a.wait("CAPS", where=lambda e: e["caps"] != caps)["caps"] & caps != caps
def test_new_and_gone_while_online(server, start, online):
    a, c = online("cap-notify message-tags")
    before = a.seen("CAPS")[-1]["caps"]
    c.put("CAP alice NEW :draft/read-marker=x batch draft/chathistory unheard-of")
    m = c.get("^CAP REQ :(.*)$")
    assert set(m.group(1).split()) == {"draft/read-marker", "batch", "draft/chathistory"}
    c.put("CAP alice ACK :" + m.group(1))
    more = a.wait("CAPS", where=lambda e: e["caps"] != before)["caps"]
    assert more & before == before
    c.put("CAP alice DEL :draft/read-marker batch draft/chathistory unheard-of sts")
    assert a.wait("CAPS", where=lambda e: e["caps"] == before)
    c.put("CAP alice DEL :message-tags")
    a.wait("CAPS", where=lambda e: e["caps"] != before)
    assert not [x for x in c.sync() if x.startswith("CAP")]
def test_a_value_that_changes_counts_from_then_on(online):
    a, c = online("batch draft/multiline=max-bytes=4000,max-lines=10 cap-notify")
    a.send("bob", "one\ntwo\nthree")
    c.get("BATCH \\+\\S+ draft/multiline bob")
    c.get("BATCH -")
    c.put("CAP alice NEW :draft/multiline=max-bytes=4000,max-lines=2")
    c.sync()
    a.send("bob", "four\nfive\nsix")
    lines = [c.get("BATCH|PRIVMSG").string for _ in range(1)]
    lines += c.sync()
    batches = [x for x in lines if "BATCH +" in x]
    inside = [x for x in lines if "PRIVMSG" in x and "batch=" in x]
    assert len(inside) <= 2 * max(1, len(batches)) and sum("PRIVMSG" in x for x in lines) == 3
def test_nothing_offered(server, start):
    a, c = registering(server, start)
    c.put("CAP * LS :")
    assert c.grant() == []
    c.welcome()
    a.online()


@pytest.mark.parametrize("answer", [
    None,                                                # silence
    ":irc.test 421 alice CAP :Unknown command",
    ":irc.test 451 * CAP :Register first",
    ":irc.test 421 * CAP :Unknown command\r\n:irc.test 451 * :You have not registered",
    "CAP", "CAP *", "CAP * LS", "CAP * XYZ :batch",      # words that mean nothing, or too few
])
def test_a_server_without_capabilities(server, start, answer):
    a, c = registering(server, start)
    if answer:
        c.put(answer)
    c.welcome(motd="422")
    a.online()
    a.send("bob", "hello")
    c.get("PRIVMSG bob :?hello")
def test_the_end_of_the_list_never_comes(server, start):
    """Nothing is asked for; a welcome is a welcome all the same."""
    a, c = registering(server, start)
    for n in range(40):
        c.put(":irc.test CAP * LS * :batch echo-message cap%d" % n)
    assert not [x for x in c.sync() if x.startswith("CAP")]
    c.welcome()
    a.online()
    a.send("bob", "hello")
    c.get("PRIVMSG bob :?hello")
def test_a_list_without_end_takes_no_memory(server, start):
    a, c = registering(server, start)
    for n in range(400):
        c.put(":irc.test CAP * LS * :" + " ".join("vendor.example/%d-%d=%s" % (n, k, "v" * 60) for k in range(6)))
    c.put(":irc.test CAP * LS :batch")  # behind the bound: not taken
    assert c.grant() == []
    c.welcome()
    a.online()
def test_one_line_longer_than_512(server, start):
    a, c = registering(server, start)
    c.put(":irc.test CAP * LS :" + " ".join(["x.example/%d=%s" % (n, "v" * 20) for n in range(60)] + ["batch", "server-time"]))
    assert sorted(c.grant()) == ["batch", "server-time"]
    c.welcome()
    a.online()
def test_refused_without_end(server, start):
    """Each NAK may bring a REQ, but never the same one for ever."""
    a, c = registering(server, start)
    c.put("CAP * LS :batch echo-message server-time")
    asked = []
    while True:
        m = c.get("^CAP (?:REQ :?(.*)|END)$")
        if m.group(1) is None:
            break
        asked.append(m.group(1))
        assert len(asked) <= 4
        c.put("CAP * NAK :" + m.group(1))
    c.put("CAP * NAK :batch echo-message server-time", "CAP * NAK :batch echo-message server-time")  # nobody asked
    assert len([x for x in c.sync() if "REQ" in x]) <= 6
    c.welcome()
    a.online()
def test_answers_that_nobody_waits_for(online):
    a, c = online("message-tags")
    for line in ("CAP alice ACK :sasl", "CAP alice ACK :-message-tags -batch --x -", "CAP alice NAK :", "CAP alice NAK",
                 "CAP alice LS * :batch", "CAP alice LS :echo-message", "CAP alice LIST :batch", "CAP alice ACK := ~ -",
                 "CAP alice NEW", "CAP alice DEL"):
        c.put(":irc.test " + line)
    a.settle(c)
    assert not a.seen("STATE", state=0)
    a.send("bob", "still here")
    c.get("PRIVMSG bob :still here")
