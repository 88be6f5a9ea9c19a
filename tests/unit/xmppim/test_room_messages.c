/* unit/xmppim/test_room_messages.c - what is said in rooms: reflections, ids, changes, private messages, the archive; and
 * what others forge */
#include "room.h"

#define FIN_END                                                                                    \
    "<fin xmlns='urn:xmpp:mam:2' complete='true'><set "                                            \
    "xmlns='http://jabber.org/protocol/rsm'><first>%s</first><last>%s</last></set></fin>"
#define FIN_MORE                                                                                   \
    "<fin xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><first>%s</first>"    \
    "<last>%s</last></set></fin>"
#define WITH_ARCHIVE ALL_FEATURES "<feature var='urn:xmpp:mam:2'/>"

/* ---- what we say ---- */

/* §7.4: it is there for everybody when the room sends it back. */
static void reflection_is_the_receipt(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    assert_int_equal(say(x, COVEN, "o1", "Harpier cries: 'tis time"), 0);
    expect_sent(x, "<message", "to=\"" COVEN "\"", "type=\"groupchat\"", "<origin-id", "!urn:xmpp:receipts", "!muc#user");
    expect_no_event(x);
    groupchat(x, "thirdwitch", "o1", "Harpier cries: 'tis time",
              "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/><stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='s1'/>"
              "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/>");
    expect_event(x, "MESSAGE", "chat=" COVEN ";", "sender=" US, "name=thirdwitch", "origin=o1", "archive=s1", "+OUT");
    expect_event(x, "RECEIPT", "id=o1", "delivery=2", "archive=s1");
    expect_no_event(x);
}

/* Another device of ours said it; and a room that gives its own ids knows ours by the origin id. */
static void own_words_from_elsewhere(void **state)
{
    struct x *x = *state;
    joined(x, "");
    groupchat(x, "thirdwitch", "phone", "from the phone", "");
    expect_event(x, "MESSAGE", "+OUT", "id=phone", "!sender_id=own");
    expect_no_event(x);
    say(x, COVEN, "o2", "ours");
    groupchat(x, "thirdwitch", "rewritten", "ours", "<origin-id xmlns='urn:xmpp:sid:0' id='o2'/>");
    expect_event(x, "MESSAGE", "+OUT", "origin=o2");
    expect_event(x, "RECEIPT", "id=o2", "delivery=2");
}

/* Who is in the room sees our ids, and may be faster with them than the room is with ours. */
static void reflections_of_others_are_none(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    say(x, COVEN, "o1", "ours");
    fake_forget(x);
    groupchat(x, "secondwitch", "o1", "not ours",
              "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/>");
    expect_event(x, "MESSAGE", "name=secondwitch", "!+OUT", "body=not ours");
    expect_no_event(x);
}

