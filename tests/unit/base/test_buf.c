/* unit/base/test_buf.c - growing byte strings and arenas */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

static void test_add(void **state)
{
    struct buf b = {0};
    assert_string_equal(buf_str(&b), "");
    buf_adds(&b, NULL);
    buf_add(&b, "ab", 2);
    buf_addc(&b, 'c');
    buf_addf(&b, "%0100d", 7); /* longer than the first guess */
    assert_int_equal(b.len, 103);
    assert_int_equal(b.data[103], 0);
    assert_memory_equal(b.data, "abc000", 6);
    char *s = buf_take(&b);
    assert_int_equal(strlen(s), 103);
    assert_int_equal(b.len, 0);
    free(s);
    s = buf_take(&b);
    assert_string_equal(s, "");
    free(s);
}

static void test_edit(void **state)
{
    struct buf b = {0};
    buf_adds(&b, "ad");
    buf_insert(&b, 1, "bc", 2);
    buf_insert(&b, 4, "e", 1);
    assert_string_equal(buf_str(&b), "abcde");
    buf_delete(&b, 1, 2);
    assert_string_equal(buf_str(&b), "ade");
    buf_consume(&b, 2);
    assert_string_equal(buf_str(&b), "e");
    buf_clear(&b);
    assert_string_equal(buf_str(&b), "");
    buf_wipe_free(&b);
    assert_null(b.data);
}

static void test_growth(void **state)
{
    struct buf b = {0};
    for (int i = 0; i < 5000; i++)
        buf_add(&b, "0123456789", 10);
    assert_int_equal(b.len, 50000);
    assert_memory_equal(b.data + 49990, "0123456789", 10);
    buf_free(&b);
}

static void test_arena(void **state)
{
    struct arena a = {0};
    for (int round = 0; round < 3; round++) {
        char *first = arena_strdup(&a, "first");
        for (int i = 1; i < 500; i++) {
            char *p = arena_alloc(&a, (size_t)i);
            assert_int_equal((uintptr_t)p % 16, 0);
            for (int k = 0; k < i; k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xA5, (size_t)i);
        }
        char *large = arena_alloc(&a, 100000);
        memset(large, 1, 100000);
        assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
        assert_string_equal(first, "first");
        arena_reset(&a);
    }
    arena_free(&a);
    assert_null(a.head);
    char *p = arena_alloc(&a, 5000); /* a large piece first */
    p[4999] = 1;
    arena_alloc(&a, 1);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_edit),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
