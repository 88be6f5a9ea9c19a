/* unit/xmppim/test_call.c - calls ring, are declined, and end elsewhere: the examples of XEP-0353, and forged ones */
#include <stdlib.h>

#include "fake_x.h"

#define CALL "ca3cf894-5325-482f-a412-a6e9f832298d"
#define ABOUT(name, inner) "<" name " xmlns='urn:xmpp:jingle-message:0' id='" CALL "'>" inner "</" name "><store xmlns='urn:xmpp:hints'/>"
#define PROPOSE ABOUT("propose", "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/>")
#define VIDEO ABOUT("propose", "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/>" \
                               "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='video'/>")

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

static void says(struct x *x, const char *from, const char *what)
{
    fake_feed(x, "<message type='chat' from='%s' to='" ME "'>%s</message>", from, what);
}

/* What another device of ours sent. */
static void copied(struct x *x, const char *to, const char *what)
{
    fake_feed(x,
              "<message from='" ME "' to='" ME_FULL "'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
              "<message xmlns='jabber:client' type='chat' from='" ME "/phone' to='%s'>%s</message></forwarded></sent></message>",
              to, what);
}

static void rings(void **state)
{
    struct x *x = *state;
    says(x, "juliet@capulet.lit/balcony", PROPOSE);
    expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", "body=calls (voice call).;", "+ACTION", "+MENTION", "!OUT");
    expect_sent(x, "to=\"juliet@capulet.lit/balcony\"", "<ringing", "id=\"" CALL "\"", "type=\"chat\"", "<store");
    expect_event(x, "ASK", "subject=juliet@capulet.lit;", "title=juliet@capulet.lit calls;", "voice call", "choice=ring;",
                 "choice=decline;");
    expect_no_event(x);
    says(x, "juliet@capulet.lit/balcony", PROPOSE); /* once more: no second question */
    assert_int_equal(fake_asks(x), 1);
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "decline");
    expect_sent(x, "to=\"juliet@capulet.lit/balcony\"", "<reject", "id=\"" CALL "\"", "<busy", "<store", "origin-id");
    expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", "body=declined the call.;", "+OUT", "+ACTION");
    expect_no_event(x);
}

static void left_ringing(void **state)
{
    struct x *x = *state;
    says(x, "juliet@capulet.lit/balcony", VIDEO);
    assert_true(fake_take_event(x, "video call"));
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "ring");
    expect_nothing_sent(x);
    says(x, "juliet@capulet.lit/balcony", ABOUT("retract", "<reason xmlns='urn:xmpp:jingle:1'><cancel/></reason>"));
    expect_event(x, "MESSAGE", "a missed call", "!MENTION");
    expect_no_event(x);
}

static void hangs_up(void **state)
{
    struct x *x = *state;
    says(x, "juliet@capulet.lit/balcony", PROPOSE);
    fake_forget(x);
    says(x, "nurse@capulet.lit/balcony", ABOUT("retract", "")); /* it is not hers */
    assert_int_equal(fake_asks(x), 1);
    assert_true(fake_take_event(x, "chat=nurse@capulet.lit;"));
    says(x, "juliet@capulet.lit/phone", ABOUT("retract", ""));
    expect_event(x, "MESSAGE", "hung up before anybody answered: a missed call.");
    expect_event(x, "ASK_GONE");
    assert_int_equal(fake_asks(x), 0);
}

static void taken_elsewhere(void **state)
{
    static const char *const how[][2] = {{ABOUT("proceed", ""), "took the call on another device."},
                                         {ABOUT("reject", ""), "declined the call."}};
    struct x *x = *state;
    for (size_t i = 0; i < COUNT(how); i++) {
        says(x, "juliet@capulet.lit/balcony", PROPOSE);
        fake_forget(x);
        copied(x, "juliet@capulet.lit/balcony", how[i][0]);
        expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", how[i][1], "+OUT", "+ACTION");
        expect_event(x, "ASK_GONE");
        expect_nothing_sent(x);
    }
    copied(x, "juliet@capulet.lit", PROPOSE); /* we call from there */
    expect_event(x, "MESSAGE", "calls from another device (voice call).", "+OUT", "!MENTION");
    says(x, "juliet@capulet.lit/balcony", ABOUT("reject", ""));
    expect_event(x, "MESSAGE", "does not take the call.", "!OUT");
    expect_no_event(x);
    assert_int_equal(fake_asks(x), 0);
}

