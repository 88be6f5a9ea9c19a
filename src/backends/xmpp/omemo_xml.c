/* backends/xmpp/omemo_xml.c - the elements of both versions of OMEMO, read strictly and written as peers understand them */
#include "backends/xmpp/omemo_xml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/common/scram.h"
#include "backends/xmpp/feature.h"
#include "base/mem.h"

const char *omemo_ns(enum omemo_version v)
{
    return v == OMEMO_OLD ? NS_OMEMO : NS_OMEMO2;
}

const char *omemo_list_node(enum omemo_version v)
{
    return v == OMEMO_OLD ? NS_OMEMO ".devicelist" : NS_OMEMO2 ":devices";
}

void omemo_bundle_node(enum omemo_version v, uint32_t device, char node[OMEMO_NODE], char item[16])
{
    if (v == OMEMO_OLD)
        (void)snprintf(node, OMEMO_NODE, NS_OMEMO ".bundles:%" PRIu32, device);
    else
        str_copy(node, OMEMO_NODE, NS_OMEMO2 ":bundles");
    if (v == OMEMO_OLD)
        str_copy(item, 16, "current");
    else
        (void)snprintf(item, 16, "%" PRIu32, device);
}

/* ---- numbers and bytes ---- */

/* A positive number of 31 bits. */
static uint32_t number(xmpp_stanza_t *st, const char *attr)
{
    int64_t v = 0;
    const char *s = st_attr(st, attr);
    return s && str_int(s, 1, INT32_MAX, &v) ? (uint32_t)v : 0;
}

static void set_number(xmpp_stanza_t *st, const char *attr, uint32_t v)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%" PRIu32, v);
    st_set(st, attr, text);
}

static bool read_bytes(xmpp_stanza_t *st, struct buf *out)
{
    char *text = st ? st_text(st) : NULL;
    bool fine = text && b64_decode(out, text);
    free(text);
    return fine;
}

static bool read_exactly(xmpp_stanza_t *st, unsigned char *out, size_t len)
{
    struct buf b = {0};
    bool fine = read_bytes(st, &b) && b.len == len;
    if (fine)
        memcpy(out, b.data, len);
    buf_free(&b);
    return fine;
}

static void add_bytes(xmpp_stanza_t *st, const void *data, size_t len)
{
    struct buf b = {0};
    b64_encode(&b, data, len);
    st_add_text(st, buf_str(&b));
    buf_free(&b);
}

static xmpp_stanza_t *add_with(xmpp_stanza_t *parent, const char *name, const void *data, size_t len)
{
    xmpp_stanza_t *c = st_add(parent, name, NULL);
    add_bytes(c, data, len);
    return c;
}

/* ---- lists ---- */

static bool is_listed(const struct omemo_devices *l, uint32_t id)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].id == id)
            return true;
    }
    return false;
}

bool omemo_read_list(xmpp_stanza_t *item, enum omemo_version v, struct omemo_devices *out)
{
    out->n = 0;
    xmpp_stanza_t *list = item ? st_child(item, v == OMEMO_OLD ? "list" : "devices", omemo_ns(v)) : NULL;
    if (item && !list)
        return false;
    EACH_CHILD (c, list) {
        uint32_t id = is_elem(c, "device", NULL) ? number(c, "id") : 0;
        if (id > 0 && out->n < COUNT(out->v) && !is_listed(out, id))
            out->v[out->n++] = (struct omemo_listed){id, v == OMEMO_2 ? st_attr(c, "label") : NULL};
    }
    return true;
}

void omemo_write_list(xmpp_stanza_t *item, enum omemo_version v, const struct omemo_devices *l)
{
    xmpp_stanza_t *list = st_add(item, v == OMEMO_OLD ? "list" : "devices", omemo_ns(v));
    for (size_t i = 0; i < l->n; i++)
        set_number(st_add(list, "device", NULL), "id", l->v[i].id);
}

