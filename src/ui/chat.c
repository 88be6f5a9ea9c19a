/* ui/chat.c - paints messages from the bottom up: names, times, text, receipts, errors at their
 * place */
#include "ui/chat.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ui/chat_private.h"
#include "ui/down.h"
#include "ui/format.h"

static uint16_t name_style(const struct pane_env *env, const struct message *m)
{
    if (message_outgoing(m))
        return ROLE_CHAT_NICK_SELF;
    const struct theme *t = surface_theme(env->s);
    if (!t)
        return ROLE_CHAT_NICK;
    char name[FORMAT_AUTHOR_MAX];
    return surface_tint(env->s, ROLE_CHAT_NICK, theme_nick(t, format_author(name, m)));
}

/* ---- what can be chosen by a label ---- */

static const enum target_kind span_kinds[] = {
    [SPAN_LINK] = TARGET_LINK, [SPAN_FILE] = TARGET_FILE, [SPAN_CHIP] = TARGET_REACTION};

/* Which span of its kind this one is, from 1. */
static int span_number(const struct rich *r, size_t start, uint8_t flags)
{
    size_t from = 0;
    int n = 0;
    for (size_t i = 0; i < r->n_spans && from <= start; i++) {
        n += r->spans[i].flags == flags;
        from += r->spans[i].len;
    }
    return n;
}

/* A link, a file's name or a reaction that is drawn from here on. */
static void note_span(const struct pane_env *env, int x, int y, const struct rich *r,
                      const struct span *sp, size_t start, int64_t message)
{
    const char *text = r->text.data + start;
    size_t len = sp->len;
    if (!env->targets || !message || !(sp->flags & (SPAN_LINK | SPAN_FILE | SPAN_CHIP)))
        return;
    if (sp->flags == SPAN_CHIP) { /* "[👍 3]" */
        text++;
        len--;
        while (len > 0 && text[len - 1] != ' ')
            len--;
        len -= len > 0;
        x += 1 + cells_width(&env->s->rules, text, len); /* the emoji stays in sight */
    }
    target_add(env->targets, span_kinds[sp->flags], x, y, message,
               span_number(r, start, sp->flags), text, len);
}

static void note(const struct pane_env *env, enum target_kind kind, int x, int y,
                 const struct message *m, int number)
{
    if (env->targets)
        target_add(env->targets, kind, x, y, m->id, number, NULL, 0);
}

static void note_nick(const struct pane_env *env, int x, int y, const struct message *m)
{
    bool room = m->chat->kind == KITH_CHAT_ROOM;
    const char *slash = room && m->sender ? strchr(m->sender, '/') : NULL,
               *nick = room && m->sender_name ? m->sender_name
                       : slash                ? slash + 1
                                              : m->sender;
    if (env->targets && !message_outgoing(m) && nick && *nick)
        target_add(env->targets, TARGET_NICK, x, y, m->id, 0, nick, strlen(nick));
}

/* Which block of code a line belongs to, from 1; 0: none. */
static int code_number(const struct wrap *w, int line)
{
    int n = 0;
    for (int i = 0; i <= line; i++)
        n += (w->lines[i].flags & LINE_CODE) && (i == 0 || !(w->lines[i - 1].flags & LINE_CODE));
    return w->lines[line].flags & LINE_CODE ? n : 0;
}

/* ---- parts ---- */

/* One line of styled text; `under` is the ground (a mention, a selection). */
static int paint_line(const struct pane_env *env, struct rect clip, int x, int y,
                      const struct rich *r, size_t from, size_t to, uint16_t under, int64_t message)
{
    for (size_t at = from; at < to;) {
        size_t start = 0;
        const struct span *sp = rich_at(r, at, &start);
        if (!sp)
            break;
        size_t end = MIN(to, start + sp->len);
        uint16_t style = under == ROLE_CHAT ? sp->role : surface_mix(env->s, under, sp->role);
        if (sp->look)
            style = surface_look(env->s, style, &r->looks[sp->look - 1]);
        note_span(env, x, y, r, sp, start, message);
        uint16_t link =
            sp->flags & SPAN_LINK ? surface_link(env->s, r->text.data + start, sp->len) : 0;
        x = surface_put_link(env->s, clip, x, y, r->text.data + at, end - at, style, link);
        at = end;
    }
    return x;
}

