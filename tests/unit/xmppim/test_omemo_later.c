/* unit/xmppim/test_omemo_later.c - OMEMO: servers that cannot answer now, or not at all, and what comes a moment too late */
#include "played.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE_MS (INT64_C(60) * 1000)
#define ERROR(type, condition) \
    "<iq type='error'><error type='" type "'><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"

#define EVENT(from, what) \
    "<message from='" from "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>" what "</event></message>"

static struct omemo *ours(const struct both *t)
{
    return omemo_of(t->x)->o;
}

/* Answers every open question whose text has the part; how many. */
static size_t all(struct both *t, const char *part, const char *answer)
{
    size_t n = 0;
    for (size_t i = 0; i < t->x->n_iqs;) {
        if (!strstr(t->x->iqs[i].text, part)) {
            i++;
            continue;
        }
        assert_true(fake_answer_text(t->x, i, answer));
        n++;
        i = 0;
    }
    return n;
}

static size_t served(struct both *t)
{
    return all(t, "<publish ", "<iq type='result'/>");
}

static void later(struct both *t, int64_t ms)
{
    fake_time(t->x, t->x->now + ms);
    fake_timers(t->x);
    served(t);
}

/* Ours are known, and published. */
static void at_home(struct both *t)
{
    no_lists(t);
    fake_timers(t->x);
    served(t);
    fake_forget(t->x);
}

static void hers(struct both *t)
{
    uint32_t id = omemo_device(t->her.o);
    answer_list(t, OMEMO_OLD, &id, 1);
    answer_list(t, OMEMO_2, NULL, 0);
}

static const char *const for_now[] = {ERROR("wait", "remote-server-timeout"), ERROR("wait", "resource-constraint"),
                                      ERROR("cancel", "remote-server-not-found"), ERROR("cancel", "internal-server-error"),
                                      ERROR("wait", "policy-violation")};
static const char *const for_good[] = {ERROR("cancel", "item-not-found"), ERROR("cancel", "service-unavailable"),
                                       ERROR("auth", "forbidden"), ERROR("cancel", "feature-not-implemented")};

/* ---- lists ---- */

/* Nothing was said of the chat: what her server cannot say now is asked once more, and the message goes encrypted. */
static void a_list_a_moment_later(void **state)
{
    struct both *t = *state;
    at_home(t);
    say(t, "m1", "wherefore art thou");
    assert_int_equal(all(t, "to=\"" JULIET, for_now[0]), 2);
    assert_null(sent_message(t->x));
    assert_false(fake_asking(t->x, "to=\"" JULIET)); /* not again and again */
    assert_false(omemo_is_open(t->x, JULIET));
    later(t, 5000);
    hers(t);
    answer_bundle(t, OMEMO_OLD);
    assert_non_null(sent_message(t->x));
    assert_null(strstr(sent_message(t->x), "wherefore"));
    assert_true(omemo_holds(t->x, JULIET));
}

/* A second time: the message does not wait for ever, the chat is not decided by that, and a minute later it is asked before the next. */
static void a_list_that_cannot_be_had(void **state)
{
    struct both *t = *state;
    for (size_t i = 0; i < COUNT(for_now); i++) {
        char id[16], next[16];
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(next, sizeof next, "n%zu", i);
        bind_again(t);
        at_home(t);
        say(t, id, "wherefore art thou");
        assert_int_equal(all(t, "to=\"" JULIET, for_now[i]), 2);
        later(t, 5000);
        assert_int_equal(all(t, "to=\"" JULIET, for_now[i]), 2);
        assert_non_null(strstr(sent_message(t->x), "<body>wherefore"));
        assert_false(omemo_holds(t->x, JULIET));
        assert_true(omemo_is_open(t->x, JULIET));
        fake_forget(t->x);
        assert_int_equal(omemo_forecast(t->x, JULIET, 1), KITH_OK);
        expect_event(t->x, "DEVICE", "who=" JULIET, "not known: the server does not answer now");
        later(t, 2 * MINUTE_MS);
        fake_forget(t->x);
        say(t, next, "Romeo");
        assert_null(sent_message(t->x));
        assert_int_equal(all(t, "to=\"" JULIET, for_now[i]), 2); /* at once, this time */
        assert_non_null(strstr(sent_message(t->x), "<body>Romeo"));
    }
    later(t, 2 * MINUTE_MS);
    fake_forget(t->x);
    say(t, "m9", "deny thy father");
    hers(t);
    answer_bundle(t, OMEMO_OLD);
    assert_null(strstr(sent_message(t->x), "deny"));
}

