/* backends/local/copy.c - the process that copies an offered file */
#include "backends/local/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/mem.h"
#include "kith/plugin.h"

enum { COPY_CHUNK = 128 << 10, COPY_SRC = 0, COPY_DST = 1, COPY_PIPE = 2 };

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
static void child_keep(int src, int dst, int out)
{
    int a = fcntl(src, F_DUPFD, 10), b = fcntl(dst, F_DUPFD, 10), c = fcntl(out, F_DUPFD, 10);
    if (a < 0 || b < 0 || c < 0 || dup2(a, COPY_SRC) < 0 || dup2(b, COPY_DST) < 0 ||
        dup2(c, COPY_PIPE) < 0)
        _exit(1);
    long max = sysconf(_SC_OPEN_MAX);
    if (close_range(COPY_PIPE + 1, ~0u, 0) < 0) {
        for (int fd = COPY_PIPE + 1; fd < (max > 0 ? max : 1024); fd++)
            close(fd);
    }
}

static NORETURN void child(int src, int dst, int out, int64_t bytes)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    child_keep(src, dst, out);
    int rc = copy_all(bytes);
    fcntl(COPY_PIPE, F_SETFL, 0); /* the last word may wait for room */
    note(rc ? 0 : bytes, rc, 1);
    _exit(0);
}

pid_t copy_start(int src, int dst, int64_t bytes, int *pipe_fd, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        err_errno(e, "Cannot copy the file");
        return KITH_ENET;
    }
    pid_t pid = fork();
    if (pid == 0)
        child(src, dst, ends[1], bytes);
    if (pid < 0)
        err_errno(e, "Cannot copy the file");
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    *pipe_fd = ends[0];
    return pid < 0 ? KITH_ENET : pid;
}