static void refused_words_fail(void **state)
{
    struct x *x = *state;
    joined(x, "");
    say(x, COVEN, "o1", "may I?");
    fake_feed(x, "<message from='" COVEN "' to='" ME_FULL "' type='error' id='o1'><error type='auth'>"
                 "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    expect_event(x, "RECEIPT", "id=o1", "delivery=5", "You may only listen");
    say(x, COVEN, "o2", "hello?");
    fake_forget(x);
    fake_feed(x, "<message from='" COVEN "' to='" ME_FULL "' type='error' id='o2'><error type='modify'>"
                 "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    expect_event(x, "RECEIPT", "id=o2", "delivery=5", "does not know you");
    expect_sent(x, "<presence", "to=\"" US "\""); /* and goes in again */
}

/* ---- what others say ---- */

static void ids_count_where_announced(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    groupchat(x, "firstwitch", "m1", "when shall we three meet again",
              "<stanza-id xmlns='urn:xmpp:sid:0' by='evil@example.org' id='bad'/>"
              "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='good'/>"
              "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/>");
    expect_event(x, "MESSAGE", "archive=good", "sender_id=dd72", "id=m1", "sender=" COVEN "/firstwitch", "!+OUT");
    expect_no_event(x);
}

static void ids_of_nobody_do_not(void **state)
{
    struct x *x = *state;
    joined(x, "");
    groupchat(x, "firstwitch", "m1", "trust me",
              "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='bad'/>"
              "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/>");
    expect_event(x, "MESSAGE", "!archive=", "!sender_id=own", "sender_id=stay:", "!+OUT");
}

/* Without occupant ids a nick holds for one stay: whoever takes it later may change nothing of it. */
static void a_nick_holds_for_one_stay(void **state)
{
    struct x *x = *state;
    char *first = NULL;
    joined(x, "");
    groupchat(x, "firstwitch", "m1", "one", "");
    groupchat(x, "firstwitch", "m2", "two", "");
    first = fake_event_part(x, "sender_id=");
    char *second = fake_event_part(x, "sender_id=");
    assert_string_equal(first, second);
    fake_feed(x, "<presence from='" COVEN "/firstwitch' type='unavailable'>" USER
                 "<item affiliation='none' role='none'/></x></presence>");
    presence(x, "firstwitch", "none", "participant", "");
    fake_forget(x);
    groupchat(x, "firstwitch", "m3", "changed", "<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>");
    char *third = fake_event_part(x, "sender_id=");
    assert_string_not_equal(first, third);
    free(first);
    free(second);
    free(third);
}

/* XEP-0444 §3.2, XEP-0461 §3, XEP-0424 §4: by the room's id, with who did it. */
static void changes_have_their_author(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat' id='r'><reactions xmlns='urn:xmpp:reactions:0' id='s1'>"
                 "<reaction>\xf0\x9f\x90\x8d</reaction></reactions><occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/></message>");
    expect_event(x, "MESSAGE", "+REACT", "target=s1", "sender_id=dd72");
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat' id='w'><retract xmlns='urn:xmpp:message-retract:1' id='s1'/>"
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/></message>");
    expect_event(x, "MESSAGE", "+RETRACT", "!+MODERATED", "target=s1", "sender_id=dd72");
    groupchat(x, "firstwitch", "a", "> x\nyes", "<reply xmlns='urn:xmpp:reply:0' to='" US "' id='s2'/>");
    expect_event(x, "MESSAGE", "reply=s2");
    assert_int_equal(change_react(x, COVEN, "s1", (const char *const[]){"+1"}, 1, "o9"), 0);
    expect_sent(x, "type=\"groupchat\"", "to=\"" COVEN "\"", "<reactions", "id=\"s1\"");
    fake_feed(x, "<message from='" US "' type='groupchat' id='o9'><reactions xmlns='urn:xmpp:reactions:0' id='s1'>"
                 "<reaction>+1</reaction></reactions><occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/></message>");
    expect_event(x, "RECEIPT", "id=o9", "delivery=2"); /* what we did is here already */
    expect_no_event(x);
}

static void moderate(struct x *x, const char *from)
{
    fake_feed(x,
              "<message type='groupchat' id='retraction-id-1' from='%s'><retract id='stanza-id-1' "
              "xmlns='urn:xmpp:message-retract:1'><moderated by='" COVEN "/macbeth' "
              "xmlns='urn:xmpp:message-moderate:1'/><reason>inappropriate</reason></retract></message>",
              from);
}

/* XEP-0425 §4: the room's word, and nobody else's. */
static void moderation_is_by_the_room(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    moderate(x, COVEN "/firstwitch");
    moderate(x, "other@chat.shakespeare.lit");
    expect_no_event(x);
    moderate(x, COVEN);
    expect_event(x, "MESSAGE", "+RETRACT", "+MODERATED", "target=stanza-id-1", "name=macbeth");
    expect_no_event(x);
}

static void moderation_must_be_announced(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_feed(x, "<message type='groupchat' id='i' from='" COVEN "'><retract id='s' xmlns='urn:xmpp:message-retract:1'>"
                 "<moderated xmlns='urn:xmpp:message-moderate:1'/></retract></message>");
    expect_no_event(x);
}

/* §8.1; and a stamp is believed only for what the room had before we came. */
static void topic_and_history(void **state)
{
    struct x *x = *state;
    ask_in(x, "");
    presence(x, "thirdwitch", "member", "participant", "<status code='110'/>");
    fake_forget(x);
    groupchat(x, "thirdwitch", "h1", "said by who had our nick then",
              "<delay xmlns='urn:xmpp:delay' from='" COVEN "' stamp='2025-06-14T10:00:00Z'/>");
    expect_event(x, "MESSAGE", "time=1749895200000", "+HISTORY", "!+OUT");
    fake_feed(x, "<message from='" COVEN "/secondwitch' type='groupchat'><subject>Fire Burn</subject></message>");
    expect_event(x, "CHAT", "topic=Fire Burn", "topic_by=secondwitch");
    groupchat(x, "firstwitch", "m1", "from the past", "<delay xmlns='urn:xmpp:delay' stamp='2001-01-01T00:00:00Z'/>");
    expect_event(x, "MESSAGE", "!time=", "!+HISTORY");
    assert_int_equal(muc_topic(x, COVEN, "Cauldron", 9), 0);
    assert_true(fake_take_sent(x, "<subject>Cauldron</subject>"));
    fake_feed(x, "<message from='" US "' type='groupchat'><subject>Cauldron</subject></message>");
    expect_event(x, "CHAT", "topic=Cauldron");
    expect_event(x, "REPLY", "req=9", "!err");
    fake_feed(x, "<message from='" COVEN "' type='groupchat'>" USER "<status code='104'/></x></message>");
    expect_event(x, "NOTICE", "settings of this room were changed");
    assert_true(fake_asking(x, "to=\"" COVEN "\""));
}

/* ---- one person in the room ---- */

/* §7.5. */
static void private_messages_are_chats_of_their_own(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    fake_feed(x, "<message from='" COVEN "/secondwitch' to='" ME_FULL "' type='chat' id='p1'><body>I'll give thee a wind.</body>"
                 "<x xmlns='http://jabber.org/protocol/muc#user'/></message>");
    expect_event(x, "MESSAGE", "chat=" COVEN "/secondwitch", "sender=" COVEN "/secondwitch", "name=secondwitch", "!+OUT");
    assert_int_equal(say(x, COVEN "/secondwitch", "o1", "Thou'rt kind."), 0);
    expect_sent(x, "to=\"" COVEN "/secondwitch\"", "type=\"chat\"", "muc#user", "Thou'rt kind.");
    fake_feed(x, "<message from='" ME "'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                 "<message xmlns='jabber:client' from='" ME "/phone' to='" COVEN "/secondwitch' type='chat' id='c1'><body>too</body>"
                 "<x xmlns='http://jabber.org/protocol/muc#user'/></message></forwarded></sent></message>");
    expect_event(x, "MESSAGE", "chat=" COVEN "/secondwitch", "+OUT", "sender=" ME);
    expect_no_event(x);
}

/* Who is in no room of ours cannot speak as somebody there, nor as the room's person without being it. */
static void strangers_are_no_room(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_feed(x, "<message from='unknown@chat.shakespeare.lit/firstwitch' type='chat' id='p'><body>psst</body>" USER "</x></message>");
    fake_feed(x, "<message from='unknown@chat.shakespeare.lit/firstwitch' type='groupchat' id='p'><body>psst</body></message>");
    fake_feed(x, "<message from='" COVEN "' type='chat' id='p'><body>I am the room</body></message>");
    fake_feed(x, "<message from='" COVEN "' type='groupchat'><received xmlns='urn:xmpp:carbons:2'><forwarded "
                 "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='juliet@capulet.lit' type='chat'><body>x</body>"
                 "</message></forwarded></received></message>");
    expect_no_event(x);
}

static void typing_is_told_to_rooms_only_on_wish(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_option(x, "_typing", "contacts");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, NULL);
    expect_nothing_sent(x);
    fake_option(x, "_typing", "all");
    im_typing(x, COVEN, KITH_TYPING_ACTIVE, NULL);
    expect_sent(x, "type=\"groupchat\"", "composing", "to=\"" COVEN "\"");
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat'><composing "
                 "xmlns='http://jabber.org/protocol/chatstates'/></message>");
    expect_event(x, "TYPING", "chat=" COVEN, "who=" COVEN "/firstwitch", "state=1");
}

