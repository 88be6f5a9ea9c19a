/* tests/conformance/users.c - local chat between real users of the machine: talking, and every
 * message exactly once */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"
#include "conformance/stage.h"

/* ---- talking ---- */

static void they_talk(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    hand_say(&a, "send|uid-12346|m1|hello\nthere");
    assert_true(hand_wait(&b, 0, SOON,
                          "MESSAGE|chat=uid-12345|sender=uid-12345|id=m1|body=hello\\nthere") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=m1|delivery=3|who=uid-12346") >= 0);
    hand_say(&b, "typing|uid-12345|1");
    assert_true(hand_wait(&a, 0, SOON, "TYPING|chat=uid-12346|state=1") >= 0);
    hand_say(&b, "read|uid-12345|m1");
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=m1|delivery=4|up_to=1") >= 0);
    hand_say(&a, "send|uid-12346|m2|hello here|2|m1"); /* KITH_SEND_EDIT */
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=m2|target=m1|body=hello here|flags=256") >= 0);
    hand_say(&a, "react|uid-12346|m1|m3|+1");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=m3|target=m1|reaction=+1|flags=512") >= 0);
    hand_say(&a, "presence|3|at lunch");
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12345|show=3|text=at lunch") >= 0);
    leave(&a);
    assert_true(hand_wait(&b, 0, SOON, "PRESENCE|address=uid-12345|show=0") >= 0);
    leave(&b);
}

static void it_waits_until_they_come(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|w1|for later");
    hand_say(&a, "send|uid-12346|w2|and this");
    hand_say(&a, "send|uid-12346|w1|for later|4"); /* KITH_SEND_RETRY of what still waits */
    assert_true(hand_wait(&a, 0, SOON, "RESULT|command=send|rc=0") >= 0);
    assert_int_equal(hand_count(&a, 0, "RECEIPT"), 0);
    enter(&b, BOB, NULL);
    int first = hand_wait(&b, 0, SOON, "MESSAGE|id=w1"),
        second = hand_wait(&b, 0, SOON, "MESSAGE|id=w2");
    assert_true(first >= 0 && second > first);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=w2|delivery=3") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE"), 2);
    leave(&a);
    leave(&b);
}

static void rooms(void **state UNUSED)
{
    struct hand a, b, c;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    enter(&c, MALLORY, NULL);
    assert_true(hand_wait(&a, 0, SOON, "PRESENCE|address=uid-12347|show=1") >= 0);
    hand_say(&a, "join|#Lobby");
    hand_say(&b, "join|#lobby");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12346") >= 0);
    hand_say(&a, "topic|#lobby|tea");
    assert_true(hand_wait(&b, 0, SOON, "CHAT|address=#lobby|topic=tea|topic_by=uid-12345") >= 0);
    hand_say(&a, "send|#lobby|r1|to all");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|chat=#lobby|sender=#lobby/uid-12345|id=r1") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|chat=#lobby|id=r1|delivery=2") >= 0);
    hand_say(&a, "invite|#lobby|uid-12347|come");
    int ask = hand_wait(&c, 0, SOON, "ASK|kind=5|subject=uid-12345");
    assert_true(ask >= 0);
    char *number = hand_value(&c, ask, "ask");
    hand_say(&c, "answer|%s|join", number);
    free(number);
    assert_true(hand_wait(&a, 0, SOON, "MEMBER|chat=#lobby|nick=uid-12347") >= 0);
    assert_true(hand_wait(&c, 0, SOON, "CHAT|address=#lobby|topic=tea") >=
                0); /* told by who is in it */
    hand_say(&b, "leave|#lobby|bye");
    assert_true(hand_wait(&a, 0, SOON, "MEMBER_GONE|chat=#lobby|nick=uid-12346|how=1|text=bye") >=
                0);
    hand_say(&a, "send|#lobby|r2|to the rest");
    assert_true(hand_wait(&c, 0, SOON, "MESSAGE|id=r2") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=r2|delivery=2") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=r2"), 0);
    hand_say(&c, "list");
    assert_true(hand_wait(&c, 0, SOON, "ITEM|address=#lobby|number=2") >= 0);
    leave(&a);
    assert_true(hand_wait(&c, 0, SOON, "MEMBER_GONE|chat=#lobby|nick=uid-12345|how=2") >= 0);
    leave(&b);
    leave(&c);
}

