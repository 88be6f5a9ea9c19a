/* unit/base/test_loop.c - the poll loop: descriptors, timers, deferred calls, signals, deletion from within */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/sock.h"

struct trace { /* what ran, in order */
    char text[64];
    struct loop *loop;
    struct loop_io *io, *other;
    struct loop_timer *timer;
};

static void mark(struct trace *t, char c)
{
    size_t n = strlen(t->text);
    assert_true(n + 1 < sizeof t->text);
    t->text[n] = c;
    t->text[n + 1] = '\0';
}

static void mark_a(void *user)
{
    mark(user, 'a');
}

static void mark_b(void *user)
{
    mark(user, 'b');
}

static void mark_end(void *user)
{
    mark(user, '.');
}

static void test_timers(void **state)
{
    struct trace t = {.loop = loop_new()};
    loop_timer_add(t.loop, 2, mark_b, &t);
    loop_timer_add(t.loop, 0, mark_a, &t);
    struct loop_timer *never = loop_timer_add(t.loop, 1, mark_end, &t);
    loop_timer_del(never);
    loop_timer_del(NULL);
    int64_t start = clock_mono_ms();
    while (strlen(t.text) < 2)
        assert_true(loop_turn(t.loop, -1) >= 0);
    assert_string_equal(t.text, "ab");
    assert_in_range(clock_mono_ms() - start, 1, 2000);
    assert_int_equal(loop_turn(t.loop, 0), 0);
    loop_free(t.loop);
}

static void add_again(void *user)
{
    struct trace *t = user;
    mark(t, 'x');
    loop_timer_del(t->timer); /* itself: harmless */
    loop_timer_add(t->loop, 0, mark_a, t);
}

/* A timer of 0 ms added by a timer waits for the next turn, or one turn would never end. */
static void test_timer_adds_timer(void **state)
{
    struct trace t = {.loop = loop_new()};
    t.timer = loop_timer_add(t.loop, 0, add_again, &t);
    assert_int_equal(loop_turn(t.loop, -1), 1);
    assert_string_equal(t.text, "x");
    assert_int_equal(loop_turn(t.loop, -1), 1);
    assert_string_equal(t.text, "xa");
    loop_free(t.loop);
}

static void test_many_timers(void **state)
{
    struct trace t = {.loop = loop_new()};
    struct loop_timer *timers[200];
    for (int i = 0; i < 200; i++)
        timers[i] = loop_timer_add(t.loop, (i * 7919) % 211 + 1000, mark_a, &t);
    for (int i = 0; i < 200; i++)
        loop_timer_del(timers[(i * 37) % 200]);
    assert_int_equal(loop_turn(t.loop, 0), 0);
    assert_string_equal(t.text, "");
    loop_free(t.loop);
}

static void on_read(void *user, int fd, unsigned ready)
{
    char c;
    assert_true(ready & LOOP_READ);
    if (read(fd, &c, 1) == 1)
        mark(user, c);
}

static void test_priority(void **state)
{
    struct trace t = {.loop = loop_new()};
    int net[2], key[2];
    assert_int_equal(sock_pair(net), 0);
    assert_int_equal(sock_pair(key), 0);
    loop_io_add(t.loop, net[0], LOOP_READ, on_read, &t);
    struct loop_io *k = loop_io_add(t.loop, key[0], LOOP_READ, on_read, &t);
    loop_at_turn_end(t.loop, mark_end, &t);
    assert_int_equal(loop_turn(t.loop, 0), 0); /* both are settled in before the priority changes */
    loop_io_priority(k, -1);
    assert_int_equal(write(net[1], "n", 1), 1);
    assert_int_equal(write(key[1], "k", 1), 1);
    assert_int_equal(loop_turn(t.loop, -1), 2);
    assert_string_equal(t.text, "kn.");
    loop_io_want(k, 0);
    assert_int_equal(loop_io_wanted(k), 0);
    assert_int_equal(write(key[1], "k", 1), 1);
    assert_int_equal(loop_turn(t.loop, 0), 0);
    assert_string_equal(t.text, "kn."); /* a turn that did nothing has no end */
    loop_io_del(k);
    loop_io_del(NULL);
    loop_free(t.loop);
    for (int i = 0; i < 2; i++) {
        close(net[i]);
        close(key[i]);
    }
}

