/* backends/local/link.c - one connection with a peer's kith: greeting, rate, frames in and out */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/local.h"
#include "base/mem.h"

static void link_free(struct link *l)
{
    frame_io_free(&l->io);
    free(l->instance);
    free(l);
}

/* Takes the link out of everything and frees it, now or when its own callback ends. */
void link_close(struct link *l)
{
    struct link **at = &l->peer->links;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    if (l->peer->link == l)
        l->peer->link = NULL;
    l->peer->s->h->io_del(l->handle);
    l->peer->s->h->timer_del(l->timer);
    l->dead = true;
    if (!l->busy)
        link_free(l);
}

void link_lost(struct link *l, bool retry)
{
    struct peer *p = l->peer;
    bool used = p->link == l;
    link_close(l);
    if (used)
        peer_lost(p, NULL);
    if (retry && !p->links)
        peer_retry(p);
}

static void link_want(struct link *l)
{
    size_t queued = frame_queued(&l->io);
    unsigned want = queued ? KITH_IO_WRITE : 0;
    if (!l->peer->muted && !l->s->held && queued < LOCAL_QUEUE_BYTES * 2)
        want |= KITH_IO_READ;
    if (want != l->want)
        l->s->h->io_set(l->handle, want);
    l->want = want;
}

/* Writes what the socket takes. False when the link died of it. */
bool link_flush(struct link *l)
{
    if (frame_flush(&l->io) < 0) {
        link_lost(l, true);
        return false;
    }
    link_want(l);
    return true;
}

static void link_overrun(void *user)
{
    struct link *l = user;
    l->timer = 0;
    s_log(l->s, KITH_WARN, "%s does not read: dropped the connection", l->peer->address);
    link_lost(l, true);
}

void link_put(struct link *l, const struct lp *m)
{
    struct buf b = {0};
    lp_put(&b, m);
    frame_put(&l->io, m->kind, b.data, b.len);
    buf_free(&b);
    if (frame_queued(&l->io) > LOCAL_QUEUE_BYTES * 8 && !l->overrun) {
        l->overrun = true;
        l->s->h->timer_del(l->timer);
        l->timer = l->s->h->timer_add(0, link_overrun, l);
    }
}

/* ---- what comes in ---- */

/* The peer broke the protocol: says so once, and is charged for it. */
static void link_broken(struct link *l, const char *why)
{
    struct peer *p = l->peer;
    rate_charge(&p->rate, 50);
    s_log(l->s, KITH_WARN, "%s broke the protocol: %s", p->address, why);
    if (!p->complained)
        s_notice(l->s, KITH_WARN, p->address,
                 "%s's kith speaks something we do not understand (%s)", p->address, why);
    p->complained = true;
    p->retries = MAX(p->retries, LINK_RETRIES - 1);
    link_lost(l, true);
}

static void link_up(struct link *l, const struct lp *m)
{
    struct peer *p = l->peer;
    l->s->h->timer_del(l->timer);
    l->timer = 0;
    p->link = l;
    p->retries = 0;
    p->show = m->show <= KITH_SHOW_DND ? (uint32_t)m->show : KITH_SHOW_ONLINE;
    p->live = m->flags & LP_HELLO_LIVE;
    p->room_files = m->flags & LP_HELLO_ROOM_FILES;
    str_set(&p->status, str_empty(m->text) ? NULL : m->text);
    roster_seen(p);
    peer_emit_presence(p);
    rooms_greet(p);
    message_tell_read(p);
    message_pump(p);
}

/* Both may have connected at the same moment: of two links with the same run of the peer's kith
 * both sides keep the one that the smaller uid has made. */
static bool link_wins(const struct link *l, const struct link *other)
{
    uid_t made = l->outgoing ? l->s->uid : l->peer->uid;
    return l->outgoing == other->outgoing || made == MIN(l->s->uid, l->peer->uid);
}