/* XEP-0333 §4.2, XEP-0490 §3: strangers are not told when we look; our own devices are, by the room's id. */
static void reading_is_told_to_few(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    assert_int_equal(im_mark_read(x, COVEN, "m1", "s1"), 0);
    expect_nothing_sent(x);
    fake_timers(x);
    expect_sent(x, "urn:xmpp:mds:displayed:0", "id=\"" COVEN "\"", "by=\"" COVEN "\"", "id=\"s1\"");
    fake_feed(x, "<message from='" ME "'><event xmlns='http://jabber.org/protocol/pubsub#event'><items "
                 "node='urn:xmpp:mds:displayed:0'><item id='" COVEN "'><displayed xmlns='urn:xmpp:mds:displayed:0'>"
                 "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='s2'/></displayed></item><item id='" COVEN "'><displayed "
                 "xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='other@example.org' id='s3'/>"
                 "</displayed></item></items></event></message>");
    expect_event(x, "MARKER", "chat=" COVEN, "id=s2");
    fake_feed(x, "<message from='" US "' type='groupchat'><displayed xmlns='urn:xmpp:chat-markers:0' id='s4'/>"
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/></message>");
    expect_event(x, "MARKER", "chat=" COVEN, "id=s4");
    fake_feed(x, "<message from='" COVEN "/firstwitch' type='groupchat'><displayed xmlns='urn:xmpp:chat-markers:0' id='s4'/></message>");
    expect_no_event(x);
}

static void closed_rooms_are_told_what_is_read(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES "<feature var='muc_nonanonymous'/><feature var='muc_membersonly'/>");
    im_mark_read(x, COVEN, "", "s1"); /* the user tells nobody */
    expect_nothing_sent(x);
    im_mark_read(x, COVEN, "m1", "s1");
    expect_sent(x, "type=\"groupchat\"", "<displayed", "id=\"s1\"");
}

