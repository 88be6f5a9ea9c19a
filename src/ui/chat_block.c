/* ui/chat_block.c - which rows a message takes: day and unread lines, grouping, wrapped text from
 * the cache */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/chat_private.h"
#include "ui/format.h"

struct chat_columns chat_columns(const struct pane_env *env, struct rect r, bool aligned)
{
    struct chat_columns c = {0};
    int most = (int)config_int(env->cmd->config, "ui.chat.text_width");
    if (aligned) {
        int widest = (int)config_int(env->cmd->config, "ui.chat.nick_width") - 1;
        c.name_w = MAX(3, r.w >= 70 ? widest : MIN(widest, r.w >= 50 ? 7 : 6));
        char now[CLOCK_MAX];
        format_clock(now, config_str(env->cmd->config, "ui.time_format"), env->wall_ms);
        c.bar_x = 1 + (int)strlen(now) + 1 + c.name_w + 1;
        c.text_x = c.bar_x + 2;
        c.event_x = c.bar_x - 2;
        c.text_w = r.w - c.text_x - 4;
    } else {
        c.text_x = 3;
        c.event_x = 1;
        c.text_w = r.w - c.text_x - 1;
    }
    c.text_w = MAX(4, MIN(c.text_w, most));
    return c;
}

/* Of a message that is cut, the text behind the cut is not kept: a cache of 512 of the largest
 * messages would be 128 MB. */
static void drop_rest(struct chat_layout *l)
{
    if (l->wrap.n == 0 || l->wrap.n == l->wrap.total)
        return;
    struct buf kept = {0};
    buf_add(&kept, buf_str(&l->rich.text), l->wrap.lines[l->wrap.n - 1].to);
    buf_free(&l->rich.text);
    l->rich.text = kept;
}

/* The wrapped body of a message; made anew when the message, the width or the slot's owner changed.
 */
static const struct chat_layout *layout_of(struct chat_pane *p, const struct pane_env *env,
                                           const struct message *m)
{
    struct chat_columns c = chat_columns(env, p->r, p->aligned);
    int out = p->r.w - (p->aligned ? 1 : 0);
    bool secure = (env->chat->flags & KITH_CHAT_ENCRYPTED) != 0;
    struct chat_layout *l = &p->cache[(uint64_t)m->id % CHAT_CACHE];
    if (l->id == m->id && l->version == m->version && l->width == c.text_w && l->out == out &&
        l->secure == secure && l->wrap.n > 0)
        return l;
    l->id = m->id;
    l->version = m->version;
    l->width = c.text_w;
    l->out = out;
    l->secure = secure;
    rich_clear(&l->rich);
    format_message(&l->rich, env->g, m, format_how(env->cmd->config));
    struct wrap_width w = {c.text_w, out,
                           (size_t)config_int(env->cmd->config, "ui.chat.max_lines")};
    wrap_text(&l->wrap, &l->rich, &w, &env->s->rules);
    drop_rest(l);
    return l;
}

static bool same_author(const struct message *a, const struct message *b)
{
    if (message_outgoing(a) != message_outgoing(b))
        return false;
    if (message_outgoing(a))
        return true;
    return str_eq(a->sender, b->sender) && str_eq(a->sender_name, b->sender_name);
}

bool chat_same_group(const struct pane_env *env, const struct message *a, const struct message *b)
{
    int64_t minutes = config_int(env->cmd->config, "ui.chat.group_minutes");
    if (a->kind != MESSAGE_TEXT || b->kind != MESSAGE_TEXT || !same_author(a, b))
        return false;
    int64_t gap = b->time > a->time ? b->time - a->time : a->time - b->time;
    return gap <= minutes * 60000 && clock_day(a->time) == clock_day(b->time);
}

