/* ui/finder_paint.c - the search screen painted: head, hits, the chat about one, query and keys */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cells.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ui/finder.h"
#include "ui/format.h"

enum { NARROW = 60, CONTEXT_TEXT = 400 };

/* ---- pieces ---- */

static const char *filter_of(const struct finder *p, const char *name, char *out, size_t cap)
{
    const char *at = editor_text(p->query);
    size_t n = strlen(name);
    for (; (at = strstr(at, name)); at += n) {
        if (at == editor_text(p->query) || at[-1] == ' ') {
            str_copy(out, MIN(cap, strcspn(at + n, " ") + 1), at + n);
            return *out ? out : NULL;
        }
    }
    return NULL;
}

static int cells_of(const struct pane_env *env, const char *text)
{
    return cells_width(&env->s->rules, text, strlen(text));
}

/* Sign and name of a chat. Owned. */
static char *chat_label(const struct pane_env *env, int64_t id)
{
    const struct chat *c = model_chat_by_id(env->model, id);
    if (!c)
        return xstrdup(env->g->query);
    const struct contact *ct = chat_contact(c);
    bool room = c->kind == KITH_CHAT_ROOM;
    const char *title = chat_title(c);
    title += room && title[0] == '#';
    const char *sign = room ? env->g->room
                       : ct ? glyph_show(env->g, contact_show(ct))
                            : env->g->query;
    return xasprintf("%s %s", sign, title);
}

static const char *who_of(const struct pane_env *env, const struct find_hit *h, char out[64])
{
    const struct chat *c = model_chat_by_id(env->model, h->chat);
    const char *name = h->sender_name;
    if (str_empty(name) && c) {
        struct contact *ct = h->sender ? account_contact(c->account, h->sender) : NULL;
        name = ct ? contact_title(ct) : NULL;
        if (!name && (h->flags & KITH_MSG_OUTGOING))
            name = c->account->nick;
    }
    if (str_empty(name)) {
        const char *slash = h->sender ? strrchr(h->sender, '/') : NULL;
        name = slash ? slash + 1 : h->sender ? h->sender : "";
        str_copy(out, MIN((size_t)64, strcspn(name, "@") + 1), name);
        return out;
    }
    str_copy(out, 64, name);
    return out;
}

static void when_of(const struct pane_env *env, int64_t time, bool narrow, char *out, size_t cap)
{
    char year[8], now[8];
    clock_format(year, sizeof year, "%Y", time);
    clock_format(now, sizeof now, "%Y", env->wall_ms);
    bool other = strcmp(year, now) != 0;
    clock_format(out, cap,
                 narrow  ? (other ? "%m/%Y" : "%d %b")
                 : other ? "%d %b  %Y"
                         : "%d %b %H:%M",
                 time);
}

/* ---- head ---- */

static void paint_head(const struct finder *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    struct buf b = {0};
    char value[64], count[48] = "";
    surface_fill(s, (struct rect){r.x, r.y, r.w, 1}, ROLE_TITLE);
    if (p->asked && !p->problem)
        snprintf(count, sizeof count, "%zu%s %s", p->n, p->more ? "+" : "",
                 p->n == 1 ? "hit" : "hits");
    int w = cells_of(env, count);
    char *in = p->chat ? chat_label(env, p->chat) : xstrdup("all chats");
    buf_addf(&b, " Search   in: %s", in);
    free(in);
    if (r.w >= NARROW) {
        const char *from = filter_of(p, "from:", value, sizeof value);
        buf_addf(&b, "   from: %s", from ? from : "anyone");
        const char *since = filter_of(p, "since:", value, sizeof value);
        buf_addf(&b, "   since: %s", since ? since : "always");
    }
    buf_addf(&b, "   %s", p->ranked ? "best first" : "newest first");
    struct buf words = {0};
    glyph_words(env->g, &words, buf_str(&b));
    surface_put_cut(s, r, r.x, r.y, r.w - w - 2, buf_str(&words), ROLE_TITLE, env->g->more);
    surface_puts(s, r, r.x + r.w - w - 1, r.y, count, ROLE_TITLE);
    surface_repeat(s, r, r.x, r.y + 1, r.w, env->g->hline, ROLE_POPUP_BORDER);
    buf_free(&b);
    buf_free(&words);
}

/* ---- hits ---- */

/* Begins so that the first spot is seen: at a character, with some words before it. */
static size_t text_from(const struct pane_env *env, const struct find_hit *h, int room)
{
    size_t spot = h->n_spots ? h->spots[0].from : 0, from = 0;
    for (size_t i = 1; i < h->n_spots; i++)
        spot = MIN(spot, (size_t)h->spots[i].from);
    if (cells_width(&env->s->rules, h->body, spot) < room * 2 / 3)
        return 0;
    from = spot;
    while (from > 0 && cells_width(&env->s->rules, h->body + from, spot - from) < room / 3)
        from--;
    while (from < spot && ((unsigned char)h->body[from] & 0xC0) == 0x80)
        from++;
    return from;
}