static void files(void **state UNUSED)
{
    struct hand a, b;
    struct buf got = {0};
    struct err e = {0};
    struct stat st;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    char *from = xasprintf("%s/state-12345/note.txt", top),
         *to = xasprintf("%s/state-12346/got", top);
    char *big = xcalloc(1, 700001);
    memset(big, 'k', 700000);
    assert_int_equal(path_write(from, big, 700000, &e), 0);
    assert_int_equal(chown(from, ALICE, ALICE), 0); /* 0600: bob could not open it */
    hand_say(&a, "offer|uid-12346|%s|f1", from);
    int offer = hand_wait(&b, 0, SOON, "MESSAGE|id=f1|file=note.txt|bytes=700000");
    assert_true(offer >= 0);
    char *id = hand_value(&b, offer, "attachment");
    hand_say(&b, "accept|%s|%s", id, to);
    assert_true(hand_wait(&b, 0, SOON, "REPLY|req=1|err=0") >= 0);
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=1|err=0") >= 0);
    assert_int_equal(stat(to, &st), 0);
    assert_int_equal(st.st_size, 700000);
    assert_int_equal(path_read(to, 1 << 20, &got, &e), 0);
    assert_memory_equal(got.data, big, 700000);
    hand_say(&a, "offer|uid-12346|%s|f2", from);
    offer = hand_wait(&b, 0, SOON, "MESSAGE|id=f2");
    hand_say(&b, "decline|12345/f2");
    assert_true(hand_wait(&a, 0, SOON, "REPLY|req=2|err=-9") >= 0);
    hand_say(&a, "offer|uid-12346|/dev/zero|f3"); /* no plain file */
    assert_true(hand_wait(&a, 0, SOON, "RESULT|command=offer|rc=-1") >= 0);
    free(id);
    free(big);
    free(from);
    free(to);
    buf_free(&got);
    leave(&a);
    leave(&b);
}

static void live_text_needs_both(void **state UNUSED)
{
    struct hand a, b, c;
    if (geteuid() != 0)
        skip();
    enter(&a, ALICE, "live=true");
    enter(&b, BOB, "live=true");
    enter(&c, MALLORY, NULL);
    assert_true(hand_wait(&a, 0, SOON, "PRESENCE|address=uid-12347") >= 0);
    hand_say(&a, "typing|uid-12346|1|hel");
    assert_true(hand_wait(&b, 0, SOON, "TYPING|chat=uid-12345|live=hel") >= 0);
    hand_say(&a, "typing|uid-12347|1|hel");
    int at = hand_wait(&c, 0, SOON, "TYPING|chat=uid-12345");
    assert_true(at >= 0);
    char *live = hand_value(&c, at, "live");
    assert_null(live);
    leave(&a);
    leave(&b);
    leave(&c);
}

/* ---- exactly once ---- */

