/* ui/rows_paint.c - a listing painted: head, columns, rows, what there is to know of it, filter and keys */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/mem.h"
#include "ui/format.h"
#include "ui/rows.h"

enum { NARROW = 60, GAP = 2, NAME_MIN = 12, NAME_MAX = 30, EXTRA = 16, NUMBER = 8 };

struct columns {
    int x[N_LISTING_CELLS], w[N_LISTING_CELLS]; /* w 0: it is not shown */
};

/* The name has a quarter, a half where there are only words beside it, or where there are none all that the others leave. */
static int name_width(const struct listing_look *look, struct rect r)
{
    bool narrow = r.w < NARROW;
    int w = r.w - 2;
    if (look->heads[LISTING_WORDS] && !look->heads[LISTING_NUMBER] && !look->heads[LISTING_EXTRA1])
        return MAX(NAME_MIN, r.w / 2);
    if (look->heads[LISTING_WORDS])
        return MAX(NAME_MIN, MIN(NAME_MAX, narrow ? r.w * 2 / 5 : r.w / 4));
    w -= look->heads[LISTING_NUMBER] ? NUMBER + GAP : 0;
    for (size_t i = 0; i < LISTING_EXTRAS; i++)
        w -= look->heads[LISTING_EXTRA1 + i] ? (narrow ? EXTRA / 2 : EXTRA) + GAP : 0;
    return MAX(NAME_MIN, w);
}

/* What is left goes to the words; on a narrow screen the extra columns give way. */
static struct columns place(const struct listing_look *look, struct rect r)
{
    static const enum listing_cell order[] = {LISTING_NAME, LISTING_NUMBER, LISTING_EXTRA1,
                                              LISTING_EXTRA2, LISTING_WORDS};
    struct columns c = {0};
    bool narrow = r.w < NARROW, words = look->heads[LISTING_WORDS] != NULL;
    int x = r.x + 1, end = r.x + r.w - 1;
    for (size_t i = 0; i < COUNT(order); i++) {
        enum listing_cell at = order[i];
        bool last = i + 1 == COUNT(order);
        if (!look->heads[at] || (narrow && !last && at >= LISTING_EXTRA1 && words))
            continue;
        int w = at == LISTING_NAME     ? name_width(look, r)
                : at == LISTING_NUMBER ? NUMBER
                : at == LISTING_WORDS  ? end - x
                               : narrow ? EXTRA / 2
                                       : EXTRA;
        c.x[at] = x;
        c.w[at] = MAX(0, MIN(w, end - x));
        x += c.w[at] + GAP;
    }
    return c;
}

static int width_of(const struct pane_env *env, const char *text)
{
    return cells_width(&env->s->rules, text, strlen(text));
}

static void put_right(const struct pane_env *env, struct rect r, int x, int w, const char *text,
                      uint16_t role)
{
    surface_puts(env->s, r, x + MAX(0, w - width_of(env, text)), r.y, text, role);
}

/* ---- head ---- */

static void paint_title(const struct rows_pane *p, const struct pane_env *env,
                        const struct listing *l, struct rect r)
{
    struct buf count = {0};
    const char *what = l->n == 1 ? l->look->one : l->look->many;
    surface_fill(env->s, r, ROLE_TITLE);
    if (p->n != l->n)
        buf_addf(&count, "%zu of ", p->n);
    buf_addf(&count, "%zu%s %s", l->n, l->left_out ? "+" : "", what);
    int w = width_of(env, buf_str(&count));
    surface_put_cut(env->s, r, r.x + 1, r.y, r.w - w - 4, l->title, ROLE_TITLE, env->g->more);
    put_right(env, r, r.x, r.w - 1, buf_str(&count), ROLE_TITLE);
    buf_free(&count);
}

static void paint_heads(const struct rows_pane *p, const struct pane_env *env,
                        const struct listing *l, const struct columns *c, struct rect r)
{
    surface_fill(env->s, r, ROLE_CHAT);
    for (int i = 0; i < N_LISTING_CELLS; i++) {
        struct buf head = {0}, words = {0};
        if (c->w[i] == 0)
            continue;
        buf_adds(&head, l->look->heads[i]);
        if (i == (int)p->sort)
            buf_adds(&head, p->down ? " ↓" : " ↑");
        glyph_words(env->g, &words, buf_str(&head));
        uint16_t role = i == (int)p->sort ? ROLE_POPUP_KEY : ROLE_POPUP_BORDER;
        if (i == LISTING_NUMBER && width_of(env, buf_str(&words)) <= c->w[i])
            put_right(env, r, c->x[i], c->w[i], buf_str(&words), role);
        else
            surface_put_cut(env->s, r, c->x[i], r.y, c->w[i], buf_str(&words), role, env->g->more);
        buf_free(&head);
        buf_free(&words);
    }
}

