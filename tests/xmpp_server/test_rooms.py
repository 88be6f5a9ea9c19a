# xmpp_server/test_rooms.py - a room that can what no room service of Debian can: played by the scripted server
#
# urn:xmpp:message-moderate:1 (XEP-0425 0.3), urn:xmpp:message-retract:1 (XEP-0424 0.4), urn:xmpp:hats:0 (XEP-0317 0.3),
# occupant ids that do not follow the nick, status codes that no service sends, and every answer that a self-ping may have
# (XEP-0410). And a server that takes reports (XEP-0377), of a stranger and of somebody in the room.
import re

import pytest
from driver import Driver
from engine import ONLINE, Engine
from server import Server

ROOM = "tea@muc.localhost"
RETRACT, REACT, MODERATED = 1 << 7, 1 << 9, 1 << 10
USER = "xmlns='http://jabber.org/protocol/muc#user'"
OCCUPANT = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='%s'/>"
HATS = "<hats xmlns='urn:xmpp:hats:0'><hat title='%s' uri='https://hats.example/x'/></hats>"
FEATURES = ("http://jabber.org/protocol/muc", "urn:xmpp:message-moderate:1", "urn:xmpp:occupant-id:0", "urn:xmpp:sid:0",
            "muc_nonanonymous")


def presence(nick, role="participant", affiliation="none", codes=(), inner="", kind=""):
    return "<presence from='%s/%s'%s><x %s><item role='%s' affiliation='%s'/>%s</x>%s</presence>" % (
        ROOM, nick, kind and " type='%s'" % kind, USER, role, affiliation, "".join("<status code='%d'/>" % c for c in codes),
        inner)


def said(nick, body, n, occupant, by=ROOM):
    return ("<message from='%s/%s' type='groupchat' id='m%d'><body>%s</body><stanza-id xmlns='urn:xmpp:sid:0' id='s%d' by='%s'/>"
            "%s</message>" % (ROOM, nick, n, body, n, by, OCCUPANT % occupant))


class Room:
    """Lets alice in as a moderator beside bob and carol; then() plays on. What she asked of the room is in asked."""

    def __init__(self, then, features=FEATURES, ping=None):
        self.then, self.features, self.ping, self.asked = then, features, ping, []

    def __call__(self, c):
        c.login()
        self.info(c)
        c.serve(stop="<presence[^>]*to=[\"']%s/alice[\"'].*?</presence>" % ROOM)
        c.stanza(presence("bob", affiliation="member", inner=OCCUPANT % "o-bob" + HATS % "Teacher"))
        c.stanza(presence("carol", inner=OCCUPANT % "o-carol"))
        c.stanza(presence("alice", "moderator", "owner", (110,), OCCUPANT % "o-alice"))
        c.stanza("<message from='%s' type='groupchat'><subject/></message>" % ROOM)
        self.then(c, self)
        self.serve(c, "</stream:stream>")

    def info(self, c):
        """The first question to the room is what it can."""
        text = c.serve(stop="<iq\\b[^>]*to=[\"']%s[\"'][^>]*>.*?</iq>" % ROOM)
        assert "disco#info" in text
        c.stanza("<iq type='result' id='%s' from='%s'><query xmlns='http://jabber.org/protocol/disco#info'><identity "
                 "category='conference' type='text'/>%s</query></iq>" % (
                     re.search("id=[\"']([^\"']*)", text).group(1), ROOM,
                     "".join("<feature var='%s'/>" % f for f in self.features)))

    def serve(self, c, stop):
        """Goes on until the pattern; questions to the room are answered with yes and kept."""
        while True:
            text = c.serve(stop="%s|<iq\\b[^>]*to=[\"']%s[\"'][^>]*>.*?</iq>" % (stop, ROOM))
            if re.match(stop, text):
                return text
            self.asked.append(text)
            c.stanza("<iq type='result' id='%s' from='%s'/>" % (re.search("id=[\"']([^\"']*)", text).group(1), ROOM))


def account(srv, tmp_path):
    return Driver(tmp_path / "alice", port=srv.port, password="secret", ca_file=srv.ca[0])


