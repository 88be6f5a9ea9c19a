/* backends/xmpp/omemo_list.c - which devices people have, and their bundles (XEP-0384 §5.3, §6) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum {
    ASK_MOST = 20, /* lists at once, and bundles: a room of hundreds is a queue, which is */
    ASK_MORE = 10, /* filled up when so many are left. Of somebody to whom is written in a chat of two: of each so many bundles */
    ONCE_MORE_MS = 5000,     /* after a server could not answer, */
    LATER_MS = 60 * 1000,    /* and when it could not a second time: until then it does without */
    NONE_MS = 5 * 60 * 1000  /* there are no keys, or none that can be used: perhaps others were published since */
};

static const enum omemo_version versions[] = {OMEMO_OLD, OMEMO_2};

/* "3 juliet@capulet.example", "3 juliet@capulet.example/7"; owned. */
static char *list_key(enum omemo_version v, const char *jid)
{
    return xasprintf("%d %s", (int)v, jid);
}

static char *device_key(enum omemo_version v, const char *jid, uint32_t device)
{
    return xasprintf("%d %s/%" PRIu32, (int)v, jid, device);
}

static bool has(const struct map *m, const char *key)
{
    return map_get(m, key) != NULL;
}

static int64_t mono(const struct x *x)
{
    return x_host(x)->mono_ms();
}

static bool is_bundle_key(const char *key)
{
    return strchr(key, '/') != NULL;
}

/* A list, or a bundle, of this address. */
static bool is_of(const char *key, const char *jid)
{
    const char *of = strchr(key, ' ') + 1;
    size_t len = strlen(jid);
    return strncmp(of, jid, len) == 0 && (of[len] == '\0' || of[len] == '/');
}

/* ---- what could not be had ---- */

struct failed {
    const char *why;  /* static; NULL: it is asked for once more in a moment, and waited for */
    int64_t again_ms; /* it is asked for again from then on */
};

/* It is done without for a while; what says so. */
static const struct failed *without(const struct x *x, const char *key)
{
    const struct failed *f = map_get(&omemo_of(x)->bad, key);
    return f && f->why && mono(x) < f->again_ms ? f : NULL;
}

static bool is_time(const struct x *x, const char *key)
{
    const struct failed *f = map_get(&omemo_of(x)->bad, key);
    return !f || mono(x) >= f->again_ms;
}

static void forget_failed(struct omemo_session *s, const char *key)
{
    free(map_del(&s->bad, key));
}

static void note_failed(struct x *x, const char *key, const char *why, int64_t ms)
{
    struct failed *f = xmalloc(sizeof *f);
    *f = (struct failed){why, mono(x) + ms};
    free(map_set(&omemo_of(x)->bad, key, f));
}

static void on_once_more(void *user)
{
    struct x *x = user;
    struct omemo_session *s = omemo_of(x);
    s->again_timer = 0;
    for (struct map_entry *e = NULL; (e = map_next(&s->bad, e));) {
        struct failed *f = e->value;
        f->again_ms = f->why ? f->again_ms : 0;
    }
    if (!s->o || !x_online(x))
        return;
    (void)omemo_lists_ready(x, x_bare(x));
    if (omemo_lists_failed(x, x_bare(x)) && !s->again_timer) /* without ours nobody can write to us */
        s->again_timer = x_host(x)->timer_add(LATER_MS + ONCE_MORE_MS, on_once_more, x);
    omemo_push(x);
}

/* RFC 6120 §8.3: the question may be answered later. Anything else says that there is nothing to be had. NULL: no answer came. */
static bool is_for_now(xmpp_stanza_t *reply)
{
    static const char *const conditions[] = {"remote-server-timeout", "remote-server-not-found", "resource-constraint",
                                             "internal-server-error"};
    xmpp_stanza_t *error = reply ? st_child(reply, "error", NULL) : NULL;
    bool now = !reply || str_eq(st_attr(error, "type"), "wait");
    for (size_t i = 0; error && i < COUNT(conditions); i++)
        now |= st_child(error, conditions[i], NULL) != NULL;
    return now;
}

