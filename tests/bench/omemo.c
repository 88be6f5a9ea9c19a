/* bench/omemo.c - what a message to a room of a hundred devices costs the account: the ratchets' library, and all around it
 *
 * Usage: omemo [devices]. CPU time for each device, the middle of many rounds, each round with all three: what libomemo-c takes
 * with its records in memory; our encryption with the records in the account's SQLite, in one transaction; and the whole way from
 * what the user wrote to the stanza: who reads it, encryption, XML. What is promised is that all of it takes at most twice as long
 * as the library, for each of a hundred. Then what a session with a device takes that is new to us: the library, and all of it with
 * the XML of the bundle.
 */
#include <inttypes.h>
#include <omemo/session_cipher.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../unit/omemo/fixture.h"
#include "../unit/xmppim/fake_inner.h"
#include "account/state.h"
#include "backends/omemo/private.h"
#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"

enum { ROUNDS_LEAST = 21, MESSAGES = 4001 /* of all rounds, to one device each */, DEVICES = 100, DEVICES_MOST = 1000, MADE = 30 };
#define ROOM "ball@rooms.montague.lit"

/* ---- stores: a map, and the account's ---- */

struct value {
    size_t len;
    char data[];
};

static int map_io_get(void *user, const char *key, void *out, size_t cap)
{
    const struct value *v = map_get(user, key);
    if (!v)
        return KITH_ENOTFOUND;
    if (out)
        memcpy(out, v->data, MIN(v->len, cap));
    return (int)v->len;
}

static int map_io_set(void *user, const char *key, const void *data, size_t len)
{
    struct value *v = len ? xmalloc(sizeof *v + len) : NULL;
    if (v) {
        v->len = len;
        memcpy(v->data, data, len);
    }
    free(v ? map_set(user, key, v) : map_del(user, key));
    return 0;
}

static int map_io_begin(void *user UNUSED)
{
    return 0;
}

static int map_io_end(void *user UNUSED, int keep UNUSED)
{
    return 0;
}

static int map_io_each(void *user, const char *prefix, kith_state_fn *fn, void *arg)
{
    int rc = 0;
    for (struct map_entry *e = NULL; rc == 0 && (e = map_next(user, e));) {
        const struct value *v = e->value;
        rc = str_starts(e->key, prefix) ? fn(arg, e->key, v->data, v->len) : 0;
    }
    return rc;
}

static int64_t io_now(void *user UNUSED)
{
    return INT64_C(1790000000000);
}

static struct state *kept; /* the account's, as kith-account has it */

static int disk_get(struct kith_account *a UNUSED, const char *key, void *out, size_t cap)
{
    return state_get(kept, key, out, cap);
}

static int disk_set(struct kith_account *a UNUSED, const char *key, const void *data, size_t len)
{
    struct err e = {0};
    return state_set(kept, key, data, len, &e);
}

static int disk_begin(struct kith_account *a UNUSED)
{
    struct err e = {0};
    return state_begin(kept, &e);
}

static int disk_end(struct kith_account *a UNUSED, int keep)
{
    struct err e = {0};
    return state_end(kept, keep != 0, &e);
}

static int disk_each(struct kith_account *a UNUSED, const char *prefix, kith_state_fn *fn, void *user)
{
    return state_each(kept, prefix, fn, user);
}

/* ---- who is there ---- */

static char *address(size_t i)
{
    return xasprintf("guest%zu@verona.lit", i);
}

static uint32_t number(size_t i)
{
    return (uint32_t)(1000 + i);
}

static enum omemo_version version_of(size_t i)
{
    return i % 2 ? OMEMO_2 : OMEMO_OLD;
}

static void meet(struct omemo *o, struct party *by, size_t i)
{
    struct omemo_bundle b = {0};
    enum omemo_version v = version_of(i);
    char *jid = address(i);
    const struct omemo_listed one = {number(i), NULL};
    bool changed;
    if (omemo_bundle(by->o, v, &b) < 0 || omemo_list(o, v, jid, &one, 1, &changed) < 0 ||
        omemo_start_session(o, v, jid, number(i), &b) < 0) {
        fprintf(stderr, "no session with device %zu\n", i);
        exit(1);
    }
    omemo_bundle_clear(&b);
    free(jid);
}

