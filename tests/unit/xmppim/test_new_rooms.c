/* unit/xmppim/test_new_rooms.c - rooms that are made, by the user or of a chat; registration with rooms; and how kith is
 * called and seen in them: XEP-0045 §7.9, §7.10, §7.12, §9.9, §10.1 by their examples, and forged ones */
#include "room.h"

#include "backends/xmpp/muc.h"
#include "backends/xmpp/muc_commands.h"

#define OWNER_FORM                                                                                                     \
    "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='form'>"                        \
    "<title>Configuration for the room</title><field var='FORM_TYPE' type='hidden'>"                                   \
    "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"                                                 \
    "<field var='muc#roomconfig_roomname' type='text-single' label='Name'><value>A Dark Cave</value></field></x></query>"
#define NEW "<status code='110'/><status code='201'/>"

static void gone(struct x *x, const char *nick, const char *inside)
{
    fake_feed(x, "<presence from='" COVEN "/%s' to='" ME_FULL "' type='unavailable'>" USER "%s</x></presence>", nick, inside);
}

/* The user enters a room that nobody has made: it is theirs, and locked. */
static void make(struct x *x)
{
    assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
    fake_error(x, "to=\"" COVEN "\"", "item-not-found");
    fake_forget(x);
    presence(x, "thirdwitch", "owner", "moderator", NEW);
}

/* ---- §10.1 ---- */

static void a_new_room_is_asked_about(void **state)
{
    struct x *x = *state;
    make(x);
    expect_nothing_sent(x); /* neither opened nor bookmarked */
    assert_true(fake_take_event(x, "REPLY"));
    expect_event(x, "NOTICE", "This room is new: you made it and own it.");
    expect_event(x, "ASK", "title=" COVEN " is a new room", "choice=open;", "choice=configure;", "choice=drop;");
    fake_answer(x, fake_last_ask(x), "open");
    expect_sent(x, "muc#owner", "type=\"submit\"", "!field"); /* §10.1.2, example 155 */
    fake_result(x, "muc#owner", "%s", "");
    expect_sent(x, "urn:xmpp:bookmarks:1", "autojoin=\"true\"");
    expect_sent(x, "disco#info", "to=\"" COVEN "\""); /* what it can do is known now */
}

/* §10.1.3, examples 156 to 160. */
static void a_new_room_is_set_up_first(void **state)
{
    struct x *x = *state;
    make(x);
    fake_answer(x, fake_last_ask(x), "configure");
    expect_sent(x, "type=\"get\"", "muc#owner");
    fake_forget(x);
    fake_result(x, "muc#owner", "%s", OWNER_FORM);
    expect_event(x, "ASK", "title=Settings of " COVEN);
    expect_nothing_sent(x); /* locked till then */
    fake_answer_with(x, fake_last_ask(x), "save", "muc#roomconfig_roomname", "The Cave", NULL);
    expect_sent(x, "muc#owner", "type=\"submit\"", "<value>The Cave</value>");
    fake_error(x, "The Cave", "not-acceptable");
    expect_event(x, "NOTICE", "settings were not taken");
    expect_event(x, "ASK", "is a new room"); /* still locked: once more */
    fake_answer(x, fake_last_ask(x), "configure");
    fake_result(x, "muc#owner", "%s", OWNER_FORM);
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "save");
    fake_result(x, "type=\"submit\"", "%s", "");
    assert_true(fake_take_event(x, "The room is set up, and open."));
    assert_true(fake_take_sent(x, "urn:xmpp:bookmarks:1"));
}

