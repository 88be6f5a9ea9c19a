/* ui/chat_scroll.c - where the chat pane stands: scrolling by rows, to a message, selecting */
#include "ui/chat_private.h"

void chat_show(struct chat_pane *p, const struct chat *c)
{
    p->chat_id = c ? c->id : 0;
    p->anchor = p->selected = p->wanted = p->cleared = 0;
    p->skip = 0;
}

void chat_scroll_end(struct chat_pane *p)
{
    p->anchor = 0;
    p->skip = 0;
}

void chat_clear(struct chat_pane *p, const struct chat *c)
{
    chat_scroll_end(p);
    p->selected = 0;
    p->cleared = c->n_messages ? c->messages[c->n_messages - 1]->id : 0;
}

bool chat_scrolled(const struct chat_pane *p)
{
    return p->anchor != 0;
}

bool chat_at_edge(const struct chat_pane *p, const struct chat *c)
{
    int skip;
    return c->n_messages > 0 && chat_bottom(p, c, &skip) == (long)c->n_messages - 1 && skip == 0;
}

int chat_below(const struct chat_pane *p, const struct pane_env *env)
{
    if (!env->chat || !p->anchor)
        return 0;
    int skip;
    long i = chat_bottom(p, env->chat, &skip);
    return MAX(1, (int)((long)env->chat->n_messages - 1 - i));
}

static int rows_of(struct chat_pane *p, const struct pane_env *env, long i)
{
    struct chat_block b;
    chat_block(p, env, (size_t)i, &b);
    return chat_block_rows(&b);
}

/* Rows from the oldest message to the bottom given, but not more than `enough`. */
static int rows_above(struct chat_pane *p, const struct pane_env *env, long i, int skip, int enough)
{
    int rows = -skip;
    for (; i >= 0 && rows < enough; i--)
        rows += rows_of(p, env, i);
    return rows;
}

static void stand_at(struct chat_pane *p, const struct chat *c, long i, int skip)
{
    bool end = i >= (long)c->n_messages - 1 && skip <= 0 && c->at_end;
    p->anchor = end ? 0 : c->messages[i]->id;
    p->skip = end ? 0 : skip;
}

static bool step(struct chat_pane *p, const struct pane_env *env, int rows)
{
    const struct chat *c = env->chat;
    int skip, old_skip;
    long i = chat_bottom(p, c, &skip), old = i;
    old_skip = skip;
    skip -= rows;
    while (i > 0 && skip >= rows_of(p, env, i))
        skip -= rows_of(p, env, i--);
    while (skip < 0 && i < (long)c->n_messages - 1)
        skip += rows_of(p, env, ++i);
    skip = MAX(0, skip);
    stand_at(p, c, i, skip);
    return i != old || skip != old_skip;
}

bool chat_scroll(struct chat_pane *p, const struct pane_env *env, int rows)
{
    const struct chat *c = env->chat;
    if (!c || c->n_messages == 0 || p->r.h < 1 || rows == 0)
        return false;
    int64_t anchor = p->anchor;
    int was = p->skip, skip;
    step(p, env, rows);
    long i = chat_bottom(p, c, &skip);
    int above = rows_above(p, env, i, skip, p->r.h);
    if (rows < 0 && above < p->r.h)
        step(p, env, p->r.h - above);
    return p->anchor != anchor || p->skip != was;
}

bool chat_scroll_to(struct chat_pane *p, const struct pane_env *env, int64_t id)
{
    const struct chat *c = env->chat;
    long i = c ? chat_index_of(c, id) : -1;
    if (i < 0)
        return false;
    int room = MAX(1, p->r.h - p->r.h / 3), rows = 0;
    for (; i < (long)c->n_messages; i++) {
        rows += rows_of(p, env, i);
        if (rows >= room)
            break;
    }
    if (i >= (long)c->n_messages) {
        chat_scroll_end(p);
        return true;
    }
    stand_at(p, c, i, rows - room);
    int skip;
    i = chat_bottom(p, c, &skip);
    int above = rows_above(p, env, i, skip, p->r.h);
    if (above < p->r.h)
        step(p, env, p->r.h - above);
    return true;
}

static bool selectable(const struct message *m)
{
    return m->kind != MESSAGE_EVENT;
}

/* Brings message i into view with as little movement as possible. */
static void reveal(struct chat_pane *p, const struct pane_env *env, long i)
{
    int skip, rows = 0;
    long bottom = chat_bottom(p, env->chat, &skip);
    if (i >= bottom) {
        stand_at(p, env->chat, i, 0);
        return;
    }
    for (long k = i; k <= bottom; k++)
        rows += rows_of(p, env, k);
    rows -= skip;
    if (rows > p->r.h)
        chat_scroll(p, env, p->r.h - rows);
}

bool chat_select(struct chat_pane *p, const struct pane_env *env, int by)
{
    const struct chat *c = env->chat;
    if (!c || c->n_messages == 0)
        return false;
    int skip;
    long n = (long)c->n_messages,
         i = p->selected ? chat_index_of(c, p->selected) : chat_bottom(p, c, &skip);
    if (i < 0)
        i = n - 1;
    long to = i + by;
    int dir = by > 0 ? 1 : -1;
    to = MAX(0, MIN(to, n - 1));
    while (to >= 0 && to < n && !selectable(c->messages[to]))
        to += dir;
    if (to < 0 || to >= n)
        return false;
    p->selected = c->messages[to]->id;
    reveal(p, env, to);
    return true;
}

int64_t chat_find_mention(const struct chat_pane *p, const struct chat *c, int by)
{
    int skip;
    long i = p->selected ? chat_index_of(c, p->selected) : chat_bottom(p, c, &skip) + (by < 0);
    for (i += by; i >= 0 && i < (long)c->n_messages; i += by)
        if (c->messages[i]->mention)
            return c->messages[i]->id;
    return 0;
}
