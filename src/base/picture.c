/* base/picture.c - what the engine asks of kith-picture and what it answers: encoded, bounded, checked */
#include "base/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ASK_LEN = 12, HEAD_LEN = 14, CELL_LEN = 12, SIXEL_BAND = 6, REGISTERS = 1024 };

/* ---- numbers, little endian ---- */

struct reader {
    const unsigned char *at, *end;
    bool bad;
};

static uint32_t get(struct reader *r, size_t bytes)
{
    uint32_t n = 0;
    if ((size_t)(r->end - r->at) < bytes) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        n |= (uint32_t)r->at[i] << (8 * i);
    r->at += bytes;
    return n;
}

static void put(struct buf *b, uint32_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        buf_addc(b, (char)(n >> (8 * i) & 255));
}

/* ---- files ---- */

bool picture_magic(const void *start, size_t len)
{
    const unsigned char *s = start;
    if (len < PICTURE_MAGIC_LEN)
        return false;
    return memcmp(s, "\x89PNG\r\n\x1a\n", 8) == 0 || memcmp(s, "\xff\xd8\xff", 3) == 0 ||
           memcmp(s, "GIF87a", 6) == 0 || memcmp(s, "GIF89a", 6) == 0 ||
           (memcmp(s, "RIFF", 4) == 0 && memcmp(s + 8, "WEBP", 4) == 0);
}

const char *picture_refusal_words(enum picture_refusal r)
{
    switch (r) {
    case PICTURE_NO_PICTURE:
        return "this is no picture of a kind that is known here";
    case PICTURE_BIG_FILE:
        return "the file is too large to be shown as a picture";
    case PICTURE_MANY_PIXELS:
        return "the picture has too many pixels to be shown";
    case PICTURE_DAMAGED:
        return "the picture is damaged";
    case PICTURE_NO_ROOM:
        return "there is no room to show the picture";
    case PICTURE_FINE:
    case N_PICTURE_REFUSALS:
        break;
    }
    return "the picture cannot be shown";
}

/* ---- sizes ---- */

void picture_fit(const struct picture_ask *a, uint32_t width, uint32_t height, uint16_t *columns, uint16_t *rows)
{
    double cw = MAX(1, a->cell_w), ch = MAX(1, a->cell_h), w = MAX(1u, width), h = MAX(1u, height);
    double most = a->form == PICTURE_SYMBOLS ? cw : 1.0;
    double scale = MIN(most, MIN(a->columns * cw / w, a->rows * ch / h));
    double c = w * scale / cw, r = h * scale / ch;
    *columns = (uint16_t)MAX(1, MIN((int)a->columns, (int)(c + 0.5)));
    *rows = (uint16_t)MAX(1, MIN((int)a->rows, (int)(r + 0.5)));
}

static double cells_most(const struct picture_ask *a)
{
    return a->form == PICTURE_SYMBOLS ? PICTURE_CELLS_MAX : (double)PICTURE_SIXEL_AREA / (a->cell_w * a->cell_h);
}

void picture_bound(struct picture_ask *a)
{
    a->cell_w = MAX(1, MIN(a->cell_w, PICTURE_CELL_MAX));
    a->cell_h = MAX(1, MIN(a->cell_h, PICTURE_CELL_MAX));
    a->columns = MAX(1, MIN(a->columns, PICTURE_COLUMNS_MAX));
    a->rows = MAX(1, MIN(a->rows, PICTURE_ROWS_MAX));
    double by = a->form == PICTURE_PIXELS ? 1.0 : sqrt(cells_most(a) / ((double)a->columns * a->rows));
    if (by < 1.0) {
        a->columns = (uint16_t)MAX(1, (int)(a->columns * by));
        a->rows = (uint16_t)MAX(1, (int)(a->rows * by));
    }
}

