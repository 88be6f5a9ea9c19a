/* unit/xmppim/test_ping.c - /ping: devices, servers, people in rooms; and what does not answer (XEP-0199) */
#include "room.h"

#define BALCONY "juliet@capulet.lit/balcony"

static void friends(struct x *x)
{
    fake_friends(x);
    fake_forget(x);
}

static void of_the_server(void **state)
{
    struct x *x = *state;
    assert_int_equal(ping_ask(x, NULL, NULL, 3), KITH_OK);
    expect_sent(x, "to=\"montague.lit\"", "type=\"get\"", "<ping xmlns=\"urn:xmpp:ping\"/>");
    expect_event(x, "REPLY", "req=3;");
    fake_time(x, x_host(x)->wall_ms() + 1042);
    fake_result(x, "<ping", " ");
    expect_event(x, "NOTICE", "montague.lit answered in 1.042 s.");
    ping_ask(x, NULL, "example.org", 4);
    expect_sent(x, "to=\"example.org\"", "<ping");
    expect_event(x, "REPLY", "req=4;");
    fake_error(x, "<ping", "remote-server-not-found");
    expect_event(x, "NOTICE", "example.org cannot be reached: ");
    ping_ask(x, NULL, "example.net", 5);
    expect_event(x, "REPLY", "req=5;");
    fake_error(x, "to=\"example.net\"", "service-unavailable"); /* it is there, and knows no pings */
    expect_event(x, "NOTICE", "example.net answered in ");
    ping_ask(x, NULL, "example.com", 6);
    expect_event(x, "REPLY", "req=6;");
    fake_timeout(x, "to=\"example.com\"");
    expect_event(x, "NOTICE", "example.com did not answer.");
    expect_no_event(x);
}

/* Each device of theirs; never the bare address, which their server answers whether they are there or not. */
static void of_a_person(void **state)
{
    struct x *x = *state;
    friends(x);
    ping_ask(x, "juliet@capulet.lit", NULL, 3);
    expect_event(x, "REPLY", "req=3;", "No device of theirs can be seen");
    expect_nothing_sent(x);
    fake_feed(x, "<presence from='" BALCONY "' to='" ME_FULL "'/>");
    fake_feed(x, "<presence from='juliet@capulet.lit/chamber' to='" ME_FULL "'/>");
    fake_forget(x);
    ping_ask(x, "juliet@capulet.lit", NULL, 4);
    expect_event(x, "REPLY", "req=4;", "!No device");
    fake_result(x, "to=\"" BALCONY "\"", " ");
    expect_event(x, "NOTICE", "chat=juliet@capulet.lit;", BALCONY " answered in 0.000 s.");
    fake_result(x, "to=\"juliet@capulet.lit/chamber\"", " ");
    expect_event(x, "NOTICE", "/chamber answered in");
    fake_forget(x);
    ping_ask(x, NULL, BALCONY, 5);
    expect_event(x, "REPLY", "req=5;");
    expect_sent(x, "to=\"" BALCONY "\"", "<ping");
    fake_error(x, "<ping", "recipient-unavailable");
    expect_event(x, "NOTICE", BALCONY " cannot be reached: ");
    ping_ask(x, NULL, BALCONY, 7);
    expect_event(x, "REPLY", "req=7;");
    fake_error(x, "<ping", "service-unavailable"); /* it is there, and knows no pings */
    expect_event(x, "NOTICE", BALCONY " answered in");
    ping_ask(x, NULL, "juliet@capulet.lit/tomb", 8);
    expect_event(x, "REPLY", "req=8;");
    fake_error(x, "<ping", "service-unavailable"); /* says the server of who is not */
    expect_event(x, "NOTICE", "juliet@capulet.lit/tomb cannot be reached: ");
    fake_forget(x);
    ping_ask(x, NULL, "@", 6);
    expect_event(x, "REPLY", "req=6;", "Whom?");
    expect_nothing_sent(x);
}

static void in_a_room(void **state)
{
    struct x *x = *state;
    joined(x, ALL_FEATURES);
    fake_forget(x);
    ping_ask(x, COVEN, "firstwitch", 3);
    expect_sent(x, "to=\"" COVEN "/firstwitch\"", "<ping");
    expect_event(x, "REPLY", "req=3;");
    ping_ask(x, COVEN, NULL, 4);
    expect_sent(x, "to=\"montague.lit\"", "<ping");
    expect_event(x, "REPLY", "req=4;");
    fake_drop(x, true); /* the questions end with the session, each once */
    expect_event(x, "NOTICE", "did not answer");
    fake_forget(x);
    assert_int_equal(ping_ask(x, NULL, NULL, 5), KITH_EOFFLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_the_server, setup, teardown), cmocka_unit_test_setup_teardown(of_a_person, setup, teardown),
        cmocka_unit_test_setup_teardown(in_a_room, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
