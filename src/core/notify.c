/* core/notify.c - hands notices to the helper process, and replaces it when it hangs */
#include "core/notify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "base/utf8.h"

/* The helper's protocol; notify/notice.h, which the engine must not include. */
enum { SHOW = 1, CLOSE = 2, DONE = 3, FAILED = 4, FRAME_LIMIT = 65536 };
enum {
    QUEUE_MAX = 16,
    TEXT_MAX = 1024,
    KEY_MAX = 4096,
    STALE_MS = 60000,
    SILENT_MS = 5000,
    BACK_OFF_MS = 1000,
    BACK_OFF_MAX_MS = 300000,
    REAP_MS = 50
};

struct wish { /* a request that waits */
    bool close;
    int urgency;
    char *key, *title, *body;
    int64_t made_ms;
};

struct notify {
    struct loop *loop;
    char *program, *problem;
    int64_t silent_ms, back_off_first, back_off_ms;
    struct wish queue[QUEUE_MAX];
    size_t n;
    bool up, asked; /* the helper runs; it owes us an answer */
    struct frame_io io;
    struct loop_io *watch;
    struct loop_timer *timer; /* its answer is late, or: the back-off is over */
    pid_t pid, dying;         /* dying: killed, to be reaped */
    struct loop_timer *reaper;
};

static void pump(struct notify *n);

/* ---- the queue ---- */

static void wish_free(struct wish *w)
{
    free(w->key);
    free(w->title);
    free(w->body);
    *w = (struct wish){0};
}

static void queue_drop(struct notify *n, size_t at)
{
    wish_free(&n->queue[at]);
    n->n--;
    memmove(&n->queue[at], &n->queue[at + 1], (n->n - at) * sizeof n->queue[0]);
}

/* A newer wish about the same chat replaces the one that still waits; a full queue loses its
 * oldest. */
static void queue_add(struct notify *n, struct wish *w)
{
    for (size_t i = n->n; i-- > 0;) {
        if (str_eq(n->queue[i].key, w->key))
            queue_drop(n, i);
    }
    if (n->n == QUEUE_MAX)
        queue_drop(n, 0);
    n->queue[n->n++] = *w;
}

/* ---- the helper's life ---- */

static void reap(void *user)
{
    struct notify *n = user;
    n->reaper = NULL;
    if (n->dying > 0 && waitpid(n->dying, NULL, WNOHANG) == 0)
        n->reaper = loop_timer_add(n->loop, REAP_MS, reap, n);
    else
        n->dying = 0;
}

/* Closes everything about the helper and kills it. Never waits. */
static void helper_end(struct notify *n)
{
    if (!n->up)
        return;
    loop_io_del(n->watch);
    frame_io_free(&n->io);
    loop_timer_del(n->timer);
    n->timer = NULL;
    n->watch = NULL;
    n->up = n->asked = false;
    kill(n->pid, SIGKILL);
    if (n->dying >
        0) /* two at once only when it dies faster than it is reaped: that one is a zombie by now */
        waitpid(n->dying, NULL, WNOHANG);
    n->dying = n->pid;
    n->pid = 0;
    loop_timer_del(n->reaper);
    n->reaper = loop_timer_add(n->loop, 0, reap, n);
}

static void rested(void *user)
{
    struct notify *n = user;
    n->timer = NULL;
    pump(n);
}

/* The helper is of no use: ends it and waits before the next. */
static void helper_failed(struct notify *n, const char *why)
{
    log_warn("kith-notify: %s", why);
    str_set(&n->problem, why);
    helper_end(n);
    n->back_off_ms = n->back_off_ms ? MIN(n->back_off_ms * 2, BACK_OFF_MAX_MS) : n->back_off_first;
    loop_timer_del(n->timer);
    n->timer = loop_timer_add(n->loop, n->back_off_ms, rested, n);
}

static void too_late(void *user)
{
    struct notify *n = user;
    n->timer = NULL;
    helper_failed(n, "did not answer; the desktop hangs");
}

static void answered(struct notify *n, const struct frame *f)
{
    loop_timer_del(n->timer);
    n->timer = NULL;
    n->asked = false;
    if (f->kind == FAILED) {
        char *why = xstrndup(f->data, MIN(f->len, TEXT_MAX));
        log_info("kith-notify: %s", why);
        str_take(&n->problem, why);
    } else {
        str_set(&n->problem, NULL);
        n->back_off_ms = 0;
    }
}

