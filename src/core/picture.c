/* core/picture.c - reads and draws pictures in a helper process (kith-picture), one at a time */
#include "core/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "kith/plugin.h"

enum {
    SILENT_MS = 10000,
    BACK_OFF_MS = 60000,
    BACK_OFF_MAX_MS = 30 * 60000,
    FAILURES_MAX = 3,
    REAP_MS = 50
};

struct picture_job {
    struct pictures *all;
    struct picture_job *next;
    char *path;
    int64_t bytes;
    struct picture_ask ask;
    bool urgent;
    picture_fn *done;
    void *user;
    /* its process, once it runs */
    pid_t pid;
    struct frame_io io;
    struct loop_io *watch;
    struct loop_timer *late;
};
struct pictures {
    struct pictures_params p;
    char *program;
    struct picture_job *queue; /* the first one is at work when its pid is not 0 */
    unsigned failures;         /* in a row */
    int64_t wait_ms, until;    /* the last wait; monotonic ms when it ends, 0 = none */
    pid_t *dying;
    size_t n_dying, cap_dying;
    struct loop_timer *reaper;
};

static void run_next(void *user);

/* ---- files ---- */

int picture_open(const char *path, int64_t bytes, struct err *e)
{
    struct stat st;
    char start[PICTURE_MAGIC_LEN];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (bytes >= 0 && st.st_size != bytes)) {
        if (fd >= 0)
            close(fd);
        return err_set(e, KITH_ENOTFOUND, "the file is not on this machine any more, or is another one");
    }
    if (pread(fd, start, sizeof start, 0) == (ssize_t)sizeof start && picture_magic(start, sizeof start)) {
        if (st.st_size <= PICTURE_FILE_MAX)
            return fd;
        err_set(e, KITH_ETOOBIG, "%s", picture_refusal_words(PICTURE_BIG_FILE));
    } else {
        err_set(e, KITH_EINVAL, "%s", picture_refusal_words(PICTURE_NO_PICTURE));
    }
    close(fd);
    return e->code;
}

/* ---- processes that end ---- */

static void reap(void *user)
{
    struct pictures *p = user;
    p->reaper = NULL;
    for (size_t i = p->n_dying; i-- > 0;)
        if (waitpid(p->dying[i], NULL, WNOHANG) != 0)
            VEC_DEL(p->dying, p->n_dying, i);
    if (p->n_dying > 0)
        p->reaper = loop_timer_add(p->p.loop, REAP_MS, reap, p);
}

static void end_process(struct picture_job *j)
{
    struct pictures *p = j->all;
    if (j->pid <= 0)
        return;
    loop_io_del(j->watch);
    loop_timer_del(j->late);
    frame_io_free(&j->io);
    kill(j->pid, SIGKILL);
    VEC_PUSH(p->dying, p->n_dying, p->cap_dying, j->pid);
    if (!p->reaper)
        p->reaper = loop_timer_add(p->p.loop, 0, reap, p);
    j->pid = 0;
}

static void release(struct picture_job *j)
{
    end_process(j);
    free(j->path);
    free(j);
}

static void drop(struct picture_job *j)
{
    struct picture_job **at = &j->all->queue;
    while (*at && *at != j)
        at = &(*at)->next;
    if (*at)
        *at = j->next;
    release(j);
}

bool picture_started(const struct picture_job *j)
{
    return j->pid > 0;
}

void pictures_cancel(struct picture_job *j)
{
    if (!j)
        return;
    struct pictures *p = j->all;
    drop(j);
    if (p->queue)
        loop_defer(p->p.loop, run_next, p);
}

/* ---- how it ended ---- */

static void finish(struct picture_job *j, struct picture *picture, const struct err *e)
{
    struct pictures *p = j->all;
    picture_fn *done = j->done;
    void *user = j->user;
    drop(j);
    if (p->queue)
        loop_defer(p->p.loop, run_next, p);
    done(user, picture, e);
    if (picture)
        picture_free(picture);
}

static int refusal_code(enum picture_refusal r)
{
    return r == PICTURE_NO_PICTURE ? KITH_EINVAL : r == PICTURE_DAMAGED ? KITH_EPROTO : KITH_ETOOBIG;
}

static void refused(struct picture_job *j, int code, const char *why)
{
    struct err e = {0};
    err_set(&e, code, "%s", why);
    finish(j, NULL, &e);
}

/* Not the picture's fault for sure: after several it is the program's, or the machine's. */
static void failed(struct picture_job *j, const char *why)
{
    struct pictures *p = j->all;
    log_warn("kith-picture: %s", why);
    if (++p->failures >= FAILURES_MAX) {
        p->wait_ms = p->wait_ms ? MIN(p->wait_ms * 2, (int64_t)BACK_OFF_MAX_MS) : p->p.back_off_ms;
        p->until = loop_now(p->p.loop) + p->wait_ms;
        p->failures = 0;
        char *sentence = xasprintf("pictures are not shown for %lld s: %s", (long long)(p->wait_ms + 999) / 1000, why);
        if (p->p.trouble)
            p->p.trouble(p->p.user, sentence);
        free(sentence);
    }
    refused(j, KITH_EPROTO, why);
}