/* ---- bundles ---- */

static const struct names {
    const char *signed_key, *signed_id, *signature, *identity, *pre_key, *pre_id;
} old_names = {"signedPreKeyPublic", "signedPreKeyId", "signedPreKeySignature", "identityKey", "preKeyPublic", "preKeyId"},
  new_names = {"spk", "id", "spks", "ik", "pk", "id"};

static const struct names *names_of(enum omemo_version v)
{
    return v == OMEMO_OLD ? &old_names : &new_names;
}

static bool has_key(const struct omemo_bundle *b, uint32_t id)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->pre_keys[i].id == id)
            return true;
    }
    return false;
}

static void read_pre_keys(xmpp_stanza_t *list, const struct names *names, struct omemo_bundle *out)
{
    EACH_CHILD (c, list) {
        struct omemo_public k = {0};
        if (out->n >= OMEMO_PRE_KEYS_MOST || !is_elem(c, names->pre_key, NULL))
            continue;
        k.id = number(c, names->pre_id);
        if (k.id > 0 && !has_key(out, k.id) && read_exactly(c, k.key, out->key_len))
            VEC_PUSH(out->pre_keys, out->n, out->cap, k);
    }
}

bool omemo_read_bundle(xmpp_stanza_t *item, enum omemo_version v, struct omemo_bundle *out)
{
    const struct names *names = names_of(v);
    xmpp_stanza_t *b = item ? st_child(item, "bundle", omemo_ns(v)) : NULL, *s = b ? st_child(b, names->signed_key, NULL) : NULL;
    *out = (struct omemo_bundle){.version = v, .key_len = v == OMEMO_OLD ? OMEMO_KEY_WIRE : OMEMO_KEY};
    out->signed_key.id = s ? number(s, names->signed_id) : 0;
    bool fine = out->signed_key.id > 0 && read_exactly(s, out->signed_key.key, out->key_len) &&
                read_exactly(st_child(b, names->signature, NULL), out->signature, OMEMO_SIGNATURE) &&
                read_exactly(st_child(b, names->identity, NULL), out->identity, out->key_len);
    if (fine)
        read_pre_keys(st_child(b, "prekeys", NULL), names, out);
    fine = fine && out->n > 0;
    if (!fine)
        omemo_bundle_clear(out);
    return fine;
}

void omemo_write_bundle(xmpp_stanza_t *item, enum omemo_version v, const struct omemo_bundle *b)
{
    const struct names *names = names_of(v);
    xmpp_stanza_t *st = st_add(item, "bundle", omemo_ns(v));
    set_number(add_with(st, names->signed_key, b->signed_key.key, b->key_len), names->signed_id, b->signed_key.id);
    add_with(st, names->signature, b->signature, OMEMO_SIGNATURE);
    add_with(st, names->identity, b->identity, b->key_len);
    xmpp_stanza_t *list = st_add(st, "prekeys", NULL);
    for (size_t i = 0; i < b->n; i++)
        set_number(add_with(list, names->pre_key, b->pre_keys[i].key, b->key_len), names->pre_id, b->pre_keys[i].id);
}

/* ---- messages ---- */

void omemo_sealed_clear(struct omemo_sealed *s)
{
    buf_free(&s->key);
    payload_clear(&s->payload);
    *s = (struct omemo_sealed){0};
}

static bool is_true(const char *s)
{
    return str_eq(s, "true") || str_eq(s, "1");
}

static xmpp_stanza_t *key_among(xmpp_stanza_t *keys, uint32_t device)
{
    EACH_CHILD (c, keys) {
        if (is_elem(c, "key", NULL) && number(c, "rid") == device)
            return c;
    }
    return NULL;
}

