/* unit/xmppim/test_omemo_life.c - OMEMO: what cannot be read says why and is mended; crashes at every step; own devices */
#include "played.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_MS (INT64_C(3600) * 1000)

static struct omemo *ours(const struct both *t)
{
    return omemo_of(t->x)->o;
}

static void feed_hers(struct both *t, enum omemo_version v, const char *text, const char *id)
{
    char *xml = she_writes(t, v, text, id);
    assert_true(fake_feed_text(t->x, xml));
    free(xml);
}

/* The server takes what we publish; then her bundle is what is asked for. */
static void served(struct both *t)
{
    while (fake_asking(t->x, "<publish "))
        fake_result(t->x, "<publish ", "<x/>");
}

static void give_bundle(struct both *t)
{
    served(t);
    answer_bundle(t, OMEMO_OLD);
}

/* Both have a session in which both have written. */
static void settled(struct both *t)
{
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    feed_hers(t, OMEMO_OLD, "an answer", "h0");
    assert_true(fake_take_event(t->x, "an answer"));
    fake_timers(t->x);
    served(t);
    fake_forget(t->x);
}

/* ---- what cannot be read ---- */

/* She writes in a session that is not here: a new one at once, but not more than one in an hour, over restarts as well. */
static void no_session(void **state)
{
    struct both *t = *state;
    settled(t);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(omemo_drop_all_sessions(ours(t)), 0);
        omemo_caught_up(t->x);
        fake_timers(t->x);
        fake_forget(t->x);
        feed_hers(t, OMEMO_OLD, "lost", i == 0 ? "l1" : i == 1 ? "l2" : "l3");
        if (i == 1)
            expect_event(t->x, "MESSAGE", "enc=4", "/renew, makes new ones", "!told to use", "!lost");
        else
            expect_event(t->x, "MESSAGE", "enc=4", "told to use new ones", "!lost");
        fake_timers(t->x);
        served(t);
        assert_int_equal(fake_asking(t->x, "bundles"), i != 1);
        if (i == 1)
            fake_time(t->x, t->x->now + HOUR_MS);
        else
            give_bundle(t);
        fake_timers(t->x);
        if (i == 1)
            continue;
        assert_non_null(strstr(sent_message(t->x), "prekey=\"true\"")); /* an empty message with the exchange */
        assert_null(strstr(sent_message(t->x), "<payload"));
        free(she_reads(t));
    }
    feed_hers(t, OMEMO_OLD, "found again", "h9");
    expect_event(t->x, "MESSAGE", "body=found again;");
}

/* A wrong checksum alone begins nothing (§10); what the user writes next does, and the old session is not thrown away. */
static void broken_session(void **state)
{
    struct both *t = *state;
    settled(t);
    char *before = she_writes(t, OMEMO_OLD, "still on the way", "h1"), *bad = she_writes(t, OMEMO_OLD, "x", "h2");
    char *key = strstr(bad, "<key");
    key = strchr(key, '>') + 40;
    *key = *key == 'A' ? 'B' : 'A';
    assert_true(fake_feed_text(t->x, bad));
    expect_event(t->x, "MESSAGE", "enc=4", "/renew", "id=h2;");
    fake_timers(t->x);
    expect_nothing_sent(t->x);
    say(t, "m5", "what did you say?");
    assert_null(sent_message(t->x));
    give_bundle(t);
    assert_non_null(strstr(sent_message(t->x), "prekey=\"true\""));
    char *text = she_reads(t);
    assert_string_equal(text, "what did you say?");
    free(text);
    assert_true(fake_feed_text(t->x, before));
    expect_event(t->x, "MESSAGE", "body=still on the way;");
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, bad)); /* the same once more: it is not the session any more, and it was an hour at most */
    expect_event(t->x, "MESSAGE", "enc=4", "If that happens again, /renew", "!What you write next");
    say(t, "m6", "and now?");
    assert_null(strstr(sent_message(t->x), "prekey")); /* one in an hour */
    free(before);
    free(bad);
}

