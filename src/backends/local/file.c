/* backends/local/file.c - files: the sender passes a descriptor that can only be read, the receiver
 * copies it */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/copy.h"
#include "backends/local/local.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { COPIES_MAX = 4, REAP_MS = 100, WITHDRAWN = 1u /* LP_FILE_END: by the one who offered it */ };

struct given { /* a file we offer */
    struct given *next;
    struct peer *peer;
    char *id;
    int fd; /* can only be read */
    kith_req req;
};

struct copy { /* a file being received */
    struct copy *next;
    struct kith_session *s;
    struct peer *peer;
    char *id; /* of the offer */
    kith_req req;
    pid_t pid;
    int fd, handle, timer;
    int64_t total;
    bool over; /* answered; only to be reaped */
};

/* ---- offering ---- */

static void given_end(struct given **at, int err, const char *text)
{
    struct given *g = *at;
    *at = g->next;
    message_drop(g->peer, LP_FILE, NULL, g->id);
    s_reply(g->peer->s, g->req, err, text);
    close(g->fd);
    free(g->id);
    free(g);
}

/* A descriptor of our own that can only be read: the peer must not get more. */
static int read_only(int fd)
{
    struct stat st;
    char path[32];
    int mode = fcntl(fd, F_GETFL);
    if (mode < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return -1;
    if ((mode & O_ACCMODE) == O_RDONLY)
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static const char *base_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    while (*name == '.')
        name++;
    return *name ? name : "file";
}

static int file_offer(struct kith_session *s, const char *chat, int fd, const char *name,
                      const char *mime, int64_t bytes UNUSED, const char *id, kith_req req)
{
    struct peer *p = peer_of(s, chat);
    if (!s->up || !p || !p->link)
        return chat[0] == '#' || str_eq(chat, s->address) ? KITH_EUNSUP : KITH_EOFFLINE;
    if (str_empty(id) || strlen(id) > LP_MAX_ID)
        return KITH_EINVAL;
    struct stat st;
    int ours = read_only(fd);
    if (ours < 0 || fstat(ours, &st) < 0)
        return KITH_EINVAL;
    const char *plain = base_name(name ? name : "file");
    char *cut = xstrndup(plain, utf8_floor(plain, strlen(plain), LP_MAX_NAME));
    struct lp m = {.kind = LP_FILE,
                   .id = id,
                   .number = (uint64_t)st.st_size,
                   .name = cut,
                   .time = s->h->wall_ms(),
                   .mime = mime && strlen(mime) <= LP_MAX_NAME ? mime : NULL};
    int rc = message_queue(p, &m, NULL);
    free(cut);
    if (rc < 0) {
        close(ours);
        return rc;
    }
    close(fd);
    struct given *g = xcalloc(1, sizeof *g);
    *g = (struct given){.next = s->given, .peer = p, .id = xstrdup(id), .fd = ours, .req = req};
    s->given = g;
    message_pump(p);
    return 0;
}

/* ---- being offered ---- */

static struct offer **offer_at(struct peer *p, const char *id)
{
    struct offer **at = &p->offers;
    while (*at && !str_eq((*at)->id, id))
        at = &(*at)->next;
    return at;
}

static void offer_drop(struct peer *p, struct offer **at)
{
    struct offer *o = *at;
    *at = o->next;
    p->n_offers--;
    free(o->id);
    free(o);
}

static void offer_show(struct peer *p, const struct lp *m, int64_t bytes)
{
    char *id = xasprintf("%lu/%s", (unsigned long)p->uid, m->id);
    const struct kith_attachment att = {.size = sizeof att,
                                        .id = id,
                                        .name = base_name(m->name ? m->name : "file"),
                                        .mime = m->mime,
                                        .bytes = bytes};
    struct kith_ev_message ev = {.ev = {sizeof ev, KITH_EV_MESSAGE, 0, message_time(p->s, m->time)},
                                 .chat = p->address,
                                 .sender = p->address,
                                 .sender_id = p->address,
                                 .id = m->id,
                                 .origin_id = m->id,
                                 .body = att.name,
                                 .attachments = &att,
                                 .n_attachments = 1};
    message_emit(p, &ev, NULL, m->id);
    free(id);
}

void file_in(struct peer *p, const struct lp *m)
{
    if (message_known(p, NULL, m->id))
        return;
    if (p->n_offers >= LOCAL_MAX_OFFERS) {
        message_deny(p, NULL, m->id, KITH_ELIMIT, "too many files wait for an answer");
        return;
    }
    struct offer *o = xcalloc(1, sizeof *o);
    *o = (struct offer){.next = p->offers,
                        .id = xstrdup(m->id),
                        .bytes = (int64_t)MIN(m->number, (uint64_t)INT64_MAX)};
    p->offers = o;
    p->n_offers++;
    offer_show(p, m, o->bytes);
}

bool file_fetch_in(struct link *l, const struct lp *m)
{
    for (struct given *g = l->s->given; g; g = g->next) {
        if (g->peer != l->peer || !str_eq(g->id, m->id))
            continue;
        frame_put_fd(&l->io, LP_FILE, NULL, 0, g->fd);
        return true;
    }
    return false;
}

void file_end_in(struct peer *p, const struct lp *m)
{
    if (m->flags & WITHDRAWN) {
        struct offer **o = offer_at(p, m->id);
        if (*o)
            offer_drop(p, o);
        return;
    }
    int err = m->number > 0 && m->number <= -KITH_ELIMIT ? -(int)m->number : 0;
    for (struct given **at = &p->s->given; *at; at = &(*at)->next) {
        if ((*at)->peer != p || !str_eq((*at)->id, m->id))
            continue;
        given_end(at, err, err ? (m->text ? m->text : "declined") : NULL);
        return;
    }
}

/* The offer behind an attachment's id "UID/ID". */
static struct offer **offer_of(struct kith_session *s, const char *attachment, struct peer **peer)
{
    const char *slash = attachment ? strchr(attachment, '/') : NULL;
    char number[16];
    int64_t uid;
    if (!slash || (size_t)(slash - attachment) >= sizeof number)
        return NULL;
    memcpy(number, attachment, (size_t)(slash - attachment));
    number[slash - attachment] = '\0';
    *peer = str_int(number, 0, UINT32_MAX - 1, &uid) ? peer_find(s, (uid_t)uid) : NULL;
    struct offer **at = *peer ? offer_at(*peer, slash + 1) : NULL;
    return at && *at ? at : NULL;
}

static int file_decline(struct kith_session *s, const char *attachment, kith_req req)
{
    struct peer *p;
    struct offer **at = offer_of(s, attachment, &p);
    if (!at)
        return KITH_ENOTFOUND;
    peer_put(p,
             &(struct lp){.kind = LP_FILE_END, .id = (*at)->id, .number = (uint64_t)-KITH_EDENIED});
    peer_flush(p);
    offer_drop(p, offer_of(s, attachment, &p));
    s_reply(s, req, KITH_OK, NULL);
    return 0;
}

/* ---- receiving ---- */

static void copy_unlink(struct copy *c)
{
    struct copy **at = &c->s->copies;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c->id);
    free(c);
}