static void hello_in(struct link *l, const struct lp *m)
{
    struct peer *p = l->peer;
    struct link *old = p->link;
    if (m->number != LP_VERSION) {
        link_broken(l, m->number > LP_VERSION ? "it is newer than ours" : "it is older than ours");
        return;
    }
    l->hello = true;
    str_set(&l->instance, m->id);
    if (old && str_eq(old->instance, m->id) && !link_wins(l, old)) {
        link_close(l);
        return;
    }
    if (old) {
        bool same = str_eq(old->instance, m->id);
        link_close(old);
        if (same)
            message_unsend(p);
        else
            peer_lost(p, NULL);
    }
    link_up(l, m);
}

static void presence_in(struct peer *p, const struct lp *m)
{
    p->show = m->show <= KITH_SHOW_DND ? (uint32_t)m->show : KITH_SHOW_ONLINE;
    str_set(&p->status, str_empty(m->text) ? NULL : m->text);
    peer_emit_presence(p);
}

static void bye_in(struct peer *p, const struct lp *m)
{
    struct link *l = p->link;
    p->retries = LINK_RETRIES;
    link_close(l);
    peer_lost(p, m->text);
}

static void frame_in(struct link *l, const struct lp *m)
{
    struct peer *p = l->peer;
    switch ((enum lp_kind)m->kind) {
    case LP_HELLO:
        link_broken(l, "a second greeting");
        break;
    case LP_PRESENCE:
        presence_in(p, m);
        break;
    case LP_MESSAGE:
        message_in(p, m);
        break;
    case LP_ACK:
        message_ack_in(p, m);
        break;
    case LP_DENY:
        message_deny_in(p, m);
        break;
    case LP_READ:
        message_read_in(p, m);
        break;
    case LP_TYPING:
        message_typing_in(p, m);
        break;
    case LP_JOIN:
        room_join_in(p, m);
        break;
    case LP_LEAVE:
        room_leave_in(p, m);
        break;
    case LP_TOPIC:
        room_topic_in(p, m);
        break;
    case LP_INVITE:
        room_invite_in(p, m);
        break;
    case LP_FILE:
        file_in(p, m);
        break;
    case LP_FILE_END:
        file_end_in(p, m);
        break;
    case LP_BYE:
        bye_in(p, m);
        break;
    case LP_FETCH:
        link_broken(l, "a file asked for in the wrong place");
        break;
    }
}

/* Somebody's copying process: gets its file, and hangs up. */
static void link_fetch(struct link *l, const struct lp *m)
{
    l->fetch = true;
    if (file_fetch_in(l, m))
        link_flush(l);
    else
        link_lost(l, false);
}

static void link_dispatch(struct link *l, struct frame *f)
{
    struct kith_session *s = l->s;
    struct lp m;
    struct err e = {0};
    rate_charge(&l->peer->rate, (f->kind == LP_ACK ? 0 : 1) + (int64_t)(f->len / 4096));
    int rc = lp_get(f->kind, f->data, f->len, &s->scratch, &m, &e);
    if (rc < 0)
        link_broken(l, e.text);
    else if (f->kind == LP_FETCH && !l->hello && !l->fetch && !l->outgoing)
        link_fetch(l, &m);
    else if (!l->hello && f->kind != LP_HELLO)
        link_broken(l, "no greeting");
    else if (!l->hello)
        hello_in(l, &m);
    else if (rc == 0)
        frame_in(l, &m);
    arena_reset(&s->scratch);
}

static void peer_unmute(void *user);

static void peer_mute(struct peer *p)
{
    struct kith_session *s = p->s;
    int64_t ms = rate_mute(&p->rate, s->h->mono_ms());
    p->muted = true;
    p->mute_timer = s->h->timer_add(ms, peer_unmute, p);
    s_notice(s, KITH_WARN, p->address,
             "%s sends too much and is not listened to for %d seconds. /block %s ends it for good.",
             p->address, (int)(ms / 1000), p->address);
    for (struct link *l = p->links; l; l = l->next)
        link_want(l);
}

