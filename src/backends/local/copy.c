/* backends/local/copy.c - the process that fetches and copies an offered file */
#include "backends/local/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "backends/local/proto.h"
#include "base/frame.h"
#include "base/mem.h"
#include "kith/plugin.h"

enum {
    COPY_CHUNK = 128 << 10,
    COPY_SRC = 0,
    COPY_DST = 1,
    COPY_PIPE = 2,
    COPY_SOCK = 3,
    FETCH_MS = 30000
};

static void note(int64_t done, int error, int final)
{
    struct copy_note n = {done, error, final};
    ssize_t rc = write(COPY_PIPE, &n,
                       sizeof n); /* below PIPE_BUF: whole or, when the pipe is full, not at all */
    (void)rc;
}

static int write_all(const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(COPY_DST, p, len);
        if (n < 0 && errno != EINTR)
            return errno;
        p += MAX(n, 0);
        len -= (size_t)MAX(n, 0);
    }
    return 0;
}

/* Never reads beyond what was announced, whatever has become of the file since. */
static int copy_all(int64_t bytes)
{
    char *chunk = xmalloc(COPY_CHUNK); /* lives as long as this process */
    for (int64_t done = 0; done < bytes;) {
        ssize_t n = pread(COPY_SRC, chunk, (size_t)MIN(bytes - done, COPY_CHUNK), done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        int rc = write_all(chunk, (size_t)n);
        if (rc)
            return rc;
        done += n;
        note(done, 0, 0);
    }
    return 0;
}

/* Keeps nothing of the parent's: a peer's connection must end when the parent closes it. */
static void child_keep(int sock, int dst, int out)
{
    int a = fcntl(sock, F_DUPFD, 10), b = fcntl(dst, F_DUPFD, 10), c = fcntl(out, F_DUPFD, 10);
    if (a < 0 || b < 0 || c < 0 || dup2(b, COPY_DST) < 0 || dup2(c, COPY_PIPE) < 0 ||
        dup2(a, COPY_SOCK) < 0)
        _exit(1);
    close(COPY_SRC);
    long max = sysconf(_SC_OPEN_MAX);
    if (close_range(COPY_SOCK + 1, ~0u, 0) < 0) {
        for (int fd = COPY_SOCK + 1; fd < (max > 0 ? max : 1024); fd++)
            close(fd);
    }
}

/* Makes the descriptor that came with f our source. 0 or errno. */
static int take_source(const struct frame *f)
{
    struct stat st;
    if (f->kind != LP_FILE || f->n_fds != 1)
        return -1; /* a greeting */
    if (fstat(f->fds[0], &st) < 0)
        return errno;
    if (!S_ISREG(st.st_mode))
        return EINVAL;
    return dup2(f->fds[0], COPY_SRC) < 0 ? errno : 0;
}

/* Asks for the file and waits until its descriptor comes. 0 or errno. */
static int fetch(const char *id)
{
    struct frame_io io = {0};
    struct pollfd p = {.fd = COPY_SOCK, .events = POLLIN};
    struct frame f;
    struct buf b = {0};
    lp_put(&b, &(struct lp){.kind = LP_FETCH, .id = id});
    frame_io_init(&io, COPY_SOCK, LP_FRAME_MAX);
    frame_put(&io, LP_FETCH, b.data, b.len);
    int rc = frame_flush(&io) == 1 ? -1 : EPIPE;
    while (rc < 0) {
        int got = poll(&p, 1, FETCH_MS);
        if (got == 0 || (got > 0 && frame_fill(&io) < 0))
            rc = got == 0 ? ETIMEDOUT : ENOENT;
        while (rc < 0 && frame_next(&io, &f) == 1)
            rc = take_source(&f);
    }
    return rc; /* what else is open ends with this process */
}

static NORETURN void child(int sock, const char *id, int dst, int out, int64_t bytes)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    child_keep(sock, dst, out);
    int rc = fetch(id);
    if (rc == 0)
        rc = copy_all(bytes);
    fcntl(COPY_PIPE, F_SETFL, 0); /* the last word may wait for room */
    note(rc ? 0 : bytes, rc, 1);
    _exit(0);
}

pid_t copy_start(int sock, const char *id, int dst, int64_t bytes, int *pipe_fd, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        err_errno(e, "Cannot copy the file");
        return KITH_ENET;
    }
    pid_t pid = fork();
    if (pid == 0)
        child(sock, id, dst, ends[1], bytes);
    if (pid < 0)
        err_errno(e, "Cannot copy the file");
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    *pipe_fd = ends[0];
    return pid < 0 ? KITH_ENET : pid;
}
