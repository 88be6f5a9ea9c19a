/* unit/xmppim/vouch.c - two devices of a friend, two more of ours and one of somebody else: what they say of each other's keys */
#include "vouch.h"

#include "backends/common/scram.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct omemo *ours(struct world *t)
{
    return omemo_of(t->both.x)->o;
}

const char *jid_of(size_t k)
{
    return k <= H2 ? JULIET : k == N1 ? NURSE : ME;
}

uint32_t id_of(struct world *t, size_t k)
{
    return omemo_device(t->d[k].o);
}

void meet_all(struct world *t)
{
    static const size_t whose[][3] = {{H1, H2, DEVICES}, {A2, A3, DEVICES}, {N1, DEVICES}};
    for (size_t p = 0; p < COUNT(whose); p++) {
        struct omemo_listed l[3];
        size_t n = 0;
        bool changed;
        for (size_t i = 0; whose[p][i] != DEVICES; i++)
            l[n++] = (struct omemo_listed){id_of(t, whose[p][i]), NULL};
        if (p == 1)
            l[n++] = (struct omemo_listed){omemo_device(ours(t)), NULL};
        assert_int_equal(omemo_list(ours(t), OMEMO_2, jid_of(whose[p][0]), l, n, &changed), 0);
    }
    for (size_t k = 0; k < DEVICES; k++) {
        unsigned char key[OMEMO_KEY];
        omemo_identity(t->d[k].o, key);
        assert_int_equal(omemo_meet(ours(t), jid_of(k), id_of(t, k), key), 0);
    }
}

int open_world(void **state)
{
    struct world *t = xcalloc(1, sizeof *t);
    void *both;
    assert_int_equal(setup(&both), 0);
    t->both = *(struct both *)both;
    free(both);
    for (size_t k = 0; k < DEVICES; k++) {
        t->d[k].now = t->both.x->now;
        party_open(&t->d[k], jid_of(k));
    }
    no_lists(&t->both);
    shown(&t->both);
    meet_all(t);
    fake_forget(t->both.x);
    *state = t;
    return 0;
}

int close_world(void **state)
{
    struct world *t = *state;
    fake_close(t->both.x);
    party_end(&t->both.her);
    for (size_t k = 0; k < DEVICES; k++)
        party_end(&t->d[k]);
    free(t);
    return 0;
}

void set(struct world *t, size_t k, enum omemo_trust trust)
{
    assert_int_equal(omemo_set_trust(ours(t), jid_of(k), id_of(t, k), trust), 0);
}

struct omemo_known known(struct world *t, size_t k)
{
    struct omemo_known d;
    assert_true(omemo_known_one(ours(t), jid_of(k), id_of(t, k), &d));
    return d;
}

enum omemo_trust trust_of(struct world *t, size_t k)
{
    return known(t, k).trust;
}

/* Ours, asked over the operation as a user does. */
void user_says(struct world *t, size_t k, enum omemo_trust trust)
{
    char id[16], fingerprint[OMEMO_FINGERPRINT];
    snprintf(id, sizeof id, "%" PRIu32, id_of(t, k));
    omemo_fingerprint(known(t, k).key, fingerprint);
    assert_int_equal(omemo_trust_device(t->both.x, jid_of(k), id, fingerprint, (uint32_t)trust, 1), KITH_OK);
}

/* ---- what others write ---- */

char *key_text(struct world *t, size_t k, bool published)
{
    unsigned char key[OMEMO_KEY], id[OMEMO_KEY];
    struct buf b = {0};
    omemo_identity(t->d[k].o, key);
    assert_true(tm_id(ours(t), published ? OMEMO_2 : OMEMO_OLD, key, id));
    b64_encode(&b, id, sizeof id);
    return buf_take(&b);
}

/* <key-owner/> with one statement; owned. */
char *owner(struct world *t, const char *jid, size_t k, const char *what)
{
    char *key = key_text(t, k, true), *out = xasprintf("<key-owner jid='%s'><%s>%s</%s></key-owner>", jid, what, key, what);
    free(key);
    return out;
}

char *sealed(struct world *t, size_t k, enum omemo_version v, const char *text)
{
    struct party us = {.jid = ME, .o = ours(t)};
    struct omemo_payload p;
    struct omemo_recipient r = {.jid = ME, .device = omemo_device(us.o), .key = {.secret = true}};
    if (!omemo_has_session(t->d[k].o, v, ME, r.device))
        assert_int_equal(party_meet(&t->d[k], &us, v), 0);
    assert_int_equal(payload_encrypt(v, text, strlen(text), &p), 0);
    assert_int_equal(omemo_encrypt(t->d[k].o, v, ME, r.device, p.secret, p.secret_len, &r.key, &r.exchange), 0);
    xmpp_stanza_t *st = st_new(x_ctx(t->both.x), "message", NULL);
    char *from = xasprintf("%s/there", jid_of(k));
    st_set(st, "from", from);
    st_set(st, "to", ME);
    st_set(st, "type", "chat");
    st_set(st, "id", "t1");
    omemo_write_sealed(st, v, id_of(t, k), &r, 1, &p);
    char *out = text_of(st);
    free(from);
    buf_free(&r.key);
    payload_clear(&p);
    xmpp_stanza_release(st);
    return out;
}

char *envelope(struct world *t, size_t k, int64_t ms, const char *content)
{
    char stamp[40];
    (void)t;
    clock_format_iso(stamp, sizeof stamp, ms);
    return xasprintf("<envelope xmlns='urn:xmpp:sce:1'><rpad>QHqW2arWFewo</rpad><time stamp='%s'/><from jid='%s/x'/><to jid='" ME "'/>"
                     "<content>%s</content></envelope>", stamp, jid_of(k), content);
}

void feed(struct world *t, size_t k, enum omemo_version v, const char *text)
{
    char *xml = sealed(t, k, v, text);
    assert_true(fake_feed_text(t->both.x, xml));
    free(xml);
}

/* By device k, at so many ms from now. owners: consumed */
void says_at(struct world *t, size_t k, int64_t later, char *owners)
{
    char *content = xasprintf(BEGIN "%s" END, owners), *text = envelope(t, k, t->both.x->now + later, content);
    feed(t, k, OMEMO_2, text);
    free(text);
    free(content);
    free(owners);
}

void says(struct world *t, size_t k, char *owners)
{
    says_at(t, k, 0, owners);
}

size_t waiting(struct world *t)
{
    struct atm_rows r;
    atm_rows_read(t->both.x, ATM_HEARD, &r);
    size_t n = r.n;
    assert_int_equal(atm_of(t->both.x)->heard, n);
    atm_rows_clear(&r);
    return n;
}
