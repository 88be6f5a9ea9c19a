/* picture/decode.c - which decoder a file is for, and making pixels fewer, opaque and upright */
#include "picture/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum picture_refusal size_check(uint64_t w, uint64_t h)
{
    if (w < 1 || h < 1)
        return PICTURE_DAMAGED;
    if (w > PICTURE_SIDE_MAX || h > PICTURE_SIDE_MAX || w * h > PICTURE_AREA_MAX)
        return PICTURE_MANY_PIXELS;
    return PICTURE_FINE;
}

enum picture_refusal decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out)
{
    if (!picture_magic(file.data, file.len))
        return PICTURE_NO_PICTURE;
    if (file.data[0] == 0x89)
        return png_decode(file, out);
    if (file.data[0] == 0xFF)
        return jpeg_decode(file, want_w, want_h, out);
#ifdef HAVE_GIF
    if (file.data[0] == 'G')
        return gif_decode(file, out);
#endif
#ifdef HAVE_WEBP
    if (file.data[0] == 'R')
        return webp_decode(file, want_w, want_h, out);
#endif
    return PICTURE_NO_PICTURE;
}

/* ---- fewer pixels ---- */

struct mean { uint64_t rgb[3], opacity, n; };

static void add_row(struct mean *acc, const unsigned char *row, uint32_t from_w, uint32_t w)
{
    for (uint32_t x = 0; x < from_w; x++) {
        const unsigned char *px = row + (size_t)x * 4;
        struct mean *m = &acc[(uint64_t)x * w / from_w];
        for (int i = 0; i < 3; i++)
            m->rgb[i] += (uint64_t)px[i] * px[3];
        m->opacity += px[3];
        m->n++;
    }
}

static void put_row(struct mean *acc, unsigned char *out, uint32_t w, uint32_t ground)
{
    for (uint32_t x = 0; x < w; x++) {
        struct mean *m = &acc[x];
        uint64_t all = m->n * 255;
        for (int i = 0; i < 3; i++) {
            uint64_t under = ground >> (16 - 8 * i) & 255;
            out[(size_t)x * 4 + (size_t)i] = (unsigned char)((m->rgb[i] + under * (all - m->opacity)) / all);
        }
        out[(size_t)x * 4 + 3] = 255;
        *m = (struct mean){0};
    }
}

void scale(struct pixels *p, uint32_t w, uint32_t h, uint32_t ground)
{
    w = MAX(1u, MIN(w, p->w));
    h = MAX(1u, MIN(h, p->h));
    unsigned char *out = xreallocarray(NULL, (size_t)w * h, 4);
    struct mean *acc = xcalloc(w, sizeof *acc);
    for (uint32_t y = 0, to = 0; y < p->h; y++) {
        add_row(acc, p->rgba + (size_t)y * p->w * 4, p->w, w);
        if (y + 1 == p->h || (uint64_t)(y + 1) * h / p->h != to) {
            put_row(acc, out + (size_t)to * w * 4, w, ground);
            to++;
        }
    }
    free(acc);
    free(p->rgba);
    p->rgba = out;
    p->w = w;
    p->h = h;
}

/* ---- upright ---- */

static uint32_t exif_number(const unsigned char *s, bool little, size_t bytes)
{
    uint32_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | s[little ? bytes - 1 - i : i];
    return n;
}

unsigned exif_orientation(const unsigned char *s, size_t len)
{
    if (len < 14 || memcmp(s, "Exif\0", 6) != 0)
        return 1;
    const unsigned char *tiff = s + 6;
    size_t n = len - 6;
    bool little = tiff[0] == 'I';
    size_t at = exif_number(tiff + 4, little, 4);
    if (at > n || n - at < 2)
        return 1;
    uint32_t entries = exif_number(tiff + at, little, 2);
    at += 2;
    for (uint32_t i = 0; i < entries && n - at >= 12; i++, at += 12)
        if (exif_number(tiff + at, little, 2) == 0x0112)
            return exif_number(tiff + at + 8, little, 2);
    return 1;
}

void turn(struct pixels *p, unsigned orientation)
{
    /* Where the pixel (x, y) of what is shown comes from: along the file's columns or rows, forwards or backwards. */
    static const struct { bool across, back_x, back_y; } ways[] = {
        [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true}, [5] = {true, false, false},
        [6] = {true, false, true},  [7] = {true, true, true},  [8] = {true, true, false}};
    if (orientation < 2 || orientation > 8)
        return;
    bool across = ways[orientation].across;
    uint32_t w = across ? p->h : p->w, h = across ? p->w : p->h;
    unsigned char *out = xreallocarray(NULL, (size_t)w * h, 4);
    for (uint32_t y = 0; y < h; y++) {
        for (uint32_t x = 0; x < w; x++) {
            uint32_t fx = across ? y : x, fy = across ? x : y;
            fx = ways[orientation].back_x ? p->w - 1 - fx : fx;
            fy = ways[orientation].back_y ? p->h - 1 - fy : fy;
            memcpy(out + ((size_t)y * w + x) * 4, p->rgba + ((size_t)fy * p->w + fx) * 4, 4);
        }
    }
    free(p->rgba);
    uint32_t whole = p->whole_w;
    p->rgba = out;
    p->w = w;
    p->h = h;
    p->whole_w = across ? p->whole_h : whole;
    p->whole_h = across ? whole : p->whole_h;
}
