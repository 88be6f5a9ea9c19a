/* backends/local/inbox.c - what peers send us: checked, shown once, confirmed when it is on disk */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/local.h"
#include "base/mem.h"

#define AGE_MAX_MS                                                                                 \
    (90 * INT64_C(86400000)) /* a message that claims to be older was not written then */

enum {
    DELAYED_MS = 60000,
    KNOWN_FLAGS = KITH_MSG_ACTION | KITH_MSG_EDIT | KITH_MSG_RETRACT | KITH_MSG_REACT
};

int64_t message_time(struct kith_session *s, int64_t claimed)
{
    int64_t now = s->h->wall_ms();
    return claimed <= 0 || claimed > now ? now : MAX(claimed, now - AGE_MAX_MS);
}

/* ---- which are here already ---- */

static void seen_key(const struct peer *p, char key[32])
{
    snprintf(key, 32, "seen-%lu", (unsigned long)p->uid);
}

static struct seen *seen_of(struct peer *p)
{
    char key[32], data[SEEN_MAX * SEEN_HASH + 16];
    if (p->seen)
        return p->seen;
    p->seen = xcalloc(1, sizeof *p->seen);
    seen_key(p, key);
    int n = p->s->h->state_get(p->s->acct, key, data, sizeof data);
    if (n > 0)
        seen_load(p->seen, data, MIN((size_t)n, sizeof data));
    return p->seen;
}

static bool seen_store(struct peer *p)
{
    char key[32];
    struct buf b = {0};
    seen_key(p, key);
    seen_save(p->seen, &b);
    bool ok = p->s->h->state_set(p->s->acct, key, b.data, b.len) >= 0;
    if (!ok) /* the engine's store still knows them; a retry is found there */
        s_log(p->s, KITH_WARN, "cannot remember which messages of %s are here", p->address);
    buf_free(&b);
    p->seen_dirty = false;
    return ok;
}

/* It came, and is not on disk yet. */
static bool is_uncommitted(const struct peer *p, const char *room, const char *id)
{
    const struct kith_session *s = p->s;
    for (size_t i = 0; i < s->n_uncommitted; i++) {
        const struct uncommitted *u = &s->uncommitted[i];
        if (u->peer == p && str_eq(u->id, id) && str_eq(u->room, room))
            return true;
    }
    return false;
}

void message_tell_read(struct peer *p)
{
    if (!p->link || !p->read_id || is_uncommitted(p, NULL, p->read_id))
        return;
    peer_put(p, &(struct lp){.kind = LP_READ, .id = p->read_id});
    str_set(&p->read_id, NULL);
}

bool message_known(struct peer *p, const char *room, const char *id)
{
    if (is_uncommitted(p, room, id))
        return true;
    if (!seen_has(seen_of(p), room, id))
        return false;
    peer_put(p, &(struct lp){.kind = LP_ACK, .id = id, .room = room});
    return true;
}

void message_emit(struct peer *p, const struct kith_ev_message *ev, const char *room,
                  const char *id)
{
    struct kith_session *s = p->s;
    uint64_t number = s_emit(s, &ev->ev);
    if (!number) {
        message_deny(p, room, id, KITH_EINVAL, "their kith could not take it");
        return;
    }
    struct uncommitted u = {.number = number,
                            .peer = p,
                            .id = xstrdup(id),
                            .room = xstrdup(room),
                            .past = ev->flags & KITH_MSG_HISTORY};
    VEC_PUSH(s->uncommitted, s->n_uncommitted, s->cap_uncommitted, u);
    peers_hold(s);
}

