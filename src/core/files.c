/* core/files.c - offering and accepting files: the backend gets an open descriptor, never a name */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mime.h"
#include "base/path.h"
#include "base/utf8.h"
#include "core/private.h"

/* What the screen says of it; a message that is not loaded says nothing. */
static void set_offer(struct core *c, int64_t chat_id, int64_t id, enum offer offer, int percent)
{
    struct chat *chat = model_chat_by_id(c->model, chat_id);
    struct message *m = chat ? chat_message(chat, id) : NULL;
    struct attachment *a = m && m->n_attachments ? &m->attachments[0] : NULL;
    if (!a || (a->offer == offer && a->percent == percent))
        return;
    a->offer = offer;
    a->percent = percent;
    chat_message_changed(m);
}

void files_on_progress(struct core_account *ca, const struct kith_ev_progress *ev)
{
    const struct request *r = request_of(ca, ev->ev.req);
    int64_t total = MAX(ev->total, 1), done = MAX(MIN(ev->done, total), 0);
    if (r && r->chat_id && r->number)
        set_offer(ca->core, r->chat_id, r->number, OFFER_RUNS,
                  (int)((double)done * 100 / (double)total));
}

static int has_files(const struct account *a, struct err *e)
{
    if (a->core->link.protocol && !(a->groups & ACCOUNT_HAS_FILES))
        return err_set(e, KITH_EUNSUP, "files cannot be sent here");
    return 0;
}

/* The message about a file that lies where they can fetch it goes out as any other. */
static void send_link(struct core *c, const struct message *m)
{
    struct store_outgoing row = {.message = m->id,
                                 .op = STORE_SEND,
                                 .flags = KITH_SEND_FILE,
                                 .written = m->time,
                                 .origin_id = xstrdup(m->origin_id),
                                 .body = xstrdup(m->body)};
    outbox_add(m->chat->account->core, m->chat, &row);
}

/* Where it lies is kept before the message leaves: it is not sent there a second time, whatever happens. */
static void note_link(struct core *c, struct message *m, const struct kith_ev_reply *reply)
{
    struct message *loaded = chat_message(m->chat, m->id);
    struct message *const both[] = {m, loaded};
    for (size_t i = 0; i < COUNT(both); i++)
        if (both[i] && both[i]->n_attachments) {
            str_set(&both[i]->attachments[0].id, reply->cursor);
            str_set(&both[i]->attachments[0].url, reply->text);
            both[i]->attachments[0].sealed = str_empty(reply->text);
        }
    if (loaded)
        chat_message_changed(loaded);
    if (m->n_attachments)
        store_put_attachment(c->store, m, 0);
}

static void on_offered(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                       const struct err *e)
{
    struct chat *chat = model_chat_by_id(c->model, r->chat_id);
    struct message *m = chat ? store_message(c->store, chat, r->number) : NULL;
    bool link = m && e->code == 0 && reply && !str_empty(reply->cursor);
    if (link) {
        note_link(c, m, reply);
        send_link(c, m);
    } else if (m && e->code != 0)
        outbox_set_delivery(c, m, DELIVERY_FAILED, e->text);
    else if (m)
        outbox_set_delivery(c, m, DELIVERY_DELIVERED, NULL);
    message_free(m);
    set_offer(c, r->chat_id, r->number,
              link                      ? OFFER_NONE
              : e->code == 0            ? OFFER_SAVED
              : e->code == KITH_EDENIED ? OFFER_DECLINED
                                        : OFFER_GONE,
              0);
    if (r->done)
        r->done(r->user, e); /* else the message says that it failed */
}

/* The offer as a message of ours. */
static struct message *offer_message(struct core *c, struct chat *chat, const char *path,
                                     const char *name, int64_t bytes)
{
    char *text = send_clean(name, UTF8_TEXT);
    struct message *m = own_message(c, chat, text, NULL, false);
    free(text);
    message_add_attachment(m, &(struct attachment){.name = (char *)(uintptr_t)name,
                                                  .mime = (char *)(uintptr_t)mime_of_name(name),
                                                  .path = *path == '/' ? (char *)(uintptr_t)path : NULL,
                                                  .bytes = bytes,
                                                  .offer = OFFER_OPEN});
    return m;
}

static int open_file(const char *path, int64_t *bytes, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_errno(e, "cannot read %s", path);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(e, KITH_EINVAL, "%s is no file that can be sent", path);
    }
    *bytes = st.st_size;
    return fd;
}

