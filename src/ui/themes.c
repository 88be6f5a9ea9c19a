/* ui/themes.c - the list of themes, beside the screen that shows the one under the cursor */
#include "ui/themes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/theme.h"

enum { THEMES_WIDTH = 34 };

static void fill(struct theme_list *p)
{
    const char *filter = editor_text(p->filter);
    size_t n = 0;
    while (p->names[n])
        n++;
    p->rows = xreallocarray(p->rows, n + 2, sizeof *p->rows);
    p->n_rows = 0;
    if (pane_contains("auto", filter))
        p->rows[p->n_rows++] = "auto";
    for (size_t i = 0; i < n; i++)
        if (pane_contains(p->names[i], filter))
            p->rows[p->n_rows++] = p->names[i];
    p->at = MAX(0, MIN(p->at, (int)p->n_rows - 1));
}

void themes_open(struct theme_list *p, const char *now)
{
    themes_close(p);
    p->open = true;
    p->names = theme_list();
    p->filter = editor_new(NULL);
    fill(p);
    for (size_t i = 0; i < p->n_rows; i++)
        if (str_eq(p->rows[i], now))
            p->at = (int)i;
}

void themes_close(struct theme_list *p)
{
    for (char **n = p->names; n && *n; n++)
        free(*n);
    free(p->names);
    free(p->rows);
    editor_free(p->filter);
    *p = (struct theme_list){0};
}

bool themes_action(struct theme_list *p, enum pane_action a)
{
    int to = pane_move(a, p->at, (int)p->n_rows, p->page);
    bool moved = to >= 0 && to != p->at;
    p->at = MAX(0, to);
    return moved;
}

void themes_changed(struct theme_list *p)
{
    p->at = 0;
    fill(p);
}

const char *themes_current(const struct theme_list *p)
{
    return p->open && p->at >= 0 && (size_t)p->at < p->n_rows ? p->rows[p->at] : NULL;
}

static void paint_row(const struct pane_env *env, struct rect r, const char *name, const char *now)
{
    struct surface *s = env->s;
    bool used = str_eq(name, now);
    const char *note = str_eq(name, "auto") ? "as the terminal is" : used ? "in use" : "";
    int w = cells_width(&s->rules, note, strlen(note));
    surface_put_cut(s, r, r.x + 2, r.y, r.w - 4 - w, name, ROLE_POPUP, env->g->more);
    surface_puts(s, r, r.x + r.w - 1 - w, r.y, note, ROLE_POPUP_BORDER);
}

/* In a corner: what the theme does to the rest is what it is looked at for. */
void themes_repaint(struct theme_list *p, const struct pane_env *env, struct rect all,
                    const char *now)
{
    struct surface *s = env->s;
    int w = MIN(all.w, THEMES_WIDTH), h = MIN(all.h, MAX(5, (int)p->n_rows + 3));
    struct rect r = {all.x + all.w - w, all.y, w, h};
    struct buf keys = {0};
    glyph_words(env->g, &keys, "Enter keep · Esc back");
    struct rect in = pane_box(env, r, "Themes", buf_str(&keys));
    buf_free(&keys);
    const char *filter = editor_text(p->filter);
    if (*filter == '\0')
        surface_puts(s, in, in.x + 1, in.y, "type to filter", ROLE_POPUP_BORDER);
    surface_puts(s, in, in.x + 1, in.y, filter, ROLE_POPUP);
    surface_cursor(s, in.x + 1 + cells_width(&s->rules, filter, editor_cursor(p->filter)), in.y);
    p->page = MAX(1, in.h - 1);
    p->shown = (struct rect){in.x, in.y + 1, in.w, p->page};
    p->top = pane_scroll(p->top, p->at, (int)p->n_rows, p->page);
    for (int i = 0; i < p->page && p->top + i < (int)p->n_rows; i++) {
        struct rect row = {in.x, in.y + 1 + i, in.w, 1};
        paint_row(env, row, p->rows[p->top + i], now);
        if (p->top + i == p->at) {
            surface_restyle(s, row, ROLE_POPUP_SELECTED);
            surface_puts(s, row, row.x, row.y, env->g->bar, ROLE_POPUP_KEY);
        }
    }
}
