/* unit/base/test_utf8.c - decoding by the letter of Unicode, and the cleaning of text at the border */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"

static void test_decode(void **state)
{
    static const struct {
        const char *s;
        uint32_t cp;
        size_t used;
    } t[] = {
        {"A", 'A', 1},
        {"\xC3\xA9", 0xE9, 2},
        {"\xE2\x82\xAC", 0x20AC, 3},
        {"\xF0\x9F\x91\x8D", 0x1F44D, 4},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
        {"\xC0\x80", UTF8_BAD, 1},         /* overlong */
        {"\xE0\x80\x80", UTF8_BAD, 1},     /* overlong */
        {"\xED\xA0\x80", UTF8_BAD, 1},     /* surrogate */
        {"\xF4\x90\x80\x80", UTF8_BAD, 1}, /* above the last */
        {"\xF0\x9F\x91", UTF8_BAD, 3},     /* cut short: one maximal subpart */
        {"\xE2\x82" "A", UTF8_BAD, 2},
        {"\x80", UTF8_BAD, 1},
        {"\xFF", UTF8_BAD, 1},
    };
    size_t used = 9;
    assert_int_equal(utf8_decode("", 0, &used), 0);
    assert_int_equal(used, 0);
    for (size_t i = 0; i < COUNT(t); i++) {
        assert_int_equal(utf8_decode(t[i].s, strlen(t[i].s), &used), t[i].cp);
        assert_int_equal(used, t[i].used);
    }
}

static void test_encode_round_trip(void **state)
{
    char b[4];
    size_t used;
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp += cp < 0x3000 ? 1 : 37) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        size_t n = utf8_encode(cp, b);
        assert_int_equal(utf8_decode(b, n, &used), cp);
        assert_int_equal(used, n);
    }
    assert_int_equal(utf8_encode(0xD800, b), 3);
    assert_memory_equal(b, "\xEF\xBF\xBD", 3);
}

static void test_floor_and_count(void **state)
{
    const char *s = "a\xE2\x82\xAC" "b";
    assert_int_equal(utf8_count(s), 3);
    assert_int_equal(utf8_floor(s, 5, 9), 5);
    assert_int_equal(utf8_floor(s, 5, 4), 4);
    assert_int_equal(utf8_floor(s, 5, 3), 1);
    assert_int_equal(utf8_floor(s, 5, 2), 1);
    assert_int_equal(utf8_floor(s, 5, 0), 0);
    assert_int_equal(utf8_floor("\x80\x80\x80\x80\x80", 5, 3), 3);
    assert_true(utf8_valid("\xEF\xBF\xBD", 3));
    assert_false(utf8_valid("a\xC3", 2));
}

static void check_clean(const char *in, unsigned mode, const char *want)
{
    struct buf b = {0};
    assert_false(utf8_clean(&b, in, strlen(in), mode, SIZE_MAX));
    assert_string_equal(buf_str(&b), want);
    assert_true(utf8_is_clean(buf_str(&b), b.len, mode));
    assert_int_equal(utf8_is_clean(in, strlen(in), mode), strcmp(in, want) == 0);
    buf_free(&b);
}

static void test_clean(void **state)
{
    check_clean("plain text", UTF8_LINE, "plain text");
    check_clean("long enough for a word at a time \x1b[31m", UTF8_LINE,
                "long enough for a word at a time ␛[31m");
    check_clean("12345678\x7f" "12345678", UTF8_LINE, "12345678␡12345678");
    check_clean("a\nb\tc\r\nd\re", UTF8_LINE, "a b c d e");
    check_clean("a\nb\tc\r\nd\re", UTF8_TEXT, "a\nb\tc\nd\ne");
    check_clean("a\xC2\x9B" "31m", UTF8_TEXT, "a\xEF\xBF\xBD" "31m");     /* C1 */
    check_clean("a\xFF\xE2\x82z", UTF8_LINE, "a\xEF\xBF\xBD\xEF\xBF\xBDz"); /* invalid */
    check_clean("a\xF2\x90\x98z", UTF8_LINE, "a\xEF\xBF\xBDz"); /* three bytes, but no U+FFFD */
    check_clean("z\xEF\xB8", UTF8_LINE, "z\xEF\xBF\xBD");
    check_clean("a\u202Etxt.exe", UTF8_LINE, "atxt.exe");
    check_clean("\u2066a\u2069\u061C\uFEFF\u200B\u2060\U000E0041\uFFFE\U0001FFFF", UTF8_LINE, "a");
    check_clean("e\u0301t\u00E9", UTF8_LINE, "\u00E9t\u00E9"); /* NFC */
    check_clean("A\u2028B", UTF8_LINE, "A B");
    check_clean("A\u2028B", UTF8_TEXT, "A\nB");
    check_clean("日本語 Grüße Привет مرحبا 한국어 👍", UTF8_LINE,
                "日本語 Grüße Привет مرحبا 한국어 👍");
}

static void test_joiners(void **state)
{
    check_clean("👩\u200D👧", UTF8_LINE, "👩\u200D👧");
    check_clean("❤\uFE0F\u200D🔥", UTF8_LINE, "❤\uFE0F\u200D🔥");
    check_clean("\u200Da", UTF8_LINE, "a");
    check_clean("a\u200D b", UTF8_LINE, "a b");
    check_clean("a\u200D", UTF8_LINE, "a");
    check_clean("a\u200D\u200D\u200Eb", UTF8_LINE, "a\u200Db");
    check_clean("a\u200Cb", UTF8_LINE, "a\u200Cb");
}

static void test_marks(void **state)
{
    struct buf in = {0}, out = {0};
    buf_adds(&in, "x");
    for (int i = 0; i < 50; i++)
        buf_adds(&in, "\u0336");
    buf_adds(&in, "y\u0336");
    utf8_clean(&out, in.data, in.len, UTF8_LINE, SIZE_MAX);
    assert_int_equal(utf8_count(buf_str(&out)), 1 + 8 + 2);
    assert_true(utf8_is_clean(out.data, out.len, UTF8_LINE));
    assert_false(utf8_is_clean(in.data, in.len, UTF8_LINE));
    buf_free(&in);
    buf_free(&out);
}

static void test_cut(void **state)
{
    struct buf b = {0};
    assert_true(utf8_clean(&b, "abcdef", 6, UTF8_LINE, 3));
    assert_string_equal(buf_str(&b), "abc");
    buf_clear(&b);
    assert_true(utf8_clean(&b, "ab\u20AC", 5, UTF8_LINE, 4));
    assert_string_equal(buf_str(&b), "ab");
    buf_clear(&b);
    assert_true(utf8_clean(&b, "a\u200Db", 5, UTF8_LINE, 4)); /* no joiner at the end */
    assert_string_equal(buf_str(&b), "a");
    buf_clear(&b);
    assert_false(utf8_clean(&b, "abc", 3, UTF8_LINE, 3));
    assert_false(utf8_clean(&b, "", 0, UTF8_LINE, 0));
    assert_string_equal(buf_str(&b), "abc");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),  cmocka_unit_test(test_encode_round_trip),
        cmocka_unit_test(test_clean),   cmocka_unit_test(test_floor_and_count),
        cmocka_unit_test(test_joiners), cmocka_unit_test(test_marks),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
