/* unit/xmppim/test_rooms.c - going into rooms and out of them: XEP-0045 §7 by its examples */
#include "room.h"

/* ---- going in ---- */

/* §7.2.2, examples 19 to 24; XEP-0317 §3.1; XEP-0421 §3. */
static void join_tells_who_is_there(void **state)
{
    struct x *x = *state;
    assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
    expect_sent(x, "disco#info", "to=\"" COVEN "\"");
    fake_result(x, "to=\"" COVEN "\"", DISCO "%s</query>", ALL_FEATURES "<feature var='muc_membersonly'/>");
    expect_sent(x, "<presence", "to=\"" US "\"", "http://jabber.org/protocol/muc\"", "maxstanzas=\"50\"", "!password");
    expect_nothing_sent(x);
    expect_no_event(x);
    fake_feed(x, "<presence from='" COVEN "/firstwitch' to='" ME_FULL "'><show>away</show><status>brewing</status>" USER
                 "<item affiliation='owner' role='moderator' jid='crone1@shakespeare.lit/desktop'/></x>"
                 "<hats xmlns='urn:xmpp:hats:0'><hat title='Host' uri='h'/><hat title='Presenter' uri='p'/></hats>"
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/></presence>");
    expect_event(x, "CHAT", "address=" COVEN, "kind=2", "!+JOINED");
    expect_event(x, "SYNC_BEGIN", "what=3");
    expect_event(x, "MEMBER ", "nick=firstwitch", "id=dd72", "address=crone1@shakespeare.lit;", "role=7", "show=3",
                 "text=Host, Presenter: brewing", "+QUIET", "!+SELF");
    presence(x, "thirdwitch", "member", "participant", "<status code='100'/><status code='110'/><status code='170'/>");
    expect_event(x, "MEMBER ", "nick=thirdwitch", "role=2", "+SELF");
    expect_event(x, "SYNC_END", "what=3");
    expect_event(x, "CHAT", "+JOINED", "+CAN_TALK", "+MEMBERS_ONLY", "nick=thirdwitch");
    expect_event(x, "REPLY", "req=7", "!err=", "text=" COVEN);
    expect_event(x, "NOTICE", "chat=" COVEN, "Everybody in this room can see your address.");
    expect_event(x, "NOTICE", "logged");
    expect_no_event(x);
}

/* §7.2.8, example 33. */
static void another_nick_is_tried(void **state)
{
    struct x *x = *state;
    ask_in(x, "");
    fake_forget(x);
    fake_feed(x, "<presence from='" US "' to='" ME_FULL "' type='error'><x xmlns='http://jabber.org/protocol/muc'/>"
                 "<error by='" COVEN "' type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
    expect_sent(x, "to=\"" US "_\"");
    presence(x, "thirdwitch_", "none", "participant", "<status code='110'/>");
    for (int i = 0; i < 3; i++) /* CHAT, SYNC_BEGIN, MEMBER */
        expect_event(x, "");
    expect_event(x, "SYNC_END");
    expect_event(x, "CHAT", "nick=thirdwitch_");
    expect_event(x, "NOTICE", "\"thirdwitch\" is taken here: you are thirdwitch_.");
    expect_event(x, "REPLY", "!err=");
}

static void refuse(struct x *x, const char *condition)
{
    fake_feed(x,
              "<presence from='" US "' to='" ME_FULL "' type='error'><error type='cancel'><%s "
              "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>",
              condition);
}

/* §7.2.6, example 30. */
static void the_password_is_asked_for(void **state)
{
    struct x *x = *state;
    ask_in(x, "");
    fake_forget(x);
    refuse(x, "not-authorized");
    expect_event(x, "ASK", "subject=" COVEN, "title=Password for the room " COVEN);
    fake_answer_secret(x, fake_last_ask(x), "cauldronburn");
    expect_sent(x, "<presence", "<password>cauldronburn</password>");
    refuse(x, "not-authorized");
    expect_event(x, "ASK", "text=The password was wrong.");
    fake_answer_secret(x, fake_last_ask(x), NULL);
    expect_event(x, "REPLY", "req=7", "err=-9", "wants a password");
    expect_no_event(x);
    expect_nothing_sent(x);
}

/* §7.2, the table of errors: each in words, and the request ends. */
static void refusals_are_told_in_words(void **state)
{
    static const char *const words[][2] = {
        {"forbidden", "You are banned"},        {"registration-required", "members only"},
        {"not-allowed", "you may not make it"}, {"item-not-found", "no such room"},
        {"not-acceptable", "kept for somebody"}, {"service-unavailable", "full"},
        {"remote-server-not-found", "cannot be found"}, {"jid-malformed", "does not take this nick"}};
    struct x *x = *state;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
        if (i == 0)
            fake_result(x, "to=\"" COVEN "\"", DISCO "</query>");
        fake_forget(x);
        refuse(x, words[i][0]);
        expect_event(x, "REPLY", "req=7", "err=-", words[i][1]);
        expect_no_event(x);
    }
    for (int i = 0; i < 8; i++)
        fake_timers(x);
    expect_nothing_sent(x); /* nothing that was refused is tried again by itself */
    assert_int_equal(muc_join(x, "no address", NULL, NULL, 7), KITH_EINVAL);
    assert_int_equal(muc_join(x, COVEN, "bad\x01nick", NULL, 7) < 0 ? 0 : 1, 0);
}

static void a_silent_room_is_given_up(void **state)
{
    struct x *x = *state;
    ask_in(x, "");
    fake_time(x, x_host(x)->wall_ms() + 61000);
    fake_forget(x);
    fake_timers(x);
    expect_event(x, "REPLY", "req=7", "err=", "does not answer");
}

/* ---- changes ---- */

/* §7.6, examples 49 to 53. */
static void nicks_change(void **state)
{
    struct x *x = *state;
    joined(x, "");
    assert_int_equal(muc_nick(x, COVEN, "oldhag", 9), 0);
    expect_sent(x, "<presence", "to=\"" COVEN "/oldhag\"");
    fake_feed(x, "<presence from='" US "' to='" ME_FULL "' type='unavailable'>" USER
                 "<item affiliation='member' nick='oldhag' role='participant'/><status code='303'/><status code='110'/></x></presence>");
    expect_event(x, "MEMBER ", "nick=oldhag", "old=thirdwitch", "+SELF");
    expect_event(x, "REPLY", "req=9", "!err");
    expect_event(x, "CHAT", "nick=oldhag", "+JOINED");
    presence(x, "oldhag", "member", "participant", "<status code='110'/>");
    expect_event(x, "MEMBER ", "nick=oldhag", "!old=", "+SELF");
    expect_no_event(x);
    muc_nick(x, COVEN, "firstwitch", 10);
    refuse(x, "conflict");
    expect_event(x, "REPLY", "req=10", "err=-13", "Somebody else");
}

static void gone(struct x *x, const char *nick, const char *inside)
{
    fake_feed(x, "<presence from='" COVEN "/%s' to='" ME_FULL "' type='unavailable'>" USER "%s</x></presence>", nick,
              inside);
}

/* §8.2, §9.1, §10.9: told why, and not joined again by ourselves. */
static void who_must_go_is_told_why(void **state)
{
    static const char *const ways[][2] = {
        {"<item affiliation='none' role='none'><actor nick='Fluellen'/><reason>Avaunt!</reason></item><status code='307'/>",
         "text=you were removed by Fluellen: Avaunt!"},
        {"<item affiliation='outcast' role='none'/><status code='301'/>", "text=you were banned"},
        {"<item affiliation='none' role='none'/><status code='321'/>", "no longer on the list"},
        {"<item affiliation='none' role='none'/><status code='322'/>", "open to members only"},
        {"<item affiliation='none' role='none'/><destroy jid='coven2@chat.shakespeare.lit'><reason>Macbeth</reason></destroy>",
         "text=the room was closed: Macbeth; it goes on in coven2@chat.shakespeare.lit"}};
    struct x *x = *state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        if (i)
            assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
        else
            ask_in(x, "");
        come_in(x);
        fake_forget(x);
        char *inside = xasprintf("%s<status code='110'/>", ways[i][0]);
        gone(x, "thirdwitch", inside);
        free(inside);
        expect_event(x, "CHAT", "!+JOINED", ways[i][1]);
        expect_no_event(x);
        fake_start(x); /* a new session */
        assert_false(fake_asking(x, "to=\"" COVEN "\""));
    }
}

