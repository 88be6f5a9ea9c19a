/* ui/term_links.c - which cells of the terminal are links (OSC 8), of which curses does not know:
 * follows what it writes, moves and erases, and writes only those that are wrong */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ui/term_private.h"

enum { PARAMS_MAX = 8, OTHER_LINK = 0xFFFF /* one whose number has lost its meaning */ };

struct link_map {
    int w, h, x, y, top, bottom; /* the cursor, and the rows that scroll */
    bool wrap_next;
    uint16_t *cells; /* numbers of the surface's links; 0 = none */
    int last_width;
    int saved_x, saved_y;
};

/* ---- life ---- */

void links_free(struct term *t)
{
    if (t->links)
        free(t->links->cells);
    free(t->links);
    t->links = NULL;
}

/* As the terminal is when curses begins: nothing on it. */
static void reset(struct term *t)
{
    links_free(t);
    t->links = xcalloc(1, sizeof *t->links);
    t->links->w = t->w;
    t->links->h = t->h;
    t->links->bottom = t->h - 1;
    t->links->last_width = 1;
    t->links->cells = xcalloc((size_t)t->w * (size_t)t->h, sizeof *t->links->cells);
}

void links_renumbered(struct term *t)
{
    struct link_map *m = t->links;
    for (int i = 0; m && i < m->w * m->h; i++)
        if (m->cells[i])
            m->cells[i] = OTHER_LINK;
}

/* ---- what curses does to the screen ---- */

static uint16_t *row(struct link_map *m, int y)
{
    return &m->cells[(size_t)y * (size_t)m->w];
}

static void forget(struct link_map *m, int y, int from, int to)
{
    from = MAX(0, from);
    to = MIN(m->w, to);
    if (y >= 0 && y < m->h && from < to)
        memset(row(m, y) + from, 0, (size_t)(to - from) * sizeof(uint16_t));
}

/* Rows [top, bottom] move up by n (down: negative); what comes in is blank. */
static void scroll(struct link_map *m, int top, int bottom, int n)
{
    int rows = bottom - top + 1, by = MIN(rows, n < 0 ? -n : n);
    if (rows <= 0)
        return;
    size_t size = (size_t)m->w * sizeof(uint16_t), kept = (size_t)(rows - by) * size;
    if (n > 0)
        memmove(row(m, top), row(m, top) + (size_t)by * (size_t)m->w, kept);
    else
        memmove(row(m, top) + (size_t)by * (size_t)m->w, row(m, top), kept);
    for (int i = 0; i < by; i++)
        forget(m, n > 0 ? bottom - i : top + i, 0, m->w);
}

static void line_feed(struct link_map *m)
{
    if (m->y == m->bottom)
        scroll(m, m->top, m->bottom, 1);
    else
        m->y = MIN(m->y + 1, m->h - 1);
}

static void put_cells(struct link_map *m, int width)
{
    if (width <= 0)
        return;
    if (m->wrap_next || m->x + width > m->w) {
        m->x = 0;
        line_feed(m);
    }
    forget(m, m->y, m->x, m->x + width);
    m->x += width;
    m->wrap_next = m->x >= m->w;
    m->x = MIN(m->x, m->w - 1);
    m->last_width = width;
}

/* Characters come in at the cursor (n > 0) or go (n < 0); the rest of the row moves. */
static void shift(struct link_map *m, int n)
{
    int room = m->w - m->x, by = MIN(room, n < 0 ? -n : n);
    uint16_t *at = row(m, m->y) + m->x;
    size_t kept = (size_t)(room - by) * sizeof *at;
    if (n > 0) {
        memmove(at + by, at, kept);
        forget(m, m->y, m->x, m->x + by);
    } else {
        memmove(at, at + by, kept);
        forget(m, m->y, m->w - by, m->w);
    }
}

static void erase_rows(struct link_map *m, int from, int to)
{
    for (int y = from; y < to; y++)
        forget(m, y, 0, m->w);
}

