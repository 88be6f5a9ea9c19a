/* unit/xmppim/test_omemo_atm_out.c - who hears of what the user decides about a device; a key that changed */
#include "vouch.h"

#include "backends/common/scram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- telling ---- */

/* What device k reads in the messages that left since fake_forget(): one after the other; owned. */
static char *reads(struct world *t, size_t k)
{
    struct buf all = {0};
    for (size_t i = 0; i < t->both.x->sent.n; i++) {
        const char *xml = t->both.x->sent.s[i];
        if (!str_starts(xml, "<message"))
            continue;
        assert_null(strstr(xml, "trust-message"));
        xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->both.x), xml);
        struct omemo_sealed s = {0};
        struct buf secret = {.secret = true};
        if (omemo_read_sealed(st, jid_of(k), id_of(t, k), &s) && s.for_us) {
            assert_int_equal(s.version, OMEMO_2);
            assert_int_equal(omemo_decrypt(t->d[k].o, s.version, ME, s.from, s.key.data, s.key.len, s.exchange, &secret), 0);
            memcpy(s.payload.secret, secret.data, secret.len);
            s.payload.secret_len = secret.len;
            assert_int_equal(payload_decrypt(s.version, &s.payload, &all), 0);
            assert_string_equal(st_attr(st, "type"), "chat");
            assert_true(jid_same_bare(st_attr(st, "to"), jid_of(k)));
            assert_non_null(st_child(st, "store", NS_HINTS));
        }
        omemo_sealed_clear(&s);
        buf_free(&secret);
        xmpp_stanza_release(st);
    }
    return buf_take(&all);
}

/* "Atrust" ...: device k read that statement about device `about`, and nobody else's (what ends with 0). */
static bool has_statement(struct world *t, const char *text, size_t about, const char *what)
{
    char *key = key_text(t, about, true), *element = xasprintf("<%s>%s</%s>", what, key, what);
    bool has = text && strstr(text, element);
    free(key);
    free(element);
    return has;
}

static void sessions_with_all(struct world *t)
{
    struct party us = {.jid = ME, .o = ours(t)};
    for (size_t k = 0; k < DEVICES; k++)
        assert_int_equal(party_meet(&us, &t->d[k], OMEMO_2), 0);
}

static void expect_reads(struct world *t, size_t k, const char *trusts, const char *distrusts)
{
    char *text = reads(t, k);
    for (size_t i = 0; i < DEVICES; i++) {
        char sign = (char)('0' + (int)i);
        if (has_statement(t, text, i, "trust") != (strchr(trusts, sign) != NULL) ||
            has_statement(t, text, i, "distrust") != (strchr(distrusts, sign) != NULL))
            fail_msg("device %zu reads of %zu: %s", k, i, text ? text : "nothing");
    }
    if (*trusts || *distrusts) {
        assert_non_null(strstr(text, "usage=\"urn:xmpp:atm:1\""));
        assert_non_null(strstr(text, "<rpad>"));
        assert_non_null(strstr(text, "<time "));
        assert_non_null(strstr(text, "<from jid=\"" ME "\""));
        assert_non_null(strstr(text, "<to jid=\""));
    }
    free(text);
}

/* §4.1.1: of it to ours that are verified; of ours to it. Nobody else hears anything. */
static void a_contacts_device_is_verified(void **state)
{
    struct world *t = *state;
    sessions_with_all(t);
    set(t, A2, OMEMO_VERIFIED);
    set(t, N1, OMEMO_VERIFIED);
    fake_forget(t->both.x);
    user_says(t, H1, OMEMO_VERIFIED);
    expect_reads(t, A2, "0", "");
    expect_reads(t, H1, "2", "");
    expect_reads(t, H2, "", "");
    expect_reads(t, A3, "", "");
    expect_reads(t, N1, "", "");
    assert_int_equal(atm_of(t->both.x)->told, 1);
    fake_result(t->both.x, NS_PING, "<x/>"); /* the server has all that was before it */
    assert_int_equal(atm_of(t->both.x)->told, 0);
    fake_forget(t->both.x);
    user_says(t, H1, OMEMO_VERIFIED); /* which it is already */
    expect_reads(t, A2, "", "");
}

/* §4.2.1: of it to all that are verified; of all of these to it. */
static void a_device_of_ours_is_verified(void **state)
{
    struct world *t = *state;
    sessions_with_all(t);
    set(t, A2, OMEMO_VERIFIED);
    set(t, H1, OMEMO_VERIFIED);
    set(t, N1, OMEMO_VERIFIED);
    fake_forget(t->both.x);
    user_says(t, A3, OMEMO_VERIFIED);
    expect_reads(t, A2, "3", "");
    expect_reads(t, H1, "3", "");
    expect_reads(t, N1, "3", "");
    expect_reads(t, H2, "", "");
    expect_reads(t, A3, "024", "");
}

