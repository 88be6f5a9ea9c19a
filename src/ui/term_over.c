/* ui/term_over.c - what is laid over a frame: whole clusters, of which curses does not know */
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"
#include "ui/term_private.h"

size_t over_to_wide(const char *text, size_t len, wchar_t out[TERM_WCHARS])
{
    size_t n = 0, used;
    for (size_t i = 0; i < len && n < TERM_WCHARS - 1; i += used)
        out[n++] = (wchar_t)utf8_decode(text + i, len - i, &used);
    out[n] = L'\0';
    return n;
}

/* A wide character in or beside the last corner: curses writes the last two columns elsewhere and
 * shifts them there, which tears it. */
bool over_in_corner(const struct surface *s, int x, int y, const struct cell *c)
{
    return c->width == 2 && y == s->h - 1 && x + 3 >= s->w;
}

bool over_needed(const struct surface *s, int x, int y)
{
    const struct cell *c = surface_at(s, x, y);
    wchar_t w[TERM_WCHARS];
    size_t len;
    const char *text = surface_cell_text(s, c, &len);
    if (c->width == 0)
        return false;
    if (surface_style_of(s, c->style)->attr & STYLE_STRIKE) /* curses has no such attribute */
        return true;
    if (len <= 1)
        return false;
    if (over_in_corner(s, x, y, c))
        return true;
    size_t n = over_to_wide(text, len, w);
    int sum = 0, spacing = 0;
    for (size_t i = 0; i < n; i++) {
        int cells = wcwidth(w[i]);
        if (cells < 0)
            return true;
        sum += cells;
        spacing += cells > 0;
    }
    return sum != c->width || spacing > 2 || wcwidth(w[0]) == 0 || n >= TERM_CELL_WCHARS;
}

void over_go(struct buf *out, int x, int y)
{
    buf_addf(out, "\x1b[%d;%dH", y + 1, x + 1);
}

void over_row(struct term *t, const struct surface *s, int y, struct buf *out)
{
    for (int x = 0; x < s->w;) {
        const struct cell *c = surface_at(s, x, y);
        size_t len;
        if (over_needed(s, x, y)) {
            const char *text = surface_cell_text(s, c, &len);
            over_go(out, x, y);
            seq_style(out, surface_style_of(s, c->style), t->n_colours);
            buf_add(out, text, len);
            if (c->link)
                links_forget_cell(t, x, y);
        }
        x += MAX(c->width, 1);
    }
}

/* A row where the terminal's columns may not be ours, before or now, is written whole (UX.md 2.6,
 * ghosts). That also keeps curses from taking it for one that only moved: its hardware scrolling,
 * which idlok() does not switch off, compares rows as curses knows them. */
bool over_is_risky(const struct term *t, const struct surface *s, int y)
{
    const struct cell *now = &s->cells[(size_t)y * (size_t)s->w],
                      *was = &s->shown[(size_t)y * (size_t)s->w];
    if (t->overlaid[y])
        return true;
    for (int x = 0; x < s->w; x++)
        if ((now[x].flags | was[x].flags) & CELL_RISKY)
            return true;
    return false;
}

/* Rows that are one line are written one behind the other, so that the terminal wraps them itself:
 * then its selection knows them for one. The last of them ends with its text. */
static void write_lines(const struct term *t, const struct surface *s, int from, int to,
                        struct buf *out)
{
    int style = -1;
    over_go(out, 0, from);
    for (int y = from; y <= to; y++) {
        int end = s->w;
        while (y == to && end > 0 && surface_at(s, end - 1, y)->len == 0 &&
               surface_at(s, end - 1, y)->width)
            end--;
        for (int x = 0; x < end; x++) {
            const struct cell *c = surface_at(s, x, y);
            size_t len;
            const char *text = surface_cell_text(s, c, &len);
            if (c->width && c->style != style) {
                seq_style(out, surface_style_of(s, c->style), t->n_colours);
                style = c->style;
            }
            buf_add(out, text, c->width ? len : 0);
        }
    }
}

/* Lines of several rows, some of which changed. */
void over_mark_lines(const struct term *t, const struct surface *s, bool *lines)
{
    for (int y = 0; y < s->h; y++) {
        int end = y, from, to;
        bool changed = false;
        while (end < s->h - 1 && s->goes_on[end])
            end++;
        for (int k = y; k <= end && end > y; k++)
            changed = changed || t->all || surface_damage(s, k, &from, &to);
        lines[y] = changed;
        y = end;
    }
}

void over_put_lines(const struct term *t, const struct surface *s, const bool *lines,
                    struct buf *out)
{
    for (int y = 0; y < s->h; y++) {
        int end = y;
        while (end < s->h - 1 && s->goes_on[end])
            end++;
        if (lines[y])
            write_lines(t, s, y, end, out);
    }
}
