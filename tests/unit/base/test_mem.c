/* unit/base/test_mem.c - owned strings, numbers, distances, growing arrays */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"

static void test_str_set(void **state)
{
    char *s = NULL;
    assert_false(str_set(&s, NULL));
    assert_true(str_set(&s, "abc"));
    assert_false(str_set(&s, "abc"));
    assert_true(str_set(&s, s + 1)); /* a part of itself */
    assert_string_equal(s, "bc");
    assert_true(str_set(&s, NULL));
    assert_null(s);
    str_take(&s, xstrdup("x"));
    str_take(&s, s);
    assert_string_equal(s, "x");
    free(s);
}

static void test_compare(void **state)
{
    assert_true(str_eq(NULL, NULL));
    assert_false(str_eq(NULL, ""));
    assert_true(str_starts("kith", "ki"));
    assert_false(str_starts("k", "ki"));
    assert_true(str_ends("a.theme", ".theme"));
    assert_false(str_ends("e", "theme"));
    assert_int_equal(str_casecmp_ascii("AbC", "aBc"), 0);
    assert_true(str_casecmp_ascii("a", "b") < 0);
    assert_true(str_casecmp_ascii("ab", "a") > 0);
}

static void test_distance(void **state)
{
    assert_int_equal(str_distance("", "", 3), 0);
    assert_int_equal(str_distance("chat", "chat", 3), 0);
    assert_int_equal(str_distance("chats", "chat", 3), 1);
    assert_int_equal(str_distance("jion", "join", 3), 1);
    assert_int_equal(str_distance("kitten", "sitting", 3), 3);
    assert_int_equal(str_distance("kitten", "sitting", 2), 3);
    assert_int_equal(str_distance("a", "abcdefgh", 2), 3);
    assert_int_equal(str_distance("abcdef", "uvwxyz", 2), 3);
}

static void test_copy(void **state)
{
    char out[5];
    assert_int_equal(str_copy(out, sizeof out, "abcdef"), 4);
    assert_string_equal(out, "abcd");
    assert_int_equal(str_copy(out, sizeof out, "abc\xC3\xA9"), 3); /* no half of a character */
    assert_string_equal(out, "abc");
    assert_int_equal(str_copy(out, sizeof out, "ab\xC3\xA9"), 4);
    assert_int_equal(str_copy(out, 1, "abc"), 0);
    assert_int_equal(str_copy(out, sizeof out, NULL), 0);
    assert_string_equal(out, "");
}

static void test_int(void **state)
{
    int64_t n = 7;
    assert_true(str_int("42", 0, 100, &n));
    assert_int_equal(n, 42);
    assert_true(str_int("-3", -5, 0, &n));
    assert_int_equal(n, -3);
    static const char *const bad[] = {"", " 1", "1 ", "0x10", "101", "-", "99999999999999999999", "1e3"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(str_int(bad[i], 0, 100, &n));
    assert_false(str_int(NULL, 0, 1, &n));
    assert_int_equal(n, -3);
}

static void test_vec(void **state)
{
    int *v = NULL;
    size_t n = 0, cap = 0;
    for (int i = 0; i < 100; i++)
        VEC_PUSH(v, n, cap, i);
    VEC_DEL(v, n, 0);
    VEC_DEL(v, n, n - 1);
    assert_int_equal(n, 98);
    assert_int_equal(v[0], 1);
    assert_int_equal(v[97], 98);
    free(v);
}

static void test_err(void **state)
{
    struct err e;
    assert_int_equal(err_set(&e, -3, "no %s", "luck"), -3);
    assert_int_equal(e.code, -3);
    assert_string_equal(e.text, "no luck");
    assert_int_equal(err_set(NULL, -4, "x"), -4);
    errno = ENOENT;
    assert_int_equal(err_errno(&e, "cannot open %s", "f"), -ENOENT);
    assert_string_equal(e.text, "cannot open f: No such file or directory");
    err_clear(&e);
    assert_int_equal(e.code, 0);
    assert_string_equal(e.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_set), cmocka_unit_test(test_compare), cmocka_unit_test(test_distance),
        cmocka_unit_test(test_copy),    cmocka_unit_test(test_int),     cmocka_unit_test(test_vec),
        cmocka_unit_test(test_err),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
