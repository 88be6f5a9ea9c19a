/* fuzz/fuzz_omemo.c - lists, bundles, messages and envelopes of anybody; and honest ones that were changed on the way */
/* links: base xmpp omemofix */
#include <inttypes.h>
#include <stdlib.h>

#include "../unit/omemo/fixture.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo_sce.h"
#include "backends/xmpp/omemo_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define US "romeo@montague.example"
#define THEM "juliet@capulet.example"
#define TEXT "what light through yonder window breaks"

static const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};

/* Two devices in a session of each version, as they are at the start of each input. */
static struct {
    xmpp_ctx_t *ctx;
    struct party a, b;
    struct disk disk_a, disk_b;
} all;

static void open_all(void)
{
    all.ctx = xmpp_ctx_new(NULL, NULL);
    party_open(&all.a, US);
    party_open(&all.b, THEM);
    for (size_t i = 0; i < COUNT(both); i++) {
        if (party_meet(&all.b, &all.a, both[i]) < 0)
            abort();
        party_says(&all.b, &all.a, both[i], "1");
        party_says(&all.a, &all.b, both[i], "2");
    }
    disk_copy(&all.disk_a, &all.a.disk);
    disk_copy(&all.disk_b, &all.b.disk);
}

/* but: rows of this name aside, or NULL */
static bool same(const struct disk *x, const struct disk *y, const char *but)
{
    bool fine = x->n == y->n;
    for (size_t i = 0; fine && i < x->n; i++)
        fine = (but && strcmp(x->v[i].key, but) == 0 && strcmp(y->v[i].key, but) == 0) || strcmp(x->v[i].key, y->v[i].key) == 0 && x->v[i].len == y->v[i].len &&
               memcmp(x->v[i].data, y->v[i].data, x->v[i].len) == 0;
    return fine;
}

/* Of a device that shows another key that is noted, and nothing else: neither the key in force nor the trust. */
static bool only_noted(const struct omemo_known *was)
{
    struct omemo_known now;
    char *row = xasprintf("omemo.d." THEM "/%" PRIu32, was->id);
    bool fine = same(&all.a.disk, &all.disk_a, row) && omemo_known_one(all.a.o, THEM, was->id, &now) && now.changed &&
                now.trust == was->trust && now.has_key == was->has_key && memcmp(now.key, was->key, OMEMO_KEY) == 0;
    free(row);
    return fine;
}

/* What is written is read as the same. */
static void list(xmpp_stanza_t *st, enum omemo_version v)
{
    struct omemo_devices l, back;
    if (!omemo_read_list(st, v, &l))
        return;
    xmpp_stanza_t *item = st_new(all.ctx, "item", NULL);
    bool changed = false;
    omemo_write_list(item, v, &l);
    if (!omemo_read_list(item, v, &back) || back.n != l.n)
        abort();
    (void)omemo_list(all.a.o, v, THEM, l.v, l.n, &changed);
    xmpp_stanza_release(item);
}

static void bundle(xmpp_stanza_t *st, enum omemo_version v)
{
    struct omemo_bundle b = {0}, back = {0};
    if (!omemo_read_bundle(st, v, &b))
        return;
    xmpp_stanza_t *item = st_new(all.ctx, "item", NULL);
    omemo_write_bundle(item, v, &b);
    if (!omemo_read_bundle(item, v, &back) || back.n != b.n)
        abort();
    (void)omemo_start_session(all.a.o, v, "tybalt@capulet.example", 7, &b);
    omemo_bundle_clear(&b);
    omemo_bundle_clear(&back);
    xmpp_stanza_release(item);
}

static void message(xmpp_stanza_t *st)
{
    struct omemo_sealed s;
    struct buf secret = {.secret = true}, text = {.secret = true};
    if (!omemo_read_sealed(st, US, 5, &s))
        return;
    if (s.for_us) /* nobody who does not have our keys can write this */
        if (omemo_decrypt(all.a.o, s.version, THEM, s.from, s.key.data, s.key.len, s.exchange, &secret) == 0)
            abort();
    s.payload.secret_len = s.version == OMEMO_OLD ? OMEMO_SECRET_OLD : OMEMO_SECRET_2;
    if (payload_decrypt(s.version, &s.payload, &text) == 0 || text.len > 0)
        abort();
    buf_free(&secret);
    buf_free(&text);
    omemo_sealed_clear(&s);
}

