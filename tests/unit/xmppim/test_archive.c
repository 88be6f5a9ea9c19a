/* unit/xmppim/test_archive.c - catching up and scrolling back */
#include "archive.h"

/* What others wrote before the first login: looked through backwards, then read forwards. */
static void first_time_whole_archive(void **state)
{
    struct x *x = *state;
    bind_until_archive(x);
    assert_true(fake_asking(x, "<before"));
    assert_int_equal(fake_synced(x), 0);
    result(x, fake_queryid(x), "a2", "juliet@capulet.lit/b", ME, "m2", "new");
    fake_result(x, "urn:xmpp:mam:2", FIN_MORE, "a2", "a2");
    assert_true(fake_asking(x, "<before>a2</before>"));
    result(x, fake_queryid(x), "a1", "juliet@capulet.lit/b", ME, "m1", "old");
    expect_no_event(x); /* the order would be wrong */
    fake_forget(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a1");
    assert_true(fake_asking(x, "urn:xmpp:mam:2"));
    assert_false(fake_asking(x, "<before"));
    assert_false(fake_asking(x, "<after"));
    fake_forget(x);
    result(x, fake_queryid(x), "a1", "juliet@capulet.lit/b", ME, "m1", "old");
    expect_event(x, "MESSAGE", "time=1749981600000;", "archive=a1;", "+DELAYED", "+HISTORY",
                 "!+OUT");
    expect_nothing_sent(x); /* no receipts for the past */
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a2");
    assert_int_equal(fake_synced(x), 1);
    assert_false(fake_asking(x, "urn:xmpp:mam:2"));
}

static void first_time_long_archive(void **state)
{
    struct x *x = *state;
    char first[16];
    bind_until_archive(x);
    for (int i = 0; i < 20; i++) {
        snprintf(first, sizeof first, "a%d", 1000 - i * 50);
        assert_true(fake_asking(x, "<before"));
        fake_result(x, "urn:xmpp:mam:2", FIN_MORE, first, "z");
    }
    assert_true(fake_asking(x, "<after>a50</after>"));
    assert_string_equal(fake_state(x, "mam_from"), "a50"); /* a crash begins there again */
    fake_error(x, "urn:xmpp:mam:2", "item-not-found");     /* it just expired: no second look */
    assert_false(fake_asking(x, "<before"));
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a60", "a1050");
    assert_int_equal(fake_synced(x), 1);
}

/* The very first session ends early: the next one is a first one again, whatever came live. */
static void first_time_cut_short(void **state)
{
    struct x *x = *state;
    bind_until_archive(x);
    assert_true(fake_asking(x, "<before"));
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>live</body><stanza-id "
                 "xmlns='urn:xmpp:sid:0' by='" ME "' id='a5'/></message>");
    fake_restart(&x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<before"));
    fake_timeout(x, "urn:xmpp:mam:2");
    expect_event(x, "NOTICE", "archive could not be read");
    assert_int_equal(fake_synced(x), 1);
    *state = x;
}

static void catch_up_by_id_and_pages(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a10</after>"));
    assert_string_equal(fake_state(x, "mam_from"), "a10");
    result(x, fake_queryid(x), "a11", "juliet@capulet.lit/b", ME, "m11", "one");
    expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", "+DELAYED +HISTORY");
    fake_result(x, "urn:xmpp:mam:2", FIN_MORE, "a11", "a11");
    assert_true(fake_asking(x, "<after>a11</after>"));
    fake_forget(x);
    result(x, fake_queryid(x), "a12", ME "/other", "juliet@capulet.lit", "o12", "two");
    expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", "+OUT", "origin=o12;", "archive=a12;");
    /* live meanwhile: newer than what is being read; must not become the beginning of the next
     * catch-up */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>live</body><stanza-id "
                 "xmlns='urn:xmpp:sid:0' by='" ME "' id='a99'/></message>");
    fake_drop(x, true);
    fake_forget(x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a11</after>"));
    result(x, fake_queryid(x), "a98", "juliet@capulet.lit/b", ME, "m98", "more");
    expect_event(x, "MESSAGE", "archive=a98;");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a98", "a98");
    assert_int_equal(fake_synced(x), 1);
    /* all done: the mark goes when the engine has everything */
    fake_committed(x);
    assert_null(fake_state(x, "mam_from"));
    /* from now on live ids move the beginning */
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>live</body><stanza-id "
                 "xmlns='urn:xmpp:sid:0' by='" ME "' id='a100'/></message>");
    fake_drop(x, true);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a100</after>"));
    *state = x;
}

