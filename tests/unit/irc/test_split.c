/* unit/irc/test_split.c - what is a netsplit: by batch, by the servers' words; what is not; how long thousands take */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "rig.h"

#include "backends/irc/rooms.h"
#include "base/mem.h"

static void words_of_servers(void **state)
{
    static const char *const splits[] = {"hub.example.org leaf.example.org", "*.net *.split", "a.b c.d", "irc-1.x.y irc_2.x.y",
                                         "insp.test.invalid insp2.test.invalid"};
    static const char *const others[] = {
        "", " ", "Quit: hub.example.org leaf.example.org", "hub.example.org", "hub.example.org ", " hub.example.org leaf.example.org",
        "hub.example.org  leaf.example.org", "hub.example.org leaf.example.org now", "good bye", "see https://a.b c.d",
        "a.b a.b", ".a.b c.d", "a..b c.d", "a.b. c.d", "a.b c.d.", "hub leaf.example.org", "a.b/c c.d", "a.b c:d.e", "*.* a.b",
        "a.b\tc.d", "ä.b c.d",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b c.d"};
    for (size_t n = 0; n < COUNT(splits); n++)
        if (!irc_is_split(splits[n]))
            fail_msg("\"%s\" is a split", splits[n]);
    for (size_t n = 0; n < COUNT(others); n++)
        if (irc_is_split(others[n]))
            fail_msg("\"%s\" is none", others[n]);
    (void)state;
}

static void the_host_is_told_at_once(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "batch", NULL);
    rig_line(&r, ":alice!a@b JOIN #a");
    rig_line(&r, ":irc.test 353 alice = #a :alice bob carol dave");
    rig_line(&r, ":irc.test 366 alice #a :End");
    (void)rig_events(&r);
    rig_line(&r, ":bob!b@c QUIT :hub.test leaf.test");
    rig_has(rig_events(&r), "GONE chat=#a nick=bob how=6");
    rig_line(&r, ":carol!b@c QUIT :Quit: hub.test leaf.test");
    rig_has(rig_events(&r), "GONE chat=#a nick=carol how=2");
    rig_line(&r, ":irc.test BATCH +x netsplit hub.test leaf.test");
    rig_line(&r, "@batch=x :dave!b@c QUIT :whatever it says");
    rig_line(&r, ":irc.test BATCH -x");
    rig_has(rig_events(&r), "GONE chat=#a nick=dave how=6");
    rig_line(&r, ":dave!b@c QUIT :hub.test leaf.test"); /* again: he is not there */
    rig_lacks(rig_events(&r), "GONE");
    rig_stop(&r);
    (void)state;
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void thousands_cost_little(void **state)
{
    enum { PEOPLE = 5000, ROOMS = 200 };
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", NULL);
    for (int k = 0; k < ROOMS; k++) {
        rig_line(&r, ":alice!a@b JOIN #r%d", k);
        rig_line(&r, ":irc.test 366 alice #r%d :End", k);
    }
    for (int n = 0; n < PEOPLE; n++) {
        rig_line(&r, ":nick%d!u@h JOIN #r0", n);
        rig_line(&r, ":nick%d!u@h JOIN #r%d", n, 1 + n % (ROOMS - 1));
    }
    (void)rig_events(&r);
    r.quiet = true;
    int64_t began = cpu_us();
    for (int n = 0; n < PEOPLE; n++)
        rig_line(&r, ":nick%d!u@h QUIT :hub.test leaf.test", n);
    int64_t us = cpu_us() - began;
    print_message("%d people in 2 of %d rooms go in %lld us of CPU\n", PEOPLE, ROOMS, (long long)us);
    assert_int_equal(irc_room(r.irc, "#r0")->members.n, 1);
    assert_int_equal(r.irc->users.n, 1);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_servers),
        cmocka_unit_test(the_host_is_told_at_once),
        cmocka_unit_test(thousands_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