/* Nor does it for a server from which no answer comes: thirty seconds are enough. */
static void no_answer_at_all(void **state)
{
    struct both *t = *state;
    at_home(t);
    say(t, "m1", "wherefore art thou");
    fake_timeout(t->x, "to=\"" JULIET);
    assert_null(sent_message(t->x));
    fake_timeout(t->x, "to=\"" JULIET);
    assert_non_null(strstr(sent_message(t->x), "<body>wherefore"));
    assert_false(omemo_holds(t->x, JULIET));
}

/* Other errors say that there is nothing: the first one decides, and it is not asked again. */
static void no_list(void **state)
{
    struct both *t = *state;
    for (size_t i = 0; i < COUNT(for_good); i++) {
        char id[16];
        snprintf(id, sizeof id, "m%zu", i);
        bind_again(t);
        at_home(t);
        say(t, id, "wherefore art thou");
        assert_int_equal(all(t, "to=\"" JULIET, for_good[i]), 2);
        assert_non_null(strstr(sent_message(t->x), "<body>wherefore"));
        later(t, 10 * MINUTE_MS);
        say(t, "again", "Romeo");
        assert_false(fake_asking(t->x, "to=\"" JULIET));
    }
}

/* An encrypted chat stays so: it goes to the devices that are known. */
static void an_encrypted_chat(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    bind_again(t);
    at_home(t);
    say(t, "m5", "deny thy father");
    all(t, "to=\"" JULIET, for_now[0]);
    assert_null(sent_message(t->x));
    later(t, 5000);
    all(t, "to=\"" JULIET, for_now[0]);
    char *text = she_reads(t);
    assert_string_equal(text, "deny thy father");
    free(text);
}

/* Of our own nothing is published over what may be there; it is asked for until there is an answer. */
static void our_own(void **state)
{
    struct both *t = *state;
    all(t, OLD_LIST, for_now[1]);
    all(t, NEW_LIST, for_now[1]);
    for (int i = 0; i < 3; i++) {
        fake_timers(t->x);
        assert_null(fake_last_sent(t->x, "<publish "));
        all(t, OLD_LIST, for_now[1]);
        all(t, NEW_LIST, for_now[1]);
        fake_time(t->x, t->x->now + 2 * MINUTE_MS);
    }
    fake_timers(t->x);
    answer_list(t, OMEMO_OLD, (const uint32_t[]){4711}, 1);
    answer_list(t, OMEMO_2, NULL, 0);
    fake_timers(t->x);
    const char *xml = fake_last_sent(t->x, "publish node=\"" OLD_LIST);
    assert_non_null(xml);
    assert_non_null(strstr(xml, "4711"));
}

/* ---- bundles ---- */

static void to_her_bundle(struct both *t)
{
    at_home(t);
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    say(t, "m1", "wherefore art thou");
    hers(t);
}

static void a_bundle_a_moment_later(void **state)
{
    struct both *t = *state;
    to_her_bundle(t);
    assert_int_equal(all(t, "bundles", for_now[0]), 1);
    assert_null(sent_message(t->x));
    assert_null(fake_last_event(t->x, "RECEIPT"));
    later(t, 5000);
    answer_bundle(t, OMEMO_OLD);
    assert_non_null(sent_message(t->x));
}

/* It fails in true words, and the next message asks again. */
static void a_bundle_that_cannot_be_had(void **state)
{
    struct both *t = *state;
    to_her_bundle(t);
    all(t, "bundles", for_now[0]);
    later(t, 5000);
    all(t, "bundles", for_now[0]);
    assert_non_null(fake_last_event(t->x, "no device of " JULIET " can read it"));
    fake_forget(t->x);
    assert_int_equal(omemo_forecast(t->x, JULIET, 1), KITH_OK);
    assert_non_null(fake_last_event(t->x, "could not be fetched: the server does not answer now"));
    later(t, 2 * MINUTE_MS);
    say(t, "m2", "Romeo");
    answer_bundle(t, OMEMO_OLD);
    assert_non_null(sent_message(t->x));
}