/* The link is down so long that questions run out of time, and then the session is resumed. */
static void questions_lost_in_a_resumed_session(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    fake_drop(x, false);
    fake_timeout(x, "urn:xmpp:mam:2");
    assert_int_equal(fake_synced(x), 0);
    fake_bind(x, true);
    assert_true(fake_asking(x, "<after>a10</after>"));
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a12", "a98");
    assert_false(mam_busy(x));
    *state = x;
}

static void first_questions_lost_in_a_resumed_session(void **state)
{
    struct x *x = *state;
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_drop(x, false);
    while (fake_asking(x, ""))
        fake_timeout(x, "");
    fake_bind(x, true);
    assert_true(fake_asking(x, "jabber:iq:roster"));
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_result(x, "to=\"" ME "\"", DISCO "<feature var='urn:xmpp:mam:2'/></query>");
    assert_true(fake_asking(x, "urn:xmpp:mam:2"));
}

static void crash_during_catch_up(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    fake_option(x, "_resume", "a99"); /* a live message was stored before the end */
    fake_restart(&x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a10</after>"));
    *state = x;
}

static void mark_stays_until_committed(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    result(x, fake_queryid(x), "a11", "juliet@capulet.lit/b", ME, "m11", "one");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a11", "a11");
    assert_string_equal(fake_state(x, "mam_from"), "a10");
    feature_mam.committed(x, 1); /* something, but not the last of the catch-up */
    assert_string_equal(fake_state(x, "mam_from"), "a10");
    fake_committed(x);
    assert_null(fake_state(x, "mam_from"));
    *state = x;
}

static void forgotten_id_falls_back_to_time(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_option(x, "_resume_ms", "1749981660000");
    fake_restart(&x);
    bind_until_archive(x);
    fake_error(x, "urn:xmpp:mam:2", "item-not-found");
    assert_true(fake_asking(x, "2025-06-15T10:00:00"));
    assert_false(fake_asking(x, "<after>"));
    fake_result(x, "urn:xmpp:mam:2", "<fin xmlns='urn:xmpp:mam:2' complete='true'/>");
    assert_int_equal(fake_synced(x), 1);
    *state = x;
}

static void failed_catch_up_is_told_and_repeated(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    fake_timeout(x, "urn:xmpp:mam:2");
    expect_event(x, "NOTICE", "archive could not be read");
    assert_int_equal(fake_synced(x), 1);
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>live</body><stanza-id "
                 "xmlns='urn:xmpp:sid:0' by='" ME "' id='a99'/></message>");
    fake_drop(x, true);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a10</after>"));
    *state = x;
}

/* A page that says where it ends, and of which nothing came: asked for again, not passed over. */
static void a_page_that_did_not_come(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    result(x, "not-ours", "a11", "juliet@capulet.lit/b", ME, "m11", "one");
    fake_result(x, "urn:xmpp:mam:2", FIN_MORE, "a11", "a11");
    expect_event(x, "NOTICE", "asks again");
    fake_timers(x);
    assert_true(fake_asking(x, "<after>a10</after>"));
    result(x, fake_queryid(x), "a11", "juliet@capulet.lit/b", ME, "m11", "one");
    expect_event(x, "MESSAGE", "archive=a11;");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a11", "a11");
    *state = x;
}

static void live(struct x *x, const char *archive_id)
{
    fake_feed(x,
              "<message from='juliet@capulet.lit/b' type='chat'><body>live</body><stanza-id "
              "xmlns='urn:xmpp:sid:0' by='" ME "' id='%s'/></message>",
              archive_id);
}

/* In the middle: asked again soon, from the last page that came, without a word to the user and
 * without holding up what the user writes. */
