/* ui/surface.c - the grid of cells: drawing with clipping, styles, damage */
#include "ui/surface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "ui/glyphs.h"
#include "ui/surface_private.h"

static const char *const role_names[] = {
#define X(id, name) [ROLE_##id] = name,
    THEME_ROLES(X)
#undef X
};
static const struct style plain_style = {.fg = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT},
                                         .bg = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT}};

/* ---- life ---- */

static void alloc_cells(struct surface *s, int w, int h)
{
    s->w = MAX(1, MIN(w, SURFACE_MAX_W));
    s->h = MAX(1, MIN(h, SURFACE_MAX_H));
    size_t n = (size_t)s->w * (size_t)s->h;
    free(s->cells);
    free(s->shown);
    free(s->goes_on);
    s->goes_on = xcalloc((size_t)s->h, sizeof *s->goes_on);
    s->cells = xcalloc(n, sizeof *s->cells);
    s->shown = xcalloc(n, sizeof *s->shown);
    for (size_t i = 0; i < n; i++)
        s->cells[i].width = 1;
    surface_touch(s);
}

static void drop_pool(struct surface *s)
{
    struct surface_private *p = s->p;
    buf_clear(&p->pool);
    map_free(&p->pool_index, NULL);
    for (size_t i = 0; i < p->n_links; i++)
        free(p->links[i]);
    p->n_links = 0;
    map_free(&p->link_index, NULL);
    p->n_mixes = 0;
    p->refused = false;
    map_free(&p->mix_index, NULL);
}

struct surface *surface_new(int w, int h, const struct cell_rules *rules, const struct theme *theme)
{
    struct surface *s = xcalloc(1, sizeof *s);
    s->p = xcalloc(1, sizeof *s->p);
    s->p->theme = theme;
    if (rules)
        s->rules = *rules;
    s->cursor_x = s->cursor_y = -1;
    s->epoch = 1;
    alloc_cells(s, w, h);
    return s;
}

void surface_free(struct surface *s)
{
    if (!s)
        return;
    drop_pool(s);
    buf_free(&s->p->pool);
    free(s->p->links);
    free(s->p->mixes);
    free(s->p);
    free(s->cells);
    free(s->shown);
    free(s->goes_on);
    free(s->title);
    free(s->copy);
    free(s);
}

/* Numbers of styles, links and pool texts lose their meaning: nothing that is drawn can stay. */
static void start_anew(struct surface *s)
{
    drop_pool(s);
    s->epoch++;
    memset(s->cells, 0, (size_t)s->w * (size_t)s->h * sizeof *s->cells);
    for (int i = 0; i < s->w * s->h; i++)
        s->cells[i].width = 1;
    surface_touch(s);
}

void surface_resize(struct surface *s, int w, int h)
{
    alloc_cells(s, w, h);
    start_anew(s);
}

void surface_set_theme(struct surface *s, const struct theme *theme)
{
    s->p->theme = theme;
    start_anew(s);
}

void surface_set_rules(struct surface *s, const struct cell_rules *rules)
{
    s->rules = *rules;
    start_anew(s);
}

const struct theme *surface_theme(const struct surface *s)
{
    return s->p->theme;
}

bool surface_begin(struct surface *s)
{
    struct surface_private *p = s->p;
    if (p->pool.len < POOL_MAX && p->n_links < LINKS_MAX && p->n_mixes < MIXES_MAX)
        return false;
    start_anew(s);
    return true;
}

bool surface_full(const struct surface *s)
{
    return s->p->refused;
}

/* ---- cells ---- */

static struct cell *cell_at(struct surface *s, int x, int y)
{
    return &s->cells[(size_t)y * (size_t)s->w + (size_t)x];
}

const struct cell *surface_at(const struct surface *s, int x, int y)
{
    if (x < 0 || y < 0 || x >= s->w || y >= s->h)
        return NULL;
    return &s->cells[(size_t)y * (size_t)s->w + (size_t)x];
}

static void blank(struct cell *c, uint16_t style)
{
    memset(c, 0, sizeof *c);
    c->width = 1;
    c->style = style;
}

/* Writing over half of a wide cell blanks the other half. */
static void split_wide(struct surface *s, int x, int y)
{
    struct cell *c = cell_at(s, x, y);
    if (c->width == 0 && x > 0)
        blank(cell_at(s, x - 1, y), cell_at(s, x - 1, y)->style);
    if (c->width == 2 && x + 1 < s->w)
        blank(cell_at(s, x + 1, y), c->style);
}

