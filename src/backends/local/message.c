/* backends/local/message.c - what is said: waits for the peer, goes once, is confirmed when it is
 * on disk */
#include <stdlib.h>
#include <string.h>

#include "backends/local/local.h"
#include "backends/local/users.h"
#include "base/mem.h"
#include "base/utf8.h"

/* ---- what waits for a peer ---- */

/* One member has confirmed, or is gone. */
static void fan_done(struct kith_session *s, struct fan *f, bool tell)
{
    if (--f->waits > 0)
        return;
    if (tell && !f->missed)
        s_receipt(s, f->room, NULL, f->id, KITH_STORED, 0, NULL);
    free(f->room);
    free(f->id);
    free(f);
}

/* Unlinks and frees *at. */
static void out_drop(struct peer *p, struct out **at, bool tell)
{
    struct out *o = *at;
    *at = o->next;
    if (!*at)
        p->out_end = at;
    p->n_out--;
    p->bytes_out -= o->frame.len;
    p->full_told = p->full_told && p->n_out > 0;
    if (o->sent)
        p->n_flight--;
    if (o->fan)
        fan_done(p->s, o->fan, tell);
    buf_free(&o->frame);
    free(o->id);
    free(o->room);
    free(o);
}

void message_forget(struct peer *p)
{
    while (p->out)
        out_drop(p, &p->out, false);
}

static struct out **out_find(struct peer *p, const char *room, const char *id)
{
    struct out **at = &p->out;
    while (*at && !(str_eq((*at)->id, id) && str_eq((*at)->room, room)))
        at = &(*at)->next;
    return at;
}

void message_drop(struct peer *p, uint16_t kind, const char *room, const char *id)
{
    for (struct out **at = &p->out; *at;) {
        struct out *o = *at;
        if (o->kind == kind && str_eq(o->room, room) && (!id || str_eq(o->id, id)))
            out_drop(p, at, true);
        else
            at = &o->next;
    }
}

void message_unsend(struct peer *p)
{
    for (struct out **at = &p->out; *at;) {
        struct out *o = *at;
        if (o->past) { /* given anew on the next link */
            out_drop(p, at, false);
            continue;
        }
        if (o->fan)
            fan_done(p->s, o->fan, true);
        o->fan = NULL;
        o->sent = false;
        at = &o->next;
    }
    p->n_flight = 0;
}

/* At the end of what waits for them; NULL when that is too much already. */
static struct out *out_add(struct peer *p, uint16_t kind, const char *room, const char *id)
{
    if (p->n_out >= LOCAL_MAX_WAITING || p->bytes_out >= LOCAL_MAX_WAITING_BYTES)
        return NULL;
    struct out *o = xcalloc(1, sizeof *o);
    o->kind = kind;
    o->id = xstrdup(id);
    o->room = xstrdup(room);
    *p->out_end = o;
    p->out_end = &o->next;
    p->n_out++;
    return o;
}

int message_queue(struct peer *p, const struct lp *m, struct fan *fan)
{
    struct out *o = out_add(p, m->kind, m->room, m->id);
    if (!o)
        return KITH_ELIMIT;
    lp_put(&o->frame, m);
    p->bytes_out += o->frame.len;
    o->fan = fan;
    if (fan)
        fan->waits++;
    return 0;
}

int message_give(struct peer *p, const char *room, const struct said *past)
{
    if (*out_find(p, room, past->id))
        return 0;
    struct out *o = out_add(p, LP_MESSAGE, room, past->id);
    if (!o)
        return KITH_ELIMIT;
    buf_add(&o->frame, past->frame.data, past->frame.len);
    p->bytes_out += o->frame.len;
    o->past = o->told = true;
    return 0;
}

/* All that was put has left: now it can be said that it is sent. */
static void tell_sent(struct peer *p)
{
    for (struct out *o = p->out; o; o = o->next) {
        if (!o->sent || o->told || (o->fan && o->fan->told))
            continue;
        o->told = true;
        if (o->fan)
            o->fan->told = true;
        s_receipt(p->s, o->room ? o->room : p->address, NULL, o->id, KITH_SENT, 0, NULL);
    }
}