/* The old version has no addresses there: a number of somebody else's device may be ours by chance, and is tried. */
static xmpp_stanza_t *our_key(xmpp_stanza_t *header, enum omemo_version v, const char *own, uint32_t device)
{
    if (v == OMEMO_OLD)
        return key_among(header, device);
    EACH_CHILD (c, header) {
        if (is_elem(c, "keys", NULL) && str_eq(st_attr(c, "jid"), own)) {
            xmpp_stanza_t *k = key_among(c, device);
            if (k)
                return k;
        }
    }
    return NULL;
}

static bool read_payload(xmpp_stanza_t *encrypted, xmpp_stanza_t *header, struct omemo_sealed *out)
{
    xmpp_stanza_t *payload = st_child(encrypted, "payload", NULL);
    out->has_payload = payload != NULL;
    if (payload && !read_bytes(payload, &out->payload.data))
        return false;
    if (out->version == OMEMO_2)
        return true;
    struct buf iv = {0};
    bool fine = read_bytes(st_child(header, "iv", NULL), &iv) && iv.len >= OMEMO_IV && iv.len <= OMEMO_IV_MOST;
    if (fine) {
        memcpy(out->payload.iv, iv.data, iv.len);
        out->payload.iv_len = iv.len;
    }
    buf_free(&iv);
    return fine || !payload; /* for the keys alone it is not needed */
}

static bool read_one(xmpp_stanza_t *message, enum omemo_version v, const char *own, uint32_t device, struct omemo_sealed *out)
{
    *out = (struct omemo_sealed){.version = v, .key = {.secret = true}};
    xmpp_stanza_t *encrypted = st_child(message, "encrypted", omemo_ns(v));
    xmpp_stanza_t *header = encrypted ? st_child(encrypted, "header", NULL) : NULL;
    out->from = header ? number(header, "sid") : 0;
    if (out->from == 0 || !read_payload(encrypted, header, out)) {
        omemo_sealed_clear(out);
        return false;
    }
    xmpp_stanza_t *key = our_key(header, v, own, device);
    out->for_us = key && read_bytes(key, &out->key) && out->key.len > 0;
    out->exchange = key && is_true(st_attr(key, v == OMEMO_OLD ? "prekey" : "kex"));
    return true;
}

bool omemo_read_sealed(xmpp_stanza_t *message, const char *own, uint32_t device, struct omemo_sealed *out)
{
    struct omemo_sealed old;
    bool is_new = read_one(message, OMEMO_2, own, device, out);
    if (is_new && out->for_us)
        return true;
    if (!read_one(message, OMEMO_OLD, own, device, &old))
        return is_new;
    if (is_new)
        omemo_sealed_clear(out);
    *out = old;
    return true;
}

static void write_key(xmpp_stanza_t *parent, enum omemo_version v, const struct omemo_recipient *r)
{
    xmpp_stanza_t *key = add_with(parent, "key", buf_str(&r->key), r->key.len);
    set_number(key, "rid", r->device);
    if (r->exchange) /* and never "false": some take any value for a yes */
        st_set(key, v == OMEMO_OLD ? "prekey" : "kex", "true");
}

void omemo_write_sealed(xmpp_stanza_t *message, enum omemo_version v, uint32_t from, const struct omemo_recipient *r, size_t n,
                        const struct omemo_payload *p)
{
    xmpp_stanza_t *encrypted = st_add(message, "encrypted", omemo_ns(v)), *header = st_add(encrypted, "header", NULL);
    xmpp_stanza_t *keys = header;
    set_number(header, "sid", from);
    for (size_t i = 0; i < n; i++) {
        if (v == OMEMO_2 && (i == 0 || !str_eq(r[i].jid, r[i - 1].jid))) {
            keys = st_add(header, "keys", NULL);
            st_set(keys, "jid", r[i].jid);
        }
        write_key(keys, v, &r[i]);
    }
    if (v == OMEMO_OLD && p)
        add_with(header, "iv", p->iv, p->iv_len);
    if (p && p->data.len > 0)
        add_with(encrypted, "payload", buf_str(&p->data), p->data.len);
}
