/* unit/base/test_picture.c - what kith-picture answers is taken apart, and refused when it is not what was asked for */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/picture.h"

static const struct picture_ask symbols = {.form = PICTURE_SYMBOLS, .colours = PICTURE_TRUE, .columns = 48, .rows = 8,
                                           .cell_w = 8, .cell_h = 16};

static void fits(uint32_t w, uint32_t h, uint16_t columns, uint16_t rows)
{
    uint16_t c, r;
    picture_fit(&symbols, w, h, &c, &r);
    assert_int_equal(c, columns);
    assert_int_equal(r, rows);
}

static void test_fit(void **state)
{
    fits(320, 200, 26, 8);
    fits(1000, 1000, 16, 8);
    fits(4000, 100, 48, 1);
    fits(100, 4000, 1, 8); /* never nothing */
    fits(1, 1, 1, 1);
    fits(16, 16, 16, 8);     /* a pixel becomes a cell's width at most */
    fits(60000, 1, 48, 1);
    struct picture_ask a = symbols;
    a.form = PICTURE_PIXELS;
    uint16_t c, r;
    picture_fit(&a, 16, 16, &c, &r); /* and no more than a pixel where there are pixels */
    assert_int_equal(c, 2);
    assert_int_equal(r, 1);
}

static void test_bounds(void **state)
{
    struct picture_ask a = symbols, b;
    assert_true(picture_ask_good(&a));
    a.columns = 400;
    a.rows = 200;
    assert_false(picture_ask_good(&a));
    picture_bound(&a);
    assert_true(picture_ask_good(&a));
    assert_true(a.columns * a.rows > PICTURE_CELLS_MAX * 9 / 10 && a.columns < 2 * a.rows + 4);
    a = (struct picture_ask){.form = PICTURE_SIXEL, .colours = PICTURE_TRUE, .columns = 300, .rows = 100, .cell_w = 900,
                             .cell_h = 0};
    picture_bound(&a);
    assert_true(picture_ask_good(&a));
    struct buf out = {0};
    picture_put_ask(&out, &symbols);
    assert_true(picture_get_ask(out.data, out.len, &b));
    assert_memory_equal(&b, &symbols, sizeof b);
    assert_false(picture_get_ask(out.data, out.len - 1, &b));
    out.data[0] = 9;
    assert_false(picture_get_ask(out.data, out.len, &b));
    buf_free(&out);
}

static void test_magic(void **state)
{
    assert_true(picture_magic("\x89PNG\r\n\x1a\n\0\0\0\r", 12));
    assert_true(picture_magic("\xff\xd8\xff\xe0 JFIF....", 12));
    assert_true(picture_magic("RIFF1234WEBP", 12));
    assert_true(picture_magic("GIF87a......", 12));
    assert_true(picture_magic("GIF89a......", 12));
    assert_false(picture_magic("GIF88a......", 12));
    assert_false(picture_magic("RIFF1234WAVE", 12));
    assert_false(picture_magic("#!/bin/sh\n::", 12));
    assert_false(picture_magic("\x89PNG\r\n\x1a\n", 8)); /* too short to be one */
    for (int r = 0; r <= N_PICTURE_REFUSALS; r++)
        assert_true(strlen(picture_refusal_words((enum picture_refusal)r)) > 10);
}

/* Two cells by one. */
static void put(struct buf *out, const struct picture_cell cells[2], uint8_t colours)
{
    buf_clear(out);
    picture_put(out, &(struct picture){.width = 20, .height = 10, .columns = 2, .rows = 1, .form = PICTURE_SYMBOLS,
                                       .colours = colours, .cells = (struct picture_cell *)(uintptr_t)cells});
}

static bool takes(struct picture_cell c, uint8_t colours, bool ascii)
{
    struct buf out = {0};
    struct picture p;
    struct picture_ask a = symbols;
    a.colours = colours;
    a.ascii = ascii;
    put(&out, (struct picture_cell[]){{' ', -1, -1}, c}, colours);
    bool good = picture_get(out.data, out.len, &a, &p);
    if (good) {
        assert_int_equal(p.cells[1].symbol, c.symbol);
        assert_int_equal(p.cells[1].fg, c.fg);
        assert_int_equal(p.cells[1].bg, c.bg);
        assert_true(picture_size(&p) >= 2 * sizeof c);
        picture_free(&p);
    }
    assert_null(p.cells);
    buf_free(&out);
    return good;
}

