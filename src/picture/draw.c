/* picture/draw.c - pixels as cells with symbols, as fewer pixels, or as sixels, through libchafa */
#include <chafa.h>
#include <stdlib.h>
#include <string.h>

#undef MIN /* GLib's; ours are the same */
#undef MAX

#include "base/mem.h"
#include "picture/decode.h"

enum { SYMBOL_SIDE = 8 /* the library looks at so many pixels of a cell, each way */ };

static const uint32_t black = 0x000000, white = 0xFFFFFF;

static ChafaSymbolMap *symbols(bool ascii)
{
    ChafaSymbolMap *m = chafa_symbol_map_new();
    if (ascii) {
        chafa_symbol_map_add_by_range(m, 0x20, 0x7E);
    } else {
        chafa_symbol_map_add_by_range(m, 0x20, 0x20);
        chafa_symbol_map_add_by_range(m, 0x2580, 0x259F);
        chafa_symbol_map_remove_by_tags(m, CHAFA_SYMBOL_TAG_STIPPLE);
    }
    return m;
}

static ChafaCanvasMode mode_of(const struct picture_ask *a)
{
    switch ((enum picture_colours)a->colours) {
    case PICTURE_TRUE:
        return CHAFA_CANVAS_MODE_TRUECOLOR;
    case PICTURE_256:
        return CHAFA_CANVAS_MODE_INDEXED_240; /* the first 16 are what the user made of them */
    case PICTURE_16:
        return CHAFA_CANVAS_MODE_INDEXED_16;
    case PICTURE_MONO:
        break;
    }
    return CHAFA_CANVAS_MODE_FGBG;
}

static ChafaCanvas *canvas(const struct picture_ask *a, const struct picture *size)
{
    ChafaCanvasConfig *c = chafa_canvas_config_new();
    ChafaSymbolMap *map = symbols(a->ascii);
    bool few = a->colours < PICTURE_256;
    chafa_canvas_config_set_geometry(c, size->columns, size->rows);
    chafa_canvas_config_set_cell_geometry(c, a->cell_w, a->cell_h);
    chafa_canvas_config_set_symbol_map(c, map);
    chafa_canvas_config_set_canvas_mode(c, a->form == PICTURE_SIXEL ? CHAFA_CANVAS_MODE_TRUECOLOR : mode_of(a));
    chafa_canvas_config_set_pixel_mode(c, a->form == PICTURE_SIXEL ? CHAFA_PIXEL_MODE_SIXELS : CHAFA_PIXEL_MODE_SYMBOLS);
    chafa_canvas_config_set_fg_color(c, a->light ? black : white);
    chafa_canvas_config_set_bg_color(c, a->light ? white : black);
    chafa_canvas_config_set_dither_mode(c, few ? CHAFA_DITHER_MODE_ORDERED : CHAFA_DITHER_MODE_NONE);
    chafa_canvas_config_set_preprocessing_enabled(c, few);
    chafa_canvas_config_set_work_factor(c, 0.5f);
    ChafaCanvas *v = chafa_canvas_new(c);
    chafa_symbol_map_unref(map);
    chafa_canvas_config_unref(c);
    return v;
}

static void put_cells(ChafaCanvas *v, const struct picture_ask *a, struct picture *out)
{
    out->cells = xcalloc((size_t)out->columns * out->rows, sizeof *out->cells);
    for (int y = 0; y < out->rows; y++) {
        for (int x = 0; x < out->columns; x++) {
            struct picture_cell *c = &out->cells[y * out->columns + x];
            int fg = -1, bg = -1;
            c->symbol = chafa_canvas_get_char_at(v, x, y);
            if (a->colours == PICTURE_TRUE)
                chafa_canvas_get_colors_at(v, x, y, &fg, &bg);
            else if (a->colours != PICTURE_MONO)
                chafa_canvas_get_raw_colors_at(v, x, y, &fg, &bg);
            c->fg = fg;
            c->bg = bg;
        }
    }
}