static void broken_off_in_the_middle(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    result(x, fake_queryid(x), "a11", "juliet@capulet.lit/b", ME, "m11", "one");
    fake_result(x, "urn:xmpp:mam:2", FIN_MORE, "a11", "a11");
    fake_error(x, "urn:xmpp:mam:2", "internal-server-error");
    expect_event(x, "MESSAGE");
    expect_event(x, "NOTICE", "asks again");
    assert_int_equal(fake_synced(x), 1);
    live(x, "a99");
    fake_forget(x);
    fake_timers(x);
    assert_true(fake_asking(x, "<after>a11</after>"));
    assert_int_equal(send_one(x, "id1", 0), KITH_OK);
    fake_committed(x);
    assert_string_equal(fake_state(x, "mam_from"), "a10"); /* a crash now begins before the gap */
    fake_error(x, "urn:xmpp:mam:2", "internal-server-error");
    assert_false(fake_asking(x, "urn:xmpp:mam:2"));
    expect_no_event(x); /* said once */
    expect_sent(x, "<after>a11</after>");
    expect_sent(x, "id=\"id1\"");
    fake_timers(x);
    result(x, fake_queryid(x), "a12", "juliet@capulet.lit/b", ME, "m12", "two");
    expect_event(x, "MESSAGE", "archive=a12;", "+DELAYED +HISTORY"); /* the engine puts it in its place */
    live(x, "a100");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a12", "a100");
    fake_committed(x);
    assert_null(fake_state(x, "mam_from"));
    fake_drop(x, true);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a100</after>"));
    *state = x;
}

static void broken_off_for_good(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    for (int i = 0; i < 7; i++) {
        fake_forget(x);
        assert_true(fake_asking(x, "<after>a10</after>"));
        fake_timeout(x, "urn:xmpp:mam:2");
        fake_timers(x);
    }
    expect_event(x, "NOTICE", "/reconnect");
    assert_false(fake_asking(x, "urn:xmpp:mam:2"));
    fake_drop(x, true);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a10</after>"));
    *state = x;
}

/* The reading began at a time, not an id: the end of the process must not lose where. */
static void crash_during_catch_up_by_time(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume_ms", "1749981660000");
    fake_restart(&x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "2025-06-15T10:00:00"));
    fake_timeout(x, "urn:xmpp:mam:2");
    fake_option(x, "_resume", "a99"); /* a live message was stored before the end */
    fake_option(x, "_resume_ms", "1749999999000");
    fake_restart(&x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "2025-06-15T10:00:00"));
    fake_result(x, "urn:xmpp:mam:2", FIN_EMPTY);
    assert_null(fake_state(x, "mam_from_ms"));
    fake_restart(&x);
    bind_until_archive(x);
    assert_true(fake_asking(x, "<after>a99</after>"));
    *state = x;
}

static void forged_results(void **state)
{
    struct x *x = *state;
    bind_until_archive(x);
    const char *qid = xstrdup(fake_queryid(x));
    static const char *const from[] = {"tybalt@capulet.lit/home", "juliet@capulet.lit", DOMAIN,
                                       ME_FULL, ME "/x"};
    for (size_t i = 0; i < COUNT(from); i++)
        fake_feed(x,
                  "<message from='%s'><body>outer</body><result xmlns='urn:xmpp:mam:2' "
                  "queryid='%s' id='bad'><forwarded xmlns='urn:xmpp:forward:0'>"
                  "<message xmlns='jabber:client' from='juliet@capulet.lit/b' to='" ME
                  "' type='chat'><body>forged</body></message>"
                  "</forwarded></result></message>",
                  from[i], qid);
    result(x, "unknown", "a1", "juliet@capulet.lit/b", ME, "m1", "unasked");
    fake_feed(
        x, "<message><result xmlns='urn:xmpp:mam:2' id='a1'><forwarded xmlns='urn:xmpp:forward:0'>"
           "<message xmlns='jabber:client' from='juliet@capulet.lit/b' "
           "type='chat'><body>x</body></message></forwarded></result></message>");
    expect_no_event(x);
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a1");
    fake_forget(x);
    result(x, qid, "a1", "juliet@capulet.lit/b", ME, "m1", "too late");
    expect_no_event(x);
    free((char *)qid);
}

