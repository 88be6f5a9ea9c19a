/* unit/base/test_spawn.c - children see just what they are given; words; the process title */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/sock.h"
#include "base/spawn.h"

/* Runs a shell script and gives back what it wrote. */
static void run(const struct spawn *with, const char *script, struct buf *out)
{
    int p[2];
    struct err e = {0};
    assert_int_equal(pipe(p), 0);
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct spawn s = *with;
    s.path = "sh";
    s.argv = argv;
    s.fd_stdin = -1;
    s.fd_stdout = p[1];
    s.fd_stderr = -1;
    pid_t pid = spawn_start(&s, &e);
    assert_true(pid > 0);
    close(p[1]);
    char chunk[512];
    ssize_t n;
    buf_clear(out);
    while ((n = read(p[0], chunk, sizeof chunk)) > 0)
        buf_add(out, chunk, (size_t)n);
    close(p[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
}

static void test_environment(void **state)
{
    struct buf out = {0};
    setenv("SECRET_TOKEN", "hunter2", 1);
    setenv("KITH_TEST", "yes", 1);
    setenv("LC_TIME", "C", 1);
    const char *const env[] = {"LC_TIME=de_DE", "EXTRA=1", NULL};
    run(&(struct spawn){.env = env}, "env", &out);
    assert_null(strstr(buf_str(&out), "hunter2"));
    assert_non_null(strstr(buf_str(&out), "KITH_TEST=yes\n"));
    assert_non_null(strstr(buf_str(&out), "EXTRA=1\n"));
    assert_non_null(strstr(buf_str(&out), "LC_TIME=de_DE\n"));
    assert_null(strstr(buf_str(&out), "LC_TIME=C\n"));
    assert_non_null(strstr(buf_str(&out), "PATH="));
    buf_free(&out);
}

static void test_descriptors(void **state)
{
    struct buf out = {0};
    int a[2], b[2], stray = fcntl(0, F_DUPFD, 60); /* without close-on-exec */
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    assert_int_equal(write(a[1], "A", 1), 1);
    assert_int_equal(write(b[1], "B", 1), 1);
    const struct spawn_fd fds[] = {{a[0], b[0]}, {b[0], a[0]}}; /* swapped: each target is a source */
    struct spawn s = {.fds = fds, .n_fds = 2};
    char script[200], want[32];
    snprintf(script, sizeof script,
             "head -c1 <&%d; head -c1 <&%d; n=0; "
             "while [ $n -lt 80 ]; do [ -e /proc/$$/fd/$n ] && echo -n \" $n\"; n=$((n+1)); done",
             b[0], a[0]);
    run(&s, script, &out);
    snprintf(want, sizeof want, "AB 0 1 2 %d %d", MIN(a[0], b[0]), MAX(a[0], b[0]));
    assert_string_equal(buf_str(&out), want);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
    close(stray);
    buf_free(&out);
}

static void test_signals_reset(void **state)
{
    struct buf out = {0};
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    struct sigaction ign = {.sa_handler = SIG_IGN}, was;
    sigaction(SIGPIPE, &ign, &was);
    run(&(struct spawn){0}, "grep -E '^Sig(Blk|Ign)' /proc/self/status", &out);
    sigaction(SIGPIPE, &was, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    assert_non_null(strstr(buf_str(&out), "SigBlk:\t0000000000000000"));
    const char *ignored = strstr(buf_str(&out), "SigIgn:\t");
    assert_non_null(ignored);
    /* 32 and 33 are the C library's own: no program can set them */
    assert_int_equal(strtoull(ignored + strlen("SigIgn:\t"), NULL, 16) & ~0x180000000ull, 0);
    buf_free(&out);
}

static void test_failure(void **state)
{
    struct err e = {0};
    const char *const argv[] = {"x", NULL};
    struct spawn s = {.path = "no-such-program-here", .argv = argv, .fd_stdin = -1, .fd_stdout = -1, .fd_stderr = -1};
    assert_int_equal(spawn_start(&s, &e), -ENOENT);
    assert_non_null(strstr(e.text, "no-such-program-here"));
    s.path = "/etc/passwd";
    assert_int_equal(spawn_start(&s, &e), -EACCES);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
}

static void test_new_session(void **state)
{
    struct buf out = {0};
    run(&(struct spawn){.new_session = true, .die_with_parent = true}, "ps -o sid= -p $$; echo $$", &out);
    assert_int_equal(strtol(out.data, NULL, 10), strtol(strchr(out.data, '\n'), NULL, 10));
    buf_free(&out);
}

static void test_words(void **state)
{
    struct err e = {0};
    char **w = spawn_words("  pass show 'a b'\"c\\\"$x\" d\\ e '' #f ", &e);
    assert_non_null(w);
    static const char *const want[] = {"pass", "show", "a bc\"$x", "d e", "", "#f"};
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(w[i], want[i]);
    assert_null(w[6]);
    spawn_words_free(w);
    assert_null(spawn_words("a 'b", &e));
    assert_non_null(strstr(e.text, "quote is open"));
    w = spawn_words("", &e);
    assert_null(w[0]);
    spawn_words_free(w);
    spawn_words_free(NULL);
}

static void test_title(void **state)
{
    struct buf b = {0};
    title_set("kith: xmpp %s", "a@b\n");
    FILE *f = fopen("/proc/self/cmdline", "r");
    char text[64] = {0};
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_string_equal(text, "kith: xmpp a@b?");
    assert_int_equal(path_read("/proc/self/comm", 64, &b, NULL), 0);
    assert_string_equal(buf_str(&b), "kith: xmpp a@b?\n");
    assert_non_null(getenv("PATH")); /* the environment is intact */
    buf_free(&b);
}

int main(int argc, char **argv)
{
    title_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment),   cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_signals_reset), cmocka_unit_test(test_failure),
        cmocka_unit_test(test_new_session),   cmocka_unit_test(test_words),
        cmocka_unit_test(test_title),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
