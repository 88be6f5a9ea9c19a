/* unit/xmppim/test_omemo_atm.c - trust messages that come: who is believed about whose keys, and when (XEP-0434, 0450) */
#include "vouch.h"

#include "backends/common/scram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- receiving ---- */

/* XEP-0450 §4.1.2.1: our other device has compared the key of a contact. */
static void our_own_device_vouches(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    says(t, A2, owner(t, JULIET, H1, "trust"));
    struct omemo_known d = known(t, H1);
    assert_int_equal(d.trust, OMEMO_VERIFIED);
    assert_int_equal(d.by, OMEMO_BY_OWN);
    assert_int_equal(d.by_device, id_of(t, A2));
    char *words = xasprintf("your device %" PRIu32 " vouches", id_of(t, A2));
    expect_event(t->both.x, "NOTICE", "chat=" JULIET ";", "is verified now", words);
    free(words);
    assert_int_equal(waiting(t), 0);
    assert_int_equal(trust_of(t, H2), OMEMO_BLIND);
    assert_false(fake_take_event(t->both.x, "MESSAGE")); /* nothing of it is a text */
    fake_forget(t->both.x);
    assert_int_equal(omemo_forecast(t->both.x, JULIET, 7), KITH_OK);
    while (t->both.x->n_iqs > 0)
        assert_true(fake_answer_text(t->both.x, 0, "<iq type='error'><error type='cancel'><item-not-found "
                                                   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"));
    assert_true(fake_take_event(t->both.x, "trust=2;"));
}

/* §4.1.2.2: another device of the contact, about that contact's keys alone. */
static void a_contact_speaks_of_his_own(void **state)
{
    struct world *t = *state;
    set(t, H1, OMEMO_VERIFIED);
    says(t, H1, owner(t, JULIET, H2, "trust"));
    assert_int_equal(trust_of(t, H2), OMEMO_VERIFIED);
    assert_int_equal(known(t, H2).by, OMEMO_BY_OWNER);
    expect_event(t->both.x, "NOTICE", "chat=" JULIET ";", "their device");
    says(t, H1, owner(t, NURSE, N1, "trust"));
    says(t, H1, owner(t, ME, A2, "trust"));
    says(t, H1, owner(t, ME, A2, "distrust"));
    assert_int_equal(trust_of(t, N1), OMEMO_BLIND);
    assert_int_equal(trust_of(t, A2), OMEMO_BLIND);
    assert_int_equal(waiting(t), 0); /* nor is it kept for later */
    expect_no_event(t->both.x);
}

/* Servers bring what is to the own account without a "to". */
static void without_an_address(void **state)
{
    struct world *t = *state;
    char *statement = owner(t, JULIET, H1, "trust"), *content = xasprintf(BEGIN "%s" END, statement);
    char *text = envelope(t, A2, t->both.x->now, content), *xml = sealed(t, A2, OMEMO_2, text), *to = strstr(xml, " to=\"" ME "\"");
    assert_non_null(to);
    memset(to, ' ', strlen(" to=\"" ME "\""));
    set(t, A2, OMEMO_VERIFIED);
    assert_true(fake_feed_text(t->both.x, xml));
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    free(xml);
    free(text);
    free(content);
    free(statement);
}

static void nobody_vouches_for_himself(void **state)
{
    struct world *t = *state;
    says(t, H1, owner(t, JULIET, H1, "trust"));
    assert_int_equal(waiting(t), 0);
    assert_int_equal(trust_of(t, H1), OMEMO_BLIND);
    set(t, A2, OMEMO_VERIFIED);
    says(t, A2, owner(t, ME, A2, "distrust"));
    assert_int_equal(trust_of(t, A2), OMEMO_VERIFIED);
}

/* Of one who is not verified it is kept, over a restart, and takes effect when he is; then whom he vouched for is heard as well. */
static void kept_until_the_sender_is_verified(void **state)
{
    struct world *t = *state;
    says(t, A2, owner(t, ME, A3, "trust"));
    says(t, A3, owner(t, JULIET, H1, "trust"));
    assert_int_equal(trust_of(t, A3), OMEMO_BLIND);
    assert_int_equal(waiting(t), 2);
    expect_no_event(t->both.x);
    fake_restart(&t->both.x);
    fake_start(t->both.x);
    assert_int_equal(waiting(t), 2);
    user_says(t, A2, OMEMO_VERIFIED);
    assert_int_equal(trust_of(t, A3), OMEMO_VERIFIED);
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    assert_int_equal(known(t, H1).by_device, id_of(t, A3));
    assert_int_equal(waiting(t), 0);
}

static void thrown_away_when_the_sender_is_not_trusted(void **state)
{
    struct world *t = *state;
    says(t, A2, owner(t, ME, A3, "trust"));
    assert_int_equal(waiting(t), 1);
    user_says(t, A2, OMEMO_DISTRUSTED);
    assert_int_equal(waiting(t), 0);
    says(t, A2, owner(t, ME, A3, "trust"));
    assert_int_equal(waiting(t), 0);
    user_says(t, A2, OMEMO_VERIFIED);
    assert_int_equal(trust_of(t, A3), OMEMO_BLIND);
}

/* Who made it had another key then: what he said is not what this one says. */
static void of_the_key_that_said_it(void **state)
{
    struct world *t = *state;
    unsigned char other[OMEMO_KEY];
    says(t, A2, owner(t, ME, A3, "trust"));
    memcpy(other, known(t, N1).key, OMEMO_KEY);
    omemo_offer(ours(t), ME, id_of(t, A2), other);
    assert_int_equal(omemo_accept(ours(t), ME, id_of(t, A2)), 0);
    (void)omemo_atm_settle(t->both.x);
    assert_int_equal(waiting(t), 0);
    assert_int_equal(trust_of(t, A3), OMEMO_BLIND);
}

static void what_is_distrusted(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    set(t, H1, OMEMO_VERIFIED);
    says(t, A2, owner(t, ME, A3, "distrust"));
    assert_int_equal(trust_of(t, A3), OMEMO_DISTRUSTED);
    expect_event(t->both.x, "NOTICE", "!chat=", "is not trusted any more");
    says(t, H1, owner(t, JULIET, H2, "distrust"));
    assert_int_equal(trust_of(t, H2), OMEMO_DISTRUSTED);
    expect_event(t->both.x, "NOTICE", "chat=" JULIET ";", "is not trusted any more");
    says(t, A2, owner(t, NURSE, N1, "distrust"));
    assert_int_equal(trust_of(t, N1), OMEMO_DISTRUSTED);
}

/* Whom the user does not trust stays so, whoever vouches; whom he let read is asked about, however often it is said. */
static void the_user_has_the_last_word(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    set(t, H1, OMEMO_DISTRUSTED);
    set(t, H2, OMEMO_VERIFIED);
    says_at(t, A2, 10, owner(t, JULIET, H1, "trust"));
    assert_int_equal(trust_of(t, H1), OMEMO_DISTRUSTED);
    expect_event(t->both.x, "NOTICE", "chat=" JULIET ";", "stays left out");
    says_at(t, A2, 20, owner(t, JULIET, H1, "trust"));
    assert_int_equal(trust_of(t, H1), OMEMO_DISTRUSTED);
    expect_no_event(t->both.x); /* said once */
    says_at(t, A2, 30, owner(t, JULIET, H2, "distrust"));
    assert_int_equal(trust_of(t, H2), OMEMO_UNDECIDED);
    expect_event(t->both.x, "NOTICE", "chat=" JULIET ";", "until you decide");
    says_at(t, A2, 40, owner(t, JULIET, H2, "distrust"));
    assert_int_equal(trust_of(t, H2), OMEMO_UNDECIDED);
    user_says(t, H2, OMEMO_VERIFIED);
    assert_int_equal(trust_of(t, H2), OMEMO_VERIFIED);
    says_at(t, A2, -50, owner(t, JULIET, H2, "distrust")); /* older than what he decided */
    assert_int_equal(trust_of(t, H2), OMEMO_VERIFIED);
    set(t, H1, OMEMO_BLIND);
    says_at(t, A2, 60, owner(t, JULIET, H1, "trust")); /* he let it read without comparing: that is done now */
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
}

/* The server may bring them in another order than they were written in. */
static void the_newest_counts(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    says_at(t, A2, 100, owner(t, JULIET, H1, "distrust"));
    says_at(t, A2, 50, owner(t, JULIET, H1, "trust"));
    assert_int_equal(trust_of(t, H1), OMEMO_DISTRUSTED);
    says_at(t, A2, 200, owner(t, JULIET, H1, "trust"));
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    says_at(t, A2, 150, owner(t, JULIET, H1, "distrust"));
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    says_at(t, A3, 300, owner(t, NURSE, N1, "trust")); /* and of those that wait */
    says_at(t, A3, 250, owner(t, NURSE, N1, "distrust"));
    user_says(t, A3, OMEMO_VERIFIED);
    assert_int_equal(trust_of(t, N1), OMEMO_VERIFIED);
}

static void both_at_once_is_distrust(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    char *a = owner(t, JULIET, H1, "distrust"), *b = owner(t, JULIET, H1, "trust");
    says(t, A2, xasprintf("%s%s", a, b));
    assert_int_equal(trust_of(t, H1), OMEMO_DISTRUSTED);
    free(a);
    free(b);
}

/* A key that nobody has seen yet: when the device shows it. */
static void a_key_that_comes_later(void **state)
{
    struct world *t = *state;
    struct party late = {.now = t->both.x->now};
    unsigned char key[OMEMO_KEY], id[OMEMO_KEY];
    party_open(&late, JULIET);
    omemo_identity(late.o, key);
    assert_true(tm_id(ours(t), OMEMO_2, key, id));
    struct buf b = {0};
    b64_encode(&b, id, sizeof id);
    set(t, A2, OMEMO_VERIFIED);
    says(t, A2, xasprintf("<key-owner jid='" JULIET "'><trust>%s</trust></key-owner>", buf_str(&b)));
    assert_int_equal(waiting(t), 1);
    struct party us = {.jid = ME, .o = ours(t)};
    assert_int_equal(party_meet(&late, &us, OMEMO_2), 0);
    struct party keep = t->d[H1];
    t->d[H1] = late; /* its first words, with which its key comes */
    feed(t, H1, OMEMO_2, "<envelope xmlns='urn:xmpp:sce:1'><rpad>x</rpad><content><body xmlns='jabber:client'>hello</body></content></envelope>");
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    expect_event(t->both.x, "NOTICE", "is verified now");
    expect_event(t->both.x, "MESSAGE", "body=hello;", "enc=1;"); /* already by what is known of it */
    assert_int_equal(waiting(t), 0);
    late = t->d[H1];
    t->d[H1] = keep;
    party_end(&late);
    buf_free(&b);
}

/* XEP-0384 names a key by its fingerprint; that is understood as well as the form in which it is published. */
static void either_form_of_a_key(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    char *plain = key_text(t, H1, false), *published = key_text(t, H1, true);
    assert_string_not_equal(plain, published);
    says(t, A2, xasprintf("<key-owner jid='" JULIET "'><trust>%s</trust></key-owner>", plain));
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    free(plain);
    free(published);
}

static struct kith_host real;
static size_t walks;

static int counted_each(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user)
{
    walks += prefix[strlen(prefix) - 1] == '/'; /* of many rows */
    return real.state_each(a, prefix, fn, user);
}

static void never_without_end(void **state)
{
    struct world *t = *state;
    struct buf b = {0};
    for (unsigned i = 0; i < 480; i++) {
        unsigned char id[OMEMO_KEY] = {(unsigned char)i, (unsigned char)(i >> 8), 7};
        buf_adds(&b, "<trust>");
        b64_encode(&b, id, sizeof id);
        buf_adds(&b, "</trust>");
    }
    real = t->both.x->host;
    t->both.x->host.state_each = counted_each;
    walks = 0;
    says(t, H1, xasprintf("<key-owner jid='" JULIET "'>%s</key-owner>", buf_str(&b)));
    t->both.x->host = real;
    assert_in_range(walks, 1, 20); /* what waits is counted for the message, not for each of its 480 keys */
    assert_int_equal(waiting(t), ATM_MOST);
    says(t, A2, xasprintf("<key-owner jid='" JULIET "'>%s</key-owner>", buf_str(&b))); /* ours are not crowded out */
    assert_int_equal(waiting(t), ATM_MOST + 480);
    buf_free(&b);
}

static void of_strangers_nothing_is_kept(void **state)
{
    struct world *t = *state;
    fake_feed(t->both.x, "<iq type='set' id='r1'><query xmlns='jabber:iq:roster'><item jid='" NURSE "' subscription='remove'/>"
                         "</query></iq>");
    unsigned char id[OMEMO_KEY] = {1, 2, 3};
    struct buf b = {0};
    b64_encode(&b, id, sizeof id);
    says(t, N1, xasprintf("<key-owner jid='" NURSE "'><trust>%s</trust></key-owner>", buf_str(&b)));
    assert_int_equal(waiting(t), 0);
    buf_free(&b);
}

/* ---- forged ---- */

static void what_is_none(void **state)
{
    struct world *t = *state;
    set(t, A2, OMEMO_VERIFIED);
    char *fine = owner(t, JULIET, H1, "trust"), *key = key_text(t, H1, true);
    char *rows[] = {
        xasprintf("<trust-message xmlns='urn:xmpp:tm:1' usage='urn:xmpp:atm:0' encryption='urn:xmpp:omemo:2'>%s" END, fine),
        xasprintf("<trust-message xmlns='urn:xmpp:tm:1' encryption='urn:xmpp:omemo:2'>%s" END, fine),
        xasprintf("<trust-message xmlns='urn:xmpp:tm:1' usage='urn:xmpp:atm:1' encryption='urn:xmpp:openpgp:0'>%s" END, fine),
        xasprintf("<trust-message xmlns='urn:xmpp:tm:0' usage='urn:xmpp:atm:1' encryption='urn:xmpp:omemo:2'>%s" END, fine),
        xasprintf(BEGIN "%s" END BEGIN "%s" END, fine, fine),
        xstrdup(BEGIN END),
        xstrdup(BEGIN "<key-owner jid='" JULIET "'/>" END),
        xasprintf(BEGIN "<key-owner><trust>%s</trust></key-owner>" END, key),
        xasprintf(BEGIN "<key-owner jid='" JULIET "/balcony'><trust>%s</trust></key-owner>" END, key),
        xasprintf(BEGIN "<key-owner jid='" JULIET "'><trust>%s</trust><trust>AAAA</trust></key-owner>" END, key),
        xasprintf(BEGIN "<key-owner jid='" JULIET "'><trust>%s</trust><trust>%.10s*</trust></key-owner>" END, key, key),
        xasprintf(BEGIN "<key-owner jid='" JULIET "'><trust/><trust>%s</trust></key-owner>" END, key),
        xasprintf("<x xmlns='urn:x'>" BEGIN "%s" END "</x>", fine),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = envelope(t, A2, t->both.x->now, rows[i]);
        feed(t, A2, OMEMO_2, text);
        if (trust_of(t, H1) != OMEMO_BLIND || waiting(t) != 0)
            fail_msg("%s was believed", rows[i]);
        free(text);
        free(rows[i]);
    }
    says(t, A2, xstrdup(fine)); /* and this one is one */
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    free(fine);
    free(key);
}

static void feed_bare(struct world *t, const char *time, const char *to, const char *owners)
{
    char *text = xasprintf("<envelope xmlns='urn:xmpp:sce:1'><rpad>x</rpad>%s<from jid='" ME "'/>%s<content>" BEGIN "%s" END
                           "</content></envelope>", time, to, owners);
    feed(t, A2, OMEMO_2, text);
    free(text);
}

/* XEP-0434 §5.2.1: without a time it could be an old one; to somebody else it was never said to us. */
static void not_said_to_us_or_at_no_time(void **state)
{
    struct world *t = *state;
    char *fine = owner(t, JULIET, H1, "trust");
    set(t, A2, OMEMO_VERIFIED);
    feed_bare(t, "", "", fine);
    feed_bare(t, "<time stamp='yesterday'/>", "", fine);
    feed_bare(t, "<time stamp='2031-01-01T00:00:00Z'/>", "", fine); /* would outlive whatever comes after it */
    feed_bare(t, "<time stamp='2025-01-01T00:00:00Z'/>", "<to jid='" NURSE "'/>", fine);
    assert_int_equal(trust_of(t, H1), OMEMO_BLIND);
    assert_int_equal(waiting(t), 0);
    feed_bare(t, "<time stamp='2025-01-01T00:00:00'/>", "<to jid='" ME "'/>", fine); /* as the examples write it */
    assert_int_equal(trust_of(t, H1), OMEMO_VERIFIED);
    free(fine);
}

/* In the clear, beside an envelope, or in what the old version carries: whoever is on the way could have written it. */
static void only_from_inside(void **state)
{
    struct world *t = *state;
    char *fine = owner(t, JULIET, H1, "trust"), *element = xasprintf(BEGIN "%s" END, fine);
    set(t, A2, OMEMO_VERIFIED);
    char *open = xasprintf("<message from='" ME "/there' to='" ME "' type='chat' id='o1'>%s</message>", element);
    assert_true(fake_feed_text(t->both.x, open));
    char *inside = xstrdup("<envelope xmlns='urn:xmpp:sce:1'><rpad>x</rpad><time stamp='2025-01-01T00:00:00Z'/><content>"
                           "<body xmlns='jabber:client'>hello</body></content></envelope>");
    char *xml = sealed(t, A2, OMEMO_2, inside), *end = strstr(xml, "</message>");
    *end = '\0';
    char *beside = xasprintf("%s%s</message>", xml, element);
    assert_true(fake_feed_text(t->both.x, beside));
    feed(t, A2, OMEMO_OLD, element);
    assert_int_equal(trust_of(t, H1), OMEMO_BLIND);
    assert_int_equal(waiting(t), 0);
    free(beside);
    free(xml);
    free(inside);
    free(open);
    free(element);
    free(fine);
}

/* What is for others of our devices alone is no message that somebody misses. */
static void for_other_devices(void **state)
{
    struct world *t = *state;
    static const char kind[] = "<message from='" JULIET "/b' to='" ME "' type='chat' id='k%d'><encrypted xmlns='urn:xmpp:omemo:2'>"
                               "<header sid='77'><keys jid='" ME "'><key rid='4711'>AAAA</key></keys></header><payload>AAAA</payload>"
                               "</encrypted>%s</message>";
    char *quiet = xasprintf(kind, 1, "<store xmlns='urn:xmpp:hints'/>");
    char *loud = xasprintf(kind, 2, "<encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:omemo:2'/>");
    assert_true(fake_feed_text(t->both.x, quiet));
    expect_no_event(t->both.x);
    assert_true(fake_feed_text(t->both.x, loud));
    expect_event(t->both.x, "MESSAGE", "enc=4;");
    free(quiet);
    free(loud);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

/* What waits is dropped with the keys: it is counted anew. */
static void another_identity_has_heard_nothing(void **state)
{
    struct world *t = *state;
    says(t, H1, owner(t, JULIET, H2, "trust"));
    fake_drop(t->both.x, false);
    user_says(t, N1, OMEMO_VERIFIED);
    assert_int_equal(waiting(t), 1);
    assert_int_equal(atm_of(t->both.x)->heard, 1);
    assert_int_equal(atm_of(t->both.x)->told, 1);
    assert_int_equal(omemo_reset_keys(t->both.x, 7), KITH_OK);
    assert_int_equal(waiting(t), 0);
    assert_int_equal(atm_of(t->both.x)->heard, 0);
    assert_int_equal(atm_of(t->both.x)->told, 0);
    assert_int_equal(atm_of(t->both.x)->sent.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(our_own_device_vouches), T(a_contact_speaks_of_his_own), T(without_an_address), T(nobody_vouches_for_himself),
        T(kept_until_the_sender_is_verified), T(thrown_away_when_the_sender_is_not_trusted),
        T(of_the_key_that_said_it), T(what_is_distrusted), T(the_user_has_the_last_word),
        T(the_newest_counts), T(both_at_once_is_distrust), T(a_key_that_comes_later),
        T(either_form_of_a_key), T(never_without_end), T(of_strangers_nothing_is_kept),
        T(what_is_none), T(not_said_to_us_or_at_no_time), T(only_from_inside),
        T(for_other_devices), T(another_identity_has_heard_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
