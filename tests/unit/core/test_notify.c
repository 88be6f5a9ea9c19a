/* tests/unit/core/test_notify.c - the engine's side of notices: a helper that hangs, dies or lies
 * delays nothing
 *
 * The helper is this program itself, told by the environment how to behave; the last test takes the
 * real kith-notify and a bus that accepts and never answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/path.h"
#include "core/notify.h"

enum { SHOW = 1, DONE = 3, FAILED = 4, SOON_MS = 10000, SILENT_MS = 200, LATE_MS = 150 };

static char *self, *log_path;

/* ---- the helper ---- */

static void note(const char *line)
{
    int fd = open(getenv("KITH_TEST_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (write(fd, line, strlen(line)) < 0)
        _exit(1);
    close(fd);
}

/* "good" answers all, "fail" says no, "hang" answers nothing, "die" exits at a request, "junk"
 * writes rubbish. */
static int be_the_helper(const char *how)
{
    struct frame_io io = {0};
    struct frame f;
    struct pollfd p = {.fd = 0, .events = POLLIN};
    char *line = xasprintf("start %d\n", (int)getpid());
    note(line);
    free(line);
    frame_io_init(&io, dup(0), 65536);
    while (poll(&p, 1, -1) > 0 && frame_fill(&io) >= 0) {
        while (frame_next(&io, &f) == 1) {
            line = f.kind == SHOW
                       ? xasprintf("show %s|%s\n", f.data + 1, f.data + 2 + strlen(f.data + 1))
                       : xasprintf("close %s\n", f.data);
            note(line);
            free(line);
            while (strcmp(how, "hang") == 0)
                pause(); /* as libnotify does: deaf to a closed socket */
            if (strcmp(how, "die") == 0)
                _exit(3);
            if (strcmp(how, "junk") == 0 && write(0, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) < 0)
                _exit(1);
            if (strcmp(how, "good") == 0)
                frame_put(&io, DONE, NULL, 0);
            if (strcmp(how, "fail") == 0)
                frame_put(&io, FAILED, "no desktop", 10);
        }
        frame_flush(&io);
    }
    return 0;
}

/* ---- the tests ---- */

struct stage {
    struct loop *loop;
    struct notify *n;
    int64_t longest; /* turn, in ms */
};

static void stage_open(struct stage *s, const char *how, const char *program)
{
    char name[] = "/tmp/kith-notify-XXXXXX";
    close(mkstemp(name));
    str_set(&log_path, name);
    setenv("KITH_TEST_LOG", name, 1);
    setenv("KITH_TEST_HELPER", how, 1);
    *s = (struct stage){.loop = loop_new()};
    struct notify_params p = {
        .loop = s->loop, .program = program, .silent_ms = SILENT_MS, .back_off_ms = 50};
    s->n = notify_new(&p);
}

static void stage_close(struct stage *s)
{
    notify_free(s->n);
    loop_free(s->loop);
    unlink(log_path);
}

/* Turns until the helpers have written `count` lines that begin with `word`; true when they did in
 * time. */
static size_t lines(const char *word)
{
    struct buf b = {0};
    size_t n = 0;
    path_read(log_path, 1 << 20, &b, NULL);
    for (const char *l = buf_str(&b); *l; l = strchr(l, '\n') + 1)
        n += str_starts(l, word);
    buf_free(&b);
    return n;
}

static void turn(struct stage *s)
{
    loop_turn(s->loop, 10);
    int64_t worked = clock_mono_ms() - loop_now(s->loop);
    s->longest = MAX(s->longest, worked);
}

static bool until(struct stage *s, const char *word, size_t count)
{
    int64_t end = clock_mono_ms() + SOON_MS;
    while (lines(word) < count && clock_mono_ms() < end)
        turn(s);
    return lines(word) >= count;
}

static void show_is_handed_over(void **state UNUSED)
{
    struct stage s;
    stage_open(&s, "good", self);
    assert_int_equal(lines("start"), 0); /* not before it is needed */
    notify_close(s.n, "bob");            /* nothing was shown: nothing is started */
    assert_int_equal(lines("start"), 0);
    notify_show(s.n, "bob", "Bob", "hello", 1);
    assert_true(until(&s, "show bob|Bob", 1));
    notify_show(s.n, "bob", "Bob", "again", 1);
    notify_close(s.n, "#lobby");
    assert_true(until(&s, "show bob|Bob", 2));
    assert_true(until(&s, "close #lobby", 1));
    assert_int_equal(lines("start"), 1);
    assert_null(notify_problem(s.n));
    stage_close(&s);
}

static void hung_helper_is_replaced(void **state UNUSED)
{
    struct stage s;
    stage_open(&s, "hang", self);
    for (int i = 0; i < 100; i++) { /* far more than the queue holds */
        char key[24];
        snprintf(key, sizeof key, "chat-%d", i);
        notify_show(s.n, key, "t", "b", 1);
    }
    assert_true(until(&s, "start", 3));
    assert_true(lines("show") >= 2);
    assert_non_null(notify_problem(s.n));
    assert_true(s.longest < LATE_MS);
    struct buf b = {0};
    path_read(log_path, 1 << 20, &b, NULL);
    pid_t first = (pid_t)strtol(b.data + strlen("start "), NULL, 10);
    assert_int_equal(kill(first, 0), -1); /* gone, and reaped */
    buf_free(&b);
    stage_close(&s);
}

static void queue_keeps_the_newest_of_each_chat(void **state UNUSED)
{
    struct stage s;
    stage_open(&s, "hang", self);
    notify_show(s.n, "first", "t", "b", 1); /* under way: hangs */
    assert_true(until(&s, "show first", 1));
    for (int i = 0; i < 50; i++)
        notify_show(s.n, "bob", i == 49 ? "last" : "earlier", "b", 1);
    setenv("KITH_TEST_HELPER", "good", 1);
    assert_true(until(&s, "show bob|last", 1));
    assert_int_equal(lines("show bob|earlier"), 0);
    stage_close(&s);
}

static void dying_helper_is_replaced(void **state UNUSED)
{
    static const char *const ways[] = {"die", "junk"};
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct stage s;
        stage_open(&s, ways[i], self);
        notify_show(s.n, "a", "t", "b", 1);
        notify_show(s.n, "b", "t", "b", 1);
        assert_true(until(&s, "start", 2));
        assert_true(until(&s, "show b", 1)); /* the one under way is lost, the others are not */
        assert_true(s.longest < LATE_MS);
        stage_close(&s);
    }
}

static void refusal_is_no_death(void **state UNUSED)
{
    struct stage s;
    stage_open(&s, "fail", self);
    notify_show(s.n, "a", "t", "b", 1);
    notify_show(s.n, "b", "t", "b", 1);
    assert_true(until(&s, "show b", 1));
    for (int i = 0; i < 100 && !notify_problem(s.n); i++)
        turn(&s);
    assert_string_equal(notify_problem(s.n), "no desktop");
    assert_int_equal(lines("start"), 1);
    stage_close(&s);
}

static void missing_helper(void **state UNUSED)
{
    struct stage s;
    stage_open(&s, "good", "/nonexistent/kith-notify");
    notify_show(s.n, "a", "t", "b", 1);
    notify_show(s.n, "b", "t", "b", 1);
    for (int i = 0; i < 10; i++)
        turn(&s);
    assert_non_null(notify_problem(s.n));
    stage_close(&s);
    stage_open(&s, "good", NULL);
    notify_show(s.n, "a", "t", "b", 1);
    stage_close(&s);
}

/* The real helper, and a session bus that accepts and says nothing: libnotify hangs for ever in
 * there. */
static void hung_bus_delays_nothing(void **state UNUSED)
{
    struct stage s;
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    char *real = xasprintf("%.*s/../../kith-notify", (int)(strrchr(self, '/') - self), self);
    if (access(real, X_OK) < 0) {
        free(real);
        skip(); /* built without libnotify */
    }
    int bus = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(sa.sun_path, sizeof sa.sun_path, "/tmp/kith-hung-bus-%d", (int)getpid());
    assert_int_equal(bind(bus, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(bus, 8), 0);
    char *address = xasprintf("unix:path=%s", sa.sun_path);
    setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
    stage_open(&s, "good", real);
    notify_show(s.n, "bob", "Bob", "hello", 1);
    notify_show(s.n, "eve", "Eve", "hello", 1);
    int64_t end = clock_mono_ms() + SOON_MS;
    struct pollfd p = {.fd = bus, .events = POLLIN};
    int accepted = 0;
    while (accepted < 2 &&
           clock_mono_ms() < end) { /* the second one: the first was killed and replaced */
        turn(&s);
        if (poll(&p, 1, 0) > 0 && accept(bus, NULL, NULL) >= 0)
            accepted++;
    }
    assert_int_equal(accepted, 2);
    assert_true(s.longest < LATE_MS);
    assert_non_null(notify_problem(s.n));
    stage_close(&s);
    unlink(sa.sun_path);
    close(bus);
    free(address);
    free(real);
}

int main(int argc UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(show_is_handed_over),
        cmocka_unit_test(hung_helper_is_replaced),
        cmocka_unit_test(queue_keeps_the_newest_of_each_chat),
        cmocka_unit_test(dying_helper_is_replaced),
        cmocka_unit_test(refusal_is_no_death),
        cmocka_unit_test(missing_helper),
        cmocka_unit_test(hung_bus_delays_nothing),
    };
    const char *how = getenv("KITH_TEST_HELPER");
    if (how)
        return be_the_helper(how);
    self = realpath(argv[0], NULL);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(self);
    free(log_path);
    return rc;
}