/* "── words ─────────" over the whole width. */
static void paint_rule(const struct pane_env *env, struct rect r, int y, const char *words,
                       uint16_t style, bool inset)
{
    struct rect line = {r.x + inset, y, r.w - 2 * inset, 1};
    surface_repeat(env->s, line, line.x, y, line.w, env->g->hline, style);
    int x = surface_puts(env->s, line, line.x + 2, y, " ", style);
    x = surface_puts(env->s, line, x, y, words, style);
    surface_puts(env->s, line, x, y, " ", style);
}

static void paint_day(const struct pane_env *env, struct rect r, int y, const struct message *m,
                      bool inset)
{
    struct buf b = {0};
    format_day(&b, config_str(env->cmd->config, "ui.date_format"), m->time, env->wall_ms);
    paint_rule(env, r, y, buf_str(&b), ROLE_CHAT_DAY_LINE, inset);
    buf_free(&b);
}

static void paint_unread(const struct pane_env *env, struct rect r, int y, const struct message *m,
                         bool inset)
{
    int64_t n = 0;
    for (long i = chat_index_of(env->chat, m->id); i >= 0 && i < (long)env->chat->n_messages; i++)
        n += !message_outgoing(env->chat->messages[i]) &&
             env->chat->messages[i]->kind != MESSAGE_EVENT;
    struct buf b = {0};
    format_count(&b, env->g, WORD_NEW, n);
    paint_rule(env, r, y, buf_str(&b), ROLE_CHAT_UNREAD_LINE, inset);
    buf_free(&b);
}

static void paint_receipt(const struct pane_env *env, struct rect r, int y, const struct message *m)
{
    uint8_t role;
    const char *sign = format_receipt(env->g, m, &role);
    int w = cells_width(&env->s->rules, sign, strlen(sign));
    surface_puts(env->s, r, r.x + r.w - 1 - w, y, sign, role);
}

/* '@' mentions us, '!' is less encrypted than the chat, a lock more. */
static const char *gutter(const struct pane_env *env, const struct message *m, uint8_t *role)
{
    *role = ROLE_CHAT_GUTTER;
    if (m->kind != MESSAGE_EVENT && format_less_encrypted(env->chat, m)) {
        *role = ROLE_CHAT_FAILED;
        return env->g->warn;
    }
    if (m->mention) {
        *role = ROLE_LIST_MENTION;
        return env->g->mention;
    }
    if (m->kind != MESSAGE_EVENT && format_more_encrypted(env->chat, m))
        return env->g->lock;
    return "";
}

/* The whole name, or its first word (of an address: the user) where the whole does not fit. Returns
 * where it begins. */
static int paint_name(const struct pane_env *env, struct rect r, int right, int y, int room,
                      const char *name, uint16_t style)
{
    char first[64];
    size_t word = strcspn(name, " @");
    if (cells_width(&env->s->rules, name, strlen(name)) > room && name[word] && word > 0) {
        str_copy(first, MIN(sizeof first, word + 1), name);
        name = first;
    }
    int w = MIN(room, cells_width(&env->s->rules, name, strlen(name)));
    surface_put_cut(env->s, r, right - w, y, w, name, style, env->g->more);
    return right - w;
}

/* ---- aligned: time, name, bar before the first row of text ---- */

static void paint_margin(const struct pane_env *env, struct rect r, const struct chat_columns *c,
                         int y, const struct chat_block *b, bool first)
{
    const struct message *m = b->m;
    struct surface *s = env->s;
    if (first && b->time) {
        char at[CLOCK_MAX];
        format_clock(at, config_str(env->cmd->config, "ui.time_format"), m->time);
        surface_puts(s, r, r.x + 1, y, at, ROLE_CHAT_TIME);
    }
    if (m->kind == MESSAGE_EVENT)
        return;
    surface_puts(s, r, r.x + c->bar_x, y, env->g->vline, ROLE_CHAT_GUTTER);
    if (!first)
        return;
    char author[FORMAT_AUTHOR_MAX];
    const char *name = m->kind == MESSAGE_ACTION ? "*" : format_author(author, m);
    note(env, TARGET_MESSAGE, r.x + 1, y, m, 0);
    if (b->head) {
        int x = paint_name(env, r, r.x + c->bar_x - 1, y, c->name_w, name, name_style(env, m));
        int free_x = r.x + c->bar_x - 1 - c->name_w; /* before the name, where there is room */
        note_nick(env, MAX(free_x, x - LABEL_LEN - 2), y, m);
    }
    uint8_t role;
    const char *sign = gutter(env, m, &role);
    surface_puts(s, r, r.x + c->bar_x - 1, y, sign, role);
}

