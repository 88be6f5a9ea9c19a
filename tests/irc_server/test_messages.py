# irc_server/test_messages.py - messages: labels and echoes, batches in each other, history, multiline, reactions, what failed
import json
import re

import pytest
from driver import FAILED, OFFLINE, ROOT, SENT, STORED

ALL = ("message-tags server-time batch labeled-response echo-message extended-join account-tag draft/multiline=max-bytes=4096,max-lines=5 "
       "draft/chathistory draft/event-playback draft/read-marker draft/message-redaction standard-replies")
HISTORY = "CHATHISTORY=100 MSGREFTYPES=msgid,timestamp CHANTYPES=#"


def flags():
    """The numbers of KITH_MSG_*, from the header that plugins are built against."""
    text = (ROOT / "include" / "kith" / "event.h").read_text()
    return {name: 1 << int(n) for name, n in re.findall(r"KITH_MSG_(\w+) = 1u << (\d+)", text)}


FLAG = flags()


def room(online, caps=ALL, isupport=HISTORY, **options):
    """Online and in #a, with everything that is asked for by itself answered."""
    a, c = online(caps, isupport, **options)
    a.op("ROOM_JOIN", req=1, chat="#a")
    c.room("#a")
    a.reply(1)
    c.sync()
    for line in c.lines:  # gaps are asked for: there are none
        m = re.match(r"@label=(\S+) CHATHISTORY (\S+) (\S+)", line)
        if m:
            kind = "draft/chathistory-targets" if m.group(2) == "TARGETS" else "chathistory " + m.group(3)
            c.put("@label=%s BATCH +h%s %s" % (m.group(1), m.group(1), kind), "BATCH -h" + m.group(1))
    a.settle(c)
    return a, c


def label(m):
    return re.match(r"@(?:\S*;)?label=([^; ]+)", m.string).group(1)


def shown(events):
    return [e for e in events if e["ev"] == "MESSAGE"]


# ---- labels and echoes ----


def test_stored_when_the_labelled_echo_came(online):
    a, c = room(online)
    k = a.send("#a", "hello")
    m = c.get("PRIVMSG #a :?hello")
    a.wait("RECEIPT", id=k, delivery=SENT)
    assert not a.settle(c)  # nothing before the server says so
    c.put("@label=%s;msgid=m1;time=2026-11-21T10:00:00.000Z :alice!u@h PRIVMSG #a :hello" % label(m))
    assert a.wait("RECEIPT", id=k, delivery=STORED)["archive_id"] == "m1"
    assert not shown(a.settle(c))  # no second line of it


def test_the_server_changes_what_we_said(online):
    """Colours stripped: the echo is known by its label."""
    a, c = room(online)
    k = a.send("#a", "\x0304red")
    m = c.get("PRIVMSG #a ")
    c.put("@label=%s;msgid=m1 :alice!u@h PRIVMSG #a :red" % label(m))
    a.wait("RECEIPT", id=k, delivery=STORED)
    assert not shown(a.settle(c))


def test_acknowledged_without_an_echo(online):
    a, c = room(online, "message-tags batch labeled-response")
    k = a.send("bob", "hello")
    m = c.get("PRIVMSG bob ")
    c.put("@label=%s :irc.test ACK" % label(m))
    a.wait("RECEIPT", id=k, delivery=STORED)


@pytest.mark.parametrize("inside", [[], ["@batch=L;msgid=m1 :alice!u@h PRIVMSG #a :hello"], ["@batch=L :irc.test NOTE PRIVMSG X :by the way"]])
def test_answers_in_a_labelled_batch(online, inside):
    a, c = room(online)
    k = a.send("#a", "hello")
    m = c.get("PRIVMSG #a ")
    c.put("@label=%s BATCH +L labeled-response" % label(m), *inside, "BATCH -L")
    if inside and "NOTE" in inside[0]:
        a.wait("NOTICE", text="by the way")
        c.put("@label=%s :alice!u@h PRIVMSG #a :hello" % label(m))
    a.wait("RECEIPT", id=k, delivery=STORED)
    assert not shown(a.settle(c))


@pytest.mark.parametrize("label_", ["", "k", "k0", "k999999", "k-1", "k1-", "x1", "k99999999999999999999999", "k1;label=k2", "\\:\\s"])
def test_unknown_labels_answer_nothing(online, label_):
    a, c = room(online)
    k = a.send("#a", "hello")
    c.get("PRIVMSG #a ")
    a.wait("RECEIPT", id=k, delivery=SENT)
    for line in (":irc.test ACK", ":irc.test FAIL PRIVMSG X #a :no", ":irc.test 404 alice #a :Cannot send", "BATCH +q labeled-response"):
        c.put("@label=%s %s" % (label_, line))
    c.put("BATCH -q")
    assert not [e for e in a.settle(c) if e["ev"] == "RECEIPT"]
