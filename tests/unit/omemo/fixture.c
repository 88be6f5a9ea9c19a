/* unit/omemo/fixture.c - devices with a store in memory, which can be taken back, copied, and refuse */
#include "fixture.h"

#include <stdlib.h>

/* ---- the store ---- */

static size_t place_of(const struct disk *d, const char *key, bool *found)
{
    size_t lo = 0, hi = d->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (strcmp(d->v[mid].key, key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < d->n && strcmp(d->v[lo].key, key) == 0;
    return lo;
}

static void put(struct disk *d, const char *key, const void *data, size_t len)
{
    bool found = false;
    size_t at = place_of(d, key, &found);
    if (found) {
        free(d->v[at].key);
        free(d->v[at].data);
        VEC_DEL(d->v, d->n, at);
    }
    if (len == 0)
        return;
    VEC_PUSH(d->v, d->n, d->cap, (struct row){0});
    memmove(&d->v[at + 1], &d->v[at], (d->n - 1 - at) * sizeof *d->v);
    d->v[at] = (struct row){xstrdup(key), xmalloc(len), len};
    memcpy(d->v[at].data, data, len);
}

void disk_free(struct disk *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->v[i].key);
        free(d->v[i].data);
    }
    free(d->v);
    *d = (struct disk){0};
}

void disk_copy(struct disk *to, const struct disk *from)
{
    disk_free(to);
    for (size_t i = 0; i < from->n; i++)
        put(to, from->v[i].key, from->v[i].data, from->v[i].len);
}

size_t disk_count(const struct disk *d, const char *prefix)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        n += str_starts(d->v[i].key, prefix);
    return n;
}

static int io_get(void *user, const char *key, void *out, size_t cap)
{
    const struct party *p = user;
    bool found = false;
    size_t at = place_of(&p->disk, key, &found);
    if (!found)
        return KITH_ENOTFOUND;
    if (out)
        memcpy(out, p->disk.v[at].data, MIN(cap, p->disk.v[at].len));
    return (int)p->disk.v[at].len;
}

static int io_set(void *user, const char *key, const void *data, size_t len)
{
    struct party *p = user;
    if (p->refuses)
        return KITH_EDENIED;
    put(&p->disk, key, data, len);
    return 0;
}

static int io_begin(void *user)
{
    struct party *p = user;
    assert_false(p->begun);
    p->begun = true;
    disk_copy(&p->before, &p->disk);
    return 0;
}

static int io_end(void *user, int keep)
{
    struct party *p = user;
    assert_true(p->begun);
    p->begun = false;
    if (!keep)
        disk_copy(&p->disk, &p->before);
    disk_free(&p->before);
    return 0;
}

static int io_each(void *user, const char *prefix, kith_state_fn *fn, void *arg)
{
    struct party *p = user;
    int rc = 0;
    for (size_t i = 0; i < p->disk.n && rc == 0; i++) {
        if (str_starts(p->disk.v[i].key, prefix))
            rc = fn(arg, p->disk.v[i].key, p->disk.v[i].data, p->disk.v[i].len);
    }
    return rc;
}

static int64_t io_now(void *user)
{
    return ((struct party *)user)->now;
}

/* ---- devices ---- */

struct omemo_io party_io(struct party *p)
{
    return (struct omemo_io){p, io_get, io_set, io_begin, io_end, io_each, io_now};
}

struct omemo *party_try(struct party *p, struct err *e)
{
    const struct omemo_io io = party_io(p);
    return omemo_new(&io, e);
}

void party_open(struct party *p, const char *jid)
{
    struct err e = {0};
    p->jid = jid;
    if (p->now == 0)
        p->now = INT64_C(1790000000000);
    p->o = party_try(p, &e);
    if (!p->o)
        fail_msg("%s", e.text);
}

void party_close(struct party *p)
{
    omemo_free(p->o);
    p->o = NULL;
}

void party_end(struct party *p)
{
    party_close(p);
    disk_free(&p->disk);
}

int party_meet(struct party *from, struct party *to, enum omemo_version v)
{
    struct omemo_bundle b = {0};
    assert_int_equal(omemo_bundle(to->o, v, &b), 0);
    int rc = omemo_start_session(from->o, v, to->jid, omemo_device(to->o), &b);
    omemo_bundle_clear(&b);
    return rc;
}

int party_send(struct party *from, struct party *to, enum omemo_version v, const char *text, struct buf *out, bool *exchange)
{
    buf_clear(out);
    return omemo_encrypt(from->o, v, to->jid, omemo_device(to->o), text, strlen(text), out, exchange);
}

int party_read(struct party *by, struct party *from, enum omemo_version v, const struct buf *in, bool exchange, struct buf *out)
{
    buf_clear(out);
    return omemo_decrypt(by->o, v, from->jid, omemo_device(from->o), in->data, in->len, exchange, out);
}

void party_says(struct party *from, struct party *to, enum omemo_version v, const char *text)
{
    struct buf wire = {0}, read = {0};
    bool exchange = false;
    assert_int_equal(party_send(from, to, v, text, &wire, &exchange), 0);
    assert_int_equal(party_read(to, from, v, &wire, exchange, &read), 0);
    assert_string_equal(buf_str(&read), text);
    buf_free(&wire);
    buf_free(&read);
}
