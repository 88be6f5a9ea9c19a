/* unit/wire/test_mark.c - a password is noticed in a text by its mark, and the mark does not tell it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/siphash.h"
#include "wire/wire.h"

/* The authors' own example: key 00 01 .. 0f, message 00 01 .. 0e; and of their table the rows 0, 1 and 8. */
static void test_siphash(void **state)
{
    unsigned char key[SIPHASH_KEY], text[16];
    for (unsigned i = 0; i < 16; i++)
        key[i] = text[i] = (unsigned char)i;
    assert_true(siphash(key, text, 15) == UINT64_C(0xa129ca6149be45e5));
    assert_true(siphash(key, text, 0) == UINT64_C(0x726fdb47dd0e0e31));
    assert_true(siphash(key, text, 1) == UINT64_C(0x74f839c593dc67fd));
    assert_true(siphash(key, text, 8) == UINT64_C(0x93f5f5799a932462));
}

static bool fits(const struct wire_mark *m, const char *text)
{
    return wire_mark_fits(m, text, strlen(text));
}

static void test_fits(void **state)
{
    struct wire_mark m, other, again;
    assert_true(wire_mark_of(&m, "correct horse 7"));
    assert_true(fits(&m, "correct horse 7"));
    assert_true(fits(&m, "so correct horse 7, then"));
    assert_true(fits(&m, "xcorrect horse 7x"));
    assert_false(fits(&m, "correct horse 8"));
    assert_false(fits(&m, "correct horse "));
    assert_false(fits(&m, ""));
    assert_false(wire_mark_of(&other, "short"));
    char *huge = xcalloc(1, WIRE_MARK_MAX + 2);
    memset(huge, 'x', WIRE_MARK_MAX + 1);
    assert_false(wire_mark_of(&other, huge));
    huge[WIRE_MARK_MAX] = '\0';
    assert_true(wire_mark_of(&other, huge));
    free(huge);
    assert_true(wire_mark_of(&again, "correct horse 7")); /* a key of its own each time */
    assert_true(memcmp(&again, &m, sizeof m) != 0);
}

/* No more than 24 bits of the hash cross the border: a text of the same length has the same mark soon enough, so
 * whoever has the mark cannot tell which of them it was. */
static void test_tells_little(void **state)
{
    struct wire_mark m;
    assert_true(wire_mark_of(&m, "aaaaaaaa"));
    assert_true(m.hash < 1u << 24);
}

static void test_wire(void **state)
{
    struct wire_mark m, back;
    struct buf b = {0};
    struct err e = {0};
    assert_true(wire_mark_of(&m, "correct horse 7"));
    wire_put_mark(&b, &m);
    assert_null(strstr(buf_str(&b), "horse"));
    assert_int_equal(wire_get_mark(b.data, b.len, &back, &e), 0);
    assert_true(fits(&back, "is it correct horse 7?"));
    assert_true(wire_get_mark(b.data, b.len - 1, &back, &e) < 0);
    uint32_t bad = 3;
    memcpy(b.data + 16, &bad, sizeof bad); /* a length that no mark has */
    assert_true(wire_get_mark(b.data, b.len, &back, &e) < 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_tells_little),
        cmocka_unit_test(test_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
