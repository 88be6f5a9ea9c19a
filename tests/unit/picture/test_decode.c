/* unit/picture/test_decode.c - pixels: read from JPEG and WebP, turned upright, made fewer and opaque */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>
#ifdef HAVE_WEBP
#include <webp/encode.h>
#endif

#include "base/buf.h"
#include "base/mem.h"
#include "picture/decode.h"

static void never(void *user, enum picture_refusal why)
{
    fail_msg("it was given up: %s", picture_refusal_words(why));
}

/* A letter for each pixel, by its red. */
static void is(const struct pixels *p, const char *want)
{
    struct buf b = {0};
    for (uint32_t y = 0; y < p->h; y++) {
        for (uint32_t x = 0; x < p->w; x++)
            buf_addc(&b, (char)p->rgba[((size_t)y * p->w + x) * 4]);
        buf_addc(&b, '\n');
    }
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static struct pixels letters(const char *text, uint32_t w, uint32_t h)
{
    struct pixels p = {.w = w, .h = h, .whole_w = w * 10, .whole_h = h * 10, .rgba = xcalloc((size_t)w * h, 4)};
    for (size_t i = 0; i < (size_t)w * h; i++)
        memset(p.rgba + i * 4, text[i], 4);
    return p;
}

static void test_turn(void **state)
{
    static const char *const want[] = {"abc\ndef\n", "abc\ndef\n", "cba\nfed\n", "fed\ncba\n", "def\nabc\n",
                                       "ad\nbe\ncf\n", "da\neb\nfc\n", "fc\neb\nda\n", "cf\nbe\nad\n", "abc\ndef\n"};
    for (unsigned i = 0; i < COUNT(want); i++) {
        struct pixels p = letters("abcdef", 3, 2);
        turn(&p, i);
        is(&p, want[i]);
        assert_int_equal(p.whole_w, i >= 5 && i <= 8 ? 20 : 30);
        free(p.rgba);
    }
}

static void test_exif(void **state)
{
    unsigned char s[] = "Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x0f\0\x02\0\0\0\x01\0\0\0\0\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    unsigned char l[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
    assert_int_equal(exif_orientation(s, sizeof s - 1), 6);
    assert_int_equal(exif_orientation(l, sizeof l - 1), 8);
    for (size_t n = 0; n + 2 < sizeof s; n++)
        assert_true(exif_orientation(s, n) <= 6); /* cut anywhere */
    s[10] = 0xFF; /* its table is said to lie far outside */
    assert_int_equal(exif_orientation(s, sizeof s - 1), 1);
    assert_int_equal(exif_orientation((const unsigned char *)"http://ns.adobe.com/", 20), 1);
}

static void test_scale(void **state)
{
    struct pixels p = letters("aaccaaccbbbbbbbb", 4, 4);
    for (int i = 0; i < 16; i++)
        p.rgba[i * 4 + 3] = 255;
    scale(&p, 2, 2, 0);
    is(&p, "ac\nbb\n");
    scale(&p, 9, 9, 0); /* never larger */
    is(&p, "ac\nbb\n");
    scale(&p, 1, 1, 0);
    assert_int_equal(p.rgba[0], ('a' + 'c' + 'b' + 'b') / 4);
    free(p.rgba);
    p = (struct pixels){.w = 2, .h = 1, .rgba = xcalloc(2, 4)};
    memcpy(p.rgba, "\xff\xff\xff\0\xff\0\0\x80", 8);
    scale(&p, 2, 1, 0x0000FF); /* what is seen through */
    assert_memory_equal(p.rgba, "\0\0\xff\xff", 4);
    assert_int_equal(p.rgba[4], 128);
    assert_int_equal(p.rgba[6], 127);
    assert_int_equal(p.rgba[7], 255);
    free(p.rgba);
}

static void test_sizes(void **state)
{
    assert_int_equal(size_check(1, 1), PICTURE_FINE);
    assert_int_equal(size_check(8000, 6000), PICTURE_FINE);
    assert_int_equal(size_check(0, 5), PICTURE_DAMAGED);
    assert_int_equal(size_check(30000, 30000), PICTURE_MANY_PIXELS);
    assert_int_equal(size_check(65001, 1), PICTURE_MANY_PIXELS);
    assert_int_equal(size_check(UINT32_MAX, UINT32_MAX), PICTURE_MANY_PIXELS);
}

/* The left half red, the right one blue; with an orientation when it is not 0. */
static unsigned char *make_jpeg(int w, int h, unsigned char orientation, unsigned long *len)
{
    struct jpeg_compress_struct c = {0};
    struct jpeg_error_mgr errors;
    unsigned char *out = NULL, *row = xcalloc((size_t)w, 3);
    unsigned char exif[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0";
    *len = 0;
    exif[sizeof exif - 5] = orientation;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, len);
    c.image_width = (JDIMENSION)w;
    c.image_height = (JDIMENSION)h;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_start_compress(&c, TRUE);
    if (orientation)
        jpeg_write_marker(&c, JPEG_APP0 + 1, exif, sizeof exif - 1);
    for (int x = 0; x < w; x++)
        row[x * 3 + (x < w / 2 ? 0 : 2)] = 255;
    for (int y = 0; y < h; y++)
        jpeg_write_scanlines(&c, &row, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(row);
    return out;
}

static char colour_at(const struct pixels *p, uint32_t x, uint32_t y)
{
    const unsigned char *px = p->rgba + ((size_t)y * p->w + x) * 4;
    assert_int_equal(px[3], 255);
    return px[0] > 200 && px[2] < 60 ? 'r' : px[2] > 200 && px[0] < 60 ? 'b' : '?';
}

static void test_jpeg(void **state)
{
    unsigned long len;
    unsigned char *file = make_jpeg(64, 32, 0, &len);
    struct source s = {file, len, never, NULL};
    struct pixels p = {0};
    assert_int_equal(decode(s, 64, 32, &p), PICTURE_FINE);
    assert_int_equal(p.w, 64);
    assert_int_equal(p.h, 32);
    assert_int_equal(colour_at(&p, 5, 5), 'r');
    assert_int_equal(colour_at(&p, 60, 30), 'b');
    free(p.rgba);
    assert_int_equal(decode(s, 16, 8, &p), PICTURE_FINE); /* read smaller than it is */
    assert_int_equal(p.w, 16);
    assert_int_equal(p.whole_w, 64);
    free(p.rgba);
    free(file);
    file = make_jpeg(64, 32, 6, &len); /* the camera was held upright: its left is up */
    s = (struct source){file, len, never, NULL};
    assert_int_equal(decode(s, 64, 64, &p), PICTURE_FINE);
    assert_int_equal(p.w, 32);
    assert_int_equal(p.h, 64);
    assert_int_equal(p.whole_w, 32);
    assert_int_equal(colour_at(&p, 16, 5), 'r');
    assert_int_equal(colour_at(&p, 16, 60), 'b');
    free(p.rgba);
    free(file);
}

#ifdef HAVE_WEBP
static void test_webp(void **state)
{
    unsigned char rgb[40 * 20 * 3] = {0}, *file = NULL;
    for (size_t i = 0; i < sizeof rgb; i += 3)
        rgb[i + (i / 3 % 40 < 20 ? 0 : 2)] = 255;
    size_t len = WebPEncodeLosslessRGB(rgb, 40, 20, 40 * 3, &file);
    assert_true(len > 0);
    struct source s = {file, len, never, NULL};
    struct pixels p = {0};
    assert_int_equal(decode(s, 400, 400, &p), PICTURE_FINE);
    assert_int_equal(p.w, 40);
    assert_int_equal(colour_at(&p, 3, 3), 'r');
    assert_int_equal(colour_at(&p, 33, 18), 'b');
    free(p.rgba);
    p = (struct pixels){0};
    assert_int_equal(decode(s, 10, 4, &p), PICTURE_FINE);
    assert_int_equal(p.w, 10);
    assert_int_equal(p.h, 5);
    assert_int_equal(p.whole_h, 20);
    free(p.rgba);
    p = (struct pixels){0};
    s.len = len / 2;
    assert_int_equal(decode(s, 400, 400, &p), PICTURE_DAMAGED);
    free(p.rgba);
    WebPFree(file);
}
#else
static void test_webp(void **state)
{
    struct pixels p = {0};
    struct source s = {(const unsigned char *)"RIFF1234WEBPVP8 ", 16, never, NULL};
    assert_int_equal(decode(s, 400, 400, &p), PICTURE_NO_PICTURE);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_turn),  cmocka_unit_test(test_exif),
                                       cmocka_unit_test(test_scale), cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_jpeg),  cmocka_unit_test(test_webp)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
