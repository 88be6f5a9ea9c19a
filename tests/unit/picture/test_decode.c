/* unit/picture/test_decode.c - pixels: read from JPEG, GIF and WebP, turned upright, made fewer and opaque */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>
#ifdef HAVE_GIF
#include <gif_lib.h>
#endif
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

static void put_number(struct buf *b, uint32_t n, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_addc(b, (char)((uint64_t)n >> (8 * i) & 255));
}

/* A frame of an animation at (x, y), both even; picture: a whole file with one chunk. */
static void put_frame(struct buf *b, uint32_t x, uint32_t y, uint32_t w, uint32_t h, const unsigned char *picture, size_t len)
{
    buf_add(b, "ANMF", 4);
    put_number(b, (uint32_t)(16 + len - 12), 4);
    put_number(b, x / 2, 3);
    put_number(b, y / 2, 3);
    put_number(b, w - 1, 3);
    put_number(b, h - 1, 3);
    put_number(b, 100, 3); /* milliseconds */
    put_number(b, 0, 1);
    buf_add(b, picture + 12, len - 12);
}

/* Red, then blue, in a corner of a canvas of 64 x 32. */
static void make_animation(struct buf *b)
{
    unsigned char rgb[20 * 10 * 3] = {0}, *red = NULL, *blue = NULL;
    struct buf frames = {0};
    for (size_t i = 0; i < sizeof rgb; i += 3)
        rgb[i] = 255;
    size_t n_red = WebPEncodeLosslessRGB(rgb, 20, 10, 20 * 3, &red);
    for (size_t i = 0; i < sizeof rgb; i += 3)
        rgb[i] = 0, rgb[i + 2] = 255;
    size_t n_blue = WebPEncodeLosslessRGB(rgb, 20, 10, 20 * 3, &blue);
    put_frame(&frames, 40, 20, 20, 10, red, n_red);
    put_frame(&frames, 0, 0, 20, 10, blue, n_blue);
    buf_add(b, "RIFF", 4);
    put_number(b, (uint32_t)(4 + 18 + 14 + frames.len), 4);
    buf_add(b, "WEBPVP8X", 8);
    put_number(b, 10, 4);
    put_number(b, 0x02, 4); /* it moves */
    put_number(b, 63, 3);
    put_number(b, 31, 3);
    buf_add(b, "ANIM", 4);
    put_number(b, 6, 4);
    put_number(b, 0, 6);
    buf_add(b, frames.data, frames.len);
    buf_free(&frames);
    WebPFree(red);
    WebPFree(blue);
}

static void test_webp_animation(void **state)
{
    struct buf b = {0};
    struct pixels p = {0};
    make_animation(&b);
    struct source s = {(const unsigned char *)b.data, b.len, never, NULL};
    assert_int_equal(decode(s, 10, 10, &p), PICTURE_FINE);
    assert_int_equal(p.w, 64);
    assert_int_equal(p.whole_h, 32);
    assert_int_equal(colour_at(&p, 40, 20), 'r');
    assert_int_equal(colour_at(&p, 59, 29), 'r');
    assert_memory_equal(p.rgba, "\0\0\0\0", 4); /* nothing stands there yet */
    assert_memory_equal(p.rgba + (29 * 64 + 60) * 4, "\0\0\0\0", 4);
    free(p.rgba);
    for (size_t n = PICTURE_MAGIC_LEN; n < b.len; n++) { /* cut anywhere */
        p = (struct pixels){0};
        unsigned char *part = xmalloc(n);
        memcpy(part, b.data, n);
        s = (struct source){part, n, never, NULL};
        (void)decode(s, 10, 10, &p);
        free(p.rgba);
        free(part);
    }
    buf_free(&b);
}
#else
static void test_webp_animation(void **state)
{
}

static void test_webp(void **state)
{
    struct pixels p = {0};
    struct source s = {(const unsigned char *)"RIFF1234WEBPVP8 ", 16, never, NULL};
    assert_int_equal(decode(s, 400, 400, &p), PICTURE_NO_PICTURE);
}
#endif

#ifdef HAVE_GIF
static int to_buf(GifFileType *g, const GifByteType *data, int n)
{
    buf_add(g->UserData, data, (size_t)n);
    return n;
}

/* Colours 0 to 3: black, red, blue, and one that is not seen; an image of 5 x 5 at (2, 1), whose rows take turns in red
 * and blue and end with one that is not seen; then another image. */
