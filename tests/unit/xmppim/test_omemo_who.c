/* unit/xmppim/test_omemo_who.c - six recipients times four states of a device: the forecast equals the set that decrypts */
#include "../omemo/fixture.h"
#include "backends/xmpp/omemo.h"
#include "fake_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JULIET "juliet@capulet.lit"
#define PUBSUB "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
#define PEP_FEATURES "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub#publish-options'/>"
#define SENTENCE "is it the east"

enum { IN_NONE, IN_OLD, IN_NEW, IN_BOTH, HERS = 2, DEVICES = HERS + 1 /* and another one of ours */ };

struct world {
    struct x *x;
    struct party device[DEVICES];
    int lists[DEVICES];
    bool no_bundle; /* of her second device */
    enum { WHOLE, BARE /* only the element */, NO_PRE_KEYS } bundle; /* of her second device */
};

/* ---- what servers answer ---- */

static char *text_of(xmpp_stanza_t *st)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(xmpp_stanza_to_text(st, &text, &len), XMPP_EOK);
    char *out = xstrndup(text, len);
    xmpp_free(xmpp_stanza_get_context(st), text);
    xmpp_stanza_release(st);
    return out;
}

static bool is_whose(const struct world *t, size_t k, const char *question)
{
    return t->device[k].o && (k < HERS) == (strstr(question, "to=\"" JULIET) != NULL);
}

static char *list_of(struct world *t, enum omemo_version v, const char *question)
{
    struct omemo_devices l = {.n = 0};
    for (size_t k = 0; k < DEVICES; k++) {
        if (is_whose(t, k, question) && (t->lists[k] & (v == OMEMO_OLD ? IN_OLD : IN_NEW)))
            l.v[l.n++] = (struct omemo_listed){omemo_device(t->device[k].o), NULL};
    }
    xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
    omemo_write_list(item, v, &l);
    return text_of(item);
}

static char *bundle_of(struct world *t, enum omemo_version v, const char *question)
{
    for (size_t k = 0; k < DEVICES; k++) {
        char node[OMEMO_NODE], id[16];
        struct omemo_bundle b = {0};
        if (!is_whose(t, k, question) || (k == 1 && t->no_bundle))
            continue;
        omemo_bundle_node(v, omemo_device(t->device[k].o), node, id);
        if (!strstr(question, v == OMEMO_OLD ? node : id))
            continue;
        xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
        st_set(item, "id", id);
        assert_int_equal(omemo_bundle(t->device[k].o, v, &b), 0);
        b.n = k == 1 && t->bundle == NO_PRE_KEYS ? 0 : b.n;
        if (k == 1 && t->bundle == BARE)
            st_add(item, "bundle", omemo_ns(v));
        else
            omemo_write_bundle(item, v, &b);
        omemo_bundle_clear(&b);
        return text_of(item);
    }
    return NULL;
}