/* 2,000 messages that never came are no obstacle; one more is, in words, and what the user writes next mends it. */
static void two_thousand_are_missing(void **state)
{
    struct both *t = *state;
    settled(t);
    for (int i = 0; i < OMEMO_SKIPPED; i++)
        free(she_writes(t, OMEMO_OLD, "never came", "n"));
    feed_hers(t, OMEMO_OLD, "after 2,000", "f1");
    expect_event(t->x, "MESSAGE", "body=after 2,000;");
    fake_timers(t->x);
    free(she_reads(t)); /* the empty message that answers a long chain: hers begins anew */
    fake_forget(t->x);
    for (int i = 0; i <= OMEMO_SKIPPED; i++)
        free(she_writes(t, OMEMO_OLD, "never came", "n"));
    feed_hers(t, OMEMO_OLD, "after 2,001", "f2");
    expect_event(t->x, "MESSAGE", "enc=4", "id=f2;", "more than 2,000 messages before it are missing", "/renew", "!after 2,001");
    fake_timers(t->x);
    expect_nothing_sent(t->x);
    say(t, "m5", "write that again");
    give_bundle(t);
    assert_non_null(strstr(sent_message(t->x), "prekey=\"true\""));
    free(she_reads(t));
    fake_forget(t->x);
    feed_hers(t, OMEMO_OLD, "what I wrote", "f3");
    expect_event(t->x, "MESSAGE", "body=what I wrote;");
}

/* Without a bundle the session that is there goes on. */
static void nothing_to_renew_from(void **state)
{
    struct both *t = *state;
    settled(t);
    assert_int_equal(omemo_renew(t->x, JULIET), 1);
    fake_timers(t->x);
    served(t);
    fake_error(t->x, "bundles", "item-not-found");
    fake_timers(t->x);
    assert_null(strstr(sent_message(t->x), "prekey"));
    char *text = she_reads(t);
    assert_string_equal(text, "");
    free(text);
}

static void renewed_by_the_user(void **state)
{
    struct both *t = *state;
    settled(t);
    assert_int_equal(omemo_renew(t->x, JULIET), 1);
    fake_timers(t->x);
    give_bundle(t);
    fake_timers(t->x);
    assert_non_null(strstr(sent_message(t->x), "prekey=\"true\""));
    free(she_reads(t));
    feed_hers(t, OMEMO_OLD, "in the new one", "h1");
    expect_event(t->x, "MESSAGE", "body=in the new one;");
    assert_int_equal(omemo_renew(t->x, "nurse@capulet.lit"), 0);
}

