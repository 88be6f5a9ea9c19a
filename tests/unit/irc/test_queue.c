/* unit/irc/test_queue.c - what waits in the bucket and is told of, what goes first, what is taken back; lag */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../leftover.h"
#include "rig.h"

#include "base/mem.h"

static int say(struct rig *r, const char *id, const char *body)
{
    struct kith_send m = {.size = sizeof m, .chat = "bob", .body = body, .id = id};
    return irc_op_send(r->irc, &m);
}

static void say_lines(struct rig *r, int n)
{
    for (int k = 1; k <= n; k++) {
        char id[16], body[32];
        snprintf(id, sizeof id, "m%d", k);
        snprintf(body, sizeof body, "line %d", k);
        assert_int_equal(say(r, id, body), KITH_OK);
    }
}

static void what_waits_is_told(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "echo-message labeled-response batch", NULL);
    rig_pass(&r, 60000); /* whatever it cost to come in */
    (void)rig_sent(&r);
    (void)rig_events(&r);
    say_lines(&r, 8);
    rig_has(rig_sent(&r), "line 5\r\n");
    const char *told = rig_events(&r);
    rig_has(told, "LINK waiting=1 wait=2000 lag=");
    rig_has(told, "LINK waiting=3 wait=6000 lag=");
    rig_pass(&r, 2000);
    rig_has(rig_sent(&r), "line 6\r\n");
    rig_has(rig_events(&r), "LINK waiting=2 wait=4000");
    rig_pass(&r, 4000);
    rig_has(rig_events(&r), "LINK waiting=0 wait=0");
    rig_stop(&r);
    (void)state;
}

static void questions_of_our_own_wait_behind_words(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    rig_pass(&r, 60000);
    say_lines(&r, 5);
    (void)rig_sent(&r);
    (void)rig_events(&r);
    irc_say(r.irc, PRIO_QUERY, "WHO", "#a", NULL);
    assert_string_equal(rig_events(&r), ""); /* nobody waits for that */
    say(&r, "x", "words");
    rig_line(&r, "PING :now");
    rig_has(rig_sent(&r), "PONG now\r\n");
    rig_pass(&r, 2000);
    const char *sent = rig_sent(&r);
    rig_has(sent, "words");
    rig_lacks(sent, "WHO");
    rig_pass(&r, 2000);
    rig_has(rig_sent(&r), "WHO");
    rig_stop(&r);
    (void)state;
}

static void what_has_not_left_can_be_taken_back(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    rig_pass(&r, 60000);
    say_lines(&r, 7);
    (void)rig_events(&r);
    assert_int_equal(irc_op_unsend(r.irc, "bob", "m5"), KITH_ENOTFOUND); /* it has left */
    assert_int_equal(irc_op_unsend(r.irc, "carol", "m6"), KITH_ENOTFOUND);
    assert_int_equal(irc_op_unsend(r.irc, NULL, NULL), KITH_ENOTFOUND);
    assert_int_equal(irc_op_unsend(r.irc, "Bob", "m6"), KITH_OK);
    const char *told = rig_events(&r);
    rig_has(told, "RECEIPT FAILED chat=bob id=m6");
    rig_has(told, "LINK waiting=1 wait=2000");
    rig_lacks(told, "REPLY");
    (void)rig_sent(&r);
    rig_pass(&r, 2000);
    rig_has(rig_sent(&r), "line 7");
    assert_int_equal(irc_op_unsend(r.irc, "bob", "m6"), KITH_ENOTFOUND);
    rig_stop(&r);
    (void)state;
}

static void a_long_one_goes_as_a_whole_or_not_at_all(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "batch message-tags echo-message labeled-response draft/multiline=max-bytes=4096,max-lines=50", NULL);
    rig_pass(&r, 60000);
    say_lines(&r, 5);
    say(&r, "long", "one\ntwo\nthree");
    say(&r, "after", "behind it");
    (void)rig_sent(&r);
    (void)rig_events(&r);
    assert_int_equal(irc_op_unsend(r.irc, "bob", "long"), KITH_OK);
    rig_has(rig_events(&r), "RECEIPT FAILED chat=bob id=long");
    rig_pass(&r, 20000);
    const char *sent = rig_sent(&r);
    rig_lacks(sent, "BATCH");
    rig_lacks(sent, "two");
    rig_has(sent, "behind it");
    rig_stop(&r);
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    rig_pass(&r, 60000);
    say_lines(&r, 4);
    say(&r, "parts", "one\ntwo");
    assert_int_equal(irc_op_unsend(r.irc, "bob", "parts"), KITH_ENOTFOUND); /* half of it has left */
    rig_stop(&r);
    (void)state;
}