/* §9.1, §9.2 and who only leaves. */
static void others_go(void **state)
{
    struct x *x = *state;
    joined(x, "");
    gone(x, "firstwitch", "<item affiliation='none' role='none'><actor nick='secondwitch'/><reason>x</reason></item><status code='307'/>");
    expect_event(x, "MEMBER_GONE", "nick=firstwitch", "how=3", "by=secondwitch", "text=x");
    fake_feed(x, "<presence from='" COVEN "/secondwitch' type='unavailable'><status>gone where the goblins go</status>" USER
                 "<item affiliation='member' role='none'/></x></presence>");
    expect_event(x, "MEMBER_GONE", "nick=secondwitch", "how=1", "text=gone where the goblins go");
    gone(x, "nobody", "");
    expect_no_event(x);
}

static void standing_is_told(void **state)
{
    struct x *x = *state;
    joined(x, "");
    presence(x, "thirdwitch", "member", "visitor", "<status code='110'/>");
    expect_event(x, "MEMBER ", "role=1", "+SELF");
    expect_event(x, "NOTICE", "You may only listen here now.");
    expect_event(x, "CHAT", "+JOINED");
    presence(x, "thirdwitch", "admin", "moderator", "<status code='110'/>");
    expect_event(x, "MEMBER ", "role=6");
    expect_event(x, "NOTICE", "You are an administrator of this room now.");
}