/* §4.3.1, §4.4.1 */
static void devices_are_distrusted(void **state)
{
    struct world *t = *state;
    sessions_with_all(t);
    set(t, A2, OMEMO_VERIFIED);
    set(t, H1, OMEMO_VERIFIED);
    fake_forget(t->both.x);
    user_says(t, A3, OMEMO_DISTRUSTED);
    expect_reads(t, A2, "", "3");
    expect_reads(t, H1, "", "3");
    expect_reads(t, A3, "", "");
    expect_reads(t, N1, "", "");
    fake_forget(t->both.x);
    user_says(t, H2, OMEMO_DISTRUSTED);
    expect_reads(t, A2, "", "1");
    expect_reads(t, H1, "", "");
    expect_reads(t, H2, "", "");
}

static void by_itself_nothing_is_told(void **state)
{
    struct world *t = *state;
    sessions_with_all(t);
    set(t, A2, OMEMO_VERIFIED);
    set(t, A3, OMEMO_VERIFIED);
    fake_forget(t->both.x);
    says(t, A2, owner(t, JULIET, H1, "trust"));
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    expect_reads(t, A3, "", "");
    expect_reads(t, H1, "", "");
}

/* Decided without a connection: it is told in the next session; what was undone before that is not. */
static void it_is_told_later(void **state)
{
    struct world *t = *state;
    struct x *x = t->both.x;
    sessions_with_all(t);
    set(t, A2, OMEMO_VERIFIED);
    fake_drop(x, true);
    user_says(t, H1, OMEMO_VERIFIED);
    user_says(t, H2, OMEMO_VERIFIED);
    user_says(t, H2, OMEMO_BLIND);
    assert_int_equal(atm_of(x)->told, 1);
    expect_reads(t, A2, "", "");
    bind_again(&t->both);
    fake_forget(x);
    no_lists(&t->both);
    fake_timers(x);
    expect_reads(t, A2, "0", "");
}

static void nothing_leaves_in_the_clear(void **state)
{
    struct world *t = *state;
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->both.x), "<message to='" NURSE "' type='chat'>" BEGIN END "</message>");
    assert_false(omemo_holds(t->both.x, NURSE));
    assert_false(omemo_lets_out(t->both.x, st));
    xmpp_stanza_release(st);
}

/* ---- another key ---- */

static void a_changed_key_is_taken_in_words_alone(void **state)
{
    struct world *t = *state;
    struct x *x = t->both.x;
    unsigned char fresh[OMEMO_KEY];
    char id[16], before[OMEMO_FINGERPRINT], after[OMEMO_FINGERPRINT];
    sessions_with_all(t);
    memcpy(fresh, known(t, N1).key, OMEMO_KEY);
    omemo_fingerprint(known(t, H1).key, before);
    omemo_fingerprint(fresh, after);
    snprintf(id, sizeof id, "%" PRIu32, id_of(t, H1));
    omemo_offer(ours(t), JULIET, id_of(t, H1), fresh);
    assert_int_equal(omemo_trust_device(x, JULIET, id, after, KITH_DEVICE_BLIND, 1), KITH_OK);
    expect_event(x, "REPLY", "req=1;", "only /verify");
    assert_int_equal(omemo_trust_device(x, JULIET, id, before, KITH_DEVICE_VERIFIED, 2), KITH_OK);
    expect_event(x, "REPLY", "req=2;", "nothing was changed");
    assert_int_equal(omemo_trust_device(x, JULIET, id, NULL, KITH_DEVICE_VERIFIED, 3), KITH_OK);
    expect_event(x, "REPLY", "req=3;", "nothing was changed");
    assert_true(known(t, H1).changed);
    assert_true(omemo_has_session(ours(t), OMEMO_2, JULIET, id_of(t, H1)));
    fake_forget(x);
    assert_int_equal(omemo_trust_device(x, JULIET, id, after, KITH_DEVICE_VERIFIED, 4), KITH_OK);
    expect_event(x, "REPLY", "req=4;", "is verified");
    assert_false(known(t, H1).changed);
    assert_memory_equal(known(t, H1).key, fresh, OMEMO_KEY);
    assert_false(omemo_has_session(ours(t), OMEMO_2, JULIET, id_of(t, H1)));
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_contacts_device_is_verified), T(a_device_of_ours_is_verified),
        T(devices_are_distrusted), T(by_itself_nothing_is_told), T(it_is_told_later),
        T(nothing_leaves_in_the_clear), T(a_changed_key_is_taken_in_words_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
