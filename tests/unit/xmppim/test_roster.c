/* unit/xmppim/test_roster.c - contacts, subscriptions, presence, blocking, and forgeries */
#include "fake_x.h"

#include <stdio.h>
#include <stdlib.h>

#define ROSTER "<query xmlns='jabber:iq:roster'"
static int setup(void **state)
{
    struct x *x = fake_open();
    *state = x;
    return 0;
}

static int started(void **state)
{
    setup(state);
    fake_start(*state);
    fake_friends(*state);
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

static void list_and_version(void **state)
{
    struct x *x = *state;
    fake_bind(x, false);
    fake_forget(x);
    assert_true(fake_asking(x, "ver=\"\""));
    fake_result(
        x, "jabber:iq:roster",
        ROSTER
        " ver='v7'><item jid='Juliet@capulet.lit' name='Juliet' subscription='both'>"
        "<group>Friends</group><group>Verona</group></item><item jid='nurse@capulet.lit' "
        "subscription='none' ask='subscribe'/>"
        "<item jid='irc.lit' subscription='from'/><item jid='@' subscription='both'/></query>");
    expect_event(x, "SYNC_BEGIN what=1;");
    expect_event(x, "CONTACT address=juliet@capulet.lit;", "name=Juliet;",
                 "group=Friends; group=Verona;", "+TO +FROM");
    expect_event(x, "CONTACT address=nurse@capulet.lit;", "+PENDING", "!+TO");
    expect_event(x, "CONTACT address=irc.lit;", "+FROM", "+GATEWAY");
    expect_event(x, "SYNC_END what=1;");
    expect_no_event(x);
    /* another process, same version: the server says nothing, the list comes from the copy */
    fake_restart(&x);
    fake_bind(x, false);
    assert_true(fake_asking(x, "ver=\"v7\""));
    fake_forget(x);
    fake_result(x, "jabber:iq:roster", "%s", "");
    expect_event(x, "SYNC_BEGIN");
    expect_event(x, "CONTACT address=juliet@capulet.lit;", "name=Juliet;",
                 "group=Friends; group=Verona;", "+TO +FROM");
    expect_event(x, "CONTACT address=nurse@capulet.lit;", "+PENDING");
    expect_event(x, "CONTACT address=irc.lit;");
    expect_event(x, "SYNC_END");
    *state = x;
}

static void pushes(void **state)
{
    struct x *x = *state;
    fake_feed(
        x, "<iq type='set' id='p1' from='" ME "'>" ROSTER
           " ver='v9'><item jid='paris@capulet.lit' name='Paris' subscription='to'/></query></iq>");
    expect_event(x, "CONTACT address=paris@capulet.lit;", "name=Paris;", "+TO", "!+FROM");
    expect_sent(x, "type=\"result\"", "id=\"p1\"");
    fake_feed(x, "<iq type='set' id='p2'>" ROSTER
                 "><item jid='paris@capulet.lit' subscription='remove'/></query></iq>");
    expect_event(x, "CONTACT_GONE address=paris@capulet.lit;");
    fake_forget(x);
    fake_timers(x);
    assert_true(str_starts(fake_state(x, "roster"), "v9\n"));
}

/* CVE-2015-8688 and its like */
static void pushes_forged(void **state)
{
    struct x *x = *state;
    static const char *const from[] = {"tybalt@capulet.lit/home", "tybalt@capulet.lit", DOMAIN,
                                       ME "/other", "capulet.lit"};
    for (size_t i = 0; i < COUNT(from); i++) {
        fake_feed(x,
                  "<iq type='set' id='p1' from='%s'>" ROSTER
                  "><item jid='evil@capulet.lit' subscription='both'/></query></iq>",
                  from[i]);
        expect_no_event(x);
        expect_sent(x, "type=\"error\"");
    }
    assert_false(roster_has(x, "evil@capulet.lit"));
    fake_feed(x, "<iq type='result' id='p1'>" ROSTER
                 "><item jid='evil@capulet.lit' subscription='both'/></query></iq>");
    fake_feed(x, "<iq type='get' id='p1'>" ROSTER "/></iq>");
    expect_no_event(x);
}

static void bounded(void **state)
{
    struct x *x = *state;
    struct buf b = {0};
    fake_bind(x, false);
    buf_adds(&b, ROSTER " ver='big'>");
    for (int i = 0; i < 20500; i++)
        buf_addf(&b, "<item jid='u%d@x.lit' subscription='both'/>", i);
    buf_adds(&b, "</query>");
    fake_result(x, "jabber:iq:roster", "%s", buf_str(&b));
    buf_free(&b);
    assert_true(roster_has(x, "u19999@x.lit"));
    assert_false(roster_has(x, "u20000@x.lit"));
    fake_feed(x, "<iq type='set' id='p'>" ROSTER
                 "><item jid='late@x.lit' subscription='both'/></query></iq>");
    assert_false(roster_has(x, "late@x.lit"));
}

static void operations(void **state)
{
    struct x *x = *state;
    const char *groups[] = {"Friends", "Verona"};
    assert_int_equal(roster_add(x, "paris@capulet.lit", "Paris", groups, 2, "Hello?", 5), KITH_OK);
    expect_sent(x, "jabber:iq:roster", "jid=\"paris@capulet.lit\"", "name=\"Paris\"",
                "<group>Friends</group><group>Verona</group>");
    expect_sent(x, "<presence", "type=\"subscribe\"", "to=\"paris@capulet.lit\"",
                "<status>Hello?</status>");
    expect_no_event(x);
    fake_result(x, "paris", "%s", "");
    expect_event(x, "REPLY req=5;", "!err=");
    assert_int_equal(roster_add(x, "juliet@capulet.lit", NULL, NULL, 0, NULL, 6), KITH_OK);
    expect_sent(x, "jid=\"juliet@capulet.lit\"", "!name=");
    expect_nothing_sent(x); /* seen already: nothing to ask for */
    fake_error(x, "juliet", "not-allowed");
    expect_event(x, "REPLY req=6;", "err=-9;", "not allowed");
    assert_int_equal(roster_update(x, "juliet@capulet.lit", "J", groups, 1, 7), KITH_OK);
    expect_sent(x, "name=\"J\"", "<group>Friends</group></item>");
    assert_int_equal(roster_update(x, "nobody@x.lit", "J", NULL, 0, 8), KITH_ENOTFOUND);
    assert_int_equal(roster_remove(x, "juliet@capulet.lit", 9), KITH_OK);
    expect_sent(x, "jid=\"juliet@capulet.lit\"", "subscription=\"remove\"");
    assert_int_equal(roster_authorize(x, "tybalt@capulet.lit", 0, 10), KITH_OK);
    expect_sent(x, "type=\"unsubscribed\"", "to=\"tybalt@capulet.lit\"");
    expect_event(x, "REPLY req=10;");
    assert_int_equal(roster_add(x, "@", NULL, NULL, 0, NULL, 1), KITH_EINVAL);
    assert_int_equal(roster_add(x, ME, NULL, NULL, 0, NULL, 1), KITH_EINVAL);
    fake_drop(x, false);
    assert_int_equal(roster_remove(x, "juliet@capulet.lit", 9), KITH_EOFFLINE);
}

static void subscription_asked_and_answered(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='paris@capulet.lit' type='subscribe'><status>Let me in</status>"
                 "<nick xmlns='http://jabber.org/protocol/nick'>Paris</nick></presence>");
    expect_event(x, "ASK subject=paris@capulet.lit;", "Paris: Let me in",
                 "choice=both; choice=accept; choice=decline;");
    expect_nothing_sent(x);
    uint64_t first = fake_last_ask(x);
    fake_feed(x, "<presence from='paris@capulet.lit/x' type='subscribe'/>");
    expect_no_event(x); /* asked once */
    fake_answer(x, first, "both");
    expect_sent(x, "type=\"subscribed\"", "to=\"paris@capulet.lit\"");
    expect_sent(x, "type=\"subscribe\"", "to=\"paris@capulet.lit\"");
    /* we see mercutio already: no "both"; answered on another device meanwhile */
    fake_feed(x, "<presence from='mercutio@verona.lit' type='subscribe'/>");
    expect_event(x, "ASK", "!choice=both", "choice=accept; choice=decline;");
    fake_feed(x, "<iq type='set' id='p'>" ROSTER
                 "><item jid='mercutio@verona.lit' subscription='both'/></query></iq>");
    expect_event(x, "CONTACT", "+TO +FROM");
    expect_event(x, "ASK_GONE");
    assert_int_equal(fake_asks(x), 0);
    fake_forget(x);
    /* decline */
    fake_feed(x, "<presence from='spam@x.lit' type='subscribe'/>");
    expect_event(x, "ASK");
    fake_answer(x, fake_last_ask(x), "decline");
    expect_sent(x, "type=\"unsubscribed\"");
    /* a contact who lost track is told, without a question */
    fake_feed(x, "<presence from='juliet@capulet.lit' type='subscribe'/>");
    expect_no_event(x);
    expect_sent(x, "type=\"subscribed\"");
}