def test_the_same_words_twice_are_two(online):
    a, c = room(online)
    ids = [a.send("#a", "ha") for _ in range(3)]
    labels = [label(c.get("PRIVMSG #a :?ha")) for _ in ids]
    for n in (1, 0, 2):
        c.put("@label=%s;msgid=m%d :alice!u@h PRIVMSG #a :ha" % (labels[n], n))
    for n in (1, 0, 2):
        e = a.wait("RECEIPT", delivery=STORED)
        assert (e["id"], e["archive_id"]) == (ids[n], "m%d" % n)
def test_from_another_client_of_ours(online):
    """Not asked for here: a line of our own, once."""
    a, c = room(online)
    c.put("@msgid=m7 :alice!u@h PRIVMSG #a :from the phone", "@msgid=m8 :alice!u@h PRIVMSG bob :to bob")
    e = a.wait("MESSAGE", id="m7")
    assert e["flags"] & FLAG["OUTGOING"] and e["chat"] == "#a"
    e = a.wait("MESSAGE", id="m8")
    assert e["flags"] & FLAG["OUTGOING"] and e["chat"] == "bob"


def test_to_oneself(online):
    """The echo has the label, the delivery has not; both have one id."""
    a, c = room(online)
    k = a.send("alice", "note to self")
    m = c.get("PRIVMSG alice ")
    c.put("@label=%s;msgid=s1 :alice!u@h PRIVMSG alice :note to self" % label(m), "@msgid=s1 :alice!u@h PRIVMSG alice :note to self")
    assert a.wait("RECEIPT", id=k, delivery=STORED)["archive_id"] == "s1"
    assert all(e["id"] == "s1" for e in shown(a.settle(c)))


def test_echoes_without_labels_are_known_by_their_words(online):
    a, c = room(online, "echo-message")
    k1, k2 = a.send("#a", "one"), a.send("#a", "two")
    c.get("PRIVMSG #a :?two")
    c.put(":alice!u@h PRIVMSG #A :two", ":alice!u@h PRIVMSG #a :three")
    assert a.wait("RECEIPT", delivery=STORED)["id"] == k2
    assert [e["body"] for e in shown(a.settle(c))] == ["three"]
    c.put(":alice!u@h PRIVMSG #a :one")
    assert a.wait("RECEIPT", delivery=STORED)["id"] == k1


def test_nothing_comes_back_a_ping_says_it_was_taken(online):
    a, c = room(online, "")
    k = a.send("#a", "hello")
    c.get("^PRIVMSG #a :?hello$")
    m = c.get("^PING (\\S+)$")
    assert not a.seen("RECEIPT", delivery=STORED)
    c.put(":irc.test PONG irc.test :" + m.group(1))
    a.wait("RECEIPT", id=k, delivery=STORED)


def test_answers_to_pings_that_were_not_sent(online):
    a, c = room(online, "")
    k = a.send("#a", "hello")
    fence = c.get("^PING kith-f(\\d+)$").group(1)
    for word in ("kith-f999", "kith-f0", "kith-f-1", "kith-f99999999999999999999", "kith-fx", "kith-f", ""):
        c.put(":irc.test PONG irc.test :" + word)
    c.put("PONG", ":irc.test 404 alice #a :Cannot send to channel", ":irc.test PONG irc.test kith-f" + fence)
    assert a.wait("RECEIPT", id=k, where=lambda e: e["delivery"] != SENT)["delivery"] == FAILED
    assert not [e for e in a.settle(c) if e["ev"] == "RECEIPT"]


# ---- no ----


@pytest.mark.parametrize("line, words", [
    (":irc.test 404 alice #a :Cannot send to channel (+m)", "Cannot send"),
    (":irc.test 401 alice #a :No such nick", "No such nick"),
    (":irc.test 417 alice :Input line was too long", "too long"),
    (":irc.test 531 alice #a :not to you", "not to you"),
    (":irc.test FAIL PRIVMSG CANNOT_SEND #a :You may not", "You may not"),
    (":irc.test FAIL * INVALID_UTF8 :Not UTF-8", "Not UTF-8"),
    (":irc.test FAIL BATCH MULTILINE_MAX_BYTES 4096 :too much", "too much"),
])
def test_refused_with_the_words_of_the_server(online, line, words):
    a, c = room(online)
    k = a.send("#a", "hello")
    m = c.get("PRIVMSG #a ")
    c.put("@label=%s %s" % (label(m), line))
    e = a.wait("RECEIPT", id=k, delivery=FAILED)
    assert words in e["text"] and e["err"] < 0
def test_standard_replies_of_nothing_in_particular(online):
    a, c = room(online)
    c.put(":irc.test FAIL * SOMETHING :did not work", ":irc.test WARN REHASH CERTS_EXPIRED :Certificate [xyz] has expired",
          ":irc.test NOTE * OPER_MESSAGE context :The message", "FAIL", "WARN", "NOTE", "FAIL X", ":irc.test FAIL PRIVMSG")
    assert a.wait("NOTICE", text="did not work")["level"] == 3
    assert a.wait("NOTICE", text="Certificate [xyz] has expired")["level"] == 2
    assert a.wait("NOTICE", text="The message")["level"] == 1
    a.settle(c)