/* The server cannot answer now: asked once more, then done without for a while. One that did not answer at all was waited for. */
static void not_now(struct x *x, const char *key, xmpp_stanza_t *reply)
{
    struct omemo_session *s = omemo_of(x);
    bool first = reply && !map_get(&s->bad, key);
    const char *why = is_bundle_key(key) ? "its keys could not be fetched: the server does not answer now" : OMEMO_WHY_UNLISTED;
    note_failed(x, key, first ? NULL : why, first ? ONCE_MORE_MS : LATER_MS);
    if (!s->again_timer && (first || is_of(key, x_bare(x))))
        s->again_timer = x_host(x)->timer_add(ONCE_MORE_MS, on_once_more, x);
}

/* ---- lists ---- */

/* Its bundles are looked at again, those that were missing as well. */
static void forget_bad(struct omemo_session *s, const char *owner)
{
    for (struct map_entry *e = NULL; (e = map_next(&s->bad, e));) {
        if (is_bundle_key(e->key) && is_of(e->key, owner))
            free(map_del(&s->bad, e->key));
    }
}

static void took_list(struct x *x, enum omemo_version v, const char *owner, xmpp_stanza_t *item)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_devices l;
    bool changed = false;
    if (!omemo_read_list(item, v, &l))
        return;
    if (jid_same_bare(owner, x_bare(x)) && omemo_own_list(x, v, item) && l.n == COUNT(l.v))
        l.v[l.n - 1] = (struct omemo_listed){omemo_device(s->o), NULL}; /* far behind in a long one, perhaps */
    if (omemo_list(s->o, v, owner, l.v, l.n, &changed) < 0)
        return;
    char *key = list_key(v, owner);
    set_add(&s->fresh, key);
    forget_failed(s, key);
    (void)map_del(&s->taken, key);
    free(key);
    if (changed)
        forget_bad(s, owner);
    if (changed)
        omemo_tell_soon(x);
    if (jid_same_bare(owner, x_bare(x)))
        omemo_publish_soon(x); /* whether we stand in it is looked at there */
}

static void heard(struct x *x, enum omemo_version v, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    struct omemo_session *s = omemo_of(x);
    if (!s || !s->o)
        return;
    if (what == PEP_ITEM) {
        took_list(x, v, owner, item);
        if (jid_same_bare(owner, x_bare(x)) || s->n_posts > 0)
            omemo_push(x); /* what waited for us to stand there, or for a device of theirs that is gone */
    } else { /* taken away, perhaps to be written anew: the answer decides, and nobody is forgotten until then (§5.3.1) */
        char *key = list_key(v, owner);
        set_add(&s->taken, key);
        free(key);
        omemo_lists_stale(x, owner);
        (void)omemo_lists_ready(x, owner);
    }
}

void omemo_list_old(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    heard(x, OMEMO_OLD, owner, item, what);
}

void omemo_list_2(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    heard(x, OMEMO_2, owner, item, what);
}

/* Values of s->asking. */
static const char in_line[] = "in line", at_once[] = "at once";

void omemo_hurry(struct x *x, const char *jid)
{
    set_add(&omemo_of(x)->hurried, jid);
}

/* What is said in a chat of two does not wait until a room of hundreds is known, nor what waits for our own devices. */
static bool is_hurried(const struct x *x, const char *jid)
{
    return has(&omemo_of(x)->hurried, jid) || jid_same_bare(jid, x_bare(x));
}

/* How many questions are open: of one whose turn it is at once those about this one, else those of all who stand in line. */
static size_t asked_for(const struct x *x, const char *jid, bool bundles)
{
    size_t n = 0;
    bool hurried = is_hurried(x, jid);
    for (struct map_entry *e = NULL; (e = map_next(&omemo_of(x)->asking, e));) {
        n += is_bundle_key(e->key) == bundles && (hurried ? is_of(e->key, jid) : e->value == in_line);
    }
    return n;
}

