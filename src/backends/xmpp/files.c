/* backends/xmpp/files.c - sends and fetches files: which way each of them goes */
#include "backends/xmpp/files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"
#include "base/mime.h"

enum { WAITING_MAX = 32 };

static const struct file_way *const ways[] = {&file_upload, &file_jingle};

struct waiting { /* until it is known which ways there are */
    char *chat, *name, *mime, *id;
    int fd;
    int64_t bytes;
    kith_req req;
};
struct files {
    struct waiting *waiting;
    size_t n, cap;
};

/* ---- what the ways share ---- */

void files_end(struct x *x, int fd, kith_req req, int err, const char *text)
{
    if (fd >= 0)
        close(fd);
    x_reply_err(x, req, err, text);
}

void files_progress(struct x *x, kith_req req, int64_t done, int64_t total, struct file_told *last)
{
    int percent = total > 0 ? (int)((double)done * 100 / (double)total) : 0;
    if (done != total && last->told && percent == last->percent)
        return;
    *last = (struct file_told){true, percent};
    struct kith_ev_progress ev = EV_INIT(KITH_EV_PROGRESS, kith_ev_progress);
    ev.ev.req = req;
    ev.done = done;
    ev.total = total;
    x_emit(x, &ev.ev);
}

/* ---- offering ---- */

static bool allowed(const struct x *x, const struct file_way *way)
{
    const char *only = x_option(x, "files");
    return str_empty(only) || strcmp(only, "auto") == 0 || strcmp(only, way->name) == 0;
}

/* The first way that takes it. KITH_EBUSY: not known yet; else *e has what each of them says. */
static int choose(struct x *x, const struct file_offer *o, const struct file_way **way, struct err *e)
{
    struct buf why = {0};
    int rc = 0, first = 0; /* first: of the way that is liked best */
    *way = NULL;
    for (size_t i = 0; i < COUNT(ways) && !*way && rc != KITH_EBUSY; i++) {
        struct err no = {0};
        if (!allowed(x, ways[i]))
            continue;
        rc = ways[i]->can(x, o, &no);
        if (rc >= 0)
            *way = ways[i];
        else
            buf_addf(&why, "%s%s", why.len ? "; " : "", no.text);
        first = first ? first : rc;
    }
    rc = rc == KITH_EBUSY ? rc : first ? first : KITH_EUNSUP;
    if (!*way && rc != KITH_EBUSY)
        (void)err_set(e, rc, "%s.", why.len ? buf_str(&why) : "no way for files is allowed by the option files");
    buf_free(&why);
    return *way ? 0 : rc;
}

/* Hands it on, or answers the request. KITH_EBUSY: it has to wait. */
static int start(struct x *x, const struct file_offer *given)
{
    const struct file_way *way = NULL;
    struct file_offer all = *given, *o = &all;
    struct err e = {0};
    const char *why;
    enum omemo_files how = omemo_files(x, o->chat, &why);
    if (how == OMEMO_FILES_LATER)
        return KITH_EBUSY;
    all.sealed = how == OMEMO_FILES_SEALED;
    int rc = how == OMEMO_FILES_REFUSED ? err_set(&e, KITH_EDENIED, "%s", why) : choose(x, o, &way, &e);
    if (rc == KITH_EBUSY)
        return rc;
    if (way && rc >= 0 && way->offer(x, o) < 0)
        rc = err_set(&e, KITH_EINVAL, "The file cannot be sent there.");
    if (rc < 0)
        files_end(x, o->fd, o->req, rc, e.text);
    return 0;
}

static struct file_offer offer_of(const struct x *x, const struct waiting *w)
{
    return (struct file_offer){.chat = w->chat,
                               .room = muc_is_room(x, w->chat),
                               .fd = w->fd,
                               .name = w->name,
                               .mime = w->mime,
                               .bytes = w->bytes,
                               .id = w->id,
                               .req = w->req};
}

static void forget(struct files *f, size_t i)
{
    struct waiting *w = &f->waiting[i];
    free(w->chat);
    free(w->name);
    free(w->mime);
    free(w->id);
    VEC_DEL(f->waiting, f->n, i);
}

