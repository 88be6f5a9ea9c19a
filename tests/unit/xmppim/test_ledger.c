/* unit/xmppim/test_ledger.c - what may have left before is looked for in the archive, and never sent twice */
#include "archive.h"

static void unacknowledged_is_not_sent_again(void **state)
{
    struct x *x = *state;
    fake_start(x);
    assert_int_equal(send_one(x, "id1", 0), KITH_OK);
    expect_sent(x, "id=\"id1\"");
    assert_int_equal(send_one(x, "id1", KITH_SEND_RETRY), KITH_OK);
    assert_int_equal(send_one(x, "id1", 0), KITH_OK);
    expect_nothing_sent(x);
}

static void held_while_catching_up(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    assert_int_equal(send_one(x, "id1", KITH_SEND_RETRY), KITH_OK);
    assert_int_equal(send_one(x, "id2", KITH_SEND_RETRY), KITH_OK);
    assert_int_equal(send_one(x, "id3", 0), KITH_OK);
    assert_int_equal(send_one(x, "id2", KITH_SEND_RETRY), KITH_OK); /* given twice */
    expect_nothing_sent(x);
    result(x, fake_queryid(x), "a11", ME "/dead", "juliet@capulet.lit", "id1", "id1");
    expect_event(x, "MESSAGE", "+OUT", "origin=id1;");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a11", "a11");
    expect_event(x, "SYNC_END what=5;"); /* the archive was read to its end */
    expect_event(x, "RECEIPT chat=juliet@capulet.lit;", "id=id1;", "delivery=2;", "archive=a11;");
    expect_sent(x, "urn:xmpp:time", "to=\"" DOMAIN "\"");
    tell_time(x);
    /* id2 was not after a10; it may lie before: the chat is looked through from the time of writing
     */
    expect_sent(x, "<value>juliet@capulet.lit</value>", "var=\"start\"", "2025-06-12T15:06:35");
    expect_nothing_sent(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a5");
    expect_sent(x, "id=\"id2\"", "<origin-id");
    expect_sent(x, "id=\"id3\"");
    expect_nothing_sent(x);
    *state = x;
}

static void found_by_the_look_into_the_chat(void **state)
{
    struct x *x = *state;
    fake_start(x);
    assert_int_equal(send_one(x, "id1", KITH_SEND_RETRY), KITH_OK);
    assert_int_equal(send_one(x, "id2", 0), KITH_OK); /* behind it, in order */
    expect_sent(x, "urn:xmpp:time");
    tell_time(x);
    expect_sent(x, "urn:xmpp:mam:2");
    result(x, fake_queryid(x), "a3", "juliet@capulet.lit/b", ME, "id1", "forged with our id");
    fake_result(x, "urn:xmpp:mam:2", FIN_MORE, "a3", "a3");
    expect_sent(x, "<after>a3</after>");
    result(x, fake_queryid(x), "a4", ME "/dead", "juliet@capulet.lit", "id1", "id1");
    expect_nothing_sent(x);
    expect_no_event(x); /* only looked at */
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a4", "a4");
    expect_event(x, "RECEIPT", "id=id1;", "delivery=2;", "archive=a4;");
    expect_sent(x, "id=\"id2\"");
    expect_nothing_sent(x);
}

/* What is found there says whether it left encrypted: nothing else knows it in this session. */
static void found_as_it_left(void **state)
{
    struct x *x = *state;
    fake_start(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    send_one(x, "id2", KITH_SEND_RETRY);
    tell_time(x);
    char *q = xstrdup(fake_queryid(x));
    fake_feed(x, "<message to='" ME_FULL "'><result xmlns='urn:xmpp:mam:2' queryid='%s' id='a3'><forwarded xmlns='urn:xmpp:forward:0'>"
                 "<message xmlns='jabber:client' from='" ME "/dead' to='juliet@capulet.lit' type='chat' id='id1'>"
                 "<encrypted xmlns='urn:xmpp:omemo:2'/><origin-id xmlns='urn:xmpp:sid:0' id='id1'/></message></forwarded></result>"
                 "</message>", q);
    result(x, q, "a4", ME "/dead", "juliet@capulet.lit", "id2", "in the clear");
    free(q);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a4", "a4");
    expect_event(x, "RECEIPT", "id=id1;", "delivery=2;", "archive=a3;", "enc=2;");
    expect_event(x, "RECEIPT", "id=id2;", "delivery=2;", "archive=a4;", "!enc=");
}

static void ours_by_id_only_from_us(void **state)
{
    struct x *x = *state;
    fake_start(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    tell_time(x);
    result(x, fake_queryid(x), "a3", "juliet@capulet.lit/b", ME, "id1", "forged with our id");
    fake_forget(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a3", "a3");
    expect_no_event(x);
    expect_sent(x, "id=\"id1\""); /* the peer cannot make us believe that it was stored */
}

static void one_look_serves_a_chat_for_the_session(void **state)
{
    struct x *x = *state;
    fake_start(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    tell_time(x);
    result(x, fake_queryid(x), "a4", ME "/dead", "juliet@capulet.lit", "id2", "id2");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a4", "a4");
    fake_forget(x);
    send_one(x, "id2", KITH_SEND_RETRY);
    expect_event(x, "RECEIPT", "id=id2;", "delivery=2;");
    send_one(x, "id3", KITH_SEND_RETRY);
    expect_sent(x, "id=\"id3\"", "!urn:xmpp:mam");
    struct kith_send older = {.size = sizeof older,
                              .chat = "juliet@capulet.lit",
                              .body = "o",
                              .id = "id4",
                              .flags = KITH_SEND_RETRY,
                              .written_ms = 1740000000000};
    im_send(x, &older);
    expect_sent(x, "urn:xmpp:mam:2"); /* written before what was looked through */
    fake_drop(x, true);
    bind_until_archive(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_EMPTY);
    fake_forget(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    expect_sent(x, "urn:xmpp:time");
    tell_time(x);
    expect_sent(x, "urn:xmpp:mam:2"); /* a new session knows nothing of the one before */
}

/* The archive is stamped by the server's clock, which is not ours. */
static void clocks_that_differ(void **state)
{
    struct x *x = *state;
    fake_start(x);
    fake_time(x, 1750000000000 + 20ll * 24 * 3600 * 1000); /* ours is 20 days ahead */
    struct kith_send m = {.size = sizeof m,
                          .chat = "juliet@capulet.lit",
                          .body = "o",
                          .id = "id4",
                          .flags = KITH_SEND_RETRY,
                          .written_ms = 1750000000000 + 20ll * 24 * 3600 * 1000 - 5000};
    im_send(x, &m);
    expect_sent(x, "urn:xmpp:time");
    tell_time(x);
    expect_sent(x, "urn:xmpp:mam:2", "2025-06-12T15:06:35");
    /* it was set right since the message was written */
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a1");
    fake_drop(x, true);
    fake_time(x, 1750000000000);
    bind_until_archive(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_EMPTY);
    im_send(x, &m);
    tell_time(x);
    fake_forget(x);
    assert_true(fake_asking(x, "2025-06-12T15:06:40"));
}

static void silent_archive(void **state)
{
    struct x *x = *state;
    fake_start(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    send_one(x, "id2", 0);
    tell_time(x);
    for (int i = 0; i < 3; i++)
        fake_timeout(x, "urn:xmpp:mam:2");
    expect_event(x, "RECEIPT", "id=id1;", "delivery=5;", "may have been sent");
    fake_forget(x);
    assert_false(ledger_has(x, "id2"));
    /* an archive that refuses cannot have it */
    send_one(x, "id3", KITH_SEND_RETRY);
    fake_forget(x);
    fake_error(x, "urn:xmpp:mam:2", "forbidden");
    expect_sent(x, "id=\"id3\"");
}

static void lost_while_looking(void **state)
{
    struct x *x = *state;
    fake_start(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    send_one(x, "id2", 0);
    fake_drop(x, true);
    fake_forget(x);
    bind_until_archive(x);
    expect_nothing_sent(x); /* the engine gives them again, in its order */
    assert_false(ledger_has(x, "id1"));
    send_one(x, "id1", KITH_SEND_RETRY);
    send_one(x, "id2", KITH_SEND_RETRY);
    fake_result(x, "urn:xmpp:mam:2", FIN_EMPTY);
    tell_time(x);
    fake_forget(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a1");
    expect_sent(x, "id=\"id1\"");
    expect_sent(x, "id=\"id2\"");
    expect_nothing_sent(x);
}

/* A new session in place of a resumable one, while the archive is being looked through. */
static void look_of_a_session_that_was_replaced(void **state)
{
    struct x *x = *state;
    fake_start(x);
    send_one(x, "id1", KITH_SEND_RETRY);
    tell_time(x);
    assert_true(fake_asking(x, "<value>juliet@capulet.lit</value>"));
    fake_drop(x, false); /* it may be resumed: questions stay open */
    fake_forget(x);
    bind_until_archive(x); /* it was not */
    assert_false(x_unacked(x, "id1"));
    send_one(x, "id1", KITH_SEND_RETRY);
    fake_result(x, "<before", FIN_EMPTY);
    tell_time(x);
    fake_timeout(x, "<value>juliet@capulet.lit</value>"); /* the old one */
    fake_forget(x);
    fake_result(x, "<value>juliet@capulet.lit</value>", FIN_END, "a1", "a1");
    expect_sent(x, "id=\"id1\"");
}

/* The ledger alone is told, too, in whatever order the features hear of the session. */
static int ends, last_err;
static void on_end(struct x *x, int err, void *user)
{
    ends++;
    last_err = err;
}

static void look_is_always_answered(void **state)
{
    struct x *x = *state;
    fake_start(x);
    ends = 0;
    mam_check(x, "juliet@capulet.lit", 1, on_end, NULL);
    fake_drop(x, false);
    assert_int_equal(ends, 0);
    fake_bind(x, false);
    assert_int_equal(ends, 1);
    assert_int_equal(last_err, KITH_ECANCELED);
    while (fake_asking(x, ""))
        fake_timeout(x, "");
    assert_int_equal(ends, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(unacknowledged_is_not_sent_again),
                                       T(held_while_catching_up),
                                       T(found_by_the_look_into_the_chat),
                                       T(found_as_it_left),
                                       T(ours_by_id_only_from_us),
                                       T(one_look_serves_a_chat_for_the_session),
                                       T(clocks_that_differ),
                                       T(silent_archive),
                                       T(lost_while_looking),
                                       T(look_of_a_session_that_was_replaced),
                                       T(look_is_always_answered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
