/* ui/switcher.c - the quick switcher: recent chats, fuzzy search, or a new chat on an account that
 * can */
#include "ui/switcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/format.h"

enum { SWITCH_RECENT = 8, SWITCH_MAX = 200, SWITCH_WIDTH = 60 };

void switcher_open(struct switcher *p)
{
    switcher_close(p);
    p->open = true;
    p->query = editor_new(NULL);
}

void switcher_close(struct switcher *p)
{
    editor_free(p->query);
    free(p->rows);
    free(p->account);
    free(p->then);
    *p = (struct switcher){0};
}

void switcher_changed(struct switcher *p)
{
    p->at = p->top = 0;
}

/* ---- rows ---- */

static int score_of(const char *title, const char *address, const char *query)
{
    int a = pane_fuzzy(title, query), b = pane_fuzzy(address, query);
    return MAX(a, b > 0 ? b - 2 : b);
}

static int recency(const struct chat *c, const int64_t *recent, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (recent[i] == c->id)
            return (int)(n - i);
    return 0;
}

static const char *row_title(const struct switch_row *row)
{
    return row->chat ? chat_title(row->chat) : row->contact ? contact_title(row->contact) : "";
}

static int by_score(const void *a, const void *b)
{
    const struct switch_row *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->active != y->active)
        return x->active > y->active ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind - y->kind;
    return strcmp(row_title(x), row_title(y));
}

static void push(struct switcher *p, struct switch_row row)
{
    if (row.score >= 0 && p->n_rows < SWITCH_MAX)
        VEC_PUSH(p->rows, p->n_rows, p->cap_rows, row);
}

static void collect(struct switcher *p, const struct pane_env *env, struct account *a,
                    const char *query, const int64_t *recent, size_t n_recent)
{
    bool all = *query == '\0';
    for (size_t i = 0; i < a->n_chats; i++) {
        struct chat *c = a->chats[i];
        if (c->flags & CHAT_HELD)
            continue;
        int score = all ? recency(c, recent, n_recent) : score_of(chat_title(c), c->address, query);
        p->n_all++;
        if (all && (c == env->chat || (score == 0 && !c->open && c->active == 0)))
            continue;
        push(p, (struct switch_row){SWITCH_CHAT, a, c, chat_contact(c), score, c->active});
    }
    for (struct map_entry *e = NULL; (e = map_next(&a->contacts, e));) {
        struct contact *ct = e->value;
        if (account_chat(a, ct->address))
            continue;
        p->n_all++;
        if (!all)
            push(p, (struct switch_row){SWITCH_CONTACT, a, NULL, ct,
                                        score_of(contact_title(ct), ct->address, query), 0});
    }
}

void switcher_recalc(struct switcher *p, const struct pane_env *env, const int64_t *recent,
                     size_t n_recent)
{
    const char *query = editor_text(p->query);
    p->n_rows = p->n_all = 0;
    for (size_t i = 0; i < env->model->n_accounts; i++)
        if (!p->account || str_eq(p->account, env->model->accounts[i]->name))
            collect(p, env, env->model->accounts[i], query, recent, n_recent);
    if (p->n_rows > 1)
        qsort(p->rows, p->n_rows, sizeof *p->rows, by_score);
    if (*query == '\0') {
        p->n_rows = MIN(p->n_rows, (size_t)SWITCH_RECENT);
    } else {
        for (size_t i = 0; i < env->model->n_accounts; i++) {
            struct account *a = env->model->accounts[i];
            if (a->state == KITH_STATE_ONLINE && (!p->account || str_eq(p->account, a->name)))
                push(p, (struct switch_row){SWITCH_START, a, NULL, NULL, 0, 0});
        }
    }
    p->at = p->n_rows ? MAX(0, MIN(p->at, (int)p->n_rows - 1)) : 0;
}

static void next_account(struct switcher *p, const struct model *m)
{
    size_t i = 0;
    while (p->account && i < m->n_accounts && !str_eq(p->account, m->accounts[i]->name))
        i++;
    size_t next = p->account ? i + 1 : 0;
    str_set(&p->account, next < m->n_accounts ? m->accounts[next]->name : NULL);
    p->at = 0;
}

bool switcher_action(struct switcher *p, const struct pane_env *env, enum pane_action a)
{
    if (a == PANE_NEXT_TAB || a == PANE_NEXT_FIELD) {
        next_account(p, env->model);
        return true;
    }
    int to = pane_move(a, p->at, (int)p->n_rows, p->page);
    bool moved = to >= 0 && to != p->at;
    p->at = MAX(0, to);
    return moved;
}

const struct switch_row *switcher_current(const struct switcher *p)
{
    return p->at >= 0 && (size_t)p->at < p->n_rows ? &p->rows[p->at] : NULL;
}

/* ---- painting ---- */

static const char *row_sign(const struct pane_env *env, const struct switch_row *row)
{
    if (row->chat && row->chat->kind == KITH_CHAT_ROOM)
        return env->g->room;
    if (!row->contact)
        return env->g->query;
    return glyph_show(env->g, row->account->state == KITH_STATE_ONLINE ? contact_show(row->contact)
                                                                       : KITH_SHOW_UNKNOWN);
}