/* Handles the frames that are here, as far as the peer's rate and the engine allow. The link may be
 * freed. */
static void link_frames(struct link *l)
{
    struct peer *p = l->peer;
    bool outer = !l->busy;
    struct frame f;
    int rc = 0;
    l->busy = true;
    while (!l->dead && !p->muted && !l->s->held) {
        if (!rate_open(&p->rate, l->s->h->mono_ms())) {
            peer_mute(p);
            break;
        }
        rc = frame_next(&l->io, &f);
        if (rc <= 0)
            break;
        link_dispatch(l, &f);
    }
    if (rc < 0 && !l->dead)
        link_broken(l, "a frame too long");
    if (!l->dead && link_flush(l) && p->link == l)
        message_pump(p);
    if (outer) {
        l->busy = false;
        if (l->dead)
            link_free(l);
    }
}

/* Each link once. What one says may close any other (a greeting supersedes the link in use), so the
 * next is looked for anew. */
static void peer_frames(struct peer *p)
{
    unsigned round = ++p->rounds;
    struct link *l = p->links;
    while (l) {
        bool served = l->round == round;
        l->round = round;
        if (!served)
            link_frames(l);
        l = served ? l->next : p->links;
    }
}

static void peer_unmute(void *user)
{
    struct peer *p = user;
    p->muted = false;
    p->mute_timer = 0;
    peer_frames(p);
}

void peers_hold(struct kith_session *s)
{
    bool held = s->n_uncommitted >= LOCAL_MAX_UNCOMMITTED;
    if (held == s->held)
        return;
    s->held = held;
    for (struct peer *p = s->peers; p; p = p->next) {
        if (!held)
            peer_frames(p);
        for (struct link *l = p->links; l; l = l->next)
            link_want(l);
    }
}

static void link_ready(void *user, int fd UNUSED, unsigned ready)
{
    struct link *l = user;
    struct peer *p = l->peer;
    l->busy = true;
    if ((ready & KITH_IO_WRITE) && link_flush(l) && p->link == l)
        message_pump(p);
    if (!l->dead && (ready & (KITH_IO_READ | KITH_IO_HANGUP))) {
        /* Muted or held, and hung up: what is unread is lost here and sent again on the next link.
         */
        int rc = l->want & KITH_IO_READ ? frame_fill(&l->io) : -ECONNRESET;
        if (rc > 0)
            link_frames(l);
        else if (rc < 0)
            link_lost(l, true);
    }
    l->busy = false;
    if (l->dead)
        link_free(l);
}

static void link_late(void *user)
{
    struct link *l = user;
    l->timer = 0;
    if (!l->fetch) {
        s_log(l->s, KITH_WARN, "%s connected and said nothing", l->peer->address);
        l->peer->retries = LINK_RETRIES;
    }
    link_lost(l, false);
}

/* Takes over fd. */
void link_new(struct peer *p, int fd, bool outgoing)
{
    struct kith_session *s = p->s;
    struct link *l = xcalloc(1, sizeof *l);
    l->s = s;
    l->peer = p;
    l->outgoing = outgoing;
    l->next = p->links;
    p->links = l;
    frame_io_init(&l->io, fd, LP_FRAME_MAX);
    l->io.no_fds = true;
    l->want = KITH_IO_READ;
    l->handle = s->h->io_add(fd, l->want, link_ready, l);
    l->timer = s->h->timer_add(LOCAL_HELLO_MS, link_late, l);
    link_put(l, &(struct lp){.kind = LP_HELLO,
                             .number = LP_VERSION,
                             .id = s->instance,
                             .show = s->show,
                             .text = s->status,
                             .flags = LP_HELLO_ROOM_FILES | (s->live ? LP_HELLO_LIVE : 0u)});
    link_flush(l);
}
