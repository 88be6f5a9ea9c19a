/* unit/xmppim/test_adhoc.c - commands of others: the examples of XEP-0050, and answers that must not be believed */
#include "fake_x.h"

#include <stdlib.h>

#include "backends/xmpp/adhoc.h"

static int setup(void **state)
{
    struct x *x = fake_open();
    fake_start(x);
    *state = x;
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

#define COMMAND "<command xmlns='http://jabber.org/protocol/commands' sessionid='config:1' node='config' "

static void listing(void **state)
{
    struct x *x = *state;
    assert_int_equal(adhoc_list(x, "responder@domain", 7), KITH_OK);
    expect_sent(x, "to=\"responder@domain\"", "node=\"http://jabber.org/protocol/commands\"", "disco#items");
    fake_result(x, "disco#items",
                "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'>"
                "<item jid='responder@domain' node='list' name='List Service Configurations'/>"
                "<item jid='other@domain' node='config'/><item jid='responder@domain' name='no node'/><item node='x'/>"
                "<item jid='responder@domain' node='a&#x202E;b'/></query>");
    expect_event(x, "ITEM", "req=7;", "address=responder@domain?command;node=list;", "name=List Service Configurations;");
    expect_event(x, "ITEM", "address=other@domain?command;node=config;", "name=config;");
    expect_event(x, "REPLY", "req=7;", "!err");
    expect_no_event(x);
    adhoc_list(x, "gw.domain", 8);
    fake_error(x, "disco#items", "registration-required");
    expect_event(x, "REPLY", "req=8;", "Register with it first");
    assert_int_equal(adhoc_list(x, "@", 9), KITH_EINVAL);
}

/* XEP-0050, examples 8 to 13 */
static void stages(void **state)
{
    struct x *x = *state;
    assert_int_equal(adhoc_start(x, "responder@domain?command;node=config", NULL, 3), KITH_OK);
    expect_sent(x, "type=\"set\"", "to=\"responder@domain\"", "node=\"config\"", "action=\"execute\"", "!sessionid");
    fake_result(x, "config", COMMAND "status='executing'><actions execute='next'><next/></actions><x xmlns='jabber:x:data' type='form'>"
                "<title>Configure Service</title><instructions>Please select the service to configure.</instructions>"
                "<field var='service' label='Service' type='list-single'><option><value>httpd</value></option>"
                "<option><value>jabberd</value></option></field></x></command>");
    expect_event(x, "ASK", "title=Configure Service - responder@domain;", "text=Please select the service");
    expect_event(x, "REPLY", "req=3;");
    fake_answer(x, fake_last_ask(x), "next");
    expect_sent(x, "sessionid=\"config:1\"", "action=\"next\"", "type=\"submit\"", "var=\"service\"");
    fake_result(x, "config:1", COMMAND "status='executing'><actions execute='complete'><prev/><complete/></actions>"
                "<note type='warn'>Mind the gap.</note><x xmlns='jabber:x:data' type='form'><field var='state' type='boolean'/></x></command>");
    expect_event(x, "ASK", "text=Warning: Mind the gap.");
    fake_answer(x, fake_last_ask(x), "prev");
    expect_sent(x, "action=\"prev\"", "!submit");
    fake_result(x, "config:1", COMMAND "status='executing'><x xmlns='jabber:x:data' type='form'><field var='state' type='boolean'/></x></command>");
    expect_event(x, "ASK");
    fake_answer(x, fake_last_ask(x), "execute");
    expect_sent(x, "!action", "submit");
    fake_result(x, "config:1", COMMAND "status='completed'><note type='info'>Service 'httpd' has been configured.</note></command>");
    expect_event(x, "ASK", "title=config - responder@domain;", "text=Service 'httpd' has been configured.;", "choice=ok;");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ok");
    expect_nothing_sent(x);
    expect_no_event(x);
    assert_int_equal(fake_asks(x), 0);
}

/* XEP-0050, examples 2 and 15, and an error */
static void ends(void **state)
{
    struct x *x = *state;
    adhoc_start(x, "responder@domain?command;node=a%20list", NULL, 4); /* not a URI: as it stands */
    expect_sent(x, "node=\"a%20list\"");
    fake_error(x, "commands", "item-not-found");
    expect_event(x, "REPLY", "req=4;", "err=-10");
    adhoc_start(x, "xmpp:responder@domain?command;node=a%20list;action=execute", NULL, 4);
    expect_sent(x, "node=\"a list\"");
    fake_result(x, "a list", COMMAND "status='completed'><x xmlns='jabber:x:data' type='result'><title>Available Services</title>"
                "<reported><field var='service' label='Service'/></reported><item><field var='service'><value>httpd</value></field></item>"
                "</x></command>");
    expect_event(x, "ASK", "title=Available Services");
    expect_event(x, "REPLY", "req=4;", "!err");
    fake_answer(x, fake_last_ask(x), "ok");
    expect_nothing_sent(x);
    adhoc_start(x, "responder@domain", "config", 5);
    expect_sent(x, "execute");
    fake_result(x, "config", COMMAND "status='executing'/>");
    expect_event(x, "ASK");
    expect_event(x, "REPLY");
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_sent(x, "action=\"cancel\"", "sessionid=\"config:1\"");
    fake_result(x, "config:1", COMMAND "status='canceled'/>");
    expect_no_event(x);
    adhoc_start(x, "responder@domain", "config", 6);
    fake_forget(x);
    fake_result(x, "config", COMMAND "status='completed'><note type='error'>No.</note></command>");
    expect_event(x, "REPLY", "req=6;", "err=", "text=Error: No.;");
    adhoc_start(x, "responder@domain", "config", 6);
    fake_timeout(x, "config");
    expect_event(x, "REPLY", "req=6;", "err=");
}

/* What a command says at its end is shown, however it says it, and under the name that the user chose. */
static void said(void **state)
{
    struct x *x = *state;
    adhoc_list(x, "responder@domain", 7);
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='responder@domain' node='uptime' "
                "name='Get uptime'/></query>");
    fake_forget(x);
    adhoc_start(x, "responder@domain?command;node=uptime", NULL, 1);
    fake_result(x, "uptime", COMMAND "status='completed'><note type='info'>Up for 3 days.</note><note type='warn'>Nearly full.</note></command>");
    expect_event(x, "ASK", "title=Get uptime - responder@domain;", "text=Up for 3 days.\nWarning: Nearly full.;");
    expect_event(x, "REPLY", "req=1;", "!err");
    fake_answer(x, fake_last_ask(x), "ok");
    adhoc_start(x, "responder@domain?command;node=uptime", NULL, 2);
    fake_result(x, "uptime", COMMAND "status='completed'><x xmlns='jabber:x:data' type='result'><instructions>All is well.</instructions></x></command>");
    expect_event(x, "ASK", "text=All is well.;");
    fake_answer(x, fake_last_ask(x), "ok");
    fake_forget(x);
    adhoc_start(x, "responder@domain?command;node=uptime", NULL, 3); /* nothing to say is said in the line */
    fake_result(x, "uptime", COMMAND "status='completed'/>");
    expect_event(x, "REPLY", "req=3;", "text=Done.;");
    expect_no_event(x);
    assert_int_equal(fake_asks(x), 0);
}

