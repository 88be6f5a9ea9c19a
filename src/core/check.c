/* core/check.c - can the accounts of the files be used? Asks their backends, without connecting anything */
#include "core/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "core/private.h"
#include "wire/wire.h"

enum { ACCOUNT_FD = 3, WAIT_MS = 10000 };

/* The account as link.c gives it to its process, but without passwords and without a place of its own on disk. */
static void put_open(struct frame_io *io, const struct config *c, const struct account_config *a,
                     const char *dirs)
{
    struct wire_open o = {.size = sizeof o,
                          .account = a->name,
                          .protocol = a->protocol,
                          .backend_dirs = dirs};
    subs_options(c, a, false, &o);
    struct buf b = {0};
    wire_put_open(&b, &o);
    frame_put(io, WIRE_OPEN, buf_str(&b), b.len);
    buf_free(&b);
    free(o.options);
}

/* Waits for what the process has to say of the account. 0, or negative and a sentence. */
static int await_hello(struct frame_io *io, struct arena *mem, struct wire_hello *h, struct err *e)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    for (;;) {
        struct frame f;
        int rc = frame_flush(io);
        struct pollfd p = {.fd = io->fd, .events = rc == 0 ? POLLIN | POLLOUT : POLLIN};
        while (rc >= 0 && (rc = frame_next(io, &f)) > 0)
            if (f.kind == WIRE_HELLO)
                return wire_get_hello(f.data, f.len, mem, h, e);
        int64_t left = end - clock_mono_ms();
        if (left <= 0)
            return err_set(e, KITH_ENET, "its backend did not answer");
        if (rc < 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR) || frame_fill(io) < 0)
            return err_set(e, KITH_EUNSUP, "its backend ended before it answered");
    }
}

static pid_t start(const char *program, int fd, struct err *e)
{
    const char *argv[] = {"kith-account", NULL};
    struct spawn_fd fds[] = {{.from = fd, .to = ACCOUNT_FD}};
    struct spawn s = {.path = program,
                      .argv = argv,
                      .fd_stdin = -1,
                      .fd_stdout = -1,
                      .fd_stderr = -1,
                      .fds = fds,
                      .n_fds = COUNT(fds),
                      .die_with_parent = true};
    return spawn_start(&s, e);
}

static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL); /* it has nothing to say farewell to */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* "accounts.cfg:3: account home: ...": in the line of the thing meant, as far as the answer tells. */
static void tell(const struct account_config *a, int32_t err, const char *why, settings_fn *fn,
                 void *user)
{
    int line = err == KITH_ENOTFOUND ? a->protocol_line : err == KITH_EINVAL ? a->address_line : 0;
    line = line > 0 ? line : a->origin.line;
    char *where = line > 0 ? xasprintf("%s:%d", a->origin.file, line) : xstrdup(a->origin.file);
    char *all = xasprintf("%s: account %s: %s", where, a->name, why);
    fn(user, all);
    free(all);
    free(where);
}

static size_t check_account(const struct config *c, const struct account_config *a, const char *program, const char *dirs,
                            settings_fn *fn, void *user)
{
    struct frame_io io = {0};
    struct arena mem = {0};
    struct wire_hello h = {0};
    struct err e = {0};
    int pair[2];
    size_t found = 1;
    int rc = sock_pair(pair);
    pid_t pid = rc < 0 ? rc : start(program, pair[1], &e);
    if (rc < 0)
        (void)err_set(&e, rc, "no socket for its process: %s", strerror(-rc));
    if (rc >= 0)
        close(pair[1]);
    if (pid > 0) {
        frame_io_init(&io, pair[0], FRAME_MAX);
        put_open(&io, c, a, dirs);
        rc = await_hello(&io, &mem, &h, &e);
        end(pid);
    } else if (rc >= 0) {
        close(pair[0]);
    }
    if (pid < 0 || rc < 0)
        tell(a, 0, e.text, fn, user);
    else if (h.err < 0 || !h.protocol)
        tell(a, h.err, h.text ? h.text : "its backend cannot be used", fn, user);
    else
        found = settings_check(a, h.protocol, fn, user);
    if (pid > 0)
        frame_io_free(&io);
    arena_free(&mem);
    return found;
}

size_t core_check_accounts(const struct config *c, const char *program, const char *backend_dirs,
                           settings_fn *fn, void *user)
{
    const struct account_config *const *all;
    size_t n = config_accounts(c, &all), found = 0;
    for (size_t i = 0; i < n; i++)
        found += check_account(c, all[i], program, backend_dirs, fn, user);
    return found;
}