/* ---- rows ---- */

static bool is_in(const struct pane_env *env, const struct listing *l, const struct listing_row *row)
{
    const struct account *a = model_account_by_id(env->model, l->account);
    const struct chat *c = a && l->look->rooms ? account_chat(a, row->address) : NULL;
    return c && (c->flags & KITH_CHAT_JOINED);
}

static void paint_extra(const struct pane_env *env, const struct listing *l,
                        const struct listing_row *row, size_t n, struct rect r, int x, int w)
{
    struct buf b = {0};
    int64_t ms = 0;
    const char *text = row->extras[n];
    if (l->look->extra_times[n] && text && str_int(text, 0, INT64_MAX, &ms))
        format_ago(&b, ms, env->wall_ms);
    else
        buf_adds(&b, text);
    surface_put_cut(env->s, r, x, r.y, w, buf_str(&b), ROLE_CHAT_TIME, env->g->more);
    buf_free(&b);
}

static void paint_row(const struct pane_env *env, const struct listing *l,
                      const struct listing_row *row, const struct columns *c, struct rect r)
{
    struct surface *s = env->s;
    uint16_t role = is_in(env, l, row) ? ROLE_CHAT_NICK_SELF : ROLE_CHAT_NICK;
    bool in = role == ROLE_CHAT_NICK_SELF;
    int w = c->w[LISTING_NAME];
    surface_put_cut(s, r, c->x[LISTING_NAME], r.y, w - 2 * in, row->name, role, env->g->more);
    if (in)
        put_right(env, r, c->x[LISTING_NAME], w, env->g->sent, role);
    if (c->w[LISTING_NUMBER] && row->number >= 0) {
        char number[32];
        snprintf(number, sizeof number, "%lld", (long long)row->number);
        put_right(env, r, c->x[LISTING_NUMBER], c->w[LISTING_NUMBER], number, ROLE_CHAT_TIME);
    }
    for (size_t i = 0; i < LISTING_EXTRAS; i++) {
        if (c->w[LISTING_EXTRA1 + i])
            paint_extra(env, l, row, i, r, c->x[LISTING_EXTRA1 + i], c->w[LISTING_EXTRA1 + i]);
    }
    if (c->w[LISTING_WORDS] && row->words)
        surface_put_cut(s, r, c->x[LISTING_WORDS], r.y, c->w[LISTING_WORDS], row->words, ROLE_CHAT,
                        env->g->more);
}

/* Why there are no rows. Owned. */
static char *nothing(const struct rows_pane *p, const struct listing *l)
{
    if (l->state == LISTING_FAILED)
        return xasprintf("%s", l->problem ? l->problem : "It did not work.");
    if (l->n > 0)
        return xasprintf("None of the %zu %s fits \"%s\".", l->n, l->look->many,
                         editor_text(p->filter));
    if (l->state == LISTING_RUNS)
        return xstrdup("Asking…");
    return l->problem ? xstrdup(l->problem) : xasprintf("There are no %s.", l->look->many);
}

static void paint_rows(struct rows_pane *p, const struct pane_env *env, const struct listing *l,
                       const struct columns *c, struct rect r)
{
    p->page = MAX(1, r.h);
    p->top = pane_scroll(p->top, p->at, (int)p->n, p->page);
    for (int i = 0; i < r.h && p->top + i < (int)p->n; i++) {
        struct rect row = {r.x, r.y + i, r.w, 1};
        paint_row(env, l, &l->rows[p->shown[p->top + i]], c, row);
        if (p->top + i == p->at) {
            surface_restyle(env->s, row, ROLE_CHAT_SELECTED);
            surface_puts(env->s, row, row.x, row.y, env->g->bar, ROLE_POPUP_KEY);
        }
    }
    if (p->n == 0) {
        char *say = nothing(p, l);
        pane_words(env, r, say, l->state == LISTING_FAILED ? ROLE_INPUT_ERROR : ROLE_CHAT_EVENT);
        free(say);
    }
}

/* ---- foot ---- */

static void put_state(const struct listing *l, const struct pane_env *env, bool narrow,
                      struct buf *out)
{
    if (l->state == LISTING_RUNS) {
        buf_adds(out, narrow ? "coming…" : "more are coming…");
    } else if (l->state == LISTING_FAILED) {
        buf_adds(out, l->n && !narrow ? "not all came" : "failed");
    } else {
        struct buf ago = {0};
        format_ago(&ago, l->time, env->wall_ms);
        buf_addf(out, strcmp(buf_str(&ago), "now") == 0 ? "as of %s" : "as of %s ago", buf_str(&ago));
        buf_free(&ago);
    }
}