/* Both ends die again and again; whoever comes back sends what was not confirmed. */
static void exactly_once_over_kill(void **state UNUSED)
{
    enum { ALL = 400, ROUND = 100 };
    struct hand a, b;
    int confirmed[ALL] = {0};
    size_t got = 0;
    char words[64];
    if (geteuid() != 0)
        skip();
    char **order = xcalloc(ALL * 2, sizeof *order);
    for (int round = 0; round < ALL / ROUND + 2; round++) {
        int upto = MIN((round + 1) * ROUND, ALL);
        enter(&a, ALICE, NULL);
        enter(&b, BOB, NULL);
        for (int i = 0; i < upto; i++) {
            if (!confirmed[i])
                hand_say(&a, "send|uid-12346|k%d|number %d|4", i, i);
        }
        snprintf(words, sizeof words, "MESSAGE|id=k%d",
                 round < ALL / ROUND ? upto - ROUND / 2 : ALL - 1);
        hand_wait(&b, 0, round < ALL / ROUND ? SOON : 500, words);
        if (round >= ALL / ROUND)
            hand_wait(&a, 0, 500, "RECEIPT|id=k399|delivery=3");
        if (round % 2)
            hand_kill(&b);
        hand_kill(&a);
        if (!(round % 2))
            hand_kill(&b);
        for (int i = 0; i < ALL; i++) {
            snprintf(words, sizeof words, "RECEIPT|id=k%d|delivery=3", i);
            confirmed[i] |= hand_count(&a, 0, words) > 0;
        }
        /* The engine's part: what was told before a kill is stored, by (chat, sender, id). */
        for (size_t i = 0; i < b.n; i++) {
            char *id = str_starts(b.lines[i], "MESSAGE") ? hand_value(&b, (int)i, "id") : NULL;
            bool known = false;
            for (size_t k = 0; id && k < got; k++)
                known = known || str_eq(order[k], id);
            if (id && !known && got < (size_t)ALL * 2)
                order[got++] = xstrdup(id);
            free(id);
        }
        hand_free(&a);
        hand_free(&b);
    }
    assert_int_equal(got, ALL);
    for (int i = 0; i < ALL; i++) {
        snprintf(words, sizeof words, "k%d", i);
        assert_string_equal(order[i], words);
        assert_true(confirmed[i]);
        free(order[i]);
    }
    free(order);
}

/* Confirmed only when it is on disk; sent again after a crash it is shown once. */
static void confirmed_when_on_disk(void **state UNUSED)
{
    struct hand a, b;
    if (geteuid() != 0)
        skip();
    meet(&a, &b);
    hand_say(&b, "hold");
    hand_wait(&b, 0, SOON, "RESULT|command=hold");
    hand_say(&a, "send|uid-12346|d1|held");
    assert_true(hand_wait(&b, 0, SOON, "MESSAGE|id=d1") >= 0);
    assert_int_equal(hand_wait(&a, 0, 100, "RECEIPT|id=d1|delivery=3"), -1);
    hand_kill(&a);
    hand_free(&a);
    enter(&a, ALICE, NULL);
    hand_say(&a, "send|uid-12346|d1|held|4");
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=1") >= 0);
    assert_int_equal(hand_wait(&a, 0, 100, "RECEIPT|id=d1|delivery=3"), -1);
    hand_say(&b, "read|uid-12345|d1"); /* on the screen, and not on disk */
    assert_true(hand_wait(&b, 0, SOON, "RESULT|command=read|rc=0") >= 0);
    assert_int_equal(hand_wait(&a, 0, 100, "RECEIPT|id=d1|delivery=4"), -1);
    hand_say(&b, "commit");
    int has = hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=3");
    assert_true(has >= 0 && hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=4") > has);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=d1"), 1);
    hand_kill(&a);
    hand_kill(&b);
    hand_free(&a);
    hand_free(&b);
    meet(&a, &b);
    hand_say(&a, "send|uid-12346|d1|held|4"); /* the confirmation was lost with alice */
    assert_true(hand_wait(&a, 0, SOON, "RECEIPT|id=d1|delivery=3") >= 0);
    assert_int_equal(hand_count(&b, 0, "MESSAGE|id=d1"), 0);
    leave(&a);
    leave(&b);
}

int main(int argc UNUSED, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_talk, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(it_waits_until_they_come, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(rooms, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(files, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(live_text_needs_both, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(exactly_once_over_kill, raise_stage, clear_stage),
        cmocka_unit_test_setup_teardown(confirmed_when_on_disk, raise_stage, clear_stage),
    };
    find_build(argv[0]);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    free(build);
    return rc;
}