@pytest.mark.parametrize("line", ["FAIL * X :{}", "WARN * X :{}", "NOTE * X :{}", "NOTICE alice :{}", "404 alice #b :{}", "263 alice X :{}",
                                  "999 alice :{}", "ERROR :{}"])
def test_no_formatting_of_the_server_is_shown_as_signs(online, line):
    a, c = room(online)
    c.put(":irc.test " + line.format("\x02bold\x02 \x0304,01red\x0f \x1b[31mx \u202ey"))
    e = a.wait("NOTICE" if "ERROR" not in line else "STATE", where=lambda e: "bold" in str(e["text"]))
    assert "bold red" in e["text"], e
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", e["text"])
def test_long_words_of_the_server_end_at_a_character(online):
    a, c = room(online)
    for n in range(4):
        c.put(":irc.test FAIL * X :bound " + "y" * n + "\U0001f600" * 500)
        text = a.wait("NOTICE", where=lambda e: e["text"].startswith("bound"))["text"]
        assert "\ufffd" not in text and len(text) < 500


# ---- batches ----


def test_batches_in_batches(online):
    a, c = room(online)
    c.put("BATCH +1 chathistory #a",
          "@batch=1;msgid=h1;time=2026-01-01T00:00:00.000Z :bob!b@h PRIVMSG #a :first",
          "@batch=1;msgid=h2;time=2026-01-01T00:00:01.000Z :bob!b@h BATCH +2 draft/multiline #a",
          "@batch=2 :bob!b@h PRIVMSG #a :two", "@batch=2 :bob!b@h PRIVMSG #a :lines",
          "@batch=2;draft/multiline-concat :bob!b@h PRIVMSG #a : joined",
          ":carol!c@h PRIVMSG #a :live, between",
          "@batch=1 BATCH -2", "@batch=1;msgid=h3;time=2026-01-01T00:00:02.000Z :bob!b@h PRIVMSG #a :last", "BATCH :-1")
    got = shown(a.settle(c))
    assert [(e["body"], bool(e["flags"] & FLAG["HISTORY"])) for e in got] == [
        ("first", True), ("live, between", False), ("two\nlines joined", True), ("last", True)]
    assert [e["id"] for e in got if e["flags"] & FLAG["HISTORY"]] == ["h1", "h2", "h3"]


def test_interleaved_batches(online):
    a, c = room(online)
    c.put("@msgid=a :bob!b@h BATCH +a draft/multiline #a", "@msgid=b :carol!c@h BATCH +b draft/multiline alice")
    for n in range(3):
        c.put("@batch=a :bob!b@h PRIVMSG #a :a%d" % n, "@batch=b :carol!c@h PRIVMSG alice :b%d" % n)
    c.put("BATCH -b", "BATCH -a")
    assert [(e["id"], e["body"], e["chat"]) for e in shown(a.settle(c))] == [("b", "b0\nb1\nb2", "carol"), ("a", "a0\na1\na2", "#a")]


@pytest.mark.parametrize("lines", [
    ["BATCH +x", "BATCH +x", "BATCH -x", "BATCH -x", "BATCH -y", "BATCH", "BATCH :", "BATCH +", "BATCH -", "BATCH x", "BATCH ++x", "BATCH --x"],
    ["@batch=x BATCH +x t", "@batch=x :bob!b@h PRIVMSG #a :in", "BATCH -x"],                          # its own parent
    ["BATCH +a t", "@batch=a BATCH +b t", "BATCH -a", "@batch=b BATCH +c t", "@batch=c :bob!b@h PRIVMSG #a :in", "@batch=b BATCH +d t",
     "@batch=d :bob!b@h PRIVMSG #a :in", "BATCH -c", "BATCH -b", "BATCH -d"],                            # a ring, by a place used again
    ["@batch=none :bob!b@h PRIVMSG #a :in", "@batch= :bob!b@h PRIVMSG #a :in", "@batch :bob!b@h PRIVMSG #a :in"],
    ["BATCH +x draft/multiline", "@batch=x :bob!b@h PRIVMSG #a :in", "BATCH -x"],                      # to nobody
    ["BATCH +x draft/multiline #a", "BATCH -x"],                                                          # empty
    ["BATCH +x draft/multiline #a", "@batch=x :bob!b@h JOIN #a", "@batch=x PING :1", "@batch=x :irc.test 001 alice :x", "BATCH -x"],
    ["BATCH +x chathistory", "@batch=x :bob!b@h PRIVMSG #a :in", "BATCH -x"],
    ["BATCH +x netsplit a.b c.d", "@batch=x :bob!b@h QUIT :a.b c.d", "BATCH -x"],
    ["BATCH +%d t" % n for n in range(200)] + ["BATCH -%d" % n for n in range(200)],
    ["%sBATCH +n%d chathistory #a" % ("@batch=n%d " % (n - 1) if n else "", n) for n in range(40)] +
    ["@batch=n%d :bob!b@h PRIVMSG #a :in" % n for n in range(40)] + ["BATCH -n%d" % n for n in range(40)],
    ["@label=k1 BATCH +x labeled-response", "@batch=x;label=k1 BATCH +y labeled-response", "@batch=y;label=k1 ACK", "BATCH -x", "BATCH -y"],
    ["BATCH +" + "i" * 4000 + " " + "t" * 4000 + " #a", "BATCH -" + "i" * 4000],
])
def test_batches_that_make_no_sense(online, lines):
    a, c = room(online)
    for line in lines:
        c.put(line)
    c.put(":bob!b@h PRIVMSG #a :alive")
    a.wait("MESSAGE", body="alive")
    assert not a.seen("STATE", state=OFFLINE)
