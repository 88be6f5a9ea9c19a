/* unit/base/test_png.c - a picture written as PNG */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/picture.h"
#include "base/png.h"

/* As zlib makes it at level 0, but for the first two bytes' level: checked by hand and by `file` once. */
static void smallest(void **state)
{
    static const unsigned char want[] = {
        0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0,
        0x90, 0x77, 0x53, 0xde, 0, 0, 0, 15, 'I', 'D', 'A', 'T', 0x78, 0x01, 1, 4, 0, 0xfb, 0xff, 0, 1, 2, 3, 0, 14, 0, 7};
    struct buf b = {0};
    png_write(&b, (const unsigned char *)"\1\2\3", 1, 1);
    assert_true(picture_magic(b.data, b.len));
    assert_memory_equal(b.data, want, sizeof want);
    assert_memory_equal(b.data + b.len - 12, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
    buf_free(&b);
}

/* More than one block: its length says how many. */
static void several_blocks(void **state)
{
    enum { W = 200, H = 200 };
    struct buf b = {0};
    unsigned char *rgb = xcalloc((size_t)W * H, 3);
    png_write(&b, rgb, W, H);
    size_t rows = (size_t)H * (W * 3 + 1);
    assert_int_equal(b.len, 8 + 25 + 12 + 2 + rows + (rows + 65534) / 65535 * 5 + 4 + 12);
    buf_free(&b);
    free(rgb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(smallest), cmocka_unit_test(several_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
