/* main/start.c - finding the running engine, or starting one */
#include "main/start.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "base/sock.h"
#include "base/spawn.h"

enum { ENGINE_FD = 3, ENGINE_ARGS = 24 };

char *start_socket_path(struct err *e)
{
    char *dir = path_of(PATH_RUNTIME, NULL, e), *path;

    if (dir == NULL)
        return NULL;
    path = path_mkdirs(dir, 0700, e) < 0 ? NULL : path_join(dir, "engine.sock");
    free(dir);
    return path;
}

int start_connect(struct err *e)
{
    char *path = start_socket_path(e);
    int fd;

    if (path == NULL)
        return -EACCES;
    fd = sock_unix_connect(path, e);
    free(path);
    return fd;
}

int start_engine(const struct args *a, const struct places *p, pid_t *pid, struct err *e)
{
    const char *argv[ENGINE_ARGS] = {"kith", "--engine", "3"};
    struct spawn s = {.path = p->self, .fd_stdin = -1, .fd_stdout = -1, .fd_stderr = -1, .n_fds = 1};
    struct spawn_fd fds[1];
    int pair[2];

    if (sock_pair(pair) < 0)
        return err_errno(e, "cannot make a socket for the engine");
    args_for_engine(a, argv + 3, ENGINE_ARGS - 3);
    s.argv = argv;
    fds[0] = (struct spawn_fd){.from = pair[1], .to = ENGINE_FD};
    s.fds = fds;
    s.new_session = !a->foreground;
    s.die_with_parent = a->foreground;
    if (a->foreground)
        s.fd_stderr = STDERR_FILENO;
    *pid = spawn_start(&s, e);
    close(pair[1]);
    if (*pid < 0) {
        close(pair[0]);
        return -1;
    }
    return pair[0];
}
