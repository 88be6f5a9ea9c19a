/* unit/ui/test_layout.c - where panes are at every size, and the lines of the input */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/input.h"
#include "ui/layout.h"

static const struct layout_wants usual = {
    .list = true, .members = true, .room = true, .hints = true, .input_lines = 1};

static bool apart(struct rect a, struct rect b)
{
    return a.w == 0 || a.h == 0 || b.w == 0 || b.h == 0 || a.x + a.w <= b.x || b.x + b.w <= a.x ||
           a.y + a.h <= b.y || b.y + b.h <= a.y;
}

/* All cells belong to exactly one pane. */
static void check(int w, int h, const struct layout_wants *wants)
{
    struct layout l;
    layout_compute(&l, w, h, wants);
    const struct rect r[] = {l.list,   l.list_border, l.title, l.chat,  l.members, l.members_border,
                             l.status, l.notice,      l.reply, l.input, l.hint};
    int cells = 0;
    for (size_t i = 0; i < COUNT(r); i++) {
        assert_true(r[i].w >= 0 && r[i].h >= 0 && r[i].x >= 0 && r[i].y >= 0);
        assert_true(r[i].x + r[i].w <= w && r[i].y + r[i].h <= h);
        cells += r[i].w * r[i].h;
        for (size_t k = 0; k < i; k++)
            assert_true(apart(r[i], r[k]));
    }
    assert_int_equal(cells, w * h);
    if (!(wants->list_front || wants->members_front) || w >= LAYOUT_SINGLE) {
        assert_true(l.input.h >= 1);
        assert_true(l.chat.h >= 1);
        assert_true(l.chat.w >= MIN(w, 36)); /* the text has the right of way */
    }
}

static void test_every_size(void **state)
{
    for (int w = LAYOUT_MIN_W; w <= 250; w += 7) {
        for (int h = LAYOUT_MIN_H; h <= 70; h++) {
            struct layout_wants wants = usual;
            check(w, h, &wants);
            wants.input_lines = 30;
            wants.notice_lines = 3;
            wants.reply_lines = 1;
            check(w, h, &wants);
            wants.list_width = 60;
            wants.members_width = 40;
            check(w, h, &wants);
            wants.members_front = true;
            check(w, h, &wants);
            wants.list_front = true;
            check(w, h, &wants);
        }
    }
}

static void test_breakpoints(void **state)
{
    struct layout l;
    layout_compute(&l, 120, 36, &usual);
    assert_int_equal(l.list.w, 26);
    assert_int_equal(l.members.w, 16);
    assert_int_equal(l.chat.w, 76);
    assert_true(l.aligned && !l.single && l.hint.h == 1 && l.title.h == 1);
    layout_compute(&l, 80, 24, &usual);
    assert_int_equal(l.list.w, 21);
    assert_int_equal(l.members.w, 0);
    assert_int_equal(l.chat.w, 58);
    layout_compute(&l, 50, 15, &usual);
    assert_true(l.single && !l.aligned);
    assert_int_equal(l.list.w, 0);
    assert_int_equal(l.hint.h, 0); /* fewer than 20 rows */
    layout_compute(&l, 40, 10, &usual);
    assert_true(l.title_in_status);
    assert_int_equal(l.title.h, 0);
    layout_compute(&l, 19, 24, &usual);
    assert_true(l.too_small);
    layout_compute(&l, 80, 3, &usual);
    assert_true(l.too_small);
    layout_compute(&l, 20, 4, &usual);
    assert_false(l.too_small);
}

static void test_input_grows(void **state)
{
    struct layout l;
    struct layout_wants wants = usual;
    wants.input_lines = 20;
    layout_compute(&l, 80, 24, &wants);
    assert_int_equal(l.input.h, 8);
    layout_compute(&l, 80, 15, &wants);
    assert_int_equal(l.input.h, 5); /* a third */
}

static void lines_are(const char *text, int width, const char *want)
{
    static const struct cell_rules rules;
    struct input_lines l = {0};
    struct buf b = {0};
    input_break(&l, &rules, text, strlen(text), width);
    for (size_t i = 0; i < l.n; i++) {
        buf_adds(&b, i ? "|" : "");
        buf_add(&b, text + l.v[i].from, l.v[i].to - l.v[i].from);
    }
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
    free(l.v);
}

static void test_input_lines(void **state)
{
    lines_are("", 5, "");
    lines_are("abc", 5, "abc");
    lines_are("ab cd ef", 5, "ab |cd ef");
    lines_are("abcdefgh", 3, "abc|def|gh");
    lines_are("a\n\nb\n", 5, "a||b|");
    lines_are("日本語", 4, "日本|語");
    lines_are("a  b", 2,
              "a |"
              " b"); /* no byte is lost: the cursor may be on each */
}

static void test_input_cursor(void **state)
{
    static const struct cell_rules rules;
    struct input_lines l = {0};
    input_break(&l, &rules, "ab cd ef\nx", 10, 5);
    assert_int_equal(input_cursor_line(&l, 0), 0);
    assert_int_equal(input_cursor_line(&l, 3), 1);
    assert_int_equal(input_cursor_line(&l, 8), 1); /* at the end of the line of text */
    assert_int_equal(input_cursor_line(&l, 9), 2);
    assert_int_equal(input_cursor_line(&l, 10), 2);
    free(l.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size), cmocka_unit_test(test_breakpoints),
        cmocka_unit_test(test_input_grows), cmocka_unit_test(test_input_lines),
        cmocka_unit_test(test_input_cursor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
