/* core/gather.c - runs a program and hands on what it printed, while everything else goes on */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "core/private.h"

enum { PRINTED_MAX = 256 << 10, WAIT_MS = 60000 };

struct gather {
    struct gather *next;
    struct core *core;
    struct loop_io *io;
    struct loop_timer *late;
    int fd;
    pid_t pid; /* 0: reaped, and no longer ours to kill */
    struct buf text;
    core_text_fn *done;
    void *user;
};

static void end(struct gather *g)
{
    loop_io_del(g->io);
    loop_timer_del(g->late);
    close(g->fd);
    buf_free(&g->text);
    free(g);
}

static void finish(struct gather *g)
{
    struct gather **at = &g->core->gathers;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    struct buf clean = {0};
    core_text_fn *done = g->done;
    void *user = g->user;
    (void)utf8_clean(&clean, buf_str(&g->text), g->text.len, UTF8_TEXT, PRINTED_MAX);
    end(g);
    done(user, buf_str(&clean));
    buf_free(&clean);
}

static void on_output(void *user, int fd, unsigned ready)
{
    struct gather *g = user;
    char piece[4096];
    ssize_t n = read(fd, piece, sizeof piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0)
        buf_add(&g->text, piece, (size_t)n);
    if (n <= 0 || g->text.len > PRINTED_MAX)
        finish(g);
}

static void on_late(void *user)
{
    struct gather *g = user;
    g->late = NULL;
    if (g->pid > 0)
        (void)kill(g->pid, SIGKILL);
    finish(g);
}

int core_gather(struct core *c, const char *const *argv, core_text_fn *done, void *user,
                struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(e, "no pipe for %s", argv[0]);
    struct spawn s = {.path = argv[0],
                      .argv = argv,
                      .fd_stdin = -1,
                      .fd_stdout = ends[1],
                      .fd_stderr = ends[1],
                      .die_with_parent = true};
    pid_t pid = spawn_start(&s, e);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return (int)pid;
    }
    core_adopt_child(c, pid);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct gather *g = xcalloc(1, sizeof *g);
    *g = (struct gather){
        .core = c, .fd = ends[0], .pid = pid, .done = done, .user = user, .next = c->gathers};
    c->gathers = g;
    g->io = loop_io_add(c->loop, g->fd, LOOP_READ, on_output, g);
    g->late = loop_timer_add(c->loop, WAIT_MS, on_late, g);
    return 0;
}

int core_plugins(struct core *c, core_text_fn *done, void *user, struct err *e)
{
    const char *argv[] = {c->account_program, "--list", "--dirs",
                          c->backend_dirs ? c->backend_dirs : "", NULL};
    return core_gather(c, argv, done, user, e);
}

int core_fields(struct core *c, const char *protocol, core_text_fn *done, void *user, struct err *e)
{
    const char *argv[] = {c->account_program, "--fields", protocol, "--dirs",
                          c->backend_dirs ? c->backend_dirs : "", NULL};
    return core_gather(c, argv, done, user, e);
}

void gather_reaped(const struct core *c, pid_t pid)
{
    for (struct gather *g = c->gathers; g; g = g->next) {
        if (g->pid == pid)
            g->pid = 0;
    }
}

void gather_free(struct core *c)
{
    for (struct gather *g = c->gathers, *next; g; g = next) {
        next = g->next;
        end(g);
    }
    c->gathers = NULL;
}