def test_lines_of_unknown_batches_are_lines(online):
    a, c = room(online)
    c.put("BATCH +u vendor.example/thing", "@batch=u :bob!b@h PRIVMSG #a :as ever", "BATCH -u")
    e = a.wait("MESSAGE", body="as ever")
    assert not e["flags"] & FLAG["HISTORY"]
def test_unfinished_batches_die_with_the_connection(online, server):
    a, c = room(online)
    c.put("BATCH +x draft/multiline #a", "@batch=x :bob!b@h PRIVMSG #a :half", "BATCH +h chathistory #a")
    a.settle(c)
    c.close()
    a.offline()
    a.connect()
    c = server.accept()
    c.login(ALL, HISTORY)
    c.put("@batch=x :bob!b@h PRIVMSG #a :other half", "BATCH -x")
    e = a.wait("MESSAGE", body="other half")
    assert not e["flags"] & FLAG["HISTORY"]


def test_history_changes_nothing_that_is_now(online):
    """event-playback: who came and went then is none of the list of today's."""
    a, c = room(online)
    c.put("BATCH +1 chathistory #a", "@batch=1 :dave!d@h JOIN #a", "@batch=1 :bob!b@h PART #a :bye", "@batch=1 :alice!u@h KICK #a carol :out",
          "@batch=1 :bob!b@h NICK robert", "@batch=1 :carol!c@h QUIT :gone", "@batch=1 :bob!b@h MODE #a +o carol", "@batch=1 :bob!b@h TOPIC #a :old",
          "@batch=1 :alice!u@h PART #a", "@batch=1 :alice!u@h NICK mallory", "BATCH -1")
    told = a.settle(c)
    assert not [e for e in told if e["ev"] in ("MEMBER", "MEMBER_GONE", "SELF", "CHAT", "NOTICE")]
    then = [(e["what"], e["nick"], e["text"]) for e in told if e["ev"] == "HAPPENED"]
    assert then == [(1, "dave", None), (2, "bob", "bye"), (2, "carol", "out"), (3, "bob", "robert"), (2, "carol", "gone"),
                    (5, None, "bob makes carol operator"), (4, "bob", "old"), (3, "alice", "mallory")]
    k = a.send("#a", "still alice in #a")
    c.get("PRIVMSG #a :still alice")
    assert k


def test_questions_in_history_are_not_answered(online):
    a, c = room(online)
    c.put("BATCH +1 chathistory #a", "@batch=1 :bob!b@h PRIVMSG alice :\x01VERSION\x01", "@batch=1 :bob!b@h PRIVMSG #a :\x01PING 1\x01", "BATCH -1",
          ":alice!u@h PRIVMSG alice :\x01VERSION\x01")  # and not our own that come back
    assert not [x for x in c.sync() if "NOTICE" in x]
    c.put(":bob!b@h PRIVMSG alice :\x01PING 42\x01")
    assert c.get("NOTICE bob :?(.*)$").group(1) == "\x01PING 42\x01"


# ---- multiline ----


def test_many_lines_as_one(online):
    a, c = room(online)
    k = a.send("#a", "one\n\nthree")
    m = c.get("BATCH \\+(\\S+) draft/multiline #a$")
    lines = [c.get("PRIVMSG #a").string for _ in range(3)]
    assert [x.split(" PRIVMSG #a ")[1] for x in lines] == ["one", ":", "three"]
    assert all(x.startswith("@batch=" + m.group(1)) and "label" not in x for x in lines)
    c.get("^BATCH -%s$" % m.group(1))
    name = label(m)
    c.put("@label=%s;msgid=m1 :alice!u@h BATCH +q draft/multiline #a" % name, "@batch=q :alice!u@h PRIVMSG #a :one", "@batch=q :alice!u@h PRIVMSG #a :",
          "@batch=q :alice!u@h PRIVMSG #a :three", "BATCH -q")
    assert a.wait("RECEIPT", id=k, delivery=STORED)["archive_id"] == "m1"
    assert not shown(a.settle(c))