int core_send_file(struct core *c, struct chat *chat, const char *path, core_done_fn *done,
                   void *user, struct err *e)
{
    int64_t bytes = 0, same;
    if (has_files(chat->account, e) < 0)
        return KITH_EUNSUP;
    char *whole = path_expand(path);
    int fd = open_file(whole, &bytes, e);
    if (fd < 0) {
        free(whole);
        return fd;
    }
    const char *slash = strrchr(whole, '/');
    struct message *m = offer_message(c, chat, whole, slash ? slash + 1 : whole, bytes);
    struct request *r = request_new(chat->account->core, on_offered);
    r->chat_id = chat->id;
    r->number = m->id;
    r->done = done;
    r->user = user;
    struct wire_op op = {.type = OP_FILE_OFFER,
                         .chat = chat->address,
                         .text = m->body,
                         .big = bytes,
                         .id = m->origin_id,
                         .id2 = m->attachments[0].mime};
    int sent = request_send(r, &op, fd, e);
    close(fd);
    free(whole);
    if (sent < 0) {
        message_free(m);
        return sent;
    }
    store_add_message(c->store, m, &same);
    save_chat(c, chat);
    chat_insert_message(chat, m);
    return 0;
}

/* kith ended while it was sent: nobody goes on with it. */
static void cut_off(void *user, int64_t chat_id, int64_t message)
{
    struct core *c = user;
    struct chat *chat = model_chat_by_id(c->model, chat_id);
    struct message *m = chat ? store_message(c->store, chat, message) : NULL;
    if (m)
        outbox_set_delivery(c, m, DELIVERY_FAILED, "kith ended while the file was sent; /resend begins anew");
    message_free(m);
}

void files_load(struct core *c)
{
    store_cut_off_files(c->store, cut_off, c);
}

int files_resend(struct core *c, struct message *m, struct err *e)
{
    const struct attachment *a = &m->attachments[0];
    struct chat *chat = m->chat;
    int64_t same;
    int r = 0;
    if (str_empty(a->id) && str_empty(a->path))
        return err_set(e, KITH_EUNSUP, "where the file was is not known any more; /send offers it anew");
    if (str_empty(a->id)) {
        r = core_send_file(c, chat, a->path, NULL, NULL, e);
    } else { /* it lies there already */
        struct message *again = own_message(c, chat, m->body, NULL, false);
        message_add_attachment(again, a);
        store_add_message(c->store, again, &same);
        send_link(c, again);
        save_chat(c, chat);
        chat_insert_message(chat, again);
    }
    if (r >= 0)
        send_drop(c, m);
    return r;
}

/* ---- accepting ---- */

struct download {
    struct core *core;
    core_done_fn *done;
    void *user;
    char *path;
    char *part; /* under which it lies until then; NULL: the file has no name at all, and is gone when kith is */
    int fd;     /* of one that has none; else -1 */
    int64_t chat, message;
    size_t number; /* of the attachment */
};

/* Where it is now, for opening it later and for showing it; and how long it is, where nobody had said so. */
static void note_place(const struct download *d)
{
    struct chat *chat = model_chat_by_id(d->core->model, d->chat);
    struct message *loaded = chat ? chat_message(chat, d->message) : NULL;
    struct message *m = loaded || !chat ? loaded : store_message(d->core->store, chat, d->message);
    if (m && d->number < m->n_attachments && *d->path == '/') {
        struct attachment *a = &m->attachments[d->number];
        struct stat st;
        str_set(&a->path, d->path);
        if (a->bytes < 0 && stat(d->path, &st) == 0)
            a->bytes = st.st_size;
        store_put_attachment(d->core->store, m, d->number);
    }
    if (m != loaded)
        message_free(m);
}

#define OPEN_FILE "/proc/self/fd/%d"
enum { OPEN_FILE_MAX = 32 };

/* A file without a name, where the system has such; negative: it has not. */
static int open_unnamed(const char *path)
{
#ifdef O_TMPFILE
    char *folder = xstrdup(path), *slash = strrchr(folder, '/'), place[OPEN_FILE_MAX];
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    free(folder);
    snprintf(place, sizeof place, OPEN_FILE, fd);
    if (fd >= 0 && access(place, F_OK) < 0) { /* it could never be given a name */
        close(fd);
        fd = -1;
    }
    return fd;
#else
    (void)path;
    return -1;
#endif
}

static void on_fetched(void *user, const struct err *e);

static bool is_fetched_now(const struct core *c, const char *path)
{
    const struct request *r = c->requests;
    while (r && !(r->done == on_fetched && strcmp(((const struct download *)r->user)->path, path) == 0))
        r = r->next;
    return r != NULL;
}

