/* backends/local/history.c - what we said in rooms, given to who comes in
 *
 * Only our own words, with what we changed of them since: a withdrawn text is gone, an edited one
 * is given as it reads now. Kept on disk, so that a restart does not make a room forget; written a
 * little later than said, as nothing but this depends on it.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/local/local.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    BYTES_MAX = 128 << 10, /* of one room */
    ENTRY_MAX = 16 << 10,  /* longer texts are not given again */
    ASKED_OF_ALL = 200,    /* from all members together, but at least LEAST of each */
    LEAST = 5,
    SAVE_MS = 500,
    LATER_MS = 1000,
    LATER_MAX = 1024
};

#define AGE_MAX_MS (7 * INT64_C(86400000)) /* what is older is history to nobody */
#define CHANGES ((uint64_t)(KITH_MSG_EDIT | KITH_MSG_RETRACT | KITH_MSG_REACT))

static const char magic[4] = {'k', 'h', '1', '\n'};

/* ---- the list ---- */

static void said_free(struct said *e)
{
    buf_free(&e->frame);
    free(e->id);
    free(e->target);
    free(e);
}

static void said_drop(struct room *r, struct said **at)
{
    struct said *e = *at;
    *at = e->next;
    r->n_said--;
    r->bytes_said -= e->frame.len;
    said_free(e);
}

void history_free(struct room *r)
{
    while (r->said)
        said_drop(r, &r->said);
}

/* It goes out as it is kept: marked as history. */
static struct said *said_new(const struct lp *m)
{
    struct said *e = xcalloc(1, sizeof *e);
    struct lp past = *m;
    past.flags |= KITH_MSG_HISTORY;
    e->id = xstrdup(m->id);
    e->target = xstrdup(m->target);
    e->flags = m->flags & CHANGES;
    e->time = m->time;
    lp_put(&e->frame, &past);
    return e;
}

static void said_add(struct room *r, struct said *e, size_t most)
{
    struct said **end = &r->said;
    if (e->frame.len > ENTRY_MAX) {
        said_free(e);
        return;
    }
    while (*end)
        end = &(*end)->next;
    *end = e;
    r->n_said++;
    r->bytes_said += e->frame.len;
    while (r->n_said > most || r->bytes_said > BYTES_MAX)
        said_drop(r, &r->said);
}

/* Its text becomes body: who comes later does not learn what it said before. False: it became too
 * long and is dropped. */
static bool said_rewrite(struct room *r, struct said **at, const char *body)
{
    struct said *e = *at;
    struct arena a = {0};
    struct lp m;
    struct err err = {0};
    ENSURE(lp_get(LP_MESSAGE, e->frame.data, e->frame.len, &a, &m, &err) == 0);
    m.body = body;
    r->bytes_said -= e->frame.len;
    buf_clear(&e->frame);
    lp_put(&e->frame, &m);
    r->bytes_said += e->frame.len;
    arena_free(&a);
    if (e->frame.len <= ENTRY_MAX)
        return true;
    said_drop(r, at);
    return false;
}

/* What an earlier entry still says after this one. */
static void said_change(struct room *r, const struct lp *m)
{
    for (struct said **at = &r->said; *at;) {
        struct said *e = *at;
        bool it = str_eq(e->id, m->target), of_it = str_eq(e->target, m->target);
        bool gone = (m->flags & KITH_MSG_RETRACT) && (it || of_it);
        gone = gone || (of_it && (e->flags & m->flags & (KITH_MSG_REACT | KITH_MSG_EDIT)));
        if (gone) {
            said_drop(r, at);
            continue;
        }
        bool edited = it && e->flags == 0 && (m->flags & KITH_MSG_EDIT);
        if (!edited || said_rewrite(r, at, m->body))
            at = &e->next;
    }
}

/* Kept already, or withdrawn since: then this is a retry of what came before that. */
static bool said_known(const struct room *r, const struct lp *m)
{
    for (const struct said *e = r->said; e; e = e->next) {
        bool withdrawn = e->flags & KITH_MSG_RETRACT;
        if (str_eq(e->id, m->id) ||
            (withdrawn && (str_eq(e->target, m->id) || str_eq(e->target, m->target))))
            return true;
    }
    return false;
}

/* ---- on disk: the magic, then frames with their length (u32, little endian) before each ---- */

static char *key_of(const struct room *r)
{
    return xasprintf("said-%s", r->name);
}

static void save_room(struct kith_session *s, struct room *r)
{
    char *key = key_of(r);
    struct buf b = {0};
    if (r->said)
        buf_add(&b, magic, sizeof magic);
    for (const struct said *e = r->said; e; e = e->next) {
        for (int i = 0; i < 4; i++)
            buf_addc(&b, (char)(e->frame.len >> (8 * i)));
        buf_add(&b, e->frame.data, e->frame.len);
    }
    if (s->h->state_set(s->acct, key, b.data, b.len) < 0)
        s_log(s, KITH_WARN, "cannot keep what was said in %s", r->name);
    r->said_dirty = false;
    buf_free(&b);
    free(key);
}

void history_save(struct kith_session *s)
{
    s->h->timer_del(s->said_timer);
    s->said_timer = 0;
    for (struct room *r = s->rooms; r; r = r->next) {
        if (r->said_dirty)
            save_room(s, r);
    }
}