static void for_whom_it_was(void **state)
{
    struct both *t = *state;
    const uint32_t phone = 4711;
    bool changed;
    fake_forget(t->x);
    assert_int_equal(omemo_list(ours(t), OMEMO_OLD, ME, &(struct omemo_listed){phone, NULL}, 1, &changed), 0);
    static const struct {
        const char *keys, *says;
    } rows[] = {{"<key rid='4711'>AAAA</key>", "only for others of yours"}, {"<key rid='12'>AAAA</key>", "nor for another one of yours"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        fake_feed(t->x, "<message from='" JULIET "/b' type='chat' id='k%zu'><encrypted xmlns='eu.siacs.conversations.axolotl'>"
                        "<header sid='77'>%s<iv>AAAAAAAAAAAAAAAA</iv></header><payload>AAAA</payload></encrypted></message>",
                  i, rows[i].keys);
        expect_event(t->x, "MESSAGE", "enc=4", rows[i].says);
    }
    fake_feed(t->x, "<message from='" JULIET "/b' type='chat' id='m'><encrypted xmlns='urn:xmpp:omemo:2'/><body>x</body></message>");
    expect_event(t->x, "MESSAGE", "enc=4", "damaged");
}

/* Another key for a device that is known: not believed, not repaired. */
static void changed_identity(void **state)
{
    struct both *t = *state;
    struct party other = {.now = t->x->now};
    unsigned char key[OMEMO_KEY];
    fake_forget(t->x);
    party_open(&other, "elsewhere@x.example");
    omemo_identity(other.o, key);
    assert_int_equal(omemo_meet(ours(t), JULIET, omemo_device(t->her.o), key), 0);
    feed_hers(t, OMEMO_2, "<envelope/>", "h1");
    expect_event(t->x, "NOTICE", "another key than before");
    expect_event(t->x, "MESSAGE", "enc=4", "another key than before");
    fake_timers(t->x);
    served(t);
    assert_false(fake_asking(t->x, "bundles"));
    party_end(&other);
}

/* ---- heartbeat ---- */

static void long_chains_are_answered(void **state)
{
    struct both *t = *state;
    settled(t);
    omemo_caught_up(t->x);
    fake_timers(t->x);
    fake_forget(t->x);
    for (int i = 0; i < 70; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%d", i);
        feed_hers(t, OMEMO_OLD, "on and on", id);
        assert_true(fake_take_event(t->x, "on and on"));
    }
    fake_timers(t->x);
    fake_timers(t->x);
    char *text = she_reads(t);
    assert_string_equal(text, "");
    free(text);
    assert_true(fake_take_sent(t->x, "<encrypted"));
    assert_false(fake_take_sent(t->x, "<encrypted"));
}

/* ---- a session that stands for weeks ---- */

static uint32_t signed_key(const struct both *t)
{
    struct omemo_bundle b = {0};
    assert_int_equal(omemo_bundle(ours(t), OMEMO_2, &b), 0);
    uint32_t id = b.signed_key.id;
    omemo_bundle_clear(&b);
    return id;
}

static bool publishes_bundles(struct both *t, int timers)
{
    for (int i = 0; i < timers; i++)
        fake_timers(t->x);
    bool old = fake_last_sent(t->x, "publish node=\"eu.siacs.conversations.axolotl.bundles:"),
         new = fake_last_sent(t->x, "publish node=\"urn:xmpp:omemo:2:bundles");
    assert_int_equal(old, new);
    served(t);
    fake_forget(t->x);
    return new;
}

/* Nobody logs in anew: the signed pre key is replaced all the same when it is time, and what was made with the one before is read. */
static void weeks_without_a_login(void **state)
{
    enum { DAY = 24 * 3600 * 1000 };
    struct both *t = *state;
    int days = 0;
    settled(t);
    omemo_caught_up(t->x);
    (void)publishes_bundles(t, 2);
    uint32_t first = signed_key(t);
    char *late = she_writes(t, OMEMO_2, "<envelope/>", "w1"); /* by the bundle of today */
    while (signed_key(t) == first && days < 40) {
        fake_time(t->x, t->x->now + DAY);
        days++;
        bool told = publishes_bundles(t, 2); /* the daily one, and what it sets */
        assert_int_equal(told, signed_key(t) != first);
    }
    assert_in_range(days, 7, 31);
    assert_true(fake_feed_text(t->x, late));
    assert_null(fake_last_event(t->x, "no longer has"));
    assert_non_null(fake_last_event(t->x, "what is in it is damaged")); /* it was opened: its envelope has nothing in it */
    free(late);
    /* the link was away when it was time: done when it is back, in the same session */
    first = signed_key(t);
    fake_drop(t->x, false);
    fake_time(t->x, t->x->now + INT64_C(30) * DAY);
    fake_timers(t->x);
    assert_int_equal(signed_key(t), first);
    fake_bind(t->x, true);
    assert_true(publishes_bundles(t, 1)); /* not a day later */
    assert_int_not_equal(signed_key(t), first);
}

/* Pre keys that were used are replaced, and all of it published once, however many messages came with them. */
static void used_pre_keys_are_replaced(void **state)
{
    struct both *t = *state;
    struct omemo_bundle b = {0};
    settled(t);
    omemo_caught_up(t->x);
    x_host(t->x)->timer_del(omemo_of(t->x)->daily_timer); /* that is not what does it */
    (void)publishes_bundles(t, 2);
    assert_false(publishes_bundles(t, 2));
    feed_hers(t, OMEMO_2, "<envelope/>", "u1");
    feed_hers(t, OMEMO_2, "<envelope/>", "u2");
    assert_int_equal(omemo_bundle(ours(t), OMEMO_2, &b), 0);
    assert_int_equal(b.n, OMEMO_PRE_KEYS - 1);
    omemo_bundle_clear(&b);
    assert_true(publishes_bundles(t, 1));
    assert_int_equal(omemo_bundle(ours(t), OMEMO_2, &b), 0);
    assert_int_equal(b.n, OMEMO_PRE_KEYS);
    omemo_bundle_clear(&b);
    assert_false(publishes_bundles(t, 2));
}

/* ---- kill -9 at every use of the disk ---- */

static char *envelope(const char *text)
{
    return xasprintf("<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>%s</body></content><rpad>x</rpad>"
                     "<from jid='" JULIET "'/></envelope>", text);
}

static char *her_message(struct both *t, enum omemo_version v, const char *text, const char *id)
{
    char *inner = v == OMEMO_2 ? envelope(text) : xstrdup(text), *xml = she_writes(t, v, inner, id);
    free(inner);
    return xml;
}

static bool emitted(const struct x *x, size_t n, const char *part)
{
    for (size_t i = 0; i < n; i++) {
        if (strstr(x->events.s[i], part))
            return true;
    }
    return false;
}

/* A message that begins a session: the ratchet's step, the end of the pre key and the text are on the disk together or not at
 * all. What the engine has not committed comes again, and is read. True: it was over before the n-th use. */
static bool killed_reading(enum omemo_version v, int n)
{
    void *state = NULL;
    (void)setup(&state);
    struct both *t = state;
    char *one = her_message(t, v, "the first", "h1"), *two = her_message(t, v, "the second", "h2");
    fake_forget(t->x);
    fake_kill_at(t->x, n);
    assert_true(fake_feed_text(t->x, one));
    bool has = emitted(t->x, fake_emitted_before_kill(t->x), "body=the first;");
    assert_true(has || fake_killed(t->x));
    if (!fake_killed(t->x))
        fake_committed(t->x);
    bool over = !fake_killed(t->x);
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, one)); /* the server was not told that it is here */
    if (!has)
        expect_event(t->x, "MESSAGE", "body=the first;");
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, two));
    expect_event(t->x, "MESSAGE", "body=the second;");
    fake_committed(t->x);
    omemo_caught_up(t->x);
    struct omemo_bundle b = {0};
    assert_int_equal(omemo_bundle(ours(t), v, &b), 0);
    assert_int_equal(b.n, OMEMO_PRE_KEYS - 1);
    omemo_bundle_clear(&b);
    free(one);
    free(two);
    (void)teardown(&state);
    return over;
}