/* Nothing is said to strangers, and an old call rings no more. */
static void quiet(void **state)
{
    struct x *x = *state;
    says(x, "paris@verona.lit/x", PROPOSE);
    expect_event(x, "MESSAGE", "calls (voice call)", "+STRANGER", "!MENTION");
    expect_nothing_sent(x);
    expect_no_event(x);
    says(x, "tybalt@capulet.lit/x", ABOUT("propose", "")); /* kept, but does not see us */
    assert_true(fake_take_event(x, "ASK"));
    expect_nothing_sent(x);
    fake_forget(x);
    says(x, "juliet@capulet.lit/balcony",
         "<propose xmlns='urn:xmpp:jingle-message:0' id='old'/><delay xmlns='urn:xmpp:delay' from='" DOMAIN "' stamp='2020-01-01T00:00:00Z'/>");
    expect_event(x, "MESSAGE", "!MENTION");
    expect_no_event(x);
    expect_nothing_sent(x);
    fake_feed(x, "<message type='headline' from='juliet@capulet.lit/balcony'>" PROPOSE "</message>");
    fake_feed(x, "<message type='error' from='juliet@capulet.lit/balcony'>" PROPOSE "</message>");
    says(x, "juliet@capulet.lit/balcony", "<propose xmlns='urn:xmpp:jingle-message:0'/>");
    says(x, "juliet@capulet.lit/balcony", "<ringing xmlns='urn:xmpp:jingle-message:0' id='x'/>");
    expect_no_event(x);
    expect_nothing_sent(x);
}

static void many(void **state)
{
    struct x *x = *state;
    for (int i = 0; i < 50; i++)
        fake_feed(x, "<message type='chat' from='juliet@capulet.lit/x'><propose xmlns='urn:xmpp:jingle-message:0' id='c%d'/></message>", i);
    assert_int_equal(fake_asks(x), 8);
    fake_timers(x); /* nobody rings for ever */
    assert_int_equal(fake_asks(x), 0);
    says(x, "juliet@capulet.lit/balcony", PROPOSE);
    assert_int_equal(fake_asks(x), 1);
    fake_bind(x, false); /* a new session */
    assert_int_equal(fake_asks(x), 0);
}

#define SESSION(from, sid)                                                                                              \
    "<iq type='set' id='s1' from='" from "'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='" sid      \
    "'><content creator='initiator' name='voice'><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/>"       \
    "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'/></content></jingle></iq>"

static void without_ringing(void **state)
{
    struct x *x = *state;
    fake_feed(x, "%s", SESSION("juliet@capulet.lit/balcony", "a1"));
    expect_sent(x, "type=\"result\"", "id=\"s1\"");
    expect_sent(x, "session-terminate", "sid=\"a1\"", "<decline");
    expect_event(x, "MESSAGE", "calls (voice call): it was declined", "+MENTION");
    fake_feed(x, "%s", SESSION("juliet@capulet.lit/balcony", "a2")); /* at once again: no second line */
    assert_true(fake_take_sent(x, "<decline"));
    expect_no_event(x);
    fake_feed(x, "%s", SESSION("paris@verona.lit/x", "a3"));
    expect_sent(x, "type=\"error\"", "service-unavailable");
    expect_nothing_sent(x);
    expect_event(x, "MESSAGE", "chat=paris@verona.lit;", "calls, but does not see", "+STRANGER");
}

static void from_archive(struct x *x, const char *from, const char *what)
{
    char *text = xasprintf("<message xmlns='jabber:client' type='chat' from='%s' to='" ME "'>%s</message>", from, what);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(x), text);
    assert_non_null(st);
    message_take(x, st, &(struct im_from){.source = IM_ARCHIVE, .archive_id = "arch1", .flags = KITH_MSG_HISTORY});
    xmpp_stanza_release(st);
    free(text);
}

/* From the archive it is history: lines, but no question and no word to anybody. */
static void archived(void **state)
{
    struct x *x = *state;
    from_archive(x, "juliet@capulet.lit/balcony", PROPOSE);
    expect_event(x, "MESSAGE", "calls (voice call).", "+HISTORY", "archive=arch1;", "!MENTION");
    from_archive(x, "juliet@capulet.lit/balcony", ABOUT("retract", ""));
    expect_event(x, "MESSAGE", "a missed call", "+HISTORY");
    from_archive(x, "juliet@capulet.lit/balcony", ABOUT("finish", ""));
    expect_event(x, "MESSAGE", "left the call.");
    from_archive(x, ME "/phone", ABOUT("finish", "")); /* one of two: both sides say it */
    expect_no_event(x);
    expect_nothing_sent(x);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(rings), T(left_ringing), T(hangs_up), T(taken_elsewhere), T(quiet), T(many),
                                       T(without_ringing), T(archived)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
