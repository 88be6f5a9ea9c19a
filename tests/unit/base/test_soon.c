/* unit/base/test_soon.c - running soon is asked for where the kernel knows it, without a right, and not for children */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/soon.h"

struct turns { /* struct sched_attr */
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static struct turns turns(void)
{
    struct turns t = {.size = sizeof t};
    assert_int_equal(syscall(SYS_sched_getattr, 0, &t, sizeof t, 0), 0);
    return t;
}

static void test_soon(void **state)
{
    struct turns before = turns(), after;
    if (!run_soon()) { /* an older kernel: nothing is another way then */
        assert_true(turns().runtime == before.runtime);
        return;
    }
    after = turns();
    assert_true(after.runtime < before.runtime || before.runtime == 0);
    assert_int_equal(after.nice, before.nice);
    assert_int_equal(after.policy, before.policy);
    pid_t pid = fork();
    if (pid == 0)
        _exit(turns().runtime == after.runtime ? 1 : 0);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Who may compute for long asks for longer turns than those who ask for nothing get. */
static void test_behind(void **state)
{
    struct turns before = turns(), after;
    if (!run_behind()) {
        assert_true(turns().runtime == before.runtime);
        return;
    }
    after = turns();
    assert_true(after.runtime >= 10 * 1000 * 1000);
    assert_int_equal(after.nice, before.nice);
    assert_int_equal(after.policy, before.policy);
    assert_true(run_soon());
    assert_true(turns().runtime < after.runtime);
}

/* A policy that somebody chose stays. */
static void test_other_policy(void **state)
{
    struct sched_param p = {0};
    assert_int_equal(sched_setscheduler(0, SCHED_BATCH, &p), 0);
    assert_false(run_soon());
    assert_false(run_behind());
    assert_int_equal(sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, SCHED_BATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_soon), cmocka_unit_test(test_behind), cmocka_unit_test(test_other_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