static void subscriptions_bounded_and_unforged(void **state)
{
    struct x *x = *state;
    for (int i = 0; i < 600; i++)
        fake_feed(x, "<presence from='spam%d@x.lit' type='subscribe'/>", i);
    assert_int_equal(fake_last_ask(x), 200);
    for (int i = 0; i < 600; i++) /* who takes it back leaves nothing behind */
        fake_feed(x, "<presence from='spam%d@x.lit' type='unsubscribe'/>", i);
    assert_int_equal(fake_asks(x), 0);
    fake_forget(x);
    fake_feed(x, "<presence from='stranger@x.lit' type='subscribed'/>");
    fake_feed(x, "<presence from='stranger@x.lit' type='unsubscribed'/>");
    fake_feed(x, "<presence from='" ME "/evil' type='subscribe'/>");
    expect_no_event(x);
    expect_nothing_sent(x);
    fake_feed(x, "<presence from='mercutio@verona.lit' type='unsubscribed'/>");
    expect_event(x, "NOTICE chat=mercutio@verona.lit;");
}

static void presence_in(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='juliet@capulet.lit/balcony'><show>away</show><status>be right "
                 "back</status><priority>5</priority>"
                 "<idle xmlns='urn:xmpp:idle:1' since='2025-06-15T10:00:00Z'/></presence>");
    expect_event(x, "PRESENCE address=juliet@capulet.lit;", "resource=balcony;", "show=3;",
                 "priority=5;", "text=be right back;", "idle=1749981600000;");
    fake_feed(x, "<presence "
                 "from='juliet@capulet.lit/chamber'><show>nonsense</show><priority>900</priority></"
                 "presence>");
    expect_event(x, "resource=chamber;", "show=1;", "!priority=");
    fake_feed(x, "<presence from='juliet@capulet.lit/balcony' "
                 "type='unavailable'><status>bye</status></presence>");
    expect_event(x, "resource=balcony;", "show=0;", "text=bye;");
    fake_feed(x, "<presence from='juliet@capulet.lit' type='unavailable'/>");
    expect_event(x, "address=juliet@capulet.lit;", "!resource=", "show=0;");
    fake_feed(x, "<presence from='" ME "/phone'/>");
    expect_event(x, "PRESENCE address=" ME ";", "resource=phone;");
    fake_feed(x, "<presence from='" ME_FULL "'/>");
    fake_feed(x, "<presence from='stranger@x.lit/a'><show>dnd</show></presence>");
    fake_feed(x, "<presence from='coven@chat.lit/witch'><x "
                 "xmlns='http://jabber.org/protocol/muc#user'/></presence>");
    expect_no_event(x);
    fake_feed(x, "<presence from='puppet@irc.lit/x'/>");
    expect_event(x, "CONTACT address=puppet@irc.lit;");
    expect_event(x, "PRESENCE address=puppet@irc.lit;");
    expect_nothing_sent(x);
}

