/* backends/omemo/device.c - the devices of people: which there are, by which key they are known, and how far they are trusted */
#include "backends/omemo/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/omemo/private.h"
#include "base/mem.h"

/* "omemo.d.romeo@example.org/1234": one byte each of layout, trust, lists and flags; the key; two times; who decided (one byte), by
 * which device (four), when (eight); the key that it shows instead; the label. The first layout ended with the times and the label. */
#define PREFIX "omemo.d."
enum {
    LAYOUT = 2, HEAD = 4, FIXED_1 = HEAD + OMEMO_KEY + 16, FIXED = FIXED_1 + 13 + OMEMO_KEY, RECORD = FIXED + OMEMO_LABEL,
    HAS_KEY = 1, HAS_OFFERED = 2, HEARSAY = 4
};

static bool key_of(char out[STORE_KEY], const char *jid, uint32_t device)
{
    int n = snprintf(out, STORE_KEY, PREFIX "%s/%" PRIu32, jid, device);
    return n > 0 && n < STORE_KEY && !strchr(jid, '/') && device > 0 && device <= INT32_MAX;
}

static void put_number(unsigned char *out, int64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        out[i] = (unsigned char)((uint64_t)number >> 8 * i & 0xff);
}

static int64_t get_number(const unsigned char *in, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (uint64_t)in[i] << 8 * i;
    return (int64_t)v;
}

/* Of the first layout: who decided had not been written down. */
static enum omemo_decider decider_of(enum omemo_trust trust)
{
    return trust == OMEMO_VERIFIED || trust == OMEMO_DISTRUSTED ? OMEMO_BY_USER : OMEMO_BY_RULE;
}

static bool decode(const unsigned char *r, size_t len, uint32_t id, struct omemo_known *out)
{
    bool first = len > 0 && r[0] == 1;
    size_t fixed = first ? FIXED_1 : FIXED;
    if (len < fixed || len > RECORD || (!first && r[0] != LAYOUT) || r[1] > OMEMO_DISTRUSTED || (!first && r[FIXED_1] > OMEMO_BY_OWNER))
        return false;
    *out = (struct omemo_known){.id = id,
                                .trust = (enum omemo_trust)r[1],
                                .lists = r[2],
                                .has_key = (r[3] & HAS_KEY) != 0,
                                .hearsay = (r[3] & HEARSAY) != 0,
                                .since_ms = get_number(r + HEAD + OMEMO_KEY, 8),
                                .last_ms = get_number(r + HEAD + OMEMO_KEY + 8, 8)};
    memcpy(out->key, r + HEAD, OMEMO_KEY);
    out->by = first ? decider_of(out->trust) : (enum omemo_decider)r[FIXED_1];
    if (!first) {
        out->by_device = (uint32_t)get_number(r + FIXED_1 + 1, 4);
        out->decided_ms = get_number(r + FIXED_1 + 5, 8);
        out->changed = (r[3] & HAS_OFFERED) != 0;
        memcpy(out->offered, r + FIXED_1 + 13, OMEMO_KEY);
    }
    size_t n = MIN(len - fixed, (size_t)OMEMO_LABEL - 1);
    memcpy(out->label, r + fixed, n);
    return true;
}

static int keep(struct omemo *o, const char *jid, const struct omemo_known *d)
{
    char key[STORE_KEY];
    unsigned char r[RECORD] = {LAYOUT, (unsigned char)d->trust, (unsigned char)d->lists,
                               (unsigned char)((d->has_key ? HAS_KEY : 0) | (d->changed ? HAS_OFFERED : 0) | (d->hearsay ? HEARSAY : 0))};
    size_t label = strlen(d->label);
    memcpy(r + HEAD, d->key, OMEMO_KEY);
    put_number(r + HEAD + OMEMO_KEY, d->since_ms, 8);
    put_number(r + HEAD + OMEMO_KEY + 8, d->last_ms, 8);
    r[FIXED_1] = (unsigned char)d->by;
    put_number(r + FIXED_1 + 1, d->by_device, 4);
    put_number(r + FIXED_1 + 5, d->decided_ms, 8);
    if (d->changed)
        memcpy(r + FIXED_1 + 13, d->offered, OMEMO_KEY);
    memcpy(r + FIXED, d->label, label);
    return key_of(key, jid, d->id) ? store_set(o, key, r, FIXED + label) : OMEMO_NOT_KEPT;
}