static void paint_start(const struct pane_env *env, const struct switch_row *row, struct rect r,
                        const char *query)
{
    struct buf b = {0};
    buf_adds(&b, "+ ");
    format_words(&b, env->g, WORD_START_ON, query, NULL);
    buf_addf(&b, " %s", row->account->name);
    surface_put_cut(env->s, r, r.x + 1, r.y, r.w - 2, buf_str(&b), ROLE_POPUP_KEY, env->g->more);
    buf_free(&b);
}

static void paint_row(const struct pane_env *env, const struct switch_row *row, struct rect r)
{
    struct surface *s = env->s;
    const char *title = row_title(row);
    if (row->chat && row->chat->kind == KITH_CHAT_ROOM)
        title += title[0] == '#';
    bool narrow = r.w < 30; /* the name and what is unread */
    int half = narrow ? r.w - 4 : r.w * 2 / 5, ago = narrow ? 1 : 9;
    int x = surface_puts(s, r, r.x + 1, r.y, row_sign(env, row), ROLE_POPUP);
    surface_put_cut(s, r, x + 1, r.y, half - 3, title, ROLE_POPUP, env->g->more);
    const char *address = account_title(row->account);
    if (!narrow)
        surface_put_cut(s, r, r.x + half + 1, r.y, r.w - half - 16, address, ROLE_POPUP_BORDER,
                        env->g->more);
    if (!row->chat)
        return;
    struct buf b = {0};
    if (row->chat->mentions > 0)
        buf_addf(&b, "@%u", (unsigned)row->chat->mentions);
    else if (row->chat->unread > 0)
        buf_addf(&b, "%u", (unsigned)row->chat->unread);
    surface_puts(s, r, r.x + r.w - ago - (int)b.len, r.y, buf_str(&b), ROLE_LIST_MENTION);
    buf_clear(&b);
    if (!narrow)
        format_ago(&b, row->active, env->wall_ms);
    surface_puts(s, r, r.x + r.w - 1 - (int)b.len, r.y, buf_str(&b), ROLE_POPUP_BORDER);
    buf_free(&b);
}

/* The query and the rule below it; where there is hardly room only the query. */
static int head_rows(struct rect in)
{
    return in.h > 3 ? 2 : 1;
}

static void paint_query(const struct switcher *p, const struct pane_env *env, struct rect in)
{
    struct surface *s = env->s;
    char shown[32], total[32];
    struct buf count = {0};
    size_t n = 0; /* chats there are: not the offers to start one */
    for (size_t i = 0; i < p->n_rows; i++)
        n += p->rows[i].kind != SWITCH_START;
    snprintf(shown, sizeof shown, "%zu", n);
    snprintf(total, sizeof total, "%zu", p->n_all);
    format_words(&count, env->g, WORD_OF, shown, total);
    if (p->account)
        buf_addf(&count, " %s %s", env->g->dot, p->account);
    int w = cells_width(&s->rules, buf_str(&count), count.len);
    int x = surface_puts(s, in, in.x + 1, in.y, env->g->prompt, ROLE_INPUT_PROMPT);
    x = surface_put_cut(s, in, x + 1, in.y, in.w - w - 6, editor_text(p->query), ROLE_POPUP,
                        env->g->more);
    surface_cursor(s, x, in.y);
    surface_puts(s, in, in.x + in.w - 1 - w, in.y, buf_str(&count), ROLE_POPUP_BORDER);
    if (head_rows(in) > 1)
        surface_repeat(s, in, in.x + 1, in.y + 1, in.w - 2, env->g->hline, ROLE_POPUP_BORDER);
    buf_free(&count);
}

void switcher_repaint(struct switcher *p, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    int w = MIN(all.w, SWITCH_WIDTH);
    int want = MAX((int)p->n_rows, 1) + 4, h = MIN(all.h, MAX(want, 7));
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 3, w, h};
    struct buf title = {0};
    format_words(&title, env->g, WORD_SWITCH_TO, NULL, NULL);
    struct buf keys = {0};
    glyph_words(env->g, &keys, "Enter open · Tab account · Esc");
    struct rect in = pane_box(env, r, buf_str(&title), buf_str(&keys));
    paint_query(p, env, in);
    int head = head_rows(in);
    p->page = MAX(1, in.h - head);
    p->shown = (struct rect){in.x, in.y + head, in.w, p->page};
    p->top = pane_scroll(p->top, p->at, (int)p->n_rows, p->page);
    for (int i = 0; i < p->page && p->top + i < (int)p->n_rows; i++) {
        struct rect row = {in.x, in.y + head + i, in.w, 1};
        const struct switch_row *sr = &p->rows[p->top + i];
        if (sr->kind == SWITCH_START)
            paint_start(env, sr, row, editor_text(p->query));
        else
            paint_row(env, sr, row);
        if (p->top + i == p->at) {
            surface_restyle(s, row, ROLE_POPUP_SELECTED);
            surface_puts(s, row, in.x, row.y, env->g->bar, ROLE_POPUP_KEY);
        }
    }
    if (p->n_rows == 0 && in.h > head) {
        buf_clear(&title);
        bool asked = !editor_empty(p->query);
        format_words(&title, env->g, asked ? WORD_NO_MATCH : WORD_NO_RECENT, editor_text(p->query),
                     NULL);
        surface_put_cut(s, in, in.x + 1, in.y + head, in.w - 2, buf_str(&title), ROLE_POPUP_BORDER,
                        env->g->more);
    }
    buf_free(&title);
    buf_free(&keys);
}
