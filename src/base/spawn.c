/* base/spawn.c - starting other programs with exactly the descriptors and environment they need */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/log.h"
#include "base/mem.h"

extern char **environ;

enum { TARGET_MAX = 250, NOT_RUN = 127 };

/* ---- environment and program, prepared before the fork ---- */

static bool env_is_passed(const char *entry)
{
    static const char *const names[] = {
        "HOME=",
        "PATH=",
        "USER=",
        "LOGNAME=",
        "LANG=",
        "TERM=",
        "TERMINFO=",
        "TERMINFO_DIRS=",
        "TZ=",
        "TMPDIR=",
        "DISPLAY=",
        "LC_",
        "XDG_",
        "DBUS_",
        "GPG_",
        "KITH_",
        "SSH_AUTH_SOCK=",
        "ASAN_OPTIONS=",
        "WAYLAND_DISPLAY=",
        "UBSAN_OPTIONS=",
        "LSAN_OPTIONS=",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_starts(entry, names[i]))
            return true;
    return false;
}

static bool overridden(const char *entry, const char *const *add)
{
    size_t name = strcspn(entry, "=") + 1;
    for (; add && *add; add++)
        if (strncmp(*add, entry, name) == 0)
            return true;
    return false;
}

/* Owned vector of borrowed strings. */
static const char **build_env(const char *const *add)
{
    const char **env = NULL;
    size_t n = 0, cap = 0;
    for (char **p = environ; p && *p; p++)
        if (env_is_passed(*p) && !overridden(*p, add))
            VEC_PUSH(env, n, cap, *p);
    for (; add && *add; add++)
        VEC_PUSH(env, n, cap, *add);
    VEC_PUSH(env, n, cap, NULL);
    return env;
}

static bool is_program(const char *path)
{
    struct stat st;
    return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Empty and relative entries of PATH are passed over. */
char *spawn_find(const char *name)
{
    if (strchr(name, '/'))
        return xstrdup(name);
    const char *p = getenv("PATH");
    for (p = p ? p : "/usr/local/bin:/usr/bin:/bin"; *p;) {
        size_t n = strcspn(p, ":");
        if (n && *p == '/') {
            char *full = xasprintf("%.*s/%s", (int)n, p, name);
            if (is_program(full))
                return full;
            free(full);
        }
        p += n + (p[n] == ':');
    }
    return NULL;
}

/* ---- the child, between fork and exec: system calls only ---- */

static void close_from(int first)
{
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
        return;
#endif
    struct rlimit lim;
    int end = 65536;
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < (rlim_t)end)
        end = (int)lim.rlim_cur;
    for (int fd = first; fd < end; fd++)
        close(fd);
}

struct placing { /* descriptor `to` of the child is `from` of ours */
    int from, to;
};

/* Moves all sources above every target first, so that no target overwrites a source. The error pipe
 * ends up behind the last target; *error_fd is where it is. */
static int place_fds(struct placing *p, size_t n, int *error_fd)
{
    int top = 2;
    for (size_t i = 0; i < n; i++)
        top = MAX(top, p[i].to);
    int high = fcntl(*error_fd, F_DUPFD_CLOEXEC, top + 2);
    if (high < 0)
        return -1;
    *error_fd = high;
    for (size_t i = 0; i < n; i++) {
        if (p[i].from < 0)
            p[i].from = open("/dev/null", O_RDWR);
        p[i].from = fcntl(p[i].from, F_DUPFD_CLOEXEC, top + 2);
        if (p[i].from < 0)
            return -1;
    }
    for (int fd = 0; fd <= top; fd++) {
        size_t i = 0;
        while (i < n && p[i].to != fd)
            i++;
        if (i == n)
            close(fd);
        else if (dup2(p[i].from, fd) < 0)
            return -1;
    }
    if (dup2(high, top + 1) < 0 || fcntl(top + 1, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    *error_fd = top + 1;
    close_from(top + 2);
    return 0;
}

static void reset_signals(void)
{
    struct sigaction sa = {.sa_handler = SIG_DFL};
    sigemptyset(&sa.sa_mask);
    for (int signo = 1; signo < NSIG; signo++)
        sigaction(signo, &sa, NULL);
    sigprocmask(SIG_SETMASK, &sa.sa_mask, NULL);
}

static void child(const struct spawn *s, const char *path, const char **env, struct placing *p,
                  size_t n, int error_fd, pid_t parent) NORETURN;
static void child(const struct spawn *s, const char *path, const char **env, struct placing *p,
                  size_t n, int error_fd, pid_t parent)
{
    if (s->new_session)
        setsid();
    int placed = place_fds(p, n, &error_fd);
    if (placed == 0 && s->foreground && setpgid(0, 0) == 0)
        (void)tcsetpgrp(0, getpid()); /* all signals are blocked here: SIGTTOU cannot stop it */
    reset_signals();
#ifdef __linux__
    if (placed == 0 && s->die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) /* it went before we asked */
            _exit(NOT_RUN);
    }
#endif
    if (placed == 0)
        execve(path, (char *const *)s->argv, (char *const *)env);
    int code = errno;
    ssize_t w = write(error_fd, &code, sizeof code);
    (void)w;
    _exit(NOT_RUN);
}

/* ---- the parent ---- */

/* 0 when the child has become the program, else its errno. */
static int await_exec(int fd)
{
    int code = 0;
    ssize_t n;
    do
        n = read(fd, &code, sizeof code);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof code ? code : 0;
}

static struct placing *list_fds(const struct spawn *s, size_t *n)
{
    struct placing *p = xcalloc(s->n_fds + 3, sizeof *p);
    p[0] = (struct placing){s->fd_stdin, 0};
    p[1] = (struct placing){s->fd_stdout, 1};
    p[2] = (struct placing){s->fd_stderr, 2};
    for (size_t i = 0; i < s->n_fds; i++) {
        ENSURE(s->fds[i].to > 2 && s->fds[i].to <= TARGET_MAX && s->fds[i].from >= 0);
        p[i + 3] = (struct placing){s->fds[i].from, s->fds[i].to};
    }
    *n = s->n_fds + 3;
    return p;
}

/* The child gets no signal before it has taken our handlers off. */
static pid_t fork_quietly(sigset_t *old)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, old);
    pid_t pid = fork();
    if (pid != 0) {
        int saved = errno;
        sigprocmask(SIG_SETMASK, old, NULL);
        errno = saved;
    }
    return pid;
}

pid_t spawn_start(const struct spawn *s, struct err *e)
{
    int error_pipe[2];
    char *path = spawn_find(s->path);
    if (!path)
        return err_set(e, -ENOENT, "there is no program named %s in PATH", s->path);
    if (pipe2(error_pipe, O_CLOEXEC) < 0) {
        int r = err_errno(e, "cannot start %s", s->path);
        free(path);
        return r;
    }
    const char **env = build_env(s->env);
    size_t n;
    struct placing *p = list_fds(s, &n);
    sigset_t old;
    pid_t parent = getpid(), pid = fork_quietly(&old);
    if (pid == 0)
        child(s, path, env, p, n, error_pipe[1], parent);
    int code = pid < 0 ? errno : 0;
    close(error_pipe[1]);
    if (pid > 0)
        code = await_exec(error_pipe[0]);
    close(error_pipe[0]);
    if (code) {
        if (pid > 0)
            waitpid(pid, NULL, 0);
        errno = code;
        pid = err_errno(e, "cannot start %s", path);
    }
    free(path);
    free(env);
    free(p);
    return pid;
}