static void xml(const char *text, size_t len)
{
    static const struct sce_ends e = {.from = THEM, .to = NULL, .time_ms = 0};
    enum sce_result why;
    char *copy = xstrndup(text, len);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(all.ctx, copy);
    free(copy);
    if (st) {
        for (size_t i = 0; i < COUNT(both); i++) {
            list(st, both[i]);
            bundle(st, both[i]);
        }
        message(st);
        xmpp_stanza_release(st);
    }
    xmpp_stanza_t *outer = st_new(all.ctx, "message", NULL), *open = sce_open(outer, text, len, &e, &why);
    if (open)
        xmpp_stanza_release(open);
    xmpp_stanza_release(outer);
}

/* Pairs of bytes say what is changed where; an odd one at the end, how much is cut. */
static bool change(unsigned char *data, size_t *len, const uint8_t *how, size_t n)
{
    bool changed = false;
    for (; n >= 2; n -= 2, how += 2) {
        size_t at = how[0] * (*len - 1) / UINT8_MAX;
        data[at] ^= how[1];
        changed = changed || how[1] != 0;
    }
    if (n == 1 && how[0] > 0) {
        *len -= MIN(*len, (size_t)how[0]);
        changed = true;
    }
    return changed;
}

/* Nothing but the text that was meant is ever read, and what fails changes nothing. */
static void changed_message(enum omemo_version v, bool fresh, const uint8_t *how, size_t n)
{
    struct buf wire = {0}, read = {0};
    bool exchange = false;
    if (fresh && (omemo_drop_session(all.b.o, v, US, omemo_device(all.a.o)) < 0 || party_meet(&all.b, &all.a, v) < 0))
        abort();
    if (party_send(&all.b, &all.a, v, TEXT, &wire, &exchange) < 0 || exchange != fresh)
        abort();
    size_t len = wire.len;
    struct omemo_known was;
    if (!omemo_known_one(all.a.o, THEM, omemo_device(all.b.o), &was))
        abort();
    (void)change((unsigned char *)wire.data, &len, how, n);
    wire.len = len;
    int rc = party_read(&all.a, &all.b, v, &wire, exchange, &read);
    bool untouched = rc == 0 || (rc == OMEMO_CHANGED ? only_noted(&was) : same(&all.a.disk, &all.disk_a, NULL));
    if (!untouched || (rc == 0 ? strcmp(buf_str(&read), TEXT) != 0 : read.len > 0))
        abort();
    buf_free(&wire);
    buf_free(&read);
}

/* A key that nobody signed is never taken. */
static void changed_bundle(enum omemo_version v, const uint8_t *how, size_t n)
{
    struct omemo_bundle b = {0};
    if (omemo_bundle(all.b.o, v, &b) < 0)
        abort();
    size_t len = sizeof b.signature + b.key_len;
    unsigned char part[OMEMO_SIGNATURE + OMEMO_KEY_WIRE], before[sizeof part];
    memcpy(part, b.signature, sizeof b.signature);
    memcpy(part + sizeof b.signature, b.signed_key.key, b.key_len);
    memcpy(before, part, len);
    (void)change(part, &len, how, n & ~(size_t)1);
    memcpy(b.signature, part, sizeof b.signature);
    memcpy(b.signed_key.key, part + sizeof b.signature, b.key_len);
    int rc = omemo_start_session(all.a.o, v, "nurse@capulet.example", 7, &b);
    if (memcmp(part, before, len) != 0 ? rc == 0 || !same(&all.a.disk, &all.disk_a, NULL) : rc < 0)
        abort();
    omemo_bundle_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!all.ctx)
        open_all();
    if (size == 0 || data[0] == '<') {
        xml((const char *)data, size);
    } else {
        enum omemo_version v = both[data[0] & 1];
        if (data[0] & 2)
            changed_message(v, data[0] & 4, data + 1, size - 1);
        else
            changed_bundle(v, data + 1, size - 1);
    }
    disk_copy(&all.a.disk, &all.disk_a);
    disk_copy(&all.b.disk, &all.disk_b);
    return 0;
}