static bool in_spot(const struct find_hit *h, size_t at, size_t *end)
{
    size_t next = SIZE_MAX;
    for (size_t i = 0; i < h->n_spots; i++) {
        if (at >= h->spots[i].from && at < h->spots[i].to) {
            *end = h->spots[i].to;
            return true;
        }
        if (h->spots[i].from > at)
            next = MIN(next, (size_t)h->spots[i].from);
    }
    *end = next;
    return false;
}

static void paint_text(const struct pane_env *env, const struct find_hit *h, struct rect clip,
                       int x, int y)
{
    struct surface *s = env->s;
    char *body = xstrdup(h->body);
    size_t len = strlen(body), at = text_from(env, h, clip.x + clip.w - x);
    for (char *c = body; *c; c++) {
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    }
    if (at > 0)
        x = surface_puts(s, clip, x, y, env->g->more, ROLE_CHAT_EVENT);
    struct runs runs = {0};
    unsigned how = format_how(env->cmd->config);
    runs_unpack(&runs, h->spans, h->body);
    while (at < len && x < clip.x + clip.w) {
        size_t end = len, next = len;
        if ((how & FORMAT_COVER) && runs_hidden(&runs, at, len, &next)) {
            x = surface_puts(s, clip, x, y, RUNS_COVER, ROLE_CHAT_EVENT);
            at = next;
            continue;
        }
        bool hit = in_spot(h, at, &end);
        const struct run *run = runs_at(&runs, at, MIN(MIN(end, next), len), &end);
        uint16_t style = hit ? ROLE_CHAT_SEARCH_HIT : ROLE_CHAT;
        if (run && !hit) {
            struct look l = format_look(run, how);
            style = look_plain(&l) ? style : surface_look(s, style, &l);
        }
        x = surface_put(s, clip, x, y, body + at, end - at, style);
        at = end;
    }
    runs_free(&runs);
    free(body);
}

static void paint_hit(const struct pane_env *env, const struct find_hit *h, struct rect r)
{
    struct surface *s = env->s;
    char when[32], who[64];
    bool narrow = r.w < NARROW;
    int x = r.x + 1, name = narrow ? 8 : r.w >= 100 ? 14 : 9;
    when_of(env, h->time, narrow, when, sizeof when);
    surface_puts(s, r, x, r.y, when, ROLE_CHAT_TIME);
    x += narrow ? 8 : 14;
    if (!narrow) {
        int room = r.w >= 100 ? 20 : 14;
        char *label = chat_label(env, h->chat);
        surface_put_cut(s, r, x, r.y, room, label, ROLE_CHAT, env->g->more);
        free(label);
        x += room + 1;
    }
    const char *author = who_of(env, h, who);
    surface_put_cut(s, r, x, r.y, name, author,
                    h->flags & KITH_MSG_OUTGOING ? ROLE_CHAT_NICK_SELF : ROLE_CHAT_NICK,
                    env->g->more);
    paint_text(env, h, r, x + name + 1, r.y);
}

static void paint_hits(struct finder *p, const struct pane_env *env, struct rect r)
{
    p->page = MAX(1, r.h);
    p->top = pane_scroll(p->top, p->at, (int)p->n, p->page);
    for (int i = 0; i < r.h && p->top + i < (int)p->n; i++) {
        struct rect row = {r.x, r.y + i, r.w, 1};
        paint_hit(env, &p->hits[p->top + i], row);
        if (p->top + i == p->at) {
            surface_restyle(env->s, row, ROLE_CHAT_SELECTED);
            surface_puts(env->s, row, row.x, row.y, env->g->bar, ROLE_POPUP_KEY);
        }
    }
    const char *say = p->problem   ? p->problem
                      : p->n       ? ""
                      : p->running ? "searching…"
                      : p->asked
                          ? "Nothing was found."
                          : "Words, also parts of words; \"several words\" as they stand. from:bob "
                            "in:lobby since:2026-01 before:7d has:link narrow it down.";
    pane_words(env, r, say, p->problem ? ROLE_INPUT_ERROR : ROLE_CHAT_EVENT);
}

/* ---- the chat about the hit ---- */

static void paint_context_head(const struct pane_env *env, const struct find_hit *h, struct rect r)
{
    struct buf b = {0};
    char day[64];
    char *label = chat_label(env, h->chat);
    clock_format(day, sizeof day, "%A %d %B %Y", h->time);
    buf_addf(&b, " %s, %s ", label, day);
    surface_repeat(env->s, r, r.x, r.y, r.w, env->g->hline, ROLE_CHAT_DAY_LINE);
    surface_put_cut(env->s, r, r.x + 2, r.y, r.w - 4, buf_str(&b), ROLE_CHAT_DAY_LINE,
                    env->g->more);
    buf_free(&b);
    free(label);
}

static struct find_hit as_hit(const struct message *m, const struct find_hit *h)
{
    struct find_hit one = {.chat = h->chat,
                           .time = m->time,
                           .flags = m->flags,
                           .sender = m->sender,
                           .sender_name = m->sender_name,
                           .body = m->body ? m->body : (char *)(uintptr_t)(message_gone(m) ? MODEL_NOT_KEPT : "(message withdrawn)"),
                           .spans = m->spans};
    if (m->id == h->message &&
        str_eq(m->body, h->body)) { /* else it was edited since it was found */
        memcpy(one.spots, h->spots, sizeof one.spots);
        one.n_spots = h->n_spots;
    }
    return one;
}