def joined(srv, tmp_path):
    a = account(srv, tmp_path)
    a.login()
    a.do("join", ROOM, 3, "alice")
    assert a.wait("reply", req=3)["err"] == 0
    return a


def synced(c):
    """The client has handled all that was sent before: it answers a ping."""
    c.stanza("<iq type='get' id='sync' from='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")


def test_who_is_there_with_hats_and_ids(tmp_path):
    with Server(tmp_path, Room(lambda c, room: None)) as srv, joined(srv, tmp_path) as a:
        bob = [e for e in a.events if e["ev"] == "member" and e["nick"] == "bob"][-1]
        assert bob["id"] == "o-bob" and "Teacher" in str(bob)
        assert [e for e in a.events if e["ev"] == "member" and e["nick"] == "alice"]


def test_a_moderator_takes_away_what_somebody_said(tmp_path):
    """By the ids that the room gave, all of one person whatever nick they had, and with the reason."""
    def then(c, room):
        for n, (nick, who) in enumerate((("carol", "o-carol"), ("bob", "o-bob"), ("carol", "o-carol"))):
            c.stanza(said(nick, "text %d" % n, n, who))
        c.stanza(presence("carol", inner="", kind="unavailable", codes=(303,)).replace("<item ", "<item nick='karl' "))
        c.stanza(presence("karl", inner=OCCUPANT % "o-carol"))
        c.stanza(said("karl", "text 3", 3, "o-carol"))
    room = Room(then)
    with Server(tmp_path, room) as srv, joined(srv, tmp_path) as a:
        assert a.wait("message", body="text 3")["sender_id"] == "o-carol"
        a.do("in", ROOM, 9, "moderate", "karl all")
        a.wait("reply", req=9)
        asked = [t for t in room.asked if "message-moderate:1" in t]
        assert sorted(re.search("id=[\"'](s[0-9])", t).group(1) for t in asked) == ["s0", "s2", "s3"]
        assert all("message-retract:1" in t and "<moderate" in t for t in asked)


@pytest.mark.parametrize("features, believed", [(FEATURES, True), (FEATURES[:1], False)], ids=("announced", "not announced"))
def test_who_may_take_away(tmp_path, features, believed):
    """The room itself, when it says that it can; nobody who is in it, and no other room."""
    def moderated(sender, n):
        return ("<message from='%s' type='groupchat' id='x%d'><retract xmlns='urn:xmpp:message-retract:1' id='s0'><moderated "
                "xmlns='urn:xmpp:message-moderate:1' by='%s/bob'/><reason>off topic</reason></retract></message>" % (
                    sender, n, ROOM))

    def then(c, room):
        c.stanza(said("carol", "text 0", 0, "o-carol"))
        c.stanza(moderated(ROOM + "/carol", 1))
        c.stanza(moderated("other@muc.localhost", 2))
        c.stanza(moderated(ROOM, 3))
        c.stanza(said("bob", "the last", 4, "o-bob"))
    with Server(tmp_path, Room(then, features)) as srv, joined(srv, tmp_path) as a:
        a.wait("message", body="the last")
        took = [e for e in a.events if e["ev"] == "message" and e["flags"] & RETRACT and e["flags"] & MODERATED]
        assert len(took) == believed
        if believed:
            assert took[0]["target"] == "s0" and took[0]["why"] == "off topic" and took[0]["by"] == "bob"


def test_an_occupant_id_is_not_taken_over(tmp_path):
    """Somebody who takes the nick of another is not the other: what they react to is theirs alone (XEP-0421)."""
    def reaction(n, who):
        return ("<message from='%s/carol' type='groupchat' id='r%d'><reactions xmlns='urn:xmpp:reactions:0' id='s0'><reaction>+"
                "</reaction></reactions>%s</message>" % (ROOM, n, OCCUPANT % who))

    def then(c, room):
        c.stanza(said("bob", "text 0", 0, "o-bob"))
        c.stanza(reaction(1, "o-carol"))
        c.stanza(presence("carol", kind="unavailable"))
        c.stanza(presence("carol", inner=OCCUPANT % "o-eve"))
        c.stanza(reaction(2, "o-eve"))
        c.stanza(said("bob", "the last", 4, "o-bob"))
    with Server(tmp_path, Room(then)) as srv, joined(srv, tmp_path) as a:
        a.wait("message", body="the last")
        ids = [e["sender_id"] for e in a.events if e["ev"] == "message" and e["flags"] & REACT]
        assert ids == ["o-carol", "o-eve"]


