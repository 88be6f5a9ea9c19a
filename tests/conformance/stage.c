/* tests/conformance/stage.c - real users of the machine on local chat */
#include "conformance/stage.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"

char *build, *top;

int raise_stage(void **state UNUSED)
{
    char name[] = "/tmp/kl-users-XXXXXX";
    if (geteuid() != 0)
        return 0;
    top = xstrdup(mkdtemp(name));
    char *meet = path_join(top, "meet");
    mkdir(meet, 0777);
    chmod(meet, 01777);
    free(meet);
    return chmod(top, 0755);
}

int clear_stage(void **state UNUSED)
{
    if (!top)
        return 0;
    char *line = xasprintf("%s", top);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", line, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    free(line);
    free(top);
    top = NULL;
    return 0;
}

/* A user's kith, with a state directory of their own. extra: an option KEY=VALUE or NULL. */
void enter(struct hand *p, uid_t uid, const char *extra)
{
    char *puppet = path_join(build, "conformance/puppet"),
         *so = path_join(build, "backends/local.so");
    char *number = xasprintf("%u", (unsigned)uid),
         *state = xasprintf("%s/state-%u", top, (unsigned)uid);
    char *directory = xasprintf("directory=%s/meet", top);
    mkdir(state, 0700);
    assert_int_equal(chown(state, uid, uid), 0);
    const char *argv[] = {puppet,    "--uid",    number,
                          "--state", state,      "--option",
                          directory, "--option", extra ? extra : "live=false",
                          so,        NULL};
    hand_start(p, argv);
    hand_say(p, "connect");
    assert_true(hand_wait(p, 0, SOON, "STATE|state=6") >= 0);
    free(puppet);
    free(so);
    free(number);
    free(state);
    free(directory);
}

void meet(struct hand *a, struct hand *b)
{
    enter(a, ALICE, NULL);
    enter(b, BOB, NULL);
    assert_true(hand_wait(a, 0, SOON, "PRESENCE|address=uid-12346|show=1") >= 0);
    assert_true(hand_wait(b, 0, SOON, "PRESENCE|address=uid-12345|show=1") >= 0);
}

void leave(struct hand *p)
{
    assert_int_equal(hand_stop(p), 0); /* no violation, no leak */
    hand_free(p);
}

pid_t begin_as(uid_t uid, int (*fn)(const char *), const char *arg)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
            _exit(99);
        _exit(fn(arg));
    }
    return pid;
}

int end_of(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

int as_user(uid_t uid, int (*fn)(const char *), const char *arg)
{
    return end_of(begin_as(uid, fn, arg));
}

void find_build(const char *argv0)
{
    signal(SIGPIPE, SIG_IGN);
    char *self = xstrdup(argv0), *slash = strstr(self, "/conformance/");
    if (slash)
        *slash = '\0';
    build = slash ? realpath(self, NULL) : xstrdup("build");
    free(self);
}