/* ---- blocks: "name 09:12 ✓✓" above the text ---- */

static const struct message *group_end(const struct pane_env *env, const struct message *m)
{
    long i = chat_index_of(env->chat, m->id);
    while (i >= 0 && i + 1 < (long)env->chat->n_messages &&
           chat_same_group(env, env->chat->messages[i], env->chat->messages[i + 1]))
        i++;
    return i >= 0 ? env->chat->messages[i] : m;
}

static void paint_head(const struct pane_env *env, struct rect r, int y, const struct chat_block *b)
{
    struct surface *s = env->s;
    const struct message *m = b->m;
    char at[CLOCK_MAX];
    format_clock(at, config_str(env->cmd->config, "ui.time_format"), m->time);
    char name[FORMAT_AUTHOR_MAX];
    int x = surface_put_cut(s, r, r.x + 1, y, MAX(3, r.w - 14), format_author(name, m),
                            name_style(env, m), env->g->more);
    x = surface_puts(s, r, x + 1, y, at, ROLE_CHAT_TIME);
    uint8_t role;
    if (message_outgoing(m)) {
        const char *sign = format_receipt(env->g, group_end(env, m), &role);
        x = surface_puts(s, r, x + 1, y, sign, role);
    }
    const char *sign = gutter(env, m, &role);
    x = surface_puts(s, r, x + 1, y, sign, role);
    note_nick(env, MIN(x + 1, r.x + r.w - LABEL_LEN - 2), y, m);
}

/* ---- rows ---- */

static void paint_body(const struct pane_env *env, struct rect r, const struct chat_columns *c,
                       int y, const struct chat_block *b, int line)
{
    const struct wrap_line *l = &b->layout->wrap.lines[line];
    struct surface *s = env->s;
    int x = r.x + (b->m->kind == MESSAGE_EVENT ? c->event_x : c->text_x);
    if (l->flags & LINE_OUT)
        x = r.x + MAX(0, MIN(c->text_x, r.w - l->cells - 1));
    if (l->flags & LINE_CODE)
        x = surface_puts(s, r, surface_puts(s, r, x, y, env->g->code, ROLE_CHAT_QUOTE), y, " ",
                         ROLE_CHAT_CODE);
    uint16_t under = b->m->mention ? ROLE_CHAT_MENTION : ROLE_CHAT;
    int code = env->targets ? code_number(&b->layout->wrap, line) : 0;
    if (code)
        note(env, TARGET_CODE, x, y, b->m, code);
    x = paint_line(env, r, x, y, &b->layout->rich, l->from, l->to, under, b->m->id);
    if (l->flags & LINE_CUT)
        surface_puts(s, r, x, y, env->g->cut, ROLE_CHAT_QUOTE);
}

static void paint_reply(const struct pane_env *env, struct rect r, const struct chat_columns *c,
                        int y, const struct message *m)
{
    struct buf b = {0};
    const struct message *to = chat_message_by_ref(env->chat, m->reply_to);
    format_quote(&b, env->g, to ? to : down_quoted(env->cmd, env->chat, m->reply_to));
    note(env, TARGET_QUOTE, r.x + c->text_x, y, m, 0);
    int x = surface_puts(env->s, r, r.x + c->text_x, y, env->g->quote, ROLE_CHAT_QUOTE);
    surface_put_cut(env->s, r, x + 1, y, c->text_w - 2, buf_str(&b), ROLE_CHAT_QUOTE, env->g->more);
    buf_free(&b);
}

