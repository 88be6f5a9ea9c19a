/* ui/help.c - the keys that work now, with the user's own bindings, filtered by typing */
#include "ui/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { HELP_WIDTH = 76, HELP_KEY = 17 };

void help_open(struct help *p, const enum key_context *contexts, size_t n, const char *filter)
{
    help_close(p);
    p->open = true;
    p->n_contexts = MIN(n, (size_t)N_KEY_CONTEXTS);
    memcpy(p->contexts, contexts, p->n_contexts * sizeof *contexts);
    p->filter = editor_new(NULL);
    if (!str_empty(filter))
        editor_set(p->filter, filter, strlen(filter));
}

void help_close(struct help *p)
{
    editor_free(p->filter);
    free(p->rows);
    *p = (struct help){0};
}

bool help_action(struct help *p, enum pane_action a)
{
    if (a == PANE_NEXT_TAB || a == PANE_NEXT_FIELD) {
        p->all = !p->all;
        p->at = p->top = 0;
        return true;
    }
    if (a == PANE_ACCEPT) {
        p->show_commands = !p->show_commands;
        return true;
    }
    int to = pane_move(a, p->at, (int)p->n_rows, p->page);
    bool moved = to >= 0 && to != p->at;
    p->at = MAX(0, to);
    return moved;
}

static bool fits(const struct binding *b, const char *filter)
{
    struct buf key = {0};
    pane_key_label(&key, b->chord, b->n_chord);
    bool yes = pane_contains(b->help, filter) || pane_contains(b->command, filter) ||
               pane_contains(buf_str(&key), filter);
    buf_free(&key);
    return yes;
}

/* A second key for a command that has a row already. */
static bool add_key(struct help *p, size_t first, const struct binding *b)
{
    for (size_t i = first; i < p->n_rows; i++) {
        struct help_row *row = &p->rows[i];
        if (row->binding && str_eq(row->binding->command, b->command)) {
            if (!row->also)
                row->also = b;
            return true;
        }
    }
    return false;
}

static void add_context(struct help *p, const struct keymap *k, enum key_context ctx)
{
    const struct binding *const *all;
    size_t n = keymap_all(k, &all);
    bool heading = false;
    size_t first = p->n_rows;
    for (size_t i = 0; i < n; i++) {
        if (all[i]->context != ctx || str_empty(all[i]->command) ||
            !fits(all[i], editor_text(p->filter)))
            continue;
        struct help_row row = {NULL, NULL, ctx};
        if (heading && add_key(p, first, all[i]))
            continue;
        if (!heading)
            VEC_PUSH(p->rows, p->n_rows, p->cap_rows, row);
        heading = true;
        row.binding = all[i];
        VEC_PUSH(p->rows, p->n_rows, p->cap_rows, row);
    }
}

static void recalc(struct help *p, const struct keymap *k)
{
    p->n_rows = 0;
    if (!p->all) {
        /* What is most often looked for comes first: the chat and global keys before those of the
         * line editor. */
        for (size_t i = p->n_contexts; i-- > 0;)
            add_context(p, k, p->contexts[i]);
    } else {
        for (int i = 0; i < N_KEY_CONTEXTS; i++)
            add_context(p, k, (enum key_context)i);
    }
    p->at = MAX(0, MIN(p->at, (int)p->n_rows - 1));
}

static void paint_row(const struct help *p, const struct pane_env *env, const struct help_row *row,
                      struct rect r)
{
    struct surface *s = env->s;
    if (!row->binding) {
        surface_puts(s, r, r.x + 1, r.y, key_context_name(row->context), ROLE_POPUP_TITLE);
        return;
    }
    struct buf key = {0};
    pane_key_label(&key, row->binding->chord, row->binding->n_chord);
    if (row->also) {
        buf_adds(&key, "  ");
        pane_key_label(&key, row->also->chord, row->also->n_chord);
    }
    int x = surface_puts(s, r, r.x + 3, r.y, buf_str(&key), ROLE_POPUP_KEY);
    x = MAX(x + 1, r.x + 3 + HELP_KEY);
    const char *help = str_empty(row->binding->help) ? row->binding->command : row->binding->help;
    x = surface_put_cut(s, r, x, r.y, r.x + r.w - x - 1, help, ROLE_POPUP, env->g->more);
    if (p->show_commands)
        surface_put_cut(s, r, MAX(x + 2, r.x + r.w / 2), r.y,
                        r.x + r.w - 1 - MAX(x + 2, r.x + r.w / 2), row->binding->command,
                        ROLE_POPUP_BORDER, env->g->more);
    buf_free(&key);
}

void help_repaint(struct help *p, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    recalc(p, env->cmd->keymap);
    int w = MIN(all.w, HELP_WIDTH), h = MIN(all.h, MAX((int)p->n_rows + 4, 8));
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 2, w, h};
    struct buf keys = {0};
    glyph_words(env->g, &keys, "Tab all keys · Enter shows commands · /help lists them · Esc");
    struct rect in =
        pane_box(env, r, p->all ? "Help: all keys" : "Help: keys that work now", buf_str(&keys));
    buf_free(&keys);
    const char *filter = editor_text(p->filter);
    if (*filter == '\0')
        surface_puts(s, in, in.x + 1, in.y, "type to filter", ROLE_POPUP_BORDER);
    surface_puts(s, in, in.x + 1, in.y, filter, ROLE_POPUP);
    surface_cursor(s, in.x + 1 + cells_width(&s->rules, filter, editor_cursor(p->filter)), in.y);
    int head = in.h > 3 ? 2 : 1;
    p->page = MAX(1, in.h - head);
    p->top = pane_scroll(p->top, p->at, (int)p->n_rows, p->page);
    for (int i = 0; i < p->page && p->top + i < (int)p->n_rows; i++) {
        struct rect row = {in.x, in.y + head + i, in.w, 1};
        paint_row(p, env, &p->rows[p->top + i], row);
        if (p->top + i == p->at)
            surface_restyle(s, row, ROLE_POPUP_SELECTED);
    }
}