def retraction(n, who, target="s0", nick="carol"):
    return ("<message from='%s/%s' type='groupchat' id='t%d'><retract xmlns='urn:xmpp:message-retract:1' id='%s'/><fallback "
            "xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/><body>/me took it back, but you cannot see that.</body>"
            "%s</message>" % (ROOM, nick, n, target, OCCUPANT % who))


def test_somebody_takes_back_what_they_said(tmp_path):
    """With who it was, which the engine compares with whose message it is; the words for older programs are not shown."""
    def then(c, room):
        c.stanza(said("carol", "text 0", 0, "o-carol"))
        c.stanza(retraction(1, "o-carol"))
        c.stanza(presence("carol", kind="unavailable"))
        c.stanza(presence("carol", inner=OCCUPANT % "o-eve"))
        c.stanza(retraction(2, "o-eve"))
        c.stanza(said("bob", "the last", 4, "o-bob"))
    with Server(tmp_path, Room(then)) as srv, joined(srv, tmp_path) as a:
        a.wait("message", body="the last")
        took = [e for e in a.events if e["ev"] == "message" and e["flags"] & RETRACT]
        assert [(e["target"], e["sender_id"]) for e in took] == [("s0", "o-carol"), ("s0", "o-eve")]
        assert not any(e["flags"] & MODERATED or e["body"] for e in took)
        assert not any("took it back" in (e["body"] or "") for e in a.events if e["ev"] == "message")


def test_what_we_take_back_is_named_by_the_room(tmp_path):
    """By the id that the room gave it, in the room's way; what comes back of it is no second event."""
    taken = []

    def reflected(text, n):
        return re.sub("<message\\b", "<message from='%s/alice'" % ROOM, text.replace("</message>", "<stanza-id "
                      "xmlns='urn:xmpp:sid:0' id='s%d' by='%s'/>%s</message>" % (n, ROOM, OCCUPANT % "o-alice")), count=1)

    def then(c, room):
        for n in (1, 2):
            text = room.serve(c, "<message\\b[^>]*type=[\"']groupchat[\"'].*?</message>")
            taken.append(text)
            c.stanza(reflected(text, n))
        c.stanza(said("bob", "the last", 4, "o-bob"))
    with Server(tmp_path, Room(then)) as srv, joined(srv, tmp_path) as a:
        a.do("send", ROOM, "k1", "wrong window")
        assert a.wait("receipt", id="k1", delivery=2)["archive"] == "s1"
        a.do("retract", ROOM, "k2", "s1")
        a.wait("receipt", id="k2", delivery=2)
        a.wait("message", body="the last")
        assert re.search("<retract\\b(?=[^>]*urn:xmpp:message-retract:1)[^>]* id=[\"']s1[\"']", taken[1])
        assert "to=\"%s\"" % ROOM in taken[1].replace("'", '"') and "urn:xmpp:fallback:0" in taken[1]
        assert not [e for e in a.events if e["ev"] == "message" and e["flags"] & RETRACT]