/* ---- the archive ---- */

static void archived(struct x *x, const char *by, const char *qid, const char *id, const char *from, const char *body)
{
    fake_feed(x,
              "<message from='%s' to='" ME_FULL "'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='%s'><forwarded "
              "xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2025-06-15T10:00:00Z'/><message "
              "xmlns='jabber:client' from='%s' type='groupchat' id='%s'><body>%s</body><occupant-id "
              "xmlns='urn:xmpp:occupant-id:0' id='dd72'/></message></forwarded></result></message>",
              by, qid, id, from, id, body);
}

static void the_archive_instead_of_replay(void **state)
{
    struct x *x = *state;
    ask_in(x, WITH_ARCHIVE);
    assert_true(fake_take_sent(x, "maxstanzas=\"0\""));
    come_in(x);
    assert_true(fake_take_sent(x, "<before"));
    fake_forget(x);
    char *qid = xstrdup(fake_queryid(x));
    archived(x, COVEN, qid, "s1", COVEN "/firstwitch", "before you came");
    expect_event(x, "MESSAGE", "archive=s1", "+HISTORY", "+DELAYED", "sender_id=dd72", "time=1749981600000");
    archived(x, ME, qid, "s2", COVEN "/firstwitch", "not of the room's archive");
    archived(x, COVEN "/firstwitch", qid, "s3", COVEN "/firstwitch", "by who is in it");
    archived(x, "other@chat.shakespeare.lit", qid, "s4", COVEN "/firstwitch", "by another room");
    archived(x, COVEN, "wrong", "s5", COVEN "/firstwitch", "not asked for");
    archived(x, COVEN, qid, "s6", "other@chat.shakespeare.lit/x", "of another room");
    expect_no_event(x);
    groupchat(x, "firstwitch", "m9", "meanwhile", "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='s9'/>");
    expect_event(x, "MESSAGE", "archive=s9", "!+HISTORY");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s1", "s1");
    expect_event(x, "SYNC_END", "what=5");
    expect_no_event(x);
    free(qid);
    /* A new session goes on behind what came live, page by page. */
    fake_drop(x, true);
    fake_start(x);
    come_in(x);
    assert_true(fake_asking(x, "<after>s9</after>"));
    fake_result(x, "<after>s9</after>", FIN_MORE, "s10", "s19");
    assert_true(fake_asking(x, "<after>s19</after>"));
    fake_error(x, "<after>s19</after>", "item-not-found"); /* it has forgotten that one: by time */
    assert_true(fake_asking(x, "var=\"start\""));
}

