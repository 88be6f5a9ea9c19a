/* backends/xmpp/omemo_repair.c - why a message cannot be read, in words, and what is done so that the next one can
 *
 * XEP-0384 §6: a device that writes in a session which is not here gets a new one at once. One whose session is broken gets it
 * with what the user writes next, or by /renew: never by a message that came alone. Both at most once an hour and device. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

#define RENEWED "omemo.renewed."
#define BROKEN "omemo.broken."
#define KEPT "omemo.text."
#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)
#define MINUTE_MS (INT64_C(60) * 1000)
#define MENDING "What you write next, or /renew, makes new ones; then ask for it again"
enum { KEEP_DAYS = 30 };

/* ---- what is noted of a device, over restarts ---- */

static char *note_name(const char *what, enum omemo_version v, const char *jid, uint32_t device)
{
    return xasprintf("%s%d.%s/%" PRIu32, what, (int)v, jid, device);
}

static int64_t note_time(struct x *x, const char *name)
{
    int64_t ms = 0;
    return x_host(x)->state_get(x_account(x), name, &ms, sizeof ms) == (int)sizeof ms ? ms : 0;
}

static void note(struct x *x, const char *name, int64_t ms)
{
    (void)x_host(x)->state_set(x_account(x), name, &ms, ms ? sizeof ms : 0);
}

/* Not more than once an hour. name: of the note of when it was done. */
static bool may_renew(struct x *x, const char *name)
{
    int64_t now = x_host(x)->wall_ms(), last = note_time(x, name);
    return last == 0 || now - last >= HOUR_MS || last - now > HOUR_MS; /* the clock was wrong then */
}

bool omemo_is_broken(struct x *x, enum omemo_version v, const char *jid, uint32_t device)
{
    char *name = note_name(BROKEN, v, jid, device);
    bool broken = note_time(x, name) != 0;
    free(name);
    return broken;
}

void omemo_mended(struct x *x, enum omemo_version v, const char *jid, uint32_t device)
{
    char *name = note_name(BROKEN, v, jid, device);
    if (note_time(x, name) != 0)
        note(x, name, 0);
    free(name);
}

static void break_session(struct x *x, enum omemo_version v, const char *jid, uint32_t device)
{
    char *renewed = note_name(RENEWED, v, jid, device), *broken = note_name(BROKEN, v, jid, device);
    if (omemo_has_session(omemo_of(x)->o, v, jid, device) && may_renew(x, renewed)) {
        note(x, renewed, x_host(x)->wall_ms());
        note(x, broken, x_host(x)->wall_ms());
    }
    free(renewed);
    free(broken);
}

/* ---- a message that cannot be read ---- */

static bool is_listed(const struct omemo_session *s, const struct omemo_sealed *in, const char *from)
{
    struct omemo_known d;
    return omemo_known_one(s->o, from, in->from, &d) && d.lists != 0;
}

/* §6: of a device that is in no list the list may have changed without our having heard of it. Once a minute, however many numbers
 * somebody thinks of. */
static void look_again(struct x *x, struct omemo_session *s, const char *from)
{
    int64_t now = x_host(x)->mono_ms(), *last = map_get(&s->looked_again, from);
    if (last && now - *last < MINUTE_MS)
        return;
    last = xmalloc(sizeof *last);
    *last = now;
    free(map_set(&s->looked_again, from, last));
    omemo_lists_stale(x, from);
    (void)omemo_lists_ready(x, from);
}

/* Old pages of the archive that the user scrolls to change nothing any more. */
static bool is_new(const struct im_from *how)
{
    return how->source != IM_ARCHIVE || how->req == 0;
}

/* An empty message goes there, so that its device uses new keys. */
static bool is_told(const struct omemo_session *s, const struct omemo_sealed *in, const char *from)
{
    for (size_t i = 0; i < s->n_dues; i++) {
        const struct omemo_due *d = &s->dues[i];
        if (d->version == in->version && d->device == in->from && strcmp(d->jid, from) == 0)
            return true;
    }
    return false;
}

