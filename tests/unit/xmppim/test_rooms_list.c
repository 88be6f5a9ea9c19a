/* unit/xmppim/test_rooms_list.c - the rooms of a server: pages, what each is, searching (XEP-0045 §6, 0059, 0433) */
#include "room.h"

#define CHAT "chat.shakespeare.lit"
#define ITEMS "<query xmlns='http://jabber.org/protocol/disco#items'>"
#define SET(last) "<set xmlns='http://jabber.org/protocol/rsm'><last>" last "</last></set>"
#define FORM(people, topic)                                                                        \
    "<x xmlns='jabber:x:data' type='result'><field var='muc#roominfo_subject'><value>" topic       \
    "</value></field><field var='muc#roominfo_occupants'><value>" people "</value></field></x>"

static void named(struct x *x, const char *pattern)
{
    assert_int_equal(rooms_list(x, CHAT, pattern, NULL, 9), 0);
    fake_result(x, "disco#info", DISCO "<identity category='conference' type='text'/></query>");
    fake_forget(x);
}

static void of_the_own_server(void **state)
{
    struct x *x = *state;
    assert_int_equal(rooms_list(x, NULL, NULL, NULL, 9), 0);
    expect_sent(x, "to=\"" DOMAIN "\"", "disco#items");
    fake_result(x, "disco#items", ITEMS "<item jid='" CHAT "'/><item jid='proxy." DOMAIN "'/><item jid='" DOMAIN "' node='x'/>"
                                        "<item jid='user@x.lit'/></query>");
    expect_sent(x, "to=\"" CHAT "\"", "disco#info");
    expect_sent(x, "to=\"proxy." DOMAIN "\"", "disco#info");
    expect_nothing_sent(x);
    fake_answer_text(x, 0, "<iq type='result' from='" CHAT "'>" DISCO "<identity category='conference' type='text'/></query></iq>");
    fake_answer_text(x, 0, "<iq type='result' from='proxy." DOMAIN "'>" DISCO "<identity category='proxy' type='bytestreams'/></query></iq>");
    expect_sent(x, "to=\"" CHAT "\"", "disco#items", "<max>100</max>");
    fake_result(x, "disco#items", ITEMS "<item jid='heath@" CHAT "' name='A Lonely Heath'/></query>");
    expect_sent(x, "to=\"heath@" CHAT "\"", "disco#info");
    expect_no_event(x);
    fake_answer_text(x, 0, "<iq type='result' from='heath@" CHAT "'>" DISCO "<feature var='muc_membersonly'/>"
                           "<feature var='muc_passwordprotected'/>" FORM("3", "Spells") "</query></iq>");
    expect_event(x, "ITEM req=9;", "address=heath@" CHAT ";", "name=A Lonely Heath;", "number=3;", "text=(members only, password) Spells;");
    expect_event(x, "REPLY req=9;", "!err", "!more");
    expect_no_event(x);
}

static void no_rooms_here(void **state)
{
    struct x *x = *state;
    rooms_list(x, NULL, NULL, NULL, 9);
    fake_result(x, "disco#items", ITEMS "</query>");
    expect_event(x, "REPLY req=9;", "err=-10;", "offers no rooms");
    assert_int_equal(rooms_list(x, "room@" CHAT, NULL, NULL, 9), KITH_EINVAL);
    rooms_list(x, CHAT, NULL, NULL, 10);
    fake_error(x, "disco#info", "remote-server-not-found");
    fake_error(x, "disco#items", "remote-server-not-found");
    expect_event(x, "REPLY req=10;", "err=");
    rooms_list(x, CHAT, NULL, NULL, 11);
    fake_drop(x, true);
    expect_event(x, "REPLY req=11;", "err=");
    expect_no_event(x);
}

static void pages(void **state)
{
    struct x *x = *state;
    named(x, NULL);
    fake_result(x, "disco#items", ITEMS "<item jid='a@" CHAT "'/>" SET("a") "</query>");
    assert_true(fake_take_sent(x, "<after>a</after>"));
    fake_result(x, "disco#items", ITEMS "<item jid='b@" CHAT "'/>" SET("a") "</query>"); /* it turns in a circle: the end */
    fake_timeout(x, "to=\"a@");
    expect_event(x, "ITEM", "address=a@", "number=-1;");
    fake_result(x, "to=\"b@", DISCO FORM("7", "") "</query>");
    expect_event(x, "ITEM", "address=b@", "number=7;");
    expect_event(x, "REPLY req=9;");
    expect_no_event(x);
}

static void narrowed_down(void **state)
{
    struct x *x = *state;
    named(x, "LINUX >5 topic:kernel");
    fake_result(x, "disco#items", ITEMS "<item jid='linux@" CHAT "'/><item jid='x@" CHAT "' name='About Linux'/><item jid='y@" CHAT "'/>"
                                        "<item jid='linux3@" CHAT "'/></query>");
    assert_false(fake_asking(x, "to=\"y@"));
    fake_answer_text(x, 0, "<iq type='result' from='linux@" CHAT "'>" DISCO FORM("6", "Kernels: the Kernel") "</query></iq>");
    fake_answer_text(x, 0, "<iq type='result' from='x@" CHAT "'>" DISCO FORM("5", "kernel") "</query></iq>");
    fake_answer_text(x, 0, "<iq type='result' from='linux3@" CHAT "'>" DISCO FORM("50", "cakes") "</query></iq>");
    expect_event(x, "ITEM", "address=linux@");
    expect_event(x, "REPLY req=9;");
    expect_no_event(x);
}

static void hostile(void **state)
{
    struct x *x = *state;
    named(x, NULL);
    fake_result(x, "disco#items", ITEMS "<item jid='room@other.lit'/><item/><item jid='@'/><item jid='a@" CHAT "/nick'/><item jid='" CHAT "'/>"
                                        "<item jid='b@" CHAT "' node='n'/></query>");
    expect_event(x, "REPLY req=9;");
    expect_no_event(x);
    named(x, "*");
    struct buf b = {0};
    for (int i = 0; i < 300; i++)
        buf_addf(&b, "<item jid='r%d@" CHAT "'/>", i);
    fake_result(x, "disco#items", ITEMS "%s</query>", buf_str(&b));
    buf_free(&b);
    for (int i = 0; i < 200; i++)
        fake_error(x, "disco#info", "service-unavailable");
    for (int i = 0; i < 300; i++)
        expect_event(x, "ITEM");
    expect_event(x, "REPLY req=9;");
    assert_false(fake_asking(x, "disco#info"));
}

/* XEP-0433 §2.2 */
static void searched(void **state)
{
    struct x *x = *state;
    assert_int_equal(rooms_list(x, "search.lit", "xmpp.org >20", NULL, 9), 0);
    fake_result(x, "disco#info", DISCO "<feature var='urn:xmpp:channel-search:0:search'/></query>");
    assert_true(fake_take_sent(x, "<value>xmpp.org</value>"));
    fake_result(x, "channel-search", "<result xmlns='urn:xmpp:channel-search:0:search'><item address='commteam@muc.xmpp.org'><name>commteam</name>"
                                     "<nusers>10</nusers><is-open/></item><item address='operators@muc.xmpp.org'><name>Operators</name>"
                                     "<description>Discussion</description><nusers>43</nusers></item><item address='@'/></result>");
    expect_event(x, "ITEM", "address=operators@muc.xmpp.org;", "name=Operators;", "text=Discussion;", "number=43;");
    expect_event(x, "REPLY req=9;");
    expect_no_event(x);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(of_the_own_server), T(no_rooms_here), T(pages), T(narrowed_down), T(hostile), T(searched)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
