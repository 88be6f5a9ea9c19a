/* unit/xmppim/test_rosterx.c - suggestions for the list of contacts: of whom they are taken, and what becomes of them */
#include "fake_x.h"

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

#define X "<x xmlns='http://jabber.org/protocol/rosterx'>"
#define VISITORS X "<item action='add' jid='abraham@denmark.lit' name='Abraham'><group>Visitors</group></item>" \
    "<item jid='gregory@denmark.lit' name='Gregory'><group>Visitors</group></item></x>"

/* §3.1 */
static void adding(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<message from='juliet@capulet.lit/balcony'><body>Some visitors!</body>" VISITORS "</message>");
    expect_event(x, "ASK", "title=juliet@capulet.lit wants to put 2 into your list of contacts;", "text=Some visitors!;");
    expect_event(x, "MESSAGE", "body=Some visitors!;");
    expect_no_event(x);
    expect_nothing_sent(x);
    fake_answer_with(x, fake_last_ask(x), "ok", "people", "gregory@denmark.lit", NULL); /* one was ticked off */
    expect_sent(x, "jabber:iq:roster", "jid=\"gregory@denmark.lit\"", "name=\"Gregory\"", "<group>Visitors</group>");
    expect_sent(x, "<presence", "to=\"gregory@denmark.lit\"", "type=\"subscribe\"");
    expect_nothing_sent(x);
    fake_feed(x, "<iq type='set' id='r1' from='irc.lit'>" VISITORS "</iq>"); /* from a gateway of ours, as a question of it */
    expect_sent(x, "type=\"result\"", "id=\"r1\"");
    expect_event(x, "ASK", "title=irc.lit wants to put 2");
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_nothing_sent(x);
    fake_feed(x, "<iq type='set' id='r2' from='" DOMAIN "'>" VISITORS "</iq>");
    expect_event(x, "ASK", "title=" DOMAIN " wants to put 2");
    fake_answer(x, fake_last_ask(x), "cancel");
    fake_forget(x);
    fake_feed(x, "<iq type='set' id='r3' from='irc.lit'>" X "<item jid='juliet@capulet.lit'/><item jid='" ME "'/></x></iq>");
    expect_sent(x, "type=\"result\""); /* who is there already is no question */
    expect_no_event(x);
}

/* §3.2, §3.3: only of those who are there, by the server and gateways */
static void changing(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<iq type='set' id='p'><query xmlns='jabber:iq:roster'><item jid='111@irc.lit' subscription='both'/></query></iq>");
    fake_forget(x);
    fake_feed(x, "<message from='irc.lit'>" X "<item action='delete' jid='111@irc.lit'/><item action='delete' jid='juliet@capulet.lit'/>"
              "<item action='delete' jid='222@irc.lit'/></x></message>");
    expect_event(x, "ASK", "title=irc.lit wants to take 1 out of your list of contacts;"); /* of its own, that is there */
    fake_answer_with(x, fake_last_ask(x), "ok", "people", "111@irc.lit", NULL);
    expect_sent(x, "jid=\"111@irc.lit\"", "subscription=\"remove\"");
    fake_feed(x, "<message from='" DOMAIN "'>" X "<item action='modify' jid='juliet@capulet.lit' name='J'><group>Family</group></item></x></message>");
    expect_event(x, "ASK", "title=" DOMAIN " wants to change 1 of your contacts;");
    fake_answer_with(x, fake_last_ask(x), "ok", "people", "juliet@capulet.lit", NULL);
    expect_sent(x, "jid=\"juliet@capulet.lit\"", "name=\"J\"", "<group>Family</group>");
    fake_feed(x, "<message from='juliet@capulet.lit'>" X "<item action='delete' jid='nurse@capulet.lit'/></x></message>");
    expect_no_event(x); /* a person takes nobody away */
    expect_nothing_sent(x);
}

/* Strangers, too much, the same again, another run of it, forged answers */
static void hostile(void **state)
{
    struct x *x = *state;
    struct buf many = {0};
    fake_feed(x, "<message from='iago@venice.lit'>" VISITORS "</message>");
    fake_feed(x, "<message from='wa.lit'>" VISITORS "</message>");
    expect_no_event(x);
    fake_feed(x, "<iq type='set' id='r1' from='iago@venice.lit/x'>" VISITORS "</iq>");
    expect_sent(x, "type=\"error\"", "not-allowed");
    fake_feed(x, "<message from='iago@venice.lit'><body>look</body>" VISITORS "</message>"); /* what is written is read as any message */
    expect_event(x, "MESSAGE", "body=look;");
    expect_no_event(x);
    buf_adds(&many, "<iq type='set' id='r2' from='irc.lit'>" X);
    for (int i = 0; i < 201; i++)
        buf_addf(&many, "<item jid='p%d@irc.lit'/>", i);
    buf_adds(&many, "</x></iq>");
    fake_feed_text(x, buf_str(&many));
    expect_event(x, "NOTICE", "201 people");
    expect_sent(x, "type=\"error\"");
    buf_free(&many);
    fake_feed(x, "<iq type='set' id='r3' from='irc.lit'>" VISITORS "</iq>");
    fake_forget(x);
    fake_feed(x, "<iq type='set' id='r4' from='irc.lit'>" VISITORS "</iq>"); /* one question at a time of each */
    expect_sent(x, "type=\"error\"");
    expect_no_event(x);
    fake_answer_with(x, fake_last_ask(x), "ok", "people", "iago@venice.lit", NULL); /* who was not suggested is not added */
    expect_nothing_sent(x);
    fake_feed(x, "<iq type='set' id='r5' from='irc.lit'>" VISITORS "</iq>");
    expect_event(x, "ASK");
    fake_drop(x, true);
    assert_int_equal(fake_asks(x), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(adding, setup, teardown),
                                       cmocka_unit_test_setup_teardown(changing, setup, teardown),
                                       cmocka_unit_test_setup_teardown(hostile, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
