/* unit/base/test_runs.c - runs of a text: packed, found by place, and what they hide */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/runs.h"

static void add(struct runs *r, size_t start, size_t len, uint32_t style)
{
    runs_add(r, start, len, &(struct look){.style = style});
}

static void packed_is_short_and_comes_back(void **state)
{
    static const char text[] = "one two three";
    struct runs r = {0}, back = {0};
    add(&r, 0, 3, LOOK_BOLD);
    runs_add(&r, 4, 3, &(struct look){LOOK_ITALIC, LOOK_COLOUR | 0xff0000, 0});
    runs_add(&r, 8, 5, &(struct look){0, 0, LOOK_COLOUR | 1});
    char *packed = runs_pack(&r);
    assert_string_equal(packed, "0,3,1;1,3,2,1ff0000;1,5,0,0,1000001");
    runs_unpack(&back, packed, text);
    assert_int_equal(back.n, 3);
    assert_memory_equal(back.v, r.v, 3 * sizeof *r.v);
    free(packed);
    runs_free(&r);
    runs_free(&back);
    assert_null(runs_pack(&r));
    runs_unpack(&back, NULL, NULL);
    runs_unpack(&back, "0,0,1", NULL);
    assert_int_equal(back.n, 0);
    (void)state;
}

static void neighbours_that_look_alike_are_one(void **state)
{
    struct runs r = {0};
    add(&r, 0, 2, LOOK_BOLD);
    add(&r, 2, 2, LOOK_BOLD);
    add(&r, 4, 2, 0);
    add(&r, 6, 0, LOOK_BOLD);
    add(&r, 6, 1, LOOK_BOLD);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.v[0].len, 4);
    runs_free(&r);
    (void)state;
}

/* A file somebody wrote into: nothing behind the text, nothing within a character, no loop, no crash. */
static void nonsense_is_left_out(void **state)
{
    static const struct { const char *packed; size_t n; } rows[] = {
        {"", 0}, {";", 0}, {",", 0}, {"0,3", 0}, {"0,3,1", 1}, {"0,3,1;", 1}, {"0,3,1;;0,1,1", 1}, {"x,3,1", 0},
        {"0,3,1,2,3,4", 0}, {"0,a,1", 0}, {"0,9,1", 1}, {"ffffffff,1,1", 0}, {"0,ffffffff,1", 0}, {"123456789,1,1", 0},
        {"0,3,ffffff80", 0}, {"0,0,1", 0}, {"1,1,1", 0 /* half of the second character */}, {"0,1,1;0,2,1", 1},
        {"0,1,1;0,2,2", 2}, {"0,3,1;0,3,2;0,3,4;0,1,1", 3}, {"0,3,1 ", 0},
    };
    static const char text[] = "a\u00e4" "bcdefg"; /* 9 bytes */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct runs r = {0};
        runs_unpack(&r, rows[i].packed, text);
        if (r.n != rows[i].n)
            fail_msg("\"%s\": %zu runs", rows[i].packed, r.n);
        (void)runs_have_spoiler(rows[i].packed);
        runs_free(&r);
    }
    (void)state;
}

static void places_are_found(void **state)
{
    struct runs r = {0};
    size_t end;
    add(&r, 2, 3, LOOK_BOLD);
    add(&r, 5, 1, LOOK_ITALIC);
    assert_null(runs_at(&r, 0, 10, &end));
    assert_int_equal(end, 2);
    assert_ptr_equal(runs_at(&r, 4, 10, &end), &r.v[0]);
    assert_int_equal(end, 5);
    assert_ptr_equal(runs_at(&r, 5, 10, &end), &r.v[1]);
    assert_int_equal(end, 6);
    assert_null(runs_at(&r, 6, 10, &end));
    assert_int_equal(end, 10);
    assert_ptr_equal(runs_at(&r, 2, 3, &end), &r.v[0]);
    assert_int_equal(end, 3);
    runs_free(&r);
    (void)state;
}

static char *covered(const char *text, const char *packed)
{
    struct buf b = {0};
    runs_add_covered(&b, text, packed);
    return buf_take(&b);
}

static void spoilers_are_covered(void **state)
{
    static const struct { const char *packed, *want; } rows[] = {
        {NULL, "the butler did it"},
        {"4,6,1", "the butler did it"},
        {"4,6,40", "the [spoiler] did it"},
        {"0,3,1;1,6,41;5,2,40", "the [spoiler] did [spoiler]"},
        {"4,3,40;0,3,41", "the [spoiler] did it"}, /* a part of it is bold: still one */
        {"0,11,40", "[spoiler]"},
        {"0,4,40;6,3,1", "[spoiler]butler did it"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = covered("the butler did it", rows[i].packed);
        assert_string_equal(have, rows[i].want);
        free(have);
    }
    char *none = covered(NULL, NULL);
    assert_string_equal(none, "");
    free(none);
    assert_true(runs_have_spoiler("0,3,1;1,6,41"));
    assert_false(runs_have_spoiler("0,3,1;1,6,1,1000040,40"));
    assert_false(runs_have_spoiler(NULL));
    (void)state;
}

static void what_is_hidden_behind_the_limit_stays_hidden(void **state)
{
    char text[2101];
    struct runs r = {0};
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t n = 0; n < RUNS_MAX; n++)
        add(&r, 2 * n, 1, LOOK_BOLD);
    add(&r, 2040, 10, LOOK_BOLD);
    assert_int_equal(r.n, RUNS_MAX);
    memcpy(text + 2060, "butler", 6);
    memcpy(text + 2080, "gardener", 8);
    add(&r, 2060, 6, LOOK_SPOILER);
    add(&r, 2080, 8, LOOK_SPOILER | LOOK_BOLD);
    assert_int_equal(r.n, RUNS_MAX);
    char *packed = runs_pack(&r), *have = covered(text, packed);
    assert_null(strstr(have, "butler"));
    assert_null(strstr(have, "gardener"));
    assert_non_null(strstr(have, "[spoiler]xxxx")); /* what follows is to be read */
    free(packed);
    free(have);
    runs_free(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_is_short_and_comes_back), cmocka_unit_test(neighbours_that_look_alike_are_one),
        cmocka_unit_test(nonsense_is_left_out),           cmocka_unit_test(places_are_found),
        cmocka_unit_test(spoilers_are_covered), cmocka_unit_test(what_is_hidden_behind_the_limit_stays_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
