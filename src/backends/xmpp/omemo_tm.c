/* backends/xmpp/omemo_tm.c - the element in which a device says whose keys it trusts: read strictly, and written (XEP-0434) */
#include "backends/xmpp/omemo_tm.h"

#include <stdlib.h>
#include <string.h>

#include "backends/common/scram.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo_xml.h"
#include "base/mem.h"

void tm_clear(struct tm *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i].owner);
    free(t->v);
    *t = (struct tm){0};
}

/* ---- keys ---- */

bool tm_id(struct omemo *o, enum omemo_version version, const unsigned char key[OMEMO_KEY], unsigned char id[OMEMO_KEY])
{
    if (version == OMEMO_2)
        return omemo_key_as_published(o, key, id);
    memcpy(id, key, OMEMO_KEY);
    return true;
}

/* The sign of the published form is not kept by all, and is none of the key's (XEP-0384 §4.2, RFC 8032 §5.1.2). */
bool tm_is(const unsigned char id[OMEMO_KEY], const unsigned char key[OMEMO_KEY], const unsigned char published[OMEMO_KEY])
{
    enum { LAST = OMEMO_KEY - 1, SIGN = 0x80 };
    return memcmp(id, key, OMEMO_KEY) == 0 ||
           (memcmp(id, published, LAST) == 0 && (id[LAST] & ~SIGN) == (published[LAST] & ~SIGN));
}

/* ---- reading ---- */

static void add(struct tm *t, const char *owner, const unsigned char id[OMEMO_KEY], bool trust)
{
    for (size_t i = 0; i < t->n; i++) {
        if (memcmp(t->v[i].id, id, OMEMO_KEY) == 0 && strcmp(t->v[i].owner, owner) == 0) {
            t->v[i].trust = t->v[i].trust && trust;
            return;
        }
    }
    struct tm_key k = {.owner = xstrdup(owner), .trust = trust};
    memcpy(k.id, id, OMEMO_KEY);
    VEC_PUSH(t->v, t->n, t->cap, k);
}

static bool read_id(xmpp_stanza_t *st, unsigned char id[OMEMO_KEY])
{
    struct buf b = {0};
    char *text = st_text(st);
    bool fine = text && b64_decode(&b, text) && b.len == OMEMO_KEY;
    if (fine)
        memcpy(id, b.data, OMEMO_KEY);
    free(text);
    buf_free(&b);
    return fine;
}

static bool read_owner(xmpp_stanza_t *st, struct tm *out)
{
    const char *jid = st_attr(st, "jid");
    char *bare = jid && !jid_resource(jid) ? jid_bare(jid) : NULL;
    size_t n = 0;
    bool fine = bare != NULL;
    EACH_CHILD (c, st) {
        unsigned char id[OMEMO_KEY];
        bool trust = is_elem(c, "trust", NS_TM);
        if (!trust && !is_elem(c, "distrust", NS_TM))
            continue;
        n++;
        fine = fine && out->n < TM_READ && read_id(c, id);
        if (fine)
            add(out, bare, id, trust);
    }
    free(bare);
    return fine && n > 0;
}

static bool is_version(const char *ns)
{
    return str_eq(ns, omemo_ns(OMEMO_2)) || str_eq(ns, omemo_ns(OMEMO_OLD));
}

bool tm_is_there(xmpp_stanza_t *message)
{
    return st_child(message, "trust-message", NS_TM) != NULL;
}

bool tm_read(xmpp_stanza_t *message, struct tm *out)
{
    xmpp_stanza_t *found = NULL;
    size_t n = 0, owners = 0;
    *out = (struct tm){0};
    EACH_CHILD (c, message) {
        if (is_elem(c, "trust-message", NS_TM)) {
            found = c;
            n++;
        }
    }
    bool fine = n == 1 && str_eq(st_attr(found, "usage"), NS_ATM) && is_version(st_attr(found, "encryption"));
    EACH_CHILD (c, fine ? found : NULL) {
        if (!is_elem(c, "key-owner", NS_TM))
            continue;
        fine = fine && read_owner(c, out);
        owners++;
    }
    fine = fine && owners > 0;
    if (!fine)
        tm_clear(out);
    return fine;
}

/* ---- writing ---- */

void tm_write(xmpp_stanza_t *message, enum omemo_version version, const struct tm_key *v, size_t n)
{
    xmpp_stanza_t *st = st_add(message, "trust-message", NS_TM), *owner = NULL;
    st_set(st, "usage", NS_ATM);
    st_set(st, "encryption", omemo_ns(version));
    for (size_t i = 0; i < n; i++) {
        struct buf b = {0};
        if (i == 0 || strcmp(v[i].owner, v[i - 1].owner) != 0) {
            owner = st_add(st, "key-owner", NULL);
            st_set(owner, "jid", v[i].owner);
        }
        b64_encode(&b, v[i].id, OMEMO_KEY);
        st_add_child_text(owner, v[i].trust ? "trust" : "distrust", NULL, buf_str(&b));
        buf_free(&b);
    }
}
