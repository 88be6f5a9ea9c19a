/* unit/xmppim/test_invite.c - invitations: the examples of XEP-0045 §7.8 and XEP-0249, and forged ones */
#include "room.h"

#define CAVE "darkcave@macbeth.shakespeare.lit"

static int setup_friends(void **state)
{
    setup(state);
    fake_friends(*state);
    return 0;
}

static void mediated(struct x *x, const char *from, const char *by, const char *more)
{
    fake_feed(x, "<message from='%s' to='" ME "' id='nzd143v8'>" USER "<invite from='%s'><reason>Hey Hecate!</reason></invite>"
                 "<password>cauldronburn</password></x>%s</message>", from, by, more);
}

static void direct(struct x *x, const char *from, const char *attrs)
{
    fake_feed(x, "<message from='%s' to='" ME "'><x xmlns='jabber:x:conference' %s/></message>", from, attrs);
}

static void mediated_accepted(void **state)
{
    struct x *x = *state;
    mediated(x, "cave@rooms.capulet.lit", "juliet@capulet.lit/desktop", "");
    expect_event(x, "ASK", "subject=cave@rooms.capulet.lit;", "title=juliet@capulet.lit invites you to a room", "The room is cave@rooms.capulet.lit.",
                 "They write: Hey Hecate!", "what the room says", "!not among", "choice=join;", "choice=decline;", "!block");
    fake_answer(x, fake_last_ask(x), "join");
    fake_result(x, "to=\"cave@rooms.capulet.lit\"", DISCO "</query>");
    fake_error(x, "x-roomuser-item", "feature-not-implemented");
    assert_true(fake_take_sent(x, "<password>cauldronburn</password>"));
    fake_forget(x);
    fake_feed(x, "<presence from='cave@rooms.capulet.lit/romeo' to='" ME_FULL "'>" USER
                 "<item affiliation='member' role='participant'/><status code='110'/></x></presence>");
    assert_true(fake_take_sent(x, "<publish node=\"urn:xmpp:bookmarks:1\"")); /* the user joined: a bookmark */
}

static void mediated_declined(void **state)
{
    struct x *x = *state;
    mediated(x, CAVE, "crone1@shakespeare.lit/desktop", "");
    expect_event(x, "ASK", "crone1@shakespeare.lit is not among your contacts", "choice=block;");
    fake_answer(x, fake_last_ask(x), "decline");
    expect_sent(x, "<message", "to=\"" CAVE "\"", "<decline to=\"crone1@shakespeare.lit\"/>");
    expect_nothing_sent(x);
}

/* XEP-0249 §2; a refusal is silent. */
static void direct_ones(void **state)
{
    struct x *x = *state;
    direct(x, "juliet@capulet.lit/b", "jid='" CAVE "' password='cauldronburn' reason='Hey!'");
    expect_event(x, "ASK", "subject=" CAVE ";", "title=juliet@capulet.lit invites you", "They write: Hey!", "!the room says", "!not among",
                 "choice=join;", "choice=ignore;", "!block");
    mediated(x, CAVE, "juliet@capulet.lit/b", ""); /* §4: the same room once more is not asked about */
    expect_no_event(x);
    fake_answer(x, fake_last_ask(x), "ignore");
    expect_nothing_sent(x);
    direct(x, "juliet@capulet.lit/b", "jid='" CAVE "'");
    expect_event(x, "ASK");
    fake_answer(x, fake_last_ask(x), "join");
    expect_sent(x, "to=\"" CAVE "\"", "disco#info");
}

static void forged(void **state)
{
    struct x *x = *state;
    joined(x, "");
    mediated(x, CAVE "/witch", "juliet@capulet.lit", "");           /* an occupant in the room's name */
    mediated(x, "juliet@capulet.lit/balcony", "nurse@capulet.lit", ""); /* a person in a room's name */
    mediated(x, "juliet@capulet.lit", "nurse@capulet.lit", "");
    mediated(x, "chat.shakespeare.lit", "juliet@capulet.lit", "");  /* no room */
    mediated(x, ME, "juliet@capulet.lit", "");
    mediated(x, COVEN, "juliet@capulet.lit", "");                   /* we are in it */
    direct(x, "tybalt@capulet.lit/x", "jid='juliet@capulet.lit'");  /* a person is no room */
    direct(x, "tybalt@capulet.lit/x", "jid='" ME "'");
    direct(x, "tybalt@capulet.lit/x", "jid='" CAVE "/nick'");
    direct(x, "tybalt@capulet.lit/x", "jid='@'");
    direct(x, "tybalt@capulet.lit/x", "");
    direct(x, "tybalt@capulet.lit/x", "jid='" COVEN "'");
    expect_no_event(x);
    expect_nothing_sent(x);
    /* words beside an address that is none are a message as any other */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat' id='m1'><body>hi</body><x xmlns='jabber:x:conference'/></message>");
    expect_event(x, "MESSAGE", "body=hi;");
}

