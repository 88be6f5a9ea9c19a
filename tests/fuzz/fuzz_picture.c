/* fuzz/fuzz_picture.c - what kith-picture answers: whatever is taken is of the size and the alphabet that was asked for */
/* links: base */
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cells(const struct picture *p, const struct picture_ask *a)
{
    for (size_t i = 0; i < (size_t)p->columns * p->rows; i++) {
        const struct picture_cell *c = &p->cells[i];
        ENSURE((c->symbol >= 0x20 && c->symbol < 0x7F) || (!a->ascii && c->symbol >= 0x2580 && c->symbol <= 0x259F));
        ENSURE(c->fg >= -1 && c->fg <= 0xFFFFFF && c->bg >= -1 && c->bg <= 0xFFFFFF);
        ENSURE(a->colours != PICTURE_MONO || (c->fg == -1 && c->bg == -1));
    }
}

/* The first byte says what was asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct picture p;
    struct picture_ask any, a = {.columns = 12, .rows = 4, .cell_w = 8, .cell_h = 16};
    if (size < 1)
        return 0;
    (void)picture_get_ask(data, size, &any);
    (void)picture_magic(data, size);
    a.form = (uint8_t)(1 + data[0] % 3);
    a.colours = (uint8_t)(1 + data[0] / 3 % 4);
    a.ascii = data[0] & 64;
    if (!picture_get(data + 1, size - 1, &a, &p))
        return 0;
    ENSURE(p.columns >= 1 && p.columns <= a.columns && p.rows >= 1 && p.rows <= a.rows);
    ENSURE((p.cells != NULL) == (p.form == PICTURE_SYMBOLS));
    if (p.cells)
        check_cells(&p, &a);
    else if (p.form == PICTURE_PIXELS)
        ENSURE(p.len == (size_t)p.pixels_w * p.pixels_h * 3);
    else
        ENSURE(!memchr(p.bytes, 0x1B, p.len) && !memchr(p.bytes, 0x9C, p.len) && p.pixels_w <= 96 && p.pixels_h <= 64);
    picture_free(&p);
    return 0;
}