/* §10.1.3, example 161: cancelled, it is destroyed; and we are out of it in any case. */
static void a_new_room_is_not_made(void **state)
{
    struct x *x = *state;
    for (int way = 0; way < 3; way++) {
        if (way)
            assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
        if (way && fake_asking(x, "to=\"" COVEN "\""))
            fake_error(x, "to=\"" COVEN "\"", "item-not-found");
        if (way)
            presence(x, "thirdwitch", "owner", "moderator", NEW);
        else
            make(x);
        if (way == 1) { /* from the form */
            fake_answer(x, fake_last_ask(x), "configure");
            fake_result(x, "muc#owner", "%s", OWNER_FORM);
            fake_forget(x);
            fake_answer(x, fake_last_ask(x), "cancel");
        } else if (way == 0) {
            fake_forget(x);
            fake_answer(x, fake_last_ask(x), "drop");
        } else { /* left without an answer: the question goes */
            fake_forget(x);
            assert_int_equal(muc_leave(x, COVEN, NULL, 9), 0);
        }
        if (way < 2)
            expect_sent(x, "muc#owner", "type=\"cancel\"", "!field");
        expect_sent(x, "<presence", "type=\"unavailable\"", "to=\"" US "\"");
        expect_nothing_sent(x);
        if (way < 2)
            expect_event(x, "NOTICE", "The room was not made.");
        gone(x, "thirdwitch", "<item affiliation='none' role='none'/><destroy/><status code='110'/>");
        if (way == 2)
            expect_event(x, "ASK_GONE");
        expect_event(x, "CHAT", "!+JOINED");
        fake_forget(x);
        if (way < 2)
            fake_result(x, "type=\"cancel\"", "%s", "");
    }
    assert_int_equal(fake_asks(x), 0);
}

/* What kith makes by itself (a bookmark of a room that is gone), or without asking, is made at once. */
static void nobody_is_asked_without_need(void **state)
{
    struct x *x = *state;
    assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 0), 0);
    fake_error(x, "to=\"" COVEN "\"", "item-not-found");
    fake_forget(x);
    presence(x, "thirdwitch", "owner", "moderator", NEW);
    assert_true(fake_take_sent(x, "type=\"submit\""));
    assert_int_equal(fake_asks(x), 0);
    fake_error(x, "muc#owner", "forbidden");
    assert_true(fake_take_event(x, "Nobody else can come in yet"));
}

/* /configure while it is asked: that is the answer. */
static void configuring_answers_the_question(void **state)
{
    struct x *x = *state;
    make(x);
    fake_forget(x);
    assert_int_equal(config_form(x, COVEN, 3), 0);
    expect_event(x, "ASK_GONE");
    fake_result(x, "muc#owner", "%s", OWNER_FORM);
    fake_answer(x, fake_last_ask(x), "save");
    fake_result(x, "type=\"submit\"", "%s", "");
    assert_true(fake_take_event(x, "set up, and open"));
}

/* ---- §7.12: the nick that the room keeps ---- */

static void join_unnamed(struct x *x)
{
    assert_int_equal(muc_join(x, "xmpp:" COVEN "?join", NULL, NULL, 7), 0);
    expect_sent(x, "disco#info", "to=\"" COVEN "\"", "!node");
    expect_sent(x, "disco#info", "to=\"" COVEN "\"", "node=\"x-roomuser-item\"");
    fake_result(x, "to=\"" COVEN "\"", DISCO "</query>");
    expect_nothing_sent(x);
}

static void the_kept_nick_is_taken(void **state)
{
    struct x *x = *state;
    join_unnamed(x);
    fake_result(x, "x-roomuser-item", "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'>"
                                      "<identity category='conference' name='thirdwitch' type='text'/></query>");
    expect_sent(x, "<presence", "to=\"" US "\"");
    come_in(x);
    assert_int_equal(muc_join(x, COVEN, NULL, NULL, 8), 0); /* known now: not asked again */
    fake_forget(x);
    fake_drop(x, true);
    fake_start(x);
    assert_false(fake_asking(x, "x-roomuser-item"));
}

static void no_nick_is_kept(void **state)
{
    static const char *const answers[] = {
        "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' name='A Dark Cave'/></query>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'><identity name=''/></query>"};
    struct x *x = *state;
    for (size_t i = 0; i <= COUNT(answers); i++) {
        join_unnamed(x);
        if (i < COUNT(answers))
            fake_result(x, "x-roomuser-item", "%s", answers[i]);
        else
            fake_error(x, "x-roomuser-item", "feature-not-implemented");
        expect_sent(x, "<presence", "to=\"" COVEN "/romeo\"");
        fake_restart(&x);
        fake_start(x);
        str_set(&muc_find(x, COVEN)->wish, NULL); /* as before the first time */
    }
    assert_int_equal(muc_join(x, COVEN, NULL, NULL, 0), 0); /* neither by itself, nor where the user says which */
    assert_int_equal(muc_join(x, "other@rooms.lit/hag", NULL, NULL, 7), 0);
    assert_false(fake_asking(x, "x-roomuser-item"));
    *state = x;
}

