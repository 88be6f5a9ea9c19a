/* ui/help.c - the keys that work now, with the user's own bindings, filtered by typing */
#include "ui/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { HELP_WIDTH = 76, HELP_KEY = 17, HELP_WORDS = 16 };

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

static void stop_asking(struct help *p)
{
    struct binding *b = p->ask.b;
    if (b) {
        free(b->command);
        free(b->help);
        free(b->account);
        free(b->protocol);
        free(b->chat);
    }
    free(b);
    free(p->ask.was);
    p->ask.b = NULL;
    p->ask.was = NULL;
    p->ask.on = p->ask.longer = false;
    p->ask.n = 0;
}

void help_close(struct help *p)
{
    stop_asking(p);
    for (char *line; (line = help_take(p));)
        free(line);
    editor_free(p->filter);
    free(p->rows);
    *p = (struct help){0};
}

static bool ask(struct help *p)
{
    const struct binding *row =
        p->at >= 0 && (size_t)p->at < p->n_rows ? p->rows[p->at].binding : NULL;
    if (!row)
        return false;
    stop_asking(p);
    p->ask.b = xmalloc(sizeof *row);
    *p->ask.b = *row;
    p->ask.b->command = xstrdup(row->command);
    p->ask.b->help = xstrdup(row->help);
    p->ask.b->account = xstrdup(row->account);
    p->ask.b->protocol = xstrdup(row->protocol);
    p->ask.b->chat = xstrdup(row->chat);
    p->ask.on = true;
    return true;
}

