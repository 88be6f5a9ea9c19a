/* ui/list.c - the buddy list: painting it and moving in it */
#include "ui/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/format.h"
#include "ui/list_private.h"

enum { PREVIEW_WIDTH = 45, INDENT_WIDTH = 25 }; /* from which width on there is room for it */

/* ---- the fact at the right ---- */

static bool someone_types(const struct chat *c)
{
    for (size_t i = 0; i < c->n_typists; i++)
        if (c->typists[i].state == KITH_TYPING_ACTIVE)
            return true;
    return false;
}

static void chat_fact(struct buf *out, const struct pane_env *env, const struct chat *c,
                      uint8_t *role)
{
    bool muted = (c->flags & KITH_CHAT_MUTED) != 0;
    if (c->mentions > 0) {
        buf_addf(out, "@%u", (unsigned)c->mentions);
        *role = ROLE_LIST_MENTION;
    } else if (c->unread > 0 && !muted) {
        buf_addf(out, "%u", (unsigned)c->unread);
        *role = ROLE_LIST_UNREAD;
    } else if (c != env->chat && someone_types(c)) {
        format_words(out, env->g, WORD_TYPING, NULL, NULL);
    } else if (!str_empty(c->draft.text) && c != env->chat) {
        format_words(out, env->g, WORD_DRAFT, NULL, NULL);
    } else if (muted) {
        format_words(out, env->g, WORD_MUTED, NULL, NULL);
        *role = ROLE_LIST_MUTED;
    } else if (c->kind == KITH_CHAT_ROOM && !str_empty(c->text) && !(c->flags & KITH_CHAT_JOINED)) {
        buf_adds(out, env->g->failed);
        *role = ROLE_LIST_PROBLEM;
    }
}

static void account_fact(struct buf *out, const struct pane_env *env, const struct list_row *row,
                         uint8_t *role, bool brief)
{
    const struct account *a = row->account;
    if (a->state == KITH_STATE_ONLINE && a->note) { /* the way there works, what lies behind it does not */
        buf_adds(out, env->g->failed);
        *role = ROLE_LIST_PROBLEM;
        return;
    }
    if (a->state == KITH_STATE_ONLINE) {
        buf_adds(out,
                 glyph_show(env->g, a->show == KITH_SHOW_OFFLINE ? KITH_SHOW_ONLINE : a->show));
        *role = ROLE_LIST_ONLINE;
        return;
    }
    format_problem(out, env->g, a, env->mono_ms, brief);
    *role = a->problem || a->retry_at ? ROLE_LIST_PROBLEM : ROLE_LIST_FACT;
}

void list_fact(struct buf *out, const struct pane_env *env, const struct list_row *row,
               uint8_t *role, bool brief)
{
    *role = ROLE_LIST_FACT;
    if (row->kind == LIST_ACCOUNT) {
        account_fact(out, env, row, role, brief);
    } else if (row->kind == LIST_GROUP && row->folded && row->mentions + row->unread > 0) {
        buf_addf(out, row->mentions ? "@%u" : "%u",
                 (unsigned)(row->mentions ? row->mentions : row->unread));
        *role = row->mentions ? ROLE_LIST_MENTION : ROLE_LIST_UNREAD;
    } else if (row->kind == LIST_GROUP && row->online + row->total > 0 &&
               strcmp(row->group, "Rooms") != 0) {
        buf_addf(out, "%d/%d", row->online, row->total);
    } else if (row->kind == LIST_ASK) {
        format_words(out, env->g, WORD_ASKS, NULL, NULL);
        *role = ROLE_LIST_MENTION;
    } else if (row->chat) {
        chat_fact(out, env, row->chat, role);
    }
}

/* ---- one row ---- */

static const char *row_glyph(const struct pane_env *env, const struct list_row *row, uint8_t *role)
{
    *role = ROLE_LIST;
    if (row->kind == LIST_ACCOUNT || row->kind == LIST_GROUP) {
        *role = row->kind == LIST_ACCOUNT ? ROLE_LIST_ACCOUNT : ROLE_LIST_GROUP;
        return row->folded ? env->g->folded : env->g->opened;
    }
    if (row->kind == LIST_ASK || row->kind == LIST_STRANGERS)
        return env->g->asks;
    if (row->kind == LIST_CHAT)
        return row->chat->kind == KITH_CHAT_ROOM ? env->g->room : env->g->query;
    enum kith_show show = contact_show(row->contact);
    if (row->account->state != KITH_STATE_ONLINE)
        show = KITH_SHOW_UNKNOWN;
    static const uint8_t roles[] = {
        [KITH_SHOW_OFFLINE] = ROLE_LIST_OFFLINE, [KITH_SHOW_ONLINE] = ROLE_LIST_ONLINE,
        [KITH_SHOW_CHAT] = ROLE_LIST_ONLINE,     [KITH_SHOW_AWAY] = ROLE_LIST_AWAY,
        [KITH_SHOW_XA] = ROLE_LIST_AWAY,         [KITH_SHOW_DND] = ROLE_LIST_DND,
        [KITH_SHOW_UNKNOWN] = ROLE_LIST_OFFLINE};
    *role = roles[show];
    return glyph_show(env->g, show);
}