static void on_read_kill_both(void *user, int fd, unsigned ready)
{
    struct trace *t = user;
    mark(t, 'k');
    loop_io_del(t->io);
    loop_io_del(t->other);
}

static void test_delete_within(void **state)
{
    struct trace t = {.loop = loop_new()};
    int a[2], b[2];
    assert_int_equal(sock_pair(a), 0);
    assert_int_equal(sock_pair(b), 0);
    t.io = loop_io_add(t.loop, a[0], LOOP_READ, on_read_kill_both, &t);
    t.other = loop_io_add(t.loop, b[0], LOOP_READ, on_read_kill_both, &t);
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    assert_int_equal(loop_turn(t.loop, -1), 1);
    assert_string_equal(t.text, "k");
    assert_int_equal(loop_turn(t.loop, 0), 0);
    loop_free(t.loop);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void on_hangup(void *user, int fd, unsigned ready)
{
    assert_true(ready & LOOP_HANGUP);
    mark(user, ready & LOOP_READ ? 'R' : 'H');
}

/* A hang-up that nobody asked for is told once and is no busy loop. */
static void test_hangup(void **state)
{
    struct trace t = {.loop = loop_new()};
    int p[2];
    assert_int_equal(sock_pair(p), 0);
    struct loop_io *io = loop_io_add(t.loop, p[0], 0, on_hangup, &t);
    close(p[1]);
    assert_int_equal(loop_turn(t.loop, -1), 1);
    assert_int_equal(loop_turn(t.loop, 0), 0);
    loop_io_want(io, LOOP_READ);
    assert_int_equal(loop_turn(t.loop, 0), 1);
    assert_string_equal(t.text, "HR");
    loop_free(t.loop);
    close(p[0]);
}

static void defer_more(void *user)
{
    struct trace *t = user;
    mark(t, 'd');
    loop_defer(t->loop, mark_a, t);
}

static void test_defer(void **state)
{
    struct trace t = {.loop = loop_new()};
    loop_at_turn_end(t.loop, mark_end, &t);
    loop_at_turn_end(t.loop, mark_b, &t);
    loop_turn_end_cancel(t.loop, mark_b, &t);
    loop_defer(t.loop, defer_more, &t);
    loop_defer(t.loop, defer_more, &t); /* kept once */
    loop_defer(t.loop, mark_b, &t);
    loop_defer_cancel(t.loop, mark_b, &t);
    loop_turn(t.loop, -1);
    assert_string_equal(t.text, "d.");
    loop_turn(t.loop, -1); /* does not wait: something is deferred */
    assert_string_equal(t.text, "d.a.");
    loop_again(t.loop);
    loop_turn(t.loop, -1);
    assert_string_equal(t.text, "d.a..");
    loop_free(t.loop);
}

static void on_signal(void *user, int signo)
{
    struct trace *t = user;
    mark(t, signo == SIGUSR1 ? '1' : '2');
    loop_quit(t->loop, 5);
}

static void test_signals(void **state)
{
    struct trace t = {.loop = loop_new()};
    assert_int_equal(loop_signal(t.loop, SIGUSR1, on_signal, &t), 0);
    assert_int_equal(loop_signal(t.loop, SIGUSR2, on_signal, &t), 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    assert_int_equal(loop_run(t.loop), 5);
    assert_string_equal(t.text, "1"); /* two that came together are one */
    raise(SIGUSR2);
    assert_int_equal(loop_run(t.loop), 5);
    assert_string_equal(t.text, "12");
    loop_free(t.loop);
    t = (struct trace){.loop = loop_new()}; /* a second loop after the first is gone */
    assert_int_equal(loop_signal(t.loop, SIGUSR1, on_signal, &t), 0);
    raise(SIGUSR1);
    assert_int_equal(loop_run(t.loop), 5);
    loop_free(t.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers),      cmocka_unit_test(test_timer_adds_timer),
        cmocka_unit_test(test_many_timers), cmocka_unit_test(test_priority),
        cmocka_unit_test(test_hangup),      cmocka_unit_test(test_delete_within),
        cmocka_unit_test(test_defer),       cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