/* §15.6.2: every number that a room may say, in words, each in the way in which it comes. */
static void every_status_code_has_words(void **state)
{
    enum way { JOINING, SAYING, LEAVING, RENAMING };
    static const struct { int code; enum way way; const char *words; } all[] = {
        {100, JOINING, "NOTICE chat=" COVEN "; text=Everybody in this room can see your address.;"},
        {101, SAYING, "NOTICE chat=" COVEN "; text=Your standing in this room was changed while you were away.;"},
        {102, SAYING, "NOTICE chat=" COVEN "; text=The room shows members who are not here.;"},
        {103, SAYING, "NOTICE chat=" COVEN "; text=The room shows only members who are here.;"},
        {104, SAYING, "NOTICE chat=" COVEN "; text=The settings of this room were changed.;"},
        {110, JOINING, "nick=thirdwitch;"},
        {170, JOINING, "NOTICE chat=" COVEN "; text=What is said in this room is logged, perhaps in public.;"},
        {171, SAYING, "NOTICE chat=" COVEN "; text=What is said in this room is not logged any more.;"},
        {172, SAYING, "NOTICE chat=" COVEN "; text=Everybody in this room can see your address now.;"},
        {173, SAYING, "NOTICE chat=" COVEN "; text=Only the moderators of this room can see your address now.;"},
        {174, SAYING, "NOTICE chat=" COVEN "; text=Nobody in this room can see your address now.;"},
        {201, JOINING, "NOTICE chat=" COVEN "; text=This room is new: you made it and own it.;"},
        {210, JOINING, "NOTICE chat=" COVEN "; text=The room gave you another nick than you asked for.;"},
        {301, LEAVING, "text=you were banned by Bruce: Treason"},
        {303, RENAMING, "old=thirdwitch;"},
        {307, LEAVING, "text=you were removed by Bruce: Treason"},
        {321, LEAVING, "text=you are no longer on the list of who may be here: Treason"},
        {322, LEAVING, "text=the room is open to members only now, and you are none: Treason"},
        {332, LEAVING, "text=the room's server is shutting down"},
        {333, LEAVING, "text=the connection to you was lost"},
    };
    static const int asked[] = {100, 101, 102, 103, 104, 110, 170, 171, 172, 173, 201, 210, 301, 303, 307, 321, 322, 332, 333};
    struct x *x = *state;
    for (size_t i = 0; i < COUNT(asked); i++) {
        size_t n = 0;
        for (size_t k = 0; k < COUNT(all); k++)
            n += all[k].code == asked[i];
        assert_int_equal(n, 1);
    }
    for (size_t i = 0; i < COUNT(all); i++) {
        char *room = xasprintf("<status code='%d'/>", all[i].code), *rest = NULL;
        fake_restart(&x);
        fake_start(x);
        ask_in(x, "");
        fake_forget(x);
        switch (all[i].way) {
        case JOINING:
            rest = xasprintf("%s%s", room, all[i].code == 110 ? "" : "<status code='110'/>");
            presence(x, "thirdwitch", "member", "participant", rest);
            break;
        case SAYING:
            come_in(x);
            fake_forget(x);
            fake_feed(x, "<message from='" COVEN "' type='groupchat'>" USER "%s</x></message>", room);
            break;
        case LEAVING:
        case RENAMING:
            come_in(x);
            fake_forget(x);
            rest = xasprintf("<item affiliation='none' role='none' nick='oldhag'>%s</item>%s<status code='110'/>",
                             all[i].code >= 332 ? "" : "<actor nick='Bruce'/><reason>Treason</reason>", room);
            gone(x, "thirdwitch", rest);
            break;
        }
        if (!fake_take_event(x, all[i].words))
            fail_msg("%d is not told", all[i].code);
        free(room);
        free(rest);
    }
    *state = x;
}