/* What stands between the introducer with its raster attributes and the end. */
static void put_sixels(ChafaCanvas *v, struct picture *out)
{
    ChafaTermInfo *t = chafa_term_info_new();
    chafa_term_info_set_seq(t, CHAFA_TERM_SEQ_BEGIN_SIXELS, "\033P%1;%2;%3q", NULL);
    chafa_term_info_set_seq(t, CHAFA_TERM_SEQ_END_SIXELS, "\033\\", NULL);
    GString *s = chafa_canvas_print(v, t);
    const char *from = memchr(s->str, 'q', s->len), *end = s->str + s->len;
    from = from ? from + 1 : end;
    if (from < end && *from == '"')
        from += 1 + strspn(from + 1, "0123456789;");
    const char *to = from;
    while (to < end && *to != '\033')
        to++;
    out->len = (size_t)(to - from);
    out->bytes = xmalloc(out->len + 1);
    memcpy(out->bytes, from, out->len);
    g_string_free(s, TRUE);
    chafa_term_info_unref(t);
}

static void put_pixels(struct pixels *p, struct picture *out)
{
    out->pixels_w = p->w;
    out->pixels_h = p->h;
    out->len = (size_t)p->w * p->h * 3;
    out->bytes = xmalloc(out->len + 1);
    for (size_t i = 0; i < (size_t)p->w * p->h; i++)
        memcpy(out->bytes + i * 3, p->rgba + i * 4, 3);
}

static void shrink(struct pixels *p, double w, double h, double area, uint32_t ground)
{
    double by = MIN(1.0, MIN(w / p->w, h / p->h));
    if (p->w * by * p->h * by > area)
        by = MIN(by, MIN(1.0, area / ((double)p->w * p->h) / by));
    scale(p, (uint32_t)(p->w * by), (uint32_t)(p->h * by), ground);
}

enum picture_refusal draw(const struct picture_ask *a, struct pixels *p, struct picture *out)
{
    uint32_t ground = a->light ? white : black;
    double w = (double)a->columns * a->cell_w, h = (double)a->rows * a->cell_h;
    *out = (struct picture){.form = a->form, .colours = a->colours, .width = p->whole_w, .height = p->whole_h};
    picture_fit(a, p->whole_w, p->whole_h, &out->columns, &out->rows);
    if (a->form == PICTURE_PIXELS) {
        shrink(p, w, h, PICTURE_PIXELS_MAX, ground);
        put_pixels(p, out);
        return PICTURE_FINE;
    }
    bool sixel = a->form == PICTURE_SIXEL;
    scale(p, (uint32_t)out->columns * (sixel ? a->cell_w : SYMBOL_SIDE),
          (uint32_t)out->rows * (sixel ? a->cell_h : SYMBOL_SIDE), ground);
    ChafaCanvas *v = canvas(a, out);
    chafa_canvas_draw_all_pixels(v, CHAFA_PIXEL_RGBA8_UNASSOCIATED, p->rgba, (int)p->w, (int)p->h, (int)p->w * 4);
    if (sixel)
        put_sixels(v, out);
    else
        put_cells(v, a, out);
    chafa_canvas_unref(v);
    return out->len <= PICTURE_SIXEL_MAX ? PICTURE_FINE : PICTURE_NO_ROOM;
}

void draw_begin(void)
{
    struct picture_ask a = {.form = PICTURE_SYMBOLS, .colours = PICTURE_TRUE, .columns = 1, .rows = 1, .cell_w = 8,
                            .cell_h = 16};
    struct pixels p = {.w = 1, .h = 1, .whole_w = 1, .whole_h = 1, .rgba = xcalloc(1, 4)};
    struct picture out;
    chafa_set_n_threads(1); /* no other process or thread can be made behind the door */
    draw(&a, &p, &out);
    picture_free(&out);
    free(p.rgba);
}