class Reports:
    """A server that blocks, and takes reports or does not. Carol and a stranger write; what is asked of it is in asked."""

    def __init__(self, takes):
        self.takes, self.asked = takes, []

    def __call__(self, c):
        c.login()
        while True:
            text = c.serve(stop="</stream:stream>|<presence\\b[^>]*/>|<presence\\b.*?</presence>|<iq\\b[^>]*>.*?</iq>")
            if text.startswith("</"):
                return
            found = re.search("id=[\"']([^\"']*)", text)
            if text.startswith("<presence"):
                c.stanza("<message from='mallory@evil.example/x' to='alice@localhost' type='chat' id='m1'><body>cheap pills</body>"
                         "<stanza-id xmlns='urn:xmpp:sid:0' id='a-17' by='alice@localhost'/></message>")
            elif "disco#info" in text and re.search(" to=[\"']localhost[\"']", text):
                c.stanza("<iq type='result' id='%s' from='localhost'><query xmlns='http://jabber.org/protocol/disco#info'><feature "
                         "var='urn:xmpp:blocking'/>%s</query></iq>" % (
                             found.group(1), "<feature var='urn:xmpp:reporting:1'/>" if self.takes else ""))
            elif "disco#info" in text and (" to=" not in text or re.search(" to=[\"']alice@localhost[\"']", text)):
                c.stanza("<iq type='result' id='%s' from='alice@localhost'><query xmlns='http://jabber.org/protocol/disco#info'><feature "
                         "var='urn:xmpp:mam:2'/><feature var='urn:xmpp:sid:0'/></query></iq>" % found.group(1))
            elif "urn:xmpp:mam:2" in text:
                c.stanza("<iq type='result' id='%s'><fin xmlns='urn:xmpp:mam:2' complete='true'><set "
                         "xmlns='http://jabber.org/protocol/rsm'/></fin></iq>" % found.group(1))
            elif "urn:xmpp:blocking" in text and "<block " in text:
                self.asked.append(text)
                c.stanza("<iq type='result' id='%s'/>" % found.group(1))
            else:
                c.answer(text)


@pytest.mark.parametrize("takes", (True, False), ids=("takes reports", "does not"))
def test_a_report_tells_why_and_shows_the_message(tmp_path, takes):
    """XEP-0377: the reason, the message by the id our own server gave it, and the user's words, cleaned. Where no reports are
    taken, the block alone; and a room's occupant is blocked as such, not the room."""
    server = Reports(takes)
    with Server(tmp_path, server) as srv, Engine("xmpp", tmp_path / "state", host="127.0.0.1", port=srv.port, password="secret",
                                                 ca_file=srv.ca[0]) as a:
        a.connect()
        spam = a.wait("MESSAGE", body="cheap pills")
        assert spam["archive_id"] == "a-17"
        a.online() if not a.seen("STATE", state=ONLINE) else None
        assert a.reply(a.request("BLOCK", chat="mallory@evil.example", number=1, list=[spam["archive_id"]],
                                 text="I <never> asked & won't"))["err"] == 0
        assert a.reply(a.request("BLOCK", chat=ROOM + "/carol", number=2))["err"] == 0
        assert a.reply(a.request("BLOCK", chat="bob@localhost", number=0))["err"] == 0
    spam, abuse, plain = (t.replace("'", '"') for t in server.asked)
    assert 'jid="mallory@evil.example"' in spam and 'jid="%s/carol"' % ROOM in abuse
    assert "report" not in plain and ("urn:xmpp:reporting:1" in spam) == ("urn:xmpp:reporting:1" in abuse) == takes
    if takes:
        assert 'reason="urn:xmpp:reporting:spam"' in spam and 'reason="urn:xmpp:reporting:abuse"' in abuse
        assert re.search('<stanza-id(?=[^>]* by="alice@localhost")[^>]* id="a-17"', spam) and "stanza-id" not in abuse
        assert "I &lt;never&gt; asked &amp; won" in spam and "<text" not in abuse


@pytest.mark.parametrize("codes, words", [((170,), "logged"), ((171,), "not logged"), ((173,), "Only the moderators"), ((172,), "address")])
def test_what_changes_in_the_room_is_said(tmp_path, codes, words):
    def then(c, room):
        c.stanza("<message from='%s' type='groupchat'><x %s>%s</x></message>" % (
            ROOM, USER, "".join("<status code='%d'/>" % n for n in codes)))
        c.stanza(said("bob", "the last", 4, "o-bob"))
    with Server(tmp_path, Room(then)) as srv, joined(srv, tmp_path) as a:
        a.wait("message", body="the last")
        assert any(words in e["text"] for e in a.events if e["ev"] == "notice"), a.events


def test_removed_by_a_room_that_ends(tmp_path):
    """332: the service is shut down. It is said with the reason, and the room is left."""
    def then(c, room):
        c.stanza(presence("alice", "none", "none", (110, 332), kind="unavailable"))
        synced(c)
    with Server(tmp_path, Room(then)) as srv, joined(srv, tmp_path) as a:
        while True:
            gone = a.wait("chat", address=ROOM)
            if gone.get("text"):
                break
        assert "down" in gone["text"] or "service" in gone["text"], gone