static void answer_one(struct world *t)
{
    char *q = xstrdup(t->x->iqs[0].text), *item = NULL;
    bool set = strstr(q, "type=\"set\"") != NULL;
    const char *node = strstr(q, "node=\"");
    enum omemo_version v = node && strstr(node, NS_OMEMO2) ? OMEMO_2 : OMEMO_OLD;
    if (!set && node && strstr(node, "bundles"))
        item = bundle_of(t, v, q);
    else if (!set && node && (strstr(node, omemo_list_node(OMEMO_OLD)) || strstr(node, omemo_list_node(OMEMO_2))))
        item = list_of(t, v, q);
    char *name = node ? xstrndup(node + 6, strcspn(node + 6, "\"")) : xstrdup("");
    char *xml = item  ? xasprintf("<iq type='result'>" PUBSUB "<items node='%s'>%s</items></pubsub></iq>", name, item)
                : set ? xstrdup("<iq type='result'/>")
                      : xstrdup("<iq type='error'><error type='cancel'><item-not-found "
                                "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    assert_true(fake_answer_text(t->x, 0, xml));
    free(xml);
    free(name);
    free(item);
    free(q);
}

static void answer_all(struct world *t)
{
    while (t->x->n_iqs > 0)
        answer_one(t);
}

/* ---- the world ---- */

static void world_open(struct world *t, const int hers[HERS], bool no_bundle)
{
    *t = (struct world){.x = fake_open(), .lists = {hers[0], hers[1], IN_OLD}, .no_bundle = no_bundle};
    fake_option(t->x, "encryption", "omemo");
    fake_restart(&t->x);
    fake_start(t->x);
    fake_friends(t->x);
    for (size_t k = 0; k < DEVICES; k++) {
        t->device[k].now = t->x->now;
        if (t->lists[k])
            party_open(&t->device[k], k < HERS ? JULIET : ME);
    }
    fake_drop(t->x, true);
    fake_bind(t->x, false);
    fake_result(t->x, "to=\"" DOMAIN "\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(t->x, "disco#info\"", "<query xmlns='http://jabber.org/protocol/disco#info'>" PEP_FEATURES "</query>");
    answer_all(t);
    fake_timers(t->x);
    answer_all(t);
}

static void world_close(struct world *t)
{
    fake_close(t->x);
    for (size_t k = 0; k < DEVICES; k++)
        party_end(&t->device[k]);
}

static const char *sent_message(struct world *t)
{
    for (size_t i = t->x->sent.n; i-- > 0;) {
        if (str_starts(t->x->sent.s[i], "<message"))
            return t->x->sent.s[i];
    }
    return NULL;
}

/* With real sessions: does this device read the sentence in what left? */
static bool decrypts(struct world *t, struct party *by)
{
    xmpp_stanza_t *st = sent_message(t) ? xmpp_stanza_new_from_string(x_ctx(t->x), sent_message(t)) : NULL;
    struct omemo_sealed s = {0};
    struct buf secret = {0}, text = {0};
    bool can = false;
    if (!st)
        return false;
    if (omemo_read_sealed(st, by->jid, omemo_device(by->o), &s) && s.for_us &&
        omemo_decrypt(by->o, s.version, ME, s.from, s.key.data, s.key.len, s.exchange, &secret) == 0) {
        memcpy(s.payload.secret, secret.data, secret.len);
        s.payload.secret_len = secret.len;
        can = payload_decrypt(s.version, &s.payload, &text) == 0 && strstr(buf_str(&text), SENTENCE);
    }
    omemo_sealed_clear(&s);
    buf_free(&secret);
    buf_free(&text);
    xmpp_stanza_release(st);
    return can;
}

/* What the forecast told of a device: enum kith_reads; -1: it does not name it. */
static int forecast_of(struct world *t, const struct party *p)
{
    char *id = xasprintf("id=%" PRIu32 ";", omemo_device(p->o));
    int reads = -1;
    for (size_t i = 0; i < t->x->events.n; i++) {
        const char *e = t->x->events.s[i], *at = strstr(e, "reads=");
        if (str_starts(e, "DEVICE") && strstr(e, id))
            reads = at ? at[6] - '0' : 0;
    }
    free(id);
    return reads;
}

/* ---- the matrix ---- */

static const struct {
    const char *name;
    int lists[HERS];
    bool no_bundle;
} recipients[] = {{"one of the old version", {IN_OLD}, false},
                  {"one of the new version", {IN_NEW}, false},
                  {"one of both", {IN_BOTH}, false},
                  {"two, one of each", {IN_OLD, IN_NEW}, false},
                  {"two, one without keys on the server", {IN_BOTH, IN_NEW}, true},
                  {"nobody", {IN_NONE}, false}};

static void one_case(size_t recipient, enum omemo_trust trust)
{
    struct world t;
    world_open(&t, recipients[recipient].lists, recipients[recipient].no_bundle);
    assert_int_equal(omemo_set_chat(t.x, JULIET, true), 0);
    assert_int_equal(omemo_forecast(t.x, JULIET, 1), KITH_OK); /* her keys are fetched by it */
    answer_all(&t);
    if (t.device[0].o)
        assert_int_equal(omemo_set_trust(omemo_of(t.x)->o, JULIET, omemo_device(t.device[0].o), trust), 0);
    fake_forget(t.x);
    assert_int_equal(omemo_forecast(t.x, JULIET, 2), KITH_OK);
    answer_all(&t);
    bool waits = false, hers = false;
    int reads[DEVICES];
    for (size_t k = 0; k < DEVICES; k++) {
        reads[k] = t.device[k].o ? forecast_of(&t, &t.device[k]) : KITH_READS_NO;
        assert_int_not_equal(reads[k], -1);
        waits |= reads[k] == KITH_READS_WAITS;
        hers |= k < HERS && reads[k] == KITH_READS_YES;
    }
    if (t.device[0].o)
        assert_int_equal(reads[0], trust == OMEMO_UNDECIDED    ? KITH_READS_WAITS
                                   : trust == OMEMO_DISTRUSTED ? KITH_READS_NO
                                                               : KITH_READS_YES);
    if (t.device[1].o)
        assert_int_equal(reads[1], t.no_bundle ? KITH_READS_NO : KITH_READS_YES);
    assert_int_equal(waits, recipients[recipient].lists[0] && trust == OMEMO_UNDECIDED);
    const struct kith_send m = {.size = sizeof m, .chat = JULIET, .id = "m1", .body = SENTENCE};
    assert_int_equal(im_send(t.x, &m), KITH_OK);
    answer_all(&t);
    for (size_t i = 0; i < t.x->sent.n; i++)
        assert_null(strstr(t.x->sent.s[i], SENTENCE));
    for (size_t k = 0; k < DEVICES; k++) {
        bool should = reads[k] == KITH_READS_YES && !waits && hers; /* nothing is sent to ourselves alone */
        if (t.device[k].o && decrypts(&t, &t.device[k]) != should)
            fail_msg("%s, trust %d: device %zu %s", recipients[recipient].name, (int)trust, k, should ? "cannot read it" : "reads it");
    }
    assert_int_equal(sent_message(&t) != NULL, hers && !waits);
    world_close(&t);
}

static void the_forecast_is_who_decrypts(void **state)
{
    static const enum omemo_trust states[] = {OMEMO_UNDECIDED, OMEMO_BLIND, OMEMO_VERIFIED, OMEMO_DISTRUSTED};
    assert_int_equal(COUNT(recipients) * COUNT(states), 24);
    for (size_t i = 0; i < COUNT(recipients); i++) {
        for (size_t k = 0; k < COUNT(states); k++)
            one_case(i, states[k]);
    }
}

/* A device with an empty bundle cannot read, which is said; the others can. Where it is the only one nothing leaves. */
static void empty_bundles(void **state)
{
    const struct kith_send m = {.size = sizeof m, .chat = JULIET, .id = "m1", .body = SENTENCE};
    for (int i = 0; i < 8; i++) {
        int list = i & 1 ? IN_OLD : IN_NEW;
        bool alone = i & 4;
        struct world t;
        world_open(&t, (const int[]){alone ? IN_NONE : list, list}, false);
        t.bundle = i & 2 ? BARE : NO_PRE_KEYS;
        assert_int_equal(omemo_set_chat(t.x, JULIET, true), 0);
        assert_int_equal(omemo_forecast(t.x, JULIET, 1), KITH_OK);
        answer_all(&t);
        fake_forget(t.x);
        assert_int_equal(omemo_forecast(t.x, JULIET, 2), KITH_OK);
        answer_all(&t);
        assert_int_equal(forecast_of(&t, &t.device[1]), KITH_READS_NO);
        assert_int_equal(im_send(t.x, &m), KITH_OK);
        answer_all(&t);
        assert_false(decrypts(&t, &t.device[1]));
        assert_int_equal(sent_message(&t) != NULL, !alone);
        if (!alone)
            assert_true(decrypts(&t, &t.device[0]));
        else
            assert_true(fake_take_event(t.x, "no device of " JULIET));
        world_close(&t);
    }
}

/* ---- what the user decides ---- */

static void trust_is_for_the_key_that_was_seen(void **state)
{
    struct world t;
    char id[16], fingerprint[OMEMO_FINGERPRINT];
    unsigned char key[OMEMO_KEY];
    world_open(&t, (const int[]){IN_OLD, IN_NONE}, false);
    snprintf(id, sizeof id, "%" PRIu32, omemo_device(t.device[0].o));
    omemo_identity(t.device[0].o, key);
    omemo_fingerprint(key, fingerprint);
    assert_int_equal(omemo_forecast(t.x, JULIET, 1), KITH_OK);
    answer_all(&t);
    fake_forget(t.x);
    char *wrong = xstrdup(fingerprint);
    wrong[3] = wrong[3] == 'a' ? 'b' : 'a';
    assert_int_equal(omemo_trust_device(t.x, JULIET, id, wrong, KITH_DEVICE_VERIFIED, 2), KITH_OK);
    expect_event(t.x, "REPLY", "req=2;", "not the fingerprint");
    assert_int_equal(omemo_trust_device(t.x, JULIET, id, NULL, KITH_DEVICE_VERIFIED, 3), KITH_OK);
    expect_event(t.x, "REPLY", "req=3;", "not the fingerprint");
    assert_int_equal(omemo_trust_device(t.x, JULIET, "4", NULL, KITH_DEVICE_BLIND, 4), KITH_OK);
    expect_event(t.x, "REPLY", "req=4;", "no such device");
    assert_int_equal(omemo_trust_device(t.x, JULIET, "4x", NULL, KITH_DEVICE_BLIND, 5), KITH_EINVAL);
    for (char *p = fingerprint; *p; p++)
        *p = *p >= 'a' && *p <= 'f' ? (char)(*p - 'a' + 'A') : *p;
    assert_int_equal(omemo_trust_device(t.x, JULIET, id, fingerprint, KITH_DEVICE_VERIFIED, 6), KITH_OK);
    expect_event(t.x, "REPLY", "req=6;", "is verified");
    assert_int_equal(omemo_forecast(t.x, JULIET, 7), KITH_OK);
    assert_true(fake_take_event(t.x, "trust=2;"));
    free(wrong);
    world_close(&t);
}

static void a_chat_is_switched(void **state)
{
    struct world t;
    world_open(&t, (const int[]){IN_NEW, IN_NONE}, false);
    fake_forget(t.x);
    assert_int_equal(omemo_encrypt_chat(t.x, JULIET, true, 1), KITH_OK);
    answer_all(&t);
    expect_event(t.x, "ENCRYPTION", "chat=" JULIET ";");
    assert_true(fake_take_event(t.x, "REPLY"));
    assert_true(omemo_holds(t.x, JULIET));
    assert_int_equal(omemo_encrypt_chat(t.x, JULIET, false, 2), KITH_OK);
    expect_event(t.x, "ENCRYPTION", "flags=16384;");
    expect_event(t.x, "REPLY", "req=2;", "can read");
    assert_false(omemo_holds(t.x, JULIET));
    world_close(&t);
    world_open(&t, (const int[]){IN_NONE, IN_NONE}, false);
    assert_int_equal(omemo_encrypt_chat(t.x, JULIET, true, 3), KITH_OK);
    answer_all(&t);
    assert_true(fake_take_event(t.x, "no device of " JULIET " can read it"));
    assert_false(omemo_holds(t.x, JULIET));
    world_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_forecast_is_who_decrypts), cmocka_unit_test(empty_bundles),
                                       cmocka_unit_test(trust_is_for_the_key_that_was_seen),
                                       cmocka_unit_test(a_chat_is_switched)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