/* What waits is looked at again, but not for each of many answers. */
static void answered(struct x *x, const char *jid, bool bundles)
{
    if (asked_for(x, jid, bundles) <= ASK_MORE)
        omemo_push(x);
}

/* False: it is asked already, or has to wait for others. */
static bool may_ask(struct x *x, const char *key, const char *jid, bool bundle)
{
    struct omemo_session *s = omemo_of(x);
    if (has(&s->asking, key) || asked_for(x, jid, bundle) >= ASK_MOST)
        return false;
    (void)map_set(&s->asking, key, (void *)(uintptr_t)(is_hurried(x, jid) ? at_once : in_line));
    return true;
}

struct asked {
    enum omemo_version v;
    uint32_t device;
    char jid[];
};

static struct asked *asked_new(enum omemo_version v, const char *jid, uint32_t device)
{
    size_t len = strlen(jid) + 1;
    struct asked *a = xmalloc(sizeof *a + len);
    a->v = v;
    a->device = device;
    memcpy(a->jid, jid, len);
    return a;
}

static xmpp_stanza_t *newest(xmpp_stanza_t *items)
{
    xmpp_stanza_t *last = NULL;
    EACH_CHILD (c, items) {
        if (is_elem(c, "item", NULL))
            last = c;
    }
    return last;
}

/* There is none. Where one was taken away a moment ago that counts; ours is written anew then, with all that stood in it. */
static void no_list(struct x *x, const struct asked *a, const char *key)
{
    struct omemo_session *s = omemo_of(x);
    bool taken = map_del(&s->taken, key) != NULL;
    if (jid_same_bare(a->jid, x_bare(x))) {
        (void)omemo_own_list(x, a->v, NULL);
        s->again |= taken;
        omemo_publish_soon(x);
    } else if (taken) {
        took_list(x, a->v, a->jid, NULL);
    }
}

static void on_list(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    struct omemo_session *s = omemo_of(x);
    if (s) {
        char *key = list_key(a->v, a->jid);
        (void)map_del(&s->asking, key);
        xmpp_stanza_t *item = newest(pep_items(reply, omemo_list_node(a->v)));
        if (s->o && !iq_is_result(reply) && is_for_now(reply)) {
            if (reply || x_online(x))
                not_now(x, key, reply);
        } else if (s->o) { /* most errors are an answer as well: there is no list */
            if (item)
                took_list(x, a->v, a->jid, item);
            else
                no_list(x, a, key);
            set_add(&s->fresh, key);
            forget_failed(s, key);
        }
        free(key);
        answered(x, a->jid, false);
    }
    free(a);
}

bool omemo_lists_ready(struct x *x, const char *jid)
{
    struct omemo_session *s = omemo_of(x);
    bool ready = true;
    for (size_t i = 0; i < COUNT(versions); i++) {
        char *key = list_key(versions[i], jid);
        if (!has(&s->fresh, key) && !without(x, key)) {
            ready = false;
            if (is_time(x, key) && may_ask(x, key, jid, false))
                x_iq(x, pep_get(x, jid, omemo_list_node(versions[i]), NULL), on_list, asked_new(versions[i], jid, 0));
        }
        free(key);
    }
    return ready;
}

void omemo_lists_stale(struct x *x, const char *jid)
{
    struct omemo_session *s = omemo_of(x);
    for (size_t i = 0; i < COUNT(versions); i++) {
        char *key = list_key(versions[i], jid);
        (void)map_del(&s->fresh, key);
        free(key);
    }
}

bool omemo_lists_known(const struct x *x, const char *jid)
{
    const struct omemo_session *s = omemo_of(x);
    bool known = true;
    for (size_t i = 0; i < COUNT(versions); i++) {
        char *key = list_key(versions[i], jid);
        known &= has(&s->fresh, key) || without(x, key);
        free(key);
    }
    return known;
}

bool omemo_list_fresh(const struct x *x, enum omemo_version v, const char *jid)
{
    char *key = list_key(v, jid);
    bool fresh = has(&omemo_of(x)->fresh, key);
    free(key);
    return fresh;
}

