/* account/helper_child.c - the helper process: one request after the other, blocking, until the
 * account is gone */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/helper.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"
#include "kith/plugin.h"

#ifndef POLLRDHUP
#define POLLRDHUP POLLHUP
#endif

static void wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    while (poll(&p, 1, -1) < 0 && errno == EINTR)
        ;
}

static void reply(struct frame_io *io, enum helper_kind kind, struct helper_reply *r,
                  const struct err *e, const void *data, size_t len)
{
    struct buf b = {.secret = true};
    r->err = e->code;
    str_copy(r->text, sizeof r->text, e->text);
    buf_add(&b, r, sizeof *r);
    if (len)
        buf_add(&b, data, len);
    frame_put(io, (uint16_t)kind, b.data, b.len);
    buf_wipe_free(&b);
    if (!frame_flush_all(io))
        _exit(0);
}

/* The strings behind the request, each ended by its NUL. False when one is missing. */
static bool strings_of(const struct frame *f, size_t at, const char **out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *end = at < f->len ? memchr(f->data + at, '\0', f->len - at) : NULL;
        if (!end)
            return false;
        out[i] = f->data + at;
        at = (size_t)(end - f->data) + 1;
    }
    return true;
}

static void resolve(struct frame_io *io, const struct frame *f, const struct helper_request *q)
{
    struct helper_reply r = {.number = q->number};
    struct err e = {0};
    const char *s[3];
    struct dns_address *list = xcalloc(DNS_ADDRESSES_MAX, sizeof *list);
    if (strings_of(f, sizeof *q, s, 3)) {
        struct dns_query query = {.host = s[0],
                                  .srv = q->has_srv ? s[1] : NULL,
                                  .srv_tls = q->has_srv_tls ? s[2] : NULL,
                                  .port = q->port};
        int n = dns_resolve(&query, list, DNS_ADDRESSES_MAX, &e);
        r.n = n > 0 ? (uint32_t)n : 0;
        if (n > 0)
            err_clear(&e);
    } else {
        (void)err_set(&e, KITH_EINVAL, "A malformed request reached the helper.");
    }
    reply(io, HELPER_ADDRESSES, &r, &e, list, r.n * sizeof *list);
    free(list);
}

/* Reads until the end, the limit, the deadline, or until the account hung up. */
static int read_output(int fd, int account_fd, struct buf *out, struct err *e)
{
    int64_t end = clock_mono_ms() + HELPER_COMMAND_MS;
    for (;;) {
        char piece[512];
        int64_t left = end - clock_mono_ms();
        struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
                              {.fd = account_fd, .events = POLLRDHUP}};
        int n = left > 0 ? poll(p, 2, (int)left) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(e, KITH_ENET, "The password command did not end within %d s.",
                           HELPER_COMMAND_MS / 1000);
        if (p[1].revents)
            return err_set(e, KITH_ECANCELED, "The account is gone.");
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        buf_add(out, piece, (size_t)got);
        mem_wipe(piece, sizeof piece);
        if (out->len > HELPER_SECRET_MAX + 1u)
            return err_set(e, KITH_ETOOBIG, "The password command printed more than %d bytes.",
                           HELPER_SECRET_MAX);
    }
}

static int end_of(pid_t pid, bool stop, struct err *e)
{
    int status = 0;
    if (stop)
        (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (stop)
        return -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status))
        return err_set(e, KITH_EDENIED, "The password command failed with exit code %d.",
                       WEXITSTATUS(status));
    return err_set(e, KITH_EDENIED, "The password command was ended by signal %d.",
                   WTERMSIG(status));
}

/* First line of what the command prints, as it is; the command is words, not a shell line. */
static int run(const char *command, int account_fd, struct buf *out, struct err *e)
{
    int pipe_fd[2];
    char **words = spawn_words(command, e);
    if (!words)
        return e->code;
    if (!words[0]) {
        spawn_words_free(words);
        return err_set(e, KITH_EINVAL, "The password command is empty.");
    }
    if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
        spawn_words_free(words);
        return err_errno(e, "Cannot run the password command");
    }
    char *path = path_expand(words[0]);
    struct spawn s = {.path = path,
                      .argv = (const char *const *)words,
                      .fd_stdin = -1,
                      .fd_stdout = pipe_fd[1],
                      .fd_stderr = -1,
                      .new_session = true,
                      .die_with_parent = true};
    pid_t pid = spawn_start(&s, e);
    (void)close(pipe_fd[1]);
    int rc = pid < 0 ? (int)pid : read_output(pipe_fd[0], account_fd, out, e);
    (void)close(pipe_fd[0]);
    if (pid > 0 && (end_of(pid, rc < 0, e) < 0))
        rc = e->code;
    free(path);
    spawn_words_free(words);
    if (rc == 0)
        out->len = out->data ? strcspn(buf_str(out), "\r\n") : 0;
    if (rc == 0 && out->len == 0)
        rc = err_set(e, KITH_EDENIED, "The password command printed nothing.");
    return rc;
}

static void command(struct frame_io *io, const struct frame *f, const struct helper_request *q)
{
    struct helper_reply r = {.number = q->number};
    struct err e = {0};
    struct buf out = {.secret = true};
    const char *line;
    buf_reserve(&out, HELPER_SECRET_MAX + 1024); /* never moved, so that no copy is left behind */
    int rc = strings_of(f, sizeof *q, &line, 1)
                 ? run(line, io->fd, &out, &e)
                 : err_set(&e, KITH_EINVAL, "A malformed request reached the helper.");
    if (rc == 0)
        err_clear(&e);
    reply(io, HELPER_SECRET, &r, &e, buf_str(&out), rc == 0 ? out.len : 0);
    buf_wipe_free(&out);
}

static void serve(struct frame_io *io, const struct frame *f)
{
    struct helper_request q;
    if (f->len < sizeof q)
        return;
    memcpy(&q, f->data, sizeof q);
    if (f->kind == HELPER_RESOLVE)
        resolve(io, f, &q);
    else if (f->kind == HELPER_COMMAND)
        command(io, f, &q);
}

void helper_child(int fd)
{
    struct frame_io io = {0};
    struct frame f;
    title_set("kith: helper of process %ld", (long)getppid());
    frame_io_init(&io, fd, 1u << 20);
    io.out.secret = true;
    for (;;) {
        int rc;
        while ((rc = frame_next(&io, &f)) > 0)
            serve(&io, &f);
        if (rc == 0) {
            wait_for(io.fd, POLLIN);
            rc = frame_fill(&io);
        }
        if (rc < 0)
            _exit(0);
    }
}