/* A device lists itself before its keys are there: they are asked for again when minutes have passed, or its owner's list changed. */
static void a_bundle_that_came_late(void **state)
{
    struct both *t = *state;
    for (int i = 0; i < 2; i++) {
        if (i > 0)
            bind_again(t);
        assert_int_equal(omemo_drop_all_sessions(ours(t)), 0);
        to_her_bundle(t);
        fake_error(t->x, "bundles", "item-not-found");
        assert_non_null(fake_last_event(t->x, "no device of " JULIET));
        say(t, "m2", "Romeo");
        assert_false(fake_asking(t->x, "bundles")); /* it was said a moment ago */
        if (i == 0)
            fake_time(t->x, t->x->now + 5 * MINUTE_MS);
        else
            fake_feed(t->x, EVENT(JULIET, "<items node='" NEW_LIST "'><item id='current'><devices xmlns='urn:xmpp:omemo:2'>"
                            "<device id='4711'/></devices></item></items>"));
        fake_forget(t->x);
        say(t, "m3", "deny thy father");
        if (i > 0)
            all(t, "id=\"4711\"", for_good[0]);
        answer_bundle(t, OMEMO_OLD);
        assert_non_null(sent_message(t->x));
    }
}

/* A session is broken and no keys are to be had for another: it goes on, stays marked, and is made anew as soon as that can be. */
static void a_broken_one_stays_broken(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    served(t);
    for (size_t i = 0; i < 2; i++) {
        fake_forget(t->x);
        assert_int_equal(omemo_renew(t->x, JULIET), 1);
        say(t, i ? "m6" : "m5", "deny thy father");
        assert_null(sent_message(t->x));
        all(t, "bundles", i ? for_now[0] : for_good[0]);
        if (i) {
            later(t, 5000);
            all(t, "bundles", for_now[0]);
        }
        assert_non_null(strstr(sent_message(t->x), i ? "id=\"m6\"" : "id=\"m5\""));
        assert_null(fake_last_event(t->x, "RECEIPT"));
        assert_true(omemo_is_broken(t->x, OMEMO_OLD, JULIET, omemo_device(t->her.o)));
    }
    later(t, 6 * MINUTE_MS);
    fake_forget(t->x);
    say(t, "m7", "and refuse thy name");
    answer_bundle(t, OMEMO_OLD);
    assert_false(omemo_is_broken(t->x, OMEMO_OLD, JULIET, omemo_device(t->her.o)));
    char *text = she_reads(t);
    assert_string_equal(text, "and refuse thy name");
    free(text);
}

/* She is verified, and a device stands in her list that has no keys to decide about: nobody waits for these. */
static void a_device_without_keys(void **state)
{
    struct both *t = *state;
    uint32_t id = omemo_device(t->her.o);
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    assert_int_equal(omemo_set_trust(ours(t), JULIET, id, OMEMO_VERIFIED), 0);
    fake_feed(t->x, EVENT(JULIET, "<items node='" OLD_LIST "'><item id='current'><list xmlns='eu.siacs.conversations.axolotl'>"
                    "<device id='%u'/><device id='4711'/></list></item></items>"), (unsigned)id);
    fake_forget(t->x);
    say(t, "m5", "deny thy father");
    assert_null(sent_message(t->x));
    fake_error(t->x, "bundles:4711", "item-not-found");
    char *text = she_reads(t);
    assert_string_equal(text, "deny thy father");
    free(text);
    assert_int_equal(omemo_forecast(t->x, JULIET, 1), KITH_OK);
    assert_non_null(fake_last_event(t->x, "published no keys"));
}

/* ---- lists that are taken away ---- */

/* Nobody is forgotten by that: the server is asked at once, and what it says counts. */
static void her_list_is_taken_away(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    fake_forget(t->x);
    fake_feed(t->x, EVENT(JULIET, "<purge node='" OLD_LIST "'/>"));
    assert_true(fake_asking(t->x, OLD_LIST));
    say(t, "m5", "deny thy father");
    assert_null(sent_message(t->x));
    hers(t);
    char *text = she_reads(t);
    assert_string_equal(text, "deny thy father");
    free(text);
    fake_feed(t->x, EVENT(JULIET, "<items node='" OLD_LIST "'><retract id='current'/></items>"));
    say(t, "m6", "Romeo");
    answer_list(t, OMEMO_OLD, NULL, 0);
    answer_list(t, OMEMO_2, NULL, 0);
    assert_non_null(fake_last_event(t->x, "no device of " JULIET));
}

