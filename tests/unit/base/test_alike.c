/* unit/base/test_alike.c - names that look like others are found, honest ones are left alone */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alike.h"

static bool same(const char *a, const char *b)
{
    char *x = alike_skeleton(a), *y = alike_skeleton(b);
    bool r = strcmp(x, y) == 0;
    free(x);
    free(y);
    return r;
}

static void test_skeletons(void **state)
{
    static const char *const pairs[][2] = {
        {"Bob", "bob"},
        {"Bob", "\xD0\x92\xD0\xBE\xD0\xAC"}, /* Cyrillic */
        {"paypal", "p\xD0\xB0yp\xD0\xB0l"},  /* two Cyrillic letters */
        {"Ollie", "0llle"},
        {"Arnold", "Amold"},
        {"Zo\xC3\xAB Vance", "zoe_vance"},
        {"alice", "\xEF\xBC\xA1\xEF\xBD\x8C\xEF\xBD\x89\xEF\xBD\x83\xEF\xBD\x85"}, /* full width */
        {"alice",
         "\xF0\x9D\x93\xAA\xF0\x9D\x93\xB5\xF0\x9D\x93\xB2\xF0\x9D\x93\xAC\xF0\x9D\x93\xAE"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_true(same(pairs[i][0], pairs[i][1]));
    assert_false(same("Bob", "Rob"));
    assert_false(same("Anna", "Anne"));
    assert_false(
        same("\xE5\xB1\xB1\xE7\x94\xB0", "\xE5\xB1\xB1\xE6\x9C\xAC")); /* Yamada, Yamamoto */
}

static void test_mixed(void **state)
{
    assert_true(alike_mixed("B\xD0\xBE"
                            "b"));
    assert_true(alike_mixed("Alice p\xCE\xB1ul"));
    assert_false(alike_mixed("Bob"));
    assert_false(alike_mixed("J\xC3\xBCrgen Gro\xC3\x9F"));
    assert_false(
        alike_mixed("\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD (Ivan)")); /* each word is of one script */
    assert_false(alike_mixed("\xE5\xB1\xB1\xE7\x94\xB0 Taro"));
    assert_false(alike_mixed(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skeletons),
        cmocka_unit_test(test_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
