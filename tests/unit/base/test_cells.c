/* unit/base/test_cells.c - clusters, their cells under each rule, and what is drawn in safe mode */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cells.h"
#include "base/mem.h"

#define FAMILY "👩\u200D👩\u200D👧\u200D👦"
#define HINDI "हिन्दी"

static const struct cell_rules safe; /* nothing known: tmux 3.3a, screen */
static const struct cell_rules modern = {.emoji = EMOJI_GRAPHEME, .zwj = 2, .vs16 = 2, .skin = 2,
                                         .flag = 2, .devanagari = 3, .newest = 2};

static int width(const struct cell_rules *r, const char *s)
{
    return cells_width(r, s, strlen(s));
}

static void check_drawn(const struct cell_rules *r, const char *in, const char *want, int cells)
{
    char out[64];
    size_t len = strlen(in);
    assert_int_equal(cluster_next(in, len), len);
    size_t n = cluster_safe(r, in, len, out, sizeof out);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(out, want, n);
    assert_int_equal(cluster_width(r, in, len), cells);
}

static void test_safe(void **state)
{
    check_drawn(&safe, "a", "a", 1);
    check_drawn(&safe, "é", "é", 1);
    check_drawn(&safe, "e\u0301", "e\u0301", 1);
    check_drawn(&safe, "日", "日", 2);
    check_drawn(&safe, "👍", "👍", 2);
    check_drawn(&safe, FAMILY, "👩", 2);
    check_drawn(&safe, "👍🏽", "👍", 2);
    check_drawn(&safe, "❤\uFE0F", "❤", 1);
    check_drawn(&safe, "❤\uFE0F\u200D🔥", "❤", 1);
    check_drawn(&safe, "1\uFE0F\u20E3", "1", 1);
    check_drawn(&safe, "🇩🇪", "🇩🇪", 2);
    check_drawn(&safe, "🇩", "D", 1);
    check_drawn(&safe, "\U0001FAE8", "\uFFFD", 1); /* Unicode 15 */
    check_drawn(&safe, "\U0001FAE9", "\uFFFD", 1); /* Unicode 16 */
    check_drawn(&safe, "\x1b", "\uFFFD", 1);
    check_drawn(&safe, "\u0301", " \u0301", 1); /* a mark alone stays off its neighbour */
    check_drawn(&safe, "\u200D", "", 0);
    check_drawn(&safe, "한", "한", 2);
}

static void test_grapheme(void **state)
{
    check_drawn(&modern, FAMILY, FAMILY, 2);
    check_drawn(&modern, "👍🏽", "👍🏽", 2);
    check_drawn(&modern, "❤\uFE0F", "❤\uFE0F", 2);
    check_drawn(&modern, "❤", "❤", 1);
    check_drawn(&modern, "1\uFE0F\u20E3", "1\uFE0F\u20E3", 2);
    check_drawn(&modern, "\U0001FAE8", "\U0001FAE8", 2);
    check_drawn(&modern, "\U0001FAE9", "\uFFFD", 1);
    struct cell_rules part = modern; /* knows ZWJ, but paints skin tones beside the hand */
    part.skin = 4;
    check_drawn(&part, "👍🏽", "👍", 2);
    check_drawn(&part, FAMILY, FAMILY, 2);
    part.flag = 4;
    check_drawn(&part, "🇩🇪", "DE", 2);
}

static void test_scripts(void **state)
{
    assert_int_equal(width(&safe, HINDI), 5); /* as wcwidth(), tmux 3.3a and screen count */
    assert_int_equal(width(&modern, HINDI), 3);
    assert_int_equal(width(&safe, "العربية"), 7);
    assert_int_equal(width(&safe, "日本語 é(e\u0301) x"), 13);
    assert_int_equal(width(&safe, "ab\ncd"), 4);
}

static void test_ambiguous(void **state)
{
    struct cell_rules wide = {.ambiguous_wide = 1};
    assert_int_equal(width(&safe, "●…é"), 3);
    assert_int_equal(width(&wide, "●…"), 4);
    assert_int_equal(width(&wide, "abc"), 3);
    check_drawn(&wide, "\x1b", "?", 1);
}