/* Waits for the process without blocking. */
static void copy_reap(void *user)
{
    struct copy *c = user;
    c->timer = 0;
    if (waitpid(c->pid, NULL, WNOHANG) == 0)
        c->timer = c->s->h->timer_add(REAP_MS, copy_reap, c);
    else
        copy_unlink(c);
}

static void copy_end(struct copy *c, int err, const char *text)
{
    struct kith_session *s = c->s;
    s->h->io_del(c->handle);
    close(c->fd);
    c->over = true;
    if (err)
        kill(c->pid, SIGKILL);
    s_reply(s, c->req, err, text);
    if (c->peer) {
        peer_put(c->peer, &(struct lp){.kind = LP_FILE_END, .id = c->id, .number = (uint64_t)-err});
        peer_flush(c->peer);
        struct offer **o = offer_at(c->peer, c->id);
        if (*o)
            offer_drop(c->peer, o);
    }
    copy_reap(c);
}

static void copy_ready(void *user, int fd, unsigned ready UNUSED)
{
    struct copy *c = user;
    struct copy_note n, last = {0};
    ssize_t got;
    while ((got = read(fd, &n, sizeof n)) == (ssize_t)sizeof n) {
        last = n;
        if (n.final)
            break;
    }
    if (last.final && last.error) {
        char *text = last.error == EIO ? xstrdup("The file became shorter while it was copied")
                                       : xasprintf("Copying failed: %s", strerror(last.error));
        copy_end(c, KITH_ENET, text);
        free(text);
    } else if (last.final) {
        copy_end(c, KITH_OK, NULL);
    } else if (got == 0) {
        copy_end(c, KITH_ENET, "The process that copied the file ended");
    } else if (last.done > 0) {
        struct kith_ev_progress ev = {
            .ev = {sizeof ev, KITH_EV_PROGRESS, c->req, 0}, .done = last.done, .total = c->total};
        s_emit(c->s, &ev.ev);
    }
}

