/* base/picture.h - what the engine asks of kith-picture and what it answers: encoded, bounded, checked
 *
 * kith-picture decodes files that strangers made, so its answers are foreign bytes like any other: whoever takes one
 * gets cells with symbols from a short list, pixels whose number is right, or sixel data in sixel's own grammar, and
 * nothing larger than what was asked for.
 */
#ifndef BASE_PICTURE_H
#define BASE_PICTURE_H

#include "base/base.h"
#include "base/buf.h"

enum { /* kinds of frames */
    PICTURE_ASK = 1,    /* with the file as a descriptor that can be read */
    PICTURE_ANSWER = 2,
    PICTURE_REFUSED = 3 /* one byte: enum picture_refusal */
};
enum {
    PICTURE_COLUMNS_MAX = 400,
    PICTURE_ROWS_MAX = 200,
    PICTURE_CELLS_MAX = 6000,              /* each may have colours of its own */
    PICTURE_PIXELS_MAX = 400000,           /* of what is given to a terminal */
    PICTURE_SIXEL_MAX = 4 << 20,           /* bytes */
    PICTURE_SIXEL_AREA = 600000,           /* pixels of the box */
    PICTURE_CELL_MAX = 64,                 /* pixels of a cell, each way */
    PICTURE_FILE_MAX = 32 << 20,           /* bytes of a file */
    PICTURE_SIDE_MAX = 65000,              /* pixels */
    PICTURE_AREA_MAX = 50000000,           /* pixels of a file */
    PICTURE_FRAME_MAX = (4 << 20) + 65536, /* of an answer */
    PICTURE_SECONDS = 6                    /* of CPU */
};
enum picture_form { PICTURE_SYMBOLS = 1, PICTURE_PIXELS, PICTURE_SIXEL };
enum picture_colours { PICTURE_MONO = 1, PICTURE_16, PICTURE_256, PICTURE_TRUE };
enum picture_refusal {
    PICTURE_FINE = 0,
    PICTURE_NO_PICTURE, /* of no kind that is read here */
    PICTURE_BIG_FILE,
    PICTURE_MANY_PIXELS,
    PICTURE_DAMAGED,
    PICTURE_NO_ROOM, /* memory, or the box is too small */
    N_PICTURE_REFUSALS
};

struct picture_ask {
    uint8_t form, colours; /* enum picture_form, picture_colours */
    bool ascii;            /* symbols of ASCII only */
    bool light;            /* the ground is light */
    uint16_t columns, rows;  /* the box: the picture is at most so large, and as large as its shape lets it be */
    uint16_t cell_w, cell_h; /* pixels of a cell */
};
struct picture_cell {
    uint32_t symbol; /* a printable character one cell wide */
    int32_t fg, bg;  /* 0xRRGGBB, or an index of the 256 or 16 colours; -1 = the terminal's own */
};
struct picture {
    uint32_t width, height; /* pixels of the file */
    uint16_t columns, rows; /* cells that it takes */
    uint8_t form, colours;
    struct picture_cell *cells;    /* SYMBOLS: columns * rows; owned */
    uint32_t pixels_w, pixels_h;   /* PIXELS, SIXEL: how many are shown */
    unsigned char *bytes;          /* PIXELS: 3 for each; SIXEL: what comes behind its raster attributes; owned */
    size_t len;
};

/* Is the beginning of a file that of a picture which kith-picture may know (PNG, JPEG, GIF, WebP)? By its bytes alone. */
enum { PICTURE_MAGIC_LEN = 12 };
bool picture_magic(const void *start, size_t len);
/* Cells that a picture of width x height pixels takes in the box of the ask: as many as its shape lets it, but a pixel
 * becomes no more than a pixel, or in symbols a cell's width. Never less than 1. */
void picture_fit(const struct picture_ask *a, uint32_t width, uint32_t height, uint16_t *columns, uint16_t *rows);
/* Makes the box of the ask smaller, keeping its shape, until it is within the limits of its form. */
void picture_bound(struct picture_ask *a);
bool picture_ask_good(const struct picture_ask *a); /* within the limits above */

void picture_put_ask(struct buf *out, const struct picture_ask *a);
bool picture_get_ask(const void *data, size_t len, struct picture_ask *a); /* false: malformed, or beyond the limits */
void picture_put(struct buf *out, const struct picture *p);
/* Takes an answer to the ask apart. False: it is none; nothing is to be freed then. */
bool picture_get(const void *data, size_t len, const struct picture_ask *a, struct picture *p);
void picture_free(struct picture *p); /* leaves it empty */
size_t picture_size(const struct picture *p); /* bytes it takes in memory */
/* A sentence for people. */
const char *picture_refusal_words(enum picture_refusal r);

#endif
