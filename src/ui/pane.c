/* ui/pane.c - what panes have in common: moving in rows, boxes, fuzzy matching */
#include "ui/pane.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

enum pane_action pane_action_parse(const char *name)
{
    static const char *const names[N_PANE_ACTIONS] = {[PANE_NEXT] = "next",
                                                      [PANE_PREV] = "prev",
                                                      [PANE_PAGE_DOWN] = "page-down",
                                                      [PANE_PAGE_UP] = "page-up",
                                                      [PANE_FIRST] = "first",
                                                      [PANE_LAST] = "last",
                                                      [PANE_ACCEPT] = "accept",
                                                      [PANE_ACCEPT_OTHER] = "accept-other",
                                                      [PANE_CANCEL] = "cancel",
                                                      [PANE_TOGGLE] = "toggle",
                                                      [PANE_NEXT_FIELD] = "next-field",
                                                      [PANE_PREV_FIELD] = "prev-field",
                                                      [PANE_FOLD] = "fold",
                                                      [PANE_UNFOLD] = "unfold",
                                                      [PANE_FILTER] = "filter",
                                                      [PANE_MENU] = "menu",
                                                      [PANE_NEXT_TAB] = "next-tab",
                                                      [PANE_BACK] = "back",
                                                      [PANE_REPEAT] = "repeat",
                                                      [PANE_REBIND] = "rebind"};
    for (int i = 0; i < N_PANE_ACTIONS; i++)
        if (str_eq(names[i], name))
            return (enum pane_action)i;
    return N_PANE_ACTIONS;
}

int pane_move(enum pane_action a, int at, int n, int page)
{
    if (n <= 0)
        return -1;
    page = MAX(1, page - 1);
    if (a == PANE_NEXT || a == PANE_NEXT_FIELD)
        at++;
    else if (a == PANE_PREV || a == PANE_PREV_FIELD)
        at--;
    else if (a == PANE_PAGE_DOWN)
        at += page;
    else if (a == PANE_PAGE_UP)
        at -= page;
    else if (a == PANE_FIRST)
        at = 0;
    else if (a == PANE_LAST)
        at = n - 1;
    return MAX(0, MIN(at, n - 1));
}

int pane_scroll(int top, int at, int n, int page)
{
    if (at >= 0 && at < top)
        top = at;
    if (at >= top + page)
        top = at - page + 1;
    return MAX(0, MIN(top, n - page));
}

struct rect pane_box(const struct pane_env *env, struct rect r, const char *title, const char *keys)
{
    struct surface *s = env->s;
    const struct glyphs *g = env->g;
    surface_fill(s, r, ROLE_POPUP);
    surface_puts(s, r, r.x, r.y, g->corner_nw, ROLE_POPUP_BORDER);
    surface_repeat(s, r, r.x + 1, r.y, r.w - 2, g->hline, ROLE_POPUP_BORDER);
    surface_puts(s, r, r.x + r.w - 1, r.y, g->corner_ne, ROLE_POPUP_BORDER);
    for (int y = r.y + 1; y < r.y + r.h - 1; y++) {
        surface_puts(s, r, r.x, y, g->vline, ROLE_POPUP_BORDER);
        surface_puts(s, r, r.x + r.w - 1, y, g->vline, ROLE_POPUP_BORDER);
    }
    int bottom = r.y + r.h - 1;
    surface_puts(s, r, r.x, bottom, g->corner_sw, ROLE_POPUP_BORDER);
    surface_repeat(s, r, r.x + 1, bottom, r.w - 2, g->hline, ROLE_POPUP_BORDER);
    surface_puts(s, r, r.x + r.w - 1, bottom, g->corner_se, ROLE_POPUP_BORDER);
    struct rect in = {r.x + 2, r.y, r.w - 4, r.h};
    if (!str_empty(title)) {
        int max = MIN(in.w - 2, cells_width(&s->rules, title, strlen(title)));
        surface_put(s, in, in.x, r.y, " ", 1, ROLE_POPUP_BORDER);
        int x = surface_put_cut(s, in, in.x + 1, r.y, max, title, ROLE_POPUP_TITLE, g->more);
        surface_put(s, in, x, r.y, " ", 1, ROLE_POPUP_BORDER);
    }
    if (!str_empty(keys)) {
        int w = MIN(in.w - 2, cells_width(&s->rules, keys, strlen(keys)));
        int x = in.x + in.w - w - 1;
        surface_put(s, in, x - 1, bottom, " ", 1, ROLE_POPUP_BORDER);
        x = surface_put_cut(s, in, x, bottom, w, keys, ROLE_POPUP_BORDER, g->more);
        surface_put(s, in, x, bottom, " ", 1, ROLE_POPUP_BORDER);
    }
    return (struct rect){r.x + 1, r.y + 1, MAX(0, r.w - 2), MAX(0, r.h - 2)};
}

