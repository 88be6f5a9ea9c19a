/* backends/omemo/keys.c - our own keys: the identity, pre keys, signed pre keys, and what of them is published */
#include <omemo/key_helper.h>
#include <stdlib.h>
#include <string.h>

#include "backends/omemo/private.h"
#include "base/mem.h"
#include "base/rand.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define ROTATION_MS (14 * DAY_MS) /* §4.3: between a week and a month; the one before is kept as long again */

/* "omemo.self": layout, device id, id of the signed pre key, next id of a pre key, and the identity as the library writes it. */
#define SELF "omemo.self"
enum { LAYOUT = 1, HEAD = 13, SELF_MOST = 512 };

struct self {
    uint32_t device, signed_key, next;
};

static void put32(unsigned char *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(v >> 8 * i & 0xff);
}

static uint32_t get32(const unsigned char *in)
{
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

/* ---- the identity ---- */

static int keep_self(struct omemo *o, const struct self *self)
{
    unsigned char r[SELF_MOST] = {LAYOUT};
    signal_buffer *b = NULL;
    if (ratchet_identity_key_pair_serialize(&b, o->identity) < 0)
        return OMEMO_NOT_KEPT;
    size_t len = signal_buffer_len(b);
    int rc = OMEMO_NOT_KEPT;
    if (len <= SELF_MOST - HEAD) {
        put32(r + 1, self->device);
        put32(r + 5, self->signed_key);
        put32(r + 9, self->next);
        memcpy(r + HEAD, signal_buffer_data(b), len);
        rc = store_set(o, SELF, r, HEAD + len);
        o->stepped = true;
    }
    mem_wipe(r, sizeof r);
    signal_buffer_bzero_free(b);
    return rc;
}

/* with: reads the identity as well. 1; 0: there is none yet; negative: it is damaged. */
static int read_self(struct omemo *o, struct self *self, bool with)
{
    unsigned char r[SELF_MOST];
    int n = o->io.get(o->io.user, SELF, r, sizeof r);
    if (n < 0)
        return 0;
    bool fine = n > HEAD && n <= SELF_MOST && r[0] == LAYOUT;
    if (fine) {
        *self = (struct self){get32(r + 1), get32(r + 5), get32(r + 9)};
        fine = self->device > 0 && self->device <= INT32_MAX && self->next > 0;
    }
    if (fine && with)
        fine = ratchet_identity_key_pair_deserialize(&o->identity, r + HEAD, (size_t)n - HEAD, o->context) == SG_SUCCESS;
    mem_wipe(r, sizeof r);
    return fine ? 1 : OMEMO_MALFORMED;
}

static int make_signed_key(struct omemo *o, struct self *self)
{
    session_signed_pre_key *k = NULL;
    uint32_t id = self->signed_key % PRE_KEY_MEDIUM_MAX_VALUE + 1;
    if (signal_protocol_key_helper_generate_signed_pre_key(&k, o->identity, id, (uint64_t)o->io.now_ms(o->io.user), o->context) < 0)
        return OMEMO_NOT_KEPT;
    int rc = signal_protocol_signed_pre_key_store_key(o->store, k);
    SIGNAL_UNREF(k);
    self->signed_key = id;
    return rc < 0 ? OMEMO_NOT_KEPT : 0;
}

static int make_pre_keys(struct omemo *o, struct self *self, size_t n)
{
    int rc = 0;
    for (; n > 0 && rc == 0; n--) { /* one by one: the list that the library makes is not wiped */
        signal_protocol_key_helper_pre_key_list_node *node = NULL;
        if (signal_protocol_key_helper_generate_pre_keys(&node, self->next, 1, o->context) < 0)
            return OMEMO_NOT_KEPT;
        if (signal_protocol_pre_key_store_key(o->store, signal_protocol_key_helper_key_list_element(node)) < 0)
            rc = OMEMO_NOT_KEPT;
        signal_protocol_key_helper_key_list_free(node);
        self->next = self->next % PRE_KEY_MEDIUM_MAX_VALUE + 1;
    }
    return rc;
}

static int make_self(struct omemo *o)
{
    struct self self = {.next = 1 + rand_below(1u << 16)};
    self.device = 1 + rand_below(INT32_MAX);
    if (signal_protocol_key_helper_generate_identity_key_pair(&o->identity, o->context) < 0)
        return OMEMO_NOT_KEPT;
    o->device = self.device;
    int rc = omemo_begin(o);
    if (rc == 0) {
        rc = make_signed_key(o, &self);
        if (rc == 0)
            rc = make_pre_keys(o, &self, OMEMO_PRE_KEYS);
        if (rc == 0)
            rc = keep_self(o, &self);
        int end = omemo_end(o, rc == 0);
        rc = rc < 0 ? rc : end;
    }
    return rc;
}

int keys_open(struct omemo *o, struct err *e)
{
    struct self self = {0};
    int found = read_self(o, &self, true);
    if (found < 0)
        return err_set(e, KITH_EDENIED, "The keys of OMEMO are damaged: messages can be encrypted again after /keys reset.");
    o->device = self.device;
    if (found == 0 && make_self(o) < 0)
        return err_set(e, KITH_EDENIED, "The keys of OMEMO cannot be kept: nothing is encrypted.");
    return 0;
}

uint32_t omemo_device(const struct omemo *o)
{
    return o->device;
}

void omemo_identity(const struct omemo *o, unsigned char key[OMEMO_KEY])
{
    signal_buffer *b = ec_public_key_get_mont(ratchet_identity_key_pair_get_public(o->identity));
    memcpy(key, signal_buffer_data(b), OMEMO_KEY);
    signal_buffer_free(b);
}

/* ---- what is published ---- */

void omemo_bundle_clear(struct omemo_bundle *b)
{
    free(b->pre_keys);
    *b = (struct omemo_bundle){0};
}

/* 0, or negative. */
static int wire_form(enum omemo_version v, const ec_public_key *k, unsigned char out[OMEMO_KEY_WIRE])
{
    signal_buffer *b = NULL;
    int rc = v == OMEMO_OLD ? ec_public_key_serialize(&b, k) : ec_public_key_serialize_omemo(&b, k);
    size_t len = v == OMEMO_OLD ? OMEMO_KEY_WIRE : OMEMO_KEY;
    if (rc == SG_SUCCESS && signal_buffer_len(b) != len)
        rc = SG_ERR_INVAL;
    if (rc == SG_SUCCESS)
        memcpy(out, signal_buffer_data(b), len);
    signal_buffer_free(b);
    return rc;
}

static int put_identity(const struct omemo *o, struct omemo_bundle *out)
{
    const ec_public_key *k = ratchet_identity_key_pair_get_public(o->identity);
    if (out->version == OMEMO_OLD)
        return wire_form(OMEMO_OLD, k, out->identity);
    signal_buffer *b = ec_public_key_get_ed(k);
    if (!b || signal_buffer_len(b) != OMEMO_KEY) {
        signal_buffer_free(b);
        return SG_ERR_INVAL;
    }
    memcpy(out->identity, signal_buffer_data(b), OMEMO_KEY);
    signal_buffer_free(b);
    return SG_SUCCESS;
}

static int put_signed_key(struct omemo *o, uint32_t id, struct omemo_bundle *out)
{
    session_signed_pre_key *k = NULL;
    if (signal_protocol_signed_pre_key_load_key(o->store, &k, id) < 0)
        return SG_ERR_INVALID_KEY_ID;
    bool old = out->version == OMEMO_OLD;
    const uint8_t *s = old ? session_signed_pre_key_get_signature(k) : session_signed_pre_key_get_signature_omemo(k);
    size_t len = old ? session_signed_pre_key_get_signature_len(k) : session_signed_pre_key_get_signature_omemo_len(k);
    int rc = s && len == OMEMO_SIGNATURE ? SG_SUCCESS : SG_ERR_INVAL;
    if (rc == SG_SUCCESS) {
        memcpy(out->signature, s, len);
        out->signed_key.id = id;
        rc = wire_form(out->version, ec_key_pair_get_public(session_signed_pre_key_get_key_pair(k)), out->signed_key.key);
    }
    SIGNAL_UNREF(k);
    return rc;
}

struct publishing {
    struct omemo *o;
    struct omemo_bundle *out;
};

static int put_pre_key(void *user, const char *key, const void *data, size_t len)
{
    struct publishing *p = user;
    struct omemo_public public = {0};
    session_pre_key *k = NULL;
    (void)key;
    if (session_pre_key_deserialize(&k, data, len, p->o->context) < 0)
        return 0;
    public.id = session_pre_key_get_id(k);
    int rc = wire_form(p->out->version, ec_key_pair_get_public(session_pre_key_get_key_pair(k)), public.key);
    SIGNAL_UNREF(k);
    if (rc == SG_SUCCESS)
        VEC_PUSH(p->out->pre_keys, p->out->n, p->out->cap, public);
    return 0;
}

int omemo_bundle(struct omemo *o, enum omemo_version v, struct omemo_bundle *out)
{
    struct self self = {0};
    struct publishing p = {o, out};
    *out = (struct omemo_bundle){.version = v, .key_len = v == OMEMO_OLD ? OMEMO_KEY_WIRE : OMEMO_KEY};
    int rc = read_self(o, &self, false) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
    if (rc == SG_SUCCESS)
        rc = put_identity(o, out);
    if (rc == SG_SUCCESS)
        rc = put_signed_key(o, self.signed_key, out);
    if (rc == SG_SUCCESS)
        rc = o->io.each(o->io.user, STORE_PRE_KEYS, put_pre_key, &p);
    return rc == SG_SUCCESS ? 0 : OMEMO_NOT_KEPT;
}

/* ---- keeping enough of them ---- */

static int count(void *user, const char *key, const void *data, size_t len)
{
    (void)key;
    (void)data;
    (void)len;
    ++*(size_t *)user;
    return 0;
}

struct signed_ages {
    struct omemo *o;
    struct signed_age {
        uint32_t id;
        int64_t made;
    } *v;
    size_t n, cap;
};

static int note_signed(void *user, const char *key, const void *data, size_t len)
{
    struct signed_ages *a = user;
    session_signed_pre_key *k = NULL;
    (void)key;
    if (session_signed_pre_key_deserialize(&k, data, len, a->o->context) < 0)
        return 0;
    struct signed_age age = {session_signed_pre_key_get_id(k), (int64_t)session_signed_pre_key_get_timestamp(k)};
    VEC_PUSH(a->v, a->n, a->cap, age);
    SIGNAL_UNREF(k);
    return 0;
}

/* §4.3: kept for another period after the next one took its place, however late that was. */
static bool is_over(const struct signed_ages *a, const struct signed_age *k, uint32_t newest, int64_t now)
{
    int64_t replaced = INT64_MAX;
    for (size_t i = 0; i < a->n; i++) {
        if (a->v[i].made > k->made)
            replaced = MIN(replaced, a->v[i].made);
    }
    return k->id != newest && replaced < now && now - replaced > ROTATION_MS;
}

static int drop_over(struct omemo *o, const struct signed_ages *a, uint32_t newest, int64_t now)
{
    int rc = 0;
    for (size_t i = 0; i < a->n && rc == 0; i++) {
        if (is_over(a, &a->v[i], newest, now))
            rc = signal_protocol_signed_pre_key_remove_key(o->store, a->v[i].id) < 0 ? OMEMO_NOT_KEPT : 0;
    }
    return rc;
}

static int rotate(struct omemo *o, struct self *self, bool *changed)
{
    struct signed_ages a = {.o = o};
    int64_t now = o->io.now_ms(o->io.user), made = 0;
    int rc = o->io.each(o->io.user, STORE_SIGNED_KEYS, note_signed, &a) < 0 ? OMEMO_NOT_KEPT : 0;
    if (rc == 0)
        rc = drop_over(o, &a, self->signed_key, now);
    for (size_t i = 0; i < a.n; i++) {
        if (a.v[i].id == self->signed_key)
            made = a.v[i].made;
    }
    free(a.v);
    bool due = now - made >= ROTATION_MS || made > now + DAY_MS; /* made when the clock was wrong */
    if (rc == 0 && due) {
        *changed = true;
        rc = make_signed_key(o, self);
    }
    return rc;
}

static int maintain(struct omemo *o, bool *changed)
{
    struct self self = {0};
    size_t n = 0;
    if (read_self(o, &self, false) != 1 || o->io.each(o->io.user, STORE_PRE_KEYS, count, &n) < 0)
        return OMEMO_NOT_KEPT;
    int rc = rotate(o, &self, changed);
    if (rc == 0 && n < OMEMO_PRE_KEYS) {
        *changed = true;
        rc = make_pre_keys(o, &self, OMEMO_PRE_KEYS - n);
    }
    return rc == 0 && *changed ? keep_self(o, &self) : rc;
}

int omemo_maintain(struct omemo *o, bool *changed)
{
    *changed = false;
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    rc = maintain(o, changed);
    int end = omemo_end(o, rc == 0);
    return rc < 0 ? rc : end;
}

/* A later state of this device, which is lost, published keys with the numbers that come next. */
static int renew_keys(struct omemo *o)
{
    enum { JUMP = 1 << 14 };
    struct self self = {0};
    if (read_self(o, &self, false) != 1)
        return OMEMO_NOT_KEPT;
    self.next = (self.next + JUMP + rand_below(JUMP)) % PRE_KEY_MEDIUM_MAX_VALUE + 1;
    self.signed_key = (self.signed_key + JUMP + rand_below(JUMP)) % PRE_KEY_MEDIUM_MAX_VALUE;
    int rc = store_retire_keys(o);
    if (rc == 0)
        rc = make_signed_key(o, &self);
    if (rc == 0)
        rc = make_pre_keys(o, &self, OMEMO_PRE_KEYS);
    return rc == 0 ? keep_self(o, &self) : rc;
}

int omemo_restored(struct omemo *o)
{
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    rc = store_drop_sessions(o);
    if (rc == 0)
        rc = renew_keys(o);
    int end = omemo_end(o, rc == 0);
    return rc < 0 ? rc : end;
}

int omemo_catching_up(struct omemo *o, bool on)
{
    o->catching_up = on;
    if (on)
        return 0;
    int rc = omemo_begin(o);
    if (rc < 0)
        return rc;
    rc = store_drop_used(o);
    int end = omemo_end(o, rc == 0);
    return rc < 0 ? rc : end;
}