static void readable(void *user, int fd UNUSED, unsigned ready)
{
    struct notify *n = user;
    struct frame f;
    int rc = ready & (LOOP_READ | LOOP_HANGUP) ? frame_fill(&n->io) : 0;
    int next = 0;
    while (rc >= 0 && (next = frame_next(&n->io, &f)) == 1) {
        if ((f.kind == DONE || f.kind == FAILED) && n->asked)
            answered(n, &f);
    }
    if (rc >= 0 && next >= 0 && (ready & LOOP_WRITE))
        rc = frame_flush(&n->io);
    if (rc < 0 || next < 0) {
        helper_failed(n, "ended");
        return;
    }
    pump(n);
}

static bool helper_start(struct notify *n)
{
    int ends[2];
    struct err e = {0};
    const char *const argv[] = {"kith-notify", NULL};
    if (sock_pair(ends) < 0)
        return false;
    fd_nonblock(ends[1], false);
    struct spawn s = {.path = n->program,
                      .argv = argv,
                      .fd_stdin = ends[1],
                      .fd_stdout = ends[1],
                      .fd_stderr = -1,
                      .die_with_parent = true};
    n->pid = spawn_start(&s, &e);
    close(ends[1]);
    if (n->pid < 0) {
        close(ends[0]);
        n->pid = 0;
        helper_failed(n, e.text);
        return false;
    }
    n->io = (struct frame_io){0};
    frame_io_init(&n->io, ends[0], FRAME_LIMIT);
    n->watch = loop_io_add(n->loop, ends[0], LOOP_READ, readable, n);
    n->up = true;
    return true;
}

/* ---- asking ---- */

static void put_text(struct buf *b, const char *s, size_t max)
{
    buf_add(b, s, utf8_floor(s, strlen(s), max));
    buf_addc(b, '\0');
}

static void ask(struct notify *n, const struct wish *w)
{
    struct buf b = {0};
    if (!w->close)
        buf_addc(&b, (char)w->urgency);
    put_text(&b, w->key, KEY_MAX);
    if (!w->close) {
        put_text(&b, w->title, TEXT_MAX);
        put_text(&b, w->body, TEXT_MAX);
    }
    frame_put(&n->io, w->close ? CLOSE : SHOW, b.data, b.len);
    buf_free(&b);
    n->asked = true;
    n->timer = loop_timer_add(n->loop, n->silent_ms, too_late, n);
    frame_flush(
        &n->io); /* what does not leave now leaves when it can; a death shows as a hang-up */
    loop_io_want(n->watch, LOOP_READ | (frame_queued(&n->io) ? LOOP_WRITE : 0));
}

/* Hands over the next wish, if the helper is free and there is one that still matters. */
static void pump(struct notify *n)
{
    while (n->n && loop_now(n->loop) - n->queue[0].made_ms > STALE_MS)
        queue_drop(n, 0);
    if (!n->n || n->asked || (!n->up && n->timer) || (!n->up && !helper_start(n)))
        return;
    ask(n, &n->queue[0]);
    queue_drop(n, 0);
}

void notify_show(struct notify *n, const char *key, const char *title, const char *body,
                 int urgency)
{
    if (!n->program)
        return;
    struct wish w = {.urgency = urgency,
                     .key = xstrdup(key),
                     .title = xstrdup(title ? title : ""),
                     .body = xstrdup(body ? body : ""),
                     .made_ms = loop_now(n->loop)};
    queue_add(n, &w);
    pump(n);
}

void notify_close(struct notify *n, const char *key)
{
    if (!n->up && !n->n)
        return; /* nothing was ever shown */
    struct wish w = {.close = true, .key = xstrdup(key), .made_ms = loop_now(n->loop)};
    queue_add(n, &w);
    pump(n);
}

const char *notify_problem(const struct notify *n)
{
    return n->problem;
}

struct notify *notify_new(const struct notify_params *p)
{
    struct notify *n = xcalloc(1, sizeof *n);
    n->loop = p->loop;
    n->program = xstrdup(p->program);
    n->silent_ms = p->silent_ms ? p->silent_ms : SILENT_MS;
    n->back_off_first = p->back_off_ms ? p->back_off_ms : BACK_OFF_MS;
    return n;
}

void notify_free(struct notify *n)
{
    if (!n)
        return;
    while (n->n)
        queue_drop(n, 0);
    helper_end(n);
    loop_timer_del(n->timer);
    loop_timer_del(n->reaper);
    if (n->dying > 0)
        waitpid(n->dying, NULL, WNOHANG);
    free(n->problem);
    free(n->program);
    free(n);
}