void message_committed(struct kith_session *s, uint64_t number)
{
    size_t n = 0;
    for (; n < s->n_uncommitted && s->uncommitted[n].number <= number; n++) {
        struct uncommitted *u = &s->uncommitted[n];
        if (u->past)
            continue; /* the ring is for what may be sent again; the store knows these */
        seen_add(seen_of(u->peer), u->room, u->id);
        u->peer->seen_dirty = true;
    }
    if (n == 0)
        return;
    for (struct peer *p = s->peers; p; p = p->next) {
        if (p->seen_dirty)
            seen_store(p);
    }
    for (size_t i = 0; i < n; i++) {
        struct uncommitted *u = &s->uncommitted[i];
        peer_put(u->peer, &(struct lp){.kind = LP_ACK, .id = u->id, .room = u->room});
        free(u->id);
        free(u->room);
    }
    s->n_uncommitted -= n;
    memmove(s->uncommitted, s->uncommitted + n, s->n_uncommitted * sizeof *s->uncommitted);
    for (struct peer *p = s->peers; p; p = p->next) {
        message_tell_read(p);
        peer_flush(p);
    }
    peers_hold(s);
}

/* ---- frames ---- */

void message_deny(struct peer *p, const char *room, const char *id, int err, const char *text)
{
    peer_put(p,
             &(struct lp){
                 .kind = LP_DENY, .id = id, .room = room, .number = (uint64_t)-err, .text = text});
}

static bool message_whole(const struct lp *m)
{
    bool change = m->flags & (KITH_MSG_EDIT | KITH_MSG_RETRACT | KITH_MSG_REACT);
    bool body = !(m->flags & (KITH_MSG_RETRACT | KITH_MSG_REACT));
    return (!change || !str_empty(m->target)) && (!body || m->body);
}

void message_show(struct peer *p, const struct lp *m, bool past)
{
    struct kith_session *s = p->s;
    char *sender = m->room ? xasprintf("%s/%s", m->room, p->address) : xstrdup(p->address);
    bool retract = m->flags & KITH_MSG_RETRACT,
         silent = m->flags & (KITH_MSG_RETRACT | KITH_MSG_REACT);
    int64_t when = message_time(s, m->time);
    struct kith_ev_message ev = {
        .ev = {sizeof ev, KITH_EV_MESSAGE, 0, when},
        .chat = m->room ? m->room : p->address,
        .sender = sender,
        .sender_name = m->room ? p->address : p->name,
        .sender_id = p->address,
        .id = m->id,
        .origin_id = m->id,
        .target = m->flags & (KITH_MSG_EDIT | KITH_MSG_RETRACT | KITH_MSG_REACT) ? m->target : NULL,
        .reply_to = m->reply_to,
        .reply_sender = m->reply_to ? m->reply_sender : NULL,
        .thread = m->thread,
        .body = silent ? NULL : m->body,
        .text = retract ? m->text : NULL,
        .reactions = m->list,
        .n_reactions = m->flags & KITH_MSG_REACT ? m->n_list : 0,
        .flags = (uint32_t)(m->flags & KNOWN_FLAGS) | (past ? KITH_MSG_HISTORY : 0u),
    };
    if (when < s->h->wall_ms() - DELAYED_MS)
        ev.flags |= KITH_MSG_DELAYED;
    message_emit(p, &ev, m->room, m->id);
    free(sender);
}

void message_in(struct peer *p, const struct lp *m)
{
    bool past = m->room && (m->flags & KITH_MSG_HISTORY) && history_owed(p, m->room);
    if (m->room && !room_shared(p, m->room))
        message_deny(p, m->room, m->id, KITH_ENOTFOUND, "is not in this room");
    else if (!message_whole(m))
        message_deny(p, m->room, m->id, KITH_EINVAL,
                     "their kith does not understand this kind of message");
    else if (message_known(p, m->room, m->id))
        return;
    else if (past)
        history_in(p, m);
    else
        message_show(p, m, false);
}

void message_read_in(struct peer *p, const struct lp *m)
{
    s_receipt(p->s, p->address, p->address, m->id, KITH_READ, 0, NULL);
}

void message_typing_in(struct peer *p, const struct lp *m)
{
    if ((m->room && !room_shared(p, m->room)) || m->number > KITH_TYPING_GONE)
        return;
    struct kith_ev_typing ev = {.ev = {sizeof ev, KITH_EV_TYPING, 0, 0},
                                .chat = m->room ? m->room : p->address,
                                .who = p->address,
                                .state = (uint32_t)m->number,
                                .live = p->s->live && !m->room ? m->live : NULL};
    s_emit(p->s, &ev.ev);
}
