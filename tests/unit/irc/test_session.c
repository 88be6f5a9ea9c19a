/* unit/irc/test_session.c - from the first byte to the rooms, and back: registration, nicks, lag, the end */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "base/mem.h"

static void a_plain_server_lets_us_in(void **state)
{
    struct rig r;
    rig_start(&r, "join=#a, #b key", NULL);
    rig_connect(&r);
    assert_string_equal(r.host, "irc.test:6697 tls");
    rig_has(rig_sent(&r), "CAP LS 302\r\nNICK alice\r\nUSER alice 0 * alice\r\n");
    rig_line(&r, ":irc.test 451 * :Register first");
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_lacks(rig_sent(&r), "JOIN");
    rig_line(&r, ":irc.test 005 alice NETWORK=Test CASEMAPPING=ascii :are supported");
    rig_line(&r, ":irc.test 422 alice :no motd");
    rig_has(rig_events(&r), "STATE 6 text=irc.test");
    rig_has(rig_sent(&r), "JOIN #b key\r\nJOIN #a\r\n");
    rig_line(&r, "PING :x y");
    rig_has(rig_sent(&r), "PONG :x y\r\n");
    rig_stop(&r);
    (void)state;
}

static void capabilities_are_asked_for_and_switched(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    (void)rig_sent(&r);
    rig_line(&r, ":irc.test CAP * LS * :message-tags evil/cap echo-message labeled-response");
    rig_lacks(rig_sent(&r), "REQ");
    rig_line(&r, ":irc.test CAP * LS :server-time sasl=PLAIN");
    const char *sent = rig_sent(&r);
    rig_has(sent, "CAP REQ :message-tags server-time echo-message\r\n"); /* labels need batch; sasl a login */
    rig_lacks(sent, "evil");
    rig_line(&r, ":irc.test CAP * NAK :message-tags server-time echo-message");
    rig_has(rig_sent(&r), "CAP REQ message-tags\r\nCAP REQ server-time\r\nCAP REQ echo-message\r\n");
    rig_line(&r, ":irc.test CAP * ACK message-tags");
    rig_line(&r, ":irc.test CAP * NAK server-time");
    rig_lacks(rig_sent(&r), "END");
    rig_line(&r, "@time=2026-01-01T00:00:00.000Z :irc.test CAP a ACK :echo-message ");
    rig_has(rig_sent(&r), "CAP END\r\n");
    assert_true(irc_cap(r.irc, CAP_ECHO) && irc_cap(r.irc, CAP_TAGS) && !irc_cap(r.irc, CAP_TIME));
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 376 alice :End");
    (void)rig_sent(&r);
    rig_line(&r, ":irc.test CAP alice NEW :batch labeled-response=x");
    rig_has(rig_sent(&r), "CAP REQ :batch labeled-response\r\n");
    rig_line(&r, ":irc.test CAP alice DEL :echo-message unknown");
    assert_false(irc_cap(r.irc, CAP_ECHO));
    rig_stop(&r);
    (void)state;
}

static void channels_to_join_may_be_written_in_many_ways(void **state)
{
    static const char *const lists[] = {"#a,#b key", "#b key , #a", "#a #b key", "#a\n#b key", " #a,,#b  key,"};
    for (size_t n = 0; n < COUNT(lists); n++) {
        struct rig r;
        char *option = xasprintf("join=%s", lists[n]);
        rig_start(&r, option, NULL);
        rig_connect(&r);
        rig_line(&r, ":irc.test 001 alice :hi");
        rig_line(&r, ":irc.test 376 alice :end");
        rig_has(rig_sent(&r), "JOIN #b key\r\nJOIN #a\r\n");
        free(option);
        rig_stop(&r);
    }
    (void)state;
}

