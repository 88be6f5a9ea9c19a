/* unit/core/test_gather.c - a program whose output is awaited: what comes of it, and whom the time limit kills */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"

static struct {
    time_t ahead; /* s: how far the clock of this program is ahead of the machine's */
    pid_t killed; /* 0: none */
    unsigned done;
    char text[64];
} seen;

/* These two stand before those of libc: time flies, and who is killed is written down. */
int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, id, t);
    if (id == CLOCK_MONOTONIC)
        t->tv_sec += seen.ahead;
    return rc;
}

int kill(pid_t pid, int signo)
{
    if (signo == SIGKILL)
        seen.killed = pid;
    return (int)syscall(SYS_kill, pid, signo);
}

static void on_done(void *user, const char *text)
{
    seen.done++;
    snprintf(seen.text, sizeof seen.text, "%s", text);
}

static int setup(void **state)
{
    struct rig *r = xmalloc(sizeof *r);
    rig_open(r, NULL, false);
    memset(&seen, 0, sizeof seen);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

static void gather(struct rig *r, const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct err e = {0};
    if (core_gather(r->core, argv, on_done, NULL, &e) < 0)
        fail_msg("%s", e.text);
}

static void test_what_was_printed(void **state)
{
    struct rig *r = *state;
    gather(r, "echo out; echo err >&2");
    assert_true(RIG_WAIT(r, 10000, seen.done == 1));
    assert_string_equal(seen.text, "out\nerr\n");
    assert_true(RIG_WAIT(r, 10000, r->core->n_dying == 0));
}

static void test_too_late_is_killed(void **state)
{
    struct rig *r = *state;
    gather(r, "exec sleep 600");
    assert_int_equal(r->core->n_dying, 1);
    pid_t pid = r->core->dying[0];
    seen.ahead = 61;
    assert_true(RIG_WAIT(r, 10000, seen.done == 1));
    assert_int_equal(seen.killed, pid);
    assert_true(RIG_WAIT(r, 10000, r->core->n_dying == 0));
}

/* Its pid may be anybody's by then. */
static void test_reaped_is_not_killed(void **state)
{
    struct rig *r = *state;
    char *script = xasprintf("(while [ -e %s ]; do sleep 0.05; done) & echo left", r->dir);
    gather(r, script);
    assert_true(RIG_WAIT(r, 10000, r->core->n_dying == 0));
    assert_int_equal(seen.done, 0); /* somebody holds its output open */
    seen.ahead = 61;
    assert_true(RIG_WAIT(r, 10000, seen.done == 1));
    assert_string_equal(seen.text, "left\n");
    assert_int_equal(seen.killed, 0);
    free(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_late_is_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reaped_is_not_killed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