static void erase(struct link_map *m, bool screen, int how)
{
    if (how == 0) {
        forget(m, m->y, m->x, m->w);
        erase_rows(m, m->y + 1, screen ? m->h : 0);
    } else if (how == 1) {
        forget(m, m->y, 0, m->x + 1);
        erase_rows(m, 0, screen ? m->y : 0);
    } else if (screen) {
        erase_rows(m, 0, m->h);
    } else {
        forget(m, m->y, 0, m->w);
    }
}

static void set_region(struct link_map *m, int top, int bottom)
{
    m->top = MAX(0, MIN(top, m->h - 1));
    m->bottom = MAX(m->top, MIN(bottom, m->h - 1));
    m->x = m->y = 0;
}

static void go(struct link_map *m, int x, int y)
{
    m->x = MAX(0, MIN(x, m->w - 1));
    m->y = MAX(0, MIN(y, m->h - 1));
    m->wrap_next = false;
}

static void control_sequence(struct link_map *m, char final, const int *p, int n)
{
    int one = n > 0 && p[0] > 0 ? p[0] : 1, zero = n > 0 ? p[0] : 0;
    switch (final) {
    case 'H':
    case 'f':
        go(m, n > 1 ? MAX(1, p[1]) - 1 : 0, one - 1);
        break;
    case 'G':
    case '`':
        go(m, one - 1, m->y);
        break;
    case 'd':
        go(m, m->x, one - 1);
        break;
    case 'A':
        go(m, m->x, m->y - one);
        break;
    case 'B':
        go(m, m->x, m->y + one);
        break;
    case 'C':
        go(m, m->x + one, m->y);
        break;
    case 'D':
        go(m, m->x - one, m->y);
        break;
    case 'J':
    case 'K':
        erase(m, final == 'J', zero);
        break;
    case 'X':
        forget(m, m->y, m->x, m->x + one);
        break;
    case '@':
        shift(m, one);
        break;
    case 'P':
        shift(m, -one);
        break;
    case 'L':
        scroll(m, m->y, m->bottom, -one);
        break;
    case 'M':
        scroll(m, m->y, m->bottom, one);
        break;
    case 'S':
        scroll(m, m->top, m->bottom, one);
        break;
    case 'T':
        scroll(m, m->top, m->bottom, -one);
        break;
    case 'b':
        for (int i = 0; i < MIN(one, m->w); i++)
            put_cells(m, m->last_width);
        break;
    case 'r':
        set_region(m, one - 1, n > 1 && p[1] > 0 ? p[1] - 1 : m->h - 1);
        break;
    }
}

/* Behind an ESC [ at s; returns how much of s it was. */
static size_t take_csi(struct link_map *m, const char *s, size_t len)
{
    int p[PARAMS_MAX] = {0}, n = 0;
    size_t i = 0;
    bool private = false;
    for (; i < len && (unsigned char)s[i] < 0x40; i++) {
        if (s[i] >= '0' && s[i] <= '9') {
            n = MAX(n, 1);
            p[n - 1] = MIN(p[n - 1] * 10 + (s[i] - '0'), 9999);
        } else if (s[i] == ';') {
            n = MIN(MAX(n, 1) + 1, PARAMS_MAX);
            p[n - 1] = 0;
        } else {
            private = true;
        }
    }
    if (i < len && !private)
        control_sequence(m, s[i], p, n);
    return MIN(len, i + 1);
}

/* Behind an ESC at s. */
static size_t take_escape(struct link_map *m, const char *s, size_t len)
{
    if (len == 0)
        return 0;
    switch (s[0]) {
    case '[':
        return 1 + take_csi(m, s + 1, len - 1);
    case '(':
    case ')':
        return MIN(len, 2);
    case 'M':
        if (m->y == m->top)
            scroll(m, m->top, m->bottom, -1);
        else
            m->y = MAX(0, m->y - 1);
        return 1;
    case 'D':
        line_feed(m);
        return 1;
    case 'E':
        m->x = 0;
        line_feed(m);
        return 1;
    case '7':
        m->saved_x = m->x;
        m->saved_y = m->y;
        return 1;
    case '8':
        go(m, m->saved_x, m->saved_y);
        return 1;
    }
    return 1;
}