/* ---- reading ---- */

bool omemo_known_one(struct omemo *o, const char *jid, uint32_t device, struct omemo_known *out)
{
    char key[STORE_KEY];
    unsigned char r[RECORD];
    if (!key_of(key, jid, device))
        return false;
    int n = o->io.get(o->io.user, key, r, sizeof r);
    return n > 0 && decode(r, (size_t)n, device, out);
}

struct found {
    struct omemo_known *v;
    size_t n, cap;
};

static int note_device(void *user, const char *key, const void *data, size_t len)
{
    struct found *f = user;
    struct omemo_known d;
    uint32_t id = store_number(key);
    if (id && decode(data, len, id, &d))
        VEC_PUSH(f->v, f->n, f->cap, d);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct omemo_known *)a)->id, y = ((const struct omemo_known *)b)->id;
    return x < y ? -1 : x > y;
}

size_t omemo_known(struct omemo *o, const char *jid, struct omemo_known **out)
{
    char prefix[STORE_KEY];
    struct found f = {0};
    int n = snprintf(prefix, sizeof prefix, PREFIX "%s/", jid);
    if (n > 0 && (size_t)n < sizeof prefix && !strchr(jid, '/'))
        (void)o->io.each(o->io.user, prefix, note_device, &f);
    if (f.n > 1)
        qsort(f.v, f.n, sizeof *f.v, by_number);
    *out = f.v;
    return f.n;
}

/* ---- changing ---- */

/* Blind trust before verification: until the user has compared a key of this person, new ones are used. */
static enum omemo_trust first_trust(struct omemo *o, const char *jid)
{
    struct omemo_known *v = NULL;
    size_t n = omemo_known(o, jid, &v);
    enum omemo_trust trust = OMEMO_BLIND;
    for (size_t i = 0; i < n; i++) {
        if (v[i].trust == OMEMO_VERIFIED)
            trust = OMEMO_UNDECIDED;
    }
    free(v);
    return trust;
}

static struct omemo_known made(struct omemo *o, const char *jid, uint32_t id)
{
    return (struct omemo_known){.id = id, .trust = first_trust(o, jid), .since_ms = o->io.now_ms(o->io.user)};
}

static const struct omemo_listed *listed(const struct omemo_listed *list, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].id == id)
            return &list[i];
    }
    return NULL;
}

static bool set_listed(struct omemo_known *d, unsigned bit, const struct omemo_listed *e)
{
    unsigned lists = e ? d->lists | bit : d->lists & ~bit;
    char label[OMEMO_LABEL];
    str_copy(label, sizeof label, e && e->label ? e->label : d->label);
    bool differs = lists != d->lists || !str_eq(label, d->label);
    d->lists = lists;
    memcpy(d->label, label, sizeof label);
    return differs;
}

static int list(struct omemo *o, enum omemo_version v, const char *jid, const struct omemo_listed *l, size_t n, bool *changed)
{
    unsigned bit = v == OMEMO_OLD ? OMEMO_IN_OLD : OMEMO_IN_2;
    struct omemo_known *known = NULL;
    size_t n_known = omemo_known(o, jid, &known);
    int rc = 0;
    for (size_t i = 0; i < n_known && rc == 0; i++) {
        if (set_listed(&known[i], bit, listed(l, n, known[i].id))) {
            *changed = true;
            rc = keep(o, jid, &known[i]);
        }
    }
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct omemo_known d;
        if (l[i].id == 0 || l[i].id > INT32_MAX || omemo_known_one(o, jid, l[i].id, &d))
            continue;
        d = made(o, jid, l[i].id);
        (void)set_listed(&d, bit, &l[i]);
        *changed = true;
        rc = keep(o, jid, &d);
    }
    free(known);
    return rc;
}