static void presence_bounded(void **state)
{
    struct x *x = *state;
    for (int i = 0; i < 200; i++)
        fake_feed(x, "<presence from='juliet@capulet.lit/r%d'/>", i);
    for (int i = 0; i < 64; i++)
        expect_event(x, "PRESENCE");
    expect_no_event(x);
}

static void own_presence(void **state)
{
    struct x *x = *state;
    fake_option(x, "priority", "7");
    assert_int_equal(im_presence(x, KITH_SHOW_DND, "in a duel"), KITH_OK);
    expect_sent(x, "<presence", "<show>dnd</show>", "<status>in a duel</status>",
                "<priority>7</priority>", "hash=\"sha-1\"", "!to=");
    im_presence(x, KITH_SHOW_DND, "in a duel");
    expect_nothing_sent(x);
    static const struct {
        uint32_t show;
        const char *word;
    } shows[] = {{KITH_SHOW_AWAY, "<show>away</show>"},
                 {KITH_SHOW_XA, "<show>xa</show>"},
                 {KITH_SHOW_CHAT, "<show>chat</show>"},
                 {KITH_SHOW_ONLINE, "!<show>"}};
    for (size_t i = 0; i < COUNT(shows); i++) {
        assert_int_equal(im_presence(x, shows[i].show, "why"), KITH_OK);
        expect_sent(x, "<presence", shows[i].word, "<status>why</status>", "!type=");
    }
    fake_drop(x, true);
    assert_int_equal(im_presence(x, KITH_SHOW_AWAY, NULL), KITH_OK);
    fake_bind(x, false);
    for (int i = 0; i < 4; i++)
        expect_sent(x, "<iq");
    expect_sent(x, "<presence", "<show>away</show>", "!<status>");
    im_presence(x, KITH_SHOW_OFFLINE, NULL);
    expect_sent(x, "type=\"unavailable\"", "!<c ");
    assert_int_equal(im_presence(x, 77, NULL), KITH_EINVAL);
}