void pane_key_label(struct buf *out, const struct key *chord, size_t n)
{
    static const struct {
        const char *from, *to;
    } names[] = {{"C-", "Ctrl-"}, {"M-", "Alt-"}, {"S-", "Shift-"}};
    struct buf b = {0};
    chord_name(chord, n, &b);
    const char *p = buf_str(&b);
    bool start = true;
    while (*p) {
        size_t i = 0;
        while (start && i < COUNT(names) && (strncmp(p, names[i].from, 2) != 0 || p[2] == '\0'))
            i++;
        if (start && i < COUNT(names)) {
            buf_adds(out, names[i].to);
            p += 2;
            continue;
        }
        start = *p == ' ';
        buf_addc(out, *p++);
    }
    buf_free(&b);
}

void pane_quote(struct buf *out, const char *value)
{
    for (; *value; value++) {
        if (strchr(" \t\n'\";$\\", *value))
            buf_addc(out, '\\');
        buf_addc(out, *value);
    }
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

int pane_fuzzy(const char *text, const char *needle)
{
    int score = 0, run = 0;
    size_t at = 0;
    for (size_t i = 0; needle[i]; i++) {
        size_t start = at;
        while (text[at] && lower(text[at]) != lower(needle[i]))
            at++;
        if (!text[at])
            return -1;
        bool word = at == 0 || !isalnum((unsigned char)text[at - 1]);
        run = at == start && i > 0 ? run + 1 : 0;
        score += 1 + run * 3 + (word ? 6 : 0) + (at == 0 ? 4 : 0);
        at++;
    }
    return score * 4 - (int)MIN(strlen(text), (size_t)40) / 8;
}

bool pane_contains(const char *text, const char *needle)
{
    size_t n = strlen(needle);
    for (; text && *text; text++)
        if (strncasecmp(text, needle, n) == 0)
            return true;
    return n == 0;
}

void pane_cut(struct buf *out, const struct pane_env *env, const char *text, int max)
{
    const struct cell_rules *rules = &env->s->rules;
    size_t len = strlen(text);
    if (cells_width(rules, text, len) <= max) {
        buf_adds(out, text);
        return;
    }
    size_t fits = cells_fit(rules, text, len, max - 1, NULL), at = fits;
    while (at > 0 && text[at] != ' ')
        at--;
    while (at > 0 && strchr(" ,;:.", text[at - 1]))
        at--;
    buf_add(out, text, at ? at : fits);
    buf_adds(out, env->g->more);
}

/* Bytes of the next row. */
static size_t row_of_words(const struct pane_env *env, const char *at, int w)
{
    size_t n = cells_fit(&env->s->rules, at, strlen(at), w, NULL);
    for (size_t i = n; at[n] && i > 0; i--) {
        if (at[i] == ' ')
            return i;
    }
    return n;
}

void pane_words(const struct pane_env *env, struct rect r, const char *words, enum role role)
{
    struct buf b = {0};
    glyph_words(env->g, &b, words);
    const char *at = buf_str(&b);
    for (int y = r.y; *at && y < r.y + r.h; y++) {
        size_t n = row_of_words(env, at, r.w - 2);
        surface_put(env->s, r, r.x + 1, y, at, n, role);
        at += n;
        at += strspn(at, " ");
    }
    buf_free(&b);
}

int pane_words_rows(const struct pane_env *env, const char *words, int w)
{
    struct buf b = {0};
    int rows = 0;
    glyph_words(env->g, &b, words);
    for (const char *at = buf_str(&b); *at && w > 2; rows++) {
        at += MAX((size_t)1, row_of_words(env, at, w - 2));
        at += strspn(at, " ");
    }
    buf_free(&b);
    return rows;
}
