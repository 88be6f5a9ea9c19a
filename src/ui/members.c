/* ui/members.c - the members of a room: presence, name, role */
#include "ui/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/format.h"

static int by_rank(const void *a, const void *b)
{
    return member_compare(*(struct member *const *)a, *(struct member *const *)b);
}

/* Those present, by rank, then by name; *n of them, *offline not counted. Owned array. */
static struct member **sorted(const struct chat *c, int *n, int *offline)
{
    struct member **v = xcalloc(c->n_members + 1, sizeof *v);
    *n = *offline = 0;
    for (size_t i = 0; i < c->n_members; i++) {
        if (c->members[i]->show == KITH_SHOW_OFFLINE)
            (*offline)++;
        else
            v[(*n)++] = c->members[i];
    }
    if (*n > 1)
        qsort(v, (size_t)*n, sizeof(struct member *), by_rank);
    return v;
}

static const char *role_sign(const struct member *m)
{
    if (!str_empty(m->prefix))
        return m->prefix;
    switch (m->role) {
    case KITH_ROLE_OWNER:
        return "~";
    case KITH_ROLE_ADMIN:
        return "&";
    case KITH_ROLE_OP:
        return "@";
    case KITH_ROLE_HALFOP:
        return "%";
    case KITH_ROLE_VOICE:
        return "+";
    case KITH_ROLE_NONE:
    case KITH_ROLE_VISITOR:
    case KITH_ROLE_MEMBER:
        return "";
    }
    return "";
}

static void paint_member(const struct pane_env *env, struct rect r, const struct member *m)
{
    struct surface *s = env->s;
    bool away = m->show == KITH_SHOW_AWAY || m->show == KITH_SHOW_XA || m->show == KITH_SHOW_DND;
    uint16_t style = away ? ROLE_MEMBERS_AWAY : ROLE_MEMBERS;
    char sign[8];
    str_copy(sign, 2, role_sign(m));
    int x = surface_puts(s, r, r.x + 1, r.y, glyph_show(env->g, m->show), style);
    if (!away && surface_theme(s))
        style = surface_tint(s, style, theme_nick(surface_theme(s), m->nick));
    struct buf bot = {0};
    if (m->flags & KITH_MEMBER_BOT)
        format_words(&bot, env->g, WORD_BOT, NULL, NULL);
    int mark = bot.len ? cells_width(&s->rules, buf_str(&bot), bot.len) + 1 : 0;
    surface_put_cut(s, r, x + 1, r.y, r.w - 6 - mark, m->nick, style, env->g->more);
    if (mark)
        surface_puts(s, r, r.x + r.w - 3 - mark + 1, r.y, buf_str(&bot), ROLE_MEMBERS_AWAY);
    surface_puts(s, r, r.x + r.w - 2, r.y, sign, ROLE_MEMBERS);
    buf_free(&bot);
}

void members_repaint(struct members_pane *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    surface_fill(s, r, ROLE_MEMBERS);
    if (r.h < 2 || !env->chat)
        return;
    int n, offline;
    struct member **v = sorted(env->chat, &n, &offline);
    struct buf b = {0};
    format_count(&b, env->g, WORD_MEMBERS, n);
    surface_puts(s, r, r.x + 1, r.y, buf_str(&b), ROLE_MEMBERS);
    p->page = r.h - 1;
    p->at = MAX(0, MIN(p->at, n - 1));
    for (int i = 0; p->cursor && i < n; i++)
        if (strcmp(v[i]->nick, p->cursor) == 0)
            p->at = i;
    p->top = pane_scroll(p->top, env->focused ? p->at : -1, n + (offline > 0) * 2, p->page);
    for (int y = 0; y < p->page && p->top + y < n; y++) {
        struct rect row = {r.x, r.y + 1 + y, r.w, 1};
        paint_member(env, row, v[p->top + y]);
        if (env->targets)
            target_add(env->targets, TARGET_NICK, r.x, row.y, 0, 0, v[p->top + y]->nick,
                       strlen(v[p->top + y]->nick));
        if (env->focused && p->top + y == p->at) {
            surface_restyle(s, row, ROLE_LIST_SELECTED);
            surface_puts(s, r, r.x, row.y, env->g->bar, ROLE_LIST_ACCOUNT);
        }
    }
    int below = n - p->top + 1;
    if (offline > 0 && below + 1 < r.h) {
        buf_clear(&b);
        buf_addf(&b, "%s ", env->g->dot);
        format_count(&b, env->g, WORD_N_OFFLINE, offline);
        surface_puts(s, r, r.x + 1, r.y + below + 1, buf_str(&b), ROLE_MEMBERS_AWAY);
    }
    buf_free(&b);
    free(v);
}

bool members_goto_row(struct members_pane *p, const struct pane_env *env, int i)
{
    int n = 0, offline;
    struct member **v = env->chat ? sorted(env->chat, &n, &offline) : NULL;
    bool there = i >= 0 && i < n;
    if (there) {
        p->at = i;
        str_set(&p->cursor, v[i]->nick);
    }
    free(v);
    return there;
}

bool members_action(struct members_pane *p, const struct pane_env *env, enum pane_action a)
{
    if (!env->chat)
        return false;
    int n, offline;
    struct member **v = sorted(env->chat, &n, &offline);
    int to = pane_move(a, p->at, n, p->page);
    bool moved = to >= 0 && (to != p->at || !p->cursor);
    if (moved) {
        p->at = to;
        str_set(&p->cursor, v[to]->nick);
    }
    free(v);
    return moved;
}

const char *members_current(const struct members_pane *p)
{
    return p->cursor;
}

void members_free(struct members_pane *p)
{
    free(p->cursor);
    *p = (struct members_pane){0};
}