int omemo_list(struct omemo *o, enum omemo_version v, const char *jid, const struct omemo_listed *l, size_t n, bool *changed)
{
    *changed = false;
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    rc = list(o, v, jid, l, MIN(n, (size_t)OMEMO_DEVICES_MOST), changed);
    int end = omemo_end(o, rc == 0);
    return rc < 0 ? rc : end;
}

int omemo_give_way(struct omemo *o, const char *jid, uint32_t device, const unsigned char key[OMEMO_KEY])
{
    struct omemo_known d;
    enum omemo_version v = o->version;
    if (o->hearsay || !omemo_known_one(o, jid, device, &d) || !d.hearsay || memcmp(d.key, key, OMEMO_KEY) == 0)
        return 0;
    d.has_key = d.hearsay = false;
    if (d.trust != OMEMO_DISTRUSTED) {
        d.trust = first_trust(o, jid);
        d.by = OMEMO_BY_RULE;
        d.by_device = 0;
        d.decided_ms = 0;
    }
    int rc = keep(o, jid, &d);
    if (rc == 0)
        rc = omemo_drop_session(o, OMEMO_OLD, jid, device);
    if (rc == 0)
        rc = omemo_drop_session(o, OMEMO_2, jid, device);
    o->version = v;
    return rc;
}

/* Of one address no more are noted, by whatever it shows. Ourselves always. */
static bool has_room(struct omemo *o, const char *jid, uint32_t device)
{
    struct omemo_known *v = NULL;
    size_t n = device == omemo_device(o) ? 0 : omemo_known(o, jid, &v);
    free(v);
    return n < OMEMO_DEVICES_MOST;
}

int omemo_meet(struct omemo *o, const char *jid, uint32_t device, const unsigned char key[OMEMO_KEY])
{
    struct omemo_known d;
    if (!omemo_known_one(o, jid, device, &d)) {
        if (!has_room(o, jid, device))
            return OMEMO_NOT_KEPT;
        d = made(o, jid, device);
    }
    if (d.has_key && memcmp(d.key, key, OMEMO_KEY) != 0)
        return OMEMO_CHANGED;
    bool hearsay = o->hearsay && (!d.has_key || d.hearsay), changed = o->hearsay && d.changed;
    if (d.has_key && d.changed == changed && d.hearsay == hearsay)
        return 0;
    d.changed = changed;
    d.hearsay = hearsay;
    memcpy(d.key, key, OMEMO_KEY);
    d.has_key = true;
    return keep(o, jid, &d);
}

int omemo_set_trust_by(struct omemo *o, const char *jid, uint32_t device, enum omemo_trust trust, enum omemo_decider by,
                       uint32_t by_device, int64_t ms)
{
    struct omemo_known d;
    if (!omemo_known_one(o, jid, device, &d) || (!d.has_key && trust != OMEMO_DISTRUSTED))
        return OMEMO_NO_SESSION;
    d.trust = trust;
    d.hearsay = d.hearsay && trust != OMEMO_VERIFIED;
    d.by = by;
    d.by_device = by_device;
    d.decided_ms = ms;
    return keep(o, jid, &d);
}

int omemo_set_trust(struct omemo *o, const char *jid, uint32_t device, enum omemo_trust trust)
{
    return omemo_set_trust_by(o, jid, device, trust, OMEMO_BY_USER, 0, o->io.now_ms(o->io.user));
}

