/* backends/local/peer.c - who is there: users of the machine, found and let in */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/local.h"
#include "backends/local/users.h"
#include "base/mem.h"
#include "base/sock.h"

/* ---- peers ---- */

struct peer *peer_find(struct kith_session *s, uid_t uid)
{
    for (struct peer *p = s->peers; p; p = p->next) {
        if (p->uid == uid)
            return p;
    }
    return NULL;
}

struct peer *peer_get(struct kith_session *s, uid_t uid)
{
    struct peer *p = peer_find(s, uid);
    if (p || s->n_peers >= LOCAL_MAX_PEERS)
        return p;
    p = xcalloc(1, sizeof *p);
    p->s = s;
    p->uid = uid;
    p->address = user_address(uid);
    p->out_end = &p->out;
    rate_init(&p->rate, s->rate ? s->rate : 1, (s->rate ? s->rate : 1) * LOCAL_BURST_S,
              s->h->mono_ms());
    p->next = s->peers;
    s->peers = p;
    s->n_peers++;
    return p;
}

struct peer *peer_of(struct kith_session *s, const char *address)
{
    for (struct peer *p = s->peers; p; p = p->next) {
        if (str_eq(p->address, address))
            return p;
    }
    return NULL;
}

void peers_free(struct kith_session *s)
{
    while (s->peers) {
        struct peer *p = s->peers;
        s->peers = p->next;
        roster_free_peer(p);
        free(p->seen);
        free(p->read_id);
        free(p->status);
        free(p->address);
        free(p);
    }
}

void peer_emit_presence(struct peer *p)
{
    struct kith_ev_presence ev = {.ev = {sizeof ev, KITH_EV_PRESENCE, 0, 0},
                                  .address = p->address,
                                  .show = p->link ? p->show : KITH_SHOW_OFFLINE,
                                  .text = p->link ? p->status : NULL,
                                  .client = "kith"};
    if (p->listed && !p->blocked)
        s_emit(p->s, &ev.ev);
}

/* ---- speaking to them ---- */

void peer_put(struct peer *p, const struct lp *m)
{
    bool droppable = m->kind == LP_TYPING;
    if (p->link && !(droppable && frame_queued(&p->link->io) > LOCAL_QUEUE_BYTES / 4))
        link_put(p->link, m);
}

void peers_put_all(struct kith_session *s, const struct lp *m)
{
    for (struct peer *p = s->peers; p; p = p->next) {
        peer_put(p, m);
        peer_flush(p);
    }
}

void peer_flush(struct peer *p)
{
    if (p->link)
        link_flush(p->link);
}

void peer_disconnect(struct peer *p)
{
    p->retries = LINK_RETRIES;
    while (p->links)
        link_lost(p->links, false);
}

void peer_lost(struct peer *p, const char *text)
{
    message_unsend(p);
    history_drop_later(p->s, p);
    files_gone(p);
    invites_drop(p->s, p, true);
    rooms_gone(p, KITH_LEAVE_QUIT, text);
    peer_emit_presence(p);
}

/* ---- accepting and connecting ---- */

static void accept_again(void *user)
{
    struct kith_session *s = user;
    s->accept_timer = 0;
    s->h->io_set(s->listen_handle, KITH_IO_READ);
}

static void accept_one(struct kith_session *s, int fd)
{
    uid_t uid;
    size_t n = 0;
    struct peer *p = sock_peer(fd, &uid, NULL) == 0 && uid != s->uid ? peer_get(s, uid) : NULL;
    if (p) {
        rate_charge(&p->rate, 5);
        for (struct link *l = p->links; l; l = l->next)
            n++;
    }
    if (!p || p->blocked || n >= LOCAL_MAX_LINKS_OF_UID || !rate_open(&p->rate, s->h->mono_ms())) {
        close(fd);
        return;
    }
    link_new(p, fd, false);
}

static void listen_ready(void *user, int fd, unsigned ready UNUSED)
{
    struct kith_session *s = user;
    for (int i = 0; i < 16; i++) {
        int c = sock_accept(fd);
        if (c >= 0) {
            accept_one(s, c);
            continue;
        }
        if (c == -EMFILE || c == -ENFILE || c == -ENOMEM || c == -ENOBUFS) {
            s->h->io_set(s->listen_handle, 0);
            s->accept_timer = s->h->timer_add(1000, accept_again, s);
        }
        return;
    }
}

void peers_listen(struct kith_session *s)
{
    s->listen_handle = s->h->io_add(s->claim.listen_fd, KITH_IO_READ, listen_ready, s);
}

void peers_unlisten(struct kith_session *s)
{
    if (s->listen_handle > 0)
        s->h->io_del(s->listen_handle);
    s->h->timer_del(s->accept_timer);
    s->listen_handle = s->accept_timer = 0;
}

static void retry_now(void *user)
{
    struct peer *p = user;
    p->retry_timer = 0;
    if (!p->links)
        peers_scan(p->s, p->uid);
}

/* A peer whose connection broke may still be there. Ends by itself: when nobody listens any more,
 * or after some tries; then it is theirs to connect. */
void peer_retry(struct peer *p)
{
    if (!p->s->up || p->retry_timer || p->retries >= LINK_RETRIES)
        return;
    int64_t ms = MIN((int64_t)LOCAL_RETRY_MS << p->retries, LOCAL_RETRY_MAX_MS);
    p->retries++;
    p->retry_timer = p->s->h->timer_add(ms, retry_now, p);
}

static void peer_found(void *user, uid_t uid, const char *sock)
{
    struct kith_session *s = user;
    struct peer *p = uid == s->uid ? NULL : peer_get(s, uid);
    struct err e = {0};
    if (!p || p->blocked || p->links)
        return;
    int fd = dir_connect(sock, uid, &e);
    if (fd >= 0)
        link_new(p, fd, true);
    else if (fd == -EAGAIN)
        peer_retry(p);
    else if (fd == -EPERM && !p->complained) {
        p->complained = true;
        s_notice(s, KITH_WARN, p->address, "%s", e.text);
    }
}

struct dial {
    int fd;
    struct err *e;
};

static void dial_found(void *user, uid_t uid, const char *sock)
{
    struct dial *d = user;
    if (d->fd < 0)
        d->fd = dir_connect(sock, uid, d->e);
}

int peer_dial(struct peer *p, struct err *e)
{
    struct dial d = {.fd = -ENOENT, .e = e};
    err_set(e, -ENOENT, "%s is not there", p->address);
    if (p->s->up)
        dir_scan(p->s->dir, p->uid, dial_found, &d, NULL);
    return d.fd;
}

void peers_scan(struct kith_session *s, uid_t uid)
{
    struct err e = {0};
    if (s->up && dir_scan(s->dir, uid, peer_found, s, &e) < 0)
        s_log(s, KITH_WARN, "%s", e.text);
}

void peers_drop(struct kith_session *s)
{
    peers_unlisten(s);
    for (struct peer *p = s->peers; p; p = p->next) {
        s->h->timer_del(p->retry_timer);
        s->h->timer_del(p->mute_timer);
        p->retry_timer = p->mute_timer = 0;
        p->muted = p->complained = false;
        p->retries = 0;
        while (p->links)
            link_close(p->links);
        files_gone(p);
        rooms_forget(p);
        str_set(&p->read_id, NULL);
    }
}
