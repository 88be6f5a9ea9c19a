/* core/avatar.c - pictures of people and rooms: fetched once, kept on disk by their SHA-1, the oldest given up
 *
 * What comes from an account process is foreign: it goes into a file under another name, and gets its own only when its
 * bytes have the SHA-1 that it is called by and begin as a picture does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/picture.h"
#include "config/sha1.h"
#include "core/private.h"

enum { ID_LEN = 40, KEPT_FILES = 1000, KEPT_BYTES = 64 << 20 };

struct wanted { /* from the question which picture it is to the picture */
    core_avatar_fn *done;
    void *user;
    int64_t account;
    char *address;
    char *path, *part;
};

/* ---- the folder ---- */

/* Owned; NULL and a sentence. Others who can read it could see whom we know. */
static char *folder(struct err *e)
{
    char *dir = path_of(PATH_CACHE, "avatars", e);
    if (dir && (path_mkdirs(dir, 0700, e) < 0 || path_check(dir, 077, e) < 0)) {
        free(dir);
        dir = NULL;
    }
    return dir;
}

static bool good_id(const char *id)
{
    return id && strlen(id) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;
}

static bool has_id(const struct buf *b, const char *id)
{
    unsigned char sha[20];
    char is[ID_LEN + 1];
    sha1(b->data, b->len, sha);
    for (size_t i = 0; i < sizeof sha; i++)
        snprintf(is + 2 * i, 3, "%02x", sha[i]);
    return strcmp(is, id) == 0;
}

struct kept {
    char name[ID_LEN + 1];
    struct timespec used;
    int64_t bytes;
};

static int by_use(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? 1 : -1;
    return (x->used.tv_nsec < y->used.tv_nsec) - (x->used.tv_nsec > y->used.tv_nsec);
}

/* The ones used last stay, as many as there is room for; what a crash left half done goes after a day. */
static void make_room(const char *dir)
{
    struct kept *all = NULL;
    size_t n = 0, cap = 0;
    int64_t bytes = 0;
    DIR *d = opendir(dir);
    for (struct dirent *en; d && (en = readdir(d));) {
        struct stat st;
        struct kept k = {.name = ""};
        if (fstatat(dirfd(d), en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
            continue;
        if (!good_id(en->d_name)) {
            if (str_starts(en->d_name, "part-") && clock_wall_ms() / 1000 - st.st_mtime > 86400)
                unlinkat(dirfd(d), en->d_name, 0);
            continue;
        }
        str_copy(k.name, sizeof k.name, en->d_name);
        k.used = st.st_mtim;
        k.bytes = st.st_size;
        VEC_PUSH(all, n, cap, k);
    }
    if (n)
        qsort(all, n, sizeof *all, by_use);
    for (size_t i = 0; i < n; i++) {
        bytes += all[i].bytes;
        if (i >= KEPT_FILES || bytes > KEPT_BYTES)
            unlinkat(dirfd(d), all[i].name, 0);
    }
    if (d)
        closedir(d);
    free(all);
}

/* ---- finding, fetching ---- */

static void wanted_end(struct wanted *w, const char *path, const struct err *e)
{
    if (w->part)
        unlink(w->part);
    w->done(w->user, path, e);
    free(w->address);
    free(w->path);
    free(w->part);
    free(w);
}

static int take(const struct wanted *w, struct err *e)
{
    struct buf b = {0};
    const char *id = strrchr(w->path, '/') + 1;
    int rc = path_read(w->part, KITH_MAX_AVATAR, &b, e);
    if (rc >= 0 && (!has_id(&b, id) || !picture_magic(b.data, b.len)))
        rc = err_set(e, KITH_EPROTO, "what came is not the picture that was announced");
    if (rc >= 0 && rename(w->part, w->path) < 0)
        rc = err_errno(e, "cannot keep %s", w->path);
    buf_free(&b);
    return rc;
}

static void on_fetched(struct core *c UNUSED, struct request *r, const struct kith_ev_reply *reply UNUSED, const struct err *e)
{
    struct wanted *w = r->user;
    struct err why = *e;
    if (why.code == 0 && take(w, &why) >= 0) {
        char *dir = xstrndup(w->path, (size_t)(strrchr(w->path, '/') - w->path));
        make_room(dir);
        free(dir);
    }
    wanted_end(w, why.code == 0 ? w->path : NULL, &why);
}

static bool is_kept(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return false;
    utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW); /* used now: it stays */
    return true;
}

/* A file for it under a name of its own: two may fetch the same. */
static int new_part(struct wanted *w, const char *dir, struct err *e)
{
    w->part = xasprintf("%s/part-XXXXXX", dir);
    int fd = mkostemp(w->part, O_CLOEXEC);
    if (fd >= 0)
        return fd;
    str_set(&w->part, NULL);
    return err_errno(e, "cannot make a file in %s", dir);
}

static void fetch(struct core_account *ca, struct wanted *w, const char *id)
{
    struct err e = {0};
    char *dir = folder(&e);
    w->path = dir ? path_join(dir, id) : NULL;
    if (dir && is_kept(w->path)) {
        wanted_end(w, w->path, &e);
        free(dir);
        return;
    }
    int fd = dir ? new_part(w, dir, &e) : -1;
    free(dir);
    int rc = -1;
    if (fd >= 0) {
        struct request *r = request_new(ca, on_fetched);
        r->user = w;
        struct wire_op op = {.type = OP_AVATAR_FETCH, .chat = w->address, .id = id};
        rc = request_send(r, &op, fd, &e);
        close(fd);
    }
    if (rc < 0)
        wanted_end(w, NULL, &e);
}

static void on_found(struct core *c, struct request *r, const struct kith_ev_reply *reply, const struct err *e)
{
    struct wanted *w = r->user;
    struct account *a = model_account_by_id(c->model, w->account);
    const char *id = reply ? reply->text : NULL;
    struct err why = *e;
    if (why.code == 0 && !good_id(id))
        err_set(&why, KITH_EPROTO, "what was told is no name of a picture");
    if (why.code != 0 || !a || c->stopping)
        wanted_end(w, NULL, &why);
    else
        fetch(a->core, w, id);
}

int core_avatar(struct core *c UNUSED, struct account *a, const char *address, core_avatar_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_AVATARS, "pictures of people", e) < 0)
        return KITH_EUNSUP;
    struct wanted *w = xcalloc(1, sizeof *w);
    *w = (struct wanted){.done = done, .user = user, .account = a->id, .address = xstrdup(address)};
    struct request *r = request_new(a->core, on_found);
    r->user = w;
    struct wire_op op = {.type = OP_AVATAR_FIND, .chat = address};
    int rc = request_send(r, &op, -1, e);
    if (rc < 0) {
        free(w->address);
        free(w);
    }
    return rc;
}

int core_avatar_set(struct core *c UNUSED, struct account *a, const char *room, int fd, const char *mime, uint32_t width,
                    uint32_t height, core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_AVATARS, "pictures of people", e) < 0)
        return KITH_EUNSUP;
    struct request *r = request_new(a->core, request_tell);
    r->what = "the picture was not changed";
    r->done = done;
    r->user = user;
    struct wire_op op = {.type = OP_AVATAR_SET, .chat = room, .id2 = mime, .number = width, .number2 = height};
    return request_send(r, &op, fd, e);
}