/* ---- sessions ---- */

static void a_new_session_joins_again(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_drop(x, true);
    fake_forget(x);
    fake_bind(x, false);
    assert_true(fake_take_sent(x, "to=\"" US "\""));
}

/* A link that comes back with its session keeps the rooms: not joined again, and the host, which may have forgotten them
 * with the link, is told again. */
static void a_resumed_session_keeps_rooms(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_drop(x, false);
    fake_forget(x);
    fake_bind(x, true);
    assert_false(fake_take_sent(x, COVEN));
    assert_true(fake_take_event(x, "CHAT address=" COVEN));
    expect_event(x, "SYNC_BEGIN", "what=3");
    for (int i = 0; i < 3; i++)
        expect_event(x, "MEMBER ", "+QUIET");
    expect_event(x, "SYNC_END", "what=3");
    groupchat(x, "firstwitch", "m1", "still here?", "");
    assert_true(fake_take_event(x, "body=still here?"));
}

/* XEP-0410 §3. */
static void a_ghost_goes_in_again_silently(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_time(x, x_host(x)->wall_ms() + 16 * 60 * 1000);
    fake_timers(x);
    expect_sent(x, "urn:xmpp:ping", "to=\"" US "\"");
    fake_error(x, "urn:xmpp:ping", "item-not-found"); /* another device has changed its nick: we are there */
    expect_nothing_sent(x);
    fake_time(x, x_host(x)->wall_ms() + 16 * 60 * 1000);
    fake_timers(x);
    expect_sent(x, "urn:xmpp:ping");
    fake_error(x, "urn:xmpp:ping", "not-acceptable");
    expect_sent(x, "<presence", "to=\"" US "\"");
    expect_no_event(x);
    come_in(x);
    expect_event(x, "SYNC_BEGIN", "what=3");
    for (int i = 0; i < 3; i++)
        expect_event(x, "MEMBER ", "+QUIET");
    expect_event(x, "SYNC_END");
    expect_event(x, "CHAT", "+JOINED");
    expect_no_event(x);
}