/* Two hundred, in lines as long as they may be and with as many names as the server takes, all at once. */
static void many_channels_are_joined_at_once(void **state)
{
    static const struct { const char *isupport; int names, lines; } cases[] = {
        {"CHANTYPES=#", 200, 6}, {"MAXTARGETS=20", 20, 10}, {"TARGMAX=JOIN:15 MAXTARGETS=3", 15, 14}};
    for (size_t n = 0; n < COUNT(cases); n++) {
        struct rig r;
        struct buf list = {0};
        int lines = 0, most = 0, names = 0;
        for (int k = 0; k < 200; k++)
            buf_addf(&list, "%s#a-channel-%d", k ? "," : "join=", k);
        rig_start(&r, buf_str(&list), NULL);
        rig_connect(&r);
        rig_line(&r, ":irc.test 001 alice :hi");
        rig_line(&r, ":irc.test 005 alice %s :are supported", cases[n].isupport);
        (void)rig_sent(&r);
        rig_line(&r, ":irc.test 376 alice :end");
        for (const char *p = rig_sent(&r); *p; p += strcspn(p, "\n") + 1) {
            int here = str_starts(p, "JOIN ") ? 1 : 0;
            lines += here;
            assert_true(strcspn(p, "\n") < 512);
            for (const char *c = p; *c != '\n' && here; c++)
                here += *c == ',';
            names += here;
            most = MAX(most, here);
        }
        assert_int_equal(names, 200);
        assert_int_equal(lines, cases[n].lines);
        assert_true(most <= cases[n].names);
        buf_free(&list);
        rig_stop(&r);
    }
    (void)state;
}

static void counts_are_for_those_who_ask(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :hi");
    rig_line(&r, ":irc.test 254 alice 7 :channels formed");
    rig_line(&r, ":irc.test 265 alice 3 9 :Current local users 3, max 9");
    rig_line(&r, ":irc.test 376 alice :end");
    rig_lacks(rig_events(&r), "NOTICE");
    rig_line(&r, ":irc.test 254 alice 7 :channels formed");
    rig_line(&r, ":irc.test 265 alice 3 9 :Current local users 3, max 9");
    const char *events = rig_events(&r);
    rig_has(events, "7 channels formed");
    rig_has(events, "Current local users 3, max 9");
    rig_lacks(events, "3 9 Current");
    rig_line(&r, ":irc.test 266 alice");
    rig_line(&r, ":irc.test 255");
    rig_stop(&r);
    (void)state;
}