bool picture_ask_good(const struct picture_ask *a)
{
    if (a->form < PICTURE_SYMBOLS || a->form > PICTURE_SIXEL || a->colours < PICTURE_MONO || a->colours > PICTURE_TRUE)
        return false;
    if (a->columns < 1 || a->columns > PICTURE_COLUMNS_MAX || a->rows < 1 || a->rows > PICTURE_ROWS_MAX)
        return false;
    if (a->cell_w < 1 || a->cell_w > PICTURE_CELL_MAX || a->cell_h < 1 || a->cell_h > PICTURE_CELL_MAX)
        return false;
    return a->form == PICTURE_PIXELS || a->columns * a->rows <= cells_most(a);
}

/* ---- asking ---- */

void picture_put_ask(struct buf *out, const struct picture_ask *a)
{
    put(out, a->form, 1);
    put(out, a->colours, 1);
    put(out, a->ascii, 1);
    put(out, a->light, 1);
    put(out, a->columns, 2);
    put(out, a->rows, 2);
    put(out, a->cell_w, 2);
    put(out, a->cell_h, 2);
}

bool picture_get_ask(const void *data, size_t len, struct picture_ask *a)
{
    struct reader r = {data, (const unsigned char *)data + len, false};
    if (len != ASK_LEN)
        return false;
    *a = (struct picture_ask){.form = (uint8_t)get(&r, 1), .colours = (uint8_t)get(&r, 1)};
    a->ascii = get(&r, 1) != 0;
    a->light = get(&r, 1) != 0;
    a->columns = (uint16_t)get(&r, 2);
    a->rows = (uint16_t)get(&r, 2);
    a->cell_w = (uint16_t)get(&r, 2);
    a->cell_h = (uint16_t)get(&r, 2);
    return picture_ask_good(a);
}

/* ---- answers ---- */

void picture_put(struct buf *out, const struct picture *p)
{
    put(out, p->form, 1);
    put(out, p->colours, 1);
    put(out, p->width, 4);
    put(out, p->height, 4);
    put(out, p->columns, 2);
    put(out, p->rows, 2);
    for (size_t i = 0; p->form == PICTURE_SYMBOLS && i < (size_t)p->columns * p->rows; i++) {
        put(out, p->cells[i].symbol, 4);
        put(out, (uint32_t)p->cells[i].fg, 4);
        put(out, (uint32_t)p->cells[i].bg, 4);
    }
    if (p->form == PICTURE_PIXELS) {
        put(out, p->pixels_w, 4);
        put(out, p->pixels_h, 4);
    }
    if (p->form != PICTURE_SYMBOLS)
        buf_add(out, p->bytes, p->len);
}

/* ASCII, and the block elements: one cell wide in every terminal. */
static bool symbol_good(uint32_t c, bool ascii)
{
    return (c >= 0x20 && c < 0x7F) || (!ascii && c >= 0x2580 && c <= 0x259F);
}

static bool colour_good(int32_t c, uint8_t colours)
{
    static const int32_t most[] = {[PICTURE_MONO] = -1, [PICTURE_16] = 15, [PICTURE_256] = 255,
                                   [PICTURE_TRUE] = 0xFFFFFF};
    return c >= -1 && c <= most[colours];
}

static bool get_cells(struct reader *r, const struct picture_ask *a, struct picture *p)
{
    size_t n = (size_t)p->columns * p->rows;
    if ((size_t)(r->end - r->at) != n * CELL_LEN)
        return false;
    p->cells = xcalloc(n, sizeof *p->cells);
    for (size_t i = 0; i < n; i++) {
        struct picture_cell *c = &p->cells[i];
        c->symbol = get(r, 4);
        c->fg = (int32_t)get(r, 4);
        c->bg = (int32_t)get(r, 4);
        if (!symbol_good(c->symbol, a->ascii) || !colour_good(c->fg, a->colours) || !colour_good(c->bg, a->colours))
            return false;
    }
    return true;
}

static bool get_pixels(struct reader *r, struct picture *p)
{
    p->pixels_w = get(r, 4);
    p->pixels_h = get(r, 4);
    if (r->bad || p->pixels_w < 1 || p->pixels_h < 1 || p->pixels_w > PICTURE_PIXELS_MAX ||
        p->pixels_h > PICTURE_PIXELS_MAX || (uint64_t)p->pixels_w * p->pixels_h > PICTURE_PIXELS_MAX)
        return false;
    return (size_t)(r->end - r->at) == (size_t)p->pixels_w * p->pixels_h * 3;
}