/* What is missing: from the rows beyond the bounds, or as the server says. */
static void put_missing(const struct listing *l, bool narrow, struct buf *out)
{
    if (narrow && (l->left_out || (l->problem && l->n > 0)))
        buf_adds(out, "cut off");
    else if (l->left_out)
        buf_addf(out, "%zu more were left out: too many; narrow it down with the command", l->left_out);
    else if (l->problem && l->n > 0)
        buf_adds(out, l->problem);
}

static void paint_status(const struct rows_pane *p, const struct pane_env *env,
                         const struct listing *l, struct rect r)
{
    struct surface *s = env->s;
    char where[64] = "";
    struct buf state = {0}, words = {0}, missing = {0};
    surface_fill(s, r, ROLE_STATUS);
    int x = surface_puts(s, r, r.x, r.y, " LISTING ", ROLE_STATUS_MODE);
    if (p->n)
        snprintf(where, sizeof where, "%d/%zu", p->at + 1, p->n);
    x = surface_puts(s, r, x + 1, r.y, where, ROLE_STATUS) + 2;
    put_state(l, env, r.w < NARROW, &state);
    glyph_words(env->g, &words, buf_str(&state));
    int w = width_of(env, buf_str(&words));
    put_missing(l, r.w < NARROW, &missing);
    surface_put_cut(s, r, x, r.y, r.x + r.w - w - 3 - x, buf_str(&missing), ROLE_STATUS_PROBLEM,
                    env->g->more);
    if (w <= r.x + r.w - 1 - x)
        put_right(env, r, r.x, r.w - 1, buf_str(&words), ROLE_STATUS);
    else
        surface_put_cut(s, r, x, r.y, r.x + r.w - 1 - x, buf_str(&words), ROLE_STATUS, env->g->more);
    buf_free(&state);
    buf_free(&words);
    buf_free(&missing);
}

static void paint_filter(const struct rows_pane *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    const char *text = editor_text(p->filter);
    surface_fill(s, r, ROLE_INPUT);
    int x = surface_puts(s, r, r.x + 1, r.y, env->g->prompt, ROLE_INPUT_PROMPT) + 1;
    int room = r.x + r.w - 1 - x;
    size_t from = 0, cursor = editor_cursor(p->filter);
    while (from < cursor && cells_width(&s->rules, text + from, cursor - from) >= room)
        from += cluster_next(text + from, strlen(text + from));
    if (!*text)
        surface_put_cut(s, r, x, r.y, room, "type to narrow it down", ROLE_POPUP_BORDER, env->g->more);
    surface_put(s, r, x, r.y, text + from, strlen(text + from), ROLE_INPUT);
    surface_cursor(s, x + cells_width(&s->rules, text + from, cursor - from), r.y);
}

static void paint_keys(const struct pane_env *env, const struct listing *l, struct rect r)
{
    struct buf b = {0}, words = {0};
    const struct listing_look *look = l->look;
    bool narrow = r.w < NARROW;
    if (look->accept)
        buf_addf(&b, "Enter %s · ", look->accept_words);
    if (look->other && !narrow)
        buf_addf(&b, "Alt-Enter %s · ", look->other_words);
    buf_adds(&b, narrow         ? "Tab sort · Esc"
                 : r.w < 100 ? "Tab sort · Alt-t turn about"
                             : "Tab sort by another column · Alt-t turn about");
    if (!narrow && l->again)
        buf_adds(&b, " · Ctrl-r ask anew");
    if (!narrow)
        buf_adds(&b, " · Esc back");
    glyph_words(env->g, &words, buf_str(&b));
    surface_fill(env->s, r, ROLE_HINT);
    surface_put_cut(env->s, r, r.x + 1, r.y, r.w - 2, buf_str(&words), ROLE_HINT, env->g->more);
    buf_free(&b);
    buf_free(&words);
}

void rows_repaint(struct rows_pane *p, const struct pane_env *env, const struct listing *l,
                  struct rect all)
{
    surface_fill(env->s, all, ROLE_CHAT);
    if (!l) {
        pane_words(env, all, "This list is no more. Esc goes back.", ROLE_CHAT_EVENT);
        surface_cursor(env->s, -1, -1);
        return;
    }
    rows_recalc(p, l);
    struct columns c = place(l->look, all);
    int foot = all.h >= 8 ? 3 : 2, y = all.y + all.h - foot;
    paint_title(p, env, l, (struct rect){all.x, all.y, all.w, 1});
    paint_heads(p, env, l, &c, (struct rect){all.x, all.y + 1, all.w, 1});
    paint_rows(p, env, l, &c, (struct rect){all.x, all.y + 2, all.w, MAX(1, all.h - 2 - foot)});
    paint_status(p, env, l, (struct rect){all.x, y, all.w, 1});
    paint_filter(p, env, (struct rect){all.x, y + 1, all.w, 1});
    if (foot > 2)
        paint_keys(env, l, (struct rect){all.x, y + 2, all.w, 1});
}
