/* unit/ui/test_split.c - places for several chats: adding, removing, sizes, neighbours, as text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/split.h"

static void is(const struct split *root, const struct split *focus, const char *want)
{
    struct buf b = {0};
    split_print(root, focus, &b);
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void at_place(const struct split *s, int x, int y, int w, int h)
{
    assert_int_equal(s->r.x, x);
    assert_int_equal(s->r.y, y);
    assert_int_equal(s->r.w, w);
    assert_int_equal(s->r.h, h);
}

static const struct rect screen = {27, 0, 93, 32};

static void test_adding_and_removing(void **state)
{
    struct split *root = split_new(1), *one = root;
    struct split *two = split_add(&root, one, SPLIT_RIGHT, 2);
    struct split *three = split_add(&root, two, SPLIT_BELOW, 3);
    is(root, three, "r500(1,b500(2,3*))");
    assert_int_equal(split_count(root), 3);
    assert_ptr_equal(split_leaf(root, 0), one);
    assert_ptr_equal(split_leaf(root, 2), three);
    assert_null(split_leaf(root, 3));
    assert_int_equal(split_index(root, two), 1);
    assert_ptr_equal(split_remove(&root, two), three);
    is(root, three, "r500(1,3*)");
    assert_ptr_equal(split_remove(&root, one), three);
    is(root, three, "3*");
    assert_null(split_remove(&root, three));
    assert_null(root);
    root = one = split_new(1);
    for (int i = 1; i < SPLIT_MAX; i++)
        assert_non_null(split_add(&root, one, SPLIT_BELOW, i));
    assert_null(split_add(&root, one, SPLIT_BELOW, 99));
    split_free(root);
}

static void test_places(void **state)
{
    struct split *root = split_new(1), *one = root;
    struct split *two = split_add(&root, one, SPLIT_RIGHT, 2);
    struct split *three = split_add(&root, two, SPLIT_BELOW, 3);
    assert_true(split_place(root, screen));
    at_place(one, 27, 0, 46, 32);
    at_place(two, 74, 0, 46, 16); /* a column between them */
    at_place(three, 74, 16, 46, 16);
    assert_int_equal(split_least_w(root), 73);
    assert_int_equal(split_least_h(root), 8);
    assert_false(split_place(root, (struct rect){0, 0, 72, 32}));
    assert_int_equal(one->r.w, 0);
    assert_true(split_place(root, (struct rect){0, 0, 73, 8}));
    at_place(three, 37, 4, 36, 4);
    root->share = 999; /* what the other needs, it keeps */
    assert_true(split_place(root, screen));
    at_place(two, 84, 0, 36, 16);
    split_free(root);
}

static void test_growing(void **state)
{
    struct split *root = split_new(1), *one = root;
    struct split *two = split_add(&root, one, SPLIT_RIGHT, 2);
    struct split *three = split_add(&root, two, SPLIT_BELOW, 3);
    assert_true(split_place(root, screen));
    assert_true(split_grow(one, true, 5));
    assert_true(split_place(root, screen));
    assert_int_equal(one->r.w, 51);
    assert_true(split_grow(three, true, 5)); /* its border is that of the column */
    assert_true(split_place(root, screen));
    assert_int_equal(three->r.w, 46);
    assert_true(split_grow(three, false, -3));
    assert_true(split_place(root, screen));
    assert_int_equal(three->r.h, 13);
    assert_false(split_grow(one, false, 3)); /* nothing is above or below */
    assert_true(split_grow(one, true, 500));
    assert_true(split_place(root, screen));
    assert_int_equal(one->r.w, 56);
    assert_false(split_grow(one, true, 1)); /* no more room */
    split_balance(root);
    assert_true(split_place(root, screen));
    assert_int_equal(one->r.w, 46);
    assert_int_equal(three->r.h, 16);
    split_free(root);
}

static void test_balance_in_line(void **state)
{
    struct split *root = split_new(1), *one = root;
    split_add(&root, one, SPLIT_RIGHT, 2);
    split_add(&root, one, SPLIT_RIGHT, 3); /* three columns, the first two smaller */
    split_balance(root);
    assert_true(split_place(root, (struct rect){0, 0, 152, 20}));
    for (int i = 0; i < 3; i++)
        assert_int_equal(split_leaf(root, i)->r.w, 50);
    split_free(root);
}

static void test_neighbours(void **state)
{
    struct split *root = split_new(1), *one = root;
    struct split *two = split_add(&root, one, SPLIT_RIGHT, 2);
    struct split *three = split_add(&root, two, SPLIT_BELOW, 3);
    assert_true(split_place(root, screen));
    assert_ptr_equal(split_beside(root, two, SIDE_LEFT), one);
    assert_ptr_equal(split_beside(root, three, SIDE_LEFT), one);
    assert_ptr_equal(split_beside(root, three, SIDE_UP), two);
    assert_ptr_equal(split_beside(root, two, SIDE_DOWN), three);
    assert_non_null(split_beside(root, one, SIDE_RIGHT));
    assert_null(split_beside(root, one, SIDE_LEFT));
    assert_null(split_beside(root, two, SIDE_UP));
    assert_null(split_beside(root, three, SIDE_RIGHT));
    split_free(root);
}

static void test_text(void **state)
{
    static const char *const good[] = {"7*", "r500(12,b333(5*,9))", "b1(r999(0,1*),2)"};
    static const char *const bad[] = {
        "",           "r",         "r500", "r500(1,2",   "r500(1;2)", "r0(1,2)",
        "r1000(1,2)", "x500(1,2)", "1,2",  "r500(1,2)x", "r500(,2)",  "99999999999999999999",
        "-1"};
    struct split *focus;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct split *s = split_parse(good[i], &focus);
        assert_non_null(s);
        is(s, focus, good[i]);
        split_free(s);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_null(split_parse(bad[i], &focus));
        assert_null(focus);
    }
    struct buf deep = {0};
    for (int i = 0; i < 100000; i++)
        buf_adds(&deep, "r1(");
    assert_null(split_parse(buf_str(&deep), &focus));
    buf_free(&deep);
    struct split *s = split_parse("r500(1,2)", &focus); /* nobody has the keyboard: the first */
    assert_ptr_equal(focus, s->a);
    assert_ptr_equal(s->a->parent, s);
    split_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding_and_removing),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_balance_in_line),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