static void test_cells(void **state)
{
    assert_true(takes((struct picture_cell){0x2580, 0xFFFFFF, 0}, PICTURE_TRUE, false));
    assert_true(takes((struct picture_cell){'#', -1, -1}, PICTURE_MONO, true));
    assert_true(takes((struct picture_cell){0x259F, 255, 0}, PICTURE_256, false));
    assert_true(takes((struct picture_cell){'~', 15, 3}, PICTURE_16, false));
    static const uint32_t never[] = {0, 7, 0x1B, 0x7F, 0x9B, 0x200D, 0x202E, 0x0301, 0x65E5, 0x1F600, 0x257F, 0x25A0,
                                     0x110000, 0xFFFFFFFF};
    for (size_t i = 0; i < COUNT(never); i++)
        assert_false(takes((struct picture_cell){never[i], -1, -1}, PICTURE_TRUE, false));
    assert_false(takes((struct picture_cell){0x2580, -1, -1}, PICTURE_TRUE, true)); /* ASCII was asked for */
    assert_false(takes((struct picture_cell){'a', 0x1000000, -1}, PICTURE_TRUE, false));
    assert_false(takes((struct picture_cell){'a', -2, -1}, PICTURE_TRUE, false));
    assert_false(takes((struct picture_cell){'a', -1, 256}, PICTURE_256, false));
    assert_false(takes((struct picture_cell){'a', 16, -1}, PICTURE_16, false));
    assert_false(takes((struct picture_cell){'a', 0, -1}, PICTURE_MONO, false));
}

static void test_sizes(void **state)
{
    struct buf out = {0};
    struct picture p;
    struct picture_ask a = symbols;
    put(&out, (struct picture_cell[]){{'a', -1, -1}, {'b', -1, -1}}, PICTURE_TRUE);
    assert_true(picture_get(out.data, out.len, &a, &p));
    picture_free(&p);
    for (size_t n = 0; n < out.len; n++)
        assert_false(picture_get(out.data, n, &a, &p));
    a.columns = 1; /* larger than the box */
    assert_false(picture_get(out.data, out.len, &a, &p));
    a = symbols;
    a.colours = PICTURE_256;
    assert_false(picture_get(out.data, out.len, &a, &p));
    a = symbols;
    a.form = PICTURE_SIXEL;
    assert_false(picture_get(out.data, out.len, &a, &p));
    buf_addc(&out, 'x');
    assert_false(picture_get(out.data, out.len, &symbols, &p));
    buf_free(&out);
}

static bool takes_bytes(uint8_t form, const char *bytes, size_t len, uint32_t w, uint32_t h, struct picture *p)
{
    struct buf out = {0};
    struct picture_ask a = symbols;
    a.form = form;
    struct picture from = {.width = 16, .height = 16, .columns = 2, .rows = 1, .form = form, .colours = PICTURE_TRUE,
                           .pixels_w = w, .pixels_h = h, .bytes = (unsigned char *)(uintptr_t)bytes, .len = len};
    picture_put(&out, &from);
    bool good = picture_get(out.data, out.len, &a, p);
    buf_free(&out);
    return good;
}

static bool sixel(const char *bytes)
{
    struct picture p;
    bool good = takes_bytes(PICTURE_SIXEL, bytes, strlen(bytes), 0, 0, &p);
    if (good) {
        assert_int_equal(p.len, strlen(bytes));
        assert_true(p.pixels_w >= 1 && p.pixels_w <= 16 && p.pixels_h <= 16);
    }
    picture_free(&p);
    return good;
}

static void test_sixel(void **state)
{
    assert_true(sixel("#0;2;97;60;0#0!10~$#1@AB-?~-~")); /* two columns of 8 pixels, 16 high: three bands */
    assert_true(sixel("~-~-~-"));
    assert_true(sixel("!16~"));
    static const char *const never[] = {
        "",          "$",           "\x1b\\~",     "~\x1b[2J",  "~\x9c",       "!~",          "!17~",    "!16~~",
        "!9999999999~", "!1#0~",    "!2-~",        "!3!3~",     "#~",          "#1024~",      "#1;2;3;4;5;6~", "#1;;~",
        "#1;2;361~", "\"1;1;9999;9999~", "~-~-~-~", "~ ~",      "~\n~",        "~\x7f",       "~a;\a",   "hello world, how are you"};
    for (size_t i = 0; i < COUNT(never); i++)
        if (sixel(never[i]))
            fail_msg("took %s", never[i]);
}

static void test_pixels(void **state)
{
    char rgb[4 * 3 * 3] = "some pixels";
    struct picture p;
    assert_true(takes_bytes(PICTURE_PIXELS, rgb, sizeof rgb, 4, 3, &p));
    assert_memory_equal(p.bytes, rgb, sizeof rgb);
    picture_free(&p);
    assert_false(takes_bytes(PICTURE_PIXELS, rgb, sizeof rgb, 4, 4, &p));
    assert_false(takes_bytes(PICTURE_PIXELS, rgb, sizeof rgb - 1, 4, 3, &p));
    assert_false(takes_bytes(PICTURE_PIXELS, rgb, 0, 0, 3, &p));
    assert_false(takes_bytes(PICTURE_PIXELS, rgb, sizeof rgb, 0x80000001, 0x80000001, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fit),    cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_magic),  cmocka_unit_test(test_cells),
                                       cmocka_unit_test(test_sizes),  cmocka_unit_test(test_sixel),
                                       cmocka_unit_test(test_pixels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