static void account_label(struct buf *out, const struct pane_env *env, const struct account *a,
                          int room)
{
    if (!str_empty(a->label)) {
        buf_adds(out, a->label);
        return;
    }
    const char *address = !str_empty(a->address) && strchr(a->address, '@') ? a->address : a->name;
    int wide = cells_width(&env->s->rules, address, strlen(address));
    if (wide > room)
        address = a->name;
    buf_adds(out, address);
    const char *protocol = str_empty(a->protocol_label) ? a->protocol : a->protocol_label;
    wide = cells_width(&env->s->rules, address, strlen(address));
    if (!str_empty(protocol) && wide + 3 + (int)strlen(protocol) <= room)
        buf_addf(out, " %s %s", env->g->dot, a->protocol);
}

/* By the name that the user gave, where they are kept already. */
static const char *asker(const struct list_row *row)
{
    const char *who = row->ask->subject;
    const struct contact *ct = str_empty(who) ? NULL : account_contact(row->account, who);
    return ct ? contact_title(ct) : str_empty(who) ? row->ask->title : who;
}

static void row_label(struct buf *out, const struct pane_env *env, const struct list_row *row,
                      int room)
{
    switch (row->kind) {
    case LIST_ACCOUNT:
        account_label(out, env, row->account, room);
        break;
    case LIST_GROUP:
        buf_adds(out, row->group);
        break;
    case LIST_CONTACT:
        buf_adds(out, contact_title(row->contact));
        break;
    case LIST_CHAT:
        buf_adds(out, chat_title(row->chat) +
                          (row->chat->kind == KITH_CHAT_ROOM && chat_title(row->chat)[0] == '#'));
        break;
    case LIST_ASK:
        buf_adds(out, asker(row));
        break;
    case LIST_STRANGERS:
        format_count(out, env->g, row->total == 1 ? WORD_STRANGER : WORD_STRANGERS, row->total);
        break;
    }
}

static uint16_t label_style(const struct pane_env *env, const struct list_row *row)
{
    if (row->kind == LIST_ACCOUNT)
        return ROLE_LIST_ACCOUNT;
    if (row->kind == LIST_GROUP)
        return ROLE_LIST_GROUP;
    if (row->chat && row->chat->mentions > 0)
        return ROLE_LIST_MENTION;
    if (row->chat && (row->chat->flags & KITH_CHAT_MUTED))
        return ROLE_LIST_MUTED;
    if (row->chat && row->chat->unread > 0)
        return ROLE_LIST_UNREAD;
    if (row->kind == LIST_CONTACT && contact_show(row->contact) == KITH_SHOW_OFFLINE)
        return ROLE_LIST_OFFLINE;
    return ROLE_LIST;
}

/* What was said last: only where there is room for it. */
static void paint_preview(const struct pane_env *env, const struct list_row *row, struct rect r,
                          int name_end, int fact_x)
{
    const struct message *m = row->chat ? chat_last(row->chat) : NULL;
    struct buf b = {0};
    if (m)
        format_quote(&b, env->g, m);
    else if (row->kind == LIST_CONTACT && contact_status(row->contact))
        buf_adds(&b, contact_status(row->contact));
    const char *text = buf_str(&b);
    if (m && row->chat->kind != KITH_CHAT_ROOM && strstr(text, ": "))
        text = strstr(text, ": ") + 2;
    surface_put_cut(env->s, r, name_end, r.y, fact_x - name_end - 1, text, ROLE_LIST_FACT,
                    env->g->more);
    buf_free(&b);
}