/* A number of a sixel command; false: there is none, or it is absurd. */
static bool sixel_number(struct reader *r, uint32_t most, uint32_t *n)
{
    const unsigned char *from = r->at;
    for (*n = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        *n = *n * 10 + (uint32_t)(*r->at - '0');
        if (*n > most)
            return false;
    }
    return r->at > from;
}

/* Behind '#': a register, or one with its colour: #1;2;97;60;0. */
static bool sixel_colour(struct reader *r)
{
    uint32_t n;
    if (!sixel_number(r, REGISTERS - 1, &n))
        return false;
    for (int i = 0; r->at < r->end && *r->at == ';'; i++) {
        r->at++;
        if (i == 4 || !sixel_number(r, 360, &n))
            return false;
    }
    return true;
}

/* Only sixel's own grammar, without raster attributes, and no pixel outside of the box: the terminal must not scroll. */
static bool sixel_good(struct reader r, struct picture *p, uint32_t w, uint32_t h)
{
    uint32_t x = 0, bands = 1, n;
    while (r.at < r.end) {
        unsigned char c = *r.at++;
        bool repeat = c == '!';
        n = 1;
        if (repeat && (!sixel_number(&r, w, &n) || r.at == r.end))
            return false;
        c = repeat ? *r.at++ : c;
        if (c >= '?' && c <= '~')
            x += n;
        else if (repeat || (c == '#' ? !sixel_colour(&r) : c != '$' && c != '-'))
            return false;
        else if (c == '-')
            bands += r.at < r.end; /* the last one ends the picture */
        if (x > w || (bands - 1) * SIXEL_BAND >= h)
            return false;
        p->pixels_w = MAX(p->pixels_w, x);
        x = c == '$' || c == '-' ? 0 : x;
    }
    p->pixels_h = MIN(bands * SIXEL_BAND, h);
    return p->pixels_w > 0;
}

static bool get_bytes(struct reader *r, const struct picture_ask *a, struct picture *p)
{
    if (p->form == PICTURE_PIXELS ? !get_pixels(r, p)
                                  : (size_t)(r->end - r->at) > PICTURE_SIXEL_MAX ||
                                        !sixel_good(*r, p, (uint32_t)p->columns * a->cell_w, (uint32_t)p->rows * a->cell_h))
        return false;
    p->len = (size_t)(r->end - r->at);
    p->bytes = xmalloc(p->len + 1);
    memcpy(p->bytes, r->at, p->len);
    return true;
}

bool picture_get(const void *data, size_t len, const struct picture_ask *a, struct picture *p)
{
    struct reader r = {data, (const unsigned char *)data + len, len < HEAD_LEN};
    *p = (struct picture){0};
    if (r.bad)
        return false;
    p->form = (uint8_t)get(&r, 1);
    p->colours = (uint8_t)get(&r, 1);
    p->width = get(&r, 4);
    p->height = get(&r, 4);
    p->columns = (uint16_t)get(&r, 2);
    p->rows = (uint16_t)get(&r, 2);
    bool good = p->form == a->form && p->colours == a->colours && p->columns >= 1 && p->columns <= a->columns &&
                p->rows >= 1 && p->rows <= a->rows && p->width >= 1 && p->width <= PICTURE_SIDE_MAX && p->height >= 1 &&
                p->height <= PICTURE_SIDE_MAX;
    if (good)
        good = p->form == PICTURE_SYMBOLS ? get_cells(&r, a, p) : get_bytes(&r, a, p);
    if (!good)
        picture_free(p);
    return good;
}

void picture_free(struct picture *p)
{
    free(p->cells);
    free(p->bytes);
    *p = (struct picture){0};
}

size_t picture_size(const struct picture *p)
{
    return sizeof *p + (p->cells ? (size_t)p->columns * p->rows * sizeof *p->cells : 0) + p->len;
}