static void take_control(struct link_map *m, char c)
{
    if (c == '\n')
        line_feed(m);
    else if (c == '\r')
        go(m, 0, m->y);
    else if (c == '\b')
        go(m, m->x - 1, m->y);
    else if (c == '\t')
        go(m, (m->x / 8 + 1) * 8, m->y);
    m->wrap_next = m->wrap_next && c != '\n';
}

static void follow(struct term *t, const char *s, size_t len)
{
    struct link_map *m = t->links;
    for (size_t i = 0, used; m && i < len; i += used) {
        unsigned char c = (unsigned char)s[i];
        used = 1;
        if (c == 0x1B)
            used = 1 + take_escape(m, s + i + 1, len - i - 1);
        else if (c < 0x20)
            take_control(m, s[i]);
        else if (c < 0x7F)
            put_cells(m, 1);
        else
            put_cells(m, wcwidth((wchar_t)utf8_decode(s + i, len - i, &used)));
    }
}

/* Only terminals that show links are followed. What is drawn anew is so from a clear screen. */
void links_frame(struct term *t, const char *s, size_t len)
{
    if (!t->want_links || !t->facts.links)
        links_free(t);
    else if (t->all)
        reset(t);
    follow(t, s, len);
}

/* ---- what is to be written ---- */

static bool differs(const struct link_map *m, const struct surface *s, int x, int y)
{
    return m->cells[(size_t)y * (size_t)m->w + (size_t)x] != surface_at(s, x, y)->link;
}

/* Is the address written out here in one piece? Else an id must hold its parts together. */
static bool is_whole(const struct surface *s, int x, int y, const char *url)
{
    uint16_t link = surface_at(s, x, y)->link;
    while (x > 0 && surface_at(s, x - 1, y)->link == link)
        x--;
    for (; x < s->w && surface_at(s, x, y)->link == link; x++) {
        size_t len;
        const char *text = surface_cell_text(s, surface_at(s, x, y), &len);
        if (strncmp(url, text, len) != 0)
            return false;
        url += len;
    }
    return *url == '\0';
}

/* Writes the cells from x on that have this link and are not yet so; returns the column behind. */
static int write_run(const struct term *t, const struct surface *s, int x, int y, struct buf *out)
{
    struct link_map *m = t->links;
    uint16_t link = surface_at(s, x, y)->link;
    const char *url = surface_link_of(s, link);
    int style = -1;
    over_go(out, x, y);
    if (url)
        seq_link_open(out, s->epoch, is_whole(s, x, y, url) ? 0 : link, url);
    for (; x < s->w && surface_at(s, x, y)->link == link; x++) {
        const struct cell *c = surface_at(s, x, y);
        size_t len;
        const char *text = surface_cell_text(s, c, &len);
        if (c->width && !differs(m, s, x, y))
            break;
        if (c->width && c->style != style) {
            seq_style(out, surface_style_of(s, c->style), t->n_colours);
            style = c->style;
        }
        buf_add(out, text, c->width ? len : 0);
        row(m, y)[x] = link;
    }
    if (url)
        seq_link_close(out);
    return x;
}

void links_forget_cell(struct term *t, int x, int y)
{
    if (t->links && x < t->links->w && y < t->links->h)
        row(t->links, y)[x] = OTHER_LINK;
}

/* Rows that are written one behind the other as one line have none (term_over.c). */
static bool is_line(const struct surface *s, int y)
{
    return s->goes_on[y] || (y > 0 && s->goes_on[y - 1]);
}

void links_write(struct term *t, const struct surface *s, struct buf *out)
{
    struct link_map *m = t->links;
    for (int y = 0; m && y < m->h && y < s->h; y++) {
        if (is_line(s, y))
            forget(m, y, 0, m->w);
        for (int x = 0; x < m->w && !is_line(s, y);) {
            if (surface_at(s, x, y)->width == 0 || !differs(m, s, x, y))
                x++;
            else
                x = write_run(t, s, x, y, out);
        }
    }
}