static void save_now(void *user)
{
    struct kith_session *s = user;
    s->said_timer = 0;
    history_save(s);
}

static void save_soon(struct kith_session *s, struct room *r)
{
    r->said_dirty = true;
    if (!s->said_timer)
        s->said_timer = s->h->timer_add(SAVE_MS, save_now, s);
}

static void load_frames(struct room *r, const char *data, size_t len, size_t most)
{
    struct arena a = {0};
    for (size_t at = sizeof magic; at + 4 <= len;) {
        const unsigned char *p = (const unsigned char *)data + at;
        size_t n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
        struct lp m;
        struct err e = {0};
        at += 4;
        if (n > len - at || lp_get(LP_MESSAGE, data + at, n, &a, &m, &e) != 0 ||
            !str_eq(m.room, r->name))
            break;
        said_add(r, said_new(&m), most);
        arena_reset(&a);
        at += n;
    }
    arena_free(&a);
}

static void load_room(struct kith_session *s, struct room *r)
{
    if (r->said_loaded)
        return;
    r->said_loaded = true;
    enum { SPACE = BYTES_MAX + HISTORY_MAX * 4 + sizeof magic };
    char *key = key_of(r), *data = xmalloc(SPACE);
    int n = s->h->state_get(s->acct, key, data, SPACE);
    if (n > (int)sizeof magic && n <= SPACE && memcmp(data, magic, sizeof magic) == 0)
        load_frames(r, data, (size_t)n, HISTORY_MAX);
    free(data);
    free(key);
}

void history_ready(struct kith_session *s, struct room *r)
{
    load_room(s, r);
    if (s->history == 0 && r->said)
        history_forget(s, r);
}

void history_forget(struct kith_session *s, struct room *r)
{
    history_free(r);
    save_room(s, r);
}

/* ---- saying and giving ---- */

void history_said(struct kith_session *s, struct room *r, const struct lp *m)
{
    if (s->history == 0 || said_known(r, m))
        return;
    if (m->flags & CHANGES)
        said_change(r, m);
    said_add(r, said_new(m), (size_t)s->history);
    save_soon(s, r);
}

void history_give(struct peer *p, struct room *r, uint64_t wanted)
{
    struct kith_session *s = p->s;
    int64_t oldest = s->h->wall_ms() - AGE_MAX_MS;
    size_t most = (size_t)MIN(wanted, (uint64_t)s->history), at = 0;
    if (most == 0)
        return;
    for (const struct said *e = r->said; e; e = e->next, at++) {
        if (at + most < r->n_said || e->time < oldest)
            continue;
        if (message_give(p, r->name, e) < 0)
            break;
    }
    rate_charge(&p->rate, 1 + (int64_t)(MIN(r->n_said, most) / 4)); /* coming and going in a loop */
    message_pump(p);
}

/* ---- being given ---- */

/* A reaction to what somebody else said, who may be slower to give it: waits until nothing more
 * comes. */
struct later {
    struct later *next;
    struct peer *peer;
    struct buf frame;
};

static void later_drop(struct later **at)
{
    struct later *l = *at;
    *at = l->next;
    buf_free(&l->frame);
    free(l);
}

void history_drop_later(struct kith_session *s, const struct peer *of)
{
    for (struct later **at = &s->later; *at;) {
        if (!of || (*at)->peer == of)
            later_drop(at);
        else
            at = &(*at)->next;
    }
    if (!s->later) {
        s->h->timer_del(s->later_timer);
        s->later_timer = 0;
    }
}

static void later_now(void *user)
{
    struct kith_session *s = user;
    struct arena a = {0};
    s->later_timer = 0;
    while (s->later) {
        struct later *l = s->later;
        struct lp m;
        struct err e = {0};
        ENSURE(lp_get(LP_MESSAGE, l->frame.data, l->frame.len, &a, &m, &e) == 0);
        s->later = l->next;
        l->next = NULL;
        if (room_shared(l->peer, m.room))
            message_show(l->peer, &m, true);
        later_drop(&l);
        arena_reset(&a);
    }
    arena_free(&a);
}

void history_in(struct peer *p, const struct lp *m)
{
    struct kith_session *s = p->s;
    struct later **end = &s->later;
    size_t n = 0;
    for (; *end; end = &(*end)->next)
        n++;
    bool waits = (m->flags & KITH_MSG_REACT) && n < LATER_MAX;
    if (waits) {
        *end = xcalloc(1, sizeof **end);
        (*end)->peer = p;
        lp_put(&(*end)->frame, m);
    }
    if (s->later) {
        s->h->timer_del(s->later_timer);
        s->later_timer = s->h->timer_add(LATER_MS, later_now, s);
    }
    if (!waits)
        message_show(p, m, true);
}

uint64_t history_wanted(struct kith_session *s, const char *room)
{
    int64_t members = 1;
    for (const struct peer *p = s->peers; p; p = p->next)
        members += p->link && room_has(p, room);
    return (uint64_t)MIN(s->history, MAX(ASKED_OF_ALL / members, LEAST));
}

bool history_owed(struct peer *p, const char *room)
{
    for (size_t i = 0; i < p->n_rooms; i++) {
        struct place *at = &p->rooms[i];
        if (strcmp(at->name, room) != 0 || at->owed == 0)
            continue;
        at->owed--;
        return true;
    }
    return false;
}