void message_pump(struct peer *p)
{
    bool put = false;
    if (!p->link)
        return;
    for (struct out *o = p->out; o; o = o->next) {
        if (p->n_flight >= LOCAL_WINDOW || frame_queued(&p->link->io) > LOCAL_QUEUE_BYTES)
            break;
        if (o->sent || (o->room && !room_has(p, o->room)))
            continue;
        frame_put(&p->link->io, o->kind, o->frame.data, o->frame.len);
        o->sent = put = true;
        p->n_flight++;
    }
    if (put)
        peer_flush(p);
    if (p->link && p->n_flight && frame_queued(&p->link->io) == 0)
        tell_sent(p);
}

/* ---- what the peer says to them ---- */

/* The message (room, id) if it is on the wire to p; else NULL, and the peer pays for the lie. */
static struct out **out_answered(struct peer *p, const struct lp *m)
{
    struct out **at = out_find(p, m->room, m->id);
    if (*at && (*at)->sent)
        return at;
    rate_charge(&p->rate, 1);
    return NULL;
}

void message_ack_in(struct peer *p, const struct lp *m)
{
    struct out **at = out_answered(p, m);
    if (!at)
        return;
    if (!m->room && (*at)->kind != LP_FILE) /* an offer: they know of it, they do not have it */
        s_receipt(p->s, p->address, p->address, m->id, KITH_DELIVERED, 0, NULL);
    out_drop(p, at, true);
}

void message_deny_in(struct peer *p, const struct lp *m)
{
    struct out **at = out_answered(p, m);
    int err = m->number > 0 && m->number <= -KITH_ELIMIT ? -(int)m->number : KITH_EDENIED;
    if (!at)
        return;
    if ((*at)->kind == LP_FILE)
        file_end_in(
            p, &(struct lp){
                   .kind = LP_FILE_END, .id = m->id, .number = (uint64_t)-err, .text = m->text});
    else if (!m->room)
        s_receipt(p->s, p->address, p->address, m->id, KITH_FAILED, err,
                  m->text ? m->text : "refused");
    at = out_find(p, m->room, m->id);
    if (*at)
        out_drop(p, at, true);
}

/* ---- operations ---- */

static bool fits(const char *s, size_t max)
{
    return !s || strlen(s) <= max;
}

/* Too much waits for one member: the others must not wait for that, but it is not with all. */
static void tell_full(struct peer *p, const char *room)
{
    if (!p->full_told)
        s_notice(p->s, KITH_WARN, room,
                 "%s takes no messages: what is said here does not reach them until they do, and "
                 "is not marked as received.",
                 p->address);
    p->full_told = true;
}

/* To everybody who is in the room now. */
static int send_room(struct kith_session *s, const struct lp *m)
{
    struct room *r = room_find(s, m->room);
    if (!r || !r->joined)
        return KITH_ENOTFOUND;
    history_said(s, r, m);
    struct fan *fan = xcalloc(1, sizeof *fan);
    fan->room = xstrdup(m->room);
    fan->id = xstrdup(m->id);
    fan->waits = 1; /* ourselves, until all copies are queued */
    for (struct peer *p = s->peers; p; p = p->next) {
        if (!p->link || !room_has(p, m->room) || *out_find(p, m->room, m->id))
            continue;
        if (message_queue(p, m, fan) < 0) {
            fan->missed = true;
            tell_full(p, m->room);
        }
    }
    for (struct peer *p = s->peers; p; p = p->next) {
        if (p->link && p->out)
            message_pump(p);
    }
    if (!fan->told && fan->waits == 1)
        s_receipt(s, m->room, NULL, m->id, KITH_SENT, 0, NULL);
    fan_done(s, fan, true);
    return 0;
}

static int send_person(struct kith_session *s, const char *address, const struct lp *m)
{
    struct peer *p = peer_of(s, address);
    uid_t uid;
    if (!p && user_find(address, &uid) < 0)
        return KITH_ENOTFOUND;
    if (!p)
        p = peer_get(s, uid);
    if (!p)
        return KITH_ELIMIT;
    if (p->blocked)
        return KITH_EDENIED;
    if (*out_find(p, NULL, m->id))
        return 0; /* the engine says it again; it still waits */
    int rc = message_queue(p, m, NULL);
    message_pump(p);
    return rc;
}