def test_a_long_line_is_put_together_by_the_other_side(online):
    a, c = room(online)
    text = " ".join("word%d" % n for n in range(150))
    a.send("#a", text)
    c.get("BATCH \\+")
    got = ""
    while (m := c.get("^(@\\S+ )?(PRIVMSG #a :?(.*)|BATCH -.*)$")).group(3) is not None:
        assert ("draft/multiline-concat" in m.group(1)) == bool(got) and m.group(3)
        got += m.group(3)
    assert got == text


def test_more_lines_than_the_server_takes(online):
    """5 lines or 4096 bytes: what does not fit goes in other ways, and all of it goes."""
    a, c = room(online)
    a.send("#a", "\n".join("line %d" % n for n in range(12)))
    end = a.send("#a", "the end")
    lines = []
    while "the end" not in (line := c.get("PRIVMSG|BATCH").string):
        lines.append(line)
    assert [re.search("line \\d+", x).group(0) for x in lines if "PRIVMSG" in x] == ["line %d" % n for n in range(12)]
    run = 0
    for x in lines:
        run = 0 if "BATCH +" in x else run + ("batch=" in x)
        assert run <= 5
    assert end


@pytest.mark.parametrize("value", ["", "max-bytes=0", "max-bytes=-5,max-lines=x", "max-lines=0", "max-bytes=99999999999999999999,max-lines=3", "x=y,,=",
                                   "max-bytes", "max-bytes=1,max-lines=1"])
def test_senseless_limits(online, value):
    a, c = room(online, "batch message-tags labeled-response echo-message draft/multiline=" + value)
    a.send("#a", "one\ntwo\nthree")
    texts = []
    while len(texts) < 3:
        texts.append(c.get("PRIVMSG #a :?(.*)$").group(1))
    assert texts == ["one", "two", "three"]
def test_a_batch_of_more_than_can_be_taken(online):
    a, c = room(online)
    c.put("@msgid=big :bob!b@h BATCH +x draft/multiline #a")
    line = ("@batch=x :bob!b@h PRIVMSG #a :" + "y" * 400 + "\r\n").encode()
    for _ in range(30):
        c.raw(line * 400)
    c.put("BATCH -x")
    e = a.wait("MESSAGE", id="big")
    assert 1000 < len(e["body"]) <= 1 << 20
def test_no_names_of_others_inside(online):
    """Who said it is told on the line that opens the batch."""
    a, c = room(online)
    c.put("@msgid=m1 :bob!b@h BATCH +x draft/multiline #a", "@batch=x :mallory!m@h PRIVMSG #b :one", "@batch=x :carol!c@h NOTICE alice :two", "BATCH -x")
    e = a.wait("MESSAGE", id="m1")
    assert (e["sender"], e["chat"]) == ("#a/bob", "#a")


# ---- ids, replies, reactions, typing, redaction ----


def test_ids_go_with_the_message(online):
    a, c = room(online)
    c.put("@msgid=m1;time=2026-11-21T10:00:00.123Z;account=bobby :bob!b@h PRIVMSG #a :hi", "@msgid=m1 :bob!b@h PRIVMSG #a :hi",
          "@msgid=m2;+draft/reply=m1 :carol!c@h PRIVMSG #a :yes", "@msgid=m3;+reply=m1;+draft/reply=x :carol!c@h PRIVMSG #a :and yes")
    got = shown(a.settle(c))
    assert [e["id"] for e in got] == ["m1", "m1", "m2", "m3"]  # the engine keeps one of the two: by its id
    assert got[0]["time_ms"] == 1795255200123 and got[0]["sender_id"] == "bobby"
    assert [e["reply_to"] for e in got] == [None, None, "m1", "m1"]


def test_a_reply_of_ours(online):
    a, c = room(online)
    a.send("#a", "yes", reply_to="m1;x y")
    m = c.get("^@(\\S+) PRIVMSG #a :?yes$")
    tags = dict(t.split("=", 1) for t in m.group(1).split(";"))
    assert tags["+reply"] == tags["+draft/reply"] == "m1\\:x\\sy"


def test_tags_that_the_server_denies(online):
    a, c = room(online, isupport=HISTORY + " CLIENTTAGDENY=*,-draft/react")
    a.send("#a", "yes", reply_to="m1")
    assert "reply" not in c.get("PRIVMSG #a :?yes$").string
    a.op("TYPING", chat="#a", number=1)
    a.op("REACT", chat="#a", who="m1", list=["+1"], id="r1")
    assert "draft/react" in c.get("TAGMSG").string


def test_reactions_are_told_as_a_whole(online):
    a, c = room(online)
    c.put("@+draft/react=\U0001f44d;+draft/reply=m1 :bob!b@h TAGMSG #a", "@+draft/react=\u2764;+draft/reply=m1 :bob!b@h TAGMSG #a",
          "@+draft/unreact=\U0001f44d;+draft/reply=m1 :bob!b@h TAGMSG #a")
    got = [e for e in shown(a.settle(c))]
    assert [e["reactions"] for e in got] == [["\U0001f44d"], ["\U0001f44d", "\u2764"], ["\u2764"]]
    assert all(e["flags"] & FLAG["REACT"] and e["target"] == "m1" for e in got)


