/* unit/base/test_path.c - where files are, safe making and reading; sockets that stand there */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/sock.h"

static char dir[64]; /* a place of our own */

static char *in_dir(const char *name)
{
    return path_join(dir, name);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 0777;
}

static void check_of(enum path_dir d, const char *name, const char *want)
{
    struct err e;
    char *s = path_of(d, name, &e);
    assert_string_equal(s, want);
    free(s);
}

static void test_of(void **state)
{
    setenv("HOME", "/home/alice", 1);
    unsetenv("XDG_CONFIG_HOME");
    setenv("XDG_DATA_HOME", "/data", 1);
    setenv("XDG_STATE_HOME", "relative", 1); /* counts as unset */
    setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
    check_of(PATH_CONFIG, "kith.cfg", "/home/alice/.config/kith/kith.cfg");
    check_of(PATH_DATA, NULL, "/data/kith");
    check_of(PATH_STATE, "x", "/home/alice/.local/state/kith/x");
    check_of(PATH_RUNTIME, "sock", "/run/user/1/kith/sock");
    path_set_root("/r");
    assert_string_equal(path_root(), "/r");
    check_of(PATH_CONFIG, "kith.cfg", "/r/kith.cfg");
    check_of(PATH_RUNTIME, NULL, "/r/run");
    path_set_root(NULL);
    assert_null(path_root());
    char *s = path_expand("~/x");
    assert_string_equal(s, "/home/alice/x");
    free(s);
    s = path_expand("~bob/x");
    assert_string_equal(s, "~bob/x");
    free(s);
    s = path_join("/a/", "b");
    assert_string_equal(s, "/a/b");
    free(s);
}

static void test_mkdirs(void **state)
{
    struct err e;
    char *deep = in_dir("a/b//c/");
    mode_t old = umask(0);
    assert_int_equal(path_mkdirs(deep, 0700, &e), 0);
    umask(0777); /* a strange umask changes nothing */
    char *other = in_dir("d/e");
    assert_int_equal(path_mkdirs(other, 0700, &e), 0);
    umask(old);
    assert_int_equal(mode_of(other), 0700);
    char *a = in_dir("a");
    assert_int_equal(mode_of(a), 0700);
    assert_int_equal(path_mkdirs(deep, 0700, &e), 0);
    char *file = in_dir("file"), *below = in_dir("file/x");
    assert_int_equal(path_write(file, "x", 1, &e), 0);
    assert_int_equal(path_mkdirs(file, 0700, &e), -ENOTDIR);
    assert_true(path_mkdirs(below, 0700, &e) < 0);
    free(deep);
    free(other);
    free(a);
    free(file);
    free(below);
}

static void test_check(void **state)
{
    struct err e;
    char *f = in_dir("secret"), *l = in_dir("link");
    assert_int_equal(path_write(f, "x", 1, &e), 0);
    assert_int_equal(path_check(f, 077, &e), 0);
    assert_int_equal(chmod(f, 0640), 0);
    assert_int_equal(path_check(f, 077, &e), -EACCES);
    assert_non_null(strstr(e.text, "chmod 600"));
    assert_int_equal(path_check(f, 022, &e), 0);
    assert_int_equal(symlink(f, l), 0);
    assert_int_equal(path_check(l, 0, &e), -ELOOP);
    assert_int_equal(path_check("/nonexistent", 0, &e), -ENOENT);
    if (geteuid() != 0)
        assert_int_equal(path_check("/", 0, &e), -EPERM);
    free(f);
    free(l);
}

static void test_read_write(void **state)
{
    struct err e;
    struct buf b = {0};
    char *f = in_dir("data"), *l = in_dir("data-link"), *fifo = in_dir("fifo");
    mode_t old = umask(0);
    assert_int_equal(path_write(f, "hello\0world", 11, &e), 0);
    umask(old);
    assert_int_equal(mode_of(f), 0600);
    assert_int_equal(path_read(f, 11, &b, &e), 0);
    assert_int_equal(b.len, 11);
    assert_memory_equal(b.data, "hello\0world", 12);
    assert_int_equal(path_read(f, 10, &b, &e), -EFBIG);
    assert_int_equal(path_read("/nonexistent", 10, &b, &e), -ENOENT);
    assert_int_equal(path_read(dir, 10, &b, &e), -EINVAL);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(path_read(fifo, 10, &b, &e), -EINVAL); /* and does not wait for a writer */
    assert_int_equal(symlink(f, l), 0);
    assert_int_equal(path_write(l, "new", 3, &e), 0); /* replaces the link, not what it points to */
    assert_int_equal(path_read(f, 99, &b, &e), 0);
    assert_int_equal(b.len, 11);
    char *gone = in_dir("no/such/dir");
    assert_int_equal(path_write(gone, "x", 1, &e), -ENOENT);
    free(f);
    free(l);
    free(fifo);
    free(gone);
    buf_free(&b);
}

static void test_sockets(void **state)
{
    struct err e;
    char *path = in_dir("s");
    mode_t old = umask(0);
    int l = sock_unix_listen(path, 0600, &e);
    umask(old);
    assert_true(l >= 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(sock_accept(l), -EAGAIN);
    assert_int_equal(sock_unix_listen(path, 0600, &e), -EADDRINUSE);
    int c = sock_unix_connect(path, &e);
    assert_true(c >= 0);
    int s = sock_accept(l);
    assert_true(s >= 0);
    assert_true(fcntl(s, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(s, F_GETFL) & O_NONBLOCK);
    uid_t uid = 12345;
    pid_t pid = 0;
    assert_int_equal(sock_peer(s, &uid, &pid), 0);
    assert_int_equal(uid, geteuid());
    assert_int_equal(pid, getpid());
    close(c);
    close(s);
    close(l); /* what is left is stale: nobody answers */
    assert_int_equal(sock_unix_connect(path, &e), -ECONNREFUSED);
    l = sock_unix_listen(path, 0600, &e);
    assert_true(l >= 0);
    close(l);
    unlink(path);
    assert_int_equal(path_write(path, "x", 1, &e), 0); /* a file is nobody's stale socket */
    assert_int_equal(sock_unix_listen(path, 0600, &e), -EADDRINUSE);
    char longer[200];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(sock_unix_listen(longer, 0600, &e), -ENAMETOOLONG);
    free(path);
}

static int make_dir(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/kith-test-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"a/b/c", "a/b", "a",         "d/e",  "d", "file",
                                        "secret", "link", "data-link", "data", "fifo", "s"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *p = in_dir(names[i]);
        remove(p);
        free(p);
    }
    return rmdir(dir); /* fails when a temporary file was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of),         cmocka_unit_test(test_mkdirs),  cmocka_unit_test(test_check),
        cmocka_unit_test(test_read_write), cmocka_unit_test(test_sockets),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
