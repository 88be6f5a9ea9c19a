/* unit/ui/test_wrap.c - breaking at words, clusters, long words; links whole; code cut */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/wrap.h"

enum { TEXT = 1, LINK = 2, CODE = 3 };

/* Lines joined by '|', with <, > around what is out of the indentation, and $ where code was cut.
 */
static void check(const struct rich *r, int width, int out, const char *want)
{
    static const struct cell_rules rules;
    struct wrap w = {0};
    struct buf b = {0};
    wrap_text(&w, r, &(struct wrap_width){width, out, 0}, &rules);
    for (size_t i = 0; i < w.n; i++) {
        const struct wrap_line *l = &w.lines[i];
        buf_adds(&b, i ? "|" : "");
        buf_adds(&b, l->flags & LINE_OUT ? "<" : "");
        buf_add(&b, buf_str(&r->text) + l->from, l->to - l->from);
        buf_adds(&b, l->flags & LINE_CUT ? "$" : "");
        buf_adds(&b, l->flags & LINE_OUT ? ">" : "");
        assert_int_equal(l->cells,
                         cells_width(&rules, buf_str(&r->text) + l->from, l->to - l->from));
    }
    assert_string_equal(buf_str(&b), want);
    assert_int_equal(w.n, w.total);
    buf_free(&b);
    wrap_free(&w);
}

static void plain(const char *text, int width, const char *want)
{
    struct rich r = {0};
    rich_adds(&r, TEXT, text);
    check(&r, width, 0, want);
    rich_free(&r);
}

static void test_words(void **state)
{
    plain("", 10, "");
    plain("one two three", 20, "one two three");
    plain("one two three", 8, "one two|three");
    plain("one two three", 7, "one two|three");
    plain("one two three", 6, "one|two|three");
    plain("one  two", 4, "one|two");
    plain("one   ", 4, "one");
    plain("  one two", 5, "  one|two");
    plain(" abc日", 4, "|abc|日"); /* broken at the space, and still too wide */
    plain("a\n\nb\n", 5, "a||b|");
}

static void test_long_words(void **state)
{
    plain("abcdefghij", 4, "abcd|efgh|ij");
    plain("ab cdefghij", 4, "ab|cdef|ghij");
    plain("abcd efgh", 4, "abcd|efgh");
    plain("日本語日本語", 5, "日本|語日|本語");
    plain("a日本", 2, "a|日|本");
    plain("日本", 1, "日|本"); /* narrower than a character: one a line, no endless loop */
    plain("e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301");
}

static void test_links(void **state)
{
    struct rich r = {0};
    rich_adds(&r, TEXT, "see ");
    rich_add(&r, LINK, SPAN_LINK, "http://a.bc/d", 13);
    rich_adds(&r, TEXT, " now");
    check(&r, 30, 0, "see http://a.bc/d now");
    check(&r, 13, 0, "see|http://a.bc/d|now");
    check(&r, 10, 13, "see|<http://a.bc/d>|now"); /* whole, without indentation */
    check(&r, 10, 12, "see|http://a.b|c/d now");  /* it fits nowhere */
    rich_free(&r);
    rich_add(&r, LINK, SPAN_LINK, "http://a.bc/d", 13);
    check(&r, 5, 13, "<http://a.bc/d>");
    rich_free(&r);
}

static void test_code(void **state)
{
    struct rich r = {0};
    rich_adds(&r, TEXT, "look at this\n");
    rich_add(&r, CODE, SPAN_CODE, "int main(void)", 14);
    rich_adds(&r, TEXT, "\nthere you go");
    check(&r, 10, 0, "look at|this|int mai$|there you|go");
    check(&r, 16, 0, "look at this|int main(void)|there you go");
    rich_free(&r);
}

static void test_limit(void **state)
{
    static const struct cell_rules rules;
    struct rich r = {0};
    struct wrap w = {0};
    for (int i = 0; i < 100; i++)
        rich_adds(&r, TEXT, "line\n");
    wrap_text(&w, &r, &(struct wrap_width){10, 0, 40}, &rules);
    assert_int_equal(w.n, 40);
    assert_int_equal(w.total, 101);
    wrap_free(&w);
    rich_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words), cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_links), cmocka_unit_test(test_code), cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
