/* ui/surface.h - the grid of cells that panes draw on and terminals, dumps and tests read
 *
 * Two layers: cells (being drawn) and shown (what the reader has taken). A reader asks for the
 * damage of each row, emits it, and calls surface_commit(). Cells are 16 plain bytes, so that
 * damage is a memcmp. A cell's style is a number: the numbers below N_ROLES are the theme's roles
 * themselves; above are mixtures (a selected row's ground under a presence's colour, the colour of
 * a name).
 */
#ifndef UI_SURFACE_H
#define UI_SURFACE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/cells.h"
#include "base/runs.h"
#include "config/theme.h"

enum { CELL_INLINE = 8, CELL_TEXT_MAX = 64, SURFACE_MAX_W = 1000, SURFACE_MAX_H = 500 };
enum {
    CELL_RISKY = 1
}; /* the terminal's idea of its width may differ: rewrite the whole row (UX.md 2.6) */

struct cell {
    union {
        char text[CELL_INLINE]; /* len <= CELL_INLINE: the cluster, padded with zeros */
        uint32_t pool;          /* len > CELL_INLINE: offset in the surface's pool */
    } u;
    uint8_t len;   /* bytes of the cluster; 0 = blank */
    uint8_t width; /* 1 or 2; 0 = right half of the cell to its left */
    uint8_t flags; /* CELL_RISKY */
    uint8_t zero;
    uint16_t style; /* see surface_style_of() */
    uint16_t link;  /* 0 = none, else see surface_link_of() */
};

struct rect {
    int x, y, w, h;
};

enum cursor_shape { CURSOR_BAR = 0, CURSOR_BLOCK };

struct surface {
    int w, h;
    struct cell *cells, *shown; /* w * h each, row by row */
    int cursor_x, cursor_y;     /* -1: hidden */
    enum cursor_shape cursor;
    struct cell_rules rules;
    bool *goes_on; /* rows whose text goes on in the next one: written without a break */
    char *title; /* terminal title, or NULL */
    bool bell;   /* ring once with the next frame; the reader clears it */
    char *copy;  /* text for the clipboard (OSC 52) with the next frame; the reader takes and frees
                    it */
    uint32_t
        epoch; /* grows when numbers of styles, links or pool change their meaning: drop caches */
    struct surface_private *p;
};

/* A blank surface; sizes are clamped to 1..SURFACE_MAX_*. rules NULL: the safe default. theme is
 * borrowed and may be NULL (tests of pure text): every style is then plain. */
struct surface *surface_new(int w, int h, const struct cell_rules *rules,
                            const struct theme *theme);
void surface_free(struct surface *s);
/* Changes the size: all blank, all damaged. */
void surface_resize(struct surface *s, int w, int h);
/* New theme or width rules: mixtures are dropped, everything is damaged; repaint all of it. */
void surface_set_theme(struct surface *s, const struct theme *theme);
void surface_set_rules(struct surface *s, const struct cell_rules *rules);
const struct theme *surface_theme(const struct surface *s);
/* Call before painting. True: the pools were full and have been emptied, all must be painted again.
 */
bool surface_begin(struct surface *s);
/* There were more styles than there may be: some cells have got a wrong one. Paint again, from surface_begin() on. */
bool surface_full(const struct surface *s);

/* ---- drawing; everything is clipped to the rectangle and to the surface ---- */
void surface_fill(struct surface *s, struct rect r, uint16_t style); /* blanks in this style */
/* Writes text (one line; control characters are shown as '?') from column x of row y, as far as
 * clip allows; a cluster that does not fit whole is left out. Returns the column behind the last
 * one written. */
int surface_put(struct surface *s, struct rect clip, int x, int y, const char *text, size_t len,
                uint16_t style);
int surface_puts(struct surface *s, struct rect clip, int x, int y, const char *text,
                 uint16_t style);
int surface_put_link(struct surface *s, struct rect clip, int x, int y, const char *text,
                     size_t len, uint16_t style, uint16_t link);
/* Writes text cut to max cells with an ellipsis glyph at the end when it is longer. */
int surface_put_cut(struct surface *s, struct rect clip, int x, int y, int max, const char *text,
                    uint16_t style, const char *ellipsis);
/* Repeats a one-cell glyph over n cells. */
void surface_repeat(struct surface *s, struct rect clip, int x, int y, int n, const char *glyph,
                    uint16_t style);
/* Puts `over` on cells that are already written, keeping their text (selection, search hits). */
void surface_restyle(struct surface *s, struct rect r, uint16_t over);
void surface_cursor(struct surface *s, int x, int y); /* -1, -1: hidden */

/* ---- styles ---- */
/* `over` on top of `under`: what over sets itself (differs from its group's base) wins, the rest is
 * under's. */
uint16_t surface_mix(struct surface *s, uint16_t under, uint16_t over);
/* `under` with another foreground (names' colours). */
uint16_t surface_tint(struct surface *s, uint16_t under, struct colour fg);
/* `under` with other colours: a cell of a picture. One that has neither a value for this depth nor another keeps
 * `under`'s. */
uint16_t surface_paint(struct surface *s, uint16_t under, struct colour fg, struct colour bg);
/* What a style number means. The pointer is valid until the next drawing call. */
const struct style *surface_style_of(const struct surface *s, uint16_t style);
/* `under` as an author of a message wanted it: attributes, and colours that can be read on their ground,
 * also when the row is selected later. */
uint16_t surface_look(struct surface *s, uint16_t under, const struct look *l);
enum role surface_role_of(const struct surface *s,
                          uint16_t style); /* the topmost role, for dumps */
size_t surface_style_count(const struct surface *s);

/* ---- links (OSC 8) ---- */
uint16_t surface_link(struct surface *s, const char *url,
                      size_t len);                                   /* 0 when there are too many */
const char *surface_link_of(const struct surface *s, uint16_t link); /* NULL for 0 */

/* ---- reading ---- */
const struct cell *surface_at(const struct surface *s, int x, int y); /* NULL outside */
/* The cell's cluster (not terminated) and its length; a blank gives " ", a right half gives "". */
const char *surface_cell_text(const struct surface *s, const struct cell *c, size_t *len);
/* Columns [*from, *to) of row y that differ from what was shown; false: none. Never splits a wide
 * cell. A row that had or has a risky cluster is damaged as a whole. */
bool surface_damage(const struct surface *s, int y, int *from, int *to);
void surface_commit(struct surface *s);
/* Forgets what was shown: everything is damaged. */
void surface_touch(struct surface *s);

/* Dumps for tests, --headless and /screen-dump: one line per row, trailing blanks dropped. */
void surface_dump_text(const struct surface *s, struct buf *out);
/* One letter per cell: '.' for ROLE_BASE, else a letter per role, in order of appearance, and a
 * legend "a = list.unread" below. */
void surface_dump_attrs(const struct surface *s, struct buf *out);

#endif