/* ---- §7.10 and §9.9: registration ---- */

#define REGISTER_FORM                                                                                                  \
    "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='form'><title>Dark Cave Registration</title>"     \
    "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#register</value></field>"              \
    "<field label='Given name' type='text-single' var='muc#register_first'><required/></field>"                        \
    "<field label='Nick' type='text-single' var='muc#register_roomnick'><required/></field></x></query>"

static int apply(struct x *x, const char *more)
{
    const char *argv[] = {"apply", more};
    return muc_run_apply((struct kith_session *)x, COVEN, more ? 2 : 1, argv, 5);
}

static void registering(void **state)
{
    struct x *x = *state;
    joined(x, "");
    assert_int_equal(apply(x, NULL), 0);
    expect_sent(x, "type=\"get\"", "to=\"" COVEN "\"", "jabber:iq:register");
    fake_result(x, "jabber:iq:register", "%s", REGISTER_FORM);
    expect_event(x, "REPLY req=5;", "!err");
    expect_event(x, "ASK", "title=To be registered with " COVEN);
    fake_answer_with(x, fake_last_ask(x), "ok", "muc#register_first", "Brunhilde", "muc#register_roomnick", "thirdwitch", NULL);
    expect_sent(x, "type=\"set\"", "muc#register</value>", "type=\"submit\"", "<value>Brunhilde</value>");
    fake_result(x, "Brunhilde", "%s", "");
    expect_event(x, "NOTICE", "The room has your request.");
    apply(x, NULL);
    fake_error(x, "jabber:iq:register", "not-allowed");
    expect_event(x, "REPLY req=5;", "err=-9;", "makes nobody a member who asks");
    apply(x, NULL);
    fake_result(x, "jabber:iq:register", "<query xmlns='jabber:iq:register'><registered/></query>");
    expect_event(x, "REPLY req=5;", "!err", "registered with this room already");
    apply(x, NULL);
    fake_result(x, "jabber:iq:register", "%s", REGISTER_FORM);
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ok");
    fake_error(x, "muc#register</value>", "conflict"); /* example 72 */
    expect_event(x, "NOTICE", "not registered", "Somebody else has this nick");
    apply(x, NULL);
    fake_result(x, "jabber:iq:register", "%s", REGISTER_FORM);
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_nothing_sent(x);
    apply(x, "-withdraw");
    expect_sent(x, "type=\"set\"", "<remove/>");
    fake_forget(x);
    apply(x, NULL); /* as Prosody has it */
    fake_error(x, "type=\"get\"", "registration-required");
    expect_event(x, "REPLY req=5;", "err=-", "those who are members already");
    fake_forget(x);
    apply(x, "please");
    expect_event(x, "REPLY req=5;", "err=-1;");
}

#define APPROVAL(from)                                                                                                 \
    "<message from='" from "' to='" ME_FULL "'><x xmlns='jabber:x:data' type='form'><title>Registration request</title>" \
    "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#register</value></field>"              \
    "<field var='muc#register_first' type='text-single' label='First Name'><value>Brunhilde</value></field>"           \
    "<field var='muc#register_roomnick' type='text-single' label='Desired Nickname'><value>thirdwitch</value></field>" \
    "<field var='muc#register_allow' type='boolean' label='Allow?'><value>0</value></field></x></message>"