/* §6: a new session, at most once an hour; it counts when it is really on its way. */
static void renew_soon(struct x *x, struct omemo_session *s, const struct omemo_sealed *in, const char *from)
{
    char *name = note_name(RENEWED, in->version, from, in->from);
    if (may_renew(x, name)) {
        omemo_answer_soon(x, in->version, from, in->from);
        if (is_told(s, in, from))
            note(x, name, x_host(x)->wall_ms());
    }
    free(name);
}

void omemo_repair(struct x *x, const struct omemo_sealed *in, const struct im_from *how, const char *from, int rc)
{
    struct omemo_session *s = omemo_of(x);
    if (!is_new(how) || omemo_mark_reads_only(x) || !omemo_may_know_us(x, from))
        return;
    bool listed = is_listed(s, in, from);
    if (!listed)
        look_again(x, s, from);
    if (rc == OMEMO_NO_SESSION) {
        if (listed) /* else anybody could have us ask for keys, and note it, once for each number that there is */
            renew_soon(x, s, in, from);
    } else if (rc == OMEMO_CHANGED) {
        omemo_tell_changed(x, from, in->from);
    } else if (rc == OMEMO_FORGED || rc == OMEMO_FAR) {
        break_session(x, in->version, from, in->from);
    }
}

/* ---- in words ---- */

static bool has_key_for(xmpp_stanza_t *keys, struct omemo_session *s, const char *own)
{
    EACH_CHILD (c, keys) {
        struct omemo_known d;
        const char *rid = is_elem(c, "key", NULL) ? st_attr(c, "rid") : NULL;
        uint64_t id = rid ? strtoull(rid, NULL, 10) : 0;
        if (id > 0 && id <= INT32_MAX && omemo_known_one(s->o, own, (uint32_t)id, &d))
            return true;
    }
    return false;
}

/* It can be read by others of our devices. */
static bool is_for_ours(struct x *x, xmpp_stanza_t *st, enum omemo_version v)
{
    xmpp_stanza_t *header = st_child(st_child(st, "encrypted", omemo_ns(v)), "header", NULL);
    if (v == OMEMO_OLD)
        return has_key_for(header, omemo_of(x), x_bare(x));
    EACH_CHILD (c, header) {
        if (is_elem(c, "keys", NULL) && str_eq(st_attr(c, "jid"), x_bare(x)) && st_child(c, "key", NULL))
            return true;
    }
    return false;
}

static const char *not_for_us(struct x *x, xmpp_stanza_t *st, const struct omemo_sealed *in, const struct im_from *how)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known self;
    bool ours = is_for_ours(x, st, in->version);
    if (how->time_ms > 0 && omemo_known_one(s->o, x_bare(x), omemo_device(s->o), &self) && how->time_ms < self.since_ms)
        return "it was written before this device had keys";
    return ours ? "it was not encrypted for this device, only for others of yours"
                : "it was not encrypted for this device, nor for another one of yours";
}

static const char *no_session(struct x *x, const struct omemo_sealed *in, const char *from, bool new)
{
    if (!new)
        return "it was made for keys that this device no longer has";
    if (in->exchange)
        return "it was made with a key of this device that is used up; the next one will be readable";
    if (is_told(omemo_of(x), in, from))
        return "the keys that it was made with are not here; the sender's device is told to use new ones, so the next message will "
               "be readable";
    return "the keys that it was made with are not here. " MENDING;
}

