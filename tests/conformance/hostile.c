/* tests/conformance/hostile.c - local chat among hostile users of the machine: nobody can read,
 * forge or block */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/local.h"
#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/path.h"
#include "conformance/stage.h"

/* A socket to somebody, made by whoever runs this. */
static int call(uid_t uid, struct frame_io *io)
{
    char *sock = xasprintf("%s/meet/kith-local-%u/sock", top, (unsigned)uid);
    struct err e = {0};
    int fd = dir_connect(sock, uid, &e);
    free(sock);
    if (fd < 0)
        return fd;
    frame_io_init(io, fd, LP_FRAME_MAX);
    return 0;
}

/* The same to bob; says hello when greet. */
static int call_bob(bool greet, struct frame_io *io)
{
    struct buf b = {0};
    int rc = call(BOB, io);
    if (rc < 0)
        return rc;
    lp_put(&b, &(struct lp){.kind = LP_HELLO, .number = LP_VERSION, .id = "evil", .show = 1});
    if (greet)
        frame_put(io, LP_HELLO, b.data, b.len);
    buf_free(&b);
    return 0;
}

static void put(struct frame_io *io, const struct lp *m)
{
    struct buf b = {0};
    lp_put(&b, m);
    frame_put(io, m->kind, b.data, b.len);
    buf_free(&b);
}

/* Writes all, then waits for the other end to close (0) or time to pass (1). */
static int drain(struct frame_io *io, int ms)
{
    int64_t end = clock_mono_ms() + ms;
    while (clock_mono_ms() < end) {
        struct frame f;
        struct timespec nap = {0, 5000000};
        if (frame_flush(io) < 0)
            return 0;
        int rc = frame_fill(io);
        if (rc < 0)
            return 0;
        while (frame_next(io, &f) == 1)
            ;
        nanosleep(&nap, NULL);
    }
    return 1;
}

/* Mallory says that he is alice in every way the protocol has. */
static int forge(const char *arg UNUSED)
{
    struct frame_io io = {0};
    if (call_bob(true, &io) < 0)
        return 1;
    put(&io, &(struct lp){.kind = LP_JOIN, .room = "#lobby"});
    put(&io, &(struct lp){.kind = LP_MESSAGE,
                          .id = "x1",
                          .body = "I am alice",
                          .name = "uid-12345",
                          .reply_sender = "uid-12345"});
    put(&io, &(struct lp){.kind = LP_MESSAGE,
                          .id = "x2",
                          .room = "#lobby",
                          .body = "me too",
                          .name = "uid-12345"});
    put(&io, &(struct lp){.kind = LP_MESSAGE, .id = "x3", .room = "#secret", .body = "not in it"});
    put(&io, &(struct lp){.kind = LP_ACK, .id = "b1"}); /* for bob's message to alice */
    put(&io, &(struct lp){.kind = LP_READ, .id = "b1"});
    put(&io, &(struct lp){.kind = LP_FILE, .id = "x4", .name = "../../.ssh/authorized_keys"});
    drain(&io, 300);
    frame_io_free(&io);
    return 0;
}

/* Mallory asks alice for the file that she offers to bob. 0: hung up on, with nothing. */
static int steal(const char *arg UNUSED)
{
    struct frame_io io = {0};
    struct frame f;
    int64_t end = clock_mono_ms() + 3000;
    if (call(ALICE, &io) < 0)
        return 1;
    put(&io, &(struct lp){.kind = LP_FETCH, .id = "f1"});
    frame_flush(&io);
    while (clock_mono_ms() < end) {
        if (frame_fill(&io) < 0)
            return 0;
        while (frame_next(&io, &f) == 1) {
            if (f.n_fds > 0)
                return 2;
        }
    }
    return 3;
}

/* A descriptor that nobody asked for ends the connection: it is not even taken in. */
static int pass_descriptor(const char *arg UNUSED)
{
    struct frame_io io = {0};
    if (call_bob(true, &io) < 0)
        return 1;
    frame_put_fd(&io, LP_TYPING, NULL, 0, 0);
    int rc = drain(&io, 3000);
    frame_io_free(&io);
    return rc;
}

