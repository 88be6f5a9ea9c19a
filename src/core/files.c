/* core/files.c - offering and accepting files: the backend gets an open descriptor, never a name */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "core/private.h"

static int has_files(const struct account *a, struct err *e)
{
    if (a->core->link.protocol && !(a->groups & ACCOUNT_HAS_FILES))
        return err_set(e, KITH_EUNSUP, "files cannot be sent here");
    return 0;
}

static void on_offered(struct core *c, struct request *r, const struct kith_ev_reply *reply,
                       const struct err *e)
{
    struct chat *chat = model_chat_by_id(c->model, r->chat_id);
    struct message *m = chat ? store_message(c->store, chat, r->number) : NULL;
    if (m && e->code != 0)
        outbox_set_delivery(c, m, DELIVERY_FAILED, e->text);
    else if (m)
        outbox_set_delivery(c, m, DELIVERY_DELIVERED, NULL);
    message_free(m);
    if (r->done)
        r->done(r->user, e); /* else the message says that it failed */
}

/* The offer as a message of ours. */
static struct message *offer_message(struct core *c, struct chat *chat, const char *name,
                                     int64_t bytes)
{
    struct message *m = own_message(c, chat, name, false);
    message_add_attachment(m,
                           &(struct attachment){.name = (char *)(uintptr_t)name, .bytes = bytes});
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
    struct message *m = offer_message(c, chat, slash ? slash + 1 : whole, bytes);
    struct request *r = request_new(chat->account->core, on_offered);
    r->chat_id = chat->id;
    r->number = m->id;
    r->done = done;
    r->user = user;
    struct wire_op op = {.type = OP_FILE_OFFER,
                         .chat = chat->address,
                         .text = m->body,
                         .big = bytes,
                         .id = m->origin_id};
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

/* ---- accepting ---- */

struct download {
    struct core *core;
    core_done_fn *done;
    void *user;
    char *part, *path;
};

/* Under its own name only when it is whole, and never over another file. */
static void on_fetched(void *user, const struct err *e)
{
    struct download *d = user;
    struct err why = *e;
    if (why.code == 0 && link(d->part, d->path) < 0)
        err_errno(&why, "cannot save %s", d->path);
    unlink(d->part);
    if (d->done)
        d->done(d->user, &why);
    else if (why.code != 0)
        model_notice(d->core->model, NULL, NULL, KITH_ERROR, "%s: %s", d->path, why.text);
    free(d->part);
    free(d->path);
    free(d);
}

int core_accept_file(struct core *c, struct message *m, size_t attachment, const char *path,
                     core_done_fn *done, void *user, struct err *e)
{
    struct account *a = m->chat->account;
    if (attachment >= m->n_attachments || str_empty(m->attachments[attachment].id))
        return err_set(e, KITH_ENOTFOUND, "there is no file to be fetched");
    char *whole = path_expand(path), *part = xasprintf("%s.part", whole);
    int fd = access(whole, F_OK) == 0
                 ? -EEXIST
                 : open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        int r = fd == -EEXIST ? err_set(e, KITH_EINVAL, "%s is there already", whole)
                              : err_errno(e, "cannot make %s", part);
        free(whole);
        free(part);
        return r;
    }
    struct download *d = xcalloc(1, sizeof *d);
    *d = (struct download){.core = c, .done = done, .user = user, .part = part, .path = whole};
    struct request *r = request_new(a->core, request_tell);
    r->done = on_fetched;
    r->user = d;
    struct wire_op op = {.type = OP_FILE_ACCEPT, .id = m->attachments[attachment].id};
    int sent = request_send(r, &op, fd, e);
    close(fd);
    if (sent < 0) {
        unlink(part);
        free(part);
        free(whole);
        free(d);
    }
    return sent;
}