static void paint_context(const struct finder *p, const struct pane_env *env, struct rect r)
{
    const struct find_hit *h = finder_current(p);
    if (!h || r.h < 2)
        return;
    paint_context_head(env, h, r);
    size_t mine = 0;
    while (mine < p->n_around && p->around[mine]->id != h->message)
        mine++;
    int rows = r.h - 1, first = MAX(0, MIN((int)mine - rows / 2, (int)p->n_around - rows));
    for (int i = 0; i < rows && first + i < (int)p->n_around; i++) {
        const struct message *m = p->around[first + i];
        struct find_hit one = as_hit(m, h);
        char clock[32], who[64];
        int y = r.y + 1 + i, x = r.x + 1, name = r.w < NARROW ? 8 : 14;
        clock_format(clock, sizeof clock, "%H:%M", m->time);
        surface_puts(env->s, r, x, y, clock, ROLE_CHAT_TIME);
        surface_put_cut(env->s, r, x + 6, y, name, who_of(env, &one, who),
                        message_outgoing(m) ? ROLE_CHAT_NICK_SELF : ROLE_CHAT_NICK, env->g->more);
        x = r.x + 7 + name;
        surface_puts(env->s, r, x, y, m->id == h->message ? env->g->select : env->g->vline,
                     ROLE_CHAT_GUTTER);
        paint_text(env, &one, r, x + 2, y);
    }
}

/* ---- foot ---- */

static void paint_status(const struct finder *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    char where[64] = "", cost[64] = "";
    surface_fill(s, r, ROLE_STATUS);
    int x = surface_puts(s, r, r.x, r.y, " SEARCH ", ROLE_STATUS_MODE);
    if (p->n)
        snprintf(where, sizeof where, "hit %d of %zu%s", p->at + 1, p->n, p->more ? "+" : "");
    surface_puts(s, r, x + 1, r.y, where, ROLE_STATUS);
    if (p->running)
        snprintf(cost, sizeof cost, "searching");
    else if (p->asked && r.w >= NARROW)
        snprintf(cost, sizeof cost, "local index  %lld ms", (long long)(p->us / 1000));
    surface_puts(s, r, r.x + r.w - cells_of(env, cost) - 1, r.y, cost, ROLE_STATUS);
}

static void paint_query(const struct finder *p, const struct pane_env *env, struct rect r)
{
    struct surface *s = env->s;
    const char *text = editor_text(p->query);
    surface_fill(s, r, ROLE_INPUT);
    int x = surface_puts(s, r, r.x + 1, r.y, env->g->prompt, ROLE_INPUT_PROMPT) + 1;
    int room = r.x + r.w - 1 - x;
    size_t from = 0, cursor = editor_cursor(p->query);
    while (from < cursor && cells_width(&s->rules, text + from, cursor - from) >= room)
        from += cluster_next(text + from, strlen(text + from));
    surface_put(s, r, x, r.y, text + from, strlen(text + from), ROLE_INPUT);
    if (p->editing)
        surface_cursor(s, x + cells_width(&s->rules, text + from, cursor - from), r.y);
    else
        surface_cursor(s, -1, -1);
}

static void paint_keys(const struct finder *p, const struct pane_env *env, struct rect r)
{
    struct buf b = {0};
    const char *keys =
        p->editing     ? r.w < NARROW
                             ? "Enter search · Tab where · Esc back"
                             : "Enter search · Tab this chat or all · Down to the hits · Esc back"
        : r.w < NARROW ? "n N move · Enter go · / words · Esc"
        : r.w < 100 ? "n N move · Enter go · / words · c chat · f from · d date · r rank · Esc back"
                    : "n N next, previous · Enter go there · / words · c chat · f from · d date · "
                      "r rank · y copy · Esc back";
    glyph_words(env->g, &b, keys);
    surface_fill(env->s, r, ROLE_HINT);
    surface_put_cut(env->s, r, r.x + 1, r.y, r.w - 2, buf_str(&b), ROLE_HINT, env->g->more);
    buf_free(&b);
}

void finder_repaint(struct finder *p, const struct pane_env *env, struct rect all)
{
    surface_fill(env->s, all, ROLE_CHAT);
    int foot = all.h >= 8 ? 3 : 2, room = MAX(1, all.h - 2 - foot);
    int hits = room < 6 ? room : p->n == 0 ? room : MAX(3, MIN(room * 2 / 5, (int)p->n));
    paint_head(p, env, all);
    paint_hits(p, env, (struct rect){all.x, all.y + 2, all.w, hits});
    paint_context(p, env, (struct rect){all.x, all.y + 2 + hits, all.w, room - hits});
    int y = all.y + all.h - foot;
    paint_status(p, env, (struct rect){all.x, y, all.w, 1});
    paint_query(p, env, (struct rect){all.x, y + 1, all.w, 1});
    if (foot > 2)
        paint_keys(p, env, (struct rect){all.x, y + 2, all.w, 1});
}
