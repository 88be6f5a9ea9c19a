/* unit/base/test_clock.c - dates in and out, days, random identifiers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rand.h"

static void test_parse(void **state)
{
    static const struct {
        const char *s;
        int64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.5Z", -500},
        {"2024-02-29T12:34:56.789Z", 1709210096789},
        {"2024-02-29T14:34:56.789123+02:00", 1709210096789},
        {"2024-02-29T08:04:56.789-04:30", 1709210096789},
        {"2000-03-01T00:00:00Z", 951868800000},
        {"1900-03-01T00:00:00Z", -2203891200000},
    };
    int64_t ms;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(clock_parse_iso(good[i].s, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    static const char *const bad[] = {
        "", "2024", "2024-02-29", "2024-02-29T12:34:56", "2023-02-29T12:34:56Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00Zx", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00+2:00", "x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(clock_parse_iso(bad[i], &ms));
    assert_false(clock_parse_iso(NULL, &ms));
}

static void test_format(void **state)
{
    char out[40];
    int64_t ms;
    assert_int_equal(clock_format_iso(out, sizeof out, 1709210096789), 24);
    assert_string_equal(out, "2024-02-29T12:34:56.789Z");
    assert_int_equal(clock_format_iso(out, sizeof out, -1), 24);
    assert_string_equal(out, "1969-12-31T23:59:59.999Z");
    assert_int_equal(clock_format_iso(out, 10, 0), 0);
    for (int64_t t = -4102444800000; t < 4102444800000; t += 86399999777) {
        clock_format_iso(out, sizeof out, t);
        assert_true(clock_parse_iso(out, &ms));
        assert_int_equal(ms, t);
    }
}

static void test_local(void **state)
{
    char out[16];
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    assert_int_equal(clock_format(out, sizeof out, "%H:%M", 1709210096789), 5);
    assert_string_equal(out, "13:34");
    assert_int_equal(clock_format(out, 3, "%H:%M", 0), 0);
    assert_string_equal(out, "");
    int64_t before_midnight = 1709247599999, after = 1709247600000; /* 23:59:59.999 and 00:00 local */
    assert_int_equal(clock_day(after), clock_day(before_midnight) + 1);
    assert_int_equal(clock_day(after), clock_day(after + 3600000));
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(clock_day(0), 0);
    assert_int_equal(clock_day(-1), -1);
}

static void test_days(void **state)
{
    int64_t ms = 0;
    setenv("TZ", "UTC", 1);
    tzset();
    assert_true(clock_parse_day("2026-11-21", &ms));
    assert_int_equal(ms, 1795219200000);
    assert_false(clock_parse_day("2026-02-29", &ms));
    assert_false(clock_parse_day("2026-2-1", &ms));
    assert_false(clock_parse_day("2026-11-211", &ms));
    assert_false(clock_parse_day("today", &ms));
    assert_false(clock_parse_day(NULL, &ms));
}

static void test_now(void **state)
{
    int64_t a = clock_mono_us(), b = clock_mono_ms();
    assert_true(b >= a / 1000);
    assert_true(clock_boot_ms() > 0);
    assert_true(clock_wall_ms() > 1600000000000);
}

static void test_rand(void **state)
{
    char a[23], b[23];
    rand_id(a);
    rand_id(b);
    assert_int_equal(strlen(a), 22);
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"), 22);
    unsigned seen = 0;
    for (int i = 0; i < 200; i++) {
        uint32_t r = rand_below(3);
        assert_in_range(r, 0, 2);
        seen |= 1u << r;
    }
    assert_int_equal(seen, 7);
    assert_int_equal(rand_below(1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_format), cmocka_unit_test(test_local),
        cmocka_unit_test(test_now),   cmocka_unit_test(test_rand), cmocka_unit_test(test_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