static void paint_failure(const struct pane_env *env, struct rect r, const struct chat_columns *c,
                          int y, const struct message *m)
{
    struct buf b = {0};
    buf_addf(&b, "%s ", env->g->failed);
    format_failure(&b, env->g, m);
    int room = r.w - c->text_x - 1;
    size_t len = b.len;
    format_words(&b, env->g, WORD_RESEND, NULL, NULL);
    if (cells_width(&env->s->rules, buf_str(&b), b.len) > room)
        buf_delete(&b, len, b.len - len);
    surface_put_cut(env->s, r, r.x + c->text_x, y, room, buf_str(&b), ROLE_CHAT_FAILED,
                    env->g->more);
    buf_free(&b);
}

static void paint_more(const struct pane_env *env, struct rect r, const struct chat_columns *c,
                       int y, const struct chat_block *b)
{
    struct buf words = {0};
    format_count(&words, env->g, WORD_MORE_LINES,
                 (int64_t)(b->layout->wrap.total - b->layout->wrap.n));
    surface_put_cut(env->s, r, r.x + c->text_x, y, c->text_w, buf_str(&words), ROLE_CHAT_EVENT,
                    env->g->more);
    buf_free(&words);
}

static void paint_picture(const struct pane_env *env, struct rect r, const struct chat_columns *c, int y,
                          const struct chat_block *b, int row)
{
    if (b->picture.picture)
        chat_paint_picture(env, r, r.x + c->text_x, y, b->picture.picture, row);
    else if (b->picture.why)
        surface_put_cut(env->s, r, r.x + c->text_x, y, c->text_w, b->picture.why, ROLE_CHAT_EVENT, env->g->more);
}

static void paint_reactions(const struct pane_env *env, struct rect r, const struct chat_columns *c,
                            int y, const struct message *m)
{
    struct rich rich = {0};
    format_reactions(&rich, env->g, m);
    paint_line(env, r, r.x + c->text_x, y, &rich, 0, rich.text.len, ROLE_CHAT, m->id);
    rich_free(&rich);
}

static void paint_block_row(struct chat_pane *p, const struct pane_env *env,
                            const struct chat_columns *c, int y, const struct chat_block *b, int k)
{
    struct rect r = p->r;
    int line;
    enum chat_row row = chat_block_row(b, k, &line);
    bool first = row == (b->reply ? CHAT_ROW_REPLY : CHAT_ROW_BODY) && line == 0;
    if (p->aligned && row != CHAT_ROW_DAY && row != CHAT_ROW_UNREAD)
        paint_margin(env, r, c, y, b, first);
    else if (first && b->m->kind != MESSAGE_EVENT)
        note(env, TARGET_MESSAGE, r.x, y, b->m, 0);
    switch (row) {
    case CHAT_ROW_DAY:
        paint_day(env, r, y, b->m, p->aligned);
        break;
    case CHAT_ROW_UNREAD:
        paint_unread(env, r, y, b->m, p->aligned);
        break;
    case CHAT_ROW_HEAD:
        paint_head(env, r, y, b);
        break;
    case CHAT_ROW_REPLY:
        paint_reply(env, r, c, y, b->m);
        break;
    case CHAT_ROW_BODY:
        paint_body(env, r, c, y, b, line);
        if (p->aligned && b->receipt && line == b->body - 1)
            paint_receipt(env, r, y, b->m);
        break;
    case CHAT_ROW_MORE:
        paint_more(env, r, c, y, b);
        break;
    case CHAT_ROW_PICTURE:
        paint_picture(env, r, c, y, b, line);
        break;
    case CHAT_ROW_FAILURE:
        paint_failure(env, r, c, y, b->m);
        break;
    case CHAT_ROW_REACTIONS:
        paint_reactions(env, r, c, y, b->m);
        break;
    }
    bool own_row = row != CHAT_ROW_DAY && row != CHAT_ROW_UNREAD;
    if (own_row && p->selected == b->m->id && p->selected != 0) {
        p->select_y1 = p->select_y1 ? p->select_y1 : y + 1;
        p->select_y0 = y;
        int w = row == CHAT_ROW_PICTURE && b->picture.picture ? c->text_x : r.w; /* it keeps its colours */
        surface_restyle(env->s, (struct rect){r.x, y, w, 1}, ROLE_CHAT_SELECTED);
        surface_puts(env->s, r, r.x, y, env->g->select, ROLE_CHAT_NICK_SELF);
    }
}