static void killed_at_every_step_of_reading(void **state)
{
    static const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        int n = 1;
        while (!killed_reading(both[i], n))
            n++;
        assert_in_range(n, 8, 60); /* begin, session, device, pre key, text, end, the text's end ... */
    }
}

/* What has left is never followed by something else under the same key. */
static bool killed_writing(int n)
{
    void *state = NULL;
    (void)setup(&state);
    struct both *t = state;
    settled(t);
    fake_kill_at(t->x, n);
    say(t, "m5", "as it was");
    bool over = !fake_killed(t->x);
    size_t left = fake_sent_before_kill(t->x);
    bool wrote = left > 0;
    if (wrote) {
        char *text = she_reads(t);
        assert_string_equal(text, "as it was");
        free(text);
    }
    fake_restart(&t->x);
    struct buf wire = {0}, read = {0};
    bool exchange = false;
    assert_int_equal(omemo_encrypt(ours(t), OMEMO_OLD, JULIET, omemo_device(t->her.o), "once more", 9, &wire, &exchange), 0);
    assert_int_equal(omemo_decrypt(t->her.o, OMEMO_OLD, ME, omemo_device(ours(t)), wire.data, wire.len, exchange, &read), 0);
    assert_string_equal(buf_str(&read), "once more");
    buf_free(&wire);
    buf_free(&read);
    (void)teardown(&state);
    return over;
}

static void killed_at_every_step_of_writing(void **state)
{
    int n = 1;
    (void)state;
    while (!killed_writing(n))
        n++;
    assert_in_range(n, 4, 40);
}

/* ---- our other devices ---- */