bool help_action(struct help *p, enum pane_action a)
{
    if (a == PANE_REBIND)
        return ask(p);
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

/* ---- another key ---- */

/* The command line that gives the asked-for command to a chord, or takes it away from its old one.
 */
static char *bind_line(const struct binding *b, const struct key *chord, size_t n, bool give)
{
    struct buf line = {0}, key = {0};
    const char *const limits[][2] = {
        {"account", b->account}, {"protocol", b->protocol}, {"chat", b->chat}, {"help", b->help}};
    chord_name(chord, n, &key);
    buf_adds(&line, give ? "/bind" : "/unbind");
    for (size_t i = 0; i < COUNT(limits) - !give; i++) {
        if (!str_empty(limits[i][1])) {
            buf_addf(&line, " -%s=", limits[i][0]);
            pane_quote(&line, limits[i][1]);
        }
    }
    buf_addf(&line, " -- %s ", key_context_name(b->context));
    pane_quote(&line, buf_str(&key));
    if (give)
        buf_addf(&line, " %s", b->command);
    buf_free(&key);
    return buf_take(&line);
}

/* What the keys pressed do now, where the row's key works. */
static void look_up(struct help *p, const struct keymap *k)
{
    struct help_asks *a = &p->ask;
    struct key_where where = {a->b->account, a->b->protocol, a->b->chat, p->mux};
    enum key_context ctx[N_KEY_CONTEXTS + 1] = {a->b->context};
    size_t n = 1;
    for (size_t i = 0; i < p->n_contexts; i++)
        if (p->contexts[i] != a->b->context)
            ctx[n++] = p->contexts[i];
    const struct binding *was = keymap_find(k, ctx, n, a->chord, a->n, &where, &a->longer);
    str_set(&a->was, was ? (str_empty(was->help) ? was->command : was->help) : NULL);
    if (was)
        a->longer = false;
}

static bool is_key(struct key k, uint32_t code)
{
    return k.code == code && k.mods == 0;
}

bool help_key(struct help *p, const struct keymap *k, struct key key)
{
    struct help_asks *a = &p->ask;
    bool asked = a->n > 0 && !a->longer;
    if (!a->on)
        return false;
    if (is_key(key, KEYC_ESC)) {
        stop_asking(p);
        return true;
    }
    if (asked && (is_key(key, KEYC_ENTER) || is_key(key, '+'))) {
        bool same = a->n == a->b->n_chord;
        for (size_t i = 0; same && i < a->n; i++)
            same = key_eq(a->chord[i], a->b->chord[i]);
        if (!same)
            a->lines[0] = bind_line(a->b, a->chord, a->n, true);
        if (!same && key.code == KEYC_ENTER)
            a->lines[1] = bind_line(a->b, a->b->chord, a->b->n_chord, false);
        stop_asking(p);
        return true;
    }
    if (asked || a->n == KEY_CHORD_MAX)
        a->n = 0;
    a->chord[a->n++] = key;
    look_up(p, k);
    return true;
}

char *help_take(struct help *p)
{
    for (size_t i = 0; i < COUNT(p->ask.lines); i++) {
        char *line = p->ask.lines[i];
        p->ask.lines[i] = NULL;
        if (line)
            return line;
    }
    return NULL;
}

/* ---- rows ---- */

static bool fits(const struct binding *b, const char *filter)
{
    struct buf key = {0};
    pane_key_label(&key, b->chord, b->n_chord);
    bool yes = pane_contains(b->help, filter) || pane_contains(b->command, filter) ||
               pane_contains(buf_str(&key), filter);
    buf_free(&key);
    return yes;
}

/* Alt-1 to Alt-0: ten rows that say the same in one. */
static bool add_number(struct help *p, size_t first, const struct binding *b)
{
    static const char window[] = "/window ";
    int64_t n;
    struct help_row *last = p->n_rows > first + 1 ? &p->rows[p->n_rows - 1] : NULL;
    if (!last || !last->binding || !str_starts(b->command, window) ||
        !str_starts(last->binding->command, window) || !str_empty(editor_text(p->filter)) ||
        !str_int(b->command + sizeof window - 1, 1, 99, &n) ||
        !str_int(last->binding->command + sizeof window - 1, 1, 99, &n))
        return false;
    last->also = b;
    last->numbers = true;
    return true;
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
        bool eaten = all[i]->not_inside && str_eq(all[i]->not_inside, p->mux);
        if (all[i]->context != ctx || str_empty(all[i]->command) || eaten ||
            !fits(all[i], editor_text(p->filter)))
            continue;
        struct help_row row = {.context = ctx};
        if (heading && (add_number(p, first, all[i]) || add_key(p, first, all[i])))
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
         * line editor, but a place of its own, as a selected message, before them. */
        bool editor = false;
        for (size_t i = 0; i < p->n_contexts; i++)
            editor = editor || p->contexts[i] == CTX_INPUT;
        for (size_t i = 0; i < p->n_contexts; i++)
            add_context(p, k, p->contexts[editor ? p->n_contexts - 1 - i : i]);
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
        int at = surface_puts(s, r, r.x + 1, r.y, key_context_name(row->context), ROLE_POPUP_TITLE);
        at = surface_puts(s, r, at, r.y, ": ", ROLE_POPUP_BORDER);
        surface_put_cut(s, r, at, r.y, r.x + r.w - at - 1, key_context_words(row->context),
                        ROLE_POPUP_BORDER, env->g->more);
        return;
    }
    struct buf key = {0};
    pane_key_label(&key, row->binding->chord, row->binding->n_chord);
    bool narrow = r.w < 3 + HELP_KEY + HELP_WORDS; /* what a key does is said before a second one for it */
    int left = r.x + (narrow ? 1 : 3), key_w = narrow ? MIN(HELP_KEY, r.w / 3) : HELP_KEY;
    if (row->also && (!narrow || row->numbers)) {
        buf_adds(&key, row->numbers ? env->g->more : "  ");
        pane_key_label(&key, row->also->chord, row->also->n_chord);
    }
    int x = surface_puts(s, r, left, r.y, buf_str(&key), ROLE_POPUP_KEY);
    x = MAX(x + 1, left + key_w);
    const char *help = row->numbers                    ? "window by number"
                       : str_empty(row->binding->help) ? row->binding->command
                                                       : row->binding->help;
    x = surface_put_cut(s, r, x, r.y, r.x + r.w - x - 1, help, ROLE_POPUP, env->g->more);
    if (p->show_commands)
        surface_put_cut(s, r, MAX(x + 2, r.x + r.w / 2), r.y,
                        r.x + r.w - 1 - MAX(x + 2, r.x + r.w / 2), row->binding->command,
                        ROLE_POPUP_BORDER, env->g->more);
    buf_free(&key);
}