static void more_results_than_asked(void **state)
{
    struct x *x = *state;
    fake_option(x, "_resume", "a10");
    fake_restart(&x);
    bind_until_archive(x);
    char *qid = xstrdup(fake_queryid(x));
    for (int i = 0; i < 300; i++)
        result(x, qid, "a", "juliet@capulet.lit/b", ME, "m", "x");
    for (int i = 0; i < 100; i++)
        expect_event(x, "MESSAGE");
    expect_no_event(x);
    free(qid);
    *state = x;
}

static void scroll_back(void **state)
{
    struct x *x = *state;
    fake_start(x);
    struct kith_history_fetch f = {
        .size = sizeof f, .max = 20, .chat = "juliet@capulet.lit", .before_id = "a50"};
    assert_int_equal(history_fetch(x, &f, 9), KITH_OK);
    expect_sent(x, "<value>juliet@capulet.lit</value>", "<before>a50</before>", "<max>20</max>");
    result(x, fake_queryid(x), "a49", "juliet@capulet.lit/b", ME, "m49", "old");
    expect_event(x, "MESSAGE req=9;", "+HISTORY", "archive=a49;");
    fake_result(x, "urn:xmpp:mam:2", FIN_MORE, "a30", "a49");
    expect_event(x, "REPLY req=9;", "more=1;", "cursor=a30;", "!err=");
    f.before_id = NULL;
    assert_int_equal(history_fetch(x, &f, 10), KITH_OK);
    expect_sent(x, "<before/>");
    fake_result(x, "urn:xmpp:mam:2", FIN_END, "a1", "a9");
    expect_event(x, "REPLY req=10;", "!more=");
    f.after_id = "a9";
    assert_int_equal(history_fetch(x, &f, 11), KITH_OK);
    expect_sent(x, "<after>a9</after>", "!<before");
    fake_error(x, "urn:xmpp:mam:2", "item-not-found");
    expect_event(x, "REPLY req=11;", "err=-10;");
    assert_int_equal(history_fetch(x, &f, 12), KITH_OK);
    fake_drop(x, true);
    expect_event(x, "REPLY req=12;", "err=");
    assert_int_equal(history_fetch(x, &f, 13), KITH_EOFFLINE);
}

static void no_archive(void **state)
{
    struct x *x = *state;
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_error(x, "to=\"" ME "\"", "service-unavailable");
    fake_result(x, "jabber:iq:roster", "<query xmlns='jabber:iq:roster'/>");
    assert_int_equal(fake_synced(x), 1);
    fake_forget(x);
    assert_int_equal(send_one(x, "id1", KITH_SEND_RETRY), KITH_OK);
    expect_sent(x, "id=\"id1\"");
    struct kith_history_fetch f = {.size = sizeof f};
    assert_int_equal(history_fetch(x, &f, 9), KITH_EUNSUP);
    fake_feed(x, "<message from='juliet@capulet.lit/b' type='chat'><body>x</body><stanza-id "
                 "xmlns='urn:xmpp:sid:0' by='" ME "' id='a1'/></message>");
    expect_event(x, "MESSAGE", "!archive="); /* nobody announced that this id means anything */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(first_time_whole_archive),
                                       T(first_time_long_archive),
                                       T(first_time_cut_short),
                                       T(catch_up_by_id_and_pages),
                                       T(crash_during_catch_up),
                                       T(questions_lost_in_a_resumed_session),
                                       T(first_questions_lost_in_a_resumed_session),
                                       T(mark_stays_until_committed),
                                       T(forgotten_id_falls_back_to_time),
                                       T(failed_catch_up_is_told_and_repeated), T(a_page_that_did_not_come),
                                       T(broken_off_in_the_middle),
                                       T(broken_off_for_good),
                                       T(crash_during_catch_up_by_time),
                                       T(forged_results),
                                       T(more_results_than_asked),
                                       T(scroll_back),
                                       T(no_archive)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