bool omemo_lists_failed(const struct x *x, const char *jid)
{
    bool failed = false;
    for (size_t i = 0; i < COUNT(versions); i++) {
        char *key = list_key(versions[i], jid);
        failed |= map_get(&omemo_of(x)->bad, key) != NULL;
        free(key);
    }
    return failed;
}

/* ---- bundles ---- */

/* Static. there: the server has one. */
static const char *why_bad(int rc, bool there)
{
    if (!there)
        return "it stands in the list of devices, but has published no keys";
    switch ((enum omemo_error)rc) {
    case OMEMO_CHANGED:
        return OMEMO_WHY_CHANGED;
    case OMEMO_FORGED:
        return "its keys are not signed as they should be";
    case OMEMO_NOT_KEPT:
        return "its keys could not be kept on the disk";
    case OMEMO_DUPLICATE:
    case OMEMO_NO_SESSION:
    case OMEMO_MALFORMED:
    case OMEMO_FAR:
        break;
    }
    return "the keys that it published are damaged, or used up";
}

const char *omemo_bad(const struct x *x, enum omemo_version v, const char *jid, uint32_t device)
{
    const struct map *bad = &omemo_of(x)->bad;
    char *key = bad->n > 0 ? device_key(v, jid, device) : NULL;
    const struct failed *f = key ? map_get(bad, key) : NULL;
    free(key);
    return f ? f->why : NULL;
}

void omemo_unbad(struct omemo_session *s, enum omemo_version v, const char *jid, uint32_t device)
{
    char *key = device_key(v, jid, device);
    forget_failed(s, key);
    free(key);
}

static void took_bundle(struct x *x, const struct asked *a, const char *key, xmpp_stanza_t *reply)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_bundle b = {0};
    char node[OMEMO_NODE], item[16];
    omemo_bundle_node(a->v, a->device, node, item);
    int rc = OMEMO_MALFORMED;
    if (omemo_read_bundle(newest(pep_items(reply, node)), a->v, &b))
        rc = omemo_start_session(s->o, a->v, a->jid, a->device, &b);
    omemo_bundle_clear(&b);
    if (rc == 0) {
        forget_failed(s, key);
        omemo_mended(x, a->v, a->jid, a->device);
        (void)omemo_atm_settle(x);
        return;
    }
    note_failed(x, key, why_bad(rc, iq_is_result(reply)), NONE_MS);
    x_log(x, KITH_INFO, "no session with device %" PRIu32 " of %s: %s", a->device, a->jid, omemo_error_words(rc));
    if (rc == OMEMO_CHANGED)
        omemo_tell_changed(x, a->jid, a->device);
}

static void on_bundle(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    struct omemo_session *s = omemo_of(x);
    if (s && s->o) { /* the keys may have become unusable in the meantime */
        char *key = device_key(a->v, a->jid, a->device);
        (void)map_del(&s->asking, key);
        if (iq_is_result(reply) || !is_for_now(reply))
            took_bundle(x, a, key, reply);
        else if (reply || x_online(x))
            not_now(x, key, reply);
        free(key);
        answered(x, a->jid, true);
    }
    free(a);
}

bool omemo_session_ready(struct x *x, enum omemo_version v, const char *jid, uint32_t device, bool *bad)
{
    struct omemo_session *s = omemo_of(x);
    *bad = false;
    bool there = omemo_has_session(s->o, v, jid, device);
    if (there && !omemo_is_broken(x, v, jid, device))
        return true;
    char *key = device_key(v, jid, device), node[OMEMO_NODE], item[16];
    bool none = without(x, key);
    *bad = none && !there; /* else a broken one goes on until there is another */
    if (!none && is_time(x, key) && may_ask(x, key, jid, true)) {
        omemo_bundle_node(v, device, node, item);
        x_iq(x, pep_get(x, jid, node, v == OMEMO_2 ? item : NULL), on_bundle, asked_new(v, jid, device));
    }
    free(key);
    return none;
}