static void too_late(void *user)
{
    struct picture_job *j = user;
    j->late = NULL;
    failed(j, "reading the picture took too long");
}

static void take_frame(struct picture_job *j, const struct frame *f)
{
    struct picture picture;
    struct pictures *p = j->all;
    if (f->kind == PICTURE_ANSWER && picture_get(f->data, f->len, &j->ask, &picture)) {
        p->failures = 0;
        p->wait_ms = p->until = 0;
        finish(j, &picture, &(struct err){0});
    } else if (f->kind == PICTURE_REFUSED && f->len == 1 && f->data[0] > PICTURE_FINE &&
               f->data[0] < N_PICTURE_REFUSALS) {
        p->failures = 0;
        enum picture_refusal why = (enum picture_refusal)f->data[0];
        refused(j, refusal_code(why), picture_refusal_words(why));
    } else {
        failed(j, "the program that reads pictures gave an answer that makes no sense");
    }
}

static void readable(void *user, int fd UNUSED, unsigned ready)
{
    struct picture_job *j = user;
    struct frame f;
    int rc = ready & (LOOP_READ | LOOP_HANGUP) ? frame_fill(&j->io) : 0;
    int next = frame_next(&j->io, &f);
    if (next == 1)
        take_frame(j, &f);
    else if (rc < 0 || next < 0)
        failed(j, "the program that reads pictures ended unexpectedly");
}

/* ---- starting ---- */

static int start(struct picture_job *j, int file, struct err *e)
{
    int ends[2];
    struct pictures *p = j->all;
    const char *const argv[] = {"kith-picture", NULL};
    if (sock_pair(ends) < 0)
        return err_errno(e, "no process can be started for the picture");
    fd_nonblock(ends[1], false);
    struct spawn how = {.path = p->program,
                        .argv = argv,
                        .fd_stdin = ends[1],
                        .fd_stdout = -1,
                        .fd_stderr = -1,
                        .die_with_parent = true};
    pid_t pid = spawn_start(&how, e);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    struct buf b = {0};
    picture_put_ask(&b, &j->ask);
    j->pid = pid;
    j->io = (struct frame_io){0};
    frame_io_init(&j->io, ends[0], PICTURE_FRAME_MAX);
    j->io.no_fds = true;
    frame_put_fd(&j->io, PICTURE_ASK, b.data, b.len, file);
    buf_free(&b);
    (void)frame_flush(&j->io); /* less than a socket takes at once; a death shows as a hang-up */
    j->watch = loop_io_add(p->p.loop, ends[0], LOOP_READ, readable, j);
    loop_io_priority(j->watch, 1);
    j->late = loop_timer_add(p->p.loop, p->p.silent_ms, too_late, j);
    return 0;
}

static void run_next(void *user)
{
    struct pictures *p = user;
    struct picture_job *j = p->queue;
    struct err e = {0};
    if (!j || j->pid)
        return;
    if (!p->program) {
        refused(j, KITH_EUNSUP, "this kith was built without pictures");
        return;
    }
    int file = picture_open(j->path, j->bytes, &e);
    if (file < 0) {
        finish(j, NULL, &e);
        return;
    }
    int rc = start(j, file, &e);
    close(file);
    if (rc < 0)
        failed(j, e.text);
}

struct picture_job *pictures_draw(struct pictures *p, const char *path, int64_t bytes, const struct picture_ask *ask,
                                  bool urgent, picture_fn *done, void *user)
{
    ENSURE(picture_ask_good(ask));
    struct picture_job *j = xcalloc(1, sizeof *j), **at = &p->queue;
    *j = (struct picture_job){
        .all = p, .path = xstrdup(path), .bytes = bytes, .ask = *ask, .urgent = urgent, .done = done, .user = user};
    while (*at && ((*at)->pid || !urgent || (*at)->urgent))
        at = &(*at)->next;
    j->next = *at;
    *at = j;
    loop_defer(p->p.loop, run_next, p);
    return j;
}

/* ---- life ---- */

bool pictures_possible(const struct pictures *p)
{
    return p && p->program;
}

bool pictures_paused(const struct pictures *p)
{
    return p->until > 0 && loop_now(p->p.loop) < p->until;
}

struct pictures *pictures_new(const struct pictures_params *params)
{
    struct pictures *p = xcalloc(1, sizeof *p);
    p->p = *params;
    p->program = xstrdup(params->program);
    if (p->p.silent_ms == 0)
        p->p.silent_ms = SILENT_MS;
    if (p->p.back_off_ms == 0)
        p->p.back_off_ms = BACK_OFF_MS;
    return p;
}

void pictures_free(struct pictures *p)
{
    if (!p)
        return;
    for (struct picture_job *j = p->queue, *next; j; j = next) {
        next = j->next;
        release(j);
    }
    loop_defer_cancel(p->p.loop, run_next, p);
    loop_timer_del(p->reaper);
    for (size_t i = 0; i < p->n_dying; i++)
        (void)waitpid(p->dying[i], NULL, 0);
    free(p->dying);
    free(p->program);
    free(p);
}