static void hostile(void **state)
{
    struct x *x = *state;
    adhoc_start(x, "responder@domain", "config", 1);
    fake_result(x, "config", COMMAND "status='executing'><x xmlns='jabber:x:data' type='form'/></command>");
    fake_answer(x, fake_last_ask(x), "execute");
    fake_forget(x);
    fake_result(x, "config:1", "<command xmlns='http://jabber.org/protocol/commands' sessionid='other' status='executing'/>");
    expect_event(x, "NOTICE", "another run");
    expect_no_event(x);
    adhoc_start(x, "responder@domain", "config", 2); /* a form that is none: the other side may forget it */
    fake_forget(x);
    fake_result(x, "config", COMMAND "status='executing'><x xmlns='jabber:x:data' type='bad'/></command>");
    expect_event(x, "REPLY", "req=2;", "err=");
    expect_sent(x, "action=\"cancel\"");
    fake_timeout(x, "cancel");
    for (int i = 0; i < 16; i++)
        assert_int_equal(adhoc_start(x, "responder@domain", "n", 3), KITH_OK);
    assert_int_equal(adhoc_start(x, "responder@domain", "n", 3), KITH_EBUSY);
    fake_result(x, "commands", COMMAND "status='executing'><x xmlns='jabber:x:data' type='form'/></command>");
    assert_int_equal(fake_asks(x), 1);
    fake_drop(x, true); /* questions and answers end with the session */
    assert_int_equal(fake_asks(x), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(listing, setup, teardown),
                                       cmocka_unit_test_setup_teardown(stages, setup, teardown),
                                       cmocka_unit_test_setup_teardown(ends, setup, teardown), cmocka_unit_test_setup_teardown(said, setup, teardown),
                                       cmocka_unit_test_setup_teardown(hostile, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