static uint32_t pool_add(struct surface *s, const char *text, size_t len)
{
    struct surface_private *p = s->p;
    char key[CELL_TEXT_MAX + 1];
    memcpy(key, text, len);
    key[len] = '\0';
    void *known = map_get(&p->pool_index, key);
    if (known)
        return (uint32_t)((uintptr_t)known - 1);
    size_t at = p->pool.len;
    buf_add(&p->pool, text, len);
    map_set(&p->pool_index, key, (void *)(uintptr_t)(at + 1));
    return (uint32_t)at;
}

static void put_cell(struct surface *s, int x, int y, const char *text, size_t len, int width,
                     uint16_t style, uint16_t link)
{
    split_wide(s, x, y);
    if (width == 2)
        split_wide(s, x + 1, y);
    struct cell *c = cell_at(s, x, y);
    blank(c, style);
    c->link = link;
    c->width = (uint8_t)width;
    c->len = (uint8_t)len;
    if (len <= CELL_INLINE)
        memcpy(c->u.text, text, len);
    else
        c->u.pool = pool_add(s, text, len);
    if (len > 1 && cluster_risky(text, len))
        c->flags |= CELL_RISKY;
    if (width == 2) {
        struct cell *r = cell_at(s, x + 1, y);
        blank(r, style);
        r->link = link;
        r->width = 0;
    }
}

static struct rect clip_to(const struct surface *s, struct rect r)
{
    int x1 = MIN(s->w, r.x + r.w), y1 = MIN(s->h, r.y + r.h);
    r.x = MAX(0, r.x);
    r.y = MAX(0, r.y);
    r.w = MAX(0, x1 - r.x);
    r.h = MAX(0, y1 - r.y);
    return r;
}

void surface_fill(struct surface *s, struct rect r, uint16_t style)
{
    r = clip_to(s, r);
    if (r.w == 0)
        return;
    for (int y = r.y; y < r.y + r.h; y++) {
        split_wide(s, r.x, y);
        split_wide(s, r.x + r.w - 1, y);
        for (int x = r.x; x < r.x + r.w; x++)
            blank(cell_at(s, x, y), style);
    }
}

/* One plain byte: the common case. */
static bool plain_byte(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    return c >= 0x20 && c < 0x7f &&
           (len == 1 || ((unsigned char)text[1] >= 0x20 && (unsigned char)text[1] < 0x7f));
}

/* The form of one cluster to draw, its length and width. */
static size_t cluster_form(const struct surface *s, const char *text, size_t len,
                           char out[CELL_TEXT_MAX], int *width)
{
    unsigned char c = (unsigned char)text[0];
    if (c < 0x20 || c == 0x7f) {
        out[0] = '?';
        *width = 1;
        return 1;
    }
    *width = cluster_width(&s->rules, text, len);
    if (s->rules.no_utf8 && c >= 0x80) {
        const char *twin = glyph_ascii(text, len);
        memcpy(out, twin ? twin : "??", 2);
        return (size_t)MAX(0, MIN(*width, 2));
    }
    return cluster_safe(&s->rules, text, len, out, CELL_TEXT_MAX);
}

int surface_put_link(struct surface *s, struct rect clip, int x, int y, const char *text,
                     size_t len, uint16_t style, uint16_t link)
{
    struct rect r = clip_to(s, clip);
    bool row_in = y >= r.y && y < r.y + r.h;
    for (size_t at = 0, n; at < len; at += n) {
        char form[CELL_TEXT_MAX];
        int width = 1;
        size_t used = 1;
        if (plain_byte(text + at, len - at)) {
            n = 1;
            form[0] = text[at];
        } else {
            n = cluster_next(text + at, len - at);
            used = cluster_form(s, text + at, n, form, &width);
        }
        if (width <= 0)
            continue;
        if (x + width > r.x + r.w)
            break;
        if (row_in && x >= r.x && used > 0) {
            if (s->rules.no_utf8 && width == 2) {
                put_cell(s, x, y, form, 1, 1, style, link);
                put_cell(s, x + 1, y, form + 1, 1, 1, style, link);
            } else {
                put_cell(s, x, y, form, used, width, style, link);
            }
        }
        x += width;
    }
    return x;
}

int surface_put(struct surface *s, struct rect clip, int x, int y, const char *text, size_t len,
                uint16_t style)
{
    return surface_put_link(s, clip, x, y, text, len, style, 0);
}

int surface_puts(struct surface *s, struct rect clip, int x, int y, const char *text,
                 uint16_t style)
{
    return surface_put(s, clip, x, y, text, strlen(text), style);
}

int surface_put_cut(struct surface *s, struct rect clip, int x, int y, int max, const char *text,
                    uint16_t style, const char *ellipsis)
{
    size_t len = strlen(text);
    if (max <= 0)
        return x;
    size_t fit = cells_fit(&s->rules, text, len, max, NULL);
    if (fit >= len)
        return surface_put(s, clip, x, y, text, len, style);
    fit = cells_fit(&s->rules, text, len, max - 1, NULL);
    x = surface_put(s, clip, x, y, text, fit, style);
    return surface_puts(s, clip, x, y, ellipsis, style);
}

