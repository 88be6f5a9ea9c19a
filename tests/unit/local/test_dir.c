/* tests/unit/local/test_dir.c - the meeting place of local chat: checked, claimed, found, squatters
 * named */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/dir.h"
#include "backends/local/users.h"
#include "base/mem.h"
#include "kith/plugin.h"

enum { STRANGER = 12345 };

static char *top; /* of this test */

static int make_top(void **state UNUSED)
{
    char name[] = "/tmp/kl-test-XXXXXX";
    top = xstrdup(mkdtemp(name));
    return chmod(top, 01777);
}

static int drop_top(void **state UNUSED)
{
    const char *const argv[] = {"rm", "-rf", top, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/rm", (char *const *)(uintptr_t)argv);
        _exit(1);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(top);
    return 0;
}

static void found(void *user, uid_t uid, const char *sock)
{
    char **out = user;
    str_take(out, xasprintf("%s%lu %s\n", *out ? *out : "", (unsigned long)uid, sock));
}

static void check_modes(void **state UNUSED)
{
    struct err e = {0};
    assert_int_equal(dir_check(top, &e), 0);
    chmod(top, 0777);
    assert_true(dir_check(top, &e) < 0);
    assert_non_null(strstr(e.text, "sticky"));
    chmod(top, 0755);
    assert_int_equal(dir_check(top, &e), 0);
    chmod(top, 01777);
    char *file = xasprintf("%s/file", top);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_true(dir_check(file, &e) < 0);
    free(file);
}

static void check_owner(void **state UNUSED)
{
    struct err e = {0};
    if (geteuid() != 0)
        skip();
    char *sub = xasprintf("%s/theirs", top), *below = xasprintf("%s/theirs/mine", top);
    mkdir(sub, 01777);
    mkdir(below, 0700);
    assert_int_equal(chown(sub, STRANGER, STRANGER), 0);
    assert_int_equal(dir_check(sub, &e), KITH_EDENIED);
    assert_non_null(strstr(e.text, "uid-12345"));
    assert_int_equal(dir_check(below, &e), KITH_EDENIED); /* what lies above counts too */
    free(sub);
    free(below);
}

static void choose_makes_it(void **state UNUSED)
{
    struct err e = {0};
    struct stat st;
    char *sub = xasprintf("%s/new", top);
    mode_t old = umask(077);
    char *dir = dir_choose(sub, &e);
    umask(old);
    assert_non_null(dir);
    assert_int_equal(stat(sub, &st), 0);
    assert_int_equal(st.st_mode & 07777, 01777);
    assert_null(dir_choose("not/full", &e));
    assert_int_equal(e.code, KITH_EINVAL);
    free(dir);
    free(sub);
}

static void claim_and_find(void **state UNUSED)
{
    struct dir_claim c, second;
    struct err e = {0};
    struct stat st;
    char *list = NULL;
    assert_int_equal(dir_claim(top, &c, &e), 0);
    assert_true(dir_claim_holds(&c));
    assert_int_equal(stat(c.sock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    assert_int_equal(stat(c.entry, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0711);
    assert_int_equal(dir_claim(top, &second, &e), KITH_ECONFLICT); /* another kith of ours */
    assert_int_equal(dir_scan(top, (uid_t)-1, found, &list, &e), 1);
    assert_non_null(strstr(list, c.sock));
    int fd = dir_connect(c.sock, geteuid(), &e);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(dir_connect(c.sock, STRANGER, &e), -EPERM); /* not who it should be */
    assert_true(dir_claim_holds(&c));
    char *sock = xstrdup(c.sock);
    dir_release(&c);
    assert_int_equal(dir_connect(sock, geteuid(), &e), -ENOENT);
    assert_int_equal(dir_scan(top, (uid_t)-1, found, &list, &e), 0);
    free(sock);
    free(list);
}

/* After kill -9 the entry and the socket are still there. */
static void claim_after_a_crash(void **state UNUSED)
{
    struct dir_claim c, again;
    struct err e = {0};
    assert_int_equal(dir_claim(top, &c, &e), 0);
    close(c.listen_fd);
    close(c.lock_fd);
    assert_int_equal(dir_connect(c.sock, geteuid(), &e), -ECONNREFUSED);
    assert_int_equal(dir_claim(top, &again, &e), 0);
    assert_string_equal(again.sock, c.sock);
    str_take(&c.entry, NULL);
    str_take(&c.sock, NULL);
    dir_release(&again);
}

static void squatter_is_named_and_does_not_block(void **state UNUSED)
{
    struct dir_claim c;
    struct err e = {0};
    char *list = NULL;
    if (geteuid() != 0)
        skip();
    char *plain = xasprintf("%s/" DIR_PREFIX "0", top);
    mkdir(plain, 0777);
    assert_int_equal(chown(plain, STRANGER, STRANGER), 0);
    assert_int_equal(dir_claim(top, &c, &e), 0);
    assert_int_equal(c.squatter, STRANGER);
    assert_string_not_equal(c.entry, plain);
    assert_int_equal(dir_scan(top, (uid_t)-1, found, &list, &e), 1); /* the squatter's is none */
    assert_non_null(strstr(list, c.sock));
    dir_release(&c);
    free(plain);
    free(list);
}

static void entries_that_are_none(void **state UNUSED)
{
    static const char *const names[] = {"0x", "-1", "", "00", "4294967295", "99999999999999999999",
                                        "0.x"};
    struct err e = {0};
    char *list = NULL, *path = NULL;
    for (size_t i = 0; i < COUNT(names); i++) {
        str_take(&path, xasprintf("%s/" DIR_PREFIX "%s", top, names[i]));
        mkdir(path, 0711);
    }
    str_take(&path, xasprintf("%s/" DIR_PREFIX "%lu", top, (unsigned long)geteuid()));
    assert_int_equal(symlink("/tmp", path), 0); /* a link is no entry */
    assert_int_equal(dir_scan(top, (uid_t)-1, found, &list, &e), 0);
    free(path);
    free(list);
}

static void users(void **state UNUSED)
{
    uid_t uid;
    char *me = user_address(geteuid()), *none = user_address(STRANGER);
    assert_int_equal(user_find(me, &uid), 0);
    assert_int_equal(uid, geteuid());
    assert_string_equal(none, "uid-12345");
    assert_int_equal(user_find("uid-12345", &uid), 0);
    assert_int_equal(uid, STRANGER);
    assert_int_equal(user_find("no-such-user-here", &uid), KITH_ENOTFOUND);
    assert_int_equal(user_find("uid-", &uid), KITH_ENOTFOUND);
    assert_int_equal(user_find("uid-4294967295", &uid), KITH_ENOTFOUND);
    assert_int_equal(user_find("", &uid), KITH_ENOTFOUND);
    free(me);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(check_modes, make_top, drop_top),
        cmocka_unit_test_setup_teardown(check_owner, make_top, drop_top),
        cmocka_unit_test_setup_teardown(choose_makes_it, make_top, drop_top),
        cmocka_unit_test_setup_teardown(claim_and_find, make_top, drop_top),
        cmocka_unit_test_setup_teardown(claim_after_a_crash, make_top, drop_top),
        cmocka_unit_test_setup_teardown(squatter_is_named_and_does_not_block, make_top, drop_top),
        cmocka_unit_test_setup_teardown(entries_that_are_none, make_top, drop_top),
        cmocka_unit_test(users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
