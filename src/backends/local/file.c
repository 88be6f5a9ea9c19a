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

struct share { /* a file we offer: to one, or to all in a room */
    char *id, *room;
    int fd; /* can only be read */
    kith_req req;
    size_t waits, taken; /* who may still take it, and who has */
};

struct given { /* to one of them */
    struct given *next;
    struct peer *peer;
    struct share *share;
    bool direct; /* they know nothing of files in rooms: offered to them alone */
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

static const char *room_of(const struct given *g)
{
    return g->direct ? NULL : g->share->room;
}

/* In a room everybody decides for themselves: it went well when somebody has it. */
static void share_end(struct kith_session *s, struct share *sh, int err, const char *text)
{
    bool any = sh->room && sh->taken > 0;
    if (sh->room && !any && err == KITH_EDENIED)
        text = "nobody took it";
    s_reply(s, sh->req, any ? KITH_OK : err, any ? NULL : text);
    close(sh->fd);
    free(sh->id);
    free(sh->room);
    free(sh);
}

static void given_end(struct given **at, int err, const char *text)
{
    struct given *g = *at;
    *at = g->next;
    message_drop(g->peer, LP_FILE, room_of(g), g->share->id);
    g->share->taken += err == 0;
    if (--g->share->waits == 0)
        share_end(g->peer->s, g->share, err, text);
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

/* One more who may take it. */
static int give(struct share *sh, struct peer *p, struct lp *m)
{
    struct kith_session *s = p->s;
    struct given *g = xcalloc(1, sizeof *g);
    *g = (struct given){
        .next = s->given, .peer = p, .share = sh, .direct = !sh->room || !p->room_files};
    m->room = room_of(g);
    int rc = message_queue(p, m, NULL);
    if (rc < 0) {
        free(g);
        return rc;
    }
    s->given = g;
    sh->waits++;
    return 0;
}

/* To them, or to all who are in the room. How many it was offered to, or a refusal. */
static int give_all(struct kith_session *s, struct share *sh, const char *chat, struct lp *m)
{
    int n = 0;
    for (struct peer *p = s->peers; p; p = p->next) {
        bool to = p->link && (sh->room ? room_has(p, chat) : str_eq(p->address, chat));
        int rc = to ? give(sh, p, m) : 0;
        n += to && rc == 0;
        if (rc < 0 && !sh->room)
            return rc;
    }
    return n ? n : KITH_EOFFLINE;
}

/* Takes the request and its descriptor, and says no in words. */
static int refuse(struct kith_session *s, int fd, kith_req req, int err, const char *text)
{
    close(fd);
    s_reply(s, req, err, text);
    return 0;
}

/* May a file be offered there? 0 or a refusal. */
static int may_offer(struct kith_session *s, const char *chat, const char *id)
{
    const struct room *r = chat[0] == '#' ? room_find(s, chat) : NULL;
    if (!s->up)
        return KITH_EOFFLINE;
    if (chat[0] == '#' && !(r && r->joined))
        return KITH_ENOTFOUND;
    return str_empty(id) || strlen(id) > LP_MAX_ID ? KITH_EINVAL : 0;
}

static int file_offer(struct kith_session *s, const char *chat, int fd, const char *name,
                      const char *mime, int64_t bytes UNUSED, const char *id, kith_req req)
{
    struct stat st;
    int rc = may_offer(s, chat, id), ours = rc < 0 ? -1 : read_only(fd);
    if (rc == 0 && ours >= 0 && str_eq(chat, s->address)) {
        close(ours);
        return refuse(s, fd, req, KITH_EUNSUP, "you have the file already");
    }
    if (rc < 0 || ours < 0 || fstat(ours, &st) < 0) {
        if (ours >= 0)
            close(ours);
        return rc < 0 ? rc : KITH_EINVAL;
    }
    const char *plain = base_name(name ? name : "file");
    char *cut = xstrndup(plain, utf8_floor(plain, strlen(plain), LP_MAX_NAME));
    struct lp m = {.kind = LP_FILE,
                   .id = id,
                   .number = (uint64_t)st.st_size,
                   .name = cut,
                   .time = s->h->wall_ms(),
                   .mime = mime && strlen(mime) <= LP_MAX_NAME ? mime : NULL};
    struct share *sh = xcalloc(1, sizeof *sh);
    *sh = (struct share){.id = xstrdup(id), .fd = ours, .req = req};
    sh->room = chat[0] == '#' ? xstrdup(chat) : NULL;
    rc = give_all(s, sh, chat, &m);
    free(cut);
    if (rc < 0) {
        sh->req = 0; /* said below, or not at all */
        bool room = sh->room;
        share_end(s, sh, rc, NULL);
        return rc != KITH_EOFFLINE
                   ? rc
                   : refuse(s, fd, req, rc,
                            room ? "nobody else is in the room" : "they are not here");
    }
    close(fd);
    for (struct peer *p = s->peers; p; p = p->next)
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
    char *sender = m->room ? xasprintf("%s/%s", m->room, p->address) : xstrdup(p->address);
    const struct kith_attachment att = {.size = sizeof att,
                                        .id = id,
                                        .name = base_name(m->name ? m->name : "file"),
                                        .mime = m->mime,
                                        .bytes = bytes};
    struct kith_ev_message ev = {.ev = {sizeof ev, KITH_EV_MESSAGE, 0, message_time(p->s, m->time)},
                                 .chat = m->room ? m->room : p->address,
                                 .sender = sender,
                                 .sender_name = m->room ? p->address : p->name,
                                 .sender_id = p->address,
                                 .id = m->id,
                                 .origin_id = m->id,
                                 .body = att.name,
                                 .attachments = &att,
                                 .n_attachments = 1};
    message_emit(p, &ev, m->room, m->id);
    free(sender);
    free(id);
}

void file_in(struct peer *p, const struct lp *m)
{
    if (m->room && !room_shared(p, m->room)) {
        message_deny(p, m->room, m->id, KITH_ENOTFOUND, "is not in this room");
        return;
    }
    if (message_known(p, m->room, m->id))
        return;
    if (p->n_offers >= LOCAL_MAX_OFFERS) {
        message_deny(p, m->room, m->id, KITH_ELIMIT, "too many files wait for an answer");
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
        if (g->peer != l->peer || !str_eq(g->share->id, m->id))
            continue;
        frame_put_fd(&l->io, LP_FILE, NULL, 0, g->share->fd);
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
        if ((*at)->peer != p || !str_eq((*at)->share->id, m->id))
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
        return refuse(s, fd, req, KITH_ENOTFOUND, "it is offered no longer");
    for (struct copy *c = s->copies; c; c = c->next) {
        if (!c->over && c->peer == p && str_eq(c->id, (*at)->id))
            return refuse(s, fd, req, KITH_EBUSY, "it is being fetched already");
        n++;
    }
    if (n >= COPIES_MAX)
        return refuse(s, fd, req, KITH_ELIMIT,
                      "other files are being fetched; try again when one of them is here");
    int sock = peer_dial(p, &e);
    if (sock < 0)
        return refuse(s, fd, req, KITH_EOFFLINE, "they are not here any more");
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

/* Ends our offers in this room, or those of this request. True when there were any. */
static bool take_back(struct kith_session *s, const char *room, kith_req req)
{
    bool any = false;
    for (struct given **at = &s->given; *at;) {
        struct peer *p = (*at)->peer;
        if (room ? !str_eq((*at)->share->room, room) : (*at)->share->req != req) {
            at = &(*at)->next;
            continue;
        }
        peer_put(p, &(struct lp){.kind = LP_FILE_END, .id = (*at)->share->id, .flags = WITHDRAWN});
        given_end(at, KITH_ECANCELED, "Cancelled");
        any = true;
    }
    /* Last: it may find a link dead, and end what else is offered there. */
    for (struct peer *p = any ? s->peers : NULL; p; p = p->next)
        peer_flush(p);
    return any;
}

static int file_cancel(struct kith_session *s, kith_req req)
{
    for (struct copy *c = s->copies; c; c = c->next) {
        if (c->req == req && !c->over) {
            copy_end(c, KITH_ECANCELED, "Cancelled");
            return 0;
        }
    }
    return take_back(s, NULL, req) ? 0 : KITH_ENOTFOUND;
}

const struct kith_file_ops local_file_ops = {
    .size = sizeof local_file_ops,
    .offer = file_offer,
    .accept = file_accept,
    .decline = file_decline,
    .cancel = file_cancel,
};

void files_left_room(struct kith_session *s, const char *room)
{
    take_back(s, room, 0);
}

void files_peer_left(struct peer *p, const char *room)
{
    for (struct given **at = &p->s->given; *at;) {
        if ((*at)->peer == p && str_eq((*at)->share->room, room))
            given_end(at, KITH_EDENIED, "They left the room");
        else
            at = &(*at)->next;
    }
}

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