/* Example 182 and what is answered to it. */
static void who_asks_to_be_a_member(void **state)
{
    struct x *x = *state;
    joined(x, "");
    presence(x, "thirdwitch", "none", "moderator", "<status code='110'/>"); /* moderating is not enough */
    fake_forget(x);
    fake_feed(x, "%s", APPROVAL(COVEN));
    presence(x, "thirdwitch", "admin", "moderator", "<status code='110'/>");
    fake_forget(x);
    fake_feed(x, "%s", APPROVAL(COVEN "/firstwitch"));
    fake_feed(x, "%s", APPROVAL("evil@x.lit"));
    fake_feed(x, "%s", APPROVAL("juliet@capulet.lit/balcony"));
    expect_no_event(x);
    fake_feed(x, "%s", APPROVAL(COVEN));
    expect_event(x, "ASK", "title=thirdwitch asks to be a member of " COVEN, "First Name: Brunhilde", "!Allow", "choice=allow;", "choice=deny;");
    fake_feed(x, "%s", APPROVAL(COVEN)); /* asked already */
    expect_no_event(x);
    fake_answer(x, fake_last_ask(x), "allow");
    expect_sent(x, "<message", "to=\"" COVEN "\"", "type=\"submit\"", "muc#register_allow", "<value>true</value>", "<value>Brunhilde</value>");
    fake_feed(x, "%s", APPROVAL(COVEN));
    fake_answer(x, fake_last_ask(x), "deny");
    expect_sent(x, "muc#register_allow", "<value>false</value>");
}

/* ---- §7.9: a chat of two goes on in a room ---- */

static void begin_group(struct x *x, const char *more)
{
    assert_int_equal(group_start(x, "juliet@capulet.lit/balcony", &more, more ? 1 : 0, 5), 0);
    expect_sent(x, "disco#items", "to=\"" DOMAIN "\"");
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='irc.montague.lit'/>"
                                  "<item jid='rooms.montague.lit'/><item jid='a@rooms.montague.lit'/></query>");
    fake_result(x, "to=\"irc.montague.lit\"", DISCO "<identity category='gateway' type='irc'/><feature var='http://jabber.org/protocol/muc'/></query>");
    fake_result(x, "to=\"rooms.montague.lit\"", DISCO "<identity category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/></query>");
    fake_error(x, "@rooms.montague.lit", "item-not-found"); /* the room, which nobody has made yet */
    fake_forget(x);
}

/* Our own presence in the room that was made up. Owned address. */
static char *group_entered(struct x *x)
{
    char *room = NULL;
    for (struct map_entry *e = NULL; (e = map_next(&muc_of(x)->rooms, e));)
        room = xstrdup(e->key);
    assert_true(str_ends(room, "@rooms.montague.lit"));
    fake_feed(x, "<presence from='%s/romeo' to='" ME_FULL "'>" USER "<item affiliation='owner' role='moderator'/>" NEW "</x></presence>", room);
    return room;
}

static void a_chat_goes_on_in_a_room(void **state)
{
    struct x *x = *state;
    begin_group(x, "nurse@capulet.lit");
    char *room = group_entered(x);
    assert_int_equal(fake_asks(x), 0);
    assert_true(fake_take_sent(x, "<value>romeo, juliet, nurse</value>"));
    assert_true(fake_asking(x, "muc#roomconfig_membersonly")); /* nobody else may come in before they are asked */
    assert_false(fake_take_sent(x, "<invite"));
    fake_forget(x);
    fake_result(x, "muc#roomconfig_membersonly", "%s", "");
    assert_true(fake_take_sent(x, "disco#info"));
    expect_sent(x, "<message", "muc#user", "<invite to=\"juliet@capulet.lit\"><continue/></invite>");
    expect_sent(x, "<message", "muc#user", "<invite to=\"nurse@capulet.lit\"><continue/></invite>");
    expect_nothing_sent(x);
    assert_true(fake_take_event(x, "REPLY req=5; text=The room \"romeo, juliet, nurse\" is made"));
    free(room);
}

/* A server that does not close it: nobody is invited into a room that everybody may enter. */
static void an_open_room_is_no_chat(void **state)
{
    struct x *x = *state;
    begin_group(x, NULL);
    free(group_entered(x));
    fake_forget(x);
    fake_error(x, "muc#roomconfig_membersonly", "not-acceptable");
    expect_event(x, "REPLY req=5;", "err=-", "nobody was invited");
    expect_sent(x, "<presence", "type=\"unavailable\"");
    expect_nothing_sent(x);
    const char *bad = "hecate";
    assert_int_equal(group_start(x, "juliet@capulet.lit", &bad, 1, 6), 0);
    expect_event(x, "REPLY req=6;", "err=-1;", "hecate is no address");
    assert_int_equal(group_start(x, "juliet@capulet.lit", NULL, 0, 6), 0);
    assert_int_equal(group_start(x, "juliet@capulet.lit", NULL, 0, 7), KITH_EBUSY);
    fake_error(x, "disco#items", "forbidden");
    expect_event(x, "REPLY req=6;", "err=-10;", "no place for rooms");
    assert_int_equal(group_start(x, "juliet@capulet.lit", NULL, 0, 8), 0);
    fake_drop(x, true);
    fake_start(x);
    begin_group(x, NULL); /* the one before ended with its session */
}

