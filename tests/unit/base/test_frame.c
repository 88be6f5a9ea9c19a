/* unit/base/test_frame.c - frames over a socket: whole, in pieces, with descriptors, malformed */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../leftover.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/sock.h"

struct two {
    struct frame_io a, b;
};

static void open_two(struct two *t, size_t max)
{
    int fds[2];
    assert_int_equal(sock_pair(fds), 0);
    frame_io_init(&t->a, fds[0], max);
    frame_io_init(&t->b, fds[1], max);
}

static void close_two(struct two *t)
{
    frame_io_free(&t->a);
    frame_io_free(&t->b);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void test_round_trip(void **state)
{
    struct two t;
    struct frame f;
    open_two(&t, 1000);
    frame_put(&t.a, 7, "hello", 5);
    frame_put(&t.a, 8, NULL, 0);
    assert_int_equal(frame_queued(&t.a), 21);
    assert_int_equal(frame_flush(&t.a), 1);
    assert_int_equal(frame_queued(&t.a), 0);
    assert_int_equal(frame_next(&t.b, &f), 0);
    assert_int_equal(frame_fill(&t.b), 21);
    assert_int_equal(frame_next(&t.b, &f), 1);
    assert_int_equal(f.kind, 7);
    assert_int_equal(f.len, 5);
    assert_memory_equal(f.data, "hello", 5);
    assert_int_equal(frame_next(&t.b, &f), 1);
    assert_int_equal(f.kind, 8);
    assert_int_equal(f.len, 0);
    assert_int_equal(frame_next(&t.b, &f), 0);
    assert_int_equal(frame_fill(&t.b), 0);
    close(t.a.fd);
    t.a.fd = -1;
    assert_int_equal(frame_fill(&t.b), -ECONNRESET);
    assert_true(t.b.eof);
    frame_put(&t.b, 1, "x", 1);
    assert_int_equal(frame_flush(&t.b), -EPIPE); /* and no SIGPIPE */
    close_two(&t);
}

/* More than the socket takes: the sender gets 0 and goes on later; nothing is lost or reordered. */
static void test_large(void **state)
{
    struct two t;
    struct frame f;
    open_two(&t, 2 << 20);
    char *big = xmalloc(1 << 20);
    for (int i = 0; i < 1 << 20; i++)
        big[i] = (char)(i * 31);
    for (uint16_t i = 0; i < 4; i++)
        frame_put(&t.a, i, big, 1 << 20);
    uint16_t want = 0;
    bool waited = false;
    while (want < 4) {
        int r = frame_flush(&t.a);
        assert_in_range(r, 0, 1);
        waited = waited || r == 0;
        assert_in_range(frame_fill(&t.b), 0, 64 << 10);
        while ((r = frame_next(&t.b, &f)) == 1) {
            assert_int_equal(f.kind, want++);
            assert_int_equal(f.len, 1 << 20);
            assert_memory_equal(f.data, big, 1 << 20);
        }
        assert_int_equal(r, 0);
    }
    assert_true(waited);
    free(big);
    close_two(&t);
}

static void test_byte_by_byte(void **state)
{
    struct two t;
    struct frame f;
    open_two(&t, 100);
    static const char bytes[] = "\x07\0\0\0\x02\x01\0\0abc";
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(frame_next(&t.b, &f), 0);
        assert_int_equal(send(t.a.fd, bytes + i, 1, MSG_NOSIGNAL), 1);
        assert_int_equal(frame_fill(&t.b), 1);
    }
    assert_int_equal(frame_next(&t.b, &f), 1);
    assert_int_equal(f.kind, 0x102);
    assert_memory_equal(f.data, "abc", 3);
    close_two(&t);
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "\x03\0\0\0\0\0\0\0",   /* shorter than its own header */
        "\x69\0\0\0\0\0\0\0",   /* 101 bytes where 100 are allowed */
        "\xff\xff\xff\xff\0\0\0\0",
        "\x04\0\0\0\0\0\x01\0", /* claims a descriptor that did not come */
        "\x04\0\0\0\0\0\x05\0", /* too many descriptors */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct two t;
        struct frame f;
        open_two(&t, 100);
        assert_int_equal(send(t.a.fd, bad[i], 8, MSG_NOSIGNAL), 8);
        assert_int_equal(frame_fill(&t.b), 8);
        assert_int_equal(frame_next(&t.b, &f), -EPROTO);
        close_two(&t);
    }
}

