/* ui/term_picture.c - pictures as the terminal's own: kitty's graphics and sixel */
#include "base/mem.h"
#include "base/picture.h"
#include "ui/term_private.h"

enum { KITTY_ID = 0x6b697468, KITTY_CHUNK = 4096 /* of base64, as the protocol has it */ };

enum term_graphics term_graphics(const struct term *t)
{
    return t->simple ? TERM_GRAPHICS_NONE : probe_graphics(&t->facts, t->tmux || t->screen_mux);
}

int term_colours(const struct term *t)
{
    return t->n_colours;
}

bool term_clears(const struct term *t)
{
    return t->all || t->resized;
}

/* Pieces of at most 4096 bytes; only the first one says what it is. */
static void put_kitty(const struct picture *p, struct buf *out)
{
    const size_t piece = KITTY_CHUNK / 4 * 3;
    for (size_t at = 0; at < p->len; at += piece) {
        buf_adds(out, "\x1b_G");
        if (at == 0)
            buf_addf(out, "a=T,f=24,s=%u,v=%u,c=%u,r=%u,i=%u,q=2,C=1,", (unsigned)p->pixels_w, (unsigned)p->pixels_h,
                     (unsigned)p->columns, (unsigned)p->rows, (unsigned)KITTY_ID);
        buf_addf(out, "m=%d;", at + piece < p->len);
        seq_base64(out, p->bytes + at, MIN(piece, p->len - at));
        buf_adds(out, "\x1b\\");
    }
}

static void put_sixel(const struct picture *p, struct buf *out)
{
    buf_addf(out, "\x1bP0;1;0q\"1;1;%u;%u", (unsigned)p->pixels_w, (unsigned)p->pixels_h);
    buf_add(out, p->bytes, p->len);
    buf_adds(out, "\x1b\\");
}

void term_picture(const struct term *t, const struct picture *p, int x, int y, struct buf *out)
{
    buf_adds(out, "\x1b"
                  "7");
    over_go(out, x, y);
    if (p->form == PICTURE_PIXELS)
        put_kitty(p, out);
    else if (p->form == PICTURE_SIXEL)
        put_sixel(p, out);
    buf_adds(out, "\x1b"
                  "8");
}

void term_picture_gone(struct term *t, struct buf *out)
{
    if (term_graphics(t) == TERM_GRAPHICS_KITTY)
        buf_addf(out, "\x1b_Ga=d,d=I,i=%u,q=2\x1b\\", (unsigned)KITTY_ID);
    term_redraw(t);
}