def test_reactions_of_ours(online):
    a, c = room(online)
    a.op("REACT", chat="#a", who="m1", list=["\U0001f44d"], id="r1")
    m = c.get("TAGMSG #a$")
    assert "+draft/react=\U0001f44d" in m.string and "+draft/reply=m1" in m.string
    c.put("@label=%s;+draft/react=\U0001f44d;+draft/reply=m1 :alice!u@h TAGMSG #a" % label(m))
    a.wait("RECEIPT", id="r1", delivery=STORED)
    a.op("REACT", chat="#a", who="m1", list=["\u2764"], id="r2")
    lines = [c.get("TAGMSG #a$").string for _ in range(2)]
    assert any("+draft/unreact=\U0001f44d" in x for x in lines) and any("+draft/react=\u2764" in x for x in lines)


@pytest.mark.parametrize("tags", ["+draft/react=x", "+draft/reply=m1", "+draft/react=;+draft/reply=m1", "+draft/react=x;+draft/reply=",
                                  "+draft/react=%s;+draft/reply=m1" % ("x" * 4000), "+typing", "+typing=", "+typing=xyz", "x", ""])
def test_tags_of_nothing(online, tags):
    a, c = room(online)
    c.put("@%s :bob!b@h TAGMSG #a" % tags, "@%s :bob!b@h TAGMSG" % tags, "@%s TAGMSG #a" % tags, "@%s :bob!b@h TAGMSG :" % tags)
    assert not shown(a.settle(c))
def test_typing_of_others(online):
    a, c = room(online)
    c.put("@+typing=active :bob!b@h TAGMSG #a", "@+typing=paused :bob!b@h TAGMSG alice", "@+typing=active :alice!u@h TAGMSG #a")
    got = [e for e in a.settle(c) if e["ev"] == "TYPING"]
    assert [(e["chat"], e["who"], e["state"]) for e in got] == [("#a", "bob", 1), ("bob", "bob", 2)]  # our own echo is none
def test_typing_of_ours_is_seldom(online):
    a, c = room(online)
    for _ in range(10):
        a.op("TYPING", chat="#a", number=1)
    a.op("TYPING", chat="#a", number=2)
    a.send("#a", "done")
    c.get("PRIVMSG #a :?done")
    said = [x for x in c.lines if "TAGMSG" in x]
    assert [re.search("typing=(\\w+)", x).group(1) for x in said] == ["active", "paused"]


def test_taken_back(online):
    a, c = room(online)
    c.put(":bob!b@h REDACT #a m1 :wrong room", ":bob!b@h REDACT #a m2", ":bob!b@h REDACT #a", ":bob!b@h REDACT", "REDACT #a m3", ":bob!b@h REDACT : m4")
    got = shown(a.settle(c))
    assert [(e["target"], e["text"]) for e in got] == [("m1", "wrong room"), ("m2", None)]
    assert all(e["flags"] & FLAG["RETRACT"] for e in got)
    a.op("RETRACT", chat="#a", who="m9", text="a slip", id="t1")
    m = c.get("REDACT #a m9 :a slip$")
    c.put("@label=%s :alice!u@h REDACT #a m9 :a slip" % label(m))
    a.wait("RECEIPT", id="t1", delivery=STORED)
    a.op("RETRACT", chat="#a", who="m8", id="t2")
    m = c.get("REDACT #a m8$")
    c.put("@label=%s :irc.test FAIL REDACT REDACT_FORBIDDEN #a m8 :Not yours" % label(m))
    assert "Not yours" in a.wait("RECEIPT", id="t2", delivery=FAILED)["text"]


def test_actions_and_questions(online):
    a, c = room(online)
    c.put(":bob!b@h PRIVMSG #a :\x01ACTION waves\x01", ":bob!b@h PRIVMSG #a :\x01ACTION\x01", ":bob!b@h PRIVMSG #a :\x01ACTION unfinished",
          ":bob!b@h PRIVMSG #a :\x01", ":bob!b@h PRIVMSG #a :\x01\x01", ":bob!b@h NOTICE #a :\x01ACTION x\x01", ":bob!b@h PRIVMSG alice :\x01DCC SEND f 1 2 3\x01")
    got = [e for e in shown(a.settle(c)) if e["flags"] & FLAG["ACTION"]]
    assert [e["body"] for e in got][0] == "waves" and "unfinished" in [e["body"] for e in got]
    assert not [x for x in c.sync() if x.startswith("NOTICE")]


def test_questions_are_answered_seldom(online):
    a, c = room(online)
    for n in range(50):
        c.put(":bob%d!b@h PRIVMSG alice :\x01VERSION\x01" % n)
    assert len([x for x in c.sync() if "\x01VERSION" in x]) <= 2