static void no_answers(struct x *x)
{
    while (x->n_iqs)
        fake_error(x, "", "item-not-found");
}

static void members(struct x *x, const char *list, size_t n)
{
    struct buf b = {0};
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "<item affiliation='%s' jid='guest%zu@verona.lit'/>", list, i);
    char *part = xasprintf("affiliation=\"%s\"", list);
    fake_result(x, part, "<query xmlns='http://jabber.org/protocol/muc#admin'>%s</query>", buf_str(&b));
    free(part);
    buf_free(&b);
}

/* An account that is in the room, and has read everybody's lists. */
static struct x *account(size_t n)
{
    struct x *x = fake_open();
    fake_option(x, "encryption", "omemo");
    x->host.state_get = disk_get;
    x->host.state_set = disk_set;
    x->host.state_begin = disk_begin;
    x->host.state_end = disk_end;
    x->host.state_each = disk_each;
    fake_restart(&x);
    fake_start(x);
    fake_drop(x, true);
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    fake_result(x, "disco#info\"", "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='pubsub' type='pep'/>"
                "<feature var='http://jabber.org/protocol/pubsub#publish-options'/></query>");
    no_answers(x);
    fake_timers(x);
    while (x->n_iqs)
        fake_result(x, "", "%s", "");
    (void)muc_join(x, ROOM, "romeo", NULL, 7);
    fake_result(x, "to=\"" ROOM "\"", "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='muc_nonanonymous'/>"
                "<feature var='muc_membersonly'/></query>");
    fake_feed(x, "<presence from='" ROOM "/romeo'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' "
                 "role='participant'/><status code='110'/></x></presence>");
    members(x, "owner", 0);
    members(x, "admin", 0);
    members(x, "member", n);
    no_answers(x);
    for (size_t i = 0; i < 2 * n; i++) {
        char *key = xasprintf("%d guest%zu@verona.lit", i % 2 ? 3 : 4, i / 2);
        set_add(&omemo_of(x)->fresh, key);
        free(key);
    }
    return x;
}

/* ---- what is measured ---- */

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const unsigned char secret[48] = "forty-eight bytes, as the new version has them.";

static double by_library(struct omemo *o, size_t n)
{
    double began = cpu_us();
    for (size_t i = 0; i < n; i++) {
        char *jid = address(i);
        signal_protocol_address a = {jid, strlen(jid), (int32_t)number(i)};
        session_cipher *c = NULL;
        ciphertext_message *m = NULL;
        o->version = version_of(i);
        if (session_cipher_create(&c, o->store, &a, o->context) < 0)
            exit(1);
        session_cipher_set_version(c, (uint32_t)o->version);
        if (session_cipher_encrypt(c, secret, sizeof secret, &m) < 0)
            exit(1);
        SIGNAL_UNREF(m);
        session_cipher_free(c);
        free(jid);
    }
    return (cpu_us() - began) / (double)n;
}

static double by_us(struct omemo *o, size_t n)
{
    double began = cpu_us();
    (void)omemo_begin(o);
    for (size_t i = 0; i < n; i++) {
        char *jid = address(i);
        struct buf out = {.secret = true};
        bool exchange;
        if (omemo_encrypt(o, version_of(i), jid, number(i), secret, sizeof secret, &out, &exchange) < 0)
            exit(1);
        buf_free(&out);
        free(jid);
    }
    (void)omemo_end(o, true);
    return (cpu_us() - began) / (double)n;
}

