/* tests/unit/local/test_rate.c - how much one peer may ask of us, and which messages are here
 * already */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/local/dedupe.h"
#include "backends/local/rate.h"

static void burst_then_rate(void **state UNUSED)
{
    struct rate r;
    int taken = 0;
    rate_init(&r, 10, 50, 1000);
    for (; rate_open(&r, 1000); taken++)
        rate_charge(&r, 1);
    assert_int_equal(taken, 50);
    for (int ms = 1001; ms <= 3000; ms++) {
        for (; rate_open(&r, ms); taken++)
            rate_charge(&r, 1);
    }
    assert_in_range(taken, 69, 71); /* two seconds at ten */
}

static void never_more_than_the_burst(void **state UNUSED)
{
    struct rate r;
    int taken = 0;
    rate_init(&r, 10, 50, 0);
    assert_true(rate_open(&r, INT64_C(1) << 60));
    for (; rate_open(&r, INT64_C(1) << 60); taken++)
        rate_charge(&r, 1);
    assert_int_equal(taken, 50);
}

static void debt_is_bounded(void **state UNUSED)
{
    struct rate r;
    rate_init(&r, 10, 50, 0);
    for (int i = 0; i < 100; i++)
        rate_charge(&r, 1000);
    assert_false(rate_open(&r, 5000));
    assert_true(rate_open(&r, 5101)); /* at most one burst deep */
    assert_true(rate_open(&r, 1));    /* a clock that goes back takes nothing away */
}

static void mutes_double_and_forget(void **state UNUSED)
{
    struct rate r;
    rate_init(&r, 10, 50, 0);
    assert_int_equal(rate_mute(&r, 0), 10000);
    assert_int_equal(rate_mute(&r, 10000), 20000);
    assert_int_equal(rate_mute(&r, 30000), 40000);
    int64_t now = 70000, ms = 0;
    for (int i = 0; i < 10; i++, now += ms)
        ms = rate_mute(&r, now);
    assert_int_equal(ms, RATE_MUTE_MAX_MS);
    assert_int_equal(rate_mute(&r, now + RATE_MUTE_MAX_MS),
                     RATE_MUTE_MS); /* quiet for long enough */
}

static void seen_remembers_the_last(void **state UNUSED)
{
    struct seen s = {0};
    char id[32];
    for (int i = 0; i < SEEN_MAX + 10; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        assert_false(seen_has(&s, NULL, id));
        seen_add(&s, NULL, id);
        assert_true(seen_has(&s, NULL, id));
    }
    assert_false(seen_has(&s, NULL, "id-9"));
    assert_true(seen_has(&s, NULL, "id-10"));
    assert_false(seen_has(&s, "#room", "id-10"));
}

static void seen_survives(void **state UNUSED)
{
    struct seen s = {0}, back;
    struct buf b = {0};
    char id[32];
    for (int i = 0; i < SEEN_MAX + 3; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        seen_add(&s, "#r", id);
    }
    seen_save(&s, &b);
    seen_load(&back, b.data, b.len);
    assert_false(seen_has(&back, "#r", "id-2"));
    assert_true(seen_has(&back, "#r", "id-3"));
    seen_add(&back, "#r", "new"); /* the oldest goes first, as before */
    assert_false(seen_has(&back, "#r", "id-3"));
    assert_true(seen_has(&back, "#r", "id-4"));
    for (size_t n = 0; n < b.len; n += 7)
        seen_load(&back, b.data, n);
    seen_load(&back, "rubbish of another kind", 23);
    assert_int_equal(back.n, 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_rate),         cmocka_unit_test(never_more_than_the_burst),
        cmocka_unit_test(debt_is_bounded),         cmocka_unit_test(mutes_double_and_forget),
        cmocka_unit_test(seen_remembers_the_last), cmocka_unit_test(seen_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