static void nobody_can_forge(void **state UNUSED)
{
    struct hand b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, NULL);
    hand_say(&b, "join|#lobby");
    hand_say(&b, "join|#secret");
    hand_say(&b, "send|uid-12345|b1|to alice");
    hand_wait(&b, 0, SOON, "RESULT|command=send");
    assert_int_equal(as_user(MALLORY, forge, NULL), 0);
    assert_true(hand_wait(&b, 0, SOON,
                          "MESSAGE|id=x1|sender=uid-12347|chat=uid-12347|sender_id=uid-12347") >=
                0);
    assert_true(
        hand_wait(&b, 0, SOON, "MESSAGE|id=x2|sender=#lobby/uid-12347|sender_id=uid-12347") >= 0);
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12347|show=0") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=x3"), 0);
    assert_true(hand_count(&b, 0, "MESSAGE|id=x4|file=authorized_keys|chat=uid-12347") <= 1);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|file=*/"), 0);
    assert_int_equal(as_user(MALLORY, pass_descriptor, NULL), 0);
    assert_int_equal(hand_count(&b, 0, "RECEIPT|id=b1|chat=uid-12345"), 0);
    leave(&b);
}

/* What another user can do with the files: nothing. */
static int meddle(const char *arg UNUSED)
{
    char *entry = xasprintf("%s/meet/kith-local-12346", top), *sock = path_join(entry, "sock");
    char *away = xasprintf("%s/meet/away", top);
    int bad = 0;
    bad |= unlink(sock) == 0 ? 1 : 0;
    bad |= rename(entry, away) == 0 ? 2 : 0;
    bad |= open(entry, O_RDONLY | O_DIRECTORY) >= 0 ? 4 : 0;
    bad |= mkdir(sock, 0700) == 0 ? 8 : 0;
    bad |= chmod(sock, 0) == 0 ? 16 : 0;
    char *state = xasprintf("%s/state-12346/contacts", top);
    bad |= open(state, O_RDONLY) >= 0 ? 32 : 0;
    return bad;
}

/* Mallory was there first and made entries in bob's and alice's names. */
static int squat(const char *arg UNUSED)
{
    char *entry = xasprintf("%s/meet/kith-local-12346", top), *sock = path_join(entry, "sock");
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    str_copy(sa.sun_path, sizeof sa.sun_path, sock);
    umask(0);
    return mkdir(entry, 0755) < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0;
}

static void nobody_can_meddle_or_squat(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, NULL);
    assert_int_equal(as_user(MALLORY, meddle, NULL), 0);
    leave(&b);
    assert_int_equal(as_user(MALLORY, squat, NULL), 0);
    meet(&a, &b);
    assert_true(hand_wait(&b, 0, SOON, "NOTICE|text=*uid-12347 has made") >= 0);
    hand_say(&a, "send|uid-12346|s1|still here");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=s1") >= 0);
    leave(&a);
    leave(&b);
}

/* Far more than the rate, in valid frames; then stays. */
static int flood(const char *arg UNUSED)
{
    struct frame_io io = {0};
    char id[32];
    if (call_bob(true, &io) < 0)
        return 1;
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "flood-%d", i);
        put(&io, &(struct lp){.kind = LP_MESSAGE, .id = id, .body = "spam"});
    }
    drain(&io, 2000);
    frame_io_free(&io);
    return 0;
}

static void flooding_mutes_the_flooder(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, "rate=10"); /* a burst of 500 */
    assert_int_equal(as_user(MALLORY, flood, NULL), 0);
    assert_true(hand_wait(&b, 0, SOON, "NOTICE|chat=uid-12347|text=*sends too much") >= 0);
    enter(&a, ALICE, NULL); /* meanwhile everybody else is heard */
    hand_say(&a, "send|uid-12346|a1|hello");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=a1") >= 0);
    assert_in_range(hand_count(&b, 0, "MESSAGE|chat=uid-12347"), 100, 600);
    assert_int_equal(hand_count(&b, 0, "NOTICE|chat=uid-12347"), 1);
    hand_say(&b, "block|uid-12347");
    assert_true(hand_wait(&b, 0, SOON, "CONTACT|address=uid-12347|flags=8") >= 0);
    leave(&a);
    leave(&b);
}

