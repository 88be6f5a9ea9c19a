/* core/search.c - searching the history in a short-lived process that can read it and nothing else
 */
#include <signal.h>
#include <unistd.h>

#include "base/sock.h"
#include "base/spawn.h"
#include "core/private.h"
#include "store/find.h"

enum {
    PATIENCE_MS = 30000,   /* then it is given up */
    FRAME_LIMIT = 1 << 20, /* a hit holds one message */
    BYTES_MAX = 16 << 20   /* of all hits */
};

struct core_search {
    struct core *c;
    core_found_fn *found;
    void *user;
    pid_t pid;
    struct frame_io io;
    struct loop_io *watch;
    struct loop_timer *timer;
    struct find_hit *hits;
    size_t n, cap, bytes;
    int64_t began_us;
};

static void search_free(struct core_search *s)
{
    loop_io_del(s->watch);
    loop_timer_del(s->timer);
    if (s->io.fd >= 0)
        frame_io_free(&s->io);
    if (s->pid > 0) {
        kill(s->pid, SIGKILL);
        core_adopt_child(s->c, s->pid);
    }
    find_hits_free(s->hits, s->n);
    free(s);
}

void core_search_cancel(struct core_search *s)
{
    if (s)
        search_free(s);
}

/* Tells what was found and is gone. */
static void finish(struct core_search *s, bool more, const struct err *e)
{
    struct core_found found = {s->hits, s->n, more, clock_mono_us() - s->began_us};
    s->found(s->user, &found, e);
    s->hits = found.hits;
    s->n = found.n;
    search_free(s);
}

static void failed(struct core_search *s, const char *why)
{
    struct err e = {0};
    err_set(&e, KITH_EPROTO, "%s", why);
    finish(s, false, &e);
}

static void too_late(void *user)
{
    struct core_search *s = user;
    s->timer = NULL;
    failed(s, "the search takes too long; more words make it shorter");
}

/* False: it is over. */
static bool take_frame(struct core_search *s, const struct frame *f)
{
    static const struct err fine = {0};
    struct find_hit h;
    if (f->kind == FIND_FRAME_HIT && s->n < FIND_MAX && s->bytes < BYTES_MAX &&
        find_get_hit(f->data, f->len, &h)) {
        s->bytes += f->len;
        VEC_PUSH(s->hits, s->n, s->cap, h);
        return true;
    }
    if (f->kind == FIND_FRAME_END) {
        finish(s, f->len == 1 && f->data[0] == '1', &fine);
    } else if (f->kind == FIND_FRAME_ERROR) {
        struct err e = {0};
        find_get_error(f->data, f->len, &e);
        finish(s, false, &e);
    } else {
        failed(s, "the search gave an answer that cannot be read");
    }
    return false;
}

static void readable(void *user, int fd UNUSED, unsigned ready)
{
    struct core_search *s = user;
    struct frame f;
    int rc = ready & (LOOP_READ | LOOP_HANGUP) ? frame_fill(&s->io) : 0, next = 0;
    while ((next = frame_next(&s->io, &f)) == 1) {
        if (!take_frame(s, &f))
            return;
    }
    if (rc < 0 || next < 0)
        failed(s, "the search ended unexpectedly");
}

static int start(struct core_search *s, const struct find_query *q, struct err *e)
{
    int ends[2];
    const char *const argv[] = {"kith", "--search-helper", store_path(s->c->store), NULL};
    if (sock_pair(ends) < 0)
        return err_set(e, KITH_EPROTO, "no process can be started for the search");
    fd_nonblock(ends[1], false);
    struct spawn how = {.path = s->c->search_program,
                        .argv = argv,
                        .fd_stdin = ends[1],
                        .fd_stdout = ends[1],
                        .fd_stderr = -1,
                        .die_with_parent = true};
    s->pid = spawn_start(&how, e);
    close(ends[1]);
    frame_io_init(&s->io, ends[0], FRAME_LIMIT);
    if (s->pid < 0)
        return -1;
    struct buf b = {0};
    find_put_query(&b, q);
    frame_put(&s->io, FIND_FRAME_QUERY, b.data, b.len);
    buf_free(&b);
    frame_flush(&s->io); /* less than a socket takes at once */
    s->watch = loop_io_add(s->c->loop, ends[0], LOOP_READ, readable, s);
    s->timer = loop_timer_add(s->c->loop, PATIENCE_MS, too_late, s);
    return 0;
}

struct core_search *core_search(struct core *c, const struct find_query *q, core_found_fn *found,
                                void *user)
{
    struct err e = {0};
    struct core_search *s = xcalloc(1, sizeof *s);
    *s = (struct core_search){.c = c, .found = found, .user = user, .io = {.fd = -1}};
    s->began_us = clock_mono_us();
    store_commit(c->store, false, NULL);
    if (c->search_program && !store_waiting(c->store)) {
        if (start(s, q, &e) == 0)
            return s;
        finish(s, false, &e);
        return NULL;
    }
    bool more = false;
    store_find(c->store, q, &s->hits, &s->n, &more, &e);
    finish(s, more, &e);
    return NULL;
}