/* ---- the whole ---- */

static void paint_empty(const struct pane_env *env, struct rect r)
{
    struct buf a = {0}, b = {0};
    if (env->chat) {
        format_words(&b, env->g, WORD_EMPTY_CHAT, chat_title(env->chat), NULL);
    } else {
        format_words(&a, env->g, WORD_NO_CHAT_1, NULL, NULL);
        format_words(&b, env->g, env->model->n_accounts ? WORD_NO_CHAT_2 : WORD_NO_ACCOUNT, NULL,
                     NULL);
    }
    int y = r.y + r.h - 1 - (env->chat ? 0 : r.h / 2);
    surface_put_cut(env->s, r, r.x + 2, y - 1, r.w - 3, buf_str(&a), ROLE_CHAT_NICK, env->g->more);
    surface_put_cut(env->s, r, r.x + 2, y, r.w - 3, buf_str(&b), ROLE_CHAT_EVENT, env->g->more);
    buf_free(&a);
    buf_free(&b);
}

static void paint_edges(struct chat_pane *p, const struct pane_env *env, int free_rows)
{
    struct rect r = p->r;
    struct buf b = {0};
    if (p->at_top && env->chat->loading_older) {
        format_words(&b, env->g, WORD_LOADING, NULL, NULL);
        surface_put_cut(env->s, r, r.x + 2, r.y + MAX(0, free_rows - 1), r.w - 3, buf_str(&b),
                        ROLE_CHAT_EVENT, env->g->more);
    }
    buf_clear(&b);
    int below = chat_scrolled(p) && env->chat->unread > 0 ? (int)env->chat->unread : 0;
    if (below > 0) {
        buf_addc(&b, ' ');
        format_count(&b, env->g, WORD_NEW_BELOW, below);
        buf_addc(&b, ' ');
        int w = cells_width(&env->s->rules, buf_str(&b), b.len);
        surface_puts(env->s, r, r.x + r.w - 1 - w, r.y + r.h - 1, buf_str(&b),
                     ROLE_CHAT_UNREAD_LINE);
    }
    buf_free(&b);
}

void chat_repaint(struct chat_pane *p, const struct pane_env *env, struct rect r, bool aligned)
{
    p->r = r;
    p->aligned = aligned;
    p->at_top = p->end_seen = false;
    p->select_y0 = p->select_y1 = p->live = 0;
    surface_fill(env->s, r, ROLE_CHAT);
    if (r.h < 1 || r.w < 8)
        return;
    struct chat_columns c = chat_columns(env, r, aligned);
    if (chat_has_live(env->chat) && !chat_scrolled(p))
        p->live = chat_paint_live(env, r, &c);
    if (!env->chat || env->chat->n_messages == 0) {
        p->at_top = p->end_seen = env->chat != NULL;
        r.h -= p->live;
        paint_empty(env, r);
        return;
    }
    if (env->chat->at_end && p->anchor && chat_at_edge(p, env->chat))
        chat_scroll_end(p);
    if (p->wanted && chat_scroll_to(p, env, p->wanted))
        p->wanted = 0;
    int skip, y = r.y + r.h - p->live;
    long i = chat_bottom(p, env->chat, &skip);
    p->end_seen = skip == 0 && i == (long)env->chat->n_messages - 1;
    for (; i >= 0 && y > r.y; i--) {
        if (p->cleared && !p->anchor && env->chat->messages[i]->id == p->cleared)
            break;
        struct chat_block b;
        chat_block(p, env, (size_t)i, &b);
        chat_want_picture(p, env, b.m);
        for (int k = chat_block_rows(&b) - 1 - skip; k >= 0 && y > r.y; k--)
            paint_block_row(p, env, &c, --y, &b, k);
        skip = 0;
    }
    p->at_top = i < 0;
    paint_edges(p, env, y - r.y);
}
