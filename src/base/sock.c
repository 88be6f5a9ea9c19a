/* base/sock.c - unix sockets and descriptors: listening, connecting, who is there */
#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int fd_cloexec(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0)
        return -errno;
    flags = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
    return fcntl(fd, F_SETFD, flags) < 0 ? -errno : 0;
}

int fd_nonblock(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

static int new_socket(bool nonblock)
{
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0), 0);
#else
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0) {
        fd_cloexec(fd, true);
        fd_nonblock(fd, nonblock);
    }
    return fd;
#endif
}

static int fill_address(struct sockaddr_un *a, const char *path, struct err *e)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    size_t len = strlen(path);
    if (len >= sizeof a->sun_path)
        return err_set(e, -ENAMETOOLONG, "%s is too long for a socket (at most %zu bytes)", path,
                       sizeof a->sun_path - 1);
    memcpy(a->sun_path, path, len + 1);
    return 0;
}

static int bind_mode(int fd, const struct sockaddr_un *a, mode_t mode)
{
    mode_t old = umask(~mode & 0777); /* never open to others, not even for an instant */
    int r = bind(fd, (const struct sockaddr *)a, sizeof *a);
    int saved = errno;
    umask(old);
    return r < 0 ? -saved : 0;
}

/* True when path is a socket of our own at which nobody listens. */
static bool is_stale(const struct sockaddr_un *a)
{
    struct stat st;
    if (lstat(a->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
        return false;
    int fd = new_socket(true);
    if (fd < 0)
        return false;
    bool stale = connect(fd, (const struct sockaddr *)a, sizeof *a) < 0 && errno == ECONNREFUSED;
    close(fd);
    return stale;
}

int sock_unix_listen(const char *path, mode_t mode, struct err *e)
{
    struct sockaddr_un a;
    int r = fill_address(&a, path, e);
    if (r < 0)
        return r;
    int fd = new_socket(true);
    if (fd < 0)
        return err_errno(e, "cannot make a socket");
    r = bind_mode(fd, &a, mode);
    if (r == -EADDRINUSE && is_stale(&a) && unlink(path) == 0)
        r = bind_mode(fd, &a, mode);
    if (r == 0 && listen(fd, 64) < 0)
        r = -errno;
    if (r < 0) {
        close(fd);
        if (r == -EADDRINUSE)
            return err_set(e, r, "%s is in use by another process", path);
        errno = -r;
        return err_errno(e, "cannot listen at %s", path);
    }
    return fd;
}

int sock_unix_connect(const char *path, struct err *e)
{
    struct sockaddr_un a;
    int r = fill_address(&a, path, e);
    if (r < 0)
        return r;
    int fd = new_socket(false);
    if (fd < 0)
        return err_errno(e, "cannot make a socket");
    do
        r = connect(fd, (const struct sockaddr *)&a, sizeof a);
    while (r < 0 && errno == EINTR);
    if (r < 0) {
        r = err_errno(e, "cannot connect to %s", path);
        close(fd);
        return r;
    }
    return fd;
}

int sock_accept(int fd)
{
    int s;
#ifdef __linux__
    do
        s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (s < 0 && errno == EINTR);
    return s < 0 ? -errno : s;
#else
    do
        s = accept(fd, NULL, NULL);
    while (s < 0 && errno == EINTR);
    if (s < 0)
        return -errno;
    fd_cloexec(s, true);
    fd_nonblock(s, true);
    return s;
#endif
}

int sock_peer(int fd, uid_t *uid, pid_t *pid)
{
#ifdef SO_PEERCRED
    struct ucred c;
    socklen_t n = sizeof c;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) < 0)
        return -errno;
    *uid = c.uid;
    if (pid)
        *pid = c.pid;
    return 0;
#else
    gid_t gid;
    if (getpeereid(fd, uid, &gid) < 0)
        return -errno;
    if (pid)
        *pid = 0;
    return 0;
#endif
}

int sock_pair(int out[2])
{
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, out) < 0 ? -errno : 0;
#else
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, out) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        fd_cloexec(out[i], true);
        fd_nonblock(out[i], true);
    }
    return 0;
#endif
}
