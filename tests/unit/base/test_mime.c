/* unit/base/test_mime.c - media types by the end of a name */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mime.h"

static void test_known_ends(void **state)
{
    assert_string_equal(mime_of_name("cat.png"), "image/png");
    assert_string_equal(mime_of_name("CAT.JPG"), "image/jpeg");
    assert_string_equal(mime_of_name("notes.v2.txt"), "text/plain");
}

static void test_unknown_ends(void **state)
{
    const char *names[] = {"", "Makefile", "a.", "a.unheard", ".", "png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(mime_of_name(names[i]), "application/octet-stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_ends),
        cmocka_unit_test(test_unknown_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
