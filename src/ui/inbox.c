/* ui/inbox.c - the inbox: what may want an answer, newest first, over all accounts */
#include "ui/inbox.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/format.h"

enum { WIDTH_MAX = 104, NARROW = 60, WHY_CELLS = 9, WHEN_CELLS = 7 };

void inbox_open(struct inbox_pane *p)
{
    *p = (struct inbox_pane){.open = true};
}

void inbox_close(struct inbox_pane *p)
{
    *p = (struct inbox_pane){0};
}

bool inbox_action(struct inbox_pane *p, const struct pane_env *env, enum pane_action a)
{
    int at = pane_move(a, p->at, (int)env->model->n_inbox, MAX(1, p->page));
    bool moved = at >= 0 && at != p->at;
    p->at = MAX(0, at);
    return moved;
}

const struct inbox_item *inbox_current(const struct inbox_pane *p, const struct model *m)
{
    const struct inbox_item *rows[INBOX_MAX];
    size_t n = inbox_rows(m, rows);
    return n ? rows[MIN((size_t)p->at, n - 1)] : NULL;
}

/* ---- painting ---- */

static const char *sign(const struct glyphs *g, enum inbox_why why)
{
    switch (why) {
    case INBOX_MENTION:
        return g->mention;
    case INBOX_DIRECT:
        return g->query;
    case INBOX_REPLY:
        return g->quote;
    case INBOX_KEYWORD:
        return g->bullet;
    case INBOX_FAILED:
        return g->failed;
    case N_INBOX_WHY:
        break;
    }
    return " ";
}

/* How long ago, or when it comes back. */
static void add_when(struct buf *b, const struct pane_env *env, const struct inbox_item *item)
{
    char until[32];
    bool soon = item->until - env->wall_ms < 24 * 3600000LL;
    if (!item->until)
        format_ago(b, item->time, env->wall_ms);
    else if (clock_format(until, sizeof until, soon ? "%H:%M" : "%e %b", item->until))
        buf_addf(b, "%s %s", env->g->arrow, until);
}

static void paint_row(const struct pane_env *env, const struct inbox_item *item, struct rect r)
{
    struct surface *s = env->s;
    const struct chat *chat = model_chat_by_id(env->model, item->chat);
    bool narrow = r.w < NARROW, put_off = item->until != 0;
    uint16_t faint = ROLE_POPUP_BORDER, text = put_off ? faint : ROLE_POPUP;
    uint16_t mark = item->why == INBOX_FAILED ? ROLE_POPUP_DANGER : put_off ? faint : ROLE_POPUP_KEY;
    const char *title = chat ? chat_title(chat) : "?";
    bool room = chat && chat->kind == KITH_CHAT_ROOM;
    struct buf b = {0};
    int x = surface_puts(s, r, r.x + 1, r.y, sign(env->g, item->why), mark) + 1;
    if (!narrow) {
        surface_puts(s, r, x, r.y, inbox_why_words(item->why), mark);
        x += WHY_CELLS;
    }
    int place = narrow ? r.w / 3 : r.w / 5, end = r.x + r.w - WHEN_CELLS - 2;
    surface_put_cut(s, r, x, r.y, place, title, text, env->g->more);
    x += place + 1;
    if (room || item->why == INBOX_FAILED)
        buf_addf(&b, "%s: ", item->who);
    buf_add(&b, item->text, strcspn(item->text, "\n"));
    surface_put_cut(s, r, x, r.y, end - x, buf_str(&b), text, env->g->more);
    buf_clear(&b);
    add_when(&b, env, item);
    int w = cells_width(&s->rules, buf_str(&b), b.len);
    surface_puts(s, r, r.x + r.w - 1 - w, r.y, buf_str(&b), faint);
    buf_free(&b);
}

static void put_title(struct buf *b, const struct glyphs *g, const struct model *m)
{
    size_t off = 0;
    for (size_t i = 0; i < m->n_inbox; i++)
        off += m->inbox[i]->until != 0;
    buf_addf(b, "Inbox %zu", m->n_inbox - off);
    if (off)
        buf_addf(b, " %s %zu put off", g->dot, off);
}

void inbox_repaint(struct inbox_pane *p, const struct pane_env *env, struct rect all)
{
    const struct inbox_item *rows[INBOX_MAX];
    int n = (int)inbox_rows(env->model, rows), w = MIN(all.w, WIDTH_MAX);
    int h = MIN(all.h, MAX(n, 1) + 2);
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 3, w, h};
    struct buf title = {0}, keys = {0};
    put_title(&title, env->g, env->model);
    glyph_words(env->g, &keys,
                w < NARROW ? "Enter open · d done · s snooze · Esc"
                           : "Enter open · d done · s put off · m mute · ? keys · Esc");
    struct rect in = pane_box(env, r, buf_str(&title), buf_str(&keys));
    p->page = MAX(1, in.h);
    p->at = MAX(0, MIN(p->at, n - 1));
    p->top = pane_scroll(p->top, p->at, n, p->page);
    for (int i = 0; i < in.h && p->top + i < n; i++) {
        struct rect row = {in.x, in.y + i, in.w, 1};
        paint_row(env, rows[p->top + i], row);
        if (p->top + i == p->at) {
            surface_restyle(env->s, row, ROLE_POPUP_SELECTED);
            surface_puts(env->s, row, in.x, row.y, env->g->bar, ROLE_POPUP_KEY);
        }
    }
    if (n == 0)
        surface_put_cut(env->s, in, in.x + 1, in.y, in.w - 2, "Nothing waits for an answer",
                        ROLE_POPUP_BORDER, env->g->more);
    surface_cursor(env->s, -1, -1);
    buf_free(&title);
    buf_free(&keys);
}