static void paint_row(struct list_pane *p, const struct pane_env *env, const struct list_row *row,
                      struct rect r, bool marked)
{
    struct surface *s = env->s;
    bool previews = r.w >= PREVIEW_WIDTH;
    int indent = r.w >= INDENT_WIDTH ? 1 + 2 * row->depth : 1;
    uint8_t glyph_role, fact_role;
    const char *glyph = row_glyph(env, row, &glyph_role);
    struct buf fact = {0}, label = {0};
    list_fact(&fact, env, row, &fact_role, r.w < INDENT_WIDTH);
    bool leaf = row->kind == LIST_CONTACT || row->kind == LIST_CHAT;
    int right = r.x + r.w - 1;
    if (previews && leaf && row->chat && row->chat->active > 0) {
        char at[CLOCK_MAX];
        format_clock(at, config_str(env->cmd->config, "ui.time_format"), row->chat->active);
        int w = (int)strlen(at);
        surface_puts(s, r, right - w, r.y, at, ROLE_LIST_FACT);
        right -= w + 2;
    }
    int fact_w = cells_width(&s->rules, buf_str(&fact), fact.len);
    int fact_x = MAX(r.x + indent + 3, right - fact_w);
    int name_x = r.x + indent + 2, room = fact_x - name_x - (fact_w > 0);
    int name_room = previews && leaf ? MIN(room, 15) : room;
    row_label(&label, env, row, name_room);
    if (marked)
        surface_puts(s, r, r.x + indent - 1, r.y, env->g->bar, ROLE_LIST_ACCOUNT);
    surface_puts(s, r, r.x + indent, r.y, glyph, glyph_role);
    surface_put_cut(s, r, name_x, r.y, name_room, buf_str(&label), label_style(env, row),
                    env->g->more);
    if (previews && leaf)
        paint_preview(env, row, r, name_x + 16, fact_x);
    surface_puts(s, (struct rect){r.x, r.y, right - r.x, 1}, fact_x, r.y, buf_str(&fact),
                 fact_role);
    buf_free(&fact);
    buf_free(&label);
}

/* ---- the whole ---- */

static void paint_header(struct list_pane *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    unsigned unread = 0, mentions = 0;
    for (size_t i = 0; i < p->n_rows; i++) {
        if (p->rows[i].kind == LIST_ACCOUNT) {
            unread += p->rows[i].unread;
            mentions += p->rows[i].mentions;
        }
    }
    struct buf b = {0};
    if (unread > 0 && r.w >= PREVIEW_WIDTH)
        format_count(&b, env->g, WORD_UNREAD, unread);
    else if (unread > 0)
        buf_addf(&b, "%u", unread);
    if (mentions > 0)
        buf_addf(&b, "%s%s @%u", b.len ? " " : "", b.len ? env->g->dot : "", mentions);
    surface_fill(s, r, ROLE_LIST_HEADER);
    if (p->filtering || p->filter.len > 0) {
        int x = surface_puts(s, r, r.x + 1, r.y, "/", ROLE_LIST_HEADER);
        x = surface_puts(s, r, x, r.y, buf_str(&p->filter), ROLE_LIST_HEADER);
        if (p->filtering && env->focused)
            surface_cursor(s, MIN(x, r.x + r.w - 1), r.y);
    } else {
        struct buf name = {0};
        format_words(&name, env->g, WORD_CHATS, NULL, NULL);
        surface_puts(s, r, r.x + 1, r.y, buf_str(&name), ROLE_LIST_HEADER);
        buf_free(&name);
    }
    int w = cells_width(&s->rules, buf_str(&b), b.len);
    surface_puts(s, r, r.x + r.w - 1 - w, r.y, buf_str(&b),
                 mentions ? ROLE_LIST_MENTION : ROLE_LIST_HEADER);
    buf_free(&b);
}

static bool is_current(const struct pane_env *env, const struct list_row *row)
{
    return (row->kind == LIST_CONTACT || row->kind == LIST_CHAT) && row->chat &&
           row->chat == env->chat;
}