static void test_descriptors(void **state)
{
    struct two t;
    struct frame f;
    int pipes[2][2], kept = -1;
    open_two(&t, 100);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        frame_put(&t.a, 1, "plain", 5);
        frame_put_fd(&t.a, 2, "fd", 2, pipes[i][0]);
        close(pipes[i][0]); /* ours was duplicated */
    }
    frame_put(&t.a, 3, "last", 4);
    assert_int_equal(frame_flush(&t.a), 1);
    int dropped = -1;
    for (int n = 0; n < 5;) {
        assert_true(frame_fill(&t.b) >= 0);
        for (; frame_next(&t.b, &f) == 1; n++) {
            assert_int_equal(f.n_fds, f.kind == 2 ? 1 : 0);
            if (f.kind != 2)
                continue;
            assert_true(fcntl(f.fds[0], F_GETFD) & FD_CLOEXEC);
            if (kept < 0) {
                kept = f.fds[0];
                f.fds[0] = -1;
            } else {
                dropped = f.fds[0];
            }
        }
    }
    char c;
    assert_int_equal(write(pipes[0][1], "1", 1), 1);
    assert_int_equal(read(kept, &c, 1), 1);
    assert_false(is_open(dropped));
    close(kept);
    close(pipes[0][1]);
    close(pipes[1][1]);
    close_two(&t);
}

/* Descriptors that were received or queued and never asked for are closed with the frame_io. */
static void test_no_leak(void **state)
{
    struct two t;
    int p[2], next[2];
    assert_int_equal(pipe(p), 0);
    int before = dup(0);
    close(before);
    open_two(&t, 100);
    for (int i = 0; i < 3; i++)
        frame_put_fd(&t.a, 1, "x", 1, p[0]);
    frame_flush(&t.a);
    while (frame_fill(&t.b) > 0)
        ;
    frame_put_fd(&t.a, 1, "x", 1, p[0]);
    close_two(&t);
    assert_int_equal(pipe(next), 0);
    assert_int_equal(next[0], before);
    for (int i = 0; i < 2; i++) {
        close(p[i]);
        close(next[i]);
    }
}

/* Marked so, neither end keeps what went through it. */
static void test_secret_leaves_no_copies(void **state)
{
    struct frame_io a, b;
    struct frame f;
    int pair[2];
    char piece[4096];
    assert_int_equal(sock_pair(pair), 0);
    frame_io_init(&a, pair[0], 1 << 20);
    frame_io_init(&b, pair[1], 1 << 20);
    a.out.secret = b.in.secret = true;
    for (int i = 0; i < 40; i++) { /* more than a socket takes at once */
        for (size_t k = 0; k < sizeof piece; k++)
            piece[k] = leftover_byte(k);
        frame_put(&a, 1, piece, sizeof piece);
    }
    memset(piece, 0, sizeof piece);
    assert_true(leftover());
    for (int got = 0; got < 40;) {
        assert_true(frame_flush(&a) >= 0);
        assert_true(frame_fill(&b) >= 0);
        while (frame_next(&b, &f) == 1) {
            assert_int_equal(f.data[17], leftover_byte(17));
            got++;
        }
    }
    assert_int_equal(frame_fill(&b), 0); /* what was handed out goes with the next look */
    assert_false(leftover());
    frame_io_free(&a);
    frame_io_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_large), cmocka_unit_test(test_secret_leaves_no_copies),
        cmocka_unit_test(test_malformed),  cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_no_leak),    cmocka_unit_test(test_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