static int send_lp(struct kith_session *s, const char *chat, struct lp *m)
{
    if (!s->up)
        return KITH_EOFFLINE;
    if (str_empty(m->id) || !chat || !fits(m->id, LP_MAX_ID) || !fits(m->target, LP_MAX_ID) ||
        !fits(m->reply_to, LP_MAX_ID) || !fits(m->reply_sender, LP_MAX_ID) ||
        !fits(m->thread, LP_MAX_ID) || !fits(m->text, LP_MAX_TEXT))
        return KITH_EINVAL;
    if (!fits(m->body, KITH_MAX_BODY))
        return KITH_ETOOBIG;
    if (chat[0] == '#') {
        if (!lp_room_ok(chat))
            return KITH_EINVAL;
        m->room = chat;
        return send_room(s, m);
    }
    if (str_eq(chat, s->address)) { /* a note to oneself is with its reader already */
        s_receipt(s, chat, NULL, m->id, KITH_DELIVERED, 0, NULL);
        return 0;
    }
    return send_person(s, chat, m);
}

int message_send(struct kith_session *s, const struct kith_send *k)
{
    struct lp m = {.kind = LP_MESSAGE,
                   .id = k->id,
                   .body = k->body,
                   .reply_to = k->reply_to,
                   .reply_sender = k->reply_sender,
                   .thread = k->thread};
    if (!k->body || ((k->flags & KITH_SEND_EDIT) && str_empty(k->target)))
        return KITH_EINVAL;
    if (k->flags & KITH_SEND_PRIVATE)
        return KITH_EUNSUP;
    m.time = k->written_ms ? k->written_ms : s->h->wall_ms();
    m.flags = (k->flags & KITH_SEND_ACTION ? KITH_MSG_ACTION : 0u) |
              (k->flags & KITH_SEND_EDIT ? KITH_MSG_EDIT : 0u);
    m.target = k->flags & KITH_SEND_EDIT ? k->target : NULL;
    return send_lp(s, k->chat, &m);
}

int message_retract(struct kith_session *s, const char *chat, const char *target, const char *text,
                    const char *id)
{
    struct lp m = {
        .kind = LP_MESSAGE, .id = id, .target = target, .text = text, .flags = KITH_MSG_RETRACT};
    m.time = s->h->wall_ms();
    return str_empty(target) ? KITH_EINVAL : send_lp(s, chat, &m);
}

int message_react(struct kith_session *s, const char *chat, const char *target,
                  const char *const *reactions, size_t n, const char *id)
{
    struct lp m = {.kind = LP_MESSAGE, .id = id, .target = target, .flags = KITH_MSG_REACT};
    m.time = s->h->wall_ms();
    if (str_empty(target) || n > LP_MAX_LIST)
        return KITH_EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (!fits(reactions[i], LP_MAX_ITEM))
            return KITH_EINVAL;
        m.list[m.n_list++] = reactions[i];
    }
    return send_lp(s, chat, &m);
}

int message_typing(struct kith_session *s, const char *chat, uint32_t state, const char *live)
{
    if (!s->up)
        return KITH_EOFFLINE;
    struct lp m = {.kind = LP_TYPING, .number = state};
    char *cut = live ? xstrndup(live, utf8_floor(live, strlen(live), LP_MAX_LIVE)) : NULL;
    bool room = lp_room_ok(chat);
    m.room = room ? chat : NULL;
    for (struct peer *p = s->peers; p; p = p->next) {
        if (!p->link || !(room ? room_has(p, chat) : str_eq(p->address, chat)))
            continue;
        m.live = s->live && p->live && !room ? cut : NULL;
        peer_put(p, &m);
        peer_flush(p);
    }
    free(cut);
    return 0;
}

int message_mark_read(struct kith_session *s, const char *chat, const char *id,
                      const char *archive_id UNUSED)
{
    struct peer *p = peer_of(s, chat);
    if (!s->up)
        return KITH_EOFFLINE;
    if (!p || p->blocked)
        return 0; /* rooms and notes to oneself: nobody to tell */
    if (str_empty(id) || !fits(id, LP_MAX_ID))
        return KITH_EINVAL;
    str_set(&p->read_id, id);
    message_tell_read(p);
    peer_flush(p);
    return 0;
}