# ---- rooms ----


def test_joined_twice_and_forwarded(online):
    a, c = room(online)
    c.put(":alice!u@h JOIN #a", ":irc.test 353 alice = #a :@alice bob carol", ":irc.test 366 alice #a :End", ":alice!u@h NICK Alice", ":Alice!u@h NICK alice")
    events = a.settle(c)
    assert not [e for e in events if e["ev"] == "MEMBER_GONE" or (e["ev"] == "CHAT" and not e["flags"] & 1)]
    n = a.request("ROOM_JOIN", chat="#full")
    c.get("JOIN #full$")
    c.put(":irc.test 470 alice #full #overflow :Forwarding to another channel")
    c.room("#overflow", join=False)
    a.wait("CHAT", address="#overflow", where=lambda e: e["flags"] & 1)
    assert a.seen("REPLY", req=n) or a.reply(n)
    c.close()
    a.offline()


# ---- history ----


def fetched(a, c, lines, **members):
    n = a.request("HISTORY_FETCH", fetch__chat="#a", fetch__max=5, **members)
    m = c.get("CHATHISTORY (\\S+) #a (\\S+) (\\d+)$")
    c.put("@label=%s BATCH +p chathistory #a" % label(m), *["@batch=p;" + x for x in lines], "BATCH -p")
    return m, a.reply(n), n


def line(n, extra=""):
    return "msgid=p%d;time=2026-01-01T00:00:%02d.000Z%s :bob!b@h PRIVMSG #a :old %d" % (n, n, extra, n)


def test_a_page_of_history(online):
    a, c = room(online)
    m, reply, n = fetched(a, c, [line(k) for k in range(5)])
    assert (m.group(1), m.group(2), m.group(3)) == ("LATEST", "*", "5") and reply["more"] == 1 and reply["err"] == 0
    got = [e for e in shown(a.events) if e["req"] == n]
    assert [e["id"] for e in got] == ["p%d" % k for k in range(5)] and all(e["flags"] & FLAG["HISTORY"] for e in got)
    m, reply, n = fetched(a, c, [line(9)], fetch__before_id="p0")
    assert (m.group(1), m.group(2)) == ("BEFORE", "msgid=p0") and reply["more"] == 0
    m, reply, n = fetched(a, c, [], fetch__before_ms=1767225600000)
    assert (m.group(1), m.group(2)) == ("BEFORE", "timestamp=2026-01-01T00:00:00.000Z") and reply["more"] == 0


def test_history_without_ids_is_asked_for_by_time(online):
    a, c = room(online, isupport="CHATHISTORY=3 MSGREFTYPES=timestamp")
    n = a.request("HISTORY_FETCH", fetch__chat="#a", fetch__max=50, fetch__before_id="p0", fetch__before_ms=1767225600000)
    m = c.get("CHATHISTORY BEFORE #a (\\S+) (\\d+)$")
    assert m.group(1).startswith("timestamp=") and m.group(2) == "3"  # never more than the server gives
    c.put("@label=%s BATCH +p chathistory #a" % label(m), "@batch=p;time=2026-01-01T00:00:00.035Z :alice_soju PRIVMSG #a :x",
          "@batch=p;time=2026-01-01T00:00:00.000Z :bob PRIVMSG #a :y", "@batch=p;time=2026-01-01T00:00:00.900Z :bob PRIVMSG #a :y", "BATCH -p")
    a.reply(n)
    ids = [e["id"] for e in shown(a.events) if e["req"] == n]
    assert len(ids) == 3 and all(ids) and ids[1] == ids[2]  # whole seconds, nick and words: the same however it comes


@pytest.mark.parametrize("answer", ["FAIL CHATHISTORY MESSAGE_ERROR #a :Messages could not be had", "FAIL CHATHISTORY INVALID_TARGET x #a :no",
                                    "401 alice #a :No such channel", "421 alice CHATHISTORY :Unknown command"])
def test_history_refused(online, answer):
    a, c = room(online)
    n = a.request("HISTORY_FETCH", fetch__chat="#a", fetch__max=5)
    m = c.get("CHATHISTORY LATEST #a")
    c.put("@label=%s :irc.test %s" % (label(m), answer))
    assert a.reply(n)["err"] < 0
