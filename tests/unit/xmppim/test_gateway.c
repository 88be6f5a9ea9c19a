/* unit/xmppim/test_gateway.c - gateways: found among the services, registered with, logged in and out of */
#include "fake_x.h"

#include <stdlib.h>

#include "backends/xmpp/gateway.h"

static int setup(void **state)
{
    struct x *x = fake_open();
    fake_start(x);
    fake_friends(x);
    *state = x;
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

#define INFO "<query xmlns='http://jabber.org/protocol/disco#info'>"

/* XMPP.md 6.2: one address with several identities; what cannot be asked is left out. */
static void listing(void **state)
{
    struct x *x = *state;
    assert_int_equal(gateway_list(x, 5), KITH_OK);
    expect_sent(x, "to=\"" DOMAIN "\"", "disco#items");
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='wa.lit'/><item jid='rooms.lit'/>"
                "<item jid='icq.lit'/><item jid='x.lit' node='n'/><item jid='@'/></query>");
    fake_result(x, "wa.lit", INFO "<identity category='conference' type='text'/><identity category='account' type='registered'/>"
                "<identity category='gateway' type='whatsapp' name='WhatsApp'/></query>");
    fake_result(x, "rooms.lit", INFO "<identity category='conference' type='text'/></query>");
    fake_result(x, "icq.lit", INFO "<identity category='gateway' type='icq'/></query>");
    fake_forget(x);
    fake_error(x, "wa.lit", "bad-request");
    expect_event(x, "ITEM", "address=wa.lit;", "name=WhatsApp;", "whatsapp", "not registered");
    fake_result(x, "icq.lit", "<query xmlns='jabber:iq:register'><registered/></query>");
    expect_event(x, "ITEM", "address=icq.lit;", "registered, not logged in");
    expect_event(x, "REPLY", "req=5;", "!err");
    expect_no_event(x);
}

/* XEP-0077, examples 2 to 5, and its form of examples 9 and 10 */
static void registering(void **state)
{
    struct x *x = *state;
    gateway_do(x, "shakespeare.lit", GATEWAY_REGISTER, 1);
    fake_result(x, "shakespeare.lit", "<query xmlns='jabber:iq:register'><instructions>Choose a username and password.</instructions>"
                "<username/><password/><email/><strange/></query>");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ok");
    expect_sent(x, "type=\"set\"", "<username", "<password", "<email", "!strange", "!jabber:x:data");
    fake_result(x, "shakespeare.lit", "%s", "");
    expect_sent(x, "<presence", "to=\"shakespeare.lit\"", "!type");
    expect_event(x, "NOTICE", "You are registered");
    gateway_do(x, "contests.lit", GATEWAY_REGISTER, 2);
    fake_result(x, "contests.lit", "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='form'>"
                "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>"
                "<field type='text-single' label='Given Name' var='first'><required/></field></x></query>");
    expect_event(x, "REPLY", "req=2;");
    expect_event(x, "ASK", "title=Registration with contests.lit;");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ok");
    expect_sent(x, "jabber:x:data", "submit", "jabber:iq:register", "var=\"first\"");
    fake_error(x, "contests.lit", "conflict");
    expect_event(x, "NOTICE", "taken already");
    gateway_do(x, "contests.lit", GATEWAY_REGISTER, 2);
    fake_result(x, "contests.lit", "<query xmlns='jabber:iq:register'><username/></query>");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_nothing_sent(x);
}

/* XMPP.md 6.2: "You must use adhoc commands to register to this gateway." */
static void by_commands(void **state)
{
    struct x *x = *state;
    gateway_do(x, "wa.lit", GATEWAY_REGISTER, 3);
    fake_forget(x);
    fake_error(x, "wa.lit", "bad-request");
    expect_sent(x, "http://jabber.org/protocol/commands", "node=\"jabber:iq:register\"", "execute");
    fake_result(x, "commands", "<command xmlns='http://jabber.org/protocol/commands' sessionid='1' status='executing'><actions><next/></actions>"
                "<x xmlns='jabber:x:data' type='form'><field var='phone' type='text-single'/></x></command>");
    expect_event(x, "ASK", "wa.lit");
    expect_event(x, "REPLY", "req=3;", "!err");
}

static void leaving(void **state)
{
    struct x *x = *state;
    gateway_do(x, "irc.lit", GATEWAY_LOGOUT, 1);
    expect_sent(x, "<presence", "to=\"irc.lit\"", "type=\"unavailable\"");
    expect_event(x, "REPLY", "req=1;");
    gateway_do(x, "irc.lit", GATEWAY_LOGIN, 2);
    expect_sent(x, "<presence", "to=\"irc.lit\"", "!type");
    expect_event(x, "REPLY", "req=2;");
    gateway_do(x, "irc.lit", GATEWAY_ASK, 3);
    expect_event(x, "ASK", "title=irc.lit;");
    expect_event(x, "REPLY", "req=3;");
    fake_answer(x, fake_last_ask(x), "unregister");
    expect_sent(x, "<remove", "to=\"irc.lit\"");
    fake_result(x, "remove", "%s", "");
    expect_sent(x, "jabber:iq:roster", "jid=\"irc.lit\"", "subscription=\"remove\"");
    expect_event(x, "NOTICE", "not registered with the gateway any more");
    gateway_do(x, "wa.lit", GATEWAY_UNREGISTER, 4);
    fake_error(x, "wa.lit", "bad-request");
    expect_event(x, "REPLY", "req=4;", "err=", "by its commands");
    assert_int_equal(gateway_do(x, "@", GATEWAY_LOGIN, 5), KITH_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(listing, setup, teardown),
                                       cmocka_unit_test_setup_teardown(registering, setup, teardown),
                                       cmocka_unit_test_setup_teardown(by_commands, setup, teardown),
                                       cmocka_unit_test_setup_teardown(leaving, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
