/* base/sock.h - unix sockets and descriptors: listening, connecting, who is there */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"

int fd_cloexec(int fd, bool on);
int fd_nonblock(int fd, bool on);
/* Binds (mode as given), after removing a stale socket of our own that nobody answers. fd or negative.
 * -EADDRINUSE when somebody is listening there. Non-blocking, close-on-exec. */
int sock_unix_listen(const char *path, mode_t mode, struct err *e);
int sock_unix_connect(const char *path, struct err *e); /* blocking connect; fd or negative */
int sock_accept(int fd);                                /* non-blocking, close-on-exec */
/* The kernel's word on who is at the other end. pid may be NULL. 0 or -errno. */
int sock_peer(int fd, uid_t *uid, pid_t *pid);
int sock_pair(int out[2]); /* stream, close-on-exec, non-blocking */

#endif