/* Opens what the bytes go to: a descriptor; d keeps what it needs to give it its name. */
static int open_download(struct download *d, struct err *e)
{
    if (access(d->path, F_OK) == 0)
        return err_set(e, KITH_EINVAL, "%s is there already", d->path);
    if (is_fetched_now(d->core, d->path))
        return err_set(e, KITH_EINVAL, "%s is being fetched already", d->path);
    d->fd = open_unnamed(d->path);
    if (d->fd >= 0)
        return d->fd;
    d->part = xasprintf("%s.part", d->path);
    d->fd = open(d->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (d->fd >= 0)
        return d->fd;
    int rc = errno == EEXIST ? err_set(e, KITH_EINVAL, "%s is there already: it is being fetched, or was left behind", d->part)
                             : err_errno(e, "cannot make %s", d->part);
    str_take(&d->part, NULL);
    return rc;
}

static int give_name(const struct download *d)
{
    char place[OPEN_FILE_MAX];
    if (d->part)
        return link(d->part, d->path);
    snprintf(place, sizeof place, OPEN_FILE, d->fd);
    return linkat(AT_FDCWD, place, AT_FDCWD, d->path, AT_SYMLINK_FOLLOW);
}

static void download_free(struct download *d)
{
    if (d->part)
        unlink(d->part);
    if (d->fd >= 0)
        close(d->fd);
    free(d->part);
    free(d->path);
    free(d);
}

/* Under its own name only when it is whole, and never over another file. */
static void on_fetched(void *user, const struct err *e)
{
    struct download *d = user;
    struct err why = *e;
    if (why.code == 0 && give_name(d) < 0)
        err_errno(&why, "cannot save %s", d->path);
    if (why.code == 0)
        note_place(d);
    set_offer(d->core, d->chat, d->message,
              why.code == 0                ? OFFER_SAVED
              : why.code == KITH_ENOTFOUND ? OFFER_GONE
                                           : OFFER_OPEN,
              0);
    if (d->done)
        d->done(d->user, &why);
    else if (why.code != 0)
        model_notice(d->core->model, NULL, NULL, KITH_ERROR, "%s: %s", d->path, why.text);
    download_free(d);
}

int core_accept_file(struct core *c, struct message *m, size_t attachment, const char *path,
                     core_done_fn *done, void *user, struct err *e)
{
    struct account *a = m->chat->account;
    if (attachment >= m->n_attachments || str_empty(m->attachments[attachment].id))
        return err_set(e, KITH_ENOTFOUND, "there is no file to be fetched");
    struct download *d = xcalloc(1, sizeof *d);
    *d = (struct download){.core = c,
                           .done = done,
                           .user = user,
                           .path = path_expand(path),
                           .fd = -1,
                           .chat = m->chat->id,
                           .message = m->id,
                           .number = attachment};
    int fd = open_download(d, e);
    if (fd < 0) {
        download_free(d);
        return fd;
    }
    struct request *r = request_new(a->core, request_tell);
    r->done = on_fetched;
    r->user = d;
    r->chat_id = m->chat->id;
    r->number = m->id;
    struct wire_op op = {.type = OP_FILE_ACCEPT, .id = m->attachments[attachment].id};
    int sent = request_send(r, &op, fd, e);
    if (sent < 0)
        download_free(d);
    else
        set_offer(c, m->chat->id, m->id, OFFER_RUNS, 0);
    return sent;
}

void core_note_picture(struct core *c, struct message *m, size_t attachment, int32_t width, int32_t height)
{
    struct attachment *a = &m->attachments[attachment];
    if (a->width == width && a->height == height)
        return;
    a->width = width;
    a->height = height;
    store_put_attachment(c->store, m, attachment);
    core_touch(c);
}

/* ---- not wanted ---- */

static void on_declined(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                        const struct err *e)
{
    set_offer(c, r->chat_id, r->number, e->code == 0 ? OFFER_DECLINED : OFFER_GONE, 0);
    request_tell(c, r, reply, e);
}

/* Offering or fetching it goes on. */
static struct request *under_way(const struct core *c, const struct message *m)
{
    struct request *r = c->requests;
    while (r && !(r->number == m->id && r->chat_id == m->chat->id &&
                  (r->fn == on_offered || r->done == on_fetched)))
        r = r->next;
    return r;
}

void files_stop(struct core *c, const struct message *m)
{
    const struct request *open = m->n_attachments ? under_way(c, m) : NULL;
    struct wire_op op = {.size = sizeof op, .type = OP_FILE_CANCEL, .req = open ? open->id : 0};
    if (open)
        (void)link_op(m->chat->account->core, &op, -1, NULL);
}

int core_decline_file(struct core *c, struct message *m, size_t attachment, core_done_fn *done,
                      void *user, struct err *e)
{
    struct core_account *ca = m->chat->account->core;
    struct request *open = under_way(c, m);
    const char *id = attachment < m->n_attachments ? m->attachments[attachment].id : NULL;
    if (open) {
        struct wire_op op = {.size = sizeof op, .type = OP_FILE_CANCEL, .req = open->id};
        int rc = link_op(ca, &op, -1, e);
        if (rc >= 0 && open->fn == on_offered && open->done) {
            open->done(open->user, &(struct err){0}); /* the user knows how it ended */
            open->done = NULL;
        }
        if (rc >= 0 && done)
            done(user, &(struct err){0});
        return rc;
    }
    if (message_outgoing(m) || str_empty(id))
        return err_set(e, KITH_ENOTFOUND, "the file is offered no longer");
    struct request *r = request_new(ca, on_declined);
    r->done = done;
    r->user = user;
    r->chat_id = m->chat->id;
    r->number = m->id;
    struct wire_op op = {.type = OP_FILE_DECLINE, .id = id};
    return request_send(r, &op, -1, e);
}
