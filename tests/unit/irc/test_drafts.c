/* unit/irc/test_drafts.c - younger capabilities: ISUPPORT and AWAY before the welcome, marks of bots; and being told to slow down */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static void what_the_server_is_like_is_known_before_the_welcome(void **state)
{
    struct rig r;
    rig_start(&r, "join=#A[", NULL);
    rig_connect(&r);
    rig_line(&r, "CAP * LS :batch draft/extended-isupport");
    rig_sent(&r);
    rig_line(&r, "CAP * ACK :batch draft/extended-isupport");
    assert_string_equal(rig_sent(&r), "ISUPPORT\r\nCAP END\r\n");
    rig_line(&r, ":s BATCH +i draft/isupport");
    rig_line(&r, "@batch=i :s 005 * CASEMAPPING=ascii NICKLEN=9 MONITOR=100 :are supported");
    rig_line(&r, ":s BATCH -i");
    assert_int_equal(r.irc->is.nicklen, 9);
    rig_line(&r, ":s 001 alice :hi"); /* what was said before still holds */
    assert_int_equal(r.irc->is.nicklen, 9);
    assert_true(r.irc->is.monitor);
    rig_line(&r, ":s 422 alice :none");
    rig_line(&r, ":alice!u@h JOIN #A[");
    rig_has(rig_events(&r), "CHAT address=#a[ ");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r); /* another server may be another */
    rig_line(&r, "CAP * LS :batch draft/extended-isupport");
    rig_line(&r, "CAP * ACK :batch draft/extended-isupport");
    assert_int_not_equal(r.irc->is.nicklen, 9);
    rig_stop(&r);
    (void)state;
}

static void away_goes_before_the_welcome(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    irc_op_presence(r.irc, KITH_SHOW_AWAY, "at lunch");
    rig_connect(&r);
    rig_line(&r, "CAP * LS :draft/pre-away");
    rig_sent(&r);
    rig_line(&r, "CAP * ACK draft/pre-away");
    assert_string_equal(rig_sent(&r), "AWAY :at lunch\r\nCAP END\r\n");
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 422 alice :none");
    rig_lacks(rig_sent(&r), "AWAY"); /* once */
    irc_closed(r.irc, KITH_ENET, "gone");
    irc_op_presence(r.irc, KITH_SHOW_ONLINE, NULL);
    rig_connect(&r);
    rig_line(&r, "CAP * LS :draft/pre-away");
    rig_line(&r, "CAP * ACK draft/pre-away");
    rig_lacks(rig_sent(&r), "AWAY");
    rig_stop(&r);
    (void)state;
}

static void away_without_a_reason_is_a_star(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "away-notify", NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_line(&r, ":s 353 alice = #a :alice bob");
    rig_line(&r, ":s 366 alice #a :End");
    rig_events(&r);
    rig_line(&r, ":bob!u@h AWAY *");
    const char *told = rig_events(&r);
    rig_has(told, "nick=bob");
    rig_lacks(told, "*");
    rig_line(&r, ":s 301 alice carol *");
    rig_has(rig_events(&r), "carol is away\n");
    rig_stop(&r);
    (void)state;
}

static void bots_are_marked_by_their_messages(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "message-tags", "BOT=B");
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_line(&r, ":s 353 alice = #a :alice bob carol");
    rig_line(&r, ":s 366 alice #a :End");
    rig_events(&r);
    rig_line(&r, "@bot :bob!u@h PRIVMSG #a :beep");
    const char *told = rig_events(&r);
    rig_has(told, "nick=bob");
    assert_true(irc_user(r.irc, "bob")->bot);
    rig_line(&r, "@bot :bob!u@h PRIVMSG #a :beep"); /* told once */
    rig_lacks(rig_events(&r), "MEMBER");
    rig_line(&r, ":carol!u@h PRIVMSG #a :hi");
    assert_false(irc_user(r.irc, "carol")->bot);
    rig_stop(&r);
    (void)state;
}

/* A server that threw us out for it gets lines at half the rate from then on. */
static void too_fast_is_slower_the_next_time(void **state)
{
    struct rig r;
    size_t before = 0, after = 0;
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0) {
            rig_start(&r, NULL);
        } else {
            rig_line(&r, "ERROR :Closing link (Excess Flood)");
            rig_pass(&r, 1);
        }
        rig_online(&r, NULL, NULL);
        rig_pass(&r, 60000);
        rig_sent(&r);
        for (int n = 0; n < 40; n++)
            irc_raw(r.irc, "PRIVMSG bob :x");
        rig_pass(&r, 20000);
        size_t *n = turn ? &after : &before;
        for (const char *p = rig_sent(&r); (p = strstr(p, "PRIVMSG")); p++)
            (*n)++;
    }
    assert_true(before > 10);
    assert_true(after < before);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_server_is_like_is_known_before_the_welcome),
        cmocka_unit_test(away_goes_before_the_welcome),
        cmocka_unit_test(away_without_a_reason_is_a_star),
        cmocka_unit_test(bots_are_marked_by_their_messages),
        cmocka_unit_test(too_fast_is_slower_the_next_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