static void presence_over_resume(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='juliet@capulet.lit/balcony'><show>away</show></presence>");
    fake_drop(x, false);
    fake_forget(x);
    fake_bind(x, true);
    expect_event(x, "CAPS");
    expect_event(x, "PRESENCE", "resource=balcony;", "show=3;");
    expect_no_event(x);
    expect_nothing_sent(x);
    /* a process that takes over a session knows nobody: it goes and comes */
    fake_restart(&x);
    fake_bind(x, true);
    for (int i = 0; i < 3; i++)
        expect_sent(x, "<iq");
    expect_sent(x, "<presence", "unavailable");
    expect_sent(x, "<presence", "!unavailable", "<c ");
    *state = x;
}

static void blocking(void **state)
{
    struct x *x = *state;
    assert_int_equal(blocking_block(x, "tybalt@capulet.lit", 0, 4), KITH_OK);
    expect_sent(x, "<block ", "jid=\"tybalt@capulet.lit\"");
    fake_result(x, "<block ", "%s", "");
    expect_event(x, "REPLY req=4;");
    fake_feed(x, "<iq type='set' id='b1'><block xmlns='urn:xmpp:blocking'><item "
                 "jid='tybalt@capulet.lit'/><item jid='spam@x.lit'/></block></iq>");
    expect_event(x, "CONTACT address=tybalt@capulet.lit;", "+BLOCKED");
    expect_event(x, "CONTACT address=spam@x.lit;", "+BLOCKED");
    expect_no_event(x);
    expect_sent(x, "type=\"result\"", "id=\"b1\"");
    fake_feed(x, "<iq type='set' id='b2'><unblock xmlns='urn:xmpp:blocking'><item "
                 "jid='tybalt@capulet.lit'/></unblock></iq>");
    expect_event(x, "CONTACT address=tybalt@capulet.lit;", "!+BLOCKED");
    fake_forget(x);
    fake_feed(x, "<iq type='set' id='b3' from='tybalt@capulet.lit/x'><unblock "
                 "xmlns='urn:xmpp:blocking'/></iq>");
    expect_no_event(x);
    expect_sent(x, "type=\"error\"");
    assert_true(blocking_has(x, "spam@x.lit"));
    fake_feed(x, "<iq type='set' id='b4'><unblock xmlns='urn:xmpp:blocking'/></iq>");
    assert_false(blocking_has(x, "spam@x.lit"));
    expect_event(x, "CONTACT_GONE address=spam@x.lit;");
    assert_int_equal(blocking_block(x, ME, 0, 4), KITH_EINVAL);
}

#define T(f, s) cmocka_unit_test_setup_teardown(f, s, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(list_and_version, setup),
                                       T(pushes, started),
                                       T(pushes_forged, started),
                                       T(bounded, setup),
                                       T(operations, started),
                                       T(subscription_asked_and_answered, started),
                                       T(subscriptions_bounded_and_unforged, started),
                                       T(presence_in, started),
                                       T(presence_bounded, started),
                                       T(own_presence, started),
                                       T(presence_over_resume, started),
                                       T(blocking, started)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