/* Nor are other devices of ours: when there is a list after all nothing is written, else one with all of them. */
static void our_list_is_taken_away(void **state)
{
    struct both *t = *state;
    const uint32_t all_of_us[] = {4711, omemo_device(ours(t))};
    char *self = xasprintf("<device id=\"%u\"", (unsigned)all_of_us[1]);
    answer_list(t, OMEMO_OLD, all_of_us, 2);
    answer_list(t, OMEMO_2, all_of_us, 2);
    fake_timers(t->x);
    served(t);
    for (int i = 0; i < 2; i++) {
        fake_forget(t->x);
        fake_feed(t->x, EVENT(ME, "<items node='" OLD_LIST "'><retract id='current'/></items>"));
        fake_timers(t->x);
        assert_null(fake_last_sent(t->x, "<publish "));
        if (i == 0)
            answer_list(t, OMEMO_OLD, all_of_us, 2);
        else
            fake_error(t->x, OLD_LIST, "item-not-found");
        answer_list(t, OMEMO_2, all_of_us, 2);
        fake_timers(t->x);
        const char *xml = fake_last_sent(t->x, "publish node=\"" OLD_LIST);
        assert_int_equal(xml != NULL, i);
        if (xml)
            assert_true(strstr(xml, "<device id=\"4711\"") && strstr(xml, self));
        served(t);
    }
    free(self);
}

/* ---- what waits until we stand in our list ---- */

static void without_us(struct both *t, uint32_t besides)
{
    char *also = besides ? xasprintf("<device id='%u'/>", (unsigned)besides) : xstrdup("");
    fake_feed(t->x, EVENT(ME, "<items node='" NEW_LIST "'><item id='current'><devices xmlns='urn:xmpp:omemo:2'><device id='4711'/>%s"
                    "</devices></item></items>"), also);
    free(also);
}

static void put_back_by_another(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    served(t);
    without_us(t, 0);
    assert_int_equal(omemo_set_trust(ours(t), ME, 4711, OMEMO_DISTRUSTED), 0); /* else its keys are asked for */
    fake_forget(t->x);
    say(t, "m5", "deny thy father");
    assert_null(sent_message(t->x)); /* we are about to be put back */
    without_us(t, omemo_device(ours(t)));
    assert_non_null(sent_message(t->x));
}

static void not_put_back_any_more(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    served(t);
    omemo_of(t->x)->put_back = 100;
    omemo_of(t->x)->put_back_ms = t->x->now;
    without_us(t, 0);
    fake_forget(t->x);
    say(t, "m5", "deny thy father");
    fake_error(t->x, "4711", "item-not-found");
    assert_null(sent_message(t->x));
    fake_timers(t->x);
    assert_null(fake_last_sent(t->x, "publish node=\"" NEW_LIST));
    assert_non_null(sent_message(t->x));
}

/* ---- answers for keys that are gone ---- */

static int refuses_set(struct kith_account *a UNUSED, const char *key UNUSED, const void *data UNUSED, size_t len UNUSED)
{
    return KITH_EDENIED;
}

static int has_nothing(struct kith_account *a UNUSED, const char *key UNUSED, void *out UNUSED, size_t cap UNUSED)
{
    return KITH_ENOTFOUND;
}

static void the_keys_cannot_be_used_any_more(void **state)
{
    struct both *t = *state;
    for (int i = 0; i < 2; i++) {
        const struct kith_host fine = t->x->host;
        no_lists(t);
        assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
        say(t, "m1", "wherefore art thou");
        hers(t);
        omemo_of(t->x)->again = true;
        fake_timers(t->x);
        omemo_gone_add(t->x, 4711);
        assert_true(fake_asking(t->x, "bundles") && fake_asking(t->x, "publish node=\"" OLD_LIST));
        t->x->host.state_set = refuses_set;
        t->x->host.state_get = has_nothing;
        assert_int_equal(omemo_reopen(t->x, false), KITH_EDENIED);
        assert_null(ours(t));
        t->x->host = fine;
        all(t, "<publish ", i ? "<iq type='result'/>" : ERROR("cancel", "conflict"));
        all(t, "bundles", for_good[i]);
        all(t, "eu.siacs", for_now[i]);
        assert_int_equal(omemo_reopen(t->x, false), 0);
        bind_again(t);
    }
}

