/* base/png.c - writes a picture as PNG, without compressing it */
#include "base/png.h"

#include "base/base.h"

enum { BLOCK = 65535 };

static uint32_t crc32_of(const unsigned char *p, size_t len)
{
    uint32_t c = 0xffffffffu;
    for (size_t i = 0; i < len; i++) {
        c ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    }
    return c ^ 0xffffffffu;
}

static uint32_t adler32_of(const unsigned char *p, size_t len)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < len; i++) {
        a = (a + p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void put32(struct buf *out, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_addc(out, (char)(n >> shift & 255));
}

static void put_chunk(struct buf *out, const char *type, const void *data, size_t len)
{
    put32(out, (uint32_t)len);
    size_t from = out->len;
    buf_add(out, type, 4);
    buf_add(out, data, len);
    put32(out, crc32_of((const unsigned char *)out->data + from, out->len - from));
}

/* zlib's frame around blocks that are stored as they are. */
static void put_stored(struct buf *out, const unsigned char *p, size_t len)
{
    buf_add(out, "\x78\x01", 2);
    for (size_t at = 0; at < len;) {
        size_t n = MIN(len - at, (size_t)BLOCK);
        buf_addc(out, at + n == len);
        buf_addc(out, (char)(n & 255));
        buf_addc(out, (char)(n >> 8));
        buf_addc(out, (char)(~n & 255));
        buf_addc(out, (char)(~n >> 8 & 255));
        buf_add(out, p + at, n);
        at += n;
    }
    put32(out, adler32_of(p, len));
}

void png_write(struct buf *out, const unsigned char *rgb, uint32_t width, uint32_t height)
{
    struct buf head = {0}, rows = {0}, data = {0};
    put32(&head, width);
    put32(&head, height);
    buf_add(&head, "\x08\x02\0\0\0", 5); /* 8 bits, red green blue */
    for (uint32_t y = 0; y < height; y++) {
        buf_addc(&rows, 0); /* no filter */
        buf_add(&rows, rgb + (size_t)y * width * 3, (size_t)width * 3);
    }
    put_stored(&data, (const unsigned char *)rows.data, rows.len);
    buf_add(out, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(out, "IHDR", head.data, head.len);
    put_chunk(out, "IDAT", data.data, data.len);
    put_chunk(out, "IEND", "", 0);
    buf_free(&head);
    buf_free(&rows);
    buf_free(&data);
}