static double by_words(struct x *x, size_t n, size_t round)
{
    char id[24];
    (void)snprintf(id, sizeof id, "m%zu", round);
    const struct kith_send m = {.size = sizeof m, .chat = ROOM, .id = id, .body = "Is the day so young?"};
    fake_forget(x);
    double began = cpu_us();
    (void)im_send(x, &m);
    double us = (cpu_us() - began) / (double)n;
    if (!fake_last_sent(x, "type=\"groupchat\"") || strstr(fake_last_sent(x, "type=\"groupchat\""), "young")) {
        fprintf(stderr, "nothing left, or in the clear: %s\n", fake_last_event(x, "RECEIPT"));
        exit(1);
    }
    return us;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double middle(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_size);
    return v[n / 2];
}

/* A session with a device of which nothing is known, and of it what the library takes. */
static void new_ones(struct omemo *memory, struct x *x, struct party *by)
{
    double lib[MADE], all[MADE];
    for (size_t i = 0; i < MADE; i++) {
        struct omemo_bundle b = {0}, read;
        char *jid = address(DEVICES_MOST + i);
        if (omemo_bundle(by->o, OMEMO_OLD, &b) < 0)
            exit(1);
        double began = cpu_us();
        if (omemo_start_session(memory, OMEMO_OLD, jid, 7, &b) < 0)
            exit(1);
        lib[i] = cpu_us() - began;
        xmpp_stanza_t *item = st_new(x_ctx(x), "item", NULL);
        omemo_write_bundle(item, OMEMO_OLD, &b);
        began = cpu_us();
        if (!omemo_read_bundle(item, OMEMO_OLD, &read) || omemo_start_session(omemo_of(x)->o, OMEMO_OLD, jid, 7, &read) < 0)
            exit(1);
        all[i] = cpu_us() - began;
        omemo_bundle_clear(&b);
        omemo_bundle_clear(&read);
        xmpp_stanza_release(item);
        free(jid);
    }
    double l = middle(lib, MADE), a = middle(all, MADE);
    printf("a session with a new device: %.0f us, of these the library %.0f (%.2f times)\n", a, l, a / l);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : DEVICES;
    char dir[] = "/tmp/kith-bench-XXXXXX";
    struct err e = {0};
    struct map disk = {0};
    struct party guest = {0};
    if (n < 1 || n > DEVICES_MOST || !mkdtemp(dir) || !(kept = state_open(dir, &e))) {
        fprintf(stderr, "usage: omemo [devices, at most %d] %s\n", DEVICES_MOST, e.text);
        return 1;
    }
    const struct omemo_io io = {&disk, map_io_get, map_io_set, map_io_begin, map_io_end, map_io_each, io_now};
    struct omemo *memory = omemo_new(&io, &e);
    party_open(&guest, "guest@verona.lit");
    struct x *x = account(n);
    for (size_t i = 0; memory && i < n; i++) {
        meet(memory, &guest, i);
        meet(omemo_of(x)->o, &guest, i);
    }
    size_t rounds = MAX((size_t)ROUNDS_LEAST, MESSAGES / n);
    double *lib = xcalloc(rounds, sizeof *lib), *ours = xcalloc(rounds, sizeof *ours), *words = xcalloc(rounds, sizeof *words);
    for (size_t r = 0; memory && r <= rounds; r++) { /* the first one warms up */
        size_t at = r ? r - 1 : 0;
        lib[at] = by_library(memory, n);
        ours[at] = by_us(omemo_of(x)->o, n);
        words[at] = by_words(x, n, r);
    }
    double l = middle(lib, rounds), o = middle(ours, rounds), w = middle(words, rounds);
    free(lib), free(ours), free(words);
    printf("for each of %zu devices: libomemo-c %.1f us; encrypted and kept %.1f us (%.2f times); from words to stanza %.1f us "
           "(%.2f times)\n", n, l, o, o / l, w, w / l);
    new_ones(memory, x, &guest);
    fake_close(x);
    omemo_free(memory);
    map_free(&disk, free);
    party_end(&guest);
    state_close(kept);
    char *command[] = {"account.db", "account.db-wal", "account.db-shm", "account.lock"};
    for (size_t i = 0; i < COUNT(command); i++) {
        char *path = xasprintf("%s/%s", dir, command[i]);
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(dir);
    return w <= 2 * l || n < DEVICES ? 0 : 2; /* of a few devices most is what each message costs */
}