/* An archive that breaks off: the gap is this room's, and said in it; it is told as closed when the archive has been read. */
static void a_gap_is_of_its_room(void **state)
{
    struct x *x = *state;
    ask_in(x, WITH_ARCHIVE);
    fake_forget(x);
    come_in(x);
    assert_true(fake_take_event(x, "REPLY"));
    expect_event(x, "SYNC_BEGIN", "what=5;", "chat=" COVEN ";");
    fake_error(x, "urn:xmpp:mam:2", "internal-server-error");
    expect_event(x, "NOTICE", "chat=" COVEN ";", "may be missing");
    expect_no_event(x); /* no SYNC_END: what comes live lies behind the gap */
    groupchat(x, "firstwitch", "m9", "meanwhile", "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='s9'/>");
    expect_event(x, "MESSAGE", "archive=s9");
    fake_drop(x, true); /* not even a new session closes it */
    fake_start(x);
    come_in(x);
    assert_true(fake_asking(x, "<before")); /* from where it was known to be whole, not behind s9 */
    fake_forget(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s9", "s9");
    expect_event(x, "NOTICE", "chat=" COVEN ";", "complete now");
    expect_event(x, "SYNC_END", "what=5;", "chat=" COVEN ";");
    expect_no_event(x);
}

/* A room that has not said what it can do may have an archive; one that has none is told apart. */
static void no_archive_is_no_failure(void **state)
{
    struct x *x = *state;
    struct kith_history_fetch f = {.size = sizeof f, .max = 20, .chat = COVEN};
    assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
    assert_int_equal(history_fetch(x, &f, 4), KITH_EOFFLINE);
    fake_result(x, "to=\"" COVEN "\"", DISCO "</query>");
    come_in(x);
    assert_int_equal(history_fetch(x, &f, 4), KITH_EUNSUP);
}

/* What is not on the host's disk is asked for again by the next process. */
static void the_cursor_is_what_is_committed(void **state)
{
    struct x *x = *state;
    ask_in(x, WITH_ARCHIVE);
    come_in(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s1", "s1");
    groupchat(x, "firstwitch", "m2", "two", "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='s2'/>");
    fake_committed(x);
    groupchat(x, "firstwitch", "m3", "three", "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='s3'/>");
    fake_timers(x);
    assert_non_null(strstr(fake_state(x, "rooms"), "\ts2\t"));
    fake_restart(&x);
    *state = x;
    fake_bind(x, true); /* another process resumes: who is there it must ask */
    fake_result(x, "to=\"" COVEN "\"", DISCO WITH_ARCHIVE "</query>");
    assert_true(fake_take_sent(x, "to=\"" US "\""));
    come_in(x);
    assert_true(fake_asking(x, "<after>s2</after>"));
}

static void scrolling_back_asks_the_room(void **state)
{
    struct x *x = *state;
    struct kith_history_fetch f = {.size = sizeof f, .max = 20, .chat = COVEN, .before_id = "s1"};
    ask_in(x, WITH_ARCHIVE);
    come_in(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s1", "s1");
    fake_forget(x);
    assert_int_equal(history_fetch(x, &f, 4), 0);
    expect_sent(x, "to=\"" COVEN "\"", "<before>s1</before>", "!var=\"with\"");
    archived(x, COVEN, fake_queryid(x), "s0", COVEN "/firstwitch", "older");
    expect_event(x, "MESSAGE", "req=4", "archive=s0");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s0", "s0");
    expect_event(x, "REPLY", "req=4", "!err");
}

/* What may have left in a session that is gone is looked for in the room before it is sent again. */
static void retries_ask_the_room(void **state)
{
    struct x *x = *state;
    struct kith_send m = {.size = sizeof m, .chat = COVEN, .body = "once", .id = "o1", .flags = KITH_SEND_RETRY,
                          .written_ms = 1750000000000};
    ask_in(x, WITH_ARCHIVE);
    come_in(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s1", "s1");
    fake_forget(x);
    assert_int_equal(im_send(x, &m), 0);
    fake_result(x, "urn:xmpp:time", "<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2025-06-15T15:06:40Z</utc></time>");
    assert_true(fake_take_sent(x, "to=\"" COVEN "\""));
    fake_feed(x, "<message from='" COVEN "'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='s7'><forwarded "
                 "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='" US "' type='groupchat' id='o1'><body>once</body>"
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/></message></forwarded></result></message>", fake_queryid(x));
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "s7", "s7");
    expect_event(x, "RECEIPT", "id=o1", "delivery=2", "archive=s7");
    assert_false(fake_take_sent(x, "<body>once</body>"));
}

/* The room had lost us when we wrote: told, not left as if somebody had read it. */
static void what_a_ghost_said_is_told_as_lost(void **state)
{
    struct x *x = *state;
    joined(x, "");
    say(x, COVEN, "o1", "anybody?");
    fake_time(x, x_host(x)->wall_ms() + 16 * 60 * 1000);
    fake_timers(x);
    fake_error(x, "urn:xmpp:ping", "not-acceptable");
    fake_forget(x);
    come_in(x);
    assert_true(fake_take_event(x, "RECEIPT chat=" COVEN "; id=o1; delivery=5;"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(reflection_is_the_receipt),
        T(reflections_of_others_are_none),
        T(own_words_from_elsewhere),
        T(refused_words_fail),
        T(ids_count_where_announced),
        T(ids_of_nobody_do_not),
        T(a_nick_holds_for_one_stay),
        T(changes_have_their_author),
        T(moderation_is_by_the_room),
        T(moderation_must_be_announced),
        T(topic_and_history),
        T(private_messages_are_chats_of_their_own),
        T(strangers_are_no_room),
        T(typing_is_told_to_rooms_only_on_wish),
        T(reading_is_told_to_few),
        T(closed_rooms_are_told_what_is_read),
        T(the_archive_instead_of_replay),
        T(a_gap_is_of_its_room),
        T(no_archive_is_no_failure),
        T(the_cursor_is_what_is_committed),
        T(scrolling_back_asks_the_room),
        T(retries_ask_the_room),
        T(what_a_ghost_said_is_told_as_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