/* While the engine does not get on, little is taken in; then all goes on. */
static void a_slow_engine_is_not_filled(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, "rate=1000");
    hand_say(&b, "hold");
    assert_true(hand_wait(&b, 0, SOON, "RESULT|command=hold") >= 0);
    assert_int_equal(as_user(MALLORY, flood, NULL), 0);
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|h1|hello");
    assert_int_equal(hand_wait(&b, 0, 200, "MESSAGE|id=h1"), -1);
    assert_int_equal(hand_count(&b, 0, "MESSAGE"), LOCAL_MAX_UNCOMMITTED);
    hand_say(&b, "commit");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=h1") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=h1|delivery=3") >= 0);
    leave(&a);
    leave(&b);
}

/* Rubbish, too much of it, and silence, in a loop: as many connections as it gets. */
static int nuisance(const char *arg UNUSED)
{
    char *junk = xcalloc(1, 1 << 20);
    memset(junk, 0xee, 1 << 20);
    for (int i = 0; i < 200; i++) {
        struct frame_io io = {0};
        if (call_bob(i % 3 == 0, &io) < 0)
            continue;
        if (i % 3 == 1)
            put(&io, &(struct lp){.kind = LP_MESSAGE, .id = "early", .body = "no greeting"});
        frame_flush(&io);
        ssize_t n = send(io.fd, junk, 1 << 20, MSG_NOSIGNAL);
        if (i < 150 || n < 0)
            frame_io_free(&io); /* the last ones stay open and silent */
    }
    free(junk);
    return 0;
}

static void a_nuisance_hurts_nobody(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, NULL);
    assert_int_equal(as_user(MALLORY, nuisance, NULL), 0);
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|n1|hello");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=n1") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=early"), 0);
    assert_true(hand_count(&b, 0, "NOTICE") <= 2);
    leave(&a);
    leave(&b);
}

/* A file is only for whom it was offered to. */
static void nobody_can_steal(void **state UNUSED)
{
    struct hand a, b;
    struct err e = {0};
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    char *from = xasprintf("%s/state-12345/note.txt", top);
    assert_int_equal(path_write(from, "for bob", 7, &e), 0);
    assert_int_equal(chown(from, ALICE, ALICE), 0);
    hand_say(&a, "offer|uid-12346|%s|f1", from);
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=f1|file=note.txt") >= 0);
    assert_int_equal(as_user(MALLORY, steal, NULL), 0);
    free(from);
    leave(&a);
    leave(&b);
}

/* Says that live text may be sent to it, and waits for what bob types. 0: without; 1: with it. */
static int overhear(const char *arg UNUSED)
{
    struct frame_io io = {0};
    struct frame f;
    struct lp m;
    struct err e = {0};
    struct arena a = {0};
    int64_t end = clock_mono_ms() + SOON;
    if (call_bob(false, &io) < 0)
        return 2;
    put(&io, &(struct lp){.kind = LP_HELLO,
                          .number = LP_VERSION,
                          .id = "ear",
                          .show = 1,
                          .flags = LP_HELLO_LIVE});
    while (clock_mono_ms() < end && frame_flush(&io) >= 0 && frame_fill(&io) >= 0) {
        struct timespec nap = {0, 5000000};
        while (frame_next(&io, &f) == 1) {
            if (lp_get(f.kind, f.data, f.len, &a, &m, &e) == 0 && f.kind == LP_TYPING)
                return m.live != NULL;
        }
        nanosleep(&nap, NULL);
    }
    return 3;
}

static int what_is_overheard(const char *live)
{
    struct hand b;
    enter(&b, BOB, live);
    pid_t pid = begin_as(MALLORY, overhear, NULL);
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12347|show=1") >= 0);
    hand_say(&b, "typing|uid-12347|1|my secret");
    int heard = end_of(pid);
    leave(&b);
    return heard;
}

/* Both must allow live text: who does not want it sends none, whatever the other side says. */
static void nobody_can_read_what_is_typed(void **state UNUSED)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(what_is_overheard("live=false"), 0);
    assert_int_equal(what_is_overheard("live=true"), 1);
}

int main(int argc UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_can_forge, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(nobody_can_meddle_or_squat, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(flooding_mutes_the_flooder, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(a_slow_engine_is_not_filled, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(a_nuisance_hurts_nobody, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(nobody_can_steal, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(nobody_can_read_what_is_typed, raise_stage, clear_stage),
    };
    find_build(argv[0]);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(build);
    return rc;
}