def test_a_gap_is_filled_after_a_reconnect(online, server):
    a, c = room(online)
    c.put("@msgid=last;time=2026-11-21T10:00:00.500Z :bob!b@h PRIVMSG #a :before the gap")
    a.wait("MESSAGE", id="last")
    c.close()
    a.offline()
    a.connect()
    c = server.accept()
    c.login(ALL, HISTORY)
    start = len(a.events)
    c.room("#a")
    c.put("@msgid=live :bob!b@h PRIVMSG #a :live, before what was missed")
    m = c.get("CHATHISTORY AFTER #a timestamp=2026-11-21T10:00:00.500Z (\\d+)$")
    page = ["@batch=p;msgid=g%d;time=2026-11-21T11:%02d:00.000Z :bob!b@h PRIVMSG #a :missed %d" % (k, k % 60, k) for k in range(int(m.group(1)))]
    c.put("@label=%s BATCH +p chathistory #a" % label(m), *page, "BATCH -p")
    m = c.get("CHATHISTORY AFTER #a timestamp=(\\S+) \\d+$")  # a whole page: there may be more
    assert m.group(1) > "2026-11-21T11"
    c.put("@label=%s BATCH +p chathistory #a" % label(m), "BATCH -p")
    a.settle(c)
    ids = [e["id"] for e in shown(a.events[start:])]
    assert "live" in ids and [i for i in ids if i and i.startswith("g")] == ["g%d" % k for k in range(len(page))]
def test_private_chats_that_were_missed(online):
    a, c = online(ALL, HISTORY)
    m = c.get("CHATHISTORY TARGETS timestamp=(\\S+) timestamp=(\\S+) (\\d+)$")
    assert m.group(1) < m.group(2)
    c.put("@label=%s BATCH +t draft/chathistory-targets" % label(m), "@batch=t CHATHISTORY TARGETS bob 2026-11-21T10:00:00.000Z",
          "@batch=t CHATHISTORY TARGETS #a 2026-11-21T10:00:00.000Z", "@batch=t CHATHISTORY TARGETS", "@batch=t CHATHISTORY TARGETS x,y z",
          "@batch=t CHATHISTORY XYZ bob", "BATCH -t")
    m = c.get("CHATHISTORY LATEST bob \\* (\\d+)$")
    c.put("@label=%s BATCH +p chathistory bob" % label(m), "@batch=p;msgid=q1 :bob!b@h PRIVMSG alice :are you there?", "BATCH -p")
    assert a.wait("MESSAGE", id="q1")["chat"] == "bob"
    assert not [x for x in c.sync() if "x,y" in x]


# ---- read markers ----


def test_read_elsewhere(online):
    a, c = room(online)
    c.put("@msgid=m1;time=2026-11-21T10:00:00.000Z :bob!b@h PRIVMSG #a :one", "@msgid=m2;time=2026-11-21T10:00:01.000Z :bob!b@h PRIVMSG #a :two",
          ":irc.test MARKREAD #a timestamp=2026-11-21T10:00:01.000Z", ":irc.test MARKREAD #a timestamp=2026-11-21T10:00:00.000Z",
          ":irc.test MARKREAD #a *", ":irc.test MARKREAD #a", ":irc.test MARKREAD", ":irc.test MARKREAD #a timestamp=x", ":irc.test MARKREAD x,y timestamp=*")
    assert [(e["chat"], e["id"]) for e in a.settle(c) if e["ev"] == "MARKER"] == [("#a", "m2")]  # it only grows


def test_read_here(online):
    a, c = room(online)
    c.put("@msgid=m1;time=2026-11-21T10:00:00.000Z :bob!b@h PRIVMSG #a :one", "@msgid=m2;time=2026-11-21T10:00:01.000Z :bob!b@h PRIVMSG #a :two")
    a.wait("MESSAGE", id="m2")
    a.op("MARK_READ", chat="#a", id="m1", id2="m1")
    a.op("MARK_READ", chat="#a", id="m2", id2="m2")
    a.op("MARK_READ", chat="#a", id="unknown")
    assert c.get("MARKREAD #a (\\S+)$").group(1) == "timestamp=2026-11-21T10:00:01.000Z"  # the newest, once
    assert len([x for x in c.lines if "MARKREAD" in x]) == 1


# ---- everything that was told is text ----


def test_nothing_raw_leaves_towards_the_screen(online):
    a, c = room(online)
    evil = "\x1b]52;c;AAAA\x07 \x9b31m \u202e\u2066 \x02\x1d\x0304 \x00\x7f \ufeff\u200b \U000e0041"
    for text in ("PRIVMSG #a :", "NOTICE #a :", "TOPIC #a :", "KICK #a carol :", "QUIT :", "PART #a :", "AWAY :", "SETNAME :", "PRIVMSG alice :", "NOTICE alice :",
                 "INVITE alice ", "PRIVMSG #a :\x01ACTION "):
        c.put(":bob!b@h " + text + evil)
        c.put(":bob!b@h JOIN #a")
    for text in ("332 alice #a :", "301 alice bob :", "311 alice bob u h * :", "319 alice bob :", "330 alice bob x :", "404 alice #a :", "372 alice :", "263 alice :",
                 "FAIL * X :", "353 alice = #a :", "333 alice #a ", "005 alice NETWORK="):
        c.put(":irc.test " + text + evil)
    a.settle(c)
    for e in a.events:
        assert not re.search("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u202a-\u202e\u2066-\u2069\ufeff]", json.dumps(e, ensure_ascii=False)), e
