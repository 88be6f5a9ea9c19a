/* tests/conformance/rooms.c - rooms of local chat: what newcomers are given, who may say what, and
 * members that are stuck */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "backends/local/local.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "conformance/host.h"
#include "conformance/stage.h"

static void join(struct hand *p, const char *room)
{
    hand_say(p, "join|%s", room);
    assert_true(hand_wait(p, 0, SOON, "RESULT|command=join|rc=0") >= 0);
}

/* Alice and bob in #lobby, each sees the other there. */
static void gather(struct hand *a, struct hand *b)
{
    meet(a, b);
    join(a, "#lobby");
    join(b, "#lobby");
    assert_true(hand_wait(a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12346") >= 0);
    assert_true(hand_wait(b, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12345") >= 0);
}

static void say(struct hand *p, struct hand *hears, const char *id, const char *body)
{
    char *words = xasprintf("MESSAGE|chat=#lobby|id=%s", id);
    hand_say(p, "send|#lobby|%s|%s", id, body);
    assert_true(hand_wait(hears, 0, SOON, words) >= 0);
    free(words);
}

/* What was said before carol came, by those who said it, as it reads now. */
static void newcomers_are_given_the_past(void **state UNUSED)
{
    struct hand a, b, c;
    if (geteuid() != 0)
        skip();
    gather(&a, &b);
    say(&a, &b, "a1", "first");
    say(&b, &a, "b1", "second");
    say(&a, &b, "a2", "the password is x");
    say(&a, &b, "a3", "a tyop");
    hand_say(&a, "retract|#lobby|a2|oops|a4");
    hand_say(&a, "send|#lobby|a5|a typo|2|a3");
    hand_say(&a, "react|#lobby|b1|a6|+1");
    hand_say(&a, "react|#lobby|b1|a7|-1");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=a7") >= 0);
    enter(&c, MALLORY, NULL);
    assert_true(hand_wait(&c, 0, SOON, "PRESENCE|address=uid-12345|show=1") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "PRESENCE|address=uid-12346|show=1") >= 0);
    join(&c, "#lobby");
    assert_true(
        hand_wait(&c, 0, SOON, "MESSAGE|id=a1|body=first|sender=#lobby/uid-12345|flags=4") >= 0);
    assert_true(
        hand_wait(&c, 0, SOON, "MESSAGE|id=b1|body=second|sender=#lobby/uid-12346|flags=4") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "MESSAGE|id=a3|body=a typo|flags=4") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "MESSAGE|id=a5|target=a3|flags=260") >= 0);
    int react = hand_wait(&c, 0, SOON, "MESSAGE|id=a7|target=b1|reaction=-1|flags=516");
    assert_true(react > hand_wait(&c, 0, 0, "MESSAGE|id=b1")); /* whoever was quicker */
    assert_int_equal(hand_count(&c, 0, "MESSAGE|body=*password"), 0);
    assert_int_equal(hand_count(&c, 0, "MESSAGE|body=*tyop"), 0);
    assert_int_equal(hand_count(&c, 0, "MESSAGE|id=a6"), 0); /* an older set of reactions */
    assert_int_equal(hand_count(&c, 0, "MESSAGE|id=a1"), 1);
    say(&c, &a, "c1", "hello all");
    assert_int_equal(hand_count(&a, 0, "MESSAGE|id=b1"), 1); /* nobody else is told again */
    assert_int_equal(hand_count(&a, 0, "RECEIPT|id=a1|delivery=3"), 0);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* Until the state directory holds it. */
static bool kept(uid_t uid, const char *what)
{
    int64_t end = clock_mono_ms() + SOON;
    char *path = xasprintf("%s/state-%u/said-#lobby", top, (unsigned)uid);
    bool found = false;
    while (!found && clock_mono_ms() < end) {
        struct buf b = {0};
        struct err e = {0};
        struct timespec nap = {0, 10000000};
        found = path_read(path, 1 << 20, &b, &e) == 0 && b.len &&
                memmem(b.data, b.len, what, strlen(what));
        buf_free(&b);
        nanosleep(&nap, NULL);
    }
    free(path);
    return found;
}

/* Who was away is given what they missed, and a killed kith remembers what it said. */
static void the_past_survives(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    gather(&a, &b);
    say(&a, &b, "a1", "before");
    leave(&b);
    hand_say(&a, "send|#lobby|a2|while bob was away");
    assert_true(kept(ALICE, "while bob was away"));
    hand_kill(&a);
    hand_free(&a);
    enter(&b, BOB, NULL);
    join(&b, "#lobby");
    enter(&a, ALICE, NULL);
    join(&a, "#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12346") >= 0);
    leave(&b);
    enter(&b, BOB, NULL);
    join(&b, "#lobby");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=a2|body=while bob was away|flags=4") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=a1"), 0); /* it has come before */
    leave(&a);
    leave(&b);
}