void surface_repeat(struct surface *s, struct rect clip, int x, int y, int n, const char *glyph,
                    uint16_t style)
{
    size_t len = strlen(glyph);
    for (int i = 0; i < n; i++)
        surface_put(s, clip, x + i, y, glyph, len, style);
}

void surface_restyle(struct surface *s, struct rect r, uint16_t over)
{
    r = clip_to(s, r);
    int last_under = -1;
    uint16_t last = over;
    for (int y = r.y; y < r.y + r.h; y++) {
        for (int x = r.x; x < r.x + r.w; x++) {
            struct cell *c = cell_at(s, x, y);
            if (c->style != last_under) {
                last_under = c->style;
                last = surface_mix(s, c->style, over);
            }
            c->style = last;
        }
    }
}

void surface_cursor(struct surface *s, int x, int y)
{
    bool in = x >= 0 && y >= 0 && x < s->w && y < s->h;
    s->cursor_x = in ? x : -1;
    s->cursor_y = in ? y : -1;
}

/* ---- styles ---- */

static const struct style *role_style(const struct surface *s, enum role r)
{
    return s->p->theme ? theme_style(s->p->theme, r) : &plain_style;
}

const struct style *surface_style_of(const struct surface *s, uint16_t style)
{
    if (style < N_ROLES)
        return role_style(s, (enum role)style);
    size_t i = (size_t)style - N_ROLES;
    return i < s->p->n_mixes ? &s->p->mixes[i].style : &plain_style;
}

enum role surface_role_of(const struct surface *s, uint16_t style)
{
    if (style < N_ROLES)
        return (enum role)style;
    size_t i = (size_t)style - N_ROLES;
    return i < s->p->n_mixes ? s->p->mixes[i].role : ROLE_BASE;
}

size_t surface_style_count(const struct surface *s)
{
    return N_ROLES + s->p->n_mixes;
}

/* The base of a role's group: what it would look like if it set nothing itself. */
static enum role group_base(enum role r)
{
    const char *dot = strchr(role_names[r], '.');
    if (!dot)
        return ROLE_BASE;
    size_t n = (size_t)(dot - role_names[r]) + 1;
    for (int i = 0; i < N_ROLES; i++)
        if (strncmp(role_names[i], role_names[r], n) == 0 && strcmp(role_names[i] + n, "base") == 0)
            return (enum role)i;
    return ROLE_BASE;
}

static bool colour_eq(struct colour a, struct colour b)
{
    return a.rgb == b.rgb && a.c256 == b.c256 && a.c16 == b.c16;
}

uint16_t surface_add_mix(struct surface *s, const char *key, struct style st, enum role role)
{
    struct surface_private *p = s->p;
    if (p->n_mixes >= MIXES_MAX) {
        p->refused = true;
        return (uint16_t)role;
    }
    struct surface_mix m = {.style = st, .role = role};
    VEC_PUSH(p->mixes, p->n_mixes, p->cap_mixes, m);
    map_set(&p->mix_index, key, (void *)(uintptr_t)(N_ROLES + p->n_mixes));
    return (uint16_t)(N_ROLES + p->n_mixes - 1);
}

/* Colours that an author chose must be readable on the ground that was laid under them now. */
static void repaint(const struct surface *s, uint16_t under, struct style *st)
{
    const struct surface_mix *m = under >= N_ROLES && (size_t)under - N_ROLES < s->p->n_mixes
                                      ? &s->p->mixes[under - N_ROLES]
                                      : NULL;
    if (!m || !m->painted || !s->p->theme)
        return;
    if (m->fg >= 0)
        theme_paint(s->p->theme, st, m->fg, -1);
    else if (m->bg >= 0)
        st->fg = role_style(s, group_base(m->role))->fg;
}

uint16_t surface_mix(struct surface *s, uint16_t under, uint16_t over)
{
    if (under == over)
        return over;
    char key[32];
    snprintf(key, sizeof key, "%x/%x", (unsigned)under, (unsigned)over);
    void *known = map_get(&s->p->mix_index, key);
    if (known)
        return (uint16_t)((uintptr_t)known - 1);
    struct style st = *surface_style_of(s, under);
    const struct style *o = surface_style_of(s, over);
    enum role role = surface_role_of(s, over);
    const struct style *base = role_style(s, group_base(role));
    bool inked = over >= N_ROLES || !colour_eq(o->fg, base->fg);
    if (inked) {
        st.fg = o->fg;
        st.has_fg = o->has_fg;
    }
    if (!colour_eq(o->bg, base->bg)) {
        st.bg = o->bg;
        st.has_bg = o->has_bg;
    }
    if (!inked && !colour_eq(o->bg, base->bg))
        repaint(s, under, &st);
    st.attr |= o->attr;
    st.mono |= o->mono;
    return surface_add_mix(s, key, st, role);
}