static const char *why_of(struct x *x, const struct omemo_sealed *in, const char *from, int rc,
                          int64_t time_ms, bool new)
{
    if ((rc == OMEMO_NO_SESSION || rc == OMEMO_FORGED || rc == OMEMO_FAR) && omemo_mark_lost(x, time_ms))
        return "it was encrypted for keys that were lost when an older copy of kith's data was put back. Ask for it again";
    switch ((enum omemo_error)rc) {
    case OMEMO_DUPLICATE:
        return "it was read before, or is so old that its key is gone";
    case OMEMO_NO_SESSION:
        return no_session(x, in, from, new);
    case OMEMO_FORGED:
        return omemo_is_broken(x, in->version, from, in->from)
                   ? "its checksum is wrong: the keys shared with the sender's device are broken. " MENDING
                   : "its checksum is wrong. If that happens again, /renew makes new keys";
    case OMEMO_FAR:
        return omemo_is_broken(x, in->version, from, in->from)
                   ? "more than 2,000 messages before it are missing, and the keys shared with the sender's device cannot be "
                     "brought so far. " MENDING
                   : "more than 2,000 messages before it are missing. If that happens again, /renew makes new keys";
    case OMEMO_CHANGED:
        return "the sender's device shows another key than before, so it is not believed. Ask them, by another way, whether "
               "the key is theirs";
    case OMEMO_MALFORMED:
    case OMEMO_NOT_KEPT:
        break;
    }
    return omemo_error_words(rc);
}

const char *omemo_why_unread(struct x *x, xmpp_stanza_t *st, const struct omemo_sealed *in, const struct im_from *how,
                             const char *from, int rc)
{
    return in->for_us ? why_of(x, in, from, rc, how->time_ms, is_new(how)) : not_for_us(x, st, in, how);
}

/* ---- by the user ---- */

int omemo_renew(struct x *x, const char *chat)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known *known = NULL;
    if (!s || !s->o)
        return KITH_EUNSUP;
    if (!x_online(x))
        return KITH_EOFFLINE;
    int asked = 0;
    size_t n = omemo_known(s->o, chat, &known);
    for (size_t i = 0; i < n; i++) {
        enum omemo_version v = omemo_way(&known[i]);
        if (v == 0 || known[i].trust == OMEMO_DISTRUSTED || known[i].id == omemo_device(s->o))
            continue;
        char *name = note_name(BROKEN, v, chat, known[i].id);
        note(x, name, x_host(x)->wall_ms());
        free(name);
        omemo_unbad(s, v, chat, known[i].id);
        omemo_answer_soon(x, v, chat, known[i].id);
        asked++;
    }
    free(known);
    return asked;
}

/* ---- what is not needed any more ---- */

struct old {
    int64_t before;
    char **v;
    size_t n, cap;
};

/* Texts that the engine never took. */
static int note_old_text(void *user, const char *key, const void *data, size_t len)
{
    struct old *old = user;
    const unsigned char *b = data;
    uint64_t ms = 0;
    for (size_t i = 0; i < 8 && i + 1 < len; i++) /* behind the byte for the trust */
        ms |= (uint64_t)b[i + 1] << 8 * i;
    if ((int64_t)ms < old->before)
        VEC_PUSH(old->v, old->n, old->cap, xstrdup(key));
    return 0;
}

static int note_old_time(void *user, const char *key, const void *data, size_t len)
{
    struct old *old = user;
    int64_t ms = 0;
    if (len == sizeof ms)
        memcpy(&ms, data, sizeof ms);
    if (ms < old->before)
        VEC_PUSH(old->v, old->n, old->cap, xstrdup(key));
    return 0;
}

static void drop_old(struct x *x, const char *prefix, kith_state_fn *fn, int64_t ms)
{
    struct old old = {.before = x_host(x)->wall_ms() - ms};
    (void)x_host(x)->state_each(x_account(x), prefix, fn, &old);
    for (size_t i = 0; i < old.n; i++) {
        (void)x_host(x)->state_set(x_account(x), old.v[i], NULL, 0);
        free(old.v[i]);
    }
    free(old.v);
}

void omemo_tidy(struct x *x)
{
    drop_old(x, KEPT, note_old_text, KEEP_DAYS * DAY_MS);
    drop_old(x, RENEWED, note_old_time, DAY_MS); /* an hour is all that counts */
}