static void who_wants_none_has_none(void **state UNUSED)
{
    struct hand a, b, c;
    if (geteuid() != 0)
        skip();
    enter(&a, ALICE, "history=0");
    enter(&b, BOB, "history=2");
    join(&a, "#lobby");
    join(&b, "#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12346") >= 0);
    assert_true(hand_wait(&b, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12345") >= 0);
    say(&a, &b, "a1", "not for later");
    say(&b, &a, "b1", "one");
    say(&b, &a, "b2", "two");
    say(&b, &a, "b3", "three");
    enter(&c, MALLORY, NULL);
    assert_true(hand_wait(&c, 0, SOON, "PRESENCE|address=uid-12345|show=1") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "PRESENCE|address=uid-12346|show=1") >= 0);
    join(&c, "#lobby");
    assert_true(hand_wait(&c, 0, SOON, "MESSAGE|id=b3|flags=4") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12347") >= 0);
    say(&a, &c, "a2", "now");
    assert_int_equal(hand_count(&c, 0, "MESSAGE"), 3); /* b2, b3, a2 */
    say(&c, &a, "c1", "kept by carol");
    hand_say(&a, "leave|#lobby");
    assert_true(hand_wait(&c, 0, SOON, "MEMBER_GONE|chat=#lobby|nick=uid-12345") >= 0);
    hand_say(&a, "join|#lobby");
    assert_true(hand_wait(&c, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12345|role=2|flags=0") >= 0);
    say(&a, &c, "a3", "back");
    assert_int_equal(hand_count(&a, 0, "MESSAGE|flags=4"), 0);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* ---- strangers ---- */

static int call_bob(struct frame_io *io)
{
    char *sock = xasprintf("%s/meet/kith-local-%u/sock", top, (unsigned)BOB);
    struct err e = {0};
    int fd = dir_connect(sock, BOB, &e);
    free(sock);
    if (fd >= 0)
        frame_io_init(io, fd, LP_FRAME_MAX);
    return fd;
}

static void put(struct frame_io *io, const struct lp *m)
{
    struct buf b = {0};
    lp_put(&b, m);
    frame_put(io, m->kind, b.data, b.len);
    buf_free(&b);
}

/* Reads until a frame of this kind came (1), the end (0), or the time is over (0). Counts history.
 */
static int read_until(struct frame_io *io, uint16_t kind, const char *id, int *history)
{
    int64_t end = clock_mono_ms() + 5000;
    struct arena a = {0};
    int found = 0;
    while (!found && clock_mono_ms() < end && frame_flush(io) >= 0 && frame_fill(io) >= 0) {
        struct frame f;
        struct lp m;
        struct err e = {0};
        struct timespec nap = {0, 2000000};
        while (!found && frame_next(io, &f) == 1) {
            if (lp_get(f.kind, f.data, f.len, &a, &m, &e) != 0)
                continue;
            *history += f.kind == LP_MESSAGE && (m.flags & KITH_MSG_HISTORY);
            found = f.kind == kind && str_eq(m.id, id) && !(kind == LP_FILE && m.room);
        }
        nanosleep(&nap, NULL);
    }
    arena_free(&a);
    return found;
}

/* A kith from before history: it asks for none, and is given none. It may say what it likes of the
 * past: that is news all the same. */
static int old_kith(const char *arg UNUSED)
{
    struct frame_io io = {0};
    int history = 0;
    if (call_bob(&io) < 0)
        return 1;
    put(&io, &(struct lp){.kind = LP_HELLO, .number = LP_VERSION, .id = "old", .show = 1});
    put(&io, &(struct lp){.kind = LP_JOIN, .room = "#lobby"});
    if (!read_until(&io, LP_FILE, "f1", &history)) /* offered to it alone, as it knows it */
        return 5;
    put(&io, &(struct lp){.kind = LP_ACK, .id = "f1"});
    put(&io, &(struct lp){.kind = 99}); /* and something that nobody knows */
    put(&io, &(struct lp){.kind = LP_MESSAGE, .id = "o1", .room = "#lobby", .body = "hello"});
    if (!read_until(&io, LP_ACK, "o1", &history))
        return 2;
    put(&io, &(struct lp){.kind = LP_MESSAGE,
                          .id = "o2",
                          .body = "bob said so",
                          .flags = KITH_MSG_HISTORY,
                          .name = "uid-12345"});
    if (!read_until(&io, LP_ACK, "o2", &history))
        return 3;
    frame_io_free(&io);
    return history ? 4 : 0;
}

/* Says more of the past than was asked for, and of what others said. */
static int liar(const char *arg UNUSED)
{
    struct frame_io io = {0};
    int history = 0;
    char id[16];
    if (call_bob(&io) < 0)
        return 1;
    put(&io, &(struct lp){.kind = LP_HELLO, .number = LP_VERSION, .id = "liar", .show = 1});
    put(&io, &(struct lp){.kind = LP_JOIN, .room = "#lobby", .flags = 1});
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, "l%d", i);
        put(&io, &(struct lp){.kind = LP_MESSAGE,
                              .id = id,
                              .room = "#lobby",
                              .body = "it was alice",
                              .flags = KITH_MSG_HISTORY,
                              .time = 1000,
                              .name = "uid-12345",
                              .reply_sender = "#lobby/uid-12345"});
    }
    put(&io, &(struct lp){.kind = LP_MESSAGE,
                          .id = "l9",
                          .room = "#lobby",
                          .target = "a1",
                          .body = "I owe you 100",
                          .flags = KITH_MSG_HISTORY | KITH_MSG_EDIT | KITH_MSG_OUTGOING |
                                   KITH_MSG_MODERATED});
    return read_until(&io, LP_ACK, "l9", &history) ? 0 : 2;
}

static void nobody_tells_for_others(void **state UNUSED)
{
    struct hand b;
    if (geteuid() != 0)
        skip();
    enter(&b, BOB, "history=3");
    join(&b, "#lobby");
    hand_say(&b, "send|#lobby|b1|said before");
    pid_t pid = begin_as(MALLORY, old_kith, NULL);
    assert_true(hand_wait(&b, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12347") >= 0);
    hand_say(&b, "offer|#lobby|/etc/hostname|f1");
    assert_int_equal(end_of(pid), 0);
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=o2|sender=uid-12347|flags=0") >= 0);
    assert_int_equal(as_user(MALLORY, liar, NULL), 0);
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=l9|sender=#lobby/uid-12347|flags=256") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|sender=#lobby/uid-12345"), 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|sender_id=uid-12347|flags=6"), 3); /* of 5 */
    assert_int_equal(hand_count(&b, 0, "MESSAGE|body=it was alice|flags=2"), 2);
    leave(&b);
}

/* ---- files ---- */

static void offer(struct hand *p, const char *room, const char *id)
{
    char *from = xasprintf("%s/state-12345/note.txt", top);
    struct err e = {0};
    assert_int_equal(path_write(from, "for all", 7, &e), 0);
    assert_int_equal(chown(from, ALICE, ALICE), 0);
    hand_say(p, "offer|%s|%s|%s", room, from, id);
    free(from);
}

/* Whoever is there may have it; it went well when somebody took it. */
static void files_for_all(void **state UNUSED)
{
    struct hand a, b, c;
    struct buf got = {0};
    struct err e = {0};
    if (geteuid() != 0)
        skip();
    gather(&a, &b);
    enter(&c, MALLORY, NULL);
    assert_true(hand_wait(&c, 0, SOON, "PRESENCE|address=uid-12345|show=1") >= 0);
    join(&c, "#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12347") >= 0);
    offer(&a, "#lobby", "f1");
    static const char words[] = "MESSAGE|chat=#lobby|sender=#lobby/uid-12345|id=f1|file=note.txt|"
                                "attachment=12345/f1";
    assert_true(hand_wait(&b, 0, SOON, words) >= 0);
    assert_true(hand_wait(&c, 0, SOON, words) >= 0);
    char *to = xasprintf("%s/state-12346/got", top);
    hand_say(&b, "accept|12345/f1|%s", to);
    assert_true(hand_wait(&b, 0, SOON, "REPLY|req=2|err=0") >= 0);
    assert_int_equal(path_read(to, 1 << 10, &got, &e), 0);
    assert_memory_equal(got.data, "for all", 7);
    assert_int_equal(hand_count(&a, 0, "REPLY|req=2"), 0); /* carol may still want it */
    hand_say(&c, "decline|12345/f1");
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=2|err=0") >= 0);
    offer(&a, "#lobby", "f2");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=f2") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "MESSAGE|id=f2") >= 0);
    hand_say(&b, "decline|12345/f2");
    hand_say(&c, "leave|#lobby");
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=3|err=-9|text=nobody took it") >= 0);
    hand_say(&b, "leave|#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER_GONE|nick=uid-12346") >= 0);
    offer(&a, "#lobby", "f3");
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=4|err=-2|text=nobody else is in the room") >= 0);
    offer(&a, "#nowhere", "f4");
    assert_true(hand_wait(&a, 0, SOON, "RESULT|command=offer|rc=-10") >= 0);
    hand_say(&b, "accept|12345/f2|%s", to);
    assert_true(hand_wait(&b, 0, SOON, "REPLY|err=-10|text=it is offered no longer") >= 0);
    free(to);
    buf_free(&got);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* ---- a member that is stuck ---- */

/* Waits for a line of p while what q says is read and forgotten. */
static bool wait_while(struct hand *p, struct hand *q, const char *words)
{
    int64_t end = clock_mono_ms() + SOON * 3;
    bool found = false;
    while (!found && clock_mono_ms() < end) {
        hand_pump(q, 5);
        hand_forget(q);
        found = hand_wait(p, 0, 5, words) >= 0;
    }
    return found;
}

static void a_stuck_member_is_told_of(void **state UNUSED)
{
    enum { BYTES = 250000, ALL = LOCAL_MAX_WAITING_BYTES / BYTES + 8 };
    struct hand a, b, c;
    char words[64];
    if (geteuid() != 0)
        skip();
    enter(&a, ALICE, NULL);
    enter(&b, BOB, "rate=1000000");
    enter(&c, MALLORY, "rate=1000000");
    join(&a, "#lobby");
    join(&b, "#lobby");
    join(&c, "#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12346") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12347") >= 0);
    say(&a, &c, "s0", "all are here");
    kill(c.pid, SIGSTOP);
    char *big = xcalloc(1, BYTES + 1);
    memset(big, 'k', BYTES);
    for (int i = 1; i <= ALL; i++) {
        hand_say(&a, "send|#lobby|s%d|%s", i, big);
        snprintf(words, sizeof words, "MESSAGE|id=s%d", i);
        assert_true(hand_wait(&b, 0, SOON, words) >= 0); /* the others go on */
        hand_forget(&b);
        hand_pump(&a, 0);
    }
    snprintf(words, sizeof words, "RECEIPT|id=s%d|delivery=1", ALL);
    assert_true(hand_wait(&a, 0, SOON, words) >= 0);
    assert_int_equal(hand_count(&a, 0, "NOTICE|chat=#lobby|text=uid-12347 takes no messages*"), 1);
    kill(c.pid, SIGCONT);
    assert_true(wait_while(&a, &c, "RECEIPT|id=s1|delivery=2"));
    snprintf(words, sizeof words, "RECEIPT|id=s%d|delivery=2", ALL);
    assert_int_equal(hand_count(&a, 0, words), 0); /* carol does not have it */
    hand_say(&a, "send|#lobby|end|all together again");
    assert_true(wait_while(&a, &c, "RECEIPT|id=end|delivery=2"));
    free(big);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* ---- exactly once ---- */

static void change(struct hand *p, int i)
{
    switch (i % 4) {
    case 0:
        hand_say(p, "send|uid-12346|k%d|number %d|4", i, i);
        break;
    case 1:
        hand_say(p, "send|uid-12346|k%d|edited %d|6|k%d", i, i, i - 1);
        break;
    case 2:
        hand_say(p, "react|uid-12346|k%d|k%d|+%d", i - 2, i, i);
        break;
    default:
        hand_say(p, "retract|uid-12346|k%d|why|k%d", i - 3, i);
    }
}

/* Messages, edits, reactions and withdrawals while both ends die again and again. */
static void changes_arrive_once_over_kill(void **state UNUSED)
{
    enum { ALL = 200, ROUND = 40, ROUNDS = ALL / ROUND + 2 };
    static const char *const kinds[] = {"flags=0", "flags=256", "flags=512", "flags=128"};
    struct hand a, b;
    bool confirmed[ALL] = {0};
    int got = 0;
    char words[64];
    if (geteuid() != 0)
        skip();
    for (int round = 0; round < ROUNDS; round++) {
        int upto = MIN((round + 1) * ROUND, ALL);
        bool last = round >= ALL / ROUND;
        enter(&a, ALICE, NULL);
        enter(&b, BOB, NULL);
        for (int i = 0; i < upto; i++) {
            if (!confirmed[i])
                change(&a, i);
        }
        snprintf(words, sizeof words, "MESSAGE|id=k%d", last ? ALL - 1 : upto - ROUND / 2);
        hand_wait(&b, 0, last ? 500 : SOON, words);
        hand_wait(&a, 0, last ? 500 : 0, "RECEIPT|id=k199|delivery=3");
        hand_kill(round % 2 ? &b : &a);
        hand_kill(round % 2 ? &a : &b);
        for (int i = 0; i < ALL; i++) {
            snprintf(words, sizeof words, "RECEIPT|id=k%d|delivery=3", i);
            confirmed[i] = confirmed[i] || hand_count(&a, 0, words) > 0;
        }
        /* What came again is known by its id; anything new is the next. */
        for (size_t i = 0; i < b.n; i++) {
            char *id = str_starts(b.lines[i], "MESSAGE") ? hand_value(&b, (int)i, "id") : NULL;
            int n = id ? (int)strtol(id + 1, NULL, 10) : -1;
            if (id) {
                assert_in_range(n, 0, got);
                assert_true(rec_matches(b.lines[i], kinds[n % 4]));
                got = MAX(got, n + 1);
            }
            free(id);
        }
        hand_free(&a);
        hand_free(&b);
    }
    assert_int_equal(got, ALL);
    for (int i = 0; i < ALL; i++)
        assert_true(confirmed[i]);
}

int main(int argc UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(newcomers_are_given_the_past, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(the_past_survives, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(who_wants_none_has_none, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(nobody_tells_for_others, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(files_for_all, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(a_stuck_member_is_told_of, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(changes_arrive_once_over_kill, raise_stage, clear_stage),
    };
    find_build(argv[0]);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(build);
    return rc;
}