static void a_taken_nick_is_replaced_and_regained(void **state)
{
    struct rig r;
    rig_start(&r, "alt_nicks=al, ali", NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 433 * alice :taken");
    rig_has(rig_sent(&r), "NICK al\r\n");
    rig_line(&r, ":irc.test 433 * al :taken");
    rig_line(&r, ":irc.test 433 * ali :taken");
    rig_has(rig_sent(&r), "NICK ali\r\nNICK alice_\r\n");
    rig_line(&r, ":irc.test 001 alice_ :Welcome");
    rig_line(&r, ":irc.test 376 alice_ :End");
    (void)rig_sent(&r);
    rig_pass(&r, 31000);
    rig_has(rig_sent(&r), "NICK alice\r\n");
    rig_line(&r, ":irc.test 433 alice_ alice :taken");
    rig_lacks(rig_events(&r), "REPLY");
    rig_pass(&r, 31000);
    rig_has(rig_sent(&r), "NICK alice\r\n");
    rig_line(&r, ":alice_!u@h NICK :alice");
    rig_has(rig_events(&r), "SELF name=alice\n");
    rig_pass(&r, 50000);
    rig_lacks(rig_sent(&r), "NICK");
    rig_stop(&r);
    (void)state;
}

static void nicks_run_out(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    for (int n = 0; n <= IRC_NICK_TRIES; n++)
        rig_line(&r, ":irc.test 432 * x :no");
    rig_has(rig_events(&r), "STATE 0 err=-13");
    rig_stop(&r);
    (void)state;
}

static void silence_is_noticed(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    rig_pass(&r, IRC_LAG_MS);
    rig_has(rig_sent(&r), "PING kith-lag\r\n");
    rig_line(&r, ":irc.test PONG irc.test kith-lag");
    rig_pass(&r, IRC_LAG_MS - 1000);
    rig_lacks(rig_sent(&r), "PING");
    rig_pass(&r, IRC_DEAD_MS + 5000);
    rig_has(rig_events(&r), "STATE 0 err=-8 retry=2 text=irc.test said nothing for");
    assert_false(r.connected);
    rig_stop(&r);
    (void)state;
}

static void an_error_line_is_the_end(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    rig_line(&r, "ERROR :Closing Link: alice (K-Lined: go away)");
    rig_has(rig_events(&r), "STATE 0 err=-9 wait=600000");
    assert_false(r.connected);
    rig_online(&r, NULL, NULL);
    assert_int_equal(irc_disconnect(r.irc, KITH_REASON_USER, "bye all"), 0);
    rig_has(rig_sent(&r), "QUIT :bye all\r\n");
    rig_line(&r, "ERROR :Quit: bye all");
    rig_has(rig_events(&r), "STATE 0 retry=1");
    rig_stop(&r);
    (void)state;
}

static void a_server_that_wants_encryption_gets_it(void **state)
{
    struct rig r;
    rig_start(&r, "tls=no", NULL);
    rig_connect(&r);
    assert_string_equal(r.host, "irc.test:6667");
    rig_line(&r, ":irc.test CAP * LS :sts=duration=100"); /* in clear only a port counts */
    assert_true(r.connected);
    assert_null(map_get(&r.state, "sts irc.test"));
    rig_line(&r, ":irc.test CAP * NEW :sts=duration=100,port=7000");
    rig_has(rig_events(&r), "STATE 0 err=-7 retry=2");
    rig_connect(&r);
    assert_string_equal(r.host, "irc.test:7000 tls");
    rig_line(&r, ":irc.test CAP * LS :sts=duration=100,port=1");
    assert_non_null(map_get(&r.state, "sts irc.test"));
    rig_lacks(rig_sent(&r), "sts");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r);
    assert_string_equal(r.host, "irc.test:7000 tls");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_pass(&r, 101000);
    rig_connect(&r); /* run out */
    assert_string_equal(r.host, "irc.test:6667");
    rig_line(&r, ":irc.test CAP * LS :sts=port=7000");
    rig_connect(&r);
    rig_line(&r, ":irc.test CAP * LS :sts=duration=999999999999999999999,port=x");
    assert_non_null(map_get(&r.state, "sts irc.test"));
    rig_line(&r, ":irc.test CAP * NEW :sts=duration=0");
    assert_null(map_get(&r.state, "sts irc.test"));
    rig_stop(&r);
    (void)state;
}

static void names_are_sorted_anew_when_the_case_mapping_changes(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    rig_line(&r, ":alice!u@h JOIN #a[]");
    rig_line(&r, ":irc.test 353 alice = #a{} :@alice b[] c");
    assert_non_null(irc_room(r.irc, "#A{}"));
    assert_non_null(irc_user(r.irc, "B{}"));
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=ascii :are");
    assert_null(irc_room(r.irc, "#A{}"));
    assert_non_null(irc_room(r.irc, "#A[]"));
    assert_null(irc_user(r.irc, "b{}"));
    (void)rig_events(&r);
    rig_line(&r, ":B[]!u@h PART #a[] :bye");
    rig_has(rig_events(&r), "GONE chat=#a[] nick=b[] how=1 text=bye\n");
    rig_line(&r, ":b{}!u@h JOIN #a[]");
    rig_line(&r, ":b[]!u@h JOIN #a[]");
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=rfc1459 :are"); /* two become one */
    rig_line(&r, ":b{}!u@h QUIT :x");
    rig_line(&r, ":b[]!u@h QUIT :x");
    assert_int_equal(r.irc->users.n, 2);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_for_those_who_ask),
        cmocka_unit_test(a_plain_server_lets_us_in),
        cmocka_unit_test(capabilities_are_asked_for_and_switched),
        cmocka_unit_test(channels_to_join_may_be_written_in_many_ways),
        cmocka_unit_test(many_channels_are_joined_at_once),
        cmocka_unit_test(a_taken_nick_is_replaced_and_regained),
        cmocka_unit_test(nicks_run_out),
        cmocka_unit_test(silence_is_noticed),
        cmocka_unit_test(an_error_line_is_the_end),
        cmocka_unit_test(a_server_that_wants_encryption_gets_it),
        cmocka_unit_test(names_are_sorted_anew_when_the_case_mapping_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
