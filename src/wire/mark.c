/* wire/mark.c - notices a password in a text without knowing the password */
#include <string.h>

#include "base/rand.h"
#include "base/siphash.h"
#include "wire/wire.h"

enum { HASH_BITS = 24 };

static uint32_t short_hash(const struct wire_mark *m, const char *text)
{
    return (uint32_t)(siphash(m->key, text, m->len) >> (64 - HASH_BITS));
}

bool wire_mark_of(struct wire_mark *m, const char *secret)
{
    size_t len = strlen(secret);
    *m = (struct wire_mark){.len = (uint32_t)len};
    if (len < WIRE_MARK_MIN || len > WIRE_MARK_MAX)
        return false;
    rand_bytes(m->key, sizeof m->key);
    m->hash = short_hash(m, secret);
    return true;
}

bool wire_mark_fits(const struct wire_mark *m, const char *text, size_t len)
{
    for (size_t at = 0; len >= m->len && at <= len - m->len; at++) {
        if (short_hash(m, text + at) == m->hash)
            return true;
    }
    return false;
}

void wire_put_mark(struct buf *out, const struct wire_mark *m)
{
    buf_add(out, m->key, sizeof m->key);
    buf_add(out, &m->len, sizeof m->len);
    buf_add(out, &m->hash, sizeof m->hash);
}

int wire_get_mark(const char *data, size_t len, struct wire_mark *m, struct err *e)
{
    *m = (struct wire_mark){0};
    if (len != sizeof m->key + sizeof m->len + sizeof m->hash)
        return err_set(e, KITH_EPROTO, "A malformed mark came over the wire.");
    memcpy(m->key, data, sizeof m->key);
    memcpy(&m->len, data + sizeof m->key, sizeof m->len);
    memcpy(&m->hash, data + sizeof m->key + sizeof m->len, sizeof m->hash);
    if (m->len < WIRE_MARK_MIN || m->len > WIRE_MARK_MAX || m->hash >> HASH_BITS)
        return err_set(e, KITH_EPROTO, "A mark that cannot be came over the wire.");
    return 0;
}