static int file_accept(struct kith_session *s, const char *attachment, int fd, kith_req req)
{
    struct peer *p;
    struct offer **at = offer_of(s, attachment, &p);
    struct err e = {0};
    size_t n = 0;
    if (!at)
        return KITH_ENOTFOUND;
    for (struct copy *c = s->copies; c; c = c->next) {
        if (!c->over && c->peer == p && str_eq(c->id, (*at)->id))
            return KITH_EBUSY;
        n++;
    }
    if (n >= COPIES_MAX)
        return KITH_EBUSY;
    int sock = peer_dial(p, &e);
    if (sock < 0)
        return KITH_EOFFLINE;
    struct copy *c = xcalloc(1, sizeof *c);
    *c = (struct copy){
        .s = s, .peer = p, .id = xstrdup((*at)->id), .req = req, .total = (*at)->bytes};
    c->pid = copy_start(sock, c->id, fd, c->total, &c->fd, &e);
    close(sock);
    if (c->pid < 0) {
        s_log(s, KITH_WARN, "%s", e.text);
        free(c->id);
        free(c);
        return KITH_ELIMIT;
    }
    close(fd);
    c->handle = s->h->io_add(c->fd, KITH_IO_READ, copy_ready, c);
    c->next = s->copies;
    s->copies = c;
    return 0;
}

static int file_cancel(struct kith_session *s, kith_req req)
{
    for (struct copy *c = s->copies; c; c = c->next) {
        if (c->req == req && !c->over) {
            copy_end(c, KITH_ECANCELED, "Cancelled");
            return 0;
        }
    }
    for (struct given **at = &s->given; *at; at = &(*at)->next) {
        if ((*at)->req != req)
            continue;
        struct peer *p = (*at)->peer;
        peer_put(p, &(struct lp){.kind = LP_FILE_END, .id = (*at)->id, .flags = WITHDRAWN});
        given_end(at, KITH_ECANCELED, "Cancelled");
        peer_flush(p); /* last: it may find the link dead, and end what else is offered there */
        return 0;
    }
    return KITH_ENOTFOUND;
}

const struct kith_file_ops local_file_ops = {
    .size = sizeof local_file_ops,
    .offer = file_offer,
    .accept = file_accept,
    .decline = file_decline,
    .cancel = file_cancel,
};

void files_gone(struct peer *p)
{
    while (p->offers)
        offer_drop(p, &p->offers);
    for (struct given **at = &p->s->given; *at;) {
        if ((*at)->peer == p)
            given_end(at, KITH_ECANCELED, "They went away");
        else
            at = &(*at)->next;
    }
}

void files_cancel(struct kith_session *s)
{
    for (struct copy *c = s->copies, *next; c; c = next) {
        next = c->next;
        if (!c->over)
            copy_end(c, KITH_ECANCELED, "The connection ended");
    }
    while (s->given)
        given_end(&s->given, KITH_ECANCELED, "The connection ended");
}

void files_reap(struct kith_session *s)
{
    for (struct copy *c = s->copies, *next; c; c = next) {
        next = c->next;
        s->h->timer_del(c->timer);
        waitpid(c->pid, NULL, 0); /* killed already */
        free(c->id);
        free(c);
    }
    s->copies = NULL;
}