static void invited_to_go_on(void **state)
{
    struct x *x = *state;
    fake_friends(x);
    fake_feed(x, "<message from='cave@rooms.capulet.lit' to='" ME "'>" USER "<invite from='juliet@capulet.lit/balcony'>"
                 "<continue thread='e0ffe42b28561960c6b12b944a092794b9683a38'/></invite></x></message>");
    expect_event(x, "ASK", "Your chat with them is to go on there");
    fake_feed(x, "<message from='juliet@capulet.lit/b' to='" ME "'><x xmlns='jabber:x:conference' continue='true' "
                 "jid='other@rooms.capulet.lit' thread='t'/></message>");
    expect_event(x, "ASK", "Your chat with them is to go on there");
    fake_feed(x, "<message from='tybalt@spam.lit/b' to='" ME "'><x xmlns='jabber:x:conference' continue='true' "
                 "jid='evil@rooms.spam.lit'/></message>"); /* with a stranger there was none */
    expect_event(x, "ASK", "!go on");
}

/* ---- going unseen ---- */

static void unseen_and_back(void **state)
{
    struct x *x = *state;
    joined(x, "");
    im_presence(x, KITH_SHOW_OFFLINE, NULL);
    expect_sent(x, "<presence", "type=\"unavailable\"", "!to=");
    expect_nothing_sent(x);
    expect_event(x, "CHAT", "!+JOINED", "text=nobody is to see you");
    gone(x, "thirdwitch", "<item affiliation='member' role='none'/><status code='110'/>"); /* the room's own word, later */
    expect_no_event(x);
    im_presence(x, KITH_SHOW_ONLINE, NULL);
    expect_sent(x, "<presence", "!type=", "!to=");
    expect_sent(x, "<presence", "to=\"" US "\"", "http://jabber.org/protocol/muc\"");
    come_in(x);
    assert_true(fake_take_event(x, "+JOINED"));
    im_presence(x, KITH_SHOW_OFFLINE, NULL); /* and back before the room has said a word */
    im_presence(x, KITH_SHOW_ONLINE, NULL);
    gone(x, "thirdwitch", "<item affiliation='member' role='none'/><status code='110'/>");
    come_in(x);
    fake_forget(x);
    groupchat(x, "firstwitch", "m1", "still here?", "");
    expect_event(x, "MESSAGE", "body=still here?");
    im_presence(x, KITH_SHOW_OFFLINE, NULL); /* a new session without being seen keeps the wish */
    fake_drop(x, true);
    fake_start(x);
    assert_false(fake_take_sent(x, "http://jabber.org/protocol/muc\""));
    im_presence(x, KITH_SHOW_ONLINE, NULL);
    assert_true(fake_take_sent(x, "http://jabber.org/protocol/muc\""));
}

static void unseen_nobody_goes_in(void **state)
{
    struct x *x = *state;
    im_presence(x, KITH_SHOW_OFFLINE, NULL);
    ask_in(x, "");
    assert_true(fake_take_event(x, "REPLY req=7; err=-9;"));
    im_presence(x, KITH_SHOW_ONLINE, NULL);
    assert_false(fake_take_sent(x, "http://jabber.org/protocol/muc\"")); /* who was told no is not taken in later */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_room_is_asked_about),
        T(a_new_room_is_set_up_first),
        T(a_new_room_is_not_made),
        T(nobody_is_asked_without_need),
        T(configuring_answers_the_question),
        T(the_kept_nick_is_taken),
        T(no_nick_is_kept),
        T(registering),
        T(who_asks_to_be_a_member),
        T(a_chat_goes_on_in_a_room),
        T(an_open_room_is_no_chat),
        T(invited_to_go_on),
        T(unseen_and_back),
        T(unseen_nobody_goes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