/* ---- lag ---- */

static void a_ping_a_minute_measures(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    (void)rig_events(&r);
    for (int k = 0; k < 7; k++) { /* they talk all the time */
        rig_pass(&r, 10000);
        rig_line(&r, ":bob!b@c PRIVMSG #x :words");
    }
    rig_has(rig_sent(&r), "PING kith-lag\r\n");
    rig_line(&r, ":irc.test PONG irc.test :kith-lag");
    rig_has(rig_events(&r), "lag=10000");
    rig_pass(&r, IRC_LAG_MS - 1000);
    rig_lacks(rig_sent(&r), "PING");
    rig_pass(&r, 1000);
    rig_has(rig_sent(&r), "PING kith-lag\r\n");
    rig_pass(&r, 80);
    rig_line(&r, ":irc.test PONG irc.test :kith-lag");
    rig_has(rig_events(&r), "LINK waiting=0 wait=0 lag=80");
    rig_pass(&r, IRC_LAG_MS);
    rig_pass(&r, 95);
    rig_line(&r, ":irc.test PONG irc.test :kith-lag");
    rig_lacks(rig_events(&r), "LINK"); /* that is the same */
    rig_line(&r, ":irc.test PONG irc.test :kith-lag");
    rig_lacks(rig_events(&r), "LINK"); /* nobody asked */
    rig_stop(&r);
    (void)state;
}

static void lag_grows_while_an_answer_is_owed(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    rig_pass(&r, IRC_LAG_MS - 20000); /* so long ago it came in */
    rig_has(rig_sent(&r), "PING kith-lag\r\n");
    (void)rig_events(&r);
    rig_pass(&r, 5000);
    rig_has(rig_events(&r), "lag=5000");
    rig_line(&r, ":bob!b@c PRIVMSG alice :I am alive"); /* the connection is */
    rig_pass(&r, 5000);
    rig_has(rig_events(&r), "lag=10000");
    rig_pass(&r, 40000);
    rig_has(rig_events(&r), "lag=40000");
    rig_pass(&r, 160000); /* and now it is not */
    rig_has(rig_events(&r), "STATE 0 err=-8");
    rig_stop(&r);
    (void)state;
}

static void answers_to_messages_measure_too(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "echo-message labeled-response batch", NULL);
    say(&r, "m1", "hello");
    (void)rig_events(&r);
    rig_pass(&r, 300);
    rig_line(&r, "@label=k1 :alice!a@b PRIVMSG bob :hello");
    rig_has(rig_events(&r), "lag=300");
    rig_stop(&r);
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    say(&r, "m1", "hello");
    (void)rig_events(&r);
    rig_pass(&r, 400);
    rig_line(&r, ":irc.test PONG irc.test :kith-f1");
    rig_has(rig_events(&r), "lag=400");
    rig_stop(&r);
    (void)state;
}

static int swallow(void *user, const char *data, size_t len)
{
    (void)user;
    (void)data;
    (void)len;
    return 0;
}

static void a_password_leaves_nothing_behind(void **state)
{
    static const char *const options[] = {"fast=true", "send_encoding=koi8-r"};
    char value[200];
    for (size_t k = 0; k < COUNT(options); k++) {
        struct rig r;
        rig_start(&r, options[k], NULL);
        rig_online(&r, NULL, NULL);
        r.irc->io.write = swallow;
        for (size_t n = 0; n < sizeof value - 1; n++)
            value[n] = leftover_byte(n);
        value[sizeof value - 1] = '\0';
        assert_true(irc_say(r.irc, PRIO_NOW, "PASS", value, NULL));
        assert_false(leftover());
        rig_stop(&r);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_leaves_nothing_behind),
        cmocka_unit_test(what_waits_is_told),
        cmocka_unit_test(questions_of_our_own_wait_behind_words),
        cmocka_unit_test(what_has_not_left_can_be_taken_back),
        cmocka_unit_test(a_long_one_goes_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_ping_a_minute_measures),
        cmocka_unit_test(lag_grows_while_an_answer_is_owed),
        cmocka_unit_test(answers_to_messages_measure_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