void list_repaint(struct list_pane *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    surface_fill(s, r, ROLE_LIST);
    if (r.h < 1)
        return;
    p->page = r.h - 1;
    paint_header(p, env, (struct rect){r.x, r.y, r.w, 1});
    int mark = env->focused ? p->at : -1;
    for (size_t i = 0; mark < 0 && i < p->n_rows; i++)
        if (is_current(env, &p->rows[i]))
            mark = (int)i;
    p->wheel = p->wheel && !env->focused;
    p->top = pane_scroll(p->top, p->wheel ? -1 : mark, (int)p->n_rows, MAX(1, p->page));
    for (int y = 0; y < p->page && p->top + y < (int)p->n_rows; y++) {
        struct rect row = {r.x, r.y + 1 + y, r.w, 1};
        int i = p->top + y;
        paint_row(p, env, &p->rows[i], row, i == mark);
        if (i == mark)
            surface_restyle(s, row, ROLE_LIST_SELECTED);
    }
    if (p->n_rows == 0 && p->page > 0) {
        struct buf b = {0};
        format_words(&b, env->g, env->model->n_accounts ? WORD_NO_CONTACTS : WORD_NO_ACCOUNT, NULL,
                     NULL);
        surface_put_cut(s, r, r.x + 1, r.y + 1, r.w - 2, buf_str(&b), ROLE_LIST_OFFLINE,
                        env->g->more);
        buf_free(&b);
    }
}

/* ---- moving ---- */

static void set_cursor(struct list_pane *p, int at)
{
    p->at = at;
    if (at >= 0 && at < (int)p->n_rows)
        str_take(&p->cursor, list_key(&p->rows[at]));
}

bool list_goto_row(struct list_pane *p, int i)
{
    if (i < 0 || i >= (int)p->n_rows)
        return false;
    set_cursor(p, i);
    return true;
}

void list_wheel(struct list_pane *p, int rows)
{
    p->wheel = true;
    p->top = MAX(0, MIN(p->top + rows, (int)p->n_rows - p->page));
}

static bool fold(struct list_pane *p, const struct pane_env *env, bool folded)
{
    if (p->at < 0 || p->at >= (int)p->n_rows)
        return false;
    int at = p->at;
    while (at > 0 && p->rows[at].kind != LIST_GROUP && p->rows[at].kind != LIST_ACCOUNT)
        at--;
    struct list_row *row = &p->rows[at];
    if (row->folded == folded && folded &&
        row->kind == LIST_GROUP) /* folding a folded group folds its account */
        while (at > 0 && p->rows[at].kind != LIST_ACCOUNT)
            at--;
    char *key = list_key(&p->rows[at]);
    set_cursor(p, at);
    if (folded)
        map_set(&p->folded, key, p);
    else
        map_del(&p->folded, key);
    free(key);
    list_recalc(p, env);
    return true;
}

bool list_action(struct list_pane *p, const struct pane_env *env, enum pane_action a)
{
    list_recalc(p, env);
    if (a == PANE_FOLD || a == PANE_UNFOLD)
        return fold(p, env, a == PANE_FOLD);
    if (a == PANE_FILTER) {
        p->filtering = true;
        return true;
    }
    if (a == PANE_CANCEL && (p->filtering || p->filter.len > 0)) {
        p->filtering = false;
        buf_clear(&p->filter);
        list_recalc(p, env);
        return true;
    }
    if (a == PANE_TOGGLE && p->at < (int)p->n_rows)
        return fold(p, env, !p->rows[p->at].folded);
    int to = pane_move(a, p->at, (int)p->n_rows, p->page);
    if (to < 0 || to == p->at)
        return false;
    set_cursor(p, to);
    return true;
}

bool list_text(struct list_pane *p, const struct pane_env *env, const char *text, size_t len)
{
    if (!p->filtering || p->filter.len + len > 200)
        return false;
    buf_add(&p->filter, text, len);
    list_recalc(p, env);
    for (size_t i = 0; i < p->n_rows; i++) {
        if (p->rows[i].kind == LIST_CONTACT || p->rows[i].kind == LIST_CHAT) {
            set_cursor(p, (int)i);
            break;
        }
    }
    return true;
}

bool list_backspace(struct list_pane *p, const struct pane_env *env)
{
    if (!p->filtering || p->filter.len == 0)
        return false;
    size_t at = utf8_floor(buf_str(&p->filter), p->filter.len, p->filter.len - 1);
    buf_delete(&p->filter, at, p->filter.len - at);
    list_recalc(p, env);
    return true;
}

const struct list_row *list_current(struct list_pane *p, const struct pane_env *env)
{
    list_recalc(p, env);
    return p->at >= 0 && p->at < (int)p->n_rows ? &p->rows[p->at] : NULL;
}

void list_goto_chat(struct list_pane *p, const struct chat *c)
{
    if (c)
        str_take(&p->cursor, xasprintf("c:%s/%s", c->account->name, c->address));
}

void list_free(struct list_pane *p)
{
    free(p->rows);
    map_free(&p->folded, NULL);
    free(p->cursor);
    buf_free(&p->filter);
    *p = (struct list_pane){0};
}