/* ---- what others make us keep ---- */

/* She writes in a session that is not here, or says that another device did. */
static void feed_sealed(struct both *t, uint32_t sid)
{
    char id[16];
    snprintf(id, sizeof id, "k%u", (unsigned)t->x->stanzas);
    char *xml = she_writes(t, OMEMO_OLD, "x", id), *at = strstr(xml, "sid=\"") + 5, *end = strchr(at, '"');
    char *other = xasprintf("%.*s%u%s", (int)(at - xml), xml, (unsigned)sid, end);
    assert_true(fake_feed_text(t->x, other));
    free(other);
    free(xml);
}

static size_t rows(struct both *t, const char *prefix)
{
    size_t n = 0;
    for (struct map_entry *e = NULL; (e = map_next(&t->x->store, e));)
        n += str_starts(e->key, prefix);
    return n;
}

/* Numbers that somebody thinks of: her list is asked for once, and nothing else is done or noted. */
static void devices_in_no_list(void **state)
{
    struct both *t = *state;
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    served(t);
    omemo_caught_up(t->x);
    fake_timers(t->x);
    served(t);
    for (uint32_t i = 1; i <= 300; i++)
        feed_sealed(t, i);
    assert_true(fake_asking(t->x, "to=\"" JULIET));
    hers(t);
    assert_false(fake_asking(t->x, "to=\"" JULIET));
    fake_timers(t->x);
    assert_false(fake_asking(t->x, "bundles"));
    assert_int_equal(rows(t, "omemo.renewed."), 0);
    assert_int_equal(omemo_of(t->x)->n_dues, 0);
    fake_time(t->x, t->x->now + MINUTE_MS);
    feed_sealed(t, 4711);
    assert_true(fake_asking(t->x, "to=\"" JULIET));
}

/* What could not be begun does not count as done, and what was done long ago is forgotten. */
static void an_hour_is_used_when_it_was_done(void **state)
{
    struct both *t = *state;
    uint32_t id = omemo_device(t->her.o);
    first_message(t, OMEMO_OLD);
    free(she_reads(t));
    served(t);
    assert_int_equal(omemo_drop_all_sessions(ours(t)), 0);
    for (uint32_t i = 1; i <= 1000; i++)
        omemo_answer_soon(t->x, OMEMO_OLD, JULIET, i);
    feed_sealed(t, id);
    assert_int_equal(rows(t, "omemo.renewed."), 0);
    while (omemo_of(t->x)->n_dues > 0)
        free(omemo_of(t->x)->dues[--omemo_of(t->x)->n_dues].jid);
    feed_sealed(t, id);
    assert_int_equal(rows(t, "omemo.renewed."), 1);
    fake_time(t->x, t->x->now + 23 * 60 * MINUTE_MS);
    omemo_tidy(t->x);
    assert_int_equal(rows(t, "omemo.renewed."), 1);
    fake_time(t->x, t->x->now + 2 * 60 * MINUTE_MS);
    omemo_tidy(t->x);
    assert_int_equal(rows(t, "omemo.renewed."), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_a_moment_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_that_cannot_be_had, setup, teardown),
        cmocka_unit_test_setup_teardown(no_answer_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(no_list, setup, teardown),
        cmocka_unit_test_setup_teardown(an_encrypted_chat, setup, teardown),
        cmocka_unit_test_setup_teardown(our_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bundle_a_moment_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bundle_that_cannot_be_had, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bundle_that_came_late, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_one_stays_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_device_without_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(her_list_is_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(our_list_is_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(put_back_by_another, setup, teardown),
        cmocka_unit_test_setup_teardown(not_put_back_any_more, setup, teardown),
        cmocka_unit_test_setup_teardown(the_keys_cannot_be_used_any_more, setup, teardown),
        cmocka_unit_test_setup_teardown(devices_in_no_list, setup, teardown),
        cmocka_unit_test_setup_teardown(an_hour_is_used_when_it_was_done, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