void chat_block(struct chat_pane *p, const struct pane_env *env, size_t i, struct chat_block *b)
{
    const struct chat *c = env->chat;
    struct message *m = c->messages[i];
    const struct message *prev = i > 0 ? c->messages[i - 1] : NULL;
    const struct message *next = i + 1 < c->n_messages ? c->messages[i + 1] : NULL;
    *b = (struct chat_block){.m = m, .layout = layout_of(p, env, m)};
    b->day = !prev || clock_day(prev->time) != clock_day(m->time);
    b->unread = c->unread_line != 0 && c->unread_line == m->id;
    b->head = !prev || b->day || b->unread || !chat_same_group(env, prev, m);
    b->time = b->head || prev->time / 60000 != m->time / 60000;
    b->head_row = b->head && !p->aligned && m->kind != MESSAGE_EVENT;
    b->reply = !str_empty(m->reply_to) && !m->retracted;
    b->body = (int)b->layout->wrap.n;
    b->more = b->layout->wrap.total > b->layout->wrap.n;
    struct picture_ask ask;
    if (chat_picture_ask(p, env, m, &ask))
        b->picture = preview_of(env->cmd->previews, m, &ask);
    b->failure = m->delivery == DELIVERY_FAILED || m->change_failure;
    b->reactions = !m->retracted && (m->n_reactions > 0 ||
                                   (m->change == CHANGE_REACT && !m->change_failure));
    bool last = !next || !chat_same_group(env, m, next) || c->unread_line == next->id;
    /* One sign for a group, but where it stands differently with its messages. */
    b->receipt = message_outgoing(m) && (last || b->failure || next->delivery != m->delivery);
}

int chat_block_rows(const struct chat_block *b)
{
    return b->day + b->unread + b->head_row + b->reply + b->body + b->more +
           b->picture.rows + b->failure + b->reactions;
}

enum chat_row chat_block_row(const struct chat_block *b, int k, int *line)
{
    *line = 0;
    if (b->day && k-- == 0)
        return CHAT_ROW_DAY;
    if (b->unread && k-- == 0)
        return CHAT_ROW_UNREAD;
    if (b->head_row && k-- == 0)
        return CHAT_ROW_HEAD;
    if (b->reply && k-- == 0)
        return CHAT_ROW_REPLY;
    if (k < b->body) {
        *line = k;
        return CHAT_ROW_BODY;
    }
    k -= b->body;
    if (b->more && k-- == 0)
        return CHAT_ROW_MORE;
    if (k < b->picture.rows) {
        *line = k;
        return CHAT_ROW_PICTURE;
    }
    k -= b->picture.rows;
    if (b->failure && k-- == 0)
        return CHAT_ROW_FAILURE;
    return CHAT_ROW_REACTIONS;
}

long chat_index_of(const struct chat *c, int64_t id)
{
    for (size_t i = c->n_messages; i-- > 0;)
        if (c->messages[i]->id == id)
            return (long)i;
    return -1;
}

long chat_bottom(const struct chat_pane *p, const struct chat *c, int *skip)
{
    long i = p->anchor ? chat_index_of(c, p->anchor) : -1;
    *skip = i >= 0 ? p->skip : 0;
    return i >= 0 ? i : (long)c->n_messages - 1;
}

/* Also a line of code that does not fit. */
bool chat_is_cut(struct chat_pane *p, const struct pane_env *env, int64_t id)
{
    long i = chat_index_of(env->chat, id);
    struct chat_block b;
    if (i < 0)
        return false;
    chat_block(p, env, (size_t)i, &b);
    for (size_t k = 0; k < b.layout->wrap.n; k++)
        if (b.layout->wrap.lines[k].flags & LINE_CUT)
            return true;
    return b.more;
}

void chat_drop_cache(struct chat_pane *p)
{
    for (size_t i = 0; i < CHAT_CACHE; i++) {
        rich_free(&p->cache[i].rich);
        wrap_free(&p->cache[i].wrap);
        p->cache[i].id = 0;
    }
}

void chat_free_pane(struct chat_pane *p)
{
    chat_drop_cache(p);
}