static void paint_ask(const struct help *p, const struct pane_env *env, struct rect in)
{
    const struct help_asks *a = &p->ask;
    struct surface *s = env->s;
    struct buf b = {0}, key = {0};
    const char *what = str_empty(a->b->help) ? a->b->command : a->b->help;
    bool more = a->n == 0 || a->longer;
    pane_key_label(&key, a->chord, a->n);
    buf_addf(&b, "Another key for: %s (%s)", what, key_context_name(a->b->context));
    surface_fill(s, (struct rect){in.x, in.y, in.w, 3}, ROLE_POPUP);
    surface_put_cut(s, in, in.x + 1, in.y, in.w - 2, buf_str(&b), ROLE_POPUP_TITLE, env->g->more);
    buf_clear(&b);
    if (a->n == 0)
        buf_adds(&b, "Press it now. Esc: no other key");
    else if (a->longer)
        buf_addf(&b, "%s %s and the next key?", buf_str(&key), env->g->more);
    else if (a->was)
        buf_addf(&b, "%s until now: %s", buf_str(&key), a->was);
    else
        buf_addf(&b, "%s is free", buf_str(&key));
    surface_put_cut(s, in, in.x + 1, in.y + 1, in.w - 2, buf_str(&b), ROLE_POPUP_KEY, env->g->more);
    buf_clear(&b);
    if (!more)
        glyph_words(env->g, &b, "Enter takes it · + takes it as well as the old one · Esc");
    surface_put_cut(s, in, in.x + 1, in.y + 2, in.w - 2, buf_str(&b), ROLE_POPUP_BORDER,
                    env->g->more);
    surface_cursor(s, -1, -1);
    buf_free(&b);
    buf_free(&key);
}

void help_repaint(struct help *p, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    recalc(p, env->cmd->keymap);
    int w = MIN(all.w, HELP_WIDTH), h = MIN(all.h, MAX((int)p->n_rows + 4, 8));
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 2, w, h};
    struct buf keys = {0};
    glyph_words(env->g, &keys,
                w >= 66 ? "Tab all keys · Enter shows commands · R another key · Esc"
                        : "Tab all · Enter commands · R rebind · Esc");
    struct buf title = {0};
    buf_addf(&title, "Help: %s (%s preset)", p->all ? "all keys" : "keys that work now",
             keymap_preset(env->cmd->keymap));
    struct rect in = pane_box(env, r, buf_str(&title), buf_str(&keys));
    buf_free(&title);
    buf_free(&keys);
    const char *filter = editor_text(p->filter);
    if (*filter == '\0')
        surface_puts(s, in, in.x + 1, in.y, "type to filter", ROLE_POPUP_BORDER);
    surface_puts(s, in, in.x + 1, in.y, filter, ROLE_POPUP);
    surface_cursor(s, in.x + 1 + cells_width(&s->rules, filter, editor_cursor(p->filter)), in.y);
    int head = p->ask.on ? 3 : in.h > 3 ? 2 : 1;
    p->page = MAX(1, in.h - head);
    p->top = pane_scroll(p->top, p->at, (int)p->n_rows, p->page);
    for (int i = 0; i < in.h - head && p->top + i < (int)p->n_rows; i++) {
        struct rect row = {in.x, in.y + head + i, in.w, 1};
        paint_row(p, env, &p->rows[p->top + i], row);
        if (p->top + i == p->at)
            surface_restyle(s, row, ROLE_POPUP_SELECTED);
    }
    if (p->ask.on)
        paint_ask(p, env, in);
}