void files_known(struct x *x)
{
    struct files *f = x_state(x, "files");
    for (size_t i = 0; i < f->n;) {
        struct file_offer o = offer_of(x, &f->waiting[i]);
        if (start(x, &o) == KITH_EBUSY)
            i++;
        else
            forget(f, i);
    }
}

static const char *plain_name(const char *name)
{
    const char *slash = name ? strrchr(name, '/') : NULL;
    name = slash ? slash + 1 : name;
    return str_empty(name) ? "file" : name;
}

int files_offer(struct x *x, const char *chat, int fd, const char *name, const char *mime, int64_t bytes, const char *id,
                kith_req req)
{
    struct files *f = x_state(x, "files");
    int err;
    char *to = message_address(x, chat, id, &err);
    if (!to)
        return err;
    if (f->n >= WAITING_MAX) {
        free(to);
        return KITH_ELIMIT;
    }
    const char *plain = plain_name(name);
    struct waiting w = {.chat = to,
                        .name = xstrdup(plain),
                        .mime = xstrdup(str_empty(mime) ? mime_of_name(plain) : mime),
                        .id = xstrdup(id),
                        .fd = fd,
                        .bytes = bytes,
                        .req = req};
    VEC_PUSH(f->waiting, f->n, f->cap, w);
    struct file_offer o = offer_of(x, &f->waiting[f->n - 1]);
    if (start(x, &o) != KITH_EBUSY)
        forget(f, f->n - 1);
    return KITH_OK;
}

/* ---- the rest goes to the way that it belongs to ---- */

static const struct file_way *way_of(const char *attachment)
{
    const char *colon = attachment ? strchr(attachment, ':') : NULL;
    size_t n = colon ? (size_t)(colon - attachment) : 0;
    for (size_t i = 0; n && i < COUNT(ways); i++)
        if (strlen(ways[i]->name) == n && strncmp(ways[i]->name, attachment, n) == 0)
            return ways[i];
    return NULL;
}

int files_accept(struct x *x, const char *attachment, int fd, kith_req req)
{
    const struct file_way *way = way_of(attachment);
    return way ? way->accept(x, attachment, fd, req) : KITH_ENOTFOUND;
}

int files_decline(struct x *x, const char *attachment, kith_req req)
{
    const struct file_way *way = way_of(attachment);
    if (!way)
        return KITH_ENOTFOUND;
    if (way->decline)
        return way->decline(x, attachment, req);
    x_reply_ok(x, req, NULL);
    return KITH_OK;
}

int files_cancel(struct x *x, kith_req req)
{
    struct files *f = x_state(x, "files");
    int rc = KITH_ENOTFOUND;
    for (size_t i = 0; i < f->n; i++) {
        if (f->waiting[i].req != req)
            continue;
        files_end(x, f->waiting[i].fd, req, KITH_ECANCELED, "you took it back");
        forget(f, i);
        return KITH_OK;
    }
    for (size_t i = 0; i < COUNT(ways) && rc == KITH_ENOTFOUND; i++)
        rc = ways[i]->cancel(x, req);
    return rc;
}

/* ---- life ---- */

static void give_up(struct x *x, struct files *f, const char *why)
{
    while (f->n) {
        files_end(x, f->waiting[0].fd, f->waiting[0].req, KITH_EOFFLINE, why);
        forget(f, 0);
    }
}

void files_stop(struct x *x, const char *why)
{
    give_up(x, x_state(x, "files"), why);
    for (size_t i = 0; i < COUNT(ways); i++)
        if (ways[i]->stop)
            ways[i]->stop(x, why);
}

void files_latched(struct x *x)
{
    for (size_t i = 0; i < COUNT(ways); i++)
        ways[i]->latched(x, "it went in the clear, and this chat is encrypted now; /resend encrypts it");
}

static void files_attach(struct x *x)
{
    x_set_state(x, "files", xcalloc(1, sizeof(struct files)));
}

/* What was being found out is found out anew. */
static void files_online(struct x *x, bool resumed UNUSED)
{
    files_known(x);
}

static void files_detach(struct x *x)
{
    struct files *f = x_state(x, "files");
    give_up(x, f, "The account was closed.");
    free(f->waiting);
    free(f);
    x_set_state(x, "files", NULL);
}

const struct feature feature_files = {
    .name = "files",
    .attach = files_attach,
    .online = files_online,
    .detach = files_detach,
};