static void make_gif(struct buf *b, int canvas, bool interlaced, bool own_map)
{
    GifColorType colours[4] = {{0, 0, 0}, {255, 0, 0}, {0, 0, 255}, {9, 9, 9}};
    ColorMapObject *map = GifMakeMapObject(4, colours);
    GraphicsControlBlock how = {.TransparentColor = 3, .DelayTime = 10};
    GifByteType ext[4], red[] = {1, 1, 1, 1, 3}, blue[] = {2, 2, 2, 2, 3};
    static const int order[] = {0, 4, 2, 1, 3};
    int e;
    GifFileType *g = EGifOpen(b, to_buf, &e);
    assert_non_null(g);
    EGifSetGifVersion(g, true);
    assert_int_equal(EGifPutScreenDesc(g, canvas, canvas, 2, 0, own_map ? NULL : map), GIF_OK);
    assert_int_equal(EGifPutComment(g, "a comment before the picture"), GIF_OK);
    size_t n = EGifGCBToExtension(&how, ext);
    assert_int_equal(EGifPutExtension(g, GRAPHICS_EXT_FUNC_CODE, (int)n, ext), GIF_OK);
    assert_int_equal(EGifPutImageDesc(g, 2, 1, 5, 5, interlaced, own_map ? map : NULL), GIF_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(EGifPutLine(g, (interlaced ? order[i] : i) % 2 ? blue : red, 5), GIF_OK);
    assert_int_equal(EGifPutImageDesc(g, 0, 0, 1, 1, false, own_map ? map : NULL), GIF_OK);
    assert_int_equal(EGifPutLine(g, blue, 1), GIF_OK);
    assert_int_equal(EGifCloseFile(g, &e), GIF_OK);
    GifFreeMapObject(map);
}

static void test_gif(void **state)
{
    for (int i = 0; i < 4; i++) {
        struct buf b = {0};
        struct pixels p = {0};
        make_gif(&b, 8, i & 1, i & 2);
        struct source s = {(const unsigned char *)b.data, b.len, never, NULL};
        assert_int_equal(decode(s, 2, 2, &p), PICTURE_FINE);
        assert_int_equal(p.w, 8);
        assert_int_equal(p.whole_h, 8);
        for (uint32_t y = 0; y < 5; y++)
            assert_int_equal(colour_at(&p, 2 + y % 4, 1 + y), y % 2 ? 'b' : 'r');
        assert_int_equal(p.rgba[(8 + 6) * 4 + 3], 0); /* the colour that is not seen */
        assert_int_equal(p.rgba[3], 0);               /* and the canvas beside the image */
        free(p.rgba);
        for (size_t n = PICTURE_MAGIC_LEN; n + 20 < b.len; n++) { /* cut anywhere before the second image */
            unsigned char *part = xmalloc(n);
            memcpy(part, b.data, n);
            s = (struct source){part, n, never, NULL};
            p = (struct pixels){0};
            enum picture_refusal why = decode(s, 2, 2, &p);
            assert_true(why == PICTURE_DAMAGED || (why == PICTURE_FINE && n > b.len / 2));
            free(p.rgba);
            free(part);
        }
        buf_free(&b);
    }
}

static void test_gif_sizes(void **state)
{
    struct buf b = {0};
    struct pixels p = {0};
    make_gif(&b, 3, false, false); /* the canvas is smaller than what is on it */
    struct source s = {(const unsigned char *)b.data, b.len, never, NULL};
    assert_int_equal(decode(s, 9, 9, &p), PICTURE_FINE);
    assert_int_equal(p.w, 7);
    assert_int_equal(p.h, 6);
    free(p.rgba);
    p = (struct pixels){0};
    memcpy(b.data + 6, "\xff\xff\xff\xff", 4);
    assert_int_equal(decode(s, 9, 9, &p), PICTURE_MANY_PIXELS);
    assert_null(p.rgba);
    buf_free(&b);
}
#else
static void test_gif(void **state)
{
    struct pixels p = {0};
    struct source s = {(const unsigned char *)"GIF89a1234567890", 16, never, NULL};
    assert_int_equal(decode(s, 400, 400, &p), PICTURE_NO_PICTURE);
}

static void test_gif_sizes(void **state)
{
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_turn),  cmocka_unit_test(test_exif),
                                       cmocka_unit_test(test_scale), cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_jpeg),  cmocka_unit_test(test_webp),
                                       cmocka_unit_test(test_webp_animation),
                                       cmocka_unit_test(test_gif),   cmocka_unit_test(test_gif_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