static void test_no_utf8(void **state)
{
    struct cell_rules ascii = {.no_utf8 = 1};
    char out[64], line[256];
    const char *s = "café “x” … 日👍\u0301─│";
    size_t n = 0;
    for (size_t i = 0, k; s[i]; i += k) {
        k = cluster_next(s + i, strlen(s + i));
        size_t m = cluster_safe(&ascii, s + i, k, out, sizeof out);
        memcpy(line + n, out, m);
        n += m;
    }
    line[n] = '\0';
    assert_string_equal(line, "cafe \"x\" . ?" "?-|");
    assert_int_equal(width(&ascii, s), 15);
}

static void test_borders(void **state)
{
    const char *s = "a" FAMILY "🇩🇪🇫🇷e\u0301 日\r\n" HINDI;
    size_t len = strlen(s), at[32], n = 0;
    for (size_t i = 0; i < len; i += cluster_next(s + i, len - i))
        at[n++] = i;
    assert_int_equal(n, 11);
    size_t i = len;
    while (n) {
        i = cluster_prev(s, i);
        assert_int_equal(i, at[--n]);
    }
    assert_int_equal(i, 0);
    assert_int_equal(cluster_prev(s, 0), 0);
    assert_int_equal(cluster_next(s, 0), 0);
}

/* Whatever is thrown at it: a cluster is at most 63 bytes and two cells, and its drawn form fits. */
static void test_bounds(void **state)
{
    struct buf b = {0};
    assert_int_equal(cluster_next("\u0915\u0903\u0903", 9), 6); /* a letter and one vowel: two cells */
    static const char *const parts[] = {"\u0915\u094D", "\u1100", "\u0600", "👩\u200D", "\u0301", "\u0BCA\u0BBE"};
    for (size_t p = 0; p < COUNT(parts); p++) {
        buf_clear(&b);
        for (int i = 0; i < 100; i++)
            buf_adds(&b, parts[p]);
        for (size_t i = 0, n; i < b.len; i += n) {
            char out[64];
            n = cluster_next(b.data + i, b.len - i);
            assert_in_range(n, 1, 63);
            assert_in_range(cluster_width(&safe, b.data + i, n), 0, 2);
            assert_in_range(cluster_width(&modern, b.data + i, n), 0, 2);
            assert_in_range(cluster_safe(&safe, b.data + i, n, out, sizeof out), 0, 64);
            assert_int_equal(cluster_prev(b.data, i + n), i);
        }
    }
    buf_free(&b);
}

static void test_fit(void **state)
{
    int used = -1;
    const char *s = "ab日本" FAMILY "c";
    size_t len = strlen(s);
    assert_int_equal(cells_fit(&safe, s, len, 0, &used), 0);
    assert_int_equal(used, 0);
    assert_int_equal(cells_fit(&safe, s, len, 3, &used), 2);
    assert_int_equal(used, 2);
    assert_int_equal(cells_fit(&safe, s, len, 4, &used), 5);
    assert_int_equal(cells_fit(&safe, s, len, 8, &used), len - 1);
    assert_int_equal(used, 8);
    assert_int_equal(cells_fit(&safe, s, len, 99, NULL), len);
    assert_int_equal(cells_fit(&safe, s, len, -1, &used), 0);
}

static void test_risky(void **state)
{
    static const char *const risky[] = {FAMILY, "❤\uFE0F", "👍🏽", "🇩🇪", "1\uFE0F\u20E3", "हि", "\U0001FAE8",
                                        "\u0600", "\u06DD\u0661", "\u1112\u1161\u11AB", "각\u11A8", "\U0001F90C"};
    static const char *const sure[] = {"a", "é", "e\u0301", "日", "👍", "─", "●", "한"};
    for (size_t i = 0; i < COUNT(risky); i++)
        assert_true(cluster_risky(risky[i], strlen(risky[i])));
    for (size_t i = 0; i < COUNT(sure); i++)
        assert_false(cluster_risky(sure[i], strlen(sure[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safe),      cmocka_unit_test(test_grapheme), cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_ambiguous), cmocka_unit_test(test_no_utf8),  cmocka_unit_test(test_borders),
        cmocka_unit_test(test_bounds),    cmocka_unit_test(test_fit),      cmocka_unit_test(test_risky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