/* What another device of ours writes comes as a carbon, and from the archive; each is shown once as ours. */
static void own_devices(void **state)
{
    struct both *t = *state;
    struct party phone = {.now = t->x->now};
    struct omemo_payload p;
    struct omemo_recipient r = {.jid = ME, .device = omemo_device(ours(t))};
    fake_forget(t->x);
    party_open(&phone, ME);
    struct omemo_bundle b = {0};
    assert_int_equal(omemo_bundle(ours(t), OMEMO_OLD, &b), 0);
    assert_int_equal(omemo_start_session(phone.o, OMEMO_OLD, ME, r.device, &b), 0);
    assert_int_equal(payload_encrypt(OMEMO_OLD, "from the phone", 14, &p), 0);
    assert_int_equal(omemo_encrypt(phone.o, OMEMO_OLD, ME, r.device, p.secret, p.secret_len, &r.key, &r.exchange), 0);
    xmpp_stanza_t *st = st_new(x_ctx(t->x), "message", "jabber:client");
    st_set(st, "from", ME "/phone");
    st_set(st, "to", JULIET);
    st_set(st, "type", "chat");
    st_set(st, "id", "p1");
    omemo_write_sealed(st, OMEMO_OLD, omemo_device(phone.o), &r, 1, &p);
    char *text = text_of(st), *inner = xasprintf("<message xmlns='jabber:client'%s", text + sizeof "<message" - 1);
    for (int i = 0; i < 2; i++) {
        fake_feed(t->x, "<message from='" ME "' to='" ME_FULL "'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                        "%s</forwarded></sent></message>", inner);
        expect_event(t->x, "MESSAGE", "chat=" JULIET, "body=from the phone;", "id=p1;");
    }
    fake_committed(t->x); /* the engine has it now, and knows it by its id: the text is not needed to recognise it */
    fake_feed(t->x, "<message from='" ME "' to='" ME_FULL "'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                    "%s</forwarded></sent></message>", inner);
    expect_event(t->x, "MESSAGE", "id=p1;", "enc=4", "read before");
    free(inner);
    free(text);
    xmpp_stanza_release(st);
    omemo_bundle_clear(&b);
    payload_clear(&p);
    buf_free(&r.key);
    party_end(&phone);
}

/* ---- our lists ---- */

static char *list_event(size_t n, uint32_t last)
{
    struct buf b = {0};
    buf_adds(&b, "<message from='" ME "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='" NEW_LIST
                 "'><item id='current'><devices xmlns='urn:xmpp:omemo:2'>");
    for (size_t i = 1; i <= n; i++)
        buf_addf(&b, "<device id='%zu' label='no %zu' labelsig='c2ln'/>", 1000 + i, i);
    if (last)
        buf_addf(&b, "<device id='%" PRIu32 "'/>", last);
    buf_adds(&b, "</devices></item></items></event></message>");
    return buf_take(&b);
}

/* A list that another device wrote without us: we are put into it as it is, however long, and found at the end of a long one. */
static void nobody_is_dropped(void **state)
{
    struct both *t = *state;
    struct omemo_known *v = NULL;
    no_lists(t);
    shown(t);
    served(t);
    char *event = list_event(900, 0), *ours_last = list_event(900, omemo_device(ours(t)));
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, event));
    fake_timers(t->x);
    const char *xml = fake_last_sent(t->x, "publish node=\"" NEW_LIST);
    assert_non_null(xml);
    size_t n = 0;
    for (const char *p = xml; (p = strstr(p, "<device ")); p++)
        n++;
    assert_int_equal(n, 901);
    assert_non_null(strstr(xml, "label=\"no 900\""));
    assert_non_null(strstr(xml, "labelsig=\"c2ln\""));
    assert_true(omemo_known(ours(t), ME, &v) <= OMEMO_DEVICES_MOST + 1); /* what is kept of it has a bound */
    free(v);
    served(t);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, ours_last));
    fake_timers(t->x);
    assert_null(fake_last_sent(t->x, "publish node=\"" NEW_LIST));
    free(event);
    free(ours_last);
}

/* Somebody takes us out again and again: put back, but not for ever, and it is said once. */
static void fought_over(void **state)
{
    struct both *t = *state;
    int times = 0, said = 0;
    no_lists(t);
    shown(t);
    served(t);
    for (int i = 0; i < 40; i++) {
        char *event = list_event(1, 0);
        fake_forget(t->x);
        assert_true(fake_feed_text(t->x, event));
        fake_timers(t->x);
        times += fake_last_sent(t->x, "publish node=\"" NEW_LIST) != NULL;
        said += fake_last_event(t->x, "again and again") != NULL;
        served(t);
        free(event);
    }
    assert_in_range(times, 4, 12);
    assert_int_equal(said, 1);
    fake_time(t->x, t->x->now + HOUR_MS);
    char *event = list_event(1, 0);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, event));
    fake_timers(t->x);
    assert_non_null(fake_last_sent(t->x, "publish node=\"" NEW_LIST));
    free(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_session, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_session, setup, teardown),
        cmocka_unit_test_setup_teardown(two_thousand_are_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_to_renew_from, setup, teardown),
        cmocka_unit_test_setup_teardown(renewed_by_the_user, setup, teardown),
        cmocka_unit_test_setup_teardown(for_whom_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(changed_identity, setup, teardown),
        cmocka_unit_test_setup_teardown(long_chains_are_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(weeks_without_a_login, setup, teardown),
        cmocka_unit_test_setup_teardown(used_pre_keys_are_replaced, setup, teardown),
        cmocka_unit_test(killed_at_every_step_of_reading),
        cmocka_unit_test(killed_at_every_step_of_writing),
        cmocka_unit_test_setup_teardown(own_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(fought_over, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
