/* tests/unit/account/rig.h - an account without a plugin, the engine's end of its wire, and a
 * server beside it */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/helper.h"
#include "account/state.h"
#include "account/stream.h"
#include "account/trust.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sock.h"

#define RIG_WAIT_MS 10000

struct rig {
    struct loop *loop;
    struct kith_account *a;
    struct frame_io engine;
    struct arena mem;
    struct wire_option options[8];
    char dir[64];
};

static void rig_start(struct rig *r)
{
    static const struct kith_core_ops core = {.size = sizeof core};
    static const struct kith_protocol proto = {.size = sizeof proto, .id = "test", .core = &core};
    int pair[2], helper = helper_fork(-1);
    struct err e = {0};
    char dir[sizeof r->dir];
    memcpy(dir, r->dir, sizeof dir); /* set: the store of an earlier rig */
    *r = (struct rig){0};
    memcpy(r->dir, dir, sizeof dir);
    assert_true(helper >= 0);
    assert_int_equal(sock_pair(pair), 0);
    r->loop = loop_new();
    r->a = account_new(r->loop, pair[0]);
    r->a->helper = helper_new(r->loop, helper);
    r->a->proto = &proto;
    r->a->open.account = r->a->open.address = "me@localhost";
    r->a->open.options = r->options;
    if (!r->dir[0]) {
        str_copy(r->dir, sizeof r->dir, "/tmp/kith-rig-XXXXXX");
        assert_non_null(mkdtemp(r->dir));
    }
    r->a->store = state_open(r->dir, &e);
    assert_non_null(r->a->store);
    frame_io_init(&r->engine, pair[1], FRAME_MAX);
    serve_start(r->a);
}

static inline void rig_option(struct rig *r, const char *key, const char *value)
{
    r->options[r->a->open.n_options++] = (struct wire_option){key, value, 0};
}

static void rig_stop(struct rig *r)
{
    account_free(r->a);
    loop_free(r->loop);
    frame_io_free(&r->engine);
    arena_free(&r->mem);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void rig_remove(struct rig *r)
{
    static const char *const names[] = {"account.db", "account.db-wal", "account.db-shm", "ca.pem",
                                        "client.pem"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *path = path_join(r->dir, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(r->dir);
    r->dir[0] = '\0';
}

/* Turns the loop until *what is not 0. */
UNUSED static void rig_until(struct rig *r, const int *what)
{
    int64_t end = clock_mono_ms() + RIG_WAIT_MS;
    while (!*what) {
        if (clock_mono_ms() > end)
            fail_msg("it never came");
        assert_true(loop_turn(r->loop, 1000) >= 0);
    }
}

/* The next event of this type that the engine gets; NULL when none is there once all is quiet. */
static const struct kith_event *rig_event(struct rig *r, uint32_t type)
{
    for (int quiet = 0; quiet < 3; quiet++) {
        struct frame f;
        assert_true(loop_turn(r->loop, 0) >= 0);
        (void)frame_fill(&r->engine);
        while (frame_next(&r->engine, &f) > 0) {
            struct kith_event *ev;
            uint64_t n;
            if (f.kind == WIRE_EVENT &&
                wire_get_event(f.data, f.len, &r->mem, &n, &ev, NULL) == 0 && ev->type == type)
                return ev;
        }
    }
    return NULL;
}

static inline void rig_op(struct rig *r, const struct wire_op *op)
{
    int fd = -1;
    assert_int_equal(ops_run(r->a, op, &fd), 0);
}

static inline int rig_listen(uint16_t *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    *port = ntohs(sa.sin_port);
    return fd;
}

#endif