/* XEP-0410 §3.1: which answers say that we are there, which say nothing, and which that we are not. */
static void what_a_self_ping_says(void **state)
{
    static const struct { const char *condition; bool again, ping_soon; } all[] = {
        {NULL, false, false}, {"service-unavailable", false, false}, {"feature-not-implemented", false, false},
        {"item-not-found", false, false}, {"remote-server-not-found", false, true}, {"remote-server-timeout", false, true},
        {"not-acceptable", true, false}, {"forbidden", true, false}, {"internal-server-error", true, false}};
    struct x *x = *state;
    joined(x, "");
    for (size_t i = 0; i < COUNT(all); i++) {
        fake_time(x, x_host(x)->wall_ms() + 16 * 60 * 1000);
        fake_timers(x);
        fake_forget(x);
        assert_true(fake_asking(x, "urn:xmpp:ping"));
        if (all[i].condition)
            fake_error(x, "urn:xmpp:ping", all[i].condition);
        else
            fake_result(x, "urn:xmpp:ping", "%s", "");
        assert_int_equal(fake_take_sent(x, "http://jabber.org/protocol/muc\""), all[i].again);
        if (all[i].again)
            come_in(x);
        fake_time(x, x_host(x)->wall_ms() + 3 * 60 * 1000);
        fake_timers(x);
        assert_int_equal(fake_asking(x, "urn:xmpp:ping"), all[i].ping_soon);
        if (all[i].ping_soon)
            fake_result(x, "urn:xmpp:ping", "%s", "");
    }
}

static void leaving(void **state)
{
    struct x *x = *state;
    joined(x, "");
    assert_int_equal(muc_leave(x, COVEN, "bye", 8), 0);
    expect_sent(x, "type=\"unavailable\"", "to=\"" US "\"", "<status>bye</status>");
    gone(x, "thirdwitch", "<item affiliation='member' role='none'/><status code='110'/>");
    expect_event(x, "CHAT", "!+JOINED", "!text=");
    expect_event(x, "REPLY", "req=8", "!err");
    expect_no_event(x);
    assert_int_equal(say(x, COVEN, "o1", "anybody?"), KITH_EOFFLINE);
    assert_true(muc_is_room(x, COVEN "/firstwitch")); /* still no person */
}

/* §7.7 and SECURITY: only rooms that we are in are told. */
static void presence_goes_to_rooms(void **state)
{
    struct x *x = *state;
    joined(x, "");
    im_presence(x, KITH_SHOW_AWAY, "lunch");
    expect_sent(x, "<presence", "!to=", "<show>away</show>");
    expect_sent(x, "<presence", "to=\"" US "\"", "<show>away</show>", "<status>lunch</status>");
    expect_nothing_sent(x);
}

/* Nobody outside of a room can say who is in it, and no room but one of ours is heard. */
static void forged_presence_is_not_heard(void **state)
{
    struct x *x = *state;
    joined(x, "");
    fake_feed(x, "<presence from='juliet@capulet.lit/balcony'>" USER
                 "<item affiliation='owner' role='moderator'/><status code='110'/></x></presence>");
    fake_feed(x, "<presence from='other@chat.shakespeare.lit/thirdwitch'>" USER
                 "<item affiliation='owner' role='moderator'/><status code='110'/></x></presence>");
    fake_feed(x, "<presence from='" COVEN "/firstwitch'><show>dnd</show></presence>"); /* no word of the room */
    fake_feed(x, "<presence from='" COVEN "'/>");
    expect_no_event(x);
    expect_nothing_sent(x);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(join_tells_who_is_there),
        T(another_nick_is_tried),
        T(the_password_is_asked_for),
        T(refusals_are_told_in_words),
        T(a_silent_room_is_given_up),
        T(nicks_change),
        T(who_must_go_is_told_why),
        T(others_go),
        T(standing_is_told),
        T(every_status_code_has_words),
        T(a_new_session_joins_again),
        T(a_resumed_session_keeps_rooms),
        T(a_ghost_goes_in_again_silently),
        T(what_a_self_ping_says),
        T(leaving),
        T(presence_goes_to_rooms),
        T(forged_presence_is_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