int omemo_read_from(struct omemo *o, const char *jid, uint32_t device)
{
    struct omemo_known d;
    if (!omemo_known_one(o, jid, device, &d))
        return OMEMO_NO_SESSION;
    d.last_ms = o->io.now_ms(o->io.user);
    d.changed = false; /* it has the key by which it is known */
    return keep(o, jid, &d);
}

/* ---- another key than before ---- */

void omemo_offer(struct omemo *o, const char *jid, uint32_t device, const unsigned char key[OMEMO_KEY])
{
    struct omemo_known d;
    bool canonical = !(key[OMEMO_KEY - 1] & 0x80);
    if (!canonical || !omemo_known_one(o, jid, device, &d) || !d.has_key || memcmp(d.key, key, OMEMO_KEY) == 0 ||
        (d.changed && memcmp(d.offered, key, OMEMO_KEY) == 0))
        return;
    memcpy(d.offered, key, OMEMO_KEY);
    d.changed = true;
    (void)keep(o, jid, &d);
}

static int accept(struct omemo *o, const char *jid, struct omemo_known *d)
{
    memcpy(d->key, d->offered, OMEMO_KEY);
    d->changed = false;
    d->trust = OMEMO_VERIFIED;
    d->by = OMEMO_BY_USER;
    d->by_device = 0;
    d->decided_ms = o->io.now_ms(o->io.user);
    int rc = keep(o, jid, d);
    if (rc == 0)
        rc = omemo_drop_session(o, OMEMO_OLD, jid, d->id);
    return rc < 0 ? rc : omemo_drop_session(o, OMEMO_2, jid, d->id);
}

int omemo_accept(struct omemo *o, const char *jid, uint32_t device)
{
    struct omemo_known d;
    if (!omemo_known_one(o, jid, device, &d) || !d.changed)
        return OMEMO_NO_SESSION;
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    rc = accept(o, jid, &d);
    int end = omemo_end(o, rc == 0);
    return rc < 0 ? rc : end;
}

/* ---- everybody ---- */

struct walk {
    omemo_device_fn *fn;
    void *user;
};

static int visit(void *user, const char *key, const void *data, size_t len)
{
    struct walk *w = user;
    struct omemo_known d;
    const char *slash = strrchr(key, '/');
    uint32_t id = store_number(key);
    if (!slash || id == 0 || !decode(data, len, id, &d))
        return 0;
    char *jid = xstrndup(key + sizeof PREFIX - 1, (size_t)(slash - key) - (sizeof PREFIX - 1));
    bool more = w->fn(w->user, jid, &d);
    free(jid);
    return more ? 0 : 1;
}

void omemo_each(struct omemo *o, omemo_device_fn *fn, void *user)
{
    struct walk w = {fn, user};
    (void)o->io.each(o->io.user, PREFIX, visit, &w);
}

/* ---- forms of a key ---- */

bool omemo_key_as_published(struct omemo *o, const unsigned char key[OMEMO_KEY], unsigned char out[OMEMO_KEY])
{
    ec_public_key *k = NULL;
    signal_buffer *b = NULL;
    if (curve_decode_point_mont(&k, key, OMEMO_KEY, o->context) == 0)
        b = ec_public_key_get_ed(k);
    bool fine = b && signal_buffer_len(b) == OMEMO_KEY;
    if (fine)
        memcpy(out, signal_buffer_data(b), OMEMO_KEY);
    signal_buffer_free(b);
    if (k)
        SIGNAL_UNREF(k);
    return fine;
}

void omemo_fingerprint(const unsigned char key[OMEMO_KEY], char out[OMEMO_FINGERPRINT])
{
    enum { GROUP = 4 };
    char *p = out;
    for (int i = 0; i < OMEMO_KEY; i++) {
        if (i > 0 && i % GROUP == 0)
            *p++ = ' ';
        *p++ = "0123456789abcdef"[key[i] >> 4];
        *p++ = "0123456789abcdef"[key[i] & 15];
    }
    *p = '\0';
}