/* Strangers cannot pile questions up, nor borrow the name of a contact to do so. */
static void strangers_are_held_back(void **state)
{
    struct x *x = *state;
    mediated(x, "a@spam.lit", "juliet@capulet.lit", "");
    expect_event(x, "ASK", "choice=block;");
    mediated(x, "b@spam.lit", "juliet@capulet.lit", "");
    direct(x, "someone@spam.lit/x", "jid='c@spam.lit'");
    expect_no_event(x);
    for (int i = 0; i < 5; i++) {
        fake_time(x, x_host(x)->wall_ms() + 11000);
        char *room = xasprintf("jid='room%d@spam.lit'", i);
        direct(x, "someone@spam.lit/x", room);
        free(room);
    }
    expect_event(x, "ASK", "room0@");
    expect_event(x, "ASK", "room1@");
    expect_no_event(x);
    direct(x, "juliet@capulet.lit/b", "jid='d@chat.lit'"); /* contacts still come through */
    expect_event(x, "ASK", "d@chat.lit");
    direct(x, "+123@irc.lit/x", "jid='group@irc.lit' reason='This group could not be added automatically for you'");
    expect_event(x, "ASK", "group@irc.lit", "!not among"); /* of a gateway that is a contact */
    fake_answer(x, 1, "block");
    expect_sent(x, "<block xmlns=\"urn:xmpp:blocking\"", "jid=\"a@spam.lit\"");
    fake_feed(x, "<iq type='set' id='p'><block xmlns='urn:xmpp:blocking'><item jid='evil@x.lit'/></block></iq>");
    fake_forget(x);
    fake_time(x, x_host(x)->wall_ms() + 11000);
    direct(x, "evil@x.lit/x", "jid='e@x.lit'");
    expect_no_event(x);
}

static void questions_end(void **state)
{
    struct x *x = *state;
    direct(x, "juliet@capulet.lit/b", "jid='" COVEN "'");
    expect_event(x, "ASK");
    ask_in(x, "");
    come_in(x);
    assert_true(fake_take_event(x, "ASK_GONE"));
    direct(x, "juliet@capulet.lit/b", "jid='" CAVE "'");
    assert_true(fake_take_event(x, "ASK"));
    fake_drop(x, true);
    fake_start(x); /* the question died: it may be asked anew */
    direct(x, "juliet@capulet.lit/b", "jid='" CAVE "'");
    expect_event(x, "ASK");
}

static void invited_by_us(void **state)
{
    struct x *x = *state;
    assert_int_equal(invite_send(x, COVEN, "hecate@shakespeare.lit", NULL, 3), KITH_ENOTFOUND);
    joined(x, "");
    assert_int_equal(invite_send(x, COVEN, "hecate", NULL, 3), KITH_EINVAL);
    assert_int_equal(invite_send(x, COVEN, "hecate@shakespeare.lit/broom", "Hey Hecate", 3), 0);
    expect_sent(x, "to=\"hecate@shakespeare.lit\"", "jabber:x:conference", "jid=\"" COVEN "\"", "reason=\"Hey Hecate\"");
    expect_event(x, "NOTICE", "chat=" COVEN, "you invite hecate@shakespeare.lit");
    expect_event(x, "REPLY req=3;");
    fake_feed(x, "<message from='" COVEN "'>" USER "<decline from='hecate@shakespeare.lit'><reason>Sorry</reason></decline></x></message>");
    expect_event(x, "NOTICE", "chat=" COVEN, "hecate@shakespeare.lit does not want to come: Sorry");
    fake_feed(x, "<message from='" COVEN "/witch'>" USER "<decline from='hecate@shakespeare.lit'/></x></message>"); /* forged */
    fake_feed(x, "<message from='" CAVE "'>" USER "<decline from='hecate@shakespeare.lit'/></x></message>");
    expect_no_event(x);
}

static void invited_by_the_room(void **state)
{
    struct x *x = *state;
    joined(x, "<feature var='muc_membersonly'/>");
    assert_int_equal(invite_send(x, COVEN, "hecate@shakespeare.lit", "Hey", 3), 0);
    expect_sent(x, "to=\"" COVEN "\"", "<invite to=\"hecate@shakespeare.lit\"><reason>Hey</reason></invite>", "!conference");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup_friends, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(mediated_accepted),       T(mediated_declined), T(direct_ones),   T(forged),
                                       T(strangers_are_held_back), T(questions_end),     T(invited_by_us), T(invited_by_the_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
