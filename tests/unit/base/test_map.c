/* unit/base/test_map.c - the string map: order, deletion while iterating, growth */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"

static void test_basic(void **state)
{
    struct map m = {0};
    int a = 1, b = 2;
    assert_null(map_get(&m, "x"));
    assert_null(map_del(&m, "x"));
    assert_null(map_next(&m, NULL));
    assert_null(map_set(&m, "x", &a));
    assert_ptr_equal(map_set(&m, "x", &b), &a);
    assert_ptr_equal(map_get(&m, "x"), &b);
    assert_int_equal(m.n, 1);
    assert_ptr_equal(map_del(&m, "x"), &b);
    assert_null(map_get(&m, "x"));
    assert_int_equal(m.n, 0);
    map_free(&m, NULL);
}

static void test_order_and_growth(void **state)
{
    struct map m = {0};
    char key[32];
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        map_set(&m, key, xstrdup(key));
    }
    for (int i = 0; i < 3000; i += 3) {
        snprintf(key, sizeof key, "key-%d", i);
        free(map_del(&m, key));
    }
    for (int i = 3000; i < 6000; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        map_set(&m, key, xstrdup(key));
    }
    assert_int_equal(m.n, 5000);
    int last = -1, seen = 0;
    for (struct map_entry *e = NULL; (e = map_next(&m, e)); seen++) {
        int i = (int)strtol(e->key + 4, NULL, 10);
        assert_true(i > last && (i >= 3000 || i % 3 != 0));
        assert_ptr_equal(map_get(&m, e->key), e->value);
        last = i;
    }
    assert_int_equal(seen, 5000);
    map_free(&m, free);
    assert_null(map_get(&m, "key-1"));
}

static void test_delete_while_iterating(void **state)
{
    struct map m = {0};
    char key[16];
    int v = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        map_set(&m, key, &v);
    }
    for (struct map_entry *e = NULL; (e = map_next(&m, e));)
        map_del(&m, e->key);
    assert_int_equal(m.n, 0);
    map_free(&m, NULL);
}

/* A queue of short-lived keys must not grow the table for ever. */
static void test_churn(void **state)
{
    struct map m = {0};
    char key[16];
    int v = 0;
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "%d", i);
        map_set(&m, key, &v);
        if (i >= 4) {
            snprintf(key, sizeof key, "%d", i - 4);
            assert_ptr_equal(map_del(&m, key), &v);
        }
    }
    assert_true(m.cap_entries <= 16);
    map_free(&m, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_order_and_growth),
        cmocka_unit_test(test_delete_while_iterating),
        cmocka_unit_test(test_churn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