uint16_t surface_tint(struct surface *s, uint16_t under, struct colour fg)
{
    char key[48];
    snprintf(key, sizeof key, "%x#%x,%x,%x", (unsigned)under, (unsigned)fg.rgb, (unsigned)fg.c256,
             (unsigned)fg.c16);
    void *known = map_get(&s->p->mix_index, key);
    if (known)
        return (uint16_t)((uintptr_t)known - 1);
    struct style st = *surface_style_of(s, under);
    st.fg = fg;
    st.has_fg = true;
    return surface_add_mix(s, key, st, surface_role_of(s, under));
}

static bool names_colour(struct colour c)
{
    return c.rgb >= 0 || c.c256 >= 0 || c.c16 >= 0;
}

uint16_t surface_paint(struct surface *s, uint16_t under, struct colour fg, struct colour bg)
{
    char key[80];
    snprintf(key, sizeof key, "%x=%x,%x,%x,%x,%x,%x", (unsigned)under, (unsigned)fg.rgb, (unsigned)fg.c256,
             (unsigned)fg.c16, (unsigned)bg.rgb, (unsigned)bg.c256, (unsigned)bg.c16);
    void *known = map_get(&s->p->mix_index, key);
    if (known)
        return (uint16_t)((uintptr_t)known - 1);
    struct style st = *surface_style_of(s, under);
    if (names_colour(fg)) {
        st.fg = fg;
        st.has_fg = true;
    }
    if (names_colour(bg)) {
        st.bg = bg;
        st.has_bg = true;
    }
    st.attr = 0;
    return surface_add_mix(s, key, st, surface_role_of(s, under));
}

/* ---- links ---- */

uint16_t surface_link(struct surface *s, const char *url, size_t len)
{
    struct surface_private *p = s->p;
    if (len == 0 || len > LINK_URL_MAX || p->n_links >= LINKS_MAX)
        return 0;
    char *copy = xstrndup(url, len);
    void *known = map_get(&p->link_index, copy);
    if (known) {
        free(copy);
        return (uint16_t)(uintptr_t)known;
    }
    VEC_PUSH(p->links, p->n_links, p->cap_links, copy);
    map_set(&p->link_index, copy, (void *)(uintptr_t)p->n_links);
    return (uint16_t)p->n_links;
}

const char *surface_link_of(const struct surface *s, uint16_t link)
{
    return link > 0 && link <= s->p->n_links ? s->p->links[link - 1] : NULL;
}

/* ---- reading ---- */

const char *surface_cell_text(const struct surface *s, const struct cell *c, size_t *len)
{
    if (c->width == 0) {
        *len = 0;
        return "";
    }
    if (c->len == 0) {
        *len = 1;
        return " ";
    }
    *len = c->len;
    return c->len <= CELL_INLINE ? c->u.text : buf_str(&s->p->pool) + c->u.pool;
}

static bool row_risky(const struct cell *row, int w)
{
    for (int x = 0; x < w; x++)
        if (row[x].flags & CELL_RISKY)
            return true;
    return false;
}

bool surface_damage(const struct surface *s, int y, int *from, int *to)
{
    const struct cell *a = &s->cells[(size_t)y * (size_t)s->w],
                      *b = &s->shown[(size_t)y * (size_t)s->w];
    if (memcmp(a, b, (size_t)s->w * sizeof *a) == 0)
        return false;
    int x0 = 0, x1 = s->w;
    if (!row_risky(a, s->w) && !row_risky(b, s->w)) {
        while (memcmp(&a[x0], &b[x0], sizeof *a) == 0)
            x0++;
        while (memcmp(&a[x1 - 1], &b[x1 - 1], sizeof *a) == 0)
            x1--;
        while (x0 > 0 && (a[x0].width == 0 || b[x0].width == 0))
            x0--;
        while (x1 < s->w && (a[x1].width == 0 || b[x1].width == 0))
            x1++;
    }
    *from = x0;
    *to = x1;
    return true;
}

void surface_commit(struct surface *s)
{
    memcpy(s->shown, s->cells, (size_t)s->w * (size_t)s->h * sizeof *s->cells);
}

void surface_touch(struct surface *s)
{
    memset(s->shown, 0xff, (size_t)s->w * (size_t)s->h * sizeof *s->shown);
    for (int i = 0; i < s->w * s->h; i++) {
        s->shown[i].flags = 0;
        s->shown[i].width = 1;
    }
}
